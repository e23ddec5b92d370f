"""Tables of any length: the browser holds the rows that are seen, Python the frame and its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import param

from workbench.errors import DataError
from workbench.views.scripts import with_el
from workbench.views.values import ZoneParameter

#: Rows that come with a table; others are asked for, at most so many at a time.
FIRST, MOST = 60, 400
_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
#: Room for a time of day besides the date, px.
_STAMP_PX = 148
_DAY = 86_400 * 10**9
#: Kinds whose places are those of their rows, and how many they have at least; rows that are looked at for it, and how
#: many of them must be whole with so many places.
_LEAST, _LOOKED, _MOSTLY = {"price": 2, "units": 0}, 10_000, 0.8


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Of the frame.
    title, tip
        What stands over it, and its tooltip.
    kind
        How values are written: ``text``, ``right`` (text at the right), ``time``, ``side`` (long, short), ``trade``
        (buy, sell), ``count``, ``number``, ``money``, ``percent``; ``price`` and ``units`` with as many places in all
        rows of a symbol as those need.
    width
        Least width, px; ``grow`` how much of what is left it takes.
    toned
        Whether gains and losses have their colours.
    color
        Of a mark beside the title, where the column belongs to a curve.
    """

    name: str
    title: str
    tip: str = ""
    kind: str = "text"
    width: int = 90
    grow: float = 1.0
    toned: bool = False
    color: str = ""


class GridModel(pn.custom.JSComponent):
    """The table as the browser draws it. It asks for rows and says what is pressed."""

    columns = param.List(default=[], item_type=dict, doc="title, tip, kind (text or number), width and grow of each.")
    count = param.Integer(default=0, bounds=(0, None), doc="Rows there are.")
    first = param.List(default=[], item_type=dict, doc="The first rows: cells, tones, tip.")
    version = param.Integer(default=0, bounds=(0, None), doc="Counts tables: rows of an older one are not drawn.")
    sort = param.Integer(default=0, bounds=(-1000, 1000), doc="Number of the column that orders, from 1; below 0 down.")
    sortable = param.Boolean(default=True, doc="Whether a heading sorts.")
    picks = param.Boolean(default=False, doc="Whether a row can be picked.")
    marked = param.Integer(default=-1, bounds=(-1, None), doc="Place of the row that is marked; -1 for none.")
    label = param.String(default="", doc="Name of the table.")
    none = param.String(default="", doc="What is said where there are no rows.")

    _esm = with_el(_JS / "grid.js")
    _stylesheets = [_CSS / "grid.css"]

    def send(self, **what: Any) -> None:
        """Hand the browser rows that it asked for."""
        self._send_msg(what)


class Table(pn.viewable.Viewer):
    """A table.

    Parameters
    ----------
    columns
        What is shown of the frame.
    label, none
        Its name, and what is said where it is empty.
    on_pick
        Called with the row of the frame (its place) that is picked.
    sortable
        Whether a heading sorts.
    """

    tz = ZoneParameter(default="UTC", doc="IANA zone in which times are written.")

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        label: str,
        none: str = "",
        on_pick: Callable[[int], object] | None = None,
        sortable: bool = True,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.columns, self._on_pick = tuple(columns), on_pick
        self.frame = pd.DataFrame()
        self.order = np.zeros(0, np.int64)
        self.tips: Sequence[str] = ()
        self._sorted: tuple[int, bool] | None = None
        self._dated: dict[str, bool] = {}
        self._fine: dict[str, bool] = {}
        self._places: dict[str, dict[str, int]] = {}
        self.model = GridModel(
            label=label, none=none, picks=on_pick is not None, sortable=sortable, sizing_mode="stretch_both", margin=0
        )
        self.model.on_msg(lambda event: self.heard(event.data))
        self.param.watch(lambda _: self._fresh(), "tz")

    def __panel__(self) -> pn.viewable.Viewable:
        return self.model

    def show(self, frame: pd.DataFrame, *, columns: Sequence[Column] | None = None, tips: Sequence[str] = ()) -> None:
        """Show a frame in place of what was there; ``tips`` are tooltips of its rows."""
        if columns is not None:
            self.columns = tuple(columns)
        self.frame, self.tips, self._sorted = frame, tips, None
        self.order = np.arange(len(frame))
        stamped = [one.name for one in self.columns if one.kind == "time"]
        self._dated = {name: _dated(frame[name]) for name in stamped}
        self._fine = {name: bool((pd.to_datetime(frame[name], utc=True).dt.second > 0).any()) for name in stamped}
        self._places = {
            one.name: _places(frame, one.name, _LEAST[one.kind]) for one in self.columns if one.kind in _LEAST
        }
        self._fresh()

    def sort(self, column: int) -> None:
        """Order by a column; once more turns it round, a third time brings back the order of the frame."""
        if not (self.model.sortable and 0 <= column < len(self.columns)):
            return
        before = self._sorted
        if before is None or before[0] != column:
            self._sorted = (column, True)
        else:
            self._sorted = (column, False) if before[1] else None
        self.order = np.arange(len(self.frame))
        if self._sorted is not None:
            values = self.frame[self.columns[column].name]
            by = values.sort_values(ascending=self._sorted[1], kind="stable", na_position="last", ignore_index=False)
            self.order = (
                pd.Series(self.order, index=values.index).loc[by.index].to_numpy()
                if values.index.is_unique
                else (np.argsort(values.to_numpy(), kind="stable")[:: 1 if self._sorted[1] else -1])
            )
        self._fresh()

    def mark(self, row: int) -> None:
        """Mark a row of the frame, and bring it into view; -1 for none."""
        found = np.flatnonzero(self.order == row)
        self.model.marked = int(found[0]) if len(found) else -1

    def heard(self, data: dict[str, Any]) -> None:
        """Answer what the browser asks: ``rows``, ``sort``, ``pick``."""
        what = data.get("what")
        if what == "sort":
            self.sort(int(data["column"]))
        elif data.get("version") != self.model.version:
            return
        elif what == "rows":
            first = max(0, int(data["first"]))
            rows = self.rows(first, first + min(int(data["count"]), MOST))
            self.model.send(first=first, rows=rows, version=self.model.version)
        elif what == "pick" and self._on_pick is not None and 0 <= int(data["row"]) < len(self.order):
            row = int(self.order[int(data["row"])])
            self.mark(row)
            self._on_pick(row)

    def rows(self, first: int, stop: int) -> list[dict[str, Any]]:
        """Rows as they stand on the screen, from one place to another."""
        places = self.order[first:stop]
        part = self.frame.iloc[places]
        texts, tones = [], []
        for one in self.columns:
            values = part[one.name]
            symbols = part["symbol"] if one.kind in _LEAST and "symbol" in part.columns else None
            texts.append(self._texts(one, values, symbols))
            tones.append(_tones(values) if one.toned else [""] * len(part))
        found = []
        for at, place in enumerate(places):
            row: dict[str, Any] = {"cells": [text[at] for text in texts]}
            if any(tone[at] for tone in tones):
                row["tones"] = [tone[at] for tone in tones]
            if len(self.tips):
                row["tip"] = self.tips[place]
            if "differs" in part.columns and not part["differs"].iloc[at]:
                row["tones"] = ["muted"] * len(self.columns)
            found.append(row)
        return found

    def _texts(self, column: Column, values: pd.Series, symbols: pd.Series | None = None) -> list[str]:
        if column.kind in _LEAST:
            places = self._places.get(column.name, {})
            named = [""] * len(values) if symbols is None else symbols.tolist()
            return [of_places(one, places.get(symbol, 2)) for one, symbol in zip(values.tolist(), named, strict=True)]
        if column.kind == "time":
            times = pd.to_datetime(values, utc=True)
            dated = self._dated.get(column.name, False)
            zoned = times if dated else times.dt.tz_convert(self.tz)
            form = "%Y-%m-%d" if dated else "%Y-%m-%d %H:%M:%S" if self._fine.get(column.name) else "%Y-%m-%d %H:%M"
            return zoned.dt.strftime(form).fillna("–").tolist()
        if column.kind in ("text", "right"):
            return ["–" if one is None or one != one else str(one) for one in values.tolist()]
        if column.kind == "side":
            return [{1: "long", -1: "short"}.get(one, "") for one in values.tolist()]
        if column.kind == "trade":
            return [{1: "buy", -1: "sell"}.get(one, "") for one in values.tolist()]
        return [written(one, column.kind) for one in values.tolist()]

    def _fresh(self) -> None:
        model = self.model
        told = [
            {
                "title": f"{one.title} ({self.tz})" if self._dated.get(one.name) is False else one.title,
                "tip": one.tip, "kind": "text" if one.kind in ("text", "time", "side", "trade") else "number",
                "width": max(one.width, _STAMP_PX) if self._dated.get(one.name) is False else one.width,
                "grow": one.grow, "color": one.color,
            }
            for one in self.columns
        ]  # fmt: skip
        sort = 0 if self._sorted is None else (self._sorted[0] + 1) * (1 if self._sorted[1] else -1)
        model.param.update(
            columns=told, count=len(self.frame), first=self.rows(0, FIRST), sort=sort, marked=-1,
            version=model.version + 1,
        )  # fmt: skip


def written(value: float | None, kind: str) -> str:
    """A number as the screens write it: a dash for none, a real minus sign.

    Parameters
    ----------
    kind
        ``count`` whole, ``money`` with two places, ``percent`` of a fraction with two, ``number`` with six digits.

    Raises
    ------
    DataError
        There is no such kind.
    """
    if value is None or value != value:
        return "–"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    forms = {"count": ",.0f", "money": ",.2f", "percent": ".2%", "number": ",.6g"}
    if kind not in forms:
        raise DataError(f"no way to write {kind!r}: one of {', '.join(forms)}")
    text = format(value, forms[kind]).replace("%", " %")
    return text.replace("-", "−")


def ratio(value: float | None) -> str:
    """A ratio with two places; a dash for none."""
    if value is None or value != value or abs(value) == float("inf"):
        return written(value, "number")
    return f"{value:,.2f}".replace("-", "−")


def of_places(value: float, places: int) -> str:
    """A number with so many places; a dash for none."""
    return written(value, "number") if not np.isfinite(value) else f"{value:,.{places}f}".replace("-", "−")


def _places(frame: pd.DataFrame, name: str, least: int) -> dict[str, int]:
    """Places that the numbers of each symbol need, as many as make six digits at most; under "" where none is named."""
    if "symbol" not in frame.columns:
        return {"": _needed(frame[name].to_numpy(float), least)}
    return {str(symbol): _needed(own.to_numpy(float), least) for symbol, own in frame.groupby("symbol")[name]}


def _needed(values: np.ndarray, least: int) -> int:
    known = np.abs(values[np.isfinite(values) & (values != 0)])[:_LOOKED]
    if not len(known):
        return least
    most = int(np.clip(5 - np.floor(np.log10(np.median(known))), least, 8))
    # A few with more places, as after a split, are no reason to write all others with noughts.
    fits = (one for one in range(least, most) if np.isclose(np.round(known, one), known, rtol=1e-9).mean() >= _MOSTLY)
    return next(fits, most)


def _tones(values: pd.Series) -> list[str]:
    numbers = values.to_numpy(float)
    return np.where(numbers > 0, "up", np.where(numbers < 0, "down", "")).tolist()


def _dated(times: pd.Series) -> bool:
    """Whether stamps are those of days: told by their dates alone."""
    known = pd.to_datetime(times, utc=True).dropna()
    if not len(known):
        return False
    ns = np.unique(known.dt.as_unit("ns").to_numpy("M8[ns]").view("i8"))
    return bool(len(ns) > 1 and np.min(np.diff(ns)) >= _DAY * 0.9)
