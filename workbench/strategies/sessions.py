"""Where a bar is in its session: what is known from the calendar and the bars so far."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.market.calendars import calendar
from workbench.market.events import event_times
from workbench.market.specs import DAY

_MINUTE = 60_000_000_000.0


def session_clock(bars: pd.DataFrame, session: str, leave: float = 0.0) -> pd.DataFrame:
    """Place of each bar in the session of its date; a lunch break is inside.

    Parameters
    ----------
    bars
        Bars, stamped with their open.
    session
        Name of a calendar, such as ``XNYS``. When its sessions close is known beforehand.
    leave
        Minutes before the close by which positions are to be closed.

    Returns
    -------
    ``day``, the open of the session (ns UTC); ``since``, minutes from it to the open of the bar; both NaN outside of
    sessions. ``ending``: whether what is asked for at this close would otherwise have no later bar of the session, or
    none before ``leave``, to be undone in; also where there is no session, and on the first bar of one. The length of a
    bar is the shortest time between two bars so far.
    """
    times = event_times(bars)
    day = np.full(len(times), np.nan)
    left = np.full(len(times), np.nan)
    if len(times):
        # Wider than the bars: a session is whole even where its last stretch is still to come.
        known = calendar(session).sessions(int(times[0]) - DAY, int(times[-1]) + DAY)
        first = np.flatnonzero(np.r_[True, known.date[1:] != known.date[:-1]]) if len(known) else np.zeros(0, int)
        if len(first):
            opens, closes = known.open[first], np.maximum.reduceat(known.close, first)
            at = np.searchsorted(opens, times, "right") - 1
            inside = (at >= 0) & (times < closes[at])
            day[inside] = opens[at[inside]]
            left[inside] = (closes[at[inside]] - times[inside]) / _MINUTE
    length = np.full(len(times), np.inf)
    length[1:] = np.minimum.accumulate(np.diff(times)) / _MINUTE
    ending = ~(left - 2.0 * length > leave + 1e-9 * length) if len(times) else np.zeros(0, bool)
    ending |= day != np.r_[np.nan, day[:-1]]
    return pd.DataFrame({"day": day, "since": (times - day) / _MINUTE, "ending": ending}, index=bars.index)


def opening_range(bars: pd.DataFrame, session: str, minutes: float, leave: float = 0.0) -> pd.DataFrame:
    """``session_clock``, with the highest high and the lowest low of the bars that open in the first ``minutes``.

    ``top`` and ``bottom`` are NaN until the first bar that opens after those minutes, and in a session without a bar in
    them.
    """
    found = session_clock(bars, session, leave)
    early, by = found["since"] < minutes, found["day"]
    over = found["since"] >= minutes
    for name, values in {"top": bars["high"].where(early), "bottom": -bars["low"].where(early)}.items():
        highest = values.groupby(by).cummax().groupby(by).ffill().where(over)
        found[name] = highest if name == "top" else -highest
    return found
