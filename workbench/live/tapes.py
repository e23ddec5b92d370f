"""What came over the bus, symbol by symbol, and the bars that are made of it. Written by the hub's reader thread."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import WorkbenchError
from workbench.live.codec import Entries
from workbench.live.growing import Growing
from workbench.live.join import covered, hole
from workbench.live.live_bars import BarsNode
from workbench.live.pipeline import DeadLetter, Gap, Pipeline
from workbench.live.worlds import WorldWatch, stamp_of
from workbench.market.events import TRADE
from workbench.market.specs import SECOND

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

_log = logging.getLogger(__name__)

#: Trades kept per symbol in memory (35 MB at most), from which a new subscription is built.
KEEP_TRADES = 1_000_000

#: Trades kept of all symbols together (420 MB, half as much again while buffers are renewed). Past it the longest tape
#: keeps half of what it kept.
KEEP_ALL_TRADES = 12_000_000

#: Gaps kept per symbol.
KEEP_GAPS = 1_000

_SHORTEST = 2_048  # rows of a tape that is not cut further
_MARGIN_NS = 60 * SECOND  # a venue's clock may be ahead of Redis's by so much


@dataclass(eq=False)
class Tape:
    """One symbol: the trades kept, its gaps, the live bars, and the arrival of the last trade.

    ``arrival`` is (when, its event time, latency in ms); the tuple is replaced as a whole. ``pace`` is the time (ns) of
    the shortest bars that are stored of a symbol without trades; 0 where none came from there.
    """

    records: Growing = field(default_factory=lambda: Growing(TRADE, KEEP_TRADES))
    gaps: list[Gap] = field(default_factory=list)
    nodes: list[BarsNode] = field(default_factory=list)
    arrival: tuple[int, int, float] = (0, 0, float("nan"))
    pace: int = 0

    @property
    def trades(self) -> int:
        """All that came, kept or not."""
        return len(self.records) + self.records.dropped

    @property
    def begins(self) -> int | None:
        """Time of the oldest trade kept where older ones were let go."""
        records = self.records
        return int(records.view()["ts_event"][0]) if records.dropped and len(records) else None

    @property
    def late(self) -> int:
        """Prints that came too late for their bar, in the bars that were hit worst."""
        return max((node.snapshot.late for node in list(self.nodes)), default=0)


class Tapes:
    """All symbols. ``trades`` counts what every node has; ``arrival`` is that of the newest trade of all.

    ``worlds`` says what world the bus is. ``on_world`` is called when that is another one, or another epoch of it: with
    False when all was forgotten and what is behind the position of the reader is whole; with True when the streams must
    be read anew. ``stamp`` is (id, epoch) of the world, ``None`` where there is none.
    """

    def __init__(
        self,
        catalog: MarketCatalog | None,
        dead_letter: DeadLetter,
        clock: Callable[[], int],
        *,
        hold: int,
        worlds: WorldWatch,
        on_world: Callable[[bool], None],
    ) -> None:
        self.catalog = catalog
        self.stamp: tuple[str, int] | None = None
        self.known: dict[str, Tape] = {}
        self.trades = self.gaps = 0
        self.arrival = (0, 0, float("nan"))
        self._worlds, self._on_world = worlds, on_world
        # Prints are held against the end of a world; how long they took is told by the clock on the wall.
        self._new_pipeline = functools.partial(Pipeline, dead_letter, self._on_gap, worlds.newest, hold=hold)
        self.pipeline = self._new_pipeline()
        self._dead_letter, self._clock = dead_letter, clock
        self._arrived = 0
        self._room = KEEP_ALL_TRADES  # rows that tapes may still grow by
        self._is_caught_up = False

    # -- what the reader calls -----------------------------------------------------------------------------------

    def take(self, symbol: str, entries: Entries) -> None:
        """Pass entries on to everybody who looks at the symbol."""
        entries = self._of_this_world(symbol, entries)
        if not entries:
            return
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
        if not everything:
            self._look()
        try:
            self.pipeline.release(everything=everything)
        except Exception:
            _log.exception("prints that were held could not be passed on")
        self._settle()

    def begin_at(self, symbol: str) -> int | None:
        """The stream is needed from the end of the stored history on."""
        self._look(now=not self._worlds.known)
        world = self._worlds.of(symbol)
        try:
            end = covered(self.catalog, symbol, until=world.start if world is not None else None)
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

    def renew(self, node: BarsNode, bars: np.ndarray, pace: int) -> None:
        """Give a node the bars that were stored; ``pace`` is that of its ``Tape``."""
        tape = self._tape(node.symbol)
        if node in tape.nodes and not node.traded:
            node.renew(bars)
            tape.pace = pace
            tape.arrival = self._clock(), max(tape.arrival[1], int(bars["time"][-1])), float("nan")

    def detach(self, node: BarsNode) -> None:
        """Forget a node."""
        tape = self._tape(node.symbol)
        if node in tape.nodes:
            tape.nodes.remove(node)
            node.detach()

    def forget(self) -> None:
        """Let go of all trades, gaps and bars; what comes now is of another epoch."""
        self.pipeline.close()
        self.pipeline = self._new_pipeline()
        self.known = {}
        self.trades = self.gaps = self._arrived = 0
        self._room = KEEP_ALL_TRADES
        self.arrival = (0, 0, float("nan"))

    def close(self) -> None:
        """Let go of the pipeline; what was kept stays readable."""
        self.pipeline.close()

    # -- inside --------------------------------------------------------------------------------------------------

    def _look(self, *, now: bool = False) -> None:
        """See what world this is, and begin again when it is another one."""
        world = self._worlds.look(now=now)
        if self._worlds.known:
            self._become((world.id, world.epoch) if world is not None else None)

    def _become(self, stamp: tuple[str, int] | None) -> None:
        before, world = self.stamp, self._worlds.world
        same = before is not None and stamp is not None and before[0] == stamp[0]
        if stamp == before or (same and stamp[1] < before[1]):  # a word of before Redis lost its newest
            return
        self.stamp = stamp
        # In a database of its own nobody but the world publishes: what is there now is what comes next.
        same = same and world is not None and not world.shared
        if same or not self.trades:
            self.forget()
        self._on_world(not same and self.trades > 0)

    def _of_this_world(self, symbol: str, entries: Entries) -> Entries:
        """Leave out what an earlier epoch, or a replay that is over, has left in the stream."""
        found = {_stamp(fields.get(b"p", b"")) for _, fields in entries}
        if found == {self.stamp}:
            return entries
        if found - {None, self.stamp}:
            self._look(now=True)  # raises when nobody can tell: then the reader comes back with them
            if self.stamp is not None:  # Redis may have lost the word of an epoch, and has its trades
                self._become(max(one for one in (*found, self.stamp) if one is not None and one[0] == self.stamp[0]))
        kept = []
        for entry in entries:
            stamp = _stamp(entry[1].get(b"p", b""))
            world = self._worlds.of(symbol)
            alone = world is not None and world.shared
            if stamp == self.stamp if stamp is not None else not alone:
                kept.append(entry)
        return kept

    def _tape(self, symbol: str) -> Tape:
        """The tape's sink comes before those of the bars, which use what it notes."""
        if symbol not in self.known:
            tape = self.known[symbol] = Tape()
            self._make_room(tape.records.capacity)
            self.pipeline.attach(symbol, lambda trades: self._arrive(tape, trades))
        return self.known[symbol]

    def _arrive(self, tape: Tape, trades: np.ndarray) -> None:
        now = self._clock()
        latency = max(now - int(trades["ts_recv"][-1]), 0) / 1e6
        before = tape.records.capacity
        tape.records.append(trades)
        if (grown := tape.records.capacity - before) > 0:
            self._make_room(grown)
        tape.arrival = self.arrival = (now, int(trades["ts_event"][-1]), latency)
        self._arrived += len(trades)

    def _make_room(self, rows: int) -> None:
        self._room -= rows
        while self._room < 0:
            longest = max((tape.records for tape in self.known.values()), key=lambda records: records.capacity)
            if longest.capacity < _SHORTEST:
                return
            before = longest.capacity
            longest.keep_to(before // 2)
            self._room += before - longest.capacity

    def _settle(self) -> None:
        self.trades, self._arrived = self.trades + self._arrived, 0

    def _check_join(self, node: BarsNode) -> None:
        begins = self.known[node.symbol].begins
        if begins is None:
            begins = self.pipeline.complete_from(node.symbol)
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


@functools.lru_cache(maxsize=1024)
def _stamp(producer: bytes) -> tuple[str, int] | None:
    return stamp_of(producer.decode("utf-8", "replace"))
