"""Candle patterns of four candles and more."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BLOCK,
    BODY,
    NEAR,
    SPAN,
    SPAN_5,
    TINY,
    Run,
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
)


@njit(cache=True, nogil=True)
def cdl_3linestrike(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three bodies one way, each from the last one or near it, and one that takes all of them back."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN_5, 2), (SPAN_5, 3)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 3)
        means(run, at, n, asked, room)
        for j in range(n):
            w, z, y, x = candle(bars, j), candle(bars, j + 1), candle(bars, j + 2), candle(bars, j + 3)
            span_2, span_3 = room[0, j], room[1, j]
            found = (bottom(w) - NEAR * span_3 <= z.open) & (z.open <= top(w) + NEAR * span_3)
            found &= (bottom(z) - NEAR * span_2 <= y.open) & (y.open <= top(z) + NEAR * span_2)
            up = white(w) & white(z) & white(y) & black(x) & (y.close > z.close) & (z.close > w.close)
            up &= (x.open > y.close) & (x.close < w.open)
            down = black(w) & black(z) & black(y) & white(x) & (y.close < z.close) & (z.close < w.close)
            down &= (x.open < y.close) & (x.close > w.open)
            room[2, j] = 100.0 if found & up else -100.0 if found & down else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_breakaway(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body, a gap, three bars on the same way, and a body back into the gap."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 4),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 4)
        means(run, at, n, asked, room)
        for j in range(n):
            v, w = candle(bars, j), candle(bars, j + 1)
            z, y, x = candle(bars, j + 2), candle(bars, j + 3), candle(bars, j + 4)
            long = room[0, j]
            found = (white(v) == white(w)) & (white(v) == white(y)) & (white(v) != white(x)) & (body(v) > long)
            down = white(v) & gap_up(w, v) & (y.high > z.high) & (z.high > w.high) & (y.low > z.low) & (z.low > w.low)
            down &= (v.close < x.close) & (x.close < w.open)
            up = black(v) & gap_down(w, v) & (y.high < z.high) & (z.high < w.high) & (y.low < z.low) & (z.low < w.low)
            up &= (w.open < x.close) & (x.close < v.close)
            room[1, j] = -100.0 if found & down else 100.0 if found & up else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_concealbabyswall(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two black marubozu, a black body below with an upper shadow into them, a black bar around it."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 1), (SPAN, 2), (SPAN, 3)), np.empty((4, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 3)
        means(run, at, n, asked, room)
        for j in range(n):
            w, z, y, x = candle(bars, j), candle(bars, j + 1), candle(bars, j + 2), candle(bars, j + 3)
            span_1, span_2, span_3 = room[0, j], room[1, j], room[2, j]
            found = black(x) & black(y) & black(z) & black(w)
            found &= gap_down(y, z) & (y.high > z.close) & (x.high > y.high) & (x.low < y.low)
            found &= upper(y) > TINY * span_1
            found &= (lower(w) < TINY * span_3) & (upper(w) < TINY * span_3)
            found &= (lower(z) < TINY * span_2) & (upper(z) < TINY * span_2)
            room[3, j] = 100.0 if found else 0.0
        put(run, at, n, room[3])


@njit(cache=True, nogil=True)
def cdl_ladderbottom(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies down, a black one with an upper shadow, white above its high."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 1),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 4)
        means(run, at, n, asked, room)
        for j in range(n):
            v, w = candle(bars, j), candle(bars, j + 1)
            z, y, x = candle(bars, j + 2), candle(bars, j + 3), candle(bars, j + 4)
            span_1 = room[0, j]
            found = white(x) & black(y) & black(z) & black(w) & black(v)
            found &= (v.open > w.open) & (w.open > z.open) & (v.close > w.close) & (w.close > z.close)
            found &= (upper(y) > TINY * span_1) & (x.open > y.open) & (x.close > y.high)
            room[1, j] = 100.0 if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_mathold(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a short black body above it, two short ones that give back little, white to a new high."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 4), (BODY, 1), (BODY, 2), (BODY, 3)), np.empty((5, BLOCK))
    part = p[1]
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 4)
        means(run, at, n, asked, room)
        for j in range(n):
            v, w = candle(bars, j), candle(bars, j + 1)
            z, y, x = candle(bars, j + 2), candle(bars, j + 3), candle(bars, j + 4)
            long, small_1, small_2, small_3 = room[0, j], room[1, j], room[2, j], room[3, j]
            found = white(v) & black(w) & white(x) & (body(v) > long) & gap_up(w, v)
            found &= (body(w) < small_3) & (body(z) < small_2) & (body(y) < small_1)
            floor = v.close - body(v) * part
            found &= (floor < bottom(z)) & (bottom(z) < v.close) & (floor < bottom(y)) & (bottom(y) < v.close)
            found &= (top(z) < w.open) & (top(y) < top(z)) & (x.open > y.close)
            found &= (x.close > w.high) & (x.close > z.high) & (x.close > y.high)
            room[4, j] = 100.0 if found else 0.0
        put(run, at, n, room[4])


@njit(cache=True, nogil=True)
def cdl_risefall3methods(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body, three short ones back within its range, and a long one beyond it."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (BODY, 4), (BODY, 1), (BODY, 2), (BODY, 3)), np.empty((6, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 4)
        means(run, at, n, asked, room)
        for j in range(n):
            v, w = candle(bars, j), candle(bars, j + 1)
            z, y, x = candle(bars, j + 2), candle(bars, j + 3), candle(bars, j + 4)
            long, long_4, small_1, small_2 = room[0, j], room[1, j], room[2, j], room[3, j]
            small_3 = room[4, j]
            found = (white(w) != white(v)) & (white(z) != white(v)) & (white(y) != white(v)) & (white(x) == white(v))
            found &= (body(v) > long_4) & (body(x) > long)
            found &= (body(w) < small_3) & (body(z) < small_2) & (body(y) < small_1)
            found &= (bottom(w) < v.high) & (bottom(z) < v.high) & (bottom(y) < v.high)
            found &= (top(w) > v.low) & (top(z) > v.low) & (top(y) > v.low)
            up = (y.close < z.close) & (z.close < w.close) & (x.open > y.close) & (x.close > v.close)
            down = (y.close > z.close) & (z.close > w.close) & (x.open < y.close) & (x.close < v.close)
            found &= (white(v) & up) | (black(v) & down)
            room[5, j] = 100.0 * sign(v) if found else 0.0
        put(run, at, n, room[5])


@njit(cache=True, nogil=True)
def cdl_hikkake(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """An inside bar, then one with a lower high and low (or both higher). ``s``: see ``_confirm``."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    room = np.empty((1, BLOCK))
    at = _early(run, len(o))
    while at < len(o):
        n = min(BLOCK, (len(o) if at >= run.first else run.first) - at)
        bars = block(run, at, n, 2)
        for j in range(n):
            z, y, x = candle(bars, j), candle(bars, j + 1), candle(bars, j + 2)
            room[0, j] = _outside(x, y) if (y.high < z.high) & (y.low > z.low) else 0.0
        _confirm(run, at, n, room[0], s)
        at += n


@njit(cache=True, nogil=True)
def cdl_hikkakemod(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """The same after two inside bars, the first of which closes at the end that breaks. ``s``: a sum, and as there."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN_5, 2),), np.empty((2, BLOCK))
    at = _early(run, len(o))
    early = Run(run.bars, run.start, at, run.goes_on, run.values, s)
    while at < len(o):
        n = min(BLOCK, (len(o) if at >= run.first else run.first) - at)
        bars = block(run, at, n, 3)
        means(early, at, n, asked, room)
        for j in range(n):
            w, z, y, x = candle(bars, j), candle(bars, j + 1), candle(bars, j + 2), candle(bars, j + 3)
            near, way = NEAR * room[0, j], _outside(x, y)
            found = (z.high < w.high) & (z.low > w.low) & (y.high < z.high) & (y.low > z.low)
            found &= ((way > 0) & (z.close <= z.low + near)) | ((way < 0) & (z.close >= z.high - near))
            room[1, j] = way if found else 0.0
        _confirm(run, at, n, room[1], s[1:])
        at += n


@njit
def _early(run, end) -> int:
    """Where to begin: three bars before the first one to tell, since what is found there can be confirmed later."""
    return run.first if run.goes_on or run.first >= end else run.first - 3


@njit
def _outside(x, y) -> float:
    falls, rises = (x.high < y.high) & (x.low < y.low), (x.high > y.high) & (x.low > y.low)
    return 100.0 if falls else -100.0 if rises else 0.0


@njit
def _confirm(run, at, n, found, s) -> None:
    """Give what is found, and twice that where a close within three bars is beyond the inside bar.

    ``s``: what was found last and is not confirmed, bars since, high and low of the inside bar.
    """
    bars, (way, age, high, low) = block(run, at, n, 1), (s[0], s[1], s[2], s[3])
    for j in range(n):
        y, x = candle(bars, j), candle(bars, j + 1)
        if found[j] != 0.0:
            way, age, high, low = found[j], 0.0, y.high, y.low
            continue
        age += 1.0
        if (way != 0.0) & (age <= 3.0) & (((way > 0.0) & (x.close > high)) | ((way < 0.0) & (x.close < low))):
            found[j], way = 2 * way, 0.0
    s[0], s[1], s[2], s[3] = way, age, high, low
    if at >= run.first:
        put(run, at, n, found)
