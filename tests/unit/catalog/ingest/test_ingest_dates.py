from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.catalog.ingest.dates import BAD, DATE, INSTANT, WALL, read_stamps, to_utc
from workbench.errors import IngestError

FORMS = [
    ("2017-01-03", DATE, "2017-01-03"),
    ("20170103", DATE, "2017-01-03"),
    ("2017/01/03", DATE, "2017-01-03"),
    ("2017-1-3", DATE, "2017-01-03"),
    ("03 Jan 2017", DATE, "2017-01-03"),
    ("3-Jan-2017", DATE, "2017-01-03"),
    ("January 3, 2017", DATE, "2017-01-03"),
    ("2017-01-03T17:45", WALL, "2017-01-03T17:45"),
    ("2017-01-03 17:45:30", WALL, "2017-01-03T17:45:30"),
    ("2017-01-03T17:45:30.123", WALL, "2017-01-03T17:45:30.123"),
    ("2017-01-03 17:45:30,123456789", WALL, "2017-01-03T17:45:30.123456789"),
    ("20170103T174530", WALL, "2017-01-03T17:45:30"),
    ("20170103 174530", WALL, "2017-01-03T17:45:30"),
    ("20170103174530", WALL, "2017-01-03T17:45:30"),
    ("20170103 17:45", WALL, "2017-01-03T17:45"),
    ("2017-01-03 5:45 PM", WALL, "2017-01-03T17:45"),
    ("2017-01-03 12:05 AM", WALL, "2017-01-03T00:05"),
    ("2017-01-03T17:45:30Z", INSTANT, "2017-01-03T17:45:30"),
    ("2017-01-03T17:45:30.123456Z", INSTANT, "2017-01-03T17:45:30.123456"),
    ("2017-01-03T17:45:30+00:00", INSTANT, "2017-01-03T17:45:30"),
    ("2017-01-03T00:00:00-04:00", INSTANT, "2017-01-03T04:00"),
    ("20170103T000000+0530", INSTANT, "2017-01-02T18:30"),
    ("2017-01-03T17:45:30.123456+05:30", INSTANT, "2017-01-03T12:15:30.123456"),
    ("2017-01-03T17:45:30 America/New_York", INSTANT, "2017-01-03T22:45:30"),
    ("2017-07-03T17:45:30 America/New_York", INSTANT, "2017-07-03T21:45:30"),
    ("2017-01-03T17:45:30-05:00[America/New_York]", INSTANT, "2017-01-03T22:45:30"),
    ("2017-01-03 17:45:30 UTC", INSTANT, "2017-01-03T17:45:30"),
    ("Tue, 03 Jan 2017 17:45:30 GMT", INSTANT, "2017-01-03T17:45:30"),
    ("1483465530", INSTANT, "2017-01-03T17:45:30"),
    ("1483465530.5", INSTANT, "2017-01-03T17:45:30.5"),
    ("1483465530123", INSTANT, "2017-01-03T17:45:30.123"),
    ("1483465530123456", INSTANT, "2017-01-03T17:45:30.123456"),
    ("1483465530123456789", INSTANT, "2017-01-03T17:45:30.123456789"),
]


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype("i8"))


@pytest.mark.parametrize(("text", "state", "meant"), FORMS)
def test_every_form(text: str, state: int, meant: str) -> None:
    stamps = read_stamps(pa.array([text]))
    assert (stamps.state[0], stamps.ns[0]) == (state, ns(meant))


def test_forms_may_be_mixed_in_a_column() -> None:
    stamps = read_stamps(pa.array([text for text, _, _ in FORMS]))
    assert stamps.ns.tolist() == [ns(meant) for _, _, meant in FORMS]
    assert stamps.state.tolist() == [state for _, state, _ in FORMS]


@pytest.mark.parametrize(
    ("text", "order", "meant"),
    [
        ("03-01-2017", "dmy", "2017-01-03"),
        ("01/03/2017", "mdy", "2017-01-03"),
        ("1/3/2017", "mdy", "2017-01-03"),
        ("01/03/17", "mdy", "2017-01-03"),
        ("03.01.2017", "dmy", "2017-01-03"),
        ("17/01/03", "ymd", "2017-01-03"),
        ("01/03/99", "mdy", "1999-01-03"),
        ("01/03/2017 09:30", "mdy", "2017-01-03T09:30"),
        ("01/03/2017 4:00 PM", "mdy", "2017-01-03T16:00"),
    ],
)
def test_slashed_dates_in_the_order_given(text: str, order: str, meant: str) -> None:
    assert read_stamps(pa.array([text]), order).ns[0] == ns(meant)


@pytest.mark.parametrize("text", ["01/03/2017", "03-01-2017", "1/3/2017", "01/03/17", "25/12/2017"])
def test_slashed_dates_without_an_order_are_refused(text: str) -> None:
    with pytest.raises(IngestError, match='pass dates="dmy" or dates="mdy"'):
        read_stamps(pa.array(["2017-01-02", text]))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        ("null", "missing"),
        ("yesterday", "cannot be read"),
        ("2017-02-30", "no such date"),
        ("2017-13-01", "no such date"),
        ("2017-01-03 25:00", "no such date"),
        ("2017-01-03 13:00 PM", "no such date"),
        ("0017-01-03", "implausible"),
        ("9999-12-31", "implausible"),
        ("2150-12-31", "in the future"),
        ("2017-01-03T10:00:00 America/Atlantis", "not known"),
        ("2017-03-12T02:30:00 America/New_York", "skips"),
    ],
)
def test_unusable_dates_say_why(text: str, reason: str) -> None:
    stamps = read_stamps(pa.array(["2017-01-03T00:00:00Z", text]))
    assert stamps.state.tolist() == [INSTANT, BAD]
    assert [why for why, mask in stamps.why.items() if mask.tolist() == [False, True] and reason in why]


instants = st.integers(0, 17 * 10**14).map(lambda us: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))


@settings(max_examples=60, deadline=None)
@given(st.lists(instants, min_size=1, max_size=20), st.integers(-12 * 60, 14 * 60))
def test_offsets_round_trip(moments: list[datetime], minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    stamps = read_stamps(pa.array([moment.astimezone(zone).isoformat() for moment in moments]))
    assert stamps.ns.tolist() == [ns(moment.replace(tzinfo=None).isoformat()) for moment in moments]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(10**17, 17 * 10**17), min_size=1, max_size=20), st.sampled_from([10**9, 10**6, 10**3, 1]))
def test_epochs_round_trip(times: list[int], unit: int) -> None:
    stamps = read_stamps(pa.array([str(time // unit) for time in times]))
    assert stamps.ns.tolist() == [time // unit * unit for time in times]


def test_clocks_put_forward_skip_an_hour() -> None:
    wall = np.array([ns("2011-03-13T01:59"), ns("2011-03-13T02:30"), ns("2011-03-13T03:00")])
    utc, exists = to_utc(wall, "America/New_York")
    assert exists.tolist() == [True, False, True]
    assert utc[[0, 2]].tolist() == [ns("2011-03-13T06:59"), ns("2011-03-13T07:00")]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_a_tape_over_the_autumn_night_keeps_its_instants(zone: str) -> None:
    for year in (2011, 2016):
        days = pd.date_range(f"{year}-03-01", f"{year}-12-01", freq="20min", tz="UTC")
        wall = days.tz_convert(ZoneInfo(zone)).tz_localize(None).to_numpy().astype("M8[ns]").astype("i8")
        utc, exists = to_utc(wall, zone)
        assert exists.all()
        assert (utc == days.as_unit("ns").asi8).all()
