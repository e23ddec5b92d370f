"""Live bars of one symbol: what screens poll."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from workbench.bars import Resampler, record_dtype
from workbench.errors import DataError
from workbench.live.growing import Growing
from workbench.live.join import Join
from workbench.market.events import FLAG_NO_BAR

#: Closed bars kept per subscription (about 20 MB at most); older ones are history and belong to the store.
KEEP_BARS = 200_000

_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class LiveSnapshot:
    """One consistent look at live bars. Arrays are read-only and never change.

    ``closed`` and ``forming`` (0 or 1 row) are records of ``bars.record_dtype(spec)``. ``join_ns`` is where ours begin:
    history is the bars with a time before it, and with ours after it they are all bars (``None``: there is no history,
    or it is still being read). That is the open of the bar that holds the end of the stored history; for kinds that
    begin anew with each session the begin of the session; for kinds that depend on everything before, the bar that was
    forming when all was counted in that is certainly over.

    ``gap`` is the latest stretch (start, end in ns UTC) of which trades are missing. ``late`` counts prints that came
    after their bar was closed and are in no bar; see ``live.reorder`` for what happens to prints out of order.

    ``began`` tells computations apart: it is another number when all bars were made anew, as when a replay goes back in
    time. Bars, and a ``join_ns``, of different numbers do not belong together.
    """

    version: int
    closed: np.ndarray
    forming: np.ndarray
    last_price: float
    last_event_ns: int
    latency_ms: float
    gap: tuple[int, int] | None
    join_ns: int | None = None
    late: int = 0
    began: int = 0


class BarsNode:
    """The shared state behind equal subscriptions.

    ``begin`` takes in what is stored, in any thread, before the node is attached; from then on the hub's reader thread
    alone writes. ``begun`` is set when that is done (or failed: ``error``), ``ready`` when the bus is counted in too.
    """

    def __init__(self, symbol: str, spec: str, session: str | None) -> None:
        self.key = (symbol, spec, session)
        self.symbol = symbol
        self.join: Join | None = None
        self.begun, self.ready = threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.detach: Callable[[], None] | None = None
        self._join_ns: int | None = None
        self._resampler: Resampler | None = None
        none = np.empty(0, record_dtype(spec))
        self._closed = Growing(none.dtype, KEEP_BARS, 256)
        self._last = (float("nan"), 0)
        self._latency = float("nan")
        self._gap: tuple[int, int] | None = None
        self._began = next(_numbers)
        self._renewed = False
        self.snapshot = LiveSnapshot(0, none, none, *self._last, self._latency, None, began=self._began)

    def begin(
        self, join: Join, before: Iterable[np.ndarray], first: Iterable[np.ndarray], *, going: Callable[[], bool]
    ) -> bool:
        """Take in what bars carry on from, and the first trades; see ``join``. False when ``going`` said no."""
        self._resampler = Resampler(join.spec, session=join.session)
        take = self._resampler.update_bars if join.before == "bars" else self._resampler.update_records
        join_ns, started, final, held = join.start, False, None, None
        for records in before:
            if not going():
                return False
            if not len(records):
                continue
            if not started:
                join_ns, started = int(records[records.dtype.names[0]][0]), True
            if join.before == "bars":
                # The last bar that is stored may not be over, for all that the catalog knows: what it ends is ours.
                parts = [records[:-1]] if held is None else [held, records[:-1]]
                records, held = np.concatenate(parts), records[-1:]
            closed = take(records)
            final = int(closed["time"][-1]) if len(closed) else final
        forming = self._resampler.forming_record
        if len(forming):
            join_ns = int(forming["time"][0])
        elif final is not None:
            join_ns = final + 1
        self.join, self._join_ns = join, join_ns
        if held is not None:
            self._closed.append(take(held))
        if join.before != "nothing":
            self._publish()
        else:  # nobody need look again where there is nothing to see
            self.snapshot = replace(self.snapshot, join_ns=join_ns)
        for trades in first:
            if not going():
                return False
            self._count(trades)
        self.begun.set()
        return True

    def fail(self, error: Exception) -> None:
        """What is stored cannot be read: whoever looks is told so."""
        self.error = error
        self.snapshot = replace(self.snapshot, version=self.snapshot.version + 1)
        self.begun.set()
        self.ready.set()

    def take(self, trades: np.ndarray, *, latency_ms: float = float("nan")) -> None:
        """Count trades of the stream in. Those that the history already holds are passed over."""
        if self.join.cut is not None and len(trades):
            new = trades["ts_event"] >= self.join.cut
            trades = trades if new.all() else trades[new]
        self._count(trades, latency_ms)

    def _count(self, trades: np.ndarray, latency_ms: float = float("nan")) -> None:
        if not len(trades):
            return
        closed = self._resampler.update_records(np.ascontiguousarray(trades))
        if len(closed):
            self._closed.append(closed)
        priced = np.flatnonzero((trades["flags"] & FLAG_NO_BAR) == 0)
        if len(priced):
            last = trades[priced[-1]]
            self._last = (float(last["price"]), int(last["ts_event"]))
        self._latency = latency_ms
        self._publish()

    @property
    def traded(self) -> bool:
        """Whether trades were counted in."""
        return self._last[1] > 0

    def renew(self, bars: np.ndarray) -> None:
        """Show bars as they are stored now, from the one that was the last on; the last may change once more.

        For a symbol that nobody sends trades of.
        """
        if not self._renewed:
            self._renewed, self._join_ns = True, int(bars["time"][0])
            self._closed = Growing(bars.dtype, KEEP_BARS, 256)
        self._closed.append(bars[:-1])
        self.snapshot = replace(
            self.snapshot, version=self.snapshot.version + 1, closed=self._closed.view(),
            forming=_read_only(bars[-1:]), last_price=float(bars["close"][-1]), join_ns=self._join_ns,
        )  # fmt: skip

    def note_gap(self, start: int, end: int) -> None:
        """Trades of [start, end] are missing."""
        cut = self.join.cut
        if cut is None or end > cut:
            self._gap = (start if cut is None else max(start, cut), end)
            self._publish()

    @property
    def resampler(self) -> Resampler | None:
        """What makes the bars; ``None`` before ``begin``."""
        return self._resampler

    def _publish(self) -> None:
        self.snapshot = LiveSnapshot(
            self.snapshot.version + 1, self._closed.view(), _read_only(self._resampler.forming_record), *self._last,
            self._latency, self._gap, self._join_ns, int(self._resampler.late), self._began,
        )  # fmt: skip


class LiveBars:
    """A subscription. Poll ``version``; when it changed, pull ``snapshot()``. Close it when you are done."""

    def __init__(self, node: BarsNode, release: Callable[[LiveBars], None]) -> None:
        self._node, self._release = node, release
        #: Grows when all bars were made anew, as when a replay goes back in time: bars seen before may be no more.
        self.epoch = 0
        self.symbol, self.spec, self.session = node.key

    def follow(self, node: BarsNode) -> None:
        """Show these bars from now on: the world that the others were of has another epoch (the hub calls this)."""
        self._node = node
        self.epoch += 1

    @property
    def version(self) -> int:
        """Grows whenever the bars change."""
        return self._node.snapshot.version

    def snapshot(self) -> LiveSnapshot:
        """The bars as they are now; cheap, nothing is copied.

        Raises
        ------
        DataError
            The history that the bars carry on from cannot be read; subscribe again when it is mended.
        """
        node = self._node
        if node.error is not None:
            raise DataError(f"live bars {self.spec} of {self.symbol} cannot begin: {node.error}") from node.error
        return node.snapshot

    def wait_begun(self, timeout_s: float | None = None) -> bool:
        """Wait until what is stored of this symbol is counted in; bars that depend on all of it take their time."""
        return self._wait(lambda node: node.begun, timeout_s)

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until what the bus holds of this symbol is counted in too; False when that takes longer."""
        return self._wait(lambda node: node.ready, timeout_s)

    def _wait(self, event: Callable[[BarsNode], threading.Event], timeout_s: float | None) -> bool:
        """Wait for an event of our bars; where others took their place meanwhile, for that of the others."""
        while True:
            node = self._node
            done = event(node).wait(timeout_s)
            if not done or node is self._node:
                return done

    def close(self) -> None:
        """Let go of it; the bars are freed with the last subscription. Safe to call twice."""
        self._release(self)


def _read_only(records: np.ndarray) -> np.ndarray:
    records = records.copy()
    records.flags.writeable = False
    return records
