"""Channels beside lines that are fitted anew."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(700, seed=5)


@pytest.mark.parametrize("window", [3, 20, 100])
def test_the_regression_channel_is_the_end_of_a_line(window):
    found = indicator("regression_channel", window=window, errors=1.5)(BARS)
    places = np.arange(window)
    for i in range(window - 1, len(BARS)):
        prices = BARS.close.to_numpy()[i - window + 1 : i + 1]
        fitted = np.polyval(np.polyfit(places, prices, 1), places)
        error = np.sqrt(((prices - fitted) ** 2).sum() / (window - 2))
        wanted = fitted[-1] + np.array([1.5, 0, -1.5]) * error
        np.testing.assert_allclose(found.iloc[i], wanted, rtol=1e-9)


def test_a_straight_line_has_no_width():
    found = indicator("regression_channel", window=50)(pd.Series(100 + 0.25 * np.arange(600)))
    np.testing.assert_allclose(found.iloc[49:].sub(100 + 0.25 * np.arange(49, 600), axis=0), 0, atol=1e-5)


def test_stretches_are_counted_from_the_last_bar():
    bars = BARS.iloc[:65]
    found = indicator("stdev_channels", window=20, deviations=3)(bars)
    assert found.iloc[:5].isna().all(axis=None) and found.iloc[5:].notna().all(axis=None)
    assert np.flatnonzero(found.begin == 1).tolist() == [5, 25, 45]
    assert np.flatnonzero(indicator("stdev_channels", window=20)(bars.iloc[:60]).begin == 1).tolist() == [0, 20, 40]
    for first in (5, 25, 45):
        prices, part = bars.close.to_numpy()[first : first + 20], found.iloc[first : first + 20]
        middle = np.polyval(np.polyfit(np.arange(20), prices, 1), np.arange(20))
        np.testing.assert_allclose(part.middle, middle, rtol=1e-12)
        np.testing.assert_allclose(part.upper - part.middle, 3 * prices.std(), rtol=1e-9)
        np.testing.assert_allclose(part.middle - part.lower, 3 * prices.std(), rtol=1e-9)
