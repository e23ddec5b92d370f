"""What is added up, beside slow ways to the same."""

from __future__ import annotations

import numpy as np

from tests.contracts.test_indicators import made
from workbench.indicators import indicator

BARS = made(400, seed=17)


def test_running_sum():
    np.testing.assert_allclose(indicator("cumsum")(BARS), BARS.close.cumsum(), rtol=1e-12)
    np.testing.assert_allclose(indicator("cumsum", price="volume")(BARS), BARS.volume.cumsum(), rtol=1e-12)


def test_williams_accumulation():
    total, wanted, close = 0.0, [0.0], BARS.close.to_numpy()
    for i in range(1, len(BARS)):
        if close[i] > close[i - 1]:
            total += close[i] - min(BARS.low.iloc[i], close[i - 1])
        elif close[i] < close[i - 1]:
            total += close[i] - max(BARS.high.iloc[i], close[i - 1])
        wanted.append(total)
    np.testing.assert_allclose(indicator("wad")(BARS), wanted, rtol=1e-9, atol=1e-9)
