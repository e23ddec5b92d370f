"""Oscillators: where a price stands between bounds."""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators.extremes import BLOCK, age_one, ages, extremes
from workbench.kernels.indicators.momentum import beyond, loop, seeded, signalled, twice
from workbench.kernels.indicators.rounding import fused, quotient


@loop
def smooth(x, window, s) -> None:
    """Each of ``x`` becomes the mean of the last ``window``. ``s``: the sum, a place, ``window`` values."""
    total, at, ring = s[0], int(s[1]), s[2 : 2 + window]
    count, inverse = float(window), 1.0 / window
    for j in range(len(x)):
        value = x[j]
        total += value
        ring[at] = value
        at = at + 1 if at + 1 < window else 0
        x[j] = quotient(total, count, inverse)
        total -= ring[at]
    s[0], s[1] = total, at


@loop
def stand(high, low, close, start, seen, window, s, values) -> None:
    """Where the close is between the extremes of ``window`` bars, 0 to 100; 0 where they are equal. ``s``: 4."""
    bottom = np.empty(len(close) - start)
    extremes(high, 1.0, start, seen, window, s[:2], values)
    extremes(low, -1.0, start, seen, window, s[2:4], bottom)
    now = close[start:]
    for j in range(len(now)):
        width = values[j] - bottom[j]
        found = 100.0 * (now[j] - bottom[j]) / width
        values[j] = found if width != 0.0 else 0.0 * now[j]


@loop
def stoch(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, bars of the first mean, of the second. ``out``: the first mean and the second."""
    window, first, second = int(p[0]), int(p[1]), int(p[2])
    one, two = s[4 : 6 + first], s[6 + first :]
    block = max(BLOCK, window)
    for low in range(start, len(a), block):
        high, done = min(len(a), low + block), seen + low - start
        lines, means = out[0, low - start : high - start], out[1, low - start : high - start]
        stand(a[:high], b[:high], c[:high], low, done, window, s[:4], lines)
        if first > 1:
            smooth(beyond(lines, window - 1, done), first, one)
        means[:] = lines
        smooth(beyond(means, window + first - 2, done), second, two)
        known = max(0, min(high - low, window + first + second - 3 - done))
        lines[:known] = np.nan
        means[:known] = np.nan


@loop
def willr(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window."""
    window = int(p[0])
    block = max(BLOCK, window)
    bottom = np.empty(min(block, len(a) - start))
    for low in range(start, len(a), block):
        high, done = min(len(a), low + block), seen + low - start
        values, under, now = out[0, low - start : high - start], bottom[: high - low], c[low:high]
        extremes(a[:high], 1.0, low, done, window, s[:2], values)
        extremes(b[:high], -1.0, low, done, window, s[2:4], under)
        for j in range(len(now)):
            width = values[j] - under[j]
            found = -100.0 * (values[j] - now[j]) / width
            values[j] = found if width != 0.0 else 0.0 * now[j]
        values[: max(0, min(high - low, window - 1 - done))] = np.nan


@loop
def strength(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, weight, part of the losses in the numerator. ``s``: mean gain, mean loss, the last price."""
    window, weight, part, values = int(p[0]), p[1], p[2], out[0]
    gain, loss, last, keep = s[0], s[1], s[2], 1.0 - p[1]
    first = min(len(a), start + max(0, window + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        move = a[i] - last if at > 0 else 0.0
        last = a[i]
        gain += max(move, 0.0)
        loss += max(-move, 0.0)
        values[i - start] = np.nan
        if at == window:
            gain /= window
            loss /= window
            values[i - start] = _balance(gain, loss, part)
    losses = np.empty(min(BLOCK, len(a) - first))
    for low in range(first, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        new, gains, falls = a[low:high], values[low - start : high - start], losses[: high - low]
        for j in range(len(new)):
            move = new[j] - (new[j - 1] if j > 0 else last)
            gains[j] = weight * (0.0 if move < 0.0 else move)
            falls[j] = weight * (0.0 if move > 0.0 else -move)
        for j in range(len(new)):
            gain, loss = fused(keep, gain, gains[j]), fused(keep, loss, falls[j])
            gains[j], falls[j] = gain, loss
        for j in range(len(new)):
            gains[j] = _balance(gains[j], falls[j], part)
        last = new[len(new) - 1]
    s[0], s[1], s[2] = gain, loss, last


@loop
def _balance(gain, loss, part) -> float:
    """Gains, less ``part`` of the losses, in percent of both; 0 where there is next to nothing."""
    whole = gain + loss
    found = 100.0 * (gain - part * loss) / whole
    return 0.0 if whole <= 1e-14 else found


@loop
def strength_of_sums(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, -, part of the losses. ``s``: sums of gains and losses, bars since the last gain and loss."""
    window, part, values = int(p[0]), p[2], out[0]
    gain, loss, risen, fallen = s[0], s[1], s[2], s[3]
    for i in range(start, len(a)):
        at = seen + i - start
        values[i - start] = np.nan
        if at == 0:
            continue
        move = a[i] - a[i - 1]
        risen = 0.0 if move > 0.0 else risen + 1.0
        fallen = 0.0 if move < 0.0 else fallen + 1.0
        gain += 0.0 if move < 0.0 else move
        loss += 0.0 if move > 0.0 else -move
        if at > window:
            gone = a[i - window] - a[i - window - 1]
            gain -= max(gone, 0.0)
            loss -= max(-gone, 0.0)
            # Where nothing is left in the window the sum is 0, not what rounding left of it; NaN stays.
            gain = 0.0 if gain < 0.0 or (risen >= window and gain == gain) else gain
            loss = 0.0 if loss < 0.0 or (fallen >= window and loss == loss) else loss
        if at >= window:
            values[i - start] = _balance(gain, loss, part)
    s[0], s[1], s[2], s[3] = gain, loss, risen, fallen


@loop
def aroon(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, one output or two, whether the first of equals counts. No state: windows are searched anew."""
    window, single, oldest = int(p[0]), p[1] != 0.0, p[2] != 0.0
    factor, first = 100.0 / window, min(len(a), start + max(0, int(p[0]) - seen))
    out[:, : first - start] = np.nan
    if len(a) - first == 1:
        top, high = age_one(a, 1.0, first, window + 1, oldest)
        bottom, low = age_one(b, -1.0, first, window + 1, oldest)
        known = (top - top) + (bottom - bottom)
        if single:
            out[0, -1] = factor * (high - low) + known
        else:
            out[0, -1], out[1, -1] = factor * low + known, factor * high + known
        return
    block = min(max(BLOCK, window), len(a) - first)
    if block <= 0:
        return
    size = block + window
    x, more, other = np.empty(size), np.empty(size), np.empty(size)
    tops, highs, bottoms, lows = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    for low in range(first, len(a), block):
        high = min(len(a), low + block)
        n, old = high - low, b[low - window : high]
        ages(a[low - window : high], window + 1, oldest, tops, highs, more, other)
        for j in range(len(old)):
            x[j] = -old[j]
        ages(x[: len(old)], window + 1, oldest, bottoms, lows, more, other)
        down = out[0, low - start : high - start]
        if single:
            for j in range(n):
                known = (tops[j] - tops[j]) + (bottoms[j] - bottoms[j])
                down[j] = factor * (highs[j] - lows[j]) + known
            continue
        up = out[1, low - start : high - start]
        for j in range(n):
            known = (tops[j] - tops[j]) + (bottoms[j] - bottoms[j])
            down[j], up[j] = factor * (lows[j] - j) + known, factor * (highs[j] - j) + known


@loop
def _cci_one(a, b, c, i, window) -> float:
    total = away = now = 0.0
    for k in range(i - window + 1, i + 1):
        now = (a[k] + b[k] + c[k]) / 3.0
        total += now
    total /= window
    for k in range(i - window + 1, i + 1):
        away += abs((a[k] + b[k] + c[k]) / 3.0 - total)
    found = (now - total) / (0.015 * (away / window))
    return 0.0 if away == 0.0 else found


@loop
def cci(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. The mean distance is summed anew on every bar, since the mean moves."""
    window, values = int(p[0]), out[0]
    first = min(len(a), start + max(0, window - 1 - seen))
    values[: first - start] = np.nan
    if len(a) - first == 1:
        values[-1] = _cci_one(a, b, c, first, window)
        return
    size = min(BLOCK, len(a) - first)
    typical, means, aways = np.empty(max(0, size) + window), np.empty(max(0, size)), np.empty(max(0, size))
    for low in range(first, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        n, begin = high - low, low - window + 1
        for j in range(high - begin):
            typical[j] = (a[begin + j] + b[begin + j] + c[begin + j]) / 3.0
        total, away, rest = means[:n], aways[:n], values[low - start : high - start]
        total[:] = 0.0
        away[:] = 0.0
        # Bars inside, so that several are summed in one step.
        for k in range(window):
            one = typical[k : k + n]
            for j in range(n):
                total[j] += one[j]
        for j in range(n):
            total[j] /= window
        for k in range(window):
            one = typical[k : k + n]
            for j in range(n):
                away[j] += abs(one[j] - total[j])
        now = typical[window - 1 : window - 1 + n]
        for j in range(n):
            found = (now[j] - total[j]) / (0.015 * (away[j] / window))
            rest[j] = 0.0 if away[j] == 0.0 else found


@loop
def stoch_of_strength(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: as ``strength``, window of the range, bars of the means. ``s``: its 4, the range's, values, the means'."""
    ahead, window, first, second = int(p[0]), int(p[3]), int(p[4]), int(p[5])
    past, one, two = s[8 : 8 + window], s[8 + window : 10 + window + first], s[10 + window + first :]
    block = max(BLOCK, window)
    found = np.empty((1, min(block, len(a) - start)))
    joined = np.empty(window + min(block, len(a) - start))
    for low in range(start, len(a), block):
        high, done = min(len(a), low + block), seen + low - start
        n, skip = high - low, max(0, min(high - low, ahead - done))
        strength(a[:high], b, c, d, e, low, done, found[:, :n], p, s[:4])
        count = max(0, done - ahead)
        held = min(count, window)
        whole = joined[: held + n - skip]
        whole[:held] = past[window - held :]
        whole[held:] = found[0, skip:n]
        lines, means = out[0, low - start : high - start], out[1, low - start : high - start]
        if n > skip:
            stand(whole, whole, whole, held, count, window, s[4:8], lines[skip:])
            keep = min(window, len(whole))
            past[window - keep :] = whole[len(whole) - keep :]
        if first > 1:
            smooth(beyond(lines, ahead + window - 1, done), first, one)
        means[:] = lines
        smooth(beyond(means, ahead + window + first - 2, done), second, two)
        known = max(0, min(n, ahead + window + first + second - 3 - done))
        lines[:known] = np.nan
        means[:known] = np.nan


@loop
def smi(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, weights of first, second, signal, values each begins with.

    ``s``: the extremes' 4, those of ``twice``, the signal's 3.
    """
    window, one, two, three = int(p[0]), int(p[4]), int(p[5]), int(p[6])
    block = max(BLOCK, window)
    spans = np.empty(min(block, len(a) - start))
    for low in range(start, len(a), block):
        high, at = min(len(a), low + block), seen + low - start
        offs, widths, close = out[0, low - start : high - start], spans[: high - low], c[low:high]
        extremes(a[:high], 1.0, low, at, window, s[:2], offs)
        extremes(b[:high], -1.0, low, at, window, s[2:4], widths)
        for j in range(len(close)):
            top, bottom = offs[j], widths[j]
            offs[j], widths[j] = close[j] - 0.5 * (top + bottom), top - bottom
        twice(offs, widths, window - 1, at, (one, two), p[1:3], s[4:8])
        for j in range(len(close)):
            found = 100.0 * offs[j] / (0.5 * widths[j])
            offs[j] = 0.0 * offs[j] if widths[j] == 0.0 else found
        signalled(offs, window + one + two - 3, at, three, p[3], s[8:], out[1, low - start : high - start])


@loop
def _pressed(a, b, c, first, end, up, span) -> None:
    """Of bars ``first`` to ``end``: what the close is above the true low, and the true range."""
    high, low, close, was = a[first:end], b[first:end], c[first:end], c[first - 1 : end - 1]
    for j in range(len(high)):
        top, bottom, before = high[j], low[j], was[j]
        # A NaN of the bar passes.
        top, bottom = before if top < before else top, before if bottom > before else bottom
        up[j], span[j] = close[j] - bottom, top - bottom


@loop
def _taken(above, widths, up, span, total, width) -> tuple[float, float]:
    """Two sums carried on: in the place of what comes in (``above``, ``widths``), ``up`` and ``span`` having left."""
    for j in range(len(above)):
        total += above[j] - up[j]
        width += widths[j] - span[j]
        up[j], span[j] = total, width
    return total, width


@loop
def ultosc(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: three windows, ascending. ``s``: three sums of pressure, then three of range."""
    values, long, n = out[0], int(p[2]), len(a)
    first = min(n, start + max(0, long + 1 - seen))
    up, span = np.empty((4, BLOCK)), np.empty((4, BLOCK))
    for i in range(start, first):
        at, values[i - start] = seen + i - start, np.nan
        for k in range(3) if at > 0 else range(0):
            _pressed(a, b, c, i, i + 1, up[3], span[3])
            s[k] += up[3, 0]
            s[3 + k] += span[3, 0]
            if at > p[k]:
                gone = i - int(p[k])
                _pressed(a, b, c, gone, gone + 1, up[3], span[3])
                s[k] -= up[3, 0]
                s[3 + k] -= span[3, 0]
        if at == long:
            values[i - start] = _ultimate(s[0], s[1], s[2], s[3], s[4], s[5])
    for low in range(first, n, BLOCK):
        high = min(n, low + BLOCK)
        m = high - low
        _pressed(a, b, c, low, high, up[3], span[3])
        for k in range(3):
            gone = int(p[k])
            _pressed(a, b, c, low - gone, high - gone, up[k], span[k])
            s[k], s[3 + k] = _taken(up[3, :m], span[3, :m], up[k], span[k], s[k], s[3 + k])
        x, y, z, u, v, w, rest = up[0], up[1], up[2], span[0], span[1], span[2], values[low - start : high - start]
        for j in range(len(rest)):
            rest[j] = _ultimate(x[j], y[j], z[j], u[j], v[j], w[j])


@loop
def _ultimate(x, y, z, u, v, w) -> float:
    """Three shares with weights 4, 2 and 1; one of a range of next to nothing counts 0."""
    one, two, three = 4.0 * (x / u), 2.0 * (y / v), z / w
    one, two, three = 0.0 if u <= 1e-14 else one, 0.0 if v <= 1e-14 else two, 0.0 if w <= 1e-14 else three
    return 100.0 / 7.0 * (one + two + three)


@loop
def wilder(move, at, first, window, gain, loss) -> tuple[float, float, float]:
    """Mean gain, mean loss and their index, of changes from bar ``first`` on."""
    gain = seeded(max(move, 0.0), at, first, window, 1.0 / window, gain)
    loss = seeded(max(-move, 0.0), at, first, window, 1.0 / window, loss)
    return gain, loss, 100.0 * gain / (gain + loss) if gain + loss > 0.0 else 0.0


@loop
def connors(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: windows of price, streak, rank. ``s``: streak, four means, a place, changes. The rank is counted anew."""
    window, second, rank, values = int(p[0]), int(p[1]), int(p[2]), out[0]
    past, known = s[6:], max(int(p[0]), int(p[1]) + 1, int(p[2]) + 1)
    for i in range(start, len(a)):
        at = seen + i - start
        values[i - start] = np.nan
        if at == 0:
            continue
        move, was = a[i] - a[i - 1], s[0]
        if move > 0.0:
            s[0] = max(was, 0.0) + 1.0
        elif move < 0.0:
            s[0] = min(was, 0.0) - 1.0
        else:
            s[0] = 0.0
        s[1], s[2], price = wilder(move, at, 1, window, s[1], s[2])
        s[3], s[4], streak = wilder(s[0] - was, at, 2, second, s[3], s[4])
        change = move / a[i - 1] if a[i - 1] != 0.0 else 0.0
        below = 0
        for j in range(rank):
            below += past[j] < change
        past[int(s[5])] = change
        s[5] = (s[5] + 1.0) % rank
        if at >= known:
            values[i - start] = (price + streak + 100.0 * below / rank) / 3.0


@loop
def placed(value, ring, at, was) -> float:
    """Where ``value``, the newest in ``ring``, is between its extremes, 0 to 100; ``was`` where they are equal."""
    ring[at] = value
    top = bottom = value
    for j in range(len(ring)):
        top, bottom = max(top, ring[j]), min(bottom, ring[j])
    return 100.0 * (value - bottom) / (top - bottom) if top > bottom else was


@loop
def schaff(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: fast, slow, their weights, cycle, weight of the smoothing, or 0 for one stage and a mean of 3.

    ``s``: two means, two places in a range, two smoothed, and two rings of ``cycle`` values that are searched anew.
    """
    fast, slow, cycle, weight = int(p[0]), int(p[1]), int(p[4]), p[5]
    lines, smoothed = s[6 : 6 + cycle], s[6 + cycle : 6 + 2 * cycle]
    begin = max(fast, slow) - 1
    first = begin + cycle - 1
    second = first + cycle - 1 if weight > 0.0 else first + 2
    for i in range(start, len(a)):
        at = seen + i - start
        out[0, i - start] = np.nan
        s[0] = seeded(a[i], at, 0, fast, p[2], s[0])
        s[1] = seeded(a[i], at, 0, slow, p[3], s[1])
        if at < begin:
            continue
        line = s[0] - s[1]
        if at == begin:
            lines[:] = line
        place = (at - begin) % cycle
        if weight == 0.0:
            now = placed(line, lines, place, 0.0)
            if at >= second:
                out[0, i - start] = (s[2] + s[3] + now) / 3.0
            s[2], s[3] = s[3], now
            continue
        s[2] = placed(line, lines, place, s[2])
        if at < first:
            continue
        s[4] = seeded(s[2], at, first, 1, weight, s[4])
        if at == first:
            smoothed[:] = s[4]
        s[3] = placed(s[4], smoothed, (at - first) % cycle, s[3])
        s[5] = seeded(s[3], at, second, 1, weight, s[5])
        if at >= second:
            out[0, i - start] = s[5]
