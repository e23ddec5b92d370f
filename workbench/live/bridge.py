"""The bridge to programs that speak JSON over Pub/Sub: ``live_ticks:<SYMBOL>``, one message a tick.

In: what others publish there becomes trades on the bus. Out: every trade on the bus becomes a message. What the bridge
itself has made goes neither way again, also when several bridges run. Pub/Sub keeps nothing: what is published while
nobody listens is lost, and what comes after is marked so that readers see a gap.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import BusError, ConfigError
from workbench.live import rows
from workbench.live.backoff import Backoff
from workbench.live.bus import Bus, BusRefused, Channels
from workbench.live.codec import Entries
from workbench.live.pipeline import Pipeline
from workbench.live.publisher import Publisher
from workbench.live.reader import BusReader
from workbench.live.rows import Unusable
from workbench.market.events import BUY, SELL, TRADE

_log = logging.getLogger(__name__)

#: Channels of ticks begin so.
PREFIX = "live_ticks:"

#: Name of the producer of bridged trades; and what a message of ours says in ``via``.
PRODUCER, MARK = "bridge:live_ticks", "workbench"

_decode = json.JSONDecoder().decode  # of UTF-8; ``loads`` would look for other encodings first
_MANY = 4_096  # messages taken at once
_WAIT_S = 0.05
_DEAD_WAITING = 5_000  # broken messages kept until Redis takes them
_RESYNC_S = 2.0
_A_TRIP = 1_000  # messages sent in one round trip


@dataclass(frozen=True)
class BridgeStatus:
    """What has crossed so far. ``own``: messages of a bridge, passed over; ``lost``: trades that Redis did not take."""

    received: int
    published: int
    dead: int
    own: int
    sent: int
    lost: int
    reconnects: int
    message: str


class Bridge:
    """Carries ticks in and out, each in a thread of its own.

    Parameters
    ----------
    url
        ``redis://host:port/db`` of both the channels and the bus.
    inward, outward
        Which ways.
    symbols
        Only these; all when left out.
    clock
        Now, ns UTC.
    """

    def __init__(
        self,
        url: str,
        *,
        inward: bool = True,
        outward: bool = True,
        symbols: Sequence[str] | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        if not (inward or outward):
            raise ConfigError("a bridge carries ticks in or out: ask for one of them")
        self._ways: list[_Inward | _Outward] = []
        if inward:
            self._ways.append(_Inward(url, symbols, clock))
        if outward:
            self._ways.append(_Outward(url, symbols, clock))

    def start(self) -> Bridge:
        """Begin; returns itself. Does not wait for Redis: see ``wait_ready`` and ``status``."""
        for way in self._ways:
            way.start()
        return self

    def wait_ready(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything that is published from now on will cross; False when it took too long."""
        return all(way.ready.wait(timeout_s) for way in self._ways)

    def stop(self) -> None:
        """End; what was taken over is sent first. Safe to call twice."""
        for way in self._ways:
            way.stop()

    @property
    def status(self) -> BridgeStatus:
        """Counts, and what is wrong at the moment (``message``, empty when nothing is)."""
        into = next((way for way in self._ways if isinstance(way, _Inward)), None)
        out = next((way for way in self._ways if isinstance(way, _Outward)), None)
        return BridgeStatus(
            received=into.received if into else 0,
            published=into.published if into else 0,
            dead=into.dead if into else 0,
            own=into.own if into else 0,
            sent=out.sent if out else 0,
            lost=(out.lost if out else 0) + (into.publisher.lost if into else 0),
            reconnects=max(into.connections - 1, 0) if into else 0,
            message="; ".join(sorted({way.message for way in self._ways if way.message})),
        )


class _Inward:
    """Messages -> trades on the bus."""

    def __init__(self, url: str, symbols: Sequence[str] | None, clock: Callable[[], int]) -> None:
        if symbols is None:
            self._channels = Channels(url, patterns=[f"{PREFIX}*"])
        else:
            self._channels = Channels(url, channels=[PREFIX + one for one in symbols])
        self.publisher = Publisher(url, PRODUCER)
        self.received = self.published = self.dead = self.own = 0
        self.message = ""
        self.ready = threading.Event()
        self._bus = Bus(url)
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="workbench-bridge-in", daemon=True)
        self._known: set[str] = set()
        self._interrupted: set[str] = set()
        self._broken: list[tuple[str, bytes, dict[bytes, bytes], str]] = []
        self._connected = 0

    @property
    def connections(self) -> int:
        return self._channels.connections

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)
        self._channels.close()
        self.publisher.close()
        self._bus.close()

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                messages = self._channels.read(_WAIT_S, _MANY)
                if self._channels.connections != self._connected:
                    self._connected = self._channels.connections
                    self._interrupted = set(self._known)
                if self._channels.listening:
                    self.ready.set()
                if messages:
                    self._take(messages)
                self._send_broken()
                backoff.reset()
                self.message = ""
            except BusError as error:
                self.message = str(error)
                self._stop.wait(backoff.next())
            except Exception as error:  # the only reader of the channels must not end
                _log.exception("the bridge met a fault")
                self.message = f"fault in the bridge: {type(error).__name__}: {error}"
                self._stop.wait(backoff.next())

    def _take(self, messages: list[tuple[str, bytes]]) -> None:
        now, found = self._clock(), {}
        self.received += len(messages)
        for channel, data in messages:
            try:
                row = _decode(data.decode())
                if not isinstance(row, dict):
                    raise Unusable("", "the message is no JSON object")
                if row.get("via") == MARK:
                    self.own += 1
                    continue
                name, trade = rows.trade(row, now=now, channel=channel[len(PREFIX) :])
            except (ValueError, RecursionError) as error:
                self._set_aside(channel, data, error)
                continue
            if name in found:
                found[name].append(trade)
            else:
                found[name] = [trade]
        for name, trades in found.items():
            records = np.array(trades, TRADE)
            if name in self._interrupted:
                self._begin_anew(name, int(records["ts_event"][0]))
            self._known.add(name)
            self.publisher.publish(name, records)
            self.published += len(records)

    def _begin_anew(self, name: str, since: int) -> None:
        """We were away: what comes now does not follow what came before, and readers must see that."""
        if self.publisher.resync(_RESYNC_S):
            self.publisher.begin(name, since)
            self._interrupted.discard(name)

    def _set_aside(self, channel: str, data: bytes, error: Exception) -> None:
        self.dead += 1
        reason = str(error) if isinstance(error, Unusable) else f"the message is no JSON: {error}"
        self._broken.append((channel, b"", {b"message": data}, reason))
        del self._broken[:-_DEAD_WAITING]

    def _send_broken(self) -> None:
        if self._broken:
            try:
                self._bus.dead_letters(self._broken)
            except BusRefused as error:
                _log.warning("dead letters were not stored: %s", error)
            self._broken.clear()


class _Outward:
    """Trades of the bus -> messages. A taker of ``BusReader``."""

    def __init__(self, url: str, symbols: Sequence[str] | None, clock: Callable[[], int]) -> None:
        self._reader = BusReader(url, clock, name="workbench-bridge-out")
        self._pipeline = Pipeline(self._unreadable, lambda *_: None, clock)
        self._bus = Bus(url)
        self._only = None if symbols is None else set(symbols)
        self._attached: set[str] = set()
        self._begin: int | None = None
        self._problem = ""
        self.sent = self.lost = 0
        self.ready = self._reader.is_caught_up

    @property
    def message(self) -> str:
        state, _, message = self._reader.link
        return self._problem or ("" if state in ("live", "off") else message)

    def start(self) -> None:
        self._reader.start(self)

    def stop(self) -> None:
        self._reader.stop()
        self._pipeline.close()
        self._bus.close()

    # -- what the reader calls -----------------------------------------------------------------------------------

    def take(self, symbol: str, entries: Entries) -> None:
        if self._only is not None and symbol not in self._only:
            return
        if symbol not in self._attached:
            self._attached.add(symbol)
            self._pipeline.attach(symbol, functools.partial(self._send, symbol))
        begin = (self._begin or 0) // 1_000_000
        ours = f"{PRODUCER}@".encode()
        new = [
            (entry_id, fields)
            for entry_id, fields in entries
            if int(entry_id.partition(b"-")[0]) >= begin and not fields.get(b"p", b"").startswith(ours)
        ]
        try:
            self._pipeline.feed(symbol, new)
        except Exception:  # entries that nobody can use must not be read again and again
            _log.exception("entries of %s could not be carried out", symbol)

    def release(self, *, everything: bool = False) -> None:
        self._pipeline.release(everything=everything)

    def due(self) -> float | None:
        with contextlib.suppress(BusError):
            self.begin_at("")  # before the first read, also when there is no stream yet
        return self._pipeline.due()

    def begin_at(self, symbol: str) -> int:
        """Messages are of what happens: from our start on, by Redis's clock."""
        if self._begin is None:
            self._begin = self._bus.now()
        return self._begin

    def caught_up(self) -> None:
        """Nothing to be done."""

    def _unreadable(self, symbol: str, *_: object) -> None:
        """The recorder and the hub put aside what cannot be read; once is enough."""

    def _send(self, symbol: str, trades: np.ndarray) -> None:
        channel, messages = PREFIX + symbol, tick_messages(symbol, trades)
        for at in range(0, len(messages), _A_TRIP):
            part = messages[at : at + _A_TRIP]
            try:
                replies = self._bus.execute_many([("PUBLISH", channel, one) for one in part])
            except BusError as error:
                # Whether they were heard is not known. Sent again they might be heard twice.
                self.lost += len(messages) - at
                self._problem = str(error)
                return
            refused = [one for one in replies if isinstance(one, BusRefused)]
            self.lost, self.sent = self.lost + len(refused), self.sent + len(part) - len(refused)
            self._problem = str(refused[0]) if refused else ""


def tick_messages(symbol: str, trades: np.ndarray) -> list[str]:
    """One JSON message for each of TRADE records: ``symbol price volume timestamp side via``."""
    times = trades["ts_event"].astype("M8[ns]")
    unit = "ns" if (trades["ts_event"] % 1000).any() else "us"
    stamps = np.datetime_as_string(times, unit=unit).tolist()
    name, sides = json.dumps(symbol), {BUY: "buy", SELL: "sell"}
    return [
        f'{{"symbol":{name},"price":{price!r},"volume":{size!r},"timestamp":"{stamp}+00:00",'
        f'"side":"{sides.get(side, "unknown")}","via":"{MARK}"}}'
        for price, size, stamp, side in zip(
            trades["price"].tolist(), trades["size"].tolist(), stamps, trades["side"].tolist(), strict=True
        )
    ]
