"""History and stream together are the bars of all trades, for every kind of bar there is."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.bars import bars_from_trades, record_dtype
from workbench.catalog.market_catalog import MarketCatalog
from workbench.catalog.store import Store
from workbench.errors import DataError
from workbench.live import hub as hubs
from workbench.live import join as joins
from workbench.market.calendars import calendar
from workbench.market.events import as_frame
from workbench.market.instruments import InstrumentMaster
from workbench.market.specs import SECOND, BarSpec, bar_kinds

#: Sizes that give many bars of a short tape. A kind that is not here is tested with its example.
SMALL = {
    "time": ["5min", "1d"],
    "tick": ["70tick"],
    "vol": ["900vol"],
    "usd": ["1e5usd"],
    "range": ["range:0.25"],
    "renko": ["renko:0.2", "renko:0.2(1min)", "renko:atr14(5min)", "renko:0.2(70tick)"],
    "tick_imbalance": ["tick_imbalance:50"],
    "volume_imbalance": ["volume_imbalance:50"],
    "dollar_imbalance": ["dollar_imbalance:50"],
    "tick_run": ["tick_run:50"],
    "volume_run": ["volume_run:50"],
    "dollar_run": ["dollar_run:50"],
    "ha": ["ha(5min)", "ha(1d)", "ha(70tick)", "ha(renko:0.2)", "ha(ha(1min))"],
    "linebreak": ["linebreak(1min)"],
    "kagi": ["kagi:0.2(1min)"],
    "pnf": ["pnf:0.1(1min)"],
}
SPECS = [spec for name, kind in bar_kinds for spec in SMALL.get(name, [kind.example])]


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


def same(ours: np.ndarray, expected: np.ndarray, what: str) -> None:
    """Equal bit for bit, but for the last digits of ``vwap``: stored bars are rolled up, in another order of adding."""
    assert ours.dtype == expected.dtype
    for name in expected.dtype.names:
        assert_same = np.testing.assert_array_equal
        if name == "vwap":
            assert_same = functools.partial(np.testing.assert_allclose, rtol=1e-12)
        assert_same(ours[name], expected[name], err_msg=f"{name} of {what}")


@pytest.fixture
def whole(tmp_path: Path) -> MarketCatalog:
    """A second store, for what the catalog makes of all trades."""
    return MarketCatalog(Store(tmp_path / "whole"), InstrumentMaster.load(), tmp_path / "catalogs")


@pytest.mark.parametrize(
    ("symbol", "cut"),
    [
        ("BTC-USD", "2024-03-05T14:34:56.789"),
        ("BTC-USD", "2024-03-05T14:35"),
        ("BTC-USD", "2024-03-05"),
        ("AAPL", "2024-03-05T18:00:30"),
        ("AAPL", "2024-03-05T03:00"),
        ("ES", "2024-03-05T22:30"),
    ],
)
def test_store_and_stream_are_one_for_every_kind(
    symbol: str, cut: str, catalog, whole, record, open_hub, open_publisher, until
) -> None:
    trades = record(30_000, start="2024-03-04T10:00", hours=47)
    noise = np.random.default_rng(5)
    trades["size"] = noise.integers(1, 40, len(trades))  # sums of whole numbers are exact in any order
    end = ns(cut)
    stored, streamed = trades[trades["ts_event"] < end], trades[trades["ts_event"] >= end - 600 * SECOND]
    catalog.store.write("recorded", "trades", symbol, stored, covered_until=end)
    whole.store.write("recorded", "trades", symbol, trades)
    publisher, hub = open_publisher(), open_hub(catalog)
    publisher.begin(symbol, end - 600 * SECOND)
    early = [hub.subscribe(symbol, spec) for spec in SPECS]
    for part in np.split(streamed, np.sort(noise.integers(0, len(streamed), 60))):
        publisher.publish(symbol, part)
    assert publisher.flush()
    until(lambda: hub.status().trades == len(streamed))
    late = [hub.subscribe(symbol, spec) for spec in SPECS]
    for live in (*early, *late):
        assert live.wait_ready(20), live.spec
        spec, shot = BarSpec.parse(live.spec), live.snapshot()
        expected = bars_from_trades(trades, spec, catalog.instrument(symbol).calendar_of(spec))
        history = catalog.latest_bars(symbol, spec, 200_000, before=np.datetime64(shot.join_ns, "ns"))
        ours = np.concatenate([shot.closed, shot.forming])
        assert len(expected) > 20 or "1d" in live.spec
        assert shot.closed.dtype == shot.forming.dtype == record_dtype(spec)
        same(np.concatenate([history, ours]), expected, live.spec)
        same(np.concatenate([history, ours]), whole.bar_records(symbol, spec), live.spec)
        if spec.base is None:
            np.testing.assert_array_equal(ours, expected[len(history) :], err_msg=live.spec)
        assert shot.gap is None
        assert shot.late == 0
        assert len(ours) < len(expected) or "1d" in live.spec
        if live in late:
            assert hub.bars(symbol, spec, n=200_000).index.equals(as_frame(expected).index)


@pytest.mark.parametrize("session", ["XNYS", "24/7"])
def test_a_session_that_is_asked_for_is_kept(session: str, catalog, record, open_hub, open_publisher, until) -> None:
    trades = record(20_000, start="2024-03-04T10:00", hours=47)
    trades["size"] = 1
    end = ns("2024-03-05T16:00:30")
    catalog.store.write("recorded", "trades", "AAPL", trades[trades["ts_event"] < end], covered_until=end)
    publisher, hub = open_publisher(), open_hub(catalog)
    publisher.begin("AAPL", end)
    publisher.publish("AAPL", trades[trades["ts_event"] >= end])
    for spec in ("5min", "1d", "70tick", "renko:0.2", "ha(5min)", "linebreak(70tick)"):
        with hub.subscribed("AAPL", spec, session=session) as live:
            until(lambda: hub.status().trades == (trades["ts_event"] >= end).sum())
            assert live.wait_ready(20)
            shot = live.snapshot()
        expected = bars_from_trades(trades, spec, calendar(session))
        history = catalog.latest_bars("AAPL", spec, 200_000, before=np.datetime64(shot.join_ns, "ns"), session=session)
        same(np.concatenate([history, shot.closed, shot.forming]), expected, spec)
        assert hub.bars("AAPL", spec, session=session, n=200_000).index.equals(as_frame(expected).index)


@pytest.fixture
def held_up(catalog, record, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[np.ndarray, threading.Event]]:
    """A store whose history is long to read: it stops after the first piece until the event is set."""
    trades = record(10_000, start="2024-03-04T10:00", hours=47)
    for part in np.split(trades[:8000], 4):
        catalog.store.write("recorded", "trades", "BTC-USD", part, covered_until=int(trades["ts_event"][8000]))
    go_on = threading.Event()

    def slowly(*args: object) -> Iterator[np.ndarray]:
        for number, piece in enumerate(joins.stored_before(*args)):
            assert number == 0 or go_on.wait(20)
            yield piece

    monkeypatch.setattr(hubs, "stored_before", slowly)
    yield trades, go_on
    go_on.set()


def test_a_long_history_blocks_nobody(held_up, catalog, open_hub, open_publisher, until) -> None:
    (trades, go_on), hub, publisher = held_up, open_hub(catalog), open_publisher()
    publisher.begin("BTC-USD", int(trades["ts_event"][8000]))
    slow, other, quick = (hub.subscribe("BTC-USD", spec) for spec in ("renko:0.2", "renko:0.2", "1min"))
    publisher.publish("BTC-USD", trades[8000:9000])
    until(lambda: hub.status().trades == 1000)
    assert quick.wait_ready(10)
    assert not slow.wait_ready(0)
    assert not slow.wait_begun(0)
    assert (slow.version, slow.snapshot().join_ns, len(slow.snapshot().closed)) == (0, None, 0)
    assert hub.node_count() == 2
    go_on.set()
    publisher.publish("BTC-USD", trades[9000:])
    for live in (slow, other):
        assert live.wait_ready(20)
    until(lambda: hub.status().trades == 2000)
    assert slow.snapshot() is other.snapshot()
    shot = slow.snapshot()
    history = catalog.latest_bars("BTC-USD", "renko:0.2", 200_000, before=np.datetime64(shot.join_ns, "ns"))
    same(np.concatenate([history, shot.closed, shot.forming]), bars_from_trades(trades, "renko:0.2"), "renko")


@pytest.mark.parametrize("leave", ["close", "stop"])
def test_reading_ends_when_nobody_waits_for_it(leave: str, held_up, catalog, open_hub, until) -> None:
    (_, go_on), hub = held_up, open_hub(catalog)
    threads = threading.active_count()
    live = hub.subscribe("BTC-USD", "renko:0.2")
    assert threading.active_count() == threads + 1
    node = live._node
    live.close()
    assert hub.node_count() == 0
    again = hub.subscribe("BTC-USD", "renko:0.2")
    if leave == "stop":
        stopping = threading.Thread(target=hub.stop)
        stopping.start()
        until(lambda: hub._reader.stopped)
    go_on.set()
    if leave == "stop":
        stopping.join(20)
        assert not again.wait_ready(0)
    else:
        assert again.wait_ready(20)
        assert again._node is not node
        again.close()
    until(lambda: not hub._builders)
    assert not node.ready.is_set()
    assert node.begun.is_set()
    assert node.join is None, "it was read to the end"
    if leave == "close":
        until(lambda: hub._reader.idle and not hub._tapes.known["BTC-USD"].nodes)


def test_a_history_that_cannot_be_read_is_said_and_can_be_mended(held_up, catalog, open_hub, until) -> None:
    (_, go_on), hub = held_up, open_hub(catalog)
    go_on.set()
    files = sorted(catalog.store.data_dir.glob("recorded/trades/symbol=BTC-USD/*/*.parquet"))
    whole = files[0].read_bytes()
    files[0].write_bytes(whole[:-100])
    live = hub.subscribe("BTC-USD", "renko:0.2")
    assert live.wait_ready(20)
    assert live.version == 1
    with pytest.raises(DataError, match=r"live bars renko:0.2 of BTC-USD cannot begin: .*parquet"):
        live.snapshot()
    with pytest.raises(DataError, match="cannot begin"):
        hub.bars("BTC-USD", "renko:0.2")
    files[0].write_bytes(whole)
    mended = hub.subscribe("BTC-USD", "renko:0.2")
    assert mended.wait_ready(20)
    assert len(mended.snapshot().forming) == 1
    live.close()
    assert hub.node_count() == 1
    mended.close()
    assert hub.node_count() == 0
