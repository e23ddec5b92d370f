"""One look at the whole live plane, taken beside the pages and shared by all sessions of a process."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workbench.errors import BusError, WorkbenchError
from workbench.live.bus import DEAD_KEY, Bus
from workbench.live.latency import LatencySnapshot
from workbench.live.recorder import RecorderStatus, recorders
from workbench.live.replay.controls import running
from workbench.live.runner import FeedStatus, feeds_of, this_process
from workbench.live.worlds import World
from workbench.views.status import LinkStatus, hub_link

#: Seconds for which a look is good enough for everybody.
FRESH_S = 0.9
#: Gaps and dead letters that are listed, the newest.
GAPS, LETTERS = 500, 200
#: Columns of ``Look.symbols``. ``age`` in s, rates in trades a second, ``latency`` in ms.
SYMBOLS = ("symbol", "state", "age", "rate1", "rate10", "latency", "late", "disorder", "gaps", "trades")


@dataclass(frozen=True)
class Look:
    """What there was at a moment.

    ``status`` is that of the hub; ``symbols`` has a row for each, see ``SYMBOLS``; ``feeds``, ``recorders`` and
    ``replays`` are those of all processes; ``dead`` counts what lies in the dead letters. ``problem`` says why Redis
    could not be asked; the lists are then those of the last time.
    """

    status: Any = field(default_factory=LinkStatus)
    latency: LatencySnapshot = field(default_factory=LatencySnapshot)
    symbols: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SYMBOLS)))
    feeds: tuple[FeedStatus, ...] = ()
    recorders: tuple[RecorderStatus, ...] = ()
    replays: tuple[World, ...] = ()
    dead: int = 0
    problem: str = ""
    at_ns: int = 0


class Watch:
    """Looks at the live plane; whoever asks within ``FRESH_S`` gets the same look. Safe for many threads."""

    def __init__(self, services: Any) -> None:
        self._services = weakref.ref(services)
        self._lock = threading.Lock()
        self._bus: Bus | None = None
        self._taken = float("-inf")
        self.last = Look()

    def look(self) -> Look:
        """A look that is new enough. Takes a moment: not for the thread of a page. Never raises for Redis."""
        with self._lock:
            if time.monotonic() - self._taken >= FRESH_S:
                self.last = self._take()
                self._taken = time.monotonic()
            return self.last

    def letters(self) -> pd.DataFrame:
        """The newest dead letters: ``when``, ``key``, ``reason``. Raises ``BusError``."""
        found = self._asked().execute("XREVRANGE", DEAD_KEY, "+", "-", "COUNT", LETTERS)
        rows = []
        for entry_id, flat in found:
            fields = dict(zip(flat[::2], flat[1::2], strict=True))
            when = pd.Timestamp(int(entry_id.partition(b"-")[0]), unit="ms", tz="UTC")
            key, reason = (fields.get(name, b"").decode("utf-8", "replace") for name in (b"key", b"reason"))
            rows.append((when, key, " ".join(reason.split())))
        return pd.DataFrame(rows, columns=["when", "key", "reason"])

    def gaps(self) -> pd.DataFrame:
        """Stretches of which trades are missing, the newest first: ``symbol``, ``start``, ``end``, ``seconds``."""
        services = self._services()
        hub = hub_link(services).hub if services is not None else None
        rows = [(s, one.start, one.end) for s in (hub.symbols() if hub is not None else ()) for one in hub.gaps(s)]
        rows = sorted(rows, key=lambda row: -row[2])[:GAPS]
        frame = pd.DataFrame(rows, columns=["symbol", "start", "end"])
        frame["seconds"] = (frame["end"] - frame["start"]) / 1e9
        for name in ("start", "end"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        return frame

    def _asked(self) -> Bus:
        services = self._services()
        if services is None:
            raise BusError("the services of this process are closed")
        if self._bus is None:
            self._bus = Bus(services.bus_url)
        return self._bus

    def _take(self) -> Look:
        services = self._services()
        link = hub_link(services)
        hub, last = link.hub, self.last
        known = {"status": link.status(), "at_ns": time.time_ns()}
        if hub is not None:
            latency = hub.latency
            known |= {"latency": latency, "symbols": symbols_of(hub, latency)}
        try:
            bus = self._asked()
            told = {
                "feeds": _newest(tuple(feeds_of(bus)), services), "recorders": tuple(recorders(bus)),
                "replays": tuple(world for _, world in running(bus.url)), "dead": int(bus.execute("XLEN", DEAD_KEY)),
            }  # fmt: skip
        except WorkbenchError as error:
            told = {
                "feeds": last.feeds, "recorders": last.recorders, "replays": last.replays, "dead": last.dead,
                "problem": str(error),
            }  # fmt: skip
        return Look(**known, **told)


def symbols_of(hub: Any, latency: LatencySnapshot) -> pd.DataFrame:
    """A row for each symbol of a hub, by name; see ``SYMBOLS``."""
    rows = []
    for symbol in hub.symbols():
        status = hub.status(symbol)
        age = (hub.now(symbol) - status.last_event_ns) / 1e9 if status.last_event_ns else float("nan")
        rate = latency.rates.get(symbol, (0.0, 0.0))
        rows.append(
            (
                symbol, status.state, max(age, 0.0) if age == age else age, *rate, status.latency_ms, status.late,
                status.disorder, status.gaps, status.trades,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(SYMBOLS))


def _newest(told: tuple[FeedStatus, ...], services: Any) -> tuple[FeedStatus, ...]:
    """What others told, and of this process what is true now."""
    own = services.feeds.list()
    here = this_process()
    return tuple(sorted([*own, *(one for one in told if one.who != here)], key=lambda one: (one.name, one.who)))


_watches: weakref.WeakKeyDictionary[Any, Watch] = weakref.WeakKeyDictionary()


def watch_of(services: Any) -> Watch:
    """The one watch over a services object's live plane."""
    return _watches.setdefault(services, Watch(services))
