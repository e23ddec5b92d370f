"""What was taken from one stream and is not stored yet, with the account of how much of the stream that is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.catalog.manifest import Entry
from workbench.catalog.recorded import Recorded
from workbench.catalog.schema import dtype_of, joined
from workbench.errors import DataError
from workbench.live.codec import Entries, decode
from workbench.live.recorder.checks import check
from workbench.live.sequences import Gap, Sequences, parsed
from workbench.market.specs import SECOND

#: A stream that was quiet for so long has no more prints of the newest instant to come.
SETTLED_S = 5.0

#: Producers whose newest record is older than that of another by so much do not hold the end of history back.
_BEHIND = 60 * SECOND

_FOREVER = 2**63 - 1

Dead = Callable[[bytes, Mapping[bytes, bytes], str], None]


@dataclass(frozen=True)
class Load:
    """What one commit of a tray stores: the commit, and the number of stream entries and records in it."""

    commit: Recorded
    entries: int
    rows: int


@dataclass
class Tray:
    """One kind of one symbol. The recorder guards it: one thread takes in, another takes away.

    ``position`` is the last stream entry taken, ``entries`` and ``rows`` what was taken and is not stored;
    ``waiting_since`` (monotonic) is when the oldest of it was taken, ``storing_since`` that of what is being stored.
    """

    kind: str
    entry: Entry
    position: str = "0-0"
    entries: int = 0
    rows: int = 0
    gaps_noted: int = 0
    behind: bool = False
    waiting_since: float | None = None
    storing_since: float | None = None
    taken_at: float = field(default_factory=time.monotonic)
    _after: dict[str, Any] | None = None
    _chunks: list[np.ndarray] = field(default_factory=list)
    _gaps: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._after = self.entry.cursor
        # What lies in the store without a cursor was brought there in another way, or its manifest made anew.
        floor = self.entry.last if self._after is None else None
        self._sequences = Sequences(self._after and self._after["sequences"], floor=floor)
        self.position = self._after["entry"] if self._after else "0-0"
        self._settled = self.entry.covered_until is not None and self.entry.covered_until > (self.entry.last or 0)

    def take(self, entries: Entries, now: int, *, first_left: Callable[[], str | None], dead: Dead) -> int:
        """Take entries over, in order; returns how many records are new.

        ``now`` is ns UTC, ``first_left`` tells the ID of the oldest entry that the stream still has (``None``: it is
        not the stream it was), ``dead`` takes entries that cannot be used.
        """
        found: list[tuple[bytes, dict[bytes, bytes], np.ndarray]] = []
        met: set[str] = set()
        for entry_id, fields in entries:
            try:
                batch = decode(fields)
                if batch.kind != self.kind:
                    raise DataError(f"entry of {batch.kind} in a stream of {self.kind}")
            except DataError as error:
                dead(entry_id, fields, str(error))
                continue
            who = parsed(batch.producer)
            name = who.name if who else batch.producer
            begun = name in self._sequences.known
            records, gap = self._sequences.new(batch, now)
            if gap is None and not begun and who is not None and batch.seq > 0:
                first = int(batch.records["ts_event"][0])
                gap = Gap(min(who.since, first), first, batch.seq)
            if gap is not None:
                # Trimming takes from the front: only what came before the first entry that was read.
                trimmed = name not in met and _newer(first_left(), self.position)
                reason = "trimmed" if trimmed else "restarted" if gap.missing is None else "never came"
                self._note(gap, reason, now)
            met.add(name)
            if len(records):
                found.append((entry_id, fields, records))
        usable = self._usable(found, now, dead)
        rows = len(usable)
        if rows:
            self._chunks.append(usable)
        self.position = entries[-1][0].decode()
        self.entries += len(entries)
        self.rows += rows
        self.taken_at = time.monotonic()
        self.waiting_since = self.waiting_since or self.taken_at
        return rows

    def due(self, every: float) -> float | None:
        """When (monotonic) there will be something to store that has waited long enough; ``None``: nothing is there."""
        if self.waiting_since is not None:
            return self.waiting_since + every
        if self._settled or self.entry.last is None:
            return None
        return self.taken_at + SETTLED_S

    def load(self) -> Load:
        """Take what is there away, to be stored; ``stored`` or a new tray must follow."""
        settled = self.waiting_since is None
        cursor = {"entry": self.position, "sequences": self._sequences.state()}
        records = joined(self._chunks, dtype_of(self.kind)) if self._chunks else np.empty(0, dtype_of(self.kind))
        covered = _covered(self._sequences.watermarks, settled)
        commit = Recorded(records, self._after, cursor, tuple(self._gaps), covered)
        load = Load(commit, self.entries, self.rows)
        self._chunks, self._gaps = [], []
        self.storing_since, self.waiting_since = self.waiting_since, None
        self._settled = settled
        return load

    def stored(self, load: Load, entry: Entry) -> None:
        """The load is on the disk; ``entry`` is the manifest's."""
        self._after, self.entry, self.storing_since = load.commit.cursor, entry, None
        self.entries -= load.entries
        self.rows -= load.rows

    def discard(self) -> None:
        """Let go of what was taken and is not stored."""
        self._chunks, self._gaps, self.waiting_since, self.storing_since = [], [], None, None
        self.entries = self.rows = 0

    def _usable(self, found: list[tuple[bytes, dict, np.ndarray]], now: int, dead: Dead) -> np.ndarray:
        """The records that can be used, copied: views would keep all that was read in memory."""
        dtype = dtype_of(self.kind)
        none = np.empty(0, dtype)
        records = joined([none, *(records for *_, records in found)], dtype)
        if check(self.kind, records, now)[1] is None:
            return records
        parts = [none]
        for entry_id, fields, records in found:
            usable, reason = check(self.kind, records, now)
            if reason:
                dead(entry_id, fields, reason)
            parts.append(records[usable])
        return joined(parts, dtype)

    def _note(self, gap: Gap, reason: str, now: int) -> None:
        start, end = (min(max(instant, 0), _FOREVER) for instant in (gap.start, gap.end))
        line = {"start": start or end, "end": end, "missing": gap.missing, "reason": reason, "noticed": now}
        self._gaps.append(line)
        self.gaps_noted += 1


def stamp(entry_id: str) -> tuple[int, int]:
    """An entry ID as numbers that compare as IDs do: (milliseconds, count)."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)


def _newer(first_left: str | None, position: str) -> bool:
    return first_left is not None and stamp(first_left) > stamp(position)


def _covered(watermarks: list[int], settled: bool) -> int | None:
    """The instant before which everything is stored: more prints of the newest one may come, until all is quiet."""
    if not watermarks:
        return None
    newest = max(watermarks)
    return newest + 1 if settled else min(one for one in watermarks if one >= newest - _BEHIND)
