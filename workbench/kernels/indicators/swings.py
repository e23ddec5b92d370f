"""Turning points of prices: bars that stand out among their neighbours, and legs of a least length."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators import has_nan
from workbench.kernels.indicators.extremes import BLOCK, loop


@njit(cache=True, nogil=True)
def top_at(a: np.ndarray, i: int, left: int, right: int) -> bool:
    """Whether ``a[i]`` is above all of the ``left`` values before it and the ``right`` values after it."""
    k = i - left
    while k <= i + right and (k == i or a[k] < a[i]):
        k += 1
    return k > i + right


@njit(cache=True, nogil=True)
def bottom_at(a: np.ndarray, i: int, left: int, right: int) -> bool:
    """As ``top_at``, for below."""
    k = i - left
    while k <= i + right and (k == i or a[k] > a[i]):
        k += 1
    return k > i + right


@njit(cache=True, nogil=True)
def fractal(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low, all of them. ``p``: bars to the left, to the right."""
    left, right = int(p[0]), int(p[1])
    out[:, :] = np.nan
    for i in range(left, len(a) - right):
        if top_at(a, i, left, right):
            out[0, i] = a[i]
        if bottom_at(b, i, left, right):
            out[1, i] = b[i]


@loop
def _alone(a, low, high, left, right, sign, signal, into) -> None:
    """Of bars ``low`` to ``high``, whether those ``right`` before stand out: their values, or NaN; or 100, or 0.

    ``sign`` is 1 for those above all their neighbours, -1 for those below.
    """
    first, last = low - right, high - right
    into[:] = -np.inf
    for k in range(-left, right + 1):
        if k == 0:
            continue
        other = a[first + k : last + k]
        for j in range(len(into)):
            value = sign * other[j]
            into[j] = value if value > into[j] else into[j]
    here = a[first:last]
    for j in range(len(into)):
        out = sign * here[j] > into[j]
        into[j] = (100.0 if out else 0.0) if signal else here[j] if out else np.nan


@loop
def fractal_confirmed(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``p``: bars to the left, to the right, whether it is 100 or 0 instead of the price."""
    left, right, signal = int(p[0]), int(p[1]), p[2] != 0.0
    first = min(len(a), start + max(0, left + right - seen))
    strange = has_nan(a[start:first]) | has_nan(b[start:first])
    out[:, : first - start] = 0.0 if signal else np.nan
    for low in range(first, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        strange |= has_nan(a[low:high]) | has_nan(b[low:high])
        _alone(a, low, high, left, right, 1.0, signal, out[0, low - start : high - start])
        _alone(b, low, high, left, right, -1.0, signal, out[1, low - start : high - start])
    if strange:
        out[0, -1] = np.nan


@njit(cache=True, nogil=True)
def _turn(high, low, t, part, s) -> float:
    """Take bar ``t`` in; 1 if it tells that the last high was a turn, -1 for the last low, else 0.

    ``s``: the way (0 before the first turn), the extreme of the leg and its bar, the turn and its bar. Before the first
    turn the two pairs are the highest high and the lowest low so far.
    """
    if s[0] == 0.0:
        if t == 0:
            s[1], s[2], s[3], s[4] = high, 0.0, low, 0.0
            return 0.0
        up, down = high - s[3], s[1] - low
        rises, falls = up > 0.0 and up >= part * abs(s[3]), down > 0.0 and down >= part * abs(s[1])
        if rises and (up >= down or not falls):
            s[0], s[1], s[2] = 1.0, high, t
            return -1.0
        if falls:
            s[0], s[3], s[4], s[1], s[2] = -1.0, s[1], s[2], low, t
            return 1.0
        if high >= s[1]:
            s[1], s[2] = high, t
        if low <= s[3]:
            s[3], s[4] = low, t
        return 0.0
    way = s[0]
    ahead, behind = (high, low) if way > 0.0 else (low, high)
    if way * (ahead - s[1]) >= 0.0:
        s[1], s[2] = ahead, t
    elif way * (s[1] - behind) >= part * abs(s[1]) and behind != s[1]:
        s[3], s[4] = s[1], s[2]
        s[0], s[1], s[2] = -way, behind, t
        return way
    return 0.0


@njit(cache=True, nogil=True)
def zigzag_confirmed(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``p``: least leg as a part of the price. ``s``: as ``_turn``; whether there were a high
    and a low, and they."""
    for i in range(start, len(a)):
        j, turn = i - start, _turn(a[i], b[i], float(seen + i - start), p[0], s)
        if turn > 0.0:
            s[5], s[6] = 1.0, s[3]
        elif turn < 0.0:
            s[7], s[8] = 1.0, s[3]
        out[0, j] = s[6] if s[5] != 0.0 else np.nan
        out[1, j] = s[8] if s[7] != 0.0 else np.nan
        out[2, j] = s[0] if s[0] != 0.0 else np.nan


@njit(cache=True, nogil=True)
def _draw(row, first, begin, last, end) -> None:
    """A straight line from ``begin`` on bar ``first`` to ``end`` on bar ``last``."""
    for i in range(first, last):
        row[i] = begin + (end - begin) * ((i - first) / (last - first))
    row[last] = end


@njit(cache=True, nogil=True)
def zigzag(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low, all of them. ``p``: least leg as a part of the price. ``s``: as ``_turn``.
    ``out``: the line, highs, lows, the line of the highs, that of the lows."""
    out[:, :] = np.nan
    bars = len(a)
    last = high = low = -1
    for i in range(bars + 1):
        if i < bars:
            turn = _turn(a[i], b[i], float(i), p[0], s)
            at, price = int(s[4]), s[3]
        else:  # the leg that is not over ends with the last bar
            turn, at = s[0], bars - 1
            price = (a[at] if turn > 0.0 else b[at]) if bars > 0 else 0.0
        if turn == 0.0 or at == 0:
            continue
        if last > 0:
            _draw(out[0], last, out[0, last], at, price)
        elif i < bars:
            out[0, at] = price
        before = high if turn > 0.0 else low
        side = 0 if turn > 0.0 else 1
        if before > 0:
            _draw(out[3 + side], before, out[1 + side, before], at, price)
        elif i < bars:
            out[3 + side, at] = price
        if i < bars:
            out[1 + side, at] = price
            last = at
            high, low = (at, low) if turn > 0.0 else (high, at)
