"""Charts of a page that share a colour: symbol and bar spec follow here, window and crosshair in the browser."""

from __future__ import annotations

from typing import Any

from workbench.views.chart.part import Part
from workbench.views.several import SeveralCharts
from workbench.views.values import LINK_WHAT, Link

#: What is linked by the server.
FOLLOWED = ("symbol", "spec")


class Linked(Part):
    """Tells the chart's scripts with which other charts they are to move.

    Parameters
    ----------
    view
        The chart it belongs to; ``link`` of its state is the colour.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        view.state.param.watch(lambda _: self._tell(), "link")
        self._tell()

    def _tell(self) -> None:
        link = Link.parse(self.view.state.link) if self.view.state.link else None
        what = [one for one in LINK_WHAT if link and one in link.what]
        self.view.chart.settings(link=f"{link.color}:{','.join(what)}" if link else "")


class Links:
    """Keeps symbol and bar spec of charts with one colour the same, as far as they link them.

    Parameters
    ----------
    state
        Of the page; its ``charts`` are followed, also those that come later.
    """

    def __init__(self, state: SeveralCharts) -> None:
        self.state = state
        self._watched: dict[int, tuple[Any, Any]] = {}
        state.param.watch(lambda _: self._adopt(), "charts")
        self._adopt()

    def _adopt(self) -> None:
        now = {id(chart): chart for chart in self.state.charts}
        for gone in self._watched.keys() - now.keys():
            chart, watcher = self._watched.pop(gone)
            chart.param.unwatch(watcher)
        for key, chart in now.items():
            if key not in self._watched:
                watcher = chart.param.watch(
                    lambda *events, chart=chart: self._changed(chart, events), [*FOLLOWED, "link"]
                )
                self._watched[key] = (chart, watcher)

    def _changed(self, chart: Any, events: Any) -> None:
        if self.state.placing or not chart.link:
            return
        names = {event.name for event in events}
        what = Link.parse(chart.link).what
        if "link" in names:  # who joins shows what the others show
            found = {name: self._with(chart, name) for name in what.intersection(FOLLOWED)}
            chart.param.update(**{name: getattr(others[0], name) for name, others in found.items() if others})
            return
        followers: dict[int, tuple[Any, dict[str, Any]]] = {}
        for name in what & names:
            for other in self._with(chart, name):
                followers.setdefault(id(other), (other, {}))[1][name] = getattr(chart, name)
        for other, wanted in followers.values():
            other.param.update(**wanted)

    def _with(self, chart: Any, name: str) -> list[Any]:
        """The other charts on the page that have the colour of one and link this."""
        mine = Link.parse(chart.link).color
        links = [(one, Link.parse(one.link)) for one in self.state.charts[: self.state.count] if one.link]
        return [one for one, link in links if one is not chart and link.color == mine and name in link.what]
