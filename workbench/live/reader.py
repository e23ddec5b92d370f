"""The thread of a hub that reads the bus: where it is in each stream, and whether Redis can be reached."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

from workbench.errors import BusError
from workbench.live.backoff import Backoff
from workbench.live.bus import Bus, BusRefused, key_of, without_password
from workbench.live.codec import Entries
from workbench.live.latency import Latency

_log = logging.getLogger(__name__)

_BLOCK_MS = 50  # also how long a command may wait
_COUNT = 500  # entries per symbol and read
_DISCOVER_S = 1.0
_REWIND_MS = 300_000  # read again after Redis came back with less than we had seen
_DEAD_WAITING = 2_000  # dead letters kept until Redis takes them
_DEAD_A_TRIP = 500  # of them sent between two reads


class Taker(Protocol):
    """Who gets what was read, in the reader's thread."""

    def take(self, symbol: str, entries: Entries) -> None:
        """Entries of the stream of ``symbol``, in order, each one once unless Redis lost what it had."""

    def release(self, *, everything: bool = False) -> None:
        """Time has passed; ``everything``: the thread ends."""

    def due(self) -> float | None:
        """Seconds until ``release`` is wanted next."""

    def begin_at(self, symbol: str) -> int | None:
        """Where to begin in a stream that was not read before: an instant of Redis's clock, ns; None: its start."""

    def caught_up(self) -> None:
        """All that was on the bus at the start has been taken."""


class BusReader:
    """Reads all trade streams of a bus, for as long as it runs; commands of others are carried out in between.

    ``link`` is (state, since ns, message): ``off``, ``connecting``, ``live`` or ``reconnecting``. ``positions`` are the
    keys read and the last entry seen of each; ``dead`` counts what could not be used; ``latency`` has how long trades
    were on their way. All are written by the thread.
    """

    def __init__(self, bus_url: str, clock: Callable[[], int], *, name: str = "workbench-hub") -> None:
        self.bus_url, self.name = bus_url, name
        self.latency = Latency()
        self.positions: dict[str, str] = {}
        self.entries = self.dead = 0
        self.is_caught_up = threading.Event()
        self._bus = Bus(bus_url)
        self._clock = clock
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._unsent_dead: list[tuple[str, bytes, dict[bytes, bytes], str]] = []
        self._strangers: dict[str, str] = {}  # keys that ought to be streams, and what they are
        self.link = ("off", clock(), "not started")

    def start(self, taker: Taker) -> None:
        """Begin to read, once."""
        if self._thread is None:
            if self._stop.is_set():
                raise BusError("this hub was stopped; make another one")
            self._set_link("connecting", f"looking for {without_password(self.bus_url)}")
            self._thread = threading.Thread(target=self._run, args=(taker,), name=self.name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; everything that was read has been passed on then. Safe to call twice."""
        self._stop.set()
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=10)
        self._bus.close()
        self._set_link("off", "stopped")

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stop.is_set()

    def do(self, command: Callable[[], None]) -> None:
        """Have ``command`` carried out by the thread, soon."""
        self._commands.put(command)
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether no command waits."""
        return self._commands.empty()

    def symbols(self) -> list[str]:
        """Symbols that have a stream."""
        return sorted(symbol_of(key) for key in list(self.positions))

    def dead_letter(self, symbol: str, entry_id: bytes, fields: dict[bytes, bytes], reason: str) -> None:
        """Put an entry aside that cannot be used; it is sent when Redis can be reached."""
        self.dead += 1
        self._unsent_dead.append((key_of("trades", symbol), entry_id, fields, reason))
        del self._unsent_dead[:-_DEAD_WAITING]

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self, taker: Taker) -> None:
        backoff = Backoff()
        connected, discovered = False, 0.0
        while not self._stop.is_set():
            try:
                self._drain()
                if not connected:
                    self._connect(taker)
                    connected, discovered = True, time.monotonic()
                    self._set_link("live", "")
                elif time.monotonic() - discovered > _DISCOVER_S:
                    self._discover(taker)
                    discovered = time.monotonic()
                self._send_dead()
                self._read(taker)
                backoff.reset()
            except BusError as error:
                if connected or self.link[0] not in ("connecting", "reconnecting"):
                    self._set_link("reconnecting", str(error))
                connected = False
                self._pause(backoff.next(), taker)
            except Exception as error:  # a fault of ours must be seen, not end the only reader
                _log.exception("the hub's reader met a fault")
                self._set_link("reconnecting", f"fault in the hub: {type(error).__name__}: {error}")
                connected = False
                self._pause(backoff.next(), taker)
        taker.release(everything=True)

    def _read(self, taker: Taker) -> None:
        due = taker.due()
        block = _BLOCK_MS if due is None else min(max(math.ceil(due * 1e3), 1), _BLOCK_MS)
        try:
            found = self._bus.read(self.positions, block, _COUNT)
        except BusRefused:
            self._drop_unusable()
            raise
        self.latency.begin(found)
        for key, entries in found.items():
            symbol = symbol_of(key)
            taker.take(symbol, entries)
            self.entries += len(entries)
            self.positions[key] = entries[-1][0].decode()
            self.latency.taken(symbol, entries)
        taker.release()
        self.latency.end()
        if not self.is_caught_up.is_set() and all(len(entries) < _COUNT for entries in found.values()):
            self.is_caught_up.set()
            taker.caught_up()

    def _pause(self, seconds: float, taker: Taker) -> None:
        """Wait, but go on with commands and with what waits in memory."""
        deadline = time.monotonic() + seconds
        while not self._stop.is_set() and (left := deadline - time.monotonic()) > 0:
            due = taker.due()
            self._wake.wait(left if due is None else min(left, due))
            self._drain()
            taker.release()

    def _drain(self) -> None:
        self._wake.clear()
        if self._stop.is_set():
            self._wake.set()
        while not self._commands.empty():
            command = self._commands.get()
            try:
                command()
            except Exception:
                _log.exception("a command to the hub's reader failed")

    def _connect(self, taker: Taker) -> None:
        """Check our positions against what the server has: one that restarted may have less, or nothing."""
        self._bus.close()
        self._bus.ping()
        for key, last in self._bus.last_ids(self.positions).items():
            ours = _stamp(self.positions[key])
            if last is None:
                self.positions[key] = "0-0"
            elif _stamp(last) < ours:
                self.positions[key] = f"{max(min(ours[0], _stamp(last)[0]) - _REWIND_MS, 0)}-0"
        self._discover(taker)

    def _discover(self, taker: Taker) -> None:
        types = self._bus.types("trades", known=self.positions)
        for key in self._strangers.keys() - types.keys():
            del self._strangers[key]
        for key, kind in types.items():
            if kind == "stream":
                symbol = symbol_of(key)
                instant = taker.begin_at(symbol)
                self.positions[key] = "0-0" if instant is None else self._bus.position_at("trades", symbol, instant)
            elif self._strangers.get(key) != kind:
                self._refuse(key, kind)

    def _drop_unusable(self) -> None:
        """Redis refused a read: a key is of another type now. Leave it out until it is a stream again."""
        for key, kind in self._bus.types("trades").items():
            if kind != "stream" and self.positions.pop(key, None) is not None:
                self._refuse(key, kind)

    def _refuse(self, key: str, kind: str) -> None:
        self._strangers[key] = kind
        _log.warning("key %s is of type %s, not a stream; it is left out", key, kind)
        self.dead_letter(symbol_of(key), b"", {}, f"the key is of type {kind}, a stream is wanted")

    def _send_dead(self) -> None:
        letters = self._unsent_dead[:_DEAD_A_TRIP]
        if letters:
            try:
                self._bus.dead_letters(letters)
            except BusRefused as error:
                _log.warning("dead letters were not stored: %s", error)
            del self._unsent_dead[: len(letters)]

    def _set_link(self, state: str, message: str) -> None:
        since = self.link[1] if self.link[0] == state else self._clock()
        self.link = (state, since, message)


def symbol_of(key: str) -> str:
    """The symbol of a stream's key."""
    return key.split(":", 2)[2]


def _stamp(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
