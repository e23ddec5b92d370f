from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.catalog.ingest import Part
from workbench.errors import IngestError
from workbench.market.events import FLAG_NO_BAR

Parse = Callable[..., list[Part]]

TICKS = (
    "2021-03-01 09:29:59.999999,1.5200,1000,1000,1.5600,1.5700,1,E,11,1747,0,1,\r\n"
    "2021-03-01 09:30:00.000001,1.5300,50,1050,1.4300,1.5200,2,O,11,873D17,1,1,\r\n"
    "2021-03-01 09:30:00.000001,1.5400,0,1050,1.5000,1.6300,3,C,11,173D,2,1,\r\n"
    "2021-03-15 09:30:00.5,1.5400,7,1057,1.5000,1.6300,4,C,11,173D,0,1,\r\n"
)
END = "!ENDMSG!,\r\n"
INTERVALS = (
    "2021-03-01 04:00:00,1.5300,1.5100,1.5200,1.5250,1000,1000,0,\n"
    "2021-03-01 04:00:05,1.5200,1.5200,1.5200,1.5200,1324,274,3,\n"
    "2021-03-01 04:00:20,1.5800,1.5800,1.5800,1.5800,1449,125,1,\n"
)
DAILIES = "2021-02-26,1.9700,1.7400,1.9400,1.7500,18991055,0,\n2021-03-01,1.7,1.38,1.65,1.68,12651652,0,\n"


def utc(records: np.ndarray) -> list[str]:
    return [str(t) for t in records[records.dtype.names[0]].astype("M8[ns]").astype("M8[us]")]


def test_ticks(parse: Parse, text_file: Callable[..., Path]) -> None:
    (part,) = parse("iqfeed", text_file(TICKS + END))
    assert (part.kind, part.bad) == ("trades", [])
    assert utc(part.records) == [
        "2021-03-01T14:29:59.999999", "2021-03-01T14:30:00.000001", "2021-03-01T14:30:00.000001",
        "2021-03-15T13:30:00.500000",
    ]  # fmt: skip
    assert part.records["price"].tolist() == [1.52, 1.53, 1.54, 1.54]
    assert part.records["size"].tolist() == [1000, 50, 0, 7]
    assert part.records["flags"].tolist() == [0, FLAG_NO_BAR, 0, 0]
    assert part.records["side"].tolist() == [0, 1, -1, 0]


def test_newest_first(parse: Parse, text_file: Callable[..., Path]) -> None:
    newest = "".join(TICKS.splitlines(keepends=True)[::-1])
    forward, backward = parse("iqfeed", text_file(TICKS))[0], parse("iqfeed", text_file(newest))[0]
    assert np.array_equal(forward.records, backward.records)


def test_older_protocol_without_aggressor(parse: Parse, text_file: Callable[..., Path]) -> None:
    (part,) = parse("iqfeed", text_file("2021-03-01 09:30:00.1,1.52,100,1000,1.56,1.57,1,C,11,1747,\n"))
    assert part.records[["price", "size", "side"]].tolist() == [(1.52, 100, 0)]


@pytest.mark.parametrize(("stamps", "first"), [("open", "2021-03-01T09:00:00"), ("close", "2021-03-01T08:59:55")])
def test_intervals_are_high_low_open_close(
    parse: Parse, zip_file: Callable[..., Path], stamps: str, first: str
) -> None:
    path = zip_file("x.zip", **{"x.csv": INTERVALS + END})
    (part,) = parse("iqfeed", path, stamps=stamps)
    assert part.kind == "bars_5s"
    assert utc(part.records)[0] == f"{first}.000000"
    names = ["open", "high", "low", "close", "volume", "trades"]
    assert part.records[names].tolist()[:2] == [(1.52, 1.53, 1.51, 1.525, 1000, 0), (1.52, 1.52, 1.52, 1.52, 274, 3)]


def test_dailies_name_sessions(parse: Parse, text_file: Callable[..., Path]) -> None:
    path = text_file(DAILIES + END)
    (part,) = parse("iqfeed", path, "AAPL")
    assert part.kind == "bars_1d"
    assert utc(part.records) == ["2021-02-26T14:30:00.000000", "2021-03-01T14:30:00.000000"]
    assert part.records[["open", "high", "low", "close", "volume"]].tolist()[0] == (1.94, 1.97, 1.74, 1.75, 18991055)
    assert utc(parse("iqfeed", path)[0].records)[0] == "2021-02-26T00:00:00.000000"
    assert utc(parse("iqfeed", path, tz="America/New_York")[0].records)[0] == "2021-02-26T05:00:00.000000"


def test_bad_rows(parse: Parse, text_file: Callable[..., Path]) -> None:
    rows = TICKS.splitlines()
    rows[1] = rows[1].replace("1.5300", "one")
    rows[2] = rows[2].replace("2021-03-01", "2021-02-30")
    (part,) = parse("iqfeed", text_file("\n".join([*rows, "2021-03-16 09:30:00,1.5", "!ENDMSG!,"])))
    assert [(bad.line, bad.reason) for bad in part.bad] == [
        (2, "last is not a number"), (3, "there is no such date or time of day"), (5, "row has 2 columns, 13 expected")
    ]  # fmt: skip
    assert len(part.records) == 2


def test_only_the_end_mark(parse: Parse, text_file: Callable[..., Path]) -> None:
    with pytest.raises(IngestError, match="no line of data"):
        parse("iqfeed", text_file(END))


def test_other_files_are_refused(parse: Parse, text_file: Callable[..., Path]) -> None:
    with pytest.raises(IngestError, match="no IQFeed history.*csv importer"):
        parse("iqfeed", text_file("date,open\n2021-03-01,1\n"))
    with pytest.raises(IngestError, match="pass symbol"):
        parse("iqfeed", text_file(TICKS), None)
