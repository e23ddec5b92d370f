"""A heat map of a page: one figure that is updated in place, with what is pressed and brushed on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.events import SelectionGeometry, Tap
from bokeh.models import (
    BasicTicker,
    BoxAnnotation,
    BoxSelectTool,
    ColorBar,
    ColumnDataSource,
    CustomJSHover,
    HoverTool,
    LinearColorMapper,
    Range1d,
    ResetTool,
    TapTool,
    WheelZoomTool,
)
from bokeh.plotting import figure as new_figure

from workbench.charts.heatmaps import ramp_between
from workbench.charts.theme import restyle, tokens

#: Values of an axis that are written out at most.
_LABELS = 12
_HOVER = """
const {x, y, title} = labels.data;
const image = source.data.image[0];
const i = Math.round(special_vars.x), j = Math.round(special_vars.y);
const nx = x[0].length, found = image[j * nx + i];
if (format === "x") return `${title[0][0]} ${x[0][i] ?? ""}`;
if (format === "y") return `${title[0][1]} ${y[0][j] ?? ""}`;
const told = Number.isFinite(found) ? Number(found.toPrecision(5)).toLocaleString("en") : "no cell, or nothing yet";
return `${title[0][2]}: ${told}`.replace("-", "\u2212");
"""
_TIP = (
    '<div style="font-size:12px;line-height:1.5"><div>$x{x}</div><div>$x{y}</div>'
    '<div style="font-weight:600">$x{value}</div></div>'
)


class HeatBoard:
    """A heat map that is made once.

    Parameters
    ----------
    on_tap
        Called with column and row of what was pressed.
    on_brush
        Called with the first and last column, and the first and last row, of what was brushed.
    dark, palette
        The theme.

    Attributes
    ----------
    root
        The figure to show.
    """

    def __init__(
        self,
        on_tap: Callable[[int, int], object],
        on_brush: Callable[[tuple[int, int], tuple[int, int]], object],
        *,
        dark: bool = True,
        palette: str = "classic",
    ) -> None:
        self._on_tap, self._on_brush = on_tap, on_brush
        self._theme, self._good = (dark, palette), True
        self._axes: tuple[Any, ...] = ()
        self.values = np.full((1, 1), np.nan, np.float32)
        self.source = ColumnDataSource({"image": [self.values], "x": [-0.5], "y": [-0.5], "dw": [1], "dh": [1]})
        self.labels = ColumnDataSource({"x": [[]], "y": [[]], "title": [["", "", ""]]})
        self.root = new_figure(
            x_range=Range1d(-0.5, 0.5), y_range=Range1d(-0.5, 0.5), sizing_mode="stretch_both", min_height=180,
            toolbar_location=None, outline_line_color=None, min_border_top=6, min_border_right=4, tools="",
            css_classes=["wb-heat"],
        )  # fmt: skip
        self.mapper = LinearColorMapper(palette=["#000000"], low=0.0, high=1.0, nan_color="rgba(0,0,0,0)")
        self._hatch = BoxAnnotation(level="underlay", left=-0.5, right=0.5, bottom=-0.5, top=0.5, line_color=None)
        self._brush = BoxAnnotation(visible=False, fill_alpha=0.0, line_width=1.5, line_dash=[4, 3])
        self.root.add_layout(self._hatch)
        self._image = self.root.image(
            image="image", x="x", y="y", dw="dw", dh="dh", source=self.source, color_mapper=self.mapper
        )
        self.root.add_layout(self._brush)
        self._best = self.root.rect(x=[], y=[], width=1, height=1, fill_color=None, line_width=2, name="best")
        self._cell = self.root.rect(x=[], y=[], width=1, height=1, fill_color=None, line_width=3, name="cell")
        bar = ColorBar(color_mapper=self.mapper, ticker=BasicTicker(desired_num_ticks=6), width=10, padding=8)
        self._bar = bar
        self.root.add_layout(bar, "right")
        told = CustomJSHover(args={"labels": self.labels, "source": self.source}, code=_HOVER)
        hover = HoverTool(renderers=[self._image], tooltips=_TIP, formatters={"$x": told}, attachment="horizontal")
        self._box, self._wheel = BoxSelectTool(renderers=[]), WheelZoomTool()
        self.root.add_tools(hover, self._box, self._wheel, TapTool(renderers=[]), ResetTool())
        self.root.toolbar.active_drag, self.root.toolbar.active_scroll = self._box, None
        self.root.on_event(Tap, lambda event: self.tapped(event.x, event.y))
        self.root.on_event(SelectionGeometry, self._brushed)
        self.root.grid.visible = False
        self.theme(dark, palette)

    def show(self, values: np.ndarray, axes: Sequence[Sequence[str]], names: Sequence[str], *, good: bool) -> None:
        """Draw values.

        Parameters
        ----------
        values
            float[rows, columns], NaN where there is none.
        axes
            The texts of the columns, then of the rows.
        names
            What columns, rows and values are called.
        good
            Whether higher values are better.
        """
        known = np.where(np.isfinite(values), values, np.nan).astype(np.float32)
        across, down = (list(one) for one in axes)
        now = (tuple(across), tuple(down), tuple(names))
        self.values, self._good = known, good
        if now != self._axes:
            self._axes = now
            self._lay(across, down, names)
        low, high = (float(np.nanmin(known)), float(np.nanmax(known))) if np.isfinite(known).any() else (0.0, 1.0)
        self._colour(low, high)
        rows, columns = known.shape
        self.source.data = {"image": [known], "x": [-0.5], "y": [-0.5], "dw": [columns], "dh": [rows]}
        best = []
        if np.isfinite(known).any():
            best = [int(np.nanargmax(known) if good else np.nanargmin(known))]
        self._best.data_source.data = {"x": [at % columns for at in best], "y": [at // columns for at in best]}

    def mark(self, column: int | None, row: int | None = None) -> None:
        """Frame a cell; None takes the frame away."""
        on = column is not None and row is not None
        self._cell.data_source.data = {"x": [column] if on else [], "y": [row] if on else []}

    def brush(self, columns: tuple[int, int] | None, rows: tuple[int, int] | None = None) -> None:
        """Frame the cells between columns and rows, both included; None takes the frame away."""
        if columns is None or rows is None:
            self._brush.visible = False
            return
        self._brush.update(
            left=columns[0] - 0.5, right=columns[1] + 0.5, bottom=rows[0] - 0.5, top=rows[1] + 0.5, visible=True
        )

    def tapped(self, x: float | None, y: float | None) -> None:
        """Tell of the cell at a place of the figure, where there is one."""
        if x is None or y is None:
            return
        rows, columns = self.values.shape
        column, row = round(x), round(y)
        if 0 <= column < columns and 0 <= row < rows:
            self._on_tap(column, row)

    def _brushed(self, event: Any) -> None:
        one = event.geometry
        if event.final and one.get("type") == "rect":
            self.brushed((one["x0"], one["x1"]), (one["y0"], one["y1"]))

    def brushed(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Tell of the cells between two corners of the figure."""
        spans = []
        for edges, count in ((x, self.values.shape[1]), (y, self.values.shape[0])):
            low, high = round(min(edges)), round(max(edges))
            spans.append((max(low, 0), min(high, count - 1)))
        if all(low <= high for low, high in spans):
            self._on_brush(spans[0], spans[1])

    def theme(self, dark: bool, palette: str) -> None:
        """Recolour in place."""
        self._theme = (dark, palette)
        t = tokens(dark, palette)
        restyle(self.root, dark, palette)
        self.root.grid.visible = False
        self._hatch.update(
            fill_color=t.panel, hatch_pattern="right_diagonal_line", hatch_color=t.hairline, hatch_scale=8.0
        )
        self._brush.line_color = t.text
        self._best.glyph.line_color, self._cell.glyph.line_color = t.text, t.warn
        self._bar.update(
            background_fill_color=t.panel, major_label_text_color=t.muted, bar_line_color=None,
            major_tick_line_color=None,
        )  # fmt: skip
        known = self.values[np.isfinite(self.values)]
        self._colour(*((float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)))

    def _colour(self, low: float, high: float) -> None:
        """Colours that meet in 0 where values have both signs, else those of the accent."""
        t = tokens(*self._theme)
        bad, good = (t.down, t.up) if self._good else (t.up, t.down)
        if low < 0 < high:
            low, high = -max(-low, high), max(-low, high)
            ramp = ramp_between(bad, t.raised, good)
        else:
            ramp = ramp_between(t.raised, t.accent) if self._good else ramp_between(t.accent, t.raised)
        if low == high:
            low, high = low - 0.5, high + 0.5
        self.mapper.update(palette=ramp, low=low, high=high)

    def _lay(self, across: list[str], down: list[str], names: Sequence[str]) -> None:
        """Other columns and rows: the whole of them is seen."""
        self.labels.data = {"x": [across], "y": [down], "title": [list(names)]}
        edges = {"left": -0.5, "right": len(across) - 0.5, "bottom": -0.5, "top": len(down) - 0.5}
        self._hatch.update(**edges)
        self.root.x_range.update(start=edges["left"], end=edges["right"], reset_start=-0.5, reset_end=edges["right"])
        self.root.y_range.update(start=edges["bottom"], end=edges["top"], reset_start=-0.5, reset_end=edges["top"])
        for axis, texts, name in ((self.root.xaxis[0], across, names[0]), (self.root.yaxis[0], down, names[1])):
            step = max(-(-len(texts) // _LABELS), 1)
            places = list(range(0, len(texts), step))
            axis.major_label_overrides = {at: texts[at] for at in places}
            axis.update(ticker=places, axis_label=name)
        self.brush(None)
        self.mark(None)
