"""Time bars: where the tape is cut, and what the prints between two cuts add up to.

Two steps. ``cut`` finds stretches of the tape that belong to one bar, with a look at each time that also sees whether
the tape is in order. The ``fold_*`` loops add a stretch to the accumulators of its bar in tape order; an accumulator
may already hold the earlier part of the bar, which is why batch and stream are one arithmetic.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.growing import grown

OPEN, HIGH, LOW, CLOSE, VOLUME, BUY, SELL, NOTIONAL, DELTA_MIN, DELTA_MAX = range(10)
#: Columns of an accumulator of trades or bars, without and with the path of the delta, and of quotes (four prices and
#: the last size a side).
BAR_WIDTH, FLOW_WIDTH, QUOTE_WIDTH = 8, 10, 10
_BLOCK = 1024
_LATEST = np.iinfo(np.int64).max


@njit(cache=True, nogil=True)
def first_descent(times: np.ndarray, floor: int) -> int:
    """Index of the first time below its predecessor (``floor`` precedes all), -1 when there is none."""
    if len(times) and times[0] < floor:
        return 0
    first = 1
    while first < len(times):
        # Blocks without a way out, which the compiler does in wide registers.
        end = min(first + _BLOCK, len(times))
        these, before = times[first:end], times[first - 1 : end - 1]
        found = 0
        for i in range(len(these)):
            found += these[i] < before[i]
        if found:
            while times[first] >= times[first - 1]:
                first += 1
            return first
        first = end
    return -1


@njit(cache=True, nogil=True)
def _reach(times: np.ndarray, start: int, end: int) -> int:
    """First index after ``start`` whose time is not below ``end``; -1 when times on the way there descend."""
    last = times[start]
    for i in range(start + 1, len(times)):
        t = times[i]
        if t >= end:
            return i
        if t < last:
            return -1
        last = t
    return len(times)


@njit(cache=True, nogil=True)
def cut(
    times: np.ndarray, opens: np.ndarray, closes: np.ndarray, stamps: np.ndarray, step: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """Stretches of sorted ``times`` (ns) that lie in one bar: first index, index after the last, bar time.

    The fourth value says whether the times are sorted; when they are not, the stretches are of no use. Windows are as
    in ``market.calendars.Windows``. Times outside every window are in no stretch; two stretches of the same bar time
    follow each other where a bar spans several windows.
    """
    room = 1024
    low = np.empty(room, np.int64)
    high = np.empty(room, np.int64)
    bar = np.empty(room, np.int64)
    count, i, w = 0, 0, 0
    while i >= 0 and i < len(times):
        t = times[i]
        while w < len(opens) and closes[w] <= t:
            w += 1
        if w == len(opens) or t < opens[w]:  # between two windows, or after the last
            i = _reach(times, i, opens[w] if w < len(opens) else _LATEST)
            continue
        if step > 0:
            grid = stamps[w] + (t - stamps[w]) // step * step
            begin, end = max(grid, opens[w]), min(grid + step, closes[w])
        else:
            begin, end = stamps[w], closes[w]
        if count == room:
            room *= 2
            low, high, bar = grown(low, room), grown(high, room), grown(bar, room)
        low[count], bar[count] = i, begin
        i = _reach(times, i, end)
        high[count] = i
        count += 1
    return low[:count].copy(), high[:count].copy(), bar[:count].copy(), i >= 0


@njit(cache=True, nogil=True)
def sift(
    times: np.ndarray, opens: np.ndarray, closes: np.ndarray, stamps: np.ndarray, step: int, forming: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """What counts of ``times`` in any order: indexes, bar time of each (never descending), and how many came too late.

    A time is too late when it lies before the bar that is forming when it comes; ``forming`` is that bar at the start.
    One outside every window is in no bar and closes none, so that it decides about no other.
    """
    rows = np.empty(len(times), np.int64)
    bar = np.empty(len(times), np.int64)
    count, late = 0, 0
    for i in range(len(times)):
        t = times[i]
        if t < forming:
            late += 1
            continue
        w = np.searchsorted(closes, t, side="right")
        if w == len(opens) or t < opens[w]:
            continue
        forming = stamps[w]
        if step > 0:
            forming = max(stamps[w] + (t - stamps[w]) // step * step, opens[w])
        rows[count], bar[count] = i, forming
        count += 1
    return rows[:count].copy(), bar[:count].copy(), late


# Share of a print in buy and sell volume, by the byte of its side. Looked up rather than asked: sides come at random,
# and a mispredicted branch a print costs three times as much as everything else in the loop.
_SHARES = np.zeros((256, 2))
_SHARES[1:128, 0] = 1.0
_SHARES[128:, 1] = 1.0


@njit(cache=True, nogil=True, fastmath={"nnan"})
def _extremes(price: np.ndarray, first: int, end: int) -> tuple[float, float]:
    """Highest and lowest price. The caller's look at the sums excludes NaN, which lets this use wide registers."""
    high = price[first]
    low = high
    for i in range(first, end):
        high = max(high, price[i])
        low = min(low, price[i])
    return high, low


@njit(cache=True, nogil=True)
def _any_set(flags: np.ndarray, first: int, end: int, bits: int) -> bool:
    found = 0
    for i in range(first, end):
        found |= flags[i]
    return found & bits != 0


@njit(cache=True, nogil=True)
def any_set(flags: np.ndarray, bits: int) -> bool:
    """Whether one of ``flags`` has one of ``bits``."""
    return _any_set(flags, 0, len(flags), bits)


@njit(cache=True, nogil=True)
def fold_trades(
    low: np.ndarray, high: np.ndarray, bar: np.ndarray, skip: int,
    price: np.ndarray, size: np.ndarray, side: np.ndarray, flags: np.ndarray,
    acc: np.ndarray, count: np.ndarray,
) -> int:  # fmt: skip
    """Add stretches of prints to the accumulators ``acc[bar]`` (float64, n x 8) and ``count[bar]`` (int64).

    Prints with a bit of ``skip`` in ``flags`` are left out. Returns the index of the first print whose price or size is
    not a finite number or whose size is negative, -1 when all are good.
    """
    for s in range(len(low)):
        first, end = low[s], high[s]
        if skip and _any_set(flags, first, end, skip):
            for i in range(first, end):
                if not flags[i] & skip:
                    bad = _fold(i, i + 1, bar[s], price, size, side, acc, count)
                    if bad >= 0:
                        return bad
        else:
            bad = _fold(first, end, bar[s], price, size, side, acc, count)
            if bad >= 0:
                return bad
    return -1


@njit(cache=True, nogil=True)
def _fold(
    first: int, end: int, b: int,
    price: np.ndarray, size: np.ndarray, side: np.ndarray, acc: np.ndarray, count: np.ndarray,
) -> int:  # fmt: skip
    top, bottom = _extremes(price, first, end)
    volume, buy, sell, notional = acc[b, VOLUME], acc[b, BUY], acc[b, SELL], acc[b, NOTIONAL]
    smallest = size[first]
    flow = acc.shape[1] >= FLOW_WIDTH
    least, most = np.inf, -np.inf
    if flow and count[b] > 0:
        least, most = acc[b, DELTA_MIN], acc[b, DELTA_MAX]
    for i in range(first, end):
        q = size[i]
        share = np.uint8(side[i])
        volume += q
        buy += q * _SHARES[share, 0]
        sell += q * _SHARES[share, 1]
        notional += price[i] * q
        smallest = min(smallest, q)
        if flow:
            delta = buy - sell
            least = min(least, delta)
            most = max(most, delta)
    # NaN and infinity survive in the sum of price x size, so that one look a stretch finds them.
    if smallest < 0 or not np.isfinite(notional):
        for i in range(first, end):
            if not (np.isfinite(price[i]) and np.isfinite(size[i]) and size[i] >= 0):
                return i
    if count[b] == 0:
        acc[b, OPEN], acc[b, HIGH], acc[b, LOW] = price[first], top, bottom
    acc[b, HIGH] = max(acc[b, HIGH], top)
    acc[b, LOW] = min(acc[b, LOW], bottom)
    acc[b, CLOSE] = price[end - 1]
    acc[b, VOLUME], acc[b, BUY], acc[b, SELL], acc[b, NOTIONAL] = volume, buy, sell, notional
    if flow:
        acc[b, DELTA_MIN], acc[b, DELTA_MAX] = least, most
    count[b] += end - first
    return -1


@njit(cache=True, nogil=True)
def fold_bars(
    low: np.ndarray,
    high: np.ndarray,
    bar: np.ndarray,
    bars: np.ndarray,
    acc: np.ndarray,
    count: np.ndarray,
    trades: np.ndarray,
) -> int:
    """Add stretches of finer bars (records of ``market.events.BAR``) to coarser ones; ``trades`` sums their prints.

    Returns the index of the first bar with a price that is not a finite number, -1 when all are good.
    """
    for s in range(len(low)):
        b = bar[s]
        for i in range(low[s], high[s]):
            one = bars[i]
            # High and low can each be a number beside a bad open or close: all four are asked.
            if not (np.isfinite(one.open) and np.isfinite(one.high)):
                return i
            if not (np.isfinite(one.low) and np.isfinite(one.close)):
                return i
            if count[b] == 0:
                acc[b, OPEN], acc[b, HIGH], acc[b, LOW] = one.open, one.high, one.low
            count[b] += 1
            acc[b, HIGH] = max(acc[b, HIGH], one.high)
            acc[b, LOW] = min(acc[b, LOW], one.low)
            acc[b, CLOSE] = one.close
            acc[b, VOLUME] += one.volume
            acc[b, BUY] += one.buy_volume
            acc[b, SELL] += one.sell_volume
            # Bars of vendors have no vwap: one such bar leaves the sum, and so the vwap, unknown (NaN).
            acc[b, NOTIONAL] += one.vwap * one.volume if one.volume != 0.0 else 0.0
            trades[b] += one.trades
    return -1


@njit(cache=True, nogil=True)
def fold_delta(low: np.ndarray, high: np.ndarray, bar: np.ndarray, bars: np.ndarray, acc: np.ndarray) -> None:
    """Path of the delta of coarser bars from that of finer ones (records of ``market.events.FLOW_BAR``)."""
    begun = np.zeros(len(acc), np.bool_)
    buy = np.zeros(len(acc))
    sell = np.zeros(len(acc))
    for s in range(len(low)):
        b = bar[s]
        for i in range(low[s], high[s]):
            one = bars[i]
            least = buy[b] - sell[b] + one.delta_min
            most = buy[b] - sell[b] + one.delta_max
            acc[b, DELTA_MIN] = min(acc[b, DELTA_MIN], least) if begun[b] else least
            acc[b, DELTA_MAX] = max(acc[b, DELTA_MAX], most) if begun[b] else most
            buy[b] += one.buy_volume
            sell[b] += one.sell_volume
            begun[b] = True


@njit(cache=True, nogil=True)
def fold_quotes(
    low: np.ndarray,
    high: np.ndarray,
    bar: np.ndarray,
    price: np.ndarray,
    size: np.ndarray,
    offset: int,
    acc: np.ndarray,
) -> int:
    """Add one side of quotes to ``acc[bar, offset:offset + 5]`` (open, high, low, close, size); NaN is not known.

    Returns the index of the first quote whose price is infinite, -1 when there is none.
    """
    for s in range(len(low)):
        b = bar[s]
        for i in range(low[s], high[s]):
            p = price[i]
            if np.isinf(p):
                return i
            if not np.isnan(size[i]):
                acc[b, offset + 4] = size[i]
            if np.isnan(p):
                continue
            if np.isnan(acc[b, offset]):
                acc[b, offset], acc[b, offset + 1], acc[b, offset + 2] = p, p, p
            acc[b, offset + 1] = max(acc[b, offset + 1], p)
            acc[b, offset + 2] = min(acc[b, offset + 2], p)
            acc[b, offset + 3] = p
    return -1


@njit(cache=True, nogil=True)
def fold_quote_bars(
    low: np.ndarray,
    high: np.ndarray,
    bar: np.ndarray,
    first: np.ndarray,
    top: np.ndarray,
    bottom: np.ndarray,
    last: np.ndarray,
    size: np.ndarray,
    offset: int,
    acc: np.ndarray,
) -> None:
    """As ``fold_quotes`` for one side of finer quote bars (its open, high, low, close)."""
    for s in range(len(low)):
        b = bar[s]
        for i in range(low[s], high[s]):
            if not np.isnan(size[i]):
                acc[b, offset + 4] = size[i]
            if np.isnan(first[i]):
                continue
            if np.isnan(acc[b, offset]):
                acc[b, offset], acc[b, offset + 1], acc[b, offset + 2] = first[i], top[i], bottom[i]
            acc[b, offset + 1] = max(acc[b, offset + 1], top[i])
            acc[b, offset + 2] = min(acc[b, offset + 2], bottom[i])
            acc[b, offset + 3] = last[i]
