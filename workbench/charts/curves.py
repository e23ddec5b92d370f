"""Curves of results as Bokeh objects: equity and drawdown below a chart's prices, several runs over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    DatetimeTickFormatter,
    HoverTool,
    Line,
    PanTool,
    Range1d,
    Span,
    VArea,
    WheelZoomTool,
)
from bokeh.plotting import figure as new_figure

from workbench.charts.scripts import script
from workbench.charts.theme import restyle, series, tokens

#: Heights of the volumes, of equity and of drawdown below the prices, px.
VOLUME_PX, EQUITY_PX, DRAWDOWN_PX = 44, 116, 76
#: Points of a line at most, where runs are compared; two for each stretch, so that no spike is lost.
POINTS = 2_000
#: Numbers of the two legends, beyond those of studies.
_EQUITY, _DRAWDOWN = 1_000_001, 1_000_002
# The legend of a study has buttons; these two stay as they are.
_PLAIN = """
const bare = () => {
  const view = [...figure.y_range.linked_plots].at(-1);
  const layer = view?.canvas_view?.shadow_el?.querySelector(".wb-layer");
  if (!layer || layer.querySelector(".wb-bare")) return;
  const style = document.createElement("style");
  style.className = "wb-bare";
  style.textContent = ".wb-study .wb-icons { display: none }";
  layer.append(style);
};
requestAnimationFrame(() => { bare(); setTimeout(bare, 50); setTimeout(bare, 500); });
"""


@dataclass(frozen=True)
class Curve:
    """A result on the clock of its run.

    Parameters
    ----------
    times
        int64[n] ns UTC: the bars of the run.
    equity, benchmark
        float64[n]: worth at the close of each; of what it is compared with, in the same money.
    start
        Money before the first bar.
    """

    times: np.ndarray
    equity: np.ndarray
    benchmark: np.ndarray
    start: float

    @cached_property
    def drawdown(self) -> np.ndarray:
        """float64[n]: what is lost since the highest equity so far, in percent, 0 or less."""
        peak = np.maximum(np.maximum.accumulate(self.equity), self.start)
        return 100.0 * (self.equity / peak - 1.0)


def on_bars(curve: Curve, times: np.ndarray, end: int) -> dict[str, np.ndarray]:
    """A curve at the bars that a chart shows, which may be coarser than those of the run.

    Parameters
    ----------
    curve
        What is drawn.
    times
        int64[m] ns UTC, opens of the bars of the chart, ascending.
    end
        When the last of them is over.

    Returns
    -------
    dict
        ``equity`` and ``benchmark`` as they were last known in each bar, ``drawdown`` the deepest in it; NaN where the
        run has no bar.
    """
    edges = np.append(times, max(end, int(times[-1]) + 1) if len(times) else end)
    at = np.searchsorted(curve.times, edges, "left")
    first, stop = at[:-1], at[1:]
    some = stop > first
    out = {name: np.full(len(times), np.nan) for name in ("equity", "benchmark", "drawdown")}
    if some.any():
        last = stop[some] - 1
        out["equity"][some], out["benchmark"][some] = curve.equity[last], curve.benchmark[last]
        low, high = int(first[some][0]), int(last[-1]) + 1
        # Bars of the run between two of the chart belong to the one before: reduceat runs on to the next start.
        out["drawdown"][some] = np.minimum.reduceat(curve.drawdown[low:high], first[some] - low)
    return out


class ResultPanes:
    """Equity with its benchmark, and drawdown, below the prices of a ``CandleChart``, on its time axis.

    Parameters
    ----------
    chart
        Gives figures, and room for them below those of its studies.

    Attributes
    ----------
    shown
        Whether they have room below the prices.
    """

    def __init__(self, chart: Any) -> None:
        self.chart = chart
        self.source = ColumnDataSource(data={"x": np.zeros(0, np.int32), "v0": [], "v1": []})
        self.depth = ColumnDataSource(data={"x": np.zeros(0, np.int32), "v0": [], "zero": []})
        self.equity, self.drawdown = self._pane(EQUITY_PX), self._pane(DRAWDOWN_PX)
        self._lines = [
            self.equity.add_glyph(self.source, Line(x="x", y="v1", line_width=1.2, line_dash=[5, 3])),
            self.equity.add_glyph(self.source, Line(x="x", y="v0", line_width=1.6, line_join="round")),
        ]
        self._area = self.drawdown.add_glyph(self.depth, VArea(x="x", y1="v0", y2="zero", fill_alpha=0.25))
        self._edge = self.drawdown.add_glyph(self.depth, Line(x="x", y="v0", line_width=1.2))
        self._zero = Span(location=0, dimension="width", line_width=1)
        self.drawdown.center.append(self._zero)
        self.equity.y_range.update(renderers=self._lines, range_padding=0.12)
        self.drawdown.y_range.update(renderers=[self._edge], end=0, range_padding=0.2)
        self._box = [BoxAnnotation(visible=False, line_color=None, level="underlay") for _ in range(3)]
        for figure, box in zip((chart.price, self.equity, self.drawdown), self._box, strict=True):
            figure.add_layout(box)
        self.equity.tags, self.drawdown.tags = [self.source], [self.depth]
        self._laid, self.shown, self._rows = chart.lay, False, []
        chart.lay = self._lay
        self.theme(*chart._theme)

    def show(self, on: bool) -> None:
        """Take room below the prices, or give it back."""
        if on != self.shown:
            self.shown = on
            self.chart.volume_height(VOLUME_PX, lowest=False)
            self._lay(self._rows)

    def draw(self, first: int, columns: dict[str, np.ndarray]) -> None:
        """Draw what ``on_bars`` gives, the first at ordinal ``first``."""
        x = np.arange(first, first + len(columns["equity"]), dtype=np.int32)
        self.source.data = {"x": x, "v0": columns["equity"], "v1": columns["benchmark"]}
        self.depth.data = {"x": x, "v0": columns["drawdown"], "zero": np.zeros(len(x))}

    def mark(self, ordinals: tuple[float, float] | None, tone: str = "accent") -> None:
        """Shade the bars between two ordinals on all figures; None takes the shade away."""
        for box in self._box:
            if ordinals is None:
                box.visible = False
            else:
                colour = getattr(tokens(*self.chart._theme), tone)
                box.update(left=ordinals[0] - 0.5, right=ordinals[1] + 0.5, fill_color=colour, fill_alpha=0.13)
                box.visible = True

    def theme(self, dark: bool, palette: str) -> None:
        """Recolour in place."""
        t = tokens(dark, palette)
        for figure in (self.equity, self.drawdown):
            self.chart.restyle(figure)
        benchmark, equity = self._lines
        benchmark.glyph.line_color, equity.glyph.line_color = t.muted, t.accent
        self._area.glyph.fill_color, self._edge.glyph.line_color = t.down, t.down
        self._zero.line_color = t.hairline
        self.source.tags = [_legend(_EQUITY, "Equity", ["equity", "benchmark"], [t.accent, t.muted])]
        self.depth.tags = [_legend(_DRAWDOWN, "Drawdown %", ["drawdown, percent"], [t.down_text])]

    def _pane(self, height: int) -> Any:
        figure = self.chart.figure(sizing_mode="stretch_width", height=height)
        formatter = CustomJSTickFormatter(
            args={"figure": figure},
            code=script("numbers.js", "studies.js") + "\nreturn wbStudies.axis(tick, ticks, figure);",
        )
        self.chart.axes(figure, formatter, 3)
        figure.js_on_change("inner_width", CustomJS(args={"figure": figure}, code=_PLAIN))
        return figure

    def _lay(self, rows: list[tuple[Any, int]]) -> None:
        """The chart's own panes, ours below them."""
        self._rows = list(rows)
        own = [(self.equity, EQUITY_PX), (self.drawdown, DRAWDOWN_PX)] if self.shown else []
        self._laid([*self._rows, *own])


def _legend(number: int, name: str, outputs: list[str], colors: list[str]) -> dict[str, Any]:
    """What the chart's scripts write into a pane's legend."""
    return {
        "id": number, "name": name, "title": name, "words": "", "outputs": outputs, "drawn": [True] * len(outputs),
        "colors": colors, "prices": False, "repaints": False, "own": False, "hidden": False, "folded": False,
        "note": "", "error": "",
    }  # fmt: skip


def thinned(times: np.ndarray, values: np.ndarray, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most ``points`` of a line, with the lowest and the highest of every stretch, and both ends."""
    count = len(values)
    if count <= points:
        return times, values
    cuts = np.linspace(0, count, points // 2, dtype=np.int64)
    kept = [0, count - 1]
    for low, high in zip(cuts[:-1], cuts[1:], strict=True):
        part = values[low:high]
        kept += [low + int(np.argmin(part)), low + int(np.argmax(part))]
    at = np.unique(kept)
    return times[at], values[at]


class ComparedCurves:
    """Equity of several runs over each other, in percent of what each began with, on a calendar axis.

    Attributes
    ----------
    root
        The figure to show.
    """

    def __init__(self, dark: bool = True, palette: str = "classic") -> None:
        self._theme = (dark, palette)
        self.root = new_figure(
            x_axis_type="datetime", toolbar_location=None, sizing_mode="stretch_both", min_height=180,
            y_axis_location="right", output_backend="canvas", x_range=Range1d(0, 1), outline_line_color=None,
            min_border_left=0, min_border_top=8,
        )  # fmt: skip
        wheel, pan = WheelZoomTool(dimensions="width"), PanTool(dimensions="width")
        self._hover = HoverTool(
            tooltips=[("Run", "@name"), ("Day", "@x{%F %H:%M}"), ("Equity", "@y{+0,0.00} %")],
            formatters={"@x": "datetime"}, mode="mouse", line_policy="nearest",
        )  # fmt: skip
        self.root.tools = [pan, wheel, self._hover]
        self.root.toolbar.active_scroll, self.root.toolbar.active_drag = wheel, pan
        self.root.xaxis[0].formatter = DatetimeTickFormatter(hours="%H:%M", days="%d %b", months="%b %Y", years="%Y")
        self.root.yaxis[0].formatter = CustomJSTickFormatter(
            code="const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;"
            " const d = Math.min(4, Math.max(0, Math.ceil(-Math.log10(step))));"
            " return `${tick > 0 ? '+' : ''}${tick.toFixed(d)} %`.replace('-', '\u2212');"
        )
        self.root.yaxis[0].ticker.desired_num_ticks = 6
        self._zero = Span(location=0, dimension="width", line_dash=[3, 3])
        self.root.add_layout(self._zero)
        self._lines: list[Any] = []
        self.theme(dark, palette)

    def show(self, runs: Sequence[tuple[str, Curve]]) -> None:
        """Draw these runs, by their names, in this order."""
        while len(self._lines) < len(runs):
            source = ColumnDataSource(data={"x": [], "y": [], "name": []})
            self._lines.append(self.root.add_glyph(source, Line(x="x", y="y", line_width=1.6, line_join="round")))
        edges = []
        for at, line in enumerate(self._lines):
            if at >= len(runs):
                line.data_source.data = {"x": [], "y": [], "name": []}
                continue
            name, curve = runs[at]
            times, values = thinned(curve.times, 100.0 * (curve.equity / curve.start - 1.0))
            x = times / 1e6
            line.data_source.data = {"x": x, "y": values, "name": [name] * len(x)}
            edges += [x[0], x[-1]] if len(x) else []
        if edges:
            low, high = min(edges), max(edges)
            room = 0.02 * max(high - low, 3_600_000.0)
            self.root.x_range.update(start=low - room, end=high + room)
        self._hover.renderers = self._lines[: len(runs)]
        self.theme(*self._theme)

    def theme(self, dark: bool, palette: str) -> None:
        """Recolour in place."""
        self._theme = (dark, palette)
        restyle(self.root, dark, palette)
        self._zero.update(line_color=tokens(dark, palette).muted, line_alpha=0.6)
        colors = series(dark)
        for at, line in enumerate(self._lines):
            line.glyph.line_color = colors[at % len(colors)]
