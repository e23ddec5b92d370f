"""Many cells of a grid of parameters: each goes through the one loop of ``simulate``, and is reduced to sums.

What is kept of a cell is a row of ``SUMS``, whatever the number of bars: equity and fills lie in memory that the next
cell uses again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from workbench.kernels import ledger as k
from workbench.kernels.round_trips import ROUND_TRIP, round_trips
from workbench.kernels.simulate import simulate

#: Of a cell. Of returns: ``r1`` to ``r4`` are the sums of their powers, ``low`` and ``high`` the extremes, ``missed``
#: the sum of squares of those below 0. ``depth1`` and ``depth2`` are sums of drawdowns and of their squares, ``under``
#: the bars of one, ``ruin`` the instant of a loss of all. ``held`` are bars with a position, ``traded`` the values
#: traded over equity; of round trips ``t1`` and ``t2`` are the sums of results and of their squares.
_NAMES = (
    "bars final r1 r2 r3 r4 low high gained lost missed up drawdown duration under depth1 depth2 ruin "
    "held traded fills fees financing uncertain called "
    "trips wins losses t1 t2 best worst won given money_won money_given trip_bars"
)
SUMS = np.dtype([(name, "f8") for name in _NAMES.split()])
_NO_PRICES = np.empty(0)
#: Bars below a peak that are summed together.
_BLOCK = 16


class Cells(NamedTuple):
    """What differs between cells.

    Attributes
    ----------
    parameters
        float64[cells, parameters]: the numbers that ``decide`` sees.
    columns
        int64[cells, symbols, width - 1]: addresses of the columns of a row.
    starts
        int64[cells, symbols]: the first bar of the first decision.
    out
        SUMS[cells].
    """

    parameters: np.ndarray
    columns: np.ndarray
    starts: np.ndarray
    out: np.ndarray


class Lane(NamedTuple):
    """Memory of one thread, used for one cell after the other.

    Attributes
    ----------
    fresh
        The account as each cell begins.
    state, log, equity, now, was, starts
        As ``kernels.ledger`` has them; the world points to these.
    bars, trips
        int64[fills] and ROUND_TRIP[fills].
    at
        int64[1]: the cell at work, for whoever is told of an error.
    """

    fresh: k.State
    state: k.State
    log: k.Log
    equity: np.ndarray
    now: np.ndarray
    was: np.ndarray
    starts: np.ndarray
    bars: np.ndarray
    trips: np.ndarray
    at: np.ndarray


def new_lane(symbols: int, instants: int, width: int, settings: tuple[float, float], rows: int) -> Lane:
    """Memory for one thread; ``settings`` are cash and sizing, ``rows`` is the room for fills."""
    heads = [np.zeros((symbols, width), np.int64) for _ in range(2)]
    return Lane(
        k.new_state(symbols, *settings), k.new_state(symbols, *settings), k.new_log(rows), np.empty(instants), *heads,
        np.zeros(symbols, np.int64), np.zeros(rows, np.int64), np.zeros(rows, ROUND_TRIP), np.zeros(1, np.int64),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def run_cells(w: np.void, lane: Lane, cells: Cells, rows: np.ndarray, first: int) -> int:
    """Cells from ``first`` on; gives the one that the log has no room for, or their number.

    ``rows`` is int64[instants, symbols], the bar of each symbol, as the world has it.
    """
    cash = lane.fresh.account[0].cash
    for c in range(first, len(cells.out)):
        lane.at[0] = c
        _begin(w, lane, cells, c)
        if simulate(w, 0, len(lane.equity)) < len(lane.equity):
            return c
        reduce(lane, rows, cash, cells.out[c])
    return len(cells.out)


@njit(cache=True, nogil=True)
def reduce(lane: Lane, rows: np.ndarray, cash: float, out: np.void) -> None:
    """The sums of what a lane has just gone through."""
    _reduce_equity(lane.equity, cash, out)
    _reduce_fills(lane, rows, out)


@njit(cache=True, nogil=True)
def _begin(w: np.void, lane: Lane, cells: Cells, c: int) -> None:
    """The account as it was in the beginning, and the parameters and columns of a cell."""
    fresh, state = lane.fresh, lane.state
    state.account[0] = fresh.account[0]
    for s in range(len(state.positions)):
        state.positions[s] = fresh.positions[s]
        lane.starts[s] = cells.starts[c, s]
        for i in range(state.desk.shape[1]):
            state.desk[s, i] = fresh.desk[s, i]
        for i in range(cells.columns.shape[2]):
            lane.now[s, i + 1] = lane.was[s, i + 1] = cells.columns[c, s, i]
    w.parameters = cells.parameters.ctypes.data + 8 * c * cells.parameters.shape[1]


@njit(cache=True, nogil=True)
def _reduce_equity(equity: np.ndarray, cash: float, out: np.void) -> None:
    """Sums of the returns of the bars, and of the drawdowns."""
    first = equity[0] / cash - 1.0
    out.r1, out.r2, out.r3, out.r4, out.low, out.high, out.gained, out.missed, out.up, least = _powers(equity, first)
    ruin = np.argmax(equity <= 0.0) if least <= 0.0 else -1
    out.bars, out.final, out.ruin = len(equity), equity[-1], ruin
    out.lost = out.gained - out.r1 if out.missed > 0.0 else 0.0
    _reduce_drawdown(equity, cash, ruin, out)


# Sums in any order, several at a time: four times as fast, and the same for the same bars on the same machine.
@njit(cache=True, nogil=True, fastmath={"nnan", "reassoc", "nsz", "contract"})
def _powers(
    equity: np.ndarray, first: float
) -> tuple[float, float, float, float, float, float, float, float, int, float]:
    """Of the returns of all bars: sums of powers 1 to 4, extremes, sum of gains and of squared losses, gains.

    The last is the least equity.
    """
    r1, r2, r3, r4 = first, first**2, first**3, first**4
    low = high = first
    gained, missed, up, least = max(first, 0.0), min(first, 0.0) ** 2, 1 if first > 0.0 else 0, equity[0]
    for t in range(1, len(equity)):
        r = equity[t] / equity[t - 1] - 1.0
        square = r * r
        r1 += r
        r2 += square
        r3 += square * r
        r4 += square * square
        low, high, least = min(low, r), max(high, r), min(least, equity[t])
        gained += max(r, 0.0)
        missed += min(r, 0.0) * r
        up += 1 if r > 0.0 else 0
    return r1, r2, r3, r4, low, high, gained, missed, up, least


@njit(cache=True, nogil=True, fastmath={"nnan", "reassoc", "nsz", "contract"})
def _below(equity: np.ndarray, first: int, peak: float) -> tuple[float, float, float, float]:
    """Of a block of bars: the extremes, and how far they are below a peak, as a sum and as a sum of squares."""
    low = high = equity[first]
    falls = squares = 0.0
    for t in range(first, first + _BLOCK):
        fall = peak - equity[t]
        low, high = min(low, equity[t]), max(high, equity[t])
        falls += fall
        squares += fall * fall
    return low, high, falls, squares


@njit(cache=True, nogil=True)
def _reduce_drawdown(equity: np.ndarray, cash: float, ruin: int, out: np.void) -> None:
    """The deepest and the longest fall from a peak, and sums over all bars that are under one."""
    peak, last, trough, deepest, longest, under, depth1, depth2 = cash, 0, cash, 0.0, 0, 0, 0.0, 0.0
    until = len(equity) if ruin < 0 else ruin
    for first in range(0, until, _BLOCK):
        if equity[first] < peak and first + _BLOCK <= until:
            low, high, falls, squares = _below(equity, first, peak)
            if high < peak:
                trough = min(trough, low)
                under += _BLOCK
                depth1 += falls / peak
                depth2 += squares / (peak * peak)
                continue
        for t in range(first, min(first + _BLOCK, until)):
            now = equity[t]
            if now >= peak:
                if trough < peak:
                    deepest, longest = min(deepest, trough / peak - 1.0), max(longest, t + 1 - last)
                peak = trough = now
                last = t + 1
            else:
                trough = min(trough, now)
                depth = now / peak - 1.0
                under += 1
                depth1 -= depth
                depth2 += depth * depth
    if ruin >= 0:
        rest = len(equity) - ruin
        deepest, under, depth1, depth2 = -1.0, under + rest, depth1 + rest, depth2 + rest
    elif trough < peak:
        deepest = min(deepest, trough / peak - 1.0)
    if trough < peak or ruin >= 0:
        longest = max(longest, len(equity) - last)
    out.drawdown, out.duration, out.under, out.depth1, out.depth2 = deepest, longest, under, depth1, depth2


@njit(cache=True, nogil=True)
def _reduce_fills(lane: Lane, rows: np.ndarray, out: np.void) -> None:
    """What was held and traded, and the sums of the round trips."""
    account, instants = lane.state.account[0], len(lane.equity)
    fills, bars = lane.log.fills[: account.fills], lane.bars
    held, last, many, traded = 0, 0, 0, 0.0
    for i in range(len(fills)):
        fill = fills[i]
        if many > 0:
            held += fill.instant - last
        last = fill.instant
        if fill.after == fill.units:
            many += 1
        if fill.after == 0.0:
            many -= 1
        traded += abs(fill.units * fill.price / lane.equity[fill.instant])
        bars[i] = fill.instant if len(rows) == 0 else rows[fill.instant, fill.symbol]
    if many > 0:
        held += instants - last
    out.held, out.traded, out.fills, out.fees, out.financing = held, traded, len(fills), account.fees, account.financing
    out.uncertain, out.called = account.uncertain, account.called
    count, wins, losses, t1, t2, best, worst = 0, 0, 0, 0.0, 0.0, -np.inf, np.inf
    won, given, money_won, money_given, held_bars = 0.0, 0.0, 0.0, 0.0, 0.0
    for s in range(len(lane.state.positions)):
        found = round_trips(fills, bars, s, _NO_PRICES, _NO_PRICES, _NO_PRICES, lane.trips)
        count += found
        for i in range(found):
            trip = lane.trips[i]
            gain = trip.pnl / (trip.units * trip.entry_price)
            t1 += gain
            t2 += gain * gain
            best, worst = max(best, gain), min(worst, gain)
            held_bars += trip.exit_bar - trip.entry_bar
            if gain > 0.0:
                wins += 1
                won += gain
            elif gain < 0.0:
                losses += 1
                given -= gain
            if trip.pnl > 0.0:
                money_won += trip.pnl
            else:
                money_given -= trip.pnl
    out.trips, out.wins, out.losses, out.t1, out.t2, out.best, out.worst = count, wins, losses, t1, t2, best, worst
    out.won, out.given, out.money_won, out.money_given, out.trip_bars = won, given, money_won, money_given, held_bars
