"""Indicators of price and volume, and the steps that other families share with them."""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def fused(typing, x, y, z) -> tuple:
    """``x * y + z`` rounded once, on every machine: half the latency of a mean's chain, and the bits of C builds."""

    def build(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.DoubleType(), [ir.DoubleType()] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fma", [ir.DoubleType()], kind), arguments)

    return types.float64(types.float64, types.float64, types.float64), build


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
    span = high - low
    return ((close - low) - (high - close)) / span if span > 0.0 else 0.0


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


@njit(cache=True, nogil=True)
def ad(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close, ``d`` volume. ``s``: the total."""
    total, values = s[0], out[0]
    high, low, close, volume = a[start:], b[start:], c[start:], d[start:]
    for j in range(len(high)):
        span = high[j] - low[j]
        flow = ((close[j] - low[j]) - (high[j] - close[j])) / (span if span > 0.0 else 1.0) * volume[j]
        total += flow if span > 0.0 else 0.0
        values[j] = total
    s[0] = total


@njit(cache=True, nogil=True)
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
    high, low, close, volume, rest = a[first:], b[first:], c[first:], d[first:], values[first - start :]
    for j in range(len(high)):
        span = high[j] - low[j]
        flow = ((close[j] - low[j]) - (high[j] - close[j])) / (span if span > 0.0 else 1.0) * volume[j]
        total += flow if span > 0.0 else 0.0
        near = fused(keep_quick, near, quick * total)
        far = fused(keep_calm, far, calm * total)
        rest[j] = near - far
    s[0], s[1], s[2] = total, near, far


@njit(cache=True, nogil=True)
def mfi(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close, ``d`` volume; ``p``: window. ``s``: rising and falling flow of the window,
    bars since there was any, the typical price before, and a ring of the flows with their sign."""
    window, rise, fall, idle, last, values = int(p[0]), s[0], s[1], s[2], s[3], out[0]
    ring = s[4:]
    at = (seen - 1) % window if seen else 0
    for i in range(start, len(a)):
        t = seen + i - start
        typical = (a[i] + b[i] + c[i]) / 3.0
        if t == 0:
            last = typical
            values[0] = np.nan
            continue
        old, money = ring[at], typical * d[i]
        least = 1e-14 * abs(typical)  # a smaller change is the rounding of the mean
        flow = money * ((typical - last > least) - (last - typical > least))
        rise = rise - max(old, 0.0) + max(flow, 0.0)
        fall = fall + min(old, 0.0) - min(flow, 0.0)
        idle = 0.0 if flow != 0.0 else idle + 1.0
        ring[at], last = flow, typical
        at = at + 1 if at + 1 < window else 0
        if idle >= window:  # nothing is left: not the rounding of the sums either
            rise = fall = 0.0
        whole = rise + fall
        value = 100.0 * (max(rise, 0.0) / whole) if whole > 0.0 else 0.0
        values[i - start] = value if t >= window else np.nan
    s[0], s[1], s[2], s[3] = rise, fall, idle, last


@njit(cache=True, nogil=True)
def cmf(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close, ``d`` volume; ``p``: window. ``s``: sums of flow and volume, idle bars."""
    window = int(p[0])
    for i in range(start, len(a)):
        s[0] = 0.0 if d[i] != 0.0 else s[0] + 1.0
        flow = sum_next(s, 1, window, location(a[i], b[i], c[i]) * d[i])
        volume = sum_next(s, 4 + window, window, d[i])
        if s[0] >= window:
            s[3] = s[6 + window] = flow = volume = 0.0
        out[0, i - start] = flow / volume if volume != 0.0 else flow


@njit(cache=True, nogil=True)
def force(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume; ``p``: window, weight. ``s``: the mean."""
    for i in range(start, len(a)):
        if seen + i - start == 0:
            out[0, 0] = np.nan
        else:
            out[0, i - start] = ema_next(s, 0, p[0], p[1], (a[i] - a[i - 1]) * b[i])


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


@njit(cache=True, nogil=True)
def vwap(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume, ``c`` session; ``p``: whether it begins anew with sessions, width of the bands.
    ``s``: session, first price of it, sums of volume, and of volume times the distance to it, and its square."""
    anew, width = p[0] != 0.0, p[1]
    session, base, volume, first, second = s[0], s[1], s[2], s[3], s[4]
    for i in range(start, len(a)):
        if seen + i - start == 0 or (anew and c[i] != session):
            session, base, volume, first, second = c[i], a[i], 0.0, 0.0, 0.0
        far = a[i] - base
        volume += b[i]
        first += b[i] * far
        second += b[i] * far * far
        divisor = volume if volume > 0.0 else 1.0
        mean = first / divisor if volume > 0.0 else far
        spread = width * np.sqrt(max(0.0, second / divisor - mean * mean)) if volume > 0.0 else 0.0
        middle = base + mean
        out[0, i - start], out[1, i - start], out[2, i - start] = middle, middle + spread, middle - spread
    s[0], s[1], s[2], s[3], s[4] = session, base, volume, first, second


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


@njit(cache=True, nogil=True)
def volume_index(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume; ``p``: 1 to follow rising volume, -1 falling. ``s``: the index."""
    value = s[0] if seen else 1000.0
    for i in range(start, len(a)):
        if seen + i - start > 0 and (b[i] - b[i - 1]) * p[0] > 0.0 and a[i - 1] != 0.0:
            value *= a[i] / a[i - 1]
        out[0, i - start] = value
    s[0] = value


@njit(cache=True, nogil=True)
def vpt(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` price, ``b`` volume. ``s``: the total."""
    total = s[0]
    for i in range(start, len(a)):
        if seen + i - start > 0 and a[i - 1] != 0.0:
            total += b[i] * ((a[i] - a[i - 1]) / a[i - 1])
        out[0, i - start] = total
    s[0] = total


@njit(cache=True, nogil=True)
def volume_mean(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` volume; ``p``: window, whether it is the volume over the mean. ``s``: idle bars, the sum."""
    window = int(p[0])
    for i in range(start, len(a)):
        s[0] = 0.0 if a[i] != 0.0 else s[0] + 1.0
        total = sum_next(s, 1, window, a[i])
        if s[0] >= window:
            s[3] = total = 0.0
        mean = total / window
        out[0, i - start] = mean if p[1] == 0.0 else a[i] / mean if mean != 0.0 else mean
