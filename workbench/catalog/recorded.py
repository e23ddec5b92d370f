"""Datasets that are recorded from a stream: each commit says in the same breath how much of the stream it holds.

The manifest entry of such a dataset has a ``cursor``: ``{"entry": ID of the last stream entry it holds, "sequences":
producer -> [sequence, next number, newest time]}``. Data, cursor and gap ledger change in one rename, so that a reader
of the stream that was killed at any moment knows exactly what is stored. A commit names the cursor it goes on from;
when the manifest has another one meanwhile, somebody else has recorded the symbol, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.catalog import schema
from workbench.catalog.manifest import Manifest
from workbench.catalog.store import Store
from workbench.errors import DataError

#: Gaps kept in the ledger of a dataset. Of more, the two oldest become one, so that the number missing stays right.
KEEP_GAPS = 2_000

_COLUMNS = ["source", "kind", "symbol", "start", "end", "missing", "reason", "noticed"]


class Overtaken(DataError):
    """Somebody else has recorded the symbol since; read the cursor once more and go on from there."""


@dataclass(frozen=True)
class Recorded:
    """What one commit adds to a dataset.

    ``records`` in the order of arrival; ``after`` is the cursor they follow (``None``: the first), ``cursor`` the one
    that is true with them. ``gaps`` are lines of the ledger: ``start``, ``end`` and ``noticed`` (ns UTC), ``missing``
    (``None``: nobody knows) and ``reason``. ``covered_until`` is the instant before which all is stored (ns UTC).
    """

    records: np.ndarray
    after: dict[str, Any] | None
    cursor: dict[str, Any]
    gaps: tuple[dict[str, Any], ...] = ()
    covered_until: int | None = None


def store_recorded(store: Store, source: str, symbol: str, recorded: Mapping[str, Recorded]) -> Manifest:
    """Store what was recorded of a symbol, by kind, durably and at once, with the rollups; returns the manifest.

    Records that are older than what is stored are put in their place.

    Raises
    ------
    Overtaken
        The stored cursor of a kind is not the one that its records follow. Nothing is written then.
    DataError
        A damaged file that would have to be read. Nothing is changed then.
    """
    with store.transaction(source, symbol) as change:
        for kind, one in recorded.items():
            entry = change.entry(kind)
            if entry.cursor != one.after:
                raise Overtaken(
                    f"{source}/{kind}/{symbol} is at entry {_entry(entry.cursor)}, the records to be stored follow "
                    f"{_entry(one.after)}: somebody else has recorded it"
                )
            for first, last in change.merge(kind, one.records) if len(one.records) else ():
                change.update_rollups(kind, first, last, store.calendar_of(symbol))
            known = [end for end in (entry.covered_until, one.covered_until) if end is not None]
            gaps = _bounded((*entry.gaps, *one.gaps))
            change.place(kind, one.cursor, gaps=gaps, covered_until=max(known, default=None))
        change.commit()
        return change.manifest


def gaps(store: Store, symbol: str | None = None) -> pd.DataFrame:
    """What was published and could not be recorded: ``source kind symbol start end missing reason noticed``.

    ``start``, ``end`` and ``noticed`` are UTC; ``missing`` is empty where nobody knows. Reasons: ``trimmed`` (Redis let
    go of it before it was read), ``never came`` (numbers that are on no stream), ``restarted`` (the producer began
    anew and does not know what it left out), ``several`` (old lines of the ledger, put together).
    """
    symbols = sorted({one.symbol for one in store.datasets()}) if symbol is None else [symbol]
    rows = [
        [held.source, kind, held.symbol, *(gap[name] for name in _COLUMNS[3:])]
        for name in symbols
        for held in store.held(name)
        for kind, entry in sorted(held.datasets.items())
        for gap in entry.gaps
    ]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("start", "end", "noticed"):
        frame[name] = pd.to_datetime(frame[name].astype("int64"), utc=True).astype("datetime64[ns, UTC]")
    return frame.astype({"missing": "Int64"})


def recorded_kinds(kinds: object) -> tuple[str, ...]:
    """The kinds of events to record, checked: of trades, quotes and book."""
    wanted = tuple(kinds.replace(",", " ").split() if isinstance(kinds, str) else kinds)
    unknown = [kind for kind in wanted if kind not in schema.EVENT_KINDS]
    if unknown or not wanted:
        raise DataError(f"kinds {', '.join(unknown) or 'none'}: record one or more of {', '.join(schema.EVENT_KINDS)}")
    return tuple(dict.fromkeys(wanted))


def _bounded(found: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    while len(found) > KEEP_GAPS:
        one, two, *rest = found
        known = [gap["missing"] for gap in (one, two)]
        same = one["reason"] == two["reason"]
        joined = {
            "start": min(one["start"], two["start"]),
            "end": max(one["end"], two["end"]),
            "missing": None if None in known else sum(known),
            "reason": one["reason"] if same else "several",
            "noticed": max(one["noticed"], two["noticed"]),
        }
        found = (joined, *rest)
    return found


def _entry(cursor: Mapping[str, Any] | None) -> str:
    return "none" if cursor is None else cursor["entry"]
