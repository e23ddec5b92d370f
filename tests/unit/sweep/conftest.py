"""Bars for sweeps: a walk with trends, so that some strategies win and some lose."""

import numpy as np
import pandas as pd
import pytest


def walk(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.008, n) + 0.002 * np.sin(np.arange(n) / 40)))
    open_ = np.r_[close[0], close[:-1]] * np.exp(rng.normal(0, 0.001, n))
    wide = close * rng.uniform(0.001, 0.01, n)
    frame = pd.DataFrame({"open": open_, "high": np.maximum(open_, close) + wide})
    frame = frame.assign(low=np.minimum(open_, close) - wide, close=close, volume=rng.uniform(10, 90, n))
    return frame.set_index(pd.date_range("2024-01-01", periods=n, freq="1h", tz="UTC", name="time").as_unit("ns"))


@pytest.fixture
def bars() -> pd.DataFrame:
    return walk(600)
