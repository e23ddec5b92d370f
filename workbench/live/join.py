"""Where stored history ends and the stream takes over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError
from workbench.market.calendars import calendar
from workbench.market.events import TRADE
from workbench.market.specs import BarSpec

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog


@dataclass(frozen=True, eq=False)
class Join:
    """The hand-over for one (symbol, spec, session).

    History accounts for every trade before ``cut`` (ns UTC), the stream for all others; ``None``: there is no history.
    ``start`` <= ``cut`` is the open of the bar that holds ``cut``, and ``prefix`` the stored trades of [start, cut), so
    that this bar is built whole. ``session`` is the calendar the bars follow.
    """

    cut: int | None
    start: int | None
    prefix: np.ndarray
    session: str | None


def covered(catalog: MarketCatalog | None, symbol: str) -> tuple[int, str | None] | None:
    """Exclusive end of the stored history of ``symbol`` and the source of its trades (``None``: bars only)."""
    if catalog is None:
        return None
    found = [d for d in catalog.store.datasets() if d.symbol == symbol]
    trades = [(end, d.source) for d in found if d.kind == "trades" and (end := _end(d)) is not None]
    if trades:
        return max(trades)
    ends = [end for d in found if (end := _end(d)) is not None]
    return (max(ends), None) if ends else None


def plan(catalog: MarketCatalog | None, symbol: str, spec: str, *, session: str | None = None) -> Join:
    """Find the hand-over and read the stored trades of the bar it falls into."""
    parsed = BarSpec.parse(spec)
    if session is None and not parsed.step and catalog is not None:
        session = catalog.master.get_or_default(symbol).session
    empty = np.empty(0, TRADE)
    end = covered(catalog, symbol)
    if end is None:
        return Join(None, None, empty, session)
    cut, source = end
    start = bar_open(parsed, session, cut)
    prefix = empty
    if start < cut and source is not None:
        prefix = catalog.store.read(source, "trades", symbol, start, cut)
    return Join(cut, start, prefix, session)


def bar_open(spec: BarSpec, session: str | None, instant: int) -> int:
    """Open of the bar that holds ``instant``; ``instant`` itself when it lies between bars."""
    windows = calendar(session or "24/7").windows(spec, instant, instant)
    later = np.flatnonzero(windows.close > instant)
    if not len(later):
        return instant
    i = later[0]
    if windows.step:
        open_ = int(windows.open[i])
        return instant if open_ > instant else open_ + (instant - open_) // windows.step * windows.step
    return min(int(windows.stamp[i]), instant)


def _end(dataset: object) -> int | None:
    """Exclusive end: as the writer stated it, else just behind the last record."""
    if dataset.covered_until is not None:
        return int(dataset.covered_until)
    return None if dataset.last is None else int(dataset.last) + 1


def hole(catalog: MarketCatalog | None, symbol: str, cut: int | None, begins: int | None) -> tuple[int, int] | None:
    """The stretch between history and stream, ``None`` where there is none or the market was closed all through it."""
    if cut is None or begins is None or begins <= cut:
        return None
    session = catalog.master.get_or_default(symbol).session if catalog is not None else "24/7"
    try:
        sessions = calendar(session).sessions(cut, begins)
    except DataError:
        return cut, begins
    return (cut, begins) if ((sessions.open < begins) & (sessions.close > cut)).any() else None
