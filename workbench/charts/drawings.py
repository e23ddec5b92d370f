"""Drawings over the prices, as Bokeh objects: what the browser draws, and what it says was done by hand.

Anchors are instants and prices. The chart counts bars, so Python tells the browser at which ordinal each instant stands
on the bars that are shown; that is what keeps a drawing in its place on every kind of bar.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource

from workbench.charts.theme import series
from workbench.workspaces import KINDS, Annotation

#: Columns of the source, a row for each drawing. ``x`` (ordinals), ``time`` (ms UTC) and ``price`` hold a list each,
#: ``style`` is JSON text.
COLUMNS = ("id", "kind", "x", "time", "price", "text", "style", "locked", "hidden")
#: Colours to choose from; each has a shade for dark and one for light.
COLORS = ("blue", "orange", "violet", "pink", "green", "cyan")
DASHES = ("solid", "dashed", "dotted")
#: The scripts that draw them, in the order in which they use each other.
DRAWING_SCRIPTS = tuple(
    f"drawings{part}.js" for part in ("_shapes", "_paint", "_bar", "_desk", "", "_show")
)  # after those of the chart's panes
#: Widths of lines and sizes of notes, px.
WIDTHS, SIZES = (1, 2, 3, 4), (12, 14, 18, 24)
_MS = 1_000_000
#: Bars whose distances tell where the bars go on.
_RECENT = 400
_HALF_DAY = 12 * 3600 * 10**9


class DrawingLayer:
    """The drawings of a chart.

    Attributes
    ----------
    source
        A row for each drawing, columns ``COLUMNS``; ``source.tags[0]`` tells the scripts ``colors``, ``pace`` (ms from
        bar to bar beyond the newest), ``counting`` (changes when ordinals count from elsewhere), ``heard`` (the last
        wish that was carried out), ``failed`` (what was wrong, by the number of the wish), ``undo`` and ``redo``
        (whether there is something) and ``said`` (a sentence to show).
    wish
        One row, written by the browser: ``seq``, ``what`` ("add", "change", "remove", "undo", "redo", "reveal") and
        ``value`` (JSON text).
    """

    def __init__(self, dark: bool = True) -> None:
        self.source = ColumnDataSource(data={name: [] for name in COLUMNS})
        self.wish = ColumnDataSource(data={"seq": [], "what": [], "value": []})
        self._told: dict[str, Any] = {"kinds": {kind: list(least_most) for kind, least_most in KINDS.items()}}
        self._told |= {"dashes": list(DASHES), "widths": list(WIDTHS), "sizes": list(SIZES)}
        self.theme(dark)

    @property
    def args(self) -> dict[str, ColumnDataSource]:
        """What the chart's scripts are handed."""
        return {"drawings": self.source, "drawn": self.wish}

    def tell(self, **changes: Any) -> None:
        """Change what the scripts know; nothing is sent when nothing changed."""
        merged = {**self._told, **changes}
        if merged != self._told or not self.source.tags:
            self._told = merged
            self.source.tags = [merged]

    def theme(self, dark: bool) -> None:
        """Recolour in place."""
        self.tell(colors=[list(pair) for pair in zip(COLORS, series(dark), strict=False)])

    def show(self, drawings: Sequence[Annotation], ordinals: Sequence[Sequence[float]]) -> None:
        """Bring the browser to these drawings, whose anchors stand at these ordinals; sends nothing that is there."""
        data = {
            "id": [one.id for one in drawings],
            "kind": [one.kind for one in drawings],
            "x": [list(map(float, places)) for places in ordinals],
            "time": [[at / _MS for at, _ in one.anchors] for one in drawings],
            "price": [[price for _, price in one.anchors] for one in drawings],
            "text": [one.text for one in drawings],
            "style": [json.dumps(dict(one.style)) for one in drawings],
            "locked": [one.locked for one in drawings],
            "hidden": [one.hidden for one in drawings],
        }
        if data != self.source.data:
            self.source.data = data


def pace_of(times: np.ndarray, usual: int) -> float:
    """Nanoseconds from bar to bar beyond the newest one; ``usual`` where bars are too few to tell.

    Of bars within days the median of what was last: nights between them are no bars. Of days and more the mean, in
    which weekends count.
    """
    gaps = np.diff(times[-_RECENT:])
    if not len(gaps):
        return float(max(1, usual))
    middle = float(np.median(gaps))
    return max(1.0, middle if middle < _HALF_DAY else float(np.mean(gaps)))


def ordinals_of(instants: Sequence[int], times: np.ndarray, first: int, pace: float) -> list[float]:
    """Where instants (ns UTC) stand among bars that open at ``times``, of which the first has ordinal ``first``.

    Between two bars in proportion; before the first by the mean distance of all, behind the last by ``pace``.
    """
    n = len(times)
    if not n:
        return [0.0] * len(instants)
    before = _mean(times, pace)
    found = np.searchsorted(times, np.array(instants, "i8"), "right") - 1
    out = []
    for instant, at in zip(instants, found.tolist(), strict=True):
        if at < 0:
            out.append(first + (instant - int(times[0])) / before)
            continue
        since = instant - int(times[at])
        step = int(times[at + 1]) - int(times[at]) if at < n - 1 else pace
        out.append(first + at + since / step)
    return out


def instant_of(ordinal: float, times: np.ndarray, first: int, pace: float) -> int:
    """The instant (ns UTC) at an ordinal: the inverse of ``ordinals_of``; at a bar exactly its open."""
    index, n = ordinal - first, len(times)
    if index < 0:
        return int(times[0]) + round(index * _mean(times, pace))
    at = min(int(index), n - 1)
    step = int(times[at + 1]) - int(times[at]) if at < n - 1 else pace
    return int(times[at]) + round((index - at) * step)


def _mean(times: np.ndarray, pace: float) -> float:
    return max(1.0, (int(times[-1]) - int(times[0])) / (len(times) - 1)) if len(times) > 1 else pace
