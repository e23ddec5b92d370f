"""What is audited, and the bars it is audited on: anything that makes columns of bars, on any part of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.indicators import Indicator, formula, indicator, indicators
from workbench.indicators.formulas import Formula
from workbench.indicators.timeframes import OnTimeframe
from workbench.market.events import event_times
from workbench.strategies import Strategy, strategies
from workbench.strategies.base import Study

Bars = pd.DataFrame | Mapping[str, pd.DataFrame]
#: A study of a symbol: name of the symbol, which is "" where there is one frame, and of the study.
Key = tuple[str, str]


def named(key: Key) -> str:
    """A study as a sentence names it."""
    return f"{key[0]}: {key[1]}" if key[0] else key[1]


class Part(NamedTuple):
    """Some of the bars: instants ``start`` to ``stop`` of the clock, and for each symbol its first row and its end."""

    start: int
    stop: int
    frames: dict[str, pd.DataFrame]
    rows: dict[str, tuple[int, int]]


class Tape:
    """Bars by symbol on one clock, which parts are cut out of.

    Parameters
    ----------
    bars
        Those of one symbol, or of several by name.
    times
        Their times by symbol where they are known and were checked.

    Attributes
    ----------
    frames
        The bars by symbol; "" where one frame was given.
    single
        Whether one frame was given.
    times
        int64[rows] by symbol: ns UTC, or the number of the row where the bars have no times.
    clock
        int64[instants]: all times; that of the only frame, where there is one.

    Raises
    ------
    DataError
        No bars, or bars that are not in the order of time.
    """

    def __init__(self, bars: Bars, times: Mapping[str, np.ndarray] | None = None) -> None:
        self.single = isinstance(bars, pd.DataFrame)
        given = {"": bars} if isinstance(bars, pd.DataFrame) else bars
        if not isinstance(given, Mapping) or not all(isinstance(one, pd.DataFrame) for one in given.values()):
            raise DataError(f"bars are a DataFrame, or several by symbol, not {type(bars).__name__}")
        self.frames = {str(symbol): frame for symbol, frame in given.items()}
        if not self.frames or not all(len(frame) for frame in self.frames.values()):
            raise DataError("bars are empty: there is nothing to audit on")
        self.times = times or {symbol: self._times_of(symbol, frame) for symbol, frame in self.frames.items()}
        every = list(self.times.values())
        self.clock = every[0] if len(every) == 1 else np.unique(np.concatenate(every))

    def _times_of(self, symbol: str, frame: pd.DataFrame) -> np.ndarray:
        try:
            times = event_times(frame)
        except DataError:
            if not self.single:
                raise
            return np.arange(len(frame))
        if np.any(np.diff(times) < 0):
            raise DataError(f"bars{' of ' * bool(symbol)}{symbol} are not in the order of time: sort_index() them")
        return times

    def __len__(self) -> int:
        return len(self.clock)

    def row_at(self, symbol: str, instant: int) -> int:
        """How many bars of a symbol are before an instant of the clock."""
        if len(self.frames) == 1:
            return instant
        if instant >= len(self.clock):
            return len(self.times[symbol])
        return int(np.searchsorted(self.times[symbol], self.clock[instant], side="left"))

    def instants(self, symbol: str, rows: np.ndarray) -> np.ndarray:
        """The instants of these bars of a symbol."""
        if len(self.frames) == 1:
            return rows
        return np.searchsorted(self.clock, self.times[symbol][rows])

    def part(self, start: int, stop: int) -> Part:
        """The bars from one instant to before another."""
        rows = {symbol: (self.row_at(symbol, start), self.row_at(symbol, stop)) for symbol in self.frames}
        return Part(start, stop, {name: self.frames[name].iloc[low:high] for name, (low, high) in rows.items()}, rows)

    def least(self, start: int) -> int:
        """The first end of a part from ``start`` on in which each symbol has a bar; past the end if there is none."""
        if len(self.frames) == 1:
            return start + 1
        ends = []
        for symbol, times in self.times.items():
            row = self.row_at(symbol, start)
            ends.append(int(self.instants(symbol, np.array([row]))[0]) + 1 if row < len(times) else len(self) + 1)
        return max(ends)

    def stamp(self, time: int) -> Any:
        """A time as people read it: a Timestamp, or the number of a row."""
        only = next(iter(self.frames.values()))
        if self.single and not (isinstance(only.index, pd.DatetimeIndex) or {"time", "ts_event"} & {*only.columns}):
            return int(time)
        return pd.Timestamp(int(time), tz="UTC")


@dataclass(frozen=True)
class Values:
    """What came out of a part: float64 columns, stamps of those that have others than the bars, and usual sizes."""

    columns: dict[Key, np.ndarray] = field(default_factory=dict)
    stamps: dict[Key, np.ndarray] = field(default_factory=dict)
    sizes: dict[Key, float] = field(default_factory=dict)


@dataclass
class Subject:
    """Something that is audited.

    Attributes
    ----------
    label
        How people call it.
    compute
        Gives the values of a part; raises what the thing raises.
    warmup
        Bars that it declares to need before its values mean something; None where it declares nothing.
    known
        Whether it declares with ``warmup`` the first bar of which all is known (an indicator).
    sparse
        Gives columns that are NaN where there is nothing to show.
    unchecked
        Studies that cannot be computed of other bars, and why.
    strategy
        The strategy, for its orders; None for another thing.
    functions
        Functions among the studies, which could change the bars they are given.
    """

    label: str
    compute: Callable[[Part], Values]
    warmup: int | None = None
    known: bool = False
    sparse: Callable[[], set[str]] = set
    unchecked: dict[str, str] = field(default_factory=dict)
    strategy: Strategy | None = None
    functions: dict[str, Callable[[pd.DataFrame], Any]] = field(default_factory=dict)

    def changers(self, tape: Tape) -> Iterator[tuple[Key, int, str]]:
        """Functions that change the bars they are given: the study, the first row that changed, and the column."""
        for name, function in self.functions.items():
            copies = {symbol: frame.copy() for symbol, frame in tape.frames.items()}
            if self.strategy is None and not tape.single:
                function(dict(copies))  # type: ignore[arg-type]
            else:
                for frame in copies.values():
                    function(frame)
            for symbol, frame in copies.items():
                found = changed(tape.frames[symbol], frame)
                if found is not None:
                    yield ((symbol, name), *found)


def changed(before: pd.DataFrame, after: pd.DataFrame) -> tuple[int, str] | None:
    """The first row and the name of the column in which bars are not what they were; None where they are."""
    if len(before) != len(after) or not before.index.equals(after.index):
        return 0, "its index"
    for name in [*before.columns, *(one for one in after.columns if one not in before.columns)]:
        if name not in after.columns or name not in before.columns:
            return 0, str(name)
        if not before[name].equals(after[name]):
            same = (before[name] == after[name]) | (before[name].isna() & after[name].isna())
            return int(np.argmin(same.to_numpy(bool))), str(name)
    return None


def subject_of(thing: Any, tape: Tape, warmup: int | None = None) -> Subject:
    """What is to be audited: a strategy, an indicator, the name of one, a formula, or a function of bars.

    Raises
    ------
    DataError
        It is none of these; or a formula, or a parameter, that cannot be read.
    """
    if isinstance(thing, str):
        if thing in strategies.names():
            thing = strategies.get(thing)
        else:
            thing = indicator(thing) if thing in indicators.names() else formula(thing, name=thing)
    if isinstance(thing, type) and issubclass(thing, Strategy | Indicator):
        thing = thing()
    if isinstance(thing, Strategy):
        return of_strategy(thing, warmup)
    if isinstance(thing, Indicator):
        return _of_indicator(thing, warmup)
    if callable(thing):
        name = getattr(thing, "__name__", type(thing).__name__)
        return Subject(name, _Calls(thing, name, tape.single), warmup, functions={name: thing})
    raise DataError(
        f"wb.audit takes a strategy, an indicator, the name of one, a formula or a function of bars, not {thing!r}: "
        "an array cannot be computed of other bars, give the function that made it"
    )


def _of_indicator(one: Indicator, warmup: int | None) -> Subject:
    name = getattr(one, "text", "") or one.plugin_name
    declared = None if _coarser(one) else one.warmup

    def compute(part: Part) -> Values:
        out = Values()
        for symbol, frame in part.frames.items():
            _take(out, one(frame), symbol, name, frame)
        return out

    sparse = set(one.sparse if len(one.outputs) > 1 else [name] * bool(one.sparse))
    return Subject(one.label, compute, declared if warmup is None else warmup, declared is not None, lambda: sparse)


@dataclass
class _Calls:
    """A function of bars: of the frame, or of all frames by symbol where several are audited."""

    function: Callable[[Any], Any]
    name: str
    single: bool

    def __call__(self, part: Part) -> Values:
        out = Values()
        given = part.frames[""] if self.single else dict(part.frames)
        found = self.function(given)
        if self.single:
            _take(out, found, "", self.name, given)
        elif isinstance(found, Mapping):
            for symbol, values in found.items():
                _take(out, values, str(symbol), self.name, part.frames.get(str(symbol)))
        else:
            _take(out, found, "", self.name, None)
        return out


def of_strategy(one: Strategy, warmup: int | None = None) -> Subject:
    """A strategy, the studies of which are asked for once and then computed of each part."""
    # A formula is read once, not for each part.
    studies = {name: formula(study) if isinstance(study, str) else study for name, study in one.studies().items()}
    arrays = {name for name, study in studies.items() if isinstance(study, np.ndarray | pd.Series)}
    here = slice(None)
    twin, kind = copy.copy(one), type(one)

    def studies_here() -> dict[str, Study]:
        # What was given as arrays goes along with the bars it was given for, so that the others can be computed.
        return {name: _cut(study, here) if name in arrays else study for name, study in studies.items()}

    def columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
        nonlocal here
        here = places.get(id(frame), slice(None))
        return kind.columns(twin, frame)

    places: dict[int, slice] = {}
    twin.studies, twin.columns = studies_here, columns  # type: ignore[method-assign]

    def compute(part: Part) -> Values:
        places.update({id(frame): slice(*part.rows[symbol]) for symbol, frame in part.frames.items()})
        out = Values()
        for symbol, found in zip(part.frames, twin.tables(part.frames), strict=True):
            out.columns.update({(symbol, n): v.astype(float) for n, v in found.items() if n not in arrays})
        places.clear()
        return out

    said = dict.fromkeys(sorted(arrays), "not checkable: arrays")
    functions = {n: v for n, v in studies.items() if callable(v) and not isinstance(v, Indicator)}
    declared = one.warmup if warmup is None else warmup
    return Subject(one.label, compute, declared, False, one.sparse, said, one, functions)


def _coarser(one: Indicator) -> bool:
    """Whether its warm-up is counted in bars of another timeframe; how many of the finer ones that is depends."""
    if isinstance(one, Formula):
        return any(_coarser(use.study) for stage in one.read.program.stages for use in stage.uses)
    return isinstance(one, OnTimeframe)


def _cut(study: Any, rows: slice) -> Any:
    return study.iloc[rows] if isinstance(study, pd.Series) else study[rows]


def _take(out: Values, found: Any, symbol: str, name: str, frame: pd.DataFrame | None) -> None:
    """Put what a study gave into ``out``: a Series, a DataFrame, an array, or several by name."""
    if isinstance(found, Mapping) and not isinstance(found, pd.DataFrame | pd.Series):
        for inner, values in found.items():
            _take(out, values, symbol, str(inner), frame)
        return
    if isinstance(found, pd.DataFrame):
        for inner in found.columns:
            _take(out, found[inner], symbol, str(inner), frame)
        return
    if isinstance(found, np.ndarray) and found.ndim == 2:
        for at, values in enumerate(found.T):
            _take(out, values, symbol, f"{name}[{at}]", frame)
        return
    values = np.asarray(found)
    if values.ndim != 1:
        raise DataError(f"{name} gives {type(found).__name__}, a number for each bar is needed: a Series or an array")
    key = symbol, name
    if isinstance(found, pd.Series) and (frame is None or not found.index.equals(frame.index)):
        if not isinstance(found.index, pd.DatetimeIndex) or not found.index.is_monotonic_increasing:
            raise DataError(f"{name} has another index than the bars, and not one of ascending times")
        out.stamps[key] = found.index.as_unit("ns").asi8
    elif frame is None or len(values) != len(frame):
        raise DataError(f"{name} gives {len(values)} values for {0 if frame is None else len(frame)} bars")
    try:
        kind = values.dtype.kind
        out.columns[key] = values.view("i8").astype(float) if kind in "mM" else values.astype(float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} gives values that are no numbers ({error}): give codes of them") from None
