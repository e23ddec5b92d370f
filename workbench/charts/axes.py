"""Axes of a chart: the scale of prices, and the shades that tell when the market is closed.

The browser owns the scale, so that a press needs no answer; Python hears of it through ``wish``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, CustomJSTicker, CustomJSTickFormatter, Grid, LinearScale, LogScale

from workbench.charts.scripts import script
from workbench.charts.theme import Tokens
from workbench.errors import DataError
from workbench.market.calendars import Calendar

#: How prices are spread over the height. Percent counts from the first bar in the window.
SCALES = ("linear", "log", "percent")
#: What takes room on the time axis: what was traded, bar by bar, or all the time there is.
AXES = ("trading", "calendar")
#: Columns of the sessions: places on the time axis where trading opens and closes, and whether a day begins there.
SESSION_COLUMNS = ("open", "close", "first")
#: A place beyond all bars.
_BEYOND = 1e7
_BAND, _START = 0.07, 0.35


class AxisLayer:
    """The axes of a ``CandleChart``.

    Parameters
    ----------
    source
        The bars.
    x_range
        What is in the window.

    Attributes
    ----------
    scales
        The scales the browser puts on the price figure, by name.
    wish
        One row, written by the browser: ``seq, what`` ("scale", "shading", "axis") and ``value``. The setting ``heard``
        says which was the last that Python carried out.
    sessions
        ``SESSION_COLUMNS``: stretches of trading among the bars that are shown; none when nothing is to be shaded.
    """

    def __init__(self, source: ColumnDataSource, x_range: Any) -> None:
        self.source, self.x_range = source, x_range
        self.scales = {"linear": LinearScale(), "log": LogScale()}
        self.wish = ColumnDataSource(data={"seq": [], "what": [], "value": []})
        self.sessions = ColumnDataSource(data=_none())

    @property
    def args(self) -> dict[str, Any]:
        """What the chart's scripts are handed."""
        return {"scales": self.scales, "chosen": self.wish, "sessions": self.sessions}

    def prices(self, axis: Any, figure: Any) -> None:
        """Have the ticks of a price axis be round on whatever scale is drawn."""
        args = {"source": self.source, "x_range": self.x_range, "figure": figure}
        code = script("numbers.js", "places.js", "scale.js")
        axis.ticker = CustomJSTicker(args=args, major_code=f"{code}\nreturn wbScale.ticks(cb_data, source, x_range);")
        axis.formatter = CustomJSTickFormatter(
            args=args, code=f"{code}\nreturn wbScale.label(tick, ticks, source, x_range);"
        )

    def shade(self, figure: Any) -> None:
        """Add the shades and the lines of the sessions to a figure, below its grids."""
        code = script("places.js", "sessions.js")
        for what in ("closed", "starts"):
            ticker = CustomJSTicker(
                args={"sessions": self.sessions, "figure": figure},
                major_code=f"{code}\nreturn wbSessions.{what}(cb_data, sessions, figure);",
            )
            figure.add_layout(Grid(dimension=0, ticker=ticker, name=what), "center")

    def restyle(self, figure: Any, t: Tokens) -> None:
        """Give what shades a figure the colours of a theme."""
        for grid in figure.grid:
            if grid.name == "closed":
                grid.update(grid_line_color=None, band_fill_color=t.muted, band_fill_alpha=_BAND)
            elif grid.name == "starts":
                grid.update(grid_line_color=t.faint, grid_line_alpha=_START)

    def trade(self, sessions: dict[str, np.ndarray] | None) -> None:
        """Shade what lies between these sessions; nothing for None. Sends nothing that is there already."""
        wanted = _none() if sessions is None else sessions
        held = self.sessions.data
        if not all(np.array_equal(held[name], wanted[name]) for name in SESSION_COLUMNS):
            self.sessions.data = wanted


def scale_for(asked: str, lowest: float) -> str:
    """The scale that can be drawn where the lowest price is ``lowest``: linear where the one asked for cannot."""
    return asked if asked == "linear" or lowest > 0 else "linear"


def session_places(times: np.ndarray, places: np.ndarray, calendar: Calendar) -> dict[str, np.ndarray] | None:
    """Where on the time axis sessions open and close; None where the calendar does not know the days.

    Parameters
    ----------
    times
        When the bars open (int64 ns UTC, ascending).
    places
        Where they stand on the axis. A session begins half a place before its first bar; those without bars are left
        out.
    calendar
        Whose sessions.
    """
    if not len(times):
        return None
    try:
        known = calendar.sessions(int(times[0]), int(times[-1]) + 1)
    except DataError:
        return None
    if not len(known):
        return None
    low, high = np.searchsorted(times, known.open), np.searchsorted(times, known.close)
    edges = np.append(places - 0.5, _BEYOND)
    new_day = np.r_[True, known.date[1:] != known.date[:-1]]
    half = known.open < times[0]  # it began before the bars that are shown
    keep = high > low
    return {
        "open": np.where(half, -_BEYOND, edges[low])[keep],
        "close": edges[high][keep],
        "first": (new_day & ~half)[keep].astype(np.int8),
    }


def _none() -> dict[str, np.ndarray]:
    return {name: np.zeros(0) for name in SESSION_COLUMNS}
