"""Measures of results: pure functions of returns, drawdowns and round trips, with tables and resampling.

>>> import pandas as pd
>>> from workbench import analytics
>>> round(analytics.periods_per_year("1d", "XNYS").periods)
252
>>> analytics.max_drawdown(pd.Series([0.25, -0.5, 0.1]))
-0.5

Every measure is in ``measures``, with title, formula, source and unit; ``measured`` computes all that the data allow.
"""

from __future__ import annotations

from typing import Any

from workbench.analytics.annual import Annual, elapsed_years, periods_per_year
from workbench.analytics.bands import Bands, bands_of_returns, bands_of_trips
from workbench.analytics.base import DATA, About, measure, measured, measures, measures_table
from workbench.analytics.drawdown import drawdown_series
from workbench.analytics.neighbours import plateau
from workbench.analytics.overfitting import Overfitting, probability_of_backtest_overfitting
from workbench.analytics.resampling import Simulation, block_length, bootstrap, shuffle
from workbench.analytics.risk import expected_shortfall, value_at_risk
from workbench.analytics.significance import expected_maximum_sharpe
from workbench.analytics.snooping import SuperiorAbility, fdr, superior_ability
from workbench.analytics.tables import (
    annual_returns,
    by_hour_and_weekday,
    drawdowns,
    equity_of,
    monthly_returns,
    returns_of,
    rolling,
)
from workbench.analytics.trials import deflated_sharpes, effective_trials

names = measures.names

__all__ = [
    "DATA",
    "About",
    "Annual",
    "Bands",
    "Simulation",
    "annual_returns",
    "bands_of_returns",
    "bands_of_trips",
    "block_length",
    "bootstrap",
    "by_hour_and_weekday",
    "drawdown_series",
    "drawdowns",
    "elapsed_years",
    "equity_of",
    "expected_maximum_sharpe",
    "expected_shortfall",
    "measure",
    "measured",
    "measures",
    "measures_table",
    "monthly_returns",
    "names",
    "periods_per_year",
    "returns_of",
    "rolling",
    "shuffle",
    "value_at_risk",
    "plateau",
    "Overfitting",
    "probability_of_backtest_overfitting",
    "SuperiorAbility",
    "fdr",
    "superior_ability",
    "deflated_sharpes",
    "effective_trials",
]


def __getattr__(name: str) -> Any:
    """Any measure by its name: ``analytics.sharpe``."""
    if not name.startswith("_") and name in measures.names():
        return measures.get(name)
    raise AttributeError(f"module 'workbench.analytics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *measures.names()})
