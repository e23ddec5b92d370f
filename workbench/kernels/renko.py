"""Renko: where bricks complete along a sequence of prices, and the bricks themselves.

A brick is complete when the price has gone its whole size beyond the last one: one brick ahead, two to turn. Edges are
whole multiples of the size from where the run of bricks began, so that no error adds up. A price reaches an edge when
it is there to the last digits of float64: 10000000.03 is three bricks of 0.01 above 1e7.

What was traded since the brick before is shared by the bricks of a jump (as DaveSkender's Stock.Indicators does): each
has an equal part of the volumes, high, low and vwap are those of the whole jump, and prints, which cannot be parted, go
to the bricks in turn. The parts add up to the whole exactly, in any order.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from workbench.kernels.growing import grown
from workbench.kernels.shapes import slack

#: Columns of the state of bricks of one size.
STARTED, BASELINE, LOWER, UPPER, CLOSED = range(5)
FIXED_WIDTH = 5
#: Columns of the state of bricks of the average true range.
RUNNING, ORIGIN, SIZE, BRICKS, SEEN, LAST_CLOSE, ATR = range(7)
ATR_WIDTH = 7

#: Bricks of one jump, at most: more is a size that was mistyped, or a price that is wrong.
MOST = 1_000_000
#: Sizes from a range are at least this part of the price, or a market that stood still would end in millions of bricks.
LEAST = 1e-5
_BLOCK = 64
_SINGLY = 16


@njit(cache=True, nogil=True)
def _next_outside(price: np.ndarray, i: int, upper: float, lower: float) -> int:
    """First index from ``i`` whose price is at or beyond one of the two, ``len(price)`` when there is none.

    Prints are asked one by one at first, then in blocks without a branch, which the compiler does in wide registers.
    """
    n = len(price)
    near = min(n, i + _SINGLY)
    while i < near:
        if price[i] >= upper or price[i] <= lower:
            return i
        i += 1
    while i + _BLOCK <= n:
        hits = 0
        for j in range(i, i + _BLOCK):
            hits |= (price[j] >= upper) | (price[j] <= lower)
        if hits:
            break
        i += _BLOCK
    while i < n and not (price[i] >= upper or price[i] <= lower):
        i += 1
    return i


@njit(cache=True, nogil=True)
def cut_fixed(price: np.ndarray, size: float, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Bricks of one size: index after each print that completes some, how many (below 0: down), and the first's edge.

    Edges are numbers; their price is ``baseline + number * size``. The fourth value is the index of a price more than
    ``MOST`` bricks away, -1 when there is none. ``state`` holds the baseline, and the numbers of the edges of the last
    brick (all 0 before the first) and of the one it closed at. Prices that are not finite are passed over.
    """
    room = 256
    ends = np.empty(room, np.int64)
    bricks = np.empty(room, np.int64)
    first = np.empty(room, np.int64)
    count, i, bad = 0, 0, -1
    base = state[BASELINE]
    lower, upper, closed = np.int64(state[LOWER]), np.int64(state[UPPER]), np.int64(state[CLOSED])
    while i < len(price):
        up, down = base + (upper + 1) * size, base + (lower - 1) * size
        up -= slack(size, up, base)
        down += slack(size, down, base)
        i = _next_outside(price, i, up, down)
        if i == len(price):
            break
        p = price[i]
        i += 1
        if not np.isfinite(p):
            continue
        way = 1 if p >= up else -1
        edge = upper if way > 0 else lower
        number = whole_bricks(way * (p - (base + edge * size)), size, p, base)
        if number > MOST:
            bad = i - 1
            break
        if count == room:
            room *= 2
            ends, bricks, first = grown(ends, room), grown(bricks, room), grown(first, room)
        ends[count], bricks[count], first[count] = i, way * number, edge
        count += 1
        closed = edge + way * number
        lower, upper = min(closed, closed - way), max(closed, closed - way)
    state[LOWER], state[UPPER], state[CLOSED] = lower, upper, closed
    return ends[:count].copy(), bricks[:count].copy(), first[:count].copy(), bad


@njit(cache=True, nogil=True)
def whole_bricks(distance: float, size: float, price: float, base: float) -> int:
    """Bricks that fit into a distance with room for one at least; ``MOST + 1`` when there are more than ``MOST``."""
    fit = distance / size + slack(size, price, base) / size
    return MOST + 1 if fit >= MOST + 1 else max(1, int(math.floor(fit)))


@njit(cache=True, nogil=True)
def cut_ranged(
    high: np.ndarray, low: np.ndarray, close: np.ndarray, window: int, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Bricks whose size is Wilder's average true range: ends, numbers of bricks, and for each stretch the origin, edge
    number and size that give the price of the first edge, ``origin + number * size``; the last value as ``cut_fixed``.

    A run of bricks one way keeps the size that it began with: the range of the bars closed before its first one. A turn
    goes back over the last brick and on by one of the new size. The first stretch ends with the first bar whose range
    is known, the ``window + 1``-th; it has no bricks, and its close is the baseline.
    """
    n = len(close)
    ends = np.empty(n, np.int64)
    bricks = np.empty(n, np.int64)
    origins = np.empty(n)
    first = np.empty(n, np.int64)
    sizes = np.empty(n)
    count, bad = 0, -1
    for i in range(n):
        c = close[i]
        if state[RUNNING] != 0.0 and np.isfinite(c):
            origin, size, held = state[ORIGIN], state[SIZE], np.int64(state[BRICKS])
            turned = max(state[ATR], LEAST * abs(state[LAST_CLOSE]))
            way = 1 if held >= 0 else -1
            number = 0
            if held != 0:
                ahead = origin + held * size
                edge = ahead + way * size
                if way * (c - edge) >= -slack(size, edge, origin):
                    number = way * whole_bricks(way * (c - ahead), size, c, origin)
            if number == 0 and turned > 0.0:
                # Without a run both ways are open, from the baseline; with one only back, from its last brick's open.
                back = origin + (held - way) * size if held != 0 else origin
                other = -way if held != 0 else (1 if c >= origin else -1)
                edge = back + other * turned
                if other * (c - edge) >= -slack(turned, edge, back):
                    number = other * whole_bricks(other * (c - back), turned, c, back)
                    origin, size, held = back, turned, np.int64(0)
            if abs(number) > MOST:
                bad = i
                break
            if number != 0:
                ends[count], bricks[count], origins[count] = i + 1, number, origin
                first[count], sizes[count] = held, size
                count += 1
                state[ORIGIN], state[SIZE], state[BRICKS] = origin, size, held + number
        known = true_range(high[i], low[i], c, window, state)
        if state[RUNNING] == 0.0 and known:
            state[RUNNING], state[ORIGIN], state[BRICKS] = 1.0, c, 0.0
            ends[count], bricks[count], origins[count], first[count], sizes[count] = i + 1, 0, c, 0, 0.0
            count += 1
    ends, bricks, first = ends[:count].copy(), bricks[:count].copy(), first[:count].copy()
    return ends, bricks, origins[:count].copy(), first, sizes[:count].copy(), bad


@njit(cache=True, nogil=True)
def true_range(high: float, low: float, close: float, window: int, state: np.ndarray) -> bool:
    """Take a bar into Wilder's average true range (New Concepts in Technical Trading Systems, 1978); is it known now?

    The mean of the first ``window`` true ranges (the first bar has none), then each counts for 1 in ``window``.
    """
    seen = state[SEEN]
    if seen > 0.0:
        last = state[LAST_CLOSE]
        span = max(high - low, max(abs(high - last), abs(low - last)))
        if seen <= window:
            state[ATR] += span  # a sum until there are enough
            if seen == window:
                state[ATR] /= window
        else:
            state[ATR] = (state[ATR] * (window - 1) + span) / window
    state[SEEN] = seen + 1.0
    state[LAST_CLOSE] = close
    return seen >= window


@njit(cache=True, nogil=True)
def draw(out: np.ndarray, bricks: np.ndarray, origins: np.ndarray, first: np.ndarray, sizes: np.ndarray) -> None:
    """Make bricks of ``out``, which holds what was traded in each stretch as many times as it has bricks."""
    row = 0
    for s in range(len(bricks)):
        number = abs(bricks[s])
        way = 1 if bricks[s] > 0 else -1
        for j in range(number):
            one = out[row]
            edge = first[s] + way * j
            one.open = origins[s] + edge * sizes[s]
            one.close = origins[s] + (edge + way) * sizes[s]
            one.volume = part(one.volume, number, j)
            one.buy_volume = part(one.buy_volume, number, j)
            one.sell_volume = part(one.sell_volume, number, j)
            one.trades = one.trades // number + (j < one.trades % number)
            row += 1


@njit(cache=True, nogil=True)
def part(total: float, number: int, j: int) -> float:
    """One of ``number`` equal parts of a volume.

    Volumes are whole numbers of units in the last place of the total, and are dealt out as such: every partial sum is
    again one and not above the total, so that no addition rounds.
    """
    if number == 1 or not np.isfinite(total) or total == 0.0:
        return total
    unit = math.ldexp(1.0, math.frexp(total)[1] - 53)
    if unit == 0.0:  # below the smallest normal number: nothing that anybody trades
        return total / number
    units = np.int64(total / unit)
    return (units // number + (j < units % number)) * unit
