"""Sessions of real files. Needs ``WORKBENCH_TEST_DATA``, a folder of public files."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.catalog import MarketCatalog, Store
from workbench.catalog.ingest import ingest
from workbench.market.instruments import InstrumentMaster

FOLDER = os.environ.get("WORKBENCH_TEST_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="WORKBENCH_TEST_DATA is not set")
DATA = Path(FOLDER or ".")
USA = DATA / "lean" / "equity" / "usa"
NEW_YORK = "America/New_York"


@pytest.fixture
def catalog(tmp_path: Path) -> MarketCatalog:
    return MarketCatalog(Store(tmp_path), InstrumentMaster.load(tmp_path))


def test_regular_minutes_add_up_to_the_daily_files_volume(catalog: MarketCatalog) -> None:
    for size in ("second", "minute"):
        ingest(catalog, "lean", USA / size / "spy" / "20131008_trade.zip", source=size)
    ingest(catalog, "lean", USA / "daily" / "spy.zip", source="daily")
    theirs = catalog.bars("SPY", "1d", "2013-10-08", "2013-10-09", source="daily")
    assert len(theirs) == 1
    for size in ("second", "minute"):
        minutes = catalog.bars("SPY", "1min", session="XNYS", source=size)
        assert len(minutes) == 390 and minutes["volume"].sum() == theirs["volume"].iloc[0]
        day = catalog.bars("SPY", "1d", source=size)
        assert str(day.index[0].tz_convert(NEW_YORK)) == "2013-10-08 09:30:00-04:00"
        assert day["volume"].tolist() == theirs["volume"].tolist()
        halves = catalog.bars("SPY", "4h", source=size).tz_convert(NEW_YORK)
        assert {"09:30", "13:30"} <= set(halves.index.strftime("%H:%M"))
        regular = halves.between_time("09:30", "13:30")
        assert len(regular) == 2 and regular["volume"].sum() == theirs["volume"].iloc[0]


def test_seconds_make_the_vendors_minutes(catalog: MarketCatalog) -> None:
    for size in ("second", "minute"):
        ingest(catalog, "lean", USA / size / "spy" / "20131008_trade.zip", source=size)
    ours, theirs = (catalog.bars("SPY", "1min", source=size) for size in ("second", "minute"))
    assert len(ours) == 828 and ours.index.equals(theirs.index)
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    # In 33 minutes the vendor counts a print of the last second into the next one; nothing is lost by that.
    assert (ours["volume"] == theirs["volume"]).sum() == 795 and ours["volume"].sum() == theirs["volume"].sum()


def test_what_the_vendor_leaves_out_of_the_first_minute(catalog: MarketCatalog) -> None:
    """Its bars hold the first of the auction's prints (condition 0x40), not the others. Nobody's hold the exchanges'
    sums of them (0x4000000). None of them is marked suspicious."""
    ingest(catalog, "lean", USA / "tick" / "spy" / "20131008_trade.zip", source="ticks")
    ingest(catalog, "lean", USA / "minute" / "spy" / "20131008_trade.zip", source="minutes")
    ours, theirs = (catalog.bars("SPY", "1min", session="XNYS", source=name)["volume"] for name in ("ticks", "minutes"))
    with zipfile.ZipFile(USA / "tick" / "spy" / "20131008_trade.zip") as archive:
        names = ["ms", "price", "size", "exchange", "condition", "suspicious"]
        with archive.open(archive.namelist()[0]) as file:
            raw = pd.read_csv(file, names=names, dtype={"condition": str})
    condition = raw["condition"].map(lambda text: int(text, 16))
    opening, sums = raw[condition & 0x40 != 0], raw[condition & 0x4000000 != 0]
    assert (len(opening), opening["size"].sum(), opening["size"].iloc[0]) == (310, 271_271, 200)
    assert sorted(sums["size"]) == [40, 282_817]
    assert raw["suspicious"].sum() == 0
    assert ours.iloc[0] - theirs.iloc[0] == 271_071 == opening["size"].iloc[1:].sum()
    np.testing.assert_array_equal(ours.iloc[1:], theirs.iloc[1:])


def test_sessions_on_both_sides_of_a_change_of_clocks(catalog: MarketCatalog) -> None:
    """Minutes of March 2011, stamped with their end in UTC; clocks went forward on Sunday the 13th."""
    ingest(
        catalog, "csv", DATA / "dst" / "nt-spy-minute-2011-03.csv.gz", symbol="SPY",
        columns="time,open,high,low,close,volume", tz="UTC", stamps="close",
    )  # fmt: skip
    minutes = catalog.bars("SPY", "1min", session="XNYS")
    days = catalog.bars("SPY", "1d")
    by_day = minutes.groupby(minutes.index.tz_convert(NEW_YORK).date)
    assert (by_day.size() == 390).all() and len(by_day) == len(days) == 23
    np.testing.assert_array_equal(by_day["volume"].sum(), days["volume"])
    np.testing.assert_array_equal(by_day["open"].first(), days["open"])
    np.testing.assert_array_equal(by_day["close"].last(), days["close"])
    np.testing.assert_array_equal(by_day["high"].max(), days["high"])
    np.testing.assert_array_equal(by_day["low"].min(), days["low"])
    local = minutes.index.tz_convert(NEW_YORK)
    assert (local.strftime("%H:%M").min(), local.strftime("%H:%M").max()) == ("09:30", "15:59")
    for day, first, last in (("2011-03-11", "14:30", "20:59"), ("2011-03-14", "13:30", "19:59")):
        one = minutes.loc[day]
        assert (one.index[0].strftime("%H:%M"), one.index[-1].strftime("%H:%M")) == (first, last)
        assert days.loc[day].index[0].strftime("%H:%M") == first
    weeks = catalog.bars("SPY", "1w")
    assert [str(time) for time in weeks.index[1:3]] == ["2011-03-07 14:30:00+00:00", "2011-03-14 13:30:00+00:00"]
    hours = catalog.bars("SPY", "1h").loc["2011-03-10":"2011-03-15"].tz_convert(NEW_YORK)
    regular = hours.between_time("09:30", "15:59")
    assert set(regular.index.strftime("%H:%M")) == {f"{hour:02}:30" for hour in range(9, 16)}
