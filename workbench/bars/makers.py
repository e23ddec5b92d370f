"""What makes bars of one spec from a stream: one class for time, one for other kinds of trades, one for kinds of bars.

Each has ``take(columns)`` for trades as they come (closed bars), ``whole(columns)`` for a tape in one piece (closed
bars and the forming one; for a fresh maker only), ``forming`` and ``late``. A chunk that is refused changes nothing.
"""

from __future__ import annotations

import numpy as np

from workbench.bars import batch
from workbench.bars.kinds.base import Stage
from workbench.bars.placing import NOTHING, Placing, in_order
from workbench.errors import SpecError
from workbench.kernels import time_bars as kernel
from workbench.market.calendars import Calendar
from workbench.market.events import BAR, FLAG_NO_BAR, FLOW_BAR
from workbench.market.specs import BarSpec

Columns = list[np.ndarray]  # times, price, size, side, flags


class _Open:
    """The accumulators of the bar that is forming: none, or one."""

    def __init__(self, width: int) -> None:
        self.time = np.empty(0, np.int64)
        self.acc = np.zeros((0, width))
        self.count = np.zeros(0, np.int64)
        self.trades = np.zeros(0, np.int64)

    def grown(self, bars: int) -> _Open:
        """The same with room for ``bars`` in all, this one first."""
        out, carried = _Open(self.acc.shape[1]), len(self.time)
        for name in ("time", "acc", "count", "trades"):
            own = getattr(self, name)
            wide = np.zeros((max(bars, carried), *own.shape[1:]), own.dtype)
            wide[:carried] = own
            setattr(out, name, wide)
        return out

    def last(self) -> _Open:
        """Only the last bar of it; none when nothing fell into that."""
        out = _Open(self.acc.shape[1])
        if len(self.count) and self.count[-1]:
            out.time, out.acc = self.time[-1:].copy(), self.acc[-1:].copy()
            out.count, out.trades = self.count[-1:].copy(), self.trades[-1:].copy()
        return out

    def bars(self, part: slice = slice(None)) -> np.ndarray:
        """As records."""
        return batch.finished(self.time[part], self.acc[part], self.count[part], self.trades[part])


class TimeBars:
    """Bars cut by the windows of a calendar."""

    def __init__(self, spec: BarSpec, sessions: Calendar, *, flagged: bool, delta: bool) -> None:
        self.spec, self.sessions, self.flagged, self.delta = spec, sessions, flagged, delta
        self.late = 0
        self._placing = Placing(sessions, spec)
        self._open = _Open(batch.width(delta))

    def take(self, columns: Columns) -> np.ndarray:
        """Bars that these trades close."""
        if not len(columns[0]):
            return self._open.bars(slice(0, 0))
        carried = self._open.time
        placed = self._placing.place(columns, int(carried[0]) if len(carried) else NOTHING)
        time, bar = batch.numbered(np.concatenate([carried, placed.stamp]))
        now = self._open.grown(len(time))
        now.time = time
        batch.fold_trades(
            placed.low, placed.high, bar[len(carried) :], placed.columns,
            acc=now.acc, count=now.count, flagged=self.flagged, rows=placed.rows,
        )  # fmt: skip
        now.trades = now.count
        self.late += placed.late
        # A bar of nothing but flagged prints is carried too: its time decides what is late.
        self._open = _Open(now.acc.shape[1])
        self._open.time, self._open.acc = time[-1:].copy(), now.acc[-1:].copy()
        self._open.count = self._open.trades = now.count[-1:].copy()
        return now.bars(slice(None, -1))

    def whole(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """As ``take`` and ``forming``, by two threads."""
        return batch.time_bars_so_far(columns, self.spec, self.sessions, flagged=self.flagged, delta=self.delta)

    @property
    def forming(self) -> np.ndarray:
        """The bar that is not closed: one record, or none."""
        return self._open.bars()


class TradeBars:
    """Bars that end where a stage says, of trades in the order they come.

    With a calendar, prints outside of it are in no bar. Kinds with ``resets`` begin anew with each of its runs then;
    a print of an earlier run than the current one came too late and is counted in ``late``. Without one, and inside a
    run, every print counts where it comes.
    """

    def __init__(self, spec: BarSpec, sessions: Calendar | None, *, flagged: bool, delta: bool) -> None:
        kind = spec.maker()
        self.flagged = flagged
        self.late = 0
        self._stage: Stage = kind.stage()
        self._resets = kind.resets
        self._placing = None if sessions is None else Placing(sessions, None)
        self._run = NOTHING
        self._open = _Open(batch.width(delta))
        self._stamped = NOTHING

    def take(self, columns: Columns) -> np.ndarray:
        """Bars that these trades close."""
        columns = [batch.frozen(column) for column in columns]
        rows = None
        if not self.flagged and batch.any_flagged(columns[4]):
            rows = np.flatnonzero((columns[4] & FLAG_NO_BAR) == 0)
            columns = [batch.frozen(column[rows]) for column in columns]
        if not len(columns[0]):
            return self._stage.shape(self._open.bars(slice(0, 0)))
        if self._placing is None:
            low, high, stamp, late = np.zeros(1, np.int64), np.array([len(columns[0])]), np.array([self._run]), 0
        else:
            placed = self._placing.place(columns, self._run)
            low, high, stamp, late, columns = placed.low, placed.high, placed.stamp, placed.late, placed.columns
            if placed.rows is not None:
                rows = placed.rows if rows is None else rows[placed.rows]
            if not self._resets and len(low):
                # One cut a chunk: prints between the sessions are taken out, those of all sessions moved together.
                inside = np.zeros(len(columns[0]), bool)
                for first, end in zip(low.tolist(), high.tolist(), strict=True):
                    inside[first:end] = True
                if not inside.all():
                    kept = np.flatnonzero(inside)
                    columns = [batch.frozen(column[kept]) for column in columns]
                    rows = kept if rows is None else rows[kept]
                low, high, stamp = np.zeros(1, np.int64), np.array([len(columns[0])]), stamp[:1]
        stage, run = self._stage.copy(), self._run
        carried, bars = len(self._open.time), 0
        edges: list[np.ndarray] = []
        numbers: list[np.ndarray] = []
        for first, end, begins in zip(low.tolist(), high.tolist(), stamp.tolist(), strict=True):
            if self._resets and begins != run:
                if run != NOTHING:
                    stage.reset()
                    bars += 1
                run = begins
            ends = stage.cut_trades(*(column[first:end] for column in columns[:4])) + first
            edges.append(np.concatenate([[first], ends, [end]]))
            numbers.append(bars + np.arange(len(ends) + 1))
            bars += len(ends)
        starts = np.concatenate([edge[:-1] for edge in edges]) if edges else np.zeros(0, np.int64)
        stops = np.concatenate([edge[1:] for edge in edges]) if edges else starts
        bar = np.concatenate(numbers) if edges else starts
        filled = stops > starts
        starts, stops, bar = starts[filled], stops[filled], bar[filled]
        now = self._open.grown(bars + 1)
        new = np.diff(bar, prepend=-1) > 0
        new &= (bar > 0) | (carried == 0)
        now.time[bar[new]] = columns[0][starts[new]]
        batch.fold_trades(starts, stops, bar, columns, acc=now.acc, count=now.count, flagged=True, rows=rows)
        now.trades = now.count
        closed = stage.shape(now.bars(slice(None, -1)))
        closed, self._stamped = increasing(closed, self._stamped)
        self._stage, self._run, self._open = stage, run, now.last()
        self.late += late
        return closed

    def whole(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """As ``take`` of the columns in the order of time, and ``forming``."""
        return self.take(in_order(columns)), self.forming

    @property
    def forming(self) -> np.ndarray:
        """The bar that is not closed: one record, or none."""
        return increasing(_drawn(self._stage, self._open.bars()), self._stamped)[0]


class DerivedBars:
    """Bars made of the closed bars of a base; without one, of bars that are handed in."""

    def __init__(self, spec: BarSpec, base: TimeBars | TradeBars | DerivedBars | None) -> None:
        self.spec, self.base = spec, base
        self._stage: Stage = spec.maker().stage()
        self._open = _Open(kernel.BAR_WIDTH)
        self._stamped = NOTHING

    @property
    def late(self) -> int:
        """Prints that came too late for the base."""
        return 0 if self.base is None else self.base.late

    def take(self, columns: Columns) -> np.ndarray:
        """Bars that these trades close."""
        return self.take_bars(self._based().take(columns))

    def take_root(self, records: np.ndarray) -> np.ndarray:
        """As ``take_bars``, of closed bars of the innermost base, through all that are between."""
        return self.take_bars(self.base.take_root(records) if isinstance(self.base, DerivedBars) else records)

    def take_bars(self, records: np.ndarray) -> np.ndarray:
        """Bars that these closed bars of the base (records with the fields of ``BAR``) close."""
        if not len(records):
            return self._stage.shape(self._open.bars(slice(0, 0)))
        records = batch.frozen(as_bars(records))
        stage, carried = self._stage.copy(), len(self._open.time)
        ends = stage.cut_bars(records)
        now = self._folded(self._open.grown(len(ends) + 1), records, ends, fresh=carried == 0)
        closed = stage.shape(now.bars(slice(None, -1)))
        closed, self._stamped = increasing(closed, self._stamped)
        self._stage, self._open = stage, now.last()
        return closed

    def whole(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """As ``take`` and ``forming``."""
        return self.whole_bars(*self._based().whole(columns))

    def whole_bars(self, closed: np.ndarray, pending: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As ``whole``, of all bars of the base and the one of it that is not closed."""
        return self.take_bars(closed), self.forming_with(pending)

    @property
    def forming(self) -> np.ndarray:
        """The bar that is not closed, with the base bar that is not: one record, or none."""
        return self.forming_with(self._open.bars(slice(0, 0)) if self.base is None else self.base.forming)

    def forming_with(self, pending: np.ndarray) -> np.ndarray:
        """``forming`` with this unfinished bar of the base."""
        now = self._open
        if len(pending):
            fresh = not len(now.time)
            now = self._folded(now.grown(1), as_bars(pending), np.zeros(0, np.int64), fresh=fresh)
        return increasing(_drawn(self._stage, now.bars()), self._stamped)[0]

    def _based(self) -> TimeBars | TradeBars | DerivedBars:
        if self.base is None:
            kind = self.spec.maker()
            raise SpecError(
                f"{self.spec} bars are made of bars, and here are trades: name the base, such as {kind.example}, "
                "or give bars"
            )
        return self.base

    @staticmethod
    def _folded(now: _Open, records: np.ndarray, ends: np.ndarray, *, fresh: bool) -> _Open:
        """Add base bars: those before ``ends[0]`` to bar 0, and so on; ``fresh`` when bar 0 holds nothing yet."""
        edges = np.concatenate([[0], ends, [len(records)]])
        bar = np.arange(len(edges) - 1)
        filled = edges[1:] > edges[:-1]
        starts, stops, bar = edges[:-1][filled], edges[1:][filled], bar[filled]
        new = (bar > 0) | fresh
        now.time[bar[new]] = records["time"][starts[new]]
        batch.fold_bars(starts, stops, bar, records, acc=now.acc, count=now.count, trades=now.trades)
        return now


def maker(
    spec: BarSpec, sessions: Calendar | None, *, flagged: bool = False, delta: bool = False
) -> TimeBars | TradeBars | DerivedBars:
    """A fresh maker of ``spec``. Without ``sessions`` time bars are on the grid of UTC days, others run on."""
    if spec.timed:
        return TimeBars(spec, sessions or Calendar(), flagged=flagged, delta=delta)
    kind = spec.maker()
    if spec.base is None and kind.of != "bars":
        return TradeBars(spec, sessions, flagged=flagged, delta=delta)
    if delta:
        raise SpecError(f"{spec} bars have no path of the delta: ask for it of bars that are made of trades")
    base = None if spec.base is None else maker(spec.base, sessions, flagged=flagged)
    return DerivedBars(spec, base)


def record_dtype(spec: BarSpec | str, *, delta: bool = False) -> np.dtype:
    """Dtype of the bars of a spec: ``BAR``, ``FLOW_BAR`` with ``delta``, or what its kind adds."""
    spec = BarSpec.parse(spec)
    return FLOW_BAR if delta else BAR if spec.timed else spec.maker().stage().dtype


def as_bars(records: np.ndarray) -> np.ndarray:
    """Only the fields of ``BAR``."""
    if records.dtype == BAR:
        return records
    out = np.empty(len(records), BAR)
    for name in BAR.names:
        out[name] = records[name]
    return out


def increasing(bars: np.ndarray, after: int) -> tuple[np.ndarray, int]:
    """Bars whose times increase strictly from above ``after``, each moved by as few ns as that takes; and the last."""
    if not len(bars):
        return bars, after
    times = bars["time"]
    if times[0] <= after or (times[1:] <= times[:-1]).any():
        number = np.arange(len(bars))
        floor = np.concatenate([[after + 1], times - number])
        bars = bars.copy()
        bars["time"] = np.maximum.accumulate(floor)[1:] + number
    return bars, int(bars["time"][-1])


def _drawn(stage: Stage, bar: np.ndarray) -> np.ndarray:
    return stage.forming(bar) if len(bar) else np.zeros(0, stage.dtype if bar.dtype == BAR else bar.dtype)
