"""What measures are made of. Arrays are clean, float64, and the last axis is time."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
_phi = np.vectorize(NORMAL.cdf, otypes=[float])


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """``above / below``; over 0 it is infinite with the sign of ``above``, and 0 / 0 is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(above, np.asarray(below) + 0.0)  # + 0.0: never a minus zero, which would turn the sign


def deviation(values: np.ndarray, *, ddof: int = 1) -> np.ndarray:
    """Standard deviation; exactly 0 where all values are equal, which rounding would hide. NaN for one value."""
    if values.shape[-1] <= ddof:
        return np.full(values.shape[:-1], np.nan)
    return np.where(values.max(axis=-1) == values.min(axis=-1), 0.0, values.std(axis=-1, ddof=ddof))


def per_bar(rate: float, periods: float) -> float:
    """A rate a year as a rate a bar that compounds to it."""
    return (1.0 + rate) ** (1.0 / periods) - 1.0


def wealth(returns: np.ndarray) -> np.ndarray:
    """What 1 has become after each bar; 0 for ever after a loss of all."""
    return np.cumprod(np.maximum(1.0 + returns, 0.0), axis=-1)


def growth(returns: np.ndarray) -> np.ndarray:
    """What 1 has become in the end; 0 after a loss of all."""
    return np.prod(np.maximum(1.0 + returns, 0.0), axis=-1)


def under_water(returns: np.ndarray) -> np.ndarray:
    """Drawdown after each bar, 0 to -1, from the highest wealth so far; the 1 before the first bar counts."""
    path = wealth(returns)
    return path / np.maximum(np.maximum.accumulate(path, axis=-1), 1.0) - 1.0


def annual_growth(returns: np.ndarray, periods: float, years: float | None = None) -> np.ndarray:
    """Compound return a year; ``years`` where the time is known better than by counting bars."""
    return growth(returns) ** (1.0 / (years or returns.shape[-1] / periods)) - 1.0


def shortfall(returns: np.ndarray, target: float) -> np.ndarray:
    """Root of the mean of squared shortfalls below ``target`` a bar, over all bars."""
    return np.sqrt(np.mean(np.minimum(returns - target, 0.0) ** 2, axis=-1))


def moment(values: np.ndarray, order: int) -> np.ndarray:
    """Standardised moment of the population; NaN for values that are all equal."""
    centred = values - values.mean(axis=-1, keepdims=True)
    scale = deviation(values, ddof=0)
    return ratio(np.mean(centred**order, axis=-1), scale**order)


def probability(score: np.ndarray) -> np.ndarray:
    """Of the standard normal distribution, the part below ``score``."""
    return _phi(score)[()]
