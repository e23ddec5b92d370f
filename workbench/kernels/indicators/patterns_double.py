"""Candle patterns of two candles."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BLOCK,
    BODY,
    DOJI,
    EQUAL,
    SPAN,
    SPAN_5,
    TINY,
    begin,
    black,
    block,
    body,
    bottom,
    candle,
    gap_down,
    gap_up,
    lower,
    means,
    put,
    sign,
    top,
    upper,
    white,
    within,
)


@njit(cache=True, nogil=True)
def cdl_engulfing(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A body around the one before it, of the other colour."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    room = np.empty((1, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            found = (white(x) != white(y)) & (top(x) >= top(y)) & (bottom(x) <= bottom(y))
            found &= (top(x) != top(y)) | (bottom(x) != bottom(y))
            whole = (top(x) != top(y)) & (bottom(x) != bottom(y))
            room[0, j] = (100.0 if whole else 80.0) * sign(x) if found else 0.0
        put(run, at, n, room[0])


@njit(cache=True, nogil=True)
def _harami(o, h, lo, c, start, seen, out, p, s, asked, factor) -> None:
    """A body of at most ``factor`` of the second mean inside a long one."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    room = np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, usual = room[0, j], room[1, j]
            found = (body(y) > long) & (body(x) <= factor * usual) & (top(x) <= top(y)) & (bottom(x) >= bottom(y))
            whole = (top(x) < top(y)) & (bottom(x) > bottom(y))
            room[2, j] = (-100.0 if whole else -80.0) * sign(y) if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_harami(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body inside the long one before it."""
    _harami(o, h, lo, c, start, seen, out, p, s, ((BODY, 1), (BODY, 0)), 1.0)


@njit(cache=True, nogil=True)
def cdl_haramicross(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji inside the long body before it."""
    _harami(o, h, lo, c, start, seen, out, p, s, ((BODY, 1), (SPAN, 0)), DOJI)


@njit(cache=True, nogil=True)
def cdl_piercing(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long white body from below a long black one to above its middle."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (BODY, 1)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, long_1 = room[0, j], room[1, j]
            found = black(y) & white(x) & (body(y) > long_1) & (body(x) > long) & (x.open < y.low)
            found &= (y.close + 0.5 * body(y) < x.close) & (x.close < y.open)
            room[2, j] = 100.0 if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_darkcloudcover(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A black body from above a long white one deep into it."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 1),), np.empty((2, BLOCK))
    part = p[1]
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long = room[0, j]
            found = white(y) & black(x) & (body(y) > long) & (x.open > y.high)
            found &= (y.open < x.close) & (x.close < y.close - body(y) * part)
            room[1, j] = -100.0 if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_counterattack(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two long bodies of two colours that close alike."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (BODY, 1), (SPAN_5, 1)), np.empty((4, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, long_1, span_5 = room[0, j], room[1, j], room[2, j]
            found = (white(x) != white(y)) & (body(y) > long_1) & (body(x) > long)
            found &= within(x.close, y.close, EQUAL * span_5)
            room[3, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[3])


@njit(cache=True, nogil=True)
def cdl_separatinglines(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A belt hold that opens where a body of the other colour did."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0), (SPAN_5, 1)), np.empty((4, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, span, span_5 = room[0, j], room[1, j], room[2, j]
            shadow = lower(x) if white(x) else upper(x)
            found = (white(x) != white(y)) & within(x.open, y.open, EQUAL * span_5)
            found &= (body(x) > long) & (shadow < TINY * span)
            room[3, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[3])


@njit(cache=True, nogil=True)
def cdl_homingpigeon(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short black body inside a long black one."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 1), (BODY, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, usual = room[0, j], room[1, j]
            found = black(y) & black(x) & (body(y) > long) & (body(x) <= usual)
            found &= (x.open < y.open) & (x.close > y.close)
            room[2, j] = 100.0 if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_inneck(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body to its close or just above."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 1), (SPAN_5, 1)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, span_5 = room[0, j], room[1, j]
            found = black(y) & white(x) & (x.open < y.low) & (body(y) > long)
            found &= (y.close <= x.close) & (x.close <= y.close + EQUAL * span_5)
            room[2, j] = -100.0 if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_onneck(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body to its low."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 1), (SPAN_5, 1)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, span_5 = room[0, j], room[1, j]
            found = black(y) & white(x) & (x.open < y.low) & (body(y) > long) & within(x.close, y.low, EQUAL * span_5)
            room[2, j] = -100.0 if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_thrusting(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body into it, not past its middle."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 1), (SPAN_5, 1)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, span_5 = room[0, j], room[1, j]
            found = black(y) & white(x) & (x.open < y.low) & (body(y) > long)
            found &= (y.close + EQUAL * span_5 < x.close) & (x.close <= y.close + body(y) * 0.5)
            room[2, j] = -100.0 if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def _kicking(o, h, lo, c, start, seen, out, p, s, longer) -> None:
    """Two marubozu of two colours with a gap between them; the direction is that of the second, or the longer one."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (BODY, 1), (SPAN, 0), (SPAN, 1)), np.empty((5, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, long_1, span, span_1 = room[0, j], room[1, j], room[2, j], room[3, j]
            found = (body(x) > long) & (body(y) > long_1) & (white(x) != white(y))
            found &= (upper(y) < TINY * span_1) & (lower(y) < TINY * span_1)
            found &= (upper(x) < TINY * span) & (lower(x) < TINY * span)
            found &= (white(y) & (x.high < y.low)) | (black(y) & (x.low > y.high))
            way = sign(y) if longer & (body(x) <= body(y)) else sign(x)
            room[4, j] = 100.0 * way if found else 0.0
        put(run, at, n, room[4])


@njit(cache=True, nogil=True)
def cdl_kicking(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A marubozu and another of the other colour, with a gap between them."""
    _kicking(o, h, lo, c, start, seen, out, p, s, False)


@njit(cache=True, nogil=True)
def cdl_kickingbylength(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """The same with the direction of the longer one."""
    _kicking(o, h, lo, c, start, seen, out, p, s, True)


@njit(cache=True, nogil=True)
def cdl_matchinglow(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two black bodies that close alike."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN_5, 1),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            span_5 = room[0, j]
            found = black(x) & black(y) & within(x.close, y.close, EQUAL * span_5)
            room[1, j] = 100.0 if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_dojistar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji beyond the long body before it."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 1), (SPAN, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            long, span = room[0, j], room[1, j]
            beyond = (white(y) & gap_up(x, y)) | (black(y) & gap_down(x, y))
            found = (body(y) > long) & (body(x) <= DOJI * span) & beyond
            room[2, j] = -100.0 * sign(y) if found else 0.0
        put(run, at, n, room[2])
