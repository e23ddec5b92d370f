"""Bars as the columns of a chart's data source: integer ordinals for x, times beside them."""

from __future__ import annotations

import numpy as np

from workbench.errors import DataError
from workbench.market.calendars import Calendar
from workbench.market.specs import DAY, BarSpec

#: Columns of the source. ``x`` int32 bar ordinal; ``time`` bar open and ``shown`` the instant to be written, ms UTC;
#: ``up`` 1 when the bar closed at or above its open; the others are the bar's own.
COLUMNS = ("x", "time", "shown", "open", "high", "low", "close", "volume", "up")

_MS = 1_000_000


def bar_columns(
    records: np.ndarray, first: int = 0, *, spec: BarSpec | None = None, calendar: Calendar | None = None
) -> dict[str, np.ndarray]:
    """Columns for ``records`` (BAR), whose first bar has ordinal ``first``.

    For specs of a day and more ``shown`` is the session's date at midnight UTC, so that no zone can shift it; for
    finer ones it is the bar's open.
    """
    time = records["time"] / _MS
    dated = spec is not None and not spec.step
    return {
        "x": np.arange(first, first + len(records), dtype=np.int32),
        "time": time,
        "shown": session_dates(records["time"], calendar or Calendar()) / _MS if dated else time,
        "open": np.ascontiguousarray(records["open"]),
        "high": np.ascontiguousarray(records["high"]),
        "low": np.ascontiguousarray(records["low"]),
        "close": np.ascontiguousarray(records["close"]),
        "volume": np.ascontiguousarray(records["volume"]),
        "up": (records["close"] >= records["open"]).astype(np.int8),
    }


def session_dates(times: np.ndarray, calendar: Calendar) -> np.ndarray:
    """Date of the session that holds each of ``times`` (int64 ns UTC), as ns UTC of that date's midnight.

    Outside of every session, and where the calendar is not known, a stamp at midnight UTC keeps its own date (many
    vendors stamp daily bars so) and any other has the date on the calendar's wall.
    """
    if not len(times):
        return np.zeros(0, "i8")
    import pandas as pd

    midnight = times % DAY == 0
    wall = pd.DatetimeIndex(times.view("M8[ns]")).tz_localize("UTC").tz_convert(calendar.tz).tz_localize(None)
    out = np.where(midnight, times, wall.to_numpy().astype("M8[D]").astype("M8[ns]").view("i8"))
    try:
        sessions = calendar.sessions(int(times[0]), int(times[-1]) + 1)
    except DataError:
        return out
    if not len(sessions):
        return out
    at = np.searchsorted(sessions.open, times, "right") - 1
    inside = (at >= 0) & (times < sessions.close[at])
    dates = sessions.date[at].astype("M8[D]").astype("M8[ns]").view("i8")
    return np.where(inside, dates, out)
