"""Measures of round trips and of positions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics

T = [0.05, -0.02, 0.01, 0.0, -0.04, 0.03, 0.02, 0.01]
trips = st.lists(st.integers(-3000, 3000), min_size=1, max_size=40).map(lambda some: np.array(some) / 10_000)


def test_a_few_round_trips():
    assert analytics.round_trips(T) == 8
    assert analytics.win_rate(T) == 5 / 8
    assert analytics.profit_factor(T) == pytest.approx(0.12 / 0.06)
    assert analytics.avg_win(T) == pytest.approx(0.024)
    assert analytics.avg_loss(T) == pytest.approx(-0.03)
    assert analytics.payoff_ratio(T) == pytest.approx(0.8)
    assert analytics.expectancy(T) == pytest.approx(0.06 / 8)
    assert analytics.sqn(T) == pytest.approx(np.mean(T) / np.std(T, ddof=1) * math.sqrt(8))
    assert analytics.sqn(T, most=4) == pytest.approx(analytics.sqn(T) / math.sqrt(2))
    assert analytics.kelly(T) == pytest.approx(5 / 8 - 3 / 8 / 0.8)
    assert (analytics.best(T), analytics.worst(T)) == (0.05, -0.04)
    assert (analytics.consecutive_wins(T), analytics.consecutive_losses(T)) == (3, 1)
    assert analytics.money_profit_factor([300.0, -100.0]) == 3


def test_no_losing_trip():
    won = [0.02, 0.01]
    assert analytics.profit_factor(won) == analytics.payoff_ratio(won) == math.inf
    assert analytics.kelly(won) == analytics.win_rate(won) == 1
    assert math.isnan(analytics.avg_loss(won))
    assert analytics.consecutive_losses(won) == 0


def test_no_winning_trip():
    lost = [-0.02, -0.01]
    assert analytics.profit_factor(lost) == analytics.payoff_ratio(lost) == analytics.win_rate(lost) == 0
    assert math.isnan(analytics.avg_win(lost)) and math.isnan(analytics.kelly(lost))


def test_only_even_trips():
    even = [0.0, 0.0, 0.0]
    for name in ("profit_factor", "payoff_ratio", "kelly", "sqn", "avg_win", "avg_loss"):
        assert math.isnan(getattr(analytics, name)(even))
    assert analytics.expectancy(even) == analytics.consecutive_wins(even) == 0


def test_no_trip_at_all():
    assert analytics.round_trips([]) == 0
    assert math.isnan(analytics.win_rate([]))


def test_trips_that_all_gave_the_same():
    assert analytics.sqn([0.01] * 7) == math.inf
    assert analytics.sqn([-0.01] * 7) == -math.inf


def test_what_happened_on_the_way():
    assert analytics.avg_bars([1, 2, 6]) == 3
    assert analytics.max_bars([1, 2, 6]) == 6
    assert analytics.edge_ratio([0.04, 0.02], [-0.01, -0.02]) == pytest.approx(2)
    assert analytics.edge_ratio([0.04, 0.02], [0.0, 0.0]) == math.inf


def test_positions():
    weights = [0.0, 1.0, 1.0, -0.5, 0.0]
    assert analytics.exposure(weights) == 0.6
    assert analytics.average_exposure(weights) == 0.5
    assert analytics.net_exposure(weights) == pytest.approx(0.3)
    # In and out once in five bars, fifty times a year.
    assert analytics.turnover([0.0, 1.0, 0.0, 1.0, 0.0], periods=250) == 50


@given(trips)
def test_a_run_is_as_a_loop_finds_it(values):
    longest = run = 0
    for value in values:
        run = run + 1 if value > 0 else 0
        longest = max(longest, run)
    assert analytics.consecutive_wins(values) == longest
    assert analytics.consecutive_losses(-values) == longest


@given(trips)
def test_the_parts_make_the_whole(values):
    won, lost = (np.nan_to_num(one(values)) for one in (analytics.avg_win, analytics.avg_loss))
    losing = (values < 0).mean()
    assert analytics.expectancy(values) == pytest.approx(analytics.win_rate(values) * won + losing * lost)
    assert analytics.worst(values) <= analytics.expectancy(values) + 1e-15 <= analytics.best(values) + 2e-15
    if (values < 0).any() and (values > 0).any():
        factor = analytics.payoff_ratio(values) * (values > 0).sum() / (values < 0).sum()
        assert analytics.profit_factor(values) == pytest.approx(factor)
    assert not analytics.kelly(values) > 1


@given(trips, st.floats(0.1, 1000))
def test_money_is_as_good_as_fractions(values, size):
    for name in ("profit_factor", "payoff_ratio", "kelly", "sqn", "win_rate"):
        one = getattr(analytics, name)
        assert one(values * size) == pytest.approx(one(values), nan_ok=True)
