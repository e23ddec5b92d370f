"""Moving averages: by hand, beside slow oracles, and over many bars."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from workbench.indicators import indicator

RNG = np.random.default_rng(7)
PRICES = pd.Series(np.round(100 + np.cumsum(RNG.normal(0, 0.3, 10_500)), 2))
BARS = pd.DataFrame(
    {
        "close": PRICES,
        "high": PRICES + 0.3,
        "low": PRICES - 0.2,
        "volume": RNG.integers(0, 3, len(PRICES)).astype(float),
    }
)
LONG = [
    ("ema", {}), ("wma", {}), ("lsma", {}), ("tsf", {}), ("hma", {"window": 30}), ("trima", {}),
    ("trima", {"window": 9}), ("dema", {}), ("tema", {}), ("t3", {}), ("zlema", {}), ("vwma", {"window": 3}),
    ("midpoint", {}), ("midprice", {}), ("kama", {}), ("vidya", {}), ("ama_jurik", {}), ("wma", {"window": 5000}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), LONG)
def test_cut_anywhere_over_bars_where_sums_are_taken_anew(name, values):
    one = indicator(name, **values)
    whole, stream, at, parts = one(BARS), one.stream(), 0, []
    while at < len(BARS):
        end = at + int(RNG.choice([1, 2, 3, 5, 700, 2000]))
        parts.append(stream.update(BARS.iloc[at:end]))
        at = end
    np.testing.assert_array_equal(pd.concat(parts), whole)


@pytest.mark.parametrize("name", ["ema", "smma", "wma", "lsma", "tsf", "hma", "trima", "dema", "tema", "zlema", "kama"])
def test_windows_of_every_small_size_on_a_flat_price_give_that_price(name):
    flat = pd.Series(np.full(60, 12.25))
    for window in range(2, 9):
        found = indicator(name, window=window)(flat).dropna()
        assert len(found) and (found == 12.25).all()


@pytest.mark.parametrize("seed", ["means", "mean", "first"])
def test_what_the_means_begin_with(seed):
    x = PRICES.to_numpy()[:60]

    def ema(values: np.ndarray, count: int) -> np.ndarray:
        out = [values[:count].mean()]
        for value in values[count:]:
            out.append(out[-1] + (value - out[-1]) / 3)
        return np.array(out)

    first = ema(x, 1 if seed == "first" else 5)
    second = ema(first, 5 if seed == "means" else 1)
    third = ema(second, 5 if seed == "means" else 1)
    n = len(third)
    found = indicator("dema", window=5, seed=seed)(PRICES[:60]).dropna()
    np.testing.assert_allclose(found, 2 * first[-len(second) :] - second, rtol=1e-12)
    found = indicator("tema", window=5, seed=seed)(PRICES[:60]).dropna()
    np.testing.assert_allclose(found, 3 * first[-n:] - 3 * second[-n:] + third, rtol=1e-12)
    found = indicator("t3", window=5, factor=0, seed=seed)(PRICES[:60]).dropna()
    np.testing.assert_allclose(found, third[-len(found) :], rtol=1e-12)


def test_weights_of_the_bell_curve():
    weights = np.array([math.exp(-((j - 0.5 * 2) ** 2) / (2 * (3 / 6) ** 2)) for j in range(3)])
    found = indicator("alma", window=3, offset=0.5, sigma=6.0)(pd.Series([1.0, 2.0, 6.0]))
    assert found[2] == pytest.approx((weights * [1, 2, 6]).sum() / weights.sum(), rel=1e-15)


def test_volume_weights_and_no_volume():
    bars = pd.DataFrame({"close": [1.0, 2.0, 4.0, 8.0, 9.0], "volume": [1.0, 0.1, 0.0, 0.0, 0.3]})
    found = indicator("vwma", window=2)(bars)
    assert found[1:].tolist() == pytest.approx([1.2 / 1.1, 2.0, 6.0, 9.0], rel=1e-12)


def test_envelope():
    found = indicator("ma_envelope", window=2, percent=10)(pd.Series([1.0, 3.0]))
    assert found.iloc[1].tolist() == pytest.approx([2.0, 2.2, 1.8])


def test_extremes_beside_rolling_ones():
    for window in (1, 2, 7, 50):
        roll = PRICES.rolling(window)
        np.testing.assert_array_equal(indicator("midpoint", window=window)(PRICES), (roll.max() + roll.min()) / 2)
