"""Exponential moving averages, and what is made of them.

The chain from each value to the next is what takes the time. A single mean takes four bars as one step of it, in batch
and bar by bar; means of means run beside each other, a fused multiplication and addition a bar.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.rounding import fused

#: Bars, a multiple of four, between two choices of the price that a mean is kept as the distance from.
_NEAR = 32


@njit(cache=True, nogil=True)
def _one(s, x: float, at: int, w: float, k1: float) -> float:
    """The mean ``at`` bars after its first value. ``s``: its distance before these four bars, from what, their part."""
    if at % _NEAR == 0:
        s[0], s[1] = (s[1] + s[0]) - x, x
    power = k1
    for _ in range(at % 4):
        power *= k1
    s[2] = fused(k1, s[2], w * (x - s[1]))
    gap = fused(power, s[0], s[2])
    mean = s[1] + gap
    if at % 4 == 3:
        s[0], s[2] = gap, 0.0
    return mean


@njit(cache=True, nogil=True)
def _smooth(new, rest, at: int, s, weight: float) -> None:
    """Exponential mean of ``new`` into ``rest`` (which may be the same), ``at`` bars after its first value.

    Weights are such that they make 1 together: a price that stands still is its mean, to the bit.
    """
    n, k1 = len(new), 1 - weight
    w, k2 = 1 - k1, k1 * k1
    k3 = k2 * k1
    k4 = k3 * k1
    first = min(n, -at % 4)
    for j in range(first):
        rest[j] = _one(s, new[j], at + j, w, k1)
    x, y, groups = new[first:], rest[first:], (n - first) // 4  # counted from 0: no index is asked whether it is below
    gap, near, place = s[0], s[1], (at + first) % _NEAR
    for k in range(groups):
        j = 4 * k
        x1, x2, x3, x4 = x[j], x[j + 1], x[j + 2], x[j + 3]
        if place == 0:
            gap, near = (near + gap) - x1, x1
        place = place + 4 if place < _NEAR - 4 else 0
        p1 = w * (x1 - near)
        p2 = fused(k1, p1, w * (x2 - near))
        p3 = fused(k1, p2, w * (x3 - near))
        p4 = fused(k1, p3, w * (x4 - near))
        y[j], y[j + 1] = near + fused(k1, gap, p1), near + fused(k2, gap, p2)
        y[j + 2] = near + fused(k3, gap, p3)
        gap = fused(k4, gap, p4)
        y[j + 3] = near + gap
    s[0], s[1] = gap, near
    for j in range(first + 4 * groups, n):
        rest[j] = _one(s, new[j], at + j, w, k1)


@njit(cache=True, nogil=True)
def smoothed(new, rest, at: int, window: int, weight: float, s) -> None:
    """Exponential mean of ``new``, of which the first is bar ``at``, into ``rest`` (which may be the same).

    It begins with the mean of ``window`` values. ``s``: their sum until they are there, then see ``_one``.
    """
    first = min(len(new), max(0, window - at))
    for j in range(first):
        s[0] += new[j]
        rest[j] = np.nan
        if at + j == window - 1:
            s[0], s[1] = 0.0, s[0] / window
            rest[j] = s[1]
    if first < len(new):
        _smooth(new[first:], rest[first:], at + first - window, s, weight)


@njit(cache=True, nogil=True)
def smoothed_one(x: float, at: int, window: int, weight: float, s) -> float:
    """``smoothed`` of the single value ``x``: the mean."""
    if at >= window:
        k1 = 1 - weight
        return _one(s, x, at - window, 1 - k1, k1)
    s[0] += x
    if at < window - 1:
        return np.nan
    s[0], s[1] = 0.0, s[0] / window
    return s[1]


@njit(cache=True, nogil=True)
def ema(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, weight of the new value. ``s``: see ``smoothed``."""
    if len(a) - start == 1:
        out[0, 0] = smoothed_one(a[start], seen, int(p[0]), p[1], s)
        return
    smoothed(a[start:], out[0], seen, int(p[0]), p[1], s)


@njit(cache=True, nogil=True)
def _begin(s, count: int, value: float, at: int, head: int, other: int, weight: float) -> bool:
    """One bar of ``count`` exponential means in a row, each begun with the mean of what it takes in.

    The first one begins with the mean of ``head`` values, the others with that of ``other``. Says whether all are
    known.
    """
    low, length = 0, head
    for j in range(count):
        if at < low + length - 1:
            s[j] += value
            return False
        if at == low + length - 1:
            s[j] = (s[j] + value) / length
        else:
            s[j] += weight * (value - s[j])
        value, low, length = s[j], low + length - 1, other
        if at < low:
            return False
    return True


@njit(cache=True, nogil=True)
def dema(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: head, other (see ``_begin``), weight. ``s``: two means."""
    head, other, weight, values = int(p[0]), int(p[1]), p[2], out[0]
    first = min(len(a), start + max(0, head + other - 1 - seen))
    for i in range(start, first):
        known = _begin(s, 2, a[i], seen + i - start, head, other, weight)
        values[i - start] = 2 * s[0] - s[1] if known else np.nan
    keep, one, two = 1 - weight, s[0], s[1]
    w, new, rest = 1 - keep, a[first:], values[first - start :]
    for j in range(len(new)):
        one = fused(keep, one, w * new[j])
        two = fused(keep, two, w * one)
        rest[j] = 2 * one - two
    s[0], s[1] = one, two


@njit(cache=True, nogil=True)
def tema(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: head, other (see ``_begin``), weight. ``s``: three means."""
    head, other, weight, values = int(p[0]), int(p[1]), p[2], out[0]
    first = min(len(a), start + max(0, head + 2 * other - 2 - seen))
    for i in range(start, first):
        known = _begin(s, 3, a[i], seen + i - start, head, other, weight)
        values[i - start] = fused(3.0, s[0] - s[1], s[2]) if known else np.nan
    keep, one, two, three = 1 - weight, s[0], s[1], s[2]
    w, new, rest = 1 - keep, a[first:], values[first - start :]
    for j in range(len(new)):
        one = fused(keep, one, w * new[j])
        two = fused(keep, two, w * one)
        three = fused(keep, three, w * two)
        rest[j] = fused(3.0, one - two, three)
    s[0], s[1], s[2] = one, two, three


@njit(cache=True, nogil=True)
def t3(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: head, other (see ``_begin``), weight, four factors of the last means. ``s``: six means.

    Once all are known, the j-th is carried by weight ** j: a fused multiplication and addition a bar are left.
    """
    head, other, weight, values = int(p[0]), int(p[1]), p[2], out[0]
    w3 = weight * weight * weight
    c1, c2, c3, c4 = p[3] * w3 * w3, p[4] * w3 * weight * weight, p[5] * w3 * weight, p[6] * w3
    known, keep = head + 5 * other - 6, 1 - weight
    first = min(len(a), start + max(0, known + 1 - seen))
    for i in range(start, first):
        values[i - start] = np.nan
        if _begin(s, 6, a[i], seen + i - start, head, other, weight):
            values[i - start] = p[3] * s[5] + p[4] * s[4] + p[5] * s[3] + p[6] * s[2]
            power = weight
            for j in range(6):
                s[j] /= power
                power *= weight
    e1, e2, e3, e4, e5, e6 = s[0], s[1], s[2], s[3], s[4], s[5]
    new, rest = a[first:], values[first - start :]
    for j in range(len(new)):
        e1 = fused(keep, e1, new[j])
        e2 = fused(keep, e2, e1)
        e3 = fused(keep, e3, e2)
        e4 = fused(keep, e4, e3)
        e5 = fused(keep, e5, e4)
        e6 = fused(keep, e6, e5)
        rest[j] = (c1 * e6 + c2 * e5) + (c3 * e4 + c4 * e3)
    s[0], s[1], s[2], s[3], s[4], s[5] = e1, e2, e3, e4, e5, e6


@njit(cache=True, nogil=True)
def zlema(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, weight, lag. ``s``: the sum, then see ``_one``."""
    window, lag, values = int(p[0]), int(p[2]), out[0]
    known = window - 1 + lag
    first = min(len(a), start + max(0, known + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        if at >= lag:
            s[0] += 2 * a[i] - a[i - lag]
        values[i - start] = np.nan
        if at == known:
            s[0], s[1] = 0.0, s[0] / window
            values[i - start] = s[1]
    if first < len(a):
        new, old, rest = a[first:], a[first - lag : len(a) - lag], values[first - start :]
        for j in range(len(new)):
            rest[j] = 2 * new[j] - old[j]
        _smooth(rest, rest, seen + first - start - known - 1, s, p[1])
