"""Bars for the tests of this folder."""

from __future__ import annotations

import numpy as np
import pandas as pd


def bars_of(seed: int, count: int = 120, sigma: float = 0.02) -> pd.DataFrame:
    """A walk of hours, each bar as wide as ``sigma`` on both sides."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(size=count) * sigma))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(size=count) * sigma / 4)
    high = np.maximum(opened, close) * (1 + rng.random(count) * sigma)
    low = np.minimum(opened, close) * (1 - rng.random(count) * sigma)
    columns = {"open": opened, "high": high, "low": low, "close": close, "volume": rng.integers(1, 500, count) * 1.0}
    return pd.DataFrame(columns, index=pd.date_range("2026-01-05", periods=count, freq="1h", tz="UTC", name="time"))
