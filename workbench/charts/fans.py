"""Figures beside a heat map: bands of the equity and the drawdown of many cells, and one half against the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    DatetimeTickFormatter,
    HoverTool,
    Line,
    Range1d,
    Slope,
    Span,
    VArea,
    WheelZoomTool,
)
from bokeh.plotting import figure as new_figure

from workbench.charts.theme import restyle, tokens

_PERCENT = (
    "const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : 1;"
    "const d = Math.min(4, Math.max(0, Math.ceil(-Math.log10(step))));"
    "return `${tick.toFixed(d)} %`.replace('-', '\u2212');"
)
_BANDS = ("p5", "p25", "p50", "p75", "p95")


class FanBoard:
    """Equity over drawdown of many cells as bands; made once.

    Attributes
    ----------
    equity, drawdown
        The figures; they share their time axis.
    """

    def __init__(self, dark: bool = True, palette: str = "classic") -> None:
        self.source = ColumnDataSource({name: [] for name in ("x", *_BANDS, "d10", "d50", "d90")})
        x = Range1d(0, 1)
        self.equity, self.drawdown = self._figure(x, "wb-equity"), self._figure(x, "wb-depth")
        self.equity.xaxis.visible = False
        self._outer = self.equity.add_glyph(self.source, VArea(x="x", y1="p5", y2="p95", fill_alpha=0.16))
        self._inner = self.equity.add_glyph(self.source, VArea(x="x", y1="p25", y2="p75", fill_alpha=0.28))
        self._middle = self.equity.add_glyph(self.source, Line(x="x", y="p50", line_width=1.8))
        self._depth = self.drawdown.add_glyph(self.source, VArea(x="x", y1="d10", y2="d90", fill_alpha=0.25))
        self._deep = self.drawdown.add_glyph(self.source, Line(x="x", y="d50", line_width=1.4))
        self._zero = [Span(location=0, dimension="width", line_width=1) for _ in range(2)]
        for figure, zero in zip((self.equity, self.drawdown), self._zero, strict=True):
            figure.add_layout(zero)
        formats = {"@x": "datetime"}
        self.equity.add_tools(
            HoverTool(
                renderers=[self._middle], mode="vline", formatters=formats, attachment="left",
                tooltips=[("Day", "@x{%F}"), ("Best 5 %", "@p95{+0,0.0} %"), ("Half are above", "@p50{+0,0.0} %"),
                          ("Worst 5 %", "@p5{+0,0.0} %")],
            )
        )  # fmt: skip
        self.drawdown.add_tools(
            HoverTool(
                renderers=[self._deep], mode="vline", formatters=formats, attachment="left",
                tooltips=[("Day", "@x{%F}"), ("Middle", "@d50{0.0} %"), ("Deepest tenth", "@d10{0.0} %")],
            )
        )  # fmt: skip
        self.theme(dark, palette)

    def show(self, times: np.ndarray, equity: np.ndarray, drawdown: np.ndarray) -> None:
        """Draw bands: ``times`` int64[n] ns, ``equity`` float64[5, n] and ``drawdown`` float64[3, n] in percent."""
        x = times / 1e6
        self.source.data = {
            "x": x, **dict(zip(_BANDS, equity, strict=True)),
            **dict(zip(("d10", "d50", "d90"), drawdown, strict=True)),
        }  # fmt: skip
        if len(x):
            self.equity.x_range.update(start=x[0], end=max(x[-1], x[0] + 1.0))

    def theme(self, dark: bool, palette: str) -> None:
        """Recolour in place."""
        t = tokens(dark, palette)
        for figure in (self.equity, self.drawdown):
            restyle(figure, dark, palette)
        for band in (self._outer, self._inner):
            band.glyph.fill_color = t.accent
        self._middle.glyph.line_color = t.accent
        self._depth.glyph.fill_color = self._deep.glyph.line_color = t.down
        for zero in self._zero:
            zero.line_color = t.hairline

    def _figure(self, x_range: Range1d, name: str) -> Any:
        figure = new_figure(
            x_axis_type="datetime", x_range=x_range, toolbar_location=None, sizing_mode="stretch_both", min_height=70,
            y_axis_location="right", outline_line_color=None, min_border_left=8, min_border_top=6, tools="",
            css_classes=[name],
        )  # fmt: skip
        figure.xaxis[0].formatter = DatetimeTickFormatter(hours="%H:%M", days="%d %b", months="%b %Y", years="%Y")
        figure.yaxis[0].formatter = CustomJSTickFormatter(code=_PERCENT)
        figure.yaxis[0].ticker.desired_num_ticks = 4
        figure.xaxis[0].ticker.desired_num_ticks = 4
        return figure


class HalvesBoard:
    """A measure in the first half of the bars across, in the second half upwards; made once.

    Parameters
    ----------
    on_tap
        Called with the number of the cell that was pressed.
    """

    def __init__(self, on_tap: Callable[[int], object], dark: bool = True, palette: str = "classic") -> None:
        self._on_tap = on_tap
        self.source = ColumnDataSource({"x": [], "y": [], "cell": [], "text": []})
        self.root = new_figure(
            toolbar_location=None, sizing_mode="stretch_both", min_height=160, outline_line_color=None, tools="",
            min_border_top=8, min_border_right=8, css_classes=["wb-halves"],
        )  # fmt: skip
        self._dots = self.root.scatter("x", "y", source=self.source, size=5, line_color=None, fill_alpha=0.55)
        self._same = Slope(gradient=1, y_intercept=0, line_dash=[4, 3], line_width=1)
        self._zero = [Span(location=0, dimension=one, line_width=1) for one in ("width", "height")]
        for one in (self._same, *self._zero):
            self.root.add_layout(one)
        self._hover = HoverTool(renderers=[self._dots], tooltips=[("", "@text"), ("", "@x{0.00} → @y{0.00}")])
        self.root.add_tools(self._hover, WheelZoomTool())
        self.root.on_event(Tap, lambda event: self.tapped(event.x, event.y))
        self.theme(dark, palette)

    def show(self, first: np.ndarray, second: np.ndarray, *, cells: np.ndarray, texts: list[str], name: str) -> None:
        """Draw cells by their measure ``name`` in both halves."""
        self.source.data = {"x": first, "y": second, "cell": cells, "text": texts}
        self.root.xaxis[0].axis_label, self.root.yaxis[0].axis_label = f"{name}, first half", f"{name}, second half"

    def tapped(self, x: float | None, y: float | None) -> None:
        """Tell of the cell nearest to a place of the figure."""
        xs, ys = (np.asarray(self.source.data[name], float) for name in "xy")
        if x is None or y is None or not len(xs):
            return
        spread = [max(float(np.ptp(one)), 1e-12) for one in (xs, ys)]
        off = ((xs - x) / spread[0]) ** 2 + ((ys - y) / spread[1]) ** 2
        self._on_tap(int(self.source.data["cell"][int(np.argmin(off))]))

    def theme(self, dark: bool, palette: str) -> None:
        """Recolour in place."""
        t = tokens(dark, palette)
        restyle(self.root, dark, palette)
        self._dots.glyph.fill_color = t.accent
        self._same.line_color = t.muted
        for zero in self._zero:
            zero.line_color = t.hairline
