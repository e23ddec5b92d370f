"""Volume indicators that no other library gives numbers for, beside slow ways to the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=3)
TYPICAL = (BARS.high + BARS.low + BARS.close) / 3
FOUR = pd.DataFrame(
    {"high": [11.0, 12, 13, 12], "low": [9.0, 10, 11, 10], "close": [10.0, 12, 12, 11], "volume": [100.0, 50, 200, 0]},
    index=pd.date_range("2026-01-05", periods=4, freq="12h", tz="UTC"),
)


def test_vwap_begins_anew_with_each_day():
    found = indicator("vwap", deviations=1.0)(BARS)
    for _, day in BARS.groupby(BARS.index.floor("D")):
        price, volume = TYPICAL[day.index], day.volume
        mean = (price * volume).cumsum() / volume.cumsum()
        spread = [
            np.sqrt(np.average((price[: i + 1] - mean.iloc[i]) ** 2, weights=volume[: i + 1])) for i in range(len(day))
        ]
        np.testing.assert_allclose(found.vwap[day.index], mean, rtol=1e-12)
        np.testing.assert_allclose(found.upper[day.index], mean + spread, rtol=1e-9)
        np.testing.assert_allclose(found.lower[day.index], mean - spread, rtol=1e-9)
    assert BARS.index.floor("D").nunique() > 2


def test_vwap_without_volume_is_the_price():
    found = indicator("vwap")(BARS.assign(volume=0.0))
    for output in found:
        np.testing.assert_allclose(found[output], TYPICAL, rtol=1e-15)


def test_vwap_rolling():
    wanted = (TYPICAL * BARS.volume).rolling(9).sum() / BARS.volume.rolling(9).sum()
    np.testing.assert_allclose(indicator("vwap_rolling", window=9)(BARS), wanted, rtol=1e-12)


def test_ease_of_movement():
    assert indicator("eom", window=1, unit=100)(FOUR).tolist()[1:] == [4.0, 1.0, 0.0]
    assert indicator("eom", window=2, unit=100)(FOUR).tolist()[2:] == [2.5, 0.5]


def test_volume_indices_follow_the_price_on_their_bars_only():
    assert indicator("nvi")(FOUR).tolist() == pytest.approx([1000, 1200, 1200, 1100])
    assert indicator("pvi")(FOUR).tolist() == pytest.approx([1000, 1000, 1000, 1000])
    assert indicator("pvi")(FOUR[::-1].set_index(FOUR.index)).tolist() == pytest.approx([1000, 12000 / 11, 12000 / 11,
                                                                                      10000 / 11])  # fmt: skip


def test_volume_price_trend():
    assert indicator("vpt")(FOUR).tolist() == pytest.approx([0, 10, 10, 10])


def test_mean_and_relative_volume():
    mean = BARS.volume.rolling(20).mean()
    np.testing.assert_allclose(indicator("volume_sma")(BARS), mean, rtol=1e-12)
    np.testing.assert_allclose(indicator("relative_volume")(BARS), BARS.volume / mean, rtol=1e-12)


@pytest.mark.parametrize("name", ["cmf", "mfi", "vwap_rolling", "relative_volume"])
def test_nothing_is_left_of_volume_that_has_gone(name):
    bars = BARS.copy()
    bars.loc[bars.index[100:], "volume"] = 0.0
    bars["volume"] /= 3.0
    found = indicator(name)(bars).to_numpy()[150:]
    np.testing.assert_array_equal(found, TYPICAL.to_numpy()[150:] if name == "vwap_rolling" else 0.0)


def test_money_flow_takes_the_rounding_of_the_mean_for_no_change():
    bars = pd.DataFrame(
        {"high": [0.3, 0.3, 0.2], "low": [0.1, 0.2, 0.2], "close": [0.2, 0.1, 0.2], "volume": [1.0, 1, 1]}
    )
    assert indicator("mfi", window=2)(bars).tolist()[2] == 0.0
