"""How long trades are on their way, by stage, and how many come: counted by the hub's reader, read by anybody.

========== ====================== =============================================================================
stage      from                   to
========== ====================== =============================================================================
received   ``ts_event``           ``ts_recv``: the venue's clock to the feed's
published  ``ts_recv``            the entry's ID: the feed's clock to that of Redis, in whole milliseconds
read       the entry's ID         the reader has the entry: Redis's clock to ours, in whole milliseconds
bar        the reader has it      everything made of it is done, bars included
total      ``ts_recv``            the same
========== ====================== =============================================================================

What comes then, until a bar is painted, is counted where charts are: ``views.screen_latency``.

All but ``bar`` are differences of two clocks, and negative where they disagree: that is counted and told as it is. Of
each read about 64 entries are looked at, by their first and last trade.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from workbench.live.codec import Entries
from workbench.market.events import TRADE

STAGES = ("received", "published", "read", "bar", "total")

_MS = 1_000_000
_SHORTEST, _DECADES, _PER_DECADE = 1_000, 9, 50  # 1 us to 1,000 s in steps of 4.7 %
_EDGE = _DECADES * _PER_DECADE + 1  # bin of what is longer than all
#: The last minute, in tens of seconds.
SLICES, SLICE_S = 6, 10.0
_TENTHS = 101  # the last ten seconds in tenths, and the one that is being filled
_SAMPLES = 64  # entries of a read
_FOLD = 2_000  # samples that wait to be counted
_FAR = 2**61  # times beyond it are noise, and their differences would not fit
_SNAPSHOT_S = 0.25

_TIMES = struct.Struct("<qq")  # ts_event and ts_recv, as each trade begins
assert TRADE.fields["ts_event"][1] == 0 and TRADE.fields["ts_recv"][1] == 8


@dataclass(frozen=True)
class Quantiles:
    """One stage over the last minute: quantiles in ms (NaN of nothing), exact to 5 %.

    ``count`` is the number of trades spoken for, ``negative`` how many of them took less than no time, which says that
    two clocks differ.
    """

    p50: float = float("nan")
    p95: float = float("nan")
    p99: float = float("nan")
    count: int = 0
    negative: int = 0


@dataclass(frozen=True)
class LatencySnapshot:
    """One look at everything; never changes.

    ``stages`` are those of ``STAGES``. ``rates`` has trades a second of each symbol over the last (1 s, 10 s), as
    they were read from the bus; ``total`` the same of all. ``at`` is when, ns UTC.

    ``done`` alone is not of that moment but of now: when everything made of a symbol's newest entries was done, bars
    included (ns UTC).
    """

    at: int = 0
    stages: Mapping[str, Quantiles] = field(
        default_factory=lambda: MappingProxyType({stage: Quantiles() for stage in STAGES})
    )
    rates: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}))
    total: tuple[float, float] = (0.0, 0.0)
    done: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


class Histogram:
    """Counts of durations (ns) in bins that grow by 4.7 %, of both signs, over the last minute; 43 KB for ever."""

    def __init__(self) -> None:
        self._counts = np.zeros((SLICES, 2 * _EDGE + 1), np.int64)
        self._slice = 0

    def add(self, durations: np.ndarray, weights: np.ndarray) -> None:
        """Count durations (ns), each ``weights`` times."""
        sizes = np.abs(durations)
        bins = np.ceil(np.log10(np.maximum(sizes, _SHORTEST) / _SHORTEST) * _PER_DECADE).astype(np.intp) + 1
        bins = np.where(sizes < _SHORTEST, 0, np.minimum(bins, _EDGE))
        np.add.at(self._counts[self._slice], _EDGE + np.sign(durations) * bins, weights)

    def turn(self) -> None:
        """Ten seconds have passed: forget the oldest."""
        self._slice = (self._slice + 1) % SLICES
        self._counts[self._slice] = 0

    def quantiles(self) -> Quantiles:
        """p50, p95, p99 of what was added in the last minute: the upper edge of the bin."""
        counts = self._counts.sum(axis=0)
        total = int(counts.sum())
        if not total:
            return Quantiles()
        found = np.searchsorted(np.cumsum(counts), np.ceil(np.array([0.5, 0.95, 0.99]) * total))
        p50, p95, p99 = (_duration(int(place) - _EDGE) / 1e6 for place in found)
        return Quantiles(p50, p95, p99, total, int(counts[:_EDGE].sum()))


def _duration(place: int) -> float:
    """Nanoseconds that a bin stands for; those below a microsecond are none."""
    size = _SHORTEST * 10 ** ((abs(place) - 1) / _PER_DECADE) if place else 0.0
    return size if place > 0 else -size


class Latency:
    """The counts of one reader. All methods are for its thread; ``snapshot`` is for everybody.

    Parameters
    ----------
    clock
        The real time, ns UTC, also where a replay has a time of its own: entry IDs are real.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._done: dict[str, int] = {}
        self.snapshot = LatencySnapshot(done=MappingProxyType(self._done))
        self._clock = clock
        self._histograms = {stage: Histogram() for stage in STAGES}
        self._samples: list[tuple[int, ...]] = []  # ts_event, ts_recv, entry's ID in ms, read at, done at, trades
        self._read_at = 0
        self._every, self._skip = 1, 0  # one entry in so many is looked at; entries until the next
        self._symbols: dict[str, int] = {}
        self._tenths = np.zeros((64, _TENTHS), np.int64)
        self._tenth = clock() // (100 * _MS)
        self._turned, self._shown = clock(), 0

    def begin(self, found: Mapping[str, Entries]) -> None:
        """A read has come back with entries by key."""
        self._read_at = self._clock()
        self._every, self._skip = sum(map(len, found.values())) // _SAMPLES + 1, 0

    def taken(self, symbol: str, entries: Entries) -> None:
        """All that is made of these entries is done."""
        trades = sum(len(fields.get(b"d", b"")) for _, fields in entries) // TRADE.itemsize
        row = self._symbols.get(symbol)
        if row is None:
            row = self._symbols[symbol] = len(self._symbols)
            if row == len(self._tenths):
                self._tenths = np.concatenate([self._tenths, np.zeros_like(self._tenths)])
        self._pass_time()
        self._tenths[row, self._tenth % _TENTHS] += trades
        done = self._done[symbol] = self._clock()
        for one in entries[self._skip :: self._every]:
            self._sample(one, done)
        self._skip = (self._skip - len(entries)) % self._every

    def end(self) -> None:
        """Nothing more was read for now; renews ``snapshot`` four times a second."""
        if len(self._samples) > _FOLD:
            self._fold()
        now = self._clock()
        if abs(now - self._turned) >= SLICE_S * 1e9:
            self._fold()
            self._turned = now
            for one in self._histograms.values():
                one.turn()
        if abs(now - self._shown) >= _SNAPSHOT_S * 1e9:
            self._fold()
            self._show(now)

    def _fold(self) -> None:
        if self._samples:
            events, received, published, read, done, weights = np.array(self._samples, np.int64).T
            events, received = np.clip(events, -_FAR, _FAR), np.clip(received, -_FAR, _FAR)
            published = published * _MS
            # An ID says the millisecond: what was received within it took no time that could be told.
            waited = published - received
            waited = np.where((waited < 0) & (waited > -_MS), 0, waited)
            self._histograms["received"].add(received - events, weights)
            self._histograms["published"].add(waited, weights)
            self._histograms["read"].add(read - published, weights)
            self._histograms["bar"].add(done - read, weights)
            self._histograms["total"].add(done - received, weights)
            self._samples.clear()

    def _sample(self, entry: tuple[bytes, Mapping[bytes, bytes]], done: int) -> None:
        """The first and the last trade of an entry speak for half of it each."""
        entry_id, fields = entry
        data = fields.get(b"d", b"")
        trades = len(data) // TRADE.itemsize
        if fields.get(b"k") != b"trades" or not trades or len(data) != trades * TRADE.itemsize:
            return
        at = int(entry_id.partition(b"-")[0])
        last = trades // 2
        read = self._read_at
        self._samples.append((*_TIMES.unpack_from(data), at, read, done, (trades - last) * self._every))
        if last:
            times = _TIMES.unpack_from(data, len(data) - TRADE.itemsize)
            self._samples.append((*times, at, read, done, last * self._every))

    def _pass_time(self) -> None:
        tenth = self._clock() // (100 * _MS)
        passed = tenth - self._tenth
        if passed:
            # A clock that was set back begins anew.
            stale = range(self._tenth + 1, tenth + 1) if 0 < passed < _TENTHS else range(_TENTHS)
            self._tenths[:, [one % _TENTHS for one in stale]] = 0
            self._tenth = tenth

    def _show(self, now: int) -> None:
        self._pass_time()
        self._shown = now
        recent = [(self._tenth - back) % _TENTHS for back in range(1, _TENTHS)]
        counts = self._tenths[: len(self._symbols)]
        seconds = np.stack([counts[:, recent[:10]].sum(axis=1), counts[:, recent].sum(axis=1) / 10], axis=1)
        rates = dict(zip(self._symbols, map(tuple, seconds.tolist()), strict=True))
        stages = {stage: one.quantiles() for stage, one in self._histograms.items()}
        total = tuple(seconds.sum(axis=0).tolist())
        self.snapshot = LatencySnapshot(
            now, MappingProxyType(stages), MappingProxyType(rates), total, MappingProxyType(self._done)
        )
