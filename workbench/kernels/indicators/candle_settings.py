"""Blocks of candles, the parts of a candle, and the means that say what counts as long, short, near and equal.

A candle is compared with the mean of a few bars before one that is looked at. The sums run as bars come and go, from
the first bar of which a pattern is known: recomputed sums would differ in the last bit, and prices lie on a grid, where
that decides.

A pattern is a loop over a block of bars that stays in the processor's cache. It reads whole candles and joins
conditions with ``&`` and ``|``, without branches, so that it is compiled for several bars at once.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numba import njit

#: What is averaged: bodies, ranges from low to high and shadows of ten bars, ranges of five.
BODY, SPAN, SHADOWS, SPAN_5 = range(4)
#: What counts, as a fraction of a mean: of ``SPAN``, of ``SHADOWS``, of ``SPAN_5``. Of ``BODY`` it is the whole.
DOJI, TINY, SHORT, NEAR, FAR, EQUAL = 0.1, 0.1, 0.5, 0.2, 0.6, 0.05
#: Bars of a block; no multiple of 512, with which all rows of a block would want the same places of the cache.
BLOCK = 1000

#: The prices of a bar, or of many.
Candle = namedtuple("Candle", "open high low close")
#: What a call is about: all bars, the index of the first row, the first one to tell, whether that goes on, results.
Run = namedtuple("Run", "bars start first goes_on values s")


@njit
def begin(o, h, lo, c, start, seen, out, p, s) -> Run:
    """The bars to tell; those before them get 0. ``p[0]`` is how many bars are before the first one to tell."""
    first, values = min(len(o), start + max(0, int(p[0]) - seen)), out[0]
    for i in range(start, first):
        values[i - start] = np.nan if o[i] != o[i] or h[i] != h[i] or lo[i] != lo[i] or c[i] != c[i] else 0.0
    return Run(Candle(o, h, lo, c), start, first, seen > p[0], values, s)


@njit
def block(run, at, n, back) -> Candle:
    """The bars of a block of ``n`` at ``at``, with ``back`` before it."""
    low, high, bars = at - back, at + n, run.bars
    return Candle(bars.open[low:high], bars.high[low:high], bars.low[low:high], bars.close[low:high])


@njit
def means(run, at, n, asked, room) -> None:
    """Row by row of ``room``, what is ``asked``: mean of what, before the candle how many bars back.

    The sums are kept in ``s``. Two at a time, since each waits for its last addition.
    """
    s = run.s
    for k in range(len(asked)):
        kind, back = asked[k]
        period = 5 if kind == SPAN_5 else 10
        new, old = block(run, at - back, n, 0), block(run, at - back - period, n, 0)
        if at == run.first and not run.goes_on:
            s[k] = 0.0
            before = block(run, at - back, 0, period)
            for j in range(period):
                s[k] += _size(kind, candle(before, j))
        row = room[k]
        if kind == BODY:
            for j in range(n):
                row[j] = body(candle(new, j)) - body(candle(old, j))
        elif kind == SHADOWS:
            for j in range(n):
                row[j] = _shadows(candle(new, j)) - _shadows(candle(old, j))
        else:
            for j in range(n):
                row[j] = _span(candle(new, j)) - _span(candle(old, j))
    for k in range(0, len(asked) - 1, 2):
        one, two, first, second = s[k], s[k + 1], room[k], room[k + 1]
        for j in range(n):
            more, other = first[j], second[j]
            first[j], second[j] = one, two
            one, two = one + more, two + other
        s[k], s[k + 1] = one, two
    if len(asked) % 2:
        one, first = s[len(asked) - 1], room[len(asked) - 1]
        for j in range(n):
            more, first[j] = first[j], one
            one += more
        s[len(asked) - 1] = one
    for k in range(len(asked)):
        row, period = room[k], 5 if asked[k][0] == SPAN_5 else 10
        for j in range(n):
            row[j] /= period


@njit
def put(run, at, n, found) -> None:
    """Give the values of a block. A bar with NaN in an input gets NaN, by which it is known.

    Memory that holds them already, such as zeros that nobody has touched, is not written.
    """
    bars, values = block(run, at, n, 0), run.values[at - run.start : at - run.start + n]
    differ = holes = 0
    for j in range(n):
        x = candle(bars, j)
        differ += found[j] != values[j]
        holes += (x.open != x.open) | (x.high != x.high) | (x.low != x.low) | (x.close != x.close)
    if differ:
        values[:] = found[:n]
    if holes:
        for j in range(n):
            x = candle(bars, j)
            if x.open != x.open or x.high != x.high or x.low != x.low or x.close != x.close:
                values[j] = np.nan


@njit
def candle(bars, j) -> Candle:
    """One bar."""
    return Candle(bars.open[j], bars.high[j], bars.low[j], bars.close[j])


@njit
def body(x) -> float:
    """Height of the body."""
    return abs(x.close - x.open)


@njit
def white(x) -> bool:
    """Whether it closed where it opened or higher."""
    return x.close >= x.open


@njit
def black(x) -> bool:
    """Whether it closed lower than it opened."""
    return x.close < x.open


@njit
def sign(x) -> float:
    """1 for white, -1 for black."""
    return 1.0 if x.close >= x.open else -1.0


@njit
def top(x) -> float:
    """The upper end of the body."""
    return x.close if x.close >= x.open else x.open


@njit
def bottom(x) -> float:
    """The lower end of the body."""
    return x.open if x.close >= x.open else x.close


@njit
def upper(x) -> float:
    """Length of the upper shadow."""
    return x.high - top(x)


@njit
def lower(x) -> float:
    """Length of the lower shadow."""
    return bottom(x) - x.low


@njit
def gap_up(x, y) -> bool:
    """Whether the body of ``x`` is above that of ``y``."""
    return bottom(x) > top(y)


@njit
def gap_down(x, y) -> bool:
    """Whether the body of ``x`` is below that of ``y``."""
    return top(x) < bottom(y)


@njit
def within(value, middle, reach) -> bool:
    """Whether it is no further than ``reach`` from ``middle``."""
    return (middle - reach <= value) & (value <= middle + reach)


@njit
def _span(x) -> float:
    return x.high - x.low


@njit
def _shadows(x) -> float:
    return upper(x) + lower(x)


@njit
def _size(kind, x) -> float:
    return body(x) if kind == BODY else _shadows(x) if kind == SHADOWS else _span(x)
