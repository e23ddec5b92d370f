"""Tables of drawdowns, months, hours and moving windows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics
from workbench.analytics import tables
from workbench.errors import DataError, UnknownNameError

DAYS = pd.date_range("2024-01-01", periods=8, tz="UTC")
EQUITY = pd.Series([100.0, 110, 99, 105, 110, 120, 60, 66], DAYS)
RANDOM = pd.Series(np.random.default_rng(2).normal(0.0005, 0.01, 900), pd.bdate_range("2021-02-10", periods=900))
#: Halves of what is left are exact, so that the way back is too.
returns = st.lists(st.sampled_from([0.0, -0.5, 1.0, 0.25, -0.25]), min_size=1, max_size=40).map(np.array)


def test_the_deepest_come_first():
    table = analytics.drawdowns(EQUITY)
    assert list(table.columns) == tables.DRAWDOWNS
    open_one, healed = table.iloc[0], table.iloc[1]
    assert (open_one.start, open_one.trough) == (DAYS[5], DAYS[6]) and pd.isna(open_one.recovery)
    assert (open_one.depth, open_one.bars_down, open_one.bars, open_one.days) == (-0.5, 1, 2, 2)
    assert math.isnan(open_one.bars_up)
    assert (healed.start, healed.trough, healed.recovery) == (DAYS[1], DAYS[2], DAYS[4])
    assert healed.depth == pytest.approx(-0.1)
    assert (healed.bars_down, healed.bars_up, healed.bars, healed.days) == (1, 2, 3, 3)
    assert len(analytics.drawdowns(EQUITY, 1)) == 1


def test_equity_before_the_first_row_is_a_peak():
    table = analytics.drawdowns(EQUITY, start=105)
    assert len(table) == 3
    assert table.iloc[-1][["start", "trough", "recovery"]].tolist() == [DAYS[0], DAYS[0], DAYS[1]]
    assert table.iloc[-1].bars == 2 and table.iloc[-1].days == 1


def test_no_drawdown_is_an_empty_table_of_the_same_columns():
    for equity in (EQUITY[:2], EQUITY[:0], EQUITY * np.nan):
        table = analytics.drawdowns(equity)
        assert list(table.columns) == tables.DRAWDOWNS and len(table) == 0
        assert table.dtypes.equals(analytics.drawdowns(EQUITY).dtypes)


def test_equity_that_is_gone_stays_gone():
    table = analytics.drawdowns(pd.Series([100.0, -20, 300], DAYS[:3]))
    assert len(table) == 1 and table.depth[0] == -1 and pd.isna(table.recovery[0])


def test_labels_of_any_kind_and_gaps():
    table = analytics.drawdowns(pd.Series([2.0, 1.0, np.nan, 2.0], list("abcd")))
    assert table.loc[0, ["start", "trough", "recovery"]].tolist() == ["a", "b", "d"]
    assert table.bars[0] == 2 and table.days.isna().all()
    numbered = analytics.drawdowns(pd.Series([2.0, 1.0]))
    assert numbered.start[0] == 0 and pd.isna(numbered.recovery[0])


@pytest.mark.parametrize(
    ("equity", "said", "wrong"),
    [
        (EQUITY.to_numpy(), {}, "equity is a ndarray; give a Series"),
        (EQUITY - 100, {}, "begins at 0, it must be above 0"),
        (EQUITY, {"start": -1.0}, "begins at -1"),
        (EQUITY.replace(66, np.inf), {}, "infinite at row 7"),
    ],
)
def test_equity_that_cannot_be(equity, said, wrong):
    with pytest.raises(DataError, match=wrong):
        analytics.drawdowns(equity, **said)


@given(returns)
def test_the_table_agrees_with_the_measures(values):
    equity = pd.Series(analytics.equity_of(values))
    table = analytics.drawdowns(equity, None, start=1.0)
    assert table.depth.min() == analytics.max_drawdown(values) or (len(table) == 0 == analytics.max_drawdown(values))
    if len(table):
        assert table.depth.mean() == pytest.approx(analytics.average_drawdown(values))
        assert table.bars.max() == analytics.max_drawdown_duration(values)
        assert table.bars.mean() == pytest.approx(analytics.average_drawdown_duration(values))
        assert (table.bars_down + table.bars_up.fillna(table.bars - table.bars_down) == table.bars).all()


@given(returns)
def test_returns_of_equity_are_the_returns(values):
    equity = np.r_[1.0, analytics.equity_of(values)]
    np.testing.assert_allclose(analytics.returns_of(equity), values, rtol=1e-12, atol=1e-15)


def test_equity_and_returns_keep_labels():
    found = analytics.returns_of(EQUITY)
    assert found.index.equals(DAYS[1:]) and found.iloc[0] == pytest.approx(0.1)
    assert analytics.equity_of(found, 100.0).to_numpy() == pytest.approx(EQUITY.to_numpy()[1:])
    gone = analytics.returns_of([100.0, 0.0, 50.0])
    assert gone[0] == -1 and math.isnan(gone[1])
    assert analytics.equity_of([0.1, math.nan, 0.1]) == pytest.approx([1.1, 1.1, 1.21])


def test_months_compound_to_years_and_years_to_the_total():
    table = analytics.monthly_returns(RANDOM)
    assert list(table.columns) == [*tables._MONTHS, "Year"]
    assert table.index.tolist() == [2021, 2022, 2023, 2024]
    assert math.isnan(table.loc[2021, "Jan"])
    february = RANDOM["2021-02"]
    assert table.loc[2021, "Feb"] == pytest.approx(np.prod(1 + february) - 1)
    np.testing.assert_allclose((1 + table[tables._MONTHS]).prod(axis=1), 1 + table["Year"], rtol=1e-12)
    assert (1 + table["Year"]).prod() == pytest.approx(1 + analytics.total_return(RANDOM))
    assert analytics.annual_returns(RANDOM).tolist() == table["Year"].tolist()


def test_a_month_is_that_of_the_zone():
    late = pd.Series([0.1], pd.DatetimeIndex(["2024-01-31 20:00"], tz="UTC"))
    assert analytics.monthly_returns(late).loc[2024, "Jan"] == pytest.approx(0.1)
    assert analytics.monthly_returns(late, tz="Asia/Tokyo").loc[2024, "Feb"] == pytest.approx(0.1)
    assert analytics.monthly_returns(late.tz_localize(None), tz="Asia/Tokyo").loc[2024, "Feb"] == pytest.approx(0.1)
    with pytest.raises(UnknownNameError, match="did you mean Asia/Tokyo"):
        analytics.monthly_returns(late, tz="Asia/Tokio")


def test_a_month_of_ruin_and_one_of_gaps():
    index = pd.DatetimeIndex(["2024-01-05", "2024-02-05", "2024-02-06"])
    table = analytics.monthly_returns(pd.Series([-1.0, np.nan, 0.1], index))
    assert table.loc[2024, "Jan"] == -1 and table.loc[2024, "Feb"] == pytest.approx(0.1)
    assert table.loc[2024, "Year"] == -1
    assert analytics.monthly_returns(pd.Series([], pd.DatetimeIndex([]), dtype=float)).shape == (0, 13)


def test_hours_and_weekdays():
    index = pd.DatetimeIndex(["2024-01-01 09:00", "2024-01-08 09:30", "2024-01-06 23:59", "2024-01-02 00:00"], tz="UTC")
    values = pd.Series([0.01, -0.03, 0.02, np.nan], index)
    mean = analytics.by_hour_and_weekday(values)
    assert mean.shape == (24, 7) and list(mean.columns) == tables._DAYS
    assert mean.loc[9, "Mon"] == pytest.approx(-0.01) and mean.loc[23, "Sat"] == 0.02
    assert mean.notna().sum().sum() == 2
    assert analytics.by_hour_and_weekday(values, "sum").loc[9, "Mon"] == pytest.approx(-0.02)
    assert analytics.by_hour_and_weekday(values, "positive").loc[9, "Mon"] == 0.5
    count = analytics.by_hour_and_weekday(values, "count")
    assert count.loc[9, "Mon"] == 2 and count.sum().sum() == 3
    assert analytics.by_hour_and_weekday(values, tz="Asia/Tokyo").loc[8, "Sun"] == 0.02
    with pytest.raises(DataError, match="has no statistic 'means': did you mean mean"):
        analytics.by_hour_and_weekday(values, "means")


@pytest.mark.parametrize("function", [analytics.monthly_returns, analytics.by_hour_and_weekday])
def test_tables_of_time_need_times(function):
    for values in ([0.1], pd.Series([0.1])):
        with pytest.raises(DataError, match="needs a Series with a DatetimeIndex"):
            function(values)


@pytest.mark.parametrize("name", ["sharpe", "max_drawdown", "var_95", "cagr"])
def test_a_moving_window_is_the_measure_of_each(name, monkeypatch):
    monkeypatch.setattr(tables, "BLOCK", 1000)  # so that there are many blocks
    options = {"periods": 252} if name in ("sharpe", "cagr") else {}
    found = analytics.rolling(name, RANDOM, 30, **options)
    assert found.index.equals(RANDOM.index) and found.name == name and found[:29].isna().all()
    one = getattr(analytics, name)
    expected = [one(RANDOM.iloc[end - 30 : end], **options) for end in range(30, len(RANDOM) + 1)]
    np.testing.assert_allclose(found[29:], expected, rtol=1e-9)


def test_a_moving_window_against_a_benchmark():
    other = RANDOM.shift(1).iloc[1:] * 0.5
    found = analytics.rolling("beta", RANDOM, 50, benchmark=other)
    assert found.index.equals(other.index)
    assert found.iloc[-1] == pytest.approx(analytics.beta(RANDOM.iloc[-50:], other.iloc[-50:]))
    plain = analytics.rolling("beta", RANDOM.to_numpy()[1:], 50, benchmark=other.to_numpy())
    np.testing.assert_array_equal(plain, found)


def test_a_moving_window_over_gaps_and_short_series():
    gaps = RANDOM.copy()
    gaps.iloc[100] = np.nan
    found = analytics.rolling("volatility", gaps, 20, periods=252)
    assert found.iloc[105] == pytest.approx(analytics.volatility(gaps.iloc[86:106], periods=252))
    assert analytics.rolling("volatility", RANDOM[:5], 20, periods=252).isna().all()
    assert len(analytics.rolling("total_return", [], 3)) == 0


@pytest.mark.parametrize(
    ("name", "window", "wrong"),
    [
        ("sharpe", 0, "the window is 0"),
        ("win_rate", 5, "it is of trips, not of returns"),
        ("beta", 5, "give benchmark="),
    ],
)
def test_windows_that_cannot_be(name, window, wrong):
    with pytest.raises(DataError, match=wrong):
        analytics.rolling(name, RANDOM, window)
    with pytest.raises(DataError, match="have 2 axes"):
        analytics.rolling("total_return", np.zeros((2, 9)), 3)
