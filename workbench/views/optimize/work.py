"""What takes a while, done beside the page: plans, sweeps that can be paused, curves of cells, halves of the window."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from workbench.backtest.market import Market
from workbench.errors import DataError
from workbench.sweep import Plan, Sweep, plan
from workbench.sweep.cells import Bench, Done
from workbench.sweep.engine import prepared, run_all, workers_of
from workbench.sweep.jobs import Jobs, SweepStopped
from workbench.sweep.measures import NAMES
from workbench.sweep.plan import plan_of, spoken
from workbench.views.backtest.outcome import read_bars
from workbench.views.backtest.running import Job
from workbench.views.backtest.setup import Chosen
from workbench.views.optimize.space import Swept, chosen_again

#: Cells whose equity is computed again for a brush, and cells that are run on both halves of the window, at most.
MOST_CURVES, MOST_HALVES = 200, 2_000
#: Places at which bands are drawn, and what part of the cells lies below each of their lines.
POINTS, BANDS = 400, (0.05, 0.25, 0.5, 0.75, 0.95)


@cache
def looks() -> ThreadPoolExecutor:
    """Where short work is done, so that it never waits for a sweep."""
    return ThreadPoolExecutor(4, thread_name_prefix="optimize")


def bars_of(catalog: Any, chosen: Swept, job: Job) -> Any:
    """The bars of a sweep as ``sweep`` takes them."""
    frames = read_bars(catalog, chosen, job)
    return next(iter(frames.values())) if len(frames) == 1 else frames


def planned(catalog: Any, chosen: Swept, job: Job) -> Plan:
    """What a sweep would need; a few of its cells are run to see. Raises as ``sweep`` does."""
    bars = bars_of(catalog, chosen, job)
    job.step("Planning")
    return plan(chosen.strategy, bars, chosen.values, where=chosen.where or None, **chosen.keywords())


class Sweeping:
    """One sweep: it fills while it runs, stops at a word, and goes on from where it stopped.

    Parameters
    ----------
    jobs
        Where it is written down.
    chosen
        What is swept; None for one that is there already.
    id
        Of that one.

    Attributes
    ----------
    sweep
        Its cells, NaN for those to come; None until the bars are read.
    state
        ``planning``, ``running``, ``paused``, ``cancelled``, ``finished`` or ``failed``.
    done, began, before
        Cells that are over, when it was last begun, and how many were over then.
    """

    def __init__(self, jobs: Jobs, chosen: Swept | None = None, id: str = "") -> None:
        self.jobs, self.chosen, self.id = jobs, chosen, id
        self.sweep: Sweep | None = None
        self.state, self.name = "planning", chosen.label if chosen is not None else id
        self.done, self.began, self.before = 0, 0.0, 0
        self.place, self.spec, self.bars = chosen.place if chosen is not None else "", "", 0
        self._asked = ""

    @property
    def cells(self) -> int:
        """How many there are; 0 while nobody knows."""
        return 0 if self.sweep is None else len(self.sweep)

    @property
    def left(self) -> float:
        """Seconds that it will take still, by the cells of this stretch; NaN while nobody knows."""
        ran = self.done - self.before
        return (time.monotonic() - self.began) / ran * (self.cells - self.done) if ran > 0 else float("nan")

    @property
    def told(self) -> str:
        """How far it is, in words."""
        if self.state == "planning":
            return ""
        left = self.left
        wait = f", {spoken(left)} left" if left == left and self.state == "running" else ""
        return f"{self.done:,} of {self.cells:,} cells{wait}"

    def stop(self, how: str) -> None:
        """Ask it to stop, ``paused`` or ``cancelled``: it does between two pieces."""
        self._asked = how
        if self.id:
            (self.jobs.pause if how == "paused" else self.jobs.cancel)(self.id)

    def carry_out(self, catalog: Any, job: Job) -> Sweep:
        """Run the cells that are not there yet. Called by a ``Runner``; gives the sweep, whole or stopped."""
        self._asked = ""
        try:
            found = self._made(catalog, job) if self.sweep is None or not self.id else replace(self.sweep)
            over = Done(found.sums, found.failures)
            checkpoint = self.jobs.checkpoint(self.id)
            shared, bars = found.bench.shared, len(found.bench.market.times)
            self.bars = bars
            how = Plan(len(found), bars, checkpoint.piece, 0.0, 0, workers_of(None), shared)
            self.before = self.done = int(np.count_nonzero(~np.isnan(found.sums["bars"])))
            self.began, self.sweep, self.state = time.monotonic(), found, "running"
            job.step("Running")
            if self._asked:
                raise SweepStopped(self.id, self._asked, self.done, len(found))
            try:
                run_all(found.bench, found.space, how, over=over, checkpoint=checkpoint, progress=self._progress(job))
            finally:
                if found.ledger is not None:
                    found.ledger.note(found)
            self.state, self.done = "finished", len(found)
        except SweepStopped as stopped:
            self.state, self.done = stopped.state, max(self.done, stopped.done)
        except BaseException:
            self.state = "failed"
            raise
        finally:
            if self.sweep is not None:
                # What a sweep has computed of its cells it keeps: not what was computed before they were there.
                self.sweep = replace(self.sweep)
        return self.sweep

    def open(self) -> Sweep:
        """Read what is written down of it."""
        self.sweep = self.jobs.load(self.id, partial=True)
        status = self.jobs.status(self.id)
        self.name = status.name or f"{status.strategy} · {status.symbols} {status.spec}"
        self.place, self.spec = f"{status.symbols} · {status.spec}", status.spec
        self.bars = int(np.nanmax(self.sweep.sums["bars"], initial=0.0))
        self.done, self.state = status.done, status.state
        return self.sweep

    def cell(self, cell: Mapping[str, Any]) -> Chosen:
        """The backtest of a cell as the Backtest page would run it."""
        if self.chosen is not None:
            return self.chosen.of(cell)
        assert self.sweep is not None
        bench = self.sweep.bench
        return chosen_again(bench.strategy, bench.market, bench.settings, (self.spec, cell))

    def _made(self, catalog: Any, job: Job) -> Sweep:
        chosen = self.chosen
        if chosen is None:
            return self.open()
        bars = bars_of(catalog, chosen, job)
        job.step("Planning")
        where = chosen.where or None
        bench, space = prepared(chosen.strategy, bars, chosen.values, where=where, **chosen.keywords())
        found = plan_of(bench, space, workers_of(None))
        job.check()
        self.id = self.jobs.create(
            bench, space, found, measures=NAMES, name=chosen.label[:200], where=[where] if where else []
        )
        from workbench.kernels.sweep import SUMS

        sums = np.full(len(space), np.nan, SUMS)
        return Sweep.of(bench, space, sums, failures={}, measures=NAMES, ledger=self.jobs.ledger)

    def _progress(self, job: Job) -> Any:
        def progress(done: int, cells: int) -> None:
            self.done = done
            job.done, job.total = done, cells

        return progress


@dataclass(frozen=True, eq=False)
class Fan:
    """Equity and drawdown of some cells over each other.

    Attributes
    ----------
    times
        int64[n] ns UTC.
    equity
        float64[5, n]: percent of gain below which 5, 25, 50, 75 and 95 % of the cells are.
    drawdown
        float64[3, n]: percent below the highest equity so far: the deepest tenth, the middle, the shallowest tenth.
    cells, of
        How many are in it, and of how many.
    """

    times: np.ndarray
    equity: np.ndarray
    drawdown: np.ndarray
    cells: int
    of: int


def fan_of(sweep: Sweep, cells: np.ndarray, job: Job) -> Fan:
    """The bands of cells, each computed again; of many, some that are spread evenly over them."""
    job.step("Computing curves")
    chosen = cells[np.linspace(0, len(cells) - 1, min(len(cells), MOST_CURVES)).astype(np.int64)]
    times = sweep.bench.market.times
    at = np.unique(np.linspace(0, len(times) - 1, min(len(times), POINTS)).astype(np.int64))
    cash = sweep.bench.settings.cash
    gains, depths = np.empty((len(chosen), len(at))), np.empty((len(chosen), len(at)))
    for row, cell in enumerate(chosen):
        job.progress(row, len(chosen))
        equity = sweep.bench.finished(sweep.space.cell(int(cell))).equity
        peak = np.maximum(np.maximum.accumulate(equity), cash)
        gains[row] = 100.0 * (equity[at] / cash - 1.0)
        # The deepest of each stretch, so that none is lost between two points.
        depths[row] = np.minimum.reduceat(100.0 * (equity / peak - 1.0), at)
    return Fan(
        times[at], np.quantile(gains, BANDS, axis=0), np.quantile(depths, (0.1, 0.5, 0.9), axis=0), len(chosen),
        len(cells),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Halves:
    """A measure of cells in the first half of the window and in the second.

    Attributes
    ----------
    cells
        int64[n]: their numbers.
    first, second
        float64[n].
    measure, cut
        Which one, and where the second half begins.
    correlation
        Of the ranks of both; NaN where there are fewer than three.
    """

    cells: np.ndarray
    first: np.ndarray
    second: np.ndarray
    measure: str
    cut: pd.Timestamp
    correlation: float


def halves_of(sweep: Sweep, measure: str, job: Job) -> Halves:
    """The cells on each half of the window by itself: both begin with the cash and without a position.

    Of more than 2,000 cells the best fifth of that is taken and a sample of the rest.
    """
    job.step("Running both halves")
    values = sweep.measure(measure)
    usable = np.flatnonzero(~np.isnan(sweep.sums["bars"]) & np.isfinite(values))
    if len(usable) > MOST_HALVES:
        order = usable[np.argsort(-values[usable], kind="stable")]
        best, rest = order[: MOST_HALVES // 5], order[MOST_HALVES // 5 :]
        drawn = np.random.default_rng(0).choice(rest, MOST_HALVES - len(best), replace=False)
        usable = np.sort(np.concatenate([best, drawn]))
    frames, settings = sweep.bench.market.frames, sweep.bench.settings
    index = sweep.bench.market.index
    if len(index) < 4 or not len(usable):
        raise DataError(f"two halves need 4 bars or more and a cell that trades: there are {len(index):,} bars")
    cut = index[len(index) // 2]
    space, found = sweep.space.take(usable), []
    first = type(sweep.bench.strategy)(**{**sweep.bench.strategy.values(), **space.cell(0)})
    for half in ({name: one[one.index < cut] for name, one in frames.items()},
                 {name: one[one.index >= cut] for name, one in frames.items()}):  # fmt: skip
        bench, sums = Bench(first, Market(half, settings.session), settings), []
        for at in range(0, len(space), 64):
            job.progress(len(found) * len(space) + at, 2 * len(space))
            sums.append(bench.run(space.take(slice(at, at + 64))).sums)
        part = Sweep.of(bench, space, np.concatenate(sums), failures={}, measures=sweep.measures)
        found.append(part.measure(measure))
    both = np.isfinite(found[0]) & np.isfinite(found[1])
    ranks = [pd.Series(one[both]).rank().to_numpy() for one in found]
    varied = both.sum() > 2 and min(np.ptp(one) for one in ranks) > 0
    correlation = float(np.corrcoef(*ranks)[0, 1]) if varied else float("nan")
    return Halves(usable[both], found[0][both], found[1][both], measure, cut, correlation)
