from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.catalog.ingest.columns import Layout, find_layout
from workbench.catalog.ingest.files import SourceFile
from workbench.errors import IngestError


def layout(path: Path, **asked: object) -> Layout:
    return find_layout(SourceFile(path), path.name, **{"columns": None, "kind": "auto", "delimiter": None, **asked})


@pytest.mark.parametrize(
    ("header", "kind", "at"),
    [
        ("date,open,high,low,close,vol", "bars", {"date": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}),
        ("Timestamp;O;H;L;C;V", "bars", {"time": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}),
        ("index,Open Time,OPEN,HIGH,LOW,CLOSE", "bars", {"time": 1, "open": 2, "high": 3, "low": 4, "close": 5}),
        ("ts_event\tprice\tsize\tside", "trades", {"time": 0, "price": 1, "size": 2, "side": 3}),
        ("trade_ms,Price,Qty,is_buyer_maker", "trades", {"time": 0, "price": 1, "size": 2, "is_buyer_maker": 3}),
        ("time|bid_price|ask_price|bid_qty", "quotes", {"time": 0, "bid": 1, "ask": 2, "bid_size": 3}),
        ("date,time,last,volume,bid,ask", "trades", {"date": 0, "time": 1, "price": 2, "size": 3}),
        ("symbol,date,bid,ask", "quotes", {"symbol": 0, "date": 1, "bid": 2, "ask": 3}),
    ],
)
def test_usual_names(text_file: Callable[..., Path], header: str, kind: str, at: dict[str, int]) -> None:
    found = layout(text_file(header + "\n"))
    assert (found.kind, found.at, found.skip) == (kind, at, 1)


def test_names_by_hand(text_file: Callable[..., Path]) -> None:
    path = text_file("\ufeffwhen,px,close,n\n")
    assert layout(path, columns="time=When,price=px,size=4").at == {"time": 0, "price": 1, "size": 3}
    assert layout(path, columns={"time": "when", "price": "close"}).at == {"time": 0, "price": 2}


def test_a_file_without_header_needs_names(text_file: Callable[..., Path]) -> None:
    path = text_file("# from somewhere\n20110301 090100;133.9;134.01;133.9;133.98;3778\n")
    with pytest.raises(IngestError, match='e.g. columns="time=1,open=2,high=3,low=4,close=5,volume=6"'):
        layout(path)
    found = layout(path, columns="time,open,high,low,close,-")
    assert found == Layout("bars", {"time": 0, "open": 1, "high": 2, "low": 3, "close": 4}, 6, ";", 1)
    assert layout(path, columns="time=1,price=5").at == {"time": 0, "price": 4}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("time,open", "names 2 columns, the file has 6"),
        ("time=1,opne=2", "did you mean open"),
        ("time=9,price=2", "number, 1 to 6"),
        ("time,price=2", "mixes"),
    ],
)
def test_names_that_cannot_be_used(text_file: Callable[..., Path], columns: str, message: str) -> None:
    with pytest.raises(IngestError, match=message):
        layout(text_file("20110301 090100;133.9;134.01;133.9;133.98;3778\n"), columns=columns)


def test_what_is_missing_is_said(text_file: Callable[..., Path]) -> None:
    with pytest.raises(IngestError, match="no column of times among: open, high"):
        layout(text_file("open,high,low,close\n"))
    with pytest.raises(IngestError, match="needed are open high low close or bid ask or price"):
        layout(text_file("date,open,high\n"))
    with pytest.raises(IngestError, match="no such column"):
        layout(text_file("date,open,high\n"), columns="price=pricee")
