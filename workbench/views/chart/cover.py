"""What lies over the chart when there is nothing to draw: why, and the one press that helps."""

from __future__ import annotations

import functools
from collections.abc import Callable

import panel as pn

from workbench.errors import WorkbenchError
from workbench.views.states import StatePanel

_STYLES = {
    "position": "absolute",
    "inset": "0",
    "z-index": "6",
    "background": "var(--wb-panel, #151a21)",
    "width": "100%",
    "height": "100%",
}


class Cover:
    """A state panel over the chart.

    Parameters
    ----------
    retry
        Called by its button, when that says to try again.
    show
        Called by its button with the spec that it offers instead.
    """

    def __init__(self, retry: Callable[[], object], show: Callable[[str], object]) -> None:
        self._retry, self._show = retry, show
        self._press = retry
        self.panel = StatePanel(sizing_mode="stretch_both", margin=0)
        self.panel.param.watch(lambda _: self._pressed(), "clicks")
        self.root = pn.Column(self.panel, css_classes=["wb-chart-state"], margin=0, styles=_STYLES)

    def hide(self) -> None:
        """Give way to the chart."""
        self.root.visible = False

    def no_data(self, symbol: str) -> None:
        """There is nothing of this symbol."""
        self.panel.show_empty(
            f"No data for {symbol}",
            "Import some, or choose another symbol.",
            commands=[f"workbench ingest csv FILE --symbol {symbol}"],
        )
        self._lie()

    def no_bars(self, symbol: str, spec: str, other: str) -> None:
        """There is data, but not enough for one bar; ``other`` is a spec that there are bars of, if any."""
        self.panel.show_empty(
            f"No {spec} bars of {symbol}",
            "All its data together makes none: take a smaller size.",
            action=f"Show {other} bars" if other else "",
        )
        self._lie(other)

    def joining(self, replay: str) -> None:
        """A replay is not there yet."""
        self.panel.show_loading(title=f"Joining the replay {replay}")
        self._lie()

    def no_replay(self, error: str, leave: Callable[[], object]) -> None:
        """The replay that is followed is gone; ``leave`` shows the market instead."""
        self.panel.show_error(
            error, text="The chart follows it again when it is begun again.", action="Show the live market"
        )
        self._lie(press=leave)

    def not_yet(self, symbol: str) -> None:
        """Neither history nor replay has a bar of a symbol by now."""
        self.panel.show_empty(f"Nothing of {symbol} has happened yet", "Bars come as the replay goes on.")
        self._lie()

    def failed(self, error: Exception, doing: str, other: str) -> None:
        """Something went wrong; what was asked for stays in the controls and in the link."""
        other = other if isinstance(error, WorkbenchError) else ""
        self.panel.show_error(error, doing=doing, action=f"Show {other} bars" if other else "Try again")
        self._lie(other)

    def _lie(self, other: str = "", press: Callable[[], object] | None = None) -> None:
        """Lie over the chart; the button shows bars of ``other``, does ``press``, or tries again."""
        self._press = functools.partial(self._show, other) if other else press or self._retry
        self.root.visible = True

    def _pressed(self) -> None:
        press, self._press = self._press, self._retry
        press()
