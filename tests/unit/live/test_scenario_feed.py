"""The synthetic feed in another scenario, with quotes and a book beside the trades."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from workbench.catalog.synthetic import SyntheticMarket
from workbench.errors import DataError
from workbench.live.bus import Bus
from workbench.live.codec import decode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.feeds import run_feed
from workbench.live.feeds.synthetic import SyntheticFeed
from workbench.market.events import DTYPES
from workbench.market.specs import SECOND


@pytest.fixture
def feeding(server: EmbeddedRedis) -> Iterator[threading.Event]:
    stop = threading.Event()
    options = {"symbols": ["BTC-USD"], "scenario": "volatile", "quotes": True, "book": True, "speed": 30.0}
    thread = threading.Thread(target=run_feed, args=("synthetic", server.url, stop), kwargs=options)
    thread.start()
    yield stop
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def sent(bus: Bus, kind: str) -> np.ndarray:
    found = bus.execute("XRANGE", f"wb:{kind}:BTC-USD", "-", "+")
    batches = [decode(dict(zip(fields[::2], fields[1::2], strict=True))) for _, fields in found]
    assert {batch.kind for batch in batches} <= {kind}
    assert all(batch.producer.startswith("synthetic:7:volatile@") for batch in batches)
    parts = [batch.records for batch in batches]
    return np.concatenate(parts) if parts else np.empty(0, DTYPES[kind])


def test_all_kinds_are_those_of_the_market(bus: Bus, feeding, until) -> None:
    began = time.time_ns()
    until(lambda: all(len(sent(bus, kind)) > 30 for kind in ("trades", "quotes", "book")))
    market = SyntheticMarket("BTC-USD", scenario="volatile")
    for kind in ("trades", "quotes", "book"):
        records = sent(bus, kind)
        first, last = int(records["ts_event"][0]), int(records["ts_event"][-1])
        assert abs(first - began) < 600 * SECOND
        expected = market.events(kind, first, last + 1)
        names = [name for name in records.dtype.names if name != "ts_recv"]
        # A change of the book may be on its way still.
        np.testing.assert_array_equal(records[names], expected[names][: len(records)])
        assert (records["ts_recv"] >= began - 60 * SECOND).all()


def test_each_market_has_a_producer_of_its_own() -> None:
    names = [
        SyntheticFeed(**options).producer
        for options in ({}, {"seed": 8}, {"scenario": "crash"}, {"jumps": 3.0}, {"jumps": 4.0, "persistence": 0.5})
    ]
    assert names[0] == "synthetic:7"
    assert len(set(names)) == len(names)
    for options in ({"scenario": "calm"}, {"jumps": 51.0}, {"persistence": 1.0}):
        with pytest.raises(DataError, match="cannot be set up"):
            run_feed("synthetic", "redis://127.0.0.1:1/0", threading.Event(), **options)
