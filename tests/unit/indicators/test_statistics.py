"""Statistics beside their formulas, written out slowly, where no other library has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(600, seed=8)


def rolling(n, function):
    return BARS.close.rolling(n).apply(function, raw=True).to_numpy()


def test_skew_and_kurtosis():
    np.testing.assert_allclose(
        indicator("skew", window=15)(BARS), rolling(15, lambda x: pd.Series(x).skew()), rtol=1e-8, atol=1e-9
    )
    np.testing.assert_allclose(
        indicator("kurtosis", window=15)(BARS), rolling(15, lambda x: pd.Series(x).kurt()), rtol=1e-8, atol=1e-9
    )


def test_percentile_rank():
    found = indicator("percentile_rank", window=4)(pd.Series([1.0, 2.0, 2.0, 5.0, 2.0, 9.0]))
    np.testing.assert_array_equal(found, [np.nan] * 4 + [25.0, 100.0])


def test_entropy():
    def bits(x):
        counts, _ = np.histogram(np.diff(x), 8)
        shares = counts[counts > 0] / counts.sum()
        return -(shares * np.log2(shares)).sum()

    np.testing.assert_allclose(indicator("entropy", window=50)(BARS), rolling(51, bits), rtol=0, atol=0.2)
    ramp = pd.Series(np.cumsum(np.tile(np.arange(8.0), 10)))
    np.testing.assert_allclose(indicator("entropy", window=16)(ramp).iloc[16:], 3.0, rtol=1e-12)


@pytest.mark.parametrize("name", ["var", "stddev", "zscore", "skew", "kurtosis", "correl", "beta", "entropy"])
def test_a_price_that_stands_still_after_a_jump_has_no_spread(name):
    flat = BARS.copy()
    flat.loc[flat.index[100:], ["open", "high", "low", "close"]] = 123.45
    assert (indicator(name)(flat).iloc[450:] == 0.0).all()


@pytest.mark.parametrize("name", ["max", "min", "minmax", "maxindex", "minindex"])
@pytest.mark.parametrize("window", [1, 2, 7, 299, 300, 301])
def test_extremes_in_one_call_and_bar_by_bar(name, window):
    if window == 1 and name.endswith("index"):
        return
    one = indicator(name, window=window)
    stream = one.stream()
    parts = [stream.update(BARS.iloc[i : i + 1]) for i in range(len(BARS))]
    pd.testing.assert_frame_equal(pd.DataFrame(pd.concat(parts)), pd.DataFrame(one(BARS)), check_freq=False)
    if name in ("max", "min"):
        wanted = getattr(BARS.close.rolling(window), name)()
        np.testing.assert_array_equal(one(BARS), wanted)


def test_a_spread_is_exact_far_from_zero():
    far = BARS.close - BARS.close.iloc[0] + 1e7
    wanted = far.rolling(20).apply(np.std, raw=True).to_numpy()
    np.testing.assert_allclose(indicator("stddev", window=20)(far), wanted, rtol=1e-7)
