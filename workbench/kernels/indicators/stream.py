"""Bar by bar: rings of what studies look back at, and one call for all of them."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np
from numba import njit, types
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError

from workbench.errors import DataError
from workbench.kernels.memory import function_at

#: Columns of the plan of a study: where its ring, constants, state and outputs begin, their sizes, its input columns.
RING, ROOM, BACK, P, P_END, S, S_END, OUT, OUTPUTS, INPUTS, FIRST_INPUT = range(11)
MOST_INPUTS = 5
PLAN_WIDTH = FIRST_INPUT + MOST_INPUTS

_SERIES = types.Array(types.float64, 1, "C", readonly=True, aligned=True)
_OUT, _VALUES = types.Array(types.float64, 2, "C"), types.Array(types.float64, 1, "C")
#: The one type of all loops: batch and stream call the same machine code.
SIGNATURE = types.void(*[_SERIES] * 5, types.int64, types.int64, _OUT, _VALUES, _VALUES)
_ARGUMENTS = ("a", "b", "c", "d", "e", "start", "seen", "out", "p", "s")
_LOOP = types.FunctionType(SIGNATURE)
_plain: WeakKeyDictionary[Callable[..., None], Dispatcher] = WeakKeyDictionary()


_loop_at = function_at(_LOOP)


@njit(cache=True, nogil=True)
def advance(
    loops: np.ndarray, plan: np.ndarray, at: np.ndarray, seen: np.ndarray,
    ring: np.ndarray, p: np.ndarray, s: np.ndarray, rows: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """Take in bars ``rows`` (float64[n, columns]) one by one; ``out`` is float64[n, all outputs].

    ``loops`` is what ``addresses`` gives: to pass the functions themselves would compile a piece for each in every
    process. ``plan`` is int64[studies, PLAN_WIDTH]; ``at`` where each ring is written next, ``seen`` the bars each
    study has taken in, the last place of it the study that is at work. A bar with a NaN among the inputs of a study
    gives NaN there and is passed over.
    """
    none = ring[:0]
    for i in range(len(rows)):
        for k in range(len(loops)):
            inputs, room, back = plan[k, INPUTS], plan[k, ROOM], plan[k, BACK]
            first, outputs = plan[k, OUT], plan[k, OUTPUTS]
            known = True
            for q in range(inputs):
                known &= not np.isnan(rows[i, plan[k, FIRST_INPUT + q]])
            if not known:
                out[i, first : first + outputs] = np.nan
                continue
            base = plan[k, RING]
            if at[k] == room:
                for q in range(inputs):
                    low = base + q * room
                    for j in range(back):
                        ring[low + j] = ring[low + room - back + j]
                at[k] = back
            for q in range(inputs):
                ring[base + q * room + at[k]] = rows[i, plan[k, FIRST_INPUT + q]]
            at[k] += 1
            held = min(seen[k], back)
            low, high = base + at[k] - 1 - held, base + at[k]
            seen[-1] = k
            loop = _loop_at(loops[k])
            loop(
                ring[low:high],
                ring[low + room : high + room] if inputs > 1 else none,
                ring[low + 2 * room : high + 2 * room] if inputs > 2 else none,
                ring[low + 3 * room : high + 3 * room] if inputs > 3 else none,
                ring[low + 4 * room : high + 4 * room] if inputs > 4 else none,
                held,
                seen[k],
                out[i, first : first + outputs].reshape((outputs, 1)),
                p[plan[k, P] : plan[k, P_END]],
                s[plan[k, S] : plan[k, S_END]],
            )
            seen[k] += 1


def addresses(loops: list[Callable[..., None]], names: list[str]) -> np.ndarray:
    """Where the machine code of loops begins, as ``advance`` takes them; the caller keeps the loops alive.

    Raises
    ------
    DataError
        A loop that is plain Python cannot be compiled; names its indicator.
    """
    found = [_address(compiled(loop, name)) for loop, name in zip(loops, names, strict=True)]
    return np.array(found, np.int64)


def compiled(loop: Callable[..., None], name: str) -> Dispatcher:
    """The loop with the machine code for ``SIGNATURE``, from the disk where it is there. ``name`` is for the error."""
    made = loop if isinstance(loop, Dispatcher) else _plain.get(loop)
    if made is None:
        made = _plain[loop] = njit(nogil=True)(loop)
    try:
        made.get_compile_result(SIGNATURE)
    except NumbaError as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{name}: its loop cannot be compiled, which a stream needs: {reason[:400]}. On whole frames a loop of "
            "plain Python works as it is; for streams write it with what numba knows"
        ) from error
    return made


def is_loop(thing: object) -> bool:
    """Whether it is a compiled function with the arguments of a loop."""
    return isinstance(thing, Dispatcher) and thing.py_func.__code__.co_varnames[:10] == _ARGUMENTS


def _address(loop: Dispatcher) -> int:
    found = loop.get_compile_result(SIGNATURE)
    return found.library.get_pointer_to_function(found.fndesc.llvm_func_name)
