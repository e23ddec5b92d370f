"""The hub: one reader of the bus per process, however many sessions look.

The reader thread is the only writer of all state here. Others see immutable snapshots and integer versions; what they
want done (attach, detach) goes to the reader through a queue.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import BusError, WorkbenchError
from workbench.live.backoff import Backoff
from workbench.live.bus import Bus, BusRefused, Entries, key_of
from workbench.live.growing import Growing
from workbench.live.join import covered, hole, plan
from workbench.live.live_bars import BarsNode, LiveBars
from workbench.live.pipeline import Gap, Pipeline
from workbench.live.status import STALE_AFTER_S, HubStatus, OpenSessions
from workbench.market.events import TRADE, as_frame
from workbench.market.specs import SECOND, BarSpec

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

_log = logging.getLogger(__name__)

#: Trades kept per symbol in memory (35 MB at most), from which a new subscription is built.
KEEP_TRADES = 1_000_000

#: Gaps kept per symbol.
KEEP_GAPS = 1_000

_BLOCK_MS = 50  # also how long an attach may wait
_COUNT = 500  # entries per symbol and read
_DISCOVER_S = 1.0
_MARGIN_NS = 60 * SECOND  # a venue's clock may be ahead of Redis's by so much
_REWIND_MS = 300_000  # read again after Redis came back with less than we had seen
_READY_S = 5.0


class Hub:
    """Live trades and bars of everything on a bus.

    Parameters
    ----------
    bus_url
        ``redis://host:port/db``.
    catalog
        Where stored history lies, for the join of history and stream; without it bars begin with the stream.
    stale_after_s
        A market whose session is open is called stale when nothing came for so long.
    clock
        Now, ns UTC.

    After a restart of Redis that lost entries we had already seen, the stream is read again from five minutes before
    the loss; what is known is passed over by its number.
    """

    def __init__(
        self,
        bus_url: str,
        catalog: MarketCatalog | None = None,
        *,
        stale_after_s: float = STALE_AFTER_S,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.bus_url, self.catalog = bus_url, catalog
        self._bus = Bus(bus_url)
        self._clock, self._stale_ns = clock, int(stale_after_s * SECOND)
        self._pipeline = Pipeline(self._dead_letter, self._on_gap, clock)
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake, self._stop, self._caught_up = threading.Event(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._shared = threading.Lock()  # guards _nodes and _handles only
        self._nodes: dict[tuple[str, str, str | None], BarsNode] = {}
        self._handles: dict[LiveBars, BarsNode] = {}
        self._sessions = OpenSessions(self._session_of)
        self._link = ("off", clock(), "not started")
        # Written by the reader thread:
        self._positions: dict[str, str] = {}
        self._tapes: dict[str, Growing] = {}
        self._arrivals: dict[str, tuple[int, int, float]] = {}  # symbol -> (received, ts_event, latency_ms)
        self._gaps: dict[str, list[Gap]] = {}
        self._gap_count = self._entries = self._trades = self._arrived_now = self._dead = 0
        self._live_nodes: dict[str, list[BarsNode]] = {}
        self._unsent_dead: list[tuple[str, bytes, dict[bytes, bytes], str]] = []

    # -- what everybody may call ---------------------------------------------------------------------------------

    def start(self) -> Hub:
        """Start the reader thread; returns itself. Does not wait for Redis: see ``status``."""
        with self._shared:
            if self._thread is None:
                if self._stop.is_set():
                    raise BusError("this hub was stopped; make another one")
                self._set_link("connecting", f"looking for {self.bus_url}")
                self._thread = threading.Thread(target=self._run, name="workbench-hub", daemon=True)
                self._thread.start()
        return self

    def stop(self) -> None:
        """End the reader thread and drop the connection; snapshots stay readable. Safe to call twice."""
        self._stop.set()
        self._wake.set()
        with self._shared:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=10)
        self._bus.close()
        self._pipeline.close()
        self._set_link("off", "stopped")

    def subscribe(self, symbol: str, spec: str, *, session: str | None = None) -> LiveBars:
        """Bars of ``symbol`` from the end of the stored history on. Equal subscriptions share one computation.

        Raises
        ------
        SpecError, UnknownNameError
            The spec or the session cannot be read.
        """
        spec = str(BarSpec.parse(spec))
        key = (symbol, spec, session)
        with self._shared:
            node = self._nodes.get(key)
            if node is not None:
                return self._handle(node)
        node = BarsNode(symbol, spec, session, plan(self.catalog, symbol, spec, session=session))
        with self._shared:
            first = self._nodes.setdefault(key, node)
            handle = self._handle(first)
        if first is node:
            self._do(lambda: self._attach(node))
        return handle

    def bars(self, symbol: str, spec: str, *, session: str | None = None, n: int = 500) -> pd.DataFrame:
        """The newest ``n`` stored bars and all live ones, the forming bar last, as ``catalog.bars`` gives them."""
        with self.subscribed(symbol, spec, session=session) as live:
            live.wait_ready(_READY_S)
            shot = live.snapshot()
        parts = [shot.closed, shot.forming]
        if self.catalog is not None and shot.join_ns is not None:
            before = pd.Timestamp(shot.join_ns, tz="UTC")
            parts.insert(0, self.catalog.latest_bars(symbol, spec, n, before=before, session=session))
        return as_frame(np.concatenate(parts))

    def subscribed(self, symbol: str, spec: str, *, session: str | None = None) -> _Subscribed:
        """``with hub.subscribed("BTC-USD", "1min") as live: ...`` closes the subscription at the end."""
        return _Subscribed(self.subscribe(symbol, spec, session=session))

    def trades(self, symbol: str, n: int = 1000) -> pd.DataFrame:
        """The newest ``n`` trades that came over the bus."""
        return as_frame(self.trade_records(symbol, n))

    def trade_records(self, symbol: str, n: int | None = None) -> np.ndarray:
        """The same as TRADE records, read-only, not copied; all that are kept when ``n`` is left out."""
        tape = self._tapes.get(symbol)
        return tape.view(n) if tape is not None else np.empty(0, TRADE)

    def last(self, symbol: str) -> np.ndarray:
        """The last trade: TRADE records, 0 or 1 row."""
        return self.trade_records(symbol, 1)

    def symbols(self) -> list[str]:
        """Symbols that have a stream on the bus."""
        return sorted(key.split(":", 2)[2] for key in list(self._positions))

    def gaps(self, symbol: str) -> list[Gap]:
        """Stretches of which trades are missing, oldest first."""
        return list(self._gaps.get(symbol, ()))

    def wait_ready(self, timeout_s: float = _READY_S) -> bool:
        """Wait until everything that was on the bus at the start has been read."""
        return self._caught_up.wait(timeout_s)

    def status(self, symbol: str | None = None) -> HubStatus:
        """State of the live plane, or of one symbol."""
        state, since, message = self._link
        arrivals = dict(self._arrivals)
        if symbol is not None:
            arrivals = {symbol: arrivals[symbol]} if symbol in arrivals else {}
        received, event, latency = max(arrivals.values(), default=(0, 0, float("nan")))
        if state == "live":
            now = self._clock()
            asked = [symbol] if symbol is not None else self.symbols()
            quiet_since = max(received, since)
            if now - quiet_since > self._stale_ns:
                if not asked:
                    state, since, message = "stale", quiet_since, "nothing is published: start a feed"
                elif any(self._sessions.is_open(one, now) for one in asked):
                    seconds = (now - quiet_since) // SECOND
                    state, since = "stale", quiet_since + self._stale_ns
                    message = f"no trade of {symbol or 'any open market'} for {seconds} s"
        tape = self._tapes.get(symbol) if symbol is not None else None
        return HubStatus(
            state, since, event, latency, self._entries,
            self._trades if symbol is None else (len(tape) + tape.dropped if tape is not None else 0),
            self._gap_count if symbol is None else len(self._gaps.get(symbol, ())), self._dead, message,
        )  # fmt: skip

    def node_count(self) -> int:
        """Bar computations alive; 0 when every subscription was closed."""
        with self._shared:
            return len(self._nodes)

    # -- subscriptions -------------------------------------------------------------------------------------------

    def _handle(self, node: BarsNode) -> LiveBars:
        handle = LiveBars(node, self._release)
        self._handles[handle] = node
        return handle

    def _release(self, handle: LiveBars) -> None:
        with self._shared:
            node = self._handles.pop(handle, None)
            if node is None or node in self._handles.values():
                return
            del self._nodes[node.key]
        self._do(lambda: self._detach(node))

    def _do(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        self._wake.set()

    def _session_of(self, symbol: str) -> str:
        return self.catalog.master.get_or_default(symbol).session if self.catalog is not None else "24/7"

    # -- the reader thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        backoff = Backoff()
        connected, discovered = False, 0.0
        while not self._stop.is_set():
            try:
                self._drain()
                if not connected:
                    self._connect()
                    connected, discovered = True, time.monotonic()
                    self._set_link("live", "")
                elif time.monotonic() - discovered > _DISCOVER_S:
                    self._discover()
                    discovered = time.monotonic()
                self._send_dead()
                try:
                    found = self._bus.read(self._positions, _BLOCK_MS, _COUNT)
                except BusRefused:
                    self._drop_unusable()
                    raise
                for key, entries in found.items():
                    self._take(key, entries)
                if all(len(entries) < _COUNT for entries in found.values()) and not self._caught_up.is_set():
                    self._set_caught_up()
                backoff.reset()
            except BusError as error:
                if connected or self._link[0] not in ("connecting", "reconnecting"):
                    self._set_link("reconnecting", str(error))
                connected = False
                self._pause(backoff.next())
            except Exception as error:  # a fault of ours must be seen, not end the only reader
                _log.exception("the hub's reader met a fault")
                self._set_link("reconnecting", f"fault in the hub: {type(error).__name__}: {error}")
                connected = False
                self._pause(backoff.next())

    def _pause(self, seconds: float) -> None:
        """Wait, but go on serving attach and detach."""
        deadline = time.monotonic() + seconds
        while not self._stop.is_set() and (left := deadline - time.monotonic()) > 0:
            self._wake.wait(left)
            self._drain()

    def _drain(self) -> None:
        self._wake.clear()
        if self._stop.is_set():
            self._wake.set()
        while not self._commands.empty():
            command = self._commands.get()
            try:
                command()
            except Exception:
                _log.exception("a subscription could not be attached")

    def _connect(self) -> None:
        """Check our positions against what the server has: one that restarted may have less, or nothing."""
        self._bus.close()
        self._bus.ping()
        for key, last in self._bus.last_ids(self._positions).items():
            ours = _stamp(self._positions[key])
            if last is None:
                self._positions[key] = "0-0"
            elif _stamp(last) < ours:
                self._positions[key] = f"{max(min(ours[0], _stamp(last)[0]) - _REWIND_MS, 0)}-0"
        self._discover()

    def _discover(self) -> None:
        present = self._bus.symbols("trades")
        for symbol in present:
            key = key_of("trades", symbol)
            if key in self._positions:
                continue
            position = "0-0"
            end = self._covered(symbol)
            if end is not None:
                position = self._bus.position_at("trades", symbol, end - _MARGIN_NS)
            self._positions[key] = position

    def _drop_unusable(self) -> None:
        """Redis refused a read: a key is of another type now. Leave it out until it is a stream again."""
        for key in list(self._positions):
            kind = self._bus.execute("TYPE", key)
            if kind not in (b"stream", b"none"):
                del self._positions[key]
                self._dead += 1
                _log.warning("key %s is of type %s, not a stream; it is left out", key, kind.decode())

    def _take(self, key: str, entries: Entries) -> None:
        symbol = key.split(":", 2)[2]
        known = self._pipeline.complete_from(symbol)
        self._tape(symbol)
        try:
            self._pipeline.feed(symbol, entries)
        except Exception as error:
            _log.exception("entries %s .. %s of %s failed", entries[0][0], entries[-1][0], key)
            for entry_id, fields in entries:
                self._dead_letter(symbol, entry_id, fields, f"fault: {type(error).__name__}: {error}")
        self._entries += len(entries)
        self._trades, self._arrived_now = self._trades + self._arrived_now, 0  # now every node has them
        self._positions[key] = entries[-1][0].decode()
        if known is None and self._pipeline.complete_from(symbol) is not None:
            for node in self._live_nodes.get(symbol, ()):
                self._check_join(node)

    def _arrived(self, symbol: str, trades: np.ndarray) -> None:
        now = self._clock()
        latency = max(now - int(trades["ts_recv"][-1]), 0) / 1e6
        self._tapes[symbol].append(trades)
        self._arrived_now += len(trades)
        self._arrivals[symbol] = (now, int(trades["ts_event"][-1]), latency)

    def _tape(self, symbol: str) -> Growing:
        """Trades kept of ``symbol``; its sink comes before those of the bars, which use what it notes."""
        if symbol not in self._tapes:
            self._tapes[symbol] = Growing(TRADE, KEEP_TRADES)
            self._pipeline.attach(symbol, lambda trades: self._arrived(symbol, trades))
        return self._tapes[symbol]

    def _attach(self, node: BarsNode) -> None:
        tape = self._tape(node.symbol)

        def take(trades: np.ndarray) -> None:
            try:
                node.take(trades, latency_ms=self._arrivals[node.symbol][2])
            except Exception:  # one set of bars that cannot be built must not stop the others
                _log.exception("bars %s of %s failed", node.key[1], node.symbol)
                node.note_gap(int(trades["ts_event"][0]), int(trades["ts_event"][-1]))

        if len(tape):
            take(tape.view())
            self._check_join(node)
            for gap in self._gaps.get(node.symbol, ()):
                node.note_gap(gap.start, gap.end)
        self._live_nodes.setdefault(node.symbol, []).append(node)
        node.detach = self._pipeline.attach(node.symbol, take)
        if self._caught_up.is_set():
            node.ready.set()

    def _detach(self, node: BarsNode) -> None:
        nodes = self._live_nodes.get(node.symbol, [])
        if node in nodes:
            nodes.remove(node)
            node.detach()
        if not nodes:
            self._live_nodes.pop(node.symbol, None)

    def _check_join(self, node: BarsNode) -> None:
        begins = self._pipeline.complete_from(node.symbol)
        tape = self._tapes[node.symbol]
        if tape.dropped and len(tape):
            begins = int(tape.view()["ts_event"][0])
        found = hole(self.catalog, node.symbol, node.join.cut, begins)
        if found is not None:
            node.note_gap(*found)

    def _covered(self, symbol: str) -> int | None:
        try:
            end = covered(self.catalog, symbol)
        except (WorkbenchError, OSError):
            _log.exception("history of %s cannot be looked up; its stream is read from the beginning", symbol)
            return None
        return end[0] if end else None

    def _on_gap(self, symbol: str, gap: Gap) -> None:
        gaps = self._gaps.setdefault(symbol, [])
        gaps.append(gap)
        del gaps[:-KEEP_GAPS]
        self._gap_count += 1
        for node in self._live_nodes.get(symbol, ()):
            node.note_gap(gap.start, gap.end)

    def _dead_letter(self, symbol: str, entry_id: bytes, fields: dict[bytes, bytes], reason: str) -> None:
        self._dead += 1
        self._unsent_dead.append((key_of("trades", symbol), entry_id, fields, reason))
        del self._unsent_dead[:-1000]

    def _send_dead(self) -> None:
        while self._unsent_dead:
            try:
                self._bus.dead_letter(*self._unsent_dead[0])
            except BusRefused as error:
                _log.warning("a dead letter was not stored: %s", error)
            self._unsent_dead.pop(0)

    def _set_caught_up(self) -> None:
        self._caught_up.set()
        for nodes in self._live_nodes.values():
            for node in nodes:
                node.ready.set()

    def _set_link(self, state: str, message: str) -> None:
        since = self._link[1] if self._link[0] == state else self._clock()
        self._link = (state, since, message)


class _Subscribed:
    def __init__(self, live: LiveBars) -> None:
        self._live = live

    def __enter__(self) -> LiveBars:
        return self._live

    def __exit__(self, *_: object) -> None:
        self._live.close()


def _stamp(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
