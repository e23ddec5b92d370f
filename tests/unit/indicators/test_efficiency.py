"""How much of a way was made good, beside slow ways to the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=3)
CLOSE, MOVES = BARS.close, BARS.close.diff()
FLAT = BARS.assign(open=100.0, high=100.0, low=100.0, close=100.0)


def near(found: pd.Series, wanted: pd.Series) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("window", [1, 2, 10, 50])
def test_efficiency_ratio(window):
    way = MOVES.abs().rolling(window).sum()
    wanted = (CLOSE.diff(window).abs() / way).where(way > 1e-9, 1.0).where(way.notna())
    near(indicator("er", window=window)(BARS), wanted)


def test_efficiency_where_prices_stand_still_for_a_while():
    bars = BARS.copy()
    bars.loc[bars.index[100:120], "close"] = 100.0
    assert indicator("er")(bars).iloc[110:120].eq(1.0).all(), "no move is left: not the rounding of the sum either"
    assert indicator("er")(FLAT).iloc[10:].eq(1.0).all() and indicator("vhf")(FLAT).iloc[28:].eq(0.0).all()


def test_a_straight_way():
    straight = BARS.assign(close=np.arange(400.0))
    np.testing.assert_array_equal(indicator("er")(straight).iloc[10:], 1.0)
    near(indicator("vhf")(straight).iloc[28:], pd.Series(27 / 28, straight.index[28:]))


@pytest.mark.parametrize("window", [2, 28])
def test_vertical_horizontal_filter(window):
    span = CLOSE.rolling(window).max() - CLOSE.rolling(window).min()
    near(indicator("vhf", window=window)(BARS), span / MOVES.abs().rolling(window).sum())


@pytest.mark.parametrize("window", [2, 5, 20])
def test_forecast(window):
    places = np.arange(window)
    ahead = CLOSE.rolling(window).apply(lambda part: np.polyval(np.polyfit(places, part, 1), window), raw=True)
    near(indicator("fosc", window=window)(BARS), 100 * (CLOSE - ahead.shift()) / CLOSE)
    near(indicator("fosc", window=window)(BARS), 100 * (CLOSE - indicator("tsf", window=window)(BARS).shift()) / CLOSE)


def test_bodies():
    body = BARS.close - BARS.open
    rise, whole = body.clip(lower=0).rolling(14).sum(), body.abs().rolling(14).sum()
    near(indicator("imi")(BARS), 100 * rise / whole)
    near(indicator("qstick")(BARS), body.rolling(10).mean())
    assert indicator("imi")(FLAT).iloc[13:].eq(50.0).all() and indicator("qstick")(FLAT).iloc[9:].eq(0.0).all()
    still = BARS.copy()
    still.loc[still.index[100:140], "close"] = still.open
    assert indicator("imi")(still).iloc[113:140].eq(50.0).all()
