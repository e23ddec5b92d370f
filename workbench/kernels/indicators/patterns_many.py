"""Candle patterns of four candles and more."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY,
    NEAR,
    SPAN,
    SPAN_5,
    TINY,
    Run,
    begin,
    black,
    body,
    bottom,
    candle,
    cut,
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
)


@njit(cache=True, nogil=True)
def cdl_3linestrike(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three bodies one way, each from the last one or near it, and one that takes all of them back."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, SPAN_5, 1, SPAN_5, 0)
    for j in range(len(values)):
        w, z, y, x = candle(bars, j + 5), candle(bars, j + 6), candle(bars, j + 7), candle(bars, j + 8)
        span_2, span_3 = mean_0[j], mean_1[j]
        found = (bottom(w) - NEAR * span_3 <= z.open) & (z.open <= top(w) + NEAR * span_3)
        found &= (bottom(z) - NEAR * span_2 <= y.open) & (y.open <= top(z) + NEAR * span_2)
        up = white(w) & white(z) & white(y) & black(x) & (y.close > z.close) & (z.close > w.close)
        up &= (x.open > y.close) & (x.close < w.open)
        down = black(w) & black(z) & black(y) & white(x) & (y.close < z.close) & (z.close < w.close)
        down &= (x.open < y.close) & (x.close > w.open)
        values[j] = 100.0 if found & up else -100.0 if found & down else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_breakaway(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body, a gap, three bars on the same way, and a body back into the gap."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, BODY, 0)
    for j in range(len(values)):
        v, w = candle(bars, j + 10), candle(bars, j + 11)
        z, y, x = candle(bars, j + 12), candle(bars, j + 13), candle(bars, j + 14)
        long = mean_0[j]
        found = (white(v) == white(w)) & (white(v) == white(y)) & (white(v) != white(x)) & (body(v) > long)
        down = white(v) & gap_up(w, v) & (y.high > z.high) & (z.high > w.high) & (y.low > z.low) & (z.low > w.low)
        down &= (v.close < x.close) & (x.close < w.open)
        up = black(v) & gap_down(w, v) & (y.high < z.high) & (z.high < w.high) & (y.low < z.low) & (z.low < w.low)
        up &= (w.open < x.close) & (x.close < v.close)
        values[j] = -100.0 if found & down else 100.0 if found & up else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_concealbabyswall(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two black marubozu, a black body below with an upper shadow into them, a black bar around it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, SPAN, 2, SPAN, 1)
    mean_2 = means(run, 2, SPAN, 0)
    for j in range(len(values)):
        w, z, y, x = candle(bars, j + 10), candle(bars, j + 11), candle(bars, j + 12), candle(bars, j + 13)
        span_1, span_2, span_3 = mean_0[j], mean_1[j], mean_2[j]
        found = black(x) & black(y) & black(z) & black(w)
        found &= gap_down(y, z) & (y.high > z.close) & (x.high > y.high) & (x.low < y.low)
        found &= upper(y) > TINY * span_1
        found &= (lower(w) < TINY * span_3) & (upper(w) < TINY * span_3)
        found &= (lower(z) < TINY * span_2) & (upper(z) < TINY * span_2)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_ladderbottom(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies down, a black one with an upper shadow, white above its high."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN, 3)
    for j in range(len(values)):
        v, w = candle(bars, j + 10), candle(bars, j + 11)
        z, y, x = candle(bars, j + 12), candle(bars, j + 13), candle(bars, j + 14)
        span_1 = mean_0[j]
        found = white(x) & black(y) & black(z) & black(w) & black(v)
        found &= (v.open > w.open) & (w.open > z.open) & (v.close > w.close) & (w.close > z.close)
        found &= (upper(y) > TINY * span_1) & (x.open > y.open) & (x.close > y.high)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_mathold(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a short black body above it, two short ones that give back little, white to a new high."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    part = p[1]
    mean_0, mean_1 = two_means(run, 0, BODY, 0, BODY, 3)
    mean_2, mean_3 = two_means(run, 2, BODY, 2, BODY, 1)
    for j in range(len(values)):
        v, w = candle(bars, j + 10), candle(bars, j + 11)
        z, y, x = candle(bars, j + 12), candle(bars, j + 13), candle(bars, j + 14)
        long, small_1, small_2, small_3 = mean_0[j], mean_1[j], mean_2[j], mean_3[j]
        found = white(v) & black(w) & white(x) & (body(v) > long) & gap_up(w, v)
        found &= (body(w) < small_3) & (body(z) < small_2) & (body(y) < small_1)
        floor = v.close - body(v) * part
        found &= (floor < bottom(z)) & (bottom(z) < v.close) & (floor < bottom(y)) & (bottom(y) < v.close)
        found &= (top(z) < w.open) & (top(y) < top(z)) & (x.open > y.close)
        found &= (x.close > w.high) & (x.close > z.high) & (x.close > y.high)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_risefall3methods(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body, three short ones back within its range, and a long one beyond it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 4, BODY, 0)
    mean_2, mean_3 = two_means(run, 2, BODY, 3, BODY, 2)
    mean_4 = means(run, 4, BODY, 1)
    for j in range(len(values)):
        v, w = candle(bars, j + 10), candle(bars, j + 11)
        z, y, x = candle(bars, j + 12), candle(bars, j + 13), candle(bars, j + 14)
        long, long_4, small_1, small_2, small_3 = mean_0[j], mean_1[j], mean_2[j], mean_3[j], mean_4[j]
        found = (white(w) != white(v)) & (white(z) != white(v)) & (white(y) != white(v)) & (white(x) == white(v))
        found &= (body(v) > long_4) & (body(x) > long)
        found &= (body(w) < small_3) & (body(z) < small_2) & (body(y) < small_1)
        found &= (bottom(w) < v.high) & (bottom(z) < v.high) & (bottom(y) < v.high)
        found &= (top(w) > v.low) & (top(z) > v.low) & (top(y) > v.low)
        up = (y.close < z.close) & (z.close < w.close) & (x.open > y.close) & (x.close > v.close)
        down = (y.close > z.close) & (z.close > w.close) & (x.open < y.close) & (x.close < v.close)
        found &= (white(v) & up) | (black(v) & down)
        values[j] = 100.0 * sign(v) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_hikkake(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """An inside bar, then one with a lower high and low (or both higher). ``s``: see ``_confirm``."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    early = _early(run)
    found, bars = np.empty(early + len(values)), cut(bars, 3 - early, early + len(values) + 2)
    for j in range(len(found)):
        z, y, x = candle(bars, j), candle(bars, j + 1), candle(bars, j + 2)
        found[j] = _outside(x, y) if (y.high < z.high) & (y.low > z.low) else 0.0
        holes += unknown(x)
    _confirm(cut(bars, 1, len(found) + 1), found, values, s)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_hikkakemod(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """The same after two inside bars, the first of which closes at the end that breaks. ``s``: as there, and a sum."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    early = _early(run)
    found, bars = np.empty(early + len(values)), cut(bars, 3 - early, early + len(values) + 7)
    span_5 = means(Run(values, found, bars, run.goes_on, s), 4, SPAN_5, 0)
    for j in range(len(found)):
        w, z, y, x = candle(bars, j + 4), candle(bars, j + 5), candle(bars, j + 6), candle(bars, j + 7)
        near, way = NEAR * span_5[j], _outside(x, y)
        inside = (z.high < w.high) & (z.low > w.low) & (y.high < z.high) & (y.low > z.low)
        inside &= ((way > 0) & (z.close <= z.low + near)) | ((way < 0) & (z.close >= z.high - near))
        found[j] = way if inside else 0.0
        holes += unknown(x)
    _confirm(cut(bars, 6, len(found) + 1), found, values, s)
    finish(run, holes)


@njit
def _early(run) -> int:
    """How many bars before the first one to tell are looked at: what is found there can be confirmed later."""
    return 0 if run.goes_on else 3


@njit
def _outside(x, y) -> float:
    falls, rises = (x.high < y.high) & (x.low < y.low), (x.high > y.high) & (x.low > y.low)
    return 100.0 if falls else -100.0 if rises else 0.0


@njit
def _confirm(bars, found, values, s) -> None:
    """Give what is found, and twice that where a close within three bars is beyond the inside bar.

    ``s``: what was found last and is not confirmed, bars since, high and low of the inside bar.
    """
    way, age, high, low = s[0], s[1], s[2], s[3]
    early = len(found) - len(values)
    for j in range(len(found)):
        y, x = candle(bars, j), candle(bars, j + 1)
        if found[j] != 0.0:
            way, age, high, low = found[j], 0.0, y.high, y.low
        else:
            age += 1.0
            if (way != 0.0) & (age <= 3.0) & (((way > 0.0) & (x.close > high)) | ((way < 0.0) & (x.close < low))):
                found[j], way = 2 * way, 0.0
    values[:] = found[early:]
    s[0], s[1], s[2], s[3] = way, age, high, low
