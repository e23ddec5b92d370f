"""Places of values in the order of their size."""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators.momentum import loop
from workbench.kernels.indicators.statistics_range import MANY, highest_at, lowest_at

#: Values that are counted rather than halved.
_MANY = 64


@loop
def _place(ranked, count, value) -> int:
    """How many of the first ``count`` of ``ranked``, which ascend, are below ``value``."""
    low = 0
    while count > _MANY:
        half = count // 2
        low += half if ranked[low + half - 1] < value else 0
        count -= half
    rest, below = ranked[low : low + count], 0
    for j in range(len(rest)):  # several in one step, and no branch to be guessed wrong
        below += rest[j] < value
    return low + below


@loop
def percentile(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, place in the order. ``s``: the window in that order, in which one goes and one comes a bar."""
    window, place, values = int(p[0]), int(p[1]), out[0]
    for i in range(start, len(a)):
        at = seen + i - start
        count, value = min(at, window), a[i]
        if at >= window:
            gone, here = _place(s, window, a[i - window]), _place(s, window, value)
            if here > gone:
                for j in range(gone, here - 1):
                    s[j] = s[j + 1]
                s[here - 1] = value
            else:
                for j in range(gone, here, -1):
                    s[j] = s[j - 1]
                s[here] = value
        else:
            here = _place(s, count, value)
            for j in range(count, here, -1):
                s[j] = s[j - 1]
            s[here] = value
        values[i - start] = s[place] if at >= window - 1 else np.nan


@loop
def both_at(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The bars of the lowest and of the highest; ``p``: window. ``s``: both, counted from 1."""
    for low in range(start, len(a), MANY):  # so that prices are still in the cache for the second
        high, x = min(len(a), low + MANY), low - start
        lowest_at(a[:high], b, c, d, e, low, seen + x, out[:1, x : high - start], p, s[:1])
        highest_at(a[:high], b, c, d, e, low, seen + x, out[1:, x : high - start], p, s[1:])
