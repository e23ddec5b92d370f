"""Exponential moving averages, and what is made of them.

The chain from each value to the next is what takes the time: four bars are one step of it, in batch and bar by bar.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _four(x1, x2, x3, x4, mean, near, w, k1, k2, k3, k4):
    """Four bars of an exponential mean at once, as distances from ``near``: one step of the chain for four values."""
    gap = mean - near
    p1 = w * (x1 - near)
    p2 = k1 * p1 + w * (x2 - near)
    p3 = k1 * p2 + w * (x3 - near)
    p4 = k1 * p3 + w * (x4 - near)
    return near + (k1 * gap + p1), near + (k2 * gap + p2), near + (k3 * gap + p3), near + (k4 * gap + p4)


@njit(cache=True, nogil=True)
def _one(s, q: int, x: float, place: int, w: float, keep: float) -> float:
    """The same, to the bit, for the bar at ``place`` of its four; ``s[q:]``: mean before them, near, part of them."""
    power = keep
    for _ in range(place):
        power *= keep
    s[q + 2] = keep * s[q + 2] + w * (x - s[q + 1])
    mean = s[q + 1] + (power * (s[q] - s[q + 1]) + s[q + 2])
    if place == 3:
        s[q], s[q + 1], s[q + 2] = mean, x, 0.0
    return mean


@njit(cache=True, nogil=True)
def _smooth(new, rest, at: int, s, w: float) -> None:
    """Exponential mean of ``new`` into ``rest`` (which may be the same), ``at`` bars after its first value."""
    n, k1 = len(new), 1 - w
    k2 = k1 * k1
    k3 = k2 * k1
    k4 = k3 * k1
    first = min(n, -at % 4)
    for j in range(first):
        rest[j] = _one(s, 0, new[j], (at + j) % 4, w, k1)
    last = first + (n - first) // 4 * 4
    mean, near = s[0], s[1]
    for j in range(first, last, 4):
        x4 = new[j + 3]
        y1, y2, y3, y4 = _four(new[j], new[j + 1], new[j + 2], x4, mean, near, w, k1, k2, k3, k4)
        rest[j], rest[j + 1], rest[j + 2], rest[j + 3] = y1, y2, y3, y4
        mean, near = y4, x4
    s[0], s[1] = mean, near
    for j in range(last, n):
        rest[j] = _one(s, 0, new[j], j - last, w, k1)


@njit(cache=True, nogil=True)
def ema(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, weight of the new value. ``s``: the sum until there are ``window`` values, then see ``_one``."""
    window, values = int(p[0]), out[0]
    first = min(len(a), start + max(0, window - seen))
    for i in range(start, first):
        s[0] += a[i]
        values[i - start] = np.nan
        if seen + i - start == window - 1:
            s[0] /= window
            s[1] = values[i - start] = s[0]
    if first < len(a):
        _smooth(a[first:], values[first - start :], seen + first - start - window, s, p[1])


@njit(cache=True, nogil=True)
def _begin(s, count: int, wide: int, value: float, at: int, head: int, other: int, weight: float) -> bool:
    """One bar of ``count`` exponential means in a row, each begun with the mean of what it takes in.

    The first one begins with the mean of ``head`` values, the others with that of ``other``; the means are ``wide``
    apart in ``s``. Says whether all are known.
    """
    low, length = 0, head
    for j in range(0, count * wide, wide):
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
    """``p``: head, other (see ``_begin``), weight. ``s``: two means (see ``_one``)."""
    head, other, w, values, n = int(p[0]), int(p[1]), p[2], out[0], len(a)
    known, k1 = head + other - 2, 1 - p[2]
    k2 = k1 * k1
    k3 = k2 * k1
    k4 = k3 * k1
    first = min(n, start + max(0, known + 1 - seen))
    for i in range(start, first):
        _begin(s, 2, 3, a[i], seen + i - start, head, other, w)
        values[i - start] = np.nan
        if seen + i - start == known:
            s[1], s[4] = s[0], s[3]
            values[i - start] = 2 * s[0] - s[3]
    i = first
    while i < n:
        place = (seen + i - start - known - 1) % 4
        if place or n - i < 4:
            one = _one(s, 0, a[i], place, w, k1)
            values[i - start] = 2 * one - _one(s, 3, one, place, w, k1)
            i += 1
            continue
        new = a[i : i + (n - i) // 4 * 4]
        rest, m1, r1, m2, r2 = values[i - start : i - start + len(new)], s[0], s[1], s[3], s[4]
        for j in range(0, len(new), 4):
            u1, u2, u3, u4 = _four(new[j], new[j + 1], new[j + 2], new[j + 3], m1, r1, w, k1, k2, k3, k4)
            v1, v2, v3, v4 = _four(u1, u2, u3, u4, m2, r2, w, k1, k2, k3, k4)
            rest[j], rest[j + 1], rest[j + 2], rest[j + 3] = 2 * u1 - v1, 2 * u2 - v2, 2 * u3 - v3, 2 * u4 - v4
            m1, r1, m2, r2 = u4, new[j + 3], v4, u4
        s[0], s[1], s[3], s[4] = m1, r1, m2, r2
        i += len(new)


@njit(cache=True, nogil=True)
def tema(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: head, other (see ``_begin``), weight. ``s``: three means (see ``_one``)."""
    head, other, w, values, n = int(p[0]), int(p[1]), p[2], out[0], len(a)
    known, k1 = head + 2 * other - 3, 1 - p[2]
    k2 = k1 * k1
    k3 = k2 * k1
    k4 = k3 * k1
    first = min(n, start + max(0, known + 1 - seen))
    for i in range(start, first):
        _begin(s, 3, 3, a[i], seen + i - start, head, other, w)
        values[i - start] = np.nan
        if seen + i - start == known:
            s[1], s[4], s[7] = s[0], s[3], s[6]
            values[i - start] = 3 * (s[0] - s[3]) + s[6]
    i = first
    while i < n:
        place = (seen + i - start - known - 1) % 4
        if place or n - i < 4:
            one = _one(s, 0, a[i], place, w, k1)
            two = _one(s, 3, one, place, w, k1)
            values[i - start] = 3 * (one - two) + _one(s, 6, two, place, w, k1)
            i += 1
            continue
        new = a[i : i + (n - i) // 4 * 4]
        rest, m1, r1, m2, r2, m3, r3 = values[i - start : i - start + len(new)], s[0], s[1], s[3], s[4], s[6], s[7]
        for j in range(0, len(new), 4):
            u1, u2, u3, u4 = _four(new[j], new[j + 1], new[j + 2], new[j + 3], m1, r1, w, k1, k2, k3, k4)
            v1, v2, v3, v4 = _four(u1, u2, u3, u4, m2, r2, w, k1, k2, k3, k4)
            z1, z2, z3, z4 = _four(v1, v2, v3, v4, m3, r3, w, k1, k2, k3, k4)
            rest[j], rest[j + 1] = 3 * (u1 - v1) + z1, 3 * (u2 - v2) + z2
            rest[j + 2], rest[j + 3] = 3 * (u3 - v3) + z3, 3 * (u4 - v4) + z4
            m1, r1, m2, r2, m3, r3 = u4, new[j + 3], v4, u4, z4, v4
        s[0], s[1], s[3], s[4], s[6], s[7] = m1, r1, m2, r2, m3, r3
        i += len(new)


@njit(cache=True, nogil=True)
def t3(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: head, other (see ``_begin``), weight, four factors of the last means. ``s``: six means.

    Once all are known, the j-th is carried by weight ** j: a multiplication and an addition a bar are left.
    """
    head, other, weight, values = int(p[0]), int(p[1]), p[2], out[0]
    w3 = weight * weight * weight
    c1, c2, c3, c4 = p[3] * w3 * w3, p[4] * w3 * weight * weight, p[5] * w3 * weight, p[6] * w3
    known, keep = head + 5 * other - 6, 1 - weight
    first = min(len(a), start + max(0, known + 1 - seen))
    for i in range(start, first):
        values[i - start] = np.nan
        if _begin(s, 6, 1, a[i], seen + i - start, head, other, weight):
            values[i - start] = p[3] * s[5] + p[4] * s[4] + p[5] * s[3] + p[6] * s[2]
            power = weight
            for j in range(6):
                s[j] /= power
                power *= weight
    e1, e2, e3, e4, e5, e6 = s[0], s[1], s[2], s[3], s[4], s[5]
    new, rest = a[first:], values[first - start :]
    for j in range(len(new)):
        e1 = keep * e1 + new[j]
        e2 = keep * e2 + e1
        e3 = keep * e3 + e2
        e4 = keep * e4 + e3
        e5 = keep * e5 + e4
        e6 = keep * e6 + e5
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
            s[0] /= window
            s[1] = values[i - start] = s[0]
    if first < len(a):
        new, old, rest = a[first:], a[first - lag : len(a) - lag], values[first - start :]
        for j in range(len(new)):
            rest[j] = 2 * new[j] - old[j]
        _smooth(rest, rest, seen + first - start - known - 1, s, p[1])
