"""Which bar spec to draw for a window: never more bars than a browser can move, never finer than asked for."""

from __future__ import annotations

from workbench.charts.candles import MAX_BARS
from workbench.market.specs import COMMON, BarSpec
from workbench.views.chart.history import History

#: A finer spec comes back only when it leaves room to zoom out again without flipping.
_ROOMY = MAX_BARS // 2
#: Bars in a window at least.
_LEAST = 8


def spec_for(asked: BarSpec, shown: BarSpec, bars_in_view: float) -> BarSpec:
    """The spec to draw.

    Parameters
    ----------
    asked
        What the user chose; the answer is this or a coarser common one. Bars that are not cut by time are always
        drawn as they are: the chart limits the window instead.
    shown
        What is drawn now.
    bars_in_view
        Bars of ``shown`` in the window.
    """
    if not asked.timed:
        return asked
    span = bars_in_view * shown.nominal
    if bars_in_view > MAX_BARS:
        coarser = [s for s in _ladder(asked) if s.nominal > shown.nominal]
        return next((s for s in coarser if span / s.nominal <= MAX_BARS), coarser[-1] if coarser else shown)
    finer = [s for s in _ladder(asked) if s.nominal < shown.nominal and span / s.nominal <= _ROOMY]
    return finer[0] if finer else shown


def redrawn(old: History, window: tuple[float, float], spec: BarSpec) -> tuple[History, tuple[float, float]] | None:
    """The stretch of time of a window of ``old`` in bars of ``spec``, and its window in those; None without any.

    Where trades are rare a coarse bar holds few finer ones: when there are still too many bars, the next coarser spec.
    """
    while True:
        found = _turned(old, window, spec)
        if found is None or _in_view(*found) <= MAX_BARS:
            return found
        coarser = [s for s in _ladder(spec) if s.nominal > spec.nominal]
        if not coarser:
            return found
        spec = coarser[0]


def _ladder(asked: BarSpec) -> list[BarSpec]:
    return [asked, *(s for s in map(BarSpec.parse, COMMON) if s.nominal > asked.nominal)]


def _in_view(history: History, window: tuple[float, float]) -> float:
    start, end = window
    low = max(start, history.first) if history.at_start else start
    return (min(end, history.stop) if history.at_end else end) - low


def _turned(old: History, window: tuple[float, float], spec: BarSpec) -> tuple[History, tuple[float, float]] | None:
    start, end = window
    t0, t1 = old.times(start, end)
    beyond = max(0.0, end - old.stop) / (end - start) if old.at_end else 0.0
    latest = old.at_end and end >= old.stop - 1
    new = History(old.reader, spec).open(before=None if latest else t1 + (t1 - t0) // 2)
    while not new.at_start and len(new) and new.records["time"][0] > t0 and new.older():
        pass
    if not len(new):
        return None
    new_start = new.ordinal(t0) if t0 >= new.records["time"][0] else new.first - 3
    new_end = new.ordinal(t1)
    if latest:
        new_end = new_start + (new.stop - new_start) / max(0.2, 1 - beyond)
    return new, (float(new_start), float(max(new_end, new_start + _LEAST)))
