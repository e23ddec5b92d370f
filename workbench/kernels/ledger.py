"""What a simulated account is made of: plain arrays, so that it can be copied, kept and carried on."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit

from workbench.kernels import desk as d
from workbench.kernels.memory import copy_record, record_at

#: In the type of every world, so that machine code on the disk which was made of other sources is not taken: numba
#: looks at the file of a function, not at those of the functions that it calls.
_PARTS = ("desk", "fills", "ledger", "idle", "looking", "matching", "memory", "simulate")
_SOURCES = b"".join(Path(__file__).with_name(f"{part}.py").read_bytes() for part in _PARTS)
_CODE = f"code_{zlib.crc32(_SOURCES):08x}"


def _record(**fields: str) -> np.dtype:
    return np.dtype([(name, kind) for kind, names in fields.items() for name in names.split()], align=True)


#: A symbol: addresses of the columns of its bars, 0 where there is none. ``fine_first`` says for each bar where its
#: finer ones begin.
FEED = _record(
    i8="open high low close volume time session fine_open fine_high fine_low fine_close fine_volume fine_first"
)
#: What holds for a run. ``lot`` is the smallest step of units, 0 for none; ``holes`` whether some price is NaN;
#: ``end_flat`` the instant at whose close everything is closed, -1 for none; where ``end_open``, at the open after it.
RULES = _record(
    f8="sizing lot leverage maintenance taker maker per_unit minimum slippage slippage_fixed impact spread borrow "
    "funding share",
    i8="at_close path short touch holes end_flat end_open",
)
PESSIMISTIC, NEUTRAL, OPTIMISTIC = range(3)
PATHS = ("pessimistic", "neutral", "optimistic")
#: The account. ``fills`` and ``orders`` count rows of the log, ``deciding`` is the symbol at work, ``uncertain`` counts
#: bars in which the way of the price made a difference, ``called`` margin calls.
ACCOUNT = _record(f8="cash equity fees financing last_time", i8="fills orders uncertain called deciding busy")
#: A position. ``row`` is the bar of its symbol, ``live`` whether it trades at this instant, ``asked`` the last target,
#: ``used`` what was traded of the bar's ``volume``; ``part``, ``moment`` and ``fine`` say what is being filled now.
POSITION = _record(f8="units entry mark asked used volume", i8="entry_row row live working part moment fine")
#: A working order; the book has the oldest first.
ORDER = _record(
    f8="side amount left limit stop stop_loss take_profit stop_distance profit_distance stop_fraction profit_fraction "
    "trail trail_fraction level day_of tag oco fees_paid fees_raw filled value",
    i8="id kind mode expiry day on_close parent born_inside spent why sure",
)
ROOM = 48
#: What a new order does not have.
_UNKNOWN = (
    "left", "limit", "stop", "stop_loss", "take_profit", "stop_distance", "profit_distance", "stop_fraction",
    "profit_fraction", "trail", "trail_fraction", "level", "day_of",
)  # fmt: skip
#: Rows of the log: fills, and orders by their number.
FILL = _record(f8="units price fee tag after raw", i8="instant symbol order reason moment fine")
ORDERED = _record(
    f8="side amount limit stop tag units value fees", i8="born symbol kind mode status reason ended parent"
)
#: Kinds of orders: ``EXIT`` is stop loss, target and trailing stop of an entry in one, the first of which ends it.
GONE, MARKET, LIMITED, STOPPED, STOP_LIMIT, AIM, EXIT = range(7)
KINDS = ("gone", "market", "limit", "stop", "stop_limit", "target", "exit")
#: What became of an order.
WORKING_ON, DONE, PART, CANCELLED, EXPIRED, REJECTED = range(6)
STATUSES = ("working", "filled", "partly filled", "cancelled", "expired", "rejected")
#: Why an order was filled, or ended without.
(
    NO_REASON, BY_MARKET, BY_LIMIT, BY_STOP, BY_STOP_LOSS, BY_TAKE_PROFIT, BY_TRAIL, BY_MARGIN, BY_END, NO_CASH,
    NO_SHORT, NO_VOLUME, NO_ROOM, NO_STOP, BY_OTHER, BY_NEXT, NO_POSITION, BY_STRATEGY, BY_TIME, TOO_SMALL,
) = range(20)  # fmt: skip
REASONS = (
    "", "market", "limit", "stop", "stop loss", "take profit", "trailing stop", "margin call", "end of the run",
    "cannot be paid", "shorts are not allowed", "the bar has no volume", "too many working orders",
    "risk needs a stop loss", "another of its group was filled", "a later target took its place",
    "its position was closed", "cancelled by the strategy", "its time was over", "less than a lot",
)  # fmt: skip
#: Parts of an order that may be filled now: what closes a position, what opens one, both.
CLOSING, OPENING, BOTH = range(3)
#: When in a bar a fill happens.
AT_OPEN, INSIDE, ON_THE_CLOSE = range(3)
MOMENTS = ("open", "inside", "close")

#: All of a run, by address and length: what the compiled functions are given. ``rows`` is int64[instants, symbols], the
#: bar of each symbol, -1 for none, or 0 where all have one at each instant. ``now`` and ``was`` are
#: int64[symbols, width]: the number of a row, and the addresses of columns. ``starts`` is the first bar of each symbol
#: on which it decides. ``together`` is 0, or where a strategy over all symbols at once reads what it knows: the cells
#: of now, and behind them those of before, as ``desk`` says. ``fill_room`` and ``order_room`` are the lengths of the
#: log, 0 where nobody asks for it. ``idle`` is the address of a loop with the decision inside, or 0.
WORLD = _record(
    i8="account positions book desk feeds rows rules fills orders symbols fill_room order_room decide idle parameters "
    f"now was width starts equity together {_CODE}"
)
_account, _rules, _positions, _feeds = record_at(ACCOUNT), record_at(RULES), record_at(POSITION), record_at(FEED)
_orders, _fills, _entries = record_at(ORDER), record_at(FILL), record_at(ORDERED)


class State(NamedTuple):
    """All that changes in a run: a copy of these arrays is a copy of the account."""

    account: np.ndarray
    positions: np.ndarray
    book: np.ndarray
    desk: np.ndarray


class Log(NamedTuple):
    """What happened; of length 0 where nobody asks."""

    fills: np.ndarray
    orders: np.ndarray


@njit(cache=True, nogil=True)
def account_of(w: np.void) -> np.void:
    """The account of a world."""
    return _account(w.account, 0)


@njit(cache=True, nogil=True)
def rules_of(w: np.void) -> np.void:
    """The rules of a world."""
    return _rules(w.rules, 0)


@njit(cache=True, nogil=True)
def position_of(w: np.void, s: int) -> np.void:
    """The position in a symbol."""
    return _positions(w.positions, s)


@njit(cache=True, nogil=True)
def feed_of(w: np.void, s: int) -> np.void:
    """The columns of a symbol."""
    return _feeds(w.feeds, s)


@njit(cache=True, nogil=True)
def order_of(w: np.void, s: int, at: int) -> np.void:
    """A working order of a symbol."""
    return _orders(w.book, s * (ROOM + 1) + at)


@njit(cache=True, nogil=True)
def fill_of(w: np.void, at: int) -> np.void:
    """A row of the log of fills."""
    return _fills(w.fills, at)


@njit(cache=True, nogil=True)
def entry_of(w: np.void, at: int) -> np.void:
    """A row of the log of orders."""
    return _entries(w.orders, at)


@njit(cache=True, nogil=True)
def end_order(w: np.void, order: np.void, t: int, status: int, reason: int) -> None:
    """Take an order off the book and say why."""
    order.kind = GONE
    account_of(w).busy = 1
    if order.id < w.order_room:
        line = entry_of(w, order.id)
        line.status = PART if order.filled > 0.0 and status != DONE else status
        line.reason = reason
        line.ended = t


@njit(cache=True, nogil=True)
def new_order(w: np.void, t: int, s: int, kind: int) -> int:
    """Room for an order in the book, with all its numbers at nothing; -1 where the book is full."""
    account, position = account_of(w), position_of(w, s)
    at, number = position.working, account.orders
    full = at == ROOM
    account.orders += 1
    if number < w.order_room:
        line = entry_of(w, number)
        line.born, line.symbol, line.kind = t, s, kind
        line.limit = line.stop = np.nan
        line.ended = line.parent = -1
        if full:
            line.status, line.reason, line.ended = REJECTED, NO_ROOM, t
    if full:
        return -1
    position.working += 1
    order = order_of(w, s, at)
    copy_record(order, order_of(w, s, ROOM))
    order.id, order.kind = number, kind
    return at


@njit(cache=True, nogil=True)
def tidy(w: np.void, s: int) -> None:
    """Close the gaps in the book of a symbol; the order of ages stays."""
    position, kept = position_of(w, s), 0
    for at in range(position.working):
        order = order_of(w, s, at)
        if order.kind != GONE:
            if kept != at:
                copy_record(order_of(w, s, kept), order)
            kept += 1
    position.working = kept


def new_state(symbols: int, cash: float, sizing: float) -> State:
    """An account with nothing but cash."""
    account, positions = np.zeros(1, ACCOUNT), np.zeros(symbols, POSITION)
    account["cash"] = account["equity"] = cash
    account["last_time"] = np.nan
    for name in ("entry", "mark", "asked"):
        positions[name] = np.nan
    positions["entry_row"] = positions["row"] = -1
    book = np.zeros((symbols, ROOM + 1), ORDER)  # one more: what a new order begins as
    for name in _UNKNOWN:
        book[name] = np.nan
    book["parent"] = -1
    desk = np.zeros((symbols, d.WIDTH))
    desk[:, d.ENTRY] = desk[:, d.LAST_TARGET] = np.nan
    desk[:, d.EQUITY] = desk[:, d.CASH] = cash
    desk[:, d.SIZING] = sizing
    return State(account, positions, book, desk)


def new_log(rows: int) -> Log:
    """Room for so many fills, and as many orders."""
    return Log(np.zeros(rows, FILL), np.zeros(rows, ORDERED))


def new_world(state: State, log: Log, **more: int | np.ndarray) -> np.ndarray:
    """A world of these arrays, whose addresses it takes; ``more`` by the names of ``WORLD``. The caller keeps them."""
    world = np.zeros(1, WORLD)
    for name, value in {**state._asdict(), **log._asdict(), **more}.items():
        world[name] = value.ctypes.data if isinstance(value, np.ndarray) else value
    world["symbols"] = len(state.positions)
    world["fill_room"], world["order_room"] = len(log.fills), len(log.orders)
    return world
