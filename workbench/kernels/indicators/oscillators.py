"""Oscillators: where a price stands between bounds."""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators.momentum import beyond, loop, seeded

#: Bars that are taken at once, so that what lies between two steps stays in the cache.
BLOCK = 4096


@loop
def extremes(a, sign, start, seen, window, s, values) -> None:
    """Greatest (``sign`` 1) or least (-1) of the last ``window`` values; as far as there are, while there are fewer.

    ``s``: the extreme and its age. Few bars: it is searched anew when it leaves. Many: maxima of 1, 2, 4 ... bars.
    """
    n = len(a) - start
    if n < 16 or n < window:
        top, age = s[0], s[1]
        for i in range(start, len(a)):
            age += 1.0
            value = sign * a[i]
            if value >= top or seen + i == start:
                top, age = value, 0.0
            elif age >= window:
                top = value
                age = 0.0
                for j in range(1, window):
                    if sign * a[i - j] > top:
                        top, age = sign * a[i - j], float(j)
            values[i - start] = sign * top
        s[0], s[1] = top, age
        return
    before = min(start, window - 1)
    size, pad = n + window - 1, window - 1 - before
    x, y = np.empty(size), np.empty(size)
    x[:pad] = -np.inf
    old = a[start - before :]
    rest = x[pad:]
    for j in range(len(old)):
        rest[j] = sign * old[j]
    width = 1
    while 2 * width <= window:
        size -= width
        left, right, into = x[:size], x[width : width + size], y[:size]
        for j in range(size):
            into[j] = left[j] if left[j] > right[j] else right[j]
        x, y = y, x
        width *= 2
    left, right = x[:n], x[window - width : window - width + n]
    for j in range(n):
        values[j] = sign * (left[j] if left[j] > right[j] else right[j])
    top, age = sign * a[len(a) - 1], 0.0
    for j in range(1, window):
        if sign * a[len(a) - 1 - j] > top:
            top, age = sign * a[len(a) - 1 - j], float(j)
    s[0], s[1] = top, age


@loop
def smooth(x, window, s) -> None:
    """Each of ``x`` becomes the mean of the last ``window``. ``s``: the sum, a place, ``window`` values."""
    total, at, ring = s[0], int(s[1]), s[2 : 2 + window]
    for j in range(len(x)):
        value = x[j]
        total += value
        ring[at] = value
        at = at + 1 if at + 1 < window else 0
        x[j] = total / window
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
        width = (values[j] - bottom[j]) / 100.0
        found = (now[j] - bottom[j]) / width
        values[j] = found if width != 0.0 else 0.0


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
            width = (values[j] - under[j]) / -100.0
            found = (values[j] - now[j]) / width
            values[j] = found if width != 0.0 else 0.0
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
            whole = gain + loss
            values[i - start] = 100.0 * (gain - part * loss) / whole if whole > 1e-14 else 0.0
    new, rest = a[first:], values[first - start :]
    for j in range(len(new)):
        move = new[j] - last
        last = new[j]
        gain = gain * keep + weight * max(move, 0.0)
        loss = loss * keep + weight * max(-move, 0.0)
        whole = gain + loss
        found = 100.0 * (gain - part * loss) / whole
        rest[j] = found if whole > 1e-14 else 0.0
    s[0], s[1], s[2] = gain, loss, last


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
        gain += max(move, 0.0)
        loss += max(-move, 0.0)
        if at > window:
            gone = a[i - window] - a[i - window - 1]
            # Where nothing is left in the window the sum is 0, not what rounding left of it.
            gain = max(0.0, gain - max(gone, 0.0)) if risen < window else 0.0
            loss = max(0.0, loss - max(-gone, 0.0)) if fallen < window else 0.0
        if at >= window:
            whole = gain + loss
            values[i - start] = 100.0 * (gain - part * loss) / whole if whole > 1e-14 else 0.0
    s[0], s[1], s[2], s[3] = gain, loss, risen, fallen


@loop
def aroon(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, one output or two, whether the first of equals counts. ``s``: extremes and their ages."""
    window, single, oldest = int(p[0]), p[1] != 0.0, p[2] != 0.0
    top, high_age, bottom, low_age = s[0], int(s[1]), s[2], int(s[3])
    factor = 100.0 / window
    for i in range(start, len(a)):
        at = seen + i - start
        high, low = a[i], b[i]
        high_age += 1
        low_age += 1
        if at == 0 or high > top or (high == top and not oldest):
            top, high_age = high, 0
        elif high_age > window:
            top, high_age = high, 0
            for j in range(1, window + 1):
                if a[i - j] > top or (oldest and a[i - j] == top):
                    top, high_age = a[i - j], j
        if at == 0 or low < bottom or (low == bottom and not oldest):
            bottom, low_age = low, 0
        elif low_age > window:
            bottom, low_age = low, 0
            for j in range(1, window + 1):
                if b[i - j] < bottom or (oldest and b[i - j] == bottom):
                    bottom, low_age = b[i - j], j
        if at < window:
            out[:, i - start] = np.nan
        elif single:
            out[0, i - start] = factor * (low_age - high_age)
        else:
            out[0, i - start] = factor * (window - low_age)
            out[1, i - start] = factor * (window - high_age)
    s[0], s[1], s[2], s[3] = top, high_age, bottom, low_age


@loop
def cci(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. The mean distance is summed anew on every bar, since the mean moves."""
    window, values = int(p[0]), out[0]
    first = min(len(a), start + max(0, window - 1 - seen))
    values[: first - start] = np.nan
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
            rest[j] = found if away[j] > 0.0 else 0.0


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
    """``p``: window, weights of first, second, signal. ``s``: the extremes' 4, four means, the signal."""
    window, first, second, last = int(p[0]), p[1], p[2], p[3]
    block = max(BLOCK, window)
    tops, bottoms = np.empty(min(block, len(a) - start)), np.empty(min(block, len(a) - start))
    for low in range(start, len(a), block):
        high, done = min(len(a), low + block), seen + low - start
        n = high - low
        extremes(a[:high], 1.0, low, done, window, s[:2], tops[:n])
        extremes(b[:high], -1.0, low, done, window, s[2:4], bottoms[:n])
        for j in range(n):
            at = done + j
            if at < window - 1:
                out[:, low - start + j] = np.nan
                continue
            width = tops[j] - bottoms[j]
            off = c[low + j] - 0.5 * (tops[j] + bottoms[j])
            s[4] = seeded(off, at, window - 1, 1, first, s[4])
            s[5] = seeded(width, at, window - 1, 1, first, s[5])
            s[6] = seeded(s[4], at, window - 1, 1, second, s[6])
            s[7] = seeded(s[5], at, window - 1, 1, second, s[7])
            value = 100.0 * s[6] / (0.5 * s[7]) if s[7] != 0.0 else 0.0
            s[8] = seeded(value, at, window - 1, 1, last, s[8])
            out[0, low - start + j], out[1, low - start + j] = value, s[8]


@loop
def pressed(a, b, c, i) -> tuple[float, float]:
    """What the bar's close is above its true low, and its true range."""
    was = c[i - 1]
    bottom = min(b[i], was)
    return c[i] - bottom, max(a[i], was) - bottom


@loop
def ultosc(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: three windows, ascending. ``s``: three sums of pressure, three of range, without what leaves next."""
    short, middle, long, values = int(p[0]), int(p[1]), int(p[2]), out[0]
    x, y, z, u, v, w = s[0], s[1], s[2], s[3], s[4], s[5]
    for i in range(start, len(a)):
        at = seen + i - start
        values[i - start] = np.nan
        if at == 0:
            continue
        up, span = pressed(a, b, c, i)
        x, y, z, u, v, w = x + up, y + up, z + up, u + span, v + span, w + span
        if at >= long:
            found = 4.0 * (x / u) if u > 1e-14 else 0.0
            found += 2.0 * (y / v) if v > 1e-14 else 0.0
            found += z / w if w > 1e-14 else 0.0
            values[i - start] = 100.0 * (found / 7.0)
        if at >= short:
            up, span = pressed(a, b, c, i - short + 1)
            x, u = x - up, u - span
        if at >= middle:
            up, span = pressed(a, b, c, i - middle + 1)
            y, v = y - up, v - span
        if at >= long:
            up, span = pressed(a, b, c, i - long + 1)
            z, w = z - up, w - span
    s[0], s[1], s[2], s[3], s[4], s[5] = x, y, z, u, v, w


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
