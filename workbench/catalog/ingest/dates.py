"""Date texts as instants. Every form is named by a pattern; whole columns are read at once.

A text is a *date* (no time of day), *wall* time (no zone) or an *instant*. Nothing is guessed: day-month-year texts
need an order, wall times a zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.catalog.ingest.words import option
from workbench.errors import IngestError, UnknownNameError
from workbench.market.calendars import check_zone

BAD, DATE, WALL, INSTANT = 0, 1, 2, 3
ORDERS = ("dmy", "mdy", "ymd")
_SECOND = 1_000_000_000
_DAY_S = 86_400
_FIRST_S = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_TIME = r"(?P<H>\d{1,2}):?(?P<M>\d{2})(?::?(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?(?:\s*(?P<ap>[AaPp])\.?[Mm]\b\.?)?"
_ZONE = r"\s*(?P<z>[Zz]|[+-]\d{2}(?::?\d{2})?(?:\s*\[[^\]]+\])?|\[?[A-Za-z_]{3,}(?:/[A-Za-z0-9_+\-]+)*\]?)"
_CLOCK = rf"(?:[T ]\s*{_TIME}(?:{_ZONE})?)?$"
_SLASHED = rf"^(?P<p>\d{{1,4}})[-/.](?P<q>\d{{1,2}})[-/.](?P<r>\d{{4}}|\d{{2}}){_CLOCK}"
_FORMS = (
    rf"^(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_CLOCK}",
    rf"^(?P<y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}}){_CLOCK}",
    r"^(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?P<H>[0-2]\d)(?P<M>[0-5]\d)(?P<S>[0-5]\d)$",
    r"^(?P<e>-?\d{9,19})(?:\.(?P<f>\d{1,9}))?$",
    rf"^(?:[A-Za-z]{{3,9}},?\s+)?(?P<d>\d{{1,2}})[ -](?P<mon>[A-Za-z]{{3}})[a-z]*\.?[ -](?P<y>\d{{4}}),?{_CLOCK}",
    rf"^(?P<mon>[A-Za-z]{{3}})[a-z]*\.?\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}}),?{_CLOCK}",
)


@dataclass
class Stamps:
    """Read date texts: ``ns`` (wall or UTC nanoseconds since 1970) and ``state`` (BAD, DATE, WALL or INSTANT).

    ``why`` says for BAD rows what is wrong with them, as masks by reason.
    """

    ns: np.ndarray
    state: np.ndarray
    why: dict[str, np.ndarray]


def read_stamps(texts: pa.Array, order: str | None = None) -> Stamps:
    """Read a column of date texts.

    Raises
    ------
    IngestError
        When texts such as 01/03/2017 are met and ``order`` (dmy, mdy or ymd) is not given.
    """
    texts = pc.utf8_trim_whitespace(texts)
    size = len(texts)
    quick = _iso_wall(texts)
    if quick is not None:
        stamps = Stamps(quick, np.full(size, WALL, "u1"), {})
    else:
        stamps = Stamps(np.zeros(size, "i8"), np.zeros(size, "u1"), {})
        left = np.arange(size)
        head = texts[0].as_py() if size else ""
        # most columns have one form only, so the one of the first text is tried first
        for form in sorted((*_FORMS, _SLASHED), key=lambda form: not re.match(form, head)):
            if len(left) == 0:
                break
            found = pc.extract_regex(texts.take(pa.array(left)), form)
            hit = pc.is_valid(found).to_numpy(zero_copy_only=False)
            if not hit.any():
                continue
            rows = left[hit]
            fields = _Fields(found.filter(pa.array(hit)))
            if form == _SLASHED and order is None:
                raise IngestError(
                    f"dates like {texts[int(rows[0])].as_py()!r} may be day-month or month-day, which look alike until "
                    f"day 13; pass {option('dates', 'dmy')} or {option('dates', 'mdy')}"
                )
            _fill(stamps, rows, fields, order)
            left = left[~hit]
        if len(left):
            blank = pc.is_in(pc.utf8_lower(texts), pa.array(["", "nan", "nat", "null", "none", "na", "-"]))
            blank = blank.to_numpy(zero_copy_only=False)
            unread = np.zeros(size, bool)
            unread[left] = True
            stamps.why["date is missing"] = unread & blank
            stamps.why["date cannot be read"] = unread & ~blank
    latest = (datetime.now(UTC).timestamp() + 2 * _DAY_S) * _SECOND
    early = stamps.ns < _FIRST_S * _SECOND
    late = stamps.ns > latest
    _refuse(stamps, (stamps.state != BAD) & early, "date is implausible: before 1900")
    _refuse(stamps, (stamps.state != BAD) & late, "date is implausible: in the future")
    return stamps


def to_utc(wall: np.ndarray, tz: str) -> tuple[np.ndarray, np.ndarray]:
    """Wall times of ``tz`` (ns) as ns UTC, and which of them exist (clocks that are put forward skip some).

    Where clocks are put back, wall times come twice: the first pass is taken until the tape steps backward.
    """
    if tz == "UTC" or len(wall) == 0:
        return wall, np.ones(len(wall), bool)
    naive = pd.DatetimeIndex(wall.view("M8[ns]"))
    ones = np.ones(len(wall), bool)
    early = _localised(naive, tz, ones)
    exists = ~np.isnat(early.view("M8[ns]"))
    late = _localised(naive, tz, ~ones)
    twice = np.flatnonzero(early != late)
    if len(twice) == 0:
        return early, exists
    out = early.copy()
    run = np.cumsum(np.r_[True, np.abs(np.diff(wall[twice])) > 12 * 3600 * _SECOND])
    for number in np.unique(run):
        rows = twice[run == number]
        step = wall[rows][1:] < wall[rows][:-1]
        if step.any() and step.sum() == 1:
            rows_late = rows[np.argmax(step) + 1 :]
            out[rows_late] = late[rows_late]
    return out, exists


class _Fields:
    """Named groups of the matches of one pattern, as integers."""

    def __init__(self, found: pa.StructArray) -> None:
        self.size = len(found)
        self._groups = dict(zip([f.name for f in found.type], found.flatten(), strict=True))

    def has(self, name: str) -> bool:
        return name in self._groups

    def text(self, name: str) -> pa.Array:
        return self._groups[name]

    def given(self, name: str) -> np.ndarray:
        if not self.has(name):
            return np.zeros(self.size, bool)
        return pc.not_equal(self._groups[name], "").to_numpy(zero_copy_only=False)

    def integer(self, name: str) -> np.ndarray:
        if not self.has(name):
            return np.zeros(self.size, "i8")
        group = self._groups[name]
        return pc.cast(pc.if_else(pc.equal(group, ""), "0", group), pa.int64()).to_numpy()

    def fraction(self) -> np.ndarray:
        """Digits after the point as nanoseconds."""
        if not self.has("f"):
            return np.zeros(self.size, "i8")
        padded = pc.utf8_rpad(self._groups["f"], 9, "0")
        return pc.cast(padded, pa.int64()).to_numpy()


def _fill(stamps: Stamps, rows: np.ndarray, fields: _Fields, order: str | None) -> None:
    if fields.has("e"):
        stamps.ns[rows] = _epoch(fields)
        stamps.state[rows] = INSTANT
        return
    year, month, day = _ymd(fields, order)
    hour, minute, second = (fields.integer(name) for name in "HMS")
    clock = fields.given("H")
    if fields.given("ap").any():
        half = fields.given("ap")
        pm = half & np.isin(pc.utf8_lower(fields.text("ap")).to_numpy(zero_copy_only=False), ["p"])
        wrong = half & ((hour < 1) | (hour > 12))
        hour = np.where(half, hour % 12 + 12 * pm, hour)
    else:
        wrong = np.zeros(fields.size, bool)
    months = (year - 1970) * 12 + month - 1
    first = months.astype("M8[M]").astype("M8[D]").astype("i8")
    length = (months + 1).astype("M8[M]").astype("M8[D]").astype("i8") - first
    wrong |= (month < 1) | (month > 12) | (day < 1) | (day > length)
    wrong |= (hour > 23) | (minute > 59) | (second > 59)
    seconds = (first + day - 1) * _DAY_S + (hour * 60 + minute) * 60 + second
    implausible = (year < 1900) | (year > 2200)
    seconds[wrong | implausible] = 0
    stamps.ns[rows] = seconds * _SECOND + fields.fraction()
    stamps.state[rows] = np.where(clock, WALL, DATE)
    if fields.given("z").any():
        _apply_zones(stamps, rows, fields)
    _refuse(stamps, _mask(stamps, rows[wrong]), "there is no such date or time of day")
    _refuse(stamps, _mask(stamps, rows[implausible & ~wrong]), "date is implausible: the year")


def _ymd(fields: _Fields, order: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if fields.has("p"):
        parts = dict(zip(order or "", (fields.integer(name) for name in "pqr"), strict=True))
        year = parts["y"]
        year = np.where(year < 69, year + 2000, np.where(year < 100, year + 1900, year))
        return year, parts["m"], parts["d"]
    if fields.has("mon"):
        index = pc.index_in(pc.utf8_lower(fields.text("mon")), pa.array(_MONTHS))
        month = pc.fill_null(index, -1).to_numpy(zero_copy_only=False).astype("i8") + 1
        return fields.integer("y"), month, fields.integer("d")
    return fields.integer("y"), fields.integer("m"), fields.integer("d")


def _epoch(fields: _Fields) -> np.ndarray:
    """Unit by size: a day's worth of seconds has 9 or 10 digits until 5138, of ms 12 or 13, of us 15 or 16."""
    value = fields.integer("e")
    size = np.abs(value)
    unit = np.select([size < 10**11, size < 10**14, size < 10**17], [10**9, 10**6, 10**3], 1)
    plausible = np.abs(value) < np.iinfo("i8").max // unit
    fraction = fields.fraction() * unit // _SECOND
    return np.where(plausible, value, 0) * unit + np.where(value < 0, -fraction, fraction)


def _apply_zones(stamps: Stamps, rows: np.ndarray, fields: _Fields) -> None:
    zones = fields.text("z")
    coded = zones.dictionary_encode()
    codes = coded.indices.to_numpy()
    for code, zone in enumerate(coded.dictionary.to_pylist()):
        if not zone:
            continue
        at = rows[codes == code]
        offset = re.match(r"([+-])(\d{2}):?(\d{2})?", zone)
        if zone in "Zz" or offset:
            shift = 0
            if offset:
                shift = (int(offset[2]) * 60 + int(offset[3] or 0)) * 60 * (-1 if offset[1] == "-" else 1)
            stamps.ns[at] -= shift * _SECOND
            stamps.state[at] = INSTANT
            continue
        try:
            utc, exists = to_utc(stamps.ns[at], check_zone(zone.strip("[]")))
        except UnknownNameError:
            _refuse(stamps, _mask(stamps, at), f"time zone {zone!r} is not known")
            continue
        stamps.ns[at] = np.where(exists, utc, 0)
        stamps.state[at] = INSTANT
        _refuse(stamps, _mask(stamps, at[~exists]), f"{zone} skips this time of day")


def _iso_wall(texts: pa.Array) -> np.ndarray | None:
    """The quick way for columns that are all YYYY-MM-DD hh:mm..., else None."""
    if len(texts) == 0 or (pc.min(pc.utf8_length(texts)).as_py() or 0) < 16:
        return None
    try:
        return pc.cast(texts, pa.timestamp("ns")).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return None


def _localised(naive: pd.DatetimeIndex, tz: str, first_pass: np.ndarray) -> np.ndarray:
    local = naive.tz_localize(tz, ambiguous=first_pass, nonexistent="NaT")
    return local.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[ns]").view("i8")


def _mask(stamps: Stamps, rows: np.ndarray) -> np.ndarray:
    mask = np.zeros(len(stamps.ns), bool)
    mask[rows] = True
    return mask


def _refuse(stamps: Stamps, mask: np.ndarray, reason: str) -> None:
    if mask.any():
        stamps.state[mask] = BAD
        stamps.why[reason] = stamps.why.get(reason, np.zeros(len(mask), bool)) | mask
