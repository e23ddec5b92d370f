"""Resampled histories."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import analytics
from workbench.analytics import resampling as module
from workbench.errors import DataError

P = 252
R = np.random.default_rng(7).normal(0.0006, 0.01, 250)
T = np.random.default_rng(8).normal(0.01, 0.05, 60)


def test_a_seed_gives_the_same_paths_however_many(monkeypatch):
    few = analytics.bootstrap(R, periods=P, paths=20, seed=3)
    monkeypatch.setattr(module, "BLOCK", 1000)  # other blocks of work
    many = analytics.bootstrap(R, periods=P, paths=50, seed=3)
    pd.testing.assert_frame_equal(few.measures, many.measures[:20])
    other = analytics.bootstrap(R, periods=P, paths=20, seed=4)
    assert not few.measures.equals(other.measures)


def test_the_data_themselves_are_beside_the_paths():
    found = analytics.bootstrap(R, periods=P, names=["sharpe", "cagr"], paths=30, risk_free=0.01)
    assert found.observed == analytics.measured({"returns": R}, ["sharpe", "cagr"], periods=P, risk_free=0.01)
    assert list(found.measures) == ["sharpe", "cagr"] and len(found.measures) == 30


def test_bands_start_at_one_and_lie_in_order():
    found = analytics.bootstrap(R, periods=P, paths=200, levels=(0.05, 0.5, 0.95))
    assert (found.bands.loc[0] == 1).all() and list(found.bands.columns) == [0.05, 0.5, 0.95]
    assert (np.diff(found.bands, axis=1) >= 0).all()
    ends = 1 + found.measures["total_return"]
    assert found.bands.iloc[-1].tolist() == pytest.approx(ends.quantile([0.05, 0.5, 0.95]).tolist())
    long = analytics.bootstrap(R, periods=P, paths=5, bars=5000)
    assert long.bands.index[-1] == 5000 and len(long.bands) == module.POINTS + 1


def test_the_interval_of_a_mean_is_that_of_statistics():
    found = analytics.bootstrap(R, periods=P, names=["mean_return"], paths=3000, block=1).interval(0.95)
    error = 1.96 * R.std() / math.sqrt(len(R)) * P
    assert found.loc["mean_return", "low"] == pytest.approx(R.mean() * P - error, abs=0.1 * error)
    assert found.loc["mean_return", "high"] == pytest.approx(R.mean() * P + error, abs=0.1 * error)


def test_blocks_keep_what_follows_what():
    waves = np.tile(np.repeat([0.01, -0.01], 10), 20) + 1e-5 * np.arange(400)
    loose = analytics.bootstrap(waves, periods=P, names=["autocorrelation"], block=1, paths=100)
    kept = analytics.bootstrap(waves, periods=P, names=["autocorrelation"], block=40, paths=100)
    assert abs(loose.measures["autocorrelation"].mean()) < 0.1 < 0.6 < kept.measures["autocorrelation"].mean()


def test_the_benchmark_is_drawn_with_the_returns():
    found = analytics.bootstrap(2 * R, periods=P, benchmark=R, names=["beta", "correlation"], paths=20)
    assert found.measures["beta"].tolist() == pytest.approx([2.0] * 20)
    with pytest.raises(DataError, match="beta is of benchmark, which is not given"):
        analytics.bootstrap(R, periods=P, names=["beta"])


def test_probabilities_are_shares_of_paths():
    found = analytics.bootstrap(R, periods=P, paths=100)
    share = (found.measures["total_return"] < 0).mean()
    assert found.probability("total_return", below=0) == share
    assert found.probability("max_drawdown", below=0) == 1
    with pytest.raises(DataError, match="the simulation has no kelly; it has total_return"):
        found.probability("kelly", below=0)
    with pytest.raises(DataError, match="confidence is 95"):
        found.interval(95)


def test_an_order_changes_the_way_and_not_the_end():
    found = analytics.shuffle(T, paths=200)
    total = np.prod(1 + T) - 1
    assert found.measures["total_return"].to_numpy() == pytest.approx(np.full(200, total))
    assert found.measures["profit_factor"].to_numpy() == pytest.approx(np.full(200, analytics.profit_factor(T)))
    assert found.measures["max_drawdown"].nunique() > 100
    assert found.observed["max_drawdown"] == analytics.max_drawdown(T)
    assert found.bands.index[-1] == 60


def test_drawn_anew_the_end_differs_too():
    found = analytics.shuffle(T, replace=True, paths=200)
    assert found.measures["total_return"].nunique() > 100
    low, high = found.interval(0.9).loc["total_return", ["low", "high"]]
    assert low < np.prod(1 + T) - 1 < high


def test_paths_without_a_loss_have_intervals():
    found = analytics.shuffle([0.01, 0.02, 0.03, -0.001], replace=True, paths=300, names=["profit_factor"])
    assert found.measures["profit_factor"].max() == math.inf
    assert found.interval().loc["profit_factor"].notna().all()


def test_gaps_are_left_out_of_the_draw():
    gaps = np.insert(R, [0, 50, 250], np.nan)
    ours, theirs = (analytics.bootstrap(one, periods=P, paths=10) for one in (gaps, R))
    pd.testing.assert_frame_equal(ours.measures, theirs.measures)


@given(st.integers(1, 50), st.integers(0, 200), st.floats(1, 100), st.integers(0, 5))
def test_places_are_in_the_data_and_run_on(count, wanted, length, seed):
    places = module.block_indices(count, wanted, length, np.random.default_rng(seed))
    assert len(places) == wanted and ((places >= 0) & (places < count)).all()
    if length > 99:
        assert ((np.diff(places) % count) == 1 % count).sum() >= 0.7 * (wanted - 1) - 5


def test_blocks_have_the_length_on_average():
    places = module.block_indices(10_000, 200_000, 20, np.random.default_rng(0))
    assert 200_000 / ((np.diff(places) % 10_000) != 1).sum() == pytest.approx(20, rel=0.05)
    alone = module.block_indices(10_000, 1000, 1, np.random.default_rng(0))
    assert ((np.diff(alone) % 10_000) != 1).mean() > 0.99


def test_the_block_grows_with_what_is_remembered():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=4000)
    lengths = []
    for share in (0.0, 0.5, 0.9):
        values = noise.copy()
        for k in range(1, len(values)):
            values[k] += share * values[k - 1]
        lengths.append(analytics.block_length(values * 0.01))
    assert lengths[0] < 5 < lengths[1] < lengths[2]
    # Of a first-order process the best is known: (4 a^2 n / (1 - a^2)^2) ^ (1/3), a being what is remembered.
    assert lengths[1] == pytest.approx((4 * 0.25 / 0.75**2 * 4000) ** (1 / 3), rel=0.35)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, -0.5])
def test_the_block_is_that_of_the_published_rule(share):
    rng, values = np.random.default_rng(11), [0.0]
    for _ in range(599):
        values.append(share * values[-1] + rng.normal())
    count, centred = 600, np.array(values) - np.mean(values)

    def covariance(lag: int) -> float:
        return sum(centred[k] * centred[k + lag] for k in range(count - lag)) / count

    def window(part: float) -> float:
        return 1.0 if part <= 0.5 else 2 * (1 - part)

    limit = 2 * math.sqrt(math.log10(count) / count)
    first = next(m for m in range(30) if all(abs(covariance(m + k) / covariance(0)) < limit for k in range(1, 6)))
    width = 2 * max(first, 1)
    lags = range(-width, width + 1)
    bias = sum(window(abs(k) / width) * abs(k) * covariance(abs(k)) for k in lags)
    spread = 2 * sum(window(abs(k) / width) * covariance(abs(k)) for k in lags) ** 2
    expected = (2 * bias**2 / spread) ** (1 / 3) * count ** (1 / 3)
    assert analytics.block_length(values) == pytest.approx(max(expected, 1))


@pytest.mark.parametrize("values", [[0.01] * 50, [0.0, 0.0], [0.01, -0.01], [0.01, -0.02, 0.005]])
def test_a_block_of_little_or_nothing(values):
    assert analytics.block_length(values) >= 1
    assert analytics.bootstrap(values, periods=P, paths=3).measures.shape == (3, 5)


@pytest.mark.parametrize(
    ("values", "said", "wrong"),
    [
        (R[:1], {}, "1 observations are not enough"),
        ([], {}, "0 observations are not enough"),
        (np.zeros((2, 5)), {}, "have 2 axes"),
        (R, {"paths": 0}, "0 paths of 250"),
        (R, {"bars": 10**9}, "at most 4e.09 together"),
        (R, {"block": 0.5}, "the mean block is 0.5"),
        (R, {"levels": [5, 95]}, "levels are .5, 95."),
        (R, {"names": ["win_rate"]}, "win_rate is of trips"),
    ],
)
def test_what_cannot_be_drawn(values, said, wrong):
    with pytest.raises(DataError, match=wrong):
        analytics.bootstrap(values, periods=P, **said)
