"""Measures of a series of returns: what was gained, how much it moved, and the one over the other."""

from __future__ import annotations

import numpy as np

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, measure

_LO = "Lo (2002), The Statistics of Sharpe Ratios; the penalty as quantstats has it."


@measure(
    title="Total return",
    formula="prod(1 + r) - 1",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
    edges="-1 after a loss of all",
)
def total_return(returns: Values) -> float:
    """What was gained from the first bar to the last."""
    return a.growth(returns) - 1.0


@measure(
    title="Compound annual growth",
    formula="prod(1 + r) ^ (1 / years) - 1, years = n / periods",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
    edges="-1 after a loss of all; inf where a few bars compound beyond all numbers in a year",
)
def cagr(returns: Values, *, periods: float, years: float | None = None) -> float:
    """The return a year that compounds to the total. ``years`` takes the place of counted bars where it is given."""
    return a.annual_growth(returns, periods, years)


@measure(
    title="Mean annual return",
    formula="mean(r) * periods",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
)
def mean_return(returns: Values, *, periods: float) -> float:
    """The arithmetic mean return, a year."""
    return returns.mean(axis=-1) * periods


@measure(
    title="Geometric mean return",
    formula="prod(1 + r) ^ (1 / n) - 1",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
    edges="-1 after a loss of all",
)
def geometric_mean(returns: Values) -> float:
    """The return a bar that compounds to the total."""
    return a.growth(returns) ** (1.0 / returns.shape[-1]) - 1.0


@measure(
    title="Volatility",
    formula="std(r) * sqrt(periods); compounded: sqrt((var(r) + (1 + g)^2)^periods - (1 + g)^(2 periods))",
    source="Definition, n - 1 in the variance; compounded: Tobin (1965), as backtesting.py has it.",
    unit="fraction",
    more_is_better=False,
    least=2,
)
def volatility(returns: Values, *, periods: float, compounded: bool = False, years: float | None = None) -> float:
    """Standard deviation of returns, a year. ``compounded``: that of the return of a whole year, g being the mean."""
    if not compounded:
        return a.deviation(returns) * np.sqrt(periods)
    squared = (1.0 + a.annual_growth(returns, periods, years)) ** (2.0 / periods)
    return np.sqrt((a.deviation(returns) ** 2 + squared) ** periods - squared**periods)


@measure(
    title="Downside volatility",
    formula="sqrt(mean(min(r - t, 0)^2)) * sqrt(periods)",
    source="Sortino & van der Meer (1991), Downside Risk.",
    unit="fraction",
    more_is_better=False,
    edges="0 where no return is below the target",
)
def downside_volatility(returns: Values, *, periods: float, target: float = 0.0) -> float:
    """Deviation below ``target`` (a rate a year), over all bars, a year."""
    return a.shortfall(returns, a.per_bar(target, periods)) * np.sqrt(periods)


@measure(
    title="Sharpe ratio",
    formula="mean(r - rf) / std(r) * sqrt(periods); compounded: (cagr - rf) / compounded volatility",
    source="Sharpe (1994), The Sharpe Ratio.",
    unit="ratio",
    more_is_better=True,
    least=2,
    edges="inf with the sign of the mean where returns do not vary, NaN where they are all rf",
)
def sharpe(
    returns: Values,
    *,
    periods: float,
    risk_free: float = 0.0,
    compounded: bool = False,
    years: float | None = None,
) -> float:
    """Return above ``risk_free`` (a rate a year) for each unit of volatility, a year.

    ``compounded`` takes the growth and the volatility of a whole year, as backtesting.py does.
    """
    if compounded:
        gained = a.annual_growth(returns, periods, years) - risk_free
        return a.ratio(gained, volatility(returns, periods=periods, compounded=True, years=years))
    excess = returns - a.per_bar(risk_free, periods)
    return a.ratio(excess.mean(axis=-1), a.deviation(returns)) * np.sqrt(periods)


@measure(
    title="Smart Sharpe ratio",
    formula="sharpe / sqrt(1 + 2 sum((1 - k / n) |c|^k, k = 1 .. n - 1)), c = autocorrelation(r)",
    source=_LO,
    unit="ratio",
    more_is_better=True,
    least=3,
    edges="as the Sharpe ratio; NaN where returns do not vary",
)
def smart_sharpe(returns: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """Sharpe ratio with a penalty on returns that follow one another, up or down: smoothed books look better."""
    count = returns.shape[-1]
    near = np.abs(_followed(returns))
    far = np.minimum(near, 1.0 - 1e-9)  # the sum has a closed form below 1
    total = far / (1.0 - far) - far * (1.0 - far**count) / (count * (1.0 - far) ** 2)
    total = np.where(near > 1.0 - 1e-9, (count - 1) / 2.0, total)
    return sharpe(returns, periods=periods, risk_free=risk_free) / np.sqrt(1.0 + 2.0 * total)


@measure(
    title="Sortino ratio",
    formula="mean(r - t) * periods / downside volatility",
    source="Sortino & Price (1994), Performance Measurement in a Downside Risk Framework.",
    unit="ratio",
    more_is_better=True,
    edges="inf where no return is below the target, NaN where all are at it",
)
def sortino(returns: Values, *, periods: float, target: float = 0.0) -> float:
    """Return above ``target`` (a rate a year) for each unit of downside volatility."""
    least = a.per_bar(target, periods)
    return a.ratio((returns - least).mean(axis=-1), a.shortfall(returns, least)) * np.sqrt(periods)


@measure(
    title="Omega ratio",
    formula="sum(max(r - t, 0)) / sum(max(t - r, 0))",
    source="Keating & Shadwick (2002), A Universal Performance Measure.",
    unit="ratio",
    more_is_better=True,
    edges="inf where no return is below the target, NaN where all are at it",
)
def omega(returns: Values, *, periods: float, target: float = 0.0) -> float:
    """All that was gained above ``target`` (a rate a year) over all that was missed below it."""
    above = returns - a.per_bar(target, periods)
    return a.ratio(np.maximum(above, 0.0).sum(axis=-1), np.maximum(-above, 0.0).sum(axis=-1))


@measure(
    title="Gain to pain",
    formula="sum(r) / sum(max(-r, 0))",
    source="Schwager (2012), Market Sense and Nonsense; there of months.",
    unit="ratio",
    more_is_better=True,
    edges="inf without a losing bar, NaN where all are 0",
)
def gain_to_pain(returns: Values) -> float:
    """The sum of all returns over the sum of all losses."""
    return a.ratio(returns.sum(axis=-1), np.maximum(-returns, 0.0).sum(axis=-1))


@measure(
    title="Skewness",
    formula="m3 / m2^1.5 * sqrt(n (n - 1)) / (n - 2); bias: m3 / m2^1.5",
    source="Fisher-Pearson, adjusted as in pandas.",
    unit="ratio",
    more_is_better=True,
    least=3,
    edges="NaN where returns do not vary",
)
def skew(returns: Values, *, bias: bool = False) -> float:
    """Whether the long tail is on the side of gains (> 0) or losses (< 0). ``bias``: of the population."""
    count = returns.shape[-1]
    return a.moment(returns, 3) * (1.0 if bias else np.sqrt(count * (count - 1.0)) / (count - 2.0))


@measure(
    title="Excess kurtosis",
    formula="((n + 1) (m4 / m2^2 - 3) + 6) (n - 1) / ((n - 2) (n - 3)); bias: m4 / m2^2 - 3",
    source="Fisher, adjusted as in pandas.",
    unit="ratio",
    more_is_better=False,
    least=4,
    edges="NaN where returns do not vary",
)
def kurtosis(returns: Values, *, bias: bool = False) -> float:
    """How heavy the tails are; 0 for the normal distribution. ``bias``: of the population."""
    count = returns.shape[-1]
    excess = a.moment(returns, 4) - 3.0
    return excess if bias else ((count + 1.0) * excess + 6.0) * (count - 1.0) / ((count - 2.0) * (count - 3.0))


@measure(
    title="Tail ratio",
    formula="|quantile(r, 0.95)| / |quantile(r, 0.05)|",
    source="empyrical.",
    unit="ratio",
    more_is_better=True,
    edges="inf where the lower quantile is 0, NaN where both are",
)
def tail_ratio(returns: Values) -> float:
    """The size of good bars over that of bad ones."""
    low, high = np.quantile(returns, [0.05, 0.95], axis=-1)
    return a.ratio(np.abs(high), np.abs(low))


@measure(
    title="Common sense ratio",
    formula="tail ratio * sum(max(r, 0)) / sum(max(-r, 0))",
    source="quantstats.",
    unit="ratio",
    more_is_better=True,
    edges="inf without a losing bar, NaN where all are 0",
)
def common_sense(returns: Values) -> float:
    """The tail ratio times gains over losses: above 1, strategies of rare gains and of rare losses both earn."""
    gains, losses = np.maximum(returns, 0.0).sum(axis=-1), np.maximum(-returns, 0.0).sum(axis=-1)
    return tail_ratio(returns) * a.ratio(gains, losses)


@measure(
    title="Stability",
    formula="R^2 of cumsum(log(1 + r)) on 1 .. n",
    source="empyrical.",
    unit="ratio",
    more_is_better=True,
    least=2,
    edges="NaN after a loss of all, and where wealth does not move",
)
def stability(returns: Values) -> float:
    """How straight the line of log wealth is, 0 to 1; a straight loss is straight too."""
    path = np.cumsum(np.log1p(np.maximum(returns, -1.0)), axis=-1)
    bars = np.arange(path.shape[-1]) - (path.shape[-1] - 1) / 2.0
    centred = path - path.mean(axis=-1, keepdims=True)
    explained = (centred * bars).sum(axis=-1) ** 2
    return a.ratio(explained, (bars**2).sum() * (centred**2).sum(axis=-1))


@measure(
    title="Positive bars",
    formula="count(r > 0) / n",
    source="Definition.",
    unit="fraction",
    more_is_better=True,
)
def positive_bars(returns: Values) -> float:
    """The share of bars with a gain."""
    return (returns > 0).mean(axis=-1)


@measure(title="Best bar", formula="max(r)", source="Definition.", unit="fraction", more_is_better=True)
def best_bar(returns: Values) -> float:
    """The highest return of a bar."""
    return returns.max(axis=-1)


@measure(title="Worst bar", formula="min(r)", source="Definition.", unit="fraction", more_is_better=True)
def worst_bar(returns: Values) -> float:
    """The lowest return of a bar."""
    return returns.min(axis=-1)


@measure(
    title="Autocorrelation",
    formula="corr(r[1:], r[:-1])",
    source="Definition.",
    unit="ratio",
    more_is_better=None,
    least=3,
    edges="NaN where returns do not vary",
)
def autocorrelation(returns: Values) -> float:
    """How much a return tells of the next, -1 to 1."""
    return _followed(returns)


def _followed(returns: np.ndarray) -> np.ndarray:
    now, then = returns[..., 1:], returns[..., :-1]
    now, then = now - now.mean(axis=-1, keepdims=True), then - then.mean(axis=-1, keepdims=True)
    size = a.deviation(returns[..., 1:], ddof=0) * a.deviation(returns[..., :-1], ddof=0)
    return a.ratio((now * then).mean(axis=-1), size)
