"""Bands around an equity curve: what the same bars, or the same round trips, could have made in another order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.analytics.resampling import Simulation, bootstrap, shuffle
from workbench.errors import DataError

#: Bars that are drawn from at most; longer histories are drawn in steps of several bars.
MOST = 10_000
#: Measures of shuffled round trips that depend on their order.
_OF_ORDER = ("max_drawdown", "max_drawdown_duration", "ulcer_index", "consecutive_losses")


@dataclass(frozen=True, eq=False)
class Bands:
    """Where equity and measures lie on most of the resampled paths.

    Attributes
    ----------
    method
        ``bootstrap`` of bars, or ``shuffle`` of round trips.
    curve
        Equity by time (``shuffle``: by number of round trips, 0 before the first), a column for each part of the paths
        that ends below it; 500 rows or so.
    level
        Part of the paths between the outermost two columns, and between ``low`` and ``high`` of ``measures``.
    step
        Bars that were drawn as one; 1 up to 10,000 bars.
    simulation
        The paths themselves: measures by path, seed, mean block length (in steps).
    """

    method: str
    curve: pd.DataFrame
    level: float
    step: int
    simulation: Simulation

    @property
    def measures(self) -> pd.DataFrame:
        """``observed``, ``low``, ``median`` and ``high`` of each measure.

        ``observed`` is that of the history in the same steps as the paths, to compare like with like.
        """
        table = self.simulation.interval(self.level)
        table.insert(2, "median", self.simulation.measures.median())
        return table

    @property
    def paths(self) -> int:
        """How many paths there are."""
        return len(self.simulation.measures)

    @property
    def block(self) -> float:
        """Bars of a block on average; round trips are drawn one by one."""
        return self.simulation.block * self.step

    @property
    def probability_of_loss(self) -> float:
        """Part of the paths that end with less than they began with; all or none where the order alone changes."""
        return self.simulation.probability("total_return", below=0.0)

    def probability(self, measure: str, *, below: float) -> float:
        """Part of the paths whose ``measure`` is below a value: ``probability("max_drawdown", below=-0.3)``."""
        return self.simulation.probability(measure, below=below)


def bands_of_returns(
    returns: pd.Series,
    *,
    periods: float,
    cash: float = 1.0,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.9,
    block: float | None = None,
    most: int = MOST,
) -> Bands:
    """The stationary bootstrap of a history of bars.

    Parameters
    ----------
    returns
        Simple returns by time, one a bar; NaN are left out.
    periods
        Bars a year.
    cash
        What the paths begin with.
    n, seed
        How many paths, and from which seed: the same give the same, and the first of more paths are those of fewer.
    level
        Part of the paths that lies between the outer lines.
    block
        Bars of a block on average; the best for these returns unless given, see ``block_length``.
    most
        Bars to draw from; of more, so many are made one that there are no more.

    Raises
    ------
    DataError
        Less than two returns or one path, or a level or a block out of its limits.

    Notes
    -----
    Politis & Romano (1994), The Stationary Bootstrap; Politis & White (2004) for the length of the blocks, as corrected
    by Patton, Politis & White (2009).
    """
    kept = returns.dropna()
    if most < 2:
        raise DataError(f"bands: at most {most} bars were to be drawn from; take 2 or more")
    step = max(1, -(-len(kept) // most))
    values = _joined(kept.to_numpy(float), step)
    found = bootstrap(
        values, periods=periods / step, paths=n, seed=seed, levels=_levels(level),
        block=None if block is None else max(block / step, 1.0) if block >= 1 else block,
    )  # fmt: skip
    rows = found.bands.iloc[1:]
    times = kept.index[np.minimum(rows.index.to_numpy() * step, len(kept)) - 1]
    return Bands("bootstrap", cash * rows.set_axis(times, axis=0), level, step, found)


def bands_of_trips(
    pnl: pd.Series | np.ndarray, *, cash: float, n: int = 1000, seed: int = 0, level: float = 0.9
) -> Bands:
    """Round trips in another order.

    Each counts as the part of the balance that it won: of the cash and all that the round trips before it had won. So
    the observed path is the balance as it was, and all paths have the same end.

    Parameters
    ----------
    pnl
        Results in money, in the order in which the round trips ended.
    cash
        Balance before the first.
    n, seed, level
        As in ``bands_of_returns``.

    Raises
    ------
    DataError
        Less than two round trips or one path, or a level out of its limits.
    """
    values = np.asarray(pnl, float)
    balance = cash + np.concatenate([[0.0], np.cumsum(values)[:-1]]) if len(values) else values
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(balance > 0, values / balance, np.nan)
    found = shuffle(parts, names=_OF_ORDER, paths=n, seed=seed, levels=_levels(level))
    return Bands("shuffle", cash * found.bands.rename_axis("trips"), level, 1, found)


def _levels(level: float) -> list[float]:
    """The parts of the paths that lie below the lines: the median, the middle half, and what holds ``level``."""
    if not 0 < level < 1:
        raise DataError(f"bands: level is {level}, the part of the paths inside lies between 0 and 1, such as 0.9")
    outer = (1.0 - level) / 2.0
    half = (0.25, 0.75) if level >= 0.5 else ()
    return sorted({round(one, 9) for one in (outer, *half, 0.5, 1.0 - outer)})


def _joined(returns: np.ndarray, step: int) -> np.ndarray:
    """Returns of ``step`` bars in one, the last of what is left."""
    if step == 1:
        return returns
    growth = np.multiply.reduceat(np.maximum(1.0 + returns, 0.0), np.arange(0, len(returns), step))
    return growth - 1.0
