"""The trades of a dataset, made into bars as they are unpacked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.bars import record_dtype
from workbench.bars.makers import maker
from workbench.catalog import schema
from workbench.catalog.shelf import Shelf
from workbench.market.calendars import Calendar
from workbench.market.events import TRADE
from workbench.market.specs import BarSpec

_ROWS = 2_000_000  # trades that a Dask partition holds, about; 70 MB
_COLUMNS = ["ts_event", "price", "size", "side", "flags"]


@dataclass(frozen=True)
class Tape:
    """Trades, or with ``middle`` the quotes of a shelf as prints of size 0 in the middle, of [first, until) (ns)."""

    shelf: Shelf
    first: int
    until: int
    middle: bool = False

    def bars(self, spec: BarSpec, sessions: Calendar | None, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Bars of the trades of [start, end) (ns): those that are complete, and the one that is not."""

        def take(pieces: Iterator[list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
            stream = maker(spec, sessions)
            closed = [stream.take(_middles(piece) if self.middle else piece) for piece in pieces]
            return schema.joined(closed, record_dtype(spec)), stream.forming

        columns = ["ts_event", "bid", "ask"] if self.middle else _COLUMNS
        return self.shelf.scan(start, end, columns=columns, take=take)

    def portions(self, edges: np.ndarray) -> list[int]:
        """Those of ``edges`` (ns, ascending) between which lie about as many rows as may be read at once."""
        parts = self.shelf.parts()
        firsts = np.array([part.first for part in parts], np.int64)
        rows = np.concatenate([[0], np.cumsum([part.rows for part in parts])])
        before = rows[np.searchsorted(firsts, edges)]
        kept = [0]
        for i in range(1, len(edges) - 1):
            if before[i + 1] - before[kept[-1]] > _ROWS:
                kept.append(i)
        return [int(edges[i]) for i in kept] + [int(edges[-1])]


def _middles(quotes: list[np.ndarray]) -> list[np.ndarray]:
    times, bid, ask = quotes
    known = ~(np.isnan(bid) | np.isnan(ask))
    price = (bid[known] + ask[known]) / 2
    nothing = [np.broadcast_to(np.zeros(1, TRADE[name]), len(price)) for name in ("size", "side", "flags")]
    return [times[known], price, *nothing]
