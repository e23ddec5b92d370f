"""Bars: a line from the low to the high with ticks at the sides, or a box alone."""

from __future__ import annotations

from typing import Any

from bokeh.models import Dodge, Segment, VBar

from workbench.charts.types.base import BODY, ChartType, chart_types

_TICK = 0.36


class _Bars(ChartType):
    def _draw(self, ticks: dict[str, int]) -> None:
        color = self.by_direction
        self.add(Segment(x0="x", x1="x", y0="low", y1="high", line_color=color, line_width=1.4))
        for name, side in ticks.items():
            end: dict[str, Any] = {"field": "x", "transform": Dodge(value=side * _TICK)}
            self.add(Segment(x0="x", x1=end, y0=name, y1=name, line_color=color, line_width=1.4))


@chart_types.register("ohlc")
class OhlcBars(_Bars):
    """Bars with the open at the left and the close at the right."""

    title, about, rank = "OHLC bars", "Low to high, a tick left at the open and right at the close", 10
    icon = "M5 2v11M2.5 10.5h2.5M5 5h2.5M11 3v10M8.5 11h2.5M11 5.5h2.5"

    def draw(self) -> None:
        """Bars with both ticks."""
        self._draw({"open": -1, "close": 1})


@chart_types.register("hlc")
class HlcBars(_Bars):
    """Bars with the close at the right."""

    title, about, rank = "HLC bars", "Low to high, a tick right at the close", 11
    icon = "M5 2v11M5 5h2.5M11 3v10M11 5.5h2.5"

    def draw(self) -> None:
        """Bars with one tick."""
        self._draw({"close": 1})


@chart_types.register("high_low")
class HighLow(ChartType):
    """Boxes from the low to the high: the range of each bar and nothing else."""

    title, about, rank = "High-low", "Boxes from the low to the high", 12
    icon = "M3 4h4v9h-4zM9.5 2.5h4v7h-4z"

    def draw(self) -> None:
        """Boxes, and a line for those of no height."""
        box = VBar(x="x", width=BODY, top="high", bottom="low", line_color=None, fill_alpha=0.55)
        self.add(box, fill_color="accent")
        across = self.across("high", None)
        self.color(across.glyph, line_color="accent")
