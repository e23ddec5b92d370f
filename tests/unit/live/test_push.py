"""What is pushed counts once: bars by (symbol, spec, time), trades by their identity, over restarts and in parallel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from workbench.catalog.market_catalog import MarketCatalog
from workbench.catalog.store import Store
from workbench.errors import BusError
from workbench.live import push
from workbench.live.bus import DEAD_KEY, Bus
from workbench.live.codec import decode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.push import Inbox

NOW = int(np.datetime64("2024-03-04T12:00", "ns").astype("i8"))


@pytest.fixture
def inbox(server: EmbeddedRedis, catalog: MarketCatalog) -> Inbox:
    return Inbox(server.url, catalog.store, clock=lambda: NOW)


def bar(minute: int, close: float = 10.0, **more: object) -> dict:
    info = {"symbol": more.pop("symbol", "ES"), "seconds_per_bar": more.pop("seconds", 60)}
    low, high = min(10.0, close) - 1, max(10.0, close) + 1
    row = {"timestamp": NOW - (1000 - minute) * 60 * 10**9, "open": 10.0, "high": high, "low": low, "close": close}
    return {**row, "volume": 5, "bid_volume": 2, "ask_volume": 3, "chart_info": info, **more}


def trade(number: int, symbol: str = "ES", **more: object) -> dict:
    return {
        "symbol": symbol,
        "price": 100 + number,
        "volume": 1,
        "timestamp": NOW // 10**6 + number,
        "id": number,
        **more,
    }


def on_bus(bus: Bus, kind: str, symbol: str) -> list:
    return [
        decode(fields)
        for _, fields in bus.read({f"wb:{kind}:{symbol}": "0-0"}, 1, 10_000).get(f"wb:{kind}:{symbol}", [])
    ]


def told(outcome: push.Outcome) -> tuple[int, int, int]:
    return outcome.accepted, outcome.duplicates, outcome.replaced


def test_bars_are_in_the_store_and_on_the_bus(inbox: Inbox, bus: Bus, catalog: MarketCatalog) -> None:
    assert told(inbox.bars([bar(2, 12.0), bar(1, 11.0), bar(1, 11.0, symbol="NQ"), bar(1, seconds=300)])) == (4, 0, 0)
    frame = catalog.bars("ES", "1min", source="pushed")
    assert frame["close"].tolist() == [11.0, 12.0]
    assert frame[["buy_volume", "sell_volume"]].iloc[0].tolist() == [3.0, 2.0]
    assert sorted((d.kind, d.symbol, d.rows) for d in catalog.store.datasets()) == [
        ("bars_1min", "ES", 2), ("bars_1min", "NQ", 1), ("bars_5min", "ES", 1)
    ]  # fmt: skip
    batches = on_bus(bus, "bars", "ES")
    assert [(one.kind, one.records["close"].tolist()) for one in batches] == [
        ("bars_1min", [11.0, 12.0]),
        ("bars_5min", [10.0]),
    ]


def test_a_bar_sent_again_is_no_news_and_another_takes_its_place(
    inbox: Inbox, bus: Bus, catalog: MarketCatalog
) -> None:
    many = [bar(i) for i in range(500)]
    assert told(inbox.bars(many)) == (500, 0, 0)
    assert told(inbox.bars(many)) == (0, 500, 0)
    assert told(inbox.bars([bar(499, 10.5)])) == (1, 0, 1)
    assert told(inbox.bars([bar(499, 10.5), bar(500)])) == (1, 1, 0)
    assert told(inbox.bars([bar(100, 9.0), bar(100, 9.5), bar(100, 9.5), bar(100)])) == (3, 1, 3)
    assert told(inbox.bars([bar(7, 10.5), bar(3, 10.5), bar(7), bar(3)])) == (4, 0, 4)  # others lie between them
    stored = catalog.store.read("pushed", "bars_1min", "ES")
    assert len(stored) == 501 and stored["close"][[100, 499]].tolist() == [10.0, 10.5]
    assert [len(one.records) for one in on_bus(bus, "bars", "ES")] == [500, 1, 1, 1, 2]
    assert len({one.producer for one in on_bus(bus, "bars", "ES")}) == 1


def test_a_row_that_cannot_be_used_keeps_all_others_out(inbox: Inbox, bus: Bus, catalog: MarketCatalog) -> None:
    outcome = inbox.bars([bar(0), bar(1, volume=-1), 5, {**bar(2), "close": "x", "volume": None}])
    assert (outcome.accepted, outcome.unusable) == (0, 3)
    assert [(one.index, one.field) for one in outcome.errors] == [(1, "volume"), (2, ""), (3, "close"), (3, "volume")]
    outcome = inbox.trades([trade(0), {**trade(1), "price": None}, []], "me")
    assert [(one.index, one.field) for one in outcome.errors] == [(1, "price"), (2, "")]
    assert catalog.store.datasets() == [] and bus.execute("KEYS", "*") == []


def test_bars_far_apart_leave_what_lies_between_alone(
    inbox: Inbox, catalog: MarketCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_APART", 10)
    inbox.bars([bar(i) for i in range(0, 900, 3)])
    read = []
    before = Store.read
    monkeypatch.setattr(Store, "read", lambda *args, **more: read.append(args[-2:]) or before(*args, **more))
    assert told(inbox.bars([bar(890, 11.0), bar(0, 12.0), bar(3), bar(891, 9.5)])) == (3, 1, 2)
    assert [(end - start) // (60 * 10**9) for start, end in read] == [3, 1]
    monkeypatch.undo()
    stored = catalog.store.read("pushed", "bars_1min", "ES")
    assert len(stored) == 301 and stored["close"][[0, 1, -4, -3]].tolist() == [12.0, 10.0, 11.0, 9.5]


def test_when_the_store_fails_the_same_request_does_the_rest(
    inbox: Inbox, bus: Bus, catalog: MarketCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Store, "write", full)
    with pytest.raises(OSError, match="space"):
        inbox.bars([bar(0)])
    monkeypatch.undo()
    assert told(inbox.bars([bar(0)])) == (1, 0, 0)
    assert len(on_bus(bus, "bars", "ES")) == 2 and len(catalog.store.read("pushed", "bars_1min", "ES")) == 1


def test_when_the_bus_fails_nothing_is_stored(inbox: Inbox, server: EmbeddedRedis, catalog: MarketCatalog) -> None:
    server.kill()
    with pytest.raises(BusError):
        inbox.bars([bar(0)])
    assert "pushed" not in {d.source for d in catalog.store.datasets()}
    server.start()
    assert told(inbox.bars([bar(0)])) == (1, 0, 0)


def test_trades_count_once_by_id_and_by_sequence(inbox: Inbox, bus: Bus) -> None:
    assert told(inbox.trades([trade(i) for i in (2, 0, 1, 1)], "me")) == (3, 1, 0)
    assert told(inbox.trades([trade(i) for i in range(5)], "me")) == (2, 3, 0)
    numbered = [{**trade(i), "id": None, "seq": i} for i in range(3)]
    assert told(inbox.trades(numbered, "me")) == (3, 0, 0)
    assert told(inbox.trades(numbered, "you")) == (3, 0, 0)
    assert told(inbox.trades([{**one, "client": "me"} for one in numbered], "you")) == (0, 3, 0)
    assert told(inbox.trades([trade(0, "NQ")], "me")) == (1, 0, 0)
    assert told(inbox.trades([], "me")) == (0, 0, 0)
    batches = on_bus(bus, "trades", "ES")
    assert [one.seq for one in batches] == [0, 3, 5, 8] and len({one.producer for one in batches}) == 1
    assert batches[0].records["price"].tolist() == [100, 101, 102]


def test_trades_count_once_over_a_restart_of_the_server_and_of_redis(
    inbox: Inbox, bus: Bus, server: EmbeddedRedis, catalog: MarketCatalog, until: Callable
) -> None:
    inbox.trades([trade(i) for i in range(10)], "me")
    inbox.close()
    another = Inbox(server.url, catalog.store, clock=lambda: NOW)
    assert told(another.trades([trade(i) for i in range(12)], "me")) == (2, 10, 0)
    server.stop()
    server.start()
    # The connection of before the restart is found broken once; whoever pushes is told, and sends it again.
    with pytest.raises(BusError):
        another.trades([trade(i) for i in range(13)], "me")
    assert told(another.trades([trade(i) for i in range(13)], "me")) == (1, 12, 0)
    bus.close()
    assert [one.seq for one in on_bus(bus, "trades", "ES")] == [0, 10, 12]


def test_several_push_the_same_at_once(server: EmbeddedRedis, catalog: MarketCatalog, bus: Bus) -> None:
    inboxes = [Inbox(server.url, catalog.store, clock=lambda: NOW) for _ in range(4)]
    together = threading.Barrier(4)

    def send(inbox: Inbox) -> int:
        together.wait()
        kept = sum(inbox.trades([trade(i + j) for j in range(7)], "me").accepted for i in range(0, 100, 3))
        return kept + sum(inbox.bars([bar(i), bar(i + 1)]).accepted for i in range(0, 30, 3)) * 1000

    with ThreadPoolExecutor(4) as pool:
        kept = sum(pool.map(send, inboxes))
    assert kept == 106 + 20 * 1000
    batches = on_bus(bus, "trades", "ES")
    assert [one.seq for one in batches[1:]] == [one.end for one in batches[:-1]]
    prices = np.concatenate([one.records["price"] for one in batches])
    assert sorted(prices.tolist()) == [100.0 + i for i in range(106)]
    assert len(catalog.store.read("pushed", "bars_1min", "ES")) == 20


def test_identities_are_forgotten_by_age_and_number(inbox: Inbox, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "REMEMBER_IDS", 5)
    inbox.trades([trade(i) for i in range(4)], "me")
    inbox.trades([trade(i) for i in range(4, 8)], "me")
    assert bus.execute("ZCARD", "wb:pushed_ids:ES") == 5
    later = Inbox(bus.url, Store("unused"), clock=lambda: NOW + (push.REMEMBER_S + 1) * 10**9)
    later.trades([trade(9)], "me")
    assert bus.execute("ZCARD", "wb:pushed_ids:ES") == 1


def test_what_is_a_month_old_goes_with_a_push(inbox: Inbox, bus: Bus) -> None:
    for i in range(250):
        bus.execute("XADD", "wb:trades:ES", f"{NOW // 10**6 - 30 * 86_400_000 - 1_000 + i}-0", "a", "b")
    inbox.trades([trade(0)], "me")
    assert 1 <= bus.execute("XLEN", "wb:trades:ES") <= 100 + 1  # whole nodes of 100 go


def test_a_hub_and_its_bars_see_pushed_trades(inbox: Inbox, open_hub: Callable[..., Hub], until: Callable) -> None:
    hub = open_hub()
    inbox.trades([trade(i) for i in range(200)], "me")
    with hub.subscribed("ES", "1s") as live:
        until(lambda: hub.status("ES").trades == 200)
        until(lambda: live.snapshot().forming["trades"].sum() + live.snapshot().closed["trades"].sum() == 200)
    inbox.trades([trade(i) for i in range(150, 250)], "me")
    until(lambda: hub.status("ES").trades == 250)
    assert hub.gaps("ES") == [] and hub.status().dead_letters == 0


def test_a_stream_of_another_type_is_the_bus_being_away(inbox: Inbox, bus: Bus) -> None:
    bus.execute("SET", "wb:trades:ES", "text")
    with pytest.raises(BusError, match="WRONGTYPE"):
        inbox.trades([trade(0)], "me")
    bus.execute("DEL", "wb:trades:ES")
    assert told(inbox.trades([trade(0)], "me")) == (1, 0, 0)


def test_requests_are_put_aside(inbox: Inbox, bus: Bus, server: EmbeddedRedis) -> None:
    inbox.dead_letter("api:/x", b"{" * 9_000, "no JSON: \ud800")
    ((_, fields),) = bus.execute("XRANGE", DEAD_KEY, "-", "+")
    letter = dict(zip(fields[::2], fields[1::2], strict=True))
    assert (letter[b"key"], letter[b"f:body"], letter[b"reason"]) == (b"api:/x", b"{" * 4096, b"no JSON: ?")
    server.kill()
    inbox.dead_letter("api:/x", b"", "nobody hears this")


def test_pushed_bars_are_read_as_any_others(inbox: Inbox, catalog: MarketCatalog) -> None:
    inbox.bars([bar(i, 10 + i / 100) for i in range(0, 60)])
    frame = catalog.bars("ES", "5min")
    assert isinstance(frame, pd.DataFrame) and frame["volume"].sum() == 60 * 5
