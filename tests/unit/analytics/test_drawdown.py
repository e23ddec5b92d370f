"""Measures of drawdown, against a loop over the bars."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics

P = 252
#: Wealth 1, 1.1, 0.99, 1.089, 1.1979, 0.59895, 0.658845: a recovered drawdown of 2 bars down and up, an open one.
R = [0.1, -0.1, 0.1, 0.1, -0.5, 0.1]
returns = st.lists(st.integers(-9000, 9000), min_size=1, max_size=60).map(lambda some: np.array(some) / 10_000)


def episodes(values) -> list[tuple[float, int]]:
    """Depth and bars of each drawdown, one bar after the other."""
    wealth = peak = 1.0
    since, deepest, found = 0, 0.0, []
    for value in values:
        wealth *= max(1 + value, 0)
        since += 1
        if wealth >= peak:
            if deepest < 0:
                found.append((deepest, since))
            peak, since, deepest = wealth, 0, 0.0
        else:
            deepest = min(deepest, wealth / peak - 1)
    return found + ([(deepest, since)] if deepest < 0 else [])


def test_a_few_bars():
    assert analytics.drawdown_series(R) == pytest.approx([0, -0.1, -0.01, 0, -0.5, -0.45])
    assert analytics.max_drawdown(R) == pytest.approx(-0.5)
    assert analytics.average_drawdown(R) == pytest.approx(-0.3)
    assert analytics.max_drawdown_duration(R) == 3
    assert analytics.average_drawdown_duration(R) == 2.5
    assert analytics.time_under_water(R) == pytest.approx(4 / 6)
    assert analytics.ulcer_index(R) == pytest.approx(math.sqrt((0.01 + 0.0001 + 0.25 + 0.2025) / 6))
    assert analytics.pain_index(R) == pytest.approx(1.06 / 6)
    assert analytics.conditional_drawdown(R) == pytest.approx(-0.5)


def test_ratios_of_a_few_bars():
    total = np.prod(1 + np.array(R))
    growth = total ** (P / 6) - 1
    assert analytics.calmar(R, periods=P) == pytest.approx(growth / 0.5)
    assert analytics.sterling(R, periods=P) == pytest.approx(growth / 0.6)
    assert analytics.sterling(R, periods=P, excess=0.0) == pytest.approx(growth / 0.5)
    assert analytics.burke(R, periods=P, risk_free=0.02) == pytest.approx((growth - 0.02) / math.sqrt(0.26))
    ulcer, pain = analytics.ulcer_index(R), analytics.pain_index(R)
    assert analytics.ulcer_performance(R, periods=P, risk_free=0.02) == pytest.approx((growth - 0.02) / ulcer)
    assert analytics.pain_ratio(R, periods=P, risk_free=0.02) == pytest.approx((growth - 0.02) / pain)
    assert analytics.recovery_factor(R) == pytest.approx((total - 1) / 0.5)
    pitfall = 0.5 / analytics.volatility(R, periods=P)
    assert analytics.serenity(R, periods=P) == pytest.approx(growth / (ulcer * pitfall))


def test_days_go_from_peak_to_recovery():
    times = pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-12", "2024-01-13", "2024-01-14", "2024-01-20"])
    assert analytics.max_drawdown_days(R, times) == 12  # the first one ends on the 13th
    assert analytics.max_drawdown_days([-0.1, 0.0], times[:2]) == 1  # from the first bar, as nothing is known before
    assert analytics.max_drawdown_days(R, times.tz_localize("America/New_York")) == 12


def test_a_fall_in_the_first_bar_is_one():
    assert analytics.max_drawdown([-0.2]) == pytest.approx(-0.2)
    assert analytics.max_drawdown_duration([-0.2]) == 1
    assert analytics.max_drawdown_duration([-0.2, 0.25]) == 2
    assert analytics.average_drawdown_duration([-0.2, 0.25]) == 2


@pytest.mark.parametrize("values", [[0.0] * 5, [0.01] * 5])
def test_no_loss_is_no_drawdown(values):
    for name in ("max_drawdown", "average_drawdown", "max_drawdown_duration", "average_drawdown_duration"):
        assert getattr(analytics, name)(values) == 0
    for name in ("time_under_water", "ulcer_index", "pain_index", "conditional_drawdown"):
        assert getattr(analytics, name)(values) == 0
    expected = math.inf if values[0] else math.nan
    for name in ("calmar", "burke", "ulcer_performance", "pain_ratio"):
        assert getattr(analytics, name)(values, periods=P) == pytest.approx(expected, nan_ok=True)
    assert analytics.recovery_factor(values) == pytest.approx(expected, nan_ok=True)


def test_a_loss_of_all_is_the_deepest_there_is():
    for ruin in ([0.5, -1.0, 9.0], [-2.0, 0.5, 0.5]):
        assert analytics.max_drawdown(ruin) == -1
        assert analytics.drawdown_series(ruin)[-1] == -1
        assert analytics.calmar(ruin, periods=P) == -1


def test_a_series_keeps_its_labels_and_gaps():
    days = pd.date_range("2024-01-01", periods=4)
    depth = analytics.drawdown_series(pd.Series([0.1, np.nan, -0.1, 0.0], days))
    assert depth.index.equals(days)
    assert depth.to_numpy() == pytest.approx([0, np.nan, -0.1, -0.1], nan_ok=True)
    assert len(analytics.drawdown_series([])) == 0


@given(returns)
def test_drawdowns_are_as_a_loop_finds_them(values):
    found = episodes(values)
    depths, bars = [one[0] for one in found], [one[1] for one in found]
    assert analytics.max_drawdown(values) == pytest.approx(min(depths, default=0))
    assert analytics.average_drawdown(values) == pytest.approx(np.mean(depths) if found else 0)
    assert analytics.max_drawdown_duration(values) == max(bars, default=0)
    assert analytics.average_drawdown_duration(values) == pytest.approx(np.mean(bars) if found else 0)
    days = 86_400e9 * np.arange(1, len(values) + 1)
    first = bool(values[0] < 0)  # then the peak is at the first bar, which is a day late
    assert max(bars, default=0) - first <= analytics.max_drawdown_days(values, days) <= max(bars, default=0)


@given(returns)
def test_drawdown_is_never_above_zero(values):
    depth = analytics.drawdown_series(values)
    assert (depth <= 0).all() and (depth >= -1).all()
    assert analytics.max_drawdown(values) == depth.min()
    assert analytics.max_drawdown(values) <= analytics.conditional_drawdown(values) + 1e-15
    assert (
        analytics.pain_index(values) <= analytics.ulcer_index(values) + 1e-15 <= -analytics.max_drawdown(values) + 1e-14
    )


@given(returns)
def test_more_history_is_never_less_drawdown(values):
    assert analytics.max_drawdown(values) <= analytics.max_drawdown(values[:1])
    if len(values) > 1:
        assert analytics.max_drawdown(values) <= analytics.max_drawdown(values[:-1])
