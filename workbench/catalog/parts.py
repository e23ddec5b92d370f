"""Parquet files of the store: written once, never changed, checked whenever they are read."""

from __future__ import annotations

import contextlib
import hashlib
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.catalog import schema
from workbench.catalog.manifest import Part, write_durably
from workbench.errors import DataError

_TAIL = 8  # a Parquet file ends with the footer's length (4 bytes) and its magic
_SAMPLE = 4096  # values of a column that are looked at before it is packed
_THREADS = 2
_GROUPS = 2  # row groups that a thread unpacks at once: 262,144 trades, which stay in the processor's cache
_AHEAD = 4  # such pieces that are unpacked, or being so, before they are asked for: 35 MB of trades


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
        **_packing(records),
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


def scan(
    folder: Path, wanted: Sequence[Part], dtype: np.dtype, start: int | None, end: int | None
) -> Iterator[list[np.ndarray]]:
    """Rows with ``start`` <= time < ``end`` of files in time order, piece by piece: an array a field of ``dtype``.

    Two threads unpack a few pieces ahead of the one that is asked for. Errors as for ``read``.
    """
    ahead: deque[Future[list[list[np.ndarray]]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for part in wanted:
                with _opened(folder, part) as parquet:
                    groups = _groups(parquet, start, end, None)
                for at in range(0, len(groups), _GROUPS):
                    piece = groups[at : at + _GROUPS]
                    ahead.append(pool.submit(_columns, folder, part, piece, dtype, start=start, end=end))
                    if len(ahead) > _AHEAD:
                        yield from ahead.popleft().result()
            while ahead:
                yield from ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()


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


@contextlib.contextmanager
def _opened(folder: Path, part: Part) -> Iterator[pq.ParquetFile]:
    path = str(folder / part.path)
    try:
        with pa.OSFile(path) as file:
            _check_footer(folder, part, file)
            yield pq.ParquetFile(file, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, "No such file", path) from None
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        raise damaged(folder, part, str(error).splitlines()[0]) from None


def _read(
    folder: Path, part: Part, dtype: np.dtype, start: int | None, end: int | None, rows: int | None
) -> np.ndarray:
    with _opened(folder, part) as parquet:
        groups = _groups(parquet, start, end, rows)
        time = parquet.schema_arrow.names[0]
        names = list(dict.fromkeys([time, *dtype.names]))
        table = parquet.read_row_groups(groups, columns=names) if groups else None
    if table is None:
        return np.empty(0, dtype)
    times = table.column(0).to_numpy()
    low = 0 if start is None else int(np.searchsorted(times, start))
    high = len(times) if end is None else int(np.searchsorted(times, end))
    if rows is not None:
        low = max(low, high - rows)
    return schema.from_arrow(table.slice(low, max(high - low, 0)), dtype)


def _columns(
    folder: Path, part: Part, groups: list[int], dtype: np.dtype, *, start: int | None, end: int | None
) -> list[list[np.ndarray]]:
    """Fields of ``dtype`` of these row groups, in one or more pieces."""
    with _opened(folder, part) as parquet:
        time = parquet.schema_arrow.names[0]
        fixed = _fixed(parquet, groups, dtype)
        names = list(dict.fromkeys([time, *(name for name in dtype.names if name not in fixed)]))
        table = parquet.read_row_groups(groups, columns=names, use_threads=False)
    out = []
    for batch in table.to_batches():
        times = batch.column(0).to_numpy()
        low = 0 if start is None else int(np.searchsorted(times, start))
        high = len(times) if end is None else int(np.searchsorted(times, end))
        if low < high:
            found = {name: batch.column(name).to_numpy()[low:high] for name in names}
            found |= {name: np.broadcast_to(one, high - low) for name, one in fixed.items()}
            out.append([found[name] for name in dtype.names])
    return out


def _fixed(parquet: pq.ParquetFile, groups: list[int], dtype: np.dtype) -> dict[str, np.ndarray]:
    """Whole-number columns that hold one value all through these row groups, as the footer says: nothing to unpack."""
    found = {}
    for name in dtype.names:
        at = parquet.schema_arrow.get_field_index(name)
        spans = [parquet.metadata.row_group(group).column(at).statistics for group in groups]
        if dtype[name].kind in "iu" and all(span is not None and span.has_min_max for span in spans):
            values = {value for span in spans for value in (span.min, span.max)}
            if len(values) == 1:
                found[name] = np.array(list(values), dtype[name])
    return found


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


def _packing(records: np.ndarray) -> dict[str, object]:
    """How each column is packed before zstd, measured on tapes of shares, futures and crypto.

    Whole numbers of 64 bits as differences: times take half the room or less, and unpack in half the time. Floats that
    mostly differ, byte by byte: a dictionary of them would be given up half-way, and zstd finds little in doubles as
    they are. Everything else (prices on a grid, sides, flags) by a dictionary.
    """
    encodings, dictionary = {}, []
    for name in records.dtype.names:
        values = records[name]
        if values.dtype == np.int64:
            encodings[name] = "DELTA_BINARY_PACKED"
            continue
        sample = values[:: -(-len(values) // _SAMPLE)] if len(values) else values
        if values.dtype.kind == "f" and 2 * len(np.unique(sample)) > len(sample):
            encodings[name] = "BYTE_STREAM_SPLIT"
        else:
            dictionary.append(name)
    return {"use_dictionary": dictionary, "column_encoding": encodings}


def _check_footer(folder: Path, part: Part, file: pa.NativeFile) -> None:
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
