"""Every registered strategy runs as it is, compiled and plain alike, and is compiled ahead by ``doctor --warm``."""

import numpy as np
import pandas as pd
import pytest

from workbench.backtest import backtest
from workbench.strategies import strategies, strategy
from workbench.warm import compile_piece


def bars(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.006, n)))
    open_ = np.r_[close[0], close[:-1]] * np.exp(rng.normal(0, 0.001, n))
    spread = close * rng.uniform(0.001, 0.006, n)
    index = pd.date_range("2026-01-05 14:30", periods=n, freq="15min", tz="UTC").as_unit("ns")
    found = pd.DataFrame({"open": open_, "high": np.maximum(open_, close) + spread}, index=index)
    found = found.assign(low=np.minimum(open_, close) - spread, close=close, volume=rng.uniform(50, 500, n))
    return found.assign(buy_volume=found["volume"] * rng.uniform(0, 1, n)).assign(
        sell_volume=lambda b: b["volume"] - b["buy_volume"], trades=5, vwap=close
    )


@pytest.mark.parametrize("name", strategies.names())
def test_it_runs_compiled_and_plain_with_the_same_numbers(name):
    one = strategy(name, **strategies.get(name).example)
    compiled, plain = backtest(one, bars()), backtest(one, bars(), compiled=False)
    assert compiled.equity.equals(plain.equity)
    pd.testing.assert_frame_equal(compiled.fills, plain.fills)


@pytest.mark.parametrize("name", strategies.names())
def test_it_is_compiled_ahead(name):
    assert compile_piece(f"strategy {name}") == ""
