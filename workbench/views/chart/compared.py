"""Prices of another symbol at the bars of a chart: matched by time, never from the future, gaps stay gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.charts.columns import session_dates
from workbench.market.calendars import Calendar
from workbench.market.instruments import Instrument
from workbench.market.specs import COMMON, DAY, SECOND, BarSpec
from workbench.views.chart.history import History
from workbench.views.chart.readers import BarReader

#: A price stands for this many bars after its own, and at least this long (ns); of days and more until this many days
#: later, which spans weekends and holidays. Where the other symbol was silent for longer there is a gap.
HELD_BARS, HELD_LEAST, HELD_DAYS = 3, 900 * SECOND, 5
_END = np.iinfo("i8").max


class Other:
    """One symbol beside that of the chart.

    Parameters
    ----------
    reader, instrument
        Of the other symbol.
    spec
        Bars that are read of it; see ``spec_beside``.
    within
        Whether they are smaller than the chart's own, so that only bars that had ended count.
    """

    def __init__(self, reader: BarReader, instrument: Instrument, spec: BarSpec, *, within: bool) -> None:
        self.reader, self.instrument, self.spec, self.within = reader, instrument, spec, within
        self._times, self._closes, self._keys = np.zeros(0, "i8"), np.zeros(0), np.zeros(0, "i8")
        self._held: tuple[int, int] | None = None
        self._live: Any = None
        self._seen = -1

    def attach(self, hub: Any) -> None:
        """Follow its live bars."""
        self._live = hub.subscribe(self.instrument.symbol, str(self.spec))

    @property
    def attached(self) -> bool:
        """Whether live bars are followed."""
        return self._live is not None

    def close(self) -> None:
        """Let go of the hub."""
        live, self._live = self._live, None
        if live is not None:
            live.close()
        self.reader.close()

    def lived(self) -> bool:
        """Take over what came live; whether there was something."""
        if self._live is None or self._held is None or self._live.version == self._seen:
            return False
        now = self._live.snapshot()
        self._seen = now.version
        for part in (now.closed, now.forming):
            last = self._times[-1] if len(self._times) else np.iinfo("i8").min
            fresh = part[np.searchsorted(part["time"], last) :] if len(part) else part
            if len(fresh):
                keep = int(np.searchsorted(self._times, fresh["time"][0]))
                self._put(
                    np.concatenate([self._times[:keep], fresh["time"]]),
                    np.concatenate([self._closes[:keep], fresh["close"]]),
                )
        return True

    def at(self, history: History, low: int, high: int, calendar: Calendar) -> np.ndarray:
        """Its price (float64) at each bar of ordinals ``low`` to ``high``, NaN where it has none.

        ``calendar`` is that of the chart's own symbol.
        """
        first, last = low - history.first, high - history.first
        times = history.records["time"][first : last + 1]  # one more, which tells when the last one ended
        if last <= first:
            return np.zeros(0)
        self._read(int(times[0]), int(times[-1]))
        if not len(self._times):
            return np.full(last - first, np.nan)
        if self.within:
            ends = times[1:] if len(times) > last - first else np.append(times[1:], _END)
            wanted, since = ends - self.spec.step, times[: last - first]
        else:
            wanted = since = period(times[: last - first], self.spec, calendar)
        found = np.searchsorted(self._keys, wanted, "right") - 1
        known = found >= 0
        out = np.where(known, self._closes[found], np.nan)
        out[known & (since - self._keys[found] > self._hold)] = np.nan
        return out

    @property
    def _hold(self) -> int:
        if self.spec.dated:
            return max(HELD_DAYS * DAY, self.spec.nominal)
        return max(HELD_BARS * self.spec.nominal, HELD_LEAST)

    def _read(self, start: int, end: int) -> None:
        """Have the bars from ``start`` to ``end``; read with room on both sides, so that a small move needs no more."""
        room = self._hold + 2 * self.spec.nominal
        if self._held is not None and self._held[0] <= start - room and end + room <= self._held[1]:
            return
        wide = (end - start) // 2 + room
        self._held = (start - wide - room, end + wide + room)
        bars = self.reader.between(self.spec, *self._held)
        self._put(bars["time"].copy(), bars["close"].copy())
        self._seen = -1
        self.lived()

    def _put(self, times: np.ndarray, closes: np.ndarray) -> None:
        self._times, self._closes = times, closes
        self._keys = times if self.within else period(times, self.spec, self.instrument.calendar)


def spec_beside(history: History, low: int, high: int) -> tuple[BarSpec, bool]:
    """The bars to read of another symbol for those that a chart shows, and whether they are smaller than its own.

    Bars of time have the same ones beside them, and what is made of such bars has their own base. Others have the
    largest common bars of time that are no longer than theirs are on the mean.
    """
    root = history.spec.root
    if root.timed:
        return root, False
    times = history.records["time"][low - history.first : high - history.first]
    pace = (int(times[-1]) - int(times[0])) / max(1, len(times) - 1) if len(times) else 0.0
    fixed = [spec for spec in map(BarSpec.parse, COMMON) if spec.step]
    return next((spec for spec in reversed(fixed) if spec.step <= pace), fixed[0]), True


def period(times: np.ndarray, spec: BarSpec, calendar: Calendar) -> np.ndarray:
    """What bars of two symbols have in common: when they open (ns UTC).

    Of days and more the first date of their time, which is the same for markets of different hours and holidays.
    """
    if not spec.dated:
        return times
    dates = session_dates(times, calendar)
    if spec.unit == "w":
        return dates - (dates // DAY + 3) % 7 * DAY  # 1970-01-01 was a Thursday
    if spec.unit == "mo":
        return dates.view("M8[ns]").astype("M8[M]").astype("M8[ns]").view("i8")
    return dates
