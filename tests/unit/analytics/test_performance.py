"""Measures of returns, against plain arithmetic and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics
from workbench.errors import DataError

R = [0.02, -0.01, 0.03, 0.0, -0.04, 0.01]
P = 252
#: Ten-thousandths, so that what differs does so by more than rounding.
returns = st.lists(st.integers(-3000, 3000), min_size=2, max_size=50).map(lambda some: np.array(some) / 10_000)


def test_growth_compounds():
    total = 1.02 * 0.99 * 1.03 * 0.96 * 1.01
    assert analytics.total_return(R) == pytest.approx(total - 1)
    assert analytics.cagr(R, periods=P) == pytest.approx(total ** (P / 6) - 1)
    assert analytics.cagr(R, periods=P, years=0.5) == pytest.approx(total**2 - 1)
    assert analytics.geometric_mean(R) == pytest.approx(total ** (1 / 6) - 1)
    assert analytics.mean_return(R, periods=P) == pytest.approx(0.01 / 6 * P)


def test_ratios_of_a_few_returns():
    mean, free = sum(R) / 6, 1.02 ** (1 / P) - 1
    deviation = math.sqrt(sum((one - mean) ** 2 for one in R) / 5)
    down = math.sqrt(sum(min(one - free, 0) ** 2 for one in R) / 6)
    assert analytics.volatility(R, periods=P) == pytest.approx(deviation * math.sqrt(P))
    assert analytics.sharpe(R, periods=P, risk_free=0.02) == pytest.approx((mean - free) / deviation * math.sqrt(P))
    assert analytics.sortino(R, periods=P, target=0.02) == pytest.approx((mean - free) / down * math.sqrt(P))
    assert analytics.downside_volatility(R, periods=P, target=0.02) == pytest.approx(down * math.sqrt(P))
    assert analytics.omega(R, periods=P) == pytest.approx(6 / 5)
    assert analytics.gain_to_pain(R) == pytest.approx(1 / 5)
    assert analytics.positive_bars(R) == 0.5
    assert (analytics.best_bar(R), analytics.worst_bar(R)) == (0.03, -0.04)


def test_the_sharpe_ratio_of_compound_years():
    """As backtesting.py has it: the return of the first bar is missing, and counts in the years."""
    r = np.random.default_rng(3).normal(0.0008, 0.012, 700)
    mean = np.exp(np.log1p(np.r_[0.0, r]).sum() / (len(r) + 1)) - 1
    gained = (1 + mean) ** P - 1
    moved = np.sqrt((r.var(ddof=1) + (1 + mean) ** 2) ** P - (1 + mean) ** (2 * P))
    years = (len(r) + 1) / P
    assert analytics.volatility(r, periods=P, compounded=True, years=years) == pytest.approx(moved, rel=1e-12)
    ours = analytics.sharpe(r, periods=P, risk_free=0.01, compounded=True, years=years)
    assert ours == pytest.approx((gained - 0.01) / moved, rel=1e-12)


def test_moments_of_the_population_and_adjusted():
    values = np.array(R)
    centred = values - values.mean()
    third = (centred**3).mean() / (centred**2).mean() ** 1.5
    fourth = (centred**4).mean() / (centred**2).mean() ** 2 - 3
    assert analytics.skew(R, bias=True) == pytest.approx(third)
    assert analytics.skew(R) == pytest.approx(third * math.sqrt(30) / 4)
    assert analytics.kurtosis(R, bias=True) == pytest.approx(fourth)
    assert analytics.kurtosis(R) == pytest.approx((7 * fourth + 6) * 5 / 12)


def test_autocorrelation_is_that_of_neighbours():
    assert analytics.autocorrelation(R) == pytest.approx(np.corrcoef(R[1:], R[:-1])[0, 1])
    assert analytics.autocorrelation([0.01, -0.01] * 5) == pytest.approx(-1)


def test_the_penalty_for_returns_that_always_follow():
    follow = [0.01, -0.01] * 10
    follow[0] += 0.004  # so that the mean is not 0
    near = abs(analytics.autocorrelation(follow))
    size = len(follow)
    total = sum((size - k) / size * near**k for k in range(1, size))
    plain = analytics.sharpe(follow, periods=P)
    assert analytics.smart_sharpe(follow, periods=P) == pytest.approx(plain / math.sqrt(1 + 2 * total))
    line = np.arange(5) / 100  # every return tells the next: the sum has no closed form there
    expected = analytics.sharpe(line, periods=P) / math.sqrt(1 + 2 * (4 / 2))
    assert analytics.smart_sharpe(line, periods=P) == pytest.approx(expected, rel=1e-6)


def test_a_straight_line_is_stable():
    assert analytics.stability([0.01] * 20) == pytest.approx(1)
    assert analytics.stability([-0.01] * 20) == pytest.approx(1)
    assert math.isnan(analytics.stability([0.0] * 20))
    assert math.isnan(analytics.stability([0.1, -1.0, 0.1]))


@pytest.mark.parametrize("name", ["sharpe", "smart_sharpe", "sortino", "omega"])
def test_nothing_but_zeros_has_no_ratio(name):
    assert math.isnan(getattr(analytics, name)([0.0] * 10, periods=P))


@pytest.mark.parametrize("name", ["sharpe", "sortino", "omega"])
def test_steady_gains_are_beyond_measure(name):
    assert getattr(analytics, name)([0.001] * 10, periods=P) == math.inf


def test_steady_losses_are_too():
    assert analytics.sharpe([-0.001] * 10, periods=P) == -math.inf
    assert analytics.sortino([-0.001] * 10, periods=P) == pytest.approx(-math.sqrt(P))


@pytest.mark.parametrize("ruin", [[0.5, -1.0, 3.0], [0.5, -1.7, -1.7], [-1.0]])
def test_a_loss_of_all_stays(ruin):
    assert analytics.total_return(ruin) == -1
    assert analytics.cagr(ruin, periods=P) == -1
    assert analytics.geometric_mean(ruin) == -1


@given(returns)
def test_growth_is_that_of_its_parts(values):
    half = len(values) // 2
    whole, first, last = (analytics.total_return(one) for one in (values, values[:half], values[half:]))
    assert 1 + whole == pytest.approx((1 + (0.0 if math.isnan(first) else first)) * (1 + last))


@given(returns)
def test_the_mean_growth_compounds_to_the_total(values):
    mean = analytics.geometric_mean(values)
    assert (1 + mean) ** len(values) == pytest.approx(1 + analytics.total_return(values))
    assert analytics.cagr(values, periods=len(values)) == pytest.approx(analytics.total_return(values))
    half = analytics.cagr(values, periods=2 * len(values))  # twice in a year
    assert (1 + half) == pytest.approx((1 + analytics.total_return(values)) ** 2)


@given(returns, st.floats(0.01, 10))
def test_leverage_changes_no_ratio(values, size):
    for name in ("sharpe", "sortino", "omega"):
        plain = getattr(analytics, name)(values, periods=P)
        assert getattr(analytics, name)(values * size, periods=P) == pytest.approx(plain, rel=1e-6, nan_ok=True)
    plain = analytics.volatility(values, periods=P)
    assert analytics.volatility(values * size, periods=P) == pytest.approx(plain * size)


@given(returns, st.floats(1, 100_000))
def test_time_scales_with_its_root(values, periods):
    once = analytics.sharpe(values, periods=1)
    assert analytics.sharpe(values, periods=periods) == pytest.approx(once * math.sqrt(periods), nan_ok=True)


@given(returns, st.lists(st.integers(0, 50), max_size=5))
def test_gaps_are_no_observations(values, places):
    gaps = np.insert(values, [min(place, len(values)) for place in places], np.nan)
    assert analytics.sharpe(gaps, periods=P) == pytest.approx(analytics.sharpe(values, periods=P), nan_ok=True)
    assert analytics.cagr(gaps, periods=P) == pytest.approx(analytics.cagr(values, periods=P))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"periods": 0}, "periods is 0"),
        ({"periods": math.nan}, "periods is nan"),
        ({"periods": 252, "risk_free": -1.5}, "risk_free is -1.5"),
        ({"periods": 252, "years": 0.0}, "years is 0.0"),
    ],
)
def test_options_that_cannot_be_are_named(said, wrong):
    with pytest.raises(DataError, match=wrong):
        analytics.sharpe(R, **said)


def test_bars_a_year_are_never_assumed():
    with pytest.raises(TypeError, match="periods"):
        analytics.sharpe(R)
