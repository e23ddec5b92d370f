"""Momentum: changes of a price, and differences of its averages."""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators import has_nan
from workbench.kernels.indicators.averages_exponential import smoothed
from workbench.kernels.indicators.extremes import BLOCK, loop
from workbench.kernels.indicators.rounding import fused
from workbench.kernels.indicators.sums import mean_one, means


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
    return (fast - slow) / slow * 100.0 if slow != 0.0 else 0.0 * fast


@loop
def change(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. The last is NaN if any is: so a NaN is told."""
    window, strange = int(p[0]), False
    first = min(len(a), start + max(0, window - seen))
    out[0, : first - start] = np.nan
    for low in range(first, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        new, old, rest = a[low:high], a[low - window : high - window], out[0, low - start : high - start]
        for j in range(len(new)):
            rest[j] = new[j] - old[j]
        strange |= has_nan(rest)
    if strange:
        out[0, -1] = np.nan


@loop
def ratio(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, how many old prices to take off, factor. 0 where the old price is 0. The last as of ``change``."""
    window, less, factor, strange = int(p[0]), p[1], p[2], False
    first = min(len(a), start + max(0, window - seen))
    out[0, : first - start] = np.nan
    for low in range(first, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        new, old, rest = a[low:high], a[low - window : high - window], out[0, low - start : high - start]
        for j in range(len(new)):
            found = (new[j] - less * old[j]) / old[j] * factor
            rest[j] = found if old[j] != 0.0 else 0.0 * new[j]
        strange |= has_nan(rest)
    if strange:
        out[0, -1] = np.nan


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
    new, rest, keep_fast, keep_slow = a[first:], values[first - start :], 1.0 - fast_weight, 1.0 - slow_weight
    w, v = 1.0 - keep_fast, 1.0 - keep_slow
    for j in range(len(new)):
        fast = fused(keep_fast, fast, w * new[j])
        slow = fused(keep_slow, slow, v * new[j])
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
    keep_fast, keep_slow, keep = 1.0 - fast_weight, 1.0 - slow_weight, 1.0 - signal_weight
    w, v, u = 1.0 - keep_fast, 1.0 - keep_slow, 1.0 - keep
    for j in range(len(new)):
        fast = fused(keep_fast, fast, w * new[j])
        slow = fused(keep_slow, slow, v * new[j])
        line = difference(fast, slow, percent)
        signal = fused(keep, signal, u * line)
        lines[j], signals[j], bars[j] = line, signal, line - signal
    s[0], s[1], s[2] = fast, slow, signal


@loop
def sma_spread(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: fast, slow, percent. ``s``: both sums, without the value that leaves next.

    Added up one by one, as others do: in percent the differences are so small that their rounding is seen.
    """
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
def means_apart(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: fast, slow. ``s``: see ``means``, of both. As ``sma_spread`` but for the order in which is added up."""
    fast, slow, known = int(p[0]), int(p[1]), max(int(p[0]), int(p[1])) - 1
    if len(a) - start == 1:
        found = mean_one(a, start, seen, fast, s[:2]) - mean_one(a, start, seen, slow, s[2:4])
        out[0, 0] = found if seen >= known else np.nan
        return
    room = np.empty(min(BLOCK, len(a) - start))
    for low in range(start, len(a), BLOCK):
        high, done = min(len(a), low + BLOCK), seen + low - start
        near, far = out[0, low - start : high - start], room[: high - low]
        means(a, low, high, done, fast, s[:2], near)
        means(a, low, high, done, slow, s[2:4], far)
        for j in range(len(near)):
            near[j] -= far[j]
        near[: max(0, min(high - low, known - done))] = np.nan


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
    new, rest, keep = a[first:], values[first - start :], 1.0 - weight
    w = 1.0 - keep
    for j in range(len(new)):
        one = fused(keep, one, w * new[j])
        two = fused(keep, two, w * one)
        was = three
        three = fused(keep, three, w * two)
        found = (three / was - 1.0) * 100.0
        rest[j] = found if was != 0.0 else 0.0 * three
    s[0], s[1], s[2] = one, two, three


@loop
def bop(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window of the mean. ``s``: its sum, without the value that leaves next."""
    window, total, values = int(p[0]), s[0], out[0]
    first, high, low, last = a[start:], b[start:], c[start:], d[start:]
    for j in range(len(first)):
        width, body = high[j] - low[j], last[j] - first[j]
        found = body / width
        values[j] = 0.0 * body if width <= 0.0 else found
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
    """``p``: window, bars the mean is moved by, whether it is moved back, or the price on. ``s``: place, sum, means."""
    window, shift, centred, older = int(p[0]), int(p[1]), p[2] != 0.0, len(p) > 3 and p[3] != 0.0
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
        if older:
            values[i - start] = a[i - shift] - mean if now >= shift else np.nan
            continue
        values[i - start] = a[i] - means[at] if now >= window - 1 + shift else np.nan
        means[at] = mean
        at = at + 1 if at + 1 < shift else 0
    s[0], s[1] = at, total


@loop
def tsi(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: slow, fast, signal, their weights. ``s``: 4 of ``twice``, of changes and their sizes; the signal's 3."""
    slow, fast, last = int(p[0]), int(p[1]), int(p[2])
    size = np.empty(min(slow + fast, len(a) - start))
    for low in range(start, len(a), BLOCK):
        high, at = min(len(a), low + BLOCK), seen + low - start
        moves, signals = out[0, low - start : high - start], out[1, low - start : high - start]
        early = max(0, min(high - low, slow + fast - at))
        for j in range(early):
            moves[j] = a[low + j] - a[low + j - 1] if at + j > 0 else np.nan
            size[j] = abs(moves[j])
        twice(moves[:early], size[:early], 1, at, (slow, fast), p[3:5], s[:4])
        for j in range(early):
            found = 100.0 * moves[j] / size[j]
            moves[j] = 0.0 * moves[j] if size[j] == 0.0 else found
        _turns(a[low + early - 1 : high], p[3], p[4], s, moves[early:])
        signalled(moves, slow + fast - 1, at, last, p[5], s[4:], signals)


@loop
def _turns(a, weight, other, s, values) -> None:
    """``twice`` of the changes of ``a`` in percent of that of their sizes, once all means are known."""
    keep, hold, new, old = 1.0 - weight, 1.0 - other, a[1:], a[: len(a) - 1]
    w, v, once, again, both, last = 1.0 - keep, 1.0 - hold, s[0], s[1], s[2], s[3]
    for j in range(len(values)):
        move = new[j] - old[j]
        once, again = fused(keep, once, w * move), fused(keep, again, w * abs(move))
        both, last = fused(hold, both, v * once), fused(hold, last, v * again)
        found = 100.0 * both / last
        values[j] = 0.0 * both if last == 0.0 else found
    s[0], s[1], s[2], s[3] = once, again, both, last


@loop
def twice(x, y, first, at, windows, weights, s) -> None:
    """Each of ``x`` and ``y`` from bar ``first`` on becomes the exponential mean of its mean; ``at`` is their first.

    ``windows`` are how many values the two means begin with. Side by side: four chains take no longer than one.
    ``s``: both means, both means of them.
    """
    one, two, early = windows[0], windows[1], max(0, min(len(x), first + windows[0] + windows[1] - 1 - at))
    for j in range(early):
        s[0] = seeded(x[j], at + j, first, one, weights[0], s[0])
        s[1] = seeded(y[j], at + j, first, one, weights[0], s[1])
        s[2] = seeded(s[0], at + j, first + one - 1, two, weights[1], s[2])
        s[3] = seeded(s[1], at + j, first + one - 1, two, weights[1], s[3])
        x[j], y[j] = s[2], s[3]
    keep, hold, new, more = 1.0 - weights[0], 1.0 - weights[1], x[early:], y[early:]
    w, v, once, again, both, last = 1.0 - keep, 1.0 - hold, s[0], s[1], s[2], s[3]
    for j in range(len(new)):
        once, again = fused(keep, once, w * new[j]), fused(keep, again, w * more[j])
        both, last = fused(hold, both, v * once), fused(hold, last, v * again)
        new[j], more[j] = both, last
    s[0], s[1], s[2], s[3] = once, again, both, last


@loop
def signalled(x, first, at, window, weight, s, into) -> None:
    """The exponential mean of ``x`` from bar ``first`` on; both NaN where it is not known. ``s``: 3."""
    rest = beyond(x, first, at)
    skip = len(x) - len(rest)
    smoothed(rest, into[skip:], at + skip - first, window, weight, s)
    early = max(0, min(len(x), first + window - 1 - at))
    x[:early] = np.nan
    into[:early] = np.nan


@loop
def pmo(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: first, second, signal, their weights. ``s``: the three means."""
    slow, fast, last = int(p[0]), int(p[1]), int(p[2])
    one, two, signal = s[0], s[1], s[2]
    for i in range(start, len(a)):
        at = seen + i - start
        move = 100.0 * (a[i] - a[i - 1]) / a[i - 1] if at > 0 and a[i - 1] != 0.0 else 0.0 * a[i]
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
        value = 100.0 * (a[i] - old) / old if old != 0.0 else 0.0 * a[i]
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
