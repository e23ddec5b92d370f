"""Whether the best of many trials is better than luck: Hansen's test, White's, and rates of false discoveries."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import analytics
from workbench.analytics import snooping as module
from workbench.analytics.resampling import block_indices
from workbench.analytics.snooping import fdr, superior_ability
from workbench.errors import DataError


def noise(bars: int, trials: int, seed: int = 0, kept: float = 0.0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(0, 0.01, (bars, trials))
    for k in range(1, bars):
        values[k] += kept * values[k - 1]
    return values


def by_hand(ahead: np.ndarray, *, block: float, paths: int, seed: int) -> dict[str, float]:
    """As Hansen (2005) has it: lag by lag, path by path, trial by trial."""
    n, trials = ahead.shape
    mean, keep = ahead.mean(axis=0), 1 - 1 / block
    scale = []
    for k in range(trials):
        away = ahead[:, k] - mean[k]
        total = away @ away / n
        for lag in range(1, n):
            weight = (n - lag) / n * keep**lag + lag / n * keep ** (n - lag)
            total += 2 * weight * (away[:-lag] @ away[lag:]) / n
        scale.append(math.sqrt(total))
    root = math.sqrt(n)
    top = max(0.0, *(root * mean[k] / scale[k] for k in range(trials)))
    limit = math.sqrt(2 * math.log(math.log(n)))
    centre = {
        "lower": [max(one, 0.0) for one in mean],
        "consistent": [mean[k] if root * mean[k] / scale[k] >= -limit else 0.0 for k in range(trials)],
        "upper": list(mean),
    }
    hits = dict.fromkeys([*centre, "reality_check"], 0)
    for path in range(paths):
        drawn = ahead[block_indices(n, n, block, np.random.default_rng([seed, path]))].mean(axis=0)
        for name, middle in centre.items():
            hits[name] += max(0.0, *(root * (drawn[k] - middle[k]) / scale[k] for k in range(trials))) >= top
        hits["reality_check"] += max(drawn - mean) >= max(mean)
    return {"statistic": top, **{name: (1 + hit) / (1 + paths) for name, hit in hits.items()}}


@pytest.mark.parametrize("block", [1, 3.5, 12])
@pytest.mark.parametrize("count", [40, 41])
def test_it_is_what_the_paper_says_path_by_path(block, count, monkeypatch):
    returns = noise(count, 6, 3, 0.4) * [1, 1, 2, 3, 1, 1] + np.array([0.002, 0, 0, 0, -0.01, -0.004])
    benchmark = noise(count, 1, 9)[:, 0] * 0.2
    expected = by_hand(returns - benchmark[:, None], block=block, paths=150, seed=5)
    assert expected["lower"] < expected["consistent"] < expected["upper"] < 1
    monkeypatch.setattr(module, "BLOCK", 700)  # chunks that do not divide the paths
    found = superior_ability(returns, benchmark, paths=150, block=block, seed=5)
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected)
    assert found.trials[found.best] == found.trials.min() == found.consistent
    assert (found.block, found.paths, found.seed) == (block, 150, 5)


@pytest.mark.parametrize("block", [1, 4, 30])
def test_the_error_of_a_mean_is_that_of_the_bootstrap(block):
    values = noise(60, 1, 1, 0.5)
    closed = module._long_run_variance(values, np.zeros(60), block)[0]
    means = [values[block_indices(60, 60, block, np.random.default_rng(k)), 0].mean() for k in range(3000)]
    assert closed == pytest.approx(60 * np.var(means), rel=0.1)


def test_under_the_null_it_is_rejected_as_often_as_it_says():
    """200 histories without an edge: 20 of them are to be rejected at 10 %."""
    hits = {"consistent": 0, "lower": 0, "upper": 0, "reality_check": 0}
    for seed in range(200):
        found = superior_ability(noise(120, 5, seed), paths=99, seed=seed)
        assert found.lower <= found.consistent <= found.upper
        for name in hits:
            hits[name] += getattr(found, name) <= 0.1
    for name in ("consistent", "upper", "reality_check"):
        assert 9 <= hits[name] <= 33, hits  # 20, give or take three standard deviations
    assert hits["lower"] >= hits["consistent"]


def test_blocks_keep_dependent_luck_from_looking_like_an_edge():
    found = dict.fromkeys((1.0, None), 0)
    for seed in range(60):
        for block in found:
            found[block] += superior_ability(noise(300, 5, seed, 0.5), paths=99, block=block).consistent <= 0.1
    assert found[1.0] > 18 and found[None] < 0.6 * found[1.0], found


def test_an_edge_is_found_where_luck_is_not():
    returns = pd.DataFrame(noise(400, 50, 1)).add_prefix("cell ")
    luck = superior_ability(returns, paths=299)
    assert luck.consistent > 0.1 and luck.trials.min() == luck.consistent
    returns["cell 7"] += 0.003
    found = superior_ability(returns, paths=299)
    assert found.best == "cell 7" and found.consistent == found.reality_check == 1 / 300
    assert found.trials.index.equals(returns.columns) and (found.trials < 0.05).sum() == 1


def test_bad_and_wild_trials_do_not_hide_an_edge_from_hansen():
    returns = noise(300, 40, 2)
    returns[:, 1:] -= 0.01  # far behind
    returns[:, 0] += 0.001
    found = superior_ability(returns, paths=499)
    assert found.consistent < 0.02 < 0.05 < found.upper
    wild = np.c_[returns[:, 0] + 0.001, noise(300, 20, 3) * 10]
    found = superior_ability(wild, paths=499)
    assert found.best == 0 and found.consistent < 0.02 < 0.2 < found.reality_check


def test_nobody_ahead_is_no_evidence_at_all():
    found = superior_ability(noise(100, 3) - 0.01, paths=99)
    assert found.statistic == 0 and found.consistent == found.lower == found.upper == 1
    assert (found.trials == 1).all()


def test_a_benchmark_is_taken_off_bar_by_bar():
    days = pd.date_range("2024-01-01", periods=80, tz="UTC")
    returns = pd.DataFrame(noise(80, 4), days)
    market = pd.Series(noise(80, 1, 8)[:, 0], days)
    found = superior_ability(returns, market, paths=50, block=3)
    plain = superior_ability(returns.sub(market, axis=0), paths=50, block=3)
    assert found.statistic == pytest.approx(plain.statistic)
    pd.testing.assert_series_equal(found.trials, plain.trials)
    # In another order, of other days, and with gaps on both sides: the days that both have.
    other = market.drop(days[5]).sample(frac=1, random_state=1)
    other[days[-1] + pd.Timedelta("1D")] = 0.5
    other[days[9]] = np.nan
    returns.iloc[20, 2] = np.nan
    some = superior_ability(returns, other, paths=50, block=3)
    kept = returns.drop(days[[5, 9, 20]])
    again = superior_ability(kept, market[kept.index], paths=50, block=3)
    assert some.statistic == pytest.approx(again.statistic)
    pd.testing.assert_series_equal(some.trials, again.trials)


def test_trials_that_are_the_benchmark_are_no_trials():
    returns = noise(60, 3)
    market = noise(60, 1, 4)[:, 0]
    found = superior_ability(np.c_[market, returns, market], market, paths=40, block=2)
    bare = superior_ability(returns, market, paths=40, block=2)
    assert np.isnan(found.trials[[0, 4]]).all() and found.best == bare.best + 1
    assert found.trials[1:4].tolist() == bare.trials.tolist()
    with pytest.raises(DataError, match="none of 2 trials differs from the benchmark"):
        superior_ability(np.c_[market, market], market)


def test_the_block_is_the_best_for_the_leaders_and_a_seed_gives_the_same_again(monkeypatch):
    returns = noise(200, 5, 0, 0.6)
    found = superior_ability(returns, paths=30)
    assert found.block == pytest.approx(np.mean([analytics.block_length(one) for one in returns.T])) and found.block > 3
    assert superior_ability(returns, paths=30).trials.equals(found.trials)
    assert not superior_ability(returns, paths=30, seed=1).trials.equals(found.trials)
    monkeypatch.setattr(module, "_ASKED", 1)
    leader = np.argmax(returns.mean(axis=0) / returns.std(axis=0))
    expected = analytics.block_length(returns[:, leader])
    assert superior_ability(returns, paths=30).block == pytest.approx(expected)


@settings(max_examples=25)
@given(seed=st.integers(0, 9999), scale=st.floats(1e-3, 1e3), trials=st.integers(1, 6))
def test_order_and_scale_do_not_matter_and_a_trial_more_never_helps(seed, scale, trials):
    returns = noise(40, trials, seed)
    options = {"paths": 60, "block": 2.0, "seed": 1}
    found = superior_ability(returns, **options)
    order = np.random.default_rng(seed).permutation(trials)
    moved = superior_ability(scale * returns[:, order], **options)
    assert moved.statistic == pytest.approx(found.statistic)
    assert moved.trials.tolist() == pytest.approx(found.trials[order].tolist())
    assert moved.reality_check == pytest.approx(found.reality_check)
    more = superior_ability(np.c_[returns, noise(40, 1, seed + 1) - 0.001], **options)
    assert (more.trials[:trials] >= found.trials - 1e-12).all()


@pytest.mark.parametrize(
    ("returns", "options", "wrong"),
    [
        (noise(9, 2), {}, "9 bars .* it needs 10"),
        (noise(50, 2), {"paths": 0}, "0 paths are not enough"),
        (noise(50, 2), {"block": 0.5}, "blocks of 0.5 bars"),
        (noise(50, 2), {"block": 26}, "blocks of 26 bars; take 1 to 25"),
        (noise(50, 2), {"block": math.nan}, "blocks of nan bars"),
        (noise(50, 2), {"benchmark": np.zeros(49)}, "returns 50, benchmark 49"),
        (noise(50, 2) * np.inf, {}, "trial 0 is infinite at row 0"),
    ],
)
def test_what_cannot_be_tested(returns, options, wrong):
    with pytest.raises(DataError, match=f"superior_ability: .*{wrong}"):
        superior_ability(returns, **options)


# Rates of false discoveries

PUBLISHED = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.324,
    0.4262,
    0.5719,
    0.6528,
    0.759,
    1,
]


def test_the_published_example_of_false_discoveries():
    """Benjamini & Hochberg (1995), section 4.1: of 15 tests four are discoveries at 5 %, three by Bonferroni."""
    rates = fdr(PUBLISHED)
    assert (rates <= 0.05).sum() == 4 and (np.array(PUBLISHED) * 15 <= 0.05).sum() == 3
    assert rates[:5].tolist() == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603])


@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=12), st.randoms())
def test_a_rate_is_the_least_at_which_a_test_is_a_discovery(values, random):
    random.shuffle(values)
    known = sorted(one for one in values if not math.isnan(one))
    harmonic = sum(1 / k for k in range(1, len(known) + 1))
    for method, factor in (("benjamini-hochberg", 1.0), ("benjamini-yekutieli", harmonic)):
        found = fdr(values, method=method)
        for one, rate in zip(values, found, strict=True):
            if math.isnan(one):
                assert math.isnan(rate)
                continue
            levels = [p * factor * len(known) / (k + 1) for k, p in enumerate(known) if p >= one]
            assert rate == pytest.approx(min(1.0, *levels))
            assert rate >= one * (1 - 1e-12)


@pytest.mark.parametrize("values", [[0.1, 1.2], [-0.1], [0.5, math.inf]])
def test_what_is_no_p_value(values):
    with pytest.raises(DataError, match="is no p-value; they lie between 0 and 1"):
        fdr(values)


def test_words_are_no_p_values():
    with pytest.raises(DataError, match="pvalues cannot be read as numbers"):
        fdr(["low"])


def test_a_method_that_is_not_known():
    with pytest.raises(DataError, match="did you mean benjamini-hochberg"):
        fdr([0.1], method="hochberg")
