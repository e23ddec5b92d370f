"""True range and its mean."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def true_range(high: float, low: float, before: float) -> float:
    """The span of a bar and the close before it."""
    return (high if high > before else before) - (low if low < before else before)


@njit(cache=True, nogil=True, error_model="numpy")
def wilder(mean: float, value: float, count: int, window: int) -> float:
    """Take in the ``count``-th value (from 1): the sum until there are ``window`` of them, then Wilder's mean."""
    if count > window:
        return mean + (value - mean) / window
    mean += value
    return mean / window if count == window else mean


@njit(cache=True, nogil=True, error_model="numpy")
def tr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close."""
    values = out[0]
    first = min(len(a), start + max(0, 1 - seen))
    for i in range(start, first):
        values[i - start] = np.nan
    high, low, before, rest = a[first:], b[first:], c[max(0, first - 1) : len(a) - 1], values[first - start :]
    for j in range(len(high)):
        rest[j] = true_range(high[j], low[j], before[j])


@njit(cache=True, nogil=True, error_model="numpy")
def atr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, 1 / window. ``s``: the sum of the true ranges until there are ``window``, then the mean."""
    window, weight, keep, mean, values = int(p[0]), p[1], 1.0 - p[1], s[0], out[0]
    first = min(len(a), start + max(0, window + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        if at > 0:
            mean = wilder(mean, true_range(a[i], b[i], c[i - 1]), at, window)
        values[i - start] = mean if at == window else np.nan
    high, low, before, rest = a[first:], b[first:], c[max(0, first - 1) : len(a) - 1], values[first - start :]
    for j in range(len(high)):
        mean = mean * keep + true_range(high[j], low[j], before[j]) * weight
        rest[j] = mean
    s[0] = mean


@njit(cache=True, nogil=True, error_model="numpy")
def natr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """As ``atr``, in percent of the close; 0 where that is 0."""
    window, weight, keep, mean, values = int(p[0]), p[1], 1.0 - p[1], s[0], out[0]
    first = min(len(a), start + max(0, window + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        if at > 0:
            mean = wilder(mean, true_range(a[i], b[i], c[i - 1]), at, window)
        values[i - start] = np.nan
        if at == window:
            values[i - start] = 100.0 * mean / c[i] if c[i] != 0.0 else 0.0
    high, low, before, rest = a[first:], b[first:], c[max(0, first - 1) : len(a) - 1], values[first - start :]
    close = c[first:]
    for j in range(len(high)):
        mean = mean * keep + true_range(high[j], low[j], before[j]) * weight
        rest[j] = 100.0 * mean / close[j] if close[j] != 0.0 else 0.0
    s[0] = mean
