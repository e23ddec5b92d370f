"""What the push API keeps: bars in the store and on the bus, trades on the bus, each once however often it is sent."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.catalog.manifest import locked
from workbench.catalog.schema import symbol_folder
from workbench.catalog.store import Store
from workbench.errors import BusError
from workbench.live import rows as read
from workbench.live.bus import KEEP_DAYS, Bus, BusRefused, keep_entries, key_of
from workbench.live.codec import Batch, Producer, encode
from workbench.live.rows import Fault, Unusable
from workbench.market.events import BAR, TRADE
from workbench.market.specs import DAY, BarSpec

#: Source of pushed bars in the store, and name of the producer on the bus.
SOURCE, PRODUCER = "pushed", "push"

#: Rows of a request.
MAX_ROWS = 10_000

#: The identity of a trade is known for so long, and at most so many of a symbol are (55 MB of Redis's memory).
REMEMBER_S, REMEMBER_IDS = 86_400, 500_000

_MAX_FAULTS = 100  # told of a request
_TRIES = 20  # times that another process may come in between
_APART = 2_000  # bars between two that are stored one by one rather than read over

# Appends a batch and notes what it held, all or nothing. Other processes may push the same symbol: the caller has made
# the batch from the head it saw, and makes it anew when that has changed.
_APPEND = """
redis.call('ZCARD', KEYS[1])
local head = redis.call('HMGET', KEYS[2], 'producer', 'next')
if (head[1] or '') ~= ARGV[1] or (head[2] or '') ~= ARGV[2] then return false end
local ids = tonumber(ARGV[9])
local fields = {}
for i = 11 + ids, #ARGV do fields[#fields + 1] = ARGV[i] end
local entry = redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[7], '*', unpack(fields))
for i = 11, 10 + ids do redis.call('ZADD', KEYS[1], ARGV[5], ARGV[i]) end
if ids > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[6])
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -(tonumber(ARGV[8]) + 1))
end
redis.call('XTRIM', KEYS[3], 'MINID', '~', ARGV[10])
if ARGV[1] ~= ARGV[3] then redis.call('HSET', KEYS[2], 'entries', 0) end
redis.call('HSET', KEYS[2], 'producer', ARGV[3], 'next', ARGV[4])
redis.call('HINCRBY', KEYS[2], 'entries', 1)
return entry
"""


@dataclass(frozen=True)
class Outcome:
    """What became of a request's rows.

    ``accepted`` are new or changed what was there (``replaced``: of those, bars that took another's place);
    ``duplicates`` were there already. With ``errors`` nothing at all was kept; there may be more than are listed:
    ``unusable`` counts the rows.
    """

    accepted: int = 0
    duplicates: int = 0
    replaced: int = 0
    unusable: int = 0
    errors: tuple[Fault, ...] = ()


@dataclass
class _Waiting:
    """Rows of one stream that are to be appended; ``ids`` may be known already."""

    kind: str
    stream: str
    symbol: str
    producer: str
    records: np.ndarray
    ids: list[bytes]

    @property
    def keys(self) -> tuple[str, str, str]:
        """Identities known, head of the sequence, stream."""
        return f"wb:pushed_ids:{self.symbol}", f"wb:pushed:{self.kind}:{self.symbol}", key_of(self.stream, self.symbol)


class Inbox:
    """Keeps what is pushed. Safe for many threads and processes; every call may wait for Redis and the disk.

    Parameters
    ----------
    bus_url
        Address of the bus, or what gives it when it is wanted first.
    store
        Where bars go, as source ``pushed``.
    clock
        Now, ns UTC.

    All or nothing by request: with one row that cannot be used, nothing is kept. When a call raises, part of the rows
    may have been kept; the same request sent again keeps the others.
    """

    def __init__(self, bus_url: str | Callable[[], str], store: Store, *, clock: Callable[[], int] = time.time_ns):
        self._url, self._store, self._clock = bus_url, store, clock
        self._opening = threading.Lock()
        self._opened: Bus | None = None

    def close(self) -> None:
        """Drop the connection; the next call connects again."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()

    def trades(self, payload: Sequence[Any], client: str) -> Outcome:
        """Put trades on the bus that were not there yet, by ``rows.identity``; ``client`` is who sends them.

        Raises
        ------
        BusError
            The bus is away.
        """
        now, found, faults = self._clock(), {}, []
        for index, row in enumerate(payload):
            try:
                if not isinstance(row, dict):
                    raise Unusable("", "is no JSON object")
                name, one = read.trade(row, now=now)
                identity = read.identity(row, client).encode("utf-8", "surrogatepass")
                known, rest = found.setdefault(name, ([], []))
                known.append(hashlib.blake2b(identity, digest_size=16).digest())
                rest.append(one)
            except Unusable as fault:
                faults.append(Fault(index, fault.field, fault.reason))
        if faults:
            return _refused(faults)
        waiting = []
        for name, (ids, trades) in found.items():
            records = np.array(trades, TRADE)
            order = np.argsort(records["ts_event"], kind="stable")
            waiting.append(_Waiting("trades", "trades", name, PRODUCER, records[order], [ids[i] for i in order]))
        accepted = self._append(waiting)
        return Outcome(accepted, len(payload) - accepted)

    def bars(self, payload: Sequence[Any]) -> Outcome:
        """Put bars into the store and on the bus. One of a known (symbol, spec, time) takes the place of that.

        Rows count as if they had been sent one after the other.

        Raises
        ------
        BusError, DataError, OSError
            The bus or the store is away.
        """
        now, found, faults = self._clock(), {}, []
        for index, row in enumerate(payload):
            one = read.bar(row, now=now) if isinstance(row, dict) else [Unusable("", "is no JSON object")]
            if isinstance(one, list):
                faults += [Fault(index, fault.field, fault.reason) for fault in one]
            else:
                found.setdefault(one[:2], []).append(one[2])
        if faults:
            return _refused(faults)
        accepted = replaced = 0
        for (name, spec), bars in found.items():
            with locked(self._store.data_dir / SOURCE / "manifest" / f"{symbol_folder(name)}.push.lock"):
                for part in _neighbours(np.array(bars, BAR), spec):
                    new, other = self._keep(name, spec, part)
                    accepted, replaced = accepted + new, replaced + other
        return Outcome(accepted, len(payload) - accepted, replaced)

    def dead_letter(self, origin: str, body: bytes, reason: str) -> None:
        """Put a request aside that could not be used; gives up quietly when the bus is away."""
        try:
            self._bus().dead_letter(origin, b"", {b"body": body}, reason)
        except BusError:
            return

    # -- inside --------------------------------------------------------------------------------------------------

    def _bus(self) -> Bus:
        with self._opening:
            if self._opened is None:
                self._opened = Bus(self._url() if callable(self._url) else self._url)
            return self._opened

    def _keep(self, name: str, spec: str, bars: np.ndarray) -> tuple[int, int]:
        """Of ``bars``, in the order they came: how many changed anything, how many of these took another's place."""
        kind = f"bars_{spec}"
        first, last = int(bars["time"].min()), int(bars["time"].max())
        stored = np.empty(0, BAR)
        if kind in self._store.manifests(SOURCE, name).datasets:
            stored = self._store.read(SOURCE, kind, name, first, last + 1)
        known = {int(one["time"]): one.tobytes() for one in stored}
        accepted = replaced = 0
        changed: dict[int, bytes] = {}
        for one in bars:
            at, value = int(one["time"]), one.tobytes()
            if known.get(at) != value:
                accepted, replaced = accepted + 1, replaced + (at in known)
                known[at] = changed[at] = value
        if changed:
            # On the bus first: when the store fails then, the request is sent again and all of it is done anew. The
            # other way round, bars that are stored would be no news, and never reach the bus.
            self._append([_Waiting(kind, "bars", name, f"{PRODUCER}:{spec}", _joined(changed), [])])
            self._store.write(SOURCE, kind, name, _joined(known), replace=True)
        return accepted, replaced

    def _append(self, waiting: list[_Waiting]) -> int:
        """Append to each stream what it does not have; returns how many rows that were."""
        bus, appended = self._bus(), 0
        for _ in range(_TRIES):
            ahead = [bus_command for one in waiting for bus_command in _questions(one)]
            answers = iter(_all_good(bus.execute_many(ahead)))
            commands, sent = [], []
            for one in waiting:
                head = [part.decode() if part is not None else "" for part in next(answers)]
                new = _unknown(one.ids, next(answers)) if one.ids else np.arange(len(one.records))
                if len(new):
                    commands.append(self._command(one, head, new))
                    sent.append((one, len(new)))
            replies = _all_good(bus.execute_many(commands))
            waiting = [one for (one, _), reply in zip(sent, replies, strict=True) if reply is None]
            appended += sum(count for (_, count), reply in zip(sent, replies, strict=True) if reply is not None)
            if not waiting:
                return appended
        raise BusError(f"{waiting[0].symbol} is pushed by others without pause; send the request again")

    def _command(self, one: _Waiting, head: list[str], new: np.ndarray) -> tuple:
        producer, following, entries = head
        records = one.records[new]
        since = int(records[records.dtype.names[0]][0])
        who = producer or str(Producer.start(one.producer, since))
        first = int(following or 0)
        batch = Batch(one.kind, records, first, who)
        now = self._clock() // 1_000_000
        keep = keep_entries((first + len(records)) / (int(entries or 0) + 1))
        ids = [one.ids[i] for i in new] if one.ids else []
        fields = encode(batch.kind, batch.records, batch.seq, producer=who)
        said = (producer, following, who, batch.end, now, now - REMEMBER_S * 1000, keep, REMEMBER_IDS, len(ids),
                now - KEEP_DAYS * 86_400_000)  # fmt: skip
        return "EVAL", _APPEND, 3, *one.keys, *said, *ids, *(part for pair in fields.items() for part in pair)


def _questions(one: _Waiting) -> Iterator[tuple]:
    ids, head, _ = one.keys
    yield "HMGET", head, "producer", "next", "entries"
    if one.ids:
        yield "ZMSCORE", ids, *one.ids


def _unknown(ids: list[bytes], scores: list) -> np.ndarray:
    """Places of the ids that have no score yet, the first one of each."""
    seen: set[bytes] = set()
    return np.array(
        [i for i, (one, score) in enumerate(zip(ids, scores, strict=True))
         if score is None and one not in seen and not seen.add(one)], dtype=int,
    )  # fmt: skip


def _all_good(replies: list[Any]) -> list[Any]:
    for reply in replies:
        if isinstance(reply, BusRefused):
            raise reply
    return replies


def _neighbours(bars: np.ndarray, spec: str) -> Iterator[np.ndarray]:
    """Cut bars, in any order, where much of what may be stored would lie between two of them."""
    parsed = BarSpec.parse(spec)
    step = DAY if parsed.dated else parsed.step
    order = np.argsort(bars["time"], kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(bars["time"][order]) > step * _APART) + 1):
        yield bars[np.sort(group)]


def _joined(bars: dict[int, bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(bars[at] for at in sorted(bars)), BAR)


def _refused(faults: list[Fault]) -> Outcome:
    return Outcome(unusable=len({fault.index for fault in faults}), errors=tuple(faults[:_MAX_FAULTS]))
