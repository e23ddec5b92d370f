"""Trades in event order, before they are counted.

What happens to prints out of order, the same for all bars of a symbol:

1. Inside of one published batch, prints are put in the order of their event time; those of equal time keep theirs.
2. With a hold (``WORKBENCH_REORDER_MS``, 0 by default) a print waits until one has come that is newer by the hold, or
   until it has waited so long by the clock. What comes meanwhile and is older goes before it, so that disorder between
   batches is mended. Screens are behind by the hold at most.
3. What comes later than that is passed on at once and counted (``HubStatus.disorder``). While its bar is forming it
   counts there, in the order of arrival; a print whose bar is closed is in no bar and counted in
   ``LiveSnapshot.late`` and ``HubStatus.late``. Closed bars never change.
4. Nothing is lost: what waits is passed on by the clock while Redis is away, and at once when the hub stops.

Without a hold the order is a function of what was published, and so the same for every reader. With one it depends on
when a print arrived, as far as prints come later than the hold.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from workbench.market.events import TRADE

_NEVER = np.iinfo(np.int64).min


class Reorder:
    """The prints of one symbol on their way to everybody who looks at it.

    Parameters
    ----------
    hold
        Event time, and time on the clock, that a print waits for older ones, ns.

    ``now`` below is any clock in ns that never goes back. ``disorder`` counts prints passed on behind a newer one.
    """

    def __init__(self, hold: int = 0) -> None:
        self.hold = hold
        self.disorder = 0
        self._held = np.empty(0, TRADE)  # in order
        self._arrivals: deque[tuple[int, int]] = deque()  # (when, newest event time of that arrival)
        self._newest = self._passed = _NEVER  # newest event time seen, and passed on

    def __len__(self) -> int:
        return len(self._held)

    @property
    def due(self) -> int | None:
        """When something will have waited long enough; ``None`` while nothing waits."""
        return self._arrivals[0][0] + self.hold if len(self._held) else None

    def put(self, trades: np.ndarray, ends: np.ndarray, now: int) -> np.ndarray:
        """Take trades over and give those that can go on; ``ends`` says where each published batch ends in them."""
        if not len(trades):
            return self.release(now)
        if not self.hold:
            return self._pass(_ordered(trades, ends))
        newest = int(trades["ts_event"].max())
        self._newest = max(self._newest, newest)
        self._arrivals.append((now, newest))
        self._held = _ordered(np.concatenate([self._held, trades]) if len(self._held) else trades)
        return self.release(now)

    def release(self, now: int) -> np.ndarray:
        """What has waited long enough, in order."""
        if not len(self._held):
            return self._held
        until = self._newest - self.hold
        # Whatever is older than a print whose time has come goes before it, however short it has waited.
        while self._arrivals and (self._arrivals[0][0] + self.hold <= now or self._arrivals[0][1] <= until):
            until = max(until, self._arrivals.popleft()[1])
        return self._take(int(np.searchsorted(self._held["ts_event"], until, "right")))

    def flush(self) -> np.ndarray:
        """Everything that waits, in order."""
        self._arrivals.clear()
        return self._take(len(self._held))

    def _take(self, count: int) -> np.ndarray:
        out, self._held = self._held[:count], self._held[count:]
        return self._pass(out)

    def _pass(self, trades: np.ndarray) -> np.ndarray:
        if len(trades):
            times = trades["ts_event"]
            if times[0] < self._passed or _descends(times):
                reached = np.maximum.accumulate(np.append(self._passed, times))
                self.disorder += int((times < reached[:-1]).sum())
                self._passed = int(reached[-1])
            else:
                self._passed = int(times[-1])
        return trades


def _descends(times: np.ndarray) -> bool:
    return bool((times[1:] < times[:-1]).any())


def _ordered(trades: np.ndarray, ends: np.ndarray | None = None) -> np.ndarray:
    """In order of time, or each of the stretches that end at ``ends`` for itself; ties stay as they are."""
    times = trades["ts_event"]
    descents = np.flatnonzero(times[1:] < times[:-1]) + 1
    if not len(descents) or (ends is not None and np.isin(descents, ends).all()):
        return trades
    if ends is None:
        return trades[np.argsort(times, kind="stable")]
    batch = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    return trades[np.lexsort((times, batch))]
