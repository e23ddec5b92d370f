"""Places in the order of size, beside sorting."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=5)


@pytest.mark.parametrize("window", [2, 3, 10, 30])
@pytest.mark.parametrize("percent", [0, 1, 7, 23, 50, 75, 90, 99, 100])
def test_percentile(window, percent):
    rank = max(1, math.ceil(percent * window / 100))
    wanted = BARS.close.rolling(window).apply(lambda part: np.sort(part)[rank - 1], raw=True)
    np.testing.assert_array_equal(indicator("percentile", window=window, percent=percent)(BARS), wanted)


def test_a_rank_is_not_raised_by_the_rounding_of_a_percent():
    assert 7 / 100 * 100 > 7, "what it is about"
    wanted = BARS.close.rolling(100).apply(lambda part: np.sort(part)[6], raw=True)
    np.testing.assert_array_equal(indicator("percentile", window=100, percent=7)(BARS), wanted)


def test_prices_that_are_equal():
    bars = BARS.assign(close=np.round(BARS.close))
    wanted = bars.close.rolling(9).median()
    np.testing.assert_array_equal(indicator("percentile", window=9)(bars), wanted)


def test_the_bars_of_both_extremes():
    found = indicator("minmaxindex", window=12)(BARS)
    np.testing.assert_array_equal(found["min"], indicator("minindex", window=12)(BARS))
    np.testing.assert_array_equal(found["max"], indicator("maxindex", window=12)(BARS))
    at = found["min"].iloc[11:].astype(int)
    np.testing.assert_array_equal(BARS.close.iloc[at], BARS.close.rolling(12).min().iloc[11:])
