"""A record array that one thread appends to while others read."""

from __future__ import annotations

import numpy as np

from workbench.live.codec import copy_records


class Growing:
    """Appended records; readers get views that never change under them.

    Rows are written once, behind the rows a reader may hold, and a full buffer is replaced, not reused; so no lock is
    needed with one writer. Past ``limit`` rows the older half is let go and ``dropped`` counts it.
    """

    def __init__(self, dtype: np.dtype, limit: int, first: int = 1024) -> None:
        self._limit = limit
        self._state = (np.empty(min(first, limit), dtype), 0)
        self.dropped = 0

    def __len__(self) -> int:
        return self._state[1]

    def append(self, records: np.ndarray) -> None:
        """Add records at the end (writer thread only)."""
        buffer, size = self._state
        if len(records) > self._limit:
            self.dropped += len(records) - self._limit
            records = records[-self._limit :]
        end = size + len(records)
        if end > len(buffer):
            keep = size
            if end > self._limit:
                keep = min(size, self._limit // 2, self._limit - len(records))
                self.dropped += size - keep
            end = keep + len(records)
            grown = np.empty(min(self._limit, max(2 * len(buffer), end)), buffer.dtype)
            copy_records([buffer[size - keep : size]], grown)
            buffer, size = grown, keep
        copy_records([records], buffer[size:])
        self._state = (buffer, end)

    def view(self, last: int | None = None) -> np.ndarray:
        """All records, or the ``last`` so many; read-only, no copy."""
        buffer, size = self._state
        out = buffer[:size] if last is None else buffer[max(size - last, 0) : size]
        out.flags.writeable = False
        return out
