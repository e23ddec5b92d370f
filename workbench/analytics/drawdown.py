"""Measures of drawdown: how far wealth falls below its highest so far, and for how long. Drawdowns are <= 0."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, aligned, measure

_NONE = "inf with the sign of what is above without a drawdown, NaN for 0 / 0"
_BACON = "Bacon (2008), Practical Portfolio Performance Measurement and Attribution"
_DAY = 86_400e9


def drawdown_series(returns: Values) -> pd.Series | np.ndarray:
    """Drawdown after each bar, 0 to -1; NaN where the return is. A ``Series`` for a ``Series``, else an array.

    The wealth of 1 before the first bar counts as a peak.
    """
    values = aligned({"returns": returns}, "drawdown_series")[0]
    missing = np.isnan(values)
    depth = np.where(missing, np.nan, a.under_water(np.where(missing, 0.0, values)))
    return pd.Series(depth, returns.index, name="drawdown") if isinstance(returns, pd.Series) else depth


@measure(
    title="Maximum drawdown",
    formula="min(d), d = wealth / peak - 1",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
    edges="0 without a loss, -1 after a loss of all",
)
def max_drawdown(returns: Values) -> float:
    """The deepest fall from a peak, the start being one."""
    return a.under_water(returns).min(axis=-1)


@measure(
    title="Average drawdown",
    formula="mean of min(d) of each drawdown",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
    edges="0 without a loss",
)
def average_drawdown(returns: Values) -> float:
    """The mean depth of all drawdowns, each from a peak until wealth is back there."""
    return _by_row(returns, lambda depths: depths.mean() if len(depths) else 0.0)


@measure(
    title="Longest drawdown",
    formula="max of bars from a peak until wealth is back there, or to the end",
    source="Definition.",
    unit="bars",
    more_is_better=False,
    edges="0 without a loss",
)
def max_drawdown_duration(returns: Values) -> float:
    """Bars from a peak to the recovery, the longest; one that has not recovered counts to the last bar."""
    under = a.under_water(returns) < 0
    bars = np.arange(1, under.shape[-1] + 1.0)
    peaks = np.maximum.accumulate(np.where(under, 0.0, bars), axis=-1)
    start = np.zeros((*under.shape[:-1], 1))
    since = bars - np.concatenate([start, peaks[..., :-1]], axis=-1)
    before = np.concatenate([start > 0, under[..., :-1]], axis=-1)
    return np.where(under | before, since, 0.0).max(axis=-1)


@measure(
    title="Longest drawdown in days",
    formula="max of days from a peak until wealth is back there, or to the end",
    source="Definition.",
    unit="days",
    more_is_better=False,
    edges="0 without a loss; the start is the time of the first bar",
)
def max_drawdown_days(returns: Values, times: Values) -> float:
    """Calendar days from a peak to the recovery, the longest; one that has not recovered counts to the last bar."""
    under = a.under_water(returns) < 0
    peaks = np.maximum.accumulate(np.where(under, times[..., :1], times), axis=-1)
    since = times - np.concatenate([times[..., :1], peaks[..., :-1]], axis=-1)
    before = np.concatenate([under[..., :1], under[..., :-1]], axis=-1)
    return np.where(under | before, since, 0.0).max(axis=-1) / _DAY


@measure(
    title="Average drawdown length",
    formula="mean of bars from a peak until wealth is back there, or to the end",
    source="Definition.",
    unit="bars",
    more_is_better=False,
    edges="0 without a loss",
)
def average_drawdown_duration(returns: Values) -> float:
    """Bars from a peak to the recovery, on average."""
    under = a.under_water(returns) < 0
    falls = under.copy()
    falls[..., 1:] &= ~under[..., :-1]
    episodes = falls.sum(axis=-1)
    bars = under.sum(axis=-1) + episodes - under[..., -1]  # the bar of the recovery belongs to its drawdown
    return np.where(episodes > 0, a.ratio(bars, episodes), 0.0)


@measure(
    title="Time under water",
    formula="count(d < 0) / n",
    source="Definition.",
    unit="fraction",
    more_is_better=False,
)
def time_under_water(returns: Values) -> float:
    """The share of bars at whose end wealth is below its peak."""
    return (a.under_water(returns) < 0).mean(axis=-1)


@measure(
    title="Ulcer index",
    formula="sqrt(mean(d^2))",
    source="Martin & McCann (1989), The Investor's Guide to Fidelity Funds.",
    unit="fraction",
    more_is_better=False,
)
def ulcer_index(returns: Values) -> float:
    """The root mean square of drawdown over all bars."""
    return np.sqrt(np.mean(a.under_water(returns) ** 2, axis=-1))


@measure(
    title="Pain index",
    formula="mean(|d|)",
    source="Becker (2006), Zephyr Associates.",
    unit="fraction",
    more_is_better=False,
)
def pain_index(returns: Values) -> float:
    """The mean size of drawdown over all bars."""
    return -a.under_water(returns).mean(axis=-1)


@measure(
    title="Conditional drawdown at risk, 95 %",
    formula="mean(d where d <= quantile(d, 0.05))",
    source="Chekhlov, Uryasev & Zabarankin (2005), Drawdown Measure in Portfolio Optimization.",
    unit="fraction",
    more_is_better=True,
)
def conditional_drawdown(returns: Values) -> float:
    """The mean of the deepest twentieth of drawdowns, bar by bar."""
    depth = a.under_water(returns)
    deep = depth <= np.quantile(depth, 0.05, axis=-1, keepdims=True)
    return np.where(deep, depth, 0.0).sum(axis=-1) / deep.sum(axis=-1)


@measure(
    title="Calmar ratio",
    formula="cagr / |max drawdown|",
    source="Young (1991), Calmar Ratio: A Smoother Tool; here of all bars, there of 36 months.",
    unit="ratio",
    more_is_better=True,
    edges=_NONE,
)
def calmar(returns: Values, *, periods: float, years: float | None = None) -> float:
    """Growth a year over the deepest drawdown."""
    return a.ratio(a.annual_growth(returns, periods, years), -max_drawdown(returns))


@measure(
    title="Sterling ratio",
    formula="cagr / (|max drawdown| + 0.1)",
    source=f"{_BACON}, of Deane Sterling Jones; as PerformanceAnalytics has it.",
    unit="ratio",
    more_is_better=True,
)
def sterling(returns: Values, *, periods: float, excess: float = 0.1) -> float:
    """Growth a year over the deepest drawdown and a tenth, ``excess``, that calm years are given."""
    return a.ratio(a.annual_growth(returns, periods), excess - max_drawdown(returns))


@measure(
    title="Burke ratio",
    formula="(cagr - rf) / sqrt(sum of min(d)^2 of each drawdown)",
    source="Burke (1994), A Sharper Sharpe Ratio.",
    unit="ratio",
    more_is_better=True,
    edges=_NONE,
)
def burke(returns: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """Growth a year above ``risk_free`` over the root of the sum of squared drawdowns."""
    size = _by_row(returns, lambda depths: np.sqrt((depths**2).sum()))
    return a.ratio(a.annual_growth(returns, periods) - risk_free, size)


@measure(
    title="Ulcer performance index",
    formula="(cagr - rf) / ulcer index",
    source="Martin & McCann (1989); also Martin ratio.",
    unit="ratio",
    more_is_better=True,
    edges=_NONE,
)
def ulcer_performance(returns: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """Growth a year above ``risk_free`` over the ulcer index."""
    return a.ratio(a.annual_growth(returns, periods) - risk_free, ulcer_index(returns))


@measure(
    title="Pain ratio",
    formula="(cagr - rf) / pain index",
    source="Becker (2006), Zephyr Associates.",
    unit="ratio",
    more_is_better=True,
    edges=_NONE,
)
def pain_ratio(returns: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """Growth a year above ``risk_free`` over the pain index."""
    return a.ratio(a.annual_growth(returns, periods) - risk_free, pain_index(returns))


@measure(
    title="Recovery factor",
    formula="(prod(1 + r) - 1) / |max drawdown|",
    source="Definition.",
    unit="ratio",
    more_is_better=True,
    edges=_NONE,
)
def recovery_factor(returns: Values) -> float:
    """The total return over the deepest drawdown."""
    return a.ratio(a.growth(returns) - 1.0, -max_drawdown(returns))


@measure(
    title="Serenity ratio",
    formula="(cagr - rf) / (ulcer index * |conditional drawdown| / volatility)",
    source="KeyQuant (2015), Introducing the Serenity Ratio.",
    unit="ratio",
    more_is_better=True,
    least=2,
    edges=_NONE,
)
def serenity(returns: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """Growth a year above ``risk_free`` over the ulcer index, weighed by how deep the deepest drawdowns are."""
    pitfall = a.ratio(-conditional_drawdown(returns), a.deviation(returns) * np.sqrt(periods))
    return a.ratio(a.annual_growth(returns, periods) - risk_free, ulcer_index(returns) * pitfall)


def _by_row(returns: np.ndarray, of: object) -> np.ndarray:
    """``of`` the depths of the drawdowns of each row."""
    depth = a.under_water(returns)
    rows = [of(_depths(row)) for row in depth.reshape(-1, depth.shape[-1])]
    return np.array(rows).reshape(depth.shape[:-1])


def _depths(depth: np.ndarray) -> np.ndarray:
    """The lowest point of each drawdown of one row."""
    under = np.flatnonzero(depth < 0)
    if not len(under):
        return np.empty(0)
    first = np.flatnonzero(np.r_[True, np.diff(under) > 1])
    return np.minimum.reduceat(depth[under], first)
