"""Measures of the tails."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics
from workbench.errors import DataError

R = np.random.default_rng(5).standard_t(4, 400) / 100
returns = st.lists(st.integers(-3000, 3000), min_size=1, max_size=60).map(lambda some: np.array(some) / 10_000)


def test_quantiles_and_the_mean_beyond():
    values = np.arange(-10, 11) / 100  # 21 values: the twentieth is the second
    assert analytics.var_95(values) == pytest.approx(-0.09)
    assert analytics.cvar_95(values) == pytest.approx(-0.095)
    assert analytics.var_99(values) == pytest.approx(-0.098)
    assert analytics.cvar_99(values) == pytest.approx(-0.1)
    assert analytics.rachev(values) == pytest.approx(1)


def test_the_methods_of_value_at_risk():
    mean, deviation = R.mean(), R.std(ddof=1)
    q = NormalDist().inv_cdf(0.01)
    assert analytics.value_at_risk(R, confidence=0.99, method="normal") == pytest.approx(mean + q * deviation)
    lean, excess = analytics.skew(R, bias=True), analytics.kurtosis(R, bias=True)
    z = q + (q**2 - 1) * lean / 6 + (q**3 - 3 * q) * excess / 24 - (2 * q**3 - 5 * q) * lean**2 / 36
    assert analytics.value_at_risk(R, confidence=0.99, method="modified") == pytest.approx(mean + z * deviation)
    short = analytics.expected_shortfall(R, confidence=0.99, method="normal")
    assert short == pytest.approx(mean - NormalDist().pdf(q) / 0.01 * deviation)
    assert analytics.normal_var_95(R) == analytics.value_at_risk(R, method="normal")
    assert analytics.modified_var_95(R) == analytics.value_at_risk(R, method="modified")


@pytest.mark.parametrize("function", [analytics.value_at_risk, analytics.expected_shortfall])
def test_methods_and_confidences_that_are_none(function):
    with pytest.raises(DataError, match="has no method 'normall': did you mean normal"):
        function(R, method="normall")
    with pytest.raises(DataError, match="confidence is 95"):
        function(R, confidence=95)


def test_no_losses_and_no_moves():
    assert analytics.rachev([0.0] * 5) != analytics.rachev([0.0] * 5)  # NaN
    assert analytics.rachev([0.0] * 30 + [0.1] * 5) == math.inf
    assert analytics.normal_var_95([0.01] * 5) == 0.01
    assert math.isnan(analytics.modified_var_95([0.01] * 5))


@given(returns)
def test_the_mean_beyond_is_no_better_than_the_quantile(values):
    assert analytics.cvar_95(values) <= analytics.var_95(values) + 1e-15
    assert analytics.cvar_99(values) <= analytics.cvar_95(values) + 1e-15
    assert analytics.worst_bar(values) <= analytics.cvar_99(values) + 1e-15


@given(returns, st.floats(0.1, 5), st.floats(-0.1, 0.1))
def test_a_tail_moves_with_its_returns(values, size, shift):
    for one in (analytics.var_95, analytics.cvar_95):
        assert one(values * size) == pytest.approx(one(values) * size)
    assert analytics.var_95(values + shift) == pytest.approx(analytics.var_95(values) + shift)
