"""Feeds: whatever publishes trades to the bus. One file, one class; the registry finds it.

A feed is a ``param.Parameterized`` class with ``producer`` (a stable name, the same after a restart) and
``run(publisher, stop, catalog=None)``, which publishes until ``stop`` is set.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError
from workbench.live.publisher import Publisher
from workbench.registry import Registry

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

__all__ = ["Publisher", "feeds", "run_feed"]

feeds: Registry = Registry("feed", "workbench.live.feeds", "workbench.feeds")


def run_feed(
    name: str,
    bus_url: str,
    stop_event: threading.Event,
    *,
    catalog: MarketCatalog | None = None,
    **options: Any,
) -> None:
    """Run the feed called ``name`` in this thread until ``stop_event`` is set.

    Parameters
    ----------
    name
        One of ``feeds.names()``.
    bus_url
        ``redis://host:port/db``; a server that is away is waited for.
    catalog
        Stored history, where the feed goes on from.
    options
        Parameters of the feed's class.
    """
    kind = feeds.get(name)
    try:
        feed = kind(**options)
    except (TypeError, ValueError) as error:
        raise DataError(f"feed {name!r} cannot be set up: {error}") from None
    publisher = Publisher(bus_url, feed.producer)
    try:
        feed.run(publisher, stop_event, catalog=catalog)
    finally:
        publisher.close()
