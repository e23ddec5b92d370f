"""What stands on a tear sheet, in order, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.analytics import Annual, Bands, bands_of_returns, by_hour_and_weekday, rolling
from workbench.backtest import Result
from workbench.charts.tearsheet import plots, tables
from workbench.charts.tearsheet.drawing import Drawing
from workbench.charts.tearsheet.head import annual_words, facts
from workbench.charts.tearsheet.tables import Cell, Table
from workbench.charts.tearsheet.words import is_dated, percent, plain
from workbench.errors import DataError

#: Paths and steps of the bands of a sheet: enough for lines that do not tremble, and drawn in half a second.
PATHS, STEPS = 500, 5_000
#: Steps that a rolling measure moves over at most; bars are joined to as many where there are more.
_ROLLING = 2_500
#: Round trips whose order is shuffled at most.
_SHUFFLED = 5_000
#: Years that are kept on one page.
_YEARS = 25
#: Measures at the head, what they are called there, and whether their sign has a colour.
KEY = (
    ("total_return", "Return", True), ("cagr", "Return a year", True), ("sharpe", "Sharpe", True),
    ("sortino", "Sortino", True), ("max_drawdown", "Max drawdown", True), ("volatility", "Volatility", False),
    ("final_equity", "Final equity", False), ("benchmark_return", "Benchmark", True), ("win_rate", "Win rate", False),
    ("profit_factor", "Profit factor", False), ("round_trips", "Round trips", False), ("exposure", "Exposure", False),
    ("calmar", "Calmar", True), ("fees", "Fees", False),
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A part of the sheet under a head line.

    Attributes
    ----------
    parts
        Pictures (two in a tuple stand side by side) and tables.
    note
        A sentence below the head line.
    whole
        Whether it stays on one page of paper.
    """

    title: str
    parts: list[Drawing | tuple[Drawing, ...] | Table] = field(default_factory=list)
    note: str = ""
    whole: bool = True


class Sheet:
    """A result as it is told.

    Parameters
    ----------
    result
        A finished run.
    title
        Head line; the strategy's name unless given.
    rows
        Round trips in the table at most, the latest.
    """

    def __init__(self, result: Result, title: str | None = None, rows: int = 5_000) -> None:
        self.result, self.rows = result, rows
        kind = type(result.strategy)
        self.title = (title or kind.title or result.strategy.label).strip() or "Backtest"
        self.dated = is_dated(result.equity.index)
        self.facts, self.badge = facts(result, self.dated)

    @property
    def moved(self) -> bool:
        """Whether equity ever changed."""
        return bool((self.result.returns != 0.0).any())

    @property
    def annual(self) -> Annual:
        """Bars a year, and why."""
        return self.result.stats.annual

    @property
    def key_figures(self) -> list[tuple[str, str, Cell]]:
        """Name, title and value of the measures at the head."""
        stats = self.result.stats
        cells = [tables.measure_cell(stats[name], tables.unit_of(name), signed) for name, _, signed in KEY]
        return [(name, title, cell) for (name, title, _), cell in zip(KEY, cells, strict=True)]

    def sections(self) -> Iterator[Section]:
        """The sheet from top to bottom; what the run says nothing about is left out, or says why."""
        yield self._equity()
        yield from self._months()
        yield self._bands()
        yield self._rolling()
        yield self._drawdowns()
        yield self._trips()
        yield self._costs()
        yield self._measures()
        yield self._round_trips()

    # --- sections ------------------------------------------------------------------------------------------------

    def _equity(self) -> Section:
        one = self.result
        picture = plots.equity_picture(one.equity, one.benchmark, one.returns, one.settings.cash)
        return Section("Equity and drawdown", [picture])

    def _months(self) -> Iterator[Section]:
        index = self.result.equity.index
        if len(index) > 1 and self.moved:
            monthly = tables.months(self.result.monthly)
            yield Section("Returns by month", [monthly], whole=len(monthly.rows) <= _YEARS)
            note = "Mean return of a bar, by its opening time" + ("." if self.dated else f" ({index.tz or 'no zone'}).")
            returns = self.result.returns
            if self.dated:  # a day opens at another hour (UTC) in summer, which tells nothing
                returns = returns.set_axis(returns.index.normalize())
            title = "Returns by weekday" + ("" if self.dated else " and hour")
            yield Section(title, [tables.hours(by_hour_and_weekday(returns))], note)

    @cached_property
    def bands(self) -> Bands | None:
        """The bootstrap of the sheet; None where there is too little to draw from."""
        one = self.result
        try:
            options = {"periods": float(self.annual), "cash": one.settings.cash}
            return bands_of_returns(one.returns, **options, n=PATHS, most=STEPS)
        except DataError:
            return None

    def _bands(self) -> Section:
        title = "What chance alone could have made"
        if self.bands is None or not self.moved:
            why = "Equity did not change" if len(self.result.equity) > 1 else "There are too few bars"
            return Section(title, note=f"{why}: there is nothing to draw from.")
        bands = self.bands
        parts: list[Drawing | tuple[Drawing, ...] | Table] = []
        parts += [plots.bands_picture(bands, self.result.equity), tables.bands(bands)]
        step = f", {bands.step} bars joined to one" if bands.step > 1 else ""
        note = (
            f"{bands.paths} histories drawn from the bars of this one in blocks of {plain(bands.block, 1)} bars on "
            f"average{step} (stationary bootstrap, seed {bands.simulation.seed}). "
            f"{percent(bands.probability_of_loss, 1)} of them end with a loss."
        )
        trips = len(self.result.round_trips)
        if 2 <= trips <= _SHUFFLED:
            depth = self.result.bands(PATHS, method="shuffle").measures.loc["max_drawdown"]
            note += (
                f" With the round trips in another order the deepest drawdown of the balance lies between "
                f"{percent(depth['low'])} and {percent(depth['high'])} nine times in ten; "
                f"it was {percent(depth['observed'])}."
            )
        return Section(title, parts, note)

    def _rolling(self) -> Section:
        values, window = self._rolled()
        if not np.isfinite(values.to_numpy()).any():
            return Section("Rolling Sharpe ratio", note="The run is too short, or its returns do not vary.")
        picture = plots.rolling_picture(values, f"Sharpe ratio of {window:,} bars")
        note = f"Over the last {window:,} bars, with {plain(float(self.annual), 0)} bars a year."
        return Section("Rolling Sharpe ratio", [picture], note)

    def _rolled(self) -> tuple[pd.Series, int]:
        """The Sharpe ratio over half a year or a quarter of the run, and its bars."""
        returns = self.result.returns
        step = max(1, -(-len(returns) // _ROLLING))
        periods = float(self.annual) / step
        if not periods > 0 or len(returns) < 8:
            return pd.Series(np.nan, returns.index), 0
        growth = np.multiply.reduceat(1.0 + np.nan_to_num(returns.to_numpy()), np.arange(0, len(returns), step))
        ends = np.minimum(np.arange(1, len(growth) + 1) * step, len(returns)) - 1
        joined = pd.Series(growth - 1.0, returns.index[ends])
        window = int(np.clip(round(periods / 2), 2, max(2, len(joined) // 4)))
        values = rolling("sharpe", joined, window, periods=periods)
        return values.where(np.isfinite(values)), window * step

    def _drawdowns(self) -> Section:
        try:
            found = self.result.drawdowns
        except DataError as error:
            return Section("Drawdowns", note=str(error))
        if not len(found):
            return Section("Drawdowns", note="There was none.")
        return Section("Drawdowns", [tables.drawdowns(found, self.dated)])

    def _trips(self) -> Section:
        trips = self.result.round_trips
        returns = trips["return"].to_numpy(float)
        returns = returns[np.isfinite(returns)]
        if not len(returns):
            return Section("Round trips", note="No position was opened and closed.")
        both = trips["return"].to_numpy(float)
        parts = (
            plots.histogram(returns),
            plots.scattered(trips["bars"].to_numpy(float), both, "bars held"),
            plots.scattered(np.abs(trips["mae"].to_numpy(float)), both, "greatest loss on the way (MAE)"),
            plots.scattered(trips["mfe"].to_numpy(float), both, "greatest gain on the way (MFE)"),
        )
        return Section("Round trips", [parts[:2], parts[2:], tables.by_side(trips)])

    def _costs(self) -> Section:
        one = self.result
        return Section("Costs, and what bars do not tell", [tables.costs(one)], tables.uncertain_note(one))

    def _measures(self) -> Section:
        note = f"Annualised: {annual_words(self.annual)}. Fractions are shown as percentages."
        return Section("All measures", [tables.all_measures(self.result.stats)], note, whole=False)

    def _round_trips(self) -> Section:
        trips = self.result.round_trips
        if not len(trips):
            return Section("List of round trips", note="There is none.")
        table = tables.trips(trips, self.rows, self.dated, len(self.result.symbols) > 1)
        left = len(trips) - len(table.rows)
        note = f"{len(trips):,} in all."
        if left:
            note = (
                f"The last {len(table.rows):,} of {len(trips):,}; {left:,} are left out here. "
                'result.report("round_trips.csv") writes all of them.'
            )
        return Section("List of round trips", [replace(table, scrolls=True)], note, whole=False)
