"""Studies on a chart of bars: glyphs over the prices, and panes of their own below them.

Each study has a data source of its own with the ordinals of the bars, so that one that is added, changed or removed
leaves the others and the bars as they are. A pane is made once for a study and kept while the study stays in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    Line,
    LinearColorMapper,
    Scatter,
    Span,
    Step,
    VArea,
    VBar,
)

from workbench.charts.scripts import script
from workbench.charts.study_text import Study
from workbench.charts.theme import series, tokens
from workbench.indicators import Indicator
from workbench.indicators.patterns import Pattern

#: Height of a pane, of one that is folded, and of the time axis below the lowest, px.
PANE_PX, FOLDED_PX, TIME_PX = 112, 24, 26
#: Outputs of indicators that are drawn with others and are none of their scale: they are told in the legend.
TOLD = frozenset({"percent_b", "z_score", "width", "trend", "turn", "intercept", "std_dev", "r_squared"})
_WIDTH, _DOT_PX, _BAR, _FILL, _CLOUD = 1.5, 4.0, 0.72, 0.06, 0.16
#: Size of a mark, and its distance from the bar in heights of bars.
_MARK_PX, _OFF = 7.0, 0.6


@dataclass(frozen=True)
class Drawn:
    """A study of a chart.

    Parameters
    ----------
    id
        Its number as long as it is there.
    study
        What it is and how it looks.
    one
        The indicator; None where it could not be made.
    note
        A word for the legend, such as since when its numbers count.
    error
        Why there is nothing to see.
    """

    id: int
    study: Study
    one: Indicator | None
    note: str = ""
    error: str = ""

    @property
    def own_pane(self) -> bool:
        """Whether it has a pane of its own."""
        if self.one is None or self.error:
            return False
        pane = self.study.looks.pane
        return pane == "own" if pane else not (self.one.overlay or isinstance(self.one, Pattern))

    @property
    def marked(self) -> bool:
        """Whether it marks bars instead of drawing its numbers: a candle pattern over the prices."""
        return isinstance(self.one, Pattern) and not self.own_pane


def drawn_outputs(one: Indicator) -> list[str]:
    """Outputs that are drawn; the others are told in the legend alone. At least the first is drawn."""
    styles = one.styles
    told = {name for name in one.outputs if name in TOLD or styles.get(name) == "none"}
    if {"upper", "lower"} <= set(one.outputs) and styles.get("upper") == styles.get("lower") == "dots":
        told.add("stop")  # it is always one of the two
    return [name for name in one.outputs if name not in told] or [one.outputs[0]]


def study_colors(drawn: Drawn, dark: bool, palette: str = "classic") -> list[str]:
    """A colour for each output: the one that was chosen, else the theme's; "" for one that has that of its sign."""
    if drawn.one is None:
        return []
    colors, t, one = series(dark), tokens(dark, palette), drawn.one
    own, out = drawn_outputs(one), []
    for name in one.outputs:
        chosen = drawn.study.looks.color(name)
        if one.styles.get(name) == "histogram" and not chosen:
            out.append("")  # told by its sign
            continue
        sides = {"upper": t.down_text, "lower": t.up_text} if one.styles.get(name) == "dots" else {}
        place = 0 if name in ("upper", "lower") or name not in own else own.index(name)
        out.append(chosen or sides.get(name) or colors[(drawn.id + place) % len(colors)])
    return out


class StudyGlyphs:
    """What one study draws on a figure.

    Attributes
    ----------
    source
        ``x`` and an output to a column (``v0``, ``v1`` ...); ``tags[0]`` is what its legend says.
    """

    def __init__(self, drawn: Drawn, figure: Any) -> None:
        self.figure, self.name = figure, drawn.study.name
        count = 0 if drawn.one is None else len(drawn.one.outputs)
        self.source = ColumnDataSource(data={"x": np.zeros(0, np.int32), **{f"v{i}": [] for i in range(count)}})
        self.lines: dict[str, Any] = {}
        self.areas: list[Any] = []
        self.levels: list[Span] = []
        self._cloud = ""
        self._sign = LinearColorMapper(low=-1, high=1, palette=["#000000", "#ffffff"])
        self.marked = drawn.marked
        if drawn.marked:
            self.source.data.update({"below": [], "above": []})
            for at, marker in (("below", "triangle"), ("above", "inverted_triangle")):
                glyph = Scatter(x="x", y=at, size=_MARK_PX, marker=marker, line_color=None)
                self.lines[at] = self._add(glyph)
        elif drawn.one is not None:
            self._draw(drawn.one, drawn.own_pane)

    def _draw(self, one: Indicator, own_pane: bool) -> None:
        at = {name: f"v{i}" for i, name in enumerate(one.outputs)}
        drawn = drawn_outputs(one)
        bands = [name for name in drawn if one.styles.get(name) == "band"]
        edges = {"upper", "lower"} <= set(drawn) and one.styles.get("upper", "line") in ("line", "band")
        if edges:
            self._area(at["lower"], at["upper"])
        elif len(bands) == 2:
            self._cloud = "top"
            self.source.data["top"] = []
            first, second = bands
            self._area(at[second], "top")
            self._area(at[first], "top")
        for name in drawn:
            glyph = self._glyph(one.styles.get(name, "line"), at[name])
            if isinstance(glyph, (Line, Step)) and not one.causal:
                glyph.line_dash = [5, 4]
            self.lines[name] = self._add(glyph)
        if own_pane:
            self.levels = [Span(location=level, dimension="width", line_dash=[3, 3]) for level in one.levels]
            self.figure.center.extend(self.levels)

    def _glyph(self, style: str, column: str) -> Any:
        if style == "histogram":
            color = {"field": column, "transform": self._sign}
            return VBar(x="x", width=_BAR, top=column, bottom=0, fill_color=color, line_color=None, fill_alpha=0.7)
        if style == "dots":
            return Scatter(x="x", y=column, size=_DOT_PX, line_color=None)
        if style == "step":
            return Step(x="x", y=column, mode="center")
        return Line(x="x", y=column, line_join="round")

    def _area(self, low: str, high: str) -> None:
        self.areas.append(self._add(VArea(x="x", y1=low, y2=high)))

    def _add(self, glyph: Any) -> Any:
        renderer = self.figure.add_glyph(self.source, glyph)
        renderer.nonselection_glyph = renderer.selection_glyph = renderer.muted_glyph = None
        return renderer

    def dress(self, drawn: Drawn, dark: bool, palette: str) -> None:
        """Bring colours, widths and legend to what the study says."""
        t, looks, one = tokens(dark, palette), drawn.study.looks, drawn.one
        colors = study_colors(drawn, dark, palette)
        self._sign.palette = [t.down, t.up]
        if self.marked:
            chosen = looks.color(one.outputs[0])
            for at, color in (("below", t.up_text), ("above", t.down_text)):
                self.lines[at].glyph.fill_color = chosen or color
        elif one is not None:
            color = dict(zip(one.outputs, colors, strict=True))
            for name, renderer in self.lines.items():
                self._dress_one(renderer, looks.color(name), color[name], looks.width(name))
            shades = [t.up, t.down] if self._cloud else [color[next(iter(self.lines))]]
            for area, shade in zip(self.areas, shades, strict=bool(self._cloud)):
                area.glyph.update(fill_color=shade, fill_alpha=_CLOUD if self._cloud else _FILL)
        shown = not (looks.hidden or looks.folded and drawn.own_pane or drawn.error)
        for renderer in (*self.lines.values(), *self.areas, *self.levels):
            renderer.visible = shown
        for level in self.levels:
            level.update(line_color=t.muted, line_alpha=0.5, line_width=1)
        told = _legend(drawn, colors)
        if self.source.tags != [told]:
            self.source.tags = [told]

    def _dress_one(self, renderer: Any, chosen: str | None, color: str, width: float | None) -> None:
        glyph = renderer.glyph
        if isinstance(glyph, VBar):
            glyph.fill_color = chosen or {"field": glyph.top, "transform": self._sign}
        elif isinstance(glyph, Scatter):
            glyph.update(fill_color=color, size=_DOT_PX if width is None else 2.5 * width)
        else:
            glyph.update(line_color=color, line_width=_WIDTH if width is None else width)

    def show(self, first: int, values: np.ndarray, bars: np.ndarray | None = None) -> None:
        """Draw values (float64[n, outputs]), the first at ordinal ``first``, by the least there is to send.

        ``bars`` (BAR) are those of the values; where a study marks bars, its marks stand off them.
        """
        columns = {f"v{i}": values[:, i].copy() for i in range(values.shape[1])}
        if self._cloud:
            pair = [renderer.glyph.y1 for renderer in self.areas]
            columns["top"] = np.maximum(columns[pair[0]], columns[pair[1]])
        if self.marked and bars is not None:
            tall = bars["high"] - bars["low"]  # the mean of five bars, so that older marks never move
            off = _OFF / 5 * np.convolve(tall, np.ones(5))[: len(tall)]
            columns["below"] = np.where(values[:, 0] > 0, bars["low"] - off, np.nan)
            columns["above"] = np.where(values[:, 0] < 0, bars["high"] + off, np.nan)
        bring(self.source, {"x": np.arange(first, first + len(values), dtype=np.int32), **columns})

    def remove(self) -> None:
        """Take everything off the figure."""
        gone = {id(renderer) for renderer in (*self.lines.values(), *self.areas)}
        self.figure.renderers = [one for one in self.figure.renderers if id(one) not in gone]
        levels = {id(level) for level in self.levels}
        if levels:
            self.figure.center = [one for one in self.figure.center if id(one) not in levels]


class StudyLayer:
    """The studies of a ``CandleChart``.

    Parameters
    ----------
    chart
        Gives the price figure, new figures, and room for panes.

    Attributes
    ----------
    wish
        One row, written by the browser: ``seq, what`` (settings, hide, remove, fold, up, down, height), ``id`` and
        ``value``.
    panes
        Figures by the id of the study, from top to bottom.
    """

    def __init__(self, chart: Any) -> None:
        self.chart = chart
        self.wish = ColumnDataSource(data={"seq": [], "what": [], "id": [], "value": []})
        self.panes: dict[int, Any] = {}
        self.glyphs: dict[int, StudyGlyphs] = {}
        self._drawn: list[Drawn] = []
        self._theme = (True, "classic")

    def place(self, drawn: Sequence[Drawn]) -> None:
        """Have these studies on the chart, in this order; what is there already stays."""
        if list(drawn) == self._drawn:
            return
        self._drawn = list(drawn)
        wanted = {one.id: one for one in drawn}
        for number in list(self.glyphs):
            self._drop(number, wanted.get(number))
        self.panes = {one.id: self.panes.get(one.id) or self._pane(one.id) for one in drawn if one.own_pane}
        for one in drawn:
            if one.id not in self.glyphs:
                figure = self.panes[one.id] if one.own_pane else self.chart.price
                self.glyphs[one.id] = StudyGlyphs(one, figure)
                if one.own_pane:
                    figure.y_range.renderers = list(self.glyphs[one.id].lines.values())
        self._dress()
        over = [self.glyphs[one.id] for one in drawn if not one.own_pane]
        seen = [glyphs for one in drawn if not (one.own_pane or one.marked or one.study.looks.hidden)
                for glyphs in [self.glyphs[one.id]]]  # fmt: skip
        self.chart.follow([line for glyphs in seen for line in glyphs.lines.values()])
        _set(self.chart.price, "tags", [glyphs.source for glyphs in over])
        for number, figure in self.panes.items():
            _set(figure, "tags", [self.glyphs[number].source])
        self._lay()

    def _drop(self, number: int, wanted: Drawn | None) -> None:
        glyphs = self.glyphs[number]
        figure = self.panes.get(number, self.chart.price)
        same = (
            wanted is not None and glyphs.name == wanted.study.name and bool(glyphs.lines) == (wanted.one is not None)
        )
        if not same or wanted.own_pane != (number in self.panes):
            glyphs.remove()
            del self.glyphs[number]
            if wanted is None or not wanted.own_pane or figure is self.chart.price:
                self.panes.pop(number, None)

    def show(self, number: int, first: int, values: np.ndarray, bars: np.ndarray | None = None) -> None:
        """Draw the values of a study; see ``StudyGlyphs.show``."""
        self.glyphs[number].show(first, values, bars)

    @staticmethod
    def plain_height(height: int, *, lowest: bool) -> int | None:
        """Height of a pane without the time axis; None for the one that panes have unless told otherwise."""
        plain = height - (TIME_PX if lowest else 0)
        return None if plain == PANE_PX else plain

    def theme(self, dark: bool, palette: str) -> None:
        """Recolour in place."""
        self._theme = (dark, palette)
        for figure in self.panes.values():
            self.chart.restyle(figure)
        self._dress()

    def _dress(self) -> None:
        for one in self._drawn:
            self.glyphs[one.id].dress(one, *self._theme)

    def _lay(self) -> None:
        rows = []
        for one in self._drawn:
            if one.own_pane:
                figure, looks = self.panes[one.id], one.study.looks
                _set(figure.right[0], "visible", not looks.folded)
                for grid in figure.grid:
                    _set(grid, "visible", not looks.folded)
                rows.append((figure, FOLDED_PX if looks.folded else looks.height or PANE_PX))
        self.chart.lay(rows)

    def _pane(self, number: int) -> Any:
        figure = self.chart.figure(sizing_mode="stretch_width", height=PANE_PX, name=f"study {number}")
        formatter = CustomJSTickFormatter(
            args={"figure": figure},
            code=script("numbers.js", "studies.js") + "\nreturn wbStudies.axis(tick, ticks, figure);",
        )
        self.chart.axes(figure, formatter, 3)
        self.chart.restyle(figure)
        figure.y_range.range_padding = 0.1
        return figure


def bring(source: ColumnDataSource, columns: dict[str, np.ndarray]) -> None:
    """Bring a source to ``columns``, whose ``x`` ascends, by what there is to send: rows that differ, new ones, or all.

    Up to eight rows that differ are patched; NaN equals NaN.
    """
    held = source.data
    had, has = len(held["x"]), len(columns["x"])
    if not had or has < had or held["x"][0] != columns["x"][0] or set(held) != set(columns):
        if had or has:
            source.data = columns
        return
    patches: dict[str, list[tuple[int, float]]] = {}
    for name, column in columns.items():
        old, new = np.asarray(held[name]), column[:had]
        rows = np.flatnonzero((old != new) & ~(np.isnan(old) & np.isnan(new)))
        if len(rows) > 8:
            source.data = columns
            return
        if len(rows):
            patches[name] = [(int(row), float(new[row])) for row in rows]
    if patches:
        source.patch(patches)
    if has > had:
        source.stream({name: column[had:] for name, column in columns.items()})


def study_name(drawn: Drawn) -> tuple[str, str]:
    """What legends call a study, and the words for its parameters that tell it from others."""
    one, name = drawn.one, drawn.study.name
    words = [] if one is None else one.label.split(" ")[1:]
    defaults = {} if one is None else {str(one.param[key].default) for key in one.param if key != "name"}
    shown = [word for word in words if word[:1].isdigit() and "/" not in word or word not in defaults]
    return name.upper() if len(name) <= 6 else name.replace("_", " ").capitalize(), " ".join(shown)[:60]


def _legend(drawn: Drawn, colors: list[str]) -> dict[str, Any]:
    """What a legend says, for the scripts."""
    one, looks = drawn.one, drawn.study.looks
    name, words = study_name(drawn)
    return {
        "id": drawn.id,
        "name": name,
        "title": drawn.study.name if one is None else one.title,
        "words": words,
        "outputs": [] if one is None else list(one.outputs),
        "drawn": [] if one is None else [output in drawn_outputs(one) for output in one.outputs],
        "colors": colors,
        "prices": one is not None and one.overlay and one.scale == "price",
        "repaints": one is not None and not one.causal,
        "own": drawn.own_pane,
        "hidden": looks.hidden,
        "folded": looks.folded,
        "note": drawn.note,
        "error": drawn.error,
    }


def _set(model: Any, name: str, value: Any) -> None:
    if getattr(model, name) != value:
        setattr(model, name, value)
