"""Bars that the store derives from events: 1s -> 1min -> 1h -> 1d, each exactly from the finer one.

Prices and counts equal bars made from the events directly bit for bit; sums of fractional sizes agree to 1e-12.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.bars import bars_from_bars, bars_from_trades, quote_bars_from_quote_bars, quote_bars_from_quotes
from workbench.catalog.schema import ROLLUP_OF
from workbench.errors import DataError
from workbench.market.calendars import Calendar, Windows, calendar
from workbench.market.specs import BarSpec

#: Rungs of fixed step on the UTC grid, finest first, and the rung of sessions made from the minutes.
STEPS = tuple(BarSpec.parse(text) for text in ("1s", "1min", "1h"))
DAILY = BarSpec.parse("1d")
_DAILY_FROM = "1min"

Read = Callable[[str, int, int], np.ndarray]
Splice = Callable[[str, np.ndarray, int, int], None]


def rungs(base: str) -> list[str]:
    """Kinds derived from ``base`` events, finest first; none for kinds without rollups."""
    prefix = ROLLUP_OF.get(base)
    return [f"{prefix}_{spec}" for spec in (*STEPS, DAILY)] if prefix else []


def update(base: str, first: int, last: int, *, read: Read, splice: Splice, sessions: Calendar | None) -> None:
    """Build anew every rollup bar that holds an instant of [first, last] (ns).

    ``read(kind, start, end)`` gives stored records of [start, end); ``splice(kind, records, start, end)`` puts bars
    in the place of what is stored in [start, end). ``sessions`` is the calendar of the daily bars; without one there
    are none.
    """
    prefix = ROLLUP_OF[base]
    from_events, from_bars = (
        (bars_from_trades, bars_from_bars) if base == "trades" else (quote_bars_from_quotes, quote_bars_from_quote_bars)
    )
    finer, build = base, from_events
    for spec in STEPS:
        start, end = first - first % spec.step, last - last % spec.step + spec.step
        splice(f"{prefix}_{spec}", build(read(finer, start, end), spec, calendar("24/7")), start, end)
        finer, build = f"{prefix}_{spec}", from_bars
    if sessions is not None:
        update_daily(base, first, last, read=read, splice=splice, sessions=sessions)


def update_daily(base: str, first: int, last: int, *, read: Read, splice: Splice, sessions: Calendar) -> None:
    """The last rung of ``update``: sessions from minutes."""
    prefix = ROLLUP_OF[base]
    from_bars = bars_from_bars if base == "trades" else quote_bars_from_quote_bars
    span = whole_bars(DAILY, sessions, first, last + 1)
    if span is not None:
        minutes = read(f"{prefix}_{_DAILY_FROM}", *span)
        splice(f"{prefix}_{DAILY}", from_bars(minutes, DAILY, sessions), *span)


def whole_bars(spec: BarSpec, sessions: Calendar, start: int, end: int) -> tuple[int, int] | None:
    """The shortest [from, to) of whole bars of ``spec`` that holds every bar with an instant of [start, end).

    A bar of several sessions has the instants between them too. None when no bar has one. Bars on the grid of a
    session may be cut at its open and its close.
    """
    windows = sessions.windows(spec, start, end - 1)
    if windows.step == 0:
        return whole_stretches(windows, start, end)
    touched = np.flatnonzero((windows.close > start) & (windows.open < end))
    if not len(touched):
        return None
    first, last, step = touched[0], touched[-1], windows.step
    open_, close = int(windows.open[first]), int(windows.close[last])
    begin, finish = int(windows.stamp[first]), int(windows.stamp[last])
    low = begin + (max(start, open_) - begin) // step * step
    high = finish - (finish - min(end, close)) // step * step
    return max(low, open_), min(high, close)


def whole_stretches(windows: Windows, start: int, end: int) -> tuple[int, int] | None:
    """As ``whole_bars`` for windows without a step, whose stretches of equal stamp are one bar."""
    if not len(windows.open):
        return None
    stamps, begins = np.unique(windows.stamp, return_index=True)
    closes = windows.close[np.append(begins[1:], len(windows.close)) - 1]
    touched = (closes > start) & (stamps < end)
    return (int(stamps[touched][0]), int(closes[touched][-1])) if touched.any() else None


def covering_calendar(sessions: Calendar, first: int, last: int) -> Calendar | None:
    """``sessions`` when it knows the days of [first, last], else None: such daily bars are not stored."""
    try:
        sessions.windows(DAILY, first, last)
    except DataError:
        return None
    return sessions
