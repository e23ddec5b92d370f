"""Runs over each other: their equity in percent, and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import panel as pn

from workbench.charts.curves import ComparedCurves
from workbench.charts.theme import series
from workbench.views.backtest.kept import Kept, side_by_side
from workbench.views.backtest.tables import Column, Table
from workbench.views.state import AppState


class Comparison(pn.viewable.Viewer):
    """Curves over a table.

    Parameters
    ----------
    state
        Of the page: its theme.
    """

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self.state = state
        self.curves = ComparedCurves(state.dark, state.palette)
        self.table = Table(label="Comparison of runs", sortable=False)
        state.param.watch(lambda *_: self.curves.theme(state.dark, state.palette), ["dark", "palette"])
        self._root = pn.Column(
            pn.pane.Bokeh(
                self.curves.root, sizing_mode="stretch_both", margin=0, min_height=180, css_classes=["wb-curves"]
            ),
            pn.Column(self.table, sizing_mode="stretch_both", margin=0, min_height=160, css_classes=["wb-differs"]),
            sizing_mode="stretch_both",
            margin=0,
            css_classes=["wb-comparison"],
            stylesheets=[_CSS],
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def show(self, runs: Sequence[Kept]) -> None:
        """Show these runs."""
        self.curves.show([(one.name, one.outcome.curve) for one in runs])
        frame, tips = side_by_side(runs)
        columns = [Column("what", "", "Parameters and measures; what differs comes first", "text", 150, 1.2)]
        colors = series(self.state.dark)
        columns += [
            Column(f"r{at}", one.name, one.outcome.chosen.place, "right", 130, color=colors[at % len(colors)])
            for at, one in enumerate(runs)
        ]
        columns += [Column("group", "Group", "", "text", 140, 0.7)]
        self.table.show(frame, columns=columns, tips=tips)


_CSS = """
:host(.wb-comparison) { flex: 1 1 0; min-height: 0; display: flex; flex-flow: column; gap: 0;
  background: var(--wb-panel); }
:host(.wb-comparison) > .scroll-button { display: none; }
:host(.wb-comparison) > .wb-curves, :host(.wb-comparison) > .bk-Figure { flex: 1 1 55%; }
:host(.wb-comparison) > .wb-differs { flex: 1 1 45%; border-top: 1px solid var(--wb-hairline); }
"""
