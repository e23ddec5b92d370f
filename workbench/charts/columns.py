"""Bars as the columns of a chart's data source: integer ordinals for x, times beside them."""

from __future__ import annotations

import numpy as np

from workbench.errors import DataError
from workbench.market.calendars import Calendar
from workbench.market.specs import DAY

#: Columns of the source. ``x`` int32 bar ordinal; ``time`` bar open and ``shown`` the instant to be written, ms UTC;
#: ``up`` 1 when the bar closed at or above its open; ``real`` the close that was traded, where bars are drawn with
#: another one (Heikin Ashi); ``delta`` int8 aggressive buys less sells in percent of both, 0 where sides are
#: not known; the others are the bar's own.
COLUMNS = ("x", "time", "shown", "open", "high", "low", "close", "volume", "up", "real", "delta")

_MS = 1_000_000


def bar_columns(
    records: np.ndarray, first: int = 0, *, dated: bool = False, calendar: Calendar | None = None
) -> dict[str, np.ndarray]:
    """Columns for ``records`` (BAR, maybe with more fields), whose first bar has ordinal ``first``.

    Of ``dated`` bars (days and more, and what is made of those) ``shown`` is the session's date at midnight UTC, so
    that no zone can shift it; of others it is the bar's open.
    """
    # Bars of one instant are 1 ns apart; on screen they share a millisecond.
    time = (records["time"] // _MS).astype("f8")
    close = np.ascontiguousarray(records["close"])
    real = np.ascontiguousarray(records["real_close"]) if "real_close" in records.dtype.names else close
    return {
        "x": np.arange(first, first + len(records), dtype=np.int32),
        "time": time,
        "shown": session_dates(records["time"], calendar or Calendar()) / _MS if dated else time,
        "open": np.ascontiguousarray(records["open"]),
        "high": np.ascontiguousarray(records["high"]),
        "low": np.ascontiguousarray(records["low"]),
        "close": close,
        "volume": np.ascontiguousarray(records["volume"]),
        "up": (records["close"] >= records["open"]).astype(np.int8),
        "real": real,
        "delta": _deltas(records),
    }


def _deltas(records: np.ndarray) -> np.ndarray:
    buys, sells = np.nan_to_num(records["buy_volume"]), np.nan_to_num(records["sell_volume"])
    both = buys + sells
    share = np.divide(buys - sells, both, out=np.zeros(len(records)), where=both > 0)
    return np.round(100 * share).astype(np.int8)


def session_dates(times: np.ndarray, calendar: Calendar) -> np.ndarray:
    """Date of the session that holds each of ``times`` (int64 ns UTC), as ns UTC of that date's midnight.

    Outside of every session, and where the calendar is not known, a stamp at midnight UTC keeps its own date (many
    vendors stamp daily bars so) and any other has the date on the calendar's wall.
    """
    if not len(times):
        return np.zeros(0, "i8")
    import pandas as pd

    times = times - times % _MS  # several bars of one day are 1 ns apart
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
