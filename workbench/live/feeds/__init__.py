"""Feeds: whatever publishes trades to the bus. One file, one class; the registry finds it.

A feed is a ``param.Parameterized`` class with ``producer`` (a stable name, the same after a restart) and
``run(publisher, stop, catalog=None)``, which publishes until ``stop`` is set.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, did_you_mean, parameter_told
from workbench.live.publisher import Publisher
from workbench.registry import Registry

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

__all__ = ["Publisher", "feed_of", "feeds", "run_feed"]

feeds: Registry = Registry("feed", "workbench.live.feeds", "workbench.feeds")


def feed_of(name: str, options: Mapping[str, Any]) -> Any:
    """A feed that is set up and not running.

    Raises
    ------
    UnknownNameError
        There is no such feed.
    DataError
        It has no such option, or not with this value; names the nearest.
    """
    kind = feeds.get(name)
    known = {one for one in kind.param if one != "name"}
    for option in options:
        if option not in known:
            raise DataError(f"feed {name!r} has no option {option!r}: {did_you_mean(option, known)}")
    try:
        return kind(**options)
    except (TypeError, ValueError) as error:
        raise DataError(f"feed {name!r} cannot be set up: {parameter_told(error)}") from None


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
        Parameters of the feed's class; raises as ``feed_of`` does.
    """
    feed = feed_of(name, options)
    publisher = Publisher(bus_url, feed.producer)
    try:
        feed.run(publisher, stop_event, catalog=catalog)
    finally:
        publisher.close()
