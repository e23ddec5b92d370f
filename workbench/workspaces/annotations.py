"""Drawings on charts, kept as rows: instants and prices, so that they are valid on every bar spec and axis."""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.errors import UnknownNameError, WorkspaceError, did_you_mean
from workbench.workspaces.database import Database, annotations

#: Kinds of drawings and how many anchors each has, at least and at most.
KINDS: dict[str, tuple[int, int]] = {
    "trend": (2, 2),
    "ray": (2, 2),
    "extended": (2, 2),
    "horizontal": (1, 1),
    "vertical": (1, 1),
    "rectangle": (2, 2),
    "fibonacci": (2, 2),
    "channel": (3, 3),
    "brush": (2, 2_000),
    "text": (1, 1),
    "measure": (2, 2),
}
LONGEST_TEXT, LARGEST_STYLE = 2_000, 2_000


@dataclass(frozen=True)
class Annotation:
    """One drawing.

    ``anchors`` are ``(instant, price)``: ns UTC and the instrument's price. ``created`` and ``updated`` are ns UTC.
    """

    symbol: str
    kind: str
    anchors: tuple[tuple[int, float], ...]
    text: str = ""
    style: Mapping[str, Any] = field(default_factory=dict)
    author: str = ""
    locked: bool = False
    hidden: bool = False
    id: str = ""
    created: int = 0
    updated: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise WorkspaceError(f"unknown drawing {self.kind!r}: {did_you_mean(str(self.kind), KINDS)}")
        least, most = KINDS[self.kind]
        try:
            anchors = tuple((int(instant), float(price)) for instant, price in self.anchors)
        except (TypeError, ValueError, OverflowError) as error:
            raise WorkspaceError(f"{self.kind}: anchors are pairs of ns UTC and a price ({error})") from None
        if not least <= len(anchors) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most:,}"
            raise WorkspaceError(f"{self.kind}: {len(anchors):,} anchors, it has {wanted}")
        if not all(math.isfinite(price) and abs(instant) < 2**63 for instant, price in anchors):
            raise WorkspaceError(f"{self.kind}: an anchor is out of range")
        object.__setattr__(self, "anchors", anchors)
        if not 1 <= len(self.symbol) <= 64:
            raise WorkspaceError(f"{self.kind}: symbol {self.symbol[:70]!r} must have 1 to 64 characters")
        if len(self.text) > LONGEST_TEXT:
            raise WorkspaceError(f"{self.kind}: a note of {len(self.text):,} characters; at most {LONGEST_TEXT:,}")
        try:
            written = json.dumps(dict(self.style), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise WorkspaceError(f"{self.kind}: style cannot be kept ({error})") from None
        if len(written) > LARGEST_STYLE:
            raise WorkspaceError(f"{self.kind}: style of {len(written):,} characters; at most {LARGEST_STYLE:,}")


class Annotations:
    """The drawings of all symbols. What is removed can be restored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, one: Annotation) -> Annotation:
        """Keep a new drawing; gives it with its ``id`` and times."""
        now = time.time_ns()
        made = replace(one, id=one.id or uuid.uuid4().hex, created=now, updated=now)
        with self._database.begin() as connection:
            connection.execute(annotations.insert().values(**_row(made), removed=None))
        return made

    def update(self, id: str, **changes: Any) -> Annotation:
        """Change fields of a drawing, all of them or none."""
        changed = replace(self.get(id), **changes, updated=time.time_ns())
        with self._database.begin() as connection:
            connection.execute(annotations.update().where(annotations.c.id == id).values(**_row(changed)))
        return changed

    def get(self, id: str) -> Annotation:
        """The drawing with this id, removed ones too."""
        with self._database.begin() as connection:
            row = connection.execute(sa.select(annotations).where(annotations.c.id == id)).one_or_none()
        if row is None:
            raise UnknownNameError(f"no drawing {id!r}: it was never kept, or in another database")
        return _made(row)

    def remove(self, ids: Iterable[str]) -> None:
        """Take drawings off the charts; ``restore`` brings them back."""
        self._mark(ids, time.time_ns())

    def restore(self, ids: Iterable[str]) -> None:
        """Bring removed drawings back."""
        self._mark(ids, None)

    def of(self, symbol: str) -> list[Annotation]:
        """The drawings of a symbol, oldest first."""
        query = (
            sa.select(annotations)
            .where(annotations.c.symbol == symbol, annotations.c.removed.is_(None))
            .order_by(annotations.c.created, annotations.c.id)
        )
        with self._database.begin() as connection:
            return [_made(row) for row in connection.execute(query)]

    def version(self, symbol: str) -> tuple[int, int]:
        """Changes whenever a drawing of the symbol does: how other sessions learn of it."""
        query = sa.select(
            sa.func.count(annotations.c.removed), sa.func.coalesce(sa.func.max(annotations.c.updated), 0)
        ).where(annotations.c.symbol == symbol)
        with self._database.begin() as connection:
            return tuple(connection.execute(query).one())

    def frame(self, symbol: str) -> pd.DataFrame:
        """The drawings of a symbol as a table.

        Columns: ``id symbol kind start end low high anchors text style author locked hidden created updated``; times
        are UTC, ``start``/``end`` and ``low``/``high`` the span of the anchors, ``anchors`` pairs of time and price.
        """
        found = self.of(symbol)
        times = {"start": min, "end": max}
        columns: dict[str, Any] = {name: [getattr(one, name) for one in found] for name in ("id", "symbol", "kind")}
        for name, pick in times.items():
            columns[name] = _times(pick(at for at, _ in one.anchors) for one in found)
        for name, pick in {"low": min, "high": max}.items():
            columns[name] = pd.array([pick(price for _, price in one.anchors) for one in found], dtype="float64")
        columns["anchors"] = [[(pd.Timestamp(at, tz="UTC"), price) for at, price in one.anchors] for one in found]
        for name in ("text", "style", "author", "locked", "hidden"):
            columns[name] = [getattr(one, name) for one in found]
        for name in ("created", "updated"):
            columns[name] = _times(getattr(one, name) for one in found)
        return pd.DataFrame(columns)

    def _mark(self, ids: Iterable[str], removed: int | None) -> None:
        wanted = list(ids)
        with self._database.begin() as connection:
            connection.execute(
                annotations.update().where(annotations.c.id.in_(wanted)).values(removed=removed, updated=time.time_ns())
            )


def _times(instants: Iterable[int]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.array(list(instants), "M8[ns]"), tz="UTC")


def _row(one: Annotation) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("id", "symbol", "kind", "text", "author", "locked", "hidden")},
        "anchors": json.dumps([list(anchor) for anchor in one.anchors]),
        "style": json.dumps(dict(one.style)),
        "created": one.created,
        "updated": one.updated,
    }


def _made(row: Any) -> Annotation:
    return Annotation(
        symbol=row.symbol, kind=row.kind, anchors=tuple(map(tuple, json.loads(row.anchors))), text=row.text,
        style=json.loads(row.style), author=row.author, locked=row.locked, hidden=row.hidden, id=row.id,
        created=row.created, updated=row.updated,
    )  # fmt: skip
