"""Indicators bar by bar, one or many at once."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.indicators.base import PRICES, Composite, Indicator, column_of, failure, indicators, session_numbers
from workbench.kernels.indicators import stream as kernel
from workbench.kernels.indicators import timeframes


class Studies:
    """Many indicators that take in the same bars, with one call a bar.

    Values are those of the indicators called with all bars so far, bit for bit. Picklable in mid-stream.

    Parameters
    ----------
    studies
        The indicators.

    Attributes
    ----------
    names
        One for each value of ``update``: ``rsi 14``, or ``macd 12 26 9 signal`` where there are several outputs.
    columns
        The columns of the bars that are read, in the order in which ``update_row`` takes them.
    """

    def __init__(self, studies: Iterable[Indicator]) -> None:
        self.studies = list(studies)
        self._loops, self._parts = [], []  # indicators that are a loop; those that are made of others, with their place
        self.columns = list(dict.fromkeys(name for one in self.studies for name in one.reads))
        self.names = [
            one.label if len(one.outputs) == 1 else f"{one.label} {output}"
            for one in self.studies
            for output in one.outputs
        ]
        first = 0
        for one in self.studies:
            if not one.causal:
                twin = f"{one.plugin_name}_confirmed"
                way_out = f"; take {twin}" if twin in indicators.names() else ""
                raise DataError(f"{one.label} looks ahead, so that it has no values bar by bar{way_out}")
            if isinstance(one, Composite):
                reads = [self.columns.index(name) for name in one.reads]
                self._parts.append((one.rows(), reads, slice(first, first + len(one.outputs))))
            else:
                self._loops.append((one, first))
            first += len(one.outputs)
        count, self._outputs = len(self._loops), first
        self._plan = np.zeros((count, kernel.PLAN_WIDTH), np.int64)
        self._at, self._seen = np.zeros(count, np.int64), np.zeros(count + 1, np.int64)  # one more: who is at work
        ring = p = s = 0
        constants: list[float] = []
        for row, (one, out) in zip(self._plan, self._loops, strict=True):
            room = 4 * (one.lookback + 8)
            values, size = one.constants(), one.state_size()
            row[: kernel.FIRST_INPUT] = (
                ring, room, one.lookback, p, p + len(values), s, s + size, out, len(one.outputs), len(one.inputs),
            )  # fmt: skip
            row[kernel.FIRST_INPUT : kernel.FIRST_INPUT + len(one.inputs)] = [self.columns.index(n) for n in one.reads]
            constants += values
            ring, p, s = ring + room * len(one.inputs), p + len(values), s + size
        self._ring, self._p, self._s = np.zeros(ring), np.array(constants, float), np.zeros(s)
        self._functions: Any = None

    def update_rows(self, rows: np.ndarray) -> np.ndarray:
        """Take bars in: float64[n, columns] in the order of ``columns``; values float64[n, names]."""
        out = np.empty((len(rows), self._outputs))
        if self._loops:
            self._advance(rows, out, None)
        for part, reads, place in self._parts:
            out[:, place] = part.update_rows(np.ascontiguousarray(rows[:, reads]))
        return out

    def look_rows(self, rows: np.ndarray, final: np.ndarray) -> np.ndarray:
        """Values with each row as the bar that follows those taken in, and only rows where ``final`` are taken in.

        So that one forming bar after the other is looked at as often as it changes, in one call.
        """
        out = np.empty((len(rows), self._outputs))
        if self._loops:
            self._advance(rows, out, final)
        for at, (part, reads, place) in enumerate(self._parts):
            for i, row in enumerate(np.ascontiguousarray(rows[:, reads])):
                kept = part if final[i] else copy.deepcopy(part)
                out[i, place] = part.update_rows(row[np.newaxis])
                part = kept
            self._parts[at] = part, reads, place
        return out

    def _advance(self, rows: np.ndarray, out: np.ndarray, final: np.ndarray | None) -> None:
        if self._functions is None:
            loops = [one.kernel() for one, _ in self._loops]
            self._functions = kernel.addresses(loops, [one.label for one, _ in self._loops]), loops
        rows = np.ascontiguousarray(rows, float)
        state = self._functions[0], self._plan, self._at, self._seen, self._ring, self._p, self._s, rows
        try:
            if final is None:
                kernel.advance(*state, out)
            else:
                timeframes.look(*state, final, out)
        except Exception as error:
            raise failure(self._loops[self._seen[-1]][0], error) from error

    def peek_rows(self, rows: np.ndarray) -> np.ndarray:
        """What ``update_rows`` would give, without taking the bars in: for bars that are still forming."""
        kept = [array.copy() for array in (self._at, self._seen, self._ring, self._s)]
        parts = self._parts
        self._parts = copy.deepcopy(parts)
        try:
            return self.update_rows(rows)
        finally:
            self._at, self._seen, self._ring, self._s = kept
            self._parts = parts

    def update(self, bars: pd.DataFrame) -> pd.DataFrame:
        """Take bars in; a column for each of ``names``."""
        return pd.DataFrame(self.update_rows(self.rows_of(bars)), index=bars.index, columns=self.names)

    def rows_of(self, bars: pd.DataFrame) -> np.ndarray:
        """Bars as ``update_rows`` takes them."""
        rows = np.empty((len(bars), len(self.columns)))
        for at, name in enumerate(self.columns):
            rows[:, at] = column_of(bars, name, "this set of studies")
        return rows

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_functions": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> Studies:
        """A copy that goes its own way; what never changes is shared, the compiled loops too."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        for name in ("_at", "_seen", "_ring", "_s"):
            setattr(made, name, getattr(self, name).copy())
        made._parts = copy.deepcopy(self._parts, memo)
        return made


class Stream:
    """One indicator as bars come: ``update`` takes a bar or a frame of them."""

    def __init__(self, one: Indicator) -> None:
        self.indicator = one
        self._studies = Studies([one])
        self._row = np.empty((1, len(self._studies.columns)))

    def update(self, bars: pd.DataFrame | pd.Series | Mapping[str, float] | np.void) -> Any:
        """The values for these bars.

        A frame gives what the indicator gives for a frame; one bar (a mapping, a row of a frame, a record) a number, or
        a dict of them where there are several outputs.
        """
        outputs = self.indicator.outputs
        if isinstance(bars, pd.DataFrame):
            values = self._studies.update(bars)
            if len(outputs) == 1:
                return values.iloc[:, 0].rename(self.indicator.plugin_name)
            return values.set_axis(list(outputs), axis=1)
        for at, name in enumerate(self._studies.columns):
            self._row[0, at] = _value(bars, name)
        found = self._studies.update_rows(self._row)[0].tolist()
        return found[0] if len(outputs) == 1 else dict(zip(outputs, found, strict=True))


def _value(bar: Any, name: str) -> float:
    if name == "time" or name.startswith("session:"):
        given = bar["time"] if "time" in _names(bar) else getattr(bar, "name", None)
        if given is None:
            raise DataError(f"a bar needs 'time'; it has {', '.join(map(str, _names(bar)))}")
        stamp = pd.Timestamp(given).value
        return float(stamp if name == "time" else session_numbers(np.array([stamp]), name.removeprefix("session:"))[0])
    try:
        return float(bar[name])
    except (KeyError, ValueError):
        if name not in PRICES:
            raise DataError(f"a bar needs {name!r}; it has {', '.join(map(str, _names(bar)))}") from None
        parts = [_value(bar, part) for part in PRICES[name]]
        return sum(parts[1:], parts[0]) / len(parts)


def _names(bar: Any) -> list[Any]:
    return list(bar.dtype.names) if isinstance(bar, np.void) else list(bar.keys())
