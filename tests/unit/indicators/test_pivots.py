"""Pivot levels of every kind by hand, their calendar periods, and the lines between pivots."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made, same, table
from workbench.indicators import indicator

DATA = Path(os.environ.get("WORKBENCH_TEST_DATA", "")) / "indicators"
BARS = made(600, seed=3)
#: The day before: open 10, high 20, low 8, close 14; its range is 12 and its pivot 14. The day itself opens at 16.
DAYS = pd.DataFrame(
    {"open": [10.0, 12.0, 16.0], "high": [20.0, 13.0, 17.0], "low": [9.0, 8.0, 15.0], "close": [12.0, 14.0, 16.0]},
    index=pd.DatetimeIndex(["2026-01-05 10:00", "2026-01-05 11:00", "2026-01-06 10:00"], tz="UTC", name="time"),
)
NONE = float("nan")
BY_HAND = {
    "classic": [14, 20, 26, 32, 38, 8, 2, -4, -10],
    "fibonacci": [14, 18.584, 21.416, 26, NONE, 9.416, 6.584, 2, NONE],
    "camarilla": [14, 15.1, 16.2, 17.3, 20.6, 12.9, 11.8, 10.7, 7.4],
    "woodie": [15, 22, 27, 34, 46, 10, 3, -2, -14],
    "demark": [15.5, 23, NONE, NONE, NONE, 11, NONE, NONE, NONE],
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_levels_by_hand(kind):
    found = indicator("pivot_points", kind=kind)(DAYS)
    assert found.iloc[:2].isna().all(axis=None)
    np.testing.assert_allclose(found.iloc[2], BY_HAND[kind], rtol=1e-14)
    rolling = indicator("rolling_pivots", kind=kind, window=2)(DAYS)
    np.testing.assert_allclose(rolling.iloc[2], BY_HAND[kind], rtol=1e-14)


@pytest.mark.parametrize(("close", "pivot"), [(9.0, (20 + 2 * 8 + 9) / 4), (10.0, (20 + 8 + 2 * 10) / 4)])
def test_demark_looks_at_the_way_of_the_period(close, pivot):
    days = DAYS.assign(close=[12.0, close, 16.0])
    assert indicator("pivot_points", kind="demark")(days).pp.iloc[2] == pytest.approx(pivot, rel=1e-14)


def grouped(bars: pd.DataFrame, groups: np.ndarray) -> pd.Series:
    """The classic pivot of the group before."""
    whole = bars.groupby(groups).agg({"high": "max", "low": "min", "close": "last"}).mean(axis=1).shift()
    return pd.Series(whole.reindex(groups).to_numpy(), index=bars.index)


def test_periods_are_days_weeks_and_months_of_sessions():
    index = pd.date_range("2025-11-20", "2026-02-10", freq="7h", tz="UTC", name="time")
    bars = made(len(index), seed=1).set_index(index)
    plain = index.tz_localize(None)
    for period, freq in (("day", "D"), ("week", "W-SUN"), ("month", "M")):
        one = indicator("pivot_points", period=period)
        wanted = grouped(bars, plain.to_period(freq).start_time)
        np.testing.assert_allclose(one(bars).pp, wanted, rtol=1e-14)
        stream = one.stream()
        same(pd.concat([stream.update(bars.iloc[at : at + 1]) for at in range(len(bars))]), one(bars))


def test_a_month_begins_with_its_first_session_where_that_is():
    """Midnight in Tokyo is 15:00 UTC of the day before: the first bars of February there are of January in UTC."""
    index = pd.date_range("2026-01-31 11:00", periods=8, freq="1h", tz="UTC", name="time")
    bars = made(8).set_index(index)
    found = indicator("pivot_points", period="month", session="days:Asia/Tokyo")(bars)
    assert found.pp.isna().tolist() == [True] * 4 + [False] * 4
    assert indicator("pivot_points", period="month")(bars).pp.isna().all()
    index = pd.DatetimeIndex(["2026-01-30 20:00", "2026-02-01 12:00", "2026-02-02 14:29", "2026-02-02 14:30"], tz="UTC")
    found = indicator("pivot_points", period="month", session="XNYS")(made(4).set_index(index.rename("time")))
    assert found.pp.isna().tolist() == [True, True, True, False]


@pytest.mark.parametrize(("window", "offset"), [(1, 0), (20, 0), (11, 9)])
def test_a_rolling_window_ends_before_its_bar(window, offset):
    found = indicator("rolling_pivots", window=window, offset=offset)(BARS)
    past = BARS.shift(offset + 1)
    high, low = past.high.rolling(window).max(), past.low.rolling(window).min()
    np.testing.assert_allclose(found.pp, (high + low + past.close) / 3, rtol=1e-14)
    np.testing.assert_allclose(found.r2 - found.s2, 2 * (high - low), rtol=1e-10)


def test_lines_join_pivots_that_are_near():
    high = [1.0, 5, 1, 1, 1, 9, 1, 1, 1, 1, 1, 1, 1, 8, 1]
    bars = pd.DataFrame({"high": high, "low": np.arange(15.0)}, index=pd.RangeIndex(15))
    found = indicator("pivots", left=1, right=1, most=5)(bars)
    assert found.high.dropna().to_dict() == {1: 5.0, 5: 9.0, 13: 8.0} and found.low.isna().all()
    assert found.high_line.dropna().to_dict() == {1: 5.0, 2: 6.0, 3: 7.0, 4: 8.0, 5: 9.0}
    assert found.high_trend.dropna().to_dict() == dict.fromkeys([2, 3, 4, 5], 1.0)
    far = indicator("pivots", left=1, right=1, most=8)(bars)
    assert far.high_line.loc[13] == 8.0 and far.high_line.loc[9] == 8.5 and far.high_trend.loc[9] == -1.0


@pytest.mark.skipif(not os.environ.get("WORKBENCH_TEST_DATA"), reason="WORKBENCH_TEST_DATA is not set")
def test_trends_beside_the_four_cases_of_the_reference():
    bars = pd.read_csv(DATA / "quotes" / "default.csv", encoding="utf-8-sig", index_col="date")
    rows = pd.DataFrame(json.loads((DATA / "expected" / "pivots.standard.json").read_text("utf-8")))
    found = table(indicator("pivots")(bars))
    for ours, theirs in (("high_trend", "highTrend"), ("low_trend", "lowTrend")):
        wanted = rows[theirs].astype(float).map({0.0: 1.0, 2.0: 1.0, 1.0: -1.0, 3.0: -1.0})
        np.testing.assert_array_equal(found[ours], wanted)
