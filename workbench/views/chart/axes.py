"""The axes of a chart follow the state, and the state follows the hand: scale of prices, shaded hours."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.charts.axes import AXES, SCALES, scale_for, session_places
from workbench.market.events import BAR
from workbench.views.chart.part import Part
from workbench.views.wire import in_turn


class Axes(Part):
    """Scale, shades of closed hours, and what the menu at the foot of the price axis says."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._heard = 0
        self._shaded: Any = None
        self.view.chart.axis.wish.on_change("data", in_turn(self._wished))
        view.state.param.watch(lambda *_: self._tell(), ["scale", "axis"])
        view.state.param.watch(lambda *_: (self._shade(), self._tell()), "shading")
        self._tell()

    def drawn(self) -> None:
        """Other bars: other sessions, and a scale that they may not allow."""
        self._shade()
        self._tell()

    def lived(self, first: int) -> None:
        """A session may have begun."""
        self._shade()

    def _wished(self, attr: str, old: Any, new: Any) -> None:
        if not len(new.get("what", ())):
            return
        what, value = str(new["what"][0]), str(new["value"][0])
        self._heard = int(new["seq"][0])
        if what == "scale" and value in SCALES:
            self.view.state.scale = value
        elif what == "axis" and value in AXES:
            self.view.state.axis = value
        elif what == "shading":
            self.view.state.shading = value == "on"
        self._tell()

    def _tell(self) -> None:
        state, records = self.view.state, self._records()
        lowest = float(records["low"].min()) if len(records) else 1.0
        spec = self.view.spec
        self.view.chart.settings(
            scale=scale_for(state.scale, lowest),
            axis=state.axis,
            slot=spec.nominal / 1e6 if spec.timed else 0,
            shading=state.shading,
            heard=self._heard,
        )

    def _records(self) -> np.ndarray:
        """The bars that the browser holds."""
        history, (low, high) = self.view.history, self.view.shown
        return np.zeros(0, BAR) if history is None else history.records[low - history.first : high - history.first]

    def _shade(self) -> None:
        view, sessions, records = self.view, None, self._records()
        wanted = view.state.shading and len(records) and not view._look.dated
        # Of bars that only change nothing is new; of those that are held the first tells whether they are the same.
        key = (view.shown, int(records["time"][0]), view.instrument.symbol) if wanted else None
        if key == self._shaded:
            return
        self._shaded = key
        if wanted:
            sessions = session_places(records["time"], np.arange(*view.shown), view.instrument.calendar)
        view.chart.axis.trade(sessions)
