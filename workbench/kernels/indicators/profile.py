"""What was traded since a moment: its mean price, and its prices on a grid."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.volume import VWAP_STATE, vwap

#: Levels that are kept; a range of more doubles the step of the grid.
ROOM = 2048
#: The state before the levels: period, step, lowest and highest level, whether there are any, all volume.
HEAD = 6


@njit(cache=True, nogil=True)
def vwap_anchored(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume, ``c`` time; ``p``: anchor, 0, width of the bands. ``s``: as ``vwap``; bars so far."""
    first, bars, sums = start, s[VWAP_STATE:], s[:VWAP_STATE]
    while first < len(a) and bars[0] == 0.0 and c[first] < p[0]:
        out[:, first - start] = np.nan
        first += 1
    vwap(a, b, c, d, e, first, int(bars[0]), out[:, first - start :], p[1:], sums)
    bars[0] += len(a) - first


@njit(cache=True, nogil=True)
def _widen(s, volumes) -> None:
    """Double the step: two levels become one."""
    held = volumes.copy()
    low, high = int(s[2]), int(s[3])
    volumes[:] = 0.0
    for level in range(low, high + 1):
        volumes[((level + 1) // 2) % ROOM] += held[level % ROOM]
    s[1] *= 2.0
    s[2], s[3] = (low + 1) // 2, (high + 1) // 2


@njit(cache=True, nogil=True)
def _spread(high, low, volume, s, volumes) -> None:
    """Give the same part of ``volume`` to all levels from ``low`` to ``high``."""
    while True:
        first, last = np.floor(low / s[1] + 0.5), np.floor(high / s[1] + 0.5)
        bottom, top = (min(first, s[2]), max(last, s[3])) if s[4] != 0.0 else (first, last)
        if top - bottom < ROOM:
            break
        if s[4] != 0.0:
            _widen(s, volumes)
        else:
            s[1] *= 2.0
    s[2], s[3], s[4] = bottom, top, 1.0
    s[5] += volume
    part = volume / (last - first + 1.0)
    for level in range(int(first), int(last) + 1):
        volumes[level % ROOM] += part


@njit(cache=True, nogil=True)
def _busiest(s, volumes) -> int:
    """The level of the most volume; of equals the one nearest to the middle of the range, the lower of two."""
    low, high = int(s[2]), int(s[3])
    best = low
    for level in range(low + 1, high + 1):
        more = volumes[level % ROOM] - volumes[best % ROOM]
        if more > 0.0 or (more == 0.0 and abs(2 * level - low - high) < abs(2 * best - low - high)):
            best = level
    return best


@njit(cache=True, nogil=True)
def _two(volumes, level, way, edge) -> float:
    """Volume of the next two levels that way, or of the one that is left."""
    found = volumes[(level + way) % ROOM]
    return found if level + way == edge else found + volumes[(level + 2 * way) % ROOM]


@njit(cache=True, nogil=True)
def profile_levels(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` volume, ``d`` session or time; ``p``: whether it begins anew with sessions, anchor,
    step (0: a thousandth of the first price), part that the value area holds. ``s``: see ``HEAD``; volumes by level."""
    anew, volumes = p[0] != 0.0, s[HEAD:]
    for i in range(start, len(a)):
        j = i - start
        if not anew and d[i] < p[1]:
            out[:, j] = np.nan
            continue
        if s[4] == 0.0 or (anew and d[i] != s[0]):
            s[:] = 0.0
            s[0], s[1] = d[i], p[2] if p[2] > 0.0 else max(abs(a[i] + b[i]) / 2000.0, 1e-12)
        _spread(a[i], b[i], c[i], s, volumes)
        low, high, point = int(s[2]), int(s[3]), _busiest(s, volumes)
        bottom = top = point
        held, wanted = volumes[point % ROOM], p[3] * s[5]
        while held < wanted and (bottom > low or top < high):
            above = _two(volumes, top, 1, high) if top < high else -1.0
            below = _two(volumes, bottom, -1, low) if bottom > low else -1.0
            if above >= below:
                held, top = held + above, min(top + 2, high)
            else:
                held, bottom = held + below, max(bottom - 2, low)
        out[0, j], out[1, j], out[2, j] = point * s[1], top * s[1], bottom * s[1]
