"""History and stream together are the bars of all trades."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.bars import bars_from_trades
from workbench.live.codec import encode
from workbench.live.join import bar_open, hole, plan
from workbench.live.publisher import Publisher
from workbench.market.calendars import calendar
from workbench.market.events import as_frame
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
        sessions = catalog.instrument(symbol).calendar if spec in ("1d", "1w") else calendar("24/7")
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
    np.testing.assert_array_equal(early.snapshot().forming, bars_from_trades(trades, "1min")[-1:])


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
    ],
)
def test_where_the_bar_of_an_instant_opens(spec: str, session: str | None, instant: str, expected: str) -> None:
    assert bar_open(BarSpec.parse(spec), session, ns(instant)) == ns(expected)


def test_plans_without_history(catalog) -> None:
    assert plan(None, "X", "1min").cut is None
    assert plan(catalog, "AAPL", "1d").session == "XNYS"
    assert plan(catalog, "AAPL", "1min").session is None
    assert plan(catalog, "AAPL", "1d", session="24/7").session == "24/7"


def test_a_closed_market_has_no_hole(catalog) -> None:
    friday, saturday, monday = ns("2024-03-01T22:00"), ns("2024-03-02T12:00"), ns("2024-03-04T15:00")
    assert hole(catalog, "AAPL", friday, saturday) is None
    assert hole(catalog, "AAPL", friday, monday) == (friday, monday)
    assert hole(catalog, "BTC-USD", friday, saturday) == (friday, saturday)
    assert hole(catalog, "BTC-USD", saturday, friday) is None
    assert hole(catalog, "BTC-USD", None, friday) is None
