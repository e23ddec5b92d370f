"""What studies do when the bars begin later: how long their values depend on where that is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from workbench.backtest.audit.search import Search
from workbench.backtest.audit.subject import Key, Tape, Values

#: Relative difference below which values of two beginnings count as the same.
_SETTLED = 1e-6
#: A difference that is a thousand times smaller on the next bar has not faded: a window was not full before.
_AT_ONCE = 1e-3
#: A difference that has come down to this part of what it was fades, if slowly.
_FADED = 0.05


class Start(NamedTuple):
    """A study under later beginnings.

    ``known`` is its first known bar; ``needed`` are the bars it takes until values agree with those of a longer
    history, None where they do not in these bars; ``anchored`` says that they do not come nearer either; ``filling``
    that it takes as many bars from each beginning, and until then values are of a window that is not full.
    """

    key: Key
    known: int
    needed: int | None
    anchored: bool
    filling: bool


class _Seen(NamedTuple):
    row: int
    known: int
    needed: int | None
    fades: bool
    at_once: bool


def begins_of(tape: Tape, count: int, rng: np.random.Generator) -> list[int]:
    """Later beginnings: neighbours in pairs, in the first half of the bars.

    From two neighbours a window is full after as many bars, but the next session comes one bar sooner.
    """
    low, high = max(len(tape) // 8, 1), len(tape) // 2
    if not count or high - 1 <= low:
        return []
    places = rng.integers(low, high - 1, (count + 1) // 2)
    return sorted({int(one) + more for one in places for more in (0, 1)})[:count]


def later_starts(search: Search, known: Values, begins: Iterable[int]) -> list[Start]:
    """How studies that do not peek settle when the bars begin at these instants."""
    seen: dict[Key, list[_Seen]] = {}
    stop = len(search.tape)
    for begin in begins:
        if search.tape.least(begin) > stop:
            continue
        part, values = search.values(begin, stop)
        if values is None:
            continue
        for key, later in values.columns.items():
            if key in search.found or key not in known.columns or key in known.stamps or key in values.stamps:
                continue
            row = search.first(part, key)
            longer = known.columns[key][row:]
            if len(longer) == len(later):
                seen.setdefault(key, []).append(_settling(row, longer, later, search.size(known, key)))
    return [_summed(key, rows) for key, rows in seen.items()]


def _settling(row: int, longer: np.ndarray, later: np.ndarray, size: float) -> _Seen:
    there = ~np.isnan(later)
    if not there.any():
        return _Seen(row, len(later), 0, True, False)
    known = int(there.argmax())
    with np.errstate(invalid="ignore", over="ignore"):
        bound = np.maximum(np.maximum(np.abs(longer), np.abs(later)), size)
        off = np.abs(longer - later) / np.where(bound > 0.0, bound, 1.0)
    off[(np.isnan(longer) & np.isnan(later)) | (longer == later)] = 0.0
    off = np.nan_to_num(off, nan=1.0, posinf=1.0)
    apart = np.flatnonzero(off[known:] > _SETTLED) + known
    if not len(apart):
        return _Seen(row, known, known, True, False)
    last, tenth = int(apart[-1]), max(len(later) // 10, 1)
    if last >= len(later) - 1 - tenth:
        fades = bool(off[-tenth:].max() <= _FADED * off[known : known + tenth].max())
        return _Seen(row, known, None, fades, False)
    return _Seen(row, known, last + 1, True, bool(off[last + 1 :].max() < _AT_ONCE * off[last]))


def _summed(key: Key, rows: list[_Seen]) -> Start:
    known = min(one.known for one in rows)
    if any(one.needed is None for one in rows):
        return Start(key, known, None, not all(one.fades for one in rows), False)
    needed = {one.needed for one in rows if one.needed is not None}
    starts = {one.row for one in rows}
    neighbours = any(one + 1 in starts for one in starts)
    filling = neighbours and len(needed) == 1 and all(one.at_once for one in rows)
    return Start(key, known, max(needed), False, filling)
