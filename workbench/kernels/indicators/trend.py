"""Indicators of trend and cycle that are made of several steps."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators import bands
from workbench.kernels.indicators.ranges import true_range
from workbench.kernels.indicators.volume import ema_next, sum_next

#: Bars after which sums of sums are taken anew.
_ANEW = 1024


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


@njit(cache=True, nogil=True)
def elder_ray(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close; ``p``: window, weight. ``s``: the mean."""
    for i in range(start, len(a)):
        mean = ema_next(s, 0, p[0], p[1], c[i])
        out[0, i - start], out[1, i - start] = a[i] - mean, b[i] - mean


@njit(cache=True, nogil=True)
def vortex(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close; ``p``: window. ``s``: bars that stood still, sums of ups, downs, ranges."""
    window = int(p[0])
    size = 3 + window
    for i in range(start, len(a)):
        if seen + i - start == 0:
            out[0, 0] = out[1, 0] = np.nan
            continue
        span = true_range(a[i], b[i], c[i - 1])
        up = sum_next(s, 1, window, abs(a[i] - b[i - 1]))
        down = sum_next(s, 1 + size, window, abs(b[i] - a[i - 1]))
        whole = sum_next(s, 1 + 2 * size, window, span)
        s[0] = 0.0 if span != 0.0 else s[0] + 1.0
        if s[0] >= window:  # nothing is left: not the rounding of the sum either
            s[3 + 2 * size] = whole = 0.0
        out[0, i - start] = up / whole if whole != 0.0 else whole
        out[1, i - start] = down / whole if whole != 0.0 else whole


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


@njit(cache=True, nogil=True)
def mass_index(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low; ``p``: bars of the means, bars of the sum, weight. ``s``: both means, the sum."""
    for i in range(start, len(a)):
        once = ema_next(s, 0, p[0], p[2], a[i] - b[i])
        out[0, i - start] = np.nan
        if not np.isnan(once):
            twice = ema_next(s, 2, p[0], p[2], once)
            if not np.isnan(twice):
                out[0, i - start] = sum_next(s, 4, p[1], once / twice if twice > 0.0 else 1.0)


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


@njit(cache=True, nogil=True)
def coppock(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bars of both changes, window. ``s``: weighted sum, then the plain sum with its ring."""
    window = p[2]
    for i in range(start, len(a)):
        t = seen + i - start
        value = change(a, i, t, int(p[0])) + change(a, i, t, int(p[1]))
        out[0, i - start] = np.nan
        if np.isnan(value):
            continue
        if s[1] < window:
            s[0] += (s[1] + 1.0) * value
        else:
            s[0] += window * value - s[3]
        total = sum_next(s, 1, window, value)
        if t % _ANEW == 0 and not np.isnan(total):  # a sum of sums makes rounding grow
            s[0] = s[3] = 0.0
            for j in range(int(window)):
                x = s[4 + (int(s[2]) + j) % int(window)]
                s[0], s[3] = s[0] + (j + 1.0) * x, s[3] + x
        if not np.isnan(total):
            out[0, i - start] = s[0] / (window * (window + 1.0) / 2.0)


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
