"""The desk: the numbers that a strategy and its account exchange, the same for compiled and plain ``decide``.

A desk is float64[WIDTH] for each symbol: what may be seen, memory of the strategy's own, and the requests it writes.
A strategy that decides over all symbols at once is given the first of them, with their number in ``SYMBOLS``, and
float64 cells behind ``HEAD`` whole numbers for what it knows: each field is a row of ``symbols`` cells.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.memory import put_real, real

#: What a strategy may see.
POSITION, ENTRY, EQUITY, CASH, BARS_HELD, ORDERS, SIZING, LAST_TARGET, SYMBOLS = range(9)
SEEN = {
    "position": POSITION, "entry": ENTRY, "equity": EQUITY, "cash": CASH, "bars_held": BARS_HELD, "orders": ORDERS,
    "sizing": SIZING,
}  # fmt: skip
MEMORY, MEMORY_SIZE = 9, 16
COUNT = MEMORY + MEMORY_SIZE
FIRST_REQUEST = COUNT + 1
MOST_REQUESTS = 16
#: Columns of a request.
(
    ASKED, SIDE, MODE, AMOUNT, LIMIT, STOP, STOP_LOSS, TAKE_PROFIT, STOP_DISTANCE, PROFIT_DISTANCE, STOP_FRACTION,
    PROFIT_FRACTION, TRAIL, TRAIL_FRACTION, EXPIRY, DAY, ON_CLOSE, OCO, TAG, REBALANCE, GUARDED,
) = range(21)  # fmt: skip
REQUEST = 21
WIDTH = FIRST_REQUEST + MOST_REQUESTS * REQUEST
#: What comes before the fields of all symbols: how many symbols, the number and the time (ns) of the instant, and the
#: address of the times of all instants.
COUNTED, BAR, TIME, TIMES = range(4)
HEAD = 4
#: What is asked.
TARGET, ORDER, CANCEL, CANCEL_ALL = 1.0, 2.0, 3.0, 4.0
#: How an amount is meant.
UNITS, FRACTION, MONEY, RISK = 0.0, 1.0, 2.0, 3.0


@njit(cache=True, nogil=True)
def ask(desk: int, asked: float, amount: float, tag: float, rebalance: float, on_close: float) -> int:
    """Write a request to the desk at an address; gives the place where it begins."""
    count = real(desk, COUNT)
    if count == MOST_REQUESTS:
        raise ValueError("more than 16 requests in one decision")
    at = FIRST_REQUEST + int(count) * REQUEST
    put_real(desk, COUNT, count + 1.0)
    put_real(desk, at + ASKED, asked)
    put_real(desk, at + AMOUNT, amount)
    put_real(desk, at + TAG, tag)
    put_real(desk, at + REBALANCE, rebalance)
    put_real(desk, at + ON_CLOSE, on_close)
    put_real(desk, at + GUARDED, 0.0)
    return at


@njit(cache=True, nogil=True)
def ask_target(desk: int, fraction: float, tag: float, rebalance: float, on_close: float) -> int:
    """Write a target, unless it is the last that was asked and the position is there; then it gives -1."""
    if np.isnan(fraction):
        raise ValueError("a target is a number, not NaN")
    if real(desk, LAST_TARGET) == fraction and rebalance == 0.0 and real(desk, COUNT) == 0.0:
        held = real(desk, POSITION)
        if held * fraction > 0.0 or (fraction == held and real(desk, ORDERS) == 0.0):
            return -1
    return ask(desk, TARGET, fraction, tag, rebalance, on_close)


@njit(cache=True, nogil=True)
def ask_order(
    desk: int, side: float, units: float, fraction: float, cash: float, risk: float, limit: float, stop: float,
    expiry: float, day: float, on_close: float, oco: float, tag: float,
) -> int:  # fmt: skip
    """Write an order; of the four amounts one at most is given, else it is the sizing of the run."""
    mode, amount, given = FRACTION, real(desk, SIZING), 0
    if not np.isnan(units):
        mode, amount, given = UNITS, units, given + 1
    if not np.isnan(fraction):
        mode, amount, given = FRACTION, fraction, given + 1
    if not np.isnan(cash):
        mode, amount, given = MONEY, cash, given + 1
    if not np.isnan(risk):
        mode, amount, given = RISK, risk, given + 1
    if given > 1:
        raise ValueError("an order has one of units, fraction, cash and risk")
    if not amount >= 0.0:
        raise ValueError("the amount of an order is 0 or more: buy() and sell() say which way")
    at = ask(desk, ORDER, amount, tag, 0.0, on_close)
    put_real(desk, at + SIDE, side)
    put_real(desk, at + MODE, mode)
    put_real(desk, at + LIMIT, limit)
    put_real(desk, at + STOP, stop)
    put_real(desk, at + EXPIRY, expiry)
    put_real(desk, at + DAY, day)
    put_real(desk, at + OCO, oco)
    return at


@njit(cache=True, nogil=True)
def protect(
    desk: int, at: int, stop_loss: float, take_profit: float, stop_distance: float, profit_distance: float,
    stop_fraction: float, profit_fraction: float, trail: float, trail_fraction: float,
) -> None:  # fmt: skip
    """Write what guards the position that the request at this place opens."""
    if at < 0:
        return
    put_real(desk, at + GUARDED, 1.0)
    put_real(desk, at + STOP_LOSS, stop_loss)
    put_real(desk, at + TAKE_PROFIT, take_profit)
    put_real(desk, at + STOP_DISTANCE, stop_distance)
    put_real(desk, at + PROFIT_DISTANCE, profit_distance)
    put_real(desk, at + STOP_FRACTION, stop_fraction)
    put_real(desk, at + PROFIT_FRACTION, profit_fraction)
    put_real(desk, at + TRAIL, trail)
    put_real(desk, at + TRAIL_FRACTION, trail_fraction)
