"""The place of a chart in time: what is on the screen is in the state, and what the state was given is shown."""

from __future__ import annotations

from typing import Any

from workbench.charts.candles import MAX_BARS
from workbench.market.specs import BarSpec
from workbench.views.chart.instants import look_at, window_of
from workbench.views.chart.part import Part

#: Bars of room at the right of the newest one, as a share of the window.
_GAP = 0.04


class Place(Part):
    """Keeps ``window`` and ``bars`` of the state at what is on the screen, and goes there when they were given.

    Parameters
    ----------
    view
        The chart it belongs to.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._window: object = None
        self._given = view.state.window is not None or view.state.bars is not None
        # Before the view's own: when the symbol comes with a window, that must be known as the bars are opened.
        view.state.param.watch(self._told, ["placed", "symbol", "spec"])

    def opened(self) -> None:
        """Go where the state was told to, once."""
        if self._given:
            self._given = False
            self._go()

    def polled(self) -> None:
        """Tell the state where the screen is."""
        view = self.view
        if view.window is self._window or view.history is None or not len(view.history):
            return
        self._window = view.window
        window = window_of(view)
        view.state.param.update(window=window, bars=None if window is not None else self._bars())

    def _told(self, *events: Any) -> None:
        names = {event.name for event in events}
        self._given = "placed" in names
        if names == {"placed"} and self.view.history is not None:
            self._given = False
            if not self._go() and (window_of(self.view) is not None or self._bars() is not None):
                self.view.reload()

    def _go(self) -> bool:
        """Show what the state says; whether it says something."""
        state, history = self.view.state, self.view.history
        if state.window is not None:
            look_at(self.view, *state.window)
        elif state.bars is not None and len(history):
            newest, gap = int(history.records["time"][-1]), max(2.0, _GAP * state.bars)
            if state.bars > MAX_BARS and history.spec.timed:
                span = state.bars * history.spec.nominal
                look_at(self.view, newest - int(span), newest + int(span * _GAP))
            else:
                self.view._show((history.stop + gap - min(state.bars, MAX_BARS), history.stop + gap))
        else:
            return False
        return True

    def _bars(self) -> int | None:
        """Width of the window in bars of the spec that was asked for; None when it is that of a chart that opens."""
        view = self.view
        opening = min(view._look.opening, max(len(view.history), 40))
        width = view.window[1] - view.window[0]
        asked = BarSpec.parse(view.state.spec) if view.frame is None else view.spec
        if view.spec != asked and view.spec.timed and asked.timed:
            return round(min(width * view.spec.nominal / asked.nominal, 10_000_000))
        return None if abs(width - opening - max(2, opening * _GAP)) < 1 else max(8, round(width))
