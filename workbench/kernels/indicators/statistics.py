"""Sums over a window of prices: moments, lines and what two columns have in common.

Sums of squares of prices lose the digits that a variance is made of. So the prices are taken from the price of a bar
in the neighbourhood, and the sums are made anew every ``_every(window)`` bars, counted from the first bar: rounding
neither grows nor depends on how the bars were cut into calls.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: What is left of a sum of squares after cancellation is noise below this part of it.
NOISE = 1e-14
DEGREES = 45.0 / math.atan(1.0)


@njit(cache=True, nogil=True)
def _every(window):
    return 4 * window + 64


@njit(cache=True, nogil=True)
def _warm(values, count, left):
    """Index in ``values`` of the first row that is known; those before are made NaN."""
    first = min(count, max(0, left))
    values[:first] = np.nan
    return first


@njit(cache=True, nogil=True)
def _two_sums(a, i, window):
    base, total, squares = a[i], 0.0, 0.0
    for k in range(i - window + 1, i + 1):
        x = a[k] - base
        total += x
        squares += x * x
    return base, total, squares


@njit(cache=True, nogil=True)
def _spread(total, squares, inverse):
    """Variance (of the population) from sums."""
    left = squares - total * total * inverse
    return left * inverse if left > NOISE * squares else 0.0


@njit(cache=True, nogil=True)
def variance(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, 1 / window. ``s``: base, sum and sum of squares of the distances from it."""
    window, inverse, values = int(p[0]), p[1], out[0]
    base, total, squares = s[0], s[1], s[2]
    i = start + _warm(values, len(a) - start, window - 1 - seen)
    while i < len(a):
        age = (seen + i - start - window + 1) % _every(window)
        if age == 0:
            base, total, squares = _two_sums(a, i, window)
            values[i - start] = _spread(total, squares, inverse)
            i, age = i + 1, 1
        end = min(len(a), i + _every(window) - age)
        new, old, rest = a[i:end], a[i - window : end - window], values[i - start : end - start]
        for j in range(len(new)):
            x, y = new[j] - base, old[j] - base
            total += x - y
            squares += x * x - y * y
            rest[j] = _spread(total, squares, inverse)
        i = end
    s[0], s[1], s[2] = base, total, squares


@njit(cache=True, nogil=True)
def deviation(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, 1 / window, how many deviations. ``s`` as for the variance."""
    window, inverse, scale, values = int(p[0]), p[1], p[2], out[0]
    base, total, squares = s[0], s[1], s[2]
    i = start + _warm(values, len(a) - start, window - 1 - seen)
    while i < len(a):
        age = (seen + i - start - window + 1) % _every(window)
        if age == 0:
            base, total, squares = _two_sums(a, i, window)
            values[i - start] = math.sqrt(_spread(total, squares, inverse)) * scale
            i, age = i + 1, 1
        end = min(len(a), i + _every(window) - age)
        new, old, rest = a[i:end], a[i - window : end - window], values[i - start : end - start]
        for j in range(len(new)):
            x, y = new[j] - base, old[j] - base
            total += x - y
            squares += x * x - y * y
            rest[j] = math.sqrt(_spread(total, squares, inverse)) * scale
        i = end
    s[0], s[1], s[2] = base, total, squares


@njit(cache=True, nogil=True)
def zscore(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, 1 / window. ``s`` as for the variance."""
    window, inverse, values = int(p[0]), p[1], out[0]
    base, total, squares = s[0], s[1], s[2]
    i = start + _warm(values, len(a) - start, window - 1 - seen)
    while i < len(a):
        if (seen + i - start - window + 1) % _every(window) == 0:
            base, total, squares = _two_sums(a, i, window)
        else:
            x, y = a[i] - base, a[i - window] - base
            total += x - y
            squares += x * x - y * y
        spread = _spread(total, squares, inverse)
        values[i - start] = (a[i] - base - total * inverse) / math.sqrt(spread) if spread > 0.0 else 0.0
        i += 1
    s[0], s[1], s[2] = base, total, squares


@njit(cache=True, nogil=True)
def shape(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, 3 for the skew and 4 for the kurtosis. ``s``: base, sums of the powers 1 to 4."""
    window, power, values = int(p[0]), int(p[1]), out[0]
    n = float(window)
    base, one, two, three, four = s[0], s[1], s[2], s[3], s[4]
    i = start + _warm(values, len(a) - start, window - 1 - seen)
    while i < len(a):
        low = i
        if (seen + i - start - window + 1) % _every(window) == 0:
            base, one, two, three, four = a[i], 0.0, 0.0, 0.0, 0.0
            low = i - window + 1
        else:
            y = a[i - window] - base
            one, two, three, four = one - y, two - y * y, three - y * y * y, four - y * y * y * y
        for k in range(low, i + 1):
            x = a[k] - base
            one, two, three, four = one + x, two + x * x, three + x * x * x, four + x * x * x * x
        mean = one / n
        spread = _spread(one, two, 1.0 / n)
        found = 0.0
        if spread > 0.0 and power == 3:
            third = three / n - 3.0 * mean * two / n + 2.0 * mean**3
            found = third / (spread * math.sqrt(spread)) * math.sqrt(n * (n - 1.0)) / (n - 2.0)
        elif spread > 0.0:
            fourth = four / n - 4.0 * mean * three / n + 6.0 * mean * mean * two / n - 3.0 * mean**4
            excess = fourth / (spread * spread) - 3.0
            found = (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0)
        values[i - start] = found
        i += 1
    s[0], s[1], s[2], s[3], s[4] = base, one, two, three, four


@njit(cache=True, nogil=True)
def _line(a, start, seen, out, p, s, kind) -> None:
    """``kind``: 0 slope, 1 where the line is at the first bar of the window, 2 degrees, 3 all (see ``line``)."""
    window, values = int(p[0]), out[0]
    middle, across, inverse = p[1], p[2], p[3]
    base, total, squares, tilted = s[0], s[1], s[2], s[3]
    i = start
    for row in out:
        i = start + _warm(row, len(a) - start, window - 1 - seen)
    while i < len(a):
        age = (seen + i - start - window + 1) % _every(window)
        anew, end = age == 0, min(len(a), i + _every(window) - age)
        if anew:
            base, total, squares, tilted = a[i], 0.0, 0.0, 0.0
            for k in range(window):
                x = a[i - window + 1 + k] - base
                total += x
                squares += x * x
                tilted += (k - middle) * x
            end = i + 1
        new, old, rest = a[i:end], a[max(0, i - window) :], values[i - start : end - start]
        for j in range(len(new)):
            if not anew:
                # All places move by one to the left; the oldest leaves, the newest comes in at the right.
                x, y = new[j] - base, old[j] - base
                tilted += middle * (x + y) + y - total
                total += x - y
                squares += x * x - y * y
            slope = tilted * across
            if kind == 0:
                rest[j] = slope
            elif kind == 1:
                rest[j] = base + total * inverse - slope * middle
            elif kind == 2:
                rest[j] = math.atan(slope) * DEGREES
            else:
                at = i - start + j
                spread = _spread(total, squares, inverse)
                rest[j] = slope
                out[1, at] = base + total * inverse - slope * (seen + at + 1.0 - middle)
                out[2, at] = math.sqrt(spread)
                out[3, at] = min(1.0, slope * tilted * inverse / spread) if spread > 0.0 else 0.0
        i = end
    s[0], s[1], s[2], s[3] = base, total, squares, tilted


@njit(cache=True, nogil=True)
def slope(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, its middle, 1 / squared distances of places from it, 1 / window. ``s``: base, three sums."""
    _line(a, start, seen, out, p, s, 0)


@njit(cache=True, nogil=True)
def intercept(a, b, c, d, e, start, seen, out, p, s) -> None:
    """As ``slope``."""
    _line(a, start, seen, out, p, s, 1)


@njit(cache=True, nogil=True)
def angle(a, b, c, d, e, start, seen, out, p, s) -> None:
    """As ``slope``."""
    _line(a, start, seen, out, p, s, 2)


@njit(cache=True, nogil=True)
def line(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Slope, intercept with bars counted from 1, deviation, r squared; ``p`` and ``s`` as for ``slope``."""
    _line(a, start, seen, out, p, s, 3)
