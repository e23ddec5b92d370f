"""One change to all that a source holds of a symbol: seen as a whole or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.catalog import manifest as manifests
from workbench.catalog import parts, schema
from workbench.catalog.manifest import Entry, Manifest, Part
from workbench.errors import DataError
from workbench.market.calendars import Calendar
from workbench.market.specs import SECOND

_EMPTY = Entry()

_SEAL = 4  # a file that is cut ends there when what lies before the cut has so many times the rows of the rest

_REMEMBERED = 200_000  # rows of a new file that are kept in memory until the change is done

_APART = 600 * SECOND  # late records that lie so far apart are put in their places one by one


class Transaction:
    """Holds the symbol's lock between ``with`` and its end; nothing counts before ``commit``.

    Parameters
    ----------
    folder
        Folder of the source.
    manifest, lock
        The symbol's manifest and lock file.
    sweep
        Remove what a crash has left of this symbol first.
    adopt
        Go on without a manifest though there are files.
    """

    def __init__(
        self, folder: Path, symbol: str, *, manifest: Path, lock: Path, sweep: bool, adopt: bool = False
    ) -> None:
        self.folder, self.symbol, self.source = folder, symbol, folder.name
        self._path, self._lock, self._sweep, self._adopt = manifest, lock, sweep, adopt
        self._exit = contextlib.ExitStack()
        self._made: set[Path] = set()
        self._fresh: dict[Path, np.ndarray] = {}

    def __enter__(self) -> Transaction:
        with contextlib.ExitStack() as opening:
            opening.enter_context(manifests.locked(self._lock))
            self._before = self.manifest = manifests.load(self._path, self.source, self.symbol)
            if not self._path.exists():
                # An empty manifest comes before the first file, so that files without one mean that it was lost,
                # and are never taken for the orphans of a crash.
                if self._adopt:
                    pass
                elif self._files():
                    raise DataError(
                        f"{self._path} is missing though {self.folder} holds files of {self.symbol}; put it back, or "
                        f"make it anew with Store.recover({self.source!r}, {self.symbol!r})"
                    )
                else:
                    manifests.save(self._path, self.manifest)
            elif self._sweep:
                self._remove(self._files() - self._named(self.manifest))
                for stale in self._path.parent.glob(f".{self._path.name}.*.tmp"):
                    stale.unlink(missing_ok=True)
            self._exit = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._exit:
            self._remove(self._made - self._named(self._before))

    def entry(self, kind: str) -> Entry:
        """A dataset as it will be."""
        return self.manifest.datasets.get(kind, _EMPTY)

    def read(self, kind: str, start: int | None, end: int | None, columns: list[str] | None = None) -> np.ndarray:
        """Records of [start, end) as they will be."""
        dtype = schema.select(schema.dtype_of(kind), columns)
        folder = self._dataset_folder(kind)
        found = [
            self._read_part(folder, part, dtype, start, end)
            for part in self.entry(kind).parts
            if (end is None or part.first < end) and (start is None or part.last >= start)
        ]
        return schema.joined(found, dtype)

    def splice(self, kind: str, records: np.ndarray, start: int, end: int) -> None:
        """Put sorted ``records`` in the place of everything in [start, end).

        Files that lie wholly inside are not read, so that a damaged one can be replaced. A new file takes in the
        files before it that are no bigger, so that small appends leave few files and are rewritten seldom. Of a file
        of which only the end is replaced the rest becomes a file of its own, so that the next change to the end does
        not rewrite it once more.
        """
        folder, dtype = self._dataset_folder(kind), schema.dtype_of(kind)
        before, after, kept = [], [], []
        for part in self.entry(kind).parts:
            if part.last < start:
                before.append(part)
            elif part.first >= end:
                after.append(part)
            elif part.first < start or part.last >= end:
                kept.append(self._read_part(folder, part, dtype, None, None))
        head, merged = records[:0], records
        if kept:
            old = schema.joined(kept, dtype)
            low, high = np.searchsorted(old[dtype.names[0]], [start, end])
            head, merged = old[:low], schema.joined([records, old[high:]], dtype)
            if len(head) <= _SEAL * len(merged):
                head, merged = records[:0], schema.joined([head, merged], dtype)
        first = head if len(head) else merged
        while before and len(first) and _date(before[-1]) == _partition(kind, first) and before[-1].rows <= len(first):
            first = schema.joined([self._read_part(folder, before.pop(), dtype, None, None), first], dtype)
        made = []
        for piece in (first, merged) if len(head) else (first,):
            dates = schema.partition_starts(kind, piece[dtype.names[0]])
            cuts = np.flatnonzero(np.r_[True, dates[1:] != dates[:-1], True]) if len(piece) else np.zeros(1, int)
            for low, high in zip(cuts[:-1], cuts[1:], strict=True):
                made.append(self._write_part(folder, kind, piece[low:high]))
        self._put(kind, parts=(*before, *made, *after))

    def merge(self, kind: str, records: np.ndarray) -> list[tuple[int, int]]:
        """Put ``records`` (any order) among what is stored; of equal times the stored ones come first.

        Returns the stretches of time (ns, both ends included) that are new: one, or one more for each run of records
        that are much older than what is stored.
        """
        stamp = records.dtype.names[0]
        if (np.diff(records[stamp]) < 0).any():
            records = records[np.argsort(records[stamp], kind="stable")]
        spans = []
        for piece in _runs(records, stamp, self.entry(kind).last):
            first, last = int(piece[stamp][0]), int(piece[stamp][-1])
            stored = self.read(kind, first, last + 1)
            if len(stored):
                piece = schema.joined([stored, piece], records.dtype)
                piece = piece[np.argsort(piece[stamp], kind="stable")]
            self.splice(kind, piece, first, last + 1)
            spans.append((first, last))
        return spans

    def update_rollups(self, base: str, first: int, last: int, sessions: Calendar) -> None:
        """Build anew the derived bars that hold an instant of [first, last] (ns)."""
        from workbench.catalog import rollups

        if base not in schema.ROLLUP_OF:
            return
        entry, daily = self.entry(base), rollups.rungs(base)[-1]
        known = rollups.covering_calendar(sessions, entry.first or first, entry.last or last)
        if known is None or self.entry(daily).session not in (None, known.name):
            self.drop(daily)
        rollups.update(base, first, last, read=self.read, splice=self.splice, sessions=known)
        if known is None:
            return
        if self.entry(daily).session is None and entry.parts and (entry.first < first or entry.last > last):
            rollups.update_daily(base, entry.first, entry.last, read=self.read, splice=self.splice, sessions=known)
        if daily in self.manifest.datasets:
            self._put(daily, session=known.name)

    def drop(self, kind: str) -> None:
        """Forget a dataset."""
        self._datasets().pop(kind, None)

    def drop_rollups(self, base: str) -> None:
        """Forget the bars derived from ``base``."""
        prefix = schema.ROLLUP_OF.get(base)
        for kind in list(self.manifest.datasets):
            if schema.split_kind(kind)[0] == prefix:
                self.drop(kind)

    def note(self, kind: str, origin: Mapping[str, Any] | None, covered_until: int | None) -> None:
        """Write down where rows came from and how far the data speaks."""
        entry = self.entry(kind)
        ends = [t for t in (entry.covered_until, covered_until, None if entry.last is None else entry.last + 1) if t]
        origins = entry.origins if origin is None else (*entry.origins, dict(origin))
        self._put(kind, covered_until=max(ends, default=None), origins=origins)

    def place(
        self, kind: str, cursor: dict[str, Any], *, gaps: tuple[dict[str, Any], ...], covered_until: int | None
    ) -> None:
        """Write down how much of a stream the dataset holds, all gaps of it, and how far it speaks."""
        self._put(kind, cursor=cursor, gaps=gaps, covered_until=covered_until)

    def cut(self, kind: str, parts: tuple[Part, ...]) -> None:
        """Keep only ``parts`` of a dataset."""
        self._put(kind, parts=parts)

    def adopt_files(self) -> None:
        """Take every readable file of the symbol into the manifest, the younger where two overlap."""
        for folder in sorted(self.folder.glob(f"*/{schema.symbol_pattern(self.symbol)}")):
            kind = folder.parent.name
            if kind in ("manifest", "quarantine"):
                continue
            files = sorted(folder.glob("date=*/part-*.parquet"), key=lambda p: p.stat().st_mtime_ns, reverse=True)
            chosen: list[Part] = []
            for file in files:
                try:
                    part = parts.describe(folder, str(file.relative_to(folder)))
                except (pa.ArrowException, OSError):
                    continue
                if all(part.last < other.first or part.first > other.last for other in chosen):
                    chosen.append(part)
            self._put(kind, parts=tuple(sorted(chosen, key=lambda p: p.first)))
            self.note(kind, None, None)

    def commit(self) -> None:
        """Make the change durable, then remove the files it has replaced."""
        manifests.save(self._path, self.manifest)
        now = self._named(self.manifest)
        self._remove((self._named(self._before) | self._made) - now)
        self._before, self._made = self.manifest, set()

    def _put(self, kind: str, **changes: Any) -> None:
        self._datasets()[kind] = dataclasses.replace(self.entry(kind), **changes)

    def _datasets(self) -> dict[str, Entry]:
        if self.manifest is self._before:
            self.manifest = Manifest(self.source, self.symbol, dict(self._before.datasets))
        return self.manifest.datasets

    def _read_part(self, folder: Path, part: Part, dtype: np.dtype, start: int | None, end: int | None) -> np.ndarray:
        fresh = self._fresh.get(folder / part.path)
        if fresh is not None and fresh.dtype == dtype:
            times = fresh[dtype.names[0]]
            low = 0 if start is None else int(np.searchsorted(times, start))
            return fresh[low : len(fresh) if end is None else int(np.searchsorted(times, end))]
        try:
            return parts.read(folder, part, dtype, start, end)
        except FileNotFoundError:
            raise parts.damaged(folder, part, "it is missing") from None

    def _write_part(self, folder: Path, kind: str, records: np.ndarray) -> Part:
        part = parts.write(folder, kind, records)
        self._made.add(folder / part.path)
        if len(records) <= _REMEMBERED:  # coarser bars are made of it in a moment
            self._fresh[folder / part.path] = records
        return part

    def _dataset_folder(self, kind: str) -> Path:
        return self.folder / kind / schema.symbol_folder(self.symbol)

    def _named(self, manifest: Manifest) -> set[Path]:
        return {self._dataset_folder(kind) / p.path for kind, e in manifest.datasets.items() for p in e.parts}

    def _files(self) -> set[Path]:
        """Files of the symbol that are data or were to become data."""
        symbol = schema.symbol_pattern(self.symbol)
        found = set(self.folder.glob(f"*/{symbol}/date=*/part-*.parquet"))
        return found | set(self.folder.glob(f"*/{symbol}/date=*/.part-*.tmp"))

    def _remove(self, files: set[Path]) -> None:
        for path in files:
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()


def _runs(records: np.ndarray, stamp: str, stored: int | None) -> list[np.ndarray]:
    """Sorted records as they go into the store: what is late by far apart from the rest, to rewrite little."""
    times = records[stamp]
    if stored is None or not len(times):
        return [records] if len(times) else []
    behind = int(np.searchsorted(times, stored, "right"))
    cuts = np.flatnonzero(np.diff(times[:behind]) > _APART) + 1
    if 0 < behind < len(times) and stored - int(times[behind - 1]) > _APART:
        cuts = np.append(cuts, behind)
    return np.split(records, cuts)


def _partition(kind: str, records: np.ndarray) -> str:
    return str(schema.partition_starts(kind, records[records.dtype.names[0]][:1])[0])


def _date(part: Part) -> str:
    return part.path.partition("/")[0].removeprefix("date=")
