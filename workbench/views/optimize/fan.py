"""Equity and drawdown of the cells that were brushed, computed again beside the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn

from workbench.charts.fans import FanBoard
from workbench.sweep import Sweep
from workbench.views.backtest.running import Job, Runner
from workbench.views.optimize.layout import FAN, LINE
from workbench.views.optimize.work import fan_of, looks
from workbench.views.state import AppState
from workbench.views.states import explain

_HINT = "<p>Brush the heat map (drag) or an axis of the coordinates: the curves of these cells are shown here.</p>"


class FanPanel(pn.viewable.Viewer):
    """Bands of curves. What is asked for next takes the place of what is being computed."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self.runner = Runner(self._over, looks())
        self.figures = FanBoard(state.dark, state.palette)
        self.line = pn.pane.HTML(
            _HINT, sizing_mode="stretch_width", margin=0, stylesheets=[LINE], css_classes=["wb-line"]
        )
        same = {"sizing_mode": "stretch_both", "margin": 0, "min_height": 70}
        self._root = pn.Column(
            self.line,
            pn.pane.Bokeh(self.figures.equity, **same),
            pn.pane.Bokeh(self.figures.drawdown, **same),
            css_classes=["wb-op-fan"], stylesheets=[FAN], sizing_mode="stretch_both", margin=0,
        )  # fmt: skip
        state.param.watch(lambda *_: self.figures.theme(state.dark, state.palette), ["dark", "palette"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def ask(self, sweep: Sweep, cells: np.ndarray, start: Callable[[Runner, Callable[[Job], Any]], object]) -> None:
        """Show the bands of cells, in place of those before; ``start`` begins the work."""
        self.line.object = f"<p>{len(cells):,} cells: computing their curves …</p>"
        start(self.runner, lambda job: fan_of(sweep, cells, job))

    def clear(self) -> None:
        """Show none."""
        self.runner.cancel()
        self.line.object = _HINT
        self.figures.show(np.zeros(0), np.zeros((5, 0)), np.zeros((3, 0)))

    def _over(self, job: Job) -> None:
        if job.state == "done":
            fan = job.result
            some = f" of {fan.of:,}" if fan.of > fan.cells else ""
            word = "cell" if fan.cells == 1 else "cells"
            self.figures.show(fan.times, fan.equity, fan.drawdown)
            self.line.object = (
                f"<p><b>{fan.cells:,}{some} {word}</b>: equity with 50 % and 90 % of them inside the bands; "
                f"at the end half of them are above {_signed(fan.equity[2, -1])}</p>"
            )
        elif job.state == "failed":
            self.line.object = f'<p class="bad">{" ".join(explain(job.error, "computing curves")[:2])}</p>'


def _signed(value: float) -> str:
    return f"{value:+,.1f} %".replace("-", "\u2212")
