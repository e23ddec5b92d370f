"""Columns and records by their address, for loops that must not count references: each count is an atomic operation.

Whoever takes an address keeps its array alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic

_DOUBLE, _LONG = ir.DoubleType(), ir.IntType(64)


def _loader(inside: Any, kind: Any) -> Any:
    @intrinsic
    def load(typingctx: Any, address: Any, place: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.load(builder.gep(builder.inttoptr(args[0], inside.as_pointer()), [args[1]]))

        return kind(types.int64, types.int64), built

    return load


#: ``real(address, place)``: a number of the float64 column at an address; ``whole`` of an int64 column.
real = _loader(_DOUBLE, types.float64)
whole = _loader(_LONG, types.int64)


def _storer(inside: Any, kind: Any) -> Any:
    @intrinsic
    def store(typingctx: Any, address: Any, place: Any, value: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.store(args[2], builder.gep(builder.inttoptr(args[0], inside.as_pointer()), [args[1]]))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, kind), built

    return store


#: ``put_real(address, place, value)``, ``put_whole(...)``: the other way round.
put_real = _storer(_DOUBLE, types.float64)
put_whole = _storer(_LONG, types.int64)


def record_at(dtype: np.dtype) -> Any:
    """A compiled function ``(address, place) -> record``, over an array of records of this type."""
    kind = from_dtype(dtype)

    @intrinsic
    def at(typingctx: Any, address: Any, place: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            where = builder.add(args[0], builder.mul(args[1], ir.Constant(_LONG, dtype.itemsize)))
            return builder.inttoptr(where, context.get_value_type(kind))

        return kind(types.int64, types.int64), built

    return at


def function_at(kind: types.FunctionType) -> Any:
    """A compiled function ``address -> function``, for functions of this type whose machine code begins there.

    An error that such a function raises passes through its caller.
    """

    @intrinsic
    def at(typingctx: Any, address: Any) -> Any:
        def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            made = cgutils.create_struct_proxy(kind)(context, builder)
            made.jit_addr = builder.inttoptr(args[0], cgutils.voidptr_t)
            return made._getvalue()

        return kind(types.int64), built

    return at


@intrinsic
def address_of_record(typingctx: Any, record: Any) -> Any:
    """Where a record lies: the other way round."""

    def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], _LONG)

    return types.int64(record), built


@intrinsic
def copy_record(typingctx: Any, target: Any, source: Any) -> Any:
    """Copy all fields of a record to another of its type."""

    def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = context.get_constant(types.intp, signature.args[0].size)
        cgutils.raw_memcpy(builder, args[0], args[1], size, 1)
        return context.get_dummy_value()

    return types.void(target, source), built


@intrinsic
def reals_from(typingctx: Any, address: Any, place: Any) -> Any:
    """A pointer to a place of float64 memory, as compiled functions take it."""

    def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(builder.inttoptr(args[0], _DOUBLE.as_pointer()), [args[1]])

    return types.CPointer(types.float64)(types.int64, types.int64), built


@intrinsic
def wholes_from(typingctx: Any, address: Any, place: Any) -> Any:
    """The same of int64 memory."""

    def built(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(builder.inttoptr(args[0], _LONG.as_pointer()), [args[1]])

    return types.CPointer(types.int64)(types.int64, types.int64), built
