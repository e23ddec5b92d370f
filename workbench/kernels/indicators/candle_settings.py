"""What counts as long, short, near and equal in candles, and the parts of a candle.

A setting is compared with the mean of a few bars before the candle that is looked at. The sums run as bars come and go,
from the first bar of which a pattern is known: recomputed sums would differ in the last bit, and prices lie on a grid,
where that decides.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_BODY, _RANGE, _SHADOWS = 0, 1, 2
#: What is averaged, over how many bars, times what.
BODY_LONG = (_BODY, 10, 1.0)
BODY_SHORT = (_BODY, 10, 1.0)
BODY_DOJI = (_RANGE, 10, 0.1)
SHADOW_SHORT = (_SHADOWS, 10, 0.5)
SHADOW_TINY = (_RANGE, 10, 0.1)
NEAR = (_RANGE, 5, 0.2)
FAR = (_RANGE, 5, 0.6)
EQUAL = (_RANGE, 5, 0.05)


@njit
def begin(o, h, lo, c, start, seen, out, p, s) -> tuple:
    """The first index of which the pattern can be told, the values from there on (0), and what ``limits`` takes.

    ``p[0]`` is the number of bars before the first one of which the pattern can be told.
    """
    first = min(len(o), start + max(0, int(p[0]) - seen))
    out[0, :] = 0.0
    return first, out[0, first - start :], (o, h, lo, c, first, seen > p[0], s)


@njit
def limits(bars, slot, setting, back) -> np.ndarray:
    """The setting for the candle ``back`` bars before each one from the first; its sum is kept in ``s[slot]``."""
    o, h, lo, c, first, goes_on, s = bars
    kind, period, factor = setting
    found = np.empty(len(o) - first)
    if not len(found):
        return found
    low, high = first - back - period, first - back
    total = s[slot]
    if not goes_on:
        total = 0.0
        for i in range(low, high):
            total += _size(kind, o[i], h[i], lo[i], c[i])
    end, gone = len(o) - back, len(o) - back - period
    if kind == _BODY:
        new_o, new_c, old_o, old_c = o[high:end], c[high:end], o[low:gone], c[low:gone]
        for j in range(len(found)):
            found[j] = factor * (total / period)
            total += abs(new_c[j] - new_o[j]) - abs(old_c[j] - old_o[j])
    elif kind == _RANGE:
        new_h, new_l, old_h, old_l = h[high:end], lo[high:end], h[low:gone], lo[low:gone]
        for j in range(len(found)):
            found[j] = factor * (total / period)
            total += (new_h[j] - new_l[j]) - (old_h[j] - old_l[j])
    else:
        for j in range(len(found)):
            found[j] = factor * (total / period)
            i, k = high + j, low + j
            total += _size(kind, o[i], h[i], lo[i], c[i]) - _size(kind, o[k], h[k], lo[k], c[k])
    s[slot] = total
    return found


@njit
def _size(kind, o, h, lo, c) -> float:
    if kind == _BODY:
        return abs(c - o)
    if kind == _RANGE:
        return h - lo
    return (h - (c if c >= o else o)) + ((o if c >= o else c) - lo)


@njit
def body(o, c, i) -> float:
    """Height of the body."""
    return abs(c[i] - o[i])


@njit
def white(o, c, i) -> bool:
    """Whether it closed where it opened or higher."""
    return c[i] >= o[i]


@njit
def black(o, c, i) -> bool:
    """Whether it closed lower than it opened."""
    return c[i] < o[i]


@njit
def sign(o, c, i) -> int:
    """1 for white, -1 for black."""
    return 1 if c[i] >= o[i] else -1


@njit
def top(o, c, i) -> float:
    """The upper end of the body."""
    return max(o[i], c[i])


@njit
def bottom(o, c, i) -> float:
    """The lower end of the body."""
    return min(o[i], c[i])


@njit
def upper(o, h, c, i) -> float:
    """Length of the upper shadow."""
    return h[i] - (c[i] if c[i] >= o[i] else o[i])


@njit
def lower(o, lo, c, i) -> float:
    """Length of the lower shadow."""
    return (o[i] if c[i] >= o[i] else c[i]) - lo[i]


@njit
def gap_up(o, c, i, k) -> bool:
    """Whether the body of ``i`` is above that of ``k``."""
    return min(o[i], c[i]) > max(o[k], c[k])


@njit
def gap_down(o, c, i, k) -> bool:
    """Whether the body of ``i`` is below that of ``k``."""
    return max(o[i], c[i]) < min(o[k], c[k])


@njit
def within(value, middle, reach) -> bool:
    """Whether it is no further than ``reach`` from ``middle``."""
    return middle - reach <= value <= middle + reach
