"""Directional movement and what is made of it.

``p`` of all: window, 1 - 1 / window, 1 if the first sum is of ``window`` moves and 0 if of one less.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.ranges import true_range


@njit(cache=True, nogil=True, error_model="numpy")
def rise(up: float, down: float) -> float:
    """The move up, if it is the greater one."""
    least = down if down > 0.0 else 0.0
    return up if up > least else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def summed(total: float, value: float, at: int, p: np.ndarray) -> float:
    """Wilder's sum with the value of bar ``at`` (from 0) taken in."""
    return total + value if at < p[0] + p[2] else total * p[1] + value


@njit(cache=True, nogil=True, error_model="numpy")
def share(part: float, whole: float) -> float:
    """Percent; 0 where there is nothing to divide by."""
    return 100.0 * part / whole if whole > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _moves(up, down, start, seen, sign, out, p, s) -> None:
    """The moves of one side: ``up`` and ``down`` are the high and low, ``sign`` 1; or low and high, and -1."""
    keep, total, values = p[1], s[0], out[0]
    first = min(len(up), start + max(0, int(p[0] + p[2]) - seen))
    for i in range(start, first):
        at = seen + i - start
        if at > 0:
            total = summed(total, rise(sign * (up[i] - up[i - 1]), sign * (down[i - 1] - down[i])), at, p)
        values[i - start] = total if at == p[0] + p[2] - 1 else np.nan
    edge = max(0, first - 1)
    new, old, rest = up[first:], up[edge : len(up) - 1], values[first - start :]
    other, other_old = down[first:], down[edge : len(up) - 1]
    for j in range(len(new)):
        total = total * keep + rise(sign * (new[j] - old[j]), sign * (other_old[j] - other[j]))
        rest[j] = total
    s[0] = total


@njit(cache=True, nogil=True, error_model="numpy")
def plus_dm(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``s``: the sum."""
    _moves(a, b, start, seen, 1.0, out, p, s)


@njit(cache=True, nogil=True, error_model="numpy")
def minus_dm(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``s``: the sum."""
    _moves(b, a, start, seen, -1.0, out, p, s)


@njit(cache=True, nogil=True, error_model="numpy")
def _lines(up, down, a, b, c, start, seen, sign, out, p, s) -> None:
    """As ``_moves``, in percent of the sum of the true ranges."""
    window, keep, total, span, values = int(p[0]), p[1], s[0], s[1], out[0]
    first = min(len(a), start + max(0, window + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        if at > 0:
            total = summed(total, rise(sign * (up[i] - up[i - 1]), sign * (down[i - 1] - down[i])), at, p)
            span = summed(span, true_range(a[i], b[i], c[i - 1]), at, p)
        values[i - start] = share(total, span) if at == window else np.nan
    edge = max(0, first - 1)
    new, old, rest = up[first:], up[edge : len(a) - 1], values[first - start :]
    other, other_old = down[first:], down[edge : len(a) - 1]
    high, low, before = a[first:], b[first:], c[edge : len(a) - 1]
    for j in range(len(new)):
        total = total * keep + rise(sign * (new[j] - old[j]), sign * (other_old[j] - other[j]))
        span = span * keep + true_range(high[j], low[j], before[j])
        rest[j] = share(total, span)
    s[0], s[1] = total, span


@njit(cache=True, nogil=True, error_model="numpy")
def plus_di(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close. ``s``: the sums of moves and of true ranges."""
    _lines(a, b, a, b, c, start, seen, 1.0, out, p, s)


@njit(cache=True, nogil=True, error_model="numpy")
def minus_di(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close. ``s``: the sums of moves and of true ranges."""
    _lines(b, a, a, b, c, start, seen, -1.0, out, p, s)


@njit(cache=True, nogil=True, error_model="numpy")
def dx(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low; the true range cancels out. ``s``: the sums of moves up and down, the last value."""
    window, keep, plus, minus, last, values = int(p[0]), p[1], s[0], s[1], s[2], out[0]
    first = min(len(a), start + max(0, window + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        if at > 0:
            up, down = a[i] - a[i - 1], b[i - 1] - b[i]
            plus, minus = summed(plus, rise(up, down), at, p), summed(minus, rise(down, up), at, p)
        values[i - start] = np.nan
        if at == window:
            values[i - start] = last = share(abs(plus - minus), plus + minus)
    edge = max(0, first - 1)
    high, low, rest = a[first:], b[first:], values[first - start :]
    high_old, low_old = a[edge : len(a) - 1], b[edge : len(a) - 1]
    for j in range(len(high)):
        up, down = high[j] - high_old[j], low_old[j] - low[j]
        plus, minus = plus * keep + rise(up, down), minus * keep + rise(down, up)
        both = plus + minus
        last = 100.0 * abs(plus - minus) / both if both > 0.0 else last
        rest[j] = last
    s[0], s[1], s[2] = plus, minus, last


@njit(cache=True, nogil=True, error_model="numpy")
def _early(a, b, i, at, p, s) -> None:
    """Bar ``at`` (from 0) before ``2 window``: the sums, and that of the first ``window`` values of ``dx``."""
    if at > 0:
        up, down = a[i] - a[i - 1], b[i - 1] - b[i]
        s[0], s[1] = summed(s[0], rise(up, down), at, p), summed(s[1], rise(down, up), at, p)
    if at >= p[0]:
        s[2] += share(abs(s[0] - s[1]), s[0] + s[1])
    if at == 2 * p[0] - 1:
        s[2] /= p[0]


@njit(cache=True, nogil=True, error_model="numpy")
def adx(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``s``: the sums of moves up and down, the sum of ``dx`` that becomes its mean."""
    window, keep, values = int(p[0]), p[1], out[0]
    weight = 1.0 / window
    first = min(len(a), start + max(0, 2 * window - seen))
    for i in range(start, first):
        at = seen + i - start
        _early(a, b, i, at, p, s)
        values[i - start] = s[2] if at == 2 * window - 1 else np.nan
    plus, minus, mean, edge = s[0], s[1], s[2], max(0, first - 1)
    high, low, rest = a[first:], b[first:], values[first - start :]
    high_old, low_old = a[edge : len(a) - 1], b[edge : len(a) - 1]
    for j in range(len(high)):
        up, down = high[j] - high_old[j], low_old[j] - low[j]
        plus, minus = plus * keep + rise(up, down), minus * keep + rise(down, up)
        both = plus + minus
        value = 100.0 * abs(plus - minus) / both if both > 0.0 else mean
        mean += weight * (value - mean)
        rest[j] = mean
    s[0], s[1], s[2] = plus, minus, mean


@njit(cache=True, nogil=True, error_model="numpy")
def adxr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """As ``adx``; ``p`` besides: bars back. ``s`` besides: where the ring is at, and the ring of ``adx``."""
    window, keep, values, ring = int(p[0]), p[1], out[0], s[4:]
    weight, room, at_ring = 1.0 / window, int(p[3]), int(s[3])
    first = min(len(a), start + max(0, 2 * window - 1 + room - seen))
    plus, minus, mean = s[0], s[1], s[2]
    for i in range(start, len(a)):
        at = seen + i - start
        if at < 2 * window:
            _early(a, b, i, at, p, s)
            plus, minus, mean = s[0], s[1], s[2]
        else:
            up, down = a[i] - a[i - 1], b[i - 1] - b[i]
            plus, minus = plus * keep + rise(up, down), minus * keep + rise(down, up)
            both = plus + minus
            value = 100.0 * abs(plus - minus) / both if both > 0.0 else mean
            mean += weight * (value - mean)
        values[i - start] = 0.5 * (mean + ring[at_ring]) if i >= first else np.nan
        if at >= 2 * window - 1:
            ring[at_ring] = mean
            at_ring = at_ring + 1 if at_ring + 1 < room else 0
    s[0], s[1], s[2], s[3] = plus, minus, mean, at_ring
