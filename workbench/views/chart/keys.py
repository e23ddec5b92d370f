"""A sheet that tells every key of the chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn

from workbench.views.chart.part import Part
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"


class KeySheet(pn.custom.JSComponent):
    """A button and the sheet it opens; ``?`` opens it too."""

    _esm = with_el(_JS / "keysheet.js")
    _stylesheets = [_CSS / "keysheet.css"]


class Keys(Part):
    """Tells which keys there are.

    Parameters
    ----------
    view
        The chart it belongs to.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self.sheet = KeySheet(margin=0, sizing_mode=None, css_classes=["wb-keysheet"])

    def tools(self) -> list[Any]:
        """The button."""
        return [self.sheet]
