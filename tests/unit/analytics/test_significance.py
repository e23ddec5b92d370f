"""How sure one may be of a Sharpe ratio."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from workbench import analytics
from workbench.errors import DataError

P = 252
R = np.random.default_rng(4).standard_t(5, 500) * 0.008 + 0.0008


def test_the_published_example_of_a_track_record():
    """Bailey & López de Prado (2012): 24 months, Sharpe ratio 0.458 a month, skewness -2.448, kurtosis 10.164."""
    calm = [NormalDist().inv_cdf((k + 0.5) / 22) for k in range(22)]
    months = np.array([*calm, -8.23756182, -3.35368618])  # two bad ones, so that the moments are theirs
    months = (months - months.mean()) / months.std(ddof=1) + 0.458
    assert analytics.skew(months, bias=True) == pytest.approx(-2.448, abs=1e-6)
    assert analytics.kurtosis(months, bias=True) == pytest.approx(10.164 - 3, abs=1e-6)
    assert analytics.sharpe(months, periods=12) == pytest.approx(1.5865, abs=1e-4)
    assert analytics.probabilistic_sharpe(months, periods=12) == pytest.approx(0.913, abs=5e-4)
    spread = math.sqrt(1 + 2.448 * 0.458 + 9.164 / 4 * 0.458**2)
    need = 1 + (spread * 1.6448536 / 0.458) ** 2
    assert analytics.minimum_track_record(months, periods=12) == pytest.approx(need, rel=1e-6)


def test_the_record_that_is_needed_is_just_enough():
    need = analytics.minimum_track_record(R, periods=P, threshold=0.2, confidence=0.9)
    score = (analytics.sharpe(R, periods=P) - 0.2) / math.sqrt(P)
    spread = (
        score
        * math.sqrt(len(R) - 1)
        / NormalDist().inv_cdf(analytics.probabilistic_sharpe(R, periods=P, threshold=0.2))
    )
    assert score * math.sqrt(need - 1) / spread == pytest.approx(NormalDist().inv_cdf(0.9))


def test_half_sure_of_what_was_found_and_never_of_more():
    found = analytics.sharpe(R, periods=P)
    assert analytics.probabilistic_sharpe(R, periods=P, threshold=found) == pytest.approx(0.5)
    assert analytics.minimum_track_record(R, periods=P, threshold=found + 0.1) == math.inf
    sure = [analytics.probabilistic_sharpe(R, periods=P, threshold=one) for one in (-1.0, 0.0, 1.0, 3.0)]
    assert sure == sorted(sure, reverse=True)


def test_more_trials_are_less_sure():
    one = analytics.deflated_sharpe(R, periods=P, trials=1, trial_deviation=0.5)
    assert one == analytics.probabilistic_sharpe(R, periods=P)
    many = [analytics.deflated_sharpe(R, periods=P, trials=n, trial_deviation=0.5) for n in (1, 10, 100, 10_000)]
    assert many == sorted(many, reverse=True) and many[0] > many[-1]


@pytest.mark.parametrize("trials", [10, 1000])
def test_the_best_of_many_without_merit(trials):
    drawn = np.random.default_rng(1).normal(0, 0.5, (4000, trials)).max(axis=1).mean()
    assert analytics.expected_maximum_sharpe(trials, 0.5) == pytest.approx(drawn, rel=0.05)


@pytest.mark.parametrize(("trials", "deviation"), [(0, 0.5), (5, -0.1), (5, math.nan)])
def test_trials_that_cannot_be(trials, deviation):
    with pytest.raises(DataError, match=f"{trials} trials with deviation"):
        analytics.expected_maximum_sharpe(trials, deviation)


def test_tails_take_from_the_sharpe_ratio():
    score = analytics.sharpe(R, periods=P) / math.sqrt(P)
    lean, excess = analytics.skew(R, bias=True), analytics.kurtosis(R, bias=True)
    expected = score * (1 + lean / 6 * score - excess / 24 * score**2) * math.sqrt(P)
    assert analytics.adjusted_sharpe(R, periods=P) == pytest.approx(expected)


def test_heavy_tails_are_hardly_normal():
    lean, excess = analytics.skew(R, bias=True), analytics.kurtosis(R, bias=True)
    assert analytics.jarque_bera(R) == pytest.approx(math.exp(-500 / 12 * (lean**2 + excess**2 / 4)))
    assert analytics.jarque_bera(R) < 0.01
    assert np.median(analytics.jarque_bera(np.random.default_rng(0).normal(size=(99, 500)))) > 0.3


@pytest.mark.parametrize("name", ["probabilistic_sharpe", "minimum_track_record", "adjusted_sharpe"])
def test_returns_that_do_not_vary_tell_nothing(name):
    assert math.isnan(getattr(analytics, name)([0.01] * 10, periods=P))
