"""How an audit looks for what peeks: where it cuts, what it compares, and how far ahead it was looked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.backtest.audit.subject import Key, Part, Subject, Tape, Values

#: Bars above which most cuts are made in stretches of the bars, each with a beginning of its own.
_LONG = 6_000
_STRETCH = 4_096
#: Columns of the bars in which bars that stand out are looked for, at most.
_COLUMNS = 8


class Differs(NamedTuple):
    """A value that changed when more bars came: row in the part, its stamp, and what was and became of it."""

    row: int
    stamp: int
    was: float
    becomes: float


class Peek(NamedTuple):
    """The first bar of a study that was seen to change; ``ahead`` bars, or None where that is all that there are."""

    key: Key
    row: int
    stamp: int
    was: float
    becomes: float
    ahead: int | None


@dataclass
class Search:
    """An audit at work.

    Attributes
    ----------
    tolerance
        Relative difference, by the value or the median of its column, up to which values are the same.
    found
        The first change of each study: the part that it was seen in, the end of the bars then, and what changed.
    seen
        Studies that were computed of a beginning.
    inexact
        Studies that are the same within the tolerance, and not bit for bit.
    cuts, raised
        How many ends were tried, and at how many of them the thing raised.
    why
        The first error of those.
    """

    subject: Subject
    tape: Tape
    tolerance: float = 1e-9
    found: dict[Key, tuple[Part, Values, int, Differs]] = field(default_factory=dict)
    seen: set[Key] = field(default_factory=set)
    inexact: set[Key] = field(default_factory=set)
    cuts: int = 0
    raised: int = 0
    why: str = ""

    def values(self, start: int, stop: int) -> tuple[Part, Values | None]:
        """The values of a part; None where the thing raises on it, which is counted."""
        part = self.tape.part(start, stop)
        try:
            return part, self.subject.compute(part)
        except Exception as error:
            self.raised += 1
            self.why = self.why or f"{type(error).__name__}: {error}"
            return part, None

    def look(self, whole: Part, known: Values, cuts: Iterable[int], *, shared: bool = False) -> None:
        """Compare the values of a part with those of its beginnings, which end before the instants ``cuts``.

        ``shared``: only what the beginnings have too; else what they lack was not known.
        """
        least = self.tape.least(whole.start)
        for cut in cuts:
            if not least <= cut < whole.stop:
                continue
            part, values = self.values(whole.start, cut)
            self.cuts += 1
            if values is None:
                continue
            self.seen |= values.columns.keys()
            for key in values.columns.keys() & known.columns.keys() if shared else known.columns:
                if (differs := self.compare(part, values, known, key)) is not None:
                    self._keep(key, whole, known, cut, differs)

    def _keep(self, key: Key, whole: Part, known: Values, cut: int, differs: Differs) -> None:
        before = self.found.get(key)
        if before is None or differs.stamp < before[3].stamp:
            self.found[key] = whole, known, cut, differs

    def compare(self, part: Part, values: Values, known: Values, key: Key) -> Differs | None:
        """The first value of a study in a part that more bars have changed."""
        before, after, stamps = self._pair(part, values, known, key)
        count = min(len(before), len(after))
        if np.array_equal(before[:count].view("i8"), after[:count].view("i8")):
            return None
        before, after = before[:count], after[:count]
        size = self.size(known, key)
        with np.errstate(invalid="ignore", over="ignore"):
            unlike = (before != after) & ~(np.isnan(before) & np.isnan(after))
            bound = self.tolerance * np.maximum(np.maximum(np.abs(before), np.abs(after)), size)
            # What is not known, or infinite, on one side only is no matter of rounding.
            far = unlike & ~(np.abs(before - after) <= np.where(np.isfinite(bound), bound, 0.0))
        if not far.any():
            if unlike.any():
                self.inexact.add(key)
            return None
        row = int(far.argmax())
        stamp = (
            stamps[row] if stamps is not None else self.tape.times[_symbol(self.tape, key)][self.first(part, key) + row]
        )
        return Differs(row, int(stamp), float(before[row]), float(after[row]))

    def first(self, part: Part, key: Key) -> int:
        """The first row of a part among the bars that a study is of."""
        return part.rows[_symbol(self.tape, key)][0]

    def _pair(
        self, part: Part, values: Values, known: Values, key: Key
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Values before and after, of the same bars, and their stamps where those are not the bars'."""
        after = known.columns[key]
        before = values.columns.get(key)
        if key not in known.stamps and key not in values.stamps:
            count = part.rows[_symbol(self.tape, key)][1] - self.first(part, key)
            return (np.full(count, np.nan) if before is None else before), after, None
        last = self.tape.clock[part.stop - 1]
        times = (
            _stamps(self.tape, known, key, len(after)),
            _stamps(self.tape, values, key, 0 if before is None else len(before)),
        )
        every = np.union1d(*times)
        every = every[every <= last]
        return _at(every, times[1], before), _at(every, times[0], after), every

    def size(self, known: Values, key: Key) -> float:
        """The median of the absolute values of a study, 0 where it has none."""
        if key not in known.sizes:
            column = np.abs(known.columns[key])
            some = column[np.isfinite(column) & (column > 0.0)]
            known.sizes[key] = float(np.median(some)) if len(some) else 0.0
        return known.sizes[key]

    def peeks(self, ahead: bool = True) -> list[Peek]:
        """What was found, the earliest first; with ``ahead`` it is also looked for how far."""
        out = []
        for key, (whole, known, cut, one) in self.found.items():
            far = self._ahead(whole, known, cut, (key, one)) if ahead else 0
            symbol = _symbol(self.tape, key)
            row = int(np.searchsorted(self.tape.times[symbol], one.stamp))
            if key not in known.stamps and len(self.tape.frames) == 1:
                row = whole.start + one.row
            out.append(Peek(key, row, one.stamp, one.was, one.becomes, far))
        return sorted(out, key=lambda peek: peek.stamp)

    def _ahead(self, whole: Part, known: Values, cut: int, what: tuple[Key, Differs]) -> int | None:
        """How many bars after its own the value needs: with one less it is not what it becomes."""
        key, one = what
        own = int(np.searchsorted(self.tape.clock, one.stamp))
        if key not in known.stamps and len(self.tape.frames) == 1:
            own = whole.start + one.row

        def there(stop: int) -> bool:
            part, values = self.values(whole.start, stop)
            if values is None:
                return False
            differs = self.compare(part, values, known, key)
            return differs is None or differs.stamp > one.stamp

        low, high = cut, whole.stop
        if high - low > 1 and not there(high - 1):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if there(middle) else (middle, high)
        return int(high - 1 - own)


def _symbol(tape: Tape, key: Key) -> str:
    """The symbol whose bars a study is of: the first one for a study of several."""
    return key[0] if key[0] in tape.frames else next(iter(tape.frames))


def _stamps(tape: Tape, values: Values, key: Key, count: int) -> np.ndarray:
    if key in values.stamps:
        return values.stamps[key]
    return tape.times[_symbol(tape, key)][:count]


def _at(every: np.ndarray, times: np.ndarray, values: np.ndarray | None) -> np.ndarray:
    """Values at these stamps, NaN where there is none."""
    out = np.full(len(every), np.nan)
    if values is not None:
        inside = np.isin(times, every)
        out[np.searchsorted(every, times[inside])] = values[inside]
    return out


def plan(tape: Tape, count: int, first: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Parts of the bars and how many cuts each gets: all of them, and where they are many, stretches."""
    size = len(tape)
    length = max(_STRETCH, 2 * first + 1_000)
    if size <= max(_LONG, length) or count >= size:
        return [(0, size, count)]
    few = max(count // 8, 8)
    pieces = max(1, min(4, (count - few) // 64))
    begins = np.sort(rng.integers(0, size - length, pieces))
    return [(0, size, few), *((int(at), int(at) + length, max((count - few) // pieces, 1)) for at in begins)]


def cuts_of(tape: Tape, whole: Part, known: Values, *, count: int, rng: np.random.Generator) -> np.ndarray:
    """Where to cut a part, as ends before an instant.

    Right after the first known bar of each study and before the last bar; then, in equal parts, where studies change,
    at and after bars that stand out, a run of neighbours, and anywhere. All ends, where there are no more than that.
    """
    start, stop = whole.start, whole.stop
    if count >= stop - start - 1:
        return np.arange(start + 1, stop)
    must, moves = [stop - 1, start + 1], []
    for key, column in known.columns.items():
        if key in known.stamps:
            continue
        symbol = _symbol(tape, key)
        first = whole.rows[symbol][0]
        some = ~np.isnan(column)
        if some.any():
            must.append(_instant(tape, symbol, first + int(some.argmax())) + 1)
        moves.append(_instant(tape, symbol, first + _moves(column, count, rng)) + 1)
    quarter = max(count // 4, 1)
    outstanding = [_instant(tape, s, whole.rows[s][0] + _outstanding(f, quarter)) for s, f in whole.frames.items()]
    some = np.concatenate(outstanding)
    some = np.concatenate([some, some + 1])
    changes = np.concatenate(moves) if moves else np.zeros(0, np.int64)
    run = int(rng.integers(start + 1, max(stop - quarter, start + 2)))
    chosen = [
        np.array(must), _few(changes, quarter, rng), _few(some, quarter, rng), np.arange(run, run + quarter),
        rng.integers(start + 1, max(stop, start + 2), count),
    ]  # fmt: skip
    inside = np.concatenate(chosen)
    inside = inside[(inside > start) & (inside < stop)]
    _, places = np.unique(inside, return_index=True)
    return np.sort(inside[np.sort(places)][: max(count, 1)])


def _instant(tape: Tape, symbol: str, rows: int | np.ndarray) -> np.ndarray:
    return tape.instants(symbol, np.asarray(rows))


def _few(values: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    values = np.unique(values)
    return values if len(values) <= count else rng.choice(values, count, replace=False)


def _moves(column: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows on which a study changes: all where that is seldom, else the greatest changes and some of the others."""
    with np.errstate(invalid="ignore"):
        step = np.abs(np.diff(column))
    gone = np.isnan(column[1:]) != np.isnan(column[:-1])
    step = np.where(gone, np.inf, np.nan_to_num(step, nan=0.0))
    rows = np.flatnonzero(step > 0.0) + 1
    if len(rows) <= count:
        return rows
    return np.concatenate([np.argsort(step)[-(count // 2) :] + 1, rng.choice(rows, count // 2, replace=False)])


def _outstanding(frame: pd.DataFrame, count: int) -> np.ndarray:
    """Bars whose time, or a column of theirs, is far from that before it, or the greatest there is."""
    columns = []
    for values in (frame.index.to_numpy(), *(frame[name].to_numpy() for name in frame.columns[:_COLUMNS])):
        if values.dtype.kind in "fiubmM":
            columns.append(values.view("i8").astype(float) if values.dtype.kind in "mM" else values.astype(float))
    each, out = max(count // max(2 * len(columns), 1), 1), [np.zeros(0, np.int64)]
    for values in columns:
        holes = np.flatnonzero(np.isnan(values))
        out.append(holes[:: max(len(holes) // each, 1)])
        if len(values) > 1:
            with np.errstate(invalid="ignore"):
                out.append(np.argsort(np.nan_to_num(np.abs(np.diff(values))))[-each:] + 1)
            out.append(np.argsort(np.nan_to_num(values))[-each:])
    return np.concatenate(out)
