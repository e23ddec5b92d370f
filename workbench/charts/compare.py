"""Other symbols as lines over the prices of a chart, as Bokeh objects.

A line is rescaled so that at the first bar of the window it stands on that bar's close: where it is later tells how the
other symbol has changed since, on linear, logarithmic and percent axes alike. The browser does that whenever the window
moves; Python sends the other's prices as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Line

from workbench.charts.studies import bring
from workbench.charts.theme import series

#: Symbols beside the chart's own at most.
MAX_COMPARED = 8
_WIDTH = 1.5
#: Colours by slot, as places in ``theme.series``: begun from the end where studies are not.
_ORDER = (6, 5, 3, 2, 1, 4, 7, 0)


@dataclass(frozen=True)
class Compared:
    """A symbol that a chart compares its own with.

    Parameters
    ----------
    symbol
        Its name.
    slot
        Which of ``MAX_COMPARED`` colours and columns is its own as long as it is there.
    decimals
        Decimal places of its prices.
    hidden
        Its line is not drawn; its legend stays.
    error
        Why there is no line.
    """

    symbol: str
    slot: int
    decimals: int = 2
    hidden: bool = False
    error: str = ""

    @property
    def column(self) -> str:
        """Its column in the source of the prices."""
        return f"v{self.slot}"


class CompareLayer:
    """The compared symbols of a ``CandleChart``.

    Parameters
    ----------
    chart
        Gives the price figure and makes room on its axis.

    Attributes
    ----------
    source
        ``x`` of the bars, and prices of each other symbol (``v0`` ...), NaN where it has none; a row for each bar of
        the chart. ``tags[0]["rows"]`` is what the legend says.
    drawn
        What is drawn of it (``x``, ``y0`` ...): filled by the browser, never by Python.
    wish
        One row, written by the browser: ``seq``, ``what`` ("hide", "remove") and ``symbol``.
    """

    def __init__(self, chart: Any) -> None:
        self.chart = chart
        self.source = ColumnDataSource(data={"x": np.zeros(0, np.int32)}, tags=[{"rows": []}])
        self.drawn = ColumnDataSource(data={"x": [], **{f"y{slot}": [] for slot in range(MAX_COMPARED)}})
        self.wish = ColumnDataSource(data={"seq": [], "what": [], "symbol": []})
        self.lines: dict[int, Any] = {}
        self.placed: tuple[Compared, ...] = ()
        self._dark = True

    @property
    def args(self) -> dict[str, ColumnDataSource]:
        """What the chart's scripts are handed."""
        return {"compared": self.source, "compared_drawn": self.drawn, "compare_wish": self.wish}

    def color(self, one: Compared) -> str:
        """The colour of a line in the theme."""
        return series(self._dark)[_ORDER[one.slot]]

    def place(self, compared: Sequence[Compared]) -> None:
        """Have lines and legends for these symbols."""
        if tuple(compared) == self.placed:
            return
        self.placed = tuple(compared)
        slots = {one.slot for one in compared}
        gone = {id(line) for slot, line in self.lines.items() if slot not in slots}
        if gone:
            price = self.chart.price
            price.renderers = [one for one in price.renderers if id(one) not in gone]
            self.lines = {slot: line for slot, line in self.lines.items() if slot in slots}
        for one in compared:
            if one.slot not in self.lines:
                self.lines[one.slot] = self._line(one.slot)
            self.lines[one.slot].visible = not (one.hidden or one.error)
        self._dress()
        self.chart.follow([self.lines[one.slot] for one in compared if self.lines[one.slot].visible], by="compare")

    def _line(self, slot: int) -> Any:
        glyph = Line(x="x", y=f"y{slot}", line_width=_WIDTH, line_join="round")
        line = self.chart.price.add_glyph(self.drawn, glyph)
        line.nonselection_glyph = line.selection_glyph = line.muted_glyph = None
        return line

    def theme(self, dark: bool) -> None:
        """Recolour in place."""
        self._dark = dark
        self._dress()

    def _dress(self) -> None:
        rows = []
        for one in self.placed:
            color = self.color(one)
            self.lines[one.slot].glyph.line_color = color
            rows.append(
                {
                    "symbol": one.symbol,
                    "slot": one.slot,
                    "color": color,
                    "decimals": one.decimals,
                    "hidden": one.hidden,
                    "error": one.error,
                }
            )
        if self.source.tags != [{"rows": rows}]:
            self.source.tags = [{"rows": rows}]

    def show(self, values: Sequence[np.ndarray]) -> None:
        """Have these prices (float64, one for each bar of the chart) for the symbols in the order of ``place``."""
        x = np.asarray(self.chart.source.data["x"])
        columns = {one.column: column for one, column in zip(self.placed, values, strict=True)}
        bring(self.source, {"x": x, **columns})

    def still(self, start: float) -> list[tuple[Compared, str, np.ndarray]]:
        """What a window that begins at ``start`` shows, for pictures: symbol, colour, prices at which it is drawn."""
        data, bars = self.source.data, self.chart.source.data
        if not len(data["x"]) or len(data["x"]) != len(bars["x"]):
            return []
        first = min(int(np.searchsorted(bars["x"], start)), len(bars["x"]) - 1)
        return [
            (one, self.color(one), rescaled(np.asarray(bars["close"]), np.asarray(data[one.column]), first))
            for one in self.placed
            if not (one.hidden or one.error)
        ]


def rescaled(close: np.ndarray, values: np.ndarray, first: int) -> np.ndarray:
    """Prices at which ``values`` are drawn beside ``close`` when ``first`` is the first bar in the window.

    A symbol that has no price there counts from the first bar behind it that has one.
    """
    known = np.flatnonzero(np.isfinite(values[first:]) & (values[first:] != 0))
    if not len(known):
        return np.full(len(values), np.nan)
    return close[first] / values[first + known[0]] * values
