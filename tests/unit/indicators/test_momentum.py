"""Momentum beside small examples and slow oracles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.indicators import indicator

rng = np.random.default_rng(3)
PRICE = pd.Series(np.round(100 + np.cumsum(rng.normal(0, 1, 300)), 2))
nan = np.nan


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mom", [nan, nan, 2, 1, -4]),
        ("roc", [nan, nan, 100, 25, -100]),
        ("rocp", [nan, nan, 1, 0.25, -1]),
        ("rocr", [nan, nan, 2, 1.25, 0]),
        ("rocr100", [nan, nan, 200, 125, 0]),
    ],
)
def test_changes_over_two_bars(name, wanted):
    found = indicator(name, window=2)(pd.Series([2.0, 4.0, 4.0, 5.0, 0.0]))
    np.testing.assert_allclose(found, wanted)


def test_a_price_of_zero_has_no_rate_of_change():
    assert indicator("roc", window=1)(pd.Series([0.0, 5.0])).tolist()[1] == 0.0


def mean(values: np.ndarray, window: int) -> np.ndarray:
    """Exponential mean from the mean of the first values that are known."""
    out, first = np.full(len(values), nan), int(np.isnan(values).sum()) + window - 1
    out[first] = np.mean(values[first - window + 1 : first + 1])
    for i in range(first + 1, len(values)):
        out[i] = out[i - 1] + 2 / (window + 1) * (values[i] - out[i - 1])
    return out


def test_macd_with_means_that_begin_on_their_own():
    found = indicator("macd", fast=3, slow=7, signal=4, seed="own")(PRICE)
    line = mean(PRICE.to_numpy(), 3) - mean(PRICE.to_numpy(), 7)
    signal = mean(line, 4)
    np.testing.assert_allclose(found["signal"], signal)
    np.testing.assert_allclose(found["value"][9:], line[9:])
    np.testing.assert_allclose(found["histogram"], line - signal, atol=1e-12)
    assert found["value"].isna().sum() == 9


@pytest.mark.parametrize("name", ["macd", "apo"])
def test_the_windows_may_be_the_other_way_round(name):
    one, other = indicator(name, fast=12, slow=26)(PRICE), indicator(name, fast=26, slow=12)(PRICE)
    np.testing.assert_allclose(one, -other)


def test_dpo_takes_the_mean_of_earlier_bars_off():
    means = PRICE.rolling(6).mean()
    np.testing.assert_allclose(indicator("dpo", window=6)(PRICE), PRICE - means.shift(4))
    np.testing.assert_allclose(indicator("dpo_centred", window=6)(PRICE), PRICE - means.shift(-4))


def test_tsi():
    found, move = indicator("tsi", slow=5, fast=3, signal=2)(PRICE), PRICE.diff().to_numpy()
    line = 100 * mean(mean(move, 5), 3) / mean(mean(np.abs(move), 5), 3)
    np.testing.assert_allclose(found["signal"], mean(line, 2))
    assert indicator("tsi")(pd.Series(np.full(60, 5.0)))["value"].iloc[-1] == 0.0


def test_balance_of_power_by_hand():
    bars = pd.DataFrame({"open": [1.0, 2.0], "high": [3.0, 2.0], "low": [1.0, 2.0], "close": [2.0, 2.0]})
    assert indicator("bop")(bars).tolist() == [0.5, 0.0]
    assert indicator("bop", window=2)(bars).tolist()[1] == 0.25
