"""A cell of a sweep as a whole backtest: its prices with what was traded, and its round trips."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn

from workbench.charts.curves import VOLUME_PX
from workbench.views.backtest.curves import CurvesPart
from workbench.views.backtest.outcome import Outcome
from workbench.views.backtest.results import TRIPS
from workbench.views.backtest.tables import Table, ratio, written
from workbench.views.chart import ChartView
from workbench.views.optimize.layout import LINE, SPLIT
from workbench.views.state import AppState

_FOLLOWED = ("tz", "dark", "palette")
_SHOWN = ("number", "side", "entry_time", "pnl", "return", "bars", "exit_time", "units", "reason")


class CellPanel(pn.viewable.Viewer):
    """The backtest of a cell. The chart is made with the first one.

    Parameters
    ----------
    services
        Gives the catalog.
    state
        Of the page.
    """

    def __init__(self, services: Any, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self.services, self.state = services, state
        self.outcome: Outcome | None = None
        self.chart: ChartView | None = None
        self.curves: CurvesPart | None = None
        named = {one.name: one for one in TRIPS}
        columns = tuple(named[name] for name in _SHOWN)
        self.line = pn.pane.HTML(
            _EMPTY, sizing_mode="stretch_width", margin=0, stylesheets=[LINE], css_classes=["wb-line"]
        )
        self.trips = Table(
            columns, label="Round trips of the cell", none="No position was closed.", on_pick=self.to_trip
        )
        self._place = pn.Column(css_classes=["wb-op-main", "wb-op-chart"], margin=0, sizing_mode="stretch_both")
        aside = pn.Column(
            self.line, self.trips, css_classes=["wb-op-aside", "wb-op-cell"], stylesheets=[_ASIDE], margin=0,
            sizing_mode="stretch_both",
        )  # fmt: skip
        self._root = pn.Row(
            self._place, aside, css_classes=["wb-op-split"], stylesheets=[SPLIT], margin=0, sizing_mode="stretch_both"
        )
        state.param.watch(lambda *_: self._dress(), list(_FOLLOWED))

    def __panel__(self) -> pn.viewable.Viewable:
        return self._root

    def wait(self, label: str) -> None:
        """Say which cell is being run."""
        self.line.object = f"<p>Running {html.escape(label)} …</p>"

    def fail(self, text: str) -> None:
        """Say why a cell could not be run."""
        self.line.object = f'<p class="bad">{html.escape(text)}</p>'

    def show(self, outcome: Outcome) -> None:
        """Show the backtest of a cell."""
        self.outcome = outcome
        chosen, stats = outcome.chosen, outcome.stats
        symbol, spec = chosen.symbols[0], chosen.spec
        if self.chart is None:
            same = {name: getattr(self.state, name) for name in _FOLLOWED}
            self.chart = ChartView(self.services, AppState(**same, symbol=symbol, spec=spec), live=False, railed=False)
            self.curves = CurvesPart(self.chart)
            self.chart.parts.append(self.curves)
            self.chart.chart.volume_height(VOLUME_PX, lowest=False)
            self.chart.chart.lay([])
            self._place.append(self.chart)
        elif (self.chart.state.symbol, self.chart.state.spec) != (symbol, spec):
            self.chart.state.param.update(symbol=symbol, spec=spec)
        self.chart.markers(outcome.markers.get(symbol), self._marker)
        asked = urlencode({"symbol": symbol, "spec": spec, "tz": self.state.tz, **chosen.texts})
        self.line.object = (
            f"<p><b>{html.escape(chosen.label)}</b> on {html.escape(chosen.place)}: return"
            f" {written(stats.get('total_return'), 'percent')}, max drawdown"
            f" {written(stats.get('max_drawdown'), 'percent')}, profit factor {ratio(stats.get('profit_factor'))},"
            f" {len(outcome.trips):,} round trips ·"
            f' <a href="backtest?{html.escape(asked)}" title="Open the Backtest page with these parameters">'
            "Backtest</a></p>"
        )
        self.trips.show(outcome.trips.assign(number=range(1, len(outcome.trips) + 1)))
        index = outcome.result.equity.index
        if len(index) and self.chart.history is not None and len(self.chart.history):
            last = int(index.as_unit("ns").asi8[-1])
            if last < int(self.chart.history.records["time"][-1]) or not self.chart.history.at_end:
                self.chart.go_to(pd.Timestamp(last, tz="UTC"))

    def to_trip(self, row: int) -> None:
        """Bring a round trip onto the chart and mark it."""
        if self.outcome is None or self.curves is None:
            return
        trip = self.outcome.trips.iloc[row]
        self.curves.pick(trip["entry_time"], trip["exit_time"], "up" if trip["pnl"] > 0 else "down")

    def _marker(self, row: pd.Series) -> None:
        if int(row["trip"]) >= 0:
            self.trips.mark(int(row["trip"]))
            self.to_trip(int(row["trip"]))

    def _dress(self) -> None:
        self.trips.tz = self.state.tz
        if self.chart is not None:
            self.chart.state.param.update(**{name: getattr(self.state, name) for name in _FOLLOWED})


_EMPTY = "<p>Press a cell of the heat map, or Enter on a row of the leaderboard: its trades are shown here.</p>"
_ASIDE = """
:host(.wb-op-cell) { display: flex; flex-flow: column; gap: 0; }
:host(.wb-op-cell) > .wb-line { flex: none; height: auto; }
"""
