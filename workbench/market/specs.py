"""Bar specs: the short text that says how trades are cut into bars, parsed once.

A spec round-trips: ``str(BarSpec.parse(text))`` is its canonical form, and parsing that gives an equal spec.

======================  =============================================================================
``5min`` ``4h`` ``1d``  time
``1000tick``            a count of prints, of size (``50000vol``) or of money (``1e6usd``)
``range:0.5``           other kinds by name, arguments after a colon
``ha(5min)``            kinds made of bars, on a base spec; without one they take bars as they are given
======================  =============================================================================

The kinds beside time are plugins: ``workbench/bars/kinds`` holds one file each, and ``bar_kinds`` finds them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from workbench.errors import SpecError, UnknownNameError, did_you_mean
from workbench.registry import Registry

SECOND = 1_000_000_000
DAY = 86_400 * SECOND

#: Every kind of bar, by the name it has in a spec; time is one of them.
bar_kinds: Registry = Registry("bar kind", "workbench.bars.kinds", "workbench.bar_kinds")

TIME = "time"
_UNITS = {"s": SECOND, "min": 60 * SECOND, "h": 3600 * SECOND}
_CALENDAR_UNITS = ("d", "w", "mo")
_ALIASES = {
    "sec": "s", "second": "s", "seconds": "s", "S": "s",
    "m": "min", "minute": "min", "minutes": "min", "T": "min",
    "H": "h", "hr": "h", "hour": "h", "hours": "h",
    "D": "d", "day": "d", "days": "d", "W": "w", "week": "w", "weeks": "w",
    "M": "mo", "ME": "mo", "MS": "mo", "month": "mo", "months": "mo",
}  # fmt: skip
_EXAMPLES = ["1s", "5s", "15s", "90s", "1min", "5min", "15min", "30min", "1h", "4h", "1d", "1w", "1mo"]
_COUNTED = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([A-Za-z$]+)")
_NAMED = re.compile(r"([A-Za-z_]+)\s*(?::([^()]*))?(?:\((.*)\))?")

#: The sizes offered in pickers, finest first.
COMMON = ("1s", "5s", "15s", "1min", "5min", "15min", "1h", "4h", "1d", "1w")


@dataclass(frozen=True)
class BarSpec:
    """How trades are cut into bars.

    Time specs have the kind ``time`` and the arguments (count, unit). The unit is ``s``, ``min`` or ``h`` (a fixed
    step, anchored at the start of each session or day and never crossing it) or ``d``, ``w``, ``mo`` (whole sessions
    of a calendar); ``m`` means minutes, ``M`` months. The arguments of other kinds are those of its class in
    ``bar_kinds``, in the order they are written; ``base`` is the spec of the bars that it is made of, if any.

    Examples
    --------
    >>> import workbench as wb
    >>> spec = wb.BarSpec.parse("300s")
    >>> str(spec), spec.kind, spec.args
    ('5min', 'time', (5, 'min'))
    >>> wb.BarSpec.parse("ha(5min)").base == spec
    True
    """

    kind: str
    args: tuple[Any, ...] = ()
    base: BarSpec | None = None

    @classmethod
    def parse(cls, text: str | BarSpec) -> BarSpec:
        """Read a spec.

        >>> str(BarSpec.parse("60s")), str(BarSpec.parse("5m")), str(BarSpec.parse("1D"))
        ('1min', '5min', '1d')
        >>> str(BarSpec.parse("1000000usd")), str(BarSpec.parse("HA( 5m )"))
        ('1e6usd', 'ha(5min)')

        Raises
        ------
        SpecError
            Names the text and the nearest spec that can be read.
        """
        if isinstance(text, BarSpec):
            return text
        stripped = text.strip() if isinstance(text, str) else ""
        match = re.fullmatch(r"(\d*)\s*([A-Za-z]+)", stripped)
        unit = match and _ALIASES.get(match[2], match[2])
        if match and (unit in _UNITS or unit in _CALENDAR_UNITS):
            return _time(text, int(match[1] or 1), unit)
        if counted := _COUNTED.fullmatch(stripped):
            for name, kind in bar_kinds:
                if counted[2].casefold() in (kind.unit, *kind.aliases):
                    return cls(name, kind.read([counted[1]], text))
        if named := _NAMED.fullmatch(stripped):
            kind = _named(named[1].casefold())
            if kind is not None:
                given = [part.strip() for part in named[2].split(",")] if named[2] and named[2].strip() else []
                return cls(kind.plugin_name, kind.read(given, text), _base(kind, named[3], text))
        known = [*_EXAMPLES, *(kind.example for _, kind in bar_kinds)]
        raise SpecError(f"bar spec {text!r} cannot be read: {did_you_mean(str(text), known)}")

    @property
    def timed(self) -> bool:
        """Whether time cuts the bars."""
        return self.kind == TIME

    @property
    def dated(self) -> bool:
        """Whether bars are whole sessions: days, weeks, months."""
        return self.timed and self.args[1] in _CALENDAR_UNITS

    @property
    def count(self) -> int:
        """Of a time spec, the 5 of ``5min``."""
        return self.args[0]

    @property
    def unit(self) -> str:
        """Of a time spec, the ``min`` of ``5min``."""
        return self.args[1]

    @property
    def step(self) -> int:
        """Nanoseconds of a fixed step; 0 for whole sessions and kinds other than time."""
        return self.count * _UNITS[self.unit] if self.timed and self.unit in _UNITS else 0

    @property
    def nominal(self) -> int:
        """Nanoseconds that a bar spans at most, nights included; for ordering, windows and paging, never for edges.

        A guess for bars that are not cut by time.
        """
        if self.dated:
            return self.count * DAY * {"d": 1, "w": 7, "mo": 31}[self.unit]
        return self.step or (self.base.nominal if self.base else 60 * SECOND)

    @property
    def root(self) -> BarSpec:
        """The innermost base: what is made of trades first."""
        return self.base.root if self.base else self

    def maker(self) -> Any:
        """The kind with its parameters set, an instance of its class in ``bar_kinds``."""
        kind = bar_kinds.get(self.kind)
        return kind(**dict(zip(kind.written, self.args, strict=True)))

    def __str__(self) -> str:
        if self.timed:
            return f"{self.count}{self.unit}"
        return bar_kinds.get(self.kind).write(self.args) + (f"({self.base})" if self.base else "")


def number_text(value: float, *, price: bool = False) -> str:
    """A number as specs write it: ``50000``, ``1e6``, ``2.5e9``, ``0.25``; prices always with a point: ``1.0``."""
    if price or value != int(value):
        return repr(float(value))
    digits = str(int(value))
    head = digits.rstrip("0") or "0"
    short = f"{head[0]}{'.' + head[1:] if len(head) > 1 else ''}e{len(digits) - 1}"
    return short if len(digits) > 6 and len(short) < len(digits) else digits


def _time(text: str, count: int, unit: str) -> BarSpec:
    if count < 1:
        raise SpecError(f"bar spec {text!r}: the count must be at least 1")
    if unit in _UNITS:
        step = count * _UNITS[unit]
        if step > DAY:
            raise SpecError(f"bar spec {text!r}: fixed steps end at 24h; use 1d, 1w or 1mo for whole sessions")
        unit = next(u for u in ("h", "min", "s") if step % _UNITS[u] == 0)
        count = step // _UNITS[unit]
    elif count > 366:
        raise SpecError(f"bar spec {text!r}: at most 366 of {unit}")
    return BarSpec(TIME, (count, unit))


def _named(name: str) -> Any:
    for plugin_name, kind in bar_kinds:
        if kind.unit is None and plugin_name != TIME and name in (plugin_name, *kind.aliases):
            return kind
    return None


def _base(kind: Any, text: str | None, whole: str) -> BarSpec | None:
    if text is None:
        return None
    if kind.of == "trades":
        raise SpecError(
            f"bar spec {whole!r}: {kind.plugin_name} bars are made of trades and take no base; write {kind.example}"
        )
    try:
        base = BarSpec.parse(text)
    except (SpecError, UnknownNameError) as error:
        raise SpecError(f"bar spec {whole!r}: {error}") from None
    if base.root.kind != TIME and bar_kinds.get(base.root.kind).of == "bars":
        end = whole.rindex(text) + len(text)
        better = f"{whole[:end]}(5min){whole[end:]}"
        raise SpecError(f"bar spec {whole!r}: {base.root} itself needs a base; write {better}")
    return base
