"""Real files against the vendors' own bars. Needs ``WORKBENCH_TEST_DATA``, a folder of public files."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from workbench.catalog.ingest import Part, ingest
from workbench.errors import IngestError

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

FOLDER = os.environ.get("WORKBENCH_TEST_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="WORKBENCH_TEST_DATA is not set")
DATA = Path(FOLDER or ".")
PRICES = ["open", "high", "low", "close"]


def assert_equal(ours: pd.DataFrame, theirs: pd.DataFrame, columns: list[str], *, sums: str = "") -> None:
    assert ours.index.equals(theirs.index), f"{len(ours)} and {len(theirs)} bars"
    for column in columns:
        if column == sums:  # sums of fractional sizes
            np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-9, atol=1e-12)
        else:
            np.testing.assert_array_equal(ours[column], theirs[column], column)


@pytest.mark.parametrize(("spec", "count"), [("1s", 7949), ("5s", 5878)])
def test_iqfeed_ticks_make_the_vendors_bars(catalog: MarketCatalog, spec: str, count: int) -> None:
    ingest(catalog, "iqfeed", DATA / "iqfeed" / "ticks_oldest.zip", symbol="IQF")
    with zipfile.ZipFile(DATA / "iqfeed" / f"intervals_{spec}_oldest.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode().replace("!ENDMSG!,\r\n", "")
    names = ["time", "high", "low", "open", "close", "total", "volume", "trades"]
    theirs = pd.read_csv(io.StringIO(text), names=names, usecols=range(8), parse_dates=["time"])
    stamps = theirs["time"].dt.tz_localize("America/New_York").dt.tz_convert("UTC").astype("datetime64[ns, UTC]")
    theirs.index = pd.DatetimeIndex(stamps, name="time")
    ours = catalog.bars("IQF", spec)
    assert len(ours) == count
    assert_equal(ours, theirs, [*PRICES, "volume"])
    ingest(catalog, "iqfeed", DATA / "iqfeed" / f"intervals_{spec}_oldest.zip", symbol="VENDOR")
    assert_equal(ours, catalog.bars("VENDOR", spec), [*PRICES, "volume"])


def test_coinbase_seconds_make_the_vendors_minutes(catalog: MarketCatalog) -> None:
    folder = DATA / "lean" / "crypto" / "coinbase"
    ingest(catalog, "lean", folder / "second", symbol="SECONDS")
    ingest(catalog, "lean", folder / "minute", symbol="MINUTES")
    ours, theirs = catalog.bars("SECONDS", "1min"), catalog.bars("MINUTES", "1min")
    assert len(theirs) == 4216
    assert_equal(ours, theirs, [*PRICES, "volume"], sums="volume")


@pytest.mark.parametrize(("folder", "spec"), [("second", "1s"), ("minute", "1min")])
@pytest.mark.parametrize("side", ["bid", "ask"])
def test_oanda_ticks_make_the_vendors_bars(catalog: MarketCatalog, folder: str, spec: str, side: str) -> None:
    ingest(catalog, "lean", DATA / "lean" / "forex" / "oanda" / "tick", symbol="TICKS")
    ingest(catalog, "lean", DATA / "lean" / "forex" / "oanda" / folder, symbol="BARS")
    ours, theirs = (catalog.bars(symbol, spec, price=side) for symbol in ("TICKS", "BARS"))
    assert len(theirs) == {"1s": 29925, "1min": 2585}[spec]
    assert_equal(ours, theirs, PRICES)


def test_spy_minutes_have_the_daily_volume(catalog: MarketCatalog) -> None:
    folder = DATA / "lean" / "equity" / "usa"
    ingest(catalog, "lean", folder / "tick" / "spy" / "20131008_trade.zip", source="ticks")
    ingest(catalog, "lean", folder / "minute" / "spy" / "20131008_trade.zip", source="minutes")
    ingest(catalog, "lean", folder / "daily" / "spy.zip", source="daily")
    assert len(catalog.trades("SPY")) == 451_545
    ours, theirs = (catalog.bars("SPY", "1min", session="XNYS", source=name) for name in ("ticks", "minutes"))
    day = catalog.bars("SPY", "1d", "2013-10-08", "2013-10-09", source="daily")
    assert len(ours) == len(theirs) == 390
    assert theirs["volume"].sum() == day["volume"].iloc[0]
    # the vendor leaves the prints of the opening auctions, which the exchanges report twice, out of the first minute
    np.testing.assert_array_equal(ours["volume"].iloc[1:], theirs["volume"].iloc[1:])


OPTIONS = {"DMY": {"dates": "dmy"}, "US": {"dates": "mdy"}, "Naive": {"tz": "America/New_York"}}


def test_all_date_forms_give_the_same_prices(parse: Callable[..., list[Part]]) -> None:
    days = pd.read_csv(DATA / "dates" / "DateOfDateOnly.csv")["date"].to_numpy("M8[ns]")
    clock = {
        "DateOnly": 0, "UTCDate": 0, "UTCZ": 0, "OffsetBasic": 0, "OffsetDate": 4 * 3600, "OffsetFrac": 44_130.123456,
        "RFC1123": 63_930, "UTCFracZ": 63_930.123456,
    }  # fmt: skip
    first = None
    files = sorted((DATA / "dates").glob("DateOf*.csv"))
    assert len(files) == 16
    for path in files:
        options = next((value for word, value in OPTIONS.items() if word in path.stem[6:]), {})
        if "UTC" in path.stem:
            options = {}
        (part,) = parse("csv", path, **options)
        prices = part.records[[*PRICES, "volume"]]
        first = prices if first is None else first
        assert part.bad == [] and len(prices) == 48
        assert (prices == first).all()
        known = next((value for word, value in clock.items() if word in path.stem), None)
        if known is not None:
            expected = days + np.timedelta64(round(known * 1e6), "us")
            assert (part.records["time"] == expected.astype("M8[ns]").astype("i8")).all(), path.name
        else:  # wall times of New York
            local = pd.DatetimeIndex(part.records["time"].view("M8[ns]"), tz="UTC").tz_convert("America/New_York")
            assert set(local.strftime("%H:%M")) == {"17:45"}
            assert (local.tz_localize(None).normalize() == pd.DatetimeIndex(days)).all()
        if options:
            with pytest.raises(IngestError, match=f"--{next(iter(options))}"):
                parse("csv", path)


def test_broken_files(catalog: MarketCatalog) -> None:
    quotes = DATA / "indicators" / "quotes"
    (bad,) = ingest(catalog, "csv", DATA / "dates" / "Bad.csv", symbol="BAD")
    assert (bad.rows, bad.quarantined) == (337, 165)
    (big,) = ingest(catalog, "csv", quotes / "toobig.csv", symbol="BIG", dates="mdy")
    assert (big.rows, big.quarantined) == (1246, 0)
    with pytest.raises(IngestError, match=r"open is zero \(200\)"):
        ingest(catalog, "csv", quotes / "zeros.csv", symbol="ZERO", dates="mdy")
    assert {d.symbol for d in catalog.store.datasets() if d.kind == "bars_1d"} == {"BAD", "BIG"}


def test_binance_sells(parse: Callable[..., list[Part]]) -> None:
    (part,) = parse("csv", DATA / "crypto" / "usdm_btcusdt_20240808_trades.csv.gz", "BTCUSDT")
    assert len(part.records) == 21_313
    assert (part.records["side"] == -1).sum() == 11_697


def test_the_regular_close_moves_with_daylight_saving(parse: Callable[..., list[Part]]) -> None:
    (part,) = parse(
        "csv", DATA / "dst" / "nt-spy-minute-2011-03.csv.gz", "SPY",
        columns="time,open,high,low,close,volume", tz="UTC", stamps="close",
    )  # fmt: skip
    assert part.kind == "bars_1min" and part.bad == []
    times = pd.DatetimeIndex(part.records["time"].view("M8[ns]"))
    volume = pd.Series(part.records["volume"], times)
    assert str(times[0]) == "2011-03-01 09:00:00"
    assert volume["2011-03-11 20:59"] > 1e6
    assert volume["2011-03-14 19:59"] > 1e6
    assert volume["2011-03-14 20:59"] < 1e5
