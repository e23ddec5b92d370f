"""The parts of a candle, and the sums of sizes whose means say what counts as long, short, near and equal.

A candle is compared with the mean of a few bars before one that is looked at. The sums run as bars come and go, from
the first bar of which a pattern is known: recomputed sums would differ in the last bit, and prices lie on a grid, where
that decides.

A pattern gets the means of its bars as arrays; then it is a loop that reads whole candles and joins conditions with
``&`` and ``|``, without branches, so that it is compiled for several bars at once. Who has many bars gives them in
blocks that stay in the processor's cache.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numba import njit

from workbench.kernels.indicators.rounding import quotient

#: What is summed: bodies, ranges from low to high and shadows of ten bars, ranges of five.
BODY, SPAN, SHADOWS, SPAN_5 = range(4)
#: What counts, as a fraction of a mean: of ``SPAN``, of ``SHADOWS``, of ``SPAN_5``. Of ``BODY`` it is the whole.
DOJI, TINY, SHORT, NEAR, FAR, EQUAL = 0.1, 0.1, 0.5, 0.2, 0.6, 0.05

#: The prices of a bar, or of many.
Candle = namedtuple("Candle", "open high low close")
#: What a call is about: its values, those to tell, the bars, whether sums go on, and the state.
Run = namedtuple("Run", "values told bars goes_on s")
#: Where the state counts bars with a NaN; the sums are before it.
_HOLES = 11


@njit
def begin(o, h, lo, c, start, seen, out, p, s) -> tuple:
    """What the call is about, the bars, the values to tell, and how many bars before them have a NaN.

    ``p[0]`` is how many bars are before the first one to tell; the bars begin as many before the values. The values of
    bars before are 0.
    """
    back, values, holes = int(p[0]), out[0], 0
    first = min(len(o), start + max(0, back - seen))
    for i in range(start, first):
        values[i - start] = 0.0
        holes += unknown(Candle(o[i], h[i], lo[i], c[i]))
    low, told = max(0, first - back), values[first - start :]
    bars = Candle(o[low:], h[low:], lo[low:], c[low:])
    return Run(values, told, bars, (seen > back) | (len(told) == 0), s), bars, told, holes


@njit
def means(run, k, kind, at) -> np.ndarray:
    """For each value the mean of the sizes from ``at`` bars on after the first. ``s[k]`` is the sum."""
    old, new, sum_, rows = _begin_sum(run, k, kind, at)
    for j in range(len(rows)):
        more, rows[j] = _size(kind, candle(new, j)) - _size(kind, candle(old, j)), sum_
        sum_ += more
    run.s[k] = sum_
    return _divide(rows, kind)


@njit
def two_means(run, k, kind, at, kind_2, at_2) -> tuple:
    """``means`` of ``k`` and ``k + 1``, while one waits for its last addition the other is at work."""
    old, new, sum_, rows = _begin_sum(run, k, kind, at)
    old_2, new_2, sum_2, rows_2 = _begin_sum(run, k + 1, kind_2, at_2)
    for j in range(len(rows)):
        more, rows[j] = _size(kind, candle(new, j)) - _size(kind, candle(old, j)), sum_
        more_2, rows_2[j] = _size(kind_2, candle(new_2, j)) - _size(kind_2, candle(old_2, j)), sum_2
        sum_, sum_2 = sum_ + more, sum_2 + more_2
    run.s[k], run.s[k + 1] = sum_, sum_2
    return _divide(rows, kind), _divide(rows_2, kind_2)


@njit
def _begin_sum(run, k, kind, at) -> tuple:
    """Candles that leave the sum and that enter it, the sum as it stands, room for the means."""
    n, period = len(run.told), _period(kind)
    old, sum_ = cut(run.bars, at, n), run.s[k]
    if not run.goes_on:
        before, sum_ = cut(run.bars, at, period), 0.0
        for j in range(period):
            sum_ += _size(kind, candle(before, j))
    return old, cut(run.bars, at + period, n), sum_, np.empty(n)


@njit
def _divide(rows, kind) -> np.ndarray:
    period = float(_period(kind))
    inverse = 1.0 / period
    for j in range(len(rows)):
        rows[j] = quotient(rows[j], period, inverse)
    return rows


@njit
def _period(kind) -> int:
    return 5 if kind == SPAN_5 else 10


@njit
def cut(bars, at, n) -> Candle:
    """``n`` bars from ``at`` on."""
    return Candle(bars.open[at : at + n], bars.high[at : at + n], bars.low[at : at + n], bars.close[at : at + n])


@njit
def unknown(x) -> bool:
    """Whether a price is NaN."""
    return (x.open != x.open) | (x.high != x.high) | (x.low != x.low) | (x.close != x.close)


@njit
def finish(run, holes) -> None:
    """Make the last value NaN once a bar had one, by which that is known."""
    run.s[_HOLES] += holes
    if run.s[_HOLES] > 0.0 and len(run.values):
        run.values[-1] = np.nan


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
    """The upper end of the body; compared so that it is one instruction."""
    return x.close if x.close > x.open else x.open


@njit
def bottom(x) -> float:
    """The lower end of the body; compared so that it is one instruction."""
    return x.close if x.close < x.open else x.open


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
def _size(kind, x) -> float:
    return body(x) if kind == BODY else upper(x) + lower(x) if kind == SHADOWS else x.high - x.low
