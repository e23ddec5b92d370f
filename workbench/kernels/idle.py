"""Instants at which nothing is to be filled: most of them, and all that they need is the decision.

``idle`` reaches the decision by its address. ``idle_of`` gives the same loop with the decision compiled into it, for
those who go through it many times: a call for each bar is then saved, and what does not change is read once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from workbench.kernels import desk as d
from workbench.kernels import ledger as k
from workbench.kernels.decide import NUMBER, Broker, Parameters, Row, compiled, decide_at
from workbench.kernels.ledger import WORLD, account_of, feed_of, order_of, position_of, rules_of
from workbench.kernels.memory import function_at, put_real, real, reals_from, record_at, whole, wholes_from

_world = record_at(WORLD)
_IDLE = types.FunctionType(types.int64(types.int64, types.int64, types.int64))
#: Bars that are marked together before each of them is decided on: few after a fill, where one may come again soon.
_FEWEST, _MOST = 16, 128


@njit(cache=True, nogil=True)
def is_hole(feed: np.void, row: int) -> bool:
    """Whether a bar has no prices."""
    return np.isnan(real(feed.open, row) + real(feed.high, row) + real(feed.low, row) + real(feed.close, row))


@intrinsic
def _number(typingctx: Any, row: Any, number: Any) -> Any:
    """Put the number of a row before its columns."""

    def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], args[0])
        return context.get_dummy_value()

    return types.void(row, types.int64), built


@njit(cache=True, nogil=True)
def _row(w: np.void, address: int) -> Any:
    return wholes_from(address, 0)


@njit(cache=True, nogil=True)
def _decide(w: np.void, now: Any, was: Any) -> None:
    decide_at(w.decide)(reals_from(w.parameters, 0), now, was, reals_from(w.desk, 0))


@njit(cache=True, nogil=True)
def is_quiet(w: np.void) -> bool:
    """Whether nothing of one symbol can be filled before the price comes to a stop loss or target that stays."""
    working = position_of(w, 0).working
    if working == 0:
        return True
    order = order_of(w, 0, 0)
    plain = working == 1 and order.kind == k.EXIT and order.why == 0 and np.isnan(order.level)
    return plain and feed_of(w, 0).fine_first == 0


@njit(cache=True, nogil=True)
def _bounds(w: np.void) -> tuple[float, float]:
    """Prices at or beyond which something may be filled."""
    order = order_of(w, 0, 0)
    low, high = (order.stop, order.limit) if order.side < 0.0 else (order.limit, order.stop)
    return -np.inf if np.isnan(low) else low, np.inf if np.isnan(high) else high


@njit(cache=True, nogil=True)
def _mark(w: np.void, first: int, until: int) -> int:
    """The equity of bars of one symbol with nothing to fill; gives the first of them that needs more.

    One loop for each thing that is looked at, without a way out of it: so that several bars are looked at together.
    """
    account, position, rules, feed = account_of(w), position_of(w, 0), rules_of(w), feed_of(w, 0)
    cash, units, maintenance, leverage = account.cash, position.units, rules.maintenance, rules.leverage
    closes, equities, found = feed.close, w.equity, until
    for t in range(first, until):
        worth = units * real(closes, t)
        equity = cash + worth
        put_real(equities, t, equity)
        found = min(found, t if abs(worth) * maintenance > equity * leverage else until)
    if position.working != 0:
        opens, highs, lows = feed.open, feed.high, feed.low
        lowest, highest = _bounds(w)
        for t in range(first, until):
            opened, close = real(opens, t), real(closes, t)
            low, high = min(real(lows, t), opened, close), max(real(highs, t), opened, close)
            found = min(found, t if (low <= lowest) | (high >= highest) else until)
    if rules.holes != 0:
        for t in range(first, until):
            found = min(found, t if is_hole(feed, t) else until)
    return found


def _loop(world: int, first: int, until: int) -> int:
    """Instants of one symbol that is quiet: what ``simulate`` does, with nothing to fill.

    Gives twice the first instant that needs more, and 1 added where it has begun and decided: then it is to be finished
    only. ``world`` is the address of one.
    """
    w = _world(world, 0)
    account, position, start, end_flat = account_of(w), position_of(w, 0), whole(w.starts, 0), rules_of(w).end_flat
    held, entered, equities, desk = position.units != 0.0, position.entry_row, w.equity, w.desk
    now, was = _row(w, w.now), _row(w, w.was)
    if first <= end_flat < until:
        until = end_flat
    account.deciding = 0
    t, asked, block = first, False, _FEWEST
    while t < until and not asked:
        last = min(t + block, until)
        calm = _mark(w, t, last)
        t = max(t, min(start, calm))
        while t < calm:
            put_real(desk, d.EQUITY, real(equities, t))
            if held:
                put_real(desk, d.BARS_HELD, float(t - entered))
            _number(now, t)
            _number(was, max(t - 1, 0))
            _decide(w, now, was)
            asked = real(desk, d.COUNT) != 0.0
            if asked:
                break
            t += 1
        if calm < last:
            break
        block = min(2 * block, _MOST)
    if asked or t > first:
        row = t if asked else t - 1
        account.equity, position.mark = real(equities, row), real(feed_of(w, 0).close, row)
        position.row, position.live, position.used = row, 1, 0.0
    return 2 * t + asked


idle = njit(cache=True, nogil=True)(_loop)


#: The loop of ``idle_of`` whose machine code begins at an address.
idle_at = function_at(_IDLE)


def _own_row(kind: Row) -> Any:
    """A copy of a row that nobody else can change: then the addresses of columns stay in registers."""
    count = 1 + sum(one != NUMBER for _, one in kind.fields)

    @intrinsic
    def own_row(typingctx: Any, world: Any, address: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            long = ir.IntType(64)
            room = cgutils.alloca_once(builder, long, size=count)
            there = builder.inttoptr(args[1], long.as_pointer())
            for at in range(count):
                place = ir.Constant(long, at)
                builder.store(builder.load(builder.gep(there, [place])), builder.gep(room, [place]))
            return room

        return kind(world, types.int64), built

    return own_row


def _meant_as(kind: types.Type) -> Any:
    @intrinsic
    def meant_as(typingctx: Any, address: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(kind))

        return kind(types.int64), built

    return meant_as


_dispatchers: dict[tuple[Callable[..., Any], str], Any] = {}


def idle_of(decide: Callable[..., None], parameters: Mapping[str, str], row: Mapping[str, str]) -> int:
    """Where the machine code of ``idle`` with this ``decide`` inside begins; from the disk where it is there already.

    The arguments are those of ``address_of``.
    """
    kinds = Parameters(tuple(parameters.items())), Row(tuple(row.items())), Broker()
    own, code = decide.__code__, _loop.__code__
    # On the disk it lies beside the decision, whose file says whether it is still the same; its name has what the loop
    # knows of besides: the columns, and by the name of the world all that the kernels are made of.
    parts = f"{kinds} {WORLD.names}".encode()
    name = f"{decide.__qualname__}_idle_{zlib.crc32(parts):08x}"
    made = _dispatchers.get((decide, name))
    if made is None:
        inside, numbers, desk = compiled(decide), _meant_as(kinds[0]), _meant_as(kinds[2])

        @njit(nogil=True)
        def with_it(w: np.void, now: Any, was: Any) -> None:
            inside(numbers(w.parameters), now, was, desk(w.desk))

        file, line = own.co_filename, own.co_firstlineno
        placed = code.replace(co_filename=file, co_firstlineno=line, co_name=name, co_qualname=name)
        loop = FunctionType(placed, {**globals(), "_decide": with_it, "_row": _own_row(kinds[1])}, name)
        loop.__module__ = decide.__module__
        try:
            made = njit(cache=True, nogil=True)(loop)
        except RuntimeError:  # no file that it could be kept beside
            made = njit(nogil=True)(loop)
        _dispatchers[decide, name] = made
    made.compile((types.int64, types.int64, types.int64))
    found = made.get_compile_result(types.int64(types.int64, types.int64, types.int64))
    return found.library.get_pointer_to_function(found.fndesc.llvm_func_name)
