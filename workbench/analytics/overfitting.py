"""The probability that the best of many trials was chosen for its luck: combinatorially symmetric cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from workbench.analytics import arithmetic as a
from workbench.analytics.trials import Trials, trial_matrix
from workbench.errors import DataError, did_you_mean

#: Blocks at most: 184,756 splits.
MOST_BLOCKS = 20
#: Metrics of one chunk of splits: few enough for the caches, and for BLAS not to split the products over threads, which
#: then wait for each other on a busy machine (measured: 1 s, and 16 s in chunks of 100,000).
_CHUNK = 20_000
#: What sums leave of a variance of 0, and of a tie.
_ROUNDING = 1e-12
_NOUGHT = 1e-300  # log of a loss of all is to stay a number

Metric = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Overfitting:
    """How the best trial of one half of the bars did in the other, over all ways to halve the blocks.

    Parameters
    ----------
    splits
        A row a split, in the order of ``itertools.combinations`` of the blocks: ``chosen`` (the trial that is best in
        sample; the first of equals), ``in_sample`` and ``out_of_sample`` (its metric, a bar), ``rank`` (its place among
        all trials out of sample, as a part of n + 1: 0 is the last, 1 the best), ``logit`` (ln(rank / (1 - rank))) and
        ``average`` (metric of all trials out of sample, their mean).
    metric
        Name of the metric.
    blocks, bars, trials
        What it was computed from.
    """

    splits: pd.DataFrame
    metric: str
    blocks: int
    bars: int
    trials: int

    @property
    def probability(self) -> float:
        """PBO: the part of the splits in which the chosen trial is below the median of all out of sample.

        A split in which it is at the median counts one half, so that trials without merit, and trials that are all the
        same, have 0.5.
        """
        logits = self.splits["logit"].to_numpy()
        return float(np.mean(logits < 0) + np.mean(logits == 0) / 2.0)

    @property
    def probability_of_loss(self) -> float:
        """The part of the splits in which the chosen trial has a metric below 0 out of sample."""
        return float((self.splits["out_of_sample"] < 0).mean())

    @property
    def degradation(self) -> tuple[float, float]:
        """Slope and intercept of the line through out-of-sample by in-sample metrics; NaN where there is none.

        Below 0: the better in sample, the worse out of it. A slope near -1 is no evidence on its own: where the same
        trial is chosen in most splits, the two halves add up to what it has made in all, and one's gain is the other's
        loss.
        """
        pairs = self.splits[["in_sample", "out_of_sample"]].to_numpy()
        x, y = pairs[np.isfinite(pairs).all(axis=1)].T
        if not len(x) or np.ptp(x) <= _ROUNDING * np.abs(x).max():
            return np.nan, np.nan
        away = x - x.mean()
        slope = float(away @ y / (away @ away))
        return slope, float(y.mean() - slope * x.mean())

    @property
    def dominance(self) -> int:
        """Whether choosing the best dominates the average of all trials out of sample: 1 first, 2 second order, 0 not.

        First order: whatever the level, the chosen one is at least as often above it. Second order: so are the areas
        under the distributions up to any level, which is what anyone who fears risk prefers.
        """
        pairs = self.splits[["out_of_sample", "average"]].to_numpy()
        pairs = pairs[np.isfinite(pairs).all(axis=1)]
        if not pairs.any():
            return 0
        # Rounded, as trials that are the same are not to be ahead of their mean.
        chosen, average = np.sort((pairs / np.abs(pairs).max()).round(11), axis=0).T
        levels = np.union1d(chosen, average)
        ahead = _below(average, levels) - _below(chosen, levels)
        if not (ahead > 0).any():
            return 0
        if (ahead >= 0).all():
            return 1
        areas = np.cumsum(ahead[:-1] * np.diff(levels))
        return 2 if (areas >= -_ROUNDING * np.abs(areas).max()).all() else 0

    @property
    def choices(self) -> pd.Series:
        """The part of the splits in which each trial was chosen, the most frequent first."""
        return self.splits["chosen"].value_counts(normalize=True).rename("part")


def probability_of_backtest_overfitting(
    returns: Trials, blocks: int = 16, *, metric: str | Metric = "sharpe"
) -> Overfitting:
    """Choose the best trial in each half of the bars, and see how it ranks in the other half.

    The bars are cut into ``blocks`` stretches that differ by one bar at most. Every half of the blocks is in sample
    once, the rest out of sample: 12,870 splits of 16 blocks. Bars stay in their order.

    Parameters
    ----------
    returns
        Simple returns, a row a bar, a column a trial (labels of a table name the chosen ones). All trials that were
        made belong here, not the best of them. A bar that any trial lacks is left out.
    blocks
        An even number, 2 to 20.
    metric
        What the best is best in, of simple returns a bar: ``sharpe``, ``sortino``, ``mean_return`` or ``total_return``,
        which are computed from sums; or a function of an array (trials, bars) that gives a number a trial, more being
        better, such as ``lambda r: analytics.calmar(r, periods=252)``. It is called twice for every pair of splits:
        take 8 or 10 blocks. NaN, of a trial that did nothing in that half, counts as 0.

    Returns
    -------
    Overfitting
        Its ``probability`` is near 0.5 for trials without merit and near 0 where one is better for good; it is above
        0.5 where what was good in one half is bad in the other.

    Raises
    ------
    DataError
        For less than two trials, less than two bars a block, a number of blocks that is odd or out of its limits, and
        a metric that is not known.

    Notes
    -----
    Bailey, Borwein, López de Prado & Zhu (2017), The Probability of Backtest Overfitting. One table of noise may well
    have 0.3 or 0.7: the splits share their bars, and so are far fewer in truth than they are in number.
    """
    who = "probability_of_backtest_overfitting"
    if blocks not in range(2, MOST_BLOCKS + 1, 2):
        raise DataError(f"{who}: {blocks} blocks cannot be halved here; take an even number, 2 to {MOST_BLOCKS}")
    if not callable(metric) and metric not in _METRICS:
        raise DataError(f"{who}: metric {metric!r}: {did_you_mean(str(metric), _METRICS)}; or give a function")
    blocks = int(blocks)
    values = trial_matrix(returns, who, bars=2 * blocks, trials=2)
    edges = np.linspace(0, len(values), blocks + 1).round().astype(int)
    measured = _called(metric, values, edges) if callable(metric) else _summed(metric, values, edges)

    halves = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((len(halves), blocks), bool)
    inside[np.arange(len(halves))[:, None], halves] = True
    # In this order what the first split leaves out is the last one, and so on: each metric serves twice.
    pairs = len(halves) // 2
    found = np.empty((5, len(halves)))
    rows = max(_CHUNK // values.shape[1], 1)
    for first in range(0, pairs, rows):
        part = slice(first, min(first + rows, pairs))
        one, other = measured(inside[part]), measured(~inside[part])
        found[:, part] = _judged(one, other)
        found[:, ::-1][:, part] = _judged(other, one)
    names = np.asarray(returns.columns if isinstance(returns, pd.DataFrame) else range(values.shape[1]))
    chosen, inner, outer, rank, average = found
    table = {"chosen": names[chosen.astype(int)], "in_sample": inner, "out_of_sample": outer, "rank": rank}
    table |= {"logit": np.log(rank / (1.0 - rank)), "average": average}
    called = getattr(metric, "__name__", "metric") if callable(metric) else metric
    return Overfitting(pd.DataFrame(table).rename_axis("split"), called, blocks, *values.shape)


def _judged(inner: np.ndarray, outer: np.ndarray) -> tuple[np.ndarray, ...]:
    """For each split (row): the best trial in sample, its two metrics, its rank outside, and the mean of all there."""
    at = np.arange(len(inner))
    chosen = np.argmax(inner, axis=1)
    got = outer[at, chosen]
    near = np.where(np.isfinite(got), np.abs(got) * _ROUNDING, 0.0)  # trials that are the same are to be equals
    below = np.count_nonzero(outer < (got - near)[:, None], axis=1)
    equal = np.count_nonzero(outer <= (got + near)[:, None], axis=1) - below
    rank = (below + (equal + 1) / 2.0) / (outer.shape[1] + 1.0)
    with np.errstate(invalid="ignore"):
        return chosen, inner[at, chosen], got, rank, outer.mean(axis=1)


def _below(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """The part of sorted values that is at each level or below."""
    return np.searchsorted(values, levels, side="right") / len(values)


def _called(metric: Metric, values: np.ndarray, edges: np.ndarray) -> Metric:
    """A metric by splits of any function of returns."""
    rows, block = np.ascontiguousarray(values.T), np.repeat(np.arange(len(edges) - 1), np.diff(edges))

    def measured(inside: np.ndarray) -> np.ndarray:
        found = np.array([metric(rows[:, one[block]]) for one in inside], float)
        if found.shape != (len(inside), len(rows)):
            raise DataError(
                f"the metric gives an array of shape {found.shape[1:]} for {len(rows)} trials; give one number a trial"
            )
        return np.where(np.isnan(found), 0.0, found)

    return measured


def _summed(name: str, values: np.ndarray, edges: np.ndarray) -> Metric:
    """A metric by splits from sums over the blocks: the bars themselves are looked at once."""
    terms, combined = _METRICS[name]
    windows = [values[low:high] for low, high in zip(edges[:-1], edges[1:], strict=True)]
    sums = [np.stack([term(window) for window in windows]) for term in terms]
    lengths = np.diff(edges).astype(float)

    def measured(inside: np.ndarray) -> np.ndarray:
        weights = inside.astype(float)
        with np.errstate(all="ignore"):
            found = combined((weights @ lengths)[:, None], *(weights @ one for one in sums))
        found[np.isnan(found)] = 0.0
        return found

    return measured


def _total(block: np.ndarray) -> np.ndarray:
    return block.sum(axis=0)


def _squares(block: np.ndarray) -> np.ndarray:
    return np.einsum("tn,tn->n", block, block)


def _falls(block: np.ndarray) -> np.ndarray:
    return _squares(np.minimum(block, 0.0))


def _growth(block: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(1.0 + block, _NOUGHT)).sum(axis=0)


def _sharpe(count: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    mean = total / count
    about = squares - total * mean
    about[about <= _ROUNDING * squares] = 0.0
    return a.ratio(mean, np.sqrt(about / (count - 1.0)))


def _sortino(count: np.ndarray, total: np.ndarray, falls: np.ndarray) -> np.ndarray:
    return a.ratio(total / count, np.sqrt(falls / count))


def _mean(count: np.ndarray, total: np.ndarray) -> np.ndarray:
    return total / count


def _grown(_: np.ndarray, logs: np.ndarray) -> np.ndarray:
    return np.expm1(logs)


#: Sums over blocks that a metric needs, and the metric of their sums.
_METRICS: dict[str, tuple[tuple[Callable[[np.ndarray], np.ndarray], ...], Callable[..., Any]]] = {
    "sharpe": ((_total, _squares), _sharpe),
    "sortino": ((_total, _falls), _sortino),
    "mean_return": ((_total,), _mean),
    "total_return": ((_growth,), _grown),
}
