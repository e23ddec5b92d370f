"""What is pushed as bars, or imported, while somebody looks: live bars are those of the store, and keep on being so."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from workbench.catalog.market_catalog import MarketCatalog
from workbench.live import stored
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.push import Inbox
from workbench.market.events import BAR

BEGIN = pd.Timestamp("2024-03-04T12:00", tz="UTC")
SPECS = ("1min", "5min", "1h", "renko:1.0(1min)", "ha(5min)")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "EVERY_S", 0.01)


@pytest.fixture
def inbox(server: EmbeddedRedis, catalog: MarketCatalog) -> Inbox:
    return Inbox(server.url, catalog.store)


def bar(minute: int, close: float | None = None, symbol: str = "NOBODY") -> dict:
    """A bar of a seeded walk, as it is pushed."""
    walk = 100 + np.cumsum(np.random.default_rng(7).normal(0, 0.4, 1_000))
    opened, shut = walk[minute], walk[minute + 1] if close is None else close
    info = {"symbol": symbol, "seconds_per_bar": 60}
    return {
        "timestamp": (BEGIN + pd.Timedelta(minutes=minute)).isoformat(),
        "open": opened, "high": max(opened, shut) + 0.1, "low": min(opened, shut) - 0.1, "close": shut,
        "volume": 5, "chart_info": info,
    }  # fmt: skip


def shown(live) -> np.ndarray:
    shot = live.snapshot()
    return np.concatenate([shot.closed, shot.forming])


def caught_up(live, catalog: MarketCatalog) -> Callable[[], bool]:
    """Whether the bars are those of the store, from where they begin."""

    def same() -> bool:
        shot = live.snapshot()
        if shot.join_ns is None or not len(shown(live)):
            return False
        since = np.datetime64(shot.join_ns, "ns")
        return shown(live).tobytes() == catalog.bar_records(live.symbol, live.spec, since).tobytes()

    return same


@pytest.mark.parametrize("before", [0, 600], ids=["nothing stored", "much stored"])
def test_pushed_bars_are_seen_at_once_as_they_are_stored(before: int, inbox, catalog, open_hub, until) -> None:
    if before:
        inbox.bars([bar(minute) for minute in range(before)])
    hub: Hub = open_hub(catalog)
    live = [hub.subscribe("NOBODY", spec) for spec in SPECS]
    newest = {spec: catalog.latest_bars("NOBODY", spec, 1)["time"][-1] for spec in SPECS if before}
    for one in live:
        assert one.wait_begun(10)
    for minute in range(before, before + 40):
        inbox.bars([bar(minute, 90.0 + minute % 7)])  # is still forming
        inbox.bars([bar(minute)])
        if minute % 20 == 10:
            for one in live:
                until(caught_up(one, catalog))
    for one in live:
        until(caught_up(one, catalog))
        assert one.snapshot().last_price == shown(one)["close"][-1]
        # A chart that had the last bar while it was forming gets what became of it.
        assert not before or one.snapshot().join_ns <= newest[one.spec]
        pd.testing.assert_frame_equal(
            hub.bars("NOBODY", one.spec, n=5_000), catalog.bars("NOBODY", one.spec), check_freq=False
        )
    until(lambda: hub.status("NOBODY").last_event_ns == BEGIN.value + (before + 39) * 60 * 10**9)
    # It is stale after two of the pushed bars' time without another, not after some seconds.
    came = hub._tapes.known["NOBODY"].arrival[0]
    assert hub.status("NOBODY").state == "live"
    for seconds, state in ((119, "live"), (121, "stale")):
        hub._clock = lambda seconds=seconds: came + seconds * 10**9
        assert hub.status("NOBODY").state == state


def test_bars_of_trades_are_left_to_the_trades(catalog, record, open_hub, open_publisher, until) -> None:
    hub, trades = open_hub(catalog), record(500)
    live = hub.subscribe("X", "1min")
    publisher = open_publisher()
    publisher.publish("X", trades)
    assert publisher.flush()
    until(lambda: len(live.snapshot().forming))
    until(lambda: not len(hub._stored))
    before = shown(live)
    catalog.store.write("other", "bars_1min", "X", before.astype(BAR))
    assert hub.subscribe("X", "1min").wait_ready(10)
    np.testing.assert_array_equal(shown(live), before)


def test_what_is_known_is_no_news(inbox, catalog, open_hub, until, monkeypatch) -> None:
    inbox.bars([bar(0)])
    looks, held = [], catalog.store.held
    monkeypatch.setattr(catalog.store, "held", lambda symbol: looks.append(symbol) or held(symbol))
    live = open_hub(catalog).subscribe("NOBODY", "1min")

    def looked() -> None:
        many = len(looks) + 50
        until(lambda: len(looks) > many)

    looked()
    assert live.version == 0
    inbox.bars([bar(1)])
    until(caught_up(live, catalog))
    seen = live.version
    looked()
    assert live.version == seen


def test_nobody_watches_for_those_who_left(inbox, catalog, open_hub, until) -> None:
    inbox.bars([bar(0)])
    hub: Hub = open_hub(catalog)
    with hub.subscribed("NOBODY", "1min") as live:
        until(lambda: len(hub._stored) == 1)
        inbox.bars([bar(1)])
        until(caught_up(live, catalog))
    until(lambda: not len(hub._stored))
    hub.stop()
    assert "workbench-hub-store" not in {one.name for one in threading.enumerate()}


def test_what_cannot_be_read_for_a_while_is_shown_later(inbox, catalog, open_hub, until) -> None:
    inbox.bars([bar(0)])
    live = open_hub(catalog).subscribe("NOBODY", "1min")
    inbox.bars([bar(1)])
    until(caught_up(live, catalog))
    [manifest] = (catalog.store.data_dir / "pushed" / "manifest").glob("*.json")
    whole = manifest.read_bytes()
    manifest.write_text("{", "utf-8")
    seen = threading.Event()
    seen.wait(0.1)
    assert len(shown(live)) == 2
    manifest.write_bytes(whole)
    inbox.bars([bar(2)])
    until(caught_up(live, catalog))
    assert len(shown(live)) == 3
