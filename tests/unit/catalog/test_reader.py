"""The Intake door: our data for Intake, and data of other readers for us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import intake
import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.bars import resample
from workbench.catalog import MarketCatalog, Store
from workbench.catalog.reader import frame_records
from workbench.errors import DataError, UnknownNameError
from workbench.market.events import BAR, TRADE
from workbench.market.instruments import InstrumentMaster
from workbench.market.specs import DAY

ROOT = Path(workbench.__file__).parents[1]
ACME = """
version: 2
data:
  file:
    datatype: intake.readers.datatypes:CSV
    kwargs: {url: "{CATALOG_DIR}/acme.csv"}
entries:
  ACME:
    reader: intake.readers.readers:PandasCSV
    kwargs: {data: "{data(file)}"}
    metadata: {kind: bars, spec: 1d, symbol: ACME, tz: America/New_York}
  gone:
    reader: no.such.module:Reader
    metadata: {kind: bars}
"""


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MarketCatalog:
    folder = tmp_path / "catalogs"
    folder.mkdir()
    (folder / "demo.yaml").write_text((ROOT / "catalogs/demo.yaml").read_text())
    (folder / "mine.yaml").write_text(ACME)
    days = pd.date_range("2024-01-01", periods=30).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"Date": days, "Open": 1.0, "High": 2.0, "Low": 0.5, "Close": 1.5, "Volume": 10})
    frame.to_csv(folder / "acme.csv", index=False)
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "data"))
    store = Store(tmp_path / "data")
    bars = np.zeros(100, BAR)
    bars["time"] = np.datetime64("2000-03-01", "ns").astype("i8") + np.arange(100) * DAY
    for name in ("open", "high", "low", "close"):
        bars[name] = np.arange(100) + 1.0
    store.write("bokeh", "bars_1d", "AAPL", bars)
    trades = np.zeros(5, TRADE)
    trades["ts_event"] = bars["time"][:5]
    trades["price"], trades["size"] = 3.0, 1.0
    store.write("synthetic", "trades", "BTC-USD", trades)
    return MarketCatalog(store, InstrumentMaster.load(store.data_dir), folder)


def test_intake_opens_our_data(catalog: MarketCatalog) -> None:
    opened = intake.open_catalog(str(catalog.catalogs_dir / "demo.yaml"))
    bars = opened["AAPL_1d"].read()
    pd.testing.assert_frame_equal(bars, catalog.bars("AAPL", "1d"))
    assert len(opened["AAPL_1d"].read(start="2000-03-05", spec="1w")) < 20
    assert len(opened["BTC-USD_trades"].read()) == 5
    assert len(opened["BTC-USD_1min"].read()) == 5


def test_every_demo_entry_can_be_made() -> None:
    opened = intake.open_catalog(str(ROOT / "catalogs/demo.yaml"))
    assert {"AAPL_1d", "NIFTY_trades"} <= set(opened.entries)
    for name in opened.entries:
        assert opened[name].kwargs["symbol"] == name.rpartition("_")[0]


def test_the_file_of_the_guide_works_with_intake_itself(catalog: MarketCatalog) -> None:
    guide = (ROOT / "catalogs/README.md").read_text()
    block = guide.split("```yaml\n")[1].split("```")[0]
    path = catalog.catalogs_dir / "guide.yaml"
    path.write_text("\n".join(line.removeprefix("   ") for line in block.splitlines()))
    assert len(intake.open_catalog(str(path))["ACME"].read()) == 30
    (catalog.catalogs_dir / "mine.yaml").unlink()
    assert len(catalog.bars("ACME", "1d")) == 30


def test_data_of_another_reader_is_a_symbol_like_any(catalog: MarketCatalog) -> None:
    assert {"AAPL", "ACME", "BTC-USD"} <= set(catalog.symbols())
    assert "GOOG" not in catalog.symbols()  # an entry of the demo whose data is not stored
    bars = catalog.bars("ACME", "1d")
    assert len(bars) == 30 and str(bars.index[0]) == "2024-01-01 05:00:00+00:00"
    assert bars["close"].iloc[0] == 1.5 and bars["trades"].iloc[0] == 0
    assert len(catalog.bars("ACME", "1d", "2024-01-10", "2024-01-12")) == 2
    weeks = catalog.bar_records("ACME", "1w")
    assert weeks["volume"].tolist() == [70, 70, 70, 70, 20]
    assert catalog.latest_bars("ACME", "1w", 2).tobytes() == weeks[-2:].tobytes()
    assert len(catalog.latest_bars("ACME", "1d", 7, "2024-01-09")) == 7
    assert len(catalog.bars("ACME", "1d", as_="dask").compute(scheduler="synchronous")) == 30
    assert catalog.coverage("ACME")[1] == bars.index[-1].value
    row = catalog.datasets().set_index("name").loc["ACME"]
    assert (row["source"], row["kind"], pd.isna(row["rows"])) == ("mine.yaml", "bars", True)
    with pytest.raises(DataError, match="holds bars, not trades"):
        catalog.trades("ACME")
    with pytest.raises(DataError, match="no exact 1h bars"):
        catalog.bars("ACME", "1h")
    averaged = catalog.bars("ACME", "ha(1d)")
    assert len(averaged) == 30 and averaged["real_close"].tolist() == [1.5] * 30
    assert catalog.latest_bars("ACME", "ha(1w)", 2)["volume"].tolist() == [70, 20]
    with pytest.raises(
        DataError, match=r"1000tick bars of ACME are made of trades, and there are only 1d bars.*ha\(1d\)"
    ):
        catalog.bars("ACME", "1000tick")


def test_trades_of_another_reader_make_any_bars(catalog: MarketCatalog) -> None:
    path = catalog.catalogs_dir / "tape.csv"
    index = pd.date_range("2024-01-01 15:00", periods=40, freq="11min")
    tape = pd.DataFrame({"time": index, "price": np.arange(40) % 7 + 1.0, "size": 2.0})
    tape.to_csv(path, index=False)
    (catalog.catalogs_dir / "mine.yaml").write_text(
        ACME.replace("acme.csv", "tape.csv").replace(
            "kind: bars, spec: 1d, symbol: ACME, tz: America/New_York", "symbol: T"
        )
    )
    frame = tape.set_index("time")
    for spec in ("1h", "9tick", "renko:1.0", "ha(1h)", "linebreak(9tick)"):
        want = resample(frame, spec, session="24/7")
        pd.testing.assert_frame_equal(catalog.bars("T", spec), want, check_freq=False)
        half = catalog.bars("T", spec, "2024-01-01 18:00", as_="dask").compute(scheduler="synchronous")
        pd.testing.assert_frame_equal(half, want[want.index >= "2024-01-01 18:00Z"], check_freq=False)
        assert catalog.latest_bars("T", spec, 2)["close"].tolist() == want["close"].tolist()[-2:]
    with pytest.raises(DataError, match="made of quotes, and there are only trades"):
        catalog.bars("T", "9tick", price="mid")


def test_an_entry_of_ours_is_a_name_for_its_symbol(catalog: MarketCatalog) -> None:
    pd.testing.assert_frame_equal(catalog.bars("AAPL_1d", "1w"), catalog.bars("AAPL", "1w"))
    with pytest.raises(UnknownNameError, match="MSFT, of which nothing is stored"):
        catalog.bars("MSFT_1d", "1d")


@pytest.mark.parametrize(
    "text", ["a: [", "sources: {}", "version: 1\nsources: {}", "[1]", "", "version: 2\nentries: {a: 3}"]
)
def test_a_broken_file_is_named_and_the_others_work(catalog: MarketCatalog, text: str) -> None:
    path = catalog.catalogs_dir / "a_broken.yaml"
    path.write_text(text)
    assert list(catalog.broken) == [path]
    assert str(path) in catalog.broken[path]
    assert len(catalog.bars("ACME", "1d")) == 30
    path.write_text("version: 2\n")  # mended: read again
    assert catalog.broken == {}


def test_an_entry_that_cannot_be_read_is_named(catalog: MarketCatalog) -> None:
    with pytest.raises(DataError, match=r"entry 'gone' of .*mine.yaml cannot be read: ModuleNotFoundError"):
        catalog.bars("gone", "1d")
    (catalog.catalogs_dir / "acme.csv").write_text("Date,Open\n2024-01-01,1\n")
    with pytest.raises(DataError, match=r"entry 'ACME' .* need a column"):
        catalog.bars("ACME", "1d")


def test_frames_of_others_become_records() -> None:
    index = pd.date_range("2024-01-01 09:30", periods=4, freq="5min")
    bars = pd.DataFrame({"OPEN": 1.0, "High": 2.0, "low": 0.5, "Close": 1.0}, index=index)
    records, kind, spec = frame_records(bars, tz="America/New_York")
    assert (kind, str(spec), records["volume"].sum()) == ("bars", "5min", 0)
    assert np.datetime64(int(records["time"][0]), "ns") == np.datetime64("2024-01-01T14:30")
    shuffled = pd.DataFrame({"Timestamp": [3, 1, 2], "Price": [3.0, 1.0, 2.0], "size": 1.0})
    records, kind, spec = frame_records(shuffled)
    assert (kind, spec, records["price"].tolist()) == ("trades", None, [1, 2, 3])
    weeks = pd.date_range("2024", periods=9, freq="7D")
    weekly = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), 1.0), index=weeks)
    assert str(frame_records(weekly)[2]) == "1w"
    for bad, message in (
        (pd.DataFrame({"a": [1]}), "neither those of bars"),
        (pd.DataFrame({"price": [1.0]}), "no times"),
        (3, "expected a DataFrame, got int"),
        (bars.iloc[:1], "state the spec"),
        (pd.concat([bars, bars]), "two bars have the same time"),
    ):
        with pytest.raises(DataError, match=message):
            frame_records(bad)
    with pytest.raises(DataError, match="spec 1000tick: bars that are given are time bars"):
        frame_records(bars, spec="1000tick")


def test_intake_is_imported_only_when_there_is_need(tmp_path: Path) -> None:
    code = (
        "import sys; from workbench.catalog import MarketCatalog, Store; "
        "from workbench.market.instruments import InstrumentMaster; "
        f"MarketCatalog(Store({str(tmp_path)!r}), InstrumentMaster.load()).datasets(); "
        "sys.exit('intake' in sys.modules or 'dask' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
