"""From stamps of a file to the open of each bar: the bar spec, sessions of date-only stamps, bar-end stamps."""

from __future__ import annotations

import numpy as np

from workbench.catalog.ingest.words import option
from workbench.errors import DataError, IngestError
from workbench.market.calendars import Calendar, Sessions, midnights
from workbench.market.specs import DAY, SECOND, BarSpec

_KNOWN = {BarSpec.parse(s).step for s in ("1s", "5s", "10s", "15s", "30s", "1min", "2min", "3min", "5min", "10min",
                                          "15min", "30min", "1h", "2h", "4h")}  # fmt: skip


def infer_spec(times: np.ndarray) -> BarSpec:
    """The bar spec whose stamps these are (ns, any order).

    Intraday: the largest step that all distances are multiples of. Whole days, weeks and months are told by the usual
    distance. ``IngestError`` that asks for ``spec`` when the stamps do not say.
    """
    gaps = np.diff(np.unique(times))
    if len(gaps) < 2:
        raise IngestError(f"{len(gaps) + 1} bar(s) are too few to tell the bar spec{_ask()}")
    low, usual = int(gaps.min()), float(np.median(gaps)) / DAY
    if low >= 20 * 3600 * SECOND:
        if usual < 4.5:
            return BarSpec.parse("1d")
        if 5 <= usual < 10 and low >= 4 * DAY:
            return BarSpec.parse("1w")
        if 27 <= usual < 32:
            return BarSpec.parse("1mo")
        raise IngestError(f"bars that are {usual:.1f} days apart are no days, weeks or months{_ask()}")
    step = int(np.gcd.reduce(gaps))
    if step % SECOND or (step not in _KNOWN and step != low):
        shared = f"they share {step / SECOND:g} s"
        raise IngestError(f"the distances of the stamps do not say the bar spec ({shared}){_ask()}")
    return BarSpec.parse(f"{step // SECOND}s")


def _ask() -> str:
    return f"; pass {option('spec')}, e.g. {option('spec', '1min')} or {option('spec', '1d')}"


def no_session(calendar: Calendar) -> str:
    """Why a row is not used whose date is no session of the calendar."""
    return f"calendar {calendar.name} has no session on this date ({option('tz')} takes midnights instead)"


def session_opens(
    dates: np.ndarray, calendar: Calendar, spec: BarSpec, *, at_end: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Opens (ns UTC) of the bars that date-only stamps name, and which dates have a session.

    Days are named by their session. A week or month is named by any day of it; when that has no session, the next one
    that has (the one before, when stamps mean the end). Before a calendar begins, midnights of its zone are taken.
    """
    days = dates.astype("M8[ns]").astype("M8[D]")
    fallback = midnights(days, calendar.tz)
    if len(days) == 0:
        return fallback, np.ones(0, bool)
    known = _known_range(calendar, fallback)
    if not known.any():
        return fallback, np.ones(len(days), bool)
    start, end = int(fallback[known].min()) - 10 * DAY, int(fallback[known].max()) + 40 * DAY
    sessions = _clipped(calendar, start, end)
    first = np.r_[True, sessions.date[1:] != sessions.date[:-1]] if len(sessions) else np.zeros(0, bool)
    session_days, opens = sessions.date[first], sessions.open[first]
    if spec.unit == "d":
        at = np.clip(np.searchsorted(session_days, days), 0, len(session_days) - 1)
        exact = session_days[at] == days
        return np.where(known, opens[at], fallback), exact | ~known
    side = np.searchsorted(session_days, days, "right") - 1 if at_end else np.searchsorted(session_days, days)
    at = np.clip(side, 0, len(session_days) - 1)
    windows = calendar.windows(spec, int(opens[at].min()), int(opens[at].max()))
    stamp = windows.stamp[np.searchsorted(windows.open, opens[at], "right") - 1]
    return np.where(known, stamp, fallback), np.ones(len(days), bool)


def opens_of_ends(times: np.ndarray, calendar: Calendar, spec: BarSpec) -> np.ndarray:
    """Bar opens for stamps that mean the bar's end (ns UTC)."""
    if spec.step or len(times) == 0:
        return times - spec.step
    windows = calendar.windows(spec, int(times.min()) - 10 * DAY, int(times.max()))
    at = np.searchsorted(windows.open, times, "left") - 1
    return np.where(at >= 0, windows.stamp[np.maximum(at, 0)], times)


def _known_range(calendar: Calendar, instants: np.ndarray) -> np.ndarray:
    """Which instants the calendar knows; exchange calendars begin somewhere and end about a year ahead."""
    try:
        calendar.sessions(int(instants.min()), int(instants.max()))
        return np.ones(len(instants), bool)
    except DataError:
        known = np.zeros(len(instants), bool)
        for year in np.unique(instants.astype("M8[ns]").astype("M8[Y]")):
            rows = instants.astype("M8[ns]").astype("M8[Y]") == year
            try:
                calendar.sessions(int(instants[rows].min()), int(instants[rows].max()))
                known |= rows
            except DataError:
                continue
        return known


def _clipped(calendar: Calendar, start: int, end: int) -> Sessions:
    """Sessions of the range, shrunk to what the calendar knows."""
    for pad_start, pad_end in ((0, 0), (10, 0), (0, 40), (10, 40)):
        try:
            return calendar.sessions(start + pad_start * DAY, end - pad_end * DAY)
        except DataError:
            continue
    raise IngestError(
        f"calendar {calendar.name} does not know these dates; pass {option('tz')} for bars stamped at midnight"
    )
