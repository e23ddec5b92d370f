"""Publishing so that every trade reaches the stream once, in order, whatever happens to Redis meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from workbench.errors import BusError, DataError
from workbench.live.backoff import Backoff
from workbench.live.bus import Bus, BusRefused, keep_entries, key_of
from workbench.live.codec import Batch, Producer, joined
from workbench.market.events import DTYPES

_log = logging.getLogger(__name__)

#: An entry is sent when it holds so many records, or when its first has waited so long. Up to 256,000 trades/s the wait
#: bounds the latency, above it the size bounds the entry (18 KB).
FLUSH_ROWS, FLUSH_MS = 512, 2.0

#: Sent records kept per symbol to be sent again: a Redis that syncs every second loses about the last second.
RING_S, RING_ROWS = 60.0, 200_000

#: Records per symbol that wait while Redis is away (35 MB of trades); past it the oldest are lost and counted.
WAITING_ROWS = 1_000_000

_CUT_S = 60.0  # between two looks at how old the streams are
_BATCHES_A_TRIP = 8  # per symbol, so that one that is far behind does not hold up the others


@dataclass(frozen=True)
class Tail:
    """Where the stream of a symbol ends, as far as this producer is concerned.

    ``next`` is the number its next record gets; the newest record is of ``last_event`` (ns UTC), as are ``ties``
    records in all.
    """

    producer: Producer
    next: int
    last_event: int
    ties: int


_Chunks = deque[tuple[int, float, np.ndarray]]  # (first number, added at, records)


@dataclass
class _Outbox:
    producer: Producer
    next: int
    sent: int
    unsent: _Chunks = field(default_factory=deque)  # the first of them may be sent in part
    ring: _Chunks = field(default_factory=deque)  # what was sent, and may have to be sent again
    rows: int = 0
    stored_rows: int = 0
    stored_entries: int = 0
    waiting_since: float = 0.0

    @property
    def first(self) -> int:
        """Number of the oldest record that is kept."""
        return (self.ring or self.unsent or ((self.next,),))[0][0]

    def sort(self) -> None:
        """Have the chunks lie where ``sent`` says."""
        while self.unsent and _end(self.unsent[0]) <= self.sent:
            self.ring.append(self.unsent.popleft())
        while self.ring and _end(self.ring[-1]) > self.sent:
            self.unsent.appendleft(self.ring.pop())


def _end(chunk: tuple[int, float, np.ndarray]) -> int:
    return chunk[0] + len(chunk[2])


class Publisher:
    """Buffers records and appends them to the bus from a thread of its own.

    Parameters
    ----------
    bus
        A bus of its own (not shared with a reader), or its address.
    name
        Stable name of the producer, the same after a restart: ``"synthetic:7"``.
    kind
        What is published; one of ``market.events.DTYPES``.

    Records are numbered per symbol. When the connection was lost, the last entry stored in each stream tells what
    Redis has: neither an append whose reply was lost is repeated, nor a tail that Redis lost left out (as long as it
    is in the ring). ``lost`` counts records that could not be kept; readers see them as a gap.
    """

    def __init__(
        self, bus: Bus | str, name: str, *, kind: str = "trades", max_rows: int = FLUSH_ROWS, max_ms: float = FLUSH_MS
    ) -> None:
        self._bus = Bus(bus) if isinstance(bus, str) else bus
        self.name, self.kind = name, kind
        self.lost = 0
        self.error: str | None = None
        self._max_rows, self._max_s = max_rows, max_ms / 1e3
        self._out: dict[str, _Outbox] = {}
        self._waiting: dict[str, _Outbox] = {}  # those with something to send, who has waited longest first
        self._full = False  # whether one of them need not wait longer
        self._changed = threading.Condition()
        self._stopping = self._flushing = False
        self._synced = True
        self._cut = float("-inf")  # when streams were last cut by age
        self._thread = threading.Thread(target=self._run, name=f"workbench-publisher-{name}", daemon=True)
        self._thread.start()

    def tail(self, symbol: str) -> Tail | None:
        """What the stream holds of ours, read from Redis now; ``None`` when that is nothing.

        Raises
        ------
        BusError
            Redis cannot be reached.
        """
        rows = 1
        while True:
            entries = self._bus.tail(self.kind, symbol, name=self.name, rows=rows)
            if not entries:
                return None
            stamp = DTYPES[self.kind].names[0]
            times = np.concatenate([batch.records[stamp] for _, batch in entries])
            last = int(times[-1])
            ties = int((times == last).sum())
            if ties < len(times) or len(times) < rows:
                batch = entries[-1][1]
                producer = Producer.parse(batch.producer)
                return Tail(producer, batch.end, last, ties)
            rows = 2 * max(rows, len(times))

    def begin(self, symbol: str, since: int, *, after: Tail | None = None) -> None:
        """Say what comes: everything from ``since`` (ns UTC) on, in a new sequence; or what follows ``after``."""
        with self._changed:
            self._waiting.pop(symbol, None)
            if after is None:
                self._out[symbol] = _Outbox(Producer.start(self.name, since), 0, 0)
            else:
                self._out[symbol] = _Outbox(after.producer, after.next, after.next)

    def publish(self, symbol: str, records: np.ndarray) -> None:
        """Take records over, in time order; they are sent soon. Never waits for Redis.

        A symbol that was not begun starts a sequence with its first record: what came before may be missing.
        """
        if records.dtype != DTYPES[self.kind]:
            raise DataError(f"{self.kind} must have dtype {DTYPES[self.kind]}, got {records.dtype}")
        if not len(records):
            return
        records = records.copy()
        now = time.monotonic()
        with self._changed:
            if self._stopping:
                raise BusError(f"publisher {self.name!r} was closed")
            out = self._out.get(symbol)
            if out is None:
                since = int(records[DTYPES[self.kind].names[0]][0])
                out = self._out[symbol] = _Outbox(Producer.start(self.name, since), 0, 0)
            out.unsent.append((out.next, now, records))
            out.next += len(records)
            out.rows += len(records)
            self._trim(out, now)
            idle, full = not self._waiting, out.next - out.sent >= self._max_rows
            if symbol not in self._waiting:
                self._settle(symbol, out, now)
            if idle or (full and not self._full):
                # Otherwise the sender knows already until when to wait.
                self._full |= full
                self._changed.notify_all()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Send what waits; True when Redis has taken it all."""
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._waiting, timeout_s)
            self._flushing = False
            return done

    def resync(self, timeout_s: float = 5.0) -> bool:
        """Look at what the streams really hold, and send what is missing; True when Redis has it all.

        For who knows of a restart of Redis before we do.
        """
        with self._changed:
            self._synced, self._flushing = False, True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: self._synced and not self._waiting, timeout_s)
            self._flushing = False
            return done

    @property
    def url(self) -> str:
        """Address of the bus."""
        return self._bus.url

    @property
    def waiting(self) -> int:
        """Records not yet taken by Redis."""
        with self._changed:
            return sum(out.next - out.sent for out in self._waiting.values())

    def close(self, timeout_s: float = 2.0) -> bool:
        """Flush for up to ``timeout_s`` and end the thread; True when everything was sent. Safe to call twice."""
        done = self.flush(timeout_s) if self._thread.is_alive() else not self.waiting
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout=10)
        self._bus.close()
        return done

    # -- the sending thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        backoff = Backoff()
        while True:
            with self._changed:
                if not self._stopping and not self._due():
                    self._changed.wait(self._patience())
                if self._stopping:
                    return
                if not self._due():
                    continue
            try:
                if not self._synced:
                    self._sync()
                    self._synced = True
                self._send()
                backoff.reset()
                self.error = None
            except BusError as error:
                self._failed(str(error), backoff)
            except Exception as error:  # the only sender must not end
                _log.exception("publisher %s met a fault", self.name)
                self._failed(f"{type(error).__name__}: {error}", backoff)

    def _failed(self, message: str, backoff: Backoff) -> None:
        self.error, self._synced = message, False
        self._bus.close()
        with self._changed:
            deadline = time.monotonic() + backoff.next()
            self._changed.wait_for(lambda: self._stopping or time.monotonic() >= deadline, deadline - time.monotonic())

    def _due(self) -> bool:
        """True when a batch is full or has waited long enough (or we are behind after an outage)."""
        if not self._synced or not self._waiting:
            return not self._synced
        return self._full or self._flushing or time.monotonic() - self._oldest >= self._max_s

    def _patience(self) -> float | None:
        return max(self._oldest + self._max_s - time.monotonic(), 0.0005) if self._waiting else None

    @property
    def _oldest(self) -> float:
        return next(iter(self._waiting.values())).waiting_since

    def _send(self) -> None:
        with self._changed:
            work = [(symbol, out, batch) for symbol, out in self._waiting.items() for batch in self._batches(out)]
        replies = self._bus.publish_many(
            [(key_of(self.kind, symbol), batch, self._keep(out)) for symbol, out, batch in work]
        )
        refused: BusRefused | None = None
        with self._changed:
            for (_, out, batch), reply in zip(work, replies, strict=True):
                if isinstance(reply, BusRefused) or batch.seq != out.sent:
                    # What follows a refused batch was stored out of its place: readers must not see that hidden.
                    refused = refused or (reply if isinstance(reply, BusRefused) else None)
                    continue
                out.sent = batch.end
                out.stored_rows += len(batch.records)
                out.stored_entries += 1
            now = time.monotonic()
            for symbol, out in {symbol: out for symbol, out, _ in work}.items():
                out.sort()
                self._trim(out, now)
                self._settle(symbol, out, now)
            self._full = any(out.next - out.sent >= self._max_rows for out in self._waiting.values())
            self._changed.notify_all()
        if refused:
            raise refused
        if now - self._cut > _CUT_S:
            self._cut = now
            self._bus.cut([key_of(self.kind, symbol) for symbol in list(self._out)])

    def _batches(self, out: _Outbox) -> list[Batch]:
        """What waits, cut into entries; no more than goes in one round trip."""
        if out.sent == out.next:
            return []
        most, found, parts = _BATCHES_A_TRIP * self._max_rows, 0, []
        for first, _, records in out.unsent:
            parts.append(records[max(out.sent - first, 0) :])
            found += len(parts[-1])
            if found >= most:
                break
        waiting = joined(parts)[:most]
        who = str(out.producer)
        return [
            Batch(self.kind, waiting[i : i + self._max_rows], out.sent + i, who)
            for i in range(0, len(waiting), self._max_rows)
        ]

    @staticmethod
    def _keep(out: _Outbox) -> int:
        return keep_entries(out.stored_rows / out.stored_entries if out.stored_entries else 1.0)

    def _sync(self) -> None:
        """After a lost connection: go on behind what the streams really hold."""
        self._bus.ping()
        with self._changed:
            known = dict(self._out)
        for symbol, out in known.items():
            entries = self._bus.tail(self.kind, symbol, name=self.name)
            batch = entries[-1][1] if entries else None
            with self._changed:
                first = out.first
                stored = batch.end if batch is not None and batch.producer == str(out.producer) else first
                if stored < first:
                    self.lost += first - stored
                    _log.warning("%s: %d records of %s are lost", self.name, first - stored, symbol)
                if self._out.get(symbol) is not out:
                    continue  # begun anew meanwhile
                out.sent = min(max(stored, first), out.next)
                out.sort()
                self._settle(symbol, out, time.monotonic())
                self._changed.notify_all()

    def _settle(self, symbol: str, out: _Outbox, now: float) -> None:
        """Whether the symbol waits, and since when."""
        if self._out.get(symbol) is not out:
            return
        self._waiting.pop(symbol, None)
        if out.sent < out.next:
            out.waiting_since = now
            self._waiting[symbol] = out

    def _trim(self, out: _Outbox, now: float) -> None:
        while out.ring and (now - out.ring[0][1] > RING_S or out.rows > RING_ROWS):
            out.rows -= len(out.ring.popleft()[2])
        while out.unsent and out.rows > WAITING_ROWS:
            first, _, records = out.unsent.popleft()
            out.rows -= len(records)
            self.lost += first + len(records) - max(out.sent, first)
            out.sent = first + len(records)
