"""``Recorder``: what runs on the bus goes into the store, each record once."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from workbench.catalog.recorded import recorded_kinds
from workbench.catalog.retention import rules
from workbench.catalog.schema import check_source
from workbench.catalog.store import Store
from workbench.errors import BusError, ConfigError
from workbench.live.bus import Bus
from workbench.live.recorder.board import RecorderStatus
from workbench.live.recorder.holdings import Holdings
from workbench.live.recorder.reading import Reading
from workbench.live.recorder.writing import Writing

#: Records that may wait in memory, of all symbols: 280 MB of trades.
BUFFER_ROWS = 8_000_000

_BEHIND_S = 5.0  # streams that are not read to their end for so long are told


@dataclass(frozen=True)
class Terms:
    """What one recorder records, and under which name."""

    name: str
    source: str
    kinds: tuple[str, ...]
    symbols: tuple[str, ...]
    lease_s: float
    buffer_rows: int

    @property
    def group(self) -> str:
        """The consumer group that says in Redis how far the source is stored."""
        return f"recorder:{self.source}"


class Recorder:
    """Stores trades, quotes and books of a bus until it is stopped. See docs/recorder.md for how.

    Parameters
    ----------
    bus_url
        ``redis://host:port/db``.
    store
        Where the data goes. Several recorders of one bus and source share the symbols; they write to the same store.
    source
        Name of the source in the store.
    kinds
        ``trades``, ``quotes``, ``book``; the same for all recorders of a source.
    symbols
        Symbols or patterns such as ``BTC-*``; none is all.
    every_s
        Seconds after which a record is stored at the latest, as long as storing can keep up with that.
    rows
        A symbol that has so many records is stored at once.
    buffer_rows
        Records that may wait in memory; beyond it nothing is read, Redis keeps it, and the state is ``behind``.
    lease_s
        A recorder that is not heard of for so long has lost its symbols to the others.
    retention
        Rules of how long data is kept, as the setting; looked at once a day. See ``catalog.retention``.
    clock
        Now, ns UTC: records from more than a day ahead of it cannot be used.
    """

    def __init__(
        self,
        bus_url: str,
        store: Store,
        *,
        source: str = "recorded",
        kinds: str | Iterable[str] = ("trades", "quotes", "book"),
        symbols: Iterable[str] = (),
        every_s: float = 2.0,
        rows: int = 200_000,
        buffer_rows: int = BUFFER_ROWS,
        lease_s: float = 10.0,
        retention: Mapping[str, str] | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        for name, value, least in (
            ("every_s", every_s, 0.01), ("rows", rows, 1), ("buffer_rows", buffer_rows, 1), ("lease_s", lease_s, 0.3)
        ):  # fmt: skip
            if not value >= least:
                raise ConfigError(f"recorder: {name} must be at least {least:g}, got {value:g}")
        name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.terms = Terms(
            name, check_source(source), recorded_kinds(kinds), tuple(symbols), float(lease_s), int(buffer_rows)
        )
        self._clock, self._store = clock, store
        self._holdings = Holdings()
        self._bus = Bus(bus_url)
        self._reading = Reading(self._bus, store, self.terms, self._holdings, word=self.status, clock=clock)
        self._writing = Writing(
            store, source, self._holdings, every_s=every_s, rows=rows, retention=rules(retention or {}), clock=clock
        )
        self._lock = threading.Lock()
        self._life = "new"
        self._told = ("off", clock())
        self._behind_since: float | None = None

    def __enter__(self) -> Recorder:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Recorder:
        """Begin to record, once; returns itself. Does not wait for Redis: see ``status``."""
        with self._lock:
            if self._life == "over":
                raise BusError("this recorder was stopped; make another one")
            if self._life == "new":
                self._life = "on"
                self._reading.start()
                self._writing.start()
        return self

    def stop(self, timeout_s: float = 60.0) -> bool:
        """Store what was read, acknowledge it and give the leases back; True when all of it was done in time.

        Safe to call twice. What is not stored in time is on the bus, and taken up by the next recorder.
        """
        with self._lock:
            life, self._life = self._life, "over"
            if life != "on":
                self._bus.close()
                return True
            self._reading.stop()
            with self._holdings.changed:
                self._holdings.stopping = True
                self._holdings.changed.notify_all()
            done = self._writing.join(timeout_s)
            self._reading.close()
            return done

    def status(self) -> RecorderStatus:
        """How it is going, stream by stream. Cheap enough for a few times a second."""
        with self._holdings.changed:
            streams = [line for one in self._holdings.of.values() for line in one.statuses()]
            commits = sum(count.commits for one in self._holdings.of.values() for count in one.counts.values())
            behind = self._reading.full or any(t.behind for o in self._holdings.of.values() for t in o.trays.values())
            symbols, buffered = len(self._holdings.of), self._holdings.buffered
        state, message = self._state(behind)
        if state != self._told[0]:
            self._told = (state, self._clock())
        terms = self.terms
        return RecorderStatus(
            terms.name, terms.source, terms.kinds, terms.symbols, socket.gethostname(), os.getpid(),
            state, message, self._told[1], self._clock(), symbols,
            rows=sum(one.rows for one in streams), buffered=buffered, files=sum(one.files for one in streams),
            gaps=sum(one.gaps for one in streams), dead=sum(one.dead for one in streams), commits=commits,
            lag_entries=sum(one.lag_entries for one in streams),
            lag_ms=max((one.lag_ms for one in streams), default=0.0),
            committed_ns=max((one.committed_ns for one in streams), default=0), streams=tuple(streams),
        )  # fmt: skip

    def _state(self, behind: bool) -> tuple[str, str]:
        if self._life != "on":
            return "off", "stopped" if self._life == "over" else "not started"
        link, message = self._reading.link
        if link != "recording":
            return link, message
        if self._writing.error:
            return "failing", f"{self._writing.error}; it is tried again, nothing is lost as long as the bus keeps it"
        now = time.monotonic()
        self._behind_since = (self._behind_since or now) if behind else None
        if self._reading.full or (behind and now - self._behind_since > _BEHIND_S):
            return "behind", (
                "more comes than can be stored: start another recorder, record fewer symbols, or a longer --every; "
                "what Redis trims meanwhile is in the gap ledger"
            )
        refused = self._reading.refused
        if refused:
            symbol, (reason, _) = next(iter(refused.items()))
            return "recording", f"{len(refused)} symbols cannot be recorded, among them {symbol}: {reason}"
        return "recording", ""
