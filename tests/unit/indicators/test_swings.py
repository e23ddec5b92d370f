"""Turning points beside slow searches, and what is confirmed beside what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(3000, seed=6)


def line(*closes: float) -> pd.DataFrame:
    """Bars that are one price each."""
    prices = np.array(closes, float)
    return pd.DataFrame({"high": prices, "low": prices, "close": prices})


@pytest.mark.parametrize(("left", "right"), [(2, 2), (5, 1), (1, 4)])
def test_fractals_stand_out_from_all_bars_near_by(left, right):
    found = indicator("fractal", left=left, right=right)(BARS)
    high, low = BARS.high.to_numpy(), BARS.low.to_numpy()
    for i in range(len(BARS)):
        whole = left <= i < len(BARS) - right
        others = [k for k in range(i - left, i + right + 1) if k != i]
        top, bottom = whole and (high[i] > high[others]).all(), whole and (low[i] < low[others]).all()
        np.testing.assert_array_equal(found.iloc[i], [high[i] if top else np.nan, low[i] if bottom else np.nan])
    later = indicator("fractal_confirmed", left=left, right=right)(BARS)
    pd.testing.assert_frame_equal(later, found.shift(right))
    signal = indicator("fractal_confirmed", left=left, right=right, show="signal")(BARS)
    np.testing.assert_array_equal(signal, later.notna() * 100.0)


def test_equal_neighbours_make_no_fractal():
    assert indicator("fractal")(line(1, 2, 5, 5, 2, 1, 1)).isna().all(axis=None)


def test_zigzag_by_hand():
    found = indicator("zigzag", percent=10)(line(100, 95, 92, 100, 120, 112, 119, 108, 104, 96, 110, 108))
    assert found.high.dropna().to_dict() == {4: 120.0} and found.low.dropna().to_dict() == {2: 92.0, 9: 96.0}
    np.testing.assert_allclose(
        found.line, [np.nan, np.nan, 92, 106, 120, 115.2, 110.4, 105.6, 100.8, 96, 102, 108], rtol=1e-14
    )
    np.testing.assert_allclose(found.lower.iloc[2:10], 92 + 4 * np.arange(8) / 7, rtol=1e-14)
    assert found.lower.iloc[10:].isna().all()
    np.testing.assert_allclose(found.upper.iloc[4:], 120 - 12 * np.arange(8) / 7, rtol=1e-14)


def test_zigzag_confirmed_by_hand():
    found = indicator("zigzag_confirmed", percent=10)(line(100, 95, 92, 100, 120, 112, 119, 108, 104, 96, 110, 108))
    assert found.trend.fillna(0).tolist() == [0] * 4 + [1] * 3 + [-1] * 3 + [1] * 2
    assert found.low.fillna(0).tolist() == [0] * 4 + [92] * 6 + [96] * 2
    assert found.high.fillna(0).tolist() == [0] * 7 + [120] * 5


def test_a_first_leg_without_a_known_begin_is_not_drawn():
    found = indicator("zigzag", percent=10)(line(100, 120, 130, 110, 115))
    assert found.line.dropna().to_dict() == {2: 130.0, 3: 122.5, 4: 115.0}
    assert found.low.isna().all()


@pytest.mark.parametrize("prices", ["high_low", "close"])
def test_turns_alternate_and_are_confirmed_later_at_the_same_price(prices):
    drawn = indicator("zigzag", percent=1.5, prices=prices)(BARS)
    known = indicator("zigzag_confirmed", percent=1.5, prices=prices)(BARS)
    turns = drawn.high.fillna(drawn.low).dropna()
    kinds = np.where(drawn.high.loc[turns.index].notna(), 1, -1)
    assert len(turns) > 40 and (kinds[1:] == -kinds[:-1]).all()
    ways = np.abs(turns.to_numpy()[1:] / turns.to_numpy()[:-1] - 1)
    assert ways.min() >= 0.015 * (1 - 1e-12)
    for side in ("high", "low"):
        steps = known[side][known[side].ne(known[side].shift()) & known[side].notna()]
        points = drawn[side].dropna()
        points = points[points.ne(points.shift())]  # a second turn at the very price does not show
        np.testing.assert_array_equal(steps, points)
        assert (steps.index > points.index).all()
    np.testing.assert_array_equal(drawn.line[turns.index], turns)


def test_the_prices_of_a_zigzag_are_those_that_are_asked_for():
    wide = BARS.assign(high=BARS.close, low=BARS.close)
    for name in ("zigzag", "zigzag_confirmed"):
        pd.testing.assert_frame_equal(
            indicator(name, percent=1, prices="close")(BARS), indicator(name, percent=1)(wide)
        )
