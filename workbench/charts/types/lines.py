"""Lines of closes, and what is filled below or beside them. The price axis follows the closes."""

from __future__ import annotations

from typing import Any

from bokeh.models import Line, MultiLine, Patches, Scatter, Span, Step, VArea, VBar

from workbench.charts.types.base import BODY, ChartType, chart_types

_WIDTH, _MARKER_PX, _FILL = 1.6, 4.5, 0.14


class _OfCloses(ChartType):
    by_close = True


@chart_types.register("line")
class ClosingLine(_OfCloses):
    """A line from close to close."""

    title, about, rank = "Line", "From close to close", 20
    icon = "M1.5 12l4-5 3 2.5 6-6.5"

    def draw(self) -> None:
        """The line."""
        line = Line(x="x", y="close", line_width=_WIDTH, line_join="round")
        self.add(line, line_color="accent")


@chart_types.register("line_markers")
class MarkedLine(ClosingLine):
    """A line from close to close, with a dot at each."""

    title, about, rank = "Line with markers", "From close to close, a dot at each", 21
    icon = f"{ClosingLine.icon}M4.5 7a1 1 0 1 0 2 0a1 1 0 1 0-2 0M7.5 9.5a1 1 0 1 0 2 0a1 1 0 1 0-2 0"

    def draw(self) -> None:
        """The line and the dots."""
        super().draw()
        self.add(Scatter(x="x", y="close", size=_MARKER_PX, line_color=None), fill_color="accent")


@chart_types.register("step")
class StepLine(_OfCloses):
    """A close stands until the next one."""

    title, about, rank = "Step line", "A close stands until the next one", 22
    icon = "M1.5 12h4v-5h4v3h2v-6h3"

    def draw(self) -> None:
        """The steps."""
        steps = Step(x="x", y="close", mode="after", line_width=_WIDTH)
        self.add(steps, line_color="accent")


@chart_types.register("area")
class ClosingArea(ClosingLine):
    """A line from close to close, filled down to the lower edge."""

    title, about, rank = "Area", "From close to close, filled below", 23
    icon = f"{ClosingLine.icon}v11h-13z"

    def draw(self) -> None:
        """The area under the line."""
        floor: dict[str, Any] = {"expr": self.computed("floor(bars, figure)", figure=self.canvas.figure)}
        self.add(VArea(x="x", y1="close", y2=floor, fill_alpha=_FILL), fill_color="accent")
        super().draw()


@chart_types.register("baseline")
class Baseline(_OfCloses):
    """A line of closes, filled up or down to a base: the close at the left edge of the window a chart opens with.

    Paging, zooming and other types leave the base as it is; another symbol or bar spec gives another one.
    """

    title, rank = "Baseline", 24
    about = "Closes above and below the one at the left edge when the chart was opened"
    icon = "M1.5 8h13M1.5 12l4-7 4 7 4.5-8"

    def draw(self) -> None:
        """Each side as one outline and one line, with corners where the closes cross the base."""
        self._base = Span(location=None, dimension="width", line_dash=[4, 4], line_width=1, line_alpha=0.7)
        self.color(self._base, line_color="muted")
        self.renderers.append(self._base)
        for side, name in ((1, "up"), (-1, "down")):
            outline, line = ([self._corners(side, what, axis) for axis in "xy"] for what in ("area", "line"))
            area = Patches(xs=outline[0], ys=outline[1], fill_alpha=_FILL, line_color=None)
            self.add(area, fill_color=name)
            self.add(MultiLine(xs=line[0], ys=line[1], line_width=_WIDTH, line_join="round"), line_color=name)

    def _corners(self, side: int, what: str, axis: str) -> dict[str, Any]:
        return {"expr": self.computed(f"{what}(bars, base.location, {side}).{axis}", base=self._base)}

    def rebase(self, price: float) -> None:
        """Compare with this close."""
        self._base.location = price


@chart_types.register("columns")
class Columns(_OfCloses):
    """Columns from the lower edge up to the closes."""

    title, about, rank = "Columns", "From the lower edge up to the close; colour by the close before", 25
    icon = "M2.5 14V8h2.5v6M7 14V4h2.5v10M11.5 14V6H14v8"

    def draw(self) -> None:
        """The columns."""
        floor: dict[str, Any] = {"expr": self.computed("floor(bars, figure)", figure=self.canvas.figure)}
        color = self.by_change
        self.add(VBar(x="x", width=BODY, top="close", bottom=floor, fill_color=color, line_color=None, fill_alpha=0.75))
