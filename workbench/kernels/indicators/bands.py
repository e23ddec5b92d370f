"""Bands around prices."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators import has_nan
from workbench.kernels.indicators.averages_exponential import smoothed
from workbench.kernels.indicators.extremes import BLOCK, extreme_one, extremes
from workbench.kernels.indicators.ranges import known_range, true_range, wilder


@njit(cache=True, nogil=True, error_model="numpy")
def highest_at(a: np.ndarray, i: int, window: int, at: int) -> int:
    """Where the highest of the ``window`` values up to ``i`` is, the newest of equals; ``at``: where it was before.

    Looks through the window only when the highest has left it.
    """
    if at <= i - window:
        at = max(0, i - window + 1)
        for j in range(at + 1, i + 1):
            if a[j] >= a[at]:
                at = j
    elif a[i] >= a[at]:
        at = i
    return at


@njit(cache=True, nogil=True, error_model="numpy")
def lowest_at(a: np.ndarray, i: int, window: int, at: int) -> int:
    """As ``highest_at``."""
    if at <= i - window:
        at = max(0, i - window + 1)
        for j in range(at + 1, i + 1):
            if a[j] <= a[at]:
                at = j
    elif a[i] <= a[at]:
        at = i
    return at


@njit(cache=True, nogil=True, error_model="numpy")
def ratio(part: float, whole: float) -> float:
    """The quotient; NaN where there is nothing to divide by."""
    return part / whole if whole != 0.0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _fresh(values: np.ndarray) -> tuple[float, float]:
    """Mean, and sum of the squares about it."""
    mean = squares = 0.0
    for value in values:
        mean += value
    mean /= len(values)
    for value in values:
        squares += (value - mean) * (value - mean)
    return mean, squares


@njit(cache=True, nogil=True, error_model="numpy")
def bbands(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, deviations up and down. ``s``: sum and squares about the mean of the last ``window``, equal bars.

    Squares are carried as differences from the mean, summed afresh now and then (by number of the bar) so that no error
    piles up, and are 0 when the whole window is one price.
    """
    window, up, down = int(p[0]), p[1], p[2]
    mean, squares, equal = s[0], s[1], s[2]
    first = min(len(a), start + max(0, window - seen))
    weight = 1.0 / window
    for i in range(start, first):
        at, j, last = seen + i - start, i - start, mean
        mean += (a[i] - mean) / (at + 1)
        squares += (a[i] - last) * (a[i] - mean)
        equal = equal + 1.0 if at > 0 and a[i] == a[i - 1] else 0.0
        for k in range(6):
            out[k, j] = np.nan
        if at == window - 1:
            squares = 0.0 if equal >= window - 1 else max(squares, 0.0)
            _bands(a[i], mean, np.sqrt(squares / window), up, down, out, j)
    # 0, or NaN from the first one that was taken in on: the equality of prices would make it forgotten.
    every, strange = 4 * window + 256, mean - mean
    while first < len(a):
        at = seen + first - start
        if at % every == 0:
            mean, squares = _fresh(a[first - window : first])
        end = min(len(a), first + every - at % every)
        new, old, before = a[first:end], a[first - window : end - window], a[first - 1 : end - 1]
        low_j, high_j = first - start, end - start
        upper, middle, lower = out[0, low_j:high_j], out[1, low_j:high_j], out[2, low_j:high_j]
        share, score, width = out[3, low_j:high_j], out[4, low_j:high_j], out[5, low_j:high_j]
        for j in range(len(new)):
            x, y, last = new[j], old[j], mean
            strange += x - x
            mean += (x - y) * weight
            squares += (x - y) * ((x - mean) + (y - last))
            equal = equal + 1.0 if x == before[j] else 0.0
            still = equal >= window - 1
            mean = x if still else mean
            squares = 0.0 if still or squares < 0.0 else squares
            middle[j], upper[j] = mean, squares
        # Apart from the loop that is a chain, so that it is done for several bars at once.
        for j in range(len(new)):
            x, center = new[j], middle[j] + strange
            sigma = np.sqrt(upper[j] * weight)
            high, low = center + up * sigma, center - down * sigma
            middle[j], upper[j], lower[j] = center, high, low
            one, two, three = (x - low) / (high - low), (x - center) / sigma, (high - low) / center
            share[j] = one if high != low else np.nan
            score[j] = two if sigma != 0.0 else np.nan
            width[j] = three if center != 0.0 else np.nan
        first = end
    s[0], s[1], s[2] = mean + strange, squares, equal


@njit(cache=True, nogil=True, error_model="numpy")
def _bands(price, mean, sigma, up, down, out, j) -> None:
    high, low = mean + up * sigma, mean - down * sigma
    out[0, j], out[1, j], out[2, j] = high, mean, low
    out[3, j], out[4, j] = ratio(price - low, high - low), ratio(price - mean, sigma)
    out[5, j] = ratio(high - low, mean)


@njit(cache=True, nogil=True, error_model="numpy")
def accbands(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close. ``p``: window, factor. ``s``: sums of the three; then the two rings."""
    window, factor = int(p[0]), p[1]
    top, mid, base, at_ring = s[0], s[1], s[2], int(s[3])
    tops, bases = s[4 : 4 + window], s[4 + window :]
    upper, middle, lower, weight = out[0], out[1], out[2], 1.0 / window
    known = min(len(a), start + max(0, window - 1 - seen))
    closes = np.empty(min(BLOCK, len(a) - start))
    for first in range(start, len(a), BLOCK):
        end = min(len(a), first + BLOCK)
        highs, lows, n = upper[first - start : end - start], lower[first - start : end - start], end - first
        rest, gone = middle[first - start : end - start], closes[:n]
        new, high, low = c[first:end], a[first:end], b[first:end]
        early = min(n, max(0, window - seen - first + start))
        gone[:early] = 0.0
        if early < n:
            gone[early:] = c[first + early - window : end - window]
        for j in range(n):
            both = high[j] + low[j]
            span = factor * (high[j] - low[j]) / both
            span = span if both != 0.0 else 0.0
            highs[j], lows[j] = high[j] * (1.0 + span), low[j] * (1.0 - span)
        for j in range(n):
            one, two = highs[j], lows[j]
            top += one - tops[at_ring]
            base += two - bases[at_ring]
            mid += new[j] - gone[j]
            tops[at_ring], bases[at_ring] = one, two
            at_ring = at_ring + 1 if at_ring + 1 < window else 0
            highs[j], rest[j], lows[j] = top * weight, mid * weight, base * weight
    out[:, : known - start] = np.nan
    s[0], s[1], s[2], s[3] = top, mid, base, at_ring


@njit(cache=True, nogil=True, error_model="numpy")
def keltner(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close. ``p``: window, factor, window of the range, bars before its first range,
    whether the middle is of typical prices. ``s``: see ``smoothed``, of both means."""
    window, factor, span, skipped, typical = int(p[0]), p[1], int(p[2]), int(p[3]), p[4] != 0.0
    for low in range(start, len(a), BLOCK):
        end, at = min(len(a), low + BLOCK), seen + low - start
        x, y = low - start, end - start
        upper, middle, lower, width = out[0, x:y], out[1, x:y], out[2, x:y], out[3, x:y]
        high, under, close, first = a[low:end], b[low:end], c[low:end], max(0, min(end - low, skipped + 1 - at))
        for j in range(len(close)):
            middle[j] = (high[j] + under[j] + close[j]) / 3.0 if typical else close[j]
        smoothed(middle, middle, at, window, 2.0 / (p[0] + 1.0), s[:3])
        upper[:first] = np.nan
        reach, top, bottom, now = upper[first:], high[first:], under[first:], close[first:]
        before = c[max(0, low + first - 1) :]
        for j in range(len(reach)):
            reach[j] = known_range(top[j], bottom[j], now[j], before[j])
        smoothed(reach, reach, at + first - skipped - 1, span, 1.0 / p[2], s[3:])
        for j in range(len(close)):
            known, far = middle[j] + 0.0 * upper[j], factor * upper[j]
            upper[j], lower[j], middle[j] = known + far, known - far, known
            share = (upper[j] - lower[j]) / known
            width[j] = share if known != 0.0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def starc(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close. ``p``: window, factor, window of the range. ``s``: sum, range."""
    window, factor, span = int(p[0]), p[1], int(p[2])
    total, reach = s[0], s[1]
    for i in range(start, len(a)):
        j, at = i - start, seen + i - start
        total += c[i] - c[i - window] if at >= window else c[i]
        if at > 0:
            reach = wilder(reach, true_range(a[i], b[i], c[i - 1]), at, span)
        middle = total / window if at >= window - 1 else np.nan
        width = factor * reach if at >= span else np.nan
        out[0, j], out[1, j], out[2, j] = middle + width, middle, middle - width
    s[0], s[1] = total, reach


@njit(cache=True, nogil=True, error_model="numpy")
def _donchian_one(a, b, i, seen, window, skip, out, s) -> None:
    top = bottom = np.nan
    if seen >= skip:
        top = extreme_one(a, 1.0, i - skip, seen - skip, window, s[:2])
        bottom = extreme_one(b, -1.0, i - skip, seen - skip, window, s[2:])
    if seen < window - 1 + skip:
        top = bottom = np.nan
    both = top + bottom
    share = (top - bottom) / (0.5 * both)
    out[0, 0] = top if (a[i] == a[i]) & (b[i] == b[i]) else np.nan
    out[1, 0], out[2, 0], out[3, 0] = 0.5 * both, bottom, share if both != 0.0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def donchian(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``p``: window, 1 if the bar itself does not count. ``s``: see ``extremes``, twice."""
    window, skip, block, strange = int(p[0]), int(p[1]), max(BLOCK, int(p[0])), False
    if len(a) - start == 1:
        _donchian_one(a, b, start, seen, window, skip, out, s)
        return
    for low in range(start, len(a), block):
        high, at, x = min(len(a), low + block), seen + low - start, low - start
        y = high - start
        upper, middle, lower, width = out[0, x:y], out[1, x:y], out[2, x:y], out[3, x:y]
        early = max(0, min(high - low, skip - at))
        done, end = at + early - skip, high - skip
        extremes(a[:end], 1.0, low + early - skip, done, window, s[:2], upper[early:])
        extremes(b[:end], -1.0, low + early - skip, done, window, s[2:], lower[early:])
        for j in range(len(upper)):
            both = upper[j] + lower[j]
            middle[j] = 0.5 * both
            share = (upper[j] - lower[j]) / middle[j]
            width[j] = share if both != 0.0 else np.nan
        out[:, x : x + max(0, min(high - low, window - 1 + skip - at))] = np.nan
        strange |= has_nan(a[low:high]) | has_nan(b[low:high])
    if strange:
        out[0, -1] = np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def fcb(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``p``: bars to each side. ``s``: whether there is an upper and a lower one, and they."""
    span = int(p[0])
    for i in range(start, len(a)):
        j, at, k = i - start, seen + i - start, i - span
        if at >= 2 * span:
            top = base = True
            for q in range(1, span + 1):
                top &= a[k] > a[k - q] and a[k] > a[k + q]
                base &= b[k] < b[k - q] and b[k] < b[k + q]
            if top:
                s[0], s[2] = 1.0, a[k]
            if base:
                s[1], s[3] = 1.0, b[k]
        out[0, j] = s[2] if s[0] > 0.0 else np.nan
        out[1, j] = s[3] if s[1] > 0.0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def ichimoku(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``p``: the three windows, shift. ``s``: six ages, where the rings are at, two rings."""
    shift, at_ring = int(p[3]), int(s[6])
    firsts, seconds = s[7 : 7 + shift], s[7 + shift :]
    for i in range(start, len(a)):
        j, at = i - start, seen + i - start
        for k in range(3):
            window = int(p[k])
            high = i - 1 - int(s[2 * k]) if at > 0 else -window
            low = i - 1 - int(s[2 * k + 1]) if at > 0 else -window
            high, low = highest_at(a, i, window, high), lowest_at(b, i, window, low)
            s[2 * k], s[2 * k + 1] = i - high, i - low
            # The third is kept in the place of the last output until it is put into its ring.
            out[k if k < 2 else 3, j] = 0.5 * (a[high] + b[low]) if at >= window - 1 else np.nan
        first, second = 0.5 * (out[0, j] + out[1, j]), out[3, j]
        out[2, j] = firsts[at_ring] if at >= shift else np.nan
        out[3, j] = seconds[at_ring] if at >= shift else np.nan
        firsts[at_ring], seconds[at_ring] = first, second
        at_ring = at_ring + 1 if at_ring + 1 < shift else 0
    s[6] = at_ring


@njit(cache=True, nogil=True, error_model="numpy")
def _smoothed(a, i, at, k, p, s) -> float:
    """Line ``k``: Wilder's mean of the prices up to ``p[3 + k]`` bars ago; NaN while not known."""
    window, shift = int(p[k]), int(p[3 + k])
    if at < shift:
        return np.nan
    s[k] = wilder(s[k], a[i - shift], at - shift + 1, window)
    return s[k] if at - shift >= window - 1 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def alligator(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: three windows, three shifts. ``s``: the means."""
    for i in range(start, len(a)):
        for k in range(3):
            out[k, i - start] = _smoothed(a, i, seen + i - start, k, p, s)


@njit(cache=True, nogil=True, error_model="numpy")
def gator(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: as ``alligator``. ``s``: the means, the last two values."""
    for i in range(start, len(a)):
        j, at = i - start, seen + i - start
        jaw, teeth, lips = _smoothed(a, i, at, 0, p, s), _smoothed(a, i, at, 1, p, s), _smoothed(a, i, at, 2, p, s)
        out[0, j], out[1, j] = abs(jaw - teeth), -abs(teeth - lips)
        for k in range(2):
            last = s[3 + k] if at > 0 else np.nan
            grows = 1.0 if abs(out[k, j]) > abs(last) else 0.0
            out[2 + k, j] = np.nan if np.isnan(out[k, j]) or np.isnan(last) else grows
            s[3 + k] = out[k, j]
