"""What lies over the chart when there is nothing to draw: why, and the one press that helps."""

from __future__ import annotations

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
        self._retry, self._show, self._other = retry, show, ""
        self._leave: Callable[[], object] | None = None
        self.panel = StatePanel(sizing_mode="stretch_both", margin=0)
        self.panel.param.watch(lambda _: self._pressed(), "clicks")
        self.root = pn.Column(self.panel, css_classes=["wb-chart-state"], margin=0, styles=_STYLES)

    def hide(self) -> None:
        """Give way to the chart."""
        self.root.visible = False

    def no_data(self, symbol: str) -> None:
        """There is nothing of this symbol."""
        self._other, self._leave = "", None
        self.panel.show_empty(
            f"No data for {symbol}",
            "Import some, or choose another symbol.",
            commands=[f"workbench ingest csv FILE --symbol {symbol}"],
        )
        self.root.visible = True

    def no_bars(self, symbol: str, spec: str, other: str) -> None:
        """There is data, but not enough for one bar; ``other`` is a spec that there are bars of, if any."""
        self._other, self._leave = other, None
        self.panel.show_empty(
            f"No {spec} bars of {symbol}",
            "All its data together makes none: take a smaller size.",
            action=f"Show {other} bars" if other else "",
        )
        self.root.visible = True

    def joining(self, replay: str) -> None:
        """A replay is not there yet."""
        self._other, self._leave = "", None
        self.panel.show_loading(title=f"Joining the replay {replay}")
        self.root.visible = True

    def no_replay(self, error: str, leave: Callable[[], object]) -> None:
        """The replay that is followed is gone; ``leave`` shows the market instead."""
        self._other, self._leave = "", leave
        self.panel.show_error(
            error, text="The chart follows it again when it is begun again.", action="Show the live market"
        )
        self.root.visible = True

    def not_yet(self, symbol: str) -> None:
        """Neither history nor replay has a bar of a symbol by now."""
        self._other, self._leave = "", None
        self.panel.show_empty(f"Nothing of {symbol} has happened yet", "Bars come as the replay goes on.")
        self.root.visible = True

    def failed(self, error: Exception, doing: str, other: str) -> None:
        """Something went wrong; what was asked for stays in the controls and in the link."""
        self._other, self._leave = other if isinstance(error, WorkbenchError) else "", None
        action = f"Show {self._other} bars" if self._other else "Try again"
        self.panel.show_error(error, doing=doing, action=action)
        self.root.visible = True

    def _pressed(self) -> None:
        other, leave, self._other, self._leave = self._other, self._leave, "", None
        if leave is not None:
            leave()
        elif other:
            self._show(other)
        else:
            self._retry()
