"""Which records of a stream can be stored, and in words why the others cannot."""

from __future__ import annotations

import functools

import numpy as np

from workbench.live.pipeline import check_trades
from workbench.market.specs import DAY


def check(kind: str, records: np.ndarray, now: int) -> tuple[np.ndarray, str | None]:
    """Which of trades, quotes or book updates can be used (bool array), and why not the others (``None``: all can).

    ``now`` is ns UTC. Trades are held to what the hub holds them to. Of quotes an unknown side (NaN) is fine, endless
    prices and sizes below 0 are not; a book update needs a price, a size of at least 0 and a side.
    """
    if kind == "trades":
        return check_trades(records, now)
    faults = {
        "time is before 1970": records["ts_event"] < 0,
        "time is more than a day ahead": records["ts_event"] > now + DAY,
    }
    if kind == "quotes":
        faults["price is endless"] = np.isinf(records["bid"]) | np.isinf(records["ask"])
        sizes = (records["bid_size"], records["ask_size"])
        faults["size is negative or endless"] = np.logical_or(*(np.isinf(size) | (size < 0) for size in sizes))
    else:
        faults["price is not a finite number"] = ~np.isfinite(records["price"])
        faults["size is negative or not a finite number"] = ~(np.isfinite(records["size"]) & (records["size"] >= 0))
        faults["side is none of -1, 1"] = np.abs(records["side"].astype("i2")) != 1
    bad = functools.reduce(np.logical_or, faults.values())
    if not bad.any():
        return ~bad, None
    why = "; ".join(f"{what} ({int(mask.sum())})" for what, mask in faults.items() if mask.any())
    return ~bad, f"{int(bad.sum())} of {len(records)} {kind} cannot be used: {why}"
