"""History and stream together are the bars of all trades."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.bars import bars_from_trades
from workbench.live import join as joins
from workbench.live.codec import encode
from workbench.live.join import begin_of, covered, hole, plan
from workbench.live.publisher import Publisher
from workbench.market.calendars import calendar
from workbench.market.events import BAR, as_frame
from workbench.market.specs import SECOND, BarSpec


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


@pytest.mark.parametrize("overlap_s", [0, 3600], ids=["hand over", "overlap"])
@pytest.mark.parametrize(
    ("symbol", "cut"),
    [("BTC-USD", "2024-03-05T14:34:56.789"), ("AAPL", "2024-03-05T18:00:30"), ("ES", "2024-03-05T22:30")],
)
def test_store_and_stream_are_one(
    symbol: str, cut: str, overlap_s: int, catalog, record, open_hub, open_publisher, until
) -> None:
    trades = record(40_000, start="2024-03-04T10:00", hours=47)
    end = ns(cut)
    stored, streamed = trades[trades["ts_event"] < end], trades[trades["ts_event"] >= end - overlap_s * SECOND]
    catalog.store.write("recorded", "trades", symbol, stored, covered_until=end)
    publisher: Publisher = open_publisher()
    publisher.begin(symbol, end - overlap_s * SECOND)
    hub = open_hub(catalog)
    early = hub.subscribe(symbol, "1min")
    for part in np.array_split(streamed, 40):
        publisher.publish(symbol, part)
    assert publisher.flush()
    until(lambda: hub.status().trades == len(streamed))
    for spec in ("1s", "1min", "5min", "1h", "1d", "1w"):
        sessions = catalog.instrument(symbol).calendar_of(BarSpec.parse(spec))
        expected = bars_from_trades(trades, BarSpec.parse(spec), sessions)
        with hub.subscribed(symbol, spec) as live:
            assert live.wait_ready(10)
            shot = live.snapshot()
        ours = np.concatenate([shot.closed, shot.forming])
        history = catalog.latest_bars(symbol, spec, 200_000, before=shot.join_ns)
        assert shot.gap is None
        assert shot.join_ns <= end
        # What the live side builds is exact; stored bars are, but for the last digits of sums, which rollups re-order.
        np.testing.assert_array_equal(ours, expected[len(history) :])
        for name in expected.dtype.names:
            np.testing.assert_allclose(history[name], expected[name][: len(history)], rtol=1e-12)
        frame = hub.bars(symbol, spec, n=200_000)
        assert frame.index.equals(as_frame(expected).index)
    sessions = catalog.instrument(symbol).calendar_of(BarSpec.parse("1min"))
    np.testing.assert_array_equal(early.snapshot().forming, bars_from_trades(trades, "1min", sessions)[-1:])


def test_a_hole_between_store_and_stream_is_shown(catalog, record, open_hub, open_publisher, until) -> None:
    trades = record(10_000, start="2024-03-04T10:00", hours=10)
    catalog.store.write("recorded", "trades", "BTC-USD", trades[:4000], covered_until=int(trades["ts_event"][4000]))
    hub, publisher = open_hub(catalog), open_publisher()
    early = hub.subscribe("BTC-USD", "1min")
    publisher.publish("BTC-USD", trades[6000:])
    assert publisher.flush()
    until(lambda: early.snapshot().gap)
    late = hub.subscribe("BTC-USD", "5min")
    assert late.wait_ready(5)
    expected = (trades["ts_event"][4000], trades["ts_event"][6000])
    assert early.snapshot().gap == expected
    assert late.snapshot().gap == expected


def test_the_stream_is_not_read_from_its_beginning(catalog, record, bus, open_hub, open_publisher, until) -> None:
    trades = record(1000, start="2024-03-04T10:00", hours=10)
    trades["ts_event"] += np.arange(1000)  # the hand-over must not part prints of one instant
    catalog.store.write("recorded", "trades", "BTC-USD", trades[:900], covered_until=int(trades["ts_event"][900]))
    publisher = open_publisher()
    publisher.begin("BTC-USD", 0)
    for first in range(0, 1000, 10):
        part = trades[first : first + 10]
        fields = encode("trades", part, first, producer=str(publisher._out["BTC-USD"].producer))
        entry_id = f"{int(part['ts_event'][-1]) // 1_000_000}-{first + 1}"
        bus.execute("XADD", "wb:trades:BTC-USD", entry_id, *[x for pair in fields.items() for x in pair])
    hub = open_hub(catalog)
    live = hub.subscribe("BTC-USD", "1h")
    assert live.wait_ready(5)
    expected = bars_from_trades(trades, "1h")
    ours = np.concatenate([live.snapshot().closed, live.snapshot().forming])
    np.testing.assert_array_equal(ours, expected[-len(ours) :])
    assert live.snapshot().gap is None
    assert 100 <= hub.status().trades < 130


@pytest.mark.parametrize(
    ("spec", "session", "instant", "expected"),
    [
        ("5min", None, "2024-03-05T14:34:56", "2024-03-05T14:30"),
        ("5min", None, "2024-03-05T14:35", "2024-03-05T14:35"),
        ("1h", "XNYS", "2024-03-05T15:10", "2024-03-05T14:30"),
        ("1h", "XNYS", "2024-03-05T03:10", "2024-03-05T03:10"),
        ("1d", "XNYS", "2024-03-05T15:10", "2024-03-05T14:30"),
        ("1d", "XNYS", "2024-03-09T15:10", "2024-03-09T15:10"),
        ("1w", "XNYS", "2024-03-06T03:00", "2024-03-04T14:30"),
        ("1d", "CME_ES", "2024-03-05T23:10", "2024-03-05T23:00"),
        ("1mo", None, "2024-03-05T23:10", "2024-03-01"),
        ("1h", "all:XNYS", "2024-03-05T15:10", "2024-03-05T14:30"),
        ("1h", "all:XNYS", "2024-03-05T03:10", "2024-03-05T02:30"),
        ("1h", "all:XNYS", "2024-03-05T21:10", "2024-03-05T21:00"),  # 20:30 is counted back, and cut at the close
        ("5min", "XTKS", "2024-03-05T02:40", "2024-03-05T02:40"),
        ("100tick", None, "2024-03-05T14:34:56", "2024-03-05"),
        ("100tick", "XNYS", "2024-03-05T15:10", "2024-03-05T14:30"),
        ("100tick", "XNYS", "2024-03-05T03:10", "2024-03-05T03:10"),
        ("100tick", "all:XNYS", "2024-03-05T03:10", "2024-03-04T14:30"),
        ("100tick", "XTKS", "2024-03-05T02:40", "2024-03-05T00:00"),  # the lunch break is inside of the session
        ("renko:1.0", "XNYS", "2024-03-05T15:10", "2024-03-05T15:10"),
        ("renko:1.0(1h)", "XNYS", "2024-03-05T15:10", "2024-03-05T14:30"),
        ("ha(100tick)", "XNYS", "2024-03-05T15:10", "2024-03-05T14:30"),
    ],
)
def test_where_the_bar_of_an_instant_opens(spec: str, session: str | None, instant: str, expected: str) -> None:
    assert begin_of(BarSpec.parse(spec), session, ns(instant)) == ns(expected)


def test_plans_without_history(catalog) -> None:
    assert plan(None, "X", "1min").cut is None
    assert plan(catalog, "AAPL", "1d").session == "XNYS"
    assert plan(catalog, "AAPL", "1min").session == "all:XNYS"
    assert plan(catalog, "BTC-USD", "1000tick").session == "24/7"
    assert plan(catalog, "AAPL", "1d", session="24/7").session == "24/7"


def test_the_source_is_the_one_that_bars_are_made_from(catalog, record, monkeypatch) -> None:
    day = 86_400 * SECOND
    long, short = record(500, start="2024-03-01", hours=90), record(300, start="2024-03-04T20:00", hours=20)
    catalog.store.write("a", "trades", "AAPL", short)
    catalog.store.write("b", "trades", "AAPL", long)
    bars = np.zeros(400, BAR)
    bars["time"] = ns("2023-01-02") + np.arange(400) * day
    for name in ("open", "high", "low", "close"):
        bars[name] = 100.0
    catalog.store.write("c", "bars_1d", "AAPL", bars)
    catalog.store.write("c", "bars_1d", "ES", bars)
    monkeypatch.setattr(catalog.store, "datasets", lambda: pytest.fail("every manifest was read"))
    assert covered(catalog, "AAPL") == (int(long["ts_event"][-1]) + 1, "b")
    assert covered(catalog, "ES") == (int(bars["time"][-1]) + day, None)
    assert covered(catalog, "BTC-USD") is None
    assert covered(None, "AAPL") is None
    at = plan(catalog, "AAPL", "100tick")
    assert (at.source, at.before, at.slow) == ("b", "nothing", False)
    made = catalog.bar_records("AAPL", "100tick")
    np.testing.assert_array_equal(made, bars_from_trades(long, "100tick", calendar("all:XNYS")))
    assert [plan(catalog, "AAPL", spec).before for spec in ("ha(1d)", "ha(100tick)", "renko:1.0")] == [
        "bars",
        "bars",
        "trades",
    ]
    assert plan(catalog, "AAPL", "ha(renko:1.0)").before == "trades"


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "forming"])
def test_stored_bars_are_carried_on_without_trades(
    whole: bool, catalog, record, open_hub, open_publisher, until, monkeypatch
) -> None:
    trades = record(5000, start="2024-03-03T00:10", hours=71.5)
    trades["size"] = 1
    bars = bars_from_trades(trades, "1d")
    if not whole:  # the newest stored bar is of a day that is not over
        monkeypatch.setattr(joins.time, "time_ns", lambda: int(bars["time"][1]) + 12 * 3600 * SECOND)
    catalog.store.write("vendor", "bars_1d", "BTC-USD", bars[:2])
    begin = bars["time"][2] if whole else bars["time"][1]
    streamed = trades[trades["ts_event"] >= begin]
    publisher, hub = open_publisher(), open_hub(catalog)
    publisher.begin("BTC-USD", int(begin))
    publisher.publish("BTC-USD", streamed)
    until(lambda: hub.status().trades == len(streamed))
    for spec in ("1d", "ha(1d)", "renko:0.1(1d)"):
        with hub.subscribed("BTC-USD", spec) as live:
            assert live.wait_ready(10)
            assert live.snapshot().gap is None
        expected = as_frame(bars_from_trades(trades, spec))
        pd.testing.assert_frame_equal(hub.bars("BTC-USD", spec), expected, rtol=1e-12)


def test_much_that_is_stored_of_the_bar_is_read_in_the_background(
    catalog, record, open_hub, open_publisher, until, monkeypatch
) -> None:
    trades = record(5000, start="2024-03-04T00:10", hours=30)
    trades["ts_event"] += np.arange(5000)
    cut = int(trades["ts_event"][2000])
    for part in np.split(trades[trades["ts_event"] < cut], [500, 1000]):
        catalog.store.write("recorded", "trades", "BTC-USD", part, covered_until=cut)
    asked = [plan(catalog, "BTC-USD", spec) for spec in ("1d", "1min")]
    assert [one.slow for one in asked] == [False, False]
    assert abs(asked[0].rows - 2000) < 50
    assert asked[1].rows < 50
    monkeypatch.setattr(joins, "AT_ONCE", 1000)
    assert [plan(catalog, "BTC-USD", spec).slow for spec in ("1d", "1min")] == [True, False]
    publisher, hub = open_publisher(), open_hub(catalog)
    publisher.begin("BTC-USD", cut)
    publisher.publish("BTC-USD", trades[trades["ts_event"] >= cut])
    live = hub.subscribe("BTC-USD", "1d")
    assert live.wait_ready(10)
    until(lambda: hub.status().trades == (trades["ts_event"] >= cut).sum())
    ours = np.concatenate([live.snapshot().closed, live.snapshot().forming])
    np.testing.assert_array_equal(ours, bars_from_trades(trades, "1d"))


def test_a_closed_market_has_no_hole(catalog) -> None:
    friday, saturday, monday = ns("2024-03-01T22:00"), ns("2024-03-02T12:00"), ns("2024-03-04T15:00")
    assert hole(catalog, "AAPL", friday, saturday) is None
    assert hole(catalog, "AAPL", friday, monday) == (friday, monday)
    assert hole(catalog, "BTC-USD", friday, saturday) == (friday, saturday)
    assert hole(catalog, "BTC-USD", saturday, friday) is None
    assert hole(catalog, "BTC-USD", None, friday) is None
