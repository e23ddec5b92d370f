"""What else could have happened: equity and measures of resampled histories.

``bootstrap`` draws blocks of bars with random length (the stationary bootstrap), so that the dependence of near bars
stays; ``shuffle`` changes the order of round trips, or draws them anew. Path ``k`` of a seed is the same whatever
number of paths is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values, aligned, measures
from workbench.analytics.tables import BLOCK
from workbench.errors import DataError

#: Parts of the paths that lie below each line of the bands.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Points of the bands along the path; more are not seen, and would not fit in memory for 100,000 bars.
POINTS = 500
_OF_RETURNS = ("total_return", "cagr", "volatility", "sharpe", "max_drawdown")
_OF_TRIPS = ("win_rate", "profit_factor", "expectancy", "sqn")
_DRAWS = 4_000_000_000  # bars times paths: hours


@dataclass(frozen=True)
class Simulation:
    """Resampled histories.

    Parameters
    ----------
    bands
        Wealth of 1 by bar or round trip (0: before the first), a column for each level.
    measures
        A row a path, a column a measure.
    observed
        The same measures of the data themselves.
    block
        Mean length of the blocks; 1 for round trips.
    seed
        What gives the same paths again.
    """

    bands: pd.DataFrame
    measures: pd.DataFrame
    observed: dict[str, float]
    block: float
    seed: int

    def interval(self, confidence: float = 0.95) -> pd.DataFrame:
        """``observed``, ``low`` and ``high`` of each measure: percentiles that hold ``confidence`` of the paths."""
        if not 0 < confidence < 1:
            raise DataError(f"interval: confidence is {confidence}, it lies between 0 and 1, such as 0.95")
        part = (1.0 - confidence) / 2.0
        table = self.measures.replace([np.inf, -np.inf], [np.finfo(float).max, np.finfo(float).min])
        low, high = table.quantile(part), table.quantile(1.0 - part)
        return pd.DataFrame({"observed": pd.Series(self.observed), "low": low, "high": high}).rename_axis("measure")

    def probability(self, measure: str, *, below: float) -> float:
        """The share of paths whose ``measure`` is below a value: ``probability("max_drawdown", below=-0.3)``."""
        if measure not in self.measures:
            raise DataError(f"the simulation has no {measure}; it has {', '.join(self.measures)}")
        values = self.measures[measure].dropna()
        return float((values < below).mean()) if len(values) else np.nan


def bootstrap(
    returns: Values,
    *,
    periods: float,
    names: Iterable[str] = _OF_RETURNS,
    benchmark: Values | None = None,
    paths: int = 1000,
    block: float | None = None,
    bars: int | None = None,
    seed: int = 0,
    levels: Iterable[float] = LEVELS,
    **options: Any,
) -> Simulation:
    """Resample a history of returns in blocks, and measure each path.

    Parameters
    ----------
    returns
        Simple returns, one a bar; NaN are left out.
    periods
        Bars a year.
    names
        Measures of returns, or of returns and a benchmark.
    benchmark
        Drawn together with the returns, bar by bar.
    paths, bars, seed
        How many, how long (the length of the data without), and from which seed.
    block
        Mean length of a block in bars; without, the best for the mean of these returns, see ``block_length``.
    levels
        Of the bands.
    options
        For the measures: ``risk_free=0.02``.

    Returns
    -------
    Simulation

    Raises
    ------
    DataError
        For less than two returns, for less than one path or bar, and a block below 1.

    Notes
    -----
    Politis & Romano (1994), The Stationary Bootstrap.
    """
    data = {"returns": returns} if benchmark is None else {"returns": returns, "benchmark": benchmark}
    arrays = _kept(data, "bootstrap")
    count = len(arrays[0])
    length = block_length(arrays[0]) if block is None else float(block)
    if not 1 <= length < np.inf:
        raise DataError(f"bootstrap: the mean block is {length:g} bars, it must be 1 or more")

    def draw(rng: np.random.Generator, wanted: int) -> np.ndarray:
        return block_indices(count, wanted, length, rng)

    data = dict(zip(data, arrays, strict=True))
    found = _simulated(data, draw, names, _shape(paths, bars or count, levels), seed, {"periods": periods, **options})
    return Simulation(*found, block=length, seed=seed)


def shuffle(
    trips: Values,
    *,
    names: Iterable[str] = _OF_TRIPS,
    replace: bool = False,
    paths: int = 1000,
    seed: int = 0,
    levels: Iterable[float] = LEVELS,
) -> Simulation:
    """Put round trips in another order, or draw them anew, and measure each path.

    Parameters
    ----------
    trips
        Results as fractions of equity, which compound. NaN are left out.
    names
        Measures of ``trips``. ``total_return`` and ``max_drawdown``, of the equity after each round trip, are there
        always.
    replace
        Without it every path has the same results in another order, and so the same end: what differs is the way
        there. With it some are drawn twice and some not at all.
    paths, seed, levels
        As in ``bootstrap``.

    Returns
    -------
    Simulation
    """
    arrays = _kept({"trips": trips}, "shuffle")
    count = len(arrays[0])

    def draw(rng: np.random.Generator, wanted: int) -> np.ndarray:
        return rng.integers(0, count, wanted) if replace else rng.permutation(wanted)

    chosen = dict.fromkeys(["total_return", "max_drawdown", *names])
    data = {"trips": arrays[0], "returns": arrays[0]}
    return Simulation(*_simulated(data, draw, chosen, _shape(paths, count, levels), seed, {}), block=1.0, seed=seed)


def block_indices(count: int, wanted: int, length: float, rng: np.random.Generator) -> np.ndarray:
    """``wanted`` places of 0 .. ``count - 1`` in blocks of geometric length, ``length`` on average, wrapped around."""
    at = np.arange(wanted)
    begins = rng.random(wanted) * length < 1.0
    begins[:1] = True
    last = np.maximum.accumulate(np.where(begins, at, 0))
    return (rng.integers(0, count, wanted)[last] + at - last) % count


def block_length(returns: Values) -> float:
    """The mean block that estimates the variance of the mean best, 1 at least.

    Politis & White (2004), Automatic Block-Length Selection, with the correction of Patton, Politis & White (2009) for
    the stationary bootstrap.
    """
    values = _kept({"returns": returns}, "block_length")[0]
    count = len(values)
    run = max(5, int(np.sqrt(np.log10(count))))
    most = int(np.ceil(np.sqrt(count))) + run
    lags = min(most, count - 1)
    centred = values - values.mean()
    size = 1 << (2 * count - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size)) ** 2
    covariance = np.fft.irfft(spectrum, size)[: lags + 1] / count
    if not covariance[0] > 0 or values.max() == values.min():
        return 1.0
    small = np.abs(covariance[1:] / covariance[0]) < 2.0 * np.sqrt(np.log10(count) / count)
    runs = np.convolve(small, np.ones(run), "valid") == run if lags >= run else np.zeros(0, bool)
    if runs.any():
        first = int(np.argmax(runs))
    else:
        large = np.flatnonzero(~small)
        first = int(large[-1]) + 1 if len(large) else 0
    width = min(2 * max(first, 1), lags)
    lag = np.arange(1, width + 1)
    flat = np.minimum(1.0, 2.0 * (1.0 - lag / width))  # the flat-top window: 1 to the middle, then down to 0
    bias = 2.0 * (flat * lag * covariance[1 : width + 1]).sum()
    spread = covariance[0] + 2.0 * (flat * covariance[1 : width + 1]).sum()
    if spread == 0:
        return 1.0
    best = (bias**2 / spread**2) ** (1.0 / 3.0) * count ** (1.0 / 3.0)
    return float(np.clip(best, 1.0, max(1.0, np.ceil(min(3.0 * np.sqrt(count), count / 3.0)))))


def _kept(data: dict[str, Values], who: str) -> list[np.ndarray]:
    arrays = aligned(data, who)
    if arrays[0].ndim > 1:
        raise DataError(f"{who}: {next(iter(data))} have {arrays[0].ndim} axes; give one series at a time")
    known = np.logical_and.reduce([~np.isnan(one) for one in arrays])
    if known.sum() < 2:
        raise DataError(f"{who}: {known.sum()} observations are not enough to draw from; give two or more")
    return [one[known] for one in arrays]


def _shape(paths: int, wanted: int, levels: Iterable[float]) -> tuple[int, int, list[float]]:
    chosen = list(levels)
    if paths < 1 or wanted < 1 or paths * wanted > _DRAWS:
        raise DataError(f"{paths} paths of {wanted} were asked for; take 1 or more, and at most {_DRAWS:.0e} together")
    if not chosen or not all(0 <= level <= 1 for level in chosen):
        raise DataError(f"levels are {chosen}; give parts between 0 and 1, such as {list(LEVELS)}")
    return paths, wanted, chosen


def _simulated(
    data: dict[str, np.ndarray],
    draw: Callable[[np.random.Generator, int], np.ndarray],
    names: Iterable[str],
    shape: tuple[int, int, list[float]],
    seed: int,
    options: dict[str, Any],
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
    chosen = {name: measures.get(name) for name in names}
    for name, one in chosen.items():
        lacks = [need for need in one.about.data if need not in data]
        if lacks:
            raise DataError(f"{name} is of {' and '.join(lacks)}, which is not given here")
    paths, wanted, levels = shape
    points = np.unique(np.linspace(0, wanted, min(wanted, POINTS) + 1).round().astype(int))
    lines = np.ones((paths, len(points)))
    table = np.empty((paths, len(chosen)))
    rows = max(BLOCK // wanted, 1)
    for first in range(0, paths, rows):
        some = range(first, min(first + rows, paths))
        places = np.stack([draw(np.random.default_rng([seed, path]), wanted) for path in some])
        drawn = {name: values[places] for name, values in data.items()}
        lines[first : some.stop, 1:] = a.wealth(drawn["returns"])[:, points[1:] - 1]
        for column, one in enumerate(chosen.values()):
            table[first : some.stop, column] = one(*_inputs(one, drawn), **_wanted(one, options))
    bands = pd.DataFrame(np.quantile(lines, levels, axis=0).T, points, levels).rename_axis("bar")
    observed = {name: one(*_inputs(one, data), **_wanted(one, options)) for name, one in chosen.items()}
    return bands, pd.DataFrame(table, columns=list(chosen)).rename_axis("path"), observed


def _inputs(one: Callable[..., Any], data: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [data[name] for name in one.about.data]


def _wanted(one: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in one.about.options}
