"""Statistics that look at the whole window again on each bar, since their ranks and ranges have no running sum."""

from __future__ import annotations

import math

from numba import njit

from workbench.kernels.indicators.extremes import BLOCK, loop
from workbench.kernels.indicators.statistics import _warm


@loop
def rank(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. Bars inside, so that several are compared in one step."""
    window, n = int(p[0]), len(a)
    first = start + _warm(out[0], n - start, window - seen)
    for low in range(first, n, BLOCK):
        high = min(n, low + BLOCK)
        now, rest, k = a[low:high], out[0, low - start : high - start], 1
        for j in range(len(now)):
            rest[j] = now[j] - now[j]
        while k + 4 <= window + 1:
            w, x = a[low - k : high - k], a[low - k - 1 : high - k - 1]
            y, z = a[low - k - 2 : high - k - 2], a[low - k - 3 : high - k - 3]
            for j in range(len(now)):
                below = (w[j] < now[j]) + (x[j] < now[j]) + (y[j] < now[j]) + (z[j] < now[j])
                rest[j] += below
            k += 4
        while k <= window:
            x = a[low - k : high - k]
            for j in range(len(now)):
                rest[j] += x[j] < now[j]
            k += 1
        for j in range(len(now)):
            rest[j] = 100.0 * rest[j] / window


@njit(cache=True, nogil=True)
def entropy(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, bins, share * log2(share) for each count. ``s``: room for the counts."""
    window, bins, surprise, values = int(p[0]), int(p[1]), p[2:], out[0]
    first = start + _warm(values, len(a) - start, window - seen)
    for i in range(first, len(a)):
        low = high = a[i] - a[i - 1]
        for k in range(i - window + 1, i):
            change = a[k] - a[k - 1]
            low, high = min(low, change), max(high, change)
        s[:bins] = 0.0
        found = 0.0
        if high > low:
            for k in range(i - window + 1, i + 1):
                s[min(bins - 1, int((a[k] - a[k - 1] - low) / (high - low) * bins))] += 1.0
            for k in range(bins):
                found -= surprise[int(s[k])]
        values[i - start] = found


@njit(cache=True, nogil=True)
def _rescaled_range(changes):
    mean = 0.0
    for x in changes:
        mean += x
    mean /= len(changes)
    total = squares = 0.0
    low = high = changes[0] - mean
    for x in changes:
        total += x - mean
        squares += (x - mean) ** 2
        low, high = min(low, total), max(high, total)
    return (high - low) / math.sqrt(squares / len(changes)) if squares > 0.0 else 0.0


@njit(cache=True, nogil=True)
def hurst(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: room for the changes of the window."""
    window, values = int(p[0]), out[0]
    first = start + _warm(values, len(a) - start, window - seen)
    for i in range(first, len(a)):
        for k in range(window):
            before, after = a[i - window + k], a[i - window + 1 + k]
            s[k] = math.log(after / before) if before > 0.0 and after > 0.0 else 0.0
        n = x = y = xx = xy = 0.0
        parts, whole = 1, True
        while parts <= 32 and window // parts >= 8:
            size, mean = window // parts, 0.0
            begin = window - size * parts
            for part in range(parts):
                mean += _rescaled_range(s[begin + part * size : begin + (part + 1) * size])
            mean /= parts
            if mean > 0.0:
                u, v = math.log10(size), math.log10(mean)
                n, x, y, xx, xy = n + 1.0, x + u, y + v, xx + u * u, xy + u * v
            else:
                whole = False
            parts *= 2
        values[i - start] = (n * xy - x * y) / (n * xx - x * x) if whole else 0.5
