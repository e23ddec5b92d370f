"""Round trips out of fills: from flat to flat, with the best and the worst that a position has seen."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels import ledger as k

#: A round trip. ``mae`` and ``mfe`` are the worst and the best price since the entry, as fractions of the mean entry.
ROUND_TRIP = np.dtype(
    [("symbol", "i8"), ("side", "i8"), ("entry_instant", "i8"), ("exit_instant", "i8"), ("entry_bar", "i8")]
    + [("exit_bar", "i8"), ("reason", "i8"), ("fills", "i8"), ("units", "f8"), ("entry_price", "f8")]
    + [("exit_price", "f8"), ("pnl", "f8"), ("fees", "f8"), ("mae", "f8"), ("mfe", "f8"), ("tag", "f8")]
)


@njit(cache=True, nogil=True)
def round_trips(
    fills: np.ndarray, bars: np.ndarray, symbol: int, high: np.ndarray, low: np.ndarray, close: np.ndarray,
    out: np.ndarray,
) -> int:  # fmt: skip
    """Fill ``out`` with the round trips of one symbol that are over; gives their number.

    ``bars`` is the bar of each fill. Of the bars of entry and exit counts what is certain: the whole bar where the
    position was there all the time, else the prices of the fills, and the close after an entry or the open before an
    exit that are left out here where the other fill is in the same bar. Without prices (arrays of length 0) best and
    worst are of the fills alone.
    """
    known = len(high) > 0
    count, opened, closed, bought, sold, fees, many = 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
    first, whole_first = 0, False
    best, worst, seen = 0.0, 0.0, 0
    for i in range(len(fills)):
        fill = fills[i]
        if fill.symbol != symbol:
            continue
        before = fill.after - fill.units
        bar = bars[i]
        if many == 0:
            first, whole_first = i, fill.moment == k.AT_OPEN
            best = worst = fill.price
            seen = bar if whole_first else bar + 1
        elif known and bar >= seen:  # bars that were over before this fill
            for j in range(seen, bar):
                best, worst = max(best, high[j]), min(worst, low[j])
            seen = bar
        if known and many > 0:
            if not whole_first and bar > bars[first]:
                best, worst = max(best, close[bars[first]]), min(worst, close[bars[first]])
            if fill.moment == k.ON_THE_CLOSE and seen <= bar:
                best, worst = max(best, high[bar]), min(worst, low[bar])
        best, worst = max(best, fill.price), min(worst, fill.price)
        many += 1
        fees += fill.fee
        if abs(fill.after) > abs(before):
            opened += abs(fill.units)
            bought += abs(fill.units) * fill.price
        else:
            closed += abs(fill.units)
            sold += abs(fill.units) * fill.price
        if fill.after == 0.0:
            trip, start = out[count], fills[first]
            side = 1.0 if start.units > 0.0 else -1.0
            trip.symbol, trip.side, trip.reason, trip.fills, trip.tag = symbol, int(side), fill.reason, many, start.tag
            trip.entry_instant, trip.exit_instant = start.instant, fill.instant
            trip.entry_bar, trip.exit_bar = bars[first], bar
            trip.units, trip.fees = opened, fees
            trip.entry_price, trip.exit_price = bought / opened, sold / closed
            trip.pnl = side * (sold - bought) - fees
            entry = trip.entry_price
            high_side, low_side = side * (best / entry - 1.0), side * (worst / entry - 1.0)
            trip.mfe, trip.mae = max(high_side, low_side, 0.0), min(high_side, low_side, 0.0)
            count += 1
            opened, closed, bought, sold, fees, many = 0.0, 0.0, 0.0, 0.0, 0.0, 0
    return count
