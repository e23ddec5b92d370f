"""Measures of the tails: what a bad bar costs. Losses are negative returns here, as everywhere."""

from __future__ import annotations

import numpy as np

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, clean, measure
from workbench.errors import DataError, did_you_mean

_METHODS = ("historical", "normal", "modified")
_RISKMETRICS = "J.P. Morgan (1996), RiskMetrics Technical Document; linear quantile."
_ROCKAFELLAR = "Rockafellar & Uryasev (2000), Optimization of Conditional Value-at-Risk."


@clean(least=1)
def value_at_risk(returns: Values, *, confidence: float = 0.95, method: str = "historical") -> float:
    """The return of a bar that is fallen short of with a probability of ``1 - confidence``; a loss is negative.

    Parameters
    ----------
    returns
        Simple returns, one a bar; more rows with time as the last axis.
    confidence
        Between 0 and 1.
    method
        ``historical``: the linear quantile. ``normal``: of the normal distribution with mean and deviation of the
        returns. ``modified``: with skewness and kurtosis too (Cornish & Fisher 1938, Favre & Galeano 2002).
    """
    part = 1.0 - confidence
    if method == "historical":
        return np.quantile(returns, part, axis=-1)
    score = _score(returns, part, method)
    return returns.mean(axis=-1) + score * a.deviation(returns)


@clean(least=1)
def expected_shortfall(returns: Values, *, confidence: float = 0.95, method: str = "historical") -> float:
    """The mean return of the bars that fall short of the value at risk; a loss is negative.

    Parameters
    ----------
    returns
        Simple returns, one a bar; more rows with time as the last axis.
    confidence
        Between 0 and 1.
    method
        ``historical``: the mean of the returns at or below the linear quantile. ``normal``: of the normal distribution
        with mean and deviation of the returns.
    """
    part = 1.0 - confidence
    if method == "historical":
        below = returns <= np.quantile(returns, part, axis=-1, keepdims=True)
        return np.where(below, returns, 0.0).sum(axis=-1) / below.sum(axis=-1)
    if method != "normal":
        raise DataError(f"expected shortfall has no method {method!r}: {did_you_mean(method, _METHODS[:2])}")
    return returns.mean(axis=-1) - a.NORMAL.pdf(a.NORMAL.inv_cdf(part)) / part * a.deviation(returns)


@measure(
    title="Value at risk, 95 %",
    formula="quantile(r, 0.05)",
    source=_RISKMETRICS,
    unit="fraction",
    more_is_better=True,
)
def var_95(returns: Values) -> float:
    """The return that one bar of twenty is below."""
    return value_at_risk(returns, confidence=0.95)


@measure(
    title="Value at risk, 99 %",
    formula="quantile(r, 0.01)",
    source=_RISKMETRICS,
    unit="fraction",
    more_is_better=True,
)
def var_99(returns: Values) -> float:
    """The return that one bar of a hundred is below."""
    return value_at_risk(returns, confidence=0.99)


@measure(
    title="Expected shortfall, 95 %",
    formula="mean(r where r <= quantile(r, 0.05))",
    source=_ROCKAFELLAR,
    unit="fraction",
    more_is_better=True,
)
def cvar_95(returns: Values) -> float:
    """The mean return of the worst twentieth of bars."""
    return expected_shortfall(returns, confidence=0.95)


@measure(
    title="Expected shortfall, 99 %",
    formula="mean(r where r <= quantile(r, 0.01))",
    source=_ROCKAFELLAR,
    unit="fraction",
    more_is_better=True,
)
def cvar_99(returns: Values) -> float:
    """The mean return of the worst hundredth of bars."""
    return expected_shortfall(returns, confidence=0.99)


@measure(
    title="Normal value at risk, 95 %",
    formula="mean(r) - 1.645 std(r)",
    source="Variance-covariance method.",
    unit="fraction",
    more_is_better=True,
    least=2,
)
def normal_var_95(returns: Values) -> float:
    """The return that one bar of twenty would be below if returns were normally distributed."""
    return value_at_risk(returns, confidence=0.95, method="normal")


@measure(
    title="Modified value at risk, 95 %",
    formula="mean(r) + z std(r), z = q + (q^2 - 1) S / 6 + (q^3 - 3 q) K / 24 - (2 q^3 - 5 q) S^2 / 36, q = -1.645",
    source="Favre & Galeano (2002), Mean-Modified Value-at-Risk; S and K of the population.",
    unit="fraction",
    more_is_better=True,
    least=4,
    edges="NaN where returns do not vary",
)
def modified_var_95(returns: Values) -> float:
    """The normal value at risk, corrected for skewness S and excess kurtosis K."""
    return value_at_risk(returns, confidence=0.95, method="modified")


@measure(
    title="Rachev ratio",
    formula="mean(r where r >= quantile(r, 0.95)) / |mean(r where r <= quantile(r, 0.05))|",
    source="Biglova, Ortobelli, Rachev & Stoyanov (2004).",
    unit="ratio",
    more_is_better=True,
    edges="inf where the worst twentieth is 0, NaN where both are",
)
def rachev(returns: Values) -> float:
    """The mean of the best twentieth of bars over that of the worst."""
    return a.ratio(-expected_shortfall(-returns), np.abs(expected_shortfall(returns)))


def _score(returns: np.ndarray, part: float, method: str) -> np.ndarray | float:
    q = a.NORMAL.inv_cdf(part)
    if method == "normal":
        return q
    if method != "modified":
        raise DataError(f"value at risk has no method {method!r}: {did_you_mean(method, _METHODS)}")
    lean, excess = a.moment(returns, 3), a.moment(returns, 4) - 3.0
    return q + (q**2 - 1) * lean / 6 + (q**3 - 3 * q) * excess / 24 - (2 * q**3 - 5 * q) * lean**2 / 36
