"""How many trials there were in truth, and what that leaves of their Sharpe ratios."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics
from workbench.analytics import trials as module
from workbench.analytics.trials import deflated_sharpes, effective_trials, trial_matrix
from workbench.errors import DataError

P = 252


def noise(bars: int, trials: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.01, (bars, trials))


# How many there were


def test_the_mean_correlation_says_how_many(monkeypatch):
    returns = noise(90, 7) + noise(90, 1, 1)
    pairs = [np.corrcoef(returns[:, i], returns[:, j])[0, 1] for i in range(7) for j in range(i)]
    expected = np.mean(pairs) + (1 - np.mean(pairs)) * 7
    assert 1.5 < expected < 6
    assert effective_trials(returns) == pytest.approx(expected)
    assert effective_trials(pd.DataFrame(returns)) == pytest.approx(expected)
    monkeypatch.setattr(module, "BLOCK", 100)  # other blocks of columns
    assert effective_trials(returns) == pytest.approx(expected)


def test_copies_are_one_trial_and_strangers_are_all():
    one = noise(500, 1)
    assert effective_trials(one @ np.array([[1.0, 3.0, 0.2]]) + 0.01) == pytest.approx(1.0)
    assert effective_trials(one) == 1.0
    assert effective_trials(noise(20_000, 10)) == pytest.approx(10, abs=0.1)
    mirrored = np.hstack([one, -one])
    assert effective_trials(mirrored) == 2.0  # not three, as the formula has it


def test_groups_are_counted_on_the_safe_side():
    groups = np.repeat(noise(5000, 4), 25, axis=1)
    assert 4 < effective_trials(groups) < 100


def test_trials_that_never_move_and_bars_that_are_missing_are_left_out():
    returns = noise(60, 4)
    with_idle = np.insert(returns, 2, 0.0, axis=1)
    assert effective_trials(with_idle) == pytest.approx(effective_trials(returns))
    returns[[3, 40], [0, 2]] = np.nan
    assert effective_trials(returns) == pytest.approx(effective_trials(np.delete(returns, [3, 40], axis=0)))
    with pytest.raises(DataError, match="none of 3 trials has returns that vary"):
        effective_trials(np.zeros((5, 3)))


@given(seed=st.integers(0, 999), trials=st.integers(2, 9), scale=st.floats(0.01, 100))
def test_order_scale_and_sign_of_all_do_not_matter(seed, trials, scale):
    returns = noise(40, trials, seed) + noise(40, 1, seed + 1)
    found = effective_trials(returns)
    assert 1 <= found <= trials
    order = np.random.default_rng(seed).permutation(trials)
    assert effective_trials(-scale * returns[:, order]) == pytest.approx(found)
    assert effective_trials(np.hstack([returns, returns])) <= 2 * found


# What is left of a Sharpe ratio


@pytest.mark.parametrize(
    ("trials", "skew", "kurtosis", "expected"),
    [(100, -3, 10, 0.9004), (46, -3, 10, 0.9505), (88, 0, 3, 0.9505)],
)
def test_the_published_examples(trials, skew, kurtosis, expected):
    """Bailey & López de Prado (2014): 1,250 days, 250 a year, Sharpe ratio 2.5, variance of the trials' 0.5."""
    given_ = {"bars": 1250, "periods": 250, "deviation": math.sqrt(0.5)}
    found = deflated_sharpes([2.5], skew=skew, kurtosis=kurtosis - 3, trials=trials, **given_)
    assert found == pytest.approx([expected], abs=5e-5)
    best = analytics.expected_maximum_sharpe(100, math.sqrt(0.5)) / math.sqrt(250)
    assert best == pytest.approx(0.1132, abs=5e-5)


def test_it_is_the_measure_of_each_series():
    returns = noise(300, 12) + 0.0005
    sharpes = analytics.sharpe(returns.T, periods=P)
    moments = {"skew": analytics.skew(returns.T, bias=True), "kurtosis": analytics.kurtosis(returns.T, bias=True)}
    found = deflated_sharpes(sharpes, bars=300, periods=P, **moments)
    deviation = sharpes.std(ddof=1)
    expected = analytics.deflated_sharpe(returns.T, periods=P, trials=12, trial_deviation=deviation)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    known = deflated_sharpes(
        np.r_[sharpes, np.nan], bars=300, periods=P, **{k: np.r_[v, 0] for k, v in moments.items()}
    )
    np.testing.assert_allclose(known, np.r_[expected, np.nan], rtol=1e-12)


def test_of_a_thousand_without_merit_the_best_are_flagged_and_an_edge_is_not():
    flagged = 0
    for seed in range(20):
        sharpes = analytics.sharpe(noise(500, 1000, seed).T, periods=P)
        top = np.argsort(sharpes)[-10:]
        assert (analytics.probabilistic_sharpe(noise(500, 1000, seed).T[top], periods=P) > 0.95).all()
        flagged += (deflated_sharpes(sharpes, bars=500, periods=P)[top] < 0.95).sum()
    assert flagged >= 0.95 * 200
    returns = noise(500, 1000)
    returns[:, 77] += 0.003
    found = deflated_sharpes(analytics.sharpe(returns.T, periods=P), bars=500, periods=P)
    assert found.argmax() == 77 and found[77] > 0.95


@given(seed=st.integers(0, 999), count=st.integers(2, 30), away=st.floats(1.1, 5), lean=st.floats(-2, 0.5))
def test_a_losing_trial_more_never_helps(seed, count, away, lean):
    sharpes = np.random.default_rng(seed).normal(0.5, 1, count)
    # One a deviation off the mean or more: one that is like the rest makes them look more alike, and may help a little.
    loser = sharpes.mean() - away * sharpes.std(ddof=1) * math.sqrt((count + 1) / count)
    options = {"bars": 250, "periods": P, "skew": lean, "kurtosis": 3.0}
    before = deflated_sharpes(sharpes, **options)
    after = deflated_sharpes(np.r_[sharpes, loser], **options)[:-1]
    assert (after <= before + 1e-12).all()


@given(count=st.floats(1, 1e6), more=st.floats(1, 3), deviation=st.floats(0, 2))
def test_more_trials_never_help_and_luck_is_never_below_nothing(count, more, deviation):
    options = {"bars": 250, "periods": P, "deviation": deviation}
    single = deflated_sharpes([1.2], trials=1, **options)
    some, many = (deflated_sharpes([1.2], trials=one, **options) for one in (count, count * more))
    assert many <= some + 1e-12 and some <= single


def test_what_has_no_answer_is_nan():
    found = deflated_sharpes([1.0, np.nan, np.inf, -np.inf, 2.0], bars=[250, 250, 250, 250, 1], periods=P)
    assert np.isfinite(found).tolist() == [True, False, False, False, False]
    assert np.isnan(deflated_sharpes([np.nan], bars=250, periods=P)).all()
    alone = deflated_sharpes([1.0], bars=250, periods=P)
    assert alone == pytest.approx(deflated_sharpes([1.0], bars=250, periods=P, trials=1, deviation=9.0))


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"periods": 0}, "periods is 0"),
        ({"trials": 0.5}, "0.5 trials with deviation"),
        ({"deviation": -1}, "deviation -1"),
        ({"skew": [0, 1, 2]}, "inputs differ in length"),
        ({"bars": "many"}, "bars cannot be read as numbers"),
    ],
)
def test_what_cannot_be_deflated(options, wrong):
    with pytest.raises(DataError, match=wrong):
        deflated_sharpes([1.0, 2.0], **{"bars": 250, "periods": P, **options})


@pytest.mark.parametrize(
    ("returns", "wrong"),
    [
        (np.zeros(5), "have 1 axes"),
        ([["a", "b"]], "cannot be read as numbers"),
        (np.zeros((9, 1)), "1 trials are not enough"),
        (np.zeros((3, 2)), "3 bars that all trials have are not enough; it needs 4"),
        ([[0, np.nan]] * 9, "0 bars that all trials have"),
        (np.array([[0, 0]] * 8 + [[0, np.inf]]), "trial 1 is infinite at row 8"),
        (np.array([[0, 0]] * 8 + [[-np.inf, np.inf]]), "trial 0 is infinite at row 8"),
    ],
)
def test_tables_that_cannot_be_used(returns, wrong):
    with pytest.raises(DataError, match=f"here: .*{wrong}"):
        trial_matrix(returns, "here", bars=4, trials=2)
