"""Bars of one symbol and spec: a stretch that grows at both ends. Older bars get smaller ordinals; nothing shifts."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from workbench.bars import bars_from_bars
from workbench.market.calendars import Calendar
from workbench.market.events import BAR
from workbench.market.specs import BarSpec

#: Bars fetched at a time, and bars held by a session at most (1.8 MB).
CHUNK, HELD = 1_000, 20_000


class BarReader(Protocol):
    """Where bars come from. Times are ns UTC; results are BAR records in time order."""

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        """The newest ``n`` bars with time < ``before``."""

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        """Bars with time in [start, end)."""

    def coverage(self) -> tuple[int, int] | None:
        """First and last instant there is; None when there is nothing."""


class CatalogBars(BarReader):
    """Bars of ``symbol`` from a market catalog."""

    def __init__(self, catalog: Any, symbol: str) -> None:
        self.catalog, self.symbol = catalog, symbol

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        """As ``BarReader.latest``."""
        return self.catalog.latest_bars(self.symbol, str(spec), n, _instant(before))

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        """As ``BarReader.between``."""
        return self.catalog.bar_records(self.symbol, str(spec), _instant(start), _instant(end))

    def coverage(self) -> tuple[int, int] | None:
        """As ``BarReader.coverage``."""
        return self.catalog.coverage(self.symbol)


class FrameBars(BarReader):
    """Bars that somebody already has; coarser specs are resampled from them."""

    def __init__(self, records: np.ndarray, spec: BarSpec, calendar: Calendar) -> None:
        self._own, self._calendar = spec, calendar
        self._made = {str(spec): records}

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        """As ``BarReader.latest``."""
        bars = self._bars(spec)
        end = len(bars) if before is None else int(np.searchsorted(bars["time"], before))
        return bars[max(0, end - n) : end]

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        """As ``BarReader.between``."""
        bars = self._bars(spec)
        low, high = np.searchsorted(bars["time"], [start, end])
        return bars[low:high]

    def coverage(self) -> tuple[int, int] | None:
        """As ``BarReader.coverage``."""
        times = self._made[str(self._own)]["time"]
        return (int(times[0]), int(times[-1])) if len(times) else None

    def _bars(self, spec: BarSpec) -> np.ndarray:
        if str(spec) not in self._made:
            self._made[str(spec)] = bars_from_bars(self._made[str(self._own)], spec, self._calendar)
        return self._made[str(spec)]


class History:
    """A contiguous stretch of bars.

    ``records[i]`` has ordinal ``first + i``. ``at_start`` and ``at_end`` say that there is nothing beyond.
    """

    def __init__(self, reader: BarReader, spec: BarSpec) -> None:
        self.reader, self.spec = reader, spec
        self.records, self.first = np.zeros(0, BAR), 0
        self.at_start = self.at_end = False

    def __len__(self) -> int:
        return len(self.records)

    @property
    def stop(self) -> int:
        """Ordinal after the newest bar held."""
        return self.first + len(self.records)

    def open(self, *, before: int | None = None, n: int = CHUNK) -> History:
        """Start from the newest bars, or from those before an instant (ns UTC). Returns itself."""
        self.records = self.reader.latest(self.spec, n, before)
        self.at_start, self.at_end = len(self.records) < n, before is None
        self.first = -len(self.records)
        if not len(self.records) and before is not None:
            return self.open_start(n)
        if not self.at_end and len(self.records) < n:
            self.newer(n - len(self.records))
        return self

    def open_start(self, n: int = CHUNK) -> History:
        """Start from the oldest bars. Returns itself."""
        covered = self.reader.coverage()
        self.records, self.first, self.at_start, self.at_end = np.zeros(0, BAR), 0, True, covered is None
        if covered is not None:
            # A session's bar is stamped with its open, which may lie before its first print.
            self._fetch_newer(covered[0] - 2 * self.spec.nominal, n, covered[1])
        return self

    def older(self, n: int = CHUNK) -> bool:
        """Fetch up to ``n`` bars before the stretch; whether there were any."""
        if self.at_start or not len(self.records):
            return False
        more = self.reader.latest(self.spec, n, int(self.records["time"][0]))
        self.at_start = len(more) < n
        if not len(more):
            return False
        self.records = np.concatenate([more, self.records])
        self.first -= len(more)
        if len(self.records) > HELD:
            self.records, self.at_end = self.records[:HELD], False
        return True

    def newer(self, n: int = CHUNK) -> bool:
        """Fetch up to about ``n`` bars after the stretch; whether there were any."""
        if self.at_end or not len(self.records):
            return False
        covered = self.reader.coverage()
        before = len(self.records)
        self._fetch_newer(int(self.records["time"][-1]) + 1, n, covered[1] if covered else 0)
        added = len(self.records) - before
        if len(self.records) > HELD:
            cut = len(self.records) - HELD
            self.records, self.first, self.at_start = self.records[cut:], self.first + cut, False
        return added > 0

    def _fetch_newer(self, start: int, n: int, last: int) -> None:
        span = n * self.spec.nominal
        while start <= last:  # nights, holidays and pauses may leave a step empty
            end = start + span
            more = self.reader.between(self.spec, start, end)
            self.records = np.concatenate([self.records, more])
            if end > last:
                break
            if len(more):
                return
            start, span = end, span * 4
        self.at_end = True

    def join(self, closed: np.ndarray, forming: np.ndarray) -> int | None:
        """Take over live bars; they replace bars of equal time. Ordinal of the first bar that may differ, or None."""
        if not self.at_end:
            return None
        last = self.records["time"][-1] if len(self.records) else np.iinfo("i8").min
        fresh = [part[np.searchsorted(part["time"], last) :] for part in (closed, forming) if len(part)]
        fresh = [part for part in fresh if len(part)]
        if not fresh:
            return None
        new = np.concatenate(fresh)
        keep = int(np.searchsorted(self.records["time"], new["time"][0]))
        self.records = np.concatenate([self.records[:keep], new])
        return self.first + keep

    def times(self, start: float, end: float) -> tuple[int, int]:
        """Instants at two ordinals; outside of the stretch by its mean pace."""
        stamps, n = self.records["time"], len(self.records)
        pace = (stamps[-1] - stamps[0]) / (n - 1) if n > 1 else self.spec.nominal

        def at(ordinal: float) -> int:
            index = ordinal - self.first
            if index < 0:
                return int(stamps[0] + index * pace)
            return int(stamps[-1] + (index - n + 1) * pace) if index > n - 1 else int(stamps[int(index)])

        return at(start), at(end)

    def ordinal(self, instant: int) -> float:
        """Ordinal of the bar that holds an instant."""
        return self.first + float(np.searchsorted(self.records["time"], instant, "right")) - 1


def _instant(ns: int | None) -> Any:
    return None if ns is None else np.datetime64(ns, "ns")
