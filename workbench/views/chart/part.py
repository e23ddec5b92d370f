"""What hangs on a chart and follows it: drawings, exports, comparisons. The view calls, a part draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.views.chart.view import ChartView


class Part:
    """One part of a chart.

    The view has, for parts to read: ``chart`` (the ``CandleChart``), ``state``, ``services``, ``history`` (the bars
    that are held; None while there are none), ``shown`` (ordinals from, to of the bars in the browser), ``window``
    (ordinals at the edges of the screen), ``instrument`` and ``spec`` (of the bars that are drawn).

    Parameters
    ----------
    view
        The chart it belongs to. Its figure is there, its data not yet.
    """

    def __init__(self, view: ChartView) -> None:
        self.view = view

    def tools(self) -> list[Any]:
        """What it offers in the page's top bar."""
        return []

    def rail(self) -> list[Any]:
        """What it offers at the left edge of the chart, from top to bottom."""
        return []

    def opened(self) -> None:
        """Another symbol or spec was opened: ``view.history`` is a new one."""

    def drawn(self) -> None:
        """The browser holds other bars, or the same ones anew."""

    def lived(self, first: int) -> None:
        """Bars from the ordinal ``first`` on were changed or appended by live trades."""

    def polled(self) -> None:
        """Ten times a second, while the page is open; must cost nothing when nothing changed."""

    def close(self) -> None:
        """The session ends: let go of what is held."""
