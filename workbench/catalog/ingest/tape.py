"""The usable rows of one text, gathered over its blocks; and the records that they become."""

from __future__ import annotations

import numpy as np

from workbench.catalog.ingest.base import BadRow
from workbench.catalog.ingest.dates import to_utc
from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.table import Rejects, Rows
from workbench.market.events import BAR, DTYPES

_LONGEST = 2000  # characters of a bad row that are kept


class Tape:
    """Columns of one member of a file, row by row with their line numbers."""

    def __init__(self, file: SourceFile, member: str) -> None:
        self.file, self.member = file, member
        self.rejects = Rejects()
        self._chunks: dict[str, list[np.ndarray]] = {}
        self._columns: dict[str, np.ndarray] | None = None

    def add(self, rows: Rows, **columns: np.ndarray) -> None:
        """Take the usable rows of a block."""
        keep = ~rows.bad
        for name, values in {"line": rows.lines, **columns}.items():
            self._chunks.setdefault(name, []).append(values[keep] if rows.bad.any() else values)

    @property
    def columns(self) -> dict[str, np.ndarray]:
        if self._columns is None:
            self._columns = {name: np.concatenate(chunks) for name, chunks in self._chunks.items()}
            self._chunks = {}
        return self._columns

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __setitem__(self, name: str, values: np.ndarray) -> None:
        self.columns[name] = values

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return len(self.columns["line"]) if "line" in self.columns else 0

    def take(self, rows: np.ndarray) -> None:
        """Keep these rows, in this order."""
        for name, values in self.columns.items():
            self.columns[name] = values[rows]

    def reject(self, mask: np.ndarray, reason: str) -> None:
        """Rows of ``mask`` cannot be used."""
        if mask.any():
            self.rejects.add(self["line"][mask], reason)
            self.take(~mask)

    def oldest_first(self, time: str) -> None:
        """Turn a tape round that runs backward, so that prints of one instant keep their order."""
        steps = np.diff(self[time])
        if len(steps) and (steps < 0).sum() > (steps > 0).sum():
            self.take(np.arange(len(self) - 1, -1, -1))

    def localise(self, time: str, tz: str) -> None:
        """Wall times of ``tz`` in column ``time`` become ns UTC; those that the zone skips are rejected."""
        utc, exists = to_utc(self[time], tz)
        self[time] = utc
        self.reject(~exists, f"{tz} skips this time of day (clocks go forward)")

    def one_bar_each(self, time: str) -> None:
        """Reject all but the first bar of each time."""
        _, first = np.unique(self[time], return_index=True)
        if len(first) < len(self):
            again = np.ones(len(self), bool)
            again[first] = False
            self.reject(again, "a second bar of the same time")

    def bad(self) -> list[BadRow]:
        """Rejected rows with their texts, in line order."""
        reasons = self.rejects.reasons
        if not reasons:
            return []
        texts = self.file.lines(self.member, set(reasons))
        return [BadRow(line, texts.get(line, "")[:_LONGEST], reasons[line]) for line in sorted(reasons)]

    def records(self, kind: str, time: str, **renamed: str) -> np.ndarray:
        """Records of ``DTYPES[kind]`` from columns of the same names, sorted by ``time`` (stable).

        Absent columns get the neutral value of the dtype: NaN for quotes, sizes and vwap; 0 for counts and flags.
        """
        dtype = DTYPES[kind]
        out = np.zeros(len(self), dtype)
        for name in dtype.names:
            column = renamed.get(name, name)
            if name == dtype.names[0]:
                out[name] = self[time]
            elif column in self:
                out[name] = self[column]
            elif name == "ts_recv":
                out[name] = self[time]
            elif name == "vwap" or (dtype != BAR and dtype[name].kind == "f"):
                out[name] = np.nan
        stamps = out[dtype.names[0]]
        if len(out) and (np.diff(stamps) < 0).any():
            out = out[np.argsort(stamps, kind="stable")]
        return out
