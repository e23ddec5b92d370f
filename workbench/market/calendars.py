"""Sessions: when a market is open. Days, custom hours and exchange calendars share one interface.

A session is a half-open stretch [open, close) of ns UTC with the date it is called by; a lunch break makes two
stretches of one date. Every bar of ``Windows`` lies inside one stretch, or holds whole stretches.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from workbench.errors import DataError, unknown
from workbench.market.instants import instant_of
from workbench.market.specs import DAY, BarSpec

_MONDAY = np.datetime64("1970-01-05", "D")  # so that week numbers count from a Monday
_DAILY = BarSpec.parse("1d")
_CLOSED_AT_MOST = 21 * DAY  # the longest holidays between two sessions, with room


@dataclass(frozen=True)
class Sessions:
    """Stretches of trading in time order: ``date`` (datetime64[D]), ``open`` and ``close`` (int64 ns UTC)."""

    date: np.ndarray
    open: np.ndarray
    close: np.ndarray

    def __len__(self) -> int:
        return len(self.date)


@dataclass(frozen=True)
class Windows:
    """Where bars may begin and end; what the time-bar kernels take.

    Prints outside every [open, close) belong to no bar. With ``step`` > 0 bars begin at ``stamp + k * step`` for whole
    k, of either sign, and are cut at ``open`` and ``close``; with ``step`` 0 all stretches of equal ``stamp`` form one
    bar that is stamped so.
    """

    open: np.ndarray
    close: np.ndarray
    stamp: np.ndarray
    step: int


@dataclass(frozen=True)
class Calendar:
    """Every local day of ``tz``, around the clock; also the base of the other calendars."""

    name: str = "24/7"
    tz: str = "UTC"

    def sessions(self, start: object, end: object) -> Sessions:
        """All stretches that overlap [start, end], the first and last whole.

        ``start`` and ``end`` are instants: texts, dates, timestamps (UTC without a zone) or integers (ns UTC). A date
        is its midnight, so that ``end="2026-01-06"`` leaves out what opens later on that day.

        Raises
        ------
        DataError
            One cannot be read as an instant, or lies where the calendar is not known.
        """
        return self._between(instant_of(start), instant_of(end))

    def _between(self, start: int, end: int) -> Sessions:
        first = local_date(start, self.tz) - 1
        last = local_date(end, self.tz) + 1
        dates = np.arange(first, last + 1)
        edges = midnights(np.append(dates, last + 1), self.tz)
        return _clip(Sessions(dates, edges[:-1], edges[1:]), start, end)

    def windows(self, spec: BarSpec, start: int, end: int) -> Windows:
        """Bar windows of ``spec`` that cover [start, end] (ns UTC); the same whatever the range asked for."""
        pad = 0 if spec.step else spec.nominal + 10 * DAY
        sessions = self.sessions(start - pad, end + pad)
        if spec.step:
            return Windows(sessions.open, sessions.close, sessions.open, spec.step)
        group = _group(sessions.date, spec)
        first = np.r_[True, group[1:] != group[:-1]] if len(group) else np.zeros(0, bool)
        stamp = sessions.open[first][np.cumsum(first) - 1] if len(group) else sessions.open
        return Windows(sessions.open, sessions.close, stamp, 0)

    def runs(self, start: int, end: int) -> Windows:
        """Stretches that bars begin anew with, where time does not cut them: session by session, ``step`` 0."""
        days = self.windows(_DAILY, start, end)
        keep = np.isin(days.stamp, days.stamp[(days.close > start) & (days.open <= end)])
        return Windows(days.open[keep], days.close[keep], days.stamp[keep], 0)


@dataclass(frozen=True)
class Hours(Calendar):
    """Custom hours on weekdays, in local time of ``tz``; ``opens`` later than ``closes`` begins on the day before.

    ``holidays`` names an exchange calendar whose days are taken, and whose early closes cut ours.
    """

    opens: time = time(0)
    closes: time = time(0)
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: str | None = None

    def _between(self, start: int, end: int) -> Sessions:
        first, last = local_date(start, self.tz) - 3, local_date(end, self.tz) + 3
        early = None
        if self.holidays:
            exchange = calendar(self.holidays).sessions(start - 4 * DAY, end + 4 * DAY)
            dates, early = exchange.date, exchange.close
        else:
            dates = np.arange(first, last + 1)
            dates = dates[np.isin((dates - _MONDAY).astype(int) % 7, self.weekdays)]
        shift = 1 if self.opens >= self.closes else 0
        opens = _local_instants(dates - shift, self.opens, self.tz)
        closes = _local_instants(dates, self.closes, self.tz)
        if early is not None:
            closes = np.minimum(closes, early)
        return _clip(Sessions(dates, opens, closes), start, end)


@dataclass(frozen=True)
class Exchange(Calendar):
    """A calendar of ``exchange_calendars``: holidays, half days, lunch breaks and time-zone changes are theirs."""

    def _between(self, start: int, end: int) -> Sessions:
        schedule = _schedule(self.name)
        dates, opens, breaks, resumes, closes = schedule
        if len(dates) and (start < opens[0] - 5 * DAY or end > closes[-1] + 5 * DAY):
            low, high = pd.Timestamp(opens[0]).date(), pd.Timestamp(closes[-1]).date()
            asked = pd.Timestamp(start if start < opens[0] else end).date()
            raise DataError(
                f"calendar {self.name} is known from {low} to {high}, {asked} was asked for; "
                "use session='24/7' outside of it"
            )
        low = max(np.searchsorted(closes, start, "right") - 1, 0)
        high = np.searchsorted(opens, end, "right") + 1
        cut = slice(low, high)
        split = breaks[cut] >= 0
        date = np.concatenate([dates[cut], dates[cut][split]])
        open_ = np.concatenate([opens[cut], resumes[cut][split]])
        close = np.concatenate([np.where(split, breaks[cut], closes[cut]), closes[cut][split]])
        order = np.argsort(open_, kind="stable")
        return _clip(Sessions(date[order], open_[order], close[order]), start, end)


@dataclass(frozen=True)
class Around(Calendar):
    """The sessions of ``base``, and the time between them: what is traded out of hours forms bars of its own.

    Bars of a fixed step begin at the open of a session; before it they are counted back from there, and none lies
    across an open or a close. Whole sessions are those of ``base``, without the time between. Where ``base`` does not
    know the days, bars are on the grid of UTC days.
    """

    base: Calendar = Calendar()

    def _between(self, start: int, end: int) -> Sessions:
        return self.base.sessions(start, end)

    def windows(self, spec: BarSpec, start: int, end: int) -> Windows:
        if not spec.step:
            return self.base.windows(spec, start, end)
        known = self._near(start, end)
        if known is None:
            return Calendar().windows(spec, start, end)
        free = known.close[:-1] < known.open[1:]
        open_ = np.concatenate([known.open, known.close[:-1][free]])
        close = np.concatenate([known.close, known.open[1:][free]])
        stamp = np.concatenate([known.open, known.open[1:][free]])
        order = np.argsort(open_, kind="stable")
        order = order[(close[order] > start) & (open_[order] <= end)]
        return Windows(open_[order], close[order], stamp[order], spec.step)

    def runs(self, start: int, end: int) -> Windows:
        """From the open of each session to that of the next."""
        known = self._near(start, end)
        if known is None:
            return Calendar().runs(start, end)
        opens = known.open[np.r_[True, known.date[1:] != known.date[:-1]]]
        open_, close = opens[:-1], opens[1:]
        keep = (close > start) & (open_ <= end)
        return Windows(open_[keep], close[keep], open_[keep], 0)

    def _near(self, start: int, end: int) -> Sessions | None:
        """Sessions on both sides of [start, end] too; None where they are not known."""
        try:
            known = self.base.sessions(start - _CLOSED_AT_MOST, end + _CLOSED_AT_MOST)
        except DataError:
            return None
        around = len(known) > 1 and known.open[0] <= start and known.open[-1] > end
        return known if around else None


#: Calendars of our own, by name. CME equity futures trade 17:00-16:00 Chicago with a pause of one hour.
CUSTOM: dict[str, Calendar] = {
    "24/7": Calendar(),
    "CME_ES": Hours("CME_ES", "America/Chicago", time(17), time(16), holidays="CMES"),
    "FX": Hours("FX", "America/New_York", time(17), time(17)),
}
_EXCHANGE_ALIASES = {"NYSE": "XNYS", "NASDAQ": "XNAS", "NSE": "XBOM", "XNSE": "XBOM"}


@functools.lru_cache(maxsize=256)
def calendar(name: str) -> Calendar:
    """The calendar called ``name``: ``24/7``, one of ours, a code of ``exchange_calendars``, or ``days:<IANA zone>``.

    ``all:<name>`` has the time between the sessions too, see ``Around``.
    The two Indian exchanges keep the same sessions; NSE is served by ``XBOM``.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> sessions = wb.calendar("XNYS").sessions("2026-01-02", "2026-01-06")  # a Friday, a Tuesday
    >>> [str(pd.Timestamp(at)) for at in sessions.open]
    ['2026-01-02 14:30:00', '2026-01-05 14:30:00']
    """
    if name in CUSTOM:
        return CUSTOM[name]
    if name.startswith("days:"):
        return Calendar(name, check_zone(name[5:]))
    if name.startswith("all:"):
        base = calendar(name[4:])
        # Days around the clock have nothing between them.
        return base if type(base) is Calendar else Around(name, base.tz, base)
    import exchange_calendars

    code = _EXCHANGE_ALIASES.get(name, name)
    known = exchange_calendars.get_calendar_names()
    if code not in known:
        raise unknown("session calendar", name, [*CUSTOM, *known])
    return Exchange(
        code, str(exchange_calendars.calendar_utils.global_calendar_dispatcher._calendar_factories[_canonical(code)].tz)
    )


def check_zone(tz: str) -> str:
    """``tz`` itself when it is an IANA zone; ``UnknownNameError`` with the nearest zones otherwise."""
    import zoneinfo

    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise unknown("time zone", tz, zoneinfo.available_timezones()) from None
    return tz


def local_date(instant: int, tz: str) -> np.datetime64:
    """Date on the wall calendar of ``tz`` at ``instant`` (ns UTC)."""
    moment = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(microseconds=instant // 1000)
    return np.datetime64(moment.astimezone(ZoneInfo(tz)).date(), "D")


def midnights(dates: np.ndarray, tz: str) -> np.ndarray:
    """First instants (ns UTC) of local ``dates``; where a zone skips midnight, the first instant after."""
    return _local_instants(dates, time(0), tz)


def _local_instants(dates: np.ndarray, at: time, tz: str) -> np.ndarray:
    offset = np.timedelta64((at.hour * 60 + at.minute) * 60 + at.second, "s")
    naive = dates.astype("M8[D]").astype("M8[ns]") + offset
    if tz == "UTC":
        return naive.view("i8")
    ambiguous = np.ones(len(naive), bool)  # the first of two equal wall times
    index = pd.DatetimeIndex(naive).tz_localize(tz, nonexistent="shift_forward", ambiguous=ambiguous)
    return index.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[ns]").view("i8")


def _clip(sessions: Sessions, start: int, end: int) -> Sessions:
    keep = (sessions.close > start) & (sessions.open <= end)
    return Sessions(sessions.date[keep], sessions.open[keep], sessions.close[keep])


def _group(dates: np.ndarray, spec: BarSpec) -> np.ndarray:
    """Group number of each session date; days are counted in calendar days so that holidays do not shift groups."""
    days = (dates - _MONDAY).astype("i8")
    if spec.unit == "w":
        return days // 7 // spec.count
    if spec.unit == "mo":
        return dates.astype("M8[M]").astype("i8") // spec.count
    return days // spec.count


def _canonical(code: str) -> str:
    import exchange_calendars

    return exchange_calendars.resolve_alias(code)


@functools.lru_cache(maxsize=32)
def _schedule(name: str) -> tuple[np.ndarray, ...]:
    """Dates, opens, break starts, break ends (-1 where none) and closes of an exchange, as far back as it is known."""
    import exchange_calendars

    factory = exchange_calendars.calendar_utils.global_calendar_dispatcher._calendar_factories[_canonical(name)]
    bounds = [factory.bound_min(), pd.Timestamp("1970-01-01")]
    first = max(b for b in bounds if b is not None)
    with warnings.catch_warnings():
        # exchange_calendars reads zoned columns in a way that pandas 3.1 deprecates; its values are right.
        warnings.simplefilter("ignore", DeprecationWarning)
        frame = exchange_calendars.get_calendar(name, start=first).schedule
    columns = []
    for column in ("open", "break_start", "break_end", "close"):
        values = frame[column].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("M8[ns]")
        columns.append(np.where(np.isnat(values), -1, values.view("i8")))
    return (frame.index.to_numpy().astype("M8[D]"), *columns)
