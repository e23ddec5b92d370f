"""What a source holds of a symbol: one small JSON file, replaced as a whole, so that a write is seen at once or never.

All datasets of a (source, symbol) share the file: events and the bars derived from them change in the same instant.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import DataError

VERSION = 1


@dataclass(frozen=True)
class Part:
    """One Parquet file: ``path`` below the dataset's folder, time range (ns, inclusive) and what it must weigh.

    ``footer`` is the CRC-32 of the file's Parquet footer, checked at every read; pages carry checksums of their own.
    """

    path: str
    rows: int
    first: int
    last: int
    bytes: int
    sha256: str
    footer: int


@dataclass(frozen=True)
class Entry:
    """One dataset: parts in time order, never overlapping. ``session`` names the calendar of derived daily bars.

    ``cursor`` says how much of a stream the dataset holds, ``gaps`` what of it never came; see ``catalog.recorded``.
    """

    parts: tuple[Part, ...] = ()
    covered_until: int | None = None
    origins: tuple[dict[str, Any], ...] = ()
    session: str | None = None
    cursor: dict[str, Any] | None = None
    gaps: tuple[dict[str, Any], ...] = ()

    @property
    def rows(self) -> int:
        return sum(p.rows for p in self.parts)

    @property
    def bytes(self) -> int:
        return sum(p.bytes for p in self.parts)

    @property
    def first(self) -> int | None:
        return self.parts[0].first if self.parts else None

    @property
    def last(self) -> int | None:
        return self.parts[-1].last if self.parts else None


@dataclass(frozen=True)
class Manifest:
    """All datasets of one symbol from one source, by kind."""

    source: str
    symbol: str
    datasets: dict[str, Entry] = field(default_factory=dict)


_cache: dict[Path, tuple[tuple[int, int, int], Manifest]] = {}


def load(path: Path, source: str, symbol: str) -> Manifest:
    """Read a manifest, from memory when the file is still the one last read; an absent file is an empty manifest."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return Manifest(source, symbol)
    stamp = _stamp(stat)
    known = _cache.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    try:
        raw = json.loads(path.read_text("utf-8"))
        if raw["version"] != VERSION:
            raise DataError(f"{path} has version {raw['version']}, this Workbench reads {VERSION}; upgrade it")
        datasets = {
            kind: Entry(
                tuple(Part(**part) for part in entry["parts"]),
                entry["covered_until"],
                tuple(entry["origins"]),
                entry.get("session"),
                entry.get("cursor"),
                tuple(entry.get("gaps", ())),
            )
            for kind, entry in raw["datasets"].items()
        }
        manifest = Manifest(raw["source"], raw["symbol"], datasets)
    except FileNotFoundError:
        return Manifest(source, symbol)
    except DataError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} is damaged ({type(error).__name__}: {error}); move it away and build it anew from the parts with "
            f"Store.recover({source!r}, {symbol!r})"
        ) from None
    _cache[path] = (stamp, manifest)
    return manifest


def save(path: Path, manifest: Manifest) -> None:
    """Replace a manifest durably. The caller holds its lock."""
    raw = {
        "version": VERSION,
        "source": manifest.source,
        "symbol": manifest.symbol,
        "datasets": {
            kind: {
                **vars(entry),
                "rows": entry.rows,
                "first": entry.first,
                "last": entry.last,
                "parts": [vars(part) for part in entry.parts],
            }
            for kind, entry in sorted(manifest.datasets.items())
        },
    }
    write_durably(path, json.dumps(raw, separators=(",", ":")).encode())
    # Who writes often need not read what it has just written; nobody else can have replaced it yet.
    _cache[path] = (_stamp(path.stat()), manifest)


def _stamp(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def write_durably(path: Path, data: bytes) -> None:
    """Bytes under ``path``, complete or not at all, on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` alone, among threads and processes; the system frees it when a process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
