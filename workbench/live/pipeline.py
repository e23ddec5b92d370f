"""From stream entries to trades in order: decode -> keep each trade once -> validate -> reorder -> whoever looks.

The only place that knows streamz. Nodes pass whole batches, run in the caller's thread, and hold no timers; whoever
feeds asks for what waits (``due``, ``release``).
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from streamz import Stream

from workbench.live.codec import Entries, Run, decode_runs, joined
from workbench.live.reorder import Reorder
from workbench.live.sequences import Gap, Sequences
from workbench.market.events import TRADE
from workbench.market.specs import DAY

_log = logging.getLogger(__name__)

DeadLetter = Callable[[str, bytes, dict[bytes, bytes], str], None]
GapSink = Callable[[str, Gap], None]


@dataclass
class _Symbol:
    node: Stream
    reorder: Reorder
    sequences: Sequences = field(default_factory=Sequences)


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
    hold
        How long prints wait for older ones, ns; see ``live.reorder``.
    """

    def __init__(self, dead_letter: DeadLetter, on_gap: GapSink, clock: Callable[[], int], *, hold: int = 0) -> None:
        self._dead_letter, self._on_gap, self._clock, self._hold = dead_letter, on_gap, clock, hold
        self.disorder = 0
        self._waiting: set[str] = set()
        self._symbols: dict[str, _Symbol] = {}
        self._source = Stream()
        decoded = self._source.map(self._decode)
        once = decoded.map(self._once)
        checked = once.map(self._validate).filter(lambda item: len(item[1]) > 0)
        self._end = checked.map(self._reorder).sink(self._deliver)

    def feed(self, symbol: str, entries: Entries) -> None:
        """Take entries of the symbol's stream, in order."""
        self._source.emit((symbol, entries))

    def due(self) -> float | None:
        """Seconds until ``release`` has something to pass on; ``None`` while nothing waits."""
        if not self._waiting:
            return None
        return max(min(self._symbols[s].reorder.due for s in self._waiting) - time.monotonic_ns(), 0) / 1e9

    def release(self, *, everything: bool = False) -> None:
        """Pass on what has waited long enough, or all that waits."""
        now = time.monotonic_ns()
        for symbol in list(self._waiting):
            reorder = self._symbols[symbol].reorder
            before = reorder.disorder
            trades = reorder.flush() if everything else reorder.release(now)
            self.disorder += reorder.disorder - before
            self._deliver((symbol, trades))

    def disorder_of(self, symbol: str) -> int:
        """Prints of ``symbol`` that were passed on behind a newer one; ``disorder`` has those of all symbols."""
        known = self._symbols.get(symbol)
        return known.reorder.disorder if known is not None else 0

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
        return self._symbol(symbol).sequences.complete_from

    def nodes(self, symbol: str) -> int:
        """How many look at ``symbol``."""
        return len(list(self._symbol(symbol).node.downstreams))

    def _symbol(self, symbol: str) -> _Symbol:
        if symbol not in self._symbols:
            self._symbols[symbol] = _Symbol(Stream(), Reorder(self._hold))
        return self._symbols[symbol]

    def _decode(self, item: tuple[str, Entries]) -> tuple[str, list[Run]]:
        symbol, entries = item
        known = {one.identity for one in self._symbol(symbol).sequences.known.values()}
        return symbol, decode_runs(entries, "trades", known, functools.partial(self._dead_letter, symbol))

    def _once(self, item: tuple[str, list[Run]]) -> tuple[str, list[tuple[Run, np.ndarray]]]:
        symbol, runs = item
        state = self._symbol(symbol)
        out = []
        for run in runs:
            records, gap = state.sequences.new(run.batch, self._clock())
            if gap is not None:
                self._on_gap(symbol, gap)
            if len(records):
                out.append((run, records))
        return symbol, out

    def _validate(self, item: tuple[str, list[tuple[Run, np.ndarray]]]) -> tuple[str, np.ndarray, np.ndarray]:
        symbol, runs = item
        now = self._clock()
        trades = _joined([records for _, records in runs])
        lengths = [length for run, records in runs for length in _left(run, len(records))]
        if check_trades(trades, now)[1]:
            entries = [entry for run, _ in runs for entry in run.entries]
            each = np.split(trades, np.cumsum(lengths)[:-1])
            parts = [self._usable(symbol, *one, now=now) for one in zip(entries, each, strict=True)]
            trades, lengths = _joined(parts), [len(part) for part in parts]
        return symbol, trades, np.cumsum(lengths, dtype=np.int64)

    def _usable(self, symbol: str, entry: tuple[bytes, dict], records: np.ndarray, *, now: int) -> np.ndarray:
        usable, reason = check_trades(records, now)
        if reason:
            self._dead_letter(symbol, *entry, reason)
        return records[usable]

    def _reorder(self, item: tuple[str, np.ndarray, np.ndarray]) -> tuple[str, np.ndarray]:
        symbol, trades, ends = item
        reorder = self._symbol(symbol).reorder
        before = reorder.disorder
        trades = reorder.put(trades, ends, time.monotonic_ns())
        self.disorder += reorder.disorder - before
        return symbol, trades

    def _deliver(self, item: tuple[str, np.ndarray]) -> None:
        symbol, trades = item
        state = self._symbol(symbol)
        (self._waiting.add if len(state.reorder) else self._waiting.discard)(symbol)
        if len(trades):
            state.node.emit(trades)


def _left(run: Run, rows: int) -> list[int]:
    """Records of each entry of the run of which ``rows`` are left: what was known lies in front."""
    if len(run.lengths) == 1:
        return [rows]
    known = len(run.batch.records) - rows
    if not known:
        return run.lengths
    ends = np.maximum(np.cumsum(run.lengths) - known, 0)
    return np.diff(ends, prepend=0).tolist()


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return joined(parts) if parts else np.empty(0, TRADE)


def check_trades(trades: np.ndarray, now: int) -> tuple[np.ndarray, str | None]:
    """Which trades can be used (bool array), and in words why the others cannot (``None``: all can)."""
    faults = {
        "price is not a finite number": ~np.isfinite(trades["price"]),
        "size is negative or not a finite number": ~(np.isfinite(trades["size"]) & (trades["size"] >= 0)),
        "time is before 1970": trades["ts_event"] < 0,
        "time is more than a day ahead": trades["ts_event"] > now + DAY,
        "side is none of -1, 0, 1": np.abs(trades["side"].astype("i2")) > 1,
    }
    bad = functools.reduce(np.logical_or, faults.values())
    if not bad.any():
        return ~bad, None
    why = "; ".join(f"{what} ({int(mask.sum())})" for what, mask in faults.items() if mask.any())
    return ~bad, f"{int(bad.sum())} of {len(trades)} trades cannot be used: {why}"
