"""The store: partitioned Parquet with manifests. The only writer below the data folder.

Layout: ``<source>/<kind>/symbol=<S>/date=<first day>/part-<hash>.parquet`` and
``<source>/manifest/symbol=<S>.json``. A write makes new files first, then replaces the manifest, then removes what the
manifest no longer names; a crash at any moment leaves either the old state or the new one, and orphans that nobody
reads. Writers of a symbol take turns through a lock file; readers never wait.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from workbench.catalog import manifest as manifests
from workbench.catalog import parts, schema
from workbench.catalog.manifest import Entry, Manifest, Part
from workbench.catalog.transaction import Transaction
from workbench.errors import DataError, unknown
from workbench.market.calendars import Calendar
from workbench.market.instruments import InstrumentMaster

Result = TypeVar("Result")

_EARLIEST, _LATEST = (int(np.datetime64(year, "ns").astype("i8")) for year in ("1800", "2200"))


@dataclass(frozen=True)
class Written:
    """What a write stored: rows, partitions (first days) touched, first and last time (ns; None without rows)."""

    rows: int
    partitions: tuple[str, ...]
    first: int | None
    last: int | None


@dataclass(frozen=True)
class Dataset:
    """One dataset of the store. Times are ns UTC; ``covered_until`` is the exclusive end of the time it speaks for."""

    source: str
    kind: str
    symbol: str
    rows: int
    bytes: int
    first: int | None
    last: int | None
    covered_until: int | None
    partitions: int
    quarantined: int
    origins: tuple[dict[str, Any], ...]
    session: str | None = None


class Store:
    """Market data below ``data_dir``. Safe for many threads and processes of one machine; cheap to make, picklable.

    Parameters
    ----------
    data_dir
        Folder of the store; made at the first write.
    """

    def __init__(self, data_dir: Path | str) -> None:
        self.data_dir = Path(data_dir).absolute()
        self._swept: set[tuple[str, str]] = set()

    def __repr__(self) -> str:
        return f"Store({str(self.data_dir)!r})"

    def __reduce__(self) -> tuple[type[Store], tuple[str]]:
        return Store, (str(self.data_dir),)

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(
        self,
        source: str,
        kind: str,
        symbol: str,
        records: np.ndarray,
        *,
        replace: bool = False,
        origin: Mapping[str, Any] | None = None,
        covered_until: int | None = None,
        rollups: bool = True,
    ) -> Written:
        """Add records to a dataset, durably and at once, with the rollups that follow from them.

        Parameters
        ----------
        records
            Array of ``schema.dtype_of(kind)`` in any order; rows of equal time keep theirs.
        replace
            Drop stored rows between the first and last time of ``records`` (both included) before. Without it,
            stored rows there are an error.
        origin
            What the rows come from: ``name, sha256, rows, quarantined, importer, options``; kept in the manifest.
        covered_until
            Exclusive end (ns) of the time the data speaks for, when that is later than the last row.
        rollups
            Whether bars are derived from trades and quotes.

        Raises
        ------
        DataError
            Wrong dtype, unusable times, overlap without ``replace``, or a damaged file that would have to be read.
            Nothing is changed then.
        """
        kind = schema.canonical_kind(kind)
        if schema.is_derived(kind):
            raise DataError(f"{kind} is built by the store from events; write trades, quotes or bars_<spec>")
        records = _sorted(kind, records)
        first, last = (int(t) for t in _times(records)[[0, -1]]) if len(records) else (None, None)
        with self.transaction(source, symbol) as change:
            if first is not None:
                if not replace:
                    self._refuse_overlap(change, kind, first, last)
                change.splice(kind, records, first, last + 1)
                if rollups:
                    change.update_rollups(kind, first, last, self.calendar_of(symbol))
            change.note(kind, origin, covered_until)
            change.commit()
        dates = np.unique(schema.partition_starts(kind, _times(records))) if len(records) else ()
        return Written(len(records), tuple(map(str, dates)), first, last)

    def rebuild_rollups(self, source: str, symbol: str) -> None:
        """Build all bars derived from events anew, from the events; the way out when one of them is damaged."""
        with self.transaction(source, symbol) as change:
            for base in schema.ROLLUP_OF:
                entry = change.entry(base)
                if entry.parts:
                    change.drop_rollups(base)
                    change.update_rollups(base, entry.first, entry.last, self.calendar_of(symbol))
            change.commit()

    def delete(self, source: str, kind: str, symbol: str) -> None:
        """Remove a dataset, its rollups with it."""
        kind = schema.canonical_kind(kind)
        with self.transaction(source, symbol) as change:
            if kind not in change.manifest.datasets:
                raise self._no_dataset(source, kind, symbol)
            change.drop(kind)
            change.drop_rollups(kind)
            change.commit()

    def recover(self, source: str, symbol: str) -> Manifest:
        """Make a lost manifest anew from the files that are there; origins are not known afterwards.

        Of files that overlap in time, as a crash may leave them, the younger one counts.
        """
        with self.transaction(source, symbol, adopt=True) as change:
            if change.manifest.datasets:
                raise DataError(f"{self._manifest_path(source, symbol)} is there and readable; nothing to recover")
            change.adopt_files()
            change.commit()
        return self.manifests(source, symbol)

    def quarantine(self, source: str, symbol: str, origin_name: str, rows: Iterable[tuple[int, str, str]]) -> Path:
        """Keep rows that cannot be used, ``(line number, text, reason)`` each, as CSV beside the data."""
        name = re.sub(r"[^A-Za-z0-9_.\-]+", "_", Path(origin_name).name)[:100] or "rows"
        folder = self.data_dir / schema.check_source(source) / "quarantine" / schema.symbol_folder(symbol)
        path = folder / f"{name}.csv"
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".csv.tmp")
        with manifests.locked(self._lock_path(source, symbol)):
            with open(temporary, "w", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                out.writerow(["line", "text", "reason"])
                out.writerows(rows)
            temporary.replace(path)
        return path

    def transaction(self, source: str, symbol: str, *, adopt: bool = False) -> Transaction:
        """One change to all that a source holds of a symbol, for the other modules of the catalog.

        Holds the symbol's lock inside of ``with``; ``adopt`` goes on without a manifest though there are files.
        """
        once = (source, symbol)
        change = Transaction(
            self.data_dir / schema.check_source(source),
            symbol,
            manifest=self._manifest_path(source, symbol),
            lock=self._lock_path(source, symbol),
            sweep=once not in self._swept and not adopt,
            adopt=adopt,
        )
        self._swept.add(once)
        return change

    def calendar_of(self, symbol: str) -> Calendar:
        """The sessions that a symbol's derived daily bars hold."""
        own = self.data_dir / "instruments.json"
        stamp = own.stat().st_mtime_ns if own.exists() else 0
        return _master(self.data_dir, stamp).get_or_default(symbol).calendar

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(
        self,
        source: str,
        kind: str,
        symbol: str,
        start: int | None = None,
        end: int | None = None,
        *,
        columns: list[str] | None = None,
    ) -> np.ndarray:
        """Records with ``start`` <= time < ``end`` (ns UTC; None is open), sorted by time.

        Returns an array of ``schema.dtype_of(kind)``, cut to ``columns`` when given. Reads only the row groups and
        columns that are needed.

        Raises
        ------
        UnknownNameError
            There is no such dataset.
        DataError
            A file is damaged or missing; names it, its hash and the way out. Time outside of it stays readable.
        """
        kind = schema.canonical_kind(kind)
        dtype = schema.select(schema.dtype_of(kind), columns)
        folder = self._folder(source, kind, symbol)

        def attempt(entry: Entry) -> np.ndarray:
            found = [parts.read(folder, part, dtype, start, end) for part in _touched(entry, start, end)]
            return schema.joined(found, dtype)

        return self._consistently(source, kind, symbol, attempt)

    def scan(
        self,
        source: str,
        kind: str,
        symbol: str,
        start: int | None = None,
        end: int | None = None,
        *,
        columns: list[str],
        take: Callable[[Iterator[list[np.ndarray]]], Result],
    ) -> Result:
        """What ``take`` makes of the columns of [start, end), for history of any length and the fastest way to read.

        ``take`` is given an iterator of pieces in time order, each a list of arrays in the order of ``columns``, of
        a few 100,000 rows. Two threads unpack a few pieces ahead of it. Arrays are read-only, and a column of one value
        may be that value repeated (stride 0). When a writer takes a file away meanwhile, ``take`` is called once more,
        from the beginning.

        Raises
        ------
        UnknownNameError, DataError
            As ``read``.
        """
        kind = schema.canonical_kind(kind)
        dtype = schema.dtype_of(kind)
        for name in columns:
            schema.select(dtype, [name])
        dtype = np.dtype([(name, dtype[name]) for name in columns])
        folder = self._folder(source, kind, symbol)

        def attempt(entry: Entry) -> Result:
            touched = _touched(entry, start, end)
            with contextlib.closing(parts.scan(folder, touched, dtype, start, end)) as pieces:
                return take(pieces)

        return self._consistently(source, kind, symbol, attempt)

    def tail(self, source: str, kind: str, symbol: str, rows: int, *, before: int | None = None) -> np.ndarray:
        """The newest ``rows`` records with time < ``before`` (ns), reading from the end only what they need."""
        kind = schema.canonical_kind(kind)
        dtype = schema.dtype_of(kind)
        folder = self._folder(source, kind, symbol)

        def attempt(entry: Entry) -> np.ndarray:
            found, missing = [], rows
            for part in reversed(entry.parts):
                if missing <= 0:
                    break
                if before is None or part.first < before:
                    found.append(parts.tail(folder, part, dtype, end=before, rows=missing))
                    missing -= len(found[-1])
            return schema.joined(found[::-1], dtype)

        return self._consistently(source, kind, symbol, attempt)

    def manifest(self, source: str, kind: str, symbol: str) -> Dataset:
        """One dataset as ``datasets`` lists it; ``UnknownNameError`` when there is none."""
        kind = schema.canonical_kind(kind)
        entry = self.manifests(source, symbol).datasets.get(kind)
        if entry is None:
            raise self._no_dataset(source, kind, symbol)
        return _dataset(source, kind, symbol, entry)

    def manifests(self, source: str, symbol: str) -> Manifest:
        """All datasets of a symbol from one source, with their parts; empty when there are none."""
        return manifests.load(self._manifest_path(source, symbol), source, symbol)

    def held(self, symbol: str) -> list[Manifest]:
        """What each source holds of one symbol, by source."""
        paths = sorted(self.data_dir.glob(f"*/manifest/{schema.symbol_pattern(symbol)}.json"))
        return [manifests.load(path, path.parent.parent.name, symbol) for path in paths]

    def datasets(self) -> list[Dataset]:
        """Every dataset, by source, symbol and kind. A damaged manifest leaves its symbol out; see ``damaged``."""
        found, _ = self._survey()
        return [_dataset(m.source, kind, m.symbol, entry) for m in found for kind, entry in sorted(m.datasets.items())]

    def damaged(self) -> dict[Path, str]:
        """Manifests that cannot be read, with the reason."""
        return self._survey()[1]

    def verify(self, source: str, kind: str, symbol: str) -> None:
        """Compare every file of a dataset with its hash; ``DataError`` names the first that differs."""
        kind = schema.canonical_kind(kind)
        folder = self._folder(source, kind, symbol)
        self._consistently(source, kind, symbol, lambda entry: [parts.check(folder, p) for p in entry.parts])

    def has_origin(self, source: str, kind: str, symbol: str, sha256: str) -> bool:
        """Whether a file of that hash has been written to the dataset."""
        entry = self.manifests(source, symbol).datasets.get(schema.canonical_kind(kind))
        return entry is not None and any(origin.get("sha256") == sha256 for origin in entry.origins)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _consistently(self, source: str, kind: str, symbol: str, attempt: Callable[[Entry], Result]) -> Result:
        """Read as of one manifest; again when a writer took a file away between the manifest and the file."""
        seen: Entry | None = None
        while True:
            entry = self.manifests(source, symbol).datasets.get(kind)
            if entry is None:
                raise self._no_dataset(source, kind, symbol)
            try:
                return attempt(entry)
            except FileNotFoundError as error:
                if entry == seen:
                    raise DataError(
                        f"{error.filename} is missing though the manifest names it; put it back from a backup, or "
                        "import its time once more with --replace (replace=True)"
                    ) from None
                seen = entry

    def _refuse_overlap(self, change: Transaction, kind: str, first: int, last: int) -> None:
        stored = change.read(kind, first, last + 1, columns=[schema.dtype_of(kind).names[0]])
        if len(stored):
            low, high = (np.datetime64(int(t), "ns") for t in _times(stored)[[0, -1]])
            raise DataError(
                f"{change.source}/{kind}/{change.symbol} already holds {len(stored)} rows from {low}Z to {high}Z, "
                f"inside of the time to be written ({np.datetime64(first, 'ns')}Z to {np.datetime64(last, 'ns')}Z); "
                "use replace=True (--replace) to put the new rows in their place"
            )

    def _survey(self) -> tuple[list[Manifest], dict[Path, str]]:
        found, broken = [], {}
        for path in sorted(self.data_dir.glob("*/manifest/symbol=*.json")):
            try:
                symbol = schema.folder_symbol(path.name.removesuffix(".json"))
                found.append(manifests.load(path, path.parent.parent.name, symbol))
            except DataError as error:
                broken[path] = str(error)
        return found, broken

    def _no_dataset(self, source: str, kind: str, symbol: str) -> Exception:
        held = [f"{d.source}/{d.kind}/{d.symbol}" for d in self.datasets()]
        return unknown("dataset", f"{source}/{kind}/{symbol}", held)

    def _folder(self, source: str, kind: str, symbol: str) -> Path:
        return self.data_dir / schema.check_source(source) / kind / schema.symbol_folder(symbol)

    def _manifest_path(self, source: str, symbol: str) -> Path:
        return self.data_dir / schema.check_source(source) / "manifest" / f"{schema.symbol_folder(symbol)}.json"

    def _lock_path(self, source: str, symbol: str) -> Path:
        return self.data_dir / schema.check_source(source) / "manifest" / f"{schema.symbol_folder(symbol)}.lock"


@functools.lru_cache(maxsize=4)
def _master(data_dir: Path, stamp: int) -> InstrumentMaster:
    return InstrumentMaster.load(data_dir)


def _touched(entry: Entry, start: int | None, end: int | None) -> list[Part]:
    return [p for p in entry.parts if (end is None or p.first < end) and (start is None or p.last >= start)]


def _times(records: np.ndarray) -> np.ndarray:
    return records[records.dtype.names[0]]


def _sorted(kind: str, records: np.ndarray) -> np.ndarray:
    dtype = schema.dtype_of(kind)
    if not isinstance(records, np.ndarray) or records.dtype != dtype or records.ndim != 1:
        got = getattr(records, "dtype", type(records).__name__)
        raise DataError(f"{kind} are written as a record array of {dtype}, got {got}; see market.events.as_records")
    times = _times(records)
    for instant in (times.min(), times.max()) if len(times) else ():
        if not _EARLIEST <= instant < _LATEST:
            raise DataError(f"{kind}: time {instant} is not between 1800 and 2200 when read as ns UTC; check its unit")
    steps = np.diff(times)
    if len(steps) and steps.min() < 0:
        records = records[np.argsort(times, kind="stable")]
        steps = np.diff(_times(records))
    if dtype.names[0] == "time" and len(steps) and steps.min() == 0:
        twice = np.datetime64(int(_times(records)[np.argmin(steps)]), "ns")
        raise DataError(f"{kind}: two bars of one time, {twice}Z; keep one of them")
    return records


def _dataset(source: str, kind: str, symbol: str, entry: Entry) -> Dataset:
    return Dataset(
        source,
        kind,
        symbol,
        entry.rows,
        entry.bytes,
        entry.first,
        entry.last,
        entry.covered_until,
        len({part.path.partition("/")[0] for part in entry.parts}),
        sum(int(origin.get("quarantined", 0)) for origin in entry.origins),
        entry.origins,
        entry.session,
    )
