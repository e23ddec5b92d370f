"""Bring files into the store: parse a file whole, then write; what cannot be used is kept in quarantine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.catalog.ingest.base import Context, Importer, Part, importers
from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.words import option
from workbench.errors import IngestError, WorkbenchError

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Report:
    """What became of one dataset of one file.

    ``dataset`` is ``source/kind/symbol``; ``rows`` were stored, ``quarantined`` rows lie in ``quarantine_file`` with
    line number, text and reason. ``skipped`` says that the same content had been stored before; ``note`` says so too.
    """

    dataset: str
    rows: int
    quarantined: int
    quarantine_file: Path | None
    skipped: bool
    seconds: float
    path: Path
    note: str = ""


class IngestFailures(IngestError):
    """Some of several files were refused; ``reports`` tells of those that were stored."""

    def __init__(self, message: str, reports: list[Report]) -> None:
        super().__init__(message)
        self.reports = reports


def ingest(
    catalog: MarketCatalog,
    format: str,
    paths: str | Path | Iterable[str | Path],
    *,
    symbol: str | None = None,
    source: str | None = None,
    replace: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    **options: object,
) -> list[Report]:
    """Import files of one format into the store of ``catalog``.

    A file is parsed whole before anything is written, so that a file that is refused changes nothing. Rows that cannot
    be used go to a quarantine file; genuine duplicates of trades and quotes are kept.

    Parameters
    ----------
    format
        Name of an importer: ``csv``, ``iqfeed``, ``lean`` ...
    paths
        Files, or folders whose files of that format are taken; ``~`` is the home folder.
    symbol, source
        Under which names to store; needed or not as the format says.
    replace
        Put the new rows in the place of those stored between their first and last time.
    force
        Store a file again though the same content has been stored before.
    progress
        Called with bytes done and bytes in all.
    options
        The importer's own: ``importers.get(format).options()``.

    Returns
    -------
    One report for each dataset of each file.

    Raises
    ------
    IngestError
        A file is damaged, of another format, needs an option or has no usable row. Of several files the others are
        stored, and the error (``IngestFailures``) has their ``reports``.
    DataError
        Rows overlap what is stored and ``replace`` is not given.
    """
    importer = importers.get(format).configured(**options)
    files = _expand(paths, importer)
    total = sum(path.stat().st_size for path in files)
    reports: list[Report] = []
    failures: list[WorkbenchError] = []
    before = 0
    for path in files:
        size = path.stat().st_size
        file = SourceFile(path)
        if progress:
            file.advance = _advance(progress, before, size, total)
        try:
            reports += _ingest_file(catalog, importer, file, (symbol, source, replace, force))
        except WorkbenchError as error:
            failure = type(error)(_prefixed(path, error))
            if len(files) == 1:
                raise failure from None
            failures.append(failure)
        before += size
        if progress:
            progress(before, total)
    if failures:
        lines = "\n".join(str(failure) for failure in failures)
        told = f"{len(failures)} of {len(files)} files were refused, the others stored:\n{lines}"
        raise IngestFailures(told, reports)
    return reports


def _ingest_file(
    catalog: MarketCatalog,
    importer: Importer,
    file: SourceFile,
    asked: tuple[str | None, str | None, bool, bool],
) -> list[Report]:
    symbol, source, replace, force = asked
    began = time.perf_counter()
    sha256 = file.sha256()
    parts = importer.parse(file, Context(symbol, catalog.master))
    source = source or importer.source_of(file)
    kept = [_quarantine(catalog, source, file, part) for part in parts]
    if not any(len(part.records) for part in parts):
        raise _nothing_usable(parts, kept)
    reports = []
    for part, listed in _by_dataset(parts, kept):
        dataset = f"{source}/{part.kind}/{part.symbol}"
        stored = len(part.records) > 0 and catalog.store.has_origin(source, part.kind, part.symbol, sha256)
        skipped = stored and not force and not replace
        note = f"already stored with the same content; {option('force', True)} stores it again" if skipped else ""
        if len(part.records) and not skipped:
            if part.instrument and part.symbol not in catalog.master:
                catalog.master.put(part.instrument)
            catalog.store.write(
                source, part.kind, part.symbol, part.records,
                replace=replace or stored, origin=_origin(importer, file, part, sha256),
            )  # fmt: skip
        now = time.perf_counter()
        rows = 0 if skipped else len(part.records)
        reports.append(Report(dataset, rows, len(part.bad), listed, skipped, now - began, file.path, note))
        began = now
    return reports


def _by_dataset(parts: list[Part], kept: list[Path | None]) -> list[tuple[Part, Path | None]]:
    """One part for each dataset: an archive may hold a month in many texts."""
    merged: dict[tuple[str, str], tuple[Part, Path | None]] = {}
    for part, listed in zip(parts, kept, strict=True):
        key = part.symbol, part.kind
        if key not in merged:
            merged[key] = part, listed
            continue
        first, path = merged[key]
        stamp = part.records.dtype.names[0]
        records = np.concatenate([first.records, part.records])
        records = records[np.argsort(records[stamp], kind="stable")]
        if stamp == "time" and (np.diff(records[stamp]) == 0).any():
            raise IngestError(f"{first.member} and {part.member} hold bars of the same time; unpack and choose")
        merged[key] = replaced(first, records=records, bad=first.bad + part.bad, member=""), path or listed
    return list(merged.values())


def _origin(importer: Importer, file: SourceFile, part: Part, sha256: str) -> dict[str, object]:
    chosen = {name: value for name, value in importer.param.values().items() if name != "name" and value is not None}
    return {
        "name": file.name if part.member in ("", file.name) else f"{file.name}#{part.member}",
        "sha256": sha256,
        "rows": len(part.records),
        "quarantined": len(part.bad),
        "importer": importer.plugin_name,
        "options": chosen,
    }


def _quarantine(catalog: MarketCatalog, source: str, file: SourceFile, part: Part) -> Path | None:
    if not part.bad:
        return None
    member = "" if part.member in ("", file.name) else f".{Path(part.member).stem}"
    name = f"{part.kind}.{file.name.removesuffix('.csv')}{member}"
    return catalog.store.quarantine(source, part.symbol, name, part.bad)


def _nothing_usable(parts: list[Part], kept: list[Path | None]) -> IngestError:
    reasons: dict[str, int] = {}
    for part in parts:
        for row in part.bad:
            reasons[row.reason] = reasons.get(row.reason, 0) + 1
    if not reasons:
        return IngestError("the file holds no row of data; nothing was stored")
    common = sorted(reasons.items(), key=lambda item: -item[1])[:3]
    told = ", ".join(f"{reason} ({count})" for reason, count in common)
    where = next((path for path in kept if path), None)
    return IngestError(f"no row can be used: {told}; nothing was stored, the rows are listed in {where}")


def _expand(paths: str | Path | Iterable[str | Path], importer: Importer) -> list[Path]:
    chosen = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if not chosen:
        raise IngestError("no file was named")
    # As a shell does; what it leaves as it is, such as the home of nobody, is then not there.
    named = [Path(os.path.expanduser(path)) for path in chosen]
    if absent := [str(path) for path in named if not os.path.exists(path)]:
        raise IngestError(f"no such file: {', '.join(absent)} (in {Path.cwd()})")
    files: list[Path] = []
    for path in named:
        if path.is_dir():
            found = {f for pattern in importer.patterns for f in path.rglob(pattern) if f.is_file()}
            if not found:
                raise IngestError(f"{path} holds no file like {', '.join(importer.patterns)}")
            files += sorted(found)
        elif path.is_file():
            files.append(path)
        else:
            raise IngestError(f"{path} is neither a file nor a folder: write what it gives to a file")
    return files


def _advance(progress: Progress, before: int, size: int, total: int) -> Callable[[int], None]:
    high = before

    def advance(done: int) -> None:
        nonlocal high
        high = max(high, before + min(done, size))
        progress(high, total)

    return advance


def _prefixed(path: Path, error: WorkbenchError) -> str:
    text = str(error)
    return text if path.name in text.split(":", 1)[0] else f"{path.name}: {text}"
