"""What recorders say of themselves, in their own process and, through Redis, to everybody."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.live.bus import Bus

#: Hash in Redis: name of a recorder -> its last word, as JSON.
BOARD_KEY = "wb:recorders"

#: Symbols that a recorder tells others about: those that are furthest behind.
SHOWN_SYMBOLS = 200

_FORGOTTEN_S = 3600.0  # a word that old is wiped off the board


@dataclass(frozen=True)
class SymbolStatus:
    """One recorded stream.

    ``lag_entries`` were published and are not stored (about, where many are not even read), for ``lag_ms``. ``rows``
    were stored since the recorder has the symbol, ``files`` hold the dataset; ``gaps`` and ``dead`` were noticed.
    ``committed_ns`` is the time of the last commit (ns UTC, 0: none yet).
    """

    symbol: str
    kind: str
    lag_entries: int
    lag_ms: float
    rows: int
    files: int
    gaps: int
    dead: int
    committed_ns: int


@dataclass(frozen=True)
class RecorderStatus:
    """A recorder at a moment.

    ``state``: ``off``, ``connecting`` (Redis was never reached), ``recording``, ``behind`` (it cannot keep up),
    ``reconnecting`` (Redis is lost), ``failing`` (the store refuses); ``message`` says why and what to do. ``since_ns``
    is when that began, ``beat_ns`` when this was true (ns UTC). ``buffered`` records wait in memory. Sums are over
    ``streams``; ``symbols`` are those of which it holds the lease.
    """

    name: str
    source: str
    kinds: tuple[str, ...]
    wanted: tuple[str, ...]
    host: str
    pid: int
    state: str
    message: str
    since_ns: int
    beat_ns: int
    symbols: int
    rows: int
    buffered: int
    files: int
    gaps: int
    dead: int
    commits: int
    lag_entries: int
    lag_ms: float
    committed_ns: int
    streams: tuple[SymbolStatus, ...] = ()

    def json(self) -> str:
        """All of it as JSON, with the streams that are furthest behind."""
        worst = sorted(self.streams, key=lambda one: -one.lag_ms)[:SHOWN_SYMBOLS]
        return json.dumps({**vars(self), "streams": [vars(one) for one in worst]}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str | bytes) -> RecorderStatus | None:
        """Read ``json`` again; ``None`` for what another version wrote."""
        try:
            raw: dict[str, Any] = json.loads(text)
            raw["streams"] = tuple(SymbolStatus(**one) for one in raw["streams"])
            return cls(**{**raw, "kinds": tuple(raw["kinds"]), "wanted": tuple(raw["wanted"])})
        except (ValueError, TypeError, KeyError):
            return None


class Board:
    """The place in Redis where recorders of all processes say how they are."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def tell(self, status: RecorderStatus) -> int:
        """Put a word up, stamped with the clock of Redis, and wipe off what is very old; returns that clock, ns."""
        now = self.now()
        self._bus.execute("HSET", BOARD_KEY, status.name, dataclasses.replace(status, beat_ns=now).json())
        return now

    def read(self) -> dict[str, RecorderStatus]:
        """The last word of every recorder, by name."""
        raw = self._bus.execute("HGETALL", BOARD_KEY)
        found = {name.decode(): RecorderStatus.parse(text) for name, text in zip(raw[::2], raw[1::2], strict=True)}
        return {name: status for name, status in found.items() if status is not None}

    def others(self, name: str, source: str, *, ttl_s: float, now: int) -> Mapping[str, tuple[str, ...]]:
        """The living recorders of ``source`` beside ``name``, with the symbols that they want."""
        out = {}
        for other, status in self.read().items():
            age_s = (now - status.beat_ns) / 1e9
            if age_s > _FORGOTTEN_S:
                self.wipe(other)
            elif other != name and status.source == source and age_s < ttl_s:
                out[other] = status.wanted
        return out

    def wipe(self, name: str) -> None:
        """Take a word off the board."""
        self._bus.execute("HDEL", BOARD_KEY, name)

    def now(self) -> int:
        """The clock of Redis, ns UTC: the same for recorders of all machines."""
        seconds, micros = self._bus.execute("TIME")
        return int(seconds) * 1_000_000_000 + int(micros) * 1000


def recorders(bus: Bus | str) -> list[RecorderStatus]:
    """What the recorders of all processes last said, by name; ``beat_ns`` tells how long ago.

    Raises
    ------
    BusError
        Redis cannot be reached.
    """
    if isinstance(bus, Bus):
        return sorted(Board(bus).read().values(), key=lambda one: one.name)
    own = Bus(bus)
    try:
        return recorders(own)
    finally:
        own.close()
