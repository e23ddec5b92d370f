"""Many trials of one idea: how many they are in truth, and what that leaves of their Sharpe ratios.

Trials are the columns of a table of returns, its rows are bars; all are measured over the same bars.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.analytics import arithmetic as a
from workbench.analytics.base import Values
from workbench.analytics.significance import expected_maximum_sharpe
from workbench.analytics.tables import BLOCK
from workbench.errors import DataError

Trials = pd.DataFrame | np.ndarray


def effective_trials(returns: Trials) -> float:
    """How many independent trials would be as many as these, which resemble each other.

    c + (1 - c) n, c being the mean correlation of two trials of n: 1 where all are the same, n where they have nothing
    in common. It is on the safe side: of k groups that are all alike inside it counts more than k.

    Parameters
    ----------
    returns
        Simple returns, a row a bar, a column a trial; a bar that any trial lacks is left out.

    Returns
    -------
    float
        1 to n. Trials that never move, and so have no correlation, are not counted.

    Raises
    ------
    DataError
        For less than two bars, or where no trial moves.

    Notes
    -----
    Bailey & López de Prado (2014), The Deflated Sharpe Ratio, appendix 3.
    """
    values = trial_matrix(returns, "effective_trials", bars=2)
    together, count = np.zeros(len(values)), 0
    for part in column_blocks(values):
        columns = values[:, part].T
        moving = columns[columns.max(axis=1) > columns.min(axis=1)]
        centred = moving - moving.mean(axis=1, keepdims=True)
        together += (centred / moving.std(axis=1, keepdims=True)).sum(axis=0)
        count += len(moving)
    if not count:
        raise DataError(f"effective_trials: none of {values.shape[1]} trials has returns that vary; give some that do")
    if count == 1:
        return 1.0
    alike = (np.mean(together**2) - count) / (count * (count - 1.0))
    return float(np.clip(alike + (1.0 - alike) * count, 1.0, count))


def deflated_sharpes(
    sharpes: Values,
    *,
    bars: Values | int,
    periods: float,
    skew: Values | float = 0.0,
    kurtosis: Values | float = 0.0,
    trials: float | None = None,
    deviation: float | None = None,
) -> np.ndarray:
    """The deflated Sharpe ratio of every trial, from what a sweep keeps of it.

    How probable it is that the true Sharpe ratio is above the best that so many trials without merit would show. The
    measure ``deflated_sharpe`` is the same, of one series of returns.

    Parameters
    ----------
    sharpes
        Sharpe ratios a year, one a trial; NaN for one that has none.
    bars
        Returns that each is of; one number for all, or one a trial.
    periods
        Bars a year.
    skew, kurtosis
        Skewness and *excess* kurtosis of the returns, of the population; one number or one a trial. Those of the normal
        distribution unless given.
    trials
        How many were made, all those included that are not here; a fraction where they are effective ones. The number
        of ``sharpes`` unless given.
    deviation
        Standard deviation of the Sharpe ratios a year of all trials; that of ``sharpes`` unless given.

    Returns
    -------
    ndarray
        Probabilities, 0 to 1; NaN where the ratio is not finite, or of less than two bars.

    Raises
    ------
    DataError
        For less than one trial, a negative deviation, bars a year that are not above 0, and arrays that differ in
        length.

    Notes
    -----
    N((s - s0) sqrt(n - 1) / sqrt(1 - S s + (K + 2) / 4 s^2)), s: Sharpe a bar, s0: ``expected_maximum_sharpe`` a bar.
    Bailey & López de Prado (2014), The Deflated Sharpe Ratio.

    >>> deflated_sharpes([2.5], bars=1250, periods=250, skew=-3, kurtosis=7, trials=100, deviation=0.5**0.5).round(4)
    array([0.9004])
    """
    if not 0 < periods < np.inf:
        raise DataError(f"deflated_sharpes: periods is {periods:g}; bars a year must be a number above 0, such as 252")
    annual = np.atleast_1d(numbers(sharpes, "deflated_sharpes: sharpes"))
    rest = {"bars": bars, "skew": skew, "kurtosis": kurtosis}
    arrays = [numbers(one, f"deflated_sharpes: {name}") for name, one in rest.items()]
    known = annual[np.isfinite(annual)]
    count = float(max(len(known), 1)) if trials is None else float(trials)
    spread = (float(known.std(ddof=1)) if len(known) > 1 else 0.0) if deviation is None else float(deviation)
    # Between one and two trials the published formula falls below the 0 that it has for one.
    least = max(0.0, expected_maximum_sharpe(count, spread)) / np.sqrt(periods)
    try:
        score, length, lean, excess = np.broadcast_arrays(annual / np.sqrt(periods), *arrays)
    except ValueError as error:
        raise DataError(
            f"deflated_sharpes: inputs differ in length; give one number or one a trial ({error})"
        ) from None
    with np.errstate(all="ignore"):
        error = np.sqrt(1.0 - lean * score + (excess + 2.0) / 4.0 * score**2)
        certain = (score - least) * np.sqrt(np.where(length >= 2, length - 1.0, np.nan)) / error
    return np.where(np.isfinite(score), a.probability(certain), np.nan)


def trial_matrix(returns: Trials, who: str, *, bars: int, trials: int = 1) -> np.ndarray:
    """Returns of trials as float64, a row a bar without a gap, a column a trial.

    Parameters
    ----------
    returns
        A table or an array of two axes; a bar that any trial lacks (NaN) is left out.
    who
        The function that messages are to name.
    bars, trials
        The least that it needs.

    Raises
    ------
    DataError
        For other shapes, what is no number, infinite values, and too few bars or trials.
    """
    values = numbers(returns, f"{who}: returns")
    if values.ndim != 2:
        raise DataError(f"{who}: returns have {values.ndim} axes; give a table, a row a bar and a column a trial")
    if values.shape[1] < trials:
        raise DataError(f"{who}: {values.shape[1]} trials are not enough; give {trials} columns or more")
    with np.errstate(all="ignore"):
        sums = values.sum(axis=1)
    if not np.isfinite(sums).all():  # an array of the size of all returns only where it is needed
        if np.isinf(values).any():
            row, column = np.argwhere(np.isinf(values))[0]
            raise DataError(f"{who}: trial {column} is infinite at row {row}; leave it out as NaN, or mend its source")
        values = values[~np.isnan(values).any(axis=1)]
    if len(values) < bars:
        raise DataError(f"{who}: {len(values)} bars that all trials have are not enough; it needs {bars} or more")
    return values


def numbers(values: Values | Trials | float, what: str) -> np.ndarray:
    """Values as float64, infinite ones too; ``DataError``, which names ``what``, where they are no numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} cannot be read as numbers: {error}") from None


def column_blocks(values: np.ndarray) -> list[slice]:
    """Slices of columns such that a copy of each is some 10 MB."""
    wide = max(BLOCK // len(values), 1)
    return [slice(first, first + wide) for first in range(0, values.shape[1], wide)]
