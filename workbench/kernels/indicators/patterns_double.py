"""Candle patterns of two candles."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY,
    DOJI,
    EQUAL,
    SPAN,
    SPAN_5,
    TINY,
    begin,
    black,
    body,
    bottom,
    candle,
    finish,
    gap_down,
    gap_up,
    lower,
    means,
    sign,
    top,
    two_means,
    unknown,
    upper,
    white,
    within,
)


@njit(cache=True, nogil=True)
def cdl_engulfing(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A body around the one before it, of the other colour."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    for j in range(len(values)):
        y, x = candle(bars, j + 1), candle(bars, j + 2)
        found = (white(x) != white(y)) & (top(x) >= top(y)) & (bottom(x) <= bottom(y))
        found &= (top(x) != top(y)) | (bottom(x) != bottom(y))
        whole = (top(x) != top(y)) & (bottom(x) != bottom(y))
        values[j] = (100.0 if whole else 80.0) * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def _harami(o, h, lo, c, start, seen, out, p, s, kind, factor) -> None:
    """A body of at most ``factor`` of the second mean inside a long one."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, kind, 1)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, usual = mean_0[j], mean_1[j]
        found = (body(y) > long) & (body(x) <= factor * usual) & (top(x) <= top(y)) & (bottom(x) >= bottom(y))
        whole = (top(x) < top(y)) & (bottom(x) > bottom(y))
        values[j] = (-100.0 if whole else -80.0) * sign(y) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_harami(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body inside the long one before it."""
    _harami(o, h, lo, c, start, seen, out, p, s, BODY, 1.0)


@njit(cache=True, nogil=True)
def cdl_haramicross(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji inside the long body before it."""
    _harami(o, h, lo, c, start, seen, out, p, s, SPAN, DOJI)


@njit(cache=True, nogil=True)
def cdl_piercing(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long white body from below a long black one to above its middle."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, BODY, 0)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, long_1 = mean_0[j], mean_1[j]
        found = black(y) & white(x) & (body(y) > long_1) & (body(x) > long) & (x.open < y.low)
        found &= (y.close + 0.5 * body(y) < x.close) & (x.close < y.open)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_darkcloudcover(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A black body from above a long white one deep into it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    part = p[1]
    mean_0 = means(run, 0, BODY, 0)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long = mean_0[j]
        found = white(y) & black(x) & (body(y) > long) & (x.open > y.high)
        found &= (y.open < x.close) & (x.close < y.close - body(y) * part)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_counterattack(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two long bodies of two colours that close alike."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, BODY, 0)
    mean_2 = means(run, 2, SPAN_5, 5)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, long_1, span_5 = mean_0[j], mean_1[j], mean_2[j]
        found = (white(x) != white(y)) & (body(y) > long_1) & (body(x) > long)
        found &= within(x.close, y.close, EQUAL * span_5)
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_separatinglines(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A belt hold that opens where a body of the other colour did."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, SPAN, 1)
    mean_2 = means(run, 2, SPAN_5, 5)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, span, span_5 = mean_0[j], mean_1[j], mean_2[j]
        shadow = lower(x) if white(x) else upper(x)
        found = (white(x) != white(y)) & within(x.open, y.open, EQUAL * span_5)
        found &= (body(x) > long) & (shadow < TINY * span)
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_homingpigeon(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short black body inside a long black one."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, BODY, 1)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, usual = mean_0[j], mean_1[j]
        found = black(y) & black(x) & (body(y) > long) & (body(x) <= usual)
        found &= (x.open < y.open) & (x.close > y.close)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_inneck(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body to its close or just above."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN_5, 5)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, span_5 = mean_0[j], mean_1[j]
        found = black(y) & white(x) & (x.open < y.low) & (body(y) > long)
        found &= (y.close <= x.close) & (x.close <= y.close + EQUAL * span_5)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_onneck(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body to its low."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN_5, 5)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, span_5 = mean_0[j], mean_1[j]
        found = black(y) & white(x) & (x.open < y.low) & (body(y) > long) & within(x.close, y.low, EQUAL * span_5)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_thrusting(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body into it, not past its middle."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN_5, 5)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, span_5 = mean_0[j], mean_1[j]
        found = black(y) & white(x) & (x.open < y.low) & (body(y) > long)
        found &= (y.close + EQUAL * span_5 < x.close) & (x.close <= y.close + body(y) * 0.5)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def _kicking(o, h, lo, c, start, seen, out, p, s, longer) -> None:
    """Two marubozu of two colours with a gap between them; the direction is that of the second, or the longer one."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, BODY, 0)
    mean_2, mean_3 = two_means(run, 2, SPAN, 1, SPAN, 0)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, long_1, span, span_1 = mean_0[j], mean_1[j], mean_2[j], mean_3[j]
        found = (body(x) > long) & (body(y) > long_1) & (white(x) != white(y))
        found &= (upper(y) < TINY * span_1) & (lower(y) < TINY * span_1)
        found &= (upper(x) < TINY * span) & (lower(x) < TINY * span)
        found &= (white(y) & (x.high < y.low)) | (black(y) & (x.low > y.high))
        way = sign(y) if longer & (body(x) <= body(y)) else sign(x)
        values[j] = 100.0 * way if found else 0.0
        holes += unknown(x)
    finish(run, holes)


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
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN_5, 0)
    for j in range(len(values)):
        y, x = candle(bars, j + 5), candle(bars, j + 6)
        span_5 = mean_0[j]
        found = black(x) & black(y) & within(x.close, y.close, EQUAL * span_5)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_dojistar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji beyond the long body before it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN, 1)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        long, span = mean_0[j], mean_1[j]
        beyond = (white(y) & gap_up(x, y)) | (black(y) & gap_down(x, y))
        found = (body(y) > long) & (body(x) <= DOJI * span) & beyond
        values[j] = -100.0 * sign(y) if found else 0.0
        holes += unknown(x)
    finish(run, holes)
