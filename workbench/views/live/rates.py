"""What comes of each symbol: a table whose rows stay where they are while their figures move."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import param

from workbench.views.backtest.tables import FIRST, Column, Table
from workbench.views.scripts import with_el
from workbench.views.status import duration

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Rows that the browser holds with one question, as ``grid.js`` asks.
_PAGE = 100

COLUMNS = (
    Column("symbol", "Symbol", "What is published", "text", 92, 1.2),
    Column("told", "State", "live, or stale: its session is open and nothing comes", "text", 84, 0.8),
    Column("since", "Last trade", "How long ago the last trade was", "right", 84, 0.8),
    Column("rate1", "1 s", "Trades over the last second", "count", 64, 0.7),
    Column("rate10", "10 s", "Trades a second over the last ten", "rate", 72, 0.7),
    Column("latency", "Latency ms", "From the feed's receipt of the last trade to here, ms", "rate", 88, 0.8),
    Column("late", "Late", "Trades that came too late for their bar and are in none, of bars that are looked at",
           "count", 60, 0.6),
    Column("disorder", "Disorder", "Trades that were passed on behind a newer one", "count", 76, 0.6),
    Column("gaps", "Gaps", "Stretches of which trades are missing", "count", 60, 0.6),
    Column("trades", "Trades", "All that came since this hub began", "count", 92, 0.9),
)  # fmt: skip
_WARNED = {"late", "gaps", "disorder"}


class LiveTable(Table):
    """A table whose figures are renewed in their places: only rows that changed are sent, of those that were seen."""

    def __init__(self, columns: Sequence[Column], **params: Any) -> None:
        super().__init__(columns, **params)
        self._pages: set[int] = set()
        self._sent: dict[int, dict[str, Any]] = {}

    def show(self, frame: pd.DataFrame, *, columns: Sequence[Column] | None = None, tips: Sequence[str] = ()) -> None:
        """Show a frame in place of what was there; a heading that sorts goes on sorting."""
        sorted_by = self._sorted
        super().show(frame, columns=columns, tips=tips)
        if sorted_by is not None:
            self.sort(sorted_by[0])
            if not sorted_by[1]:
                self.sort(sorted_by[0])

    def renew(self, frame: pd.DataFrame) -> int:
        """Put newer figures in the rows that are there: a frame of the same rows. The number of rows that were sent."""
        self.frame = frame
        seen = sorted(
            {at for page in self._pages for at in range(page * _PAGE, (page + 1) * _PAGE)} | set(range(FIRST))
        )
        places = [at for at in seen if at < len(self.order)]
        fresh, sent = dict(self._drawn(places)), 0
        changed = [at for at in places if fresh[at] != self._sent.get(at)]
        for first, stop in _runs(changed):
            rows = [fresh[at] for at in range(first, stop)]
            self.model.send(first=first, rows=rows, version=self.model.version)
            sent += len(rows)
        self._sent.update(fresh)
        return sent

    def heard(self, data: dict[str, Any]) -> None:
        """Answer what the browser asks, and remember which rows it has seen."""
        if data.get("what") == "rows" and data.get("version") == self.model.version:
            page = int(data["first"]) // _PAGE
            self._pages.add(page)
            stop = min((page + 1) * _PAGE, len(self.order))
            self._sent.update(self._drawn(list(range(page * _PAGE, stop))))
        super().heard(data)

    def rows(self, first: int, stop: int) -> list[dict[str, Any]]:
        """Rows as they stand on the screen; what is to be minded has its tone."""
        found = super().rows(first, stop)
        part = self.frame.iloc[self.order[first:stop]]
        tones = [[_tone(one.name, value) for value in part[one.name].tolist()] for one in self.columns]
        for at, row in enumerate(found):
            row["tones"] = [tone[at] for tone in tones]
        return found

    def _texts(self, column: Column, values: pd.Series, symbols: pd.Series | None = None) -> list[str]:
        if column.kind == "rate":
            return ["–" if one != one else f"{one:,.1f}".replace("-", "−") for one in values.tolist()]
        return super()._texts(column, values, symbols)

    def _drawn(self, places: list[int]) -> list[tuple[int, dict[str, Any]]]:
        return [pair for first, stop in _runs(places) for pair in enumerate(self.rows(first, stop), first)]

    def _fresh(self) -> None:
        self._pages, self._sent = set(), {}
        super()._fresh()
        self._sent = dict(enumerate(self.model.first))


class SymbolSearch(pn.custom.JSComponent):
    """A field that narrows the table, and how many of how many are shown."""

    query = param.String(default="", doc="What symbols must contain, in capitals or not.")
    told = param.String(default="", doc="How many are shown.")

    _esm = with_el(_JS / "search.js")
    _stylesheets = [_CSS / "parts.css"]


class Symbols(pn.viewable.Viewer):
    """Field and table."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.search = SymbolSearch(sizing_mode="stretch_width", margin=0, height=36, css_classes=["wb-lv-search"])
        self.table = LiveTable(COLUMNS, label="Symbols", none="Nothing is published yet: start a market at the left.")
        self._all = pd.DataFrame()
        self._names: list[str] | None = None
        self.search.param.watch(lambda _: self.show(self._all), "query")

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self.search, self.table, css_classes=["wb-lv-symbols"], margin=0, sizing_mode="stretch_both")

    def show(self, frame: pd.DataFrame) -> None:
        """Show the symbols of a look; see ``looking.SYMBOLS``."""
        self._all = frame
        query = self.search.query.strip().upper()
        if query and len(frame):
            frame = frame[[query in symbol.upper() for symbol in frame["symbol"]]]
        frame = frame.reset_index(drop=True)
        frame["told"] = ["! stale" if state == "stale" else state for state in frame["state"]]
        frame["since"] = [ago(age) for age in frame["age"]]
        names = frame["symbol"].tolist()
        if names == self._names:
            self.table.renew(frame)
        else:
            self._names = names
            self.table.model.none = (
                f"No symbol contains {query!r}." if query and len(self._all) else
                "Nothing is published yet: start a market at the left."
            )  # fmt: skip
            self.table.show(frame)
        stale = int((frame["state"] == "stale").sum())
        self.search.told = (
            f"{len(names):,} of {len(self._all):,} symbols" + (f", {stale:,} stale" if stale else "") if len(self._all)
            else ""
        )  # fmt: skip


def ago(seconds: float) -> str:
    """How long ago something was, in words; a dash for never."""
    if seconds != seconds:
        return "–"
    return duration(int(seconds * 1e9)) or "now"


def _tone(name: str, value: Any) -> str:
    if name == "told":
        return "warn" if value == "! stale" else "muted" if value != "live" else ""
    return "warn" if name in _WARNED and value else ""


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Places in order as stretches (first, stop)."""
    found: list[tuple[int, int]] = []
    for at in places:
        if found and found[-1][1] == at:
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
    return found
