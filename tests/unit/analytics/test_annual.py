"""Bars a year, counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.analytics import Annual, elapsed_years, periods_per_year, sharpe
from workbench.errors import DataError, SpecError, UnknownNameError
from workbench.market.calendars import Hours, calendar


@pytest.mark.parametrize(
    ("spec", "session", "expected"),
    [
        ("1d", "XNYS", 252),
        ("1w", "XNYS", 52),
        ("1mo", "XNYS", 12),
        ("5mo", "24/7", 2.4),
        ("1d", "24/7", 365),
        ("1h", "24/7", 8_766),
        ("1min", "24/7", 525_960),
        ("1s", "24/7", 31_557_600),
        ("1d", "FX", 261),
        ("1d", "XLON", 253),
        ("5min", "days:Asia/Kolkata", 105_192),
    ],
)
def test_bars_of_a_year_are_counted(spec, session, expected):
    assert float(periods_per_year(spec, session)) == pytest.approx(expected, rel=1e-5)


def test_half_days_and_lunch_breaks_count():
    minutes = float(periods_per_year("1min", "XNYS"))
    assert 251.65 * 385 < minutes < 251.65 * 390  # days of 390 minutes, a few of 210
    # Tokyo: from 9:00 to 11:30 and from 12:30 to 15:00, three bars of an hour each, the last one half.
    assert float(periods_per_year("1h", "XTKS")) == pytest.approx(244.85 * 6, rel=0.01)


def test_hours_of_ones_own():
    hours = Hours("desk", "UTC", pd.Timestamp("08:00").time(), pd.Timestamp("16:30").time())
    assert float(periods_per_year("1d", hours)) == pytest.approx(261)
    assert float(periods_per_year("1h", hours)) == pytest.approx(260.9 * 9, rel=1e-3)


def test_hours_around_a_session_are_bars_too():
    inside = float(periods_per_year("1h", "XNYS"))
    assert float(periods_per_year("1h", "all:XNYS")) > 4 * inside
    assert float(periods_per_year("1d", "all:XNYS")) == 252


def test_the_reason_is_said():
    told = periods_per_year("1d", "XNYS")
    assert told.reason == "sessions of XNYS, 251.65 a year on average over 20 years to 2024, rounded"
    assert str(told).startswith("252 bars a year: sessions of XNYS")
    assert periods_per_year("1min").reason == "1min bars of 24/7, 525,960 a year on average over 20 years to 2024"


def test_it_is_taken_as_periods():
    r = [0.01, -0.02, 0.03]
    assert sharpe(r, periods=periods_per_year("1d", "XNYS")) == sharpe(r, periods=252)


def days(first: str, last: str, session: str = "XNYS") -> pd.DatetimeIndex:
    found = calendar(session).sessions(pd.Timestamp(first).value, pd.Timestamp(last).value)
    return pd.DatetimeIndex(found.open, tz="UTC")


@pytest.mark.parametrize(
    "span", [("2020-01-01", "2020-02-01"), ("2016-03-01", "2023-09-01"), ("2024-07-01", "2024-07-09")]
)
def test_data_that_fill_the_calendar_do_not_move_it(span):
    index = days(*span)
    assert periods_per_year("1d", "XNYS", index=index) == periods_per_year("1d", "XNYS")
    midnights = index.tz_localize(None).normalize()
    assert periods_per_year("1d", "XNYS", index=midnights) == periods_per_year("1d", "XNYS")


def test_data_with_half_the_bars_are_believed():
    index = pd.date_range("2024-01-01", "2024-01-31", freq="2min", tz="UTC")
    told = periods_per_year("1min", index=index)
    assert told.periods == pytest.approx(525_960 / 2, rel=1e-3)
    assert told.reason.endswith("; the data have 50% of the bars of a full calendar, and are believed")


def test_two_bars_and_a_gap_are_no_reason_to_doubt():
    index = pd.DatetimeIndex(["2024-03-04 14:30", "2024-03-04 14:40"], tz="UTC")
    assert periods_per_year("5min", "XNYS", index=index) == periods_per_year("5min", "XNYS")


def test_ticks_are_counted_in_open_time():
    opens = days("2024-01-02", "2024-04-01")
    stamps = np.concatenate([one.value + np.arange(100) * 200 * 10**9 for one in opens])  # 100 bars a day
    index = pd.DatetimeIndex(stamps, tz="UTC")
    assert float(periods_per_year("1000tick", "XNYS", index=index)) == pytest.approx(25_165, rel=0.02)
    part = index[:50]  # half a morning says the same, nights are no time
    assert float(periods_per_year("1000tick", "XNYS", index=part)) == pytest.approx(25_165, rel=0.2)


def test_without_a_spec_the_data_decide():
    assert float(periods_per_year(index=days("2015-01-01", "2024-01-01"))) == pytest.approx(251.6, rel=5e-3)
    assert float(periods_per_year(index=pd.date_range("2020-01-01", periods=500, freq="h"))) == pytest.approx(8766)


def test_bars_outside_of_every_session_are_counted_by_the_clock():
    night = pd.date_range("2024-01-06", periods=49, freq="h")  # a weekend
    told = periods_per_year(None, "XNYS", index=night)
    assert told.periods == pytest.approx(8766) and "calendar time" in told.reason
    ancient = pd.date_range("1850-01-01", periods=10, freq="D", unit="ns")
    assert periods_per_year("1d", "XNYS", index=ancient) == periods_per_year("1d", "XNYS")
    assert periods_per_year("5min", "XNYS", index=night).periods == pytest.approx(8766)
    assert periods_per_year(None, "XNYS", index=ancient).periods == pytest.approx(365.25)


@pytest.mark.parametrize("index", [None, pd.DatetimeIndex([]), pd.DatetimeIndex(["2024-01-01"])])
def test_too_little_to_count(index):
    with pytest.raises(DataError, match="1000tick have no fixed number a year; give index="):
        periods_per_year("1000tick", index=index)
    with pytest.raises(DataError, match="an unknown spec"):
        periods_per_year(index=index)
    assert periods_per_year("1d", index=index) == periods_per_year("1d")


def test_what_cannot_be_read_is_named():
    with pytest.raises(SpecError):
        periods_per_year("1fortnight")
    with pytest.raises(UnknownNameError):
        periods_per_year("1d", "XNYSE")


def test_elapsed_years():
    assert elapsed_years(pd.DatetimeIndex(["2020-01-01", "2024-01-01"])) == pytest.approx(4)
    assert elapsed_years(pd.DatetimeIndex(["2020-01-01"])) == elapsed_years(pd.DatetimeIndex([])) == 0
    assert isinstance(periods_per_year("1d"), Annual)
