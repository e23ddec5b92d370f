"""The synthetic market as a feed: its prints are published as the wall clock passes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import param

from workbench.catalog.scenarios import BOUNDS, SCENARIOS
from workbench.catalog.synthetic import SyntheticMarket
from workbench.errors import BusError
from workbench.live.backoff import Backoff
from workbench.live.feeds import feeds
from workbench.live.join import covered
from workbench.live.publisher import Publisher
from workbench.market.specs import SECOND

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

#: A stretch that was missed is filled up to so far back; before it, the feed begins anew.
FILL_S = 48 * 3600

_CHUNK_NS = 900 * SECOND
_MOST_WAITING = 100_000  # the market can be computed again at any time: nothing is gained by queueing more
_LONGEST_NAP_S = 0.25


class _Cursor:
    """Where we are in the prints (or quotes, or changes of the book) of one symbol."""

    def __init__(self, market: SyntheticMarket, kind: str, start: int, skip: int = 0) -> None:
        self._market, self._kind, self._until, self._skip = market, kind, start, skip
        self._chunk, self._at = market.events(kind, start, start), 0

    def take(self, now: int, most: int) -> np.ndarray:
        """At most ``most`` prints that are due at ``now``, and were not taken yet."""
        while self._at == len(self._chunk) and self._until <= now:
            self._load()
        end = int(np.searchsorted(self._chunk["ts_event"], now, "right"))
        end = min(max(end, self._at), self._at + most)
        taken, self._at = self._chunk[self._at : end], end
        return taken

    def due(self) -> int:
        """When there is something to take again: the next print, or the end of what was computed."""
        return int(self._chunk["ts_event"][self._at]) if self._at < len(self._chunk) else self._until

    def _load(self) -> None:
        self._chunk = self._market.events(self._kind, self._until, self._until + _CHUNK_NS)[self._skip :]
        self._until += _CHUNK_NS
        self._at = self._skip = 0


@feeds.register("synthetic")
class SyntheticFeed(param.Parameterized):
    """Seeded random markets of the demo symbols, calm or in a crash; see ``catalog.scenarios``.

    The feed goes on where its own stream ends; else where the stored history ends, so that store and stream have
    neither a gap nor a double; else it begins now. What was missed meanwhile is published in a burst.
    """

    symbols = param.List(
        default=["BTC-USD", "ETH-USD", "ES", "EURUSD", "NIFTY"],
        item_type=str,
        bounds=(1, 1000),
        doc="Symbols to publish; an instrument's session says when it trades.",
    )
    seed = param.Integer(default=7, bounds=(0, 2**31 - 1), doc="Equal seeds give equal markets.")
    speed = param.Number(
        default=1.0,
        bounds=(0.01, 1000.0),
        doc="How fast the market's clock runs; other than 1 it parts from the wall clock.",
    )

    scenario = param.Selector(
        default="normal",
        objects=list(SCENARIOS),
        doc="What kind of market: "
        + "; ".join(f"{one.name}: {one.about.rstrip('.')}" for one in SCENARIOS.values())
        + ".",
    )
    jumps = param.Number(
        default=None, allow_None=True, bounds=BOUNDS["jumps"], doc="Mean number of jumps a day; the scenario's if None."
    )
    jump_size = param.Number(
        default=None,
        allow_None=True,
        bounds=BOUNDS["jump_size"],
        doc="Standard deviation of a jump in daily moves; the scenario's if None.",
    )
    persistence = param.Number(
        default=None,
        allow_None=True,
        bounds=BOUNDS["persistence"],
        doc="Chance that a regime (of volatility, of direction) lasts a day longer; the scenario's if None.",
    )
    quotes = param.Boolean(default=False, doc="Publish best bid and ask beside the trades.")
    book = param.Boolean(default=False, doc="Publish a book of ten levels a side beside the trades.")

    @property
    def producer(self) -> str:
        """Stable name: another seed or scenario is another market, hence another producer."""
        own = {name: getattr(self, name) for name in ("jumps", "jump_size", "persistence")}
        told = "".join(f":{name}={value:g}" for name, value in own.items() if value is not None)
        return f"synthetic:{self.seed}" + (f":{self.scenario}" if self.scenario != "normal" or told else "") + told

    def run(
        self,
        publisher: Publisher,
        stop: threading.Event,
        *,
        catalog: MarketCatalog | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Publish until ``stop`` is set; waits for Redis when it is away."""
        beside = [kind for kind in ("quotes", "book") if getattr(self, kind)]
        publishers = {kind: Publisher(publisher.url, publisher.name, kind=kind) for kind in beside}
        try:
            self._run({**publishers, "trades": publisher}, stop, catalog=catalog, clock=clock)
        finally:
            for one in publishers.values():
                one.close()

    def _run(
        self,
        publishers: dict[str, Publisher],
        stop: threading.Event,
        *,
        catalog: MarketCatalog | None,
        clock: Callable[[], int],
    ) -> None:
        began = clock()
        cursors: dict[tuple[str, str], _Cursor] = {}
        for symbol in self.symbols:
            market = SyntheticMarket(
                symbol, self.seed, scenario=self.scenario,
                jumps=self.jumps, jump_size=self.jump_size, persistence=self.persistence,
            )  # fmt: skip
            for kind, publisher in publishers.items():
                cursor = self._begin(market, publisher, stop, catalog=catalog, now=began)
                if cursor is None:
                    return
                cursors[kind, symbol] = cursor
        while not stop.is_set():
            wall = clock()
            now = began + int((wall - began) * self.speed)
            room = max(_MOST_WAITING - max(one.waiting for one in publishers.values()), 0)
            for (kind, symbol), cursor in cursors.items():
                records = cursor.take(now, room // len(cursors))
                if len(records):
                    records = records.copy()
                    records["ts_recv"] = clock()
                    publishers[kind].publish(symbol, records)
            nap = (min(c.due() for c in cursors.values()) - now) / SECOND / self.speed
            stop.wait(min(max(nap, 0.001 if room == _MOST_WAITING else 0.02), _LONGEST_NAP_S))

    def _begin(
        self,
        market: SyntheticMarket,
        publisher: Publisher,
        stop: threading.Event,
        *,
        catalog: MarketCatalog | None,
        now: int,
    ) -> _Cursor | None:
        symbol, backoff = market.symbol, Backoff()
        oldest = now - FILL_S * SECOND
        while not stop.is_set():
            try:
                tail = publisher.tail(symbol)
            except BusError:
                stop.wait(backoff.next())
                continue
            if tail is not None and tail.last_event >= oldest:
                publisher.begin(symbol, tail.producer.since, after=tail)
                return _Cursor(market, publisher.kind, tail.last_event, tail.ties)
            # History is that of trades; quotes and books begin now, nobody waits for those of hours ago.
            end = covered(catalog, symbol) if publisher.kind == "trades" else None
            start = end[0] if end is not None and oldest <= end[0] <= now else now
            publisher.begin(symbol, start)
            return _Cursor(market, publisher.kind, start)
        return None
