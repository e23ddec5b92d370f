"""Indicators of price and volume, and the steps that other families share with them."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators import has_nan
from workbench.kernels.indicators.averages_exponential import smoothed, smoothed_one
from workbench.kernels.indicators.extremes import BLOCK, loop
from workbench.kernels.indicators.rounding import fused, quotient
from workbench.kernels.indicators.sums import added, added_one, moved, moved_one, multiplied, pushed

#: Numbers in the state of ``vwap``.
VWAP_STATE = 8


@njit(cache=True, nogil=True)
def ema_next(s, at, window, weight, value) -> float:
    """An exponential mean in ``s[at : at + 2]`` (count, sum until there are ``window`` values, then the mean)."""
    if s[at] >= window:
        s[at + 1] = weight * value + (1.0 - weight) * s[at + 1]
        return s[at + 1]
    s[at] += 1.0
    s[at + 1] += value
    if s[at] < window:
        return np.nan
    s[at + 1] /= window
    return s[at + 1]


@njit(cache=True, nogil=True)
def sum_next(s, at, window, value) -> float:
    """The sum of the last ``window`` values; ``s[at : at + 3 + window]`` is count, place, sum and a ring."""
    here = at + 3 + int(s[at + 1])
    s[at + 2] += value - s[here]
    s[here] = value
    s[at + 1] = 0.0 if s[at + 1] + 1.0 >= window else s[at + 1] + 1.0
    if s[at] < window:
        s[at] += 1.0
        if s[at] < window:
            return np.nan
    return s[at + 2]


@njit(cache=True, nogil=True)
def location(high, low, close) -> float:
    """Where the close is between low (-1) and high (1); 0 where they are the same."""
    span, way = high - low, (close - low) - (high - close)
    return 0.0 * way if span <= 0.0 else way / span


@loop
def flow_one(high, low, close, volume) -> float:
    """Volume times where the close is between high and low; 0 where they are the same."""
    span, money = high - low, ((close - low) - (high - close)) * volume
    found = money / span
    return 0.0 * money if span <= 0.0 else found


@njit(cache=True, nogil=True, error_model="numpy")
def _flows(high, low, close, volume, into) -> None:
    """``flow_one``, several bars at once."""
    for j in range(len(into)):
        into[j] = flow_one(high[j], low[j], close[j], volume[j])


@njit(cache=True, nogil=True)
def obv(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume; ``p``: whether it begins with the first volume. ``s``: the total."""
    total, values, first = s[0], out[0], start
    if seen == 0 and len(a) > start:
        total = b[start] if p[0] else 0.0
        values[0] = total
        first += 1
    if first < len(a):
        new, old, volume, rest = a[first:], a[first - 1 : len(a) - 1], b[first:], values[first - start :]
        for j in range(len(new)):
            total += volume[j] * ((new[j] > old[j]) - (new[j] < old[j]))
            rest[j] = total
    s[0] = total


@loop
def ad(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close, ``d`` volume. ``s``: see ``added``."""
    if len(a) - start == 1:
        out[0, 0] = added_one(flow_one(a[start], b[start], c[start], d[start]), seen, s)
        return
    for low in range(start, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        rest = out[0, low - start : high - start]
        _flows(a[low:high], b[low:high], c[low:high], d[low:high], rest)
        added(rest, seen + low - start, s)


@loop
def adosc(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bars of both means, their weights, whether they begin with the first value. ``s``: total and means."""
    fast, slow, quick, calm, from_first = int(p[0]), int(p[1]), p[2], p[3], p[4] != 0.0
    keep_quick, keep_calm = 1.0 - quick, 1.0 - calm
    total, near, far, values, most = s[0], s[1], s[2], out[0], max(p[0], p[1])
    first = min(len(a), start + max(0, int(most) - seen))
    for i in range(start, first):
        t = seen + i - start
        total += location(a[i], b[i], c[i]) * d[i]
        if from_first:
            near = total if t == 0 else fused(keep_quick, near, quick * total)
            far = total if t == 0 else fused(keep_calm, far, calm * total)
        else:
            near = near + total if t < fast else fused(keep_quick, near, quick * total)
            far = far + total if t < slow else fused(keep_calm, far, calm * total)
            near = near / fast if t == fast - 1 else near
            far = far / slow if t == slow - 1 else far
        values[i - start] = near - far if t >= most - 1 else np.nan
    for low in range(first, len(a), BLOCK):
        end = min(len(a), low + BLOCK)
        rest = values[low - start : end - start]
        _flows(a[low:end], b[low:end], c[low:end], d[low:end], rest)
        for j in range(len(rest)):
            total += rest[j]
            near = fused(keep_quick, near, quick * total)
            far = fused(keep_calm, far, calm * total)
            rest[j] = near - far
    s[0], s[1], s[2] = total, near, far


@njit(cache=True, nogil=True, error_model="numpy")
def mfi(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close, ``d`` volume; ``p``: window. ``s``: rising and falling flow of the window,
    bars since there was any, the typical price before, and a ring of the flows with their sign."""
    window, rise, fall, idle, last, values = int(p[0]), s[0], s[1], s[2], s[3], out[0]
    ring, known = s[4:], min(len(a), start + max(0, int(p[0]) - seen))
    at = (seen - 1) % window if seen else 0
    flows = np.empty((2, min(BLOCK, len(a) - start)))
    for low in range(start, len(a), BLOCK):
        end = min(len(a), low + BLOCK)
        typical, flow, rest = flows[0, : end - low], flows[1, : end - low], values[low - start : end - start]
        last = _money(a[low:end], b[low:end], c[low:end], d[low:end], last, typical, flow)
        first = 1 if seen + low == start else 0  # the first bar of all has no change
        for j in range(first, len(rest)):
            old, new = ring[at], flow[j]
            rise += (new if new > 0.0 else 0.0) - (old if old > 0.0 else 0.0)
            fall -= (0.0 if new > 0.0 else new) - (0.0 if old > 0.0 else old)
            idle = 0.0 if new != 0.0 else idle + 1.0
            ring[at] = new
            at = at + 1 if at + 1 < window else 0
            if idle >= window and fall == fall:  # nothing is left: not the rounding of the sums either
                rise = fall = 0.0
            typical[j], rest[j] = rise, fall
        for j in range(first, len(rest)):
            above = 0.0 if typical[j] < 0.0 else typical[j]
            whole = typical[j] + rest[j]
            found = 100.0 * (above / whole)
            rest[j] = 0.0 if whole <= 0.0 else found
    values[: known - start] = np.nan
    s[0], s[1], s[2], s[3] = rise, fall, idle, last


@njit(cache=True, nogil=True, error_model="numpy")
def _money(high, low, close, volume, last, typical, flow) -> float:
    """Typical prices, and these times volume with the sign of their change from the one before; the last price."""
    for j in range(len(flow)):
        typical[j] = quotient(high[j] + low[j] + close[j], 3.0, 1.0 / 3.0)
    for j in range(len(flow)):
        now, was = typical[j], typical[j - 1] if j > 0 else last
        least = 1e-14 * abs(now)  # a smaller change is the rounding of the mean
        flow[j] = now * volume[j] * ((now - was > least) - (was - now > least))
    return typical[len(flow) - 1]


@loop
def cmf(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close, ``d`` volume; ``p``: window. ``s``: see ``moved``, of flow and of volume;
    flows before this call."""
    window, n, kept, block = int(p[0]), len(a), s[6:], max(BLOCK, int(p[0]))
    if n - start == 1:
        live, flow = d[start], flow_one(a[start], b[start], c[start], d[start])
        money = moved_one(flow - kept[0], live, seen, window, s[:3])
        total = moved_one(live - d[start - window] if seen >= window else live, live, seen, window, s[3:6])
        found = money / total
        out[0, 0] = np.nan if seen < window - 1 else money if total == 0.0 else found
        pushed(kept, flow)
        return
    flows, volumes = np.empty(window + min(block, n - start)), np.empty(min(block, n - start))
    flows[:window] = kept
    for low in range(start, n, block):
        high, at = min(n, low + block), seen + low - start
        m, live, rest = high - low, d[low:high], out[0, low - start : high - start]
        flow, volume = flows[window : window + m], volumes[:m]
        _flows(a[low:high], b[low:high], c[low:high], live, flow)
        full = max(0, min(m, window - at))  # from here on something leaves the window
        volume[:full] = live[:full]
        new, old = d[low + full : high], d[max(0, low + full - window) : max(0, high - window)]
        less = volume[full:]
        for j in range(len(new)):
            less[j] = new[j] - old[j]
        for j in range(m):
            rest[j] = flow[j] - flows[j]
        moved(rest, live, at, window, s[:3])
        moved(volume, live, at, window, s[3:6])
        for j in range(m):
            found = rest[j] / volume[j]
            rest[j] = rest[j] if volume[j] == 0.0 else found
        rest[: max(0, min(m, window - 1 - at))] = np.nan
        for j in range(window):  # one by one: the two may overlap
            flows[j] = flows[m + j]
    kept[:] = flows[:window]


@loop
def force(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume; ``p``: window, weight. ``s``: see ``smoothed``."""
    first = min(len(a), start + max(0, 1 - seen))
    out[0, : first - start] = np.nan
    if len(a) - first == 1:
        push = (a[first] - a[first - 1]) * b[first]
        out[0, -1] = smoothed_one(push, seen + first - start - 1, int(p[0]), p[1], s)
        return
    for low in range(first, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        rest, new, old, volume = out[0, low - start : high - start], a[low:high], a[low - 1 : high - 1], b[low:high]
        for j in range(len(rest)):
            rest[j] = (new[j] - old[j]) * volume[j]
        smoothed(rest, rest, seen + low - start - 1, int(p[0]), p[1], s)


@njit(cache=True, nogil=True)
def klinger(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close, ``d`` volume; ``p``: three windows and their weights. ``s``: the three means,
    the way it went, the sum of spans that way, the force before."""
    for i in range(start, len(a)):
        t = seen + i - start
        out[0, i - start] = out[1, i - start] = np.nan
        if t == 0:
            continue
        way = 1.0 if a[i] + b[i] + c[i] > a[i - 1] + b[i - 1] + c[i - 1] else -1.0
        span = a[i] - b[i]
        before, s[6] = s[6], way
        if t == 1:
            continue
        s[7] = (s[7] if way == before else a[i - 1] - b[i - 1]) + span
        if span == s[7] or d[i] == 0.0:
            s[8] = 0.0
        elif span == 0.0:
            s[8] = d[i] * 2.0 * way * 100.0
        elif s[7] != 0.0:
            s[8] = d[i] * abs(2.0 * (span / s[7] - 1.0)) * way * 100.0
        near, far = ema_next(s, 0, p[0], p[3], s[8]), ema_next(s, 2, p[1], p[4], s[8])
        value = near - far
        if not np.isnan(value):
            out[0, i - start] = value
            out[1, i - start] = ema_next(s, 4, p[2], p[5], value)


@loop
def vwap(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume, ``c`` session; ``p``: whether it begins anew with sessions, width of the bands.
    ``s``: session, first price of it; of volume, of it times the distance to that price, and times its square: see
    ``added``."""
    anew, width, size = p[0] != 0.0, p[1], min(BLOCK, len(a) - start)
    room, low, strange = np.empty((3, size)), start, False
    while low < len(a):
        at, high = seen + low - start, min(len(a), low + BLOCK)
        if at == 0 or (anew and c[low] != s[0]):
            s[:] = 0.0
            s[0], s[1] = c[low], a[low]
        if anew and c[high - 1] != s[0]:
            high = low + 1
            while c[high] == s[0]:
                high += 1
        base, price, volume, n = s[1], a[low:high], b[low:high], high - low
        total, first, second = room[0, :n], room[1, :n], room[2, :n]
        for j in range(n):
            far = price[j] - base
            total[j], first[j], second[j] = volume[j], volume[j] * far, volume[j] * far * far
        added(total, at, s[2:4])
        added(first, at, s[4:6])
        added(second, at, s[6:8])
        middle, upper = out[0, low - start : high - start], out[1, low - start : high - start]
        lower = out[2, low - start : high - start]
        for j in range(n):
            some, far = total[j] > 0.0, price[j] - base
            mean, mean_square = first[j] / total[j], second[j] / total[j]
            left = mean_square - mean * mean
            spread = width * np.sqrt(0.0 if left < 0.0 else left)
            mean, spread = mean if some else far + 0.0 * total[j], spread if some else 0.0
            middle[j], upper[j], lower[j] = base + mean, base + mean + spread, base + mean - spread
        strange |= has_nan(price) | has_nan(volume) | has_nan(c[low:high])
        low = high
    if strange:
        out[0, -1] = np.nan


@njit(cache=True, nogil=True)
def vwap_rolling(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume; ``p``: window. ``s``: idle bars, sums of price times volume, and volume."""
    window = int(p[0])
    for i in range(start, len(a)):
        s[0] = 0.0 if b[i] != 0.0 else s[0] + 1.0
        money = sum_next(s, 1, window, a[i] * b[i])
        volume = sum_next(s, 4 + window, window, b[i])
        if s[0] >= window:
            s[3] = s[6 + window] = money = volume = 0.0
        out[0, i - start] = money / volume if volume != 0.0 else a[i]


@njit(cache=True, nogil=True)
def eom(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` volume; ``p``: window, unit of volume. ``s``: the sum."""
    window = int(p[0])
    for i in range(start, len(a)):
        if seen + i - start == 0:
            out[0, 0] = np.nan
            continue
        move = (a[i] + b[i]) / 2.0 - (a[i - 1] + b[i - 1]) / 2.0
        ease = move * (a[i] - b[i]) * p[1] / c[i] if c[i] != 0.0 else 0.0
        out[0, i - start] = sum_next(s, 0, window, ease) / window


@loop
def volume_index(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume; ``p``: 1 to follow rising volume, -1 falling. ``s``: see ``multiplied``."""
    if seen == 0:
        s[0], s[1] = 1000.0, 1.0
    strange = False
    for low in range(start, len(a), BLOCK):
        high, at = min(len(a), low + BLOCK), seen + low - start
        rest, first = out[0, low - start : high - start], low + (at == 0)
        rest[0] = 1.0
        steps, new, volume = rest[first - low :], a[first:high], b[first:high]
        old, less = a[first - 1 : high - 1], b[first - 1 : high - 1]
        for j in range(len(steps)):
            step = new[j] / old[j]
            steps[j] = step if ((volume[j] - less[j]) * p[0] > 0.0) & (old[j] != 0.0) else 1.0
        multiplied(rest, at, s)
        strange |= has_nan(a[low:high]) | has_nan(b[low:high])
    if strange:
        out[0, -1] = np.nan


@loop
def vpt(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume. ``s``: see ``added``."""
    for low in range(start, len(a), BLOCK):
        high, at = min(len(a), low + BLOCK), seen + low - start
        rest, first = out[0, low - start : high - start], low + (at == 0)
        rest[0] = 0.0 * (a[low] + b[low])
        moves, new, old, volume = rest[first - low :], a[first:high], a[first - 1 : high - 1], b[first:high]
        for j in range(len(moves)):
            move = volume[j] * ((new[j] - old[j]) / old[j])
            moves[j] = move if old[j] != 0.0 else 0.0 * (new[j] + volume[j])
        added(rest, at, s)


@loop
def volume_mean(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` volume; ``p``: window, 1 for the volume over the mean, 2 over that before. ``s``: see ``moved``, a mean."""
    window, kind, n = int(p[0]), p[1], len(a)
    for low in range(start, n, BLOCK):
        high, done = min(n, low + BLOCK), seen + low - start
        rest, live = out[0, low - start : high - start], a[low:high]
        rest[:] = live
        full = low + max(0, min(high - low, window - done))
        less, old = rest[full - low :], a[max(0, full - window) : max(0, high - window)]
        for j in range(len(less)):
            less[j] -= old[j]
        moved(rest, live, done, window, s[:3])
        if kind == 2.0:
            last, s[3] = s[3], rest[-1]
            for j in range(len(rest) - 1, 0, -1):
                rest[j] = rest[j - 1]
            rest[0] = last
        for j in range(len(rest)):
            mean = rest[j] / window
            share = live[j] / mean
            rest[j] = mean + 0.0 * live[j] if (kind == 0.0) | (mean == 0.0) else share
        rest[: max(0, min(high - low, window - 1 + (kind == 2.0) - done))] = np.nan
