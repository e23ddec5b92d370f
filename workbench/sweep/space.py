"""Spaces of parameters: values by name, conditions between them, and the cells that are left."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError, UnknownNameError, WorkbenchError, did_you_mean, parameter_told
from workbench.indicators import formula
from workbench.strategies import Strategy

#: Combinations that a grid may have before its conditions are looked at.
MOST_COMBINATIONS = 20_000_000


@dataclass(frozen=True)
class Span:
    """All numbers from ``low`` to ``high``, evenly or, where ``log`` is true, by factors; see ``span``."""

    low: float
    high: float
    log: bool = False


#: What a parameter may be given: values one by one, or a span to draw from.
Values = Iterable[Any] | Span


def span(low: float, high: float, log: bool = False) -> Span:
    """Numbers to draw from with ``search="random"``, ``"latin"`` or ``"optuna"``, ends included.

    Parameters
    ----------
    low, high
        The ends; whole numbers are drawn for a parameter that is a whole number.
    log
        Whether each factor is as likely as another, rather than each distance; ``low`` is then above 0.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high) or (log and low <= 0):
        raise DataError(f"span({low:g}, {high:g}{', log=True' if log else ''}): needs {'0 < ' * log}low < high")
    return Span(low, high, log)


def log_range(first: float, last: float, count: int = 10) -> list[float]:
    """Values whose steps are factors, ends included: whole numbers where both ends are, each once.

    >>> log_range(1, 1000, 4)
    [1, 10, 100, 1000]
    """
    if not (0 < first < last and count >= 2):
        raise DataError(f"log_range({first:g}, {last:g}, {count}): needs 0 < first < last and 2 values or more")
    found = np.geomspace(first, last, count)
    if float(first).is_integer() and float(last).is_integer():
        return np.unique(np.rint(found).astype(np.int64)).tolist()
    return found.tolist()


@dataclass(frozen=True)
class Space:
    """Cells of a sweep.

    Attributes
    ----------
    values
        The values of each parameter that is swept, in the order given.
    codes
        int32[cells, parameters]: which value of each parameter a cell has.
    """

    values: dict[str, list[Any]]
    codes: np.ndarray

    @property
    def names(self) -> list[str]:
        """The parameters that are swept."""
        return list(self.values)

    def __len__(self) -> int:
        return len(self.codes)

    def cell(self, number: int) -> dict[str, Any]:
        """The parameters of a cell."""
        return next(self.take(np.array([number])).cells())

    def cells(self) -> Iterator[dict[str, Any]]:
        """The parameters of all cells, one after the other."""
        for row in self.codes.tolist():
            yield {name: found[code] for (name, found), code in zip(self.values.items(), row, strict=True)}

    def take(self, cells: np.ndarray | slice) -> Space:
        """The space of some of its cells."""
        return Space(self.values, self.codes[cells])

    def table(self) -> pd.DataFrame:
        """The parameters of all cells, a row for each."""
        return pd.DataFrame(
            {name: _column(found)[self.codes[:, at]] for at, (name, found) in enumerate(self.values.items())}
        )


def grid(strategy: Strategy, values: Mapping[str, Values], where: str | Sequence[str] | None = None) -> Space:
    """All combinations of values for which the conditions hold, the last parameter changing fastest.

    Parameters
    ----------
    strategy
        Whose parameters these are: each value is checked against its bounds, and what is not swept is as here.
    values
        Lists, ranges, arrays; one value holds for all cells.
    where
        Conditions between parameters as formulas: ``fast < slow``, or several.

    Raises
    ------
    UnknownNameError
        The strategy has no such parameter; names the nearest.
    DataError
        A value out of bounds, no values, conditions that cannot be read or leave nothing, or too many combinations.
    """
    found = {name: checked(type(strategy), name, given) for name, given in values.items()}
    if not found:
        raise DataError("a sweep needs values for a parameter: {'fast': range(5, 50)}")
    counts = [len(one) for one in found.values()]
    total = math.prod(counts)
    if total > MOST_COMBINATIONS:
        raise DataError(
            f"{' x '.join(map(str, counts))} values are {total:,} combinations, more than {MOST_COMBINATIONS:,}: take "
            "wider steps, or draw from them with search='random'"
        )
    codes = np.stack(np.unravel_index(np.arange(total), counts), axis=1).astype(np.int32)
    return held(Space(found, codes), strategy, where)


def held(space: Space, strategy: Strategy, where: str | Sequence[str] | None) -> Space:
    """The cells of a space for which the conditions hold."""
    for text in [where] if isinstance(where, str) else where or ():
        space = space.take(holds(space, strategy, text))
        if not len(space):
            raise DataError(f"where={text!r} leaves no cell of {', '.join(space.values)}")
    return space


def holds(space: Space, strategy: Strategy, text: str) -> np.ndarray:
    """For which cells of a space a condition holds, bool[cells]; DataError where it cannot be read."""
    fixed = {name: getattr(strategy, name) for name in strategy.numbers() if name not in space.values}
    try:
        return np.asarray(formula(text)(space.table().assign(**fixed))) > 0
    except WorkbenchError as error:
        said = str(error).replace("the bars have no column", "there is no parameter")
        raise DataError(f"where={text!r}: {said}") from None


def checked(kind: type[Strategy], name: str, given: Values) -> list[Any]:
    """The values of a parameter as plain numbers and texts, each once, within its bounds."""
    known = [one for one in kind.param if one != "name"]
    if name not in known:
        raise UnknownNameError(f"{kind.__name__} has no parameter {name!r}: {did_you_mean(name, known)}")
    if isinstance(given, Span):
        raise DataError(f"{name}: a span has no grid: list its values, or draw from it with search='random' and n=")
    single = isinstance(given, str) or not isinstance(given, Iterable)
    found = [given] if single else [one.item() if isinstance(one, np.generic) else one for one in given]
    if not found:
        raise DataError(f"{name} has no values")
    declared, once = kind.param[name], {}
    for value in found:
        try:
            declared._validate(value)
        except (ValueError, TypeError) as error:
            told = parameter_told(error).removeprefix(f"{name} ")
            raise DataError(f"{kind.__name__}: {name}={value!r} {told}") from None
        once[type(value), value] = value
    return list(once.values())


def _column(values: list[Any]) -> np.ndarray:
    """Values as an array: of numbers where all are, else of objects."""
    kinds = {bool if isinstance(one, bool) else float if isinstance(one, float) else type(one) for one in values}
    if kinds <= {int, float}:
        return np.array(values, float if float in kinds else np.int64)
    if kinds == {bool}:
        return np.array(values, bool)
    out = np.empty(len(values), object)
    out[:] = values
    return out
