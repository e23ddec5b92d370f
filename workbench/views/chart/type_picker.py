"""The chart type: one button of the top bar that names it, and a menu of all there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
import param

from workbench.charts.types import chart_types
from workbench.market.specs import bar_kinds
from workbench.views.chart.part import Part

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"


class TypeMenu(pn.custom.JSComponent):
    """A button and its menu; opened and walked through without the server."""

    types = param.List(default=[], item_type=dict, doc="What there is: name, title, about and icon (SVG path) of each.")
    value = param.String(default="candles", doc="Name of the type that is drawn.")
    why = param.String(default="", doc="Why no type can be chosen; empty when one can.")

    _esm = _JS / "types.js"
    _stylesheets = [_CSS / "types.css"]


class TypePicker(Part):
    """Chooses how bars are drawn. Kinds of bars with a shape of their own are drawn in that, and the button says so.

    Parameters
    ----------
    view
        The chart it belongs to; ``chart`` of its state is the type.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self.menu = TypeMenu(types=menu_of(), margin=0, sizing_mode=None, css_classes=["wb-types"])
        self.menu.param.watch(lambda event: view.state.param.update(chart=event.new), "value")
        view.state.param.watch(lambda _: self._follow(), "chart")
        self._follow()

    def tools(self) -> list[Any]:
        """The button."""
        return [self.menu]

    def opened(self) -> None:
        """Say whether the bars that were opened can be drawn in another way."""
        self.menu.why = reason(self.view.chart.glyph, self.view.spec.kind)

    def _follow(self) -> None:
        name = self.view.state.chart
        if name not in {one["name"] for one in self.menu.types}:
            self.menu.types = menu_of()  # declared since, in a cell of a notebook
        self.menu.value = name
        with pn.io.hold():  # one picture, not one without the old type and without the new
            self.view.chart.choose(name)


def menu_of() -> list[dict[str, str]]:
    """All types as the menu shows them: families together."""
    found = sorted(chart_types, key=lambda one: (one[1].rank, one[0]))
    return [{"name": name, "title": one.title, "about": one.about, "icon": one.icon} for name, one in found]


def reason(glyph: str, kind: str) -> str:
    """Why bars of a kind have no chart type; empty when they have."""
    if glyph == "candle":
        return ""
    return f"{bar_kinds.get(kind).title} bars have a shape of their own: choose other bars to choose a chart type"
