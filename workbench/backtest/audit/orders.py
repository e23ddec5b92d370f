"""Whether what a strategy did was decided by what it knew: its runs on beginnings of the bars, beside that on all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.backtest.audit.subject import Bars, Tape
from workbench.kernels import ledger as k
from workbench.strategies import Strategy

if TYPE_CHECKING:
    from workbench.backtest.result import Result

#: What an order asks, which nothing that happens later changes.
_ASKED = ("amount", "limit", "stop", "tag", "born", "symbol", "kind", "mode", "parent")


class Acted(NamedTuple):
    """The first instant at which a run on fewer bars did something else; what differs, and equity then and now."""

    instant: int
    what: str
    was: float
    becomes: float


def orders_peek(
    strategy: Strategy, bars: Bars, cuts: Iterable[int], run: Mapping[str, Any]
) -> tuple[Acted | None, int]:
    """The first order, fill or equity that later bars have changed, and how many cuts were compared.

    Parameters
    ----------
    strategy
        Without arrays among its studies, which are of all bars.
    bars
        All of them.
    cuts
        Ends of the bars, as instants of their clock; those before the first bar of a symbol are passed over.
    run
        Keywords of ``backtest``. Positions are not closed at the end, where more bars would leave them open.
    """
    from workbench.backtest.engine import backtest

    how = {**run, "close_at_end": False, "audit": False}
    inside = how.pop("inside", None)
    whole = backtest(strategy, bars, inside=inside, **how)
    tape = Tape(bars)
    finer = None if inside is None else Tape(inside)
    found: list[Acted] = []
    reached = 0
    for cut in sorted({*cuts, *_busy(whole)}):
        if not tape.least(0) <= cut < len(tape):
            continue
        part = tape.part(0, cut)
        given = next(iter(part.frames.values())) if tape.single else part.frames
        within = None if finer is None else _before(finer, int(tape.clock[cut]))
        fewer = backtest(strategy, given, inside=within, **how)
        reached += 1
        if (one := _first(fewer, whole, cut)) is not None:
            found.append(one)
    return min(found, default=None), reached


def _before(finer: Tape, time: int) -> Bars:
    """The finer bars that begin before a time."""
    cut = {name: frame.iloc[: np.searchsorted(finer.times[name], time)] for name, frame in finer.frames.items()}
    return next(iter(cut.values())) if finer.single else cut


def _busy(whole: Result) -> set[int]:
    """Ends right after bars on which orders were made: at most five, from the first to the last."""
    born = np.unique(whole.log.orders["born"])
    if not len(born):
        return set()
    return {int(born[at]) + 1 for at in np.linspace(0, len(born) - 1, min(len(born), 5)).astype(int)}


def _first(fewer: Result, whole: Result, cut: int) -> Acted | None:
    """The first instant before the cut at which the two runs are not the same."""
    differ = []
    before, after = fewer.equity.to_numpy(), whole.equity.to_numpy()[:cut]
    unlike = np.flatnonzero(~((before == after) | (np.isnan(before) & np.isnan(after))))
    if len(unlike):
        differ.append((int(unlike[0]), "equity"))
    orders = [one.log.orders[one.log.orders["born"] < cut] for one in (fewer, whole)]
    # The side of a target is known when it is filled.
    sides = [np.where(one["kind"] == k.AIM, 0.0, one["side"]) for one in orders]
    if (at := _unlike(orders[0], orders[1], _ASKED, sides)) is not None:
        differ.append((at, "orders"))
    fills = [one.log.fills[one.log.fills["instant"] < cut] for one in (fewer, whole)]
    names = [name for name in k.FILL.names or () if name]
    if (at := _unlike(fills[0], fills[1], names, None)) is not None:
        differ.append((at, "fills"))
    if not differ:
        return None
    instant, what = min(differ, key=lambda one: one[0])
    return Acted(instant, what, float(before[instant]), float(after[instant]))


def _unlike(left: np.ndarray, right: np.ndarray, names: Iterable[str], sides: list[np.ndarray] | None) -> int | None:
    """The instant of the first row in which two logs differ."""
    time = "born" if "born" in (left.dtype.names or ()) else "instant"
    count = min(len(left), len(right))
    same = np.ones(count, bool) if sides is None else sides[0][:count] == sides[1][:count]
    for name in names:
        one, other = left[name][:count], right[name][:count]
        same &= (one == other) | ((one != one) & (other != other))
    if not same.all():
        row = int(np.argmin(same))
        return int(min(left[time][row], right[time][row]))
    longer = left if len(left) > len(right) else right
    return int(longer[time][count]) if len(longer) > count else None
