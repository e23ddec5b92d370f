from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import param
import pytest

from workbench.catalog.ingest import IngestFailures, importers, ingest
from workbench.errors import DataError, IngestError, UnknownNameError

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

TextFile = Callable[..., Path]

HEADER = "date,open,high,low,close,volume\n"
GOOD = HEADER + "".join(f"2017-01-0{day},10,12,9,11,{day}\n" for day in (3, 4, 5, 6))
TRADES = "time,price,size\n1600000000,10,5\n1600000000,10,5\n1600000061,11,1\n"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and "quarantine" not in p.parts}


def test_bars_are_stored_with_their_origin(catalog: MarketCatalog, text_file: TextFile) -> None:
    steps: list[tuple[int, int]] = []
    path = text_file(GOOD + "2017-01-07,zero,1,1,1,1\n", "spy.csv")
    (report,) = ingest(catalog, "csv", path, symbol="SPY", spec="1d", progress=lambda *step: steps.append(step))
    assert (report.dataset, report.rows, report.quarantined, report.skipped) == ("csv/bars_1d/SPY", 4, 1, False)
    assert steps[-1] == (path.stat().st_size, path.stat().st_size) and steps == sorted(steps)
    with report.quarantine_file.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:] == [["6", "2017-01-07,zero,1,1,1,1", "open is not a number"]]
    bars = catalog.bars("SPY", "1d", source="csv")
    assert bars["volume"].tolist() == [3, 4, 5, 6]
    assert str(bars.index[0]) == "2017-01-03 14:30:00+00:00"
    (origin,) = catalog.store.manifest("csv", "bars_1d", "SPY").origins
    assert {**origin, "sha256": ""}.items() >= {
        "name": "spy.csv", "rows": 4, "quarantined": 1, "importer": "csv"
    }.items()  # fmt: skip
    assert origin["options"]["spec"] == "1d"


def test_the_same_content_is_stored_once(catalog: MarketCatalog, text_file: TextFile) -> None:
    path = text_file(TRADES)
    ingest(catalog, "csv", path, symbol="X")
    before = everything(catalog.store.data_dir)
    (again,) = ingest(catalog, "csv", path, symbol="X")
    assert (again.skipped, again.rows) == (True, 0) and "; force=True stores" in again.note
    assert everything(catalog.store.data_dir) == before
    (forced,) = ingest(catalog, "csv", path, symbol="X", force=True)
    assert (forced.skipped, forced.rows) == (False, 3)
    assert len(catalog.trades("X")) == 3


def test_overlaps_need_replace(catalog: MarketCatalog, text_file: TextFile) -> None:
    ingest(catalog, "csv", text_file(GOOD), symbol="X")
    changed = text_file(GOOD.replace(",11,", ",10,"), "other.csv")
    with pytest.raises(DataError, match=r"other\.csv.*--replace"):
        ingest(catalog, "csv", changed, symbol="X")
    assert catalog.bars("X", "1d")["close"].tolist() == [11] * 4
    ingest(catalog, "csv", changed, symbol="X", replace=True)
    assert catalog.bars("X", "1d")["close"].tolist() == [10] * 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("head.csv", HEADER.encode(), "no row of data"),
        ("zeros.csv", (HEADER + "2017-01-03,0,0,0,0,0\n" * 5).encode(), r"open is zero \(5\).*listed in"),
        ("broken.zip", b"PK\x03\x04 and no more", "damaged or cut short"),
        ("page.csv", b"<html><body>Not found</body></html>", "no column of times"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n\0\0", "not text"),
    ],
)
def test_files_that_are_refused_touch_nothing(
    catalog: MarketCatalog, text_file: TextFile, name: str, content: bytes, message: str
) -> None:
    ingest(catalog, "csv", text_file(GOOD), symbol="X")
    before = everything(catalog.store.data_dir)
    with pytest.raises(IngestError, match=f"(?s){name}.*{message}"):
        ingest(catalog, "csv", text_file(content, name), symbol="X", force=True, replace=True)
    assert everything(catalog.store.data_dir) == before


def test_truncated_archives(catalog: MarketCatalog, zip_file: Callable[..., Path], text_file: TextFile) -> None:
    whole = zip_file("x.zip", **{"x.csv": TRADES * 200}).read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 1):
        with pytest.raises(IngestError, match="damaged or cut short"):
            ingest(catalog, "csv", text_file(whole[:cut], "cut.zip"), symbol="X")
    flipped = bytearray(whole)
    flipped[60] ^= 0xFF
    with pytest.raises(IngestError, match="damaged or cut short"):
        ingest(catalog, "csv", text_file(bytes(flipped), "flipped.zip"), symbol="X")
    assert catalog.store.datasets() == []


def test_rejected_rows_are_listed_even_when_none_is_left(catalog: MarketCatalog, text_file: TextFile) -> None:
    with pytest.raises(IngestError):
        ingest(catalog, "csv", text_file(HEADER + "2017-01-03,0,0,0,0,0\n", "zeros.csv"), symbol="Z")
    (listed,) = (catalog.store.data_dir / "csv" / "quarantine").rglob("*.csv")
    assert "open is zero" in listed.read_text()
    assert catalog.store.datasets() == []


def test_of_many_files_the_good_ones_are_stored(catalog: MarketCatalog, text_file: TextFile) -> None:
    first, second = text_file(GOOD, "in/a.csv"), text_file("", "in/b.csv")
    text_file(GOOD.replace("2017", "2018").replace("2018-01-06", "2018-01-08"), "in/c.csv")
    with pytest.raises(IngestFailures, match=r"1 of 3 files.*\n.*b\.csv: the file is empty") as caught:
        ingest(catalog, "csv", first.parent, symbol="X", spec="1d")
    assert [report.path.name for report in caught.value.reports] == ["a.csv", "c.csv"]
    assert len(catalog.bars("X", "1d")) == 8
    assert second.exists()


def test_texts_of_one_archive_are_one_dataset(catalog: MarketCatalog, zip_file: Callable[..., Path]) -> None:
    later = TRADES.replace("16000000", "16000001")
    (report,) = ingest(catalog, "csv", zip_file("x.zip", **{"b.csv": later, "a.csv": TRADES}), symbol="X")
    assert report.rows == 6
    assert np.all(np.diff(catalog.trades("X")["ts_event"]) >= 0)


def test_trades_make_bars(catalog: MarketCatalog, text_file: TextFile) -> None:
    ingest(catalog, "csv", text_file(TRADES), symbol="X", source="mine")
    bars = catalog.bars("X", "1min")
    assert bars["volume"].tolist() == [10, 1]
    assert catalog.sources("X") == ["mine"]


def test_instruments_of_expiries_are_learnt(catalog: MarketCatalog, zip_file: Callable[..., Path]) -> None:
    path = zip_file("future/cme/minute/es/20131007_trade.zip",
                    **{"20131007_es_minute_trade_201312.csv": "0,1676.5,1676.75,1676.25,1676.5,9\n"})  # fmt: skip
    (report,) = ingest(catalog, "lean", path)
    assert report.dataset == "lean-cme/bars_1min/ES201312"
    assert catalog.master.get("ES201312").session == "CME_ES"
    assert catalog.master.get("ES201312").tick_size == 0.25


@pytest.mark.parametrize(
    ("format", "options", "message"),
    [
        ("csv", {"dtes": "dmy"}, "no option 'dtes': did you mean dates"),
        ("csv", {"dates": "ydm"}, "dates=\"ydm\" cannot be used: dates does not accept 'ydm'; valid options"),
        ("csv", {"tz": 5}, "tz=5 cannot be used: tz only takes a string value, not value of int"),
        ("csv", {"tz": "New_York"}, 'tz="New_York" cannot be used: .*America/New_York'),
        ("csv", {"spec": "5x"}, "spec=\"5x\" cannot be used: bar spec '5x'"),
        ("csv", {"spec": "1000tick"}, 'spec="1000tick" cannot be used: the bars of a file are time bars, such as 1min'),
        ("iqfeed", {"spec": "ha(5min)"}, "cannot be used: the bars of a file are time bars"),
        ("iqfeed", {"columns": "a"}, "no option 'columns'"),
    ],
)
def test_options_that_cannot_be_used(
    catalog: MarketCatalog, text_file: TextFile, format: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(IngestError, match=message):
        ingest(catalog, format, text_file(GOOD), symbol="X", **options)


def test_unknown_formats_and_paths(catalog: MarketCatalog, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean iqfeed"):
        ingest(catalog, "iqfed", tmp_path / "x.csv")
    (tmp_path / "y.csv").touch()
    with pytest.raises(IngestError, match=r"no such file: \S+x.csv, z.csv \(in "):
        ingest(catalog, "csv", [tmp_path / "x.csv", tmp_path / "y.csv", "z.csv"])
    with pytest.raises(IngestError, match="no such file: ~nobody-of-that-name/x.csv"):
        ingest(catalog, "csv", "~nobody-of-that-name/x.csv")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IngestError, match="pipe is neither a file nor a folder"):
        ingest(catalog, "csv", tmp_path / "pipe")
    with pytest.raises(IngestError, match="holds no file like"):
        ingest(catalog, "lean", tmp_path)


def test_every_option_is_explained() -> None:
    assert set(importers.names()) >= {"csv", "iqfeed", "lean"}
    for name, importer in importers:
        assert importer.plugin_name == name and importer.default_source
        for option, parameter in importer.options().items():
            assert parameter.doc, f"{name}.{option}"
            assert type(parameter) is not param.Parameter
