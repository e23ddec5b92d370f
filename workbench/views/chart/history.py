"""Bars of one symbol and spec: a stretch that grows at both ends. Older bars get smaller ordinals; nothing shifts."""

from __future__ import annotations

import numpy as np

from workbench.bars import record_dtype
from workbench.charts.candles import MAX_BARS
from workbench.market.specs import BarSpec
from workbench.views.chart.readers import BarReader

#: Bars fetched at a time, and bars held by a session at most (1.8 MB).
CHUNK, HELD = 1_000, 20_000
#: Bars whose pace says how far to read ahead.
PACE = 400
#: Bars of one instant are stamped 1 ns apart, so the last may lie behind the end of the data (ns).
_BEHIND = 1_000_000


class History:
    """A contiguous stretch of bars.

    ``records[i]`` has ordinal ``first + i``. ``at_start`` and ``at_end`` say that there is nothing beyond.
    """

    def __init__(self, reader: BarReader, spec: BarSpec) -> None:
        self.reader, self.spec = reader, spec
        self.records, self.first = np.zeros(0, record_dtype(spec)), 0
        self.at_start = self.at_end = False
        self._formed = False  # whether the newest bar is a forming one, which may yet turn into nothing

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
        self.records, self.first = self.records[:0], 0
        self.at_start, self.at_end = True, covered is None
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

    def ahead(self, start: float, end: float) -> None:
        """Read on at both sides of a window (ordinals) that rests, while there is room; nothing that is held goes."""
        span = max(CHUNK, int(2 * (end - start)))
        for near, read in ((start - span < self.first, self.older), (end + span > self.stop, self.newer)):
            if near and len(self.records) + 2 * span <= HELD:
                read(span)

    def _fetch_newer(self, start: int, n: int, last: int) -> None:
        """Read on from ``start`` until there are about ``n`` bars more, in steps that follow the pace of the bars."""
        span, parts, got = int(n * self._pace()), [self.records], 0
        last += _BEHIND
        self.at_end = True
        while start <= last and got < n:  # nights, holidays and pauses may leave a step empty
            end = start + span
            more = self.reader.between(self.spec, start, end)
            if got + len(more) > 2 * n:
                more, end = more[: n - got], int(more["time"][n - got - 1]) + 1
            parts.append(more)
            got += len(more)
            self.at_end = end > last
            start, span = end, span * (2 if 4 * got > n else 4)
        self.records = np.concatenate(parts) if len(parts) > 1 else self.records

    def _pace(self) -> float:
        """Nanoseconds from bar to bar, of the newest that are held; the spec's guess while there are too few."""
        stamps = self.records["time"][-PACE:]
        return max(1.0, (stamps[-1] - stamps[0]) / (len(stamps) - 1)) if len(stamps) > 20 else self.spec.nominal

    def join(self, closed: np.ndarray, forming: np.ndarray) -> int | None:
        """Take over live bars; they replace bars of equal time. Ordinal of the first bar that may differ, or None."""
        if not self.at_end:
            return None
        last = self.records["time"][-1] if len(self.records) else np.iinfo("i8").min
        fresh = [part[np.searchsorted(part["time"], last) :] for part in (closed, forming) if len(part)]
        fresh = [part for part in fresh if len(part)]
        if fresh:
            new = np.concatenate(fresh)
            keep = int(np.searchsorted(self.records["time"], new["time"][0]))
            self.records = np.concatenate([self.records[:keep], new])
        elif self._formed and not len(forming):
            # A brick that was forming when the price came back: there is none now.
            keep = len(self.records) - 1
            self.records = self.records[:keep]
        else:
            return None
        self._formed = len(forming) > 0
        return self.first + keep

    def around(self, start: float, end: float, *, least: int = 900) -> tuple[int, int]:
        """Ordinals (from, to) of the bars to hold in the browser for a window: those in it and some on both sides."""
        want = min(MAX_BARS, max(least, int(3 * (end - start))))
        low = int((start + end - want) / 2)
        high = low + want
        if high > self.stop:  # the newest bars are always the ones that change
            low, high = max(self.first, self.stop - want), self.stop
        low = max(self.first, low)
        return low, min(self.stop, max(high, low + want))

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
