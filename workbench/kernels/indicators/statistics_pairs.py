"""What two columns have in common. Sums are kept as in the module of statistics."""

from __future__ import annotations

import math

from numba import njit

from workbench.kernels.indicators.statistics import NOISE, _every, _warm


@njit(cache=True, nogil=True)
def _correlation(x, y, xx, yy, xy, n):
    both = xx - x * x / n, yy - y * y / n
    if both[0] <= NOISE * xx or both[1] <= NOISE * yy:
        return 0.0
    return (xy - x * y / n) / math.sqrt(both[0] * both[1])


@njit(cache=True, nogil=True)
def correlation(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: two bases, sums of x, y, x x, y y and x y of the distances from them."""
    window, values = int(p[0]), out[0]
    n = float(window)
    left, right, x, y, xx, yy, xy = s[0], s[1], s[2], s[3], s[4], s[5], s[6]
    i = start + _warm(values, len(a) - start, window - 1 - seen)
    while i < len(a):
        age = (seen + i - start - window + 1) % _every(window)
        if age == 0:
            left, right, x, y, xx, yy, xy = a[i], b[i], 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(i - window + 1, i + 1):
                u, v = a[k] - left, b[k] - right
                x, y, xx, yy, xy = x + u, y + v, xx + u * u, yy + v * v, xy + u * v
            values[i - start] = _correlation(x, y, xx, yy, xy, n)
            i, age = i + 1, 1
        end = min(len(a), i + _every(window) - age)
        new, old, rest = a[i:end], a[i - window : end - window], values[i - start : end - start]
        other, gone = b[i:end], b[i - window : end - window]
        for j in range(len(new)):
            u, v, q, r = new[j] - left, other[j] - right, old[j] - left, gone[j] - right
            x, y, xx, yy, xy = (
                x + (u - q),
                y + (v - r),
                xx + (u * u - q * q),
                yy + (v * v - r * r),
                xy + (u * v - q * r),
            )
            rest[j] = _correlation(x, y, xx, yy, xy, n)
        i = end
    s[0], s[1], s[2], s[3], s[4], s[5], s[6] = left, right, x, y, xx, yy, xy


@njit(cache=True, nogil=True)
def _change(now, before):
    return (now - before) / before if abs(before) > 1e-14 else 0.0


@njit(cache=True, nogil=True)
def _beta(x, y, xx, xy, n):
    spread = n * xx - x * x
    return (n * xy - x * y) / spread if abs(spread) > 1e-14 else 0.0


@njit(cache=True, nogil=True)
def beta(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: sums of x, y, x x and x y, which are changes of one bar over the price before."""
    window, values = int(p[0]), out[0]
    n = float(window)
    x, y, xx, xy = s[0], s[1], s[2], s[3]
    first = start + _warm(values, len(a) - start, window - seen)
    age = (seen + first - start - window) % _every(window)
    for i in range(first, len(a)):
        low = i
        if age == 0:
            x, y, xx, xy = 0.0, 0.0, 0.0, 0.0
            low = i - window + 1
        else:
            q, r = _change(a[i - window], a[i - window - 1]), _change(b[i - window], b[i - window - 1])
            x, y, xx, xy = x - q, y - r, xx - q * q, xy - q * r
        for k in range(low, i + 1):
            u, v = _change(a[k], a[k - 1]), _change(b[k], b[k - 1])
            x, y, xx, xy = x + u, y + v, xx + u * u, xy + u * v
        values[i - start] = _beta(x, y, xx, xy, n)
        age = age + 1 if age + 1 < _every(window) else 0
    s[0], s[1], s[2], s[3] = x, y, xx, xy
