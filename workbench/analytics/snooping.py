"""Many trials on the same data: is the best of them better than the best that luck finds in so many?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.analytics.base import Values, aligned
from workbench.analytics.resampling import block_indices, block_length
from workbench.analytics.tables import BLOCK
from workbench.analytics.trials import Trials, column_blocks, numbers, trial_matrix
from workbench.errors import DataError, did_you_mean

#: Trials whose dependence in time sets the length of the blocks.
_ASKED = 100
_METHODS = ("benjamini-hochberg", "benjamini-yekutieli")


@dataclass(frozen=True, eq=False)
class SuperiorAbility:
    """Whether the best trial beats the benchmark for more than luck. All numbers but the statistic are p-values.

    Parameters
    ----------
    best
        The trial with the greatest statistic: its label, or its column.
    statistic
        Its mean advantage over the standard error of it; 0 where no trial is ahead.
    consistent
        Hansen's test: how probable it is that the best of such trials, none of which is better than the benchmark,
        comes out as well. Trials that are far behind do not count.
    lower, upper
        The limits of it: only trials that are ahead are compared (liberal), or all as if they were as good as the
        benchmark (conservative).
    reality_check
        White's test: as ``upper``, of the mean itself, in which the trial that varies most weighs most.
    trials
        Of each trial the same as ``consistent`` of the best: how probable so good a *best* trial is by luck; NaN for
        one that does not differ from the benchmark.
    block, paths, seed
        Mean length of the blocks in bars, how many paths were drawn, and from which seed.
    """

    best: Any
    statistic: float
    consistent: float
    lower: float
    upper: float
    reality_check: float
    trials: pd.Series
    block: float
    paths: int
    seed: int


def superior_ability(
    returns: Trials,
    benchmark: Values | None = None,
    *,
    paths: int = 1000,
    block: float | None = None,
    seed: int = 0,
) -> SuperiorAbility:
    """Hansen's test for superior predictive ability and White's reality check of the mean returns of many trials.

    Parameters
    ----------
    returns
        Simple returns, a row a bar, a column a trial. All trials that were made belong here, not the best of them. A
        bar that any trial lacks is left out.
    benchmark
        Returns of what is to be beaten over the same bars; a ``Series`` is matched with a table by label. 0, which is
        not to trade, unless given.
    paths, seed
        How many times all bars are drawn anew, the same bars for all trials, and from which seed.
    block
        Mean length of a block in bars; without, the mean of ``block_length`` over the hundred trials with the best
        ratio of mean and deviation.

    Returns
    -------
    SuperiorAbility

    Raises
    ------
    DataError
        For less than 10 bars, less than one path, a block below 1 or above half of the bars, and where no trial differs
        from the benchmark.

    Notes
    -----
    d: return less benchmark, w^2: variance of sqrt(n) mean(d) in the stationary bootstrap, which has a closed form
    (Politis & Romano 1994). T = max(0, max of sqrt(n) mean(d) / w); drawn: T* = max(0, max of sqrt(n) (mean(d*) - g) /
    w), with g = mean(d) (upper), max(mean(d), 0) (lower), or mean(d) where sqrt(n) mean(d) / w >= -sqrt(2 ln ln n),
    else 0 (consistent). p = (1 + count(T* >= T)) / (1 + paths), never 0 (Davison & Hinkley 1997). Hansen (2005), A Test
    for Superior Predictive Ability; White (2000), A Reality Check for Data Snooping; p-values by trial are the single
    step of Romano & Wolf (2005).
    """
    who = "superior_ability"
    if paths < 1:
        raise DataError(f"{who}: {paths} paths are not enough; take 1 or more, and 1,000 to be sure")
    values, base = _against(returns, benchmark, who)
    count = len(values)
    if block is not None and not 1 <= block <= count / 2:  # paths of one block have the same mean, all of them
        raise DataError(f"{who}: blocks of {block:g} bars; take 1 to {count // 2}, half of the bars that there are")
    mean, deviation = _moments(values, base)
    moving = deviation > 0
    if not moving.any():
        raise DataError(f"{who}: none of {len(mean)} trials differs from the benchmark; give some that do")
    if not moving.all():
        values, mean, deviation = values[:, moving], mean[moving], deviation[moving]
    if block is None:
        leaders = np.argsort(-mean / deviation, kind="stable")[:_ASKED]
        block = float(np.mean([block_length(values[:, one] - base) for one in leaders]))
    scale = np.sqrt(_long_run_variance(values, base, block))
    root = np.sqrt(count)
    score = root * mean / scale
    kept = {
        "consistent": np.where(score < -np.sqrt(2.0 * np.log(np.log(count))), score, 0.0),
        "lower": np.minimum(score, 0.0),
        "upper": 0.0,
    }
    drawn = {name: np.empty(paths) for name in (*kept, "reality_check")}
    rows = max(BLOCK // max(values.shape), 1)
    for first in range(0, paths, rows):
        part = slice(first, min(first + rows, paths))
        times = np.stack([_counts(count, block, [seed, path]) for path in range(part.start, part.stop)])
        away = root * ((times @ values - (times @ base)[:, None]) / count - mean)
        drawn["reality_check"][part] = away.max(axis=1)
        away /= scale
        for name, centre in kept.items():
            drawn[name][part] = np.maximum((away + centre).max(axis=1), 0.0)
    best = int(np.argmax(score))
    top = max(float(score[best]), 0.0)
    names = returns.columns if isinstance(returns, pd.DataFrame) else pd.RangeIndex(len(moving))
    each = np.full(len(moving), np.nan)
    each[moving] = _chance(drawn["consistent"], np.maximum(score, 0.0))
    return SuperiorAbility(
        best=names[np.flatnonzero(moving)[best]],
        statistic=top,
        **{name: float(_chance(drawn[name], top)) for name in kept},
        reality_check=float(_chance(drawn["reality_check"], root * mean.max())),
        trials=pd.Series(each, names, name="p"),
        block=block,
        paths=paths,
        seed=seed,
    )


def fdr(
    pvalues: Values,
    *,
    method: Literal["benjamini-hochberg", "benjamini-yekutieli"] = "benjamini-hochberg",
) -> np.ndarray:
    """P-values of many tests as rates of false discoveries: of the tests up to 0.05, at most 5 % are false on average.

    Parameters
    ----------
    pvalues
        One a test; NaN is no test.
    method
        ``benjamini-hochberg`` for tests that are independent or depend on each other positively, as variants of one
        strategy do; ``benjamini-yekutieli`` for any dependence, which is stricter by 1 + 1/2 + ... + 1/n.

    Returns
    -------
    ndarray
        The least rate at which each test is a discovery, in the order of ``pvalues``; NaN stays.

    Raises
    ------
    DataError
        For values that are not between 0 and 1, or a method that is not known.

    Notes
    -----
    min over j >= i of p(j) n / j, p(j) being the j-th smallest. Benjamini & Hochberg (1995), Controlling the False
    Discovery Rate; Benjamini & Yekutieli (2001).
    """
    if method not in _METHODS:
        raise DataError(f"fdr: method {method!r}: {did_you_mean(str(method), _METHODS)}")
    values = numbers(pvalues, "fdr: pvalues")
    known = ~np.isnan(values)
    if not ((values[known] >= 0) & (values[known] <= 1)).all():
        wrong = values[known & ~((values >= 0) & (values <= 1))][0]
        raise DataError(f"fdr: {wrong:g} is no p-value; they lie between 0 and 1")
    order = np.argsort(values, axis=None, kind="stable")[: known.sum()]  # NaN come last
    place = np.arange(1, len(order) + 1)
    factor = (1.0 / place).sum() if method == "benjamini-yekutieli" else 1.0
    rates = values.ravel()[order] * factor * len(order) / place
    result = np.full(values.size, np.nan)
    result[order] = np.minimum(np.minimum.accumulate(rates[::-1])[::-1], 1.0)
    return result.reshape(values.shape)


def _against(returns: Trials, benchmark: Values | None, who: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns of trials and of the benchmark over the bars that all of them have."""
    if benchmark is None:
        values = trial_matrix(returns, who, bars=10)
        return values, np.zeros(len(values))
    table = returns if isinstance(returns, pd.DataFrame) else np.asarray(returns)
    at = np.arange(float(len(table)))
    labelled = isinstance(returns, pd.DataFrame) and isinstance(benchmark, pd.Series)
    places, base = aligned({"returns": pd.Series(at, returns.index) if labelled else at, "benchmark": benchmark}, who)
    rows = places[~np.isnan(base)].astype(int)
    if not np.array_equal(rows, at):
        table = table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]
    base = base[~np.isnan(base)]
    values = trial_matrix(table, who, bars=10)
    if len(values) < len(base):
        base = base[~np.isnan(np.asarray(table, float)).any(axis=1)]
    return values, base


def _moments(values: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of what each trial is ahead of the benchmark; exactly 0 where it never differs in it."""
    mean, deviation = np.empty(values.shape[1]), np.empty(values.shape[1])
    for part in column_blocks(values):
        ahead = values[:, part] - base[:, None]
        mean[part] = ahead.mean(axis=0)
        deviation[part] = np.where(ahead.max(axis=0) > ahead.min(axis=0), ahead.std(axis=0), 0.0)
    return mean, deviation


def _long_run_variance(values: np.ndarray, base: np.ndarray, block: float) -> np.ndarray:
    """Variance of sqrt(n) times the mean of a path of the stationary bootstrap, of each column.

    sum of b(k) c(k) over the lags k, c: circular autocovariance, b(0) = 1, b(k) = 2 (1 - k / n) (1 - 1 / block)^k. In
    Politis & Romano (1994), lemma 1, the same is written with autocovariances that are not circular. The sum is taken
    over frequencies, where it is one product.
    """
    count = len(values)
    lag = np.arange(count)
    weight = 2.0 * (1.0 - lag / count) * (1.0 - 1.0 / block) ** lag
    weight[0] = 1.0
    response = np.fft.rfft(weight).real
    response[1 : (count + 1) // 2] *= (
        2.0  # all frequencies but the first, and the last of an even count, are there twice
    )
    found = np.empty(values.shape[1])
    for part in column_blocks(values):
        ahead = (values[:, part] - base[:, None]).T
        power = np.abs(np.fft.rfft(ahead - ahead.mean(axis=1, keepdims=True))) ** 2
        found[part] = power @ response / count**2
    return found


def _counts(count: int, block: float, seed: list[int]) -> np.ndarray:
    """How many times each bar was drawn in a path, which is all that a mean needs to know of it."""
    drawn = block_indices(count, count, block, np.random.default_rng(seed))
    return np.bincount(drawn, minlength=count).astype(float)


def _chance(drawn: np.ndarray, found: np.ndarray | float) -> np.ndarray:
    """How probable it is that a drawn number is as great as the found one."""
    ordered = np.sort(drawn)
    return (1.0 + len(ordered) - np.searchsorted(ordered, found, side="left")) / (1.0 + len(ordered))
