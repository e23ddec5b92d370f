"""Walk-forward and cross-validation: parameters chosen on some bars, tried on others; see ``docs/walk_forward.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.analytics import Annual
from workbench.analytics.neighbours import MOST_AXES, plateau
from workbench.backtest import Settings, Stats
from workbench.backtest.market import Bars
from workbench.backtest.stats import annual_of
from workbench.errors import DataError, did_you_mean
from workbench.kernels.sweep import SUMS
from workbench.strategies import Strategy
from workbench.sweep import executor as executors
from workbench.sweep.cells import Bench
from workbench.sweep.engine import Progress, prepared, run_all, workers_of
from workbench.sweep.folds import Fold, Folds, Span, Splitter
from workbench.sweep.measures import ALL, measures_of
from workbench.sweep.plan import free_memory, plan_of
from workbench.sweep.result import Sweep, more_is_better
from workbench.sweep.search import ADAPTIVE
from workbench.sweep.space import Space, Values
from workbench.sweep.windows import Stitched, Window, extremes, joined, settled, stitched

if TYPE_CHECKING:
    from workbench.sweep.executor import Client
    from workbench.sweep.ledger import Ledger

#: Measures of the table unless told.
NAMES = ("sharpe", "total_return", "max_drawdown", "round_trips")
REDUCERS = ("best", "plateau")


def walk_forward(
    strategy: Strategy | type[Strategy] | str,
    bars: Bars,
    values: Mapping[str, Values],
    *,
    folds: Splitter,
    measure: str = "sharpe",
    where: str | Sequence[str] | None = None,
    reduce: str = "best",
    warmup: int | None = None,
    measures: Sequence[str] = NAMES,
    client: Client | str | None = None,
    executor: str = "threads",
    workers: int | None = None,
    memory: int | None = None,
    inside: Bars | None = None,
    progress: Progress | None = None,
    ledger: Ledger | None = None,
    **keywords: Any,
) -> WalkForward:
    """Choose parameters in each training window, and trade them in the test window that belongs to it.

    Parameters
    ----------
    strategy, bars, values, where
        As ``sweep`` takes them.
    folds
        ``Rolling``, ``Anchored``, ``Purged`` or ``Combinatorial``, see ``sweep.folds``.
    measure, reduce
        What the choice is made by, on the training alone: ``best`` takes the cell with the best value, ``plateau`` the
        one that is best when it counts no more than the median of its neighbours.
    warmup
        Bars before each window that studies see and nobody trades, as far as there are any. Unless given, so many that
        the studies of the slowest cells are what they are on all bars; see ``windows.settled``.
    measures
        The columns of the table, each in and out of sample.
    client, executor, workers, memory
        As ``sweep`` has them.
    inside, **keywords
        As ``sweep`` has them, with ``search="random"`` and ``"latin"``. Each window, training and test alike, begins
        with the cash and without a position, and whatever is open is closed at the close of its last bar, with its
        costs; ``close_at_end="open"``: at its open.
    progress
        Called with cells done and cells in all windows; it stops where it raises.
    ledger
        Where the cells are counted as trials on all bars, each once whatever the number of folds, with the Sharpe ratio
        of its tests.

    Raises
    ------
    DataError
        Arguments that cannot be used, bars too few for the folds, or a table that does not fit into the memory.
    UnknownNameError
        A parameter or measure that does not exist; names the nearest.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.sweep import Rolling
    >>> bars = wb.catalog().bars("AAPL", "1d")
    >>> values = {"fast": [5, 10], "slow": [20, 50]}
    >>> found = wb.walk_forward(wb.strategies.SmaCross, bars, values, folds=Rolling("3YS", "1YS"))
    >>> len(found), found.decay[["in_sample", "out_of_sample"]].round(2).tolist()  # chosen in 3 years, traded in 1
    (11, [0.97, 0.86])
    """
    for name in (measure, *measures):
        if name not in ALL:
            raise DataError(f"measures: {name!r}: {did_you_mean(name, ALL)}")
    if reduce not in REDUCERS:
        raise DataError(f"reduce={reduce!r}: {did_you_mean(str(reduce), REDUCERS)}")
    if keywords.get("search") in ADAPTIVE:
        raise DataError(f"search={keywords['search']!r} has other cells in each window: take 'grid', 'random', 'latin'")
    if not hasattr(folds, "split"):
        raise DataError(f"folds={folds!r}: one of sweep.folds, as Rolling(train=1000, test=250)")
    if warmup is not None and warmup < 0:
        raise DataError(f"warmup={warmup}: bars, 0 or more")
    bench, space = prepared(strategy, bars, values, where=where, inside=inside, **keywords)
    splits = folds.split(bench.market.index)
    _check_memory(len(splits), len(space), memory)
    if warmup is None:
        warmup = settled(bench, [space.cell(at) for at in extremes(space.codes)])
    settings = replace(bench.settings, close_at_end=bench.settings.close_at_end or "close")
    spans = list(dict.fromkeys(span for fold in splits.folds for span in (*fold.train, *fold.test)))
    found, failures, plan = dict[Span, np.ndarray](), dict[int, str](), None
    with nullcontext() if client is None else executors.client_of(client) as dask:
        for at, span in enumerate(sorted(spans, key=_length, reverse=True)):
            window = Window(bench.market, span, warmup, settings.session)
            here = window.bench(bench.strategy, settings)
            plan = plan or plan_of(here, space, workers_of(workers), memory)
            told = progress and partial(_tell, progress, at * len(space), len(spans) * len(space))
            done = run_all(here, space, plan, client=dask, executor=executor, progress=told)
            found[span] = window.trimmed(done.sums)
            failures = {**done.failures, **failures}
    inner, outer = (
        np.stack([joined([found[span] for span in spans], settings.cash) for spans in parts])
        for parts in ([fold.train for fold in splits.folds], [fold.test for fold in splits.folds])
    )
    names = tuple(dict.fromkeys((measure, *measures)))
    if ledger is not None:
        tests = joined([found[splits.folds[fold].test[place]] for fold, place in splits.paths[0]], settings.cash)
        ledger.note(Sweep.of(bench, space, tests, failures=failures, measures=names, ledger=ledger))
    return WalkForward(bench, settings, space, splits, inner, outer, measure, reduce, warmup, failures, names)


@dataclass(frozen=True, eq=False)
class WalkForward:
    """What became of parameters on bars that they were not chosen on.

    Attributes
    ----------
    bench, settings
        The strategy and all bars, and the rules of each window.
    space
        The cells.
    folds
        Which bars they were chosen and tried on.
    inner, outer
        ``kernels.sweep.SUMS[folds, cells]`` of the training windows and of the test windows.
    measure, reduce
        What the choice was made by.
    warmup
        Bars before each window that studies saw.
    failures
        What the strategy said in cells where it raised, by number.
    measures
        Those of the table.
    """

    bench: Bench
    settings: Settings
    space: Space
    folds: Folds
    inner: np.ndarray
    outer: np.ndarray
    measure: str
    reduce: str
    warmup: int
    failures: dict[int, str]
    measures: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.folds)

    @cached_property
    def annual(self) -> Annual:
        """Bars a year that the ratios were made with, and where that number comes from."""
        return annual_of(self.bench.market.index, self.bench.market.calendar)

    def in_sample(self, name: str) -> np.ndarray:
        """A measure of the training windows, float64[folds, cells]."""
        return self._measured(self.inner, name)

    def out_of_sample(self, name: str) -> np.ndarray:
        """A measure of the test windows, float64[folds, cells]."""
        return self._measured(self.outer, name)

    @cached_property
    def chosen(self) -> np.ndarray:
        """The number of the cell that each training chose, -1 where no cell has a result; int64[folds]."""
        values = self.in_sample(self.measure)
        return np.array([_choice(row, self.space, self.measure, self.reduce) for row in values], np.int64)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each fold and cell: ``fold``, ``cell``, parameters, ``chosen``, and each measure ``_in`` and
        ``_out`` of the sample.
        """
        folds, cells = self.inner.shape
        parameters = self.space.table()
        columns: dict[str, Any] = {"fold": np.repeat(np.arange(folds), cells), "cell": np.tile(np.arange(cells), folds)}
        columns |= {name: np.tile(parameters[name].to_numpy(), folds) for name in parameters}
        columns["chosen"] = columns["cell"] == np.repeat(self.chosen, cells)
        for name in self.measures:
            columns[f"{name}_in"] = self.in_sample(name).ravel()
            columns[f"{name}_out"] = self.out_of_sample(name).ravel()
        return pd.DataFrame(columns)

    @cached_property
    def choices(self) -> pd.DataFrame:
        """What was chosen over time, a row for each fold: its training and test, the cell, and its measures."""
        index = self.bench.market.index
        table = self.table[self.table["chosen"]].drop(columns="chosen").set_index("fold")
        edges = pd.DataFrame(
            [(index[fold.train[0][0]], index[fold.train[-1][1] - 1], *_ends(fold, index)) for fold in self.folds.folds],
            columns=["train_from", "train_to", "test_from", "test_to"],
        ).rename_axis("fold")
        return edges.join(table)

    @cached_property
    def decays(self) -> pd.DataFrame:
        """What was left out of sample, a row for each fold; see ``decay``."""
        inner, outer = self.in_sample(self.measure), self.out_of_sample(self.measure)
        rows = [_decay(inner[at], outer[at], self.chosen[at]) for at in range(len(self))]
        return pd.DataFrame(rows).rename_axis("fold")

    @cached_property
    def decay(self) -> pd.Series:
        """What was left out of sample, over all folds.

        ``in_sample`` and ``out_of_sample`` are the means of the measure of what was chosen, ``ratio`` the second by the
        first: 1 where nothing is lost, about 0 where it was chance. ``slope`` and ``rank_correlation`` are of all
        cells, out of sample against in sample, the means of those of the folds: about 0 where the order in the
        training says nothing of the order in the test.
        """
        found = self.decays.mean()
        found["ratio"] = _ratio(found["out_of_sample"], found["in_sample"])
        return found.rename("decay")

    @cached_property
    def results(self) -> list[Stitched]:
        """The tests of what was chosen, one after the other on one account, for each path; see ``Folds.paths``.

        Each window begins with what the one before has left. They are results as those of ``backtest``, with fills,
        round trips, measures and report.
        """
        return [self._result(path) for path in self.folds.paths]

    @property
    def result(self) -> Stitched:
        """The stitched out-of-sample result; that of the first path, where there are several."""
        return self.results[0]

    @property
    def stats(self) -> Stats:
        """The measures of the stitched result, by the names of ``backtest``."""
        return self.result.stats

    @property
    def equity(self) -> pd.DataFrame:
        """Worth of the account out of sample at the close of each bar, a column for each path."""
        return pd.concat([one.equity for one in self.results], axis=1, keys=range(len(self.results)), names=["path"])

    def _result(self, path: Sequence[tuple[int, int]]) -> Stitched:
        kind, fixed, runs = type(self.bench.strategy), self.bench.strategy.values(), []
        for fold, place in path:
            cell = int(self.chosen[fold])
            span = self.folds.folds[fold].test[place]
            window = Window(self.bench.market, span, self.warmup, self.settings.session)
            runs.append((window, None if cell < 0 else kind(**{**fixed, **self.space.cell(cell)})))
        return stitched(self.bench.market, runs, self.settings)

    def _measured(self, sums: np.ndarray, name: str) -> np.ndarray:
        if name not in ALL:
            raise DataError(f"a walk-forward has no measure {name!r}: {did_you_mean(name, ALL)}")
        return measures_of(sums, (name,), cash=self.settings.cash, periods=float(self.annual))[name]

    def __repr__(self) -> str:
        name = type(self.bench.strategy).__name__
        kept = f"{self.measure} {self.decay['in_sample']:.3g} -> {self.decay['out_of_sample']:.3g} out of sample"
        return f"WalkForward({len(self.space):,} cells of {name} in {len(self)} folds: {kept})"


def _choice(values: np.ndarray, space: Space, measure: str, reduce: str) -> int:
    """The cell to take, by the values of the training alone; the first of equals."""
    better = more_is_better(measure)
    score = np.where(np.isfinite(values), values if better else -values, np.nan)
    if np.isnan(score).all():
        return -1
    if reduce == "plateau":
        table = space.table()
        axes = table[[name for name in table if len(space.values[name]) > 1]]
        if axes.shape[1] > MOST_AXES:
            raise DataError(f"reduce='plateau': {axes.shape[1]} parameters, {MOST_AXES} at most; take reduce='best'")
        if axes.shape[1]:
            kept = np.nan_to_num(plateau(score, axes))
            # What a gain keeps is a part of it, what a loss keeps is one of what is around it.
            with np.errstate(divide="ignore", invalid="ignore"):
                score = np.where(score > 0, score * kept, np.where(score < 0, score / kept, score))
    return int(np.nanargmax(score))


def _decay(inner: np.ndarray, outer: np.ndarray, chosen: int) -> dict[str, float]:
    known = np.isfinite(inner) & np.isfinite(outer)
    x, y = inner[known], outer[known]
    found = {
        "in_sample": float(inner[chosen]) if chosen >= 0 else np.nan,
        "out_of_sample": float(outer[chosen]) if chosen >= 0 else np.nan,
    }
    found["ratio"] = _ratio(found["out_of_sample"], found["in_sample"])
    varied = len(x) > 1 and np.ptp(x) > 0
    found["slope"] = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1)) if varied else np.nan
    both = varied and np.ptp(y) > 0
    ranks = [pd.Series(one).rank() for one in (x, y)]
    found["rank_correlation"] = float(np.corrcoef(*ranks)[0, 1]) if both else np.nan
    return found


def _ratio(out: float, of: float) -> float:
    return out / of if of else np.nan


def _ends(fold: Fold, index: pd.DatetimeIndex) -> tuple[pd.Timestamp, pd.Timestamp]:
    return index[fold.test[0][0]], index[fold.test[-1][1] - 1]


def _length(span: Span) -> int:
    return span[1] - span[0]


def _tell(progress: Progress, before: int, total: int, done: int, _: int) -> None:
    progress(before + done, total)


def _check_memory(folds: int, cells: int, memory: int | None) -> None:
    needed, free = 3 * folds * cells * SUMS.itemsize, memory or int(0.75 * free_memory())
    if needed > free:
        raise DataError(
            f"{cells:,} cells in {folds:,} folds need about {needed / 2**20:,.0f} MB, of which {free / 2**20:,.0f} MB "
            f"may be used: about {max(free // (3 * folds * SUMS.itemsize), 0):,} cells fit; take wider steps or fewer "
            "folds, or raise memory="
        )
