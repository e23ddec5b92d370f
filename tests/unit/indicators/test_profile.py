"""Anchored means, and profiles beside slow ones that are made anew for each bar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made, same
from workbench.errors import DataError
from workbench.indicators import indicator
from workbench.kernels.indicators.profile import ROOM

BARS = made(300, seed=4)


def slow(bars: pd.DataFrame, step: float, area: float) -> tuple[float, float, float]:
    """The levels of all ``bars`` together."""
    volume: dict[int, float] = {}
    for high, low, size in zip(bars.high, bars.low, bars.volume, strict=True):
        levels = range(int(np.floor(low / step + 0.5)), int(np.floor(high / step + 0.5)) + 1)
        for level in levels:
            volume[level] = volume.get(level, 0.0) + size / len(levels)
    low, high = min(volume), max(volume)
    sizes = [volume.get(level, 0.0) for level in range(low, high + 1)]
    point = min(range(len(sizes)), key=lambda k: (-sizes[k], abs(2 * k - (high - low)), k))
    bottom = top = point
    while sum(sizes[bottom : top + 1]) < area * sum(sizes) * (1 - 1e-12) and (bottom, top) != (0, len(sizes) - 1):
        above, below = sum(sizes[top + 1 : top + 3]), sum(sizes[max(bottom - 2, 0) : bottom])
        if top < len(sizes) - 1 and (bottom == 0 or above >= below):
            top = min(top + 2, len(sizes) - 1)
        else:
            bottom = max(bottom - 2, 0)
    return (low + point) * step, (low + top) * step, (low + bottom) * step


@pytest.mark.parametrize(("step", "area"), [(0.25, 0.7), (0.05, 0.5), (1.0, 1.0)])
def test_levels_are_those_of_the_bars_so_far(step, area):
    bars = BARS.iloc[:120]
    found = indicator("profile_levels", anchor="first", step=step, value_area=area)(bars)
    wanted = [slow(bars.iloc[: at + 1], step, area) for at in range(len(bars))]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_levels_begin_anew_with_each_session():
    found = indicator("profile_levels", step=0.25)(BARS)
    days = BARS.index.normalize()
    assert days.nunique() > 1
    for day in days.unique():
        part = BARS[days == day]
        same(found[days == day], indicator("profile_levels", anchor="first", step=0.25)(part))


@pytest.mark.parametrize("anchor", ["2026-01-05T02:00", "2026-01-05 03:00+01:00"])
@pytest.mark.parametrize("name", ["profile_levels", "vwap_anchored"])
def test_an_anchor_is_a_time(name, anchor):
    found = indicator(name, anchor=anchor)(BARS)
    after = BARS.index >= pd.Timestamp("2026-01-05T02:00Z")
    assert 0 < after.sum() < len(BARS) and found[~after].isna().all(axis=None)
    same(found[after], indicator(name, anchor="first")(BARS[after]))
    stream = indicator(name, anchor=anchor).stream()
    same(pd.DataFrame([stream.update(BARS.iloc[at]) for at in range(len(BARS))]), found)


def test_the_bar_that_begins_at_the_anchor_counts():
    found = indicator("vwap_anchored", anchor=BARS.index[50].isoformat())(BARS)
    assert found.vwap.isna().sum() == 50


def test_the_anchored_mean_price():
    found = indicator("vwap_anchored")(BARS)
    typical = (BARS.high + BARS.low + BARS.close) / 3
    wanted = (typical * BARS.volume).cumsum() / BARS.volume.cumsum()
    np.testing.assert_allclose(found.vwap, wanted, rtol=1e-12)
    same(found, indicator("vwap", anchor="first")(BARS))


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "session"])
def test_an_anchor_that_is_none(text):
    with pytest.raises(DataError, match="anchor must be 'first', or a time such as '2026-01-05T14:30', not"):
        indicator("vwap_anchored", anchor=text)


def test_a_range_that_is_too_wide_doubles_the_step():
    calm = pd.DataFrame({"high": [100.0] * 3, "low": [99.0] * 3, "volume": [10.0] * 3})
    wild = pd.DataFrame({"high": [100.0 + ROOM / 10], "low": [99.5], "volume": [1.0]})
    bars = pd.concat([calm, wild], ignore_index=True).set_axis(
        pd.date_range("2026-01-05", periods=4, freq="min", tz="UTC", name="time")
    )
    found = indicator("profile_levels", anchor="first", step=0.1)(bars)
    doubled = indicator("profile_levels", anchor="first", step=0.2)(bars)
    assert found.vah.iloc[0] != doubled.vah.iloc[0]
    assert 99 <= found.val.iloc[-1] <= found.poc.iloc[-1] <= found.vah.iloc[-1] <= 100.3
    assert found.iloc[-1].to_numpy() / 0.2 == pytest.approx(np.round(found.iloc[-1].to_numpy() / 0.2), abs=1e-9)
    huge = bars.assign(high=[1e6, 100, 100, 100], low=[0.0, 99, 99, 99])
    assert indicator("profile_levels", anchor="first", step=0.01)(huge).notna().all(axis=None)


def test_bars_of_one_price_and_without_volume():
    one = BARS.iloc[:3].assign(high=50.0, low=50.0)
    assert (indicator("profile_levels", step=0.5)(one) == 50.0).all(axis=None)
    still = indicator("profile_levels", step=0.25)(BARS.iloc[:3].assign(volume=0.0))
    assert still.notna().all(axis=None) and (still.poc == still.vah).all() and (still.poc == still.val).all()
