"""Estimators of volatility: a term for each bar, and its mean or variance over a window.

The terms of the window are kept in a ring in ``s``; its sums are made anew each time the ring is full, so that rounding
does not grow. A ratio of which a price is not above 0 counts as no change.
"""

from __future__ import annotations

import math

from numba import njit

from workbench.kernels.indicators.statistics import NOISE, _warm


@njit(cache=True, nogil=True)
def _log(x, y):
    return math.log(x / y) if x > 0.0 and y > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _taken(ring, at, value, total):
    """The sum of the ring with ``value`` in the place of the oldest, which is at ``at``."""
    total += value - ring[at]
    ring[at] = value
    if at == len(ring) - 1:
        total = 0.0
        for k in range(len(ring)):
            total += ring[k]
    return total


@njit(cache=True, nogil=True)
def _squares(ring, at, value, total):
    """The same for the squares; to be asked before the ring takes the value in."""
    total += value * value - ring[at] * ring[at]
    if at == len(ring) - 1:
        total = value * value
        for k in range(len(ring) - 1):
            total += ring[k] * ring[k]
    return total


@njit(cache=True, nogil=True)
def _sample(total, squares, n):
    left = squares - total * total / n
    return left / (n - 1.0) if left > NOISE * squares else 0.0


@njit(cache=True, nogil=True)
def realised(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Inputs: price. ``p``: window, factor, 1 for distances from the mean. ``s``: two sums, ring."""
    window, values, ring = int(p[0]), out[0], s[2:]
    total, squares = s[0], s[1]
    known = start + _warm(values, len(a) - start, window - seen)
    for i in range(start + (1 if seen == 0 else 0), len(a)):
        at = (seen + i - start - 1) % window
        value = _log(a[i], a[i - 1])
        squares = _squares(ring, at, value, squares)
        total = _taken(ring, at, value, total)
        if i >= known:
            found = _sample(total, squares, float(window)) if p[2] > 0.0 else max(0.0, squares) / window
            values[i - start] = math.sqrt(found) * p[1]
    s[0], s[1] = total, squares


@njit(cache=True, nogil=True)
def _mean(a, b, c, d, start, seen, values, p, s, kind):
    """``kind``: 0 Parkinson, 1 Garman and Klass, 2 Rogers and Satchell."""
    window, ring, total = int(p[0]), s[1:], s[0]
    known = start + _warm(values, len(a) - start, window - 1 - seen)
    for i in range(start, len(a)):
        if kind == 0:
            value = _log(a[i], b[i]) ** 2 / (4.0 * math.log(2.0))
        elif kind == 1:
            value = 0.5 * _log(b[i], c[i]) ** 2 - (2.0 * math.log(2.0) - 1.0) * _log(d[i], a[i]) ** 2
        else:
            value = _log(b[i], d[i]) * _log(b[i], a[i]) + _log(c[i], d[i]) * _log(c[i], a[i])
        total = _taken(ring, (seen + i - start) % window, value, total)
        if i >= known:
            values[i - start] = math.sqrt(max(0.0, total) / window) * p[1]
    s[0] = total


@njit(cache=True, nogil=True)
def parkinson(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Inputs: high, low. ``p``: window, factor. ``s``: sum, ring."""
    _mean(a, b, c, d, start, seen, out[0], p, s, 0)


@njit(cache=True, nogil=True)
def garman_klass(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Inputs: open, high, low, close. ``p``: window, factor. ``s``: sum, ring."""
    _mean(a, b, c, d, start, seen, out[0], p, s, 1)


@njit(cache=True, nogil=True)
def rogers_satchell(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Inputs: open, high, low, close. ``p``: window, factor. ``s``: sum, ring."""
    _mean(a, b, c, d, start, seen, out[0], p, s, 2)


@njit(cache=True, nogil=True)
def yang_zhang(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Inputs: open, high, low, close. ``p``: window, factor, k. ``s``: five sums, three rings."""
    window, values = int(p[0]), out[0]
    n, k = float(window), p[2]
    nights, days, ranges = s[5 : 5 + window], s[5 + window : 5 + 2 * window], s[5 + 2 * window : 5 + 3 * window]
    night, nights2, day, days2, range_ = s[0], s[1], s[2], s[3], s[4]
    known = start + _warm(values, len(a) - start, window - seen)
    for i in range(start + (1 if seen == 0 else 0), len(a)):
        at = (seen + i - start - 1) % window
        value = _log(a[i], d[i - 1])
        nights2 = _squares(nights, at, value, nights2)
        night = _taken(nights, at, value, night)
        value = _log(d[i], a[i])
        days2 = _squares(days, at, value, days2)
        day = _taken(days, at, value, day)
        value = _log(b[i], d[i]) * _log(b[i], a[i]) + _log(c[i], d[i]) * _log(c[i], a[i])
        range_ = _taken(ranges, at, value, range_)
        if i >= known:
            found = _sample(night, nights2, n) + k * _sample(day, days2, n) + (1.0 - k) * max(0.0, range_) / n
            values[i - start] = math.sqrt(found) * p[1]
    s[0], s[1], s[2], s[3], s[4] = night, nights2, day, days2, range_
