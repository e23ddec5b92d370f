"""The chart type that is worn: its glyphs on the figure, all others off it."""

from __future__ import annotations

from typing import Any

from bokeh.models import GlyphRenderer, Line

from workbench.charts.theme import Tokens
from workbench.charts.types.base import BODY, Canvas, ChartType, chart_types
from workbench.charts.types.candles import Candles

_BRICK = 0.94


class TypeLayer:
    """Types on a figure. Candles stay on it, seen or not, and measure the bars; another type is made when first worn.

    Parameters
    ----------
    canvas
        What types draw on.

    Attributes
    ----------
    name
        The type that was chosen.
    candles
        The candles, whose bodies bricks have too.
    """

    def __init__(self, canvas: Canvas) -> None:
        self.canvas, self.name, self.glyph = canvas, "candles", "candle"
        self.candles = Candles(canvas)
        # Measures stay on the figure: an axis that follows one that is gone would for a moment follow nothing.
        self._closes = GlyphRenderer(data_source=canvas.source, glyph=Line(x="x", y="close"), visible=False)
        self._kept = [*self.candles.renderers, self._closes]
        self._made: dict[str, ChartType] = {"candles": self.candles}
        self._base: float | None = None
        self._theme: Tokens | None = None
        self._followed: list[Any] = []
        self._dress()

    @property
    def worn(self) -> ChartType | None:
        """The type that is drawn; None where the kind of bars has a shape of its own."""
        if self.glyph != "candle":
            return None
        if self.name not in self._made:
            made = self._made[self.name] = chart_types.get(self.name)(self.canvas)
            if self._theme is not None:
                made.theme(self._theme)
        return self._made[self.name]

    @property
    def base(self) -> float | None:
        """The close that baselines compare with; None while no bars were shown."""
        return self._base

    def follow(self, lines: list[Any]) -> None:
        """Have the price axis make room for these renderers besides the bars."""
        self._followed = lines
        self._measure()

    def _measure(self) -> None:
        by_close = self.worn is not None and self.worn.by_close
        bars = [self._closes] if by_close else [self.candles.stems, self.candles.bodies]
        wanted, axis = [*bars, *self._followed], self.canvas.figure.y_range
        if axis.renderers != wanted:
            axis.renderers = wanted

    def choose(self, name: str) -> None:
        """Wear another type; ``UnknownNameError`` for one that there is not."""
        chart_types.get(name)
        self.name = name
        self._dress()

    def draw_as(self, glyph: str) -> None:
        """Draw bars as ``candle``, in the type that was chosen; as ``brick``; or not at all, where others draw them."""
        self.glyph = glyph
        self._dress()

    def theme(self, t: Tokens) -> None:
        """Recolour what there is."""
        self._theme = t
        for made in self._made.values():
            made.theme(t)

    def rebase(self, price: float) -> None:
        """Have this close be what baselines compare with."""
        self._base = price
        if self.worn is not None:
            self.worn.rebase(price)

    def _dress(self) -> None:
        self._measure()  # first: what comes after has the page painted anew
        worn, figure, candles = self.worn, self.canvas.figure, self.candles
        candles.stems.visible = worn is candles
        candles.bodies.visible = candles.closes.visible = worn is candles or self.glyph == "brick"
        candles.bodies.glyph.width = _BRICK if self.glyph == "brick" else BODY
        if worn is not None and self._base is not None:
            worn.rebase(self._base)
        ours = {id(one) for made in self._made.values() for one in made.renderers} | {id(self._closes)}
        others = [one for one in figure.renderers if id(one) not in ours]
        wanted = [*self._kept, *(worn.renderers if worn not in (None, candles) else []), *others]
        if wanted != figure.renderers:
            figure.renderers = wanted
