"""Markers over the prices of a chart: trades, events and alerts, as rows for the browser.

A marker stands on the bar that holds its time, never on a later one. Only those of the bars that are shown travel;
where there are too many to tell apart, one row stands for all of a kind on a bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource

from workbench.charts.drawings import ordinals_of, pace_of
from workbench.errors import DataError, did_you_mean

#: Kinds of markers; fills have a place in price, events stand at the foot, alerts are lines.
KINDS = ("buy", "sell", "event", "alert")
#: Rows of single markers that travel at most, lines between fills likewise; rows that stand for several; letters of a
#: text.
MOST, GATHERED, LETTERS = 1_000, 2_000, 120
#: Alerts that are drawn at most: the newest.
ALERTS = 200
#: Columns of the source. ``id`` is the row in the frame; ``x`` the bar's place; ``time`` ms UTC; ``kind`` a place in
#: ``KINDS``; ``count`` how many one row stands for; ``price``, ``size`` and ``pnl`` may be NaN.
COLUMNS = ("id", "x", "time", "kind", "price", "size", "pnl", "count", "text")
#: Columns of the lines from fill to fill; ``won`` is 1, -1 or 0.
LINKS = ("x0", "y0", "x1", "y1", "won")
_MS = 1_000_000
_FILLS = (0, 1)
_ALERT = 3


@dataclass(frozen=True)
class Markers:
    """Markers that were read, in the order of their times.

    Parameters
    ----------
    frame
        As it was given.
    row
        Place of each in ``frame``.
    time
        int64 ns UTC.
    kind
        Place of each in ``KINDS``.
    price, size, pnl
        NaN where there is none.
    group
        Number of the round trip, -1 for none.
    text
        What is told of each.
    """

    frame: pd.DataFrame
    row: np.ndarray
    time: np.ndarray
    kind: np.ndarray
    price: np.ndarray
    size: np.ndarray
    pnl: np.ndarray
    group: np.ndarray
    text: np.ndarray

    def __len__(self) -> int:
        return len(self.row)


def read_markers(frame: pd.DataFrame) -> Markers:
    """Markers of a frame; a ``DataError`` names the row and the column that cannot be used.

    Parameters
    ----------
    frame
        Columns ``time`` (UTC; without a zone it is taken for that), ``kind`` (one of ``KINDS``), ``price`` (may be NaN
        for events) and ``text``. May have ``size``, ``pnl``, and ``group``, the same for all fills of a round trip.
    """
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"markers: a DataFrame is needed, not {type(frame).__name__}")
    if "time" not in frame.columns and frame.index.name == "time":
        frame = frame.reset_index()
    for name in ("time", "kind", "price", "text"):
        if name not in frame.columns:
            raise DataError(f"markers need a column {name!r}; columns are {list(map(str, frame.columns))}")
    time, kind = _times(frame), _kinds(frame)
    price, size, pnl = (_numbers(frame, name) for name in ("price", "size", "pnl"))
    lacking = np.flatnonzero(~np.isfinite(price) & (kind != KINDS.index("event")))
    if len(lacking):
        at = lacking[0]
        raise DataError(f"markers: row {_label(frame, at)}, column 'price': {KINDS[kind[at]]} needs a price, got NaN")
    group = pd.factorize(frame["group"])[0] if "group" in frame.columns else np.full(len(frame), -1)
    text = np.array(["" if pd.isna(one) else str(one) for one in frame["text"]], dtype=object)
    order = np.argsort(time, kind="stable")
    columns = (time, kind, price, size, pnl, group, text)
    return Markers(frame, order, *(column[order] for column in columns))


def _label(frame: pd.DataFrame, at: int) -> str:
    return repr(frame.index[at]) if isinstance(frame.index[at], str) else str(frame.index[at])


def _times(frame: pd.DataFrame) -> np.ndarray:
    found = frame["time"]
    if pd.api.types.is_numeric_dtype(found):
        raise DataError("markers: column 'time': instants are needed, not numbers; write pd.to_datetime(ns, utc=True)")
    times = pd.to_datetime(found, utc=True, errors="coerce", format=None if found.dtype != object else "mixed")
    wrong = np.flatnonzero(times.isna())
    if len(wrong):
        value = str(found.iloc[wrong[0]])
        raise DataError(f"markers: row {_label(frame, wrong[0])}, column 'time': {value[:40]!r} is no instant")
    return times.to_numpy("M8[ns]").view("i8")


def _kinds(frame: pd.DataFrame) -> np.ndarray:
    codes = pd.Index(KINDS).get_indexer(pd.Index(frame["kind"].astype(object)))
    wrong = np.flatnonzero(codes < 0)
    if len(wrong):
        value = str(frame["kind"].iloc[wrong[0]])
        hint = did_you_mean(value, list(KINDS))
        raise DataError(f"markers: row {_label(frame, wrong[0])}, column 'kind': {value[:40]!r} is no kind: {hint}")
    return codes.astype(np.int8)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame[name], errors="coerce")
    wrong = np.flatnonzero((numbers.isna() & frame[name].notna()) | np.isinf(numbers.astype("f8")))
    if len(wrong):
        value = str(frame[name].iloc[wrong[0]])
        raise DataError(f"markers: row {_label(frame, wrong[0])}, column {name!r}: {value[:40]!r} is no number")
    return numbers.to_numpy("f8")


# --- which of them travel ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """The bars that markers are placed on.

    Parameters
    ----------
    times
        When the bars that are held open (int64 ns UTC).
    low, high
        Those that are shown, as places in ``times``.
    x
        Where these stand on the time axis.
    nominal
        How long a bar lasts at most (ns): what is later than the newest one by more stands on no bar.
    """

    times: np.ndarray
    low: int
    high: int
    x: np.ndarray
    nominal: int

    def bars(self, instants: np.ndarray) -> np.ndarray:
        """The bar that holds each instant, as a place in ``times``; -1 before the first, ``len(times)`` behind all."""
        at = np.searchsorted(self.times, instants, "right") - 1
        if len(self.times):
            at[instants > self.times[-1] + self.nominal] = len(self.times)
        return at


def marker_rows(markers: Markers, stage: Stage) -> dict[str, Any]:
    """Columns ``COLUMNS`` of the markers on the bars that are shown, and of all alerts."""
    bars = stage.bars(markers.time)
    shown = np.flatnonzero((bars >= stage.low) & (bars < stage.high) & (markers.kind != _ALERT))
    if len(shown) > MOST:
        out = _gathered(markers, stage, shown, bars)
    else:
        out = _single(markers, shown, stage.x[bars[shown] - stage.low])
    alerts = np.flatnonzero(markers.kind == _ALERT)[-ALERTS:]
    lines = _single(markers, alerts, np.zeros(len(alerts)))
    joined = {name: np.append(out[name], lines[name]) for name in COLUMNS if name != "text"}
    return {**joined, "text": [*out["text"], *lines["text"]]}


def _single(markers: Markers, which: np.ndarray, x: np.ndarray) -> dict[str, Any]:
    return {
        "id": markers.row[which].astype(np.int32),
        "x": x.astype("f8"),
        "time": markers.time[which] / _MS,
        "kind": markers.kind[which],
        "price": markers.price[which],
        "size": markers.size[which],
        "pnl": markers.pnl[which],
        "count": np.ones(len(which), np.int32),
        "text": [text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…" for text in markers.text[which]],
    }


def _gathered(markers: Markers, stage: Stage, which: np.ndarray, bars: np.ndarray) -> dict[str, Any]:
    """One row for all of a kind on a bar, or on some bars where even that is too many: the mean price, and sums."""
    wide = -(-min(len(which), len(_FILLS) * (stage.high - stage.low)) // GATHERED)
    key = bars[which] // wide * len(KINDS) + markers.kind[which]
    _, first, slot, count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)

    def total(values: np.ndarray) -> np.ndarray:
        known = np.isfinite(values)
        sums = np.bincount(slot, np.where(known, values, 0.0))
        return np.where(np.bincount(slot, known) > 0, sums, np.nan)

    lead = which[first]
    out = _single(markers, lead, stage.x[bars[lead] - stage.low])
    out |= {"price": total(markers.price[which]) / count, "size": total(markers.size[which])}
    alone = count == 1
    texts = [text if one else "" for text, one in zip(out["text"], alone, strict=True)]
    return {**out, "pnl": total(markers.pnl[which]), "count": count.astype(np.int32), "text": texts}


def link_rows(markers: Markers, stage: Stage) -> dict[str, np.ndarray]:
    """Columns ``LINKS`` of the lines from fill to fill of round trips that are at least partly shown.

    Where they are too many to tell apart there are none.
    """
    fills = np.flatnonzero((markers.group >= 0) & np.isin(markers.kind, _FILLS))
    fills = fills[np.lexsort((fills, markers.group[fills]))]
    start, end = fills[:-1], fills[1:]
    joined = markers.group[start] == markers.group[end]
    start, end = start[joined], end[joined]
    if len(start) and stage.high > stage.low:
        first, last = stage.times[stage.low], stage.times[stage.high - 1] + stage.nominal
        seen = (markers.time[end] >= first) & (markers.time[start] <= last)
        start, end = start[seen], end[seen]
    if not len(start) or len(start) > MOST or stage.high <= stage.low:
        return {name: np.zeros(0) for name in LINKS}
    groups = int(markers.group.max()) + 1
    result = np.bincount(markers.group[fills], np.nan_to_num(markers.pnl[fills]), minlength=groups)
    won = np.sign(result[markers.group[start]])
    return {
        "x0": _places(markers.time[start], stage),
        "y0": markers.price[start],
        "x1": _places(markers.time[end], stage),
        "y1": markers.price[end],
        "won": won.astype(np.int8),
    }


def _places(instants: np.ndarray, stage: Stage) -> np.ndarray:
    """Where instants stand on the time axis: on their bars, and in proportion beyond those that are shown."""
    bars = stage.bars(instants)
    out = np.zeros(len(instants))
    inside = (bars >= stage.low) & (bars < stage.high)
    out[inside] = stage.x[bars[inside] - stage.low]
    times = stage.times
    beyond = ordinals_of(instants[~inside].tolist(), times, -stage.low, pace_of(times, stage.nominal))
    # Beyond the bars that are shown the axis goes on at the mean pace of those that are.
    step = (stage.x[-1] - stage.x[0]) / (len(stage.x) - 1) if len(stage.x) > 1 else 1.0
    out[~inside] = stage.x[0] + np.array(beyond) * step
    return out


class MarkerLayer:
    """The markers of a ``CandleChart``; the browser draws them and says which was pressed.

    Attributes
    ----------
    source
        A row for each marker, columns ``COLUMNS``; ``tags[0]["whole"]`` is how many markers there are in all.
    links
        Lines from fill to fill, columns ``LINKS``.
    wish
        One row, written by the browser: ``seq`` and ``id``, the row that was pressed.
    """

    def __init__(self) -> None:
        self.source = ColumnDataSource(data={name: [] for name in COLUMNS}, tags=[{"whole": 0}])
        self.links = ColumnDataSource(data={name: [] for name in LINKS})
        self.wish = ColumnDataSource(data={"seq": [], "id": []})

    @property
    def args(self) -> dict[str, ColumnDataSource]:
        """What the chart's scripts are handed."""
        return {"markers": self.source, "marker_links": self.links, "marker_wish": self.wish}

    def show(self, rows: dict[str, Any], links: dict[str, Any], *, whole: int) -> None:
        """Bring the browser to these rows; sends nothing that is there already."""
        for source, data in ((self.links, links), (self.source, rows)):
            if not all(_same(source.data[name], data[name]) for name in data):
                source.data = data
        if self.source.tags[0]["whole"] != whole:
            self.source.tags = [{"whole": whole}]


def _same(held: Any, new: Any) -> bool:
    if isinstance(new, list):
        return list(held) == new
    held = np.asarray(held, new.dtype)
    return len(held) == len(new) and bool(np.array_equal(held, new, equal_nan=new.dtype.kind == "f"))
