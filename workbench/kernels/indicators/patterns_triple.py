"""Candle patterns of three candles."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY,
    DOJI,
    EQUAL,
    FAR,
    NEAR,
    SHADOWS,
    SHORT,
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
def cdl_2crows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, black above it, black from that body into the first."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, BODY, 0)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long = mean_0[j]
        found = white(z) & black(y) & black(x) & (body(z) > long) & gap_up(y, z)
        found &= (y.close < x.open) & (x.open < y.open) & (z.open < x.close) & (x.close < z.close)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_3blackcrows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies down, each from inside the last one, closing near their lows."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, SPAN, 3, SPAN, 2)
    mean_2 = means(run, 2, SPAN, 1)
    for j in range(len(values)):
        w, z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12), candle(bars, j + 13)
        span, span_1, span_2 = mean_0[j], mean_1[j], mean_2[j]
        found = black(x) & black(y) & black(z) & white(w)
        found &= (w.high > z.close) & (z.close > y.close) & (y.close > x.close)
        found &= (z.close < y.open) & (y.open < z.open) & (y.close < x.open) & (x.open < y.open)
        found &= (lower(z) < TINY * span_2) & (lower(y) < TINY * span_1) & (lower(x) < TINY * span)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_3inside(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A harami, and a close beyond its first body."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, BODY, 1)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long, usual = mean_0[j], mean_1[j]
        found = (body(z) > long) & (body(y) <= usual) & (white(z) != white(x))
        found &= (top(y) < top(z)) & (bottom(y) > bottom(z))
        found &= (white(z) & (x.close < z.open)) | (black(z) & (x.close > z.open))
        values[j] = -100.0 * sign(z) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_3outside(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """An engulfing body, and a close beyond it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 1), candle(bars, j + 2), candle(bars, j + 3)
        up = white(y) & black(z) & (y.close > z.open) & (y.open < z.close) & (x.close > y.close)
        down = black(y) & white(z) & (y.open > z.close) & (y.close < z.open) & (x.close < y.close)
        values[j] = 100.0 if up else -100.0 if down else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_3starsinsouth(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies, each shorter and inside the range of the last."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, BODY, 2)
    mean_2, mean_3 = two_means(run, 2, SPAN, 2, SPAN, 1)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long, usual, span, span_1 = mean_0[j], mean_1[j], mean_2[j], mean_3[j]
        found = black(x) & black(y) & black(z) & (body(z) > long) & (lower(z) > body(z))
        found &= (body(y) < body(z)) & (z.close < y.open) & (y.open <= z.high)
        found &= (z.low <= y.low) & (y.low < z.close)
        found &= (lower(y) > TINY * span_1) & (x.low > y.low) & (x.high < y.high)
        found &= (body(x) < usual) & (lower(x) < TINY * span) & (upper(x) < TINY * span)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_3whitesoldiers(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three white bodies up, each from inside the last one or near it, closing near their highs."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 2, SPAN, 2)
    mean_2, mean_3 = two_means(run, 2, SPAN, 1, SPAN, 0)
    mean_4, mean_5 = two_means(run, 4, SPAN_5, 6, SPAN_5, 5)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        usual, span, span_1, span_2, near_1, near_2 = mean_0[j], mean_1[j], mean_2[j], mean_3[j], mean_4[j], mean_5[j]
        found = white(x) & white(y) & white(z) & (x.close > y.close) & (y.close > z.close)
        found &= (upper(z) < TINY * span_2) & (upper(y) < TINY * span_1) & (upper(x) < TINY * span)
        found &= (z.open < y.open) & (y.open <= z.close + NEAR * near_2)
        found &= (y.open < x.open) & (x.open <= y.close + NEAR * near_1)
        found &= (body(y) > body(z) - FAR * near_2) & (body(x) > body(y) - FAR * near_1) & (body(x) > usual)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_abandonedbaby(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji beyond gaps on both sides, between a long body and one of the other colour."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    part = p[1]
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN, 1)
    mean_2 = means(run, 2, BODY, 2)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long, span_1, usual = mean_0[j], mean_1[j], mean_2[j]
        found = (body(z) > long) & (body(y) <= DOJI * span_1) & (body(x) > usual)
        down = white(z) & black(x) & (x.close < z.close - body(z) * part) & (y.low > z.high) & (x.high < y.low)
        up = black(z) & white(x) & (x.close > z.close + body(z) * part) & (y.high < z.low) & (x.low > y.high)
        values[j] = -100.0 if found & down else 100.0 if found & up else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_advanceblock(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three white bodies up that grow shorter, or their upper shadows longer."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SHADOWS, 2)
    mean_2, mean_3 = two_means(run, 2, SHADOWS, 1, SHADOWS, 0)
    mean_4, mean_5 = two_means(run, 4, SPAN_5, 6, SPAN_5, 5)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long, shadows, shadows_1, shadows_2, span_1, span_2 = (
            mean_0[j],
            mean_1[j],
            mean_2[j],
            mean_3[j],
            mean_4[j],
            mean_5[j],
        )
        one, two, three = body(z), body(y), body(x)
        found = white(x) & white(y) & white(z) & (x.close > y.close) & (y.close > z.close)
        found &= (z.open < y.open) & (y.open <= z.close + NEAR * span_2)
        found &= (y.open < x.open) & (x.open <= y.close + NEAR * span_1)
        found &= (one > long) & (upper(z) < SHORT * shadows_2)
        weak = (two < one - FAR * span_2) & (three < two + NEAR * span_1)
        weak |= three < two - FAR * span_1
        weak |= (three < two) & (two < one) & ((upper(x) > SHORT * shadows) | (upper(y) > SHORT * shadows_1))
        weak |= (three < two) & (upper(x) > three)
        values[j] = -100.0 if found & weak else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def _star(o, h, lo, c, start, seen, out, p, s, kind, factor, way) -> None:
    """Long, a short body or doji beyond it, then the other way deep into the first; ``way`` is 100 up, -100 down."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    part = p[1]
    mean_0, mean_1 = two_means(run, 0, BODY, 0, kind, 1)
    mean_2 = means(run, 2, BODY, 2)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long, star, usual = mean_0[j], mean_1[j], mean_2[j]
        found = (body(z) > long) & (body(y) <= factor * star) & (body(x) > usual)
        if way > 0:
            found &= black(z) & white(x) & gap_down(y, z) & (x.close > z.close + body(z) * part)
        else:
            found &= white(z) & black(x) & gap_up(y, z) & (x.close < z.close - body(z) * part)
        values[j] = way if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_eveningstar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a short body above it, black deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, BODY, 1.0, -100.0)


@njit(cache=True, nogil=True)
def cdl_morningstar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long black, a short body below it, white deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, BODY, 1.0, 100.0)


@njit(cache=True, nogil=True)
def cdl_eveningdojistar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a doji above it, black deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, SPAN, DOJI, -100.0)


@njit(cache=True, nogil=True)
def cdl_morningdojistar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long black, a doji below it, white deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, SPAN, DOJI, 100.0)


@njit(cache=True, nogil=True)
def cdl_gapsidesidewhite(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two white bodies alike, side by side beyond a gap."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN_5, 1)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 5), candle(bars, j + 6), candle(bars, j + 7)
        span_5 = mean_0[j]
        found = white(y) & white(x) & within(x.open, y.open, EQUAL * span_5)
        found &= within(body(x), body(y), NEAR * span_5)
        up, down = found & gap_up(y, z) & gap_up(x, z), found & gap_down(y, z) & gap_down(x, z)
        values[j] = 100.0 if up else -100.0 if down else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_identical3crows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies down, each from the close of the last, closing near their lows."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, SPAN, 2, SPAN, 1)
    mean_2, mean_3 = two_means(run, 2, SPAN, 0, SPAN_5, 6)
    mean_4 = means(run, 4, SPAN_5, 5)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        span, span_1, span_2, equal_1, equal_2 = mean_0[j], mean_1[j], mean_2[j], mean_3[j], mean_4[j]
        found = black(x) & black(y) & black(z) & (z.close > y.close) & (y.close > x.close)
        found &= (lower(z) < TINY * span_2) & (lower(y) < TINY * span_1) & (lower(x) < TINY * span)
        found &= within(y.open, z.close, EQUAL * equal_2) & within(x.open, y.close, EQUAL * equal_1)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_stalledpattern(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two long white bodies up, and a short one at the end of the second."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, BODY, 0)
    mean_2, mean_3 = two_means(run, 2, BODY, 2, SPAN, 1)
    mean_4, mean_5 = two_means(run, 4, SPAN_5, 6, SPAN_5, 5)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long_1, long_2, usual, span_1, near_1, near_2 = mean_0[j], mean_1[j], mean_2[j], mean_3[j], mean_4[j], mean_5[j]
        found = white(x) & white(y) & white(z) & (x.close > y.close) & (y.close > z.close)
        found &= (body(z) > long_2) & (body(y) > long_1) & (body(x) < usual) & (upper(y) < TINY * span_1)
        found &= (z.open < y.open) & (y.open <= z.close + NEAR * near_2)
        found &= x.open >= y.close - body(x) - NEAR * near_1
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_sticksandwich(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two black bodies with one close, a white one above it between them."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN_5, 0)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 5), candle(bars, j + 6), candle(bars, j + 7)
        span_5 = mean_0[j]
        found = black(z) & white(y) & black(x) & (y.low > z.close) & within(x.close, z.close, EQUAL * span_5)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_tasukigap(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A gap, and a body back into it that does not close it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN_5, 1)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 5), candle(bars, j + 6), candle(bars, j + 7)
        span_5 = mean_0[j]
        alike = abs(body(y) - body(x)) < NEAR * span_5
        up = white(y) & black(x) & gap_up(y, z) & (y.open < x.open) & (x.open < y.close)
        up &= (top(z) < x.close) & (x.close < y.open)
        down = black(y) & white(x) & gap_down(y, z) & (y.close < x.open) & (x.open < y.open)
        down &= (y.open < x.close) & (x.close < bottom(z))
        values[j] = 100.0 if alike & up else -100.0 if alike & down else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_tristar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three doji, the second beyond the others."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN, 0)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        span_2 = mean_0[j]
        found = (body(z) <= DOJI * span_2) & (body(y) <= DOJI * span_2) & (body(x) <= DOJI * span_2)
        down, up = gap_up(y, z) & (top(x) < top(y)), gap_down(y, z) & (bottom(x) > bottom(y))
        values[j] = -100.0 if found & down else 100.0 if found & up else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_unique3river(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long black, a black body inside it with a lower low, a short white one above that low."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, BODY, 2)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long, usual = mean_0[j], mean_1[j]
        found = black(z) & black(y) & white(x) & (body(z) > long) & (y.close > z.close)
        found &= (y.open <= z.open) & (y.low < z.low) & (body(x) < usual) & (x.open > y.low)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_upsidegap2crows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a short black body above it, a black one around that which leaves the gap open."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, BODY, 1)
    for j in range(len(values)):
        z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12)
        long, usual = mean_0[j], mean_1[j]
        found = white(z) & black(y) & black(x) & (body(z) > long) & (body(y) <= usual) & gap_up(y, z)
        found &= (x.open > y.open) & (z.close < x.close) & (x.close < y.close)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_xsidegap3methods(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two bodies of one colour with a gap, and one that closes it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    for j in range(len(values)):
        z, y, x = candle(bars, j), candle(bars, j + 1), candle(bars, j + 2)
        found = (white(z) == white(y)) & (white(y) != white(x))
        found &= (bottom(y) < x.open) & (x.open < top(y)) & (bottom(z) < x.close) & (x.close < top(z))
        found &= (white(z) & gap_up(y, z)) | (black(z) & gap_down(y, z))
        values[j] = 100.0 * sign(z) if found else 0.0
        holes += unknown(x)
    finish(run, holes)
