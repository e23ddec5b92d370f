"""A chart of bars with volume, as Bokeh objects: no widgets, no data access.

All kinds of bars share one figure, window, legend and crosshair; what is drawn (candles, bricks, Kagi lines, boxes of
point and figure) is a matter of which glyphs are visible.

The x axis counts bars (trading time), so nights and weekends take no room; what an ordinal means is told by the
columns ``time`` and ``shown``. The browser owns the window; Python hears of it through ``viewport`` and moves it with
``go``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.layouts import column
from bokeh.models import (
    Column,
    ColumnDataSource,
    CustomJS,
    CustomJSTicker,
    CustomJSTickFormatter,
    DataRange1d,
    Grid,
    LinearAxis,
    LinearColorMapper,
    PanTool,
    Range1d,
    VBar,
    WheelZoomTool,
)
from bokeh.plotting import figure as new_figure

from workbench.charts.axes import AxisLayer
from workbench.charts.columns import COLUMNS, bar_columns
from workbench.charts.compare import CompareLayer
from workbench.charts.drawings import DRAWING_SCRIPTS, DrawingLayer
from workbench.charts.markers import MarkerLayer
from workbench.charts.marks import MarkLayer, Marks
from workbench.charts.scripts import script
from workbench.charts.studies import TIME_PX, StudyLayer
from workbench.charts.theme import FONT, restyle, tokens
from workbench.charts.types.base import BODY, Canvas
from workbench.charts.types.layer import TypeLayer
from workbench.market.events import BAR

#: Bars the browser holds at most; above it a canvas no longer keeps up with a hand (decision 9 of the design).
MAX_BARS = 2_000
#: Bars in view when a chart opens.
FIRST_VIEW = 300
#: Room for prices at the right, px.
AXIS_PX = 78
#: Height of the volumes without the time axis, px.
VOLUME_PX = 106
#: Bars in view at most where coarser ones may take their place, and where nothing may: there what is in view is drawn,
#: with room at both sides for the hand that moves it.
WIDEST, WIDEST_EXACT = 6_000, 1_600
#: How kinds of bars are drawn; a chart type (``charts.types``) is one more way to draw those that are candles.
GLYPHS = ("candle", "brick", "kagi", "pnf")
_SCRIPTS = (
    *("time.js", "numbers.js", "places.js", "scale.js", "calendar.js", "studies.js", "pane.js", "links.js"),
    *DRAWING_SCRIPTS,
    *("price_axis.js", "compare.js", "markers.js", "cell.js", "chart.js"),
)


class CandleChart:
    """Candles over volume on one data source, with a crosshair legend, last-price tag and keyboard.

    Parameters
    ----------
    dark, palette
        Theme, see ``charts.theme.tokens``.
    decimals
        Decimal places of prices.

    Attributes
    ----------
    root
        The Bokeh layout to show.
    source
        Columns ``COLUMNS``, at most ``MAX_BARS`` rows; ``source.tags[0]`` carries the settings the scripts read.
    types
        The ``TypeLayer``: how bars look that are drawn as candles.
    axis
        The ``AxisLayer``: the scale of prices and the shades of sessions.
    studies
        The ``StudyLayer``: studies over the prices and in panes below.
    drawings
        The ``DrawingLayer``: what was drawn by hand over the prices.
    compare
        The ``CompareLayer``: other symbols over the prices.
    markers
        The ``MarkerLayer``: trades, events and alerts.
    viewport
        One row, written by the browser: ``start, end`` (ordinals), ``width`` (px), ``epoch``, ``ask`` ("", "home" or
        "end") and ``low, high`` (prices at the edges where a hand put them; None where they follow the bars).
    seen
        One row, written by the browser: ``x`` and ``volume`` of the newest bar that it has drawn of those that came
        live, and ``kept``, the ms for which it kept that to itself.
    drawn
        How many live changes of bars were sent.
    """

    def __init__(self, *, dark: bool = True, palette: str = "classic", decimals: int = 2) -> None:
        self.source = ColumnDataSource(data=bar_columns(np.zeros(0, BAR)))
        names = ("start", "end", "width", "epoch", "ask", "low", "high")
        self.viewport = ColumnDataSource(data={name: [] for name in names})
        self.seen = ColumnDataSource(data={"x": [], "volume": []})
        self.drawn = 0
        self.x_range = Range1d(0, FIRST_VIEW, min_interval=8, max_interval=WIDEST, syncable=False)
        self._settings: dict[str, Any] = {"clock": "UTC", "decimals": decimals, "font": FONT, "epoch": 0}
        self.glyph = "candle"
        self._seq = 0
        self._based = False
        self._followed: dict[str, list[Any]] = {}
        self._mapper = LinearColorMapper(low=0, high=1, palette=["#000000", "#ffffff"])
        self._theme, self._volume_px = (dark, palette), VOLUME_PX
        self.axis = AxisLayer(self.source, self.x_range)
        self.price = self.figure(sizing_mode="stretch_both", min_height=160)
        self.volume = self.figure(sizing_mode="stretch_width", height=VOLUME_PX + TIME_PX)
        self._draw()
        self._dress_axes()
        self.studies = StudyLayer(self)
        self.drawings = DrawingLayer(dark)
        self.compare, self.markers = CompareLayer(self), MarkerLayer()
        self.root: Column = column(
            self.price, self.volume, sizing_mode="stretch_both", spacing=0, css_classes=["wb-chart"]
        )
        self._start = CustomJS(
            code=script(*_SCRIPTS),
            args={
                "source": self.source,
                "root": self.root,
                "x_range": self.x_range,
                "viewport": self.viewport,
                "seen": self.seen,
                "wish": self.studies.wish,
                **self.drawings.args,
                **self.axis.args,
                **self.compare.args,
                **self.markers.args,
            },
        )
        for figure in (self.price, self.volume):
            figure.js_on_change("inner_width", self._start)
        for name in ("data", "tags"):  # views may be rebuilt without a change of size
            self.source.js_on_change(name, self._start)
        self.theme(dark, palette)

    def is_seen(self) -> bool:
        """Whether a browser has told of its window, that is, draws the chart and listens."""
        return len(self.viewport.data["start"]) > 0

    def settings(self, **changes: Any) -> None:
        """Change what the scripts know: ``symbol spec auto zone clock dated seconds decimals tick head tail last until
        stale note shaped real ms``. Nothing is sent when nothing changed."""
        merged = {**self._settings, **changes}
        if merged != self._settings or not self.source.tags:
            self._settings = merged
            self.source.tags = [merged]

    def theme(self, dark: bool, palette: str = "classic") -> None:
        """Recolour in place."""
        t = tokens(dark, palette)
        self._theme = (dark, palette)
        self._mapper.palette = [t.down, t.up]
        self.types.theme(t)
        for figure in (self.price, self.volume):
            self.restyle(figure)
        self.studies.theme(dark, palette)
        self.drawings.theme(dark)
        self.compare.theme(dark)
        self.settings(
            colors={
                "panel": t.panel,
                "text": t.text,
                "muted": t.muted,
                "accent": t.accent,
                "raised": t.raised,
                "hairline": t.hairline,
                "crosshair": t.crosshair,
                "veil": t.rgba("panel", 0.72),
                "up-text": t.up_text,
                "down-text": t.down_text,
                "error-text": t.error_text,
                "last-up": t.up_text,
                "last-down": t.down_text,
                "on-last": t.panel,
            }
        )

    def restyle(self, figure: Any) -> None:
        """Give a figure of the chart the colours of the theme."""
        restyle(figure, *self._theme)
        figure.right[0].axis_line_color = None
        figure.below[0].major_tick_line_color = None
        self.axis.restyle(figure, tokens(*self._theme))

    def lay(self, rows: list[tuple[Any, int]]) -> None:
        """Have these figures, each with its height in px, below the volumes; times stand below the lowest."""
        rows = [(self.volume, self._volume_px), *rows]
        for figure, height in rows:
            lowest = figure is rows[-1][0]
            figure.below[0].visible = lowest
            figure.height = height + (TIME_PX if lowest else 0)
            if figure is not self.volume and not figure.js_property_callbacks:
                figure.js_on_change("inner_width", self._start)
        figures = [self.price, *(figure for figure, _ in rows)]
        if self.root.children != figures:
            self.root.children = figures

    def volume_height(self, height: int, *, lowest: bool) -> None:
        """Take over the height that a hand gave to the volumes, px with the time axis where that is below them."""
        self._volume_px = height - (TIME_PX if lowest else 0)

    def follow(self, lines: list[Any], *, by: str = "studies") -> None:
        """Have the price axis make room for these renderers besides the bars and those that others asked for."""
        self._followed[by] = lines
        self.types.follow([line for some in self._followed.values() for line in some])

    def draw_as(self, glyph: str, *, widest: int = WIDEST) -> None:
        """Draw bars that are opened as one of ``GLYPHS``, with at most ``widest`` of them in the window."""
        self.glyph, self._based = glyph, False
        self.x_range.max_interval = widest
        self._dress_glyphs(glyph)

    def choose(self, name: str) -> None:
        """Draw bars that are candles as this chart type; the window and the data stay as they are."""
        self.types.choose(name)

    def _dress_glyphs(self, glyph: str) -> None:
        self.types.draw_as(glyph)
        self.marks.wear(glyph)

    def show(
        self,
        columns: dict[str, np.ndarray],
        *,
        marks: Marks | None = None,
        view: tuple[float, float] | None = None,
        **changes: Any,
    ) -> None:
        """Put ``columns`` (``bar_columns``) and ``marks`` in place of what is shown; move the window to ``view``."""
        if view is not None and not self._based and len(columns["x"]):
            self._based = True
            first = int(np.clip(np.searchsorted(columns["x"], view[0]), 0, len(columns["x"]) - 1))
            self.types.rebase(float(columns["close"][first]))
        self.source.data = columns
        self.mark(marks or Marks())
        if view is not None:
            self._seq += 1
            changes["go"] = {"seq": self._seq, "start": float(view[0]), "end": float(view[1])}
            # The range alone would not do: the browser moves it without telling, so equal values here say nothing.
            self.x_range.update(start=float(view[0]), end=float(view[1]))
        self.settings(**changes)

    def point_at(self, ordinal: int) -> None:
        """Have a line at a bar that fades, so that the eye finds it."""
        self._seq += 1
        self.settings(point={"seq": self._seq, "x": ordinal})

    def mark(self, marks: Marks) -> None:
        """Bring lines and boxes to ``marks``, sending what differs."""
        self.marks.show(marks)
        if self.glyph == "pnf":
            self._dress_glyphs("brick" if marks.whole else "pnf")

    def patch_last(self, columns: dict[str, np.ndarray]) -> bool:
        """Overwrite the newest bar with the one row of ``columns``; whether anything differed."""
        data, last = self.source.data, len(self.source.data["x"]) - 1
        changed = {
            name: [(last, columns[name][0])]
            for name in COLUMNS
            if name not in ("x", "time", "shown") and data[name][last] != columns[name][0]
        }
        if changed:
            self.source.patch(changed)
            self.drawn += 1
        return bool(changed)

    def append(self, columns: dict[str, np.ndarray]) -> None:
        """Stream newer bars; the window follows when its right edge is at the newest one."""
        if len(columns["x"]):
            self.source.stream(columns)
            self.drawn += 1

    @property
    def last(self) -> tuple[int, float]:
        """Ordinal and volume of the newest bar, as ``seen`` tells them."""
        return int(self.source.data["x"][-1]), float(self.source.data["volume"][-1])

    def figure(self, **size: Any) -> Any:
        """A figure on the chart's time axis, whose own axis follows what is in the window."""
        figure = new_figure(
            x_range=self.x_range,
            y_range=DataRange1d(range_padding=0.12, syncable=False),
            x_axis_type=None,
            y_axis_type=None,
            toolbar_location=None,
            window_axis="x",
            output_backend="canvas",
            lod_threshold=None,
            min_border=0,
            min_border_right=AXIS_PX,
            outline_line_color=None,
            match_aspect=False,
            **size,
        )
        wheel, pan = WheelZoomTool(dimensions="width", maintain_focus=False), PanTool(dimensions="width")
        figure.tools = [pan, wheel]
        figure.toolbar.active_scroll, figure.toolbar.active_drag = wheel, pan
        figure.toolbar.logo = None
        return figure

    def _draw(self) -> None:
        color = {"field": "up", "transform": self._mapper}
        self.types = TypeLayer(Canvas(self.source, self.price, self._mapper))
        self.marks = MarkLayer(self.price, self._mapper)
        heights = self.volume.add_glyph(
            self.source,
            VBar(x="x", width=BODY, top="volume", bottom=0, fill_color=color, line_color=None, fill_alpha=0.5),
        )
        self._dress_glyphs(self.glyph)
        self.volume.y_range.update(renderers=[heights], start=0, range_padding=0.25)
        heights.nonselection_glyph = heights.selection_glyph = heights.muted_glyph = None

    def _dress_axes(self) -> None:
        self._ticker = CustomJSTicker(args={"source": self.source}, major_code=script("time.js", "ticker.js"))
        self._times = CustomJSTickFormatter(
            args={"source": self.source, "x_range": self.x_range}, code=script("time.js", "tick_label.js")
        )
        # Nought goes without saying, and stands where the buttons of the scale are.
        code = script("numbers.js") + '\nreturn tick ? wbNumbers.volume(tick) : "";'
        volumes = CustomJSTickFormatter(code=code)
        self.axes(self.price, volumes, 8)
        self.axis.prices(self.price.right[0], self.price)
        self.axes(self.volume, volumes, 2)
        self.volume.below[0].visible = True

    def axes(self, figure: Any, formatter: Any, ticks: int) -> None:
        """Give a figure the chart's time axis, not shown, one at the right with about ``ticks`` labels, and grids."""
        below = LinearAxis(ticker=self._ticker, formatter=self._times, major_tick_out=0, visible=False)
        right = LinearAxis(formatter=formatter, major_tick_out=0, major_label_standoff=8)
        right.ticker.desired_num_ticks = ticks
        right.ticker.num_minor_ticks = 0
        figure.add_layout(below, "below")
        figure.add_layout(right, "right")
        self.axis.shade(figure)
        figure.add_layout(Grid(dimension=0, ticker=self._ticker), "center")
        figure.add_layout(Grid(dimension=1, axis=right), "center")
