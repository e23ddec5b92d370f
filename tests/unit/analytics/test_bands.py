"""Bands of equity and measures: against a slow oracle, and what must hold of them whatever the data."""

from __future__ import annotations

import dataclasses
import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.analytics import bands_of_returns, bands_of_trips, block_length
from workbench.analytics.resampling import block_indices
from workbench.errors import DataError


def history(count: int, seed: int = 1, sigma: float = 0.01) -> pd.Series:
    values = np.random.default_rng(seed).normal(0.0005, sigma, count)
    return pd.Series(values, pd.date_range("2020-01-01", periods=count, freq="1D", tz="UTC"))


def test_the_bootstrap_is_that_of_its_definition() -> None:
    returns, paths, seed = history(60), 40, 7
    found = bands_of_returns(returns, periods=252, cash=500.0, n=paths, seed=seed, level=0.8, block=4)
    worths, sharpes, depths = [], [], []
    for path in range(paths):
        places = block_indices(60, 60, 4.0, np.random.default_rng([seed, path]))
        wealth, worth, drawn = 1.0, [], []
        for place in places.tolist():
            wealth *= 1 + returns.iloc[place]
            worth.append(wealth)
            drawn.append(returns.iloc[place])
        worths.append(worth)
        sharpes.append(np.mean(drawn) / np.std(drawn, ddof=1) * np.sqrt(252))
        depths.append(min(one / max(1.0, *worth[: at + 1]) - 1 for at, one in enumerate(worth)))
    for level in (0.1, 0.25, 0.5, 0.75, 0.9):
        np.testing.assert_allclose(found.curve[level], 500 * np.quantile(worths, level, axis=0), rtol=1e-12)
    assert list(found.curve.columns) == [0.1, 0.25, 0.5, 0.75, 0.9] and found.curve.index.equals(returns.index)
    assert found.measures.loc["sharpe", "low"] == pytest.approx(np.quantile(sharpes, 0.1))
    assert found.measures.loc["sharpe", "median"] == pytest.approx(np.median(sharpes))
    assert found.measures.loc["max_drawdown", "high"] == pytest.approx(np.quantile(depths, 0.9))
    assert found.probability_of_loss == np.mean([worth[-1] < 1 for worth in worths])
    assert found.probability("max_drawdown", below=-0.05) == np.mean(np.array(depths) < -0.05)
    assert (found.paths, found.step, found.block, found.method) == (paths, 1, 4.0, "bootstrap")


def test_blocks_are_as_long_as_the_data_want_them() -> None:
    noise = np.random.default_rng(3).normal(size=3000)
    slow = pd.Series(np.convolve(noise, np.ones(25) / 25, "valid") / 100, pd.RangeIndex(2976))
    found = bands_of_returns(slow, periods=252, n=2)
    assert found.block == block_length(slow) > 20
    assert bands_of_returns(history(3000), periods=252, n=2).block < 10


def test_a_seed_gives_the_same_and_more_paths_begin_alike() -> None:
    few, more = (bands_of_returns(history(80), periods=252, n=n, seed=3) for n in (20, 50))
    pd.testing.assert_frame_equal(few.simulation.measures, more.simulation.measures.iloc[:20])
    again = bands_of_returns(history(80), periods=252, n=20, seed=3)
    pd.testing.assert_frame_equal(few.curve, again.curve, check_exact=True)
    other = bands_of_returns(history(80), periods=252, n=20, seed=4)
    assert not few.curve.equals(other.curve)


def test_long_histories_are_drawn_in_steps() -> None:
    returns = history(1003)
    found = bands_of_returns(returns, periods=252, n=5, most=100)
    assert found.step == 11 and found.curve.index[-1] == returns.index[-1]
    assert found.measures.loc["total_return", "observed"] == pytest.approx((1 + returns).prod() - 1)
    assert found.curve.index[0] == returns.index[10]
    whole = bands_of_returns(returns, periods=252, n=5)
    assert found.measures.loc["volatility", "observed"] == pytest.approx(
        whole.measures.loc["volatility", "observed"], rel=0.3
    )


def test_the_curve_has_five_hundred_rows_at_most() -> None:
    found = bands_of_returns(history(4000), periods=252, n=3)
    assert len(found.curve) == 500 and found.curve.index.is_monotonic_increasing


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-90, 200), min_size=2, max_size=12), st.integers(0, 5))
def test_another_order_of_round_trips_ends_where_the_account_did(pnl: list[float], seed: int) -> None:
    balances = 1000 + np.cumsum(pnl)
    found = bands_of_trips(np.array(pnl), cash=1000.0, n=30, seed=seed)
    if (balances > 0).all():
        ends = found.simulation.measures["total_return"]
        assert np.allclose(ends, balances[-1] / 1000 - 1, atol=1e-12)
        peaks = np.maximum.accumulate(np.append(1000, balances))[1:]
        assert found.measures.loc["max_drawdown", "observed"] == pytest.approx((balances / peaks - 1).min(), abs=1e-12)
        assert found.curve.iloc[0].tolist() == [1000.0] * 5
    assert (np.diff(found.curve.to_numpy(), axis=1) >= -1e-9).all()


def test_the_orders_are_those_that_there_are() -> None:
    parts = np.array([0.5, -0.4, 0.1])
    pnl = np.diff(1000 * np.cumprod(1 + parts), prepend=1000)
    wanted = set()
    for order in itertools.permutations(parts):
        wealth = np.cumprod(np.append(1.0, 1 + np.array(order)))
        wanted.add(round((wealth / np.maximum.accumulate(wealth) - 1).min(), 9))
    found = bands_of_trips(pnl, cash=1000.0, n=300)
    assert set(found.simulation.measures["max_drawdown"].round(9)) == wanted


def test_a_loss_of_all_is_no_crash() -> None:
    found = bands_of_trips(np.array([100.0, -1100.0, 50.0]), cash=1000.0, n=10)
    assert found.measures.loc["total_return", "observed"] == -1.0 and found.probability_of_loss == 1.0
    gone = history(10)
    gone.iloc[4] = -1.0
    assert bands_of_returns(gone, periods=252, n=10).measures.loc["total_return", "observed"] == -1.0


def test_it_is_frozen_and_picklable() -> None:
    found = bands_of_returns(history(30), periods=252, n=5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.level = 0.5  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(again.measures, found.measures)


def test_a_narrow_level_has_no_half_in_it() -> None:
    assert list(bands_of_returns(history(30), periods=252, n=5, level=0.2).curve.columns) == [0.4, 0.5, 0.6]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"level": 0.0}, "level is 0.0"), ({"level": 1.0}, "level is 1.0"), ({"n": 0}, "0 paths"),
     ({"block": 0.5}, "block is 0.5"), ({"most": 1}, "at most 1 bars")],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_told(options: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        bands_of_returns(history(30), periods=252, **options)


def test_too_little_is_told() -> None:
    with pytest.raises(DataError, match="1 observations are not enough"):
        bands_of_returns(history(1), periods=252)
    with pytest.raises(DataError, match="0 observations are not enough"):
        bands_of_trips(np.array([]), cash=1000.0)
