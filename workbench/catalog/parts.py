"""Parquet files of the store: written once, never changed, checked whenever they are read."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.catalog import schema
from workbench.catalog.manifest import Part, write_durably
from workbench.errors import DataError

_TAIL = 8  # a Parquet file ends with the footer's length (4 bytes) and its magic


def write(folder: Path, kind: str, records: np.ndarray) -> Part:
    """Write sorted records of one partition below ``folder``; the name comes from the content."""
    times = records[records.dtype.names[0]]
    sink = pa.BufferOutputStream()
    pq.write_table(
        schema.as_arrow(records),
        sink,
        compression="zstd",
        row_group_size=schema.row_group_rows(kind),
        write_page_checksum=True,
    )
    data = sink.getvalue().to_pybytes()
    digest = hashlib.sha256(data).hexdigest()
    path = f"date={schema.partition_starts(kind, times[:1])[0]}/part-{digest[:16]}.parquet"
    write_durably(folder / path, data)
    return Part(path, len(records), int(times[0]), int(times[-1]), len(data), digest, _footer(data))


def describe(folder: Path, path: str) -> Part:
    """The manifest line of a file that is there."""
    data = (folder / path).read_bytes()
    file = pq.ParquetFile(pa.BufferReader(data))
    groups = [file.metadata.row_group(i).column(0).statistics for i in range(file.num_row_groups)]
    first, last = int(groups[0].min), int(groups[-1].max)
    return Part(path, file.metadata.num_rows, first, last, len(data), hashlib.sha256(data).hexdigest(), _footer(data))


def read(folder: Path, part: Part, dtype: np.dtype, start: int | None, end: int | None) -> np.ndarray:
    """Rows with ``start`` <= time < ``end`` (ns; None is open), the fields of ``dtype``.

    Only the row groups and columns that are needed are read.

    Raises
    ------
    FileNotFoundError
        The file is not there (any more).
    DataError
        The file is not the one that was written.
    """
    return _read(folder, part, dtype, start, end, None)


def tail(folder: Path, part: Part, dtype: np.dtype, *, end: int | None, rows: int) -> np.ndarray:
    """The last ``rows`` rows with time < ``end``."""
    return _read(folder, part, dtype, None, end, rows)


def check(folder: Path, part: Part) -> None:
    """Compare the whole file with its hash; ``DataError`` when it differs or is missing."""
    path = folder / part.path
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise DataError(f"{path} is missing") from None
    if found != part.sha256:
        raise damaged(folder, part, "its content changed")


def damaged(folder: Path, part: Part, why: str) -> DataError:
    """The error for a file that is not the one that was written."""
    path = folder / part.path
    try:
        data = path.read_bytes()
        found = f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}"
    except OSError as error:
        found = str(error)
    span = f"{_text(part.first)} to {_text(part.last)}"
    kind = folder.parent.name
    source = folder.parent.parent.name
    symbol = schema.folder_symbol(folder.name)
    if schema.is_derived(kind):
        way_out = f"build it anew with Store.rebuild_rollups({source!r}, {symbol!r})"
    else:
        way_out = f"put it back from a backup, or import {span} once more with --replace (replace=True)"
    return DataError(
        f"{path} is damaged ({why}): expected {part.bytes} bytes, sha256 {part.sha256[:16]}, found {found}. "
        f"Everything outside of {span} can still be read; {way_out}"
    )


def _read(
    folder: Path, part: Part, dtype: np.dtype, start: int | None, end: int | None, rows: int | None
) -> np.ndarray:
    try:
        with open(folder / part.path, "rb") as file:
            _check_footer(folder, part, file)
            parquet = pq.ParquetFile(file, page_checksum_verification=True)
            groups = _groups(parquet, start, end, rows)
            time = parquet.schema_arrow.names[0]
            names = list(dict.fromkeys([time, *dtype.names]))
            table = parquet.read_row_groups(groups, columns=names) if groups else None
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        raise damaged(folder, part, str(error).splitlines()[0]) from None
    if table is None:
        return np.empty(0, dtype)
    times = table.column(0).to_numpy()
    low = 0 if start is None else int(np.searchsorted(times, start))
    high = len(times) if end is None else int(np.searchsorted(times, end))
    if rows is not None:
        low = max(low, high - rows)
    return schema.from_arrow(table.slice(low, max(high - low, 0)), dtype)


def _groups(parquet: pq.ParquetFile, start: int | None, end: int | None, rows: int | None) -> list[int]:
    """Row groups that may hold rows of [start, end); from the end only as many as hold ``rows``."""
    chosen: list[int] = []
    for group in reversed(range(parquet.num_row_groups)):
        meta = parquet.metadata.row_group(group)
        span = meta.column(0).statistics
        if (end is not None and span.min >= end) or (start is not None and span.max < start):
            continue
        chosen.append(group)
        if rows is not None and (end is None or span.max < end):
            rows -= meta.num_rows
            if rows <= 0:
                break
    return chosen[::-1]


def _check_footer(folder: Path, part: Part, file: object) -> None:
    size = file.seek(0, 2)
    if size != part.bytes:
        raise damaged(folder, part, f"{size} bytes instead of {part.bytes}")
    file.seek(size - _TAIL)
    length = int.from_bytes(file.read(4), "little")
    if length + _TAIL > size:
        raise damaged(folder, part, "its footer cannot be right")
    file.seek(size - _TAIL - length)
    if zlib.crc32(file.read()) != part.footer:
        raise damaged(folder, part, "its footer changed")
    file.seek(0)


def _footer(data: bytes) -> int:
    length = int.from_bytes(data[-_TAIL:-4], "little")
    return zlib.crc32(data[-_TAIL - length :])


def _text(ns: int) -> str:
    return str(np.datetime64(ns, "ns").astype("M8[s]")) + "Z"
