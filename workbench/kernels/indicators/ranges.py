"""True range and its mean."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.averages_exponential import _one, _smooth
from workbench.kernels.indicators.extremes import BLOCK


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
def known_range(high: float, low: float, close: float, before: float) -> float:
    """The true range; NaN where a price of the bar is."""
    known = (high == high) & (low == low) & (close == close)
    return true_range(high, low, before) if known else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _ranges(a, b, c, first, values) -> None:
    """True ranges of as many bars as there are ``values``."""
    high, low, close, before = a[first:], b[first:], c[first:], c[max(0, first - 1) :]
    for j in range(len(values)):
        values[j] = known_range(high[j], low[j], close[j], before[j])


@njit(cache=True, nogil=True, error_model="numpy")
def tr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close."""
    first = min(len(a), start + max(0, 1 - seen))
    out[0, : first - start] = np.nan
    _ranges(a, b, c, first, out[0, first - start :])


@njit(cache=True, nogil=True, error_model="numpy")
def atr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, 1 / window. ``s``: the sum of the true ranges until there are ``window``, then as of ``ema``."""
    window, values = int(p[0]), out[0]
    first = min(len(a), start + max(0, window + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        s[0] += known_range(a[i], b[i], c[i], c[i - 1]) if at > 0 else 0.0 * known_range(a[i], b[i], c[i], c[i])
        values[i - start] = np.nan
        if at == window:
            s[0], s[1] = 0.0, s[0] / window
            values[i - start] = s[1]
    if len(a) - first == 1:
        k1 = 1 - p[1]
        span = known_range(a[first], b[first], c[first], c[first - 1])
        values[-1] = _one(s, span, seen + first - start - window - 1, 1 - k1, k1)
        return
    for low in range(first, len(a), BLOCK):
        some = values[low - start : low - start + BLOCK]
        _ranges(a, b, c, low, some)
        _smooth(some, some, seen + low - start - window - 1, s, p[1])


@njit(cache=True, nogil=True, error_model="numpy")
def natr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """As ``atr``, in percent of the close; 0 where that is 0."""
    atr(a, b, c, d, e, start, seen, out, p, s)
    close, values = c[start:], out[0]
    for j in range(len(values)):
        share = 100.0 * values[j] / close[j]
        values[j] = share if (close[j] != 0.0) | (values[j] != values[j]) else 0.0
