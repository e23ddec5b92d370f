"""The wire format: one entry of a Redis Stream holds one packed array of records.

Fields of an entry (version 1): ``v`` version, ``k`` kind, ``p`` producer, ``s`` number of the first record in the
producer's sequence, ``n`` number of records, ``c`` CRC-32 of all the others, ``d`` the records as they lie in memory
(little endian, packed, ``market.events.DTYPES``). The CRC finds damage, it is no protection from malice.

Kinds are the names of ``DTYPES``; bars may say their spec after it: ``bars_1min``, ``flow_bars_1000tick``.
"""

from __future__ import annotations

import functools
import re
import secrets
import zlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import DataError, WorkbenchError, did_you_mean
from workbench.market.events import DTYPES
from workbench.market.specs import BarSpec

VERSION = b"1"

#: Records an entry may hold. 65,536 trades are 2.3 MB; larger entries block a Redis server noticeably.
MAX_ROWS = 65_536

#: Sequence numbers are exact in JSON and in every client language up to here.
MAX_SEQ = 2**53

_MAX_PRODUCER = 200
_MAX_KIND = 64
_FIELDS = (b"v", b"k", b"p", b"s", b"n", b"d")
_ALL = {*_FIELDS, b"c"}
_SUMMED = b"".join(name + b"%d:%b" for name in _FIELDS[:-1]) + b"d%d:"
_NUMBER = re.compile(rb"\d{1,16}")


#: Entries of a stream: ID and fields of each.
Entries = list[tuple[bytes, dict[bytes, bytes]]]


@dataclass(frozen=True)
class Batch:
    """Records ``seq .. seq + len(records) - 1`` of the sequence of ``producer``."""

    kind: str
    records: np.ndarray
    seq: int
    producer: str = ""

    @property
    def end(self) -> int:
        """Number of the record after the last."""
        return self.seq + len(self.records)


@dataclass(frozen=True)
class Producer:
    """Who numbers the records of a stream: a stable ``name``, and the sequence it is on.

    A sequence is complete from ``since`` (ns UTC) on: its record 0 is the first print at or after that instant. A
    producer that knows what it sent last goes on with its sequence; one that may have missed prints starts another.
    """

    name: str
    since: int
    nonce: str

    @classmethod
    def start(cls, name: str, since: int) -> Producer:
        """A new sequence; unlike every other one, also of the same ``since``."""
        return cls(name, since, secrets.token_hex(4))

    @classmethod
    def parse(cls, text: str) -> Producer | None:
        """Read an identity off the wire; ``None`` for one of another form, whose sequence is then taken as it comes."""
        match = re.fullmatch(r"(.*)@(-?[0-9]{1,19})-(\w+)", text, re.DOTALL)
        if match is None or not -(2**63) <= int(match[2]) < 2**63:
            return None
        return cls(match[1], int(match[2]), match[3])

    def __str__(self) -> str:
        return f"{self.name}@{self.since}-{self.nonce}"


@functools.lru_cache(maxsize=1024)
def dtype_of(kind: str) -> np.dtype | None:
    """Dtype of the records of a kind; ``None`` when there is no such kind."""
    if kind in DTYPES:
        return DTYPES[kind]
    family = next((name for name in DTYPES if name.endswith("bars") and kind.startswith(f"{name}_")), None)
    if family is None:
        return None
    try:
        BarSpec.parse(kind[len(family) + 1 :])
    except WorkbenchError:
        return None
    return DTYPES[family]


def encode(kind: str, records: np.ndarray, seq: int, *, producer: str = "") -> dict[bytes, bytes]:
    """Pack ``records`` (dtype ``dtype_of(kind)``) as the fields of one stream entry.

    Raises
    ------
    DataError
        Unknown kind, another dtype, no or too many records, or a sequence number out of range.
    """
    dtype = dtype_of(kind)
    if dtype is None:
        raise DataError(f"unknown kind of record {kind!r}: {did_you_mean(kind, DTYPES)}")
    if records.dtype != dtype:
        raise DataError(f"{kind} must have dtype {dtype}, got {records.dtype}; see market.events.as_records")
    if not 0 < len(records) <= MAX_ROWS:
        raise DataError(f"a batch holds 1 to {MAX_ROWS:,} records, got {len(records):,}; split it")
    name = producer.encode()
    if len(name) > _MAX_PRODUCER:
        raise DataError(f"a producer's name has at most {_MAX_PRODUCER} bytes, got {len(name)}: {producer[:40]!r}...")
    if not 0 <= seq <= MAX_SEQ:
        raise DataError(f"a sequence number lies in 0 .. 2**53, got {seq}; start a new sequence")
    fields = {
        b"v": VERSION, b"k": kind.encode(), b"p": name, b"s": b"%d" % seq, b"n": b"%d" % len(records),
        b"d": np.ascontiguousarray(records).tobytes(),
    }  # fmt: skip
    return {**fields, b"c": b"%08x" % _crc(fields)}


def decode(fields: Mapping[bytes, bytes]) -> Batch:
    """Read the fields of one entry; the records are a read-only view on them.

    Raises
    ------
    DataError
        For anything that ``encode`` did not write; the message says what is wrong with it.
    """
    kind, dtype, seq, _ = _checked(fields)
    return Batch(kind, np.frombuffer(fields[b"d"], dtype), seq, fields[b"p"].decode("utf-8", "replace"))


@dataclass(frozen=True)
class Run:
    """Entries that follow each other in one sequence, as one batch; ``lengths`` are the records of each."""

    entries: Entries
    lengths: list[int]
    batch: Batch


def decode_runs(
    entries: Entries, kind: str, known: Container[str], refuse: Callable[[bytes, Mapping[bytes, bytes], str], None]
) -> list[Run]:
    """Read many entries of one stream, in fewer and longer batches.

    Parameters
    ----------
    kind
        What the stream is of.
    known
        Producers of which entries may be put together; one that is met for the first time is taken entry by entry.
    refuse
        Takes (ID, fields, reason) of an entry that cannot be used.
    """
    runs: list[tuple[bytes, np.dtype, int, Entries, list[int]]] = []
    last, end = b"", 0
    for entry in entries:
        fields = entry[1]
        try:
            found, dtype, seq, count = _checked(fields)
            if found != kind:
                raise DataError(f"entry of {found} in a stream of {kind}")
        except DataError as error:
            refuse(*entry, str(error))
            continue
        producer = fields[b"p"]
        if runs and producer == last and seq == end and producer.decode("utf-8", "replace") in known:
            runs[-1][3].append(entry)
            runs[-1][4].append(count)
        else:
            runs.append((producer, dtype, seq, [entry], [count]))
        last, end = producer, seq + count
    return [
        Run(some, lengths, Batch(kind, _records(some, dtype), seq, producer.decode("utf-8", "replace")))
        for producer, dtype, seq, some, lengths in runs
    ]


def _records(entries: Entries, dtype: np.dtype) -> np.ndarray:
    return np.frombuffer(entries[0][1][b"d"] if len(entries) == 1 else b"".join(f[b"d"] for _, f in entries), dtype)


def _checked(fields: Mapping[bytes, bytes]) -> tuple[str, np.dtype, int, int]:
    """Kind, dtype, number of the first record and number of records of an entry that is whole."""
    if fields.get(b"v") != VERSION or not fields.keys() >= _ALL:
        raise _unreadable(fields)
    kind = fields[b"k"][:_MAX_KIND].decode("ascii", "replace")
    dtype = dtype_of(kind)
    if dtype is None:
        raise DataError(f"entry of unknown kind {kind[:40]!r}: {did_you_mean(kind[:40], DTYPES)}")
    if not (_NUMBER.fullmatch(fields[b"s"]) and _NUMBER.fullmatch(fields[b"n"])):
        raise DataError(f"entry numbers are not numbers: s={fields[b's'][:20]!r} n={fields[b'n'][:20]!r}")
    seq, count = int(fields[b"s"]), int(fields[b"n"])
    if not 0 < count <= MAX_ROWS or seq > MAX_SEQ:
        raise DataError(f"entry of {count:,} records from number {seq:,}: the limits are {MAX_ROWS:,} and 2**53")
    size = count * dtype.itemsize
    if len(fields[b"d"]) != size:
        raise DataError(f"entry of {count:,} {kind} must carry {size:,} bytes, it carries {len(fields[b'd']):,}")
    if fields[b"c"] != b"%08x" % _crc(fields):
        raise DataError(f"entry is damaged: its checksum does not fit its {count:,} {kind}")
    if len(fields[b"p"]) > _MAX_PRODUCER:
        raise DataError(f"entry's producer has {len(fields[b'p'])} bytes, the limit is {_MAX_PRODUCER}")
    return kind, dtype, seq, count


def joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Records of one dtype, one array after the other.

    As plain bytes: numpy would copy each field by itself, which takes 15 times as long.
    """
    if len(parts) == 1:
        return parts[0]
    out = np.empty(sum(map(len, parts)), parts[0].dtype)
    copy_records(parts, out)
    return out


def copy_records(parts: Sequence[np.ndarray], out: np.ndarray) -> None:
    """Write arrays of records one after the other into the beginning of ``out``, as plain bytes."""
    raw, at = out.view(f"V{out.dtype.itemsize}"), 0
    for part in parts:
        raw[at : at + len(part)] = part.view(raw.dtype)
        at += len(part)


def _crc(fields: Mapping[bytes, bytes]) -> int:
    # The length keeps bytes from moving between neighbouring fields unseen. The records come last and are not copied.
    head = [part for name in _FIELDS[:-1] for part in (len(fields[name]), fields[name])]
    return zlib.crc32(fields[b"d"], zlib.crc32(_SUMMED % (*head, len(fields[b"d"]))))


def _unreadable(fields: Mapping[bytes, bytes]) -> DataError:
    if b"v" in fields and fields[b"v"] != VERSION:
        return DataError(
            f"entry of format version {fields[b'v'][:20]!r}, this program reads {VERSION.decode()}: "
            "update the older side"
        )
    missing = [f.decode() for f in (*_FIELDS, b"c") if f not in fields]
    return DataError(f"entry lacks the fields {', '.join(missing)}; it has {_some(fields)}")


def _some(fields: Mapping[bytes, bytes]) -> str:
    names = [name[:20].decode("utf-8", "replace") for name in list(fields)[:8]]
    return ", ".join(map(repr, names)) or "none"
