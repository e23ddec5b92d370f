"""What a chart type is: glyphs on the bars' own data source, colours by the names of the theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from bokeh.models import ColumnDataSource, CustomJSExpr, Dodge, GlyphRenderer, LinearColorMapper, Segment

from workbench.charts.scripts import script
from workbench.charts.theme import Tokens
from workbench.registry import Registry

#: Width of a candle's body, in bars.
BODY = 0.72


@dataclass(frozen=True)
class Canvas:
    """What a type draws on.

    ``source`` holds the bars (``charts.columns.COLUMNS``); ``figure`` has the prices; ``mapper`` gives the colour of
    down for 0 and of up for 1.
    """

    source: ColumnDataSource
    figure: Any
    mapper: LinearColorMapper


class ChartType:
    """One way to draw bars. All that is drawn follows from the columns of the one source, in the browser.

    Parameters
    ----------
    canvas
        The source and the figure.

    Attributes
    ----------
    title, about
        Its name in the menu, and a sentence for the tooltip.
    rank
        Its place in the menu; of equal ones the name decides.
    by_close
        Whether the price axis makes room for the closes alone, not for all from the low to the high of each bar.
    icon
        SVG path on 16 x 16, drawn as a line; may be left out.
    renderers
        What it has on the figure, from the lowest up.
    """

    plugin_name: ClassVar[str]
    title: ClassVar[str] = ""
    about: ClassVar[str] = ""
    rank: ClassVar[int] = 100
    icon: ClassVar[str] = ""
    by_close: ClassVar[bool] = False

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.renderers: list[Any] = []
        self._colors: list[tuple[Any, dict[str, str]]] = []
        self.draw()

    def draw(self) -> None:
        """Add the glyphs; called once."""
        raise NotImplementedError

    def theme(self, t: Tokens) -> None:
        """Take over the colours of a theme."""
        for model, names in self._colors:
            model.update(**{attribute: getattr(t, name) for attribute, name in names.items()})

    def rebase(self, price: float) -> None:
        """Hear the close that a chart was opened with at its left edge, for what compares with it."""

    # --- for those who draw ---------------------------------------------------------------------------------------

    def add(self, glyph: Any, **colors: str) -> GlyphRenderer:
        """Draw a glyph on the bars. ``colors`` are names of the theme: ``line_color="accent"``."""
        renderer = GlyphRenderer(data_source=self.canvas.source, glyph=glyph)
        # Nothing is selected: no glyphs for it.
        renderer.nonselection_glyph = renderer.selection_glyph = renderer.muted_glyph = None
        self.renderers.append(renderer)
        self.color(glyph, **colors)
        return renderer

    def color(self, model: Any, **colors: str) -> None:
        """Have attributes of a model follow the theme, by the names of its colours."""
        self._colors.append((model, colors))

    def computed(self, call: str, **args: Any) -> CustomJSExpr:
        """A column that the browser computes from the others: ``call`` of ``js/types.js``, with ``bars`` at hand."""
        code = f"{script('types.js')}\nconst bars = this.data;\nreturn wbTypes.{call};"
        return CustomJSExpr(args=args, code=code)

    @property
    def by_direction(self) -> dict[str, Any]:
        """The colour of up where a bar closed at or above its open, else that of down."""
        return {"field": "up", "transform": self.canvas.mapper}

    @property
    def by_change(self) -> dict[str, Any]:
        """The colour of up where a bar closed at or above the close before it, else that of down."""
        return {"expr": self.computed("rising(bars)"), "transform": self.canvas.mapper}

    def wicks(self, color: Any) -> GlyphRenderer:
        """Lines from the lows to the highs."""
        return self.add(Segment(x0="x", x1="x", y0="low", y1="high", line_color=color, line_width=1))

    def across(self, name: str, color: Any) -> GlyphRenderer:
        """Lines as wide as a body at the prices of a column, so that a body of no height is seen.

        Not by outlines of bodies: those of bars out of view would pile up at the edge.
        """
        return self.add(Segment(x0=_off(-1), x1=_off(1), y0=name, y1=name, line_color=color, line_width=1))

    def frames(self, color: Any) -> None:
        """Outlines of bodies."""
        for name in ("open", "close"):
            self.across(name, color)
        for side in (-1, 1):
            self.add(Segment(x0=_off(side), x1=_off(side), y0="open", y1="close", line_color=color, line_width=1))


def _off(side: int) -> dict[str, Any]:
    return {"field": "x", "transform": Dodge(value=side * BODY / 2)}


def _wrong(kind: type) -> str:
    """What a type that is to be declared lacks, or ""."""
    if not (isinstance(kind, type) and issubclass(kind, ChartType)):
        return "is not a subclass of ChartType"
    if not kind.title or not kind.about:
        return "has no title or no about: add a line such as title, about = 'Dots', 'A dot at each close.'"
    if kind.draw is ChartType.draw:
        return "draws nothing: define draw(self), which adds the glyphs"
    return ""


chart_types: Registry = Registry("chart type", "workbench.charts.types", "workbench.chart_types", _wrong)
