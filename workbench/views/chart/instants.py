"""The window of a chart as instants: what it shows, whatever bars it is drawn in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.charts.candles import MAX_BARS
from workbench.market.specs import BarSpec
from workbench.views.chart.detail import spec_for
from workbench.views.chart.history import History
from workbench.views.chart.look import Look
from workbench.views.chart.readers import BarReader

if TYPE_CHECKING:
    from workbench.views.chart.view import ChartView

#: Bars that a window has at least.
_LEAST = 8


def window_of(view: ChartView) -> tuple[int, int] | None:
    """Instants (ns UTC) at the edges of the screen; None while the newest bar is on it."""
    history, (start, end) = view.history, view.window
    if history is None or not len(history) or (history.at_end and end >= history.stop - 1):
        return None
    first, last = history.times(start, end)
    return (first, last) if first < last else None


def look_at(view: ChartView, start: int, end: int) -> None:
    """Show the bars between two instants (ns UTC); coarser ones when there are too many of those that were asked for.

    Where there are no bars the window stays.
    """
    held = view.history
    if held is None or not len(held):
        return
    covered, room = held.reader.coverage(), 2 * held.spec.nominal
    newest = max(int(held.records["time"][-1]), covered[1] if covered else 0)
    oldest = min(int(held.records["time"][0]), covered[0] if covered else newest) - room
    start, end = max(start, oldest), min(end, newest + room)
    if start >= min(end, newest):
        return  # the newest bars are on the screen
    history = _around(held.reader, held.spec, start, end)
    bars = _bars(history, start, end)
    if bars > MAX_BARS and held.spec.timed:
        history = _around(held.reader, spec_for(held.spec, held.spec, bars), start, end)
    if not len(history):
        return
    times = history.records["time"]
    if end <= int(times[0]):
        return
    first = history.ordinal(start) if start >= int(times[0]) else history.first - 3
    last = max(history.ordinal(end), first + _LEAST)
    view.history = history
    if history.spec != view.spec:
        view.spec, view._look = history.spec, Look.of(history.spec)
    view._attach()
    view._show((float(first), float(min(last, first + MAX_BARS))))


def _around(reader: BarReader, spec: BarSpec, start: int, end: int) -> History:
    """Bars from before ``start`` to some after ``end``; it stops short of ``start`` when there are too many."""
    history = History(reader, spec).open(before=end + (end - start) // 2)
    while len(history) and int(history.records["time"][0]) > start and _bars(history, start, end) <= MAX_BARS:
        if not history.older():
            break
    return history


def _bars(history: History, start: int, end: int) -> float:
    """How many bars of its spec are in a stretch of time; of what is not held by the pace of what is."""
    if not len(history):
        return 0.0
    first = int(history.records["time"][0])
    held = history.ordinal(end) - max(history.ordinal(start), history.first) + 1
    if start >= first or history.at_start or end <= first:
        return held
    return held * (end - start) / (end - first)
