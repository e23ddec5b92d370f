"""Markers on a chart: trades, events and alerts of a frame, and who is told when one is pressed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from workbench.charts.markers import Markers, Stage, link_rows, marker_rows, read_markers
from workbench.views.chart.part import Part
from workbench.views.wire import in_turn

_log = logging.getLogger(__name__)
OnSelect = Callable[[pd.Series], object]


class ChartMarkers(Part):
    """Shows those of the markers that stand on the bars that the browser has.

    Parameters
    ----------
    view
        The chart it belongs to.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self.layer = view.chart.markers
        self.markers: Markers | None = None
        self._select: OnSelect | None = None
        self.layer.wish.on_change("data", in_turn(self._wished))

    def put(self, frame: pd.DataFrame | None, on_select: OnSelect | None = None) -> None:
        """Show the markers of a frame in place of those that were there; None takes them away."""
        self.markers = None if frame is None or not len(frame) else read_markers(frame)
        self._select = on_select
        self._place()

    def drawn(self) -> None:
        """Put the markers on the bars that there are now."""
        if self.markers is not None:
            self._place()

    def lived(self, first: int) -> None:
        """The newest markers may have got their bars."""
        markers, history = self.markers, self.view.history
        # Bars that go on changing hold the markers that they held: only later ones move.
        if markers is not None and markers.time[-1] >= history.records["time"][max(0, first - 1 - history.first)]:
            self._place()

    def _place(self) -> None:
        view, history = self.view, self.view.history
        stage = Stage(np.zeros(0, "i8"), 0, 0, np.zeros(0), 1)
        if history is not None and len(history):
            low, high = (ordinal - history.first for ordinal in view.shown)
            x = np.asarray(view.chart.source.data["x"], "f8")
            if len(x) != high - low:
                return  # bars are on their way
            stage = Stage(history.records["time"], low, high, x, history.spec.nominal)
        markers = self.markers or _NONE
        self.layer.show(marker_rows(markers, stage), link_rows(markers, stage), whole=len(markers))

    def _wished(self, attr: str, old: Any, new: Any) -> None:
        if self.markers is None or self._select is None:
            return
        for row in new.get("id", ()):
            if 0 <= int(row) < len(self.markers.frame):
                try:
                    self._select(self.markers.frame.iloc[int(row)])
                except Exception:  # whoever was told must not take the chart down
                    _log.exception("the marker of row %s was pressed", row)


_NONE = read_markers(pd.DataFrame({"time": pd.to_datetime([], utc=True), "kind": [], "price": [], "text": []}))
