"""The measures of a backtest: one mapping, computed by ``workbench.analytics``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import analytics
from workbench.analytics import Annual
from workbench.backtest.benchmark import Benchmark, returns_of_worth, worth_of

if TYPE_CHECKING:
    from workbench.backtest.result import Result

_SECOND = 1_000_000_000
_UNITS = ((604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
#: Part of the distances between bars that must be the same to be believed to be the length of a bar.
_MOST = 0.5


#: Numbers of ``Stats`` that are no measures: title, unit as ``analytics`` names them, and what it is.
ACCOUNT = {
    "final_equity": ("Final equity", "money", "Worth of the account at the close of the last bar."),
    "fees": ("Fees", "money", "All fees that were paid."),
    "financing": ("Financing", "money", "Interest and funding that were paid."),
    "margin_calls": ("Margin calls", "count", "Positions that were closed for want of margin."),
    "uncertain_bars": ("Uncertain bars", "count", "Bars in which it mattered which way the price went inside."),
    "periods_per_year": ("Bars a year", "money", "What ratios a year are made with."),
}


class Stats(dict[str, float]):
    """Measures by name: fractions, ratios, counts and money as plain numbers.

    Attributes
    ----------
    annual
        Bars a year that the ratios were made with, and where that number comes from.
    """

    def __init__(self, values: Mapping[str, float], annual: Annual) -> None:
        super().__init__(values)
        self.annual = annual

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self), self.annual)

    def _repr_html_(self) -> str:
        return importlib.import_module("workbench.charts.reprs").stats(self)  # by name: what draws is further out

    def __repr__(self) -> str:
        wide = max(map(len, self), default=0)
        lines = [f"{name:<{wide}}  {value:>14,.6g}" for name, value in self.items()]
        return "\n".join([*lines, str(self.annual)])


def stats_of(result: Result, benchmark: Benchmark | None = None, risk_free: float = 0.0) -> Stats:
    """All measures that the run allows.

    Parameters
    ----------
    result
        A finished run.
    benchmark
        What to compare with: a symbol of the run, bars, prices or returns, on any clock; see ``benchmark.worth_of``.
        Without, what the run was given, or to hold all its symbols from the first bar on, in equal parts.
    risk_free
        Simple return of riskless money, a year.

    Returns
    -------
    Stats
        ``sharpe sortino ...`` as ``analytics.measures`` names them, and ``final_equity fees financing margin_calls
        uncertain_bars periods_per_year``. NaN where a measure is not defined, as for the win rate of no trade.
    """
    annual = bars_a_year(result)
    worth = result.worth if benchmark is None else worth_of(result.market, benchmark)[: len(result.equity)]
    data = {**result.data, "benchmark": returns_of_worth(worth)}
    years = {"periods": annual} if annual.periods > 0 else {}
    found = dict.fromkeys(analytics.names(), np.nan)
    found |= analytics.measured(data, **years, risk_free=risk_free)
    found |= {
        "final_equity": float(result.equity.iloc[-1]) if len(result.equity) else result.settings.cash,
        "fees": result.fees, "financing": result.financing, "margin_calls": float(result.margin_calls),
        "uncertain_bars": float(result.uncertain_bars), "periods_per_year": float(annual),
    }  # fmt: skip
    return Stats(dict(sorted(found.items())), annual)


def rolling_of(result: Result, name: str, window: int) -> pd.Series:
    """A measure of returns over the last ``window`` bars, at each bar."""
    options = {"periods": bars_a_year(result)} if "periods" in analytics.measures.get(name).about.options else {}
    return analytics.rolling(name, result.returns, window, **options)


def bars_a_year(result: Result) -> Annual:
    """Bars a year of the run's clock, from the calendar that was given or the bars are of; from the data otherwise."""
    return annual_of(result.equity.index, result.market.calendar)


def annual_of(index: pd.DatetimeIndex, session: str | None) -> Annual:
    """Bars a year of a clock, from the calendar or, without one, from the clock itself."""
    if len(index) < 2:
        return Annual(np.nan, "a run of less than two bars has no pace")
    if session is None:
        return analytics.periods_per_year(index=index)
    return analytics.periods_per_year(_spec(index), session, index=index)


def _spec(index: pd.DatetimeIndex) -> str | None:
    """The length of most bars as a spec; None where they have none."""
    lengths, counts = np.unique(np.diff(index.as_unit("ns").asi8), return_counts=True)
    step = int(lengths[np.argmax(counts)])
    if counts.max() < _MOST * counts.sum():
        return None
    return next((f"{step // (unit * _SECOND)}{name}" for unit, name in _UNITS if step % (unit * _SECOND) == 0), None)
