"""Live bars of one symbol: what screens poll."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.bars import Resampler
from workbench.live.growing import Growing
from workbench.live.join import Join
from workbench.market.events import BAR, FLAG_NO_BAR

_log = logging.getLogger(__name__)

#: Closed bars kept per subscription (16 MB at most); older ones are history and belong to the store.
KEEP_BARS = 200_000


@dataclass(frozen=True, eq=False)
class LiveSnapshot:
    """One consistent look at live bars. Arrays are read-only and never change.

    ``closed`` (BAR) begins with the bar that holds the end of the stored history, ``forming`` (BAR, 0 or 1 row) follows
    it. ``gap`` is the latest stretch (start, end in ns UTC) of which trades are missing. ``join_ns`` is the open of the
    first bar that is ours: history is what lies before it (``None``: there is no history). ``late`` counts prints that
    came after their bar was closed and are in no bar.
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


class BarsNode:
    """The shared state behind equal subscriptions. Written by the hub's reader thread alone."""

    def __init__(self, symbol: str, spec: str, session: str | None, join: Join) -> None:
        self.key = (symbol, spec, session)
        self.symbol = symbol
        self.join = join
        self.ready = threading.Event()
        self.detach: Callable[[], None] | None = None
        self._resampler = Resampler(spec, session=join.session)
        self._closed = Growing(BAR, KEEP_BARS, 256)
        self._last = (float("nan"), 0)
        self._latency = float("nan")
        self._gap: tuple[int, int] | None = None
        self._none = np.empty(0, BAR)
        self.snapshot = LiveSnapshot(0, self._none, self._none, *self._last, self._latency, None, join.start)
        if len(join.prefix):
            self.take(join.prefix, stored=True)

    def take(self, trades: np.ndarray, *, latency_ms: float = float("nan"), stored: bool = False) -> None:
        """Count trades in. Those of the stream that the history already holds are passed over."""
        if not stored and self.join.cut is not None and len(trades):
            trades = trades[trades["ts_event"] >= self.join.cut]
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

    def note_gap(self, start: int, end: int) -> None:
        """Trades of [start, end] are missing."""
        join = self.join.cut
        if join is None or end > join:
            self._gap = (start if join is None else max(start, join), end)
            self._publish()

    def _publish(self) -> None:
        forming = self._resampler.forming_record
        forming = self._none if forming is None else np.array(forming, BAR, ndmin=1)
        forming.flags.writeable = False
        self.snapshot = LiveSnapshot(
            self.snapshot.version + 1, self._closed.view(), forming, *self._last, self._latency, self._gap,
            self.join.start, int(self._resampler.late),
        )  # fmt: skip


class LiveBars:
    """A subscription. Poll ``version``; when it changed, pull ``snapshot()``. Close it when you are done."""

    def __init__(self, node: BarsNode, release: Callable[[LiveBars], None]) -> None:
        self._node, self._release = node, release
        self.symbol, self.spec, self.session = node.key

    @property
    def version(self) -> int:
        """Grows whenever the bars change."""
        return self._node.snapshot.version

    def snapshot(self) -> LiveSnapshot:
        """The bars as they are now; cheap, nothing is copied."""
        return self._node.snapshot

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until what the bus holds of this symbol is counted in; False when that takes longer."""
        return self._node.ready.wait(timeout_s)

    def close(self) -> None:
        """Let go of it; the bars are freed with the last subscription. Safe to call twice."""
        self._release(self)
