"""The synthetic market as a feed: its prints are published as the wall clock passes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import param

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
    """Where we are in the prints of one symbol."""

    def __init__(self, market: SyntheticMarket, start: int, skip: int = 0) -> None:
        self._market, self._until, self._skip = market, start, skip
        self._chunk, self._at = market.trades(start, start), 0

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
        self._chunk = self._market.trades(self._until, self._until + _CHUNK_NS)[self._skip :]
        self._until += _CHUNK_NS
        self._at = self._skip = 0


@feeds.register("synthetic")
class SyntheticFeed(param.Parameterized):
    """Seeded random markets of the demo symbols.

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

    @property
    def producer(self) -> str:
        """Stable name: another seed is another market, hence another producer."""
        return f"synthetic:{self.seed}"

    def run(
        self,
        publisher: Publisher,
        stop: threading.Event,
        *,
        catalog: MarketCatalog | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Publish until ``stop`` is set; waits for Redis when it is away."""
        began = clock()
        cursors: dict[str, _Cursor] = {}
        for symbol in self.symbols:
            cursor = self._begin(symbol, publisher, stop, catalog=catalog, now=began)
            if cursor is None:
                return
            cursors[symbol] = cursor
        while not stop.is_set():
            wall = clock()
            now = began + int((wall - began) * self.speed)
            room = max(_MOST_WAITING - publisher.waiting, 0)
            for symbol, cursor in cursors.items():
                trades = cursor.take(now, room // len(cursors))
                if len(trades):
                    trades = trades.copy()
                    trades["ts_recv"] = clock()
                    publisher.publish(symbol, trades)
            nap = (min(c.due() for c in cursors.values()) - now) / SECOND / self.speed
            stop.wait(min(max(nap, 0.001 if room == _MOST_WAITING else 0.02), _LONGEST_NAP_S))

    def _begin(
        self,
        symbol: str,
        publisher: Publisher,
        stop: threading.Event,
        *,
        catalog: MarketCatalog | None,
        now: int,
    ) -> _Cursor | None:
        market, backoff = SyntheticMarket(symbol, seed=self.seed), Backoff()
        oldest = now - FILL_S * SECOND
        while not stop.is_set():
            try:
                tail = publisher.tail(symbol)
            except BusError:
                stop.wait(backoff.next())
                continue
            if tail is not None and tail.last_event >= oldest:
                publisher.begin(symbol, tail.producer.since, after=tail)
                return _Cursor(market, tail.last_event, tail.ties)
            end = covered(catalog, symbol)
            start = end[0] if end is not None and oldest <= end[0] <= now else now
            publisher.begin(symbol, start)
            return _Cursor(market, start)
        return None
