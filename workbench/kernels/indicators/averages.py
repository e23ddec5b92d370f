"""Moving averages.

Sums that are carried a bar at a time gather rounding errors; where a sum of sums would make them grow they are taken
anew from the bars at every ``_ANEW``-th one, unless they are NaN: that tells that an input was.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.extremes import BLOCK, extremes
from workbench.kernels.indicators.rounding import fused, quotient

_ANEW = 512


@njit(cache=True, nogil=True)
def sma(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: the sum of the last ``window`` values, of all while there are fewer."""
    window, total, values = int(p[0]), s[0], out[0]
    first = min(len(a), start + max(0, window - seen))
    for i in range(start, first):
        total += a[i]
        values[i - start] = total / window if seen + i - start == window - 1 else np.nan
    # Slices of equal length: no index is asked whether it is below 0, and the sum is the only chain.
    new, old, rest = a[first:], a[first - window : len(a) - window], values[first - start :]
    width, inverse = float(window), 1.0 / window
    for j in range(len(new)):
        total += new[j] - old[j]
        rest[j] = quotient(total, width, inverse)
    s[0] = total


@njit(cache=True, nogil=True)
def _end(i: int, n: int, at: int, every: int) -> int:
    """Where the run of bars ends that begins at index ``i``, bar ``at``: before the next bar that begins anew."""
    return min(n, i + every - at % every)


@njit(cache=True, nogil=True)
def _sums(a, end: int, window: int) -> tuple[float, float]:
    """The sum of the ``window`` values before ``end``, and that of each times its place, 1 for the oldest."""
    total = ranked = 0.0
    for j in range(window):
        total += a[end - window + j]
        ranked += (j + 1) * a[end - window + j]
    return total, ranked


@njit(cache=True, nogil=True)
def ranked_one(x: float, before, at: int, u: float, divisor: float, s) -> float:
    """``ranked``, with v of 0, of the single value ``x``; ``before`` has the ``window`` values before it."""
    window = len(before)
    if at < window:
        s[0] += x
        s[1] += (at + 1) * x
        return fused(u, s[1], 0.0 * s[0]) / divisor if at == window - 1 else np.nan
    if at % max(_ANEW, window) == 0 and s[0] == s[0]:
        s[0], s[1] = _sums(before, window, window)
    s[1] += float(window) * x - s[0]
    s[0] += x - before[0]
    return quotient(fused(u, s[1], 0.0 * s[0]), divisor, 1.0 / divisor)


@njit(cache=True, nogil=True)
def ranked(a, b, c, d, e, start, seen, out, p, s) -> None:
    """(u * ranked sum + v * sum) / divisor; ``p``: window, u, v, divisor. ``s``: sum, ranked sum."""
    window, u, v, divisor, values = int(p[0]), p[1], p[2], p[3], out[0]
    total, rank, n, every = s[0], s[1], len(a), max(_ANEW, int(p[0]))
    width, inverse = p[0], 1.0 / p[3]
    first = min(n, start + max(0, window - seen))
    for i in range(start, first):
        at = seen + i - start
        total += a[i]
        rank += (at + 1) * a[i]
        values[i - start] = fused(u, rank, v * total) / divisor if at == window - 1 else np.nan
    i = first
    while i < n:
        at = seen + i - start
        if at % every == 0 and total == total:
            total, rank = _sums(a, i, window)
        end = _end(i, n, at, every)
        new, old, rest = a[i:end], a[i - window : end - window], values[i - start : end - start]
        for j in range(len(new)):
            rank += width * new[j] - total
            total += new[j] - old[j]
            rest[j] = fused(u, rank, v * total)
        # Apart from the loop that is a chain, so that it is done for several bars at once.
        for j in range(len(rest)):
            rest[j] = quotient(rest[j], divisor, inverse)
        i = end
    s[0], s[1] = total, rank


@njit(cache=True, nogil=True, error_model="numpy")
def hma(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, half, root. ``s``: three sums with their ranked sums, and the last ``root`` differences.

    The differences are kept times both divisors, so that there is one division a bar.
    """
    window, half, root, values, n = int(p[0]), int(p[1]), int(p[2]), out[0], len(a)
    long, long_rank, short, short_rank, total, rank, ring = s[0], s[1], s[2], s[3], s[4], s[5], s[6:]
    u, v = window * (window + 1.0), half * (half + 1) / 2.0
    over, known, every = u / 2 * v * (root * (root + 1) / 2.0), window + root - 2, max(_ANEW, 2 * window)
    inverse = 1.0 / over
    first = min(n, start + max(0, known + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        long_rank += min(at + 1, window) * a[i] - (long if at >= window else 0.0)
        long += a[i] - (a[i - window] if at >= window else 0.0)
        short_rank += min(at + 1, half) * a[i] - (short if at >= half else 0.0)
        short += a[i] - (a[i - half] if at >= half else 0.0)
        if at >= window - 1:
            ring[at - window + 1] = u * short_rank - v * long_rank
            total += ring[at - window + 1]
            rank += (at - window + 2) * ring[at - window + 1]
        values[i - start] = rank / over if at == known else np.nan
    i = first
    while i < n:
        at = seen + i - start
        place = (at - known - 1) % root
        if at % every == 0 and long == long:
            long, long_rank = _sums(a, i, window)
            short, short_rank = _sums(a, i, half)
            total = rank = 0.0
            for j in range(root):
                total += ring[(place + j) % root]
                rank += (j + 1) * ring[(place + j) % root]
        end = _end(i, n, at, every)
        new, old, mid, rest = a[i:end], a[i - window : end - window], a[i - half : end - half], values[i - start :]
        for j in range(len(new)):
            x = new[j]
            long_rank += window * x - long
            long += x - old[j]
            short_rank += half * x - short
            short += x - mid[j]
            value = u * short_rank - v * long_rank
            rank += root * value - total
            total += value - ring[place]
            ring[place] = value
            place = place + 1 if place < root - 1 else 0
            rest[j] = quotient(rank, over, inverse)
        i = end
    s[0], s[1], s[2], s[3], s[4], s[5] = long, long_rank, short, short_rank, total, rank


@njit(cache=True, nogil=True)
def trima(a, b, c, d, e, start, seen, out, p, s) -> None:
    """A mean of ``second`` means of ``first``; ``p``: first, second. ``s``: the sums of first and of second of them."""
    width, count, n, values = int(p[0]), int(p[1]), len(a), out[0]
    total, outer, window, divisor = s[0], s[1], int(p[0] + p[1]) - 1, p[0] * p[1]
    # The inner sum as it was ``count`` bars ago is what leaves the outer one.
    past, every, inverse = s[2], max(_ANEW, window + 1), 1.0 / (p[0] * p[1])
    first = min(n, start + max(0, window + 1 - seen))
    for i in range(start, first):
        at = seen + i - start
        total += a[i]
        if at >= width:
            total -= a[i - width]
        if at >= count:
            past += a[i - count]
        if at >= count + width:
            past -= a[i - count - width]
        if at >= width - 1:
            outer += total
        if at >= width - 1 + count:
            outer -= past
        values[i - start] = outer / divisor if at >= window - 1 else np.nan
    i = first
    while i < n:
        at = seen + i - start
        if at % every == 0 and outer == outer:
            total = past = outer = 0.0
            for j in range(width):
                total += a[i - width + j]
                past += a[i - width - count + j]
            for j in range(window):
                outer += min(j + 1, window - j, width, count) * a[i - window + j]
        end = _end(i, n, at, every)
        new, old, rest = a[i:end], a[i - width : end - width], values[i - start : end - start]
        late, later = a[i - count : end - count], a[i - count - width : end - count - width]
        for j in range(len(new)):
            total += new[j] - old[j]
            past += late[j] - later[j]
            outer += total - past
            rest[j] = quotient(outer, divisor, inverse)
        i = end
    s[0], s[1], s[2] = total, outer, past


@njit(cache=True, nogil=True, error_model="numpy")
def vwma(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``: price, ``b``: volume; ``p``: window. ``s``: sum of price * volume, of volume, bars with volume."""
    window, values, n = int(p[0]), out[0], len(a)
    money, volume, traded = s[0], s[1], int(s[2])
    first = min(n, start + max(0, window - seen))
    for i in range(start, first):
        money += a[i] * b[i]
        volume += b[i]
        traded += b[i] != 0
        values[i - start] = np.nan
        if seen + i - start == window - 1:
            values[i - start] = money / volume if volume != 0 else _sums(a, i + 1, window)[0] / window
    i = first
    while i < n:
        at = seen + i - start
        if at % max(_ANEW, window) == 0 and money == money:
            money = volume = 0.0
            for j in range(i - window, i):
                money += a[j] * b[j]
                volume += b[j]
        end = _end(i, n, at, max(_ANEW, window))
        new, old, rest = a[i:end], a[i - window : end - window], values[i - start : end - start]
        more, less = b[i:end], b[i - window : end - window]
        for j in range(len(new)):
            money += new[j] * more[j] - old[j] * less[j]
            volume += more[j] - less[j]
            traded += int(more[j] != 0) - int(less[j] != 0)
            if (traded == 0 or volume == 0) and money == money:
                money = volume = 0.0
                rest[j] = _sums(a, i + j + 1, window)[0] / window
            else:
                rest[j] = money / volume
        i = end
    s[0], s[1], s[2] = money, volume, traded


@njit(cache=True, nogil=True)
def weighted(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Sum of the last values times ``p``, the oldest first: O(window) a bar, the weights having no recurrence."""
    window, values = len(p), out[0]
    for i in range(start, len(a)):
        total = np.nan
        if seen + i - start >= window - 1:
            total = 0.0
            last = a[i - window + 1 : i + 1]
            for j in range(window):
                total += p[j] * last[j]
        values[i - start] = total


@njit(cache=True, nogil=True)
def middle(a, b, c, d, e, start, seen, out, p, s) -> None:
    """Half of highest ``a`` + lowest ``b`` (or ``a``); ``p``: window. ``s``: see ``extremes``, twice."""
    window, values = int(p[0]), out[0]
    lows, block = b if len(b) else a, max(BLOCK, window)
    bottom = np.empty(min(block, len(a) - start))
    for low in range(start, len(a), block):
        high, done = min(len(a), low + block), seen + low - start
        rest, under = values[low - start : high - start], bottom[: high - low]
        extremes(a[:high], 1.0, low, done, window, s[:2], rest)
        extremes(lows[:high], -1.0, low, done, window, s[2:], under)
        for j in range(len(rest)):
            rest[j] = (rest[j] + under[j]) / 2
        rest[: max(0, min(high - low, window - 1 - done))] = np.nan


@njit(cache=True, nogil=True)
def envelope(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, share above and below. ``s``: the sum."""
    sma(a, b, c, d, e, start, seen, out, p, s)
    for j in range(out.shape[1]):
        out[1, j] = out[0, j] * (1 + p[1])
        out[2, j] = out[0, j] * (1 - p[1])
