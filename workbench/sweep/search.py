"""Which cells of a space are run: all of them, or some that are drawn; a space of any size is never written out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import param

from workbench.errors import DataError, did_you_mean
from workbench.strategies import Strategy
from workbench.sweep.space import MOST_COMBINATIONS, Space, Span, Values, checked, grid, holds

DRAWN, ADAPTIVE = ("random", "latin"), ("halving", "optuna")
SEARCHES = ("grid", *DRAWN, *ADAPTIVE)
#: Combinations up to which all are looked at, and shuffled, rather than drawn one by one.
_FEW = 1_000_000
#: Draws for each cell that is wanted, and draws at least, before a condition is believed to hold hardly ever.
_PATIENCE, _LEAST = 1_000, 100_000
_BATCH = 100_000


@dataclass(frozen=True)
class Axis:
    """What a parameter may be: one of some values, or any number of a span.

    Attributes
    ----------
    values
        The values; empty for a span.
    span
        The span, None for values.
    whole
        Whether only the whole numbers of the span are meant.
    """

    values: list[Any]
    span: Span | None = None
    whole: bool = False

    def at(self, parts: np.ndarray) -> np.ndarray:
        """Numbers at parts of the way, 0 to 1: codes of values, or the numbers of a span themselves; float64."""
        if self.span is None:
            return np.minimum(np.floor(parts * len(self.values)), len(self.values) - 1)
        low, high = float(self.span.low), float(self.span.high)
        if self.whole:  # each whole number is as wide as another
            low, high = low - 0.5, high + 0.5
        if self.span.log:
            found = np.exp(np.log(low) + parts * (np.log(high) - np.log(low)))
        else:
            found = low + parts * (high - low)
        return np.clip(np.rint(found) if self.whole else found, self.span.low, self.span.high)


def space_of(
    strategy: Strategy,
    values: Mapping[str, Values],
    where: str | Sequence[str] | None = None,
    *,
    search: str = "grid",
    n: int | None = None,
    seed: int = 0,
) -> Space:
    """The cells of a search, as far as they are known before it begins.

    Parameters
    ----------
    strategy, values, where
        As ``space.grid`` has them; ``random`` and ``latin`` also take a ``span`` for a parameter.
    search
        ``grid``, ``random``, ``latin``, ``halving`` (a grid, or drawn at random where ``n`` is given) or ``optuna``
        (one cell drawn, to begin with).
    n, seed
        How many are drawn, each once, and where the draws begin. Where there are no more than ``n`` combinations, and
        they are lists, all are given.

    Raises
    ------
    UnknownNameError
        The strategy has no such parameter; names the nearest.
    DataError
        As ``space.grid``; no ``n``; or conditions that hold so seldom that the draws come to nothing.
    """
    if search not in SEARCHES:
        raise DataError(f"search={search!r}: {did_you_mean(str(search), SEARCHES)}")
    if search == "grid" and n is not None:
        raise DataError(f"n={n}: a grid has all its cells; draw some of them with search='random' or 'latin'")
    if search == "grid" or (search == "halving" and n is None):
        return grid(strategy, values, where)
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise DataError(f"search={search!r} needs to know how many cells, as in n=500; n is {n!r}")
    axes = axes_of(type(strategy), values)
    if search == "latin":
        return _drawn(axes, strategy, where, n=int(n), rng=np.random.default_rng(seed), latin=True)
    count = 1 if search == "optuna" else int(n)
    return _at_random(axes, strategy, where, n=count, rng=np.random.default_rng(seed))


def axes_of(kind: type[Strategy], values: Mapping[str, Values]) -> dict[str, Axis]:
    """The parameters that are searched, their values and spans checked against their bounds."""
    found = {}
    for name, given in values.items():
        if not isinstance(given, Span):
            found[name] = Axis(checked(kind, name, given))
            continue
        whole = name in kind.param and isinstance(kind.param[name], param.Integer)
        ends = [math.ceil(given.low), math.floor(given.high)] if whole else [float(given.low), float(given.high)]
        checked(kind, name, ends)
        if isinstance(kind.param[name], param.Boolean) or ends[0] > ends[1]:
            raise DataError(f"{name}: span({given.low:g}, {given.high:g}) has no value of it; list its values")
        found[name] = Axis([], Span(ends[0], ends[1], given.log), whole)
    if not found:
        raise DataError("a search needs values for a parameter: {'fast': range(5, 50), 'stop': span(0.01, 0.1)}")
    return found


def space_of_rows(axes: Mapping[str, Axis], rows: np.ndarray) -> Space:
    """The space of some cells, float64[cells, parameters] as ``Axis.at`` gives them."""
    values, codes = dict[str, list[Any]](), np.empty(rows.shape, np.int32)
    for at, (name, axis) in enumerate(axes.items()):
        if axis.span is None:
            values[name], codes[:, at] = axis.values, rows[:, at]
        else:
            found, codes[:, at] = np.unique(rows[:, at], return_inverse=True)
            values[name] = found.astype(np.int64).tolist() if axis.whole else found.tolist()
    return Space(values, codes)


def holding(axes: Mapping[str, Axis], rows: np.ndarray, strategy: Strategy, where: str | Sequence[str] | None) -> Any:
    """For which cells all conditions hold, bool[cells]."""
    found = np.ones(len(rows), bool)
    space = space_of_rows(axes, rows)
    for text in [where] if isinstance(where, str) else where or ():
        found &= holds(space, strategy, text)
    return found


def _at_random(
    axes: dict[str, Axis], strategy: Strategy, where: str | Sequence[str] | None, *, n: int, rng: np.random.Generator
) -> Space:
    lists = {name: axis.values for name, axis in axes.items() if axis.span is None}
    total = math.prod(len(one) for one in lists.values())
    if len(lists) == len(axes) and total <= min(max(_FEW, 8 * n), MOST_COMBINATIONS):
        space = grid(strategy, lists, where)
        return space.take(rng.permutation(len(space))[:n])
    return _drawn(axes, strategy, where, n=n, rng=rng, latin=False)


def _drawn(
    axes: dict[str, Axis],
    strategy: Strategy,
    where: str | Sequence[str] | None,
    *,
    n: int,
    rng: np.random.Generator,
    latin: bool,
) -> Space:
    """Cells that are drawn until there are enough that hold and are new."""
    rows, tried, most = np.empty((0, len(axes))), 0, max(_PATIENCE * n, _LEAST)
    while len(rows) < n:
        if tried >= most:
            said = "" if where is None else f" and hold where={where!r}"
            raise DataError(
                f"of {tried:,} draws {len(rows):,} are new{said}: fewer than n={n:,}; draw fewer, widen the values or "
                "the condition, or take search='grid'"
            )
        if latin:
            # In each of n equal parts of every axis there is one cell (McKay, Beckman and Conover 1979).
            cubes = max(min(tried, _BATCH) // n, 1)
            strata = np.concatenate([np.stack([rng.permutation(n) for _ in axes], 1) for _ in range(cubes)])
            parts = (strata + rng.random(strata.shape)) / n
        else:
            parts = rng.random((int(np.clip(max(2 * (n - len(rows)), tried), 256, _BATCH)), len(axes)))
        tried += len(parts)
        drawn = np.stack([axis.at(parts[:, at]) for at, axis in enumerate(axes.values())], axis=1)
        rows = np.concatenate([rows, drawn[holding(axes, drawn, strategy, where)]])
        _, first = np.unique(rows, axis=0, return_index=True)
        rows = rows[np.sort(first)]
    return space_of_rows(axes, rows[:n])
