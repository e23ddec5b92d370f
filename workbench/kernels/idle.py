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
    if position_of(w, 0).working == 0:
        return -np.inf, np.inf
    order = order_of(w, 0, 0)
    low, high = (order.stop, order.limit) if order.side < 0.0 else (order.limit, order.stop)
    return -np.inf if np.isnan(low) else low, np.inf if np.isnan(high) else high


def _loop(world: int, first: int, until: int) -> int:
    """Instants of one symbol that is quiet: what ``simulate`` does, with nothing to fill.

    Gives twice the first instant that needs more, and 1 added where it has begun and decided: then it is to be finished
    only. ``world`` is the address of one.
    """
    w = _world(world, 0)
    account, position, rules, feed = account_of(w), position_of(w, 0), rules_of(w), feed_of(w, 0)
    start, asked, end_flat = whole(w.starts, 0), False, rules.end_flat
    cash, units, entered, holes = account.cash, position.units, position.entry_row, rules.holes != 0
    maintenance, leverage, desk, now, was = rules.maintenance, rules.leverage, w.desk, _row(w, w.now), _row(w, w.was)
    closes, equities, watched = feed.close, w.equity, position.working != 0
    lowest, highest = _bounds(w)
    t, equity, mark = first, account.equity, position.mark
    account.deciding = 0
    while t < until and not asked:
        if t == end_flat or (holes and is_hole(feed, t)):
            break
        close = real(closes, t)
        if watched:
            opened = real(feed.open, t)
            if min(real(feed.low, t), opened, close) <= lowest or max(real(feed.high, t), opened, close) >= highest:
                break
        worth = cash + units * close
        if abs(units * close) * maintenance > worth * leverage:
            break
        mark, equity = close, worth
        put_real(desk, d.EQUITY, equity)
        if units != 0.0:
            put_real(desk, d.BARS_HELD, float(t - entered))
        if t >= start:
            _number(now, t)
            _number(was, max(t - 1, 0))
            _decide(w, now, was)
            asked = real(desk, d.COUNT) != 0.0
        if not asked:
            if equities != 0:
                put_real(equities, t, equity)
            t += 1
    if asked or t > first:
        account.equity, position.mark = equity, mark
        position.row, position.live, position.used = t if asked else t - 1, 1, 0.0
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
