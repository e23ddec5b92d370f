"""What a strategy declares: parameters, studies, and what it does at the close of a bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import param

from workbench.errors import DataError, UnknownNameError, did_you_mean, parameter_told
from workbench.indicators import Indicator, formula
from workbench.registry import Registry

#: Columns of the bars that every row has, where the bars have them.
COLUMNS = ("open", "high", "low", "close", "volume")
#: Names that no study may take.
TAKEN = (*COLUMNS, "time", "bar")
#: More symbols than anybody has: no upper bound.
MANY = 1_000_000
#: What a study may be: an indicator, a formula, values for all bars, or a function of the bars that gives them.
Study = Indicator | str | np.ndarray | pd.Series | Callable[[pd.DataFrame], Any]


def _wrong(kind: type) -> str:
    """What a strategy that is to be declared lacks, or ""."""
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        return "is not a subclass of Strategy"
    if kind.decide is Strategy.decide:
        return "does not decide: define decide(self, now, was, broker)"
    return ""


strategies: Registry = Registry("strategy", "workbench.strategies", "workbench.strategies", _wrong)


class Strategy(param.Parameterized):
    """A way to trade: parameters with bounds, studies of the bars, and ``decide``, which is asked at each close.

    ::

        @strategies.register("my_cross")
        class MyCross(Strategy):
            fast = param.Integer(10, bounds=(1, 1000), doc="Bars of the quick mean.")

            def studies(self):
                return {"quick": indicator("sma", window=self.fast), "calm": "sma(close, 30)"}

            def decide(self, now, was, broker):
                if now.quick > now.calm:
                    broker.long()
                else:
                    broker.flat()

    ``decide`` is plain Python which is compiled: numbers, conditions, loops, and what it is given. ``self`` has the
    numbers among the parameters there; ``now`` and ``was`` are the bar that has closed and the one before it, with the
    studies, ``open high low close volume``, ``time`` (ns UTC) and ``bar``, its number; ``broker`` is what
    ``strategies.views.BrokerView`` describes.

    Raises
    ------
    UnknownNameError
        There is no such parameter; names the nearest.
    DataError
        A value is out of its bounds.
    """

    #: Name for people; the class's own name unless given.
    title: ClassVar[str] = ""
    #: Parameters that it runs with where its defaults alone say nothing, as an example and for compiling it ahead.
    example: ClassVar[Mapping[str, Any]] = {}
    #: The least and the most symbols that it trades.
    symbols: ClassVar[tuple[int, int]] = (1, MANY)

    def __init__(self, **parameters: Any) -> None:
        known = [name for name in self.param if name != "name"]
        for name in parameters:
            if name not in (*known, "name"):
                raise UnknownNameError(f"{type(self).__name__} has no parameter {name!r}: {did_you_mean(name, known)}")
        try:
            super().__init__(**parameters)
        except ValueError as error:
            raise DataError(f"{type(self).__name__}: {parameter_told(error)}") from None

    def studies(self) -> Mapping[str, Study]:
        """What ``decide`` reads, by name; an indicator of several outputs gives ``name_output`` for each."""
        return {}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        """Say what is wanted, at the close of the bar ``now``."""
        raise NotImplementedError

    @property
    def warmup(self) -> int:
        """Bars before the first decision; it is not asked before all its studies are known in any case."""
        return 0

    @property
    def label(self) -> str:
        """Name and parameters as a table shows them: ``sma_cross 10 30``."""
        name = getattr(self, "plugin_name", type(self).__name__)
        return " ".join([name, *(f"{v:g}" if isinstance(v, float) else str(v) for v in self.values().values())])

    def values(self) -> dict[str, Any]:
        """The parameters and their values."""
        return {name: getattr(self, name) for name in self.param if name != "name"}

    def numbers(self) -> dict[str, str]:
        """The parameters that ``decide`` sees when it is compiled: ``f``, ``i`` or ``b`` by name."""
        kinds = {}
        for name in self.param:
            declared = self.param[name]
            if isinstance(declared, param.Boolean):
                kinds[name] = "b"
            elif isinstance(declared, param.Integer):
                kinds[name] = "i"
            elif isinstance(declared, param.Number):
                kinds[name] = "f"
        return {name: kind for name, kind in kinds.items() if getattr(self, name) is not None}

    def columns(self, bars: pd.DataFrame) -> dict[str, np.ndarray]:
        """The studies of these bars, float64 or bool, by the names that rows have.

        Raises
        ------
        DataError
            A study that cannot be computed, or has another length than the bars.
        """
        return {
            f"{name}{ending}": values
            for name, study in self.studies().items()
            for ending, values in study_columns(name, study, bars, type(self).__name__).items()
        }

    def tables(self, bars: Mapping[str, pd.DataFrame]) -> list[dict[str, np.ndarray]]:
        """The studies of each symbol, in the order of the bars; see ``columns``."""
        return [self.columns(frame) for frame in bars.values()]

    def check_symbols(self, count: int) -> None:
        """Raise DataError unless it can trade so many symbols."""
        least, most = self.symbols
        if not least <= count <= most:
            wanted = str(least) if least == most else f"{least} or more" if most == MANY else f"{least} to {most}"
            raise DataError(
                f"{self.label} trades {wanted} symbols, not {count}: give bars by symbol, as in "
                "{'A': bars_of_a, 'B': bars_of_b}"
            )

    def sparse(self) -> set[str]:
        """Columns of studies that are NaN where there is nothing to show, after the warm-up too."""
        found = set()
        for name, study in self.studies().items():
            if isinstance(study, Indicator):
                one = len(study.outputs) == 1
                found |= {name if one else f"{name}_{output}" for output in study.sparse}
        return found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.values().items())})"

    __str__ = __repr__


def strategy(name: str, **parameters: Any) -> Strategy:
    """The strategy called ``name`` with these parameters."""
    return strategies.get(name)(**parameters)


def study_columns(name: str, study: Study, bars: pd.DataFrame, who: str) -> dict[str, np.ndarray]:
    """The columns of a study by the ending of their names: ``""``, or ``_output`` for each of several outputs.

    Raises
    ------
    DataError
        It cannot be computed, looks ahead, or has another length than the bars; ``who`` is named.
    """
    check_name(name, who)
    if isinstance(study, str):
        study = formula(study)
    if isinstance(study, Indicator) and not study.causal:
        raise DataError(f"{who}: study {name!r}: {study.label} looks ahead, so that nobody could trade by it")
    if isinstance(study, pd.Series) and not study.index.equals(bars.index):
        raise DataError(f"{who}: study {name!r} has another index than the bars: reindex it to theirs")
    values = study(bars) if callable(study) else study
    if isinstance(values, pd.DataFrame):
        return {f"_{output}": array_of(values[output], len(bars), who, f"{name}_{output}") for output in values}
    return {"": array_of(values, len(bars), who, name)}


def check_name(name: str, who: str) -> None:
    """Raise DataError where a study cannot be called so."""
    if name in TAKEN or not name.isidentifier() or name.startswith("_"):
        raise DataError(
            f"{who} has a study {name!r}: names are those of Python, and not {', '.join(TAKEN)}, which the bars have"
        )


def array_of(values: Any, count: int, who: str, name: str) -> np.ndarray:
    """A study as contiguous float64 or bool; DataError where it is neither, or not of the length of the bars."""
    found = np.asarray(values)
    if found.shape != (count,):
        raise DataError(f"{who}: study {name!r} has shape {found.shape}, the bars {count} rows")
    if found.dtype == bool:
        return np.ascontiguousarray(found)
    try:
        return np.ascontiguousarray(found, float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{who}: study {name!r} is not numeric ({error})") from None
