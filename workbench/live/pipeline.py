"""From stream entries to trades in order: decode -> keep each trade once -> validate -> whoever looks at the symbol.

The only place that knows streamz. Nodes pass whole batches, run in the caller's thread, and hold no timers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from streamz import Stream

from workbench.errors import DataError
from workbench.live.bus import Entries
from workbench.live.codec import Batch, Producer, decode
from workbench.market.events import TRADE
from workbench.market.specs import DAY

_log = logging.getLogger(__name__)

DeadLetter = Callable[[str, bytes, dict[bytes, bytes], str], None]
GapSink = Callable[[str, "Gap"], None]


@dataclass(frozen=True)
class Gap:
    """Trades of [start, end] (ns UTC) that never came; ``missing`` of them, where the numbering tells."""

    start: int
    end: int
    missing: int | None = None


@dataclass
class _Sequence:
    """How far we are in what one producer sends for one symbol."""

    identity: str
    next: int
    watermark: int  # newest event time seen


@dataclass
class _Symbol:
    node: Stream
    sequences: dict[str, _Sequence] = field(default_factory=dict)
    complete_from: int | None = None


class Pipeline:
    """One per hub; used by its reader thread alone.

    Parameters
    ----------
    dead_letter
        Takes (symbol, entry ID, fields, reason) of what cannot be used.
    on_gap
        Takes (symbol, gap), before the trades that follow it are passed on.
    clock
        Now, ns UTC: prints from more than a day ahead of it are refused, as one of them would close every bar.
    """

    def __init__(self, dead_letter: DeadLetter, on_gap: GapSink, clock: Callable[[], int]) -> None:
        self._dead_letter, self._on_gap, self._clock = dead_letter, on_gap, clock
        self._symbols: dict[str, _Symbol] = {}
        self._source = Stream()
        decoded = self._source.map(self._decode)
        once = decoded.map(self._once)
        self._end = once.map(self._validate).filter(lambda item: len(item[1]) > 0).sink(self._deliver)

    def feed(self, symbol: str, entries: Entries) -> None:
        """Take entries of the symbol's stream, in order."""
        self._source.emit((symbol, entries))

    def attach(self, symbol: str, function: Callable[[np.ndarray], None]) -> Callable[[], None]:
        """Call ``function`` with each array of new trades of ``symbol``; returns what detaches it."""
        return self._symbol(symbol).node.sink(function).destroy

    def close(self) -> None:
        """Let go of all nodes: streamz keeps sinks alive for ever otherwise."""
        for sink in [self._end, *(s for known in self._symbols.values() for s in list(known.node.downstreams))]:
            if sink.upstreams:
                sink.destroy()

    def complete_from(self, symbol: str) -> int | None:
        """Instant from which on the stream, as read, had all trades; ``None`` before the first."""
        return self._symbol(symbol).complete_from

    def nodes(self, symbol: str) -> int:
        """How many look at ``symbol``."""
        return len(list(self._symbol(symbol).node.downstreams))

    def _symbol(self, symbol: str) -> _Symbol:
        if symbol not in self._symbols:
            self._symbols[symbol] = _Symbol(Stream())
        return self._symbols[symbol]

    def _decode(self, item: tuple[str, Entries]) -> tuple[str, list[tuple[bytes, dict, Batch]]]:
        symbol, entries = item
        out = []
        for entry_id, fields in entries:
            try:
                batch = decode(fields)
                if batch.kind != "trades":
                    raise DataError(f"entry of {batch.kind} in a stream of trades")
                out.append((entry_id, fields, batch))
            except DataError as error:
                self._dead_letter(symbol, entry_id, fields, str(error))
        return symbol, out

    def _once(self, item: tuple[str, list[tuple[bytes, dict, Batch]]]) -> tuple[str, list[tuple]]:
        symbol, batches = item
        state = self._symbol(symbol)
        out = []
        for entry_id, fields, batch in batches:
            records = self._new_records(symbol, state, batch)
            if len(records):
                out.append((entry_id, fields, records))
        return symbol, out

    def _new_records(self, symbol: str, state: _Symbol, batch: Batch) -> np.ndarray:
        who = Producer.parse(batch.producer)
        name = who.name if who else batch.producer
        records, first = batch.records, int(batch.records["ts_event"][0])
        known = state.sequences.get(name)
        if known is None:
            known = state.sequences[name] = _Sequence(batch.producer, batch.seq, -(2**63))
            begins = who.since if who and batch.seq == 0 else first
            state.complete_from = begins if state.complete_from is None else min(state.complete_from, begins)
        elif known.identity != batch.producer:
            # Another sequence of the same producer: numbers say nothing, times must do.
            since = who.since if who and batch.seq == 0 else first
            if since > known.watermark + 1:
                self._on_gap(symbol, Gap(known.watermark, since))
            records = records[records["ts_event"] > known.watermark]
            known.identity, known.next = batch.producer, batch.seq
        elif batch.end <= known.next:
            return records[:0]
        elif batch.seq < known.next:
            records = records[known.next - batch.seq :]
        elif batch.seq > known.next:
            self._on_gap(symbol, Gap(min(known.watermark, first), first, batch.seq - known.next))
        known.next = batch.end
        if len(records):
            known.watermark = max(known.watermark, self._plausible(records["ts_event"]))
        return records

    def _plausible(self, times: np.ndarray) -> int:
        times = times[times <= self._clock() + DAY]
        return int(times.max()) if len(times) else -(2**63)

    def _validate(self, item: tuple[str, list[tuple]]) -> tuple[str, np.ndarray]:
        symbol, batches = item
        good = []
        for entry_id, fields, records in batches:
            usable, reason = check_trades(records, self._clock())
            if reason:
                self._dead_letter(symbol, entry_id, fields, reason)
                records = records[usable]
            good.append(records)
        if not good:
            return symbol, np.empty(0, TRADE)
        return symbol, good[0] if len(good) == 1 else np.concatenate(good)

    def _deliver(self, item: tuple[str, np.ndarray]) -> None:
        symbol, trades = item
        self._symbol(symbol).node.emit(trades)


def check_trades(trades: np.ndarray, now: int) -> tuple[np.ndarray, str | None]:
    """Which trades can be used (bool array), and in words why the others cannot (``None``: all can)."""
    faults = {
        "price is not a finite number": ~np.isfinite(trades["price"]),
        "size is negative or not a finite number": ~(np.isfinite(trades["size"]) & (trades["size"] >= 0)),
        "time is before 1970": trades["ts_event"] < 0,
        "time is more than a day ahead": trades["ts_event"] > now + DAY,
        "side is none of -1, 0, 1": np.abs(trades["side"].astype("i2")) > 1,
    }
    bad = np.logical_or.reduce(list(faults.values()))
    if not bad.any():
        return ~bad, None
    why = "; ".join(f"{what} ({int(mask.sum())})" for what, mask in faults.items() if mask.any())
    return ~bad, f"{int(bad.sum())} of {len(trades)} trades cannot be used: {why}"
