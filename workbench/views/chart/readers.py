"""Where a chart's bars come from: the catalog, or a frame that somebody already has."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from workbench.bars import bars_from_bars
from workbench.errors import WorkbenchError
from workbench.market.calendars import Calendar
from workbench.market.specs import BarSpec

#: Specs asked for the last price that was traded, finest first.
_LAST = ("1s", "1min", "1h", "1d")


class BarReader(Protocol):
    """Where bars come from. Times are ns UTC; results are records with the fields of BAR, in time order."""

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        """The newest ``n`` bars with time < ``before``."""

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        """Bars with time in [start, end)."""

    def coverage(self) -> tuple[int, int] | None:
        """First and last instant there is; None when there is nothing."""

    def last_price(self) -> float | None:
        """The price that was traded last, whatever bars are drawn; None when it is not known."""

    def close(self) -> None:
        """Let go of what it holds; most hold nothing."""


class CatalogBars(BarReader):
    """Bars of ``symbol`` from a market catalog."""

    def __init__(self, catalog: Any, symbol: str) -> None:
        self.catalog, self.symbol = catalog, symbol

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        """As ``BarReader.latest``."""
        return self.catalog.latest_bars(self.symbol, str(spec), n, _instant(before))

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        """As ``BarReader.between``."""
        return self.catalog.bar_records(self.symbol, str(spec), _instant(start), _instant(end))

    def coverage(self) -> tuple[int, int] | None:
        """As ``BarReader.coverage``."""
        return self.catalog.coverage(self.symbol)

    def last_price(self) -> float | None:
        """As ``BarReader.last_price``."""
        for spec in _LAST:
            try:
                bars = self.catalog.latest_bars(self.symbol, spec, 1, None)
            except WorkbenchError:
                continue  # there are only coarser bars
            if len(bars):
                return float(bars["close"][-1])
        return None


class FrameBars(BarReader):
    """Bars that somebody already has; coarser specs are resampled from them.

    Attributes
    ----------
    own, records
        What bars they are, and all of them.
    """

    def __init__(self, records: np.ndarray, spec: BarSpec, sessions: Calendar) -> None:
        self.own, self.records, self._calendar = spec, records, sessions
        self._made = {str(spec): records}

    def cut(self, count: int) -> None:
        """Let the first ``count`` bars be read, as if the others were not there yet; coarser ones are made of those."""
        self._made = {str(self.own): self.records[:count]}

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        """As ``BarReader.latest``."""
        bars = self._bars(spec)
        end = len(bars) if before is None else int(np.searchsorted(bars["time"], before))
        return bars[max(0, end - n) : end]

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        """As ``BarReader.between``."""
        bars = self._bars(spec)
        low, high = np.searchsorted(bars["time"], [start, end])
        return bars[low:high]

    def coverage(self) -> tuple[int, int] | None:
        """As ``BarReader.coverage``."""
        times = self._made[str(self.own)]["time"]
        return (int(times[0]), int(times[-1])) if len(times) else None

    def last_price(self) -> float | None:
        """As ``BarReader.last_price``: nothing but the bars is known."""
        return None

    def _bars(self, spec: BarSpec) -> np.ndarray:
        if str(spec) not in self._made:
            self._made[str(spec)] = bars_from_bars(self._made[str(self.own)], spec, self._calendar)
        return self._made[str(spec)]


def drawable(catalog: Any, symbol: str, specs: list[str]) -> str:
    """The first of ``specs`` that the data of ``symbol`` can give; empty when there is none."""
    for spec in filter(None, specs):
        try:
            if len(catalog.latest_bars(symbol, spec, 1, None)):
                return spec
        except WorkbenchError:
            continue
    return ""


def _instant(ns: int | None) -> Any:
    return None if ns is None else np.datetime64(ns, "ns")
