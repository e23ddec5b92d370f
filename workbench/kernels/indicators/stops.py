"""Stops that trail prices."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.averages_exponential import smoothed
from workbench.kernels.indicators.bands import highest_at, lowest_at
from workbench.kernels.indicators.extremes import BLOCK
from workbench.kernels.indicators.ranges import known_range, true_range, wilder


@njit(cache=True, nogil=True, error_model="numpy")
def supertrend(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close; ``p``: window, factor, 1 to begin upwards. ``s``: bands, trend, range."""
    window, factor = int(p[0]), p[1]
    upper, lower, rising = s[0], s[1], s[2] > 0.0
    first = min(len(a), start + max(0, 1 - seen))
    out[:, : first - start] = np.nan
    for begin in range(first, len(a), BLOCK):
        end, x = min(len(a), begin + BLOCK), begin - start
        y, at = end - start, seen + x
        line, trend, above, below = out[0, x:y], out[1, x:y], out[2, x:y], out[3, x:y]
        high, low, close, before = a[begin:end], b[begin:end], c[begin:end], c[begin - 1 : end - 1]
        for j in range(len(high)):
            line[j] = known_range(high[j], low[j], close[j], before[j])
        smoothed(line, line, at - 1, window, 1.0 / p[0], s[3:])
        for j in range(len(high)):
            middle, far = 0.5 * (high[j] + low[j]), factor * line[j]
            above[j], below[j] = middle + far, middle - far
        skip = max(0, min(len(high), window - at))
        if skip < len(high) and at + skip == window:
            upper, lower, rising = above[skip], below[skip], close[skip] >= 0.5 * (high[skip] + low[skip]) or p[2] > 0.0
        for j in range(skip, len(high)):
            was, now = before[j], close[j]
            upper = above[j] if (above[j] < upper) | (was > upper) else upper
            lower = below[j] if (below[j] > lower) | (was < lower) else lower
            rising = not ((rising & (now <= lower)) | ((not rising) & (now <= upper)))
            above[j], below[j], trend[j] = upper, lower, 1.0 if rising else -1.0
        for j in range(len(high)):
            up, top, bottom = trend[j] > 0.0, above[j], below[j]
            line[j] = bottom if up else top
            above[j], below[j] = np.nan if up else top, bottom if up else np.nan
        out[:, x : x + skip] = np.nan
    s[0], s[1], s[2] = upper, lower, 1.0 if rising else -1.0


@njit(cache=True, nogil=True, error_model="numpy")
def atr_stop(a, b, c, d, e, start, seen, out, p, s) -> None:
    """As ``supertrend``, but from the close; ``p``: window, factor, 1 if from the high and the low."""
    window, factor, ends = int(p[0]), p[1], p[2] > 0.0
    reach, upper, lower, trend = s[0], s[1], s[2], s[3]
    for i in range(start, len(a)):
        j, at = i - start, seen + i - start
        if at > 0:
            reach = wilder(reach, true_range(a[i], b[i], c[i - 1]), at, window)
        if at < window:
            out[0, j] = out[1, j] = out[2, j] = out[3, j] = np.nan
            continue
        high, low = (a[i] if ends else c[i]) + factor * reach, (b[i] if ends else c[i]) - factor * reach
        if at == window:
            upper, lower, trend = high, low, 1.0 if c[i] >= c[i - 1] else -1.0
        upper = high if high < upper or c[i - 1] > upper else upper
        lower = low if low > lower or c[i - 1] < lower else lower
        trend = -1.0 if c[i] <= (lower if trend > 0.0 else upper) else 1.0
        out[0, j], out[1, j] = lower if trend > 0.0 else upper, trend
        out[2, j], out[3, j] = np.nan if trend > 0.0 else upper, lower if trend > 0.0 else np.nan
    s[0], s[1], s[2], s[3] = reach, upper, lower, trend


@njit(cache=True, nogil=True, error_model="numpy")
def volatility_stop(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close. ``p``: window, factor.

    ``s``: mean range, best close of the trend, first close, trend, whether it has turned, highest and lowest at first.
    """
    window, factor = int(p[0]), p[1]
    reach, best, first, trend, turned = s[0], s[1], s[2], s[3], s[4]
    highest, lowest = s[5], s[6]
    for i in range(start, len(a)):
        j, at = i - start, seen + i - start
        out[0, j] = out[1, j] = out[2, j] = out[3, j] = np.nan
        before = reach
        if at > 0:
            reach = wilder(reach, true_range(a[i], b[i], c[i - 1]), at, window)
        if at < window:
            first = c[i] if at == 0 else first
            highest = c[i] if at == 0 or c[i] > highest else highest
            lowest = c[i] if at == 0 or c[i] < lowest else lowest
            if at == window - 1:
                trend = 1.0 if c[i] > first else -1.0
                best = highest if trend > 0.0 else lowest
            continue
        if at > window:
            stop = best - trend * factor * before
            hit = trend * (c[i] - stop) < 0.0
            if turned > 0.0:
                out[0, j], out[1, j] = stop, 1.0 if hit else 0.0
                out[2, j], out[3, j] = np.nan if trend > 0.0 else stop, stop if trend > 0.0 else np.nan
            if hit:
                turned, trend, best = 1.0, -trend, c[i]
        best = c[i] if trend * (c[i] - best) > 0.0 else best
    s[0], s[1], s[2], s[3], s[4], s[5], s[6] = reach, best, first, trend, turned, highest, lowest


@njit(cache=True, nogil=True, error_model="numpy")
def chandelier(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``, ``c``: high, low, close. ``p``: window, factor. ``s``: mean range, ages of highest and lowest."""
    window, factor, reach = int(p[0]), p[1], s[0]
    high, low = start - 1 - int(s[1]), start - 1 - int(s[2])
    if seen == 0:
        high = low = -window
    for i in range(start, len(a)):
        j, at = i - start, seen + i - start
        high, low = highest_at(a, i, window, high), lowest_at(b, i, window, low)
        if at > 0:
            reach = wilder(reach, true_range(a[i], b[i], c[i - 1]), at, window)
        out[0, j] = a[high] - factor * reach if at >= window else np.nan
        out[1, j] = b[low] + factor * reach if at >= window else np.nan
    s[0], s[1], s[2] = reach, len(a) - 1 - high, len(a) - 1 - low


@njit(cache=True, nogil=True, error_model="numpy")
def _parabolic(a, b, start, seen, signed, values, p, s) -> None:
    """``p``: first stop, offset, then first, step and greatest factor: of long, of short.

    ``s``: stop, best price, factor, side, bars with a NaN, for which the last value is NaN. Short is long with prices
    turned over: all is kept times the side. No branch but where it turns, which is seldom.
    """
    stop, best, factor, side, holes = s[0], s[1], s[2], s[3], int(s[4])
    i, end, offset = start, len(a), p[1]
    if seen == 0 and i < end:
        values[0] = np.nan
        holes += np.isnan(a[i]) or np.isnan(b[i])
        i += 1
    k = i - 1
    if seen + i - start == 1 and i < end:
        rise, fall, k = a[i] - a[i - 1], b[i - 1] - b[i], i
        side = 1.0 if p[0] > 0.0 or (p[0] == 0.0 and not (fall > 0.0 and rise < fall)) else -1.0
        factor = p[2] if side > 0.0 else p[5]
        stop, best = (b[i - 1], a[i]) if side > 0.0 else (-a[i - 1], -b[i])
        stop = stop if p[0] == 0.0 else p[0]
    if i >= end:
        s[4] = holes
        return
    step, cap = (p[3], p[4]) if side > 0.0 else (p[6], p[7])
    up, down = (a, b) if side > 0.0 else (b, a)
    high_before, low_before = side * up[k], side * down[k]
    for j in range(i, end):
        high, low = side * up[j], side * down[j]
        holes += (high != high) | (low != low)
        if low <= stop:
            stop = best if best > high_before else high_before
            stop = stop if stop > high else high
            stop += side * stop * offset
            values[j - start] = -stop if signed else side * stop
            side, stop, best = -side, -stop, -low
            up, down, high, low, low_before = down, up, -low, -high, -high_before
            factor, step, cap = (p[2], p[3], p[4]) if side > 0.0 else (p[5], p[6], p[7])
        else:
            values[j - start] = stop if signed else side * stop
            more = factor + step
            more = more if more < cap else cap
            factor = more if high > best else factor
            best = high if high > best else best
        most = low if low < low_before else low_before
        stop += factor * (best - stop)
        stop = stop if stop < most else most
        high_before, low_before = high, low
    s[0], s[1], s[2], s[3], s[4] = stop, best, factor, side, holes
    if holes:
        values[-1] = np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def sar(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low."""
    _parabolic(a, b, start, seen, False, out[0], p, s)


@njit(cache=True, nogil=True, error_model="numpy")
def sarext(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. Values while short are negative."""
    _parabolic(a, b, start, seen, True, out[0], p, s)


@njit(cache=True, nogil=True, error_model="numpy")
def psar(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``, ``b``: high, low. ``p``: first, step and greatest factor. ``s``: as ``sar``, and whether it has turned."""
    stop, best, factor, side, turned = s[0], s[1], s[2], s[3], s[4]
    for i in range(start, len(a)):
        j, at = i - start, seen + i - start
        out[0, j] = out[1, j] = np.nan
        if at == 0:
            stop, best, factor, side = b[i], a[i], p[0], 1.0
            continue
        high, low = (a[i], b[i]) if side > 0.0 else (-b[i], -a[i])
        stop += factor * (best - stop)
        if at > 1:
            stop = min(stop, b[i - 1], b[i - 2]) if side > 0.0 else min(stop, -a[i - 1], -a[i - 2])
        hit = low < stop
        if hit:
            side, stop, best, factor = -side, -best, -low, p[0]
        elif high > best:
            best, factor = high, min(factor + p[1], p[2])
        if turned > 0.0:
            out[0, j], out[1, j] = side * stop, 1.0 if hit else 0.0
        turned = 1.0 if hit else turned
    s[0], s[1], s[2], s[3], s[4] = stop, best, factor, side, turned
