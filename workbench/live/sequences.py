"""Each record once: which records of a batch are new, by the numbers that producers give them.

The one rule for all who read the bus and keep what they read: the hub's pipeline and the recorder.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.live.codec import Batch, Producer
from workbench.market.specs import DAY

_NEVER = -(2**63)


@dataclass(frozen=True)
class Gap:
    """Records of [start, end] (ns UTC) that never came; ``missing`` of them, where the numbering tells."""

    start: int
    end: int
    missing: int | None = None


@dataclass
class Sequence:
    """How far a reader is in what one producer sends for one symbol.

    ``identity`` is the sequence as it stands on the wire, ``next`` the number of the record that comes next, and
    ``watermark`` the newest event time seen (ns UTC).
    """

    identity: str
    next: int
    watermark: int = _NEVER


class Sequences:
    """How far a reader is in one stream, producer by producer.

    Parameters
    ----------
    state
        What ``state`` gave before, to go on from there.
    floor
        Newest record (ns UTC) that is known from elsewhere: of a producer met for the first time only what is newer
        counts. ``None``: everything does.

    ``complete_from`` is the instant from which on the stream, as read, had all records; ``None`` before the first.
    """

    def __init__(self, state: Mapping[str, Any] | None = None, *, floor: int | None = None) -> None:
        self.known = {name: Sequence(*map(_exact, found)) for name, found in (state or {}).items()}
        self.floor = floor
        self.complete_from: int | None = None

    def state(self) -> dict[str, list[str | int]]:
        """All of it as plain values: producer's name -> [identity, next number, watermark]."""
        return {name: [one.identity, one.next, one.watermark] for name, one in self.known.items()}

    @property
    def watermarks(self) -> list[int]:
        """The newest event time (ns UTC) of each producer that sent any."""
        return [one.watermark for one in self.known.values() if one.watermark > _NEVER]

    def new(self, batch: Batch, now: int) -> tuple[np.ndarray, Gap | None]:
        """Records of ``batch`` that were not seen before, and the gap before them, if there is one.

        Numbers decide inside of one sequence. When a producer has begun another one, times must: only what is newer
        than everything it sent before is new. Times of more than a day behind ``now`` (ns UTC) are no measure.
        """
        who = parsed(batch.producer)
        name = who.name if who else batch.producer
        records, first, gap = batch.records, int(batch.records["ts_event"][0]), None
        known = self.known.get(name)
        if known is None:
            known = self.known[name] = Sequence(batch.producer, batch.seq)
            begins = who.since if who and batch.seq == 0 else first
            self.complete_from = begins if self.complete_from is None else min(self.complete_from, begins)
            if self.floor is not None:
                records = records[records["ts_event"] > self.floor]
        elif known.identity != batch.producer:
            since = who.since if who and batch.seq == 0 else first
            if since > known.watermark + 1:
                gap = Gap(known.watermark, since)
            records = records[records["ts_event"] > known.watermark]
            known.identity, known.next = batch.producer, batch.seq
        elif batch.end <= known.next:
            return records[:0], None
        elif batch.seq < known.next:
            records = records[known.next - batch.seq :]
        elif batch.seq > known.next:
            gap = Gap(min(known.watermark, first), first, batch.seq - known.next)
        known.next = batch.end
        if len(records):
            known.watermark = max(known.watermark, _plausible(records["ts_event"], now + DAY))
        return records, gap


@functools.lru_cache(maxsize=1024)
def parsed(producer: str) -> Producer | None:
    """``Producer.parse``, remembered: the same few identities come over and over."""
    return Producer.parse(producer)


def _plausible(times: np.ndarray, limit: int) -> int:
    newest = int(times.max())
    if newest > limit:
        times = times[times <= limit]
        newest = int(times.max()) if len(times) else _NEVER
    return newest


def _exact(value: str | int) -> str | int:
    return value if isinstance(value, str) else int(value)
