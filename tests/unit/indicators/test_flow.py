"""Order flow beside slow ways to the same."""

from __future__ import annotations

import numpy as np

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=3)
NET = BARS.buy_volume - BARS.sell_volume


def test_delta_and_its_sum():
    np.testing.assert_array_equal(indicator("delta")(BARS), NET)
    np.testing.assert_array_equal(indicator("cvd")(BARS), NET.cumsum())


def test_the_sum_begins_anew_with_each_day():
    wanted = NET.groupby(BARS.index.floor("D")).cumsum()
    np.testing.assert_array_equal(indicator("cvd", anchor="session")(BARS), wanted)
    assert BARS.index.floor("D").nunique() > 2


def test_imbalance():
    np.testing.assert_allclose(indicator("volume_imbalance")(BARS), NET / BARS.volume, rtol=1e-12)
    wanted = NET.rolling(7).sum() / BARS.volume.rolling(7).sum()
    np.testing.assert_allclose(indicator("volume_imbalance", window=7)(BARS), wanted, rtol=1e-9, atol=1e-12)
    assert indicator("volume_imbalance")(BARS.assign(buy_volume=0.0, sell_volume=0.0)).eq(0).all()
