"""Modes of the page: a Viewer that takes the place of the tables and has the chart for itself meanwhile."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import panel as pn

from workbench.views.backtest.layout import BOTTOM, STAGE
from workbench.views.backtest.loaded import after

#: Until a chart has carried out what it was told, ms.
_SETTLED_MS = 120
_DEBUGGER = "workbench.views.backtest.debugger"


class Modes:
    """What stands in the area beside the form: the result, runs over each other, or a mode.

    Parameters
    ----------
    area
        Where it stands; is given its parts here.
    head, chart
        Over all of them, and over a result and a mode.
    result
        What the result has besides: chart, tabs, tables.
    bare, back
        Called before a mode gets the chart, and after it has given it back.
    """

    def __init__(
        self,
        area: pn.Column,
        head: Any,
        chart: Any,
        *,
        result: Sequence[Any],
        bare: Callable[[], object],
        back: Callable[[], object],
    ) -> None:
        self.area, self.head, self.chart, self.result = area, head, chart, list(result)
        self._bare, self._back = bare, back
        self.mode: Any = None
        self.over: Any = None
        self._below = self.result
        self._stage = pn.Column(
            *self.result, css_classes=["wb-bt-stage"], stylesheets=[STAGE], margin=0, sizing_mode="stretch_both"
        )
        area.objects = [head, self._stage]
        self._turn = 0

    def put_over(self, view: Any) -> None:
        """Have a view in the place of chart and tables; None brings them back.

        They keep their place unseen and are not taken out: a chart that is put back is drawn anew without its legend,
        its markers and its price, which belong to the first drawing.
        """
        if view is not self.over:
            self.over = view
            self._lay()

    def enter(self, made: Callable[[], Any]) -> None:
        """Have a mode below the chart, which is its own until ``leave``; ``made`` makes it when the chart is free."""
        self.leave()
        self._bare()
        try:
            self.mode = made()
        except Exception:
            self._back()
            raise
        self.over = None
        box = pn.Column(
            self.mode, css_classes=["wb-bt-mode"], stylesheets=[BOTTOM], margin=0, sizing_mode="stretch_both"
        )
        self._below = [self.chart, box]
        self._lay()

    def leave(self) -> bool:
        """Close the mode that is open, if one is; whether it was."""
        mode, self.mode = self.mode, None
        if mode is None:
            return False
        if hasattr(mode, "close"):
            mode.close()
        self._below = self.result
        self._lay()
        self._back()
        return True

    def _lay(self) -> None:
        """Change what stands in the area, once the chart has settled."""
        self._turn += 1
        turn = self._turn

        def act() -> None:
            if turn == self._turn:
                with pn.io.hold():
                    self._stage.objects = self._below
                    self._stage.css_classes = ["wb-bt-stage", *([] if self.over is None else ["wb-away"])]
                    self.area.objects = [self.head, self._stage, *([] if self.over is None else [self.over])]

        after(_SETTLED_MS, act)


def debugger() -> Any:
    """The class of the debugger's view, where there is one."""
    if importlib.util.find_spec(_DEBUGGER) is None:
        return None
    return importlib.import_module(_DEBUGGER).DebuggerView
