"""The probability of backtest overfitting."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import analytics
from workbench.analytics import overfitting as module
from workbench.analytics.overfitting import Overfitting, probability_of_backtest_overfitting
from workbench.errors import DataError

PAGE = Path(__file__).parents[3] / "docs" / "overfitting.md"
METRICS = {
    "sharpe": lambda r: analytics.sharpe(r, periods=1),
    "sortino": lambda r: analytics.sortino(r, periods=1),
    "mean_return": lambda r: analytics.mean_return(r, periods=1),
    "total_return": analytics.total_return,
}


def noise(bars: int, trials: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.01, (bars, trials))


def by_hand(returns: np.ndarray, blocks: int, metric) -> pd.DataFrame:
    """As it is written in the paper: split by split, trial by trial."""
    edges = [round(k * len(returns) / blocks) for k in range(blocks + 1)]
    parts = [returns[low:high] for low, high in zip(edges[:-1], edges[1:], strict=True)]
    rows = []
    for chosen in combinations(range(blocks), blocks // 2):
        inner = np.concatenate([parts[k] for k in range(blocks) if k in chosen])
        outer = np.concatenate([parts[k] for k in range(blocks) if k not in chosen])
        inside = [metric(inner[:, k]) for k in range(returns.shape[1])]
        outside = [metric(outer[:, k]) for k in range(returns.shape[1])]
        best = inside.index(max(inside))
        rank = 1 + sum(one < outside[best] for one in outside)
        place = rank / (len(outside) + 1)
        rows.append((best, inside[best], outside[best], place, math.log(place / (1 - place)), np.mean(outside)))
    return pd.DataFrame(rows, columns=["chosen", "in_sample", "out_of_sample", "rank", "logit", "average"])


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(("bars", "trials", "blocks"), [(67, 7, 6), (24, 2, 4), (40, 11, 8)])
def test_it_is_what_the_paper_says_split_by_split(name, bars, trials, blocks, monkeypatch):
    returns = noise(bars, trials, bars) + 0.001
    expected = by_hand(returns, blocks, METRICS[name])
    monkeypatch.setattr(module, "_CHUNK", 5 * trials)  # chunks that do not divide the splits
    for metric in (name, METRICS[name]):
        found = probability_of_backtest_overfitting(returns, blocks, metric=metric)
        pd.testing.assert_frame_equal(found.splits, expected.rename_axis("split"), rtol=1e-9, atol=1e-15)
        assert found.probability == pytest.approx(((expected.logit < 0) + (expected.logit == 0) / 2).mean())
        assert found.probability_of_loss == (expected.out_of_sample < 0).mean()
        line = np.polyfit(expected.in_sample, expected.out_of_sample, 1)
        assert found.degradation == pytest.approx(tuple(line))
        assert (found.blocks, found.bars, found.trials) == (blocks, bars, trials)


def test_sixteen_blocks_are_halved_in_every_way():
    found = probability_of_backtest_overfitting(noise(200, 5))
    assert len(found.splits) == math.comb(16, 8) == 12_870
    # What is in sample once is out of sample once: the halves of a pair of splits have changed places.
    assert found.splits["average"].mean() == pytest.approx(
        np.mean([METRICS["sharpe"](one) for one in noise(200, 5).T]), abs=0.01
    )


def test_noise_is_even_and_an_edge_is_sure():
    found = [probability_of_backtest_overfitting(noise(320, 20, seed), 8).probability for seed in range(40)]
    assert np.mean(found) == pytest.approx(0.5, abs=3 * np.std(found) / math.sqrt(40)) and np.std(found) < 0.3
    returns = noise(320, 20)
    returns[:, 13] += 0.01
    edge = probability_of_backtest_overfitting(pd.DataFrame(returns).add_prefix("cell "), 8)
    assert edge.probability == 0 and edge.probability_of_loss == 0 and edge.dominance == 1
    assert edge.choices.to_dict() == {"cell 13": 1.0}


def test_what_was_good_and_turns_bad_is_overfitted():
    # Each trial gains in two of eight blocks, another two each, and loses in the rest.
    returns = noise(320, 28) * 0.1 - 0.01
    for k, blocks in enumerate(combinations(range(8), 2)):
        for block in blocks:
            returns[block * 40 : block * 40 + 40, k] += 0.04
    found = probability_of_backtest_overfitting(returns, 8, metric="mean_return")
    assert found.probability == 1 and found.probability_of_loss == 1 and found.dominance == 0


def test_trials_that_are_the_same_are_even_however_they_are_rounded():
    for trials in (2, 3, 8, 33):
        same = np.repeat(noise(100, 1) + 0.01, trials, axis=1)
        found = probability_of_backtest_overfitting(same, 8)
        assert found.probability == 0.5 and (found.splits["logit"] == 0).all() and found.dominance == 0


@pytest.mark.parametrize("name", METRICS)
def test_a_trial_that_did_nothing_has_neither_won_nor_lost(name):
    returns = noise(80, 3) - 0.05
    returns[:40, 0] = 0.0  # idle in the first half
    returns[:, 1] = 0.0
    for metric in (name, METRICS[name]):
        found = probability_of_backtest_overfitting(returns, 4, metric=metric).splits
        assert found.loc[0, ["chosen", "in_sample", "out_of_sample"]].tolist() == [0, 0.0, found.out_of_sample[0]]
        assert found.out_of_sample[0] < 0
        assert found.loc[5, ["chosen", "in_sample", "out_of_sample"]].tolist() == [1, 0.0, 0.0]
        assert found["rank"][5] == 2.5 / 4  # beside the other that is idle there


def test_returns_that_do_not_vary_are_infinitely_good_or_bad():
    returns = noise(64, 4)
    returns[:, 0], returns[:, 1] = 0.001, -0.001
    found = probability_of_backtest_overfitting(returns, 4)
    assert (found.splits["chosen"] == 0).all() and (found.splits["in_sample"] == math.inf).all()
    assert found.probability == 0 and found.degradation == pytest.approx((math.nan, math.nan), nan_ok=True)
    assert found.dominance == 0


def test_missing_bars_are_left_out():
    returns = noise(70, 4)
    holes = returns.copy()
    holes[[0, 33, 69], [1, 2, 3]] = np.nan
    found = probability_of_backtest_overfitting(holes, 4)
    expected = probability_of_backtest_overfitting(np.delete(returns, [0, 33, 69], axis=0), 4)
    pd.testing.assert_frame_equal(found.splits, expected.splits)
    assert found.bars == 67


@settings(max_examples=30)
@given(
    seed=st.integers(0, 9999), trials=st.integers(2, 12), scale=st.floats(1e-3, 1e3), name=st.sampled_from([*METRICS])
)
def test_order_and_scale_do_not_matter(seed, trials, scale, name):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 1e-4, (48, trials))  # so small that no scale makes a loss of all
    found = probability_of_backtest_overfitting(returns, 6, metric=name)
    assert 0 <= found.probability <= 1 and np.isfinite(found.splits["logit"]).all()
    order = rng.permutation(trials)
    moved = probability_of_backtest_overfitting(returns[:, order], 6, metric=name)
    assert (order[moved.splits["chosen"]] == found.splits["chosen"]).all()
    np.testing.assert_allclose(moved.splits["logit"], found.splits["logit"], atol=1e-12)
    if name != "total_return":  # which compounds
        scaled = probability_of_backtest_overfitting(scale * returns, 6, metric=name)
        np.testing.assert_allclose(scaled.splits["logit"], found.splits["logit"], atol=1e-12)


@given(seed=st.integers(0, 9999), name=st.sampled_from([*METRICS]))
def test_a_hopeless_trial_more_is_never_chosen(seed, name):
    returns = noise(48, 5, seed)
    before = probability_of_backtest_overfitting(returns, 6, metric=name)
    after = probability_of_backtest_overfitting(np.c_[returns, noise(48, 1, seed + 1) - 0.2], 6, metric=name)
    pd.testing.assert_series_equal(after.splits["chosen"], before.splits["chosen"])
    np.testing.assert_allclose(after.splits["rank"] * 7, before.splits["rank"] * 6 + 1)


def of(chosen: list[float], average: list[float]) -> Overfitting:
    table = pd.DataFrame({"in_sample": chosen, "out_of_sample": chosen, "average": average})
    return Overfitting(table, "sharpe", 4, 10, 3)


@pytest.mark.parametrize(
    ("chosen", "average", "order"),
    [
        ([1, 2, 3], [0, 1, 2], 1),
        ([1, 2, 3], [1, 2, 3], 0),
        ([1, 2, 3], [2, 3, 4], 0),
        ([1.0, 1.1, 1.2], [0, 1, 2], 2),  # more often above 1, and never far below
        ([0, 1, 2], [1.0, 1.1, 1.2], 0),
        ([1, 1, 5], [1, 1, 2], 1),
        ([3, 2, 1], [0, 2, 1], 1),
        ([np.inf, np.inf], [1, 2], 0),
    ],
)
def test_dominance_in_small(chosen, average, order):
    assert of(chosen, average).dominance == order


def test_a_line_needs_more_than_one_point():
    assert of([1.0, 1.0], [0, 0]).degradation == pytest.approx((math.nan, math.nan), nan_ok=True)
    table = pd.DataFrame({"in_sample": [1, 2, 3.0, np.inf], "out_of_sample": [3, 2, 1.0, 0], "average": 0.0})
    assert Overfitting(table, "sharpe", 4, 10, 3).degradation == pytest.approx((-1, 4))


@pytest.mark.parametrize(
    ("shape", "blocks", "metric", "wrong"),
    [
        ((50, 3), 5, "sharpe", "5 blocks cannot be halved here; take an even number, 2 to 20"),
        ((50, 3), 22, "sharpe", "22 blocks"),
        ((50, 3), 0, "sharpe", "0 blocks"),
        ((15, 3), 8, "sharpe", "15 bars .* it needs 16 or more"),
        ((50, 1), 8, "sharpe", "1 trials are not enough"),
        ((50, 3), 8, "sharp", "did you mean sharpe"),
        ((50, 3), 2, np.mean, r"shape \(\) for 3 trials"),
    ],
)
def test_what_cannot_be_split(shape, blocks, metric, wrong):
    with pytest.raises(DataError, match=wrong):
        probability_of_backtest_overfitting(noise(*shape), blocks, metric=metric)


def test_the_page_tells_what_comes_out():
    lines = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[1].splitlines()
    told = [line for line in lines if re.search(r"  # \d", line)]
    assert len(told) == 7
    names: dict = {}
    exec("\n".join(line for line in lines if line not in told), names)
    for line in told:
        code, number = re.fullmatch(r"(.*?)  # ([\d.]+).*", line).groups()
        digits = len(number.partition(".")[2])
        assert round(float(eval(code, names)), digits) == float(number), line
