"""Is the best cell of a grid of parameters the top of a plateau, or a lone spike?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from workbench.analytics.base import Values
from workbench.analytics.tables import BLOCK
from workbench.analytics.trials import numbers
from workbench.errors import DataError

#: Parameters at most: a cell of five would have 242 neighbours.
MOST_AXES = 4
_MOST_PLACES = 2**62  # numbers of places are to fit in 64 bits


def plateau(
    values: Values, axes: pd.DataFrame | Mapping[str, Values], *, more_is_better: bool = True
) -> pd.Series | np.ndarray:
    """What the neighbourhood of each cell keeps of the cell's own result, 0 to 1.

    Neighbours are the cells within one step on every parameter, corners included: at most 2, 8, 26 or 80 of them. A
    step leads to the next value of a parameter that occurs anywhere in the table. What is no number or time (a name, a
    flag) has no steps: only cells with the same one are neighbours.

    Parameters
    ----------
    values
        Result of each cell (a measure, such as a Sharpe ratio); NaN for a cell without one, which is nobody's
        neighbour.
    axes
        Parameters of the cells, 1 to 4 columns as long as ``values``. The grid need not be full, nor sorted. Other
        dimensions (symbol, fold) are to be reduced before.
    more_is_better
        False for what is good when it is small, such as volatility.

    Returns
    -------
    Series or ndarray
        With m the median of the neighbours: m / value for gains, value / m for losses (a drawdown of -0.1 amid -0.4
        keeps a quarter), held between 0 and 1. About 1 on a plateau, and in a hole, whose neighbours are better; near 0
        for a spike, and 0 where the sign turns. NaN for cells without a result or without a neighbour. A ``Series``
        where ``values`` are one.

    Raises
    ------
    DataError
        For values that are no numbers, no parameter or more than 4, columns of another length, a parameter that is
        missing, two cells with the same parameters, and tables that are no grid at all.

    Notes
    -----
    Own definition. It is a ratio, so the scale of the results does not matter, but their zero does: give a measure for
    which 0 means no merit (an excess return, a Sharpe ratio), and a profit factor less 1.
    """
    if not isinstance(axes, pd.DataFrame | Mapping):
        raise DataError(f"plateau: axes are a {type(axes).__name__}; give a table, or columns by name")
    results = numbers(values, "plateau: values")
    results = results if more_is_better else -results
    columns = {str(name): pd.Series(np.asarray(axes[name], object)).infer_objects() for name in axes}
    if not 1 <= len(columns) <= MOST_AXES:
        raise DataError(
            f"plateau: {len(columns)} parameters; give 1 to {MOST_AXES}, and reduce the table over the rest"
        )
    codes, strides = _places(columns, results.shape)
    order = np.argsort(codes, kind="stable")
    ordered, sorted_results = codes[order], results[order]
    twice = np.flatnonzero(np.diff(ordered) == 0)
    if len(twice):
        cell = ", ".join(f"{name}={column[order[twice[0]]]}" for name, column in columns.items())
        raise DataError(f"plateau: the cell {cell} is there twice; reduce the table to one row a cell first")
    steps = np.array([sum(step) for step in product(*strides)])
    steps = steps[steps != 0]
    middle = np.full(len(results), np.nan)
    rows = max(BLOCK // max(len(steps), 1), 1)
    for first in range(0, len(ordered), rows):
        part = slice(first, first + rows)
        middle[order[part]] = _median(_found(ordered, sorted_results, ordered[part, None] + steps))
    score = _kept(results, middle)
    return pd.Series(score, values.index, name="plateau") if isinstance(values, pd.Series) else score


def _places(columns: dict[str, pd.Series], shape: tuple[int, ...]) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """A number for each cell, and for each parameter what a step adds to it: down, none, up."""
    codes, strides, stride = np.zeros(shape, np.int64), [], 1
    for name, column in columns.items():
        if column.shape != shape:
            raise DataError(f"plateau: {name} has {len(column)} cells, the values {shape}; give one of each a cell")
        if column.isna().any():
            raise DataError(f"plateau: {name} is missing at row {int(column.isna().argmax())}; leave the cell out")
        has_steps = column.dtype.kind in "iufmM"
        at, known = pd.factorize(column, sort=has_steps)
        codes += stride * (at + 1)
        strides.append((-stride, 0, stride) if has_steps else (0,))
        stride *= len(known) + 2  # a step off the edge is to lead to no cell, not to the next row
        if stride > _MOST_PLACES:
            raise DataError(
                f"plateau: the parameters up to {name} span {stride:.0e} places, {_MOST_PLACES:.0e} at most; such a"
                " table has no neighbours: round its parameters to a grid first"
            )
    return codes, strides


def _found(ordered: np.ndarray, results: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Results of the wanted cells, NaN for those that are not there."""
    at = np.minimum(np.searchsorted(ordered, wanted), max(len(ordered) - 1, 0))
    return np.where(ordered[at] == wanted, results[at], np.nan)


def _median(table: np.ndarray) -> np.ndarray:
    """Median of the numbers of each row; NaN where there are none."""
    if not table.shape[1]:
        return np.full(len(table), np.nan)
    known = table.shape[1] - np.isnan(table).sum(axis=1)
    table.sort(axis=1)  # NaN come last
    at = np.arange(len(table))
    low, high = table[at, np.maximum(known - 1, 0) // 2], table[at, known // 2]
    with np.errstate(invalid="ignore"):
        return np.where(known > 0, (low + high) / 2.0, np.nan)


def _kept(results: np.ndarray, middle: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        gains = np.maximum(middle, 0.0) / results
        losses = np.where(middle >= 0, 1.0, results / middle)
        part = np.clip(np.where(results > 0, gains, losses), 0.0, 1.0)
    part = np.where(results == 0, (middle >= 0).astype(float), part)
    part = np.where(results == middle, 1.0, part)
    return np.where(np.isnan(results) | np.isnan(middle), np.nan, part)
