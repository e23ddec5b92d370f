"""A record array that one thread appends to while others read."""

from __future__ import annotations

import mmap

import numpy as np

from workbench.live.codec import copy_records

_LARGE = 1 << 20


class Growing:
    """Appended records; readers get views that never change under them.

    Rows are written once, behind the rows a reader may hold, and a full buffer is replaced, not reused; so no lock is
    needed with one writer. Past ``limit`` rows the older half is let go and ``dropped`` counts it.

    No append waits for a copy of all there is: from half full on the next buffer is filled beside the one in use, two
    rows for each that comes, and is ready when it is needed.
    """

    def __init__(self, dtype: np.dtype, limit: int, first: int = 1024) -> None:
        self.limit = limit
        self._state = (_empty(min(first, limit), dtype), 0)
        self._next: np.ndarray | None = None
        self._skip = self._copied = 0  # rows that the next buffer leaves out, and those it has
        self.dropped = 0

    def __len__(self) -> int:
        return self._state[1]

    @property
    def capacity(self) -> int:
        """Rows of the buffer in use."""
        return len(self._state[0])

    def append(self, records: np.ndarray) -> None:
        """Add records at the end (writer thread only)."""
        if len(records) > self.limit:
            self.dropped += len(records) - self.limit
            records = records[-self.limit :]
        buffer, size = self._state
        if size + len(records) > len(buffer):
            buffer, size = self._renew(len(records))
        copy_records([records], buffer[size:])
        size += len(records)
        self._state = (buffer, size)
        if 2 * size > len(buffer):
            self._prepare(2 * len(records))

    def keep_to(self, limit: int) -> None:
        """Lower the limit, and let go at once of what is beyond half of it (writer thread only)."""
        buffer, size = self._state
        self.limit, self._next = limit, None
        if len(buffer) > limit:
            keep = min(size, limit // 2)
            self.dropped += size - keep
            self._state = (_moved(buffer[size - keep : size], limit), keep)

    def view(self, last: int | None = None) -> np.ndarray:
        """All records, or the ``last`` so many; read-only, no copy."""
        buffer, size = self._state
        out = buffer[:size] if last is None else buffer[max(size - last, 0) : size]
        out.flags.writeable = False
        return out

    def _prepare(self, rows: int) -> None:
        """Copy up to so many further rows into the next buffer."""
        buffer, size = self._state
        if self._next is None:
            self._skip = len(buffer) - self.limit // 2 if len(buffer) == self.limit else 0
            self._next, self._copied = _empty(min(self.limit, 2 * len(buffer)), buffer.dtype), 0
        first = self._skip + self._copied
        last = min(size, first + rows)
        if last > first:
            copy_records([buffer[first:last]], self._next[self._copied :])
            self._copied += last - first

    def _renew(self, more: int) -> tuple[np.ndarray, int]:
        """The next buffer and the rows in it, with room for ``more``."""
        self._prepare(len(self))
        buffer, size = self._next, self._copied
        self.dropped += len(self) - size
        self._next = None
        if size + more > len(buffer):  # many at once
            keep = size if size + more <= self.limit else min(size, self.limit // 2, self.limit - more)
            self.dropped += size - keep
            buffer = _moved(buffer[size - keep : size], min(self.limit, max(2 * len(buffer), keep + more)))
            size = keep
        return buffer, size


def _empty(rows: int, dtype: np.dtype) -> np.ndarray:
    """Memory in small pages: numpy asks for 2 MB each in a large array, and an append waits for one to be cleared."""
    size = rows * dtype.itemsize
    if size < _LARGE:
        return np.empty(rows, dtype)
    memory = mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, dtype)


def _moved(rows: np.ndarray, capacity: int) -> np.ndarray:
    out = _empty(capacity, rows.dtype)
    copy_records([rows], out)
    return out
