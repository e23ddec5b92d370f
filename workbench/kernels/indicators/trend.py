"""Indicators of trend and cycle that are made of several steps."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators import bands, has_nan
from workbench.kernels.indicators.averages import ranked, ranked_one
from workbench.kernels.indicators.averages_exponential import smoothed, smoothed_one
from workbench.kernels.indicators.extremes import BLOCK, loop
from workbench.kernels.indicators.momentum import beyond
from workbench.kernels.indicators.ranges import known_range, true_range
from workbench.kernels.indicators.sums import added, moved, pushed
from workbench.kernels.indicators.volume import ema_next, sum_next


@njit(cache=True, nogil=True)
def highest_at(a, i, window, offset, s, at) -> int:
    """``bands.highest_at`` of the last ``window`` values, with the place kept in ``s[at]``.

    ``offset`` is how many bars came before ``a[0]``.
    """
    best = bands.highest_at(a, i, window, int(s[at]) - 1 - offset if s[at] != 0.0 else i - window)
    s[at] = best + 1 + offset
    return best


@njit(cache=True, nogil=True)
def lowest_at(a, i, window, offset, s, at) -> int:
    """As ``highest_at``, for the lowest."""
    best = bands.lowest_at(a, i, window, int(s[at]) - 1 - offset if s[at] != 0.0 else i - window)
    s[at] = best + 1 + offset
    return best


@loop
def elder_ray(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close; ``p``: window, weight. ``s``: see ``smoothed``."""
    strange = False
    if len(a) - start == 1:
        mean, high, under = smoothed_one(c[start], seen, int(p[0]), p[1], s), a[start], b[start]
        out[0, 0], out[1, 0] = high - mean if under == under else np.nan, under - mean
        return
    for low in range(start, len(a), BLOCK):
        end, x = min(len(a), low + BLOCK), low - start
        bull, bear, high, under = out[0, x : end - start], out[1, x : end - start], a[low:end], b[low:end]
        smoothed(c[low:end], bear, seen + x, int(p[0]), p[1], s)
        for j in range(len(bull)):
            bull[j], bear[j] = high[j] - bear[j], under[j] - bear[j]
        strange |= has_nan(high) | has_nan(under)
    if strange:
        out[0, -1] = np.nan


@loop
def _swings(a, b, c, first, end, up, down, span) -> None:
    """Of bars ``first`` to ``end``: from the low before to the high, from the high before to the low, true range."""
    high, low, close, top = a[first:end], b[first:end], c[first:end], a[first - 1 : end - 1]
    bottom, before = b[first - 1 : end - 1], c[first - 1 : end - 1]
    for j in range(len(high)):
        up[j], down[j] = abs(high[j] - bottom[j]), abs(low[j] - top[j])
        span[j] = known_range(high[j], low[j], close[j], before[j])


@loop
def vortex(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close; ``p``: window. ``s``: sums of ups (2), of downs (2), of ranges (3)."""
    window, n = int(p[0]), len(a)
    first = min(n, start + max(0, 1 - seen))
    out[:, : first - start] = np.nan
    room = np.empty((5, min(BLOCK, n - start)))
    for low in range(first, n, BLOCK):
        high, at = min(n, low + BLOCK), seen + low - start
        m, x = high - low, low - start
        plus, minus, live, span = out[0, x : high - start], out[1, x : high - start], room[0, :m], room[1, :m]
        _swings(a, b, c, low, high, plus, minus, live)
        span[:] = live
        full = max(0, min(m, window + 1 - at))  # from here on something leaves the window
        if full < m:
            _swings(a, b, c, low + full - window, high - window, room[2], room[3], room[4])
            up, down, whole, one, two, three = plus[full:], minus[full:], span[full:], room[2], room[3], room[4]
            for j in range(len(up)):
                up[j] -= one[j]
                down[j] -= two[j]
                whole[j] -= three[j]
        added(plus, at, s[:2])
        added(minus, at, s[2:4])
        moved(span, live, at, window, s[4:])
        for j in range(m):
            whole, up, down = span[j], plus[j] / span[j], minus[j] / span[j]
            plus[j], minus[j] = 0.0 * plus[j] if whole == 0.0 else up, 0.0 * minus[j] if whole == 0.0 else down
        out[:, x : x + max(0, min(m, window - at))] = np.nan


@njit(cache=True, nogil=True)
def chop(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close; ``p``: window. ``s``: places of the highest high, lowest low, highest and
    lowest close before the bars, sum of true ranges."""
    window, offset = int(p[0]), seen - start
    for i in range(start, len(a)):
        if seen + i - start == 0:
            out[0, 0] = np.nan
            continue
        total = sum_next(s, 4, window, true_range(a[i], b[i], c[i - 1]))
        top = max(a[highest_at(a, i, window, offset, s, 0)], c[highest_at(c, i - 1, window, offset, s, 2)])
        bottom = min(b[lowest_at(b, i, window, offset, s, 1)], c[lowest_at(c, i - 1, window, offset, s, 3)])
        if np.isnan(total) or not (top > bottom and total > 0.0):
            out[0, i - start] = total if np.isnan(total) else 100.0
        else:
            out[0, i - start] = 100.0 * (np.log(total / (top - bottom)) / np.log(p[0]))


@loop
def mass_index(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low; ``p``: bars of the means, bars of the sum, weight. ``s``: see ``smoothed``, twice, and
    ``added``; quotients before this call."""
    window, total, n, kept = int(p[0]), int(p[1]), len(a), s[8:]
    block = max(BLOCK, total)
    shares, room = np.empty(total + min(block, n - start)), np.empty(min(block, n - start))
    shares[:total] = kept
    for low in range(start, n, block):
        end, at = min(n, low + block), seen + low - start
        m, high, under, rest = end - low, a[low:end], b[low:end], out[0, low - start : end - start]
        share, again = shares[total : total + m], room[:m]
        for j in range(m):
            rest[j] = high[j] - under[j]
        smoothed(rest, rest, at, window, p[2], s[:3])
        once = beyond(rest, window - 1, at)
        smoothed(once, again[m - len(once) :], at + m - len(once) - window + 1, window, p[2], s[3:6])
        early = max(0, min(m, 2 * window - 2 - at))
        for j in range(m):
            found = rest[j] / again[j]
            share[j] = 1.0 + 0.0 * rest[j] if again[j] <= 0.0 else found
        share[:early] = 0.0
        for j in range(m):
            rest[j] = share[j] - shares[j]
        added(rest[early:], at + early, s[6:8])
        rest[: max(0, min(m, 2 * window - 3 + total - at))] = np.nan
        for j in range(total):  # one by one: the two may overlap
            shares[j] = shares[m + j]
    kept[:] = shares[:total]


@njit(cache=True, nogil=True)
def ulcer(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. A high that leaves the window changes all the depths after it: computed anew, O(window) a bar."""
    window = int(p[0])
    for i in range(start, len(a)):
        if seen + i - start < window - 1:
            out[0, i - start] = np.nan
            continue
        top, total = a[i - window + 1], 0.0
        for j in range(i - window + 1, i + 1):
            top = max(top, a[j])
            depth = 100.0 * ((a[j] - top) / top) if top != 0.0 else 0.0
            total += depth * depth
        out[0, i - start] = np.sqrt(total / window)


@njit(cache=True, nogil=True)
def change(a, i, t, bars) -> float:
    """Change over ``bars`` in percent; NaN where there are not so many."""
    if t < bars:
        return np.nan
    return 100.0 * (a[i] - a[i - bars]) / a[i - bars] if a[i - bars] != 0.0 else 0.0


@loop
def _changes(new, old, older) -> float:
    """Changes from two prices, in percent, added up; 0 from a price of 0."""
    x, y = 100.0 * (new - old) / old, 100.0 * (new - older) / older
    return (x if old != 0.0 else 0.0 * new) + (y if older != 0.0 else 0.0 * new)


@loop
def coppock(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bars of both changes, window. ``s``: see ``ranked``; changes before this call."""
    one, two, window, n, kept = int(p[0]), int(p[1]), int(p[2]), len(a), s[2:]
    most, block = max(one, two), max(BLOCK, window)
    if n - start == 1:
        out[0, 0] = np.nan
        if seen >= most:
            found = _changes(a[start], a[start - one], a[start - two])
            out[0, 0] = ranked_one(found, kept, seen - most, 1.0, 0.5 * p[2] * (p[2] + 1.0), s[:2])
            pushed(kept, found)
        return
    weights = np.array([p[2], 1.0, 0.0, 0.5 * p[2] * (p[2] + 1.0)])
    first = min(n, start + max(0, most - seen))
    out[:, : first - start] = np.nan
    both = np.empty(window + min(block, n - start))
    both[:window] = kept
    for low in range(first, n, block):
        high, at = min(n, low + block), seen + low - start - most
        m, new, old, older = high - low, a[low:high], a[low - one : high - one], a[low - two : high - two]
        now = both[window : window + m]
        for j in range(m):
            now[j] = _changes(new[j], old[j], older[j])
        ranked(
            both[: window + m], both, both, both, both, window, at, out[:, low - start : high - start], weights, s[:2]
        )
        for j in range(window):  # one by one: the two may overlap
            both[j] = both[m + j]
    kept[:] = both[:window]


@njit(cache=True, nogil=True)
def kst(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bars of four changes, four windows, window of the signal. ``s``: the five sums."""
    for i in range(start, len(a)):
        t, value, at = seen + i - start, 0.0, 0
        for k in range(4):
            one, window = change(a, i, t, int(p[k])), p[4 + k]
            value += (k + 1.0) * (one if np.isnan(one) else sum_next(s, at, window, one) / window)
            at += 3 + int(window)
        out[0, i - start] = value
        out[1, i - start] = value if np.isnan(value) else sum_next(s, at, p[8], value) / p[8]


@njit(cache=True, nogil=True)
def fisher(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: places of highest and lowest, the smoothed place in the range, the value before."""
    window, offset = int(p[0]), seen - start
    for i in range(start, len(a)):
        top = a[highest_at(a, i, window, offset, s, 0)]
        bottom = a[lowest_at(a, i, window, offset, s, 1)]
        first = seen + i - start == 0
        if first or top == bottom:
            s[2] = 0.0
        else:
            s[2] = 0.66 * ((a[i] - bottom) / (top - bottom) - 0.5) + 0.67 * s[2]
        s[2] = 0.999 if s[2] > 0.99 else -0.999 if s[2] < -0.99 else s[2]
        out[1, i - start] = np.nan if first else s[3]
        s[3] = 0.5 * np.log((1.0 + s[2]) / (1.0 - s[2])) + 0.5 * s[3]
        out[0, i - start] = s[3]


@njit(cache=True, nogil=True)
def squeeze(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close; ``p``: window, widths of both bands.

    ``s``: places of highest and lowest, sum of squares about the mean, sum of the distances times their place; from 4
    on sums of closes, true ranges and distances.
    """
    window, offset, n = int(p[0]), seen - start, p[0]
    size = 3 + window
    for i in range(start, len(a)):
        t = seen + i - start
        top = a[highest_at(a, i, window, offset, s, 0)]
        bottom = b[lowest_at(b, i, window, offset, s, 1)]
        # Squares about the mean, moved along with it (Welford 1962), so that they keep their digits.
        old = s[7 + int(s[5])]
        if t < window:
            mean = s[6] / t if t else 0.0
            s[2] += (c[i] - mean) * (c[i] - (s[6] + c[i]) / (t + 1.0))
        else:
            mean = s[6] / n
            s[2] += (c[i] - old) * (c[i] - (mean + (c[i] - old) / n) + old - mean)
        mean = sum_next(s, 4, window, c[i]) / n
        span = a[i] - b[i] if t == 0 else true_range(a[i], b[i], c[i - 1])
        reach = sum_next(s, 4 + size, window, span) / n
        out[0, i - start] = out[1, i - start] = np.nan
        if np.isnan(mean):
            continue
        far = c[i] - ((top + bottom) / 2.0 + mean) / 2.0
        at = 4 + 2 * size
        if s[at] < window:
            s[3] += s[at] * far
        else:
            s[3] += (n - 1.0) * far - (s[at + 2] - s[at + 3 + int(s[at + 1])])
        total = sum_next(s, at, window, far)
        if not np.isnan(total):
            half = (n - 1.0) / 2.0
            slope = (s[3] - half * total) / (n * (n * n - 1.0) / 12.0)
            out[0, i - start] = total / n + slope * half
            out[1, i - start] = 1.0 if p[1] * np.sqrt(max(0.0, s[2]) / n) < p[2] * reach else 0.0


@njit(cache=True, nogil=True)
def qqe(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bars of the strength index, of its mean, factor, the three weights. ``s``: means of rises and falls, mean
    of the index, two means of its changes, the mean before, the trailing line, whether there is one."""
    slow = 2.0 * p[0] - 1.0
    for i in range(start, len(a)):
        out[0, i - start] = out[1, i - start] = np.nan
        if seen + i - start == 0:
            continue
        move = a[i] - a[i - 1]
        rise, fall = ema_next(s, 0, p[0], p[3], max(move, 0.0)), ema_next(s, 2, p[0], p[3], max(-move, 0.0))
        if np.isnan(rise):
            continue
        index = ema_next(s, 4, p[1], p[4], 100.0 * rise / (rise + fall) if rise + fall > 0.0 else 50.0)
        if np.isnan(index):
            continue
        before, known, s[10] = s[10], s[12], index
        out[0, i - start] = index
        if known == 0.0:
            s[12] = 1.0
            continue
        once = ema_next(s, 6, slow, p[5], abs(index - before))
        if np.isnan(once):
            continue
        twice = ema_next(s, 8, slow, p[5], once)
        if np.isnan(twice):
            continue
        far, line = p[2] * twice, s[11]
        if known == 1.0:
            line, s[12] = index - far, 2.0
        elif index > line:
            line = max(line, index - far) if before > line else index - far
        elif index < line:
            line = min(line, index + far) if before < line else index + far
        out[1, i - start] = s[11] = line
