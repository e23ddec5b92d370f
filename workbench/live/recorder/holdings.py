"""The symbols that a recorder has the lease of, shared by its reading and its writing threads."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from workbench.live.recorder.board import SymbolStatus
from workbench.live.recorder.tray import Tray


@dataclass
class Count:
    """What happened to one kind of a symbol since the recorder has it; ``unread`` entries of ``unread_ms`` wait."""

    rows: int = 0
    gaps: int = 0
    dead: int = 0
    commits: int = 0
    committed_ns: int = 0
    unread: int = 0
    unread_ms: float = 0.0


@dataclass(eq=False)
class Holding:
    """One symbol. ``stale``: what is in memory counts no more, the manifest must be read again, from ``retry_at`` on.

    ``leaving``: nothing more is read, and the lease given back when all is stored. ``busy``: it is being stored.
    """

    symbol: str
    trays: dict[str, Tray] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    leaving: bool = False
    busy: bool = False
    stale: bool = False
    failures: int = 0
    retry_at: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing of it is in memory or on its way to the disk."""
        return not self.busy and (self.stale or all(tray.waiting_since is None for tray in self.trays.values()))

    def spoil(self, retry_at: float = 0.0) -> None:
        """Let go of what is in memory; it is read again from what the manifest says, after ``retry_at``."""
        self.stale, self.retry_at = True, retry_at
        for tray in self.trays.values():
            tray.discard()

    def due(self, every: float, rows: int) -> float | None:
        """When (monotonic) it is to be stored; ``None``: there is nothing."""
        if self.busy or self.stale:
            return None
        if any(tray.rows >= rows for tray in self.trays.values()):
            return 0.0
        return min((due for tray in self.trays.values() if (due := tray.due(every)) is not None), default=None)

    def count(self, kind: str) -> Count:
        """The counters of a kind."""
        return self.counts.setdefault(kind, Count())

    def statuses(self) -> list[SymbolStatus]:
        """How its streams are."""
        out, now = [], time.monotonic()
        for kind, tray in self.trays.items():
            count = self.count(kind)
            since = tray.storing_since or tray.waiting_since or now
            out.append(
                SymbolStatus(
                    self.symbol,
                    kind,
                    tray.entries + count.unread,
                    round((now - since) * 1e3 + count.unread_ms, 1),
                    count.rows,
                    len(tray.entry.parts),
                    count.gaps,
                    count.dead,
                    count.committed_ns,
                )
            )
        return out


class Holdings:
    """All of them. ``changed`` guards everything in here; it is notified when there may be something to store.

    ``acks`` are the streams of which Redis must be told how far they are stored: key -> entry ID.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.of: dict[str, Holding] = {}
        self.acks: dict[str, str] = {}
        self.stopping = False

    def all(self) -> list[Holding]:
        """The holdings as they are now."""
        with self.changed:
            return list(self.of.values())

    @property
    def buffered(self) -> int:
        """Records in memory."""
        with self.changed:
            return sum(tray.rows for one in self.of.values() for tray in one.trays.values())
