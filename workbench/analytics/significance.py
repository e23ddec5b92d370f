"""Measures of evidence: how sure one may be of a Sharpe ratio, given its length, its tails and the trials made."""

from __future__ import annotations

import math

import numpy as np

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, measure
from workbench.analytics.performance import kurtosis, sharpe, skew
from workbench.errors import DataError

_EULER = 0.5772156649015329
_BAILEY = "Bailey & López de Prado (2012), The Sharpe Ratio Efficient Frontier; S and K of the population."


@measure(
    title="Probabilistic Sharpe ratio",
    formula="N((s - s0) sqrt(n - 1) / sqrt(1 - S s + (K + 2) / 4 s^2)), s: Sharpe a bar",
    source=_BAILEY,
    unit="fraction",
    more_is_better=True,
    least=4,
    edges="NaN where returns do not vary",
)
def probabilistic_sharpe(
    returns: Values, *, periods: float, risk_free: float = 0.0, threshold: float = 0.0, bias: bool = True
) -> float:
    """How probable it is that the true Sharpe ratio is above ``threshold`` (a ratio a year), given length and tails.

    ``bias=False`` takes the adjusted skewness and kurtosis.
    """
    score, spread = _score(returns, periods, risk_free, bias)
    return a.probability((score - threshold / np.sqrt(periods)) * np.sqrt(returns.shape[-1] - 1.0) / spread)


@measure(
    title="Minimum track record",
    formula="1 + (1 - S s + (K + 2) / 4 s^2) (z / (s - s0))^2, z = quantile of N at confidence",
    source=_BAILEY,
    unit="bars",
    more_is_better=False,
    least=4,
    edges="inf where the Sharpe ratio is not above the threshold, NaN where returns do not vary",
)
def minimum_track_record(
    returns: Values, *, periods: float, risk_free: float = 0.0, threshold: float = 0.0, confidence: float = 0.95
) -> float:
    """Bars needed until the Sharpe ratio is above ``threshold`` (a ratio a year) with ``confidence``."""
    score, spread = _score(returns, periods, risk_free, True)
    ahead = score - threshold / np.sqrt(periods)
    bars = 1.0 + (spread * a.NORMAL.inv_cdf(confidence) / ahead) ** 2
    return np.where(np.isnan(ahead), np.nan, np.where(ahead > 0, bars, np.inf))


@measure(
    title="Deflated Sharpe ratio",
    formula="probabilistic Sharpe ratio with s0 = expected maximum of the trials",
    source="Bailey & López de Prado (2014), The Deflated Sharpe Ratio.",
    unit="fraction",
    more_is_better=True,
    least=4,
    edges="NaN where returns do not vary",
)
def deflated_sharpe(
    returns: Values, *, periods: float, trials: int, trial_deviation: float, risk_free: float = 0.0
) -> float:
    """How probable it is that the Sharpe ratio is more than the best of ``trials`` without any merit would be.

    ``trial_deviation`` is the standard deviation of the annual Sharpe ratios of all trials.
    """
    least = expected_maximum_sharpe(trials, trial_deviation)
    return probabilistic_sharpe(returns, periods=periods, risk_free=risk_free, threshold=least)


@measure(
    title="Adjusted Sharpe ratio",
    formula="s (1 + S / 6 s - K / 24 s^2) * sqrt(periods), s: Sharpe a bar",
    source="Pezier & White (2006), The Relative Merits of Investable Hedge Fund Indices; S and K of the population.",
    unit="ratio",
    more_is_better=True,
    least=4,
    edges="NaN where returns do not vary",
)
def adjusted_sharpe(returns: Values, *, periods: float, risk_free: float = 0.0) -> float:
    """The Sharpe ratio less a penalty for losses in the tail."""
    score = sharpe(returns, periods=periods, risk_free=risk_free) / np.sqrt(periods)
    lean, excess = skew(returns, bias=True), kurtosis(returns, bias=True)
    return score * (1.0 + lean / 6.0 * score - excess / 24.0 * score**2) * np.sqrt(periods)


@measure(
    title="Jarque-Bera probability",
    formula="exp(-n / 12 (S^2 + K^2 / 4))",
    source="Jarque & Bera (1980); chi-squared with 2 degrees of freedom.",
    unit="fraction",
    more_is_better=None,
    least=4,
    edges="NaN where returns do not vary",
)
def jarque_bera(returns: Values) -> float:
    """How probable skewness and kurtosis like these are in normally distributed returns."""
    lean, excess = skew(returns, bias=True), kurtosis(returns, bias=True)
    return np.exp(-returns.shape[-1] / 12.0 * (lean**2 + excess**2 / 4.0))


def expected_maximum_sharpe(trials: int, deviation: float) -> float:
    """The best Sharpe ratio to expect of ``trials`` strategies without merit whose ratios have this ``deviation``.

    Bailey & López de Prado (2014): deviation * ((1 - g) Z(1 - 1 / n) + g Z(1 - 1 / (n e))), g Euler's constant; 0 for
    one trial.

    Raises
    ------
    DataError
        For less than one trial or a negative deviation.
    """
    if trials < 1 or not deviation >= 0:
        raise DataError(
            f"expected maximum Sharpe: {trials} trials with deviation {deviation}; take 1 or more, and >= 0"
        )
    if trials == 1:
        return 0.0
    quantile = a.NORMAL.inv_cdf
    high = (1.0 - _EULER) * quantile(1.0 - 1.0 / trials) + _EULER * quantile(1.0 - 1.0 / (trials * math.e))
    return deviation * high


def _score(returns: np.ndarray, periods: float, risk_free: float, bias: bool) -> tuple[np.ndarray, np.ndarray]:
    """Sharpe ratio a bar, and the root of its variance times n - 1."""
    score = np.asarray(sharpe(returns, periods=periods, risk_free=risk_free)) / np.sqrt(periods)
    lean, excess = skew(returns, bias=bias), kurtosis(returns, bias=bias)
    return score, np.sqrt(1.0 - lean * score + (excess + 2.0) / 4.0 * score**2)
