"""A mean and its errors, written out slowly."""

from __future__ import annotations

import numpy as np

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(300, seed=9)


def test_errors_of_a_mean():
    found = indicator("sma_analysis", window=15)(BARS)
    rolling = BARS.close.rolling(15)
    np.testing.assert_allclose(found.sma, rolling.mean(), rtol=1e-12)
    np.testing.assert_allclose(found.mad, rolling.apply(lambda x: abs(x - x.mean()).mean()), rtol=1e-9)
    np.testing.assert_allclose(found.mse, rolling.var(ddof=0), rtol=1e-7)
    np.testing.assert_allclose(found.mape, rolling.apply(lambda x: (abs(x - x.mean()) / x).mean()), rtol=1e-9)


def test_a_price_of_0_counts_as_no_error():
    found = indicator("sma_analysis", window=2)(BARS.close.iloc[:2] * 0 + [0.0, 4.0])
    assert found.iloc[1].tolist() == [2.0, 2.0, 4.0, 0.25]
