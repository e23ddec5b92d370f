"""Highest, lowest, and sum of a window."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.extremes import extremes
from workbench.kernels.indicators.statistics import _warm

#: Prices that are looked through for the lowest, then for the highest: half a megabyte.
MANY = 65_536


@njit(cache=True, nogil=True)
def _extreme(a, sign, start, seen, window, s, values) -> None:
    extremes(a, sign, start, seen, window, s, values)
    _warm(values, len(a) - start, window - 1 - seen)


@njit(cache=True, nogil=True)
def highest(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: see ``extremes``."""
    _extreme(a, 1.0, start, seen, int(p[0]), s, out[0])


@njit(cache=True, nogil=True)
def lowest(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: see ``extremes``."""
    _extreme(a, -1.0, start, seen, int(p[0]), s, out[0])


@njit(cache=True, nogil=True)
def both(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Lowest and highest. ``s``: of the lowest, of the highest."""
    for low in range(start, len(a), MANY):  # so that prices are still in the cache for the second
        high, at = min(len(a), low + MANY), low - start
        _extreme(a[:high], -1.0, low, seen + at, int(p[0]), s[:2], out[0, at : high - start])
        _extreme(a[:high], 1.0, low, seen + at, int(p[0]), s[2:], out[1, at : high - start])


@njit(cache=True, nogil=True)
def _place(a, start, seen, values, window, bar, sign) -> float:
    """The bar of the extreme, counted from 0; the last one is given counted from 1, as ``bar`` is.

    It is looked for in the whole window when it has left it, as often as prices fall from a high: once in several bars.
    ``sign`` is 1 for the highest and -1 for the lowest.
    """
    first = start + _warm(values, len(a) - start, window - 1 - seen)
    offset = seen - start
    at = int(bar) - 1 - offset
    best = sign * a[at] if 0 <= at < len(a) else 0.0
    for i in range(first, len(a)):
        value = sign * a[i]
        if at <= i - window:
            at = i - window + 1
            best = sign * a[at]
            for k in range(at + 1, i + 1):
                other = sign * a[k]
                at = k if other > best else at
                best = other if other > best else best
        elif value >= best:
            at, best = i, value
        values[i - start] = offset + at + (value - value)  # NaN where the price is
    return offset + at + 1.0


@njit(cache=True, nogil=True)
def highest_at(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The bar of the highest. ``p``: window. ``s``: that bar, counted from 1."""
    s[0] = _place(a, start, seen, out[0], int(p[0]), s[0], 1.0)


@njit(cache=True, nogil=True)
def lowest_at(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The bar of the lowest. ``p``: window. ``s``: that bar, counted from 1."""
    s[0] = _place(a, start, seen, out[0], int(p[0]), s[0], -1.0)


@njit(cache=True, nogil=True)
def total(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: the sum of the last ``window`` values, of all while there are fewer."""
    window, sum_, values = int(p[0]), s[0], out[0]
    first = min(len(a), start + max(0, window - seen))
    for i in range(start, first):
        sum_ += a[i]
        values[i - start] = sum_ if seen + i - start == window - 1 else np.nan
    new, old, rest = a[first:], a[first - window : len(a) - window], values[first - start :]
    for j in range(len(new)):
        sum_ += new[j] - old[j]
        rest[j] = sum_
    s[0] = sum_
