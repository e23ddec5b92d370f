"""How far prices spread, beside slow ways to the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=13)
SPAN = BARS.high - BARS.low


def near(found: pd.Series, wanted: pd.Series) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def smoothed(values: pd.Series, window: int, weight: float) -> pd.Series:
    """An exponential mean that begins with the mean of its first ``window`` known values."""
    known = values.to_numpy()
    first = int((~np.isnan(known)).argmax())
    out, mean = np.full(len(known), np.nan), known[first : first + window].mean()
    for i in range(first + window - 1, len(known)):
        mean += weight * (known[i] - mean) if i >= first + window else 0.0
        out[i] = mean
    return pd.Series(out, values.index)


def test_mean_range_and_distance():
    near(indicator("adr")(BARS), SPAN.rolling(14).mean())
    for window in (2, 14, 33):
        wanted = BARS.close.rolling(window).apply(lambda part: np.abs(part - part.mean()).mean(), raw=True)
        near(indicator("avgdev", window=window)(BARS), wanted)


@pytest.mark.parametrize(("window", "change"), [(10, 10), (3, 7), (1, 1)])
def test_change_of_the_mean_range(window, change):
    mean = smoothed(SPAN, window, 2 / (window + 1))
    near(indicator("cvi", window=window, change=change)(BARS), 100 * (mean / mean.shift(change) - 1))


def test_deviations_of_rising_and_falling_bars():
    wide, move = BARS.close.rolling(10).std(ddof=0), BARS.close.diff()
    up = smoothed(wide.where(move > 0, 0).where(wide.notna()), 14, 1 / 14)
    down = smoothed(wide.where(move < 0, 0).where(wide.notna()), 14, 1 / 14)
    near(indicator("rvi")(BARS), 100 * up / (up + down))
    assert indicator("rvi")(BARS.assign(close=100.0)).iloc[22:].eq(50.0).all()


def test_range_for_volume():
    near(indicator("marketfi")(BARS), SPAN / BARS.volume)
    assert indicator("marketfi")(BARS.assign(volume=0.0)).eq(0.0).all()
