"""What is made of moving averages that are chosen: by kind, or by a window of its own for each bar."""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators.averages import ranked
from workbench.kernels.indicators.averages_exponential import smoothed
from workbench.kernels.indicators.extremes import BLOCK, loop
from workbench.kernels.indicators.momentum import beyond, means_apart
from workbench.kernels.indicators.oscillators import stand
from workbench.kernels.indicators.rounding import quotient
from workbench.kernels.indicators.sums import added_one, means, pushed

SIMPLE, EXPONENTIAL, WEIGHTED = 0, 1, 2


@loop
def _chosen(x, low, high, at, kind, window, s, into) -> None:
    """Means of the last ``window`` of ``x``, for ``low`` to ``high``, of which the first is bar ``at``. ``s``: 3.

    ``into`` is float64[1, high - low]. ``x`` has the ``window`` values before. What is not known yet means nothing.
    """
    if kind == EXPONENTIAL:
        smoothed(x[low:high], into[0], at, window, 2.0 / (window + 1), s)
    elif kind == SIMPLE:
        means(x, low, high, at, window, s, into[0])
    else:
        p = np.array([window, 1.0, 0.0, 0.5 * window * (window + 1.0)])
        ranked(x[:high], x, x, x, x, low, at, into, p, s)


@loop
def macd(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: three windows and three kinds. ``s``: what the three means carry, then lines before this call.

    All means take in the values that their first known one is of, and not those before: both begin on one bar.
    """
    fast, slow, signal, n, kept = int(p[0]), int(p[1]), int(p[2]), len(a), s[9:]
    known, block = max(fast, slow) - 1, max(BLOCK, signal)
    room = np.empty((3, min(block, n - start)))
    lines = np.empty(signal + min(block, n - start))
    lines[:signal] = kept
    for low in range(start, n, block):
        high, at = min(n, low + block), seen + low - start
        m, first = high - low, [0, 0]
        for k in range(2):
            first[k] = max(0, min(m, known + 1 - int(p[k]) - at))
            if first[k] < m:
                here = at + first[k] - known - 1 + int(p[k])
                _chosen(a, low + first[k], high, here, p[3 + k], int(p[k]), s[3 * k :], room[k : k + 1, first[k] : m])
        early = max(0, min(m, known - at))
        line, near, far = lines[signal : signal + m], room[0, :m], room[1, :m]
        line[:early] = 0.0
        for j in range(early, m):
            line[j] = near[j] - far[j]
        mean = room[2:, early:m]
        if early < m:
            _chosen(lines, signal + early, signal + m, at + early - known, p[5], signal, s[6:9], mean)
        values, signals = out[0, low - start : high - start], out[1, low - start : high - start]
        gaps, both = out[2, low - start : high - start], room[2, :m]
        for j in range(m):
            values[j], signals[j], gaps[j] = line[j], both[j], line[j] - both[j]
        out[:, low - start : low - start + max(0, min(m, known + signal - 1 - at))] = np.nan
        for j in range(signal):  # one by one: the two may overlap
            lines[j] = lines[m + j]
    kept[:] = lines[:signal]


@loop
def varied(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` windows; ``p``: least and greatest window. A sum for each bar: no two need be alike."""
    least, most, values = int(p[0]), int(p[1]), out[0]
    for i in range(start, len(a)):
        if seen + i - start < most - 1:
            values[i - start] = np.nan
            continue
        window = int(min(max(b[i], least), most))
        total = 0.0
        for j in range(i - window + 1, i + 1):
            total += a[j]
        values[i - start] = total / window


@loop
def accelerator(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: fast, slow, signal. ``s``: 4 of ``means_apart``, 2 of ``means``, lines before this call."""
    known, signal, n, kept = max(int(p[0]), int(p[1])) - 1, int(p[2]), len(a), s[6:]
    if n - start == 1:
        means_apart(a, b, c, d, e, start, seen, out, p[:2], s[:4])
        line, at = out[0, 0], seen - known
        if at >= 0:
            total = added_one(line - kept[0] if at >= signal else line, at, s[4:6])
            mean = quotient(total, float(signal), 1.0 / signal)
            out[0, 0] = line - mean if at >= signal - 1 else np.nan
        pushed(kept, line)
        return
    block = max(BLOCK, signal)
    whole = np.empty((1, signal + min(block, n - start)))
    lines = whole[0]
    lines[:signal] = kept
    for low in range(start, n, block):
        high, at = min(n, low + block), seen + low - start
        rest, end, early = out[0, low - start : high - start], signal + high - low, max(0, min(high - low, known - at))
        means_apart(a[:high], b, c, d, e, low, at, whole[:, signal:end], p[:2], s[:4])
        means(lines, signal + early, end, at + early - known, signal, s[4:6], rest[early:])
        line = lines[signal:end]
        for j in range(len(rest)):
            rest[j] = line[j] - rest[j]
        rest[: max(0, min(high - low, known + signal - 1 - at))] = np.nan
        for j in range(signal):  # one by one: the two may overlap
            lines[j] = lines[high - low + j]
    kept[:] = lines[:signal]


@loop
def kdj(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close; ``p``: window, bars of both means. ``s``: 4 of the range, 3 of each mean."""
    window, first, second = int(p[0]), int(p[1]), int(p[2])
    block = max(BLOCK, window)
    for low in range(start, len(a), block):
        high, at, x = min(len(a), low + block), seen + low - start, low - start
        k, mean, lead = out[0, x : high - start], out[1, x : high - start], out[2, x : high - start]
        stand(a[:high], b[:high], c[:high], low, at, window, s[:4], lead)
        one, two = beyond(lead, window - 1, at), beyond(k, window + first - 2, at)
        smoothed(one, k[len(k) - len(one) :], at + len(k) - len(one) - window + 1, first, 1.0 / first, s[4:7])
        begin = at + len(k) - len(two) - window - first + 2
        smoothed(two, mean[len(k) - len(two) :], begin, second, 1.0 / second, s[7:])
        for i in range(len(k)):
            lead[i] = 3.0 * k[i] - 2.0 * mean[i]
        out[:, x : x + max(0, min(high - low, window + first + second - 3 - at))] = np.nan
