"""Bands: what no reference covers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(3000, seed=5)


def test_donchian_with_the_bar_itself():
    found = indicator("donchian", window=7)(BARS)
    high, low = BARS.high.rolling(7).max(), BARS.low.rolling(7).min()
    np.testing.assert_array_equal(found.upper, high)
    np.testing.assert_array_equal(found.lower, low)
    np.testing.assert_array_equal(found.middle, 0.5 * (high + low))


def test_donchian_when_prices_only_fall():
    prices = np.arange(60.0, 0.0, -1.0)
    bars = pd.DataFrame({"high": prices + 1, "low": prices})
    found = indicator("donchian", window=5)(bars)
    np.testing.assert_array_equal(found.upper[4:], prices[:-4] + 1)
    np.testing.assert_array_equal(found.lower[4:], prices[4:])


def test_bollinger_bands_do_not_drift_and_are_flat_where_prices_are():
    close = BARS.close.to_numpy().copy()
    close[1000:1100] = 100.0
    found = indicator("bbands", window=5)(pd.Series(close))
    windows = np.lib.stride_tricks.sliding_window_view(close, 5)
    np.testing.assert_allclose(found.upper[4:], windows.mean(1) + 2 * windows.std(1), rtol=1e-10)
    still = found.iloc[1004:1100]
    assert (still[["upper", "middle", "lower"]] == 100.0).all(axis=None)
    assert still[["percent_b", "z_score"]].isna().all(axis=None) and (still.width == 0.0).all()


def test_fractal_chaos_bands_by_hand():
    high = [1.0, 2.0, 5.0, 3.0, 2.0, 4.0, 3.0, 2.0]
    bars = pd.DataFrame({"high": high, "low": [value - 1 for value in high]})
    found = indicator("fcb", span=1)(bars)
    np.testing.assert_array_equal(found.upper, [np.nan, np.nan, np.nan, 5, 5, 5, 4, 4])
    np.testing.assert_array_equal(found.lower, [np.nan, np.nan, np.nan, np.nan, np.nan, 1, 1, 1])
