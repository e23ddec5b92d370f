"""Stops: what no reference covers."""

from __future__ import annotations

import numpy as np

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(2000, seed=6)


def test_the_short_side_of_the_chandelier_exit():
    found = indicator("chandelier", window=9, factor=2.0)(BARS)
    wanted = BARS.low.rolling(9).min() + 2.0 * indicator("atr", window=9)(BARS)
    np.testing.assert_allclose(found.short, wanted, rtol=1e-12)


def test_a_stop_from_the_ends_of_a_bar_is_farther_off_when_it_begins():
    close, ends = indicator("atr_stop")(BARS).stop, indicator("atr_stop", basis="ends")(BARS)
    at = 21
    reach = 3.0 * indicator("atr", window=21)(BARS).iloc[at]
    bar, up = BARS.iloc[at], ends.trend.iloc[at] > 0
    assert np.isclose(ends.stop.iloc[at], bar.low - reach if up else bar.high + reach)
    assert np.isclose(close.iloc[at], bar.close - reach if up else bar.close + reach)


def test_trend_says_which_side_the_stop_is_on():
    for name in ("supertrend", "atr_stop"):
        found = indicator(name)(BARS).dropna(subset="stop")
        up = found.trend == 1.0
        assert up.any() and (~up).any()
        assert (found.lower[up] == found.stop[up]).all() and found.upper[up].isna().all()
        assert (found.upper[~up] == found.stop[~up]).all() and found.lower[~up].isna().all()
