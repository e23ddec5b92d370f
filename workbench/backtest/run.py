"""A run: a strategy, bars and rules as the kernel takes them, and the two loops over time."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.backtest.market import Market, numbers
from workbench.errors import DataError, WorkbenchError, did_you_mean
from workbench.kernels import ledger as k
from workbench.kernels import simulate as kernel
from workbench.kernels.decide import CompileError, address_of, tag_code
from workbench.kernels.idle import idle_of
from workbench.strategies.base import COLUMNS, Strategy
from workbench.strategies.portfolio import Portfolio
from workbench.strategies.views import BrokerView, PortfolioBroker, PortfolioRow, RowView

#: Instants before the first call of ``progress``, and about how many seconds pass between two: a run can be stopped
#: at those alone, and what a strategy takes for a bar is between 4 ns and as long as it likes.
_STRIDE, _PACE = 256, 0.05
Progress = Callable[[int, int], None]


class StrategyError(WorkbenchError):
    """A strategy that raised: names it, the bar and the line.

    Attributes
    ----------
    time
        Stamp of the bar at whose close it raised.
    """

    def __init__(self, text: str, time: pd.Timestamp | None = None) -> None:
        super().__init__(text)
        self.time = time

    def __reduce__(self) -> tuple[type, tuple[str, pd.Timestamp | None]]:
        return type(self), (str(self), self.time)


@dataclass(frozen=True)
class Settings:
    """What holds for a run; see ``backtest``."""

    cash: float = 10_000.0
    sizing: float = 1.0
    fill: str = "next_open"
    short: bool = True
    leverage: float = 1.0
    path: str = "pessimistic"
    session: str | None = None
    close_at_end: str = ""
    costs: dict[str, Any] = field(default_factory=dict)

    def rules(self, instants: int, holes: bool) -> np.ndarray:
        """The same as the kernel takes it."""
        rules = np.zeros(1, k.RULES)
        for name, value in self.costs.items():
            rules["share" if name == "volume_share" else name] = value
        rules["sizing"], rules["leverage"], rules["short"] = self.sizing, self.leverage, self.short
        rules["at_close"], rules["path"] = self.fill == "close", k.PATHS.index(self.path)
        rules["holes"], rules["end_open"] = holes, self.close_at_end == "open"
        rules["end_flat"] = instants - {"": instants + 1, "close": 1, "open": 2}[self.close_at_end]
        return rules


class Run:
    """One run over one market, from its first instant to its last, or as far as it has come.

    Attributes
    ----------
    next
        The instant that is next.
    state
        The account, see ``kernels.ledger``.
    equity
        float64[instants], as far as ``next``.
    """

    def __init__(self, strategy: Strategy, market: Market, settings: Settings) -> None:
        self.strategy, self.market, self.settings = strategy, market, settings
        self.instants, self.next = len(market.times), 0
        strategy.check_symbols(len(market.symbols))
        self.columns = _rows_of(strategy, market)
        #: Whether it decides over all symbols at once.
        self.together = isinstance(strategy, Portfolio)
        self.kinds = {name: _kind(values) for name, values in self.columns[0].items()}
        if self.together:
            del self.kinds["time"]  # the instant has one
        self.starts = np.array([self._start(columns) for columns in self.columns], np.int64)
        self.state = k.new_state(len(market.symbols), settings.cash, settings.sizing)
        # Room that is not used costs nothing: the system gives memory when it is written to.
        self.log = k.new_log(256 * len(market.symbols) + 256 + self.instants // 8)
        self.equity = np.empty(self.instants)
        self._parameters = np.array([float(getattr(strategy, name)) for name in strategy.numbers()] or [0.0])
        self.now = np.zeros((len(self.columns), 1 + len(self.kinds)), np.int64)
        for heads, columns in zip(self.now, self.columns, strict=True):
            heads[1:] = [columns[name].ctypes.data for name in self.kinds]
        self.was = self.now.copy()
        size = k.d.HEAD + len(self.columns) * len(self.kinds)
        self._cells = np.zeros((2, size), np.int64)
        self._cells[0, k.d.TIMES] = market.times.ctypes.data
        self.rules = settings.rules(self.instants, market.holes)
        self.tags = _tags(type(strategy))
        self._make_world(0)

    def _make_world(self, address: int) -> None:
        arrays = {"feeds": self.market.feeds, "rules": self.rules, "parameters": self._parameters, "now": self.now}
        rows: np.ndarray | int = self.market.rows if len(self.market.rows) else 0
        self.world = k.new_world(
            self.state, self.log, **arrays, was=self.was, starts=self.starts, equity=self.equity, rows=rows,
            width=self.now.shape[1], decide=address, together=self._cells if self.together else 0,
        )  # fmt: skip

    def _start(self, columns: dict[str, np.ndarray]) -> int:
        """The first bar at which all studies are known."""
        first, sparse = self.strategy.warmup, self.strategy.sparse()
        for name, values in columns.items():
            if name not in COLUMNS and name not in sparse and values.dtype == float:
                first = max(first, first_known(values))
        return first

    def _grow(self) -> None:
        """Twice the room in the log."""
        grown = []
        for rows in self.log:
            more = np.zeros(2 * len(rows), rows.dtype)
            more[: len(rows)] = rows
            grown.append(more)
        self.log = k.Log(*grown)
        self._make_world(int(self.world["decide"][0]))

    def finish(self, progress: Progress | None = None) -> None:
        """Run to the end in the compiled loop; ``progress`` is told instants done and in all, and may raise."""
        self._make_world(self.address())
        stride = self.instants if progress is None else _STRIDE
        while self.next < self.instants:
            until, began = min(self.next + stride, self.instants), time.perf_counter()
            try:
                done = kernel.simulate(self.world[0], self.next, until)
            except Exception as error:
                raise self._failure(error) from error
            if done < until:
                self._grow()
            took, self.next = (time.perf_counter() - began) / max(1, done - self.next), done
            if progress is not None:
                stride = max(1, min(4 * stride, int(_PACE / max(took, 1e-9))))
                progress(done, self.instants)

    def address(self) -> int:
        """Where the machine code of ``decide`` begins; DataError names what cannot be compiled."""
        kind = type(self.strategy)
        row = self.kinds if self.together else {**self.kinds, "bar": "n"}
        try:
            return address_of(kind.decide, self.strategy.numbers(), row, self.together)
        except CompileError as error:
            where, text = kind.decide.__code__, " ".join(str(error).split())
            raise DataError(
                f"{kind.__name__}.decide ({where.co_filename}, line {where.co_firstlineno}) cannot be compiled: "
                f"{_plain_reason(text, self)}. Write it with numbers, conditions and loops, or run it with "
                "compiled=False"
            ) from error

    def idle_address(self) -> int:
        """Where the loop begins that has ``decide`` inside; 0 where none would be used."""
        if self.together or len(self.columns) > 1 or len(self.market.rows):
            return 0
        return idle_of(type(self.strategy).decide, self.strategy.numbers(), {**self.kinds, "bar": "n"})

    def steps(self) -> Iterator[int]:
        """Run in plain Python, which a debugger can stop in; gives each instant when it is over.

        The numbers are those of the compiled loop, bit for bit.
        """
        self.rows_now = [RowView(columns) for columns in self.columns]
        self.rows_was = [RowView(columns) for columns in self.columns]
        self.all_now, self.all_was = (PortfolioRow(cells, self.kinds) for cells in self._cells)
        self.all_brokers = PortfolioBroker(self.state.desk)
        self.brokers = self.all_brokers.each if self.together else [BrokerView(desk) for desk in self.state.desk]
        for broker in self.brokers:
            broker.tags = self.tags
        while self.next < self.instants:
            t = self.next
            while not kernel.has_room(self.world[0]):
                self._grow()
            kernel.begin(self.world[0], t)
            if self.together and kernel.look_at_all(self.world[0], t):
                self._decide_all()
            for s in range(len(self.columns)):
                if kernel.look(self.world[0], s):
                    self._decide(s)
            self.equity[t] = kernel.finish(self.world[0], t)
            self.next = t + 1
            yield t

    def _decide(self, s: int) -> None:
        self.rows_now[s].bar, self.rows_was[s].bar = int(self.now[s, 0]), int(self.was[s, 0])
        try:
            self.strategy.decide(self.rows_now[s], self.rows_was[s], self.brokers[s])
        except Exception as error:
            raise self._told(error, s, error) from error

    def _decide_all(self) -> None:
        try:
            with np.errstate(all="ignore"):
                self.strategy.decide(self.all_now, self.all_was, self.all_brokers)
        except Exception as error:
            raise self._told(error, -1, error) from error

    def _failure(self, error: Exception) -> Exception:
        """What a ``decide`` that raised in the compiled loop says; it is asked once more in Python, for the line."""
        if self.together:
            desks = self.state.desk.copy()
            desks[:, k.d.COUNT] = 0.0
            now, was = (PortfolioRow(cells, self.kinds) for cells in self._cells)
            try:
                with np.errstate(all="ignore"):
                    self.strategy.decide(now, was, PortfolioBroker(desks))
            except Exception as plain:
                return self._told(plain, -1, plain)
            return self._told(error, -1, None)
        s = int(self.state.account["deciding"][0])
        now, was = RowView(self.columns[s]), RowView(self.columns[s])
        now.bar, was.bar = int(self.now[s, 0]), int(self.was[s, 0])
        desk = self.state.desk[s].copy()
        desk[k.d.COUNT] = 0.0
        try:
            self.strategy.decide(now, was, BrokerView(desk))
        except Exception as plain:
            return self._told(plain, s, plain)
        return self._told(error, s, None)

    def _told(self, error: Exception, s: int, plain: Exception | None) -> StrategyError:
        """The error with strategy, bar and line; ``s`` is -1 where all symbols were decided over at once."""
        if s < 0:
            row, time = (int(self._cells[0, at]) for at in (k.d.BAR, k.d.TIME))
            symbol, time = "", pd.Timestamp(time, tz="UTC")
        else:
            row = int(self.now[s, 0])
            time = pd.Timestamp(int(self.market.columns[s]["time"][row]), tz="UTC")
            symbol = f"{self.market.symbols[s]}, " if self.market.symbols[s] else ""
        line = ""
        if plain is not None:
            own = type(self.strategy).decide.__code__.co_filename
            frames = [one for one in traceback.extract_tb(plain.__traceback__) if one.filename == own]
            line = f", line {frames[-1].lineno} of {own}" if frames else ""
        text = f"{self.strategy.label} raised at bar {row} ({symbol}{time}){line}: {type(error).__name__}: {error}"
        return StrategyError(text, time)


def _rows_of(strategy: Strategy, market: Market) -> list[dict[str, np.ndarray]]:
    """The columns that rows of each symbol have: bars, time, studies, and what else of the bars ``decide`` names."""
    named, rows = set(type(strategy).decide.__code__.co_names), []
    for symbol, found, studies in zip(market.symbols, market.columns, strategy.tables(market.frames), strict=True):
        frame = market.frames[symbol]
        columns = {name: found[name] for name in (*COLUMNS, "time") if name in found}
        for name in map(str, frame.columns):
            if name in named and name not in columns and name not in studies:
                columns[name] = numbers(frame[name], f"bars: {name}")
        rows.append({**columns, **studies})
    # What some symbol lacks no row has: one ``decide`` is compiled for all of them.
    shared = [name for name in rows[0] if all(name in one for one in rows)]
    return [{name: one[name] for name in shared} for one in rows]


def _kind(values: np.ndarray) -> str:
    return {"f": "f", "i": "i", "b": "b"}[values.dtype.kind]


def first_known(values: np.ndarray) -> int:
    """Place of the first number that is not NaN; the length where there is none."""
    for low in range(0, len(values), 4096):
        known = np.flatnonzero(~np.isnan(values[low : low + 4096]))
        if len(known):
            return low + int(known[0])
    return len(values)


def _tags(kind: type[Strategy]) -> dict[float, str]:
    """The names behind the numbers of tags: the texts that stand in ``decide``."""
    return {tag_code(one): one for one in kind.decide.__code__.co_consts if isinstance(one, str)}


def _plain_reason(text: str, run: Run) -> str:
    """The part of numba's message that says what is wrong."""
    found = re.search(r"Unknown attribute '(\w+)' of type (Row|Parameters|Broker)", text)
    if found:
        name, what = found[1], {"Row": "a row", "Parameters": "self", "Broker": "broker"}[found[2]]
        options = {"Row": [*run.kinds, "bar"], "Parameters": list(run.strategy.numbers()), "Broker": list(k.d.SEEN)}
        return f"{what} has no {name!r}: {did_you_mean(name, options[found[2]])}"
    return text[:500]
