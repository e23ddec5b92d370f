"""Levels about the range of the period before, and turning points with the lines between them."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.bands import highest_at, lowest_at
from workbench.kernels.indicators.swings import bottom_at, top_at

#: Kinds of levels, by number.
CLASSIC, FIBONACCI, CAMARILLA, WOODIE, DEMARK = range(5)
#: The pivot, four levels above and four below.
LEVELS = 9


@njit(cache=True, nogil=True)
def _levels(kind, bar, now, found) -> None:
    """``bar``: open, high, low, close of the period; ``now``: the open after it. Levels that a kind lacks are NaN."""
    first, high, low, close = bar[0], bar[1], bar[2], bar[3]
    span, middle = high - low, (high + low + close) / 3.0
    found[:] = np.nan
    if kind == WOODIE:
        middle = (high + low + 2.0 * now) / 4.0
    if kind in (CLASSIC, WOODIE):
        found[1], found[5] = 2.0 * middle - low, 2.0 * middle - high
        found[2], found[6] = middle + span, middle - span
        found[3], found[7] = high + 2.0 * (middle - low), low - 2.0 * (high - middle)
        if kind == CLASSIC:
            found[4], found[8] = high + 3.0 * (middle - low), low - 3.0 * (high - middle)
        else:
            found[4], found[8] = found[3] + span, found[7] - span
    elif kind == FIBONACCI:
        for k, part in enumerate((0.382, 0.618, 1.0)):
            found[1 + k], found[5 + k] = middle + part * span, middle - part * span
    elif kind == CAMARILLA:
        for k, part in enumerate((12.0, 6.0, 4.0, 2.0)):
            found[1 + k], found[5 + k] = close + 1.1 * span / part, close - 1.1 * span / part
    else:
        last = low if close < first else high if close > first else close
        middle = (high + low + close + last) / 4.0
        found[1], found[5] = 2.0 * middle - low, 2.0 * middle - high
    found[0] = middle


@njit(cache=True, nogil=True)
def pivot_points(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` ... ``d``: open, high, low, close; ``e``: period. ``p``: kind. ``s``: period, whether there was one before,
    open, high, low and close of it so far, the levels."""
    kind, bar, found = int(p[0]), s[2:6], s[6:]
    for i in range(start, len(a)):
        if seen + i - start == 0 or e[i] != s[0]:
            s[1] = 0.0 if seen + i - start == 0 else 1.0
            if s[1] != 0.0:
                _levels(kind, bar, a[i], found)
            s[0] = e[i]
            bar[0], bar[1], bar[2] = a[i], b[i], c[i]
        bar[1], bar[2], bar[3] = max(bar[1], b[i]), min(bar[2], c[i]), d[i]
        for k in range(LEVELS):
            out[k, i - start] = found[k] if s[1] != 0.0 else np.nan


@njit(cache=True, nogil=True)
def rolling_pivots(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` ... ``d``: open, high, low, close. ``p``: kind, window, bars between it and this one. ``s``: ages of the
    highest and the lowest, the bar of the window, the levels."""
    kind, window, skip = int(p[0]), int(p[1]), int(p[2]) + 1
    high, low, bar, found = start - skip - 1 - int(s[0]), start - skip - 1 - int(s[1]), s[2:6], s[6:]
    for i in range(start, len(a)):
        at, end = seen + i - start, i - skip
        if at == skip:
            high = low = end - window
        if at >= skip:
            high, low = highest_at(b, end, window, high), lowest_at(c, end, window, low)
        if at >= window - 1 + skip:
            bar[0], bar[1], bar[2], bar[3] = a[end - window + 1], b[high], c[low], d[end]
            _levels(kind, bar, a[i], found)
        for k in range(LEVELS):
            out[k, i - start] = found[k] if at >= window - 1 + skip else np.nan
    s[0], s[1] = len(a) - 1 - skip - high, len(a) - 1 - skip - low


@njit(cache=True, nogil=True)
def pivots(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low, all of them. ``p``: bars to the left and to the right of a point, most bars of a line.
    ``out``: points, lines and ways, each of highs and of lows."""
    left, right = int(p[0]), int(p[1])
    out[:, :] = np.nan
    for side in range(2):
        prices, last = (a, -1) if side == 0 else (b, -1)
        for i in range(left, len(prices) - right):
            if not (top_at(prices, i, left, right) if side == 0 else bottom_at(prices, i, left, right)):
                continue
            out[side, i] = prices[i]
            if last >= 0 and i - last <= p[2] and prices[i] != prices[last]:
                rise = (prices[i] - prices[last]) / (i - last)
                out[2 + side, last] = prices[last]
                for k in range(last + 1, i + 1):
                    out[2 + side, k] = prices[i] - rise * (i - k)
                    out[4 + side, k] = 1.0 if rise > 0.0 else -1.0
            last = i
