"""Bars of a few symbols, for the tests of this folder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.market.events import as_records
from workbench.market.instruments import InstrumentMaster

DAY = pd.Timedelta(days=1)


def bars(n: int = 300, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    open_ = np.r_[100.0, close[:-1]]
    frame = {
        "open": open_, "high": np.maximum(open_, close) * 1.01, "low": np.minimum(open_, close) * 0.99, "close": close,
        "volume": 1000.0,
    }  # fmt: skip
    return pd.DataFrame(frame, index=pd.date_range("2020-01-01", periods=n, tz="UTC", name="time"))


class Catalog:
    """Bars of a few symbols that were handed in."""

    def __init__(self, **frames: pd.DataFrame) -> None:
        self.frames = frames
        self.master = InstrumentMaster.load()

    def symbols(self) -> list[str]:
        return sorted(self.frames)

    def coverage(self, symbol: str) -> tuple[int, int] | None:
        frame = self.frames.get(symbol)
        return None if frame is None else tuple(frame.index[[0, -1]].as_unit("ns").asi8)

    def bars(self, symbol: str, spec: str, start: object = None, end: object = None) -> pd.DataFrame:
        frame = self.frames[symbol]
        first, last = frame.index[0] if start is None else start, frame.index[-1] + DAY if end is None else end
        return frame[(frame.index >= first) & (frame.index < last)].copy()

    def sources(self, symbol: str) -> list[str]:
        return ["test"]

    def latest_bars(self, symbol: str, spec: str, n: int, before: object = None) -> np.ndarray:
        records = self.bar_records(symbol, spec, None, before)
        return records[-n:]

    def bar_records(self, symbol: str, spec: str, start: object = None, end: object = None) -> np.ndarray:
        records = as_records(self.frames[symbol], "bars")
        low = 0 if start is None else np.searchsorted(records["time"], np.datetime64(start, "ns").astype("i8"))
        high = len(records) if end is None else np.searchsorted(records["time"], np.datetime64(end, "ns").astype("i8"))
        return records[low:high]
