"""Trades and bars as other programs write them in JSON, read one by one; whatever cannot be used is told why.

Used by the push API and by the bridge of ``live_ticks:*``. Nothing in here knows how the JSON came.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.catalog.schema import symbol_folder
from workbench.errors import DataError, SpecError
from workbench.market.events import BUY, SELL, UNKNOWN
from workbench.market.specs import DAY, BarSpec

#: A number is taken for seconds, milliseconds, microseconds or nanoseconds since 1970 by how large it is: each unit is
#: read as a time of 1973 to 5138, but for seconds, which begin in 1970.
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UTC = _EPOCH.replace(tzinfo=None)  # of times without a zone
_MICROS = len("00010101T000000.000000")  # a time may have nanoseconds when it is longer
_FRACTION = re.compile(r"[.,](\d{7,})")
_WHOLE = re.compile(r"-?\d{1,19}")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SIDES = {
    "buy": BUY, "b": BUY, "sell": SELL, "s": SELL, "unknown": UNKNOWN, "u": UNKNOWN, "": UNKNOWN,
    1: BUY, -1: SELL, 0: UNKNOWN, None: UNKNOWN,
}  # fmt: skip
_WHOLE_SESSIONS = {86_400: "1d", 604_800: "1w"}
_MAX_ID = 200

Trade = tuple[int, int, float, float, int, int]
Bar = tuple[int, float, float, float, float, float, float, float, int, float]


@dataclass(frozen=True)
class Fault:
    """Why row ``index`` cannot be used; ``field`` is empty when it is the row as a whole."""

    index: int
    field: str
    reason: str


class Unusable(DataError):
    """One value that cannot be used."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field, self.reason = field, reason


def instant(value: object, field: str = "timestamp") -> int:
    """A time as ns UTC: ISO 8601 (UTC without a zone), or a number since 1970 in s, ms, us or ns by its magnitude.

    Raises
    ------
    Unusable
        It is neither.
    """
    if isinstance(value, str):
        text = value.strip()
        if text[4:5] == "-":  # a year: what nearly all are
            return _written(text, field)
        if _DECIMAL.fullmatch(text):
            value = int(text) if _WHOLE.fullmatch(text) else float(text)
        else:
            return _written(text, field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable(field, f"is missing or no time: {_shown(value)}")
    if abs(value) >= 2**63 or not math.isfinite(value):  # in this order: an integer may be too large for a float
        raise Unusable(field, f"is no time: {_shown(value)}")
    for limit, unit in _UNITS:
        if abs(value) < limit:
            # Microseconds are what a float of seconds can hold today.
            return value * unit if isinstance(value, int) else round(value * (unit / 1000)) * 1000
    return int(value)


def _written(text: str, field: str) -> int:
    digits = _FRACTION.search(text) if len(text) > _MICROS else None
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        raise Unusable(field, f"is no ISO 8601 time: {_shown(text)}") from None
    passed = stamp - (_EPOCH_UTC if stamp.tzinfo is None else _EPOCH)
    whole = (passed.days * 86_400 + passed.seconds) * 10**9 + passed.microseconds * 1000
    if not -(2**63) <= whole < 2**63:
        raise Unusable(field, f"is a year that cannot be kept: {_shown(text)}")
    return whole + int(digits[1][6:9].ljust(3, "0")) if digits else whole


def number(value: object, field: str) -> float:
    """A finite number, or one written as a text; ``Unusable`` otherwise."""
    if type(value) is float and -math.inf < value < math.inf:
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable(field, "is missing" if value is None else f"is no number: {_shown(value)}")
    try:
        value = float(value)
    except OverflowError:
        raise Unusable(field, "is too large") from None
    if not math.isfinite(value):
        raise Unusable(field, f"is not finite: {value}")
    return value


def amount(value: object, field: str) -> float:
    """A number that is not negative."""
    found = number(value, field)
    if found < 0:
        raise Unusable(field, f"is negative: {found:g}")
    return found


def symbol(value: object, field: str = "symbol") -> str:
    """A symbol that can be kept; ``Unusable`` otherwise."""
    if not isinstance(value, str):
        raise Unusable(field, "is missing" if value is None else f"is no text: {_shown(value)}")
    fault = _symbol_fault(value)
    if fault is not None:
        raise Unusable(field, fault)
    return value


def trade(row: Mapping[str, Any], *, now: int, channel: str | None = None) -> tuple[str, Trade]:
    """The symbol and the trade (fields of ``events.TRADE``) of one JSON object.

    Parameters
    ----------
    row
        ``price``, ``volume`` (or ``size``), ``timestamp``, and when known ``side`` (``buy`` or ``sell``: the
        aggressor; 1, -1) and ``symbol`` (or ``chart_info.symbol``).
    now
        When it came, ns UTC.
    channel
        Symbol of the channel it came by, which counts where the row names none.

    Raises
    ------
    Unusable
        Names the field and says what is wrong with it.
    """
    name = row.get("symbol")
    if name is None:
        info = row.get("chart_info")
        name = info.get("symbol") if isinstance(info, dict) else None
    name = symbol(channel if name is None else name)
    price = number(row.get("price"), "price")
    field = "size" if "size" in row and "volume" not in row else "volume"
    size = amount(row.get(field), field)
    at = between(instant(row.get("timestamp")), now)
    side = row.get("side")
    try:
        known = _SIDES.get(side.strip().casefold() if isinstance(side, str) else side)
    except TypeError:
        known = None
    if known is None or isinstance(side, bool):
        raise Unusable("side", f"is buy, sell or unknown (of the aggressor), got {_shown(side)}")
    return name, (at, now, price, size, known, 0)


def identity(row: Mapping[str, Any], client: str) -> str:
    """What tells a trade from all others of its symbol: ``id``, or ``client`` and ``seq``.

    ``client`` is who counts where the row does not say.
    """
    found = row.get("id")
    if found is not None:
        if isinstance(found, bool) or not isinstance(found, str | int) or not 0 < len(str(found)) <= _MAX_ID:
            raise Unusable("id", f"is a text of 1 to {_MAX_ID} signs or a whole number, got {_shown(found)}")
        return f"id/{found}"
    seq, who = row.get("seq"), row.get("client", client)
    if seq is None:
        raise Unusable("id", "is missing: a trade has an id, or a seq (and a client), so that it counts once")
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < 2**63:
        raise Unusable("seq", f"is a whole number from 0 on, got {_shown(seq)}")
    if not isinstance(who, str) or not 0 < len(who) <= _MAX_ID:
        raise Unusable("client", f"is a text of 1 to {_MAX_ID} signs, got {_shown(who)}")
    return f"seq/{seq}/{who}"


def bar(row: Mapping[str, Any], *, now: int) -> tuple[str, str, Bar] | list[Unusable]:
    """Symbol, spec and bar (fields of ``events.BAR``) of one JSON object, or all that is wrong with it.

    ``ask_volume`` is what was bought at the ask, so the aggressors' buys; ``bid_volume`` their sells.
    """
    faults: list[Unusable] = []

    def take(read: Callable[..., Any], value: object, field: str) -> Any:
        try:
            return read(value, field)
        except Unusable as fault:
            faults.append(fault)
            return None

    info = row.get("chart_info")
    if not isinstance(info, dict):
        faults.append(Unusable("chart_info", "is missing: an object with symbol and seconds_per_bar"))
        info = {"symbol": "-", "seconds_per_bar": 60}
    name = take(symbol, info.get("symbol"), "chart_info.symbol")
    spec = take(_spec, info.get("seconds_per_bar"), "chart_info.seconds_per_bar")
    at = take(lambda value, field: between(instant(value, field), now, field), row.get("timestamp"), "timestamp")
    opened, high, low, close = (take(number, row.get(field), field) for field in ("open", "high", "low", "close"))
    volume = take(amount, row.get("volume"), "volume")
    sold, bought = (take(_maybe(amount), row.get(field), field) for field in ("bid_volume", "ask_volume"))
    count = take(_maybe(_count), row.get("number_of_trades"), "number_of_trades")
    take(_maybe(amount), row.get("open_interest"), "open_interest")
    if faults:
        return faults
    if not low <= min(opened, close) or not max(opened, close) <= high:
        field = "high" if high < max(opened, close) else "low"
        faults.append(Unusable(field, f"open {opened:g} and close {close:g} do not lie in {low:g} .. {high:g}"))
    if sold + bought > volume * (1 + 1e-9):
        reason = f"bid_volume {sold:g} and ask_volume {bought:g} are more than the volume {volume:g}"
        faults.append(Unusable("volume", reason))
    return faults or (name, spec, (at, opened, high, low, close, volume, bought, sold, count, math.nan))


def between(at: int, now: int, field: str = "timestamp") -> int:
    """``at`` when it lies between 1970 and a day ahead of ``now``; ``Unusable`` otherwise."""
    if at < 0:
        raise Unusable(field, "is before 1970")
    if at > now + DAY:
        raise Unusable(field, "is more than a day ahead")
    return at


def _maybe(read: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value, field: 0 if value is None else read(value, field)


def _count(value: object, field: str) -> int:
    found = amount(value, field)
    if found != int(found) or found >= 2**53:
        raise Unusable(field, f"is a whole number, got {found:g}")
    return int(found)


def _spec(value: object, field: str) -> str:
    seconds = _count(value, field)
    try:
        return _spec_of(seconds)
    except SpecError as error:
        raise Unusable(field, str(error)) from None


@functools.lru_cache(maxsize=256)
def _spec_of(seconds: int) -> str:
    return str(BarSpec.parse(_WHOLE_SESSIONS.get(seconds, f"{seconds}s")))


@functools.lru_cache(maxsize=4096)
def _symbol_fault(name: str) -> str | None:
    try:
        symbol_folder(name)
    except DataError as error:
        return str(error)
    return None


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:60]
