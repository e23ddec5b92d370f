"""Bars of a coarser timeframe as they form, and studies that look at them without taking them in."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.stream import advance
from workbench.kernels.time_bars import fold_bars


@njit(cache=True, nogil=True)
def fold_so_far(
    bar: np.ndarray, bars: np.ndarray,
    acc: np.ndarray, count: np.ndarray, trades: np.ndarray, so_far: np.ndarray, trades_so_far: np.ndarray,
) -> int:  # fmt: skip
    """As ``fold_bars`` of every finer bar into ``bar[i]`` (-1: none), and what that holds after it in ``so_far[i]``."""
    low, high, number = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64)
    for i in range(len(bars)):
        if bar[i] < 0:
            continue
        low[0], high[0], number[0] = i, i + 1, bar[i]
        bad = fold_bars(low, high, number, bars, acc, count, trades)
        if bad >= 0:
            return bad
        so_far[i] = acc[bar[i]]
        trades_so_far[i] = trades[bar[i]]
    return -1


@njit(cache=True, nogil=True)
def look(
    loops: np.ndarray, plan: np.ndarray, at: np.ndarray, seen: np.ndarray,
    ring: np.ndarray, p: np.ndarray, s: np.ndarray, rows: np.ndarray, final: np.ndarray, out: np.ndarray,
) -> None:  # fmt: skip
    """As ``advance``, but only rows where ``final`` are taken in; the others are looked at and forgotten.

    A ring needs no copy: what a look writes is beyond the bars that were taken in, or moves these within the ring,
    whose former place stays as it was.
    """
    at_kept, seen_kept, s_kept = at.copy(), seen.copy(), s.copy()
    for i in range(len(rows)):
        advance(loops, plan, at, seen, ring, p, s, rows[i : i + 1], out[i : i + 1])
        if final[i]:
            at_kept[:], seen_kept[:], s_kept[:] = at, seen, s
        else:
            at[:], seen[:], s[:] = at_kept, seen_kept, s_kept
