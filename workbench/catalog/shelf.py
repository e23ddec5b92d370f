"""Rows of one dataset by time, whether they lie in the store or came from an Intake entry."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from workbench.catalog import output
from workbench.catalog.manifest import Part
from workbench.catalog.store import Store

Pieces = Iterator[list[np.ndarray]]
Result = TypeVar("Result")


class Shelf(Protocol):
    """Sorted records of one dataset."""

    @property
    def key(self) -> Hashable | None:
        """What names the dataset among all; None when there is no name that lasts."""

    def read(self, start: int | None, end: int | None) -> np.ndarray:
        """Records of [start, end) (ns)."""

    def scan(
        self, start: int | None, end: int | None, *, columns: list[str], take: Callable[[Pieces], Result]
    ) -> Result:
        """What ``take`` makes of the columns of [start, end) (ns), piece by piece, as ``Store.scan``."""

    def tail(self, rows: int, before: int | None) -> np.ndarray:
        """The newest ``rows`` records before ``before`` (ns)."""

    def parts(self) -> tuple[Part, ...]:
        """The files of the dataset, in time order; they change when the data does. None when there are no files."""


@dataclass(frozen=True)
class Stored:
    """A dataset of the store."""

    store: Store
    source: str
    kind: str
    symbol: str

    @property
    def key(self) -> Hashable | None:
        """Folder of the store, source, kind and symbol."""
        return str(self.store.data_dir), self.source, self.kind, self.symbol

    def read(self, start: int | None, end: int | None) -> np.ndarray:
        """Records of [start, end) (ns)."""
        return self.store.read(self.source, self.kind, self.symbol, start, end)

    def scan(
        self, start: int | None, end: int | None, *, columns: list[str], take: Callable[[Pieces], Result]
    ) -> Result:
        """What ``take`` makes of the columns of [start, end) (ns), which two threads unpack."""
        return self.store.scan(self.source, self.kind, self.symbol, start, end, columns=columns, take=take)

    def tail(self, rows: int, before: int | None) -> np.ndarray:
        """The newest ``rows`` records before ``before`` (ns), reading from the end only what they need."""
        return self.store.tail(self.source, self.kind, self.symbol, rows, before=before)

    def parts(self) -> tuple[Part, ...]:
        """The files that its manifest names."""
        entry = self.store.manifests(self.source, self.symbol).datasets.get(self.kind)
        return entry.parts if entry else ()


@dataclass(frozen=True, eq=False)
class Given:
    """Records in memory."""

    records: np.ndarray
    key: None = None

    def read(self, start: int | None, end: int | None) -> np.ndarray:
        """Records of [start, end) (ns)."""
        return output.cut(self.records, start, end)

    def scan(
        self, start: int | None, end: int | None, *, columns: list[str], take: Callable[[Pieces], Result]
    ) -> Result:
        """What ``take`` makes of the columns of [start, end) (ns), in one piece."""
        records = self.read(start, end)
        return take(iter([[records[name] for name in columns]]))

    def tail(self, rows: int, before: int | None) -> np.ndarray:
        """The newest ``rows`` records before ``before`` (ns)."""
        return self.read(None, before)[-rows:]

    def parts(self) -> tuple[Part, ...]:
        """None."""
        return ()
