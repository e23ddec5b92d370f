"""From which dataset time bars of a spec are built, so that they are exact."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from workbench.catalog import schema
from workbench.catalog.manifest import Entry, Manifest
from workbench.catalog.rollups import whole_bars
from workbench.catalog.store import Store
from workbench.errors import DataError
from workbench.market.calendars import Calendar, Windows, calendar
from workbench.market.specs import DAY, BarSpec

PRICES = ("bid", "ask", "mid")
# Two sources that cover nearly the same time are equals, and then events go before a vendor's bars.
_AS_WIDE = 0.99
_LONGEST_DAY = 25 * 3600 * 1_000_000_000  # a local day on which clocks are turned back
_KNOWN_AROUND = 25 * DAY  # a calendar with the time between its sessions looks so far beyond what it is asked for

#: Which plan the stored bars of a vendor allow, as reading their times takes a while.
_fitting: dict[tuple[Plan, int, bool], Plan | None] = {}
_MOST_FITTING = 1000


@dataclass(frozen=True)
class Plan:
    """Bars of one ``spec`` from one dataset: ``kind`` as stored, ``sessions`` the calendar the bars keep.

    ``finer`` is the spec of the stored bars, None when they are built from events; ``ready`` when they are the bars
    asked for. ``first`` and ``until`` (exclusive) are the time the dataset holds.
    """

    source: str
    kind: str
    symbol: str
    spec: BarSpec
    sessions: Calendar
    finer: BarSpec | None
    first: int
    until: int
    price: str | None = None
    ready: bool = False

    def rows_per_bar(self) -> int | None:
        """At most so many stored rows make one bar; None when nobody can know."""
        if self.finer is None:
            return None
        longest = self.spec.step or {"d": 1, "w": 7, "mo": 31}[self.spec.unit] * self.spec.count * _LONGEST_DAY
        return -(-longest // (self.finer.step or DAY * 23 // 24)) + 1

    def reach(self, start: int, end: int) -> tuple[int, int] | None:
        """The time to read so that every bar with a time in [start, end) is whole; None when there is none."""
        start, end = max(start, self.first - self.longest()), min(end, self.until)
        if start >= end:
            return None
        return (start, end) if self.ready else whole_bars(self.spec, self.sessions, start, end)

    def longest(self) -> int:
        """No bar spans more (ns)."""
        return self.spec.step or 2 * self.spec.nominal + 10 * DAY


def choose(
    store: Store,
    held: Iterable[Manifest],
    spec: BarSpec,
    *,
    sessions: Calendar,
    price: str | None,
    lenient: bool = False,
) -> Plan | None:
    """The best plan among what the sources in ``held`` hold of a symbol; None when none gives exact bars.

    The source with the widest time wins; among sources that cover about the same, those that keep ``sessions`` go
    first, events go before bars of a vendor, and finer bars before coarser ones. Of the bars that the store derived,
    the coarsest that divide ``spec`` are read. With ``lenient`` a dataset that cannot keep ``sessions`` may give bars
    of a fixed step as it has them: a vendor's own, or those of the grid of UTC days.
    """
    found: list[tuple[int, tuple[bool, int], Plan]] = []
    for manifest in held:
        for kind, entry in manifest.datasets.items():
            prefix, finer = schema.split_kind(kind)
            if not entry.parts or prefix in schema.ROLLUP_OF.values() or prefix == "book":
                continue
            if (prefix in ("quotes", "quote_bars")) != (price is not None) or (price == "mid" and prefix != "quotes"):
                continue
            until = max(entry.last + 1, entry.covered_until or 0)
            plan = Plan(manifest.source, kind, manifest.symbol, spec, sessions, finer, entry.first, until, price)
            fitting = _best(store, manifest, entry, plan=plan, lenient=lenient)
            if fitting is not None:
                keeps = fitting.ready or not spec.step or fitting.sessions.name != "24/7" or sessions.name == "24/7"
                found.append((until - entry.first, (keeps, -(finer.nominal if finer else 0)), fitting))
    if not found:
        return None
    widest = max(span for span, _, _ in found)
    near = [(rank, span, plan) for span, rank, plan in found if span >= _AS_WIDE * widest]
    return max(near, key=lambda one: (one[0], one[1], one[2].source))[2]


def _best(store: Store, manifest: Manifest, entry: Entry, *, plan: Plan, lenient: bool) -> Plan | None:
    if plan.finer is None:
        plan = known(plan) if lenient else plan
        return plan if plan.price == "mid" else _derived(manifest, plan)
    key = (plan, entry.rows, lenient)
    if key not in _fitting:
        if len(_fitting) >= _MOST_FITTING:
            _fitting.clear()
        _fitting[key] = vendor(plan, functools.partial(_times, store, plan), lenient=lenient)
    return _fitting[key]


def known(plan: Plan) -> Plan:
    """The plan on UTC days, when its calendar does not know all of the time: a bar must not depend on what is asked."""
    if plan.spec.dated or knows(plan.sessions, plan.first, plan.until):
        return plan
    return dataclasses.replace(plan, sessions=calendar("24/7"))


def knows(sessions: Calendar, first: int, until: int) -> bool:
    """Whether a calendar knows the sessions of [first, until), and enough around them."""
    try:
        sessions.sessions(first - _KNOWN_AROUND, until + _KNOWN_AROUND)
    except DataError:
        return False
    return True


def _derived(manifest: Manifest, plan: Plan) -> Plan:
    """The coarsest bars derived from the plan's events that give the same bars, else the plan itself."""
    prefix, best = schema.ROLLUP_OF[plan.kind], plan
    for kind, entry in manifest.datasets.items():
        own, finer = schema.split_kind(kind)
        if own != prefix or not entry.parts or entry.last < manifest.datasets[plan.kind].last - DAY * 10:
            continue
        if best.finer is not None and best.finer.nominal >= finer.nominal:
            continue
        if finer.dated:
            fits = entry.session == plan.sessions.name and plan.spec.dated
        else:
            fits = aligned(finer, plan.spec, plan.sessions, plan.first, plan.until)
        if fits and finer.nominal <= plan.spec.nominal:
            # Bars of the UTC grid that lie on the grid of the sessions are those bars, where nothing is left out.
            ready = finer == plan.spec and (finer.dated or plan.sessions.name.startswith(("24/7", "all:", "days:")))
            best = dataclasses.replace(plan, kind=kind, finer=finer, ready=ready)
    return best


def vendor(plan: Plan, times: Callable[[], np.ndarray], *, lenient: bool = False) -> Plan | None:
    """The plan when bars of a vendor give exact bars of the spec, else None; ``times`` reads when the bars begin.

    ``lenient`` as for ``choose``.
    """
    spec, finer = plan.spec, plan.finer
    if finer == spec and (spec.dated or lenient or plan.sessions.name == "24/7"):
        return dataclasses.replace(plan, ready=True)
    if finer.nominal > spec.nominal or (finer.dated and (spec.step or (finer.count, finer.unit) != (1, "d"))):
        return None
    opens = times()
    if finer.step:
        options = _ways(plan, opens) if lenient and spec.step else [plan]
        return next((one for one in options if _whole(opens, finer.step, one)), None)
    # Daily bars of vendors are stamped with a date (midnight UTC or local) or with the open of the session.
    if not (opens % DAY).any():
        return dataclasses.replace(plan, sessions=calendar("24/7"))
    windows = plan.sessions.windows(spec, plan.first, plan.until)
    at = np.searchsorted(windows.open, opens, "right") - 1
    if (at >= 0).all() and (opens < windows.close[at]).all():
        return plan
    return dataclasses.replace(plan, sessions=calendar(f"days:{plan.sessions.tz}"))


def _ways(plan: Plan, opens: np.ndarray) -> Iterable[Plan]:
    """The plan on its calendar, on the sessions alone when all bars begin inside of them, and on UTC days."""
    own = known(plan)
    yield own
    if own is plan and plan.sessions.name.startswith("all:"):
        inside = dataclasses.replace(plan, sessions=calendar(plan.sessions.name.removeprefix("all:")))
        windows = inside.sessions.windows(plan.spec, plan.first, plan.until)
        at = np.searchsorted(windows.open, opens, "right") - 1
        if (at >= 0).all() and (opens < windows.close[at]).all():
            yield inside
    yield dataclasses.replace(plan, sessions=calendar("24/7"))


def _whole(opens: np.ndarray, step: int, plan: Plan) -> bool:
    """Whether every bar [open, open + step) lies inside of one bar of the plan, or outside of all sessions.

    One that begins inside a session and ends in a break after it is whole: nothing is traded there.
    """
    if plan.sessions.name == "24/7" and not (opens % step).any() and DAY % step == 0:
        return aligned(plan.finer, plan.spec, plan.sessions, plan.first, plan.until)
    windows = plan.sessions.windows(plan.spec, plan.first, plan.until + step)
    if not len(windows.open):
        return True
    at = np.searchsorted(windows.open, opens, "right") - 1
    last = np.searchsorted(windows.open, opens + step, "left") - 1  # the window that it still reaches
    inside = (at >= 0) & (opens < windows.close[at])
    if (~inside & (last > at)).any():
        return False
    at, last, opens = at[inside], last[inside], opens[inside]
    if not windows.step:
        return bool((windows.stamp[at] == windows.stamp[last]).all())
    ends = np.minimum(opens + step, windows.close[at]) - 1
    anchor = windows.stamp[at]
    return bool(((at == last) & ((opens - anchor) // windows.step == (ends - anchor) // windows.step)).all())


def _times(store: Store, plan: Plan) -> np.ndarray:
    return store.read(plan.source, plan.kind, plan.symbol, columns=["time"])["time"]


@functools.lru_cache(maxsize=1024)
def aligned(finer: BarSpec, spec: BarSpec, sessions: Calendar, first: int, until: int) -> bool:
    """Whether bars of ``finer`` on the grid of UTC days never lie across an edge of a ``spec`` bar."""
    if not finer.step or not spec.timed or spec.step % finer.step:
        return False
    if sessions.name == "24/7":
        return True
    if DAY % finer.step:
        return False
    windows: Windows = sessions.windows(spec, first, until)
    edges = (windows.open, windows.close, windows.stamp)
    return not any((times % finer.step).any() for times in edges)


def newest(
    plan: Plan,
    rows: int,
    before: int | None,
    *,
    build: Callable[[np.ndarray], np.ndarray],
    tail: Callable[[int, int | None], np.ndarray],
    between: Callable[[int, int], np.ndarray],
) -> np.ndarray:
    """The newest ``rows`` bars with time < ``before`` (ns).

    ``tail(n, end)`` gives the last n stored rows before ``end``, ``between(start, end)`` bars of a stretch.
    """
    if plan.ready:
        return build(tail(rows, before))[-rows:]
    end = plan.until if before is None else min(before, plan.until)
    ratio = plan.rows_per_bar()
    if ratio is not None:
        whole = plan.reach(end - 1, end)
        stop, wanted = end if whole is None else whole[1], (rows + 1) * ratio
        while True:
            stored = tail(wanted, stop)
            bars = build(stored)
            if len(stored) == wanted:
                bars = bars[1:]  # its first rows may lie before those that were read
            bars = bars[bars["time"] < end]
            if len(bars) >= rows or len(stored) < wanted:
                return bars[-rows:]
            wanted *= 4  # many rows lie outside of the sessions
    span = plan.spec.nominal * (rows + 1)
    while True:
        start = max(end - span, plan.first - plan.longest())
        bars = between(start, end)
        if len(bars) >= rows or start <= plan.first:
            return bars[-rows:]
        span *= 4


def check_price(price: str | None) -> str | None:
    """``price`` when it is one of ``PRICES`` or None."""
    if price is not None and price not in PRICES:
        raise DataError(f"price {price!r} is not known: use one of {', '.join(PRICES)}, or None for trades")
    return price
