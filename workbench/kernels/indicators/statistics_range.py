"""Highest, lowest, and sum of a window."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.statistics import _warm


@njit(cache=True, nogil=True)
def _follow(a, first, start, seen, values, window, bar, sign, place):
    """One by one from ``first`` on; gives the bar of the extreme, counted from 1.

    It is looked for in the whole window when it has left it, as often as prices fall from a high: once in several bars.
    ``sign`` is 1 for the highest and -1 for the lowest; ``place`` asks for its bar, counted from 0, not its price.
    """
    at = int(bar) - 1 - seen + start
    for i in range(first, len(a)):
        if at <= i - window:
            at = i - window + 1
            for k in range(at + 1, i + 1):
                if sign * a[k] > sign * a[at]:
                    at = k
        elif sign * a[i] >= sign * a[at]:
            at = i
        values[i - start] = float(seen + at - start) if place else a[at]
    return float(seen + at - start + 1)


@njit(cache=True, nogil=True)
def _extreme(a, start, seen, values, window, bar, sign):
    """As ``_follow``, where there are many bars without its branches: in blocks of a window.

    The best from each bar to the end of its block, then the best from the next block's begin to each of its bars: a
    window is an end of one and a begin of the next (van Herk 1992, Gil and Werman 1993).
    """
    i = start + _warm(values, len(a) - start, window - 1 - seen)
    while len(a) - i > 2 * window:
        block, rest = a[i - window + 1 : i + 1], values[i - start : i - start + window]
        best = block[window - 1]
        if sign > 0.0:
            for j in range(window - 1, -1, -1):
                best = block[j] if block[j] > best else best
                rest[j] = best
        else:
            for j in range(window - 1, -1, -1):
                best = block[j] if block[j] < best else best
                rest[j] = best
        new, later = a[i + 1 : i + window], rest[1:]
        best = a[i + 1]
        if sign > 0.0:
            for j in range(len(new)):
                best = new[j] if new[j] > best else best
                later[j] = best if best > later[j] else later[j]
        else:
            for j in range(len(new)):
                best = new[j] if new[j] < best else best
                later[j] = best if best < later[j] else later[j]
        i += window
        bar = 0.0
    return _follow(a, i, start, seen, values, window, bar, sign, False)


@njit(cache=True, nogil=True)
def highest(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: bar of the highest, counted from 1."""
    s[0] = _extreme(a, start, seen, out[0], int(p[0]), s[0], 1.0)


@njit(cache=True, nogil=True)
def lowest(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: bar of the lowest, counted from 1."""
    s[0] = _extreme(a, start, seen, out[0], int(p[0]), s[0], -1.0)


@njit(cache=True, nogil=True)
def both(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Lowest and highest."""
    s[0] = _extreme(a, start, seen, out[0], int(p[0]), s[0], -1.0)
    s[1] = _extreme(a, start, seen, out[1], int(p[0]), s[1], 1.0)


@njit(cache=True, nogil=True)
def highest_at(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The bar of the highest."""
    first = start + _warm(out[0], len(a) - start, int(p[0]) - 1 - seen)
    s[0] = _follow(a, first, start, seen, out[0], int(p[0]), s[0], 1.0, True)


@njit(cache=True, nogil=True)
def lowest_at(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The bar of the lowest."""
    first = start + _warm(out[0], len(a) - start, int(p[0]) - 1 - seen)
    s[0] = _follow(a, first, start, seen, out[0], int(p[0]), s[0], -1.0, True)


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
