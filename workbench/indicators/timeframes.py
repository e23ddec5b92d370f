"""Indicators on a coarser timeframe than that of the bars they are given, without a look at what is not closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import param

from workbench.bars.batch import finished, fold_bars, frozen, numbered
from workbench.errors import DataError, WorkbenchError, parameter_told
from workbench.indicators.base import PRICES, Composite, Indicator, column_of, session_numbers
from workbench.indicators.stream import Studies
from workbench.kernels import time_bars as cutting
from workbench.kernels.indicators.timeframes import fold_so_far
from workbench.market.calendars import Calendar, Windows, calendar
from workbench.market.events import BAR
from workbench.market.specs import BarSpec

_FIELDS = {name for name in BAR.names if name != "time"}
_PATHS = {"delta_min", "delta_max"}
#: So many steps between bars are watched; where all are longer than the timeframe, the bars are coarser than it.
_WATCHED = 10
_DECLARED = ("title", "source", "inputs", "outputs", "overlay", "styles", "levels", "sparse", "scale", "causal")


class OnTimeframe(Composite):
    """An indicator of coarser bars, such as hours, for finer bars, such as those of 5 minutes.

    The finer bars are added up to coarser ones by the same arithmetic as ``resample``, and the indicator is computed of
    those. Its value holds, also where it is NaN, until the next coarse bar is closed. That is the case

    - at the first finer bar that begins at or after the end of the coarse one, or
    - with ``of="5min"``, which tells how long the finer bars are, at the bar that reaches this end: the hour of 09:00
      is known at the bar of 09:55, which is stamped by its open and known at 10:00. Without it no such thing can be
      concluded from the stamps so far, and the hour is known one bar later.

    With ``forming`` each bar has the value that the indicator has when the coarse bar ends with it.

    Columns of bars (``high``, ``volume`` ...) are those of the coarse bar, ``time`` and sessions go by its stamp, any
    other column has its last value. Bars outside of the sessions of ``session`` are in no coarse bar. A bar with NaN
    among what is read gives NaN and is passed over. ``warmup`` and ``lookback`` count bars of the timeframe.

    Raises
    ------
    DataError
        The timeframe is not one of time, the bars are coarser than it or not in the order of time, or they come closer
        than ``of`` says.
    """

    inner = param.ClassSelector(class_=Indicator, constant=True, doc="The indicator of the coarser bars.")
    timeframe = param.String("1h", constant=True, doc="Spec of the coarser bars: 15min, 1h, 1d, 1w ...")
    forming = param.Boolean(False, constant=True, doc="Whether the coarse bar that is not closed counts, as it stands.")
    session = param.String("24/7", constant=True, doc="Session calendar that the coarser bars begin with.")
    of = param.String("", constant=True, doc="Spec of the finer bars, such as 5min; empty: not known.")

    def __init__(self, inner: Indicator, **values: Any) -> None:
        super().__init__(inner=inner, **values)
        spec = _timed(self.timeframe, inner.label, "timeframe")
        fine = _timed(self.of, inner.label, "of") if self.of else None
        if fine is not None and fine.nominal > spec.nominal:
            raise DataError(f"{inner.label}: bars of {fine} are coarser than the timeframe {spec}; name a coarser one")
        if self.forming and not inner.causal:
            raise DataError(f"{inner.label} changes what is past, so that it has no value of a forming bar")
        calendar(self.session)
        with param.edit_constant(self):
            self.timeframe, self.of = str(spec), str(fine or "")
        for name in _DECLARED:
            setattr(self, name, getattr(inner, name))
        self.plugin_name = inner.plugin_name

    @property
    def reads(self) -> tuple[str, ...]:
        """``time``, and the columns of the finer bars that make the inputs of the inner indicator."""
        return ("time", *_needed(self.inner.reads))

    @property
    def lookback(self) -> int:
        """Of the inner indicator: bars of the timeframe."""
        return self.inner.lookback

    @property
    def warmup(self) -> int:
        """Of the inner indicator: bars of the timeframe before the first one of which all outputs are known."""
        return self.inner.warmup

    @property
    def label(self) -> str:
        """That of the inner indicator and the timeframe: ``rsi 14 1h``."""
        session = "" if self.session == "24/7" or hasattr(self.inner, "session") else f" {self.session}"
        return f"{self.inner.label} {self.timeframe}{session}{' forming' if self.forming else ''}"

    def __call__(self, bars: pd.DataFrame | pd.Series) -> pd.Series | pd.DataFrame:
        """Values for all bars, with the stamps in a DatetimeIndex or a column ``time``; a Series is the price."""
        reads = self.reads[1:]
        if isinstance(bars, pd.Series):
            if len(self.inner.inputs) != 1:
                raise DataError(f"{self.plugin_name} reads {', '.join(self.inner.reads)}: give bars, not one column")
            reads = self.inner.reads
            bars = bars.to_frame(reads[0])
        who = self.plugin_name
        columns = {name: column_of(bars, name, who) for name in reads}
        times = column_of(bars, "time", who)
        known = np.ones(len(bars), bool)
        for column in columns.values():
            known &= ~np.isnan(column)
        everything = bool(known.all())
        if not everything:
            columns, times = {name: column[known] for name, column in columns.items()}, times[known]
        rows = self.rows()
        given = _Fine(times.astype(np.int64), columns)
        found = rows.looked(given) if self.forming else rows.whole(given)
        if everything:
            out = found
        else:
            out = np.full((len(bars), len(self.outputs)), np.nan)
            out[known] = found
        if len(self.outputs) == 1:
            return pd.Series(out[:, 0], index=bars.index, name=self.plugin_name, copy=False)
        return pd.DataFrame(out, index=bars.index, columns=list(self.outputs), copy=False)

    def rows(self) -> _Held:
        """A stream from its beginning."""
        return _Held(self)

    def __repr__(self) -> str:
        inner = repr(self.inner)[:-1]
        said = [("timeframe", self.timeframe), ("of", self.of), ("forming", self.forming)]
        if not hasattr(self.inner, "session"):
            said.append(("session", self.session))
        told = [f"{name}={value!r}" for name, value in said if name == "timeframe" or value != self.param[name].default]
        return f"{', '.join([inner, *told])})"

    __str__ = __repr__


def on_timeframe(inner: Indicator, values: Mapping[str, Any]) -> Indicator:
    """``inner`` on another timeframe, where ``values`` (timeframe, forming, session, of) name one."""
    given = {name: value for name, value in values.items() if value is not None}
    if "timeframe" not in given:
        if given:
            raise DataError(f"{inner.label}: {', '.join(given)} goes with a timeframe: add such as timeframe='1h'")
        return inner
    if "session" not in given:
        # Bars of those that begin anew with a week or a month are those of its sessions.
        given["session"] = getattr(inner, "session", "24/7").removeprefix("week:").removeprefix("month:")
    try:
        return OnTimeframe(inner, **given)
    except WorkbenchError:
        raise
    except ValueError as error:
        raise DataError(f"{inner.label}: {parameter_told(error)}") from None


def _timed(text: str, who: str, what: str) -> BarSpec:
    spec = BarSpec.parse(text)
    if not spec.timed:
        raise DataError(f"{who}: {what} {text!r} is not of time; give such as 15min, 1h or 1d")
    return spec


def _needed(reads: tuple[str, ...]) -> list[str]:
    """Columns of the finer bars that the columns ``reads`` of coarser ones are made of."""
    out: dict[str, None] = {}
    for name in reads:
        if name in _PATHS:
            raise DataError(f"{name} of coarser bars cannot be told from finer ones: resample the trades")
        if name != "time" and not name.startswith("session:"):
            out |= dict.fromkeys(PRICES.get(name, ("volume", "vwap") if name == "vwap" else (name,)))
    return list(out)


@dataclass(frozen=True)
class _Fine:
    """Finer bars without NaN: ``times`` (int64 ns) and the columns that are read."""

    times: np.ndarray
    columns: Mapping[str, np.ndarray]

    def records(self) -> np.ndarray:
        """As ``BAR``; a price that is not read is one that is, so that it is finite, and volumes are 0."""
        out = np.zeros(len(self.times), BAR)
        out["time"] = self.times
        prices = [name for name in ("close", "open", "high", "low") if name in self.columns]
        for name in ("open", "high", "low", "close") if prices else ():
            out[name] = self.columns[name if name in prices else prices[0]]
        for name in ("volume", "buy_volume", "sell_volume", "trades", "vwap"):
            if name in self.columns:
                out[name] = self.columns[name]
        return out


@dataclass(frozen=True)
class _Taken:
    """What a chunk of finer bars adds to the coarser ones, the first of which is the one that was open before it.

    ``begun`` and ``closed`` count them after each finer bar. ``bar`` is the one that a finer bar is in, -1 for none.
    ``looks`` has, if asked for, the coarse bar as it stands after each finer one that is in one.
    """

    begun: np.ndarray
    closed: np.ndarray
    bar: np.ndarray
    bars: _Columns
    looks: _Columns | None


@dataclass(frozen=True)
class _Columns:
    """Coarser bars as records, and the columns that records do not have."""

    records: np.ndarray
    others: Mapping[str, np.ndarray]

    def __getitem__(self, part: slice) -> _Columns:
        return _Columns(self.records[part], {name: values[part] for name, values in self.others.items()})

    def column(self, name: str) -> np.ndarray:
        """What an indicator reads, as ``column_of`` gives it."""
        if name in self.others:
            return self.others[name]
        if name in _FIELDS or name == "time":
            return self.records[name].astype(float)
        if name.startswith("session:"):
            return session_numbers(self.records["time"], name.removeprefix("session:"))
        parts = [self.column(part) for part in PRICES[name]]
        return sum(parts[1:], parts[0]) / len(parts)

    def frame(self, names: tuple[str, ...]) -> pd.DataFrame:
        """For an indicator that reads ``names``."""
        index = pd.DatetimeIndex(self.records["time"].view("M8[ns]"), name="time").tz_localize("UTC")
        return pd.DataFrame({name: self.column(name) for name in names if name != "time"}, index=index)

    def rows(self, names: list[str]) -> np.ndarray:
        """For ``Studies`` that take in ``names``."""
        out = np.empty((len(self.records), len(names)))
        for at, name in enumerate(names):
            out[:, at] = self.column(name)
        return out


class _Grid:
    """Where the bars of a spec begin and end; remembers the windows of the calendar around the present."""

    def __init__(self, spec: BarSpec, sessions: Calendar) -> None:
        self.spec, self.sessions = spec, sessions
        self._windows: Windows | None = None
        self._known = (0, -1)

    def cut(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Stretches of ascending ``times`` in one bar: first index, index after the last, stamp and end of the bar."""
        first, last = int(times[0]), int(times[-1])
        if self._windows is None or first < self._known[0] or last > self._known[1]:
            self._windows = self.sessions.windows(self.spec, first, last)
            closes = self._windows.close
            # Windows of a fixed step are whole to the end of the last; groups of days only as far as was asked.
            whole = self.spec.step and len(closes) and closes[-1] > last
            self._known = (first, int(closes[-1]) - 1 if whole else last)
        w = self._windows
        low, high, stamp, _ = cutting.cut(frozen(times), w.open, w.close, w.stamp, w.step)
        if w.step:
            at = np.searchsorted(w.close, stamp, "right")
            end = w.stamp[at] + ((stamp - w.stamp[at]) // w.step + 1) * w.step
            return low, high, stamp, np.minimum(end, w.close[at])
        return low, high, stamp, w.close[np.searchsorted(w.stamp, stamp, "right") - 1]


class _Coarse:
    """Coarser bars as finer ones come. A chunk that is refused changes nothing."""

    def __init__(self, one: OnTimeframe) -> None:
        self._who, self._spec = one.label, BarSpec.parse(one.timeframe)
        self._fine = BarSpec.parse(one.of) if one.of else None
        self._grid = _Grid(self._spec, calendar(one.session))
        self._fine_grid = _Grid(self._fine, calendar(one.session)) if self._fine and self._fine.dated else None
        self._last = np.zeros(0, np.int64)  # time of the last finer bar
        self._steps, self._finer = 0, False
        # The bar that began last, if any: its stamp, its end, whether it is closed, what it holds.
        self._time, self._end, self.over = np.zeros(0, np.int64), np.zeros(0, np.int64), False
        self._acc, self._count = np.zeros((0, cutting.BAR_WIDTH)), np.zeros(0, np.int64)
        self._trades, self._others = np.zeros(0, np.int64), {}

    def take(self, fine: _Fine, *, looks: bool) -> _Taken:
        """Add finer bars, at least one."""
        times, had = fine.times, len(self._time)
        steps, finer = self._in_order(times)
        low, high, stamp, end = self._grid.cut(times)
        time, number = numbered(np.concatenate([self._time, stamp]))
        number = number[had:]
        ends = np.empty(len(time), np.int64)
        ends[:had] = self._end
        ends[number] = end
        new, bar = np.zeros(len(times), np.int64), np.full(len(times), -1)
        new[low] = np.diff(number, prepend=had - 1)
        begun = had + np.cumsum(new)
        inside = np.zeros(len(times) + 1, np.int64)
        np.add.at(inside, low, 1)
        np.add.at(inside, high, -1)
        within = np.cumsum(inside[:-1]) > 0
        bar[within] = begun[within] - 1
        closed = self._closed(times, begun, ends, bar)
        acc, trades = np.zeros((len(time), cutting.BAR_WIDTH)), np.zeros(len(time), np.int64)
        count = trades.copy()
        acc[:had], count[:had], trades[:had] = self._acc, self._count, self._trades
        records, seen = fine.records(), None
        if looks:
            seen = self._looks(fine, records, time, bar, (acc, count, trades))
        else:
            fold_bars(low, high, number, records, acc=acc, count=count, trades=trades)
        last = np.full(len(time), -1)
        last[number] = high - 1
        others = {
            name: np.where(last >= 0, column[last], self._others.get(name, np.nan)) if len(time) else column[:0]
            for name, column in fine.columns.items()
            if name not in _FIELDS
        }
        bars = _Columns(finished(time, acc, count, trades), others)
        self._last, self._steps, self._finer = times[-1:].copy(), steps, finer
        self._time, self._end, self.over = time[-1:].copy(), ends[-1:].copy(), bool(closed[-1] == begun[-1] > 0)
        self._acc, self._count, self._trades = acc[-1:].copy(), count[-1:].copy(), trades[-1:].copy()
        self._others = {name: values[-1] for name, values in others.items() if len(values)}
        return _Taken(begun, closed, bar, bars, seen)

    def _in_order(self, times: np.ndarray) -> tuple[int, bool]:
        """How many steps were watched, and whether one is no longer than the timeframe."""
        steps = np.diff(times, prepend=self._last)
        if (steps < 0).any():
            at = int(np.flatnonzero(steps < 0)[0]) + 1 - len(self._last)
            raise DataError(
                f"{self._who}: the bar at {pd.Timestamp(int(times[at]), tz='UTC')} is older than the one before it; "
                "sort the bars by time first"
            )
        if self._finer:
            return self._steps, True
        watched = steps[: _WATCHED - self._steps]
        count, finer = self._steps + len(watched), bool((watched <= self._spec.nominal).any())
        if count >= _WATCHED and not finer:
            far = f"the first {_WATCHED} bars lie further apart than the timeframe {self._spec}"
            raise DataError(f"{self._who}: {far}: they are coarser; give finer ones")
        return count, finer

    def _closed(self, times: np.ndarray, begun: np.ndarray, ends: np.ndarray, bar: np.ndarray) -> np.ndarray:
        if not len(ends):
            return begun
        reach = times + (self._fine.step if self._fine else 0)
        if self._fine_grid is not None:
            for first, after, until in zip(*np.delete(self._fine_grid.cut(times), 2, 0), strict=True):
                reach[first:after] = until
        closed = begun - ((begun > 0) & (reach < ends[begun - 1]))
        if self._fine is not None:
            before = np.concatenate([[len(self._time)], begun[:-1]])
            over = np.concatenate([[int(self.over)], closed[:-1]])
            late = (bar >= 0) & (before == begun) & (over == begun)
            if late.any():
                at = pd.Timestamp(int(times[late.argmax()]), tz="UTC")
                raise DataError(f"{self._who}: the bar at {at} is not of {self._fine}, as of={str(self._fine)!r} says")
        return closed

    @staticmethod
    def _looks(
        fine: _Fine, records: np.ndarray, time: np.ndarray, bar: np.ndarray, open_: tuple[np.ndarray, ...]
    ) -> _Columns:
        """The coarse bar after each finer one; adds these to it."""
        acc, count, trades = open_
        so_far, trades_so_far = np.empty((len(bar), acc.shape[1])), np.empty(len(bar), np.int64)
        bad = fold_so_far(bar, records, acc, count, trades, so_far, trades_so_far)
        if bad >= 0:
            raise DataError(f"bar {bad} has a price that is not a finite number: {records[bad]}; drop or mend it first")
        inside = bar >= 0
        found = finished(time[bar[inside]], so_far[inside], np.ones(int(inside.sum()), np.int64), trades_so_far[inside])
        return _Columns(found, {n: column[inside] for n, column in fine.columns.items() if n not in _FIELDS})


class _Held:
    """The values of an indicator of coarser bars as finer ones come, held between closes."""

    def __init__(self, one: OnTimeframe) -> None:
        self._one, self._reads = one, one.reads[1:]
        self._coarse, self._studies = _Coarse(one), Studies([one.inner])
        self._value = np.full((1, len(one.outputs)), np.nan)
        self._pending = np.zeros((0, len(self._studies.columns)))  # the forming bar as it was looked at last

    def update_rows(self, rows: np.ndarray) -> np.ndarray:
        """Values for bars: ``time`` and what else is read."""
        known = ~np.isnan(rows).any(axis=1)
        out = np.full((len(rows), self._value.shape[1]), np.nan)
        rows = rows[known]
        columns = {name: np.ascontiguousarray(rows[:, at + 1]) for at, name in enumerate(self._reads)}
        fine = _Fine(rows[:, 0].astype(np.int64), columns)
        if len(rows):
            out[known] = self.looked(fine) if self._one.forming else self._updated(fine)
        return out

    def whole(self, fine: _Fine) -> np.ndarray:
        """As all bars in one chunk, with the indicator called for a frame."""
        if not len(fine.times):
            return np.empty((0, self._value.shape[1]))
        taken = self._coarse.take(fine, looks=False)
        found = self._one.inner(taken.bars[: int(taken.closed[-1])].frame(self._one.inner.reads)).to_numpy()
        return np.concatenate([self._value, found.reshape(-1, self._value.shape[1])])[taken.closed]

    def _updated(self, fine: _Fine) -> np.ndarray:
        fed = int(self._coarse.over)
        taken = self._coarse.take(fine, looks=False)
        new = taken.bars[fed : int(taken.closed[-1])]
        found = self._value
        if len(new.records):
            found = np.concatenate([found, self._studies.update_rows(new.rows(self._studies.columns))])
        self._value = found[-1:]
        return found[taken.closed - fed]

    def looked(self, fine: _Fine) -> np.ndarray:
        """Values with the bar that forms."""
        if not len(fine.times):
            return np.empty((0, self._value.shape[1]))
        taken = self._coarse.take(fine, looks=True)
        inside = taken.bar[taken.bar >= 0]
        if not len(inside):
            return np.repeat(self._value, len(taken.bar), axis=0)
        looks = taken.looks.rows(self._studies.columns)
        carried = 0 if inside[0] == 0 else len(self._pending)  # the open bar, which one of these is the end of
        rows = np.concatenate([self._pending[:carried], looks])
        # A look at the end of a coarse bar is what that bar was.
        final = np.concatenate([np.ones(carried, bool), np.append(inside[1:] != inside[:-1], False)])
        found = np.concatenate([self._value, self._studies.look_rows(rows, final)[carried:]])
        self._pending, self._value = looks[-1:], found[-1:]
        return found[np.cumsum(taken.bar >= 0)]
