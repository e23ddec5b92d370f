"""A replay as a feed: what is stored, on a bus that others may share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import param

from workbench.errors import DataError
from workbench.live.feeds import feeds
from workbench.live.publisher import Publisher
from workbench.live.replay.controls import Replay
from workbench.live.replay.pace import FASTEST

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

_LOOK_S = 0.1


@feeds.register("replay")
class ReplayFeed(param.Parameterized):
    """Stored trades, published again on the feed's bus as they came; ``wb.replay`` has a database of its own instead.

    A symbol that somebody feeds there is refused. Hubs of that bus show the symbols as of the simulated clock.
    """

    symbols = param.List(default=["BTC-USD"], item_type=str, bounds=(1, 1000), doc="Symbols to replay, merged by time.")
    start = param.String(default="", doc="First instant, such as '2024-01-02 15:30' (UTC); empty: all that is stored.")
    end = param.String(default="", doc="Instant behind the last; empty: all that is stored.")
    speed = param.Number(
        default=1.0, bounds=(0.0, FASTEST), doc="Times as fast as recorded, 0.25 at least; 0 is as fast as it goes."
    )

    @property
    def producer(self) -> str:
        """Name of the publisher that it is given; what is replayed has a name of its own."""
        return "replay"

    def run(self, publisher: Publisher, stop: threading.Event, *, catalog: MarketCatalog | None = None) -> None:
        """Publish until ``stop`` is set or all is published.

        Raises
        ------
        DataError
            There is no catalog, or nothing in it to replay.
        BusError
            Redis cannot be reached, or somebody feeds one of the symbols.
        """
        if catalog is None:
            raise DataError("a replay needs a catalog: stored trades are what it publishes")
        span = self.start or None, self.end or None
        with Replay(catalog, self.symbols, *span, url=publisher.url, speed=self.speed or None) as replay:
            replay.start()
            while not stop.is_set() and not replay.wait(_LOOK_S):
                pass
            if replay.state == "failed":
                raise DataError(f"replay of {', '.join(self.symbols)}: {replay.message}")
