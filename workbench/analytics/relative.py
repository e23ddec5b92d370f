"""Measures against a benchmark, over the bars that both have."""

from __future__ import annotations

import numpy as np

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, measure

_JENSEN = "Jensen (1968), The Performance of Mutual Funds."
_MORNINGSTAR = "Morningstar, Upside and Downside Capture Ratio; there of months."
_STILL = "NaN where the benchmark does not vary"


@measure(
    title="Benchmark return",
    formula="prod(1 + b) - 1",
    source="Definition.",
    unit="fraction",
    more_is_better=None,
)
def benchmark_return(benchmark: Values) -> float:
    """What the benchmark gained from the first bar to the last."""
    return a.growth(benchmark) - 1.0


@measure(
    title="Excess return",
    formula="prod(1 + r) - prod(1 + b)",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
)
def excess_return(returns: Values, benchmark: Values) -> float:
    """The total return less that of the benchmark."""
    return a.growth(returns) - a.growth(benchmark)


@measure(
    title="Alpha",
    formula="mean((r - rf) - beta (b - rf)) * periods; compounded: (1 + mean(...))^periods - 1",
    source=_JENSEN,
    unit="fraction",
    more_is_better=True,
    least=2,
    edges=_STILL,
)
def alpha(
    returns: Values, benchmark: Values, *, periods: float, risk_free: float = 0.0, compounded: bool = False
) -> float:
    """Return a year that the benchmark does not explain. ``risk_free`` is a rate a year."""
    free = a.per_bar(risk_free, periods)
    mean = (returns - free).mean(axis=-1) - beta(returns, benchmark) * (benchmark - free).mean(axis=-1)
    return (1.0 + mean) ** periods - 1.0 if compounded else mean * periods


@measure(
    title="Beta",
    formula="cov(r, b) / var(b)",
    source="Sharpe (1964), Capital Asset Prices.",
    unit="ratio",
    more_is_better=None,
    least=2,
    edges=_STILL,
)
def beta(returns: Values, benchmark: Values) -> float:
    """How much of a move of the benchmark is felt."""
    return a.ratio(_covariance(returns, benchmark), a.deviation(benchmark, ddof=0) ** 2)


@measure(
    title="Correlation",
    formula="cov(r, b) / (std(r) std(b))",
    source="Pearson.",
    unit="ratio",
    more_is_better=None,
    least=2,
    edges="NaN where either does not vary",
)
def correlation(returns: Values, benchmark: Values) -> float:
    """How alike the two move, -1 to 1."""
    size = a.deviation(returns, ddof=0) * a.deviation(benchmark, ddof=0)
    return np.where(size > 0, np.clip(a.ratio(_covariance(returns, benchmark), size), -1.0, 1.0), np.nan)


@measure(
    title="R squared",
    formula="correlation^2",
    source="Definition.",
    unit="ratio",
    more_is_better=None,
    least=2,
    edges="NaN where either does not vary",
)
def r_squared(returns: Values, benchmark: Values) -> float:
    """The part of the variance that the benchmark explains."""
    return correlation(returns, benchmark) ** 2


@measure(
    title="Tracking error",
    formula="std(r - b) * sqrt(periods)",
    source="Definition, n - 1 in the variance.",
    unit="fraction",
    more_is_better=False,
    least=2,
)
def tracking_error(returns: Values, benchmark: Values, *, periods: float) -> float:
    """Volatility of the difference from the benchmark, a year."""
    return a.deviation(returns - benchmark) * np.sqrt(periods)


@measure(
    title="Information ratio",
    formula="mean(r - b) / std(r - b) * sqrt(periods)",
    source="Grinold & Kahn (1999), Active Portfolio Management.",
    unit="ratio",
    more_is_better=True,
    least=2,
    edges="NaN where it is the benchmark, inf with the sign of the mean where the difference does not vary",
)
def information_ratio(returns: Values, benchmark: Values, *, periods: float) -> float:
    """Mean difference from the benchmark over its volatility, a year."""
    active = returns - benchmark
    return a.ratio(active.mean(axis=-1), a.deviation(active)) * np.sqrt(periods)


@measure(
    title="Treynor ratio",
    formula="(cagr - rf) / beta",
    source="Treynor (1965), How to Rate Management of Investment Funds.",
    unit="ratio",
    more_is_better=True,
    least=2,
    edges=f"{_STILL}; inf with the sign of what is above for a beta of 0",
)
def treynor(returns: Values, benchmark: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """Growth a year above ``risk_free`` for each unit of beta."""
    return a.ratio(a.annual_growth(returns, periods) - risk_free, beta(returns, benchmark))


@measure(
    title="M squared",
    formula="rf + sharpe * std(b) * sqrt(periods)",
    source="Modigliani & Modigliani (1997), Risk-Adjusted Performance.",
    unit="fraction",
    more_is_better=True,
    least=2,
    edges="inf with the sign of the mean where returns do not vary",
)
def m_squared(returns: Values, benchmark: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """The mean annual return, had it been levered to the volatility of the benchmark."""
    excess = returns - a.per_bar(risk_free, periods)
    score = a.ratio(excess.mean(axis=-1), a.deviation(returns))
    return risk_free + score * a.deviation(benchmark) * periods


@measure(
    title="Up capture",
    formula="g(r where b >= 0) / g(b where b >= 0), g: geometric mean",
    source=_MORNINGSTAR,
    unit="ratio",
    more_is_better=True,
    edges="NaN where the benchmark never rises",
)
def up_capture(returns: Values, benchmark: Values, *, bars_a_year: float | None = None) -> float:
    """The part of the benchmark's rises that is taken along. ``bars_a_year``: of compound annual returns instead."""
    return _capture(returns, benchmark, benchmark >= 0, bars_a_year)


@measure(
    title="Down capture",
    formula="g(r where b < 0) / g(b where b < 0), g: geometric mean",
    source=_MORNINGSTAR,
    unit="ratio",
    more_is_better=False,
    edges="NaN where the benchmark never falls",
)
def down_capture(returns: Values, benchmark: Values, *, bars_a_year: float | None = None) -> float:
    """The part of the benchmark's falls that is taken along. ``bars_a_year``: of compound annual returns instead."""
    return _capture(returns, benchmark, benchmark < 0, bars_a_year)


@measure(
    title="Capture ratio",
    formula="up capture / down capture",
    source=_MORNINGSTAR,
    unit="ratio",
    more_is_better=True,
    edges="NaN where the benchmark never rises or never falls",
)
def capture_ratio(returns: Values, benchmark: Values) -> float:
    """The part of rises taken along over that of falls."""
    return a.ratio(up_capture(returns, benchmark), down_capture(returns, benchmark))


@measure(
    title="Up beta",
    formula="beta of the bars with b >= 0",
    source="Ang, Chen & Xing (2006), Downside Risk.",
    unit="ratio",
    more_is_better=None,
    least=2,
    edges=_STILL,
)
def up_beta(returns: Values, benchmark: Values) -> float:
    """How much of a rise of the benchmark is felt."""
    return _beta_where(returns, benchmark, benchmark >= 0)


@measure(
    title="Down beta",
    formula="beta of the bars with b < 0",
    source="Ang, Chen & Xing (2006), Downside Risk.",
    unit="ratio",
    more_is_better=None,
    least=2,
    edges=_STILL,
)
def down_beta(returns: Values, benchmark: Values) -> float:
    """How much of a fall of the benchmark is felt."""
    return _beta_where(returns, benchmark, benchmark < 0)


@measure(
    title="Batting average",
    formula="count(r > b) / n",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
)
def batting_average(returns: Values, benchmark: Values) -> float:
    """The share of bars that are better than the benchmark's."""
    return (returns > benchmark).mean(axis=-1)


def _covariance(returns: np.ndarray, benchmark: np.ndarray) -> np.ndarray:
    """Of the population."""
    left, right = returns - returns.mean(axis=-1, keepdims=True), benchmark - benchmark.mean(axis=-1, keepdims=True)
    flat = benchmark.max(axis=-1) == benchmark.min(axis=-1)
    return np.where(flat, 0.0, (left * right).mean(axis=-1))


def _capture(returns: np.ndarray, benchmark: np.ndarray, chosen: np.ndarray, bars: float | None) -> np.ndarray:
    power = a.ratio(bars or 1.0, chosen.sum(axis=-1))
    ours = a.growth(np.where(chosen, returns, 0.0)) ** power - 1.0
    theirs = a.growth(np.where(chosen, benchmark, 0.0)) ** power - 1.0
    return np.where(chosen.any(axis=-1), a.ratio(ours, theirs), np.nan)


def _beta_where(returns: np.ndarray, benchmark: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    rows = zip(*(one.reshape(-1, one.shape[-1]) for one in (returns, benchmark, chosen)), strict=True)
    return np.array([beta(ours[kept], theirs[kept]) for ours, theirs, kept in rows]).reshape(returns.shape[:-1])
