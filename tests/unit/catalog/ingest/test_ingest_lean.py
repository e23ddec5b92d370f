from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.catalog.ingest import Part, SourceFile, importers
from workbench.errors import IngestError
from workbench.market.events import FLAG_NO_BAR

Parse = Callable[..., list[Part]]
ZipFile = Callable[..., Path]


def utc(records: np.ndarray) -> list[str]:
    return [str(t) for t in records[records.dtype.names[0]].astype("M8[ns]").astype("M8[ms]")]


def test_equity_ticks(parse: Parse, zip_file: ZipFile) -> None:
    text = "34200000,1674200,210,Q,2000,0\n34200000,1674200,210,Q,2000,0\n34200001,1673300,200,P,20002020,1"
    path = zip_file("equity/usa/tick/spy/20131008_trade.zip", **{"20131008_spy_Trade_Tick.csv": text})
    (part,) = parse("lean", path, None)
    assert (part.symbol, part.kind, part.bad) == ("SPY", "trades", [])
    assert utc(part.records) == ["2013-10-08T13:30:00.000"] * 2 + ["2013-10-08T13:30:00.001"]
    assert part.records["price"].tolist() == [167.42, 167.42, 167.33]
    assert part.records["flags"].tolist() == [0, 0, FLAG_NO_BAR]
    assert importers.get("lean")().source_of(SourceFile(path)) == "lean-usa"


def test_official_opens_and_closes_form_no_bars(parse: Parse, zip_file: ZipFile) -> None:
    rows = [("2000", 0), ("4000001", 0), ("", 0), ("xyz", 0), ("1000000", 0), ("40", 1)]
    text = "\n".join(f"{34200000 + i},1674200,210,Q,{bits},{mark}" for i, (bits, mark) in enumerate(rows))
    path = zip_file("equity/usa/tick/spy/20131008_trade.zip", **{"20131008_spy_Trade_Tick.csv": text})
    (part,) = parse("lean", path, None)
    assert (part.records["flags"] & FLAG_NO_BAR).tolist() == [0, 1, 0, 0, 1, 1] and part.bad == []


def test_equity_quotes_carry_one_side(parse: Parse, zip_file: ZipFile) -> None:
    text = "14400640,1800100,200,0,0,P,1,0\n14400640,0,0,1826200,100,P,1,0\n"
    text += "14400641,0,0,1826200,100,P,1,1\n1,0,0,0,0,P,1,0"
    (part,) = parse("lean", zip_file("equity/usa/tick/ibm/20130108_quote.zip", **{"20130108_ibm_Quote_Tick.csv": text}),
                    None)  # fmt: skip
    assert (part.symbol, part.kind) == ("IBM", "quotes")
    assert utc(part.records) == ["2013-01-08T09:00:00.640"] * 2
    assert np.array_equal(part.records["bid"], [180.01, np.nan], equal_nan=True)
    assert np.array_equal(part.records["ask_size"], [np.nan, 100], equal_nan=True)
    assert [row.reason for row in part.bad] == ["marked suspicious by the vendor", "neither bid nor ask"]


def test_equity_daily_is_stamped_by_session(parse: Parse, zip_file: ZipFile) -> None:
    text = "19980102 00:00,136300,162500,135000,162500,6315000\n"
    text += "20210331 00:00,1216500,1235400,1211500,1221500,109019052"
    (part,) = parse("lean", zip_file("equity/usa/daily/aapl.zip", **{"aapl.csv": text}), None)
    assert (part.symbol, part.kind) == ("AAPL", "bars_1d")
    assert utc(part.records) == ["1998-01-02T14:30:00.000", "2021-03-31T13:30:00.000"]
    assert part.records[["open", "high", "low", "close", "volume"]].tolist()[0] == (13.63, 16.25, 13.5, 16.25, 6315000)


def test_equity_hours_are_new_york(parse: Parse, zip_file: ZipFile) -> None:
    text = "20131008 09:00,1674200,1674200,1674200,1674200,210"
    (part,) = parse("lean", zip_file("equity/usa/hour/spy.zip", **{"spy.csv": text}), None)
    assert part.kind == "bars_1h" and utc(part.records) == ["2013-10-08T13:00:00.000"]


def test_futures_are_one_dataset_for_each_expiry(parse: Parse, zip_file: ZipFile) -> None:
    path = zip_file(
        "future/cme/minute/es/20131006_quote.zip",
        **{
            "20131006_es_minute_quote_201312.csv": "79200000,1681.5,1681.5,1681.5,1681.5,5,1682,1682,1682,1682,19\n",
            "20131006_es_minute_quote_201403.csv": "79260000,,,,,0,1682.25,1682.25,1682.25,1682.25,39\n"
            "79320000,,,,,0,,,,,0\n79380000,1680,1680,1681,1680,1,,,,,0\n79440000,1680,,1680,1680,1,,,,,0\n",
        },
    )
    near, far = parse("lean", path, None)
    assert (near.symbol, far.symbol, near.kind) == ("ES201312", "ES201403", "quote_bars_1min")
    assert utc(near.records) == ["2013-10-06T22:00:00.000"]
    assert near.instrument is not None and near.instrument.session == "CME_ES"
    assert np.isnan(far.records["bid_open"]).all() and np.isnan(far.records["bid_size"]).all()
    assert far.records["ask_close"].tolist() == [1682.25] and far.records["ask_size"].tolist() == [39]
    reasons = ["neither bid nor ask", "bid high is below bid low", "bid high is missing"]
    assert [row.reason for row in far.bad] == reasons


def test_currencies_have_no_sizes(parse: Parse, zip_file: ZipFile) -> None:
    bar = "0,1.38676,1.38686,1.38669,1.38686,0,1.38686,1.38697,1.38680,1.38697,0"
    (part,) = parse("lean", zip_file("forex/oanda/minute/eurusd/20140501_quote.zip",
                                     **{"20140501_eurusd_minute_quote.csv": bar}), None)  # fmt: skip
    assert (part.symbol, part.kind, utc(part.records)) == ("EURUSD", "quote_bars_1min", ["2014-05-01T00:00:00.000"])
    assert part.records["ask_low"].tolist() == [1.3868] and np.isnan(part.records["bid_size"]).all()
    (part,) = parse("lean", zip_file("forex/oanda/tick/eurusd/20140501_quote.zip",
                                     **{"20140501_eurusd_tick_quote.csv": "292,1.38676,1.38686"}), None)  # fmt: skip
    assert part.records[["bid", "ask"]].tolist() == [(1.38676, 1.38686)] and np.isnan(part.records["bid_size"]).all()


def test_coins_have_fractional_sizes_and_our_symbol(parse: Parse, zip_file: ZipFile) -> None:
    text = "1000,619.41,619.46,619.3,619.45,3.74306\n86398000,617.42,617.42,617.42,617.42,0.00051568"
    path = zip_file("crypto/coinbase/second/btcusd/20161009_trade.zip", **{"20161009_btcusd_second_trade.csv": text})
    (part,) = parse("lean", path, None)
    assert (part.symbol, part.kind) == ("BTC-USD", "bars_1s")
    assert utc(part.records) == ["2016-10-09T00:00:01.000", "2016-10-09T23:59:58.000"]
    assert part.records["volume"].tolist() == [3.74306, 0.00051568]


def test_files_that_were_moved_need_options(parse: Parse, zip_file: ZipFile) -> None:
    text = "34200000,1674200,1674200,1674200,1674200,210"
    path = zip_file("20131008_trade.zip", **{"20131008_brk.b_minute_trade.csv": text})
    with pytest.raises(IngestError, match="asset="):
        parse("lean", path, None)
    (part,) = parse("lean", path, None, asset="equity")
    assert (part.symbol, part.kind, part.records["open"].tolist()) == ("BRK.B", "bars_1min", [167.42])
    plain = zip_file("x/20131008_trade.zip", **{"20131008.csv": text})
    with pytest.raises(IngestError, match="resolution="):
        parse("lean", plain, None, asset="equity")


def test_bad_rows(parse: Parse, zip_file: ZipFile) -> None:
    text = "34200000,1674200,x,Q,2000,0\n-5,1,1,Q,0,0\n34200000,0,210,Q,2000,0\n34200000,1674200,210,Q,2000,0\n1,2\n"
    (part,) = parse("lean", zip_file("equity/usa/tick/spy/20131008_trade.zip", **{"20131008_spy_Trade_Tick.csv": text}))
    assert [(row.line, row.reason) for row in part.bad] == [
        (1, "size is not a number"), (2, "time is outside of the day"), (3, "price is zero"),
        (5, "row has 2 columns, 6 expected"),
    ]  # fmt: skip
    assert len(part.records) == 1


def test_zips_of_other_things(parse: Parse, zip_file: ZipFile) -> None:
    with pytest.raises(IngestError, match=r"no \.csv"):
        parse("lean", zip_file("equity/usa/tick/spy/20131008_trade.zip", **{"a.txt": "x"}))
    path = zip_file("equity/usa/minute/spy/20131008_trade.zip", **{"20131008_spy_minute_trade.csv": "1,2\n"})
    with pytest.raises(IngestError, match="columns, LEAN's have 6"):
        parse("lean", path)
