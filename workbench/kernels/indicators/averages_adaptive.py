"""Moving averages that change their speed with the market."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from workbench.kernels.indicators.rounding import fused

_ANEW = 2048


@njit(cache=True, nogil=True, error_model="numpy")
def efficient(a, b, c, d, e, start, seen, out, p, s) -> None:
    """A mean whose weight is (base + range * ratio) ** power, ratio being the way over the path of ``window`` bars.

    ``p``: window, base, range, whether the power is 2, ratio where nothing moved. ``s``: mean, path, moves in it.
    """
    window, base, span, squared, still, values = int(p[0]), p[1], p[2], p[3] == 2, p[4], out[0]
    mean, path, moves, n = s[0], s[1], int(s[2]), len(a)
    every = max(_ANEW, window + 1)
    first = min(n, start + max(0, window + 1 - seen))
    weights = np.empty(min(every, n - first))
    for i in range(start, first):
        at = seen + i - start
        if at > 0:
            path += abs(a[i] - a[i - 1])
            moves += a[i] != a[i - 1]
        values[i - start] = np.nan
        if at == window:
            ratio = min(1.0, abs(a[i] - a[i - window]) / path) if moves else still
            weight = base + span * ratio
            mean = a[i - 1] + (weight * weight if squared else weight) * (a[i] - a[i - 1])
            values[i - start] = mean
    i = first
    while i < n:
        at = seen + i - start
        if at % every == 0:
            path = 0.0
            for j in range(i - window, i):
                path += abs(a[j] - a[j - 1])
        end = min(n, i + every - at % every)
        new, last, rest = a[i:end], a[i - 1 : end - 1], values[i - start : end - start]
        old, older = a[i - window : end - window], a[i - window - 1 : end - window - 1]
        some = weights[: end - i]
        for j in range(len(new)):
            step, gone = new[j] - last[j], old[j] - older[j]
            path += abs(step) - abs(gone)
            moves += int(step != 0) - int(gone != 0)
            path = path if moves else 0.0
            some[j] = path
        # Apart from the loops that are chains, so that it is done for several bars at once.
        for j in range(len(new)):
            ratio = abs(new[j] - old[j]) / some[j]
            ratio = 1.0 if ratio > 1.0 else ratio
            weight = base + span * (ratio if some[j] > 0 else still)
            some[j] = 1 - (weight * weight if squared else weight)
            rest[j] = (1 - some[j]) * new[j]
        for j in range(len(new)):
            mean = fused(some[j], mean, rest[j])
            rest[j] = mean
        i = end
    s[0], s[1], s[2] = mean, path, moves


@njit(cache=True, nogil=True, error_model="numpy")
def mcginley(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window * factor. ``s``: the mean."""
    size, mean, values = p[0], s[0], out[0]
    for i in range(start, len(a)):
        x = a[i]
        if seen + i - start == 0 or mean == 0:
            mean = x
        else:
            square = (x / mean) * (x / mean)
            mean += (x - mean) / max(1.0, size * (square * square))
        values[i - start] = mean if seen + i - start > 0 else np.nan
    s[0] = mean


@njit(cache=True, nogil=True)
def _hilbert(x0: float, x2: float, x4: float, x6: float, gain: float) -> float:
    return (0.0962 * x0 + 0.5769 * x2 - 0.5769 * x4 - 0.0962 * x6) * gain


@njit(cache=True, nogil=True, error_model="numpy")
def mama(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: fast and slow limit, first bar, whether both means begin with that of the bars so far, first shown bar.

    ``s``: eight values, then 16 each of the smoothed price, the detrender and the quadrature.
    """
    fast, slow, begin, shown = p[0], p[1], int(p[2]), int(p[4])
    mean, follow, period, phase, i2, q2, re, im = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
    smooth, detrended, quadrature = s[8:24], s[24:40], s[40:56]
    means, follows = out[0], out[1]
    for i in range(start, len(a)):
        at = seen + i - start
        if at < begin:
            if p[3]:
                mean += a[i]
                if at == begin - 1:
                    mean /= begin
                    follow = mean
        else:
            gain = 0.075 * period + 0.54
            price = (4 * a[i] + 3 * a[i - 1] + 2 * a[i - 2] + a[i - 3]) / 10
            smooth[at & 15] = price
            trend = _hilbert(price, smooth[(at - 2) & 15], smooth[(at - 4) & 15], smooth[(at - 6) & 15], gain)
            detrended[at & 15] = trend
            q1 = _hilbert(trend, detrended[(at - 2) & 15], detrended[(at - 4) & 15], detrended[(at - 6) & 15], gain)
            quadrature[at & 15] = q1
            i1 = detrended[(at - 3) & 15]
            ji = _hilbert(i1, detrended[(at - 5) & 15], detrended[(at - 7) & 15], detrended[(at - 9) & 15], gain)
            jq = _hilbert(q1, quadrature[(at - 2) & 15], quadrature[(at - 4) & 15], quadrature[(at - 6) & 15], gain)
            last_i2, last_q2, last_phase, last_period = i2, q2, phase, period
            i2, q2 = 0.2 * (i1 - jq) + 0.8 * last_i2, 0.2 * (q1 + ji) + 0.8 * last_q2
            re = 0.2 * (i2 * last_i2 + q2 * last_q2) + 0.8 * re
            im = 0.2 * (i2 * last_q2 - q2 * last_i2) + 0.8 * im
            phase = math.atan(q1 / i1) * (180 / math.pi) if i1 != 0 else 0.0
            weight = max(fast / max(last_phase - phase, 1.0), slow)
            mean = weight * a[i] + (1 - weight) * mean
            follow = 0.5 * weight * mean + (1 - 0.5 * weight) * follow
            if im != 0 and re != 0:
                period = 2 * math.pi / math.atan(im / re)
            period = max(min(period, 1.5 * last_period), 0.67 * last_period)
            period = 0.2 * min(max(period, 6.0), 50.0) + 0.8 * last_period
        means[i - start] = mean if at >= shown else np.nan
        follows[i - start] = follow if at >= shown else np.nan
    s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] = mean, follow, period, phase, i2, q2, re, im


@njit(cache=True, nogil=True, error_model="numpy")
def jurik(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, log of the slow weight, weight of the second filter, lead, most, weight of the usual distance.

    ``s``: mean, first and second filter, step, usual distance.
    """
    window, log_beta, beta, lead, most, usual_weight, values = int(p[0]), p[1], p[2], p[3], p[4], p[5], out[0]
    mean, level, slope, step, usual = s[0], s[1], s[2], s[3], s[4]
    for i in range(start, len(a)):
        x = a[i]
        if seen + i - start == 0:
            mean = level = x
        distance = abs(x - mean)
        usual += usual_weight * (distance - usual)
        power = min(max(distance / usual, 1.0), most) if usual > 0 else 1.0
        keep = math.exp(power * log_beta)
        level = (1 - keep) * x + keep * level
        slope = (1 - beta) * (x - level) + beta * slope
        step = (level + lead * slope - mean) * ((1 - keep) * (1 - keep)) + keep * keep * step
        mean += step
        values[i - start] = mean if seen + i - start >= window - 1 else np.nan
    s[0], s[1], s[2], s[3], s[4] = mean, level, slope, step, usual
