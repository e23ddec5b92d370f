from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import pytest

from workbench.catalog.synthetic import SyntheticMarket
from workbench.errors import DataError, UnknownNameError
from workbench.live.bus import Bus
from workbench.live.embedded import EmbeddedRedis
from workbench.live.feeds import feeds, run_feed
from workbench.market.specs import SECOND

MINUTE = 60 * SECOND


@pytest.fixture
def feeding(server: EmbeddedRedis) -> Callable[..., AbstractContextManager]:
    @contextmanager
    def run(**options: object) -> Iterator[None]:
        stop, faults = threading.Event(), []

        def work() -> None:
            try:
                run_feed("synthetic", server.url, stop, **options)
            except Exception as error:
                faults.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(20)
        assert not thread.is_alive()
        assert faults == []

    return run


def market(start: int, end: int) -> np.ndarray:
    trades = SyntheticMarket("BTC-USD", seed=7).trades(start, end)
    return trades[[n for n in trades.dtype.names if n != "ts_recv"]]


def held(hub) -> np.ndarray:
    trades = hub.trade_records("BTC-USD")
    return trades[[n for n in trades.dtype.names if n != "ts_recv"]]


def test_it_goes_on_where_the_store_ends_and_then_where_the_stream_ends(
    server: EmbeddedRedis, bus: Bus, catalog, feeding, open_hub, until
) -> None:
    cut = time.time_ns() - 20 * MINUTE
    stored = SyntheticMarket("BTC-USD", seed=7).trades(cut - 60 * MINUTE, cut)
    catalog.store.write("synthetic", "trades", "BTC-USD", stored, covered_until=cut)
    hub = open_hub(catalog)
    live = hub.subscribe("BTC-USD", "1min")
    with feeding(catalog=catalog, symbols=["BTC-USD"], seed=7):
        until(lambda: len(hub.last("BTC-USD")) and hub.last("BTC-USD")["ts_event"][0] > time.time_ns() - 5 * SECOND)
        received = hub.last("BTC-USD")
        assert 0 <= received["ts_recv"][0] - received["ts_event"][0] < MINUTE
    until(lambda: hub.status().trades >= bus.tail("trades", "BTC-USD")[-1][1].end)
    first_run = len(held(hub))
    np.testing.assert_array_equal(held(hub), market(cut, int(hub.last("BTC-USD")["ts_event"][0]) + 1))
    with feeding(catalog=catalog, symbols=["BTC-USD"], seed=7):
        until(lambda: len(held(hub)) > first_run)
    until(lambda: hub.status().trades >= bus.tail("trades", "BTC-USD")[-1][1].end)
    np.testing.assert_array_equal(held(hub), market(cut, int(hub.last("BTC-USD")["ts_event"][0]) + 1))
    assert live.snapshot().gap is None
    assert hub.status().gaps == 0


def test_without_history_it_begins_now(feeding, open_hub, until) -> None:
    hub, now = open_hub(), time.time_ns()
    with feeding(symbols=["BTC-USD", "ETH-USD"], speed=20):
        until(lambda: len(hub.trade_records("BTC-USD")) > 20 and len(hub.last("ETH-USD")))
    assert now <= hub.trade_records("BTC-USD")["ts_event"][0] < now + MINUTE
    trades = held(hub)
    np.testing.assert_array_equal(trades, market(int(trades["ts_event"][0]), int(trades["ts_event"][-1]) + 1))


def test_a_killed_redis_is_waited_for(server: EmbeddedRedis, catalog, feeding, open_hub, until) -> None:
    cut = time.time_ns() - 5 * MINUTE
    stored = SyntheticMarket("BTC-USD", seed=7).trades(cut - MINUTE, cut)
    catalog.store.write("synthetic", "trades", "BTC-USD", stored, covered_until=cut)
    server.kill()
    hub = open_hub(catalog)
    with feeding(catalog=catalog, symbols=["BTC-USD"], speed=50):
        server.start()
        until(lambda: len(held(hub)) > 200)
        server.kill()
        until(lambda: hub.status().state == "reconnecting")
        before = len(held(hub))
        server.start()
        until(lambda: len(held(hub)) > before + 50)
    np.testing.assert_array_equal(held(hub), market(cut, int(hub.last("BTC-USD")["ts_event"][0]) + 1))
    assert hub.status().gaps == 0


def test_it_ends_while_redis_is_away(server: EmbeddedRedis, feeding) -> None:
    server.stop()
    with feeding(symbols=["BTC-USD"]):
        pass


def test_what_cannot_be_run_is_named() -> None:
    assert "synthetic" in feeds.names()
    with pytest.raises(UnknownNameError, match="did you mean synthetic"):
        run_feed("synthetics", "redis://127.0.0.1:1/0", threading.Event())
    with pytest.raises(DataError, match="feed 'synthetic' has no option 'symbol': did you mean symbols"):
        run_feed("synthetic", "redis://127.0.0.1:1/0", threading.Event(), symbol="X")
    for options in ({"speed": -1}, {"symbols": []}):
        with pytest.raises(DataError, match="feed 'synthetic' cannot be set up: ") as caught:
            run_feed("synthetic", "redis://127.0.0.1:1/0", threading.Event(), **options)
        assert "parameter 'SyntheticFeed" not in str(caught.value)
