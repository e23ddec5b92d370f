"""Bar specs: the short text that says how trades are cut into bars, parsed once.

A spec round-trips: ``str(BarSpec.parse(text))`` is its canonical form, and parsing that gives an equal spec.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.errors import SpecError, did_you_mean

SECOND = 1_000_000_000
DAY = 86_400 * SECOND

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

#: The sizes offered in pickers, finest first.
COMMON = ("1s", "5s", "15s", "1min", "5min", "15min", "1h", "4h", "1d", "1w")


@dataclass(frozen=True, order=False)
class BarSpec:
    """How trades are cut into bars.

    ``unit`` is ``s``, ``min`` or ``h`` (a fixed step, anchored at the start of each session or day and never
    crossing it) or ``d``, ``w``, ``mo`` (whole sessions of a calendar). ``m`` means minutes, ``M`` months.
    """

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str | BarSpec) -> BarSpec:
        """Read a spec.

        >>> str(BarSpec.parse("60s")), str(BarSpec.parse("5m")), str(BarSpec.parse("1D"))
        ('1min', '5min', '1d')

        Raises
        ------
        SpecError
            Names the text and the nearest spec that can be read.
        """
        if isinstance(text, BarSpec):
            return text
        match = re.fullmatch(r"\s*(\d*)\s*([A-Za-z]+)\s*", text) if isinstance(text, str) else None
        unit = match and _ALIASES.get(match[2], match[2])
        if not match or (unit not in _UNITS and unit not in _CALENDAR_UNITS):
            raise SpecError(f"bar spec {text!r} cannot be read: {did_you_mean(str(text), _EXAMPLES)}")
        count = int(match[1] or 1)
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
        return cls(count, unit)

    @property
    def step(self) -> int:
        """Nanoseconds of a fixed step; 0 for whole sessions."""
        return self.count * _UNITS[self.unit] if self.unit in _UNITS else 0

    @property
    def nominal(self) -> int:
        """Nanoseconds that a bar spans at most, nights included; for ordering, windows and paging, never for edges."""
        return self.step or self.count * DAY * {"d": 1, "w": 7, "mo": 31}[self.unit]

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"
