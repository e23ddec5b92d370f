"""Adaptive moving averages: by hand, and beside slow oracles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.indicators import indicator

RNG = np.random.default_rng(8)
PRICES = pd.Series(np.round(100 + np.cumsum(RNG.normal(0, 0.3, 500)), 2))


def test_vidya_beside_its_definition():
    x = PRICES.to_numpy()
    steps = np.diff(x, prepend=x[0])
    mean, wanted = x[8], [np.nan] * 9
    for i in range(9, len(x)):
        last = steps[i - 8 : i + 1]
        up, down = last[last > 0].sum(), -last[last < 0].sum()
        mean += 2 / 13 * abs((up - down) / (up + down)) * (x[i] - mean)
        wanted.append(mean)
    np.testing.assert_allclose(indicator("vidya")(PRICES), wanted, rtol=1e-12)


def test_kaufman_in_a_trend_and_in_a_flat_market():
    found = indicator("kama", window=3)(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0, 5.0]))
    assert found[3] == pytest.approx(3 + 4 / 9) and found[4] == pytest.approx(found[3] + 4 / 9 * (5 - found[3]))
    assert found[8] == pytest.approx(found[7] + 4 / 9 * (5 - found[7]))  # nothing moved: as in a trend
    still = indicator("vidya", momentum=2)(pd.Series([1.0, 2.0, 3.0, 3.0, 3.0, 3.0]))
    assert still[4] == still[5]  # nothing moved: no weight


def test_mcginley_never_passes_the_price():
    found = indicator("mcginley", window=14)(pd.Series([100.0, 101.0, 1.0, 0.0, 5.0]))
    assert found[1] == pytest.approx(100 + 1 / (8.4 * 1.01**4))
    assert found[2:].tolist() == [1.0, 0.0, 5.0]


def test_mesa_weights_stay_between_the_limits():
    found = indicator("mama", fast=0.5, slow=0.05)(pd.DataFrame({"high": PRICES + 0.1, "low": PRICES - 0.1}))
    before, weight = found["mama"].shift(), (found["mama"].diff() / (PRICES - found["mama"].shift()))[6:]
    assert found["mama"][5] == pytest.approx(PRICES[:6].mean()) and before.notna().sum() == len(PRICES) - 6
    assert weight.min() >= 0.05 - 1e-9 and weight.max() <= 0.5 + 1e-9 and weight.nunique() > 20


def test_the_jurik_like_one_is_smooth_and_quick():
    flat = indicator("ama_jurik", window=14)(pd.Series(np.full(80, 7.5)))
    assert (flat.dropna() == 7.5).all()
    jump = pd.Series(np.r_[np.full(60, 100.0) + 0.1 * np.sin(np.arange(60)), np.full(40, 110.0)])
    quick, slow = indicator("ama_jurik", most=6)(jump), indicator("ama_jurik", most=1)(jump)
    assert quick[64] > slow[64] and abs(quick[99] - 110) < 0.5


def test_the_jurik_like_one_beside_its_definition():
    x = PRICES.to_numpy()[:80]
    beta = 0.45 * 13 / (0.45 * 13 + 2)
    mean = level = x[0]
    slope = step = usual = 0.0
    wanted = []
    for value in x:
        usual += (abs(value - mean) - usual) / 56
        keep = beta ** (min(max(abs(value - mean) / usual, 1), 3) if usual else 1)
        level = (1 - keep) * value + keep * level
        slope = (1 - beta) * (value - level) + beta * slope
        step = (level + 1.5 * slope - mean) * (1 - keep) ** 2 + keep**2 * step
        mean += step
        wanted.append(mean)
    found = indicator("ama_jurik")(PRICES[:80])
    np.testing.assert_allclose(found[13:], wanted[13:], rtol=1e-12)
    assert found[:13].isna().all()
