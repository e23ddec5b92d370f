"""Where stored history ends and the stream takes over, and what of the history live bars begin with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.catalog.schema import split_kind
from workbench.errors import DataError, SpecError
from workbench.market.calendars import Windows, calendar
from workbench.market.events import TRADE
from workbench.market.specs import DAY, BarSpec, bar_kinds

if TYPE_CHECKING:
    from workbench.catalog.manifest import Entry, Manifest, Part
    from workbench.catalog.market_catalog import MarketCatalog

#: Stored trades that are read while the caller waits (about 20 ms); more are read in the background.
AT_ONCE = 200_000

_BARS_A_READ = 100_000
_SHORTEST = {"d": DAY, "w": 7 * DAY, "mo": 28 * DAY}


@dataclass(frozen=True)
class Join:
    """The hand-over for one (symbol, spec, session).

    History accounts for every trade before ``cut`` (ns UTC), the stream for all others; ``None``: there is no history.
    ``start`` <= ``cut`` is where the bar that holds ``cut`` begins, or the run of bars for kinds that begin anew with
    each session; the stored trades of [start, cut), about ``rows``, are taken in first, so that it is built whole.

    ``before`` says what bars carry on from that lies before ``start``: ``nothing``, the ``bars`` of their innermost
    base, or all ``trades``. ``session`` is the calendar the bars follow, ``asked`` the one that was asked for, and
    ``source`` where the trades are stored (``None``: nowhere). ``held`` are the manifests it was found from.
    """

    spec: BarSpec
    session: str | None
    asked: str | None = None
    cut: int | None = None
    start: int | None = None
    source: str | None = None
    before: str = "nothing"
    rows: int = 0
    held: tuple[Manifest, ...] = field(default=(), compare=False, repr=False)

    @property
    def slow(self) -> bool:
        """Whether reading what comes first may take longer than a caller should wait."""
        return self.cut is not None and (self.before != "nothing" or self.rows > AT_ONCE)


def covered(catalog: MarketCatalog | None, symbol: str, *, until: int | None = None) -> tuple[int, str | None] | None:
    """Exclusive end of the stored history of ``symbol`` and the source of its trades (``None``: bars only).

    The source is the one that the catalog makes bars of trades from: that with the widest time. What is stored from
    ``until`` (ns UTC) on does not count: in a replay it has not happened yet.
    """
    found = _covered(catalog, symbol)
    return found if found is None or until is None else (min(found[0], until), found[1])


def _covered(catalog: MarketCatalog | None, symbol: str) -> tuple[int, str | None] | None:
    held = [] if catalog is None else catalog.store.held(symbol)
    trades = {one.source: entry for one in held if (entry := one.datasets.get("trades")) is not None and entry.parts}
    if trades:
        ranked = [source for source in catalog.sources(symbol) if source in trades]
        source = max(ranked, key=lambda one: trades[one].last - trades[one].first)
        return _end("trades", trades[source]), source
    end = max((_end(*item) for one in held for item in one.datasets.items()), default=0)
    return (end, None) if end else None


def plan(
    catalog: MarketCatalog | None,
    symbol: str,
    spec: str | BarSpec,
    *,
    session: str | None = None,
    until: int | None = None,
) -> Join:
    """Find the hand-over; reads no more than manifests. History ends at ``until`` at the latest (``None``: as stored).

    Raises
    ------
    SpecError, UnknownNameError
        The spec has no base though its kind is made of bars, or the session is not known.
    """
    spec = BarSpec.parse(spec)
    needs_base(spec)
    asked = session
    if session is None and catalog is not None:
        session = catalog.master.get_or_default(symbol).calendar_of(spec).name
    calendar(session or "24/7")
    held = () if catalog is None else tuple(catalog.store.held(symbol))
    end = covered(catalog, symbol, until=until)
    if end is None:
        return Join(spec, session, asked, held=held)
    cut, source = end
    before, start = carried_from(spec), begin_of(spec, session, cut)
    if source is None:
        before = "nothing" if before == "trades" else before
        return Join(spec, session, asked, cut, start, None, before, held=held)
    rows = sum(_share(part, start, cut) for part in _trades(catalog, symbol, source).parts)
    return Join(spec, session, asked, cut, start, source, before, int(rows))


def needs_base(spec: BarSpec) -> None:
    """Refuse a kind made of bars that says not of which: a stream gives trades."""
    if spec.base is None and not spec.timed and bar_kinds.get(spec.kind).of == "bars":
        raise SpecError(
            f"live bars {spec} are made of bars, and a stream has trades: name the base, write {spec}(5min)"
        )


def carried_from(spec: BarSpec) -> str:
    """What bars of ``spec`` depend on beside their own trades: ``nothing``, ``bars`` of the base, or all ``trades``."""
    if spec.base is None:
        return "nothing" if spec.timed or bar_kinds.get(spec.kind).resets else "trades"
    # What bricks of trades had come to is not in their bars: only the trades bring it back.
    return "bars" if carried_from(spec.root) == "nothing" else "trades"


def begin_of(spec: BarSpec, session: str | None, instant: int) -> int:
    """Where the bar of ``spec``, or the run of such bars, or the bar of its base, begins that holds ``instant``.

    ``instant`` itself when it lies between bars, and for bars that depend on everything before.
    """
    if spec.base is not None:
        return begin_of(spec.base, session, instant)
    sessions = calendar(session or "24/7")
    if spec.timed:
        return _opened(sessions.windows(spec, instant, instant), instant)
    if not bar_kinds.get(spec.kind).resets:
        return instant
    runs = sessions.runs(instant, instant)
    # In a lunch break nothing is open, and yet the run goes on.
    return _opened(runs if len(runs.open) else sessions.runs(instant, instant + DAY), instant)


def _opened(windows: Windows, instant: int) -> int:
    later = np.flatnonzero(windows.close > instant)
    if not len(later):
        return instant
    i = later[0]
    stamp, open_ = int(windows.stamp[i]), int(windows.open[i])
    if not windows.step:  # of one or several stretches, with a lunch break or nights between them
        return min(stamp, instant)
    return min(max(stamp + (instant - stamp) // windows.step * windows.step, open_), instant)


def stored_before(catalog: MarketCatalog, symbol: str, join: Join) -> Iterator[np.ndarray]:
    """What bars carry on from, oldest first, in pieces: bars of the base, or trades."""
    if join.before == "trades":
        yield from _pieces(catalog, symbol, join.source, None, join.start)
    elif join.before == "bars":
        known = catalog.coverage(symbol)
        base, low = join.spec.root, known[0] if known else join.start
        low -= 2 * base.nominal  # a bar begins before its first print
        while low < join.start:
            high = min(low + _BARS_A_READ * base.nominal, join.start)
            span = np.datetime64(low, "ns"), np.datetime64(high, "ns")
            yield catalog.bar_records(symbol, base, *span, session=join.asked)
            low = high


def stored_first(catalog: MarketCatalog, symbol: str, join: Join) -> Iterator[np.ndarray]:
    """The stored trades of [start, cut), in pieces."""
    if join.source is not None and join.start < join.cut:
        yield from _pieces(catalog, symbol, join.source, join.start, join.cut)


def hole(catalog: MarketCatalog | None, symbol: str, cut: int | None, begins: int | None) -> tuple[int, int] | None:
    """The stretch between history and stream, ``None`` where there is none or the market was closed all through it."""
    if cut is None or begins is None or begins <= cut:
        return None
    session = catalog.master.get_or_default(symbol).session if catalog is not None else "24/7"
    try:
        sessions = calendar(session).sessions(cut, begins)
    except DataError:
        return cut, begins
    return (cut, begins) if ((sessions.open < begins) & (sessions.close > cut)).any() else None


def _pieces(catalog: MarketCatalog, symbol: str, source: str, start: int | None, end: int) -> Iterator[np.ndarray]:
    """Stored trades of [start, end), a file at a time."""
    parts = _trades(catalog, symbol, source).parts
    edges = [part.first for part in parts if (start is None or part.first > start) and part.first < end]
    for low, high in zip([start, *edges], [*edges, end], strict=True):
        piece = catalog.store.read(source, "trades", symbol, low, high)
        if len(piece):
            yield piece.astype(TRADE, copy=False)


def _trades(catalog: MarketCatalog, symbol: str, source: str) -> Entry:
    return catalog.store.manifests(source, symbol).datasets["trades"]


def _share(part: Part, start: int, end: int) -> float:
    """About how many rows of a file lie in [start, end)."""
    inside = min(part.last + 1, end) - max(part.first, start)
    return part.rows * inside / (part.last + 1 - part.first) if inside > 0 else 0.0


def _end(kind: str, entry: Entry) -> int:
    """Exclusive end: as the writer stated it, else just behind the last record; 0 when neither is known.

    A bar is stamped with its open. It is taken for whole when its time has passed.
    """
    if entry.cursor is not None and entry.covered_until is not None:
        return entry.covered_until  # the recorder knows better: more prints of the last instant may be to come
    behind = 0 if entry.last is None else entry.last + 1
    spec = split_kind(kind)[1]
    if behind and spec is not None:
        end = entry.last + (spec.step or spec.count * _SHORTEST[spec.unit])
        behind = end if end <= time.time_ns() else behind
    return max(behind, entry.covered_until or 0)
