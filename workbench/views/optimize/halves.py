"""In sample against out of sample: a measure of each cell in one half of the window and in the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn

from workbench.charts.fans import HalvesBoard
from workbench.sweep import Sweep
from workbench.views.backtest.running import Job, Runner
from workbench.views.optimize.board import title_of
from workbench.views.optimize.layout import LINE
from workbench.views.optimize.work import halves_of, looks
from workbench.views.state import AppState
from workbench.views.states import StatePanel


class HalvesPanel(pn.viewable.Viewer):
    """A dot for each cell.

    Parameters
    ----------
    state
        Of the page.
    on_cell
        Called with the number of a cell that is pressed.
    start
        Begins work with a runner.
    """

    def __init__(
        self,
        state: AppState,
        on_cell: Callable[[int], object],
        *,
        start: Callable[[Runner, Callable[[Job], Any]], object],
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._start = start
        self.sweep: Sweep | None = None
        self.measure, self._of = "sharpe", (None, "")
        self.runner = Runner(self._over, looks())
        self.board = HalvesBoard(on_cell, state.dark, state.palette)
        self.notice = StatePanel(sizing_mode="stretch_both", margin=0)
        self.notice.param.watch(lambda _: self.ask(), "clicks")
        self.line = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, stylesheets=[LINE], css_classes=["wb-line"])
        self._figure = pn.pane.Bokeh(self.board.root, sizing_mode="stretch_both", margin=0)
        self._root = pn.Column(
            self.notice, self.line, self._figure, css_classes=["wb-op-halves"], stylesheets=[_CSS],
            sizing_mode="stretch_both", margin=0,
        )  # fmt: skip
        state.param.watch(lambda *_: self.board.theme(state.dark, state.palette), ["dark", "palette"])
        self._invite()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def show(self, sweep: Sweep, measure: str) -> None:
        """Be about a sweep and a measure: what was computed of others goes."""
        self.sweep, self.measure = sweep, measure
        if self._of != (id(sweep), measure):
            self.runner.cancel()
            self._invite()

    def ask(self) -> None:
        """Run the cells on both halves."""
        sweep, measure = self.sweep, self.measure
        if sweep is not None:
            self.notice.show_loading("chart", "Running the cells on both halves of the window")
            self._start(self.runner, lambda job: (id(sweep), halves_of(sweep, measure, job)))

    def _invite(self) -> None:
        self._of = (None, "")
        self.notice.show_empty(
            "Which cells hold in the other half?",
            f"Each cell is run on both halves of the window by itself: {title_of(self.measure)} of the first across, "
            "of the second upwards. Dots on the dashed line did as well in both.",
            action="Run both halves",
        )
        self._tell(True)

    def _tell(self, noticed: bool) -> None:
        self.notice.visible = noticed
        self.line.visible = self._figure.visible = not noticed

    def _over(self, job: Job) -> None:
        if job.state == "failed":
            self.notice.show_error(job.error or "", doing="running both halves", action="Try again")
        elif job.state == "done" and self.sweep is not None and job.result[0] == id(self.sweep):
            owner, found = job.result
            self._of = (owner, found.measure)
            space = self.sweep.space
            texts = [", ".join(f"{k} {v}" for k, v in space.cell(int(one)).items()) for one in found.cells]
            self.board.show(found.first, found.second, cells=found.cells, texts=texts, name=title_of(found.measure))
            self.line.object = halves_told(found.first, found.second, found.correlation, found.cut)
            self._tell(False)


def halves_told(first: np.ndarray, second: np.ndarray, correlation: float, cut: pd.Timestamp) -> str:
    """What the scatter says, in a sentence."""
    if not len(first):
        return "<p>No cell has a value in both halves.</p>"
    best = int(np.argmax(first))
    rank = float(np.mean(second <= second[best]))
    signed = f"{correlation:+.2f}".replace("-", "\u2212")
    ranks = f"the ranks of both halves correlate by <b>{signed}</b>, " if correlation == correlation else ""
    return (
        f"<p>{len(first):,} cells, cut at {cut:%Y-%m-%d}: {ranks}the best of the first half is at or above"
        f" <b>{rank:.0%}</b> of the cells in the second</p>"
    )


_CSS = """
:host(.wb-op-halves) { display: flex; flex-flow: column; gap: 0; height: 100%; }
:host(.wb-op-halves) > .wb-line { flex: none; height: auto; }
:host(.wb-op-halves) > .wb-halves { flex: 1 1 0; min-height: 0; }
"""
