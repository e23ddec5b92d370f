"""Indicators of several steps that no other library gives numbers for, beside slow ways to the same."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=3)
CLOSE = BARS.close


def ema(values: pd.Series, window: int, weight: float) -> pd.Series:
    """Begins with the simple mean of the first values that are known."""
    known = values.dropna()
    out = pd.Series(np.nan, index=values.index)
    if len(known) >= window:
        rest = pd.concat([pd.Series([known.iloc[:window].mean()], index=known.index[window - 1 : window]),
                          known.iloc[window:]])  # fmt: skip
        out[rest.index] = rest.ewm(alpha=weight, adjust=False).mean()
    return out


def change(bars: int) -> pd.Series:
    return 100 * (CLOSE / CLOSE.shift(bars) - 1)


def test_mass_index():
    once = ema(BARS.high - BARS.low, 9, 0.2)
    wanted = (once / ema(once, 9, 0.2)).rolling(25).sum()
    np.testing.assert_allclose(indicator("mass_index")(BARS), wanted, rtol=1e-12)


def test_coppock():
    weights = np.arange(1.0, 11)
    wanted = (change(14) + change(11)).rolling(10).apply(lambda w: w @ weights / weights.sum(), raw=True)
    np.testing.assert_allclose(indicator("coppock")(BARS), wanted, rtol=1e-9, atol=1e-11)


def test_know_sure_thing():
    pairs = zip((10, 15, 20, 30), (10, 10, 10, 15), strict=True)
    wanted = sum((k + 1) * change(bars).rolling(mean).mean() for k, (bars, mean) in enumerate(pairs))
    found = indicator("kst")(BARS)
    np.testing.assert_allclose(found.kst, wanted, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(found.signal, wanted.rolling(9).mean(), rtol=1e-9, atol=1e-11)


def test_squeeze():
    window, before = 12, CLOSE.shift(1).fillna(CLOSE)
    mean = CLOSE.rolling(window).mean()
    true_range = np.maximum(BARS.high, before) - np.minimum(BARS.low, before)
    middle = (BARS.high.rolling(window).max() + BARS.low.rolling(window).min()) / 2
    far = CLOSE - (middle + mean) / 2
    x = np.arange(window)
    momentum = far.rolling(window).apply(lambda w: np.polyval(np.polyfit(x, w, 1), window - 1), raw=True)
    on = 2 * CLOSE.rolling(window).std(ddof=0) < 1.5 * true_range.rolling(window).mean()
    found = indicator("squeeze", window=window)(BARS)
    np.testing.assert_allclose(found.momentum, momentum, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(found.on[2 * window :], on.astype(float)[2 * window :])
    assert set(found.on.dropna()) == {0.0, 1.0}


def test_qqe():
    move = CLOSE.diff()
    rise, fall = ema(move.clip(lower=0), 14, 1 / 14), ema((-move).clip(lower=0), 14, 1 / 14)
    index = ema(100 * rise / (rise + fall), 5, 1 / 3)
    far = 4.236 * ema(ema(index.diff().abs(), 27, 1 / 14), 27, 1 / 14)
    line, wanted = np.nan, []
    for now, last, width in zip(index, index.shift(1), far, strict=True):
        if np.isnan(line):
            line = now - width
        elif now > line:
            line = max(line, now - width) if last > line else now - width
        elif now < line:
            line = min(line, now + width) if last < line else now + width
        wanted.append(line)
    found = indicator("qqe")(BARS)
    np.testing.assert_allclose(found.qqe, index, rtol=1e-10)
    np.testing.assert_allclose(found.signal, wanted, rtol=1e-9)


def test_a_market_that_stands_still():
    flat = BARS.assign(open=5.0, high=5.0, low=5.0, close=5.0)
    assert indicator("chop")(flat).dropna().eq(100).all()
    assert indicator("vortex")(flat).dropna().eq(0).all(axis=None)
    assert indicator("mass_index")(flat).dropna().eq(25).all()
    assert indicator("qqe")(flat).qqe.dropna().eq(50).all()
