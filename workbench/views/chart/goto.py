"""Go to a date: a button and its field, all there is, the first and the newest bar."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import panel as pn
import param

from workbench.charts.candles import MAX_BARS
from workbench.errors import DataError, WorkbenchError
from workbench.views.chart.history import CHUNK, History
from workbench.views.chart.instants import look_at
from workbench.views.chart.part import Part
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
_FORM = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?")
#: Years that have nanoseconds in 64 bits.
_YEARS = (1700, 2200)
_EXAMPLE = "2013-03-11 or 2013-03-11 09:35"


def read_moment(text: str, zone: str) -> tuple[datetime, bool]:
    """What a text names in a zone, and whether it is a whole day.

    Parameters
    ----------
    text
        ``2013``, ``2013-03``, ``2013-03-11`` or ``2013-03-11 09:35`` (a ``T`` between is taken, and seconds).

    Raises
    ------
    DataError
        It is none of those, or there is no such day.
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise DataError(f"{text.strip()[:40]!r} is no date: write {_EXAMPLE}")
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise DataError(f"the year must be from {_YEARS[0]} to {_YEARS[1]}, not {year}: write {_EXAMPLE}")
    try:
        return datetime(
            year, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=ZoneInfo(zone)
        ), hour is None
    except ValueError as error:
        raise DataError(f"{text.strip()[:40]!r} is no date, {error}: write {_EXAMPLE}") from None


def go_to(view: Any, instant: int, at: float = 0.5) -> bool:
    """Bring the bar that holds an instant (ns UTC) into view; whether it lies between the first and the last bar.

    In a night or a pause it is the bar after it, beyond the bars the nearest one. The width of the window stays; ``at``
    is the part of it that is left of the bar, which is pointed at where it comes to the middle.
    """
    held = view.history
    if held is None or not len(held):
        return False
    width = min(view.window[1] - view.window[0], MAX_BARS)
    history = _holding(held, instant, int(width))
    times = history.records["time"]
    row = int(times.searchsorted(instant, "right")) - 1
    inside = row >= 0
    late = instant - int(times[row]) >= history.spec.nominal if inside else True
    if late and history.spec.timed:  # it had ended: what comes next is nearer to what was asked for
        inside = inside and row + 1 < len(times)
        row = min(row + 1, len(times) - 1)
    ordinal = history.first + max(row, 0)
    if history is not held:
        view.history = history
        view._attach()
    view._show((ordinal - width * at, ordinal + width * (1 - at)))
    if at == 0.5:
        view.chart.point_at(ordinal)
    return inside


def fit(view: Any) -> None:
    """Show all there is, in coarser bars where they are too many."""
    held = view.history
    if held is None or not len(held):
        return
    covered, times = held.reader.coverage(), held.records["time"]
    first = min(int(times[0]), covered[0] if covered else int(times[0]))
    last = max(int(times[-1]), covered[1] if covered else int(times[-1]))
    look_at(view, first, last + max(held.spec.nominal, (last - first) // 40))


def _holding(held: History, instant: int, width: int) -> History:
    """Bars around an instant: those that are held, where they reach, else others."""
    times = held.records["time"]
    known = int(times[0]) <= instant and (held.at_end or instant < int(times[-1]))
    history = held
    if not known:
        history = History(held.reader, held.spec).open(before=instant + 1)
        if not len(history):
            history = History(held.reader, held.spec).open_start()
    at = history.ordinal(instant)
    while at - width < history.first and history.older(max(CHUNK, width)):
        pass
    while at + width > history.stop and history.newer(max(CHUNK, width)):
        pass
    return history


class GoToMenu(pn.custom.JSComponent):
    """A button and its popover; opened and typed into without the server."""

    zone = param.String(default="UTC", doc="Zone in which a time is read; empty where bars are told by their date.")
    said = param.String(default="", doc="What became of what was asked.")
    done = param.Integer(default=0, bounds=(0, None), doc="Counts what was carried out: the popover closes then.")

    _esm = with_el(_JS / "goto.js")
    _stylesheets = [_CSS / "goto.css"]


class GoTo(Part):
    """Moves the window to a date that is typed.

    Parameters
    ----------
    view
        The chart it belongs to.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self.menu = GoToMenu(margin=0, sizing_mode=None, css_classes=["wb-goto"])
        self.menu.on_msg(lambda event: self.act(str(event.data.get("what")), str(event.data.get("text", ""))))
        view.state.param.watch(lambda *_: self._tell(), "tz")

    def tools(self) -> list[Any]:
        """The button."""
        return [self.menu]

    def opened(self) -> None:
        """Other bars may be told by dates."""
        self.menu.said = ""
        self._tell()

    def act(self, what: str, text: str = "") -> None:
        """Carry out what was pressed: ``go`` to a date, ``first``, ``all`` or ``newest``; say what was wrong."""
        view, self.menu.said = self.view, ""
        if view.history is None or not len(view.history):
            self.menu.said = f"There are no bars of {view.state.symbol} on the chart: open a symbol with data"
            return
        try:
            with pn.io.hold():
                said = self._go(text) if what == "go" else ""
                if what == "first":
                    view._to_start()
                elif what == "newest":
                    view._to_end()
                elif what == "all":
                    said = self._all()
        except WorkbenchError as error:
            said = str(error.args[0] if error.args else error)
            self.menu.said = f"{said[:1].upper()}{said[1:]}"
            return
        self.menu.said = said
        if not said:
            self.menu.done += 1

    def _all(self) -> str:
        """Show all there is; what of it had to stay away."""
        view = self.view
        fit(view)
        history, (start, end) = view.history, view.window
        if history.spec.timed or (history.at_start and start <= history.first):
            return ""
        at = min(max(0, round(start) - history.first), len(history) - 1)
        shown = f"{min(round(end), history.stop) - max(round(start), history.first):,}"
        first = self._told(int(history.records["time"][at]))
        return f"These bars have no coarser ones: the newest {shown} are shown, from {first} on. Larger ones show more"

    def _go(self, text: str) -> str:
        view = self.view
        # A session is called by a date of its market, wherever the reader is; at noon it is that day everywhere in it.
        moment, whole = read_moment(text, view.instrument.calendar.tz if view._look.dated else view.state.tz)
        if view._look.dated:
            moment = moment.replace(hour=12, minute=0, second=0)
        instant = int(pd.Timestamp(moment).value)
        covered = view.history.reader.coverage()
        if go_to(view, instant) or (whole and covered and covered[0] - 86_400 * 10**9 < instant <= covered[1]):
            return ""
        first, last = (self._told(edge) for edge in covered or (instant, instant))
        return f"{view.instrument.symbol} has bars from {first} to {last}: this is the nearest"

    def _told(self, instant: int) -> str:
        zone = "UTC" if self.view._look.dated else self.view.state.tz
        form = "%Y-%m-%d" if self.view._look.dated else "%Y-%m-%d %H:%M"
        return f"{pd.Timestamp(instant, tz='UTC').tz_convert(zone):{form}}"

    def _tell(self) -> None:
        self.menu.zone = "" if self.view._look.dated else self.view.state.tz
