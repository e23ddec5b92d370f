"""Stored events of several symbols and kinds, in the order of their time, read a piece at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError
from workbench.live.join import covered
from workbench.market.events import DTYPES

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

#: Events of a lane that are held in memory, about: 9 MB of trades.
PIECE = 250_000

#: Kinds that are replayed; of equal time in this order, so that a trade finds the quote that it met.
KINDS = ("quotes", "book", "trades")

_NEVER = 2**63 - 1


class Lane:
    """What is stored of one kind of one symbol in [start, end), from one source."""

    def __init__(self, catalog: MarketCatalog, source: str, kind: str, symbol: str, *, start: int, end: int) -> None:
        self.kind, self.symbol = kind, symbol
        self._store, self._source, self._start = catalog.store, source, start
        parts = catalog.store.manifests(source, symbol).datasets[kind].parts
        inside = [part for part in parts if part.last >= start and part.first < end]
        edges = {start, end}
        for part in inside:
            low, high = max(part.first, start), min(part.last + 1, end)
            count = -(-part.rows // PIECE)
            edges.update(low + (high - low) * i // count for i in range(count))
        self._edges = sorted(edges)
        self.rewind()

    def rewind(self) -> None:
        """Back to the start."""
        self._chunk, self._at, self._piece = np.empty(0, DTYPES[self.kind]), 0, 0

    @property
    def next(self) -> int:
        """Time of the next event; later than all times when there is none."""
        self._load()
        return int(self._chunk["ts_event"][self._at]) if self._at < len(self._chunk) else _NEVER

    def horizon(self, rows: int) -> int:
        """An instant up to which at least one and about ``rows`` events are left, all of them in memory."""
        if self.next == _NEVER:
            return _NEVER
        times = self._chunk["ts_event"]
        at = self._at + rows
        return max(int(times[at]), self.next + 1) if at < len(times) else self._edges[self._piece]

    def ahead(self, before: int) -> np.ndarray:
        """The events with time < ``before`` that are in memory and not taken yet."""
        self._load()
        return self._chunk[self._at : int(np.searchsorted(self._chunk["ts_event"], before, "left"))]

    def take(self, before: int) -> np.ndarray:
        """The events with time < ``before`` that were not taken yet."""
        found = []
        while self.next < before:
            found.append(self.ahead(before))
            self._at += len(found[-1])
        if not found:
            return self._chunk[:0]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def take_count(self, count: int) -> np.ndarray:
        """The next ``count`` events of those in memory."""
        self._load()
        out = self._chunk[self._at : self._at + count]
        self._at += len(out)
        return out

    def taken(self) -> tuple[int, np.ndarray]:
        """How far we are: all events before an instant were taken, and these at it or after."""
        if not self._at:
            return (self._edges[self._piece - 1] if self._piece else self._start), self._chunk[:0]
        times = self._chunk["ts_event"]
        last = int(times[self._at - 1])
        return last, self._chunk[int(np.searchsorted(times, last, "left")) : self._at]

    def _load(self) -> None:
        while self._at == len(self._chunk) and self._piece + 1 < len(self._edges):
            low, high = self._edges[self._piece : self._piece + 2]
            self._chunk, self._at = self._store.read(self._source, self.kind, self.symbol, low, high), 0
            self._piece += 1


class Reel:
    """The lanes of a replay.

    Parameters
    ----------
    catalog
        Where the events are stored.
    symbols
        Symbols to replay; their trades come from the source that bars are made of, quotes and books from the same one.
    start, end
        Instants, ns UTC; ``None`` is where the stored trades begin or end. ``end`` is exclusive.

    Raises
    ------
    DataError
        There are no trades of a symbol, or none in that time.
    """

    def __init__(
        self, catalog: MarketCatalog, symbols: Sequence[str], start: int | None = None, end: int | None = None
    ) -> None:
        self.symbols = tuple(dict.fromkeys(symbols))
        found = {symbol: _source(catalog, symbol) for symbol in self.symbols}
        entries = {symbol: catalog.store.manifests(found[symbol], symbol).datasets for symbol in self.symbols}
        self.start = min(one["trades"].first for one in entries.values()) if start is None else int(start)
        self.end = max(one["trades"].last for one in entries.values()) + 1 if end is None else int(end)
        if self.start >= self.end:
            raise DataError(f"a replay begins before it ends, got {_text(self.start)} to {_text(self.end)}")
        for symbol, held in entries.items():
            first, last = held["trades"].first, held["trades"].last
            if first >= self.end or last < self.start:
                raise DataError(
                    f"there are no trades of {symbol} from {_text(self.start)} to {_text(self.end)}: stored are those "
                    f"from {_text(first)} to {_text(last)}"
                )
        self.lanes = [
            Lane(catalog, found[symbol], kind, symbol, start=self.start, end=self.end)
            for kind in KINDS
            for symbol in self.symbols
            if kind in entries[symbol] and entries[symbol][kind].parts
        ]
        self.trades = {lane.symbol: lane for lane in self.lanes if lane.kind == "trades"}

    @property
    def next(self) -> int | None:
        """Time of the next event of all; ``None`` at the end."""
        first = min(lane.next for lane in self.lanes)
        return None if first == _NEVER else first

    def horizon(self, rows: int) -> int:
        """An instant up to which about ``rows`` events are left, in memory; the end when there are none."""
        return min(min(lane.horizon(max(rows // len(self.lanes), 1)) for lane in self.lanes), self.end)

    def take(self, before: int) -> list[tuple[Lane, np.ndarray]]:
        """All events with time < ``before`` that were not taken yet."""
        return [(lane, found) for lane in self.lanes if len(found := lane.take(before))]

    def take_to(self, lane: Lane, count: int) -> list[tuple[Lane, np.ndarray]]:
        """Everything up to the ``count``-th next event of ``lane`` (at least one, in memory), and nothing after it."""
        instant = int(lane.ahead(_NEVER)[count - 1]["ts_event"])
        place = self.lanes.index(lane)
        out = []
        for i, one in enumerate(self.lanes):
            found = lane.take_count(count) if one is lane else one.take(instant + 1 if i < place else instant)
            if len(found):
                out.append((one, found))
        return out

    def next_trade(self) -> Lane | None:
        """The lane of the next trade; of equal times that of the symbol named first."""
        lane = min(self.trades.values(), key=lambda one: one.next)
        return None if lane.next == _NEVER else lane

    def rewind(self) -> None:
        """Back to the start."""
        for lane in self.lanes:
            lane.rewind()


def _source(catalog: MarketCatalog, symbol: str) -> str:
    found = covered(catalog, symbol)
    if found is None or found[1] is None:
        has = "there are bars only" if found else f"stored are {', '.join(catalog.symbols()) or 'none'}"
        raise DataError(f"there are no trades of {symbol} to replay: {has}")
    return found[1]


def _text(instant: int) -> str:
    return f"{np.datetime64(instant, 'ns').astype('M8[s]')}Z".replace("T", " ")
