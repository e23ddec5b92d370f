"""Measures against a benchmark."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics

P = 252
RNG = np.random.default_rng(9)
B = RNG.normal(0.0004, 0.01, 300)
R = 0.0002 + 0.7 * B + RNG.normal(0, 0.004, 300)
some = st.lists(st.integers(-3000, 3000), min_size=2, max_size=40).map(lambda one: np.array(one) / 10_000)


def test_the_line_of_least_squares():
    slope, offset = np.polyfit(B, R, 1)
    assert analytics.beta(R, B) == pytest.approx(slope)
    assert analytics.alpha(R, B, periods=P) == pytest.approx(offset * P)
    assert analytics.alpha(R, B, periods=P, compounded=True) == pytest.approx((1 + offset) ** P - 1)
    free = 1.03 ** (1 / P) - 1
    assert analytics.alpha(R, B, periods=P, risk_free=0.03) == pytest.approx((offset - free * (1 - slope)) * P)
    assert analytics.correlation(R, B) == pytest.approx(np.corrcoef(R, B)[0, 1])
    assert analytics.r_squared(R, B) == pytest.approx(np.corrcoef(R, B)[0, 1] ** 2)
    up = B >= 0
    assert analytics.up_beta(R, B) == pytest.approx(np.polyfit(B[up], R[up], 1)[0])
    assert analytics.down_beta(R, B) == pytest.approx(np.polyfit(B[~up], R[~up], 1)[0])


def test_the_difference():
    active = R - B
    assert analytics.tracking_error(R, B, periods=P) == pytest.approx(active.std(ddof=1) * math.sqrt(P))
    expected = active.mean() / active.std(ddof=1) * math.sqrt(P)
    assert analytics.information_ratio(R, B, periods=P) == pytest.approx(expected)
    assert analytics.benchmark_return(B) == pytest.approx(np.prod(1 + B) - 1)
    assert analytics.excess_return(R, B) == pytest.approx(np.prod(1 + R) - np.prod(1 + B))
    assert analytics.batting_average(R, B) == (R > B).mean()


def test_return_for_risk_taken():
    growth = analytics.cagr(R, periods=P)
    assert analytics.treynor(R, B, periods=P, risk_free=0.02) == pytest.approx((growth - 0.02) / analytics.beta(R, B))
    scaled = analytics.sharpe(R, periods=P, risk_free=0.02) * analytics.volatility(B, periods=P)
    assert analytics.m_squared(R, B, periods=P, risk_free=0.02) == pytest.approx(0.02 + scaled)


def test_capture_is_of_geometric_means():
    up = B >= 0
    ours, theirs = (np.prod(1 + one[up]) ** (1 / up.sum()) - 1 for one in (R, B))
    assert analytics.up_capture(R, B) == pytest.approx(ours / theirs)
    ours, theirs = (np.prod(1 + one[~up]) ** (1 / (~up).sum()) - 1 for one in (R, B))
    assert analytics.down_capture(R, B) == pytest.approx(ours / theirs)
    assert analytics.capture_ratio(R, B) == pytest.approx(analytics.up_capture(R, B) / analytics.down_capture(R, B))


@pytest.mark.parametrize("name", ["beta", "correlation", "r_squared", "up_beta", "down_beta"])
def test_a_benchmark_that_stands_still_tells_nothing(name):
    assert math.isnan(getattr(analytics, name)(R, np.full(300, 0.01)))


def test_a_benchmark_that_never_falls_has_no_down_capture():
    assert math.isnan(analytics.down_capture(R, np.abs(B)))
    assert math.isnan(analytics.up_capture(R, -np.abs(B) - 1e-9))
    assert math.isnan(analytics.capture_ratio(R, np.abs(B)))


@given(some)
def test_the_benchmark_itself(values):
    assert analytics.excess_return(values, values) == 0
    assert analytics.tracking_error(values, values, periods=P) == 0
    assert math.isnan(analytics.information_ratio(values, values, periods=P))
    assert analytics.batting_average(values, values) == 0
    if np.ptp(values):
        assert analytics.beta(values, values) == pytest.approx(1)
        assert analytics.alpha(values, values, periods=P) == pytest.approx(0, abs=1e-9)
        assert analytics.correlation(values, values) == pytest.approx(1)


@given(some, st.floats(0.1, 5), st.floats(-0.01, 0.01))
def test_leverage_is_beta_and_a_head_start_is_alpha(values, size, start):
    if np.ptp(values):
        levered = values * size + start
        assert analytics.beta(levered, values) == pytest.approx(size, rel=1e-6)
        assert analytics.alpha(levered, values, periods=P) == pytest.approx(start * P, abs=1e-6)
        assert abs(analytics.correlation(levered, -values) + 1) < 1e-6
