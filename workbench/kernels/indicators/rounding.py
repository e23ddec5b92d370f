"""Products, sums and quotients that are rounded once: the fewest steps of a chain, and the same bits everywhere."""

from __future__ import annotations

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def fused(typing, x, y, z) -> tuple:
    """``x * y + z`` rounded once, on every machine: half the latency of a mean's chain, and the bits of C builds."""

    def build(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.DoubleType(), [ir.DoubleType()] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fma", [ir.DoubleType()], kind), arguments)

    return types.float64(types.float64, types.float64, types.float64), build


@njit(cache=True, nogil=True)
def quotient(x: float, by: float, inverse: float) -> float:
    """``x / by`` to the last bit, given ``1 / by``: a product, and what it lacks (Markstein, 1990)."""
    near = x * inverse
    return fused(fused(-near, by, x), inverse, near)
