"""The audit finds nothing in what is honest: every indicator that says so, and every registered strategy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.backtest import audit, backtest
from workbench.indicators import indicators
from workbench.strategies import strategies, strategy

CAUSAL = [name for name in indicators.names() if indicators.get(name).causal]
OTHERS = [name for name in indicators.names() if not indicators.get(name).causal]
#: Indicators that count from the first bar, or add up all of them: their values depend on where the bars begin.
ANCHORED = {
    "ad", "cumsum", "cvd", "maxindex", "minindex", "minmaxindex", "nvi", "obv", "pvi", "slope", "vpt", "vwap_anchored",
    "wad",
}  # fmt: skip


def made(days: int, seed: int) -> pd.DataFrame:
    """Bars of a quarter of an hour in sessions of six and a half hours."""
    rng = np.random.default_rng(seed)
    opens = pd.date_range("2026-01-05 14:30", periods=days, freq="B", tz="UTC")
    index = pd.DatetimeIndex(np.concatenate([day + pd.to_timedelta(np.arange(26) * 15, unit="min") for day in opens]))
    n = len(index)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.005, n))), 2)
    open_ = np.round(np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.001, n)), 2)
    high = np.round(np.maximum(open_, close) + rng.exponential(0.2, n), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(0.2, n), 2)
    buy, sell = rng.integers(1, 500, n).astype(float), rng.integers(1, 500, n).astype(float)
    frame = {"open": open_, "high": high, "low": low, "close": close, "volume": buy + sell, "buy_volume": buy}
    more = {"sell_volume": sell, "trades": rng.integers(1, 90, n), "vwap": (high + low + close) / 3}
    other = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.003, n))), 2)
    return pd.DataFrame({**frame, **more, "other": other}, index=index.as_unit("ns").rename("time"))


BARS = made(40, 0)


def test_there_are_enough_of_them():
    assert len(CAUSAL) >= 60 and OTHERS


@pytest.mark.parametrize("name", CAUSAL)
def test_an_honest_indicator_passes_bit_for_bit(name: str):
    found = audit(name, BARS, cuts=40, starts=4)
    assert found.ok, str(found)
    assert found.checked.cuts == 40 and not found.checked.raised and not found.checked.inexact
    anchored = set(found.findings["study"][found.findings["kind"] == "anchored"])
    assert bool(anchored) == (name in ANCHORED), str(found)


@pytest.mark.parametrize("name", OTHERS)
def test_what_looks_ahead_is_found(name: str):
    found = audit(name, BARS, cuts=40)
    assert found.state == "peeks" and found.first["study"] in {name, *indicators.get(name).outputs}


@pytest.mark.parametrize("name", strategies.names())
def test_a_registered_strategy_passes(name: str):
    kind = strategies.get(name)
    one = strategy(name, **kind.example)
    count = getattr(kind, "symbols", (1, 1))[0]
    bars = {f"S{at}": made(40, at).iloc[at * 3 :] for at in range(count)} if count > 1 else BARS
    found = audit(one, bars, cuts=40)
    assert found.ok, str(found)
    assert "orders" in found.checked.studies
    sampled = backtest(one, bars).audit
    assert sampled.ok and sampled.checked.cuts > 0, str(sampled)
