"""How far prices spread: ranges of bars and distances from a mean, and how these change."""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators.averages_exponential import smoothed, smoothed_one
from workbench.kernels.indicators.extremes import BLOCK
from workbench.kernels.indicators.momentum import loop, seeded
from workbench.kernels.indicators.statistics import deviation
from workbench.kernels.indicators.sums import pushed


@loop
def mean_range(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low; ``p``: window. ``s``: the sum."""
    window, total, values, n = int(p[0]), s[0], out[0], len(a)
    first = min(n, start + max(0, window - seen))
    for i in range(start, first):
        total += a[i] - b[i]
        values[i - start] = total / window if seen + i - start == window - 1 else np.nan
    high, low, rest = a[first:], b[first:], values[first - start :]
    top, bottom = a[first - window : n - window], b[first - window : n - window]
    for j in range(len(high)):
        total += (high[j] - low[j]) - (top[j] - bottom[j])
        rest[j] = total / window
    s[0] = total


@loop
def mean_distance(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. Summed anew on every bar, since the mean moves; bars inside, so that several are one step."""
    window, values = int(p[0]), out[0]
    first = min(len(a), start + max(0, window - 1 - seen))
    values[: first - start] = np.nan
    if len(a) - first == 1:
        mean = away = 0.0
        for k in range(first - window + 1, first + 1):
            mean += a[k]
        mean /= window
        for k in range(first - window + 1, first + 1):
            away += abs(a[k] - mean)
        values[-1] = away / window
        return
    rest, n = values[first - start :], len(a) - first
    means, begin = np.zeros(n), first - window + 1
    for k in range(window):
        one = a[begin + k : begin + k + n]
        for j in range(n):
            means[j] += one[j]
    for j in range(n):
        means[j] /= window
        rest[j] = 0.0
    for k in range(window):
        one = a[begin + k : begin + k + n]
        for j in range(n):
            rest[j] += abs(one[j] - means[j])
    for j in range(n):
        rest[j] /= window


@loop
def chaikin_volatility(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low; ``p``: window, its weight, bars of the change. ``s``: see ``smoothed``, means before."""
    window, back, block, past = int(p[0]), int(p[2]), max(BLOCK, int(p[2])), s[3:]
    if len(a) - start == 1:
        mean, before = smoothed_one(a[start] - b[start], seen, window, p[1], s[:3]), past[0]
        change = 100.0 * ((mean - before) / before)
        out[0, 0] = np.nan if seen < window - 1 + back else change if before != 0.0 else 0.0 * mean
        pushed(past, mean)
        return
    whole = np.empty(back + min(block, len(a) - start))
    whole[:back] = past
    for low in range(start, len(a), block):
        end, at = min(len(a), low + block), seen + low - start
        high, under, rest, mean = a[low:end], b[low:end], out[0, low - start : end - start], whole[back:]
        for j in range(len(rest)):
            rest[j] = high[j] - under[j]
        smoothed(rest, mean[: end - low], at, window, p[1], s[:3])
        for j in range(len(rest)):
            change = 100.0 * ((mean[j] - whole[j]) / whole[j])
            rest[j] = change if whole[j] != 0.0 else 0.0 * mean[j]
        rest[: max(0, min(end - low, window - 1 + back - at))] = np.nan
        for j in range(back):  # one by one: the two may overlap
            whole[j] = whole[end - low + j]
    past[:] = whole[:back]


@loop
def relative_volatility(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: as ``deviation``, window, weight. ``s``: its 3, means of the deviations of rising and of falling bars."""
    before, window, weight = int(p[0]) - 1, int(p[3]), p[4]
    deviation(a, b, c, d, e, start, seen, out, p[:3], s[:3])
    up, down, values = s[3], s[4], out[0]
    for i in range(start, len(a)):
        at = seen + i - start
        move = a[i] - a[i - 1] if at > 0 else 0.0
        wide = values[i - start]
        up = seeded(wide if move > 0.0 else 0.0, at, before, window, weight, up)
        down = seeded(wide if move < 0.0 else 0.0, at, before, window, weight, down)
        whole = up + down
        share = 100.0 * up / whole if whole > 0.0 else 50.0
        values[i - start] = share if at >= before + window - 1 else np.nan
    s[3], s[4] = up, down


@loop
def facilitation(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` volume."""
    high, low, volume, values = a[start:], b[start:], c[start:], out[0]
    for j in range(len(high)):
        found = (high[j] - low[j]) / volume[j]
        values[j] = found if volume[j] != 0.0 else 0.0 * (high[j] - low[j])
