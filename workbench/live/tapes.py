"""What came over the bus, symbol by symbol, and the bars that are made of it. Written by the hub's reader thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import WorkbenchError
from workbench.live.bus import Entries
from workbench.live.growing import Growing
from workbench.live.join import covered, hole
from workbench.live.live_bars import BarsNode
from workbench.live.pipeline import DeadLetter, Gap, Pipeline
from workbench.market.events import TRADE
from workbench.market.specs import SECOND

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

_log = logging.getLogger(__name__)

#: Trades kept per symbol in memory (35 MB at most), from which a new subscription is built.
KEEP_TRADES = 1_000_000

#: Gaps kept per symbol.
KEEP_GAPS = 1_000

_MARGIN_NS = 60 * SECOND  # a venue's clock may be ahead of Redis's by so much


@dataclass(eq=False)
class Tape:
    """One symbol: the trades kept, its gaps, the live bars, and the arrival of the last trade.

    ``arrival`` is (when, its event time, latency in ms); the tuple is replaced as a whole.
    """

    records: Growing = field(default_factory=lambda: Growing(TRADE, KEEP_TRADES))
    gaps: list[Gap] = field(default_factory=list)
    nodes: list[BarsNode] = field(default_factory=list)
    arrival: tuple[int, int, float] = (0, 0, float("nan"))

    @property
    def trades(self) -> int:
        """All that came, kept or not."""
        return len(self.records) + self.records.dropped

    @property
    def late(self) -> int:
        """Prints that came too late for their bar, in the bars that were hit worst."""
        return max((node.snapshot.late for node in list(self.nodes)), default=0)


class Tapes:
    """All symbols. ``trades`` counts what every node has; ``arrival`` is that of the newest trade of all."""

    def __init__(
        self, catalog: MarketCatalog | None, dead_letter: DeadLetter, clock: Callable[[], int], *, hold: int
    ) -> None:
        self.catalog = catalog
        self.known: dict[str, Tape] = {}
        self.trades = self.gaps = 0
        self.arrival = (0, 0, float("nan"))
        self.pipeline = Pipeline(dead_letter, self._on_gap, clock, hold=hold)
        self._dead_letter, self._clock = dead_letter, clock
        self._arrived = 0
        self._is_caught_up = False

    # -- what the reader calls -----------------------------------------------------------------------------------

    def take(self, symbol: str, entries: Entries) -> None:
        """Pass entries on to everybody who looks at the symbol."""
        known = self.pipeline.complete_from(symbol)
        tape = self._tape(symbol)
        try:
            self.pipeline.feed(symbol, entries)
        except Exception as error:
            _log.exception("entries %s .. %s of %s failed", entries[0][0], entries[-1][0], symbol)
            for entry_id, fields in entries:
                self._dead_letter(symbol, entry_id, fields, f"fault: {type(error).__name__}: {error}")
        self._settle()
        if known is None and self.pipeline.complete_from(symbol) is not None:
            for node in tape.nodes:
                self._check_join(node)

    def due(self) -> float | None:
        """Seconds until held prints have waited long enough."""
        return self.pipeline.due()

    def release(self, *, everything: bool = False) -> None:
        """Pass on held prints that have waited long enough, or all."""
        try:
            self.pipeline.release(everything=everything)
        except Exception:
            _log.exception("prints that were held could not be passed on")
        self._settle()

    def begin_at(self, symbol: str) -> int | None:
        """The stream is needed from the end of the stored history on."""
        try:
            end = covered(self.catalog, symbol)
        except (WorkbenchError, OSError):
            _log.exception("history of %s cannot be looked up; its stream is read from the beginning", symbol)
            return None
        return end[0] - _MARGIN_NS if end else None

    def caught_up(self) -> None:
        """Every node has what was on the bus."""
        self._is_caught_up = True
        for tape in self.known.values():
            for node in tape.nodes:
                node.ready.set()

    def attach(self, node: BarsNode) -> None:
        """Give a node what was kept, and all that comes."""
        tape = self._tape(node.symbol)

        def take(trades: np.ndarray) -> None:
            try:
                node.take(trades, latency_ms=tape.arrival[2])
            except Exception:  # one set of bars that cannot be built must not stop the others
                _log.exception("bars %s of %s failed", node.key[1], node.symbol)
                node.note_gap(int(trades["ts_event"][0]), int(trades["ts_event"][-1]))

        if len(tape.records):
            take(tape.records.view())
            self._check_join(node)
            for gap in tape.gaps:
                node.note_gap(gap.start, gap.end)
        tape.nodes.append(node)
        node.detach = self.pipeline.attach(node.symbol, take)
        if self._is_caught_up:
            node.ready.set()

    def detach(self, node: BarsNode) -> None:
        """Forget a node."""
        tape = self._tape(node.symbol)
        if node in tape.nodes:
            tape.nodes.remove(node)
            node.detach()

    def close(self) -> None:
        """Let go of the pipeline; what was kept stays readable."""
        self.pipeline.close()

    # -- inside --------------------------------------------------------------------------------------------------

    def _tape(self, symbol: str) -> Tape:
        """The tape's sink comes before those of the bars, which use what it notes."""
        if symbol not in self.known:
            tape = self.known[symbol] = Tape()
            self.pipeline.attach(symbol, lambda trades: self._arrive(tape, trades))
        return self.known[symbol]

    def _arrive(self, tape: Tape, trades: np.ndarray) -> None:
        now = self._clock()
        latency = max(now - int(trades["ts_recv"][-1]), 0) / 1e6
        tape.records.append(trades)
        tape.arrival = self.arrival = (now, int(trades["ts_event"][-1]), latency)
        self._arrived += len(trades)

    def _settle(self) -> None:
        self.trades, self._arrived = self.trades + self._arrived, 0

    def _check_join(self, node: BarsNode) -> None:
        begins = self.pipeline.complete_from(node.symbol)
        records = self.known[node.symbol].records
        if records.dropped and len(records):
            begins = int(records.view()["ts_event"][0])
        found = hole(self.catalog, node.symbol, node.join.cut, begins)
        if found is not None:
            node.note_gap(*found)

    def _on_gap(self, symbol: str, gap: Gap) -> None:
        tape = self._tape(symbol)
        tape.gaps.append(gap)
        del tape.gaps[:-KEEP_GAPS]
        self.gaps += 1
        for node in tape.nodes:
            node.note_gap(gap.start, gap.end)
