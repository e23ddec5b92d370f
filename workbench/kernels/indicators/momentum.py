"""Momentum: changes of a price, and differences of its averages."""

from __future__ import annotations

import numpy as np
from numba import njit

loop = njit(cache=True, nogil=True, error_model="numpy")


@loop
def seeded(value, at, first, window, weight, mean) -> float:
    """The exponential mean at bar ``at``, which begins with the mean of ``window`` values from bar ``first`` on."""
    if at < first:
        return 0.0
    if at >= first + window:
        return mean + weight * (value - mean)
    mean += value
    return mean / window if at == first + window - 1 else mean


@loop
def beyond(values, first, seen) -> np.ndarray:
    """The part of ``values`` from bar ``first`` on, where its first is bar ``seen``."""
    return values[max(0, min(len(values), first - seen)) :]


@loop
def difference(fast, slow, percent) -> float:
    """Fast minus slow, in percent of slow if asked; 0 where that is 0."""
    if not percent:
        return fast - slow
    return (fast - slow) / slow * 100.0 if slow != 0.0 else 0.0


@loop
def change(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window."""
    window, values = int(p[0]), out[0]
    first = min(len(a), start + max(0, window - seen))
    values[: first - start] = np.nan
    new, old, rest = a[first:], a[first - window : len(a) - window], values[first - start :]
    for j in range(len(new)):
        rest[j] = new[j] - old[j]


@loop
def ratio(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, how many old prices to take off, factor. 0 where the old price is 0."""
    window, less, factor, values = int(p[0]), p[1], p[2], out[0]
    first = min(len(a), start + max(0, window - seen))
    values[: first - start] = np.nan
    new, old, rest = a[first:], a[first - window : len(a) - window], values[first - start :]
    for j in range(len(new)):
        found = (new[j] - less * old[j]) / old[j] * factor
        rest[j] = found if old[j] != 0.0 else 0.0


@loop
def ema_spread(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: fast, slow, their weights, their first bars, percent. ``s``: both means."""
    fast_window, slow_window, fast_weight, slow_weight = int(p[0]), int(p[1]), p[2], p[3]
    percent, fast, slow, values = p[6] != 0.0, s[0], s[1], out[0]
    known = max(fast_window, slow_window) - 1
    first = min(len(a), start + max(0, known + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        fast = seeded(a[i], at, p[4], fast_window, fast_weight, fast)
        slow = seeded(a[i], at, p[5], slow_window, slow_weight, slow)
        values[i - start] = difference(fast, slow, percent) if at == known else np.nan
    new, rest = a[first:], values[first - start :]
    for j in range(len(new)):
        fast += fast_weight * (new[j] - fast)
        slow += slow_weight * (new[j] - slow)
        rest[j] = difference(fast, slow, percent)
    s[0], s[1] = fast, slow


@loop
def macd(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: as ``ema_spread``, signal, its weight. ``s``: fast, slow, signal. ``out``: line, signal, line - signal."""
    fast_window, slow_window, fast_weight, slow_weight = int(p[0]), int(p[1]), p[2], p[3]
    percent, signal_window, signal_weight = p[6] != 0.0, int(p[7]), p[8]
    fast, slow, signal = s[0], s[1], s[2]
    known = max(fast_window, slow_window) - 1
    whole = known + signal_window - 1
    first = min(len(a), start + max(0, whole + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        fast = seeded(a[i], at, p[4], fast_window, fast_weight, fast)
        slow = seeded(a[i], at, p[5], slow_window, slow_weight, slow)
        line = difference(fast, slow, percent)
        signal = seeded(line, at, known, signal_window, signal_weight, signal)
        if at < whole:
            line = np.nan
        out[0, i - start], out[1, i - start], out[2, i - start] = line, signal + 0.0 * line, line - signal
    new, lines = a[first:], out[0, first - start :]
    signals, bars = out[1, first - start :], out[2, first - start :]
    for j in range(len(new)):
        fast += fast_weight * (new[j] - fast)
        slow += slow_weight * (new[j] - slow)
        line = difference(fast, slow, percent)
        signal += signal_weight * (line - signal)
        lines[j], signals[j], bars[j] = line, signal, line - signal
    s[0], s[1], s[2] = fast, slow, signal


@loop
def sma_spread(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: fast, slow, percent. ``s``: both sums, without the value that leaves next."""
    fast_window, slow_window, percent, fast, slow = int(p[0]), int(p[1]), p[2] != 0.0, s[0], s[1]
    values, known = out[0], max(int(p[0]), int(p[1])) - 1
    first = min(len(a), start + max(0, known - seen))
    for i in range(start, first):
        at = seen + i - start
        fast += a[i]
        slow += a[i]
        if at >= fast_window - 1:
            fast -= a[i - fast_window + 1]
        if at >= slow_window - 1:
            slow -= a[i - slow_window + 1]
        values[i - start] = np.nan
    new, rest = a[first:], values[first - start :]
    fast_old = a[first - fast_window + 1 : len(a) - fast_window + 1]
    slow_old = a[first - slow_window + 1 : len(a) - slow_window + 1]
    for j in range(len(new)):
        fast += new[j]
        slow += new[j]
        rest[j] = difference(fast / fast_window, slow / slow_window, percent)
        fast -= fast_old[j]
        slow -= slow_old[j]
    s[0], s[1] = fast, slow


@loop
def trix(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, weight, whether the second and third mean begin with the first. ``s``: the three means."""
    window, weight, at_once, one, two, three = int(p[0]), p[1], p[2] != 0.0, s[0], s[1], s[2]
    values = out[0]
    known = window if at_once else 3 * window - 2
    first = min(len(a), start + max(0, known - seen))
    for i in range(start, first):
        at = seen + i - start
        one = seeded(a[i], at, 0, window, weight, one)
        if at_once:
            two = three = one
        else:
            two = seeded(one, at, window - 1, window, weight, two)
            three = seeded(two, at, 2 * window - 2, window, weight, three)
        values[i - start] = np.nan
    new, rest = a[first:], values[first - start :]
    for j in range(len(new)):
        one += weight * (new[j] - one)
        two += weight * (one - two)
        was = three
        three += weight * (two - three)
        rest[j] = (three / was - 1.0) * 100.0 if was != 0.0 else 0.0
    s[0], s[1], s[2] = one, two, three


@loop
def bop(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window of the mean. ``s``: its sum, without the value that leaves next."""
    window, total, values = int(p[0]), s[0], out[0]
    for i in range(start, len(a)):
        width = b[i] - c[i]
        found = (d[i] - a[i]) / width
        values[i - start] = found if width > 0.0 else 0.0
    if window == 1:
        return
    for i in range(start, len(a)):
        total += values[i - start]
        if seen + i - start < window - 1:
            values[i - start] = np.nan
            continue
        values[i - start] = total / window
        old = i - window + 1
        width = b[old] - c[old]
        total -= (d[old] - a[old]) / width if width > 0.0 else 0.0
    s[0] = total


@loop
def dpo(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, bars the mean is moved by, whether it is moved back. ``s``: place, the sum, means of late."""
    window, shift, centred = int(p[0]), int(p[1]), p[2] != 0.0
    at, total, means, values = int(s[0]), s[1], s[2:], out[0]
    for i in range(start, len(a)):
        now = seen + i - start
        total += a[i]
        mean = np.nan
        if now >= window - 1:
            mean = total / window
            total -= a[i - window + 1]
        if centred:
            values[i - start] = np.nan
            if i - start >= shift:
                values[i - start - shift] = a[i - shift] - mean
            continue
        values[i - start] = a[i] - means[at] if now >= window - 1 + shift else np.nan
        means[at] = mean
        at = at + 1 if at + 1 < shift else 0
    s[0], s[1] = at, total


@loop
def tsi(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: slow, fast, signal, their weights. ``s``: two means of changes, two of their sizes, the signal."""
    slow, fast, last = int(p[0]), int(p[1]), int(p[2])
    one, two, size_one, size_two, signal = s[0], s[1], s[2], s[3], s[4]
    for i in range(start, len(a)):
        at = seen + i - start
        move = a[i] - a[i - 1] if at > 0 else 0.0
        one = seeded(move, at, 1, slow, p[3], one)
        size_one = seeded(abs(move), at, 1, slow, p[3], size_one)
        two = seeded(one, at, slow, fast, p[4], two)
        size_two = seeded(size_one, at, slow, fast, p[4], size_two)
        value = 100.0 * two / size_two if size_two != 0.0 else 0.0
        signal = seeded(value, at, slow + fast - 1, last, p[5], signal)
        known = at >= slow + fast + last - 2
        out[0, i - start] = value if known else np.nan
        out[1, i - start] = signal if known else np.nan
    s[0], s[1], s[2], s[3], s[4] = one, two, size_one, size_two, signal


@loop
def pmo(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: first, second, signal, their weights. ``s``: the three means."""
    slow, fast, last = int(p[0]), int(p[1]), int(p[2])
    one, two, signal = s[0], s[1], s[2]
    for i in range(start, len(a)):
        at = seen + i - start
        move = 100.0 * (a[i] - a[i - 1]) / a[i - 1] if at > 0 and a[i - 1] != 0.0 else 0.0
        one = seeded(move, at, 1, slow, p[3], one)
        two = seeded(10.0 * one, at, slow, fast, p[4], two)
        signal = seeded(two, at, slow + fast - 1, last, p[5], signal)
        known = at >= slow + fast + last - 2
        out[0, i - start] = two if known else np.nan
        out[1, i - start] = signal if known else np.nan
    s[0], s[1], s[2] = one, two, signal


@loop
def roc_bands(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, mean, its weight, bars of the bands. ``s``: mean, sum of squares without the one that leaves."""
    window, mean_window, weight, band_window = int(p[0]), int(p[1]), p[2], int(p[3])
    mean, total = s[0], s[1]
    known = window + max(mean_window, band_window) - 1
    for i in range(start, len(a)):
        at = seen + i - start
        out[:, i - start] = np.nan
        if at < window:
            continue
        old = a[i - window]
        value = 100.0 * (a[i] - old) / old if old != 0.0 else 0.0
        mean = seeded(value, at, window, mean_window, weight, mean)
        total = max(total, 0.0) + value * value
        width = np.sqrt(total / band_window)
        if at >= window + band_window - 1:
            before, old = a[i - band_window + 1], a[i - band_window + 1 - window]
            gone = 100.0 * (before - old) / old if old != 0.0 else 0.0
            total -= gone * gone
        if at >= known:
            out[0, i - start], out[1, i - start] = value, mean
            out[2, i - start], out[3, i - start] = width, -width
    s[0], s[1] = mean, total
