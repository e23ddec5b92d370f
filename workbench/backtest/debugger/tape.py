"""A run that can be wound back: snapshots of its plain arrays, and what was seen at each instant on the way."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from workbench.backtest.run import Run, StrategyError
from workbench.kernels import desk as d
from workbench.kernels import ledger as k
from workbench.strategies.views import BrokerView, PortfolioBroker, PortfolioRow, RowView

#: Instants between two snapshots at the start, and bytes of snapshots at most; beyond them every second one is dropped.
EVERY, ROOM = 64, 16_000_000
FEWEST = 16
#: Columns of the account that conditions may name, in the order of ``Tape.seen``.
SEEN = ("position", "entry", "equity", "cash", "bars_held", "orders", "drawdown")
_READ = [k.POSITION.names.index(name) for name in ("units", "entry", "row", "entry_row", "live", "working")]
#: Methods of the broker that ask for something.
_ASKS = ("target", "long", "short", "flat", "buy", "sell", "_order", "cancel", "cancel_all")
#: In the place of a symbol, where a strategy decides over all of them at once.
_ALL = -1
_CODES = frozenset(getattr(BrokerView, name).__code__ for name in _ASKS)


class Asked(NamedTuple):
    """What was written to a desk: the numbers of a request, see ``kernels.desk``, and the line of ``decide``."""

    symbol: int
    numbers: np.ndarray
    line: int | None


class Snapshot(NamedTuple):
    """All that changes in a run, before an instant: its number, the arrays, and the log of orders that are working."""

    next: int
    arrays: tuple[np.ndarray, ...]
    ids: np.ndarray
    lines: np.ndarray


class Witness:
    """Stands in for ``decide``: calls it, and keeps what it asked, on which lines, and its local variables.

    Nothing of it is a trace function: a profile function is set while ``decide`` runs, and taken away after it, so that
    debuggers and coverage of the interpreter go on working.
    """

    def __init__(self, run: Run) -> None:
        self.run, self.decide = run, run.strategy.decide
        self.code = type(run.strategy).decide.__code__
        self.asked: list[Asked] = []
        self._found: dict[int, dict[str, Any]] = {}
        self.hasty = False  # whether lines and variables are left out, for speed
        self.made = 0  # orders there were before what is asked now became some
        self.idle = True  # no order was working then

    def forget(self) -> None:
        """Begin a new instant."""
        if self.asked:
            self.asked = []
        self._found = {}

    def local(self, s: int) -> dict[str, Any]:
        """Local variables of ``decide`` at its end, without what it is given."""
        found = self._found.get(_ALL if self.run.together else s, {})
        views = RowView, BrokerView, PortfolioRow, PortfolioBroker, type(self.run.strategy)
        return {name: value for name, value in found.items() if not isinstance(value, views)}

    def __call__(self, now: Any, was: Any, broker: Any) -> None:
        state, together = self.run.state, self.run.together
        s = _ALL if together else state.account["deciding"].item()
        if self.hasty:
            try:
                self.decide(now, was, broker)
            finally:
                self._hear(s, {})
            return
        lines: dict[int, list[int | None]] = {}  # by the address of the desk

        def seen(frame: FrameType, event: str, _: object) -> None:
            if event != "return":
                return
            if frame.f_code is self.code:
                self._found[s] = frame.f_locals
            elif frame.f_code in _CODES:
                asks = frame.f_locals["self"]
                found = lines.setdefault(asks._at, [])
                if asks._desk.item(d.COUNT) > len(found):
                    found.append(self._line(frame))

        before = sys.getprofile()
        sys.setprofile(seen)
        try:
            self.decide(now, was, broker)
        finally:
            sys.setprofile(before)
            self._hear(s, lines)

    def _hear(self, s: int, lines: dict[int, list[int | None]]) -> None:
        state = self.run.state
        for at in range(len(state.desk)) if s == _ALL else (s,):
            desk = state.desk[at]
            count = int(desk.item(d.COUNT))
            if not count:
                continue
            self.made, self.idle = state.account["orders"].item(), not state.positions["working"].any()
            known = lines.get(desk.ctypes.data, [])
            for place in range(count):
                first = d.FIRST_REQUEST + place * d.REQUEST
                line = known[place] if place < len(known) else None
                self.asked.append(Asked(at, desk[first : first + d.REQUEST].copy(), line))

    def _line(self, frame: FrameType | None) -> int | None:
        while frame is not None and frame.f_code is not self.code:
            frame = frame.f_back
        return None if frame is None else frame.f_lineno


class Tape:
    """A run that goes forward instant by instant, and back.

    Parameters
    ----------
    make_run
        Makes the run; it has not begun.

    Attributes
    ----------
    run
        The run, always between two instants.
    witness
        What the strategy asked at the instant that was played last.
    seen
        For each symbol float64[bars, ``SEEN``]: the account at the end of each bar that was played.
    signals, doubts, fills
        uint8[instants]: whether the strategy changed its orders, whether it mattered which way the price went, whether
        something was filled; as far as was played.
    """

    def __init__(self, make_run: Callable[[], Run]) -> None:
        self.run = run = make_run()
        self.strategy = run.strategy
        run.strategy = copy.copy(run.strategy)  # the one that was handed in stays as it is
        self.witness = Witness(run)
        run.strategy.decide = self.witness
        self.seen = [np.full((len(found["time"]), len(SEEN)), np.nan) for found in run.market.columns]
        self.signals, self.doubts, self.fills = (np.zeros(run.instants, np.uint8) for _ in range(3))
        self.peaks = np.full(run.instants + 1, run.settings.cash)  # before each instant
        self._every, self._kept = EVERY, [self._snapshot()]
        size = sum(array.nbytes for array in self._kept[0].arrays)
        self._most = max(FEWEST, ROOM // max(size, 1))
        self._steps: Iterator[int] = run.steps()
        self._torn = False  # the strategy raised, in the midst of an instant

    @property
    def next(self) -> int:
        """The instant that is next."""
        return self.run.next

    def play(self, *, hasty: bool = False) -> None:
        """One instant forward; where that is done in haste, the witness hears no lines and no variables.

        Raises
        ------
        StrategyError
            The strategy raised; the run is in the midst of this instant then: wind back.
        """
        run, account = self.run, self.run.state.account
        t, doubts, fills = run.next, account["uncertain"].item(), account["fills"].item()
        self.witness.forget()
        self.witness.hasty = hasty
        try:
            next(self._steps)
        except StrategyError:
            self._torn = True
            raise
        self.doubts[t] = account["uncertain"].item() != doubts
        self.fills[t] = account["fills"].item() != fills
        self.signals[t] = self._signalled()
        equity = account["equity"].item()
        self.peaks[t + 1] = peak = max(self.peaks.item(t), equity)
        self._see(equity, account["cash"].item(), 1.0 - equity / peak)
        if run.next % self._every == 0 and run.next > self._kept[-1].next:
            self._keep()

    def wind(self, to: int) -> None:
        """Go back to the point before instant ``to``, bit for bit as it was; the instant before it is played again."""
        if to == self.run.next and not self._torn and not self.witness.hasty:
            return
        self._restore(next(one for one in reversed(self._kept) if one.next <= max(to - 1, 0)))
        while self.run.next < to:  # the last one is played too, so that its witness can be heard
            self.play(hasty=self.run.next < to - 1)

    def _signalled(self) -> bool:
        asked, orders = self.witness.asked, self.run.state.account["orders"].item()
        if not asked:
            return False
        if not self.witness.idle and any(one.numbers[d.ASKED] in (d.CANCEL, d.CANCEL_ALL) for one in asked):
            return True
        return bool((self.run.log.orders["kind"][self.witness.made : orders] != k.EXIT).any())

    def _see(self, equity: float, cash: float, drawdown: float) -> None:
        for seen, position in zip(self.seen, self.run.state.positions.tolist(), strict=True):
            units, entry, row, entry_row, live, working = (position[at] for at in _READ)
            if live:
                held = row - entry_row if units else 0
                seen[row] = units, entry, equity, cash, held, working, drawdown

    # --- snapshots ------------------------------------------------------------------------------------------------

    def _snapshot(self) -> Snapshot:
        run, state = self.run, self.run.state
        working = [book["id"][:count] for book, count in zip(state.book, state.positions["working"], strict=True)]
        ids = np.concatenate(working)  # no other order changes from here on
        arrays = tuple(array.copy() for array in (*state, run.now, run.was))
        return Snapshot(run.next, arrays, ids, run.log.orders[ids])

    def _keep(self) -> None:
        self._kept.append(self._snapshot())
        if len(self._kept) > self._most:
            self._every *= 2
            self._kept = [one for one in self._kept if one.next % self._every == 0]

    def _restore(self, kept: Snapshot) -> None:
        run, log = self.run, self.run.log
        account = run.state.account[0]
        fills, orders = int(account["fills"]), int(account["orders"])
        for array, held in zip((*run.state, run.now, run.was), kept.arrays, strict=True):
            array[...] = held
        # What is written to the log takes it for empty.
        log.fills[int(account["fills"]) : fills] = 0
        log.orders[int(account["orders"]) : orders] = 0
        log.orders[kept.ids] = kept.lines
        run.next = kept.next
        self.witness.forget()
        self.witness.hasty = False
        self._steps, self._torn = run.steps(), False
