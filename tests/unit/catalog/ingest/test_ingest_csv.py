from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog.ingest import Part
from workbench.catalog.ingest.stamps import infer_spec
from workbench.errors import IngestError
from workbench.market.specs import SECOND, BarSpec

Parse = Callable[..., list[Part]]
TextFile = Callable[..., Path]

BARS = [(212.61, 213.35, 211.52, 212.8, 96708880), (213.16, 214.22, 213.15, 214.06, 83348752),
        (213.77, 214.06, 213.02, 213.89, 82961968), (214.02, 215.17, 213.42, 214.66, 75744152)]  # fmt: skip
FORMS = {  # of 2017-01-03 .. 06: texts by file form, the options they need, the instant of the first
    "{d}": ({}, "2017-01-03"),
    "{basic}": ({}, "2017-01-03"),
    "{dmy}": ({"dates": "dmy"}, "2017-01-03"),
    "{us}": ({"dates": "mdy"}, "2017-01-03"),
    "{d}T17:45:30 America/New_York": ({}, "2017-01-03T22:45:30"),
    "{basic}T174530": ({"tz": "America/New_York"}, "2017-01-03T22:45:30"),
    "{d}T17:45": ({"tz": "UTC"}, "2017-01-03T17:45"),
    "{d}T17:45:30.123": ({"tz": "Asia/Kolkata"}, "2017-01-03T12:15:30.123"),
    "{d}T17:45:30": ({"tz": "UTC"}, "2017-01-03T17:45:30"),
    "{basic}T000000+0000": ({}, "2017-01-03"),
    "{d}T00:00:00-04:00": ({}, "2017-01-03T04:00"),
    "{d}T17:45:30.123456+05:30": ({}, "2017-01-03T12:15:30.123456"),
    '"Tue, {rfc} 17:45:30 GMT"': ({}, "2017-01-03T17:45:30"),
    "{d}T00:00:00+00:00": ({}, "2017-01-03"),
    "{d}T17:45:30.123456Z": ({}, "2017-01-03T17:45:30.123456"),
    "{d}T00:00:00Z": ({}, "2017-01-03"),
}


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


def times(part: Part) -> list[str]:
    stamp = part.records.dtype.names[0]
    return [str(t).removesuffix(".000000000") for t in part.records[stamp].astype("M8[ns]")]


def bars_text(stamps: list[str], bars: list[tuple] = BARS) -> str:
    rows = [",".join(map(str, (i + 1, stamp, *bar))) for i, (stamp, bar) in enumerate(zip(stamps, bars, strict=True))]
    return "\n".join(["index,date,open,high,low,close,volume", *rows, ""])


def days_as(form: str) -> list[str]:
    days = pd.date_range("2017-01-03", periods=4)
    written = {"d": "%Y-%m-%d", "basic": "%Y%m%d", "dmy": "%d-%m-%Y", "us": "%m/%d/%Y", "rfc": "%d %b %Y"}
    return [form.format(**{name: day.strftime(style) for name, style in written.items()}) for day in days]


@pytest.mark.parametrize("form", FORMS)
def test_daily_bars_under_every_date_form(parse: Parse, text_file: TextFile, form: str) -> None:
    options, first = FORMS[form]
    (part,) = parse("csv", text_file(bars_text(days_as(form))), **options)
    assert (part.kind, part.bad) == ("bars_1d", [])
    expected = ns(first) + np.arange(4) * 86_400 * SECOND
    assert part.records["time"].tolist() == expected.tolist()
    got = part.records[["open", "high", "low", "close", "volume"]].tolist()
    assert got == [tuple(map(float, bar)) for bar in BARS]


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ("{dmy}", 'pass dates="dmy" or dates="mdy"'),
        ("{us}", 'pass dates="dmy" or dates="mdy"'),
        ("{d}T17:45", 'pass tz, e.g. tz="America/New_York" or tz="UTC"'),
        ("{basic}T174530", 'pass tz, e.g. tz="America/New_York" or tz="UTC"'),
    ],
)
def test_forms_that_say_too_little_are_refused(parse: Parse, text_file: TextFile, form: str, named: str) -> None:
    with pytest.raises(IngestError, match=named):
        parse("csv", text_file(bars_text(days_as(form))))


def test_dates_name_sessions_of_the_instrument(parse: Parse, text_file: TextFile) -> None:
    text = bars_text(["2017-03-10", "2017-03-11", "2017-03-13", "2017-03-14"])
    (part,) = parse("csv", text_file(text), "SPY", spec="1d")
    assert times(part) == ["2017-03-10T14:30:00", "2017-03-13T13:30:00", "2017-03-14T13:30:00"]
    assert [(row.line, row.reason) for row in part.bad] == [
        (3, "calendar XNYS has no session on this date (tz takes midnights instead)")
    ]
    (part,) = parse("csv", text_file(text), "SPY", spec="1d", tz="America/New_York")
    assert times(part) == [
        "2017-03-10T05:00:00", "2017-03-11T05:00:00", "2017-03-13T04:00:00", "2017-03-14T04:00:00"
    ]  # fmt: skip


def test_dates_before_the_calendar_begins_are_local_midnights(parse: Parse, text_file: TextFile) -> None:
    (part,) = parse("csv", text_file(bars_text(["1950-01-03", "1950-01-04", "2017-01-03", "2017-01-04"])), "SPY",
                    spec="1d")  # fmt: skip
    assert times(part) == ["1950-01-03T05:00:00", "1950-01-04T05:00:00", "2017-01-03T14:30:00", "2017-01-04T14:30:00"]


@pytest.mark.parametrize("stamps", ["open", "close"])
def test_weeks_begin_with_their_first_session(parse: Parse, text_file: TextFile, stamps: str) -> None:
    named = {"open": ["2017-01-02", "2017-01-09", "2017-01-16", "2017-01-23"],  # the first and third are holidays
             "close": ["2017-01-06", "2017-01-13", "2017-01-20", "2017-01-27"]}  # fmt: skip
    (part,) = parse("csv", text_file(bars_text(named[stamps])), "SPY", stamps=stamps)
    assert part.kind == "bars_1w"
    assert times(part) == ["2017-01-03T14:30:00", "2017-01-09T14:30:00", "2017-01-17T14:30:00", "2017-01-23T14:30:00"]


def test_weeks_that_end_on_a_holiday(parse: Parse, text_file: TextFile) -> None:
    ends = ["2017-03-31", "2017-04-07", "2017-04-14", "2017-04-21"]  # the third is Good Friday
    (part,) = parse("csv", text_file(bars_text(ends)), "SPY", stamps="close")
    assert times(part) == ["2017-03-27T13:30:00", "2017-04-03T13:30:00", "2017-04-10T13:30:00", "2017-04-17T13:30:00"]


def test_bar_ends_over_a_clock_change(parse: Parse, text_file: TextFile) -> None:
    rows = ["20110311 210000;1;2;1;2;10", "20110311 210100;1;2;1;2;10", "20110314 200000;1;2;1;2;10",
            "20110314 200100;1;2;1;2;10"]  # fmt: skip
    (part,) = parse(
        "csv", text_file("\n".join(rows)), columns="time,open,high,low,close,volume", tz="UTC", stamps="close"
    )
    assert part.kind == "bars_1min"
    assert times(part) == ["2011-03-11T20:59:00", "2011-03-11T21:00:00", "2011-03-14T19:59:00", "2011-03-14T20:00:00"]


def test_daily_ends_are_put_to_their_session(parse: Parse, text_file: TextFile) -> None:
    stamps = ["2017-01-03 16:00", "2017-01-04 16:00", "2017-01-05 16:00", "2017-01-06 16:00"]
    (part,) = parse("csv", text_file(bars_text(stamps)), "SPY", tz="America/New_York", stamps="close")
    assert times(part)[0] == "2017-01-03T05:00:00"  # tz: days of New York


def test_date_and_clock_in_two_columns(parse: Parse, text_file: TextFile) -> None:
    text = "Date,Time,Last,Volume\n01/03/2017,093000.5,10.5,100\n01/03/2017,9:30:01 AM,10.25,50\n"
    (part,) = parse("csv", text_file(text), dates="mdy", tz="America/New_York")
    assert part.kind == "trades"
    assert times(part) == ["2017-01-03T14:30:00.500000000", "2017-01-03T14:30:01"]
    assert part.records["price"].tolist() == [10.5, 10.25] and part.records["size"].tolist() == [100, 50]


def test_newest_first_is_turned_round(parse: Parse, text_file: TextFile) -> None:
    text = "time,price,size\n1600000003,4,1\n1600000002,3,1\n1600000002,2,1\n1600000001,1,1\n"
    (part,) = parse("csv", text_file(text))
    assert part.records["price"].tolist() == [1, 2, 3, 4]


def test_prints_of_one_instant_keep_their_order(parse: Parse, text_file: TextFile) -> None:
    stamps = [1_600_000_000 + i // 40 for i in range(400)]
    stamps = stamps[:120] + stamps[160:200] + stamps[120:160] + stamps[200:]  # two seconds have changed places
    rows = [f"{stamp},{i + 1},1" for i, stamp in enumerate(stamps)]
    (part,) = parse("csv", text_file("\n".join(["time,price,size", *rows])))
    order = sorted(range(400), key=lambda i: stamps[i])
    assert part.records["price"].tolist() == [i + 1 for i in order]


def test_genuine_duplicates_of_trades_stay(parse: Parse, text_file: TextFile) -> None:
    (part,) = parse("csv", text_file("time,price,size\n" + "1600000000,10,5\n" * 3))
    assert len(part.records) == 3 and part.bad == []


def test_sides_and_receive_times(parse: Parse, text_file: TextFile) -> None:
    text = "local_ns,trade_ms,price,qty,is_buyer_maker\n1723161255088176367,1723161256322,61800.30,0.006,1\n"
    text += "1723161255088230567,1723161256344,61800.30,0.199,false\n"
    text += "1723161255088230568,1723161256345,61800.30,0.2,True\n"
    (part,) = parse("csv", text_file(text), "BTCUSDT")
    assert part.records["side"].tolist() == [-1, 1, -1]
    assert part.records["ts_recv"].tolist()[:2] == [1723161255088176367, 1723161255088230567]
    (part,) = parse("csv", text_file("time,price,size,side\n1600000000,1,1,BUY\n1600000001,1,1,s\n1600000002,1,1,x\n"))
    assert part.records["side"].tolist() == [1, -1]
    assert [row.reason for row in part.bad] == ["side cannot be read"]


def test_quotes_may_miss_a_side(parse: Parse, text_file: TextFile) -> None:
    text = "time,bid,ask,bid_size\n1600000000,1.5,1.6,10\n1600000001,,1.7,\n1600000002,,,\n1600000003,0,1.7,1\n"
    (part,) = parse("csv", text_file(text))
    assert part.kind == "quotes"
    assert np.array_equal(part.records["bid"], [1.5, np.nan], equal_nan=True)
    assert np.isnan(part.records["ask_size"]).all()
    assert [(row.line, row.reason) for row in part.bad] == [(4, "neither bid nor ask"), (5, "bid is zero")]


def test_symbols_in_a_column_are_separate(parse: Parse, text_file: TextFile) -> None:
    rows = ["AAPL,1600000000,1,1", "BTC/USD,1600000001,2,1", "AAPL,1600000002,3,1", "AAPL,x,1,1"]
    path = text_file("\n".join(["symbol,time,price,size", *rows]))
    parts = parse("csv", path, None)
    assert [(part.symbol, part.records["price"].tolist(), len(part.bad)) for part in parts] == [
        ("AAPL", [1, 3], 1), ("BTC-USD", [2], 0)
    ]  # fmt: skip
    with pytest.raises(IngestError, match="2 symbols"):
        parse("csv", path, "AAPL")


def test_rows_of_unknown_symbols_are_listed_too(parse: Parse, text_file: TextFile) -> None:
    (part,) = parse("csv", text_file("symbol,time,price,size\nAAPL,x,1,1\n"), None)
    assert (len(part.records), [row.reason for row in part.bad]) == (0, ["date cannot be read"])


def test_a_file_without_symbol_needs_one(parse: Parse, text_file: TextFile) -> None:
    with pytest.raises(IngestError, match='pass symbol, e.g. symbol="AAPL"'):
        parse("csv", text_file(bars_text(days_as("{d}"))), None)


BAD_BARS = {
    "2017-01-09,abc,2,1,1,10": "open is not a number",
    "2017-01-09,1,2,,1,10": "low is missing",
    "2017-01-09,1,NaN,1,1,10": "high is missing",
    "2017-01-09,1,inf,1,1,10": "high is not a number",
    "2017-01-09,0,2,1,1,10": "open is zero",
    "2017-01-09,1,2,1,-1,10": "close is negative",
    "2017-01-09,1.5,1,2,1.5,10": "high is below low",
    "2017-01-09,3,2,1,1,10": "open is outside of low and high",
    "2017-01-09,1,2,1,0.5,10": "close is outside of low and high",
    "2017-01-09,1,2,1,1,-10": "volume is negative",
    "2017-01-09,1,2,1,1,x": "volume is not a number",
    ",1,2,1,1,10": "date is missing",
    "2017-02-30,1,2,1,1,10": "there is no such date or time of day",
    "0201-01-09,1,2,1,1,10": "date is implausible: the year",
    "2017-01-04,1,2,1,1,10": "a second bar of the same time",
    "2017-01-09,1,2": "row has 3 columns, 6 expected",
}


@pytest.mark.parametrize("row", BAD_BARS)
def test_bad_rows_are_kept_aside_with_line_text_and_reason(parse: Parse, text_file: TextFile, row: str) -> None:
    good = [f"2017-01-0{day},1,2,1,1.5,10" for day in (3, 4, 5)]
    lines = ["date,open,high,low,close,volume", *good, row, "2017-01-06,1,2,1,1,1"]
    (part,) = parse("csv", text_file("\n".join(lines)))
    assert [tuple(bad) for bad in part.bad] == [(5, row, BAD_BARS[row])]
    assert len(part.records) == 4


def test_huge_and_tiny_prices_are_prices(parse: Parse, text_file: TextFile) -> None:
    bars = [(4.2e13, 4.5e13, 4.1e13, 4.2e13, 1e15), (1.28e-8, 1.3e-8, 1.27e-8, 1.29e-8, 1e13), *BARS[2:]]
    (part,) = parse("csv", text_file(bars_text(days_as("{d}"), bars)))
    assert part.bad == [] and part.records["high"].tolist()[:2] == [4.5e13, 1.3e-8]


def test_decimal_commas(parse: Parse, text_file: TextFile) -> None:
    (part,) = parse("csv", text_file("time;price;size\n1600000000;10,5;1,25\n"), decimal=",")
    assert part.records[["price", "size"]].tolist() == [(10.5, 1.25)]


@given(
    step=st.sampled_from([1, 5, 15, 60, 300, 900, 3600, 14400]),
    start=st.integers(0, 10**6),
    holes=st.sets(st.integers(3, 400), max_size=100),
)
def test_the_step_is_found_in_spite_of_holes(step: int, start: int, holes: set[int]) -> None:
    at = np.array([i for i in range(401) if i not in holes]) + start
    assert infer_spec(at * step * SECOND) == BarSpec.parse(f"{step}s")


def test_days_weeks_and_months_are_told_apart() -> None:
    for frequency, spec in (("B", "1d"), ("W-FRI", "1w"), ("MS", "1mo"), ("BME", "1mo")):
        local = pd.date_range("2010-01-01", periods=40, freq=frequency, tz="America/New_York")
        assert str(infer_spec(local.as_unit("ns").asi8)) == spec


@pytest.mark.parametrize("seconds", [[0], [0, 60], [0, 0.5, 1.0], [0, 86_400 * 100, 86_400 * 200]])
def test_steps_that_cannot_be_told_are_asked_for(seconds: list[float]) -> None:
    with pytest.raises(IngestError, match='pass spec, e.g. spec="1min" or spec="1d"'):
        infer_spec((np.array(seconds) * SECOND).astype("i8"))
