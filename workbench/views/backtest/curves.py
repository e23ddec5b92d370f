"""What a result adds to a chart: equity and drawdown on its time axis, and the stretch that was picked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.charts.curves import Curve, ResultPanes, on_bars
from workbench.views.backtest.loaded import after
from workbench.views.chart import ChartView
from workbench.views.chart.instants import look_at
from workbench.views.chart.part import Part

#: Share of the window that a stretch may take before the window is made to hold it.
_FITS = 0.6
#: Until the page has settled after a change around the chart, ms.
_LATER_MS = 300


class CurvesPart(Part):
    """Follows the bars of a chart with the curves of a result.

    Parameters
    ----------
    view
        The chart; hang it on with ``view.parts.append``.
    """

    def __init__(self, view: ChartView) -> None:
        super().__init__(view)
        self.panes = ResultPanes(view.chart)
        self.curve: Curve | None = None
        self._picked: tuple[int, int, str] | None = None
        self._turn = 0
        view.state.param.watch(
            lambda *_: (self.panes.theme(view.state.dark, view.state.palette), self._mark()), ["dark", "palette"]
        )

    def put(self, curve: Curve | None, *, later: bool = False) -> None:
        """Show the curves of a result in place of others; None takes them away.

        ``later`` is for when the page around the chart changes too: two changes of the layout at once meet figures
        that are half made. What is taken away is always taken away later.
        """
        self.curve, self._picked = curve, None
        self._turn += 1
        turn, on = self._turn, curve is not None
        if on == self.panes.shown or (on and not later):
            self.panes.show(on)
        else:
            after(_LATER_MS, lambda: self.panes.show(on) if turn == self._turn else None)
        self.drawn()

    def drawn(self) -> None:
        """The chart holds other bars: the curves follow."""
        history = self.view.history
        if self.curve is None or history is None or not len(history):
            self.panes.draw(0, {name: np.zeros(0) for name in ("equity", "benchmark", "drawdown")})
            self.panes.mark(None)
            return
        low, high = self.view.shown
        times = history.records["time"][low - history.first : high - history.first]
        after = high - history.first
        end = int(history.records["time"][after]) if after < len(history) else int(times[-1]) + history.spec.nominal
        self.panes.draw(low, on_bars(self.curve, np.asarray(times), end))
        self._mark()

    def pick(self, start: Any, end: Any, tone: str = "accent") -> None:
        """Shade the bars from one moment to another and bring them into the window."""
        first, last = (int(pd.Timestamp(one).value) for one in (start, end))
        self._picked = None
        view, history = self.view, self.view.history
        if history is None or not len(history):
            self._picked = (first, last, tone)
            return
        width = view.window[1] - view.window[0]
        pace = max(1, history.spec.nominal)
        if history.spec.timed and last - first > _FITS * width * pace:
            room = (last - first) // 8 + pace
            look_at(view, first - room, last + room)
        else:
            view.go_to(pd.Timestamp(first, tz="UTC"))
        # Told apart from the bars: what is held together with them was seen to get lost on its way.
        self._picked = (first, last, tone)
        self._mark()

    def clear(self) -> None:
        """Take the shade away."""
        self._picked = None
        self.panes.mark(None)

    def _mark(self) -> None:
        history = self.view.history
        if self._picked is None or history is None or not len(history):
            self.panes.mark(None)
            return
        first, last, tone = self._picked
        self.panes.mark((history.ordinal(first), history.ordinal(last)), tone)
