"""How many bars a year has: counted from the session calendar and the bar spec, with the reason in words.

The count is the same whatever stretch of data it is for, so that ratios of different stretches compare. Bars that no
calendar cuts (ticks, volume, Renko) are counted in the data, over the time that the market was open.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.market.calendars import Calendar, Sessions, calendar
from workbench.market.events import to_ns
from workbench.market.specs import BarSpec

#: Years that are counted: twenty whole ones, five of them leap years.
FIRST, LAST = 2005, 2024
#: A whole number of bars is told where it is this near: 251.65 sessions are 252, 2.4 bars are not 2.
_WHOLE = 0.005
#: Bars in the data may differ from the calendar by this part before they are believed instead.
_APART = 0.1
#: ... and by so many, which the edges of a stretch may add.
_FEW = 2
_YEAR = 365.25 * 86_400e9


@dataclass(frozen=True)
class Annual:
    """Bars a year, with the reason; it can be given wherever a measure takes ``periods``.

    Parameters
    ----------
    periods
        Bars a year.
    reason
        Where the number comes from, in a sentence that can stand beside a ratio.
    """

    periods: float
    reason: str

    def __float__(self) -> float:
        return self.periods

    def __str__(self) -> str:
        return f"{self.periods:,.6g} bars a year: {self.reason}"


def periods_per_year(
    spec: str | BarSpec | None = None, session: str | Calendar = "24/7", *, index: pd.DatetimeIndex | None = None
) -> Annual:
    """Bars a year of ``spec`` on the calendar ``session``.

    Parameters
    ----------
    spec
        Bar spec, such as ``1d``; None where it is not known, which needs ``index``.
    session
        Name of a calendar, such as ``XNYS``, or the calendar itself.
    index
        When the bars of the data opened. It decides for bars that time does not cut. Where the data have over a tenth
        more or less bars than the calendar (bars without trades do not exist; trading out of hours does), they are
        believed: a missing bar's return is in the next one.

    Returns
    -------
    Annual

    Raises
    ------
    DataError
        For bars that time does not cut, without an ``index`` of two bars or more.

    Examples
    --------
    >>> float(periods_per_year("1min")), float(periods_per_year("1d", "XNYS"))
    (525960.0, 252.0)
    """
    hours = calendar(session) if isinstance(session, str) else session
    read = None if spec is None else BarSpec.parse(spec)
    timed = read is not None and read.timed
    counted = _counted(hours, read) if timed else None
    times = None if index is None else to_ns(index)
    if times is None or len(times) < 2 or times[-1] <= times[0]:
        if counted is None:
            what = f"bars of {read}" if read else "bars of an unknown spec"
            raise DataError(f"{what} have no fixed number a year; give index=, the times of two bars or more")
        return counted
    if counted is None:
        return _observed(hours, times)
    return _believed(counted, hours, read, times)


def elapsed_years(index: pd.DatetimeIndex) -> float:
    """Years of 365.25 days between the first and the last stamp; 0 for less than two."""
    times = to_ns(index)
    return float(times[-1] - times[0]) / _YEAR if len(times) > 1 else 0.0


@functools.lru_cache(maxsize=256)
def _counted(hours: Calendar, spec: BarSpec) -> Annual:
    start, end, years = _span(hours)
    exact = _bars(hours, spec, start, end) / years
    what = f"sessions of {hours.name}" if str(spec) == "1d" else f"{spec} bars of {hours.name}"
    said = f"{what}, {exact:,.6g} a year on average over {years} years to {LAST}"
    whole = round(exact)
    near = whole > 0 and abs(whole / exact - 1.0) <= _WHOLE
    return Annual(float(whole), f"{said}, rounded") if near and whole != exact else Annual(exact, said)


def _bars(hours: Calendar, spec: BarSpec, start: int, end: int) -> int:
    """Bars that begin in [start, end), give or take the first one."""
    windows = hours.windows(spec, start, end)
    if not spec.step:
        return len(np.unique(windows.stamp[(windows.stamp >= start) & (windows.stamp < end)]))
    # Bars of a stretch lie on the grid of its stamp, which may be its close for hours counted back from an open.
    first = (np.maximum(windows.open, start) - windows.stamp) // spec.step
    last = -((windows.stamp - np.minimum(windows.close, end)) // spec.step)
    return int(np.maximum(last - first, 0).sum())


def _believed(counted: Annual, hours: Calendar, spec: BarSpec, times: np.ndarray) -> Annual:
    """The calendar, unless the data have other bars than it over the same stretch."""
    try:
        full = _bars(hours, spec, int(times[0]), int(times[-1]))
    except DataError:  # the calendar does not reach so far
        return counted
    there = len(times) - 1
    if abs(there - full) <= max(_APART * full, _FEW):
        return counted
    if not full:
        return _observed(hours, times)
    share = f"the data have {there / full:.0%} of the bars of a full calendar, and are believed"
    return Annual(counted.periods * there / full, f"{counted.reason}; {share}")


def _observed(hours: Calendar, times: np.ndarray) -> Annual:
    start, end, years = _span(hours)
    try:
        opened = _open_time(hours, int(times[0]), int(times[-1]))
    except DataError:
        opened = 0.0
    if opened > 0:
        passed, where = opened / (_open_time(hours, start, end) / years), f"open time of {hours.name}"
    else:
        passed, where = float(times[-1] - times[0]) / _YEAR, "calendar time"
    count = len(times) - 1
    return Annual(count / passed, f"{count:,} bars in {passed:.4g} years of {where}, counted in the data")


def _open_time(hours: Calendar, start: int, end: int) -> float:
    sessions: Sessions = hours.sessions(start, end)
    inside = np.minimum(sessions.close, end) - np.maximum(sessions.open, start)
    return float(np.maximum(inside, 0).sum(dtype=float))


@functools.lru_cache(maxsize=64)
def _span(hours: Calendar) -> tuple[int, int, int]:
    """The years to count: those of ``FIRST`` to ``LAST`` that the calendar knows whole."""
    end = pd.Timestamp(f"{LAST + 1}-01-01").value
    for year in range(FIRST, LAST + 1):
        start = pd.Timestamp(f"{year}-01-01").value
        try:
            sessions = hours.sessions(start, end - 1)
        except DataError:
            continue
        if len(sessions) and sessions.open[0] - start < 31 * 86_400e9:
            return start, end, LAST + 1 - year
    raise DataError(f"calendar {hours.name} has no whole year from {FIRST} to {LAST} to count bars in")
