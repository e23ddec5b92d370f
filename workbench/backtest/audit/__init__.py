"""The no-peeking audit: whether a value, or an order, was known when its bar had closed. See ``docs/audit.md``."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.backtest.audit.orders import Acted, orders_peek
from workbench.backtest.audit.search import Peek, Search, cuts_of, plan
from workbench.backtest.audit.starts import Start, begins_of, later_starts
from workbench.backtest.audit.subject import Bars, Key, Part, Subject, Tape, Values, named, of_strategy, subject_of
from workbench.backtest.market import PRICES
from workbench.errors import DataError

if TYPE_CHECKING:
    from workbench.backtest.run import Run

COLUMNS = ["study", "kind", "bar", "time", "was", "becomes", "text"]
LOOK_AHEAD, WARM_UP, CHANGES, UNREPEATABLE = "look-ahead", "warm-up", "changes its input", "not repeatable"
#: What is told and no fault.
ANCHORED = "anchored"
#: Bars after all is known at which the audit after a run cuts, besides those where a study changes.
_SOON = (1, 167)
_SAMPLE = 1_000
#: Columns of a run that are the bars themselves.
_OF_BARS = (*PRICES, "volume", "time")


class LookAhead(UserWarning):
    """A run whose strategy knew what nobody could know then.

    Attributes
    ----------
    study, bar, time
        The study, and the first of its bars that was seen to change when more bars came.
    """

    def __init__(self, text: str, study: str = "", bar: int = -1, time: Any = None) -> None:
        super().__init__(text)
        self.study, self.bar, self.time = study, bar, time

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.study, self.bar, self.time)


@dataclass(frozen=True)
class Checked:
    """What an audit has looked at.

    Attributes
    ----------
    bars, cuts, starts
        Bars, ends that they were cut at, and later beginnings.
    studies
        What was compared, ``orders`` among them where orders were.
    inexact
        Studies that were the same within the tolerance, and not bit for bit.
    not_checkable
        What could not be computed of other bars, and why.
    raised
        Cuts at which it raised instead of giving values.
    """

    bars: int
    cuts: int
    starts: int = 0
    studies: tuple[str, ...] = ()
    inexact: tuple[str, ...] = ()
    not_checkable: Mapping[str, str] | None = None
    raised: int = 0

    def __str__(self) -> str:
        parts = [f"{', '.join(self.studies) or 'nothing'}: {self.cuts} cuts of {self.bars:,} bars"]
        if self.starts:
            parts.append(f"{self.starts} later starts")
        if self.raised:
            parts.append(f"raised at {self.raised} cuts")
        if self.inexact:
            parts.append(f"not the same bit for bit: {', '.join(self.inexact)}")
        parts += [f"{name} {why}" for name, why in (self.not_checkable or {}).items()]
        return "; ".join(parts)


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit found.

    Attributes
    ----------
    subject
        What was audited.
    checked
        What was looked at.
    findings
        A row for each: ``study``, ``kind`` (``look-ahead``, ``warm-up``, ``changes its input``, ``not repeatable``;
        ``anchored`` is no fault), ``bar`` and ``time`` it begins with, what a value ``was`` with the bars until then
        and ``becomes`` with those after it, and ``text``, which says it all.
    warmups
        A row for each study that was begun later: ``declared`` bars of warm-up, first ``known`` bar, and bars
        ``needed`` until values agree to 1e-6 with those of a longer history; NaN where that is none, or not seen.
    """

    subject: str
    checked: Checked
    # A frame is made when it is asked for: most audits after a run are looked at by their state alone.
    _findings: tuple[dict[str, Any], ...] = ()
    _warmups: tuple[tuple[Any, ...], ...] = ()

    @cached_property
    def findings(self) -> pd.DataFrame:
        return pd.DataFrame(list(self._findings), columns=COLUMNS)

    @cached_property
    def warmups(self) -> pd.DataFrame:
        return pd.DataFrame(list(self._warmups), columns=["study", "declared", "known", "needed"])

    @property
    def state(self) -> str:
        """``peeks``, ``faults`` of another kind, ``unchecked`` where a part could not be checked, or ``ok``."""
        kinds = {row["kind"] for row in self._findings} - {ANCHORED}
        if LOOK_AHEAD in kinds:
            return "peeks"
        if kinds:
            return "faults"
        return "unchecked" if self.checked.not_checkable or not self.checked.studies else "ok"

    @property
    def ok(self) -> bool:
        """Whether all of it was checked and nothing was found."""
        return self.state == "ok"

    @property
    def first(self) -> dict[str, Any] | None:
        """The first row of ``findings`` that peeks; None where none does."""
        return next((dict(row) for row in self._findings if row["kind"] == LOOK_AHEAD), None)

    def __str__(self) -> str:
        said = {
            "peeks": "looks ahead", "faults": "has faults", "ok": "no look-ahead found",
            "unchecked": "no look-ahead found in what could be checked" if self.checked.studies else "not checked",
        }  # fmt: skip
        lines = [f"{self.subject}: {said[self.state]}", *(f"  {row['text']}" for row in self._findings)]
        return "\n".join([*lines, f"  checked {self.checked}"])

    def _repr_html_(self) -> str:
        return importlib.import_module("workbench.charts.reprs").audit(self)  # by name: what draws is further out

    def __repr__(self) -> str:
        return f"Audit({self})"


def audit(
    thing: Any,
    bars: Bars,
    *,
    cuts: int = 500,
    starts: int = 4,
    warmup: int | None = None,
    tolerance: float = 1e-9,
    seed: int = 0,
    **run: Any,
) -> Audit:
    """Whether something knows the future: its values on part of the bars are compared with those on all of them.

    >>> import workbench as wb
    >>> bars = wb.catalog().bars("AAPL", "1d").tail(300)
    >>> wb.audit("close - close[1]", bars).ok
    True
    >>> wb.audit(lambda b: b["close"].shift(-1), bars).state
    'peeks'

    Parameters
    ----------
    thing
        A strategy or an indicator, its class, its name, a formula, or a function of bars that gives a Series, a
        DataFrame or an array. A strategy is audited by its studies, and then by its orders, fills and equity.
    bars
        Bars of one symbol, or of several by name, which are cut at the same time. A function is given all of them.
    cuts
        How many ends the bars are cut at; a strategy's orders at a twentieth of that.
    starts
        How many later beginnings are tried.
    warmup
        Bars that it needs before its values mean something, if not what it declares itself.
    tolerance
        Relative difference up to which values are the same, as ``Checked.inexact`` tells then.
    seed
        Of the choice of cuts.
    run
        Keywords of ``backtest`` for the orders of a strategy.

    Raises
    ------
    DataError
        Not a thing that can be audited, bars that cannot be used, or a study that cannot be computed on all of them.
    """
    if cuts < 1 or starts < 0:
        raise DataError(f"cuts={cuts}, starts={starts}: an audit needs a cut at least, and no less than 0 starts")
    tape = Tape(bars)
    subject = subject_of(thing, tape, warmup)
    if run and subject.strategy is None:
        raise DataError(f"{', '.join(run)}: keywords of backtest go with a strategy, and {subject.label} is none")
    search = Search(subject, tape, tolerance)
    rng = np.random.default_rng(seed)
    whole, known = tape.part(0, len(tape)), Values()
    known = subject.compute(whole)
    findings = [_row(key, CHANGES, (tape, row), text=_changed(key, name)) for key, row, name in subject.changers(tape)]
    again = subject.compute(tape.part(0, len(tape)))
    for key in list(known.columns):
        if (differs := search.compare(whole, again, known, key)) is not None:
            text = f"{named(key)} gives other values when it is computed again: seed what is random in it"
            place = (tape, differs.row, differs.stamp)
            findings.append(_row(key, UNREPEATABLE, place, (differs.was, differs.becomes), text))
            del known.columns[key]
    for start, stop, count in plan(tape, cuts, _all_known(known, known.columns), rng):
        part, values = (whole, known) if stop - start == len(tape) else search.values(start, stop)
        if values is not None:
            for key in values.columns.keys() - known.columns.keys():
                del values.columns[key]
            search.look(part, values, cuts_of(tape, part, values, count=count, rng=rng))
    peeks = search.peeks()
    findings += [_peeked(tape, peek) for peek in peeks]
    begins = begins_of(tape, starts, rng)
    begun = later_starts(search, known, begins)
    declared = _declared(subject, known)
    findings += [row for start in begun for row in _started(tape, subject, start, declared)]
    studies = [named(key) for key in known.columns]
    unchecked = _raising(search)
    if subject.strategy is not None and not unchecked:
        found, reached = orders_peek(subject.strategy, bars, _order_cuts(tape, cuts, rng), run)
        studies += ["orders"] if reached else []
        findings += [_ordered(tape, found)] if found is not None else []
    begun_at = len(begins) if begun else 0
    checked = Checked(
        len(tape), search.cuts, begun_at, tuple(studies), _inexact(search), unchecked or None, search.raised
    )
    return Audit(subject.label, checked, _sorted(findings), _warmups(begun, declared))


def sampled(run: Run) -> Audit:
    """The audit after a run: few cuts of its first bars, compared with the columns that the run was made with."""
    market = run.market
    tape = Tape(
        market.frames, {symbol: own["time"] for symbol, own in zip(market.symbols, market.columns, strict=True)}
    )
    subject = of_strategy(run.strategy)
    firsts = zip(tape.times.items(), run.starts, strict=True)
    begins = [_instant(tape, symbol, min(int(row), len(times) - 1)) for (symbol, times), row in firsts]
    whole = tape.part(0, min(len(tape), max(tape.least(0), *begins) + _SAMPLE))
    known = Values()
    for symbol, own in zip(tape.frames, run.columns, strict=True):
        rows = whole.rows[symbol][1]
        known.columns.update({(symbol, n): own[n][:rows].astype(float) for n in own if n not in _OF_BARS})
    search = Search(subject, tape)
    search.look(whole, known, _soon(tape, whole, known, market.holes), shared=True)
    unchecked = _raising(search)
    studies = tuple(named(key) for key in known.columns if key in search.seen)
    checked = Checked(len(tape), search.cuts, 0, studies, _inexact(search), unchecked or None, search.raised)
    findings = [_peeked(tape, peek, told=False) for peek in search.peeks(ahead=False)]
    return Audit(subject.label, checked, _sorted(findings))


def warn(found: Audit) -> None:
    """A ``LookAhead`` warning at the caller's line, where the audit says that it peeks."""
    first = found.first
    if first is None:
        return
    depth, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "workbench":
        depth, frame = depth + 1, frame.f_back
    text = f"{found.subject} looks ahead: {first['text']}. Its result could not be had; see wb.audit"
    warnings.warn(LookAhead(text, first["study"], int(first["bar"]), first["time"]), stacklevel=depth)


def _raising(search: Search) -> dict[str, str]:
    """What could not be checked, and why."""
    unchecked = dict(search.subject.unchecked)
    if not search.cuts:
        unchecked[search.subject.label] = "not checkable: there are too few bars to cut"
    elif search.raised >= search.cuts:
        unchecked[search.subject.label] = f"not checkable: it raises on fewer bars, {search.why}"
    return unchecked


def _inexact(search: Search) -> tuple[str, ...]:
    return tuple(sorted(map(named, search.inexact)))


def _first(known: Values, key: Key) -> int:
    """The first known bar of a study; 0 where there is none."""
    column = known.columns[key]
    return int(np.argmax(~np.isnan(column))) if len(column) else 0


def _all_known(known: Values, keys: Iterable[Key]) -> int:
    """The bar at which all of these studies that are ever known are known."""
    return max((_first(known, key) for key in keys), default=0)


def _soon(tape: Tape, whole: Part, known: Values, holes: bool) -> list[int]:
    """Ends soon after all is known, after a change of what changes seldom, and after a bar that lacks something."""
    least = tape.least(0)
    first = (
        max(least - 1, *(_instant(tape, key[0], _first(known, key)) for key in known.columns)) if known.columns else 0
    )
    cuts = {first + one for one in _SOON}
    for (symbol, _), column in known.columns.items():
        row = tape.row_at(symbol, first)
        rows = np.flatnonzero(column[row + 1 :] != column[row:-1]) + row + 1
        if 0 < len(rows) < len(column) // 4:
            cuts.add(_instant(tape, symbol, int(rows[len(rows) // 2])) + 1)
    for symbol, frame in whole.frames.items():
        row = tape.row_at(symbol, first)
        for name in frame.columns:
            if holes or name not in _OF_BARS:
                rows = np.flatnonzero(frame[name].isna().to_numpy()[row:]) + row
                cuts.update(_instant(tape, symbol, int(one)) + 1 for one in rows[:1])
    return sorted({min(max(one, least), whole.stop - 1) for one in cuts})


def _instant(tape: Tape, symbol: str, row: int) -> int:
    return int(tape.instants(symbol, np.array([row]))[0])


def _order_cuts(tape: Tape, cuts: int, rng: np.random.Generator) -> list[int]:
    return [int(one) for one in rng.integers(1, max(len(tape), 2), max(cuts // 20, 1))]


def _row(
    key: Key, kind: str, place: tuple[Any, ...], values: tuple[float, float] = (np.nan, np.nan), text: str = ""
) -> dict[str, Any]:
    """A finding; ``place`` is the tape, the row of the symbol, and its stamp if it has another."""
    tape, row = place[0], int(place[1])
    times = tape.times[key[0] if key[0] in tape.times else next(iter(tape.times))]
    stamp = int(place[2]) if len(place) > 2 else int(times[min(row, len(times) - 1)])
    known = (named(key), kind, row, tape.stamp(stamp), *values, text)
    return dict(zip(COLUMNS, known, strict=True))


def _peeked(tape: Tape, peek: Peek, told: bool = True) -> dict[str, Any]:
    far = f"; it looks {peek.ahead} bar{'s' * (peek.ahead != 1)} ahead" if peek.ahead else ""
    if peek.ahead is None:
        far = "; it takes all bars there are to know it"
    was = "not known" if np.isnan(peek.was) else f"{peek.was:g}"
    becomes = "not known" if np.isnan(peek.becomes) else f"{peek.becomes:g}"
    if was == becomes:
        was, becomes = f"{peek.was!r}", f"{peek.becomes!r}"
    text = (
        f"{named(peek.key)} at bar {peek.row} ({tape.stamp(peek.stamp)}) is {was} with the bars until then and "
        f"{becomes} when more have come{far if told else ''}"
    )
    return _row(peek.key, LOOK_AHEAD, (tape, peek.row, peek.stamp), (peek.was, peek.becomes), text)


def _changed(key: Key, column: str) -> str:
    return f"{named(key)} changes the bars it is given ({column}): work on a copy, bars = bars.copy()"


def _ordered(tape: Tape, one: Acted) -> dict[str, Any]:
    time = tape.stamp(int(tape.clock[one.instant]))
    text = f"the {one.what} at bar {one.instant} ({time}) are others when more bars have come"
    place = (tape, one.instant, int(tape.clock[one.instant]))
    return _row(("", "orders"), LOOK_AHEAD, place, (one.was, one.becomes), text)


def _declared(subject: Subject, known: Values) -> dict[Key, int]:
    """Bars of warm-up that each study declares: those of an indicator, or what a strategy waits for."""
    if subject.warmup is None:
        return {}
    if subject.strategy is None:
        return dict.fromkeys(known.columns, subject.warmup)
    out, sparse = {}, subject.sparse()
    for key in known.columns:
        dense = [other for other in known.columns if other[0] == key[0] and other[1] not in sparse]
        out[key] = max(subject.warmup, _all_known(known, dense))
    return out


def _started(tape: Tape, subject: Subject, start: Start, declared: dict[Key, int]) -> list[dict[str, Any]]:
    """Findings of later beginnings: an anchored study, and a warm-up that is too short."""
    name, said = named(start.key), declared.get(start.key)
    if start.anchored:
        text = f"{name} is anchored: its values depend on where the bars begin, however long ago that was"
        return [_row(start.key, ANCHORED, (tape, 0), text=text)]
    if said is None:
        return []
    if subject.known and start.key[1] not in subject.sparse() and start.known > said:
        text = (
            f"{name} declares {said} bars of warm-up and is not known before bar {start.known}: declare {start.known}"
        )
        return [_row(start.key, WARM_UP, (tape, start.known), text=text)]
    # The first bar has none before it: what compares the two has to say something there.
    if start.filling and start.needed is not None and start.needed > said + 1:
        text = (
            f"{name} has values from bar {said} on, and those before bar {start.needed} are others when the bars begin "
            f"earlier: declare warmup = {start.needed}, or leave them NaN"
        )
        return [_row(start.key, WARM_UP, (tape, said), text=text)]
    return []


def _sorted(findings: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Faults before notes, what peeks before the rest, studies before orders, the earliest first."""
    kinds = [LOOK_AHEAD, UNREPEATABLE, CHANGES, WARM_UP, ANCHORED]
    return tuple(sorted(findings, key=lambda row: (kinds.index(row["kind"]), row["study"] == "orders", row["bar"])))


def _warmups(begun: list[Start], declared: dict[Key, int]) -> tuple[tuple[Any, ...], ...]:
    return tuple(
        (named(one.key), declared.get(one.key, np.nan), one.known, np.nan if one.needed is None else one.needed)
        for one in begun
    )
