"""The data of the benchmarks, and what equal bars are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

#: Columns that a peer has to get to the last bit, and those it adds up in an order of its own.
EXACT = ("open", "high", "low", "close", "trades")
SUMS = ("volume", "buy_volume", "sell_volume", "vwap")


#: Mean time from a trade to the next (ns): 20 M trades are 30 days, and a minute has 463.
APART = 30 * 86_400 * 10**9 // 20_000_000


def tape(n: int) -> pd.DataFrame:
    """Seeded trades on a tick grid, around the clock."""
    rng = np.random.default_rng(7)
    start = pd.Timestamp("2026-01-05", tz="UTC").value
    return pd.DataFrame(
        {
            "ts_event": start + np.sort(rng.integers(0, n * APART, n)),
            "price": 60_000 + np.cumsum(rng.integers(-1, 2, n)) * 0.01,
            "size": rng.exponential(1.0, n),
            "side": rng.choice(np.array([-1, 1], np.int8), n),
        },
        copy=False,
    )


def same(bars: pd.DataFrame, wanted: Mapping[str, np.ndarray]) -> bool:
    """Prices and counts equal exactly, sums to 1e-9 (peers add in another order)."""
    if len(bars) != len(wanted["open"]):
        return False
    exact = all((bars[name].to_numpy() == wanted[name]).all() for name in EXACT)
    return bool(exact and all(np.allclose(bars[name], wanted[name], rtol=1e-9, atol=0) for name in SUMS))
