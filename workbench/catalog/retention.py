"""How long data is kept: whole partitions are dropped when all of their time has passed the age that a rule gives.

A rule is ``source/kind`` -> age. Source and kind may hold ``*``; ages are whole numbers of hours, days, weeks, months
of 30 days or years of 365 (``12h 90d 8w 6mo 2y``). ``bars_1s`` names bars of that size, whether they were written or
derived by the store (``rollup_1s``). Where several rules fit, the one without ``*`` counts, else the longest age.
What no rule names is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from workbench.catalog import schema
from workbench.catalog.manifest import Entry, Part
from workbench.catalog.store import Store
from workbench.errors import ConfigError, DataError, SpecError
from workbench.market.specs import DAY, SECOND

_HOUR = 3600 * SECOND
_UNITS = {"h": _HOUR, "d": DAY, "w": 7 * DAY, "mo": 30 * DAY, "y": 365 * DAY}
_AGE = re.compile(r"(\d{1,5})\s*(h|d|w|mo|y)")


@dataclass(frozen=True)
class Rule:
    """Keep ``kind`` of ``source`` (patterns) for ``age`` ns; ``text`` is how it was written."""

    source: str
    kind: str
    age: int
    text: str

    @property
    def exact(self) -> bool:
        """Whether it has no wildcard."""
        return "*" not in self.source and "*" not in self.kind


Rules = tuple[Rule, ...]


@dataclass(frozen=True)
class Dropped:
    """A partition that was dropped, or would be: its first day, rows and bytes, and the rule that said so."""

    source: str
    kind: str
    symbol: str
    date: str
    rows: int
    bytes: int
    rule: str

    def __str__(self) -> str:
        return f"{self.source}/{self.kind}/{self.symbol} {self.date}: {self.rows:,} rows, {self.bytes:,} bytes"


def rules(setting: Mapping[str, str]) -> Rules:
    """Read the setting ``retention``.

    Raises
    ------
    ConfigError
        A rule that cannot be read; says which and why.
    """
    return tuple(_rule(name, age) for name, age in setting.items())


def apply(store: Store, wanted: Rules, now: int, *, dry: bool = False) -> list[Dropped]:
    """Drop what lies wholly before the ages of the rules, seen from ``now`` (ns UTC); returns what.

    ``dry`` drops nothing. Bars that the store derives stay when their trades go, unless a rule names them too; they go
    no earlier than the events they are made of, as readers take them for complete.
    """
    out: list[Dropped] = []
    for source, symbol in sorted({(one.source, one.symbol) for one in store.datasets()}):
        doomed = _doomed(store, source, symbol, wanted, now=now)
        if not doomed:
            continue
        if dry:
            out += [line for lines in doomed.values() for line in lines]
            continue
        with store.transaction(source, symbol) as change:
            for kind, lines in _doomed(store, source, symbol, wanted, now=now).items():
                dates = {line.date for line in lines}
                change.cut(kind, tuple(part for part in change.entry(kind).parts if _date(part) not in dates))
                out += lines
            change.commit()
    return out


def _doomed(store: Store, source: str, symbol: str, wanted: Rules, *, now: int) -> dict[str, list[Dropped]]:
    out: dict[str, list[Dropped]] = {}
    datasets = store.manifests(source, symbol).datasets
    # Events before what is derived from them: these are kept at least as far back.
    for kind in sorted(datasets, key=schema.is_derived):
        rule = _fitting(wanted, source, kind)
        if rule is None:
            continue
        limit = now - rule.age
        if schema.is_derived(kind):
            limit = min(limit, _kept_from(datasets, kind, out))
        lines = _before(datasets[kind], kind, limit)
        if lines:
            out[kind] = [
                Dropped(source, kind, symbol, date, sum(p.rows for p in parts), sum(p.bytes for p in parts), rule.text)
                for date, parts in lines.items()
            ]
    return out


def _kept_from(datasets: Mapping[str, Entry], derived: str, gone: Mapping[str, list[Dropped]]) -> int:
    """Where the events begin that stay of those that ``derived`` is made of."""
    prefix = schema.split_kind(derived)[0]
    base = next(events for events, made in schema.ROLLUP_OF.items() if made == prefix)
    dates = {line.date for line in gone.get(base, ())}
    entry = datasets.get(base, Entry())
    return min((part.first for part in entry.parts if _date(part) not in dates), default=2**63 - 1)


def _before(entry: Entry, kind: str, limit: int) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in entry.parts:
        if _end(kind, _date(part)) <= limit:
            found.setdefault(_date(part), []).append(part)
    return found


def _end(kind: str, date: str) -> int:
    """Where the partition that begins on ``date`` ends, ns."""
    start = np.datetime64(date, "D")
    year = start.astype("M8[Y]")
    for end in (start + 1, start.astype("M8[M]") + 1, year + 1, year + 10):
        instant = np.array([end], "M8[ns]")
        if schema.partition_starts(kind, instant.view("i8"))[0] == np.datetime64(end, "D"):
            return int(instant.view("i8")[0])
    raise DataError(f"partition {date} of {kind} has no end")


def _fitting(wanted: Rules, source: str, kind: str) -> Rule | None:
    fitting = [one for one in wanted if fnmatchcase(source, one.source) and _names(one.kind, kind)]
    return max(fitting, key=lambda one: (one.exact, one.age), default=None)


def _names(pattern: str, kind: str) -> bool:
    names = [kind]
    prefix, spec = schema.split_kind(kind)
    if prefix in schema.ROLLUP_OF.values():
        names.append(f"{prefix.replace('rollup', 'bars')}_{spec}")
    return any(fnmatchcase(name, pattern) for name in names)


def _rule(name: str, age: str) -> Rule:
    text = f"{name} = {age}"
    source, slash, kind = name.partition("/")
    if not slash or not source or not kind or "/" in kind:
        raise ConfigError(f"retention rule {text!r}: write source/kind, such as recorded/trades, or */book")
    if "*" not in source:
        try:
            schema.check_source(source)
        except DataError as error:
            raise ConfigError(f"retention rule {text!r}: {error}") from None
    if "*" not in kind:
        try:
            kind = schema.canonical_kind(kind)
        except (DataError, SpecError) as error:
            raise ConfigError(f"retention rule {text!r}: {error}") from None
    match = _AGE.fullmatch(str(age).strip())
    if match is None or int(match[1]) == 0:
        raise ConfigError(
            f"retention rule {text!r}: an age is a number above 0 and one of {', '.join(_UNITS)}, such as 90d or 2y"
        )
    return Rule(source, kind, int(match[1]) * _UNITS[match[2]], text)


def _date(part: Part) -> str:
    return part.path.partition("/")[0].removeprefix("date=")
