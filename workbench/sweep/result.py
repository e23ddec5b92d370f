"""What came out of a sweep: a tidy table, a cube, and any of its cells as a whole backtest."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import analytics
from workbench.analytics import Annual
from workbench.backtest import Result
from workbench.backtest.stats import annual_of
from workbench.errors import DataError, did_you_mean
from workbench.sweep import honesty
from workbench.sweep.cells import Bench
from workbench.sweep.ledger import Ledger, Origin, Trials
from workbench.sweep.measures import ALL, measures_of
from workbench.sweep.space import MOST_COMBINATIONS, Space

if TYPE_CHECKING:
    import xarray as xr

    from workbench.backtest.market import Bars
    from workbench.sweep.honesty import Overfitting

#: Names of what makes one number of many cells.
REDUCERS: dict[str, Callable[..., Any]] = {
    "median": np.nanmedian, "mean": np.nanmean, "max": np.nanmax, "min": np.nanmin,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sweep:
    """A finished sweep.

    Attributes
    ----------
    bench
        The strategy, bars and rules that all cells share.
    space
        The cells.
    sums
        ``kernels.sweep.SUMS[cells]``, of which all measures are made.
    failures
        What the strategy said in cells where it raised, by number; their measures are NaN.
    measures
        Those of the table.
    annual
        Bars a year that the ratios were made with, and where that number comes from.
    ledger
        Where its cells, and all other trials, are counted; None where nobody counts.
    given, name
        By what they are counted and the strategy's class, where that is known without the bench.
    """

    bench: Bench
    space: Space
    sums: np.ndarray
    failures: dict[int, str]
    measures: tuple[str, ...]
    annual: Annual
    ledger: Ledger | None = None
    given: Origin | None = None
    name: str = ""

    @classmethod
    def of(
        cls,
        bench: Bench,
        space: Space,
        sums: np.ndarray,
        *,
        failures: dict[int, str],
        measures: tuple[str, ...],
        ledger: Ledger | None = None,
    ) -> Sweep:
        """The sweep of what the cells gave."""
        annual = annual_of(bench.market.index, bench.market.calendar)
        return cls(bench, space, sums, failures, measures, annual, ledger, name=type(bench.strategy).__name__)

    def __len__(self) -> int:
        return len(self.space)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each cell: its parameters, then its measures; the index is the number of the cell."""
        found = {name: self.measure(name) for name in self.measures}
        return pd.concat([self.space.table(), pd.DataFrame(found)], axis=1).rename_axis("cell")

    def measure(self, name: str) -> np.ndarray:
        """A measure of all cells, float64[cells]; also those that the table does not have."""
        if name not in ALL:
            raise DataError(f"a sweep has no measure {name!r}: {did_you_mean(name, ALL)}")
        options = {"cash": self.bench.settings.cash, "periods": float(self.annual)}
        return measures_of(self.sums, (name,), **options)[name]

    def best(self, measure: str = "sharpe", count: int = 1) -> pd.DataFrame:
        """The rows of the table with the best values; what is best is as the measure says."""
        values = pd.Series(self.measure(measure), index=self.table.index)
        values = values.replace([np.inf, -np.inf], np.nan).dropna()
        ordered = values.sort_values(ascending=not more_is_better(measure), kind="stable")
        return self.table.loc[ordered.index[:count]]

    @cached_property
    def origin(self) -> Origin:
        """The data, family and rules that its cells are counted by."""
        return self.given or Origin.of(type(self.bench.strategy), self.bench.market, self.bench.settings)

    @property
    def fixed(self) -> dict[str, Any]:
        """All parameters of the strategy; those that were swept are as in some cell."""
        return self.bench.strategy.values()

    @property
    def trials(self) -> Trials:
        """All trials of this family of strategies on these data that the ledger knows, never fewer than the cells."""
        own = Trials.of(self.measure("sharpe")[~np.isnan(self.sums["bars"])])
        if self.ledger is None:
            return own
        known = self.ledger.trials(self.origin.data, self.origin.family)
        return known if known.count >= own.count else own

    def leaderboard(self, count: int = 20, measure: str = "sharpe", *, holdout: Bars | None = None) -> pd.DataFrame:
        """The best cells, never with a bare Sharpe ratio.

        Parameters
        ----------
        count, measure
            How many, and by what.
        holdout
            Bars that the sweep has not seen, for the Sharpe ratio out of sample.

        Returns
        -------
        DataFrame
            A row for each cell, the best first: its parameters, the measure, ``sharpe``, ``deflated_sharpe`` (how
            probable it is that the true ratio is above what the best of so many trials without merit would show),
            ``significant`` (whether that is 0.95 or more), ``plateau`` (what the neighbours keep of the measure, 0 to
            1), ``trials`` (all of this family on these data), ``out_of_sample`` with a holdout, ``total_return
            max_drawdown round_trips``.
        """
        return honesty.leaderboard(self, count=count, measure=measure, holdout=holdout)

    def overfitting(
        self,
        *,
        cells: int = honesty.MOST_CELLS,
        blocks: int = 16,
        seed: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> Overfitting:
        """How far the best cell is to be believed; the returns of the cells are computed again for it.

        Parameters
        ----------
        cells
            How many are compared at most, up to 1,000; of more than that a fifth are the best, the rest is drawn.
        blocks
            Into which the bars are cut for the probability of overfitting, an even number up to 20.
        seed
            Of the draw and of the bootstrap.
        progress
            Called with cells done and cells in all.

        Raises
        ------
        DataError
            Fewer than two cells trade, or there are too few bars for so many blocks.
        """
        return honesty.overfitting(self, cells=cells, blocks=blocks, seed=seed, progress=progress)

    def heatmap(self, x: str, y: str, measure: str = "sharpe", *, reduce: str = "median", dark: bool = False) -> Any:
        """``matrix`` as a ``charts.heatmaps.Heatmap``, which a notebook shows; its ``figure`` is for pages."""
        # By name: what draws is further out than what computes.
        module = importlib.import_module("workbench.charts.heatmaps")
        options = {"measure": measure, "more_is_better": more_is_better(measure), "dark": dark}
        return module.heatmap(self.matrix(x, y, measure, reduce=reduce), **options)

    def result(self, cell: int | Mapping[str, Any]) -> Result:
        """The whole backtest of a cell, by its number or by its parameters."""
        return self.bench.result(self.space.cell(self.number(cell)))

    def number(self, cell: int | Mapping[str, Any]) -> int:
        """The number of a cell."""
        if not isinstance(cell, Mapping):
            if not 0 <= cell < len(self):
                raise DataError(f"cell {cell}: there are {len(self):,}, from 0 on")
            return int(cell)
        holds = np.ones(len(self), bool)
        for at, (name, values) in enumerate(self.space.values.items()):
            if name not in cell or cell[name] not in values:
                raise DataError(f"no cell has {name}={cell.get(name)!r}: the values are {_some(values)}")
            holds &= self.space.codes[:, at] == values.index(cell[name])
        found = np.flatnonzero(holds)
        if not len(found):
            raise DataError(f"no cell has {dict(cell)}: a condition left it out")
        return int(found[0])

    def matrix(self, x: str, y: str, measure: str = "sharpe", *, reduce: str = "median") -> pd.DataFrame:
        """A measure by two parameters, ``y`` down and ``x`` across; the cells over the others are reduced to one.

        Parameters
        ----------
        reduce
            ``median``, ``mean``, ``max`` or ``min``.
        """
        for name in (x, y):
            if name not in self.space.values:
                raise DataError(f"no parameter {name!r} was swept: {did_you_mean(name, self.space.names)}")
        if reduce not in REDUCERS:
            raise DataError(f"reduce={reduce!r}: {did_you_mean(reduce, tuple(REDUCERS))}")
        frame = self.space.table()[[x, y]].assign(value=self.measure(measure))
        return frame.pivot_table("value", y, x, reduce, dropna=False)

    @cached_property
    def cube(self) -> xr.Dataset:
        """The table with an axis for each parameter, NaN where a condition left cells out."""
        import xarray as xr

        shape = [len(values) for values in self.space.values.values()]
        if math.prod(shape) > MOST_COMBINATIONS:
            raise DataError(
                f"a cube of {' x '.join(map(str, shape))} has {math.prod(shape):,} places for {len(self):,} cells, "
                f"more than {MOST_COMBINATIONS:,}: these were drawn, take the table"
            )
        place = tuple(self.space.codes.T)
        found = {}
        for name in self.measures:
            cells = np.full(shape, np.nan)
            cells[place] = self.measure(name)
            found[name] = (self.space.names, cells)
        return xr.Dataset(found, coords=self.space.values)

    def _repr_html_(self) -> str:
        return importlib.import_module("workbench.charts.reprs").sweep(self)  # by name: what draws is further out

    def __repr__(self) -> str:
        failed = f", {len(self.failures):,} failed" if self.failures else ""
        name = self.name or type(self.bench.strategy).__name__
        return f"Sweep({len(self):,} cells of {name} over {_spans(self.space)}{failed})"


def more_is_better(measure: str) -> bool:
    """Whether higher values of a measure are better."""
    if measure in analytics.names():
        return analytics.measures.get(measure).about.more_is_better is not False
    return measure not in ("fees", "financing", "margin_calls", "uncertain_bars")


def _spans(space: Space) -> str:
    return ", ".join(f"{name} {_some(values)}" for name, values in space.values.items())


def _some(values: list[Any]) -> str:
    return ", ".join(map(str, values)) if len(values) <= 4 else f"{values[0]}, {values[1]} .. {values[-1]}"
