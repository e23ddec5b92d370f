"""The thread of a recorder that speaks to Redis: leases, reading, acknowledging, dead letters, the board."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from workbench.catalog.manifest import Entry
from workbench.catalog.store import Store
from workbench.errors import BusError, WorkbenchError
from workbench.live.backoff import Backoff
from workbench.live.bus import Bus, BusRefused, key_of, without_password
from workbench.live.codec import Entries
from workbench.live.recorder.board import Board, RecorderStatus
from workbench.live.recorder.holdings import Holding, Holdings
from workbench.live.recorder.leases import Leases, assigned, wants
from workbench.live.recorder.tray import Tray, stamp

if TYPE_CHECKING:
    from workbench.live.recorder.recorder import Terms

_log = logging.getLogger(__name__)

_KEYS = 250  # streams a command: Redis serves nobody else meanwhile
_BYTES = 16 * 2**20  # about so much is asked for in one command
_COUNT = 1000  # entries a stream and command, at most
_PAUSE_S = 0.1  # between two reads of all streams, when nothing more is there
_REWIND_MS = 300_000  # read again after Redis came back with less than we had taken
_DEAD_WAITING = 1_000
_REFUSED_S = 30.0  # a symbol that the store refuses is tried again so much later


class Reading:
    """Keeps the holdings filled.

    ``link`` is (state, message); ``refused`` are symbols that cannot be recorded, with the reason; ``full``: memory
    is, so that nothing is read. ``word`` tells how the recorder is.
    """

    def __init__(
        self, bus: Bus, store: Store, terms: Terms, holdings: Holdings, *,
        word: Callable[[], RecorderStatus], clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._bus, self._store, self._terms, self._holdings = bus, store, terms, holdings
        self._word, self._clock = word, clock
        self._board = Board(bus)
        self._leases = Leases(bus, terms.source, terms.name, ttl_s=terms.lease_s)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="workbench-recorder", daemon=True)
        self._unsent_dead: list[tuple[str, bytes, Mapping[bytes, bytes], str]] = []
        self._no_streams: set[str] = set()
        self._entry_bytes = 2.0**16  # of the entries read last, on average
        self._beat_at = 0.0
        self.link = ("connecting", f"looking for {without_password(bus.url)}")
        self.refused: dict[str, tuple[str, float]] = {}
        self.full = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what was read stays in the holdings."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def close(self) -> None:
        """Tell Redis what is stored, give the leases back and go off the board, as far as it can be reached."""
        try:
            self._acknowledge()
            self._send_dead()
            self._leases.release(self._holdings.of)
            self._board.wipe(self._terms.name)
        except BusError as error:
            _log.warning("leases end by themselves in %.0f s: %s", self._terms.lease_s, error)
        self._bus.close()
        self.link = ("off", "stopped")

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        backoff, connected = Backoff(), False
        while not self._stop.is_set():
            try:
                if not connected:
                    self._connect()
                    connected = True
                if time.monotonic() >= self._beat_at:
                    self._beat()
                self._acknowledge()
                self._send_dead()
                self._reload()
                self.link = ("recording", "")
                backoff.reset()
                self.full = self._holdings.buffered >= self._terms.buffer_rows
                if self.full or not self._read():
                    self._stop.wait(_PAUSE_S)
            except Exception as error:  # a fault of ours must be seen, not end the only reader
                if not isinstance(error, BusError):
                    _log.exception("the recorder met a fault")
                connected = False
                state = "connecting" if self.link[0] == "connecting" else "reconnecting"
                self.link = (state, f"{'' if isinstance(error, BusError) else 'fault in the recorder: '}{error}")
                self._stop.wait(backoff.next())

    def _connect(self) -> None:
        """What we have taken is compared with what the server has: one that restarted may have less, or nothing."""
        self._bus.close()
        self._bus.ping()
        self._check_positions((one, kind) for one in self._holdings.all() for kind in one.trays)
        self._beat_at = 0.0

    def _beat(self) -> None:
        """Say that we live, see who else does, and hold the symbols that fall to us."""
        began = time.monotonic()
        self._lag()
        now = self._board.tell(self._word())
        mine = {self._terms.name: self._terms.symbols}
        known = {**self._board.others(self._terms.name, self._terms.source, ttl_s=self._terms.lease_s, now=now), **mine}
        kinds: dict[str, set[str]] = {}
        for kind in self._terms.kinds:
            for symbol in self._bus.symbols(kind):
                if wants(self._terms.symbols, symbol) and self.refused.get(symbol, ("", 0.0))[1] <= began:
                    kinds.setdefault(symbol, set()).add(kind)
        ours = {symbol for symbol in kinds if assigned(symbol, known) == self._terms.name}
        held = {one.symbol for one in self._holdings.all()}
        # A symbol of which the stream is gone stays ours: what is stored of it goes on with the next entry.
        leaving = {symbol for symbol in held if assigned(symbol, known) != self._terms.name}
        kept = set(self._leases.acquire(sorted(held | ours)))
        with self._holdings.changed:
            for symbol in held - kept:
                self._forget(symbol)
            for symbol in held & kept:
                self._holdings.of[symbol].leaving = symbol in leaving
            gone = [symbol for symbol in leaving & kept if self._holdings.of[symbol].empty]
            for symbol in gone:
                self._forget(symbol)
            self._holdings.changed.notify_all()
        self._leases.release(gone)
        self._no_streams -= {key_of(kind, symbol) for symbol, found in kinds.items() for kind in found}
        self._open(sorted(kept - held), kinds)
        for symbol in sorted(held & kept & ours):
            self._widen(symbol, kinds[symbol])
        self._beat_at = began + self._terms.lease_s / 3

    def _forget(self, symbol: str) -> None:
        one = self._holdings.of.pop(symbol)
        one.stale = True

    def _open(self, symbols: Iterable[str], kinds: Mapping[str, set[str]]) -> None:
        opened, refused = [], []
        for symbol in symbols:
            one = Holding(symbol, stale=True)
            if self._fill(one, kinds[symbol]):
                opened.append(one)
            else:
                refused.append(symbol)
        self._leases.release(refused)
        self._check_positions((one, kind) for one in opened for kind in one.trays)
        self._mark((one, kind) for one in opened for kind in one.trays)
        with self._holdings.changed:
            for one in opened:
                self._holdings.of[one.symbol] = one

    def _widen(self, symbol: str, kinds: set[str]) -> None:
        """Another kind of a symbol that we have has come up."""
        one = self._holdings.of[symbol]
        more = kinds - one.trays.keys()
        if not more or one.stale:
            return
        try:
            datasets = self._store.manifests(self._terms.source, symbol).datasets
        except (WorkbenchError, OSError) as error:
            self.refused[symbol] = (str(error), time.monotonic() + _REFUSED_S)
            return
        with self._holdings.changed:
            for kind in more:
                one.trays[kind] = Tray(kind, datasets.get(kind, Entry()))
        self._check_positions((one, kind) for kind in more)
        self._mark((one, kind) for kind in more)

    def _fill(self, one: Holding, kinds: Iterable[str]) -> bool:
        """Begin where the manifest says that we are."""
        try:
            datasets = self._store.manifests(self._terms.source, one.symbol).datasets
        except (WorkbenchError, OSError) as error:
            _log.warning("%s cannot be recorded: %s", one.symbol, error)
            self.refused[one.symbol] = (str(error), time.monotonic() + _REFUSED_S)
            return False
        self.refused.pop(one.symbol, None)
        with self._holdings.changed:
            one.trays = {kind: Tray(kind, datasets.get(kind, Entry())) for kind in sorted(kinds)}
            one.stale = False
        return True

    def _reload(self) -> None:
        """What the store refused, or somebody else has recorded, is taken up again from the manifest."""
        now = time.monotonic()
        for one in self._holdings.all():
            if not one.stale or one.busy or one.retry_at > now:
                continue
            if self._fill(one, list(one.trays)):
                self._check_positions((one, kind) for kind in one.trays)
            else:
                one.retry_at = now + _REFUSED_S

    def _check_positions(self, streams: Iterable[tuple[Holding, str]]) -> None:
        trays = {key_of(kind, one.symbol): one.trays[kind] for one, kind in streams}
        for key, last in self._bus.last_ids(trays).items():
            tray = trays[key]
            ours = stamp(tray.position)
            if last is None:
                tray.position = "0-0"
            elif stamp(last) < ours:
                tray.position = f"{max(min(ours[0], stamp(last)[0]) - _REWIND_MS, 0)}-0"

    def _mark(self, streams: Iterable[tuple[Holding, str]]) -> None:
        """Streams have the consumer group that says how far we are; it is there already when we come back."""
        positions = {key_of(kind, one.symbol): one.trays[kind].position for one, kind in streams}
        for command in ("CREATE", "SETID"):
            # Whoever stored this may have been killed before he could say so.
            self._bus.execute_many([("XGROUP", command, key, self._terms.group, at) for key, at in positions.items()])

    def _acknowledge(self) -> None:
        with self._holdings.changed:
            acks, self._holdings.acks = self._holdings.acks, {}
        commands = [("XGROUP", "SETID", key, self._terms.group, entry) for key, entry in acks.items()]
        try:
            replies = self._bus.execute_many(commands)
        except BusError:
            with self._holdings.changed:
                self._holdings.acks = {**acks, **self._holdings.acks}
            raise
        lost = [key for key, reply in zip(acks, replies, strict=True) if isinstance(reply, BusRefused)]
        # The group went with the stream, or with what Redis lost.
        self._bus.execute_many([("XGROUP", "CREATE", key, self._terms.group, acks[key]) for key in lost])

    def _read(self) -> bool:
        """Read every stream once; True when there is more."""
        streams = {
            key_of(kind, one.symbol): (one, tray)
            for one in self._holdings.all()
            if not (one.leaving or one.stale)
            for kind, tray in one.trays.items()
            if key_of(kind, one.symbol) not in self._no_streams
        }
        more, keys = False, list(streams)
        while keys:
            fitting = int(min(max(_BYTES / self._entry_bytes, 1), _KEYS))
            group, keys = keys[:fitting], keys[fitting:]
            count = int(min(max(_BYTES / self._entry_bytes / len(group), 1), _COUNT))
            try:
                found = self._bus.read({key: streams[key][1].position for key in group}, 1, count)
            except BusRefused:
                if not self._leave_out(group):
                    raise
                more = True
                continue
            taken = [fields for entries in found.values() for _, fields in entries]
            if taken:
                size = sum(len(value) for fields in taken for value in fields.values()) / len(taken)
                self._entry_bytes = max(size, 64.0)
            for key in group:
                one, tray = streams[key]
                entries = found.get(key, [])
                tray.behind = len(entries) >= count
                more |= tray.behind
                if entries:
                    self._take(key, one, tray, entries)
        with self._holdings.changed:
            self._holdings.changed.notify_all()
        return more

    def _take(self, key: str, one: Holding, tray: Tray, entries: Entries) -> None:
        @functools.cache
        def first_left() -> str | None:
            groups = self._bus.execute("XINFO", "GROUPS", key)
            if self._terms.group.encode() not in {field for group in groups for field in group}:
                return None  # not the stream that we marked: that one was lost as a whole
            first = self._bus.execute("XRANGE", key, "-", "+", "COUNT", 1)
            return first[0][0].decode() if first else None

        def dead(entry_id: bytes, fields: Mapping[bytes, bytes], reason: str) -> None:
            one.count(tray.kind).dead += 1
            self._unsent_dead.append((key, entry_id, fields, reason))

        with self._holdings.changed:
            if not one.stale and one.trays.get(tray.kind) is tray:
                try:
                    tray.take(entries, self._clock(), first_left=first_left, dead=dead)
                except BaseException:
                    one.spoil()  # half of it may be taken: the manifest says where to begin again
                    raise
        del self._unsent_dead[:-_DEAD_WAITING]

    def _leave_out(self, keys: Iterable[str]) -> bool:
        """Redis refused a read: keys of another type are left out until they are streams again. True: there are."""
        before = len(self._no_streams)
        for key in keys:
            kind = self._bus.execute("TYPE", key)
            if kind not in (b"stream", b"none"):
                self._no_streams.add(key)
                _log.warning("key %s is of type %s, not a stream; it is left out", key, kind.decode())
        return len(self._no_streams) > before

    def _send_dead(self) -> None:
        while self._unsent_dead:
            try:
                self._bus.dead_letter(*self._unsent_dead[0])
            except BusRefused as error:
                _log.warning("a dead letter was not stored: %s", error)
            self._unsent_dead.pop(0)

    def _lag(self) -> None:
        """How much of each stream is not even read, where that is anything."""
        trays = [
            (one, tray)
            for one in self._holdings.all()
            for tray in one.trays.values()
            if tray.behind or self.full or one.count(tray.kind).unread
        ]
        replies = self._bus.execute_many([("XINFO", "STREAM", key_of(t.kind, one.symbol)) for one, t in trays])
        for (one, tray), reply in zip(trays, replies, strict=True):
            count = one.count(tray.kind)
            count.unread, count.unread_ms = (0, 0.0) if isinstance(reply, BusRefused) else unread(reply, tray.position)


def unread(reply: list, position: str) -> tuple[int, float]:
    """Entries behind ``position`` and for how many ms they were published, from what XINFO STREAM says.

    The number is taken from the share of the time, unless all or none are unread.
    """
    known = dict(zip(reply[::2], reply[1::2], strict=True))
    length, first = int(known[b"length"]), known[b"first-entry"]
    last, ours = stamp(known[b"last-generated-id"].decode()), stamp(position)
    if not length or first is None or last <= ours:
        return 0, 0.0
    begin = stamp(first[0].decode())
    since = max(begin[0], ours[0])
    if ours < begin:
        return length, float(last[0] - since)
    share = (last[0] - since + 1) / (last[0] - begin[0] + 1)
    return max(int(length * share), 1), float(last[0] - since)
