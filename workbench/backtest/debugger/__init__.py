"""A debugger of backtests: steps forward and back, stops at breakpoints, and sees nothing later than its cursor.

>>> debugger = Debugger(lambda: Run(SmaCross(), Market(bars), Settings()))      # doctest: +SKIP
>>> debugger.add("condition", "close > quick and position == 0")                # doctest: +SKIP
>>> debugger.run().text                                                         # doctest: +SKIP
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.backtest.debugger.breakpoints import Breakpoint, Test, instant_of, moves, names_of, spikes, test_of
from workbench.backtest.debugger.inside import Parts, parts_of
from workbench.backtest.debugger.sight import Sight, sight_of
from workbench.backtest.debugger.tape import SEEN, Tape
from workbench.backtest.market import Market
from workbench.backtest.result import Result
from workbench.backtest.run import Run, StrategyError
from workbench.errors import DataError, did_you_mean
from workbench.kernels import ledger as k
from workbench.market.events import event_times

#: What one can jump to, and what is usual for those that have a size.
JUMPS = ("signal", "fill", "move", "spike")
SIZES = {"move": 4.0, "spike": 4.0}
#: Instants between two breaths of a long run, in which other threads go on.
_BREATH = 512


@dataclass(frozen=True)
class Stop:
    """Why a debugger stopped.

    Attributes
    ----------
    why
        ``there`` (where it was told to go), ``breakpoint``, ``paused``, ``error``, ``end``, ``start``, ``none``
        (there is nothing such to jump to).
    text
        The same for people.
    breakpoint
        Number of the breakpoint.
    """

    why: str
    text: str = ""
    breakpoint: int | None = None


class Debugger:
    """Goes through a run instant by instant. All moves may be called from any thread, one at a time.

    Parameters
    ----------
    make_run
        Makes a run that has not begun; its strategy runs as plain Python, with the numbers of the compiled loop.
    symbol
        Whose rows are shown; the first one unless given.

    Attributes
    ----------
    breakpoints
        In the order in which they were added.
    failure
        What the strategy raised, while the cursor is at that bar.
    """

    def __init__(self, make_run: Callable[[], Run], symbol: str | None = None) -> None:
        self._tape = Tape(make_run)
        self._symbol = 0
        self.breakpoints: list[Breakpoint] = []
        self.failure: StrategyError | None = None
        self._tests: dict[int, Test] = {}
        self._failed: Sight | None = None
        self._parts: Parts | None = None
        self._pause = threading.Event()
        self._lock = threading.RLock()
        self._places: dict[tuple[str, float], np.ndarray] = {}
        if symbol is not None:
            self.symbol = symbol

    # --- where it is ----------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """The instant that was played last, -1 before the first; the one that raised, after a failure."""
        return self._tape.next - (self.failure is None)

    @property
    def instants(self) -> int:
        """How many there are."""
        return self._tape.run.instants

    @property
    def at_end(self) -> bool:
        """Whether there is nothing more to play."""
        return self.failure is not None or self._tape.next == self.instants

    @property
    def symbols(self) -> list[str]:
        """Names of the symbols."""
        return list(self._tape.run.market.symbols)

    @property
    def symbol(self) -> str:
        """Whose rows are shown; may be set."""
        return self.symbols[self._symbol]

    @symbol.setter
    def symbol(self, name: str) -> None:
        if name not in self.symbols:
            raise DataError(f"symbol={name!r} is not of this run: {did_you_mean(name, self.symbols)}")
        with self._lock:
            self._symbol, self._places = self.symbols.index(name), {}
            if self.failure is None:
                return
            # What it saw when it raised is kept for one symbol: the bar is played again for another.
            self._leave()
            self.step()

    @property
    def names(self) -> list[str]:
        """What a condition may name: columns of the bars, studies, the account."""
        return list(dict.fromkeys([*names_of(self._tape, self._symbol), *SEEN]))

    @property
    def source(self) -> tuple[str, int, list[str]]:
        """File, number of the first line, and lines of ``decide``; without lines where there is no file."""
        decide = type(self._tape.strategy).decide
        try:
            lines, first = inspect.getsourcelines(decide)
        except (OSError, TypeError):
            lines, first = [], 0
        return decide.__code__.co_filename, first, [line.rstrip("\n") for line in lines]

    def see(self) -> Sight:
        """What there is to see at the cursor; nothing of it is later."""
        with self._lock:
            if self._failed is not None:
                return self._failed
            found = sight_of(self._tape, self._symbol)
            return found if self._parts is None else self._parts.sight(found)

    def bars(self, first: int = 0) -> pd.DataFrame:
        """The bars of the symbol from number ``first`` up to the cursor."""
        market = self._tape.run.market
        stop = self._stop(market, self._symbol, self.cursor + 1)
        return market.frames[self.symbol].iloc[min(first, stop) : stop]

    def all_bars(self) -> pd.DataFrame:
        """All bars of the symbol, those after the cursor too: for a chart that draws them as what they are."""
        return self._tape.run.market.frames[self.symbol].copy(deep=False)

    @property
    def filled(self) -> int:
        """How many fills there were up to the cursor, in all symbols."""
        return int(self._tape.run.state.account["fills"][0])

    def recent(self, most: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The newest fills of the symbol and their round trips that are over, as ``Result`` has them.

        At most so many, and from a moment on at which nothing was held.
        """
        with self._lock:
            found = Result.of(self._tape.run)
            rows = found.log.fills
            rows = rows[rows["symbol"] == self._symbol][-most:]
            flat = np.flatnonzero(np.abs(rows["after"] - rows["units"]) < 1e-12)
            rows = rows[flat[0] :].copy() if len(flat) else rows[:0]
            short = replace(found, log=k.Log(rows, found.log.orders[:0]), tags=dict(found.tags))
            return short.fills, short.round_trips

    @property
    def finer(self) -> bool:
        """Whether one can go inside of bars."""
        market = self._tape.run.market
        return len(market.symbols) == 1 and bool(market.inside)

    @property
    def first(self) -> int:
        """The first instant at which the strategy may decide."""
        tape = self._tape
        market = tape.run.market
        found = self.instants - 1
        for start, columns in zip(tape.run.starts.tolist(), market.columns, strict=True):
            if start < len(columns["time"]):
                found = min(found, int(np.searchsorted(market.times, columns["time"][start])))
        return found

    def result(self) -> Result:
        """The result of the run up to the cursor: that of a backtest of the bars up to there.

        At a bar where the strategy raised it is that of the bars before.
        """
        with self._lock:
            run, count = self._tape.run, self._tape.next
            found = Result.of(run)
            return replace(
                found,
                strategy=self._tape.strategy,
                market=_market_until(run.market, count),
                equity=found.equity.copy(),
                state=k.State(*(array.copy() for array in found.state)),
                log=k.Log(*(rows.copy() for rows in found.log)),
                tags=dict(found.tags),
            )

    # --- breakpoints ----------------------------------------------------------------------------------------------

    def add(self, kind: str, text: object = "") -> Breakpoint:
        """Add a breakpoint; see ``breakpoints.KINDS``.

        >>> debugger.add("loss", 0.02)          # doctest: +SKIP

        Raises
        ------
        FormulaError
            A condition that cannot be read, or names what is not there.
        DataError
            There is no such kind, or its text cannot be used.
        """
        with self._lock:
            test = test_of(kind, str(text).strip(), self._tape)
            number = 1 + max((one.number for one in self.breakpoints), default=0)
            made = Breakpoint(number, kind, str(text).strip())
            self.breakpoints.append(made)
            self._tests[number] = test
            return made

    def remove(self, number: int) -> None:
        """Take a breakpoint away; nothing happens where there is none of this number."""
        with self._lock:
            self.breakpoints = [one for one in self.breakpoints if one.number != number]
            self._tests.pop(number, None)

    # --- moves ----------------------------------------------------------------------------------------------------

    def step(self, n: int = 1) -> Stop:
        """So many instants forward; breakpoints do not count."""
        _count("step", n)
        return self._go(self._tape.next + n, None)

    def back(self, n: int = 1) -> Stop:
        """So many instants back, to the very state that was there; out of a bar to its beginning first."""
        _count("back", n)
        with self._lock:
            if self._parts is not None:
                n -= 1
            to = max(self.cursor - n, -1)
            self._leave()
            self._tape.wind(to + 1)
            return Stop("start", "before the first bar") if to < 0 else Stop("there")

    def to(self, where: object) -> Stop:
        """To a bar by its number, or to the first one at or after a time; forward or back, breakpoints do not count."""
        return self._to(instant_of(self._tape, where))

    def start(self) -> Stop:
        """Before the first bar."""
        return self._to(-1)

    def run(self) -> Stop:
        """On to the next breakpoint, or to the end."""
        return self._go(self.instants, self._hit)

    def play(self, n: int) -> Stop:
        """So many instants forward, to the next breakpoint at most."""
        _count("play", n)
        return self._go(self._tape.next + n, self._hit)

    def pause(self) -> None:
        """Stop a move that another thread has begun; nothing happens where there is none."""
        self._pause.set()

    def jump(self, what: str, *, back: bool = False, size: float | None = None) -> Stop:
        """To the next, or the previous, one of ``JUMPS``.

        ``signal`` is a change of orders by the strategy, ``move`` a return above ``size`` times the deviation of the
        bars before it, ``spike`` a volume above ``size`` times their mean.
        """
        if what not in JUMPS:
            raise DataError(f"jump to {what!r}: {did_you_mean(what, JUMPS)}")
        with self._lock:
            if what in SIZES:
                return self._jump_to(self._found(what, SIZES[what] if size is None else size), what, back)
            marks = self._tape.signals if what == "signal" else self._tape.fills
            if back:
                return self._jump_to(np.flatnonzero(marks[: max(self.cursor, 0)]), what, True)
            stop = self._go(self.instants, lambda t: Stop("there", what) if marks[t] else None)
            return Stop("none", f"no {what} up to the end") if stop.why == "end" else stop

    def inside(self, n: int = 1) -> Stop:
        """Into the next bar: so many of its finer bars, or trades, on. Past the last one the bar is over.

        Raises
        ------
        DataError
            The run has no finer bars, or several symbols: theirs are worked off one symbol after the other.
        """
        _count("inside", n)
        with self._lock:
            if self._tape.next == self.instants or self.failure is not None:
                return Stop("end", "the end")
            if self._parts is None:
                self._parts = parts_of(self._tape)
            if self._parts is None or self._parts.part + n > self._parts.count:
                self._leave()
                return self.step()
            self._parts.part += n
            return Stop("there", f"part {self._parts.part} of {self._parts.count}")

    # --- the same, underneath ------------------------------------------------------------------------------------

    def _to(self, to: int) -> Stop:
        with self._lock:
            if to <= self.cursor:
                self._leave()
                self._tape.wind(to + 1)
                return Stop("start", "before the first bar") if to < 0 else Stop("there")
            return self._go(to + 1, None)

    def _go(self, until: int, hit: Callable[[int], Stop | None] | None) -> Stop:
        with self._lock:
            if self.failure is not None:
                return Stop("error", str(self.failure))
            self._leave()
            self._pause.clear()
            tape, until = self._tape, min(until, self.instants)
            if tape.next == self.instants:
                return Stop("end", "the end")
            while tape.next < until:
                if self._pause.is_set():
                    tape.wind(tape.next)
                    return Stop("paused", "paused")
                try:
                    tape.play(hasty=tape.next < until - 1)
                except StrategyError:
                    return self._fail()
                found = None if hit is None else hit(tape.next - 1)
                if found is not None:
                    tape.wind(tape.next)  # once more, with its lines and variables
                    return found
                if tape.next % _BREATH == 0:
                    time.sleep(0)
            return Stop("end", "the end") if until == self.instants else Stop("there")

    def _hit(self, t: int) -> Stop | None:
        # Each is asked at each instant: a condition must see all of them.
        found = [one for one in self.breakpoints if one.on and self._tests[one.number](t)]
        return Stop("breakpoint", str(found[0]), found[0].number) if found else None

    def _fail(self) -> Stop:
        tape = self._tape
        tape.wind(tape.next)
        try:
            tape.play()  # once more, for what it had asked and its variables
        except StrategyError as error:
            self.failure = error
            self._failed = sight_of(tape, self._symbol, error)
            tape.wind(tape.next)  # the run stands before the bar that raised
            return Stop("error", str(error))
        return Stop("there", "the strategy raised, and did not raise again: it keeps something besides its memory")

    def _leave(self) -> None:
        self.failure = self._failed = self._parts = None

    def _found(self, what: str, size: float) -> np.ndarray:
        key = what, size
        if key not in self._places:
            self._places[key] = (moves if what == "move" else spikes)(self._tape, self._symbol, size)
        return self._places[key]

    def _jump_to(self, places: np.ndarray, what: str, back: bool) -> Stop:
        left = places[places < self.cursor] if back else places[places > self.cursor]
        if not len(left):
            return Stop("none", f"no {what} before" if back else f"no {what} up to the end")
        stop = self._to(int(left[-1] if back else left[0]))
        return Stop("there", what) if stop.why in ("there", "end") else stop

    @staticmethod
    def _stop(market: Market, s: int, instants: int) -> int:
        if not len(market.rows):
            return instants
        return int(np.searchsorted(market.columns[s]["time"], market.times[:instants][-1], "right")) if instants else 0


def _market_until(market: Market, count: int) -> Market:
    """A market of the first ``count`` instants, over the same memory."""
    found = object.__new__(Market)  # a copy of it would read the bars anew
    found.__dict__.update(market.__dict__)
    stops = [Debugger._stop(market, s, count) for s in range(len(market.symbols))]
    found.frames = {name: frame.iloc[:stop] for (name, frame), stop in zip(market.frames.items(), stops, strict=True)}
    found.columns = [
        {name: values[:stop] for name, values in columns.items()}
        for columns, stop in zip(market.columns, stops, strict=True)
    ]
    found.inside = {}
    for s, symbol in enumerate(market.symbols):
        frame, opens = market.inside.get(symbol), market.columns[s]["time"]
        if frame is None:
            continue
        last = np.searchsorted(event_times(frame), opens[stops[s]]) if stops[s] < len(opens) else len(frame)
        found.inside[symbol] = frame.iloc[: int(last)]
    found.times, found.rows = market.times[:count], market.rows[:count]
    return found


def _count(name: str, n: Any) -> None:
    if not isinstance(n, int) or n < 1:
        raise DataError(f"{name}({n!r}): it is a number of bars from 1")
