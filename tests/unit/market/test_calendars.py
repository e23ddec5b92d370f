from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import DataError, UnknownNameError
from workbench.market.calendars import calendar
from workbench.market.specs import DAY, BarSpec


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


def sessions(name: str, date: str) -> list[tuple[str, str]]:
    found = calendar(name).sessions(ns(date) - 3 * DAY, ns(date) + 3 * DAY)
    mine = found.date == np.datetime64(date)
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
