"""``decide`` of a strategy as machine code: the types of its arguments, and its address.

A strategy's ``decide(self, now, was, broker)`` is compiled for four pointers, whatever its studies and parameters are:
so that one kernel, compiled once, calls them all. ``self`` points to the numbers of its parameters, ``now`` and ``was``
to the number of a row followed by the addresses of columns, ``broker`` to the desk: what the strategy may see of its
account, and room for what it asks. One that decides over all symbols at once is given the cells of them all, see
``desk``, and the first of their desks.
"""

# ruff: noqa: ANN001  (numba compares the arguments of a method and of what implements it, annotations too)

from __future__ import annotations

import operator
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError, TypingError
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    overload,
    overload_method,
    register_model,
)
from numba.np.arrayobj import populate_array

from workbench.kernels import desk as d
from workbench.kernels.memory import function_at, real

#: Kinds of columns and parameters: float64, int64, bool (one byte), and the number of the row itself.
REAL, WHOLE, YES_NO, NUMBER = "fibn"
_KIND = {REAL: types.float64, WHOLE: types.int64, YES_NO: types.boolean, NUMBER: types.int64}
_DOUBLE, _LONG, _BYTE = ir.DoubleType(), ir.IntType(64), ir.IntType(8)
#: What the desks of all symbols have in common.
SHARED = ("equity", "cash", "sizing")
#: In the names of the types, so that code which was made of other sources is not taken from the disk.
_SOURCES = b"".join(Path(__file__).with_name(f"{part}.py").read_bytes() for part in ("decide", "desk", "memory"))
_LAYOUT = f"{zlib.crc32(_SOURCES):08x}"
_REALS = types.CPointer(types.float64)
_WHOLES = types.CPointer(types.int64)
_DECIDE = types.FunctionType(types.void(_REALS, _WHOLES, _WHOLES, _REALS))
_SLICE = types.Array(types.float64, 1, "C")
_CELLS = types.Array(types.float64, 1, "C", readonly=True)
#: What a row over all symbols has once.
_INSTANT = {"bar": d.BAR, "time": d.TIME}


class _Fields(types.Type):
    """A pointer with named fields behind it: pairs of name and kind."""

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        self.fields = tuple(fields)
        inside = ",".join(f"{name}:{kind}" for name, kind in self.fields)
        super().__init__(name=f"{type(self).__name__}[{_LAYOUT}]({inside})")

    def place(self, name: str) -> int:
        """Where a field is, -1 where there is none."""
        return next((at for at, (one, _) in enumerate(self.fields) if one == name), -1)


class Parameters(_Fields):
    """``self`` in ``decide``: the numbers among the parameters."""


class Row(_Fields):
    """A bar with what is known at its close."""


class Rows(_Fields):
    """An instant of all symbols: each field is an array with a number for each of them."""


class Broker(types.Type):
    """The desk of one symbol."""

    def __init__(self) -> None:
        super().__init__(name=f"{type(self).__name__}[{_LAYOUT}]")


class Brokers(Broker):
    """The desks of all symbols."""


class _Pointer(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        inside = _LONG if isinstance(fe_type, Row | Rows) else _DOUBLE
        super().__init__(dmm, fe_type, inside.as_pointer())


for _type in (Parameters, Row, Rows, Broker, Brokers):
    register_model(_type)(_Pointer)


def _at(builder: Any, pointer: Any, place: int) -> Any:
    return builder.load(builder.gep(pointer, [ir.Constant(_LONG, place)]))


class _FieldAttributes(AttributeTemplate):
    def generic_resolve(self, typ: Any, attr: str) -> Any:
        at = typ.place(attr)
        return None if at < 0 else _KIND[typ.fields[at][1]]


for _type in (Parameters, Row):
    infer_getattr(type(f"_{_type.__name__}Attributes", (_FieldAttributes,), {"key": _type}))


@infer_getattr
class _RowsAttributes(AttributeTemplate):
    key = Rows

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        return types.int64 if attr in _INSTANT else _CELLS if typ.place(attr) >= 0 else None


def _array(context: Any, builder: Any, kind: Any, data: Any, count: Any) -> Any:
    """An array over memory that is somebody else's."""
    made, size = context.make_array(kind)(context, builder), context.get_constant(types.intp, 8)
    populate_array(made, data, shape=[count], strides=[size], itemsize=size, meminfo=None)
    return made._getvalue()


@lower_getattr_generic(Rows)
def _cells(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    if attr in _INSTANT:
        return _at(builder, value, _INSTANT[attr])
    count = _at(builder, value, d.COUNTED)
    first = builder.add(ir.Constant(_LONG, d.HEAD), builder.mul(count, ir.Constant(_LONG, typ.place(attr))))
    data = builder.bitcast(builder.gep(value, [first]), _DOUBLE.as_pointer())
    return _array(context, builder, _CELLS, data, count)


@lower_getattr_generic(Parameters)
def _parameter(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    place = typ.place(attr)
    found = _at(builder, value, place)
    kind = typ.fields[place][1]
    return found if kind == REAL else context.cast(builder, found, types.float64, _KIND[kind])


@lower_getattr_generic(Row)
def _cell(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    place = typ.place(attr)
    kind, row = typ.fields[place][1], _at(builder, value, 0)
    if kind == NUMBER:
        return row
    inside = {REAL: _DOUBLE, WHOLE: _LONG, YES_NO: _BYTE}[kind]
    column = builder.inttoptr(_at(builder, value, place + 1), inside.as_pointer())
    found = builder.load(builder.gep(column, [row]))
    return context.cast(builder, found, types.uint8, types.boolean) if kind == YES_NO else found


@infer_getattr
class _BrokerAttributes(AttributeTemplate):
    key = Broker

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        return _SLICE if attr == "memory" else types.float64 if attr in d.SEEN else None


@lower_getattr_generic(Broker)
def _seen(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    if attr != "memory":
        return _at(builder, value, d.SEEN[attr])
    data = builder.gep(value, [ir.Constant(_LONG, d.MEMORY)])
    return _array(context, builder, _SLICE, data, context.get_constant(types.intp, d.MEMORY_SIZE))


@infer_getattr
class _BrokersAttributes(AttributeTemplate):
    key = Brokers

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        return types.float64 if attr in SHARED else None


@lower_getattr_generic(Brokers)
def _shared(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    return _at(builder, value, d.SEEN[attr])


@intrinsic
def _desk(typingctx: Any, broker: Any) -> Any:
    """The address of the desk."""

    def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], _LONG)

    return types.int64(broker), built


@intrinsic
def _desk_of(typingctx: Any, brokers: Any, symbol: Any) -> Any:
    """The desk of one symbol among all."""

    def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(args[0], [builder.mul(args[1], ir.Constant(_LONG, d.WIDTH))])

    return Broker()(brokers, types.int64), built


@overload(operator.getitem)
def _one_of(brokers, symbol):
    if not isinstance(brokers, Brokers) or not isinstance(symbol, types.Integer):
        return None

    def one_of(brokers, symbol):
        if symbol < 0 or symbol >= real(_desk(brokers), d.SYMBOLS):
            raise IndexError("symbols are numbered from 0, in the order of the bars")
        return _desk_of(brokers, symbol)

    return one_of


def given(value: float | None) -> float:
    """NaN for what is not given."""
    return np.nan if value is None else float(value)


@overload(given, strict=False)
def _given_compiled(value: Any) -> Any:
    if isinstance(value, types.NoneType | types.Omitted):
        return lambda value: np.nan
    return lambda value: float(value)


def tag_code(tag: str | int | None) -> float:
    """The number that stands for a tag: whole numbers for themselves."""
    if tag is None:
        return 0.0
    return float(tag) if isinstance(tag, int) else float(zlib.crc32(tag.encode()) + 2**40)


def _code_of(tag: Any) -> float:
    """The same while a call is compiled, when only what is written out is known."""
    if isinstance(tag, types.Omitted):
        tag = tag.value
    if tag is None or isinstance(tag, types.NoneType):
        return 0.0
    found = tag if isinstance(tag, str | int) else getattr(tag, "literal_value", None)
    if found is None:
        raise TypingError("a tag is written out in the call, as in tag='breakout'")
    return tag_code(found)


@overload_method(Broker, "target", prefer_literal=True)
def _target(
    broker, fraction, rebalance=False, stop_loss=None, take_profit=None, stop_distance=None, profit_distance=None,
    stop_fraction=None, profit_fraction=None, trail=None, trail_fraction=None, on_close=False, tag=None,
):  # fmt: skip
    code = _code_of(tag)

    def target(
        broker, fraction, rebalance=False, stop_loss=None, take_profit=None, stop_distance=None, profit_distance=None,
        stop_fraction=None, profit_fraction=None, trail=None, trail_fraction=None, on_close=False, tag=None,
    ):  # fmt: skip
        desk = _desk(broker)
        at = d.ask_target(desk, float(fraction), code, 1.0 if rebalance else 0.0, 1.0 if on_close else 0.0)
        d.protect(
            desk, at, given(stop_loss), given(take_profit), given(stop_distance), given(profit_distance),
            given(stop_fraction), given(profit_fraction), given(trail), given(trail_fraction),
        )  # fmt: skip

    return target


@overload_method(Broker, "long", prefer_literal=True)
def _long(broker, tag=None):
    code = _code_of(tag)

    def long(broker, tag=None):
        desk = _desk(broker)
        d.ask_target(desk, real(desk, d.SIZING), code, 0.0, 0.0)

    return long


@overload_method(Broker, "short", prefer_literal=True)
def _short(broker, tag=None):
    code = _code_of(tag)

    def short(broker, tag=None):
        desk = _desk(broker)
        d.ask_target(desk, -real(desk, d.SIZING), code, 0.0, 0.0)

    return short


@overload_method(Broker, "flat", prefer_literal=True)
def _flat(broker, tag=None):
    code = _code_of(tag)

    def flat(broker, tag=None):
        d.ask_target(_desk(broker), 0.0, code, 0.0, 0.0)

    return flat


overload_method(Broker, "close", prefer_literal=True)(_flat)


def _order(side: float) -> Callable[..., Any]:
    def order(
        broker, units=None, fraction=None, cash=None, risk=None, limit=None, stop=None, stop_loss=None,
        take_profit=None, stop_distance=None, profit_distance=None, stop_fraction=None, profit_fraction=None,
        trail=None, trail_fraction=None, expiry=0, day=False, on_close=False, oco=0, tag=None,
    ):  # fmt: skip
        code = _code_of(tag)

        def order(
            broker, units=None, fraction=None, cash=None, risk=None, limit=None, stop=None, stop_loss=None,
            take_profit=None, stop_distance=None, profit_distance=None, stop_fraction=None, profit_fraction=None,
            trail=None, trail_fraction=None, expiry=0, day=False, on_close=False, oco=0, tag=None,
        ):  # fmt: skip
            desk = _desk(broker)
            at = d.ask_order(
                desk, side, given(units), given(fraction), given(cash), given(risk), given(limit), given(stop),
                float(expiry), 1.0 if day else 0.0, 1.0 if on_close else 0.0, float(oco), code,
            )  # fmt: skip
            d.protect(
                desk, at, given(stop_loss), given(take_profit), given(stop_distance), given(profit_distance),
                given(stop_fraction), given(profit_fraction), given(trail), given(trail_fraction),
            )  # fmt: skip

        return order

    return order


overload_method(Broker, "buy", prefer_literal=True)(_order(1.0))
overload_method(Broker, "sell", prefer_literal=True)(_order(-1.0))


@overload_method(Broker, "cancel", prefer_literal=True)
def _cancel(broker, tag):
    code = _code_of(tag)

    def cancel(broker, tag):
        d.ask(_desk(broker), d.CANCEL, 0.0, code, 0.0, 0.0)

    return cancel


@overload_method(Broker, "cancel_all")
def _cancel_all(broker):
    def cancel_all(broker):
        d.ask(_desk(broker), d.CANCEL_ALL, 0.0, 0.0, 0.0, 0.0)

    return cancel_all


@overload_method(Brokers, "target", prefer_literal=True)
def _target_of(brokers, symbol, fraction, rebalance=False, tag=None):
    code = _code_of(tag)

    def target(brokers, symbol, fraction, rebalance=False, tag=None):
        d.ask_target(_desk(brokers[symbol]), float(fraction), code, 1.0 if rebalance else 0.0, 0.0)

    return target


overload_method(Brokers, "position")(lambda brokers, symbol: lambda brokers, symbol: brokers[symbol].position)
overload_method(Brokers, "memory")(lambda brokers, symbol: lambda brokers, symbol: brokers[symbol].memory)


#: The ``decide`` whose machine code begins at an address.
decide_at = function_at(_DECIDE)


_dispatchers: dict[tuple[Callable[..., Any], bool], Dispatcher] = {}


def compiled(decide: Callable[..., None], together: bool = False) -> Dispatcher:
    """A ``decide`` as numba takes it, always the same object."""
    made = _dispatchers.get((decide, together))
    if made is None:
        # Numbers of arrays divide as numpy's do in plain Python; those of one row as Python's.
        how = {"nogil": True, "boundscheck": True, "error_model": "numpy" if together else "python"}
        try:
            made = njit(cache=True, **how)(decide)
        except RuntimeError:  # no file that it could be kept beside
            made = njit(**how)(decide)
        _dispatchers[decide, together] = made
    return made


def address_of(
    decide: Callable[..., None], parameters: Mapping[str, str], row: Mapping[str, str], together: bool = False
) -> int:
    """Where the machine code of a ``decide`` begins; from the disk where it was compiled before.

    ``parameters`` and ``row`` are kinds by name; ``together`` says that it decides over all symbols at once.

    Raises
    ------
    NumbaError
        It has something in it that cannot be compiled.
    """
    made = compiled(decide, together)
    fields = (Rows if together else Row)(tuple(row.items()))
    types_of = Parameters(tuple(parameters.items())), fields, fields, Brokers() if together else Broker()
    made.compile(types_of)
    found = made.get_compile_result(types.void(*types_of))
    return found.library.get_pointer_to_function(found.fndesc.llvm_func_name)


CompileError = NumbaError
