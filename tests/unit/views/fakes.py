"""A catalog and a hub of a few lines, for the tests of this folder."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.market.events import BAR
from workbench.market.instruments import InstrumentMaster

DAY, HOUR = 86_400 * 10**9, 3600 * 10**9
START = 20_000 * DAY


def bars(closes: list[float], *, start: int = START, step: int = DAY) -> np.ndarray:
    out = np.zeros(len(closes), BAR)
    out["time"] = start + step * np.arange(len(closes))
    for name in ("open", "high", "low", "close"):
        out[name] = closes
    return out


class FakeCatalog:
    """``data``: symbol -> (kind, daily closes)."""

    def __init__(self, data: dict[str, tuple[str, list[float]]]) -> None:
        self.data = data
        self.master = InstrumentMaster.load()
        self.damaged: set[str] = set()
        self.broken = False
        self.reads = 0

    def symbols(self) -> list[str]:
        if self.broken:
            raise DataError("manifest.json cannot be read; mend it or move it away")
        return sorted(self.data)

    def datasets(self) -> pd.DataFrame:
        rows = [
            {
                "name": s,
                "kind": kind,
                "source": "test",
                "symbols": s,
                "rows": len(closes),
                "bytes": 100,
                "quarantined": 0,
            }
            for s, (kind, closes) in ((s, self.data[s]) for s in self.symbols())
        ]
        return pd.DataFrame(rows, columns=["name", "kind", "source", "symbols", "rows", "bytes", "quarantined"])

    def sources(self, symbol: str) -> list[str]:
        return ["test"]

    def coverage(self, symbol: str) -> tuple[int, int]:
        return START, START + len(self.data[symbol][1]) * DAY

    def latest_bars(self, symbol: str, spec: str, n: int) -> np.ndarray:
        self.reads += 1
        if symbol in self.damaged:
            raise DataError(f"{symbol}/part-0.parquet is damaged; restore it")
        return bars(self.data[symbol][1], step=DAY if spec == "1d" else HOUR)[-n:]


class FakeLive:
    def __init__(self, closed: np.ndarray, forming: np.ndarray) -> None:
        self.shot = SimpleNamespace(closed=closed, forming=forming, last_price=float("nan"), last_event_ns=0)
        self.closed_calls = 0

    def snapshot(self) -> SimpleNamespace:
        return self.shot

    def close(self) -> None:
        self.closed_calls += 1


class FakeHub:
    def __init__(self) -> None:
        self.lives: dict[tuple[str, str], FakeLive] = {}

    def subscribe(self, symbol: str, spec: str) -> FakeLive:
        return self.lives.setdefault((symbol, spec), FakeLive(bars([])[:0], bars([])[:0]))

    def status(self) -> SimpleNamespace:
        return SimpleNamespace(state="live", since_ns=0, last_event_ns=0, latency_ms=1.0, gaps=0, message="")


class FakeServices:
    def __init__(self, catalog: FakeCatalog, hub: FakeHub | None = None) -> None:
        self.catalog, self.hub = catalog, hub or FakeHub()
