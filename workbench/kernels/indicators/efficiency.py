"""How much of the way a price went was made good: net moves beside the sum of all."""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators.momentum import loop
from workbench.kernels.indicators.oscillators import extremes
from workbench.kernels.indicators.statistics import intercept, slope


@loop
def _way(a, start, seen, window, s, values) -> None:
    """The sum of the last ``window`` moves, whichever way. ``s``: the sum, bars since there was one."""
    total, idle, n = s[0], s[1], len(a)
    first = min(n, start + max(0, window + 1 - seen))
    for i in range(start, first):
        move = abs(a[i] - a[i - 1]) if seen + i - start > 0 else 0.0
        total += move
        idle = 0.0 if move > 0.0 else idle + 1.0
        values[i - start] = total if seen + i - start == window else np.nan
    new, last, rest = a[first:], a[max(0, first - 1) : n - 1], values[first - start :]
    old, older = a[max(0, first - window) : n - window], a[max(0, first - window - 1) : n - window - 1]
    for j in range(len(new)):
        move = abs(new[j] - last[j])
        total += move - abs(old[j] - older[j])
        idle = 0.0 if move > 0.0 else idle + 1.0
        # Where nothing is left in the window the sum is 0, not what rounding left of it.
        total = total if idle < window else 0.0
        rest[j] = total
    s[0], s[1] = total, idle


@loop
def efficiency(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: see ``_way``."""
    window, values = int(p[0]), out[0]
    _way(a, start, seen, window, s, values)
    first = min(len(a), start + max(0, window - seen))
    new, old, rest = a[first:], a[first - window : len(a) - window], values[first - start :]
    for j in range(len(new)):
        found = abs(new[j] - old[j]) / rest[j]
        rest[j] = found if rest[j] > 0.0 else 1.0


@loop
def vhf(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: two of ``_way``, and the 4 of both extremes."""
    window, values, n = int(p[0]), out[0], len(a) - start
    top, bottom = np.empty(n), np.empty(n)
    _way(a, start, seen, window, s[:2], values)
    extremes(a, 1.0, start, seen, window, s[2:4], top)
    extremes(a, -1.0, start, seen, window, s[4:6], bottom)
    for j in range(n):
        found = (top[j] - bottom[j]) / values[j]
        values[j] = 0.0 if values[j] == 0.0 else found


@loop
def fosc(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: as ``slope``. ``s``: its 4, those of ``intercept``, and what the line said on the bar before."""
    values, before = out[0], s[8] if seen > 0 else np.nan
    if len(a) - start == 1:  # both go on from the same sums
        intercept(a, b, c, d, e, start, seen, out, p, s[4:8])
        said, price = values[0] + p[0] * (s[7] * p[2]), a[start]
        missed = 100.0 * ((price - before) / price)
        values[0] = missed if price != 0.0 else before * 0.0
        s[0], s[1], s[2], s[3], s[8] = s[4], s[5], s[6], s[7], said
        return
    steep = np.empty((1, len(a) - start))
    slope(a, b, c, d, e, start, seen, steep, p, s[:4])
    intercept(a, b, c, d, e, start, seen, out, p, s[4:8])
    for i in range(start, len(a)):
        said, price = values[i - start] + p[0] * steep[0, i - start], a[i]
        missed = 100.0 * ((price - before) / price)
        values[i - start] = missed if price != 0.0 else before * 0.0
        before = said
    s[8] = before


@loop
def imi(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` open, ``b`` close; ``p``: window. ``s``: sums of rising and falling bodies, bars since there was any."""
    window, rise, fall, idle, values = int(p[0]), s[0], s[1], s[2], out[0]
    first = min(len(a), start + max(0, window - seen))
    for i in range(start, len(a)):
        body = b[i] - a[i]
        rise += max(body, 0.0)
        fall += max(-body, 0.0)
        idle = 0.0 if body != 0.0 else idle + 1.0
        if i >= first:
            gone = b[i - window] - a[i - window]
            rise = max(0.0, rise - max(gone, 0.0)) if idle < window else 0.0
            fall = max(0.0, fall - max(-gone, 0.0)) if idle < window else 0.0
        whole = rise + fall
        share = 100.0 * rise / whole if whole > 0.0 else 50.0
        values[i - start] = share if seen + i - start >= window - 1 else np.nan
    s[0], s[1], s[2] = rise, fall, idle


@loop
def body_mean(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Mean of ``b`` - ``a``; ``p``: window. ``s``: the sum."""
    window, total, values, n = int(p[0]), s[0], out[0], len(a)
    first = min(n, start + max(0, window - seen))
    for i in range(start, first):
        total += b[i] - a[i]
        values[i - start] = total / window if seen + i - start == window - 1 else np.nan
    open_, close, rest = a[first:], b[first:], values[first - start :]
    old, gone = a[first - window : n - window], b[first - window : n - window]
    for j in range(len(open_)):
        total += (close[j] - open_[j]) - (gone[j] - old[j])
        rest[j] = total / window
    s[0] = total
