"""Bars that time does not cut: of trades, session by session where the kind begins anew with each, and of other bars.

Kinds that carry on for ever (Renko, Heikin Ashi, line break ...) are made from the beginning of the data, and kept in
memory for as long as the data is the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from workbench.bars import record_dtype
from workbench.bars.makers import maker
from workbench.catalog import output, schema
from workbench.catalog.manifest import Part
from workbench.catalog.rollups import whole_stretches
from workbench.catalog.tape import Tape
from workbench.catalog.time_bars import TimeBars
from workbench.market.calendars import Calendar
from workbench.market.specs import DAY, SECOND, BarSpec

_KEPT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class RunBars:
    """Bars of trades of a kind that begins anew with each run of ``sessions`` (``Calendar.runs``)."""

    spec: BarSpec
    sessions: Calendar
    tape: Tape

    @property
    def dtype(self) -> np.dtype:
        """Of its records."""
        return record_dtype(self.spec)

    @property
    def first(self) -> int:
        """No bar begins before (ns)."""
        return self.tape.first

    @property
    def until(self) -> int:
        """Exclusive end of the time there is (ns)."""
        return self.tape.until

    def between(self, start: int | None, end: int | None) -> np.ndarray:
        """Bars with time in [start, end) (ns), each whole."""
        low = self.first if start is None else max(start, self.first)
        high = self.until if end is None else min(end, self.until)
        return output.cut(self._made(self._runs(low, high)), start, end)

    def newest(self, n: int, before: int | None) -> np.ndarray:
        """The newest ``n`` bars with time < ``before`` (ns), reading back run by run."""
        end = self.until if before is None else min(before, self.until)
        runs = self._runs(end - 1, end)
        stop, span, pieces, count = int(runs[-1]) if len(runs) else end, 1, [np.empty(0, self.dtype)], 0
        while count < n and stop > self.first:
            low = max(end - span, self.first)
            span = max(2 * span, DAY)
            if low >= stop:  # a weekend, say, that is one run with the session before
                continue
            runs = self._runs(low, stop)
            pieces.append(output.cut(self._made(runs), None, end))
            count += len(pieces[-1])
            stop = min(int(runs[0]), low) if len(runs) else low
        return np.concatenate(pieces[::-1])[-n:]

    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """All bars that are complete, and the one that is not."""
        return self.tape.bars(self.spec, self.sessions, self.tape.first, self.tape.until)

    def origin(self) -> tuple[Hashable, tuple[Part, ...]] | None:
        """As for ``TimeBars``."""
        return _origin(self.spec, self.sessions, self.tape)

    def cuts(self, start: int | None, end: int | None) -> list[int]:
        """Edges of Dask partitions, each the beginning of a run."""
        low = self.first if start is None else max(start, self.first)
        high = self.until if end is None else min(end, self.until)
        if low >= high:
            return [low, low + 1]
        inside = [edge for edge in self.tape.portions(self._runs(low, high)) if low < edge < high]
        return [low, *inside, high]

    def _runs(self, start: int, end: int) -> np.ndarray:
        """Where the runs that touch [start, end) begin, and where the last one ends."""
        if start >= end:
            return np.empty(0, np.int64)
        windows = self.sessions.runs(start, end - 1)
        span = whole_stretches(windows, start, end)
        if span is None:
            return np.empty(0, np.int64)
        begins = np.unique(windows.stamp)
        return np.append(begins[(begins >= span[0]) & (begins < span[1])], span[1])

    def _made(self, runs: np.ndarray) -> np.ndarray:
        if not len(runs):
            return np.empty(0, self.dtype)
        bars = self.tape.bars(self.spec, self.sessions, int(runs[0]), int(runs[-1]))
        return schema.joined(list(bars), self.dtype)


@dataclass(frozen=True)
class RunningBars:
    """Bars of a kind that carries on across sessions: of trades, or of the bars of ``base``."""

    spec: BarSpec
    sessions: Calendar
    base: Tape | TimeBars | RunBars | RunningBars

    @property
    def dtype(self) -> np.dtype:
        """Of its records."""
        return record_dtype(self.spec)

    @property
    def first(self) -> int:
        """No bar begins before (ns)."""
        return self.base.first

    @property
    def until(self) -> int:
        """Exclusive end of the time there is (ns), with room for bricks of one price, which are 1 ns apart."""
        return self.base.until + SECOND

    def between(self, start: int | None, end: int | None) -> np.ndarray:
        """Bars with time in [start, end) (ns), each whole."""
        return np.concatenate([output.cut(bars, start, end) for bars in self.whole()])

    def newest(self, n: int, before: int | None) -> np.ndarray:
        """The newest ``n`` bars with time < ``before`` (ns)."""
        return np.concatenate([output.cut(bars, None, before)[-n:] for bars in self.whole()])[-n:]

    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """All bars that are complete, and the one that is not, none or one record. Not to be written to."""
        origin = self.origin()
        if origin is None:
            return self._made()
        key, version = origin
        known = _kept.get(key, version)
        if known is None:
            known = self._made()
            _kept.put(key, version, known)
        return known

    def origin(self) -> tuple[Hashable, tuple[Part, ...]] | None:
        """As for ``TimeBars``."""
        if isinstance(self.base, Tape):
            return _origin(self.spec, self.sessions, self.base)
        below = self.base.origin()
        return below and ((self.spec, below[0]), below[1])

    def cuts(self, start: int | None, end: int | None) -> list[int]:
        """Edges of Dask partitions: one partition, for all of it is made at once."""
        low = self.first if start is None else start
        high = self.until if end is None else end
        return [low, max(high, low + 1)]

    def _made(self) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(self.base, Tape):
            return self.base.bars(self.spec, self.sessions, self.base.first, self.base.until)
        return maker(self.spec, self.sessions).whole_bars(*self.base.whole())


def _origin(spec: BarSpec, sessions: Calendar, tape: Tape) -> tuple[Hashable, tuple[Part, ...]] | None:
    if tape.shelf.key is None:
        return None
    return (tape.shelf.key, spec, sessions, tape.middle), tape.shelf.parts()


class _Memo:
    """Bars by what names them, while their data is the same; those asked for last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self._held: OrderedDict[Hashable, tuple[object, tuple[np.ndarray, np.ndarray]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, version: object) -> tuple[np.ndarray, np.ndarray] | None:
        """What is kept under ``key``, if it was made from data of this ``version``."""
        with self._lock:
            found = self._held.get(key)
            if found is None or found[0] != version:
                return None
            self._held.move_to_end(key)
            return found[1]

    def put(self, key: Hashable, version: object, bars: tuple[np.ndarray, np.ndarray]) -> None:
        """Keep bars, and let go of the ones not asked for the longest."""
        with self._lock:
            if key in self._held:
                self.bytes -= sum(one.nbytes for one in self._held.pop(key)[1])
            size = sum(one.nbytes for one in bars)
            if size > self.limit:
                return
            self._held[key] = version, bars
            self.bytes += size
            while self.bytes > self.limit:
                self.bytes -= sum(one.nbytes for one in self._held.popitem(last=False)[1][1])


_kept = _Memo(_KEPT_BYTES)
