"""Bar by bar: rings of what studies look back at, and one call for all of them."""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.typed import List

#: Columns of the plan of a study: where its ring, constants, state and outputs begin, their sizes, its input columns.
RING, ROOM, BACK, P, P_END, S, S_END, OUT, OUTPUTS, INPUTS, FIRST_INPUT = range(11)
MOST_INPUTS = 5
PLAN_WIDTH = FIRST_INPUT + MOST_INPUTS


@njit(nogil=True)
def advance(
    functions: list, plan: np.ndarray, at: np.ndarray, seen: np.ndarray,
    ring: np.ndarray, p: np.ndarray, s: np.ndarray, rows: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """Take in bars ``rows`` (float64[n, columns]) one by one; ``out`` is float64[n, all outputs].

    ``plan`` is int64[studies, PLAN_WIDTH]; ``at`` where each ring is written next, ``seen`` the bars each study has
    taken in. A bar with a NaN among the inputs of a study gives NaN there and is passed over.
    """
    none = ring[:0]
    for i in range(len(rows)):
        for k in range(len(functions)):
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
            functions[k](
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


_SERIES = types.Array(types.float64, 1, "C", readonly=True, aligned=True)
_OUT, _VALUES = types.Array(types.float64, 2, "C"), types.Array(types.float64, 1, "C")
SIGNATURE = types.void(*[_SERIES] * 5, types.int64, types.int64, _OUT, _VALUES, _VALUES)


def listed(functions: list) -> List:
    """Loops as ``advance`` takes them; each is compiled once for all who call it so."""
    out = List.empty_list(types.FunctionType(SIGNATURE))
    for function in functions:
        out.append(function)
    return out
