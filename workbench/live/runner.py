"""Feeds that run in this process, started and stopped by name, and what all processes say of theirs.

Each feed has a thread. What it is doing stands in the hash ``wb:feeds`` of the bus, renewed every two seconds (field
``host:pid/name`` -> JSON, see ``FeedStatus``), so that every process can show the feeds of all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import BusError, DataError, WorkbenchError, unknown
from workbench.live.bus import Bus, key_of
from workbench.live.codec import Producer
from workbench.live.feeds import feed_of, feeds, run_feed
from workbench.market.specs import SECOND

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

#: Hash in Redis: ``host:pid/name`` of a feed -> its last word, as JSON.
FEEDS_KEY = "wb:feeds"
#: Seconds between two words, and after which a feed that is silent is no longer taken for one that runs.
BEAT_S, LOST_AFTER_S = 2.0, 10.0

_FORGOTTEN_S = 60.0  # a word that old is wiped off
_TAKEN_S = 10.0  # a stream that got something so short ago is fed by somebody
_STOP_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeedStatus:
    """A feed at a moment.

    ``state``: ``running``, ``stopping``, ``stopped`` (by somebody), ``ended`` (it had no more), ``failed`` (``message``
    says why) or, of another process only, ``lost``. ``told`` are its options in words, ``who`` is ``host:pid``.
    ``since_ns`` is when that state began, ``beat_ns`` when it was told to others, by the clock of Redis (ns UTC).
    """

    name: str
    kind: str
    symbols: tuple[str, ...]
    told: str
    state: str
    message: str
    who: str
    since_ns: int
    beat_ns: int = 0

    @property
    def id(self) -> str:
        """What tells it from the feeds of all processes."""
        return f"{self.who}/{self.name}"

    @property
    def running(self) -> bool:
        """Whether it publishes."""
        return self.state in ("running", "stopping")

    def json(self) -> str:
        """All of it as JSON."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str | bytes) -> FeedStatus | None:
        """Read ``json`` again; ``None`` for what another version wrote."""
        try:
            raw: dict[str, Any] = json.loads(text)
            return cls(**{**raw, "symbols": tuple(raw["symbols"])})
        except (ValueError, TypeError, KeyError):
            return None


def feeds_of(bus: Bus) -> list[FeedStatus]:
    """The feeds of all processes, by name; those that are silent for 10 s are ``lost``, after a minute they are gone.

    Raises
    ------
    BusError
        Redis cannot be reached.
    """
    raw, now = bus.execute("HGETALL", FEEDS_KEY), _now(bus)
    found = []
    for field, text in zip(raw[::2], raw[1::2], strict=True):
        one = FeedStatus.parse(text)
        silent = now - one.beat_ns if one is not None else 0
        if one is None or silent > _FORGOTTEN_S * SECOND:
            bus.execute("HDEL", FEEDS_KEY, field)
        elif silent > LOST_AFTER_S * SECOND:
            message = f"{one.who} says nothing since {silent // SECOND} s: its process is gone or cannot reach Redis"
            found.append(dataclasses.replace(one, state="lost", message=message))
        else:
            found.append(one)
    return sorted(found, key=lambda one: (one.name, one.who))


def this_process() -> str:
    """``host:pid`` of this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


class FeedRunner:
    """The feeds of this process. Safe for many threads.

    Parameters
    ----------
    bus_url
        ``redis://host:port/db`` that they publish on.
    catalog
        Stored history, where they go on from.
    """

    def __init__(self, bus_url: str, catalog: MarketCatalog | None = None) -> None:
        self.bus_url, self.catalog = bus_url, catalog
        self._lock = threading.RLock()
        self._feeds: dict[str, _Feed] = {}
        self._board = _Announcer(bus_url, self.list)

    def start(self, kind: str, *, name: str = "", **options: Any) -> FeedStatus:
        """Start a feed in a thread of its own.

        Parameters
        ----------
        kind
            One of ``feeds.names()``.
        name
            What it is stopped by; made of its kind and a number when left out.
        options
            Parameters of the feed's class.

        Raises
        ------
        UnknownNameError
            There is no such kind.
        DataError
            An option cannot be used, there is a feed of that name, or one of its symbols is fed by somebody else.
        BusError
            Redis cannot be reached.
        """
        made = feed_of(kind, options)
        symbols = tuple(made.symbols)
        self._refuse_taken(symbols, made.producer)
        with self._lock:
            held = self._feeds.get(name)
            if held is not None and held.status.running:
                raise DataError(f"there is a feed called {name!r}; stop it, or give another name=")
            name = name or self._free(str(options.get("scenario") or kind))
            one = self._feeds[name] = _Feed(name, kind, symbols, options)
            one.start(self.bus_url, self.catalog, self._board.soon)
        self._board.start()
        return one.status

    def again(self, name: str) -> FeedStatus:
        """Start a feed that is over once more, as it was; raises as ``start`` does."""
        held = self._found(name)
        return self.start(held.kind, name=name, **held.options)

    def stop(self, name: str, *, timeout_s: float = _STOP_S) -> FeedStatus:
        """Stop a feed, and wait until it has published what it had, ``timeout_s`` at most. Safe to call twice.

        Raises
        ------
        UnknownNameError
            There is no such feed in this process.
        """
        one = self._found(name)
        one.stop(timeout_s)
        self._board.soon()
        return one.status

    def remove(self, name: str) -> None:
        """Stop a feed and forget it."""
        self.stop(name)
        with self._lock:
            self._feeds.pop(name, None)
        self._board.soon()

    def list(self) -> list[FeedStatus]:
        """The feeds of this process that were started, in that order."""
        with self._lock:
            return [one.status for one in self._feeds.values()]

    def close(self) -> None:
        """Stop all of them; safe to call twice."""
        with self._lock:
            held = list(self._feeds.values())
        for one in held:
            one.ask()
        for one in held:
            one.stop(_STOP_S)
        self._board.close()

    def _found(self, name: str) -> _Feed:
        with self._lock:
            if name not in self._feeds:
                raise unknown("feed", name, list(self._feeds))
            return self._feeds[name]

    def _free(self, stem: str) -> str:
        return next(name for n in range(1, 10**6) if (name := f"{stem}-{n}") not in self._feeds)

    def _refuse_taken(self, symbols: Sequence[str], producer: str) -> None:
        """Two markets on one stream would be neither: a symbol that somebody feeds is refused."""
        for held in self.list():
            if held.running and (both := set(symbols) & set(held.symbols)):
                raise DataError(f"{min(both)} is fed by {held.name}; stop that, or choose another symbol")
        bus = Bus(self.bus_url)
        try:
            last = bus.last_ids(key_of("trades", symbol) for symbol in symbols)
            now = _now(bus)
            for symbol, entry_id in zip(symbols, last.values(), strict=True):
                if entry_id is None or now - int(entry_id.partition("-")[0]) * 1_000_000 > _TAKEN_S * SECOND:
                    continue
                entry = bus.last_entry("trades", symbol)
                who = Producer.parse(entry[1].producer) if entry is not None else None
                if who is not None and who.name != producer:
                    raise DataError(
                        f"{symbol} is fed by {who.name}, which published within the last {_TAKEN_S:.0f} s; stop that, "
                        "or choose another symbol"
                    )
        finally:
            bus.close()


class _Feed:
    """One feed and its thread."""

    def __init__(self, name: str, kind: str, symbols: tuple[str, ...], options: Mapping[str, Any]) -> None:
        self.kind, self.options = kind, dict(options)
        self.status = FeedStatus(
            name, kind, symbols, in_words(options), "running", "", this_process(), time.time_ns()
        )  # fmt: skip
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, bus_url: str, catalog: Any, changed: Callable[[], None]) -> None:
        def run() -> None:
            try:
                run_feed(self.kind, bus_url, self._stop, catalog=catalog, **self.options)
            except WorkbenchError as error:
                self._say("failed", str(error))
            except Exception as error:
                _log.exception("feed %s failed", self.status.name)
                self._say("failed", f"fault in the feed: {type(error).__name__}: {error}")
            else:
                asked = self._stop.is_set()
                self._say("stopped" if asked else "ended", "" if asked else "it has published all there is")
            changed()

        self._thread = threading.Thread(target=run, name=f"workbench-feed-{self.status.name}", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Ask it to stop."""
        self._stop.set()
        if self.status.state == "running":
            self._say("stopping", "")

    def stop(self, timeout_s: float) -> None:
        self.ask()
        if self._thread is not None:
            self._thread.join(timeout=timeout_s)

    def _say(self, state: str, message: str) -> None:
        if state == "stopping" and self.status.state != "running":
            return
        self.status = dataclasses.replace(self.status, state=state, message=message, since_ns=time.time_ns())


class _Announcer:
    """Tells the bus what ``listed`` gives, now and then; a bus that is away is told when it is back."""

    def __init__(self, bus_url: str, listed: Callable[[], list[FeedStatus]]) -> None:
        self._bus_url, self._listed = bus_url, listed
        self._lock = threading.Lock()
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        with self._lock:
            if self._thread is None and not self._over.is_set():
                self._thread = threading.Thread(target=self._run, name="workbench-feeds", daemon=True)
                self._thread.start()
        self.soon()

    def soon(self) -> None:
        """Tell now."""
        self._wake.set()

    def close(self) -> None:
        self._over.set()
        self._wake.set()
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=_STOP_S)

    def _run(self) -> None:
        bus, told = Bus(self._bus_url), set[str]()
        while not self._over.is_set():
            self._wake.clear()
            with contextlib.suppress(BusError):
                told = self._tell(bus, told)
            self._wake.wait(BEAT_S)
        with contextlib.suppress(BusError):
            if told:
                bus.execute("HDEL", FEEDS_KEY, *sorted(told))
        bus.close()

    def _tell(self, bus: Bus, told: set[str]) -> set[str]:
        now, listed = _now(bus), self._listed()
        for one in listed:
            bus.execute("HSET", FEEDS_KEY, one.id, dataclasses.replace(one, beat_ns=now).json())
        ids = {one.id for one in listed}
        if gone := told - ids:
            bus.execute("HDEL", FEEDS_KEY, *sorted(gone))
        return ids


@contextlib.contextmanager
def announced(bus_url: str, kind: str, options: Mapping[str, Any]) -> Iterator[None]:
    """While this lasts, others see that a feed of ``kind`` runs here; for a process that runs one by itself."""
    symbols = tuple(options.get("symbols") or feeds.get(kind).param["symbols"].default)
    one = FeedStatus(kind, kind, symbols, in_words(options), "running", "", this_process(), time.time_ns())
    board = _Announcer(bus_url, lambda: [one])
    board.start()
    try:
        yield
    finally:
        board.close()


def in_words(options: Mapping[str, Any]) -> str:
    """The options of a feed but for its symbols, such as ``scenario crash, seed 7``; switched off ones are left out."""
    shown = {name: value for name, value in options.items() if name != "symbols" and value not in (None, False, "")}
    return ", ".join(name if value is True else f"{name} {value}" for name, value in shown.items())


def _now(bus: Bus) -> int:
    """The clock of Redis, ns UTC."""
    seconds, micros = bus.execute("TIME")
    return int(seconds) * SECOND + int(micros) * 1000
