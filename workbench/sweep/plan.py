"""What a sweep will need, before it starts: cells, pieces, memory, time; and the refusal of what cannot fit."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from workbench.errors import DataError
from workbench.kernels.ledger import FILL, ORDERED
from workbench.kernels.sweep import SUMS
from workbench.sweep.cells import Bench
from workbench.sweep.space import Space

#: Cells of a piece at most, and about how long one should take: enough to hide what is done around it, few enough to
#: see it go on.
_MOST_CELLS, _PIECE_SECONDS = 2_048, 0.25
#: Cells that are run to see how long one takes.
_TRIED = 8
_TABLE_BYTES = 26 * 8


@dataclass(frozen=True)
class Plan:
    """The plan of a sweep.

    Attributes
    ----------
    cells, bars
        How many.
    pieces
        Into how many the cells are cut, of ``piece`` cells each.
    seconds
        Estimate of the time, by some cells that were run; on this machine, by ``workers``.
    memory
        Estimate of the bytes that it needs at most beside the bars.
    shared
        Whether cells share studies and loop; where the strategy does not allow it each is a backtest of its own.
    """

    cells: int
    bars: int
    piece: int
    seconds: float
    memory: int
    workers: int
    shared: bool

    @property
    def pieces(self) -> int:
        """Into how many the cells are cut."""
        return -(-self.cells // self.piece)

    def __str__(self) -> str:
        how = "" if self.shared else ", each a run of its own"
        return (
            f"{self.cells:,} cells of {self.bars:,} bars in {self.pieces:,} pieces{how}: about "
            f"{spoken(self.seconds)} with {self.workers} at work, {self.memory / 2**20:,.0f} MB"
        )


def plan_of(bench: Bench, space: Space, workers: int, memory: int | None = None) -> Plan:
    """The plan of a space on this machine.

    Parameters
    ----------
    bench, space
        What is to be run; a few cells are, to see how long they take.
    workers
        How many work side by side.
    memory
        Bytes that may be used, three quarters of what is free unless told.

    Raises
    ------
    DataError
        It cannot fit; says how many cells would.
    """
    bars, symbols = len(bench.market.times), len(bench.market.symbols)
    tried = space.take(np.unique(np.linspace(0, len(space) - 1, _TRIED).astype(np.int64)))
    bench.run(space.take(slice(0, 1)))  # the first has to load what is compiled
    started = time.perf_counter()
    done = bench.run(tried)
    each = (time.perf_counter() - started) / len(tried)
    fills = np.nan_to_num(done.sums["fills"]).max(initial=0)
    lane = bars * 8 + int(2 * fills + 4_096) * (FILL.itemsize + ORDERED.itemsize)
    fixed = workers * lane + min(bench.library.room, len(space) * bars * 8 * symbols)
    cell = SUMS.itemsize + _TABLE_BYTES + space.codes.itemsize * len(space.names)
    needed, free = fixed + cell * len(space), memory or int(0.75 * free_memory())
    if needed > free:
        fits = max((free - fixed) // cell, 0)
        raise DataError(
            f"{len(space):,} cells need about {needed / 2**20:,.0f} MB, of which {free / 2**20:,.0f} MB may be used: "
            f"about {fits:,} cells fit; take wider steps, search='random' with n={fits:,}, or raise memory="
        )
    piece = int(np.clip(_PIECE_SECONDS / max(each, 1e-9), 1, _MOST_CELLS))
    piece = min(piece, max(-(-len(space) // (4 * workers)), 1))
    return Plan(len(space), bars, piece, each * len(space) / workers, needed, workers, bench.shared)


def free_memory() -> int:
    """Bytes of memory that are free, or can be made so."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            found = dict(line.split(":") for line in lines)
        return int(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) if hasattr(os, "sysconf") else 4 * 2**30


def spoken(seconds: float) -> str:
    """A length of time for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
