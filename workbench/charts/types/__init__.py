"""Chart types: how bars that are drawn as candles can look. One class each, found through ``chart_types``.

>>> from workbench.charts.types import ChartType, chart_types
>>> @chart_types.register("dots")                                   # doctest: +SKIP
... class Dots(ChartType):
...     title, about, by_close = "Dots", "A dot at each close.", True
...     def draw(self):
...         self.add(Scatter(x="x", y="close", line_color=None), fill_color="accent")
..."""

from __future__ import annotations

from workbench.charts.types.base import Canvas, ChartType, chart_types

__all__ = ["Canvas", "ChartType", "chart_types"]
