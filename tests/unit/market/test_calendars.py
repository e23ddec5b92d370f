from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, UnknownNameError
from workbench.market.calendars import calendar
from workbench.market.instruments import Instrument
from workbench.market.specs import DAY, BarSpec


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


def sessions(name: str, day: str) -> list[tuple[str, str]]:
    found = calendar(name).sessions(ns(day) - 3 * DAY, ns(day) + 3 * DAY)
    mine = found.date == np.datetime64(day)
    texts = [np.datetime_as_string(a[mine].view("M8[ns]"), unit="m").tolist() for a in (found.open, found.close)]
    return list(zip(*texts, strict=True))


@pytest.mark.parametrize(
    ("name", "date", "stretches"),
    [
        ("XNYS", "2024-03-08", [("2024-03-08T14:30", "2024-03-08T21:00")]),
        ("XNYS", "2024-03-11", [("2024-03-11T13:30", "2024-03-11T20:00")]),
        ("XNYS", "2024-11-04", [("2024-11-04T14:30", "2024-11-04T21:00")]),
        ("XNYS", "2024-11-29", [("2024-11-29T14:30", "2024-11-29T18:00")]),
        ("XNYS", "2024-12-25", []),
        ("XNYS", "1998-01-02", [("1998-01-02T14:30", "1998-01-02T21:00")]),
        ("CME_ES", "2024-03-08", [("2024-03-07T23:00", "2024-03-08T22:00")]),
        ("CME_ES", "2024-03-11", [("2024-03-10T22:00", "2024-03-11T21:00")]),
        ("CME_ES", "2024-11-29", [("2024-11-28T23:00", "2024-11-29T18:00")]),  # noon, by exchange_calendars
        ("CME_ES", "2024-03-10", []),
        ("XBOM", "2024-06-03", [("2024-06-03T03:45", "2024-06-03T10:00")]),
        (
            "XHKG",
            "2024-06-03",
            [("2024-06-03T01:30", "2024-06-03T04:00"), ("2024-06-03T05:00", "2024-06-03T08:00")],
        ),
        ("FX", "2024-06-07", [("2024-06-06T21:00", "2024-06-07T21:00")]),
        ("FX", "2024-06-08", []),
        ("FX", "2024-06-09", []),
        ("FX", "2024-06-10", [("2024-06-09T21:00", "2024-06-10T21:00")]),
        ("FX", "2024-03-11", [("2024-03-10T21:00", "2024-03-11T21:00")]),
        ("FX", "2024-03-08", [("2024-03-07T22:00", "2024-03-08T22:00")]),
        ("24/7", "2024-03-10", [("2024-03-10T00:00", "2024-03-11T00:00")]),
        ("days:America/New_York", "2024-03-10", [("2024-03-10T05:00", "2024-03-11T04:00")]),
    ],
)
def test_sessions(name, date, stretches):
    assert sessions(name, date) == stretches


@pytest.mark.parametrize("name", ["24/7", "days:Asia/Tokyo", "CME_ES", "FX", "XNYS", "XHKG", "all:XNYS"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-03-08", "2024-03-12 14:30"),
        (date(2024, 3, 8), datetime(2024, 3, 12, 14, 30, tzinfo=UTC)),
        (pd.Timestamp("2024-03-07 19:00", tz="America/New_York"), pd.Timestamp("2024-03-12 14:30")),
        (np.datetime64("2024-03-08"), np.datetime64("2024-03-12T14:30")),
        (np.int64(ns("2024-03-08")), "2024-03-12T15:30+01:00"),
    ],
)
def test_sessions_are_asked_for_by_any_instant(name, start, end):
    asked = calendar(name).sessions(start, end)
    plain = calendar(name).sessions(ns("2024-03-08"), ns("2024-03-12T14:30"))
    assert len(asked) >= 3
    for field in ("date", "open", "close"):
        assert getattr(asked, field).tolist() == getattr(plain, field).tolist()


@pytest.mark.parametrize("wrong", ["soon", None, "9999-01-01", ["2024-03-08"]])
def test_what_is_no_instant_is_named(wrong):
    with pytest.raises(DataError, match=r"time .* cannot be read .*2024-01-02 15:30") as error:
        calendar("XNYS").sessions("2024-03-08", wrong)
    assert repr(wrong) in str(error.value)


@pytest.mark.parametrize("name", ["24/7", "CME_ES", "FX", "XNYS", "XHKG", "days:America/New_York"])
@pytest.mark.parametrize("spec", ["5min", "1d", "3d", "1w", "2w", "1mo", "3mo"])
def test_windows_do_not_depend_on_the_range(name, spec):
    spec, known = BarSpec.parse(spec), calendar(name)
    wide = known.windows(spec, ns("2023-01-01"), ns("2024-12-20"))
    stamps = dict(zip(wide.open.tolist(), wide.stamp.tolist(), strict=True))
    for start in range(ns("2024-02-20"), ns("2024-04-10"), 2 * DAY + 12_345):
        part = known.windows(spec, start, start + DAY)
        inside = (part.close > start) & (part.open <= start + DAY)
        assert [stamps[o] for o in part.open[inside].tolist()] == part.stamp[inside].tolist()


def test_weeks_begin_on_monday_and_months_on_the_first_session():
    week = calendar("XNYS").windows(BarSpec.parse("1w"), ns("2024-05-27"), ns("2024-05-31T20:00"))
    assert ns("2024-05-28T13:30") in week.stamp  # Monday was a holiday
    month = calendar("XNYS").windows(BarSpec.parse("1mo"), ns("2024-06-10"), ns("2024-06-11"))
    assert ns("2024-06-03T13:30") in month.stamp


def test_both_halves_around_a_lunch_break_are_one_day_and_two_grids():
    day = calendar("XHKG").windows(BarSpec.parse("1d"), ns("2024-06-03T01:30"), ns("2024-06-03T08:00"))
    at = (day.open >= ns("2024-06-03")) & (day.open < ns("2024-06-04"))
    assert day.stamp[at].tolist() == [ns("2024-06-03T01:30")] * 2
    hour = calendar("XHKG").windows(BarSpec.parse("1h"), ns("2024-06-03T01:30"), ns("2024-06-03T07:00"))
    assert ns("2024-06-03T05:00") in hour.open


def test_outside_of_a_known_calendar():
    with pytest.raises(DataError, match=r"calendar XNYS is known from .* 2150-01-02 was asked for"):
        calendar("XNYS").sessions(ns("2150-01-01"), ns("2150-01-02"))


def test_names():
    assert calendar("NYSE").name == "XNYS" and calendar("NSE").name == "XBOM"
    with pytest.raises(UnknownNameError, match="XNYS"):
        calendar("XNYZ")
    with pytest.raises(UnknownNameError, match="Europe/Berlin"):
        calendar("days:Europe/Berlim")


def _cover(windows, spec):
    """Edges of all bars of ``spec`` in the windows, one after the other."""
    out = []
    for open_, close, stamp in zip(windows.open, windows.close, windows.stamp, strict=True):
        at = stamp + (open_ - stamp) // windows.step * windows.step
        out += [(max(edge, open_), min(edge + windows.step, close)) for edge in range(at, close, windows.step)]
    return out


@pytest.mark.parametrize(
    ("name", "spec", "first"),
    [
        ("all:XNYS", "1h", "2026-03-05 14:30"),  # 09:30 New York, before the clocks change ...
        ("all:XNYS", "1h", "2026-03-09 13:30"),  # ... and after
        ("all:CME_ES", "4h", "2026-03-04 23:00"),  # 17:00 Chicago
        ("all:XBOM", "1h", "2026-03-05 03:45"),  # 09:15 Kolkata
        ("all:XHKG", "2h", "2026-03-05 05:00"),  # 13:00 Hong Kong, after the lunch break
    ],
)
def test_bars_around_sessions_begin_at_the_open(name, spec, first):
    spec, first = BarSpec.parse(spec), ns(first)
    edges = _cover(calendar(name).windows(spec, first - DAY, first + DAY), spec)
    assert first in [begin for begin, _ in edges]
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges)), "no instant is left out, none is in two bars"
    opens = calendar(name[4:]).sessions(first - DAY, first + DAY).open
    assert {int(o) for o in opens} <= {begin for begin, _ in edges}


def test_before_the_open_bars_are_counted_back_from_it():
    windows = calendar("all:XNYS").windows(BarSpec.parse("1h"), ns("2026-01-06 10:00"), ns("2026-01-06 22:00"))
    begins = [begin for begin, _ in _cover(windows, "1h")]
    day = [str(pd.Timestamp(b).time())[:5] for b in begins if ns("2026-01-06 12:00") <= b < ns("2026-01-06 23:00")]
    assert day == ["12:30", "13:30", "14:30", "15:30", "16:30", "17:30", "18:30", "19:30", "20:30", "21:00", "21:30",
                   "22:30"]  # fmt: skip


@pytest.mark.parametrize("name", ["XNYS", "CME_ES", "XHKG", "days:Asia/Tokyo"])
@pytest.mark.parametrize("spec", ["5min", "4h", "1d", "1w"])
def test_windows_around_sessions_do_not_depend_on_the_range(name, spec):
    spec, around = BarSpec.parse(spec), calendar(f"all:{name}")
    wide = around.windows(spec, ns("2025-12-20"), ns("2026-03-20"))
    narrow = around.windows(spec, ns("2026-01-30 12:00"), ns("2026-02-03"))
    held = list(zip(wide.open, wide.close, wide.stamp, strict=True))
    asked = (narrow.close > ns("2026-01-30 12:00")) & (narrow.open <= ns("2026-02-03"))
    found = zip(narrow.open[asked], narrow.close[asked], narrow.stamp[asked], strict=True)
    assert asked.any() and all(one in held for one in found)


def test_runs_are_sessions_and_around_them_from_open_to_open():
    start, end = ns("2026-01-07"), ns("2026-01-12")
    plain, around = calendar("XNYS").runs(start, end), calendar("all:XNYS").runs(start, end)
    assert [str(pd.Timestamp(t)) for t in plain.open[:2]] == ["2026-01-07 14:30:00", "2026-01-08 14:30:00"]
    assert (plain.close - plain.open == 6.5 * 3600 * 10**9).all()
    assert (around.close[:-1] == around.open[1:]).all() and around.open[0] < start
    assert set(plain.open) <= set(around.open) and (around.stamp == around.open).all()
    lunch = calendar("XHKG").runs(ns("2026-03-05"), ns("2026-03-06"))
    assert len(lunch.open) == 2 and len(set(lunch.stamp)) == 1, "a lunch break does not end the day"
    assert (np.diff(calendar("24/7").runs(start, end).open) == DAY).all()


def test_around_what_is_not_known_is_the_grid_of_utc_days():
    around = calendar("all:XNYS")
    start, end = ns("1965-05-03"), ns("1965-05-05")
    assert (around.windows(BarSpec.parse("4h"), start, end).open % DAY == 0).all()
    assert (around.runs(start, end).open % DAY == 0).all()
    assert calendar("all:24/7") == calendar("24/7")
    with pytest.raises(UnknownNameError, match="XNYS"):
        calendar("all:XNYX")


def test_the_calendar_of_an_instrument():
    es, btc = Instrument("ES", session="CME_ES"), Instrument("BTC-USD")
    assert [es.calendar_of(BarSpec.parse(s)).name for s in ("4h", "1000tick", "ha(1d)", "1w")] == [
        "all:CME_ES", "all:CME_ES", "CME_ES", "CME_ES",
    ]  # fmt: skip
    assert {btc.calendar_of(BarSpec.parse(s)).name for s in ("4h", "1000tick", "1d")} == {"24/7"}
