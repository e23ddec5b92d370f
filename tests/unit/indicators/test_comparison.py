"""A second symbol beside the first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.errors import DataError
from workbench.indicators import indicator

BARS = made(200, seed=2)


def test_relative_strength_of_prices():
    found = indicator("prs", window=7)(BARS)
    np.testing.assert_allclose(found.ratio, BARS.close / BARS.other, rtol=1e-15)
    np.testing.assert_allclose(found.change, BARS.close.pct_change(7) - BARS.other.pct_change(7), atol=1e-14)
    other = indicator("prs", price="other", base="hl2", window=7)(BARS)
    np.testing.assert_allclose(other.ratio, BARS.other / ((BARS.high + BARS.low) / 2), rtol=1e-15)


def test_a_symbol_that_trades_on_fewer_bars_is_carried_forward():
    fewer = BARS.other.iloc[::3]
    bars = BARS.assign(other=fewer.reindex(BARS.index, method="ffill"))
    np.testing.assert_allclose(
        indicator("prs")(bars).ratio.iloc[5], BARS.close.iloc[5] / BARS.other.iloc[3], rtol=1e-15
    )


def test_a_symbol_against_itself():
    itself = indicator("prs", base="close")(BARS)
    assert (itself.ratio == 1).all() and (itself.change.iloc[20:] == 0).all()
    np.testing.assert_allclose(indicator("beta", x="close", y="close")(BARS).iloc[5:], 1, rtol=1e-9)


def test_prices_of_0_divide_nothing():
    zeros = pd.DataFrame({"close": [1.0, 2.0, 3.0], "other": [0.0, 0.0, 4.0]})
    found = indicator("prs", window=1)(zeros)
    np.testing.assert_array_equal(found.ratio, [0, 0, 0.75])
    np.testing.assert_array_equal(found.change, [np.nan, 2, 1.5])


def test_bars_without_the_other_symbol():
    with pytest.raises(DataError, match="prs reads a column 'other'"):
        indicator("prs")(BARS.drop(columns="other"))
