"""Indicators of averages that are chosen, beside slow ways to the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=9)
CLOSE = BARS.close.reset_index(drop=True)


def ema(values: pd.Series, window: int, weight: float, first: int) -> pd.Series:
    """Begins with the mean of ``window`` values from ``first`` on."""
    out, mean = pd.Series(np.nan, values.index), values[first : first + window].mean()
    out[first + window - 1] = mean
    for i in range(first + window, len(values)):
        mean += weight * (values[i] - mean)
        out[i] = mean
    return out


def mean(kind: str, values: pd.Series, window: int, known: int) -> pd.Series:
    if kind == "sma":
        return values.rolling(window).mean()
    if kind == "wma":
        weights = np.arange(1, window + 1) / (window * (window + 1) / 2)
        return values.rolling(window).apply(lambda part: part @ weights, raw=True)
    return ema(values, window, 2 / (window + 1), known - window + 1)


def near(found: pd.Series, wanted: pd.Series) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kinds", [("sma", "ema", "wma"), ("wma", "sma", "ema"), ("ema", "wma", "sma")])
@pytest.mark.parametrize(("fast", "slow", "signal"), [(12, 26, 9), (9, 4, 1), (1, 2, 3)])
def test_macd_of_any_means(kinds, fast, slow, signal):
    known = max(fast, slow) - 1
    line = mean(kinds[0], CLOSE, fast, known) - mean(kinds[1], CLOSE, slow, known)
    line[:known] = np.nan
    after = mean(kinds[2], line, signal, known + signal - 1)
    names = dict(zip(("fast_average", "slow_average", "signal_average"), kinds, strict=True))
    found = indicator("macdext", fast=fast, slow=slow, signal=signal, **names)(BARS)
    near(found["value"], line.where(after.notna()))
    near(found["signal"], after)
    near(found["histogram"], line - after)


def test_macd_of_exponential_means_is_the_macd():
    kinds = dict.fromkeys(("fast_average", "slow_average", "signal_average"), "ema")
    near(indicator("macdext", **kinds)(BARS).to_numpy(), indicator("macd")(BARS).to_numpy())


def test_a_window_of_its_own_for_each_bar():
    said = np.random.default_rng(1).uniform(-3, 40, len(BARS))
    found = indicator("mavp", windows="said", least=3, most=20)(BARS.assign(said=said))
    counts = np.clip(said, 3, 20).astype(int)
    wanted = [CLOSE[i - n + 1 : i + 1].mean() if i >= 19 else np.nan for i, n in enumerate(counts)]
    near(found, pd.Series(wanted))
    assert len(set(counts)) == 18


def test_acceleration():
    awesome = indicator("awesome")(BARS)
    near(indicator("ac")(BARS), awesome - awesome.rolling(5).mean())
    awesome = indicator("awesome", fast=9, slow=3)(BARS)
    near(indicator("ac", fast=9, slow=3, signal=2)(BARS), awesome - awesome.rolling(2).mean())


def test_kdj():
    top, bottom = BARS.high.rolling(9).max(), BARS.low.rolling(9).min()
    place = (100 * (BARS.close - bottom) / (top - bottom)).reset_index(drop=True)
    k = ema(place, 3, 1 / 3, 8)
    d = ema(k, 3, 1 / 3, 10)
    found = indicator("kdj")(BARS)
    near(found["k"], k.where(d.notna()))
    near(found["d"], d)
    near(found["j"], 3 * k - 2 * d)
