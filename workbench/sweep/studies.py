"""Studies of many cells: which of them a cell reads, and each computed once, however many cells read it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.backtest.run import first_known
from workbench.indicators import Indicator, sharing
from workbench.strategies import Strategy
from workbench.strategies.base import study_columns

#: Bytes of columns that are kept for later cells, unless told.
ROOM = 512 * 2**20
#: Studies, and combinations of values that have them, which are kept: a million cells need not have one in common.
_KEPT = 65_536


@dataclass(frozen=True)
class Columns:
    """A study's columns.

    Attributes
    ----------
    values
        For each symbol its columns by the ending of their names, ``""`` or ``_output``.
    first
        For each symbol the first bar at which all of them are known.
    """

    values: list[dict[str, np.ndarray]]
    first: list[int]
    #: Types by the ending of the name, addresses of all symbols by the same, and bytes: asked for once a cell.
    kinds: dict[str, str] = field(init=False)
    addresses: dict[str, list[int]] = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        kinds = {ending: one.dtype.kind for columns in self.values for ending, one in columns.items()}
        places = {ending: [columns[ending].ctypes.data for columns in self.values] for ending in kinds}
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "addresses", places)
        object.__setattr__(self, "size", sum(one.nbytes for columns in self.values for one in columns.values()))


class Untraceable(Exception):
    """The strategy reads its parameters in a way that cannot be followed."""


class Tracer:
    """What ``studies`` and ``warmup`` of a strategy give for other values of its parameters.

    They are asked on an instance whose parameters are looked up in a dict, which notes those that were read: cells that
    agree in these have the same studies. Functions among the studies may read more of it later, when they are called:
    then each cell is asked on an instance of its own.
    """

    def __init__(self, strategy: Strategy) -> None:
        self._cell: dict[str, Any] = {}
        self._read: set[str] = set()
        self._names: tuple[str, ...] = ()
        self._known: dict[tuple[Any, ...], tuple[dict[str, Any], int]] = {}
        self._made: dict[Any, Indicator] = {}
        kind, cell, read = type(strategy), self._cell, self._read

        def look(one: Any, name: str) -> Any:
            if name in cell:
                read.add(name)
                return cell[name]
            if cell and name in ("param", "values", "numbers", "label"):
                raise Untraceable(name)
            return object.__getattribute__(one, name)

        traced = type(f"Traced{kind.__name__}", (kind,), {"__getattribute__": look, "__module__": kind.__module__})
        self._kind, self._strategy = kind, traced(**strategy.values())
        self._lazy = False

    def studies(self, cell: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The studies of a cell by name, the same objects for cells that share them, and its warm-up.

        Raises
        ------
        Untraceable
            They depend on more than the values of the parameters.
        """
        for kept in (self._known, self._made):  # each by itself: a few studies may have many combinations
            if len(kept) >= _KEPT:
                kept.clear()
        if self._lazy:
            with sharing(self._made):
                own = self._kind(**cell)
                return dict(own.studies()), int(own.warmup)
        found = self._known.get(tuple([cell[name] for name in self._names]))
        if found is not None:
            return found
        self._cell.clear()
        self._cell.update(cell)
        try:
            with sharing(self._made):
                found = dict(self._strategy.studies()), int(self._strategy.warmup)
        finally:
            self._cell.clear()
        if any(is_lazy(study) for study in found[0].values()):
            self._lazy = True
            return self.studies(cell)
        if not self._read <= set(self._names):
            self._names = tuple(sorted(self._read & cell.keys()))
            self._known.clear()
        self._known[tuple([cell[name] for name in self._names])] = found
        return found


def is_lazy(study: Any) -> bool:
    """Whether a study is a function of the bars, which may read the strategy's parameters when it is called."""
    return callable(study) and not isinstance(study, Indicator)


class Library:
    """Columns of studies, computed by whoever asks first; those that were not read for longest make room.

    Parameters
    ----------
    frames
        The bars of each symbol.
    who
        The strategy's class, for errors.
    room
        Bytes that are kept at most.
    """

    def __init__(self, frames: list[pd.DataFrame], who: str, room: int = ROOM) -> None:
        self._frames, self._who, self.room = frames, who, room
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, tuple[Any, Future[Columns]]] = OrderedDict()
        self._bytes = 0
        #: Studies that were computed, some perhaps more than once.
        self.computed = 0

    def columns(self, name: str, study: Any) -> Columns:
        """The columns of a study; it is computed once, other threads wait for it."""
        if is_lazy(study):  # one for each cell: nobody else will ask for it
            return self._compute(name, study)
        key = study if isinstance(study, str) else id(study)
        with self._lock:
            found = self._kept.get(key)
            mine = found is None
            if found is None:
                # The study is kept with its columns: what has gone would leave its id to another.
                found = self._kept[key] = study, Future()
            self._kept.move_to_end(key)
        waiting = found[1]
        if not mine:
            return waiting.result()
        try:
            columns = self._compute(name, study)
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)
            waiting.set_exception(error)
            raise
        waiting.set_result(columns)
        with self._lock:
            self.computed += 1
            self._bytes += columns.size
            while self._bytes > self.room and len(self._kept) > 1:
                oldest = next(iter(self._kept))
                if oldest == key or not self._kept[oldest][1].done():
                    break
                self._bytes -= self._kept.pop(oldest)[1].result().size
        return columns

    def _compute(self, name: str, study: Any) -> Columns:
        values = [study_columns(name, study, frame, self._who) for frame in self._frames]
        sparse = {f"_{one}" for one in study.sparse} | {""} if isinstance(study, Indicator) and study.sparse else set()
        first = []
        for columns in values:
            dense = [one for ending, one in columns.items() if ending not in sparse and one.dtype == float]
            first.append(max((first_known(one) for one in dense), default=0))
        return Columns(values, first)
