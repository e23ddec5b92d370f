"""Oscillators beside small examples and slow oracles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(9000, seed=5)
PRICE = BARS["close"]


def test_rsi_of_sums_is_cutlers():
    move = PRICE.diff()
    up, down = move.clip(lower=0).rolling(5).sum(), (-move).clip(lower=0).rolling(5).sum()
    np.testing.assert_allclose(indicator("rsi", window=5, smoothing="sma")(PRICE), 100 * up / (up + down), atol=1e-9)


def test_rsi_by_hand():
    found = indicator("rsi", window=2)(pd.Series([1.0, 2.0, 1.0, 4.0]))
    assert found.tolist()[2:] == [50.0, pytest.approx(100 * 1.75 / 2)]


def test_sums_of_a_market_that_stops_are_zero():
    still = pd.Series([1.1, 1.3, 1.2, *[1.7] * 9])
    assert indicator("cmo", window=4)(still).tolist()[-1] == 0.0
    assert indicator("rsi", window=4, smoothing="sma")(pd.Series([0.1, 0.3, *[0.7] * 9])).tolist()[-1] == 0.0


@pytest.mark.parametrize("window", [1, 2, 3, 5, 16, 37, 5000])
def test_stochastic_of_any_window_in_any_pieces(window):
    top, bottom = BARS["high"].rolling(window).max(), BARS["low"].rolling(window).min()
    line = 100 * (PRICE - bottom) / (top - bottom)
    one = indicator("stoch", window=window, smooth=2, signal=3)
    found = one(BARS)
    known = found["d"].notna().to_numpy()
    assert known.argmax() == one.warmup and known[one.warmup :].all()
    wanted = line.fillna(0).where(top.notna()).rolling(2).mean()
    np.testing.assert_allclose(found["k"][known], wanted[known], atol=1e-9)
    np.testing.assert_allclose(found["d"], wanted.rolling(3).mean(), atol=1e-9)
    stream = one.stream()
    parts = pd.concat([stream.update(BARS.iloc[at : at + 777]) for at in range(0, len(BARS), 777)])
    np.testing.assert_array_equal(parts, found)


def test_aroon_of_equal_highs():
    bars = pd.DataFrame({"high": [1.0, 3.0, 3.0, 2.0], "low": [1.0, 1.0, 1.0, 1.0]})
    assert indicator("aroon", window=3)(bars).iloc[3].tolist() == pytest.approx([100.0, 200 / 3])
    assert indicator("aroon", window=3, tie="first")(bars).iloc[3].tolist() == pytest.approx([0.0, 100 / 3])


def test_stochastic_rsi_is_the_stochastic_of_the_rsi():
    rsi = indicator("rsi", window=9)(PRICE)
    low, high = rsi.rolling(6).min(), rsi.rolling(6).max()
    line = (100 * (rsi - low) / (high - low)).rolling(2).mean()
    found = indicator("stochrsi", window=9, range=6, smooth=2, signal=4)(PRICE)
    np.testing.assert_allclose(found["d"], line.rolling(4).mean(), atol=1e-8)


def test_schaff_trend_cycle():
    price = PRICE.iloc[:200].to_numpy()
    line = indicator("apo", fast=4, slow=9)(PRICE.iloc[:200]).to_numpy()

    def stage(values: np.ndarray) -> np.ndarray:
        out, last, mean = np.full(len(price), np.nan), 0.0, np.nan
        for i in range(int(np.isnan(values).sum()) + 4, len(price)):
            part = values[i - 4 : i + 1]
            last = 100 * (part[-1] - part.min()) / np.ptp(part) if np.ptp(part) > 0 else last
            mean = last if np.isnan(mean) else mean + 0.5 * (last - mean)
            out[i] = mean
        return out

    found = indicator("stc", fast=4, slow=9, cycle=5)(PRICE.iloc[:200])
    np.testing.assert_allclose(found, stage(stage(line)), atol=1e-9)
