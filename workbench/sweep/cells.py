"""What is done with cells, whoever does it: a thread here or a process far away call the same ``Bench.run``."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.backtest import Result, Run, Settings
from workbench.backtest.market import Market
from workbench.backtest.run import first_known
from workbench.kernels import ledger as k
from workbench.kernels.round_trips import ROUND_TRIP
from workbench.kernels.sweep import SUMS, Cells, Lane, new_lane, reduce, run_cells
from workbench.strategies import Strategy
from workbench.strategies.base import COLUMNS
from workbench.sweep.space import Space
from workbench.sweep.studies import Columns, Library, Tracer, Untraceable

#: Fills that a lane has room for at first; it grows.
_FILLS = 2_048
#: What a strategy may not have made anew, if its cells are to share studies and one loop.
_PLAIN = ("__init__", "columns", "tables", "sparse", "numbers")


@dataclass
class Done:
    """Cells that are over.

    Attributes
    ----------
    sums
        ``kernels.sweep.SUMS``, a row each; NaN where the strategy raised.
    failures
        What it said, by the place of the cell.
    """

    sums: np.ndarray
    failures: dict[int, str] = field(default_factory=dict)


@dataclass
class _Ready:
    """Cells that go through the kernel; ``columns`` keeps alive what they point to."""

    numbers: list[int]
    cells: Cells
    columns: list[dict[str, Columns]]


class Bench:
    """A strategy over one market, ready to run with other values of its parameters.

    Parameters
    ----------
    strategy
        With the parameters that are not swept; it has to run as it is, so it is one of the cells.
    market, settings
        As a backtest has them.

    Raises
    ------
    DataError
        The strategy cannot be run: parameters, studies or bars that do not go together.
    """

    def __init__(self, strategy: Strategy, market: Market, settings: Settings) -> None:
        self.strategy, self.market, self.settings = strategy, market, settings
        self._fixed, self._lock, self._lanes = strategy.values(), threading.Lock(), list[Lane]()
        #: The run of this strategy, from which the others differ in parameters and studies only.
        self.first = Run(strategy, market, settings)
        self._names, self._numbers = list(self.first.kinds), list(self.first.strategy.numbers())
        self.library = Library([market.frames[symbol] for symbol in market.symbols], type(strategy).__name__)
        self._decide = self.first.address()
        self._idle = self.first.idle_address()
        #: Whether cells go through the kernel one after the other; else each is a run of its own.
        self.shared = not self.first.together
        self.shared &= all(getattr(type(strategy), name) is getattr(Strategy, name) for name in _PLAIN)
        if self.shared:
            self._tracer = Tracer(strategy)
            try:
                self._look_at_first()
            except Untraceable:
                self.shared = False

    def _look_at_first(self) -> None:
        """What the rows of all cells must be like, and where the bars' own columns begin to be known."""
        studies, _ = self._tracer.studies(self._fixed)
        found = {name: self.library.columns(name, study) for name, study in studies.items()}
        self._study_kinds = _kinds(found)
        studied = {name + ending for name, kinds in self._study_kinds.items() for ending in kinds}
        others = [name for name in self._names if name not in studied and name not in COLUMNS]
        self._bar_starts = [
            max((first_known(columns[name]) for name in others if columns[name].dtype == float), default=0)
            for columns in self.first.columns
        ]

    def finished(self, cell: Mapping[str, Any]) -> Run:
        """The whole run of a cell."""
        run = Run(type(self.strategy)(**{**self._fixed, **cell}), self.market, self.settings)
        run.finish()
        return run

    def result(self, cell: Mapping[str, Any]) -> Result:
        """The backtest of a cell, with all its fills and round trips."""
        return Result.of(self.finished(cell))

    def run(self, space: Space) -> Done:
        """All cells of a space; one whose strategy raises is a failure, the others go on."""
        done = Done(np.full(len(space), np.nan, SUMS))
        alone = list(range(len(space)))
        if self.shared:
            ready, alone = self._made_ready(space, done)
            alone += self._run_ready(ready)
            done.sums[ready.numbers] = ready.cells.out
        for at in alone:
            try:
                done.sums[at] = self._sums_of(self.finished(space.cell(at)))
            except Exception as error:
                done.failures[at] = str(error)
        return done

    def _run_ready(self, ready: _Ready) -> list[int]:
        """Through the kernel; gives those that raised, whose own run will say where and why."""
        raised, at, count = [], 0, len(ready.numbers)
        with self._lane() as taken:
            while at < count:
                lane = taken[0]
                try:
                    at = run_cells(self._world(lane)[0], lane, ready.cells, self.market.rows, at)
                except Exception:
                    at = int(lane.at[0])
                    ready.cells.out[at] = np.nan
                    raised.append(ready.numbers[at])
                    at += 1
                    continue
                if at < count:  # no room for its fills
                    taken[0] = self._new_lane(2 * len(lane.log.fills))
        return raised

    def _made_ready(self, space: Space, done: Done) -> tuple[_Ready, list[int]]:
        """Parameters, addresses and first bars of cells; those whose rows are not like the first cell's stay alone."""
        with self._lock:  # following what a strategy reads is for one thread at a time
            traced = [self._traced(at, cell, done) for at, cell in enumerate(space.cells())]
        numbers, values, warmups, columns, alone = list[int](), [], [], [], list[int]()
        for at, own, studies, warmup in filter(None, traced):
            try:
                found = {name: self.library.columns(name, study) for name, study in studies.items()}
            except Exception as error:
                done.failures[at] = str(error)
                continue
            row = [own[name] for name in self._numbers]
            if None in row or _kinds(found) != self._study_kinds:
                alone.append(at)
                continue
            numbers.append(at)
            values.append(row)
            warmups.append(warmup)
            columns.append(found)
        cells = self._empty_cells(len(numbers))
        if not numbers:
            return _Ready(numbers, cells, columns), alone
        cells.parameters[:, : len(self._numbers)] = values
        np.maximum(np.array(warmups)[:, None], self._bar_starts, out=cells.starts)
        for name, kinds in self._study_kinds.items():
            each = [found[name] for found in columns]
            np.maximum(cells.starts, [one.first for one in each], out=cells.starts)
            for ending in kinds:
                place = self._names.index(name + ending)
                cells.columns[:, :, place] = [one.addresses[ending] for one in each]
        return _Ready(numbers, cells, columns), alone

    def _traced(
        self, at: int, cell: dict[str, Any], done: Done
    ) -> tuple[int, dict[str, Any], dict[str, Any], int] | None:
        values = {**self._fixed, **cell}
        try:
            return at, values, *self._tracer.studies(values)
        except Exception as error:
            done.failures[at] = str(error)
            return None

    def _empty_cells(self, count: int) -> Cells:
        """Room for cells, with the columns of the bars in their places."""
        symbols = len(self.market.symbols)
        bars = [[columns[name].ctypes.data for name in self._names] for columns in self.first.columns]
        addresses = np.empty((count, symbols, len(self._names)), np.int64)
        addresses[:] = bars
        return Cells(
            np.zeros((count, max(len(self._numbers), 1))), addresses, np.zeros((count, symbols), np.int64),
            np.full(count, np.nan, SUMS),
        )  # fmt: skip

    def _sums_of(self, run: Run) -> np.ndarray:
        room = np.zeros(len(run.log.fills), np.int64), np.zeros(len(run.log.fills), ROUND_TRIP)
        lane = Lane(
            run.state, run.state, run.log, run.equity, run.now, run.was, run.starts, *room, np.zeros(1, np.int64)
        )
        out = np.zeros(1, SUMS)
        reduce(lane, self.market.rows, self.settings.cash, out[0])
        return out[0]

    @contextmanager
    def _lane(self) -> Iterator[list[Lane]]:
        """Memory that no other thread uses meanwhile, in a list so that a wider one can take its place."""
        with self._lock:
            taken = [self._lanes.pop()] if self._lanes else []
        taken = taken or [self._new_lane(_FILLS)]
        yield taken
        with self._lock:
            self._lanes += taken

    def _new_lane(self, fills: int) -> Lane:
        settings, market = self.settings, self.market
        width = 1 + len(self._names)
        return new_lane(len(market.symbols), len(market.times), width, (settings.cash, settings.sizing), fills)

    def _world(self, lane: Lane) -> np.ndarray:
        """A world over the memory of a lane; see ``Run``."""
        market = self.market
        return k.new_world(
            lane.state, lane.log, feeds=market.feeds, rules=self.first.rules, now=lane.now, was=lane.was,
            starts=lane.starts, equity=lane.equity, rows=market.rows if len(market.rows) else 0,
            width=1 + len(self._names), decide=self._decide, idle=self._idle,
        )  # fmt: skip


def _kinds(found: dict[str, Columns]) -> dict[str, dict[str, str]]:
    """Types of the columns of studies, by name and ending."""
    return {name: columns.kinds for name, columns in found.items()}
