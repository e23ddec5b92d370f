"""Where a debugger stops: conditions, signals, fills, losses, instants; and large moves and volumes to jump to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from workbench.backtest.debugger.tape import SEEN, Tape
from workbench.errors import DataError, did_you_mean
from workbench.indicators import Formula, formula
from workbench.indicators.base import column_of
from workbench.indicators.stream import Studies

#: Bars before a bar that its move or its volume is compared with, and the fewest of them.
WINDOW, LEAST = 100, 20


@dataclass
class Breakpoint:
    """A place to stop at.

    Attributes
    ----------
    number
        Its number, from 1.
    kind
        One of ``KINDS``.
    text
        The formula of a condition, the fraction of a loss or a drawdown, the bar or the time; as it was given.
    on
        Whether it counts.
    """

    number: int
    kind: str
    text: str
    on: bool = True

    def __str__(self) -> str:
        return self.text if self.kind == "condition" else f"{self.kind} {self.text}".strip()


#: Tells whether a breakpoint stops at an instant that was just played.
Test = Callable[[int], bool]


class Condition:
    """A formula over the bars, the studies and the account of a run; holds at an instant or does not.

    It is read by the parser of formulas, so that nothing of it is ever run as Python. Names of bars and studies go
    before those of the account.

    Parameters
    ----------
    text
        Such as ``close > quick and position == 0``.
    tape
        The run. Where it is of several symbols the condition stops when it begins to hold for one of them.

    Raises
    ------
    FormulaError
        It cannot be read, or names what is not there; says where.
    DataError
        It is no condition, or looks ahead.
    """

    def __init__(self, text: str, tape: Tape) -> None:
        self.tape, self.formula = tape, formula(text)
        if not self.formula.condition:
            raise DataError(f"a condition is yes or no, and {text!r} is {self.formula.unit}: compare it, as in x > 0")
        if not self.formula.causal:
            raise DataError(f"{text!r} looks ahead: a debugger knows nothing that is later than its cursor")
        self.columns = [names_of(tape, s) for s in range(len(tape.seen))]
        for columns in self.columns:
            self.formula.missing([*columns, *SEEN])
        own = set(self.formula.reads) & set(SEEN)
        self._account = bool(own - set(self.columns[0]))
        self._fixed: dict[int, np.ndarray] = {}
        self._streams: dict[int, _Stream] = {}

    def __call__(self, t: int) -> bool:
        """Whether it begins to hold at this instant, which was just played."""
        return any(self._begins(s, t) for s in range(len(self.columns)))

    def _begins(self, s: int, t: int) -> bool:
        row = row_of(self.tape, s, t)
        if row < 0:
            return False
        values = self._stream(s).until(row) if self._account else self._values(s)
        return bool(values[row] > 0.0) and not (row > 0 and bool(values[row - 1] > 0.0))

    def _values(self, s: int) -> np.ndarray:
        if s not in self._fixed:
            self._fixed[s] = self.formula(self._frame(s)).to_numpy()
        return self._fixed[s]

    def _stream(self, s: int) -> _Stream:
        if s not in self._streams:
            self._streams[s] = _Stream(self.formula, self._frame(s), self.tape.seen[s])
        return self._streams[s]

    def _frame(self, s: int) -> pd.DataFrame:
        frame = self.tape.run.market.frames[self.tape.run.market.symbols[s]]
        return pd.DataFrame({**{str(name): frame[name] for name in frame}, **self.columns[s]}, index=frame.index)


class _Stream:
    """The values of a formula that names the account, as far as was played."""

    def __init__(self, one: Formula, frame: pd.DataFrame, seen: np.ndarray) -> None:
        self.values = np.full(len(seen), np.nan)
        own = {name: SEEN.index(name) for name in SEEN if name not in frame.columns}
        self.columns = [
            seen[:, own[name]] if name in own else column_of(frame, name, "a condition")
            for name in Studies([one]).columns
        ]
        self.done, self.studies = 0, Studies([one])

    def until(self, row: int) -> np.ndarray:
        """Values up to a row, itself included. Whoever goes back and forth again sees the same account: they stay."""
        if row >= self.done:
            rows = np.column_stack([column[self.done : row + 1] for column in self.columns])
            self.values[self.done : row + 1] = self.studies.update_rows(rows)[:, 0]
            self.done = row + 1
        return self.values


def names_of(tape: Tape, s: int) -> dict[str, np.ndarray]:
    """What a row of a symbol has, by name, and ``bar``, its number."""
    columns = {name: values for name, values in tape.run.columns[s].items() if name != "time"}
    return {**columns, "bar": np.arange(len(tape.seen[s]), dtype=float)}


def row_of(tape: Tape, s: int, t: int) -> int:
    """The bar that a symbol has at an instant, -1 for none."""
    rows = tape.run.market.rows
    return int(rows[t, s]) if len(rows) else t


def closed_trips(tape: Tape, t: int) -> list[tuple[float, float]]:
    """Round trips that were closed at instant ``t``, the last that was played: what each made, in money and as a
    fraction of what it had cost."""
    fills, found = tape.run.log.fills[: int(tape.run.state.account["fills"][0])], []
    at = len(fills) - 1
    while at >= 0 and fills["instant"][at] == t:
        if fills["after"][at] == 0.0:
            found.append(_trip(fills, at))
        at -= 1
    return found[::-1]


def _trip(fills: np.ndarray, at: int) -> tuple[float, float]:
    symbol, won, cost = fills["symbol"][at], 0.0, 0.0
    while at >= 0:
        fill = fills[at]
        at -= 1
        if fill["symbol"] != symbol:
            continue
        before = fill["after"] - fill["units"]
        won -= fill["units"] * fill["price"] + fill["fee"]
        if abs(fill["after"]) > abs(before):
            cost += abs(fill["units"]) * fill["price"]
        if before == 0.0:
            break
    return float(won), float(won / cost)


def _condition(text: str, tape: Tape) -> Test:
    return Condition(text, tape)


def _signal(_: str, tape: Tape) -> Test:
    return lambda t: bool(tape.signals[t])


def _fill(_: str, tape: Tape) -> Test:
    return lambda t: bool(tape.fills[t])


def _loss(text: str, tape: Tape) -> Test:
    least = _fraction(text, "loss")
    return lambda t: bool(tape.fills[t]) and any(part < -least for _, part in closed_trips(tape, t))


def _drawdown(text: str, tape: Tape) -> Test:
    most = _fraction(text, "drawdown")

    def stops(t: int) -> bool:
        def fallen(at: int) -> bool:
            return at >= 0 and bool(tape.run.equity[at] < (1.0 - most) * tape.peaks[at + 1])

        return fallen(t) and not fallen(t - 1)

    return stops


def _fraction(text: str, kind: str) -> float:
    try:
        value = float(text.strip().rstrip("%") or 0) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < 1.0:
        raise DataError(f"{kind}={text!r}: it is a fraction from 0 to below 1, such as 0.02, or 2%")
    return value


def _at(text: str, tape: Tape) -> Test:
    instant = instant_of(tape, text)
    return lambda t: t == instant


def instant_of(tape: Tape, given: object) -> int:
    """The instant of a bar's number, or the first one at or after a time (naive ones in UTC).

    Raises
    ------
    DataError
        It is neither, or beyond the end.
    """
    count = tape.run.instants
    text = str(given).strip()
    if text.isascii() and text.isdigit():
        if not 0 <= int(text) < count:
            raise DataError(f"bar {text}: the run has bars 0 to {count - 1:,}; give one of them, or a time")
        return int(text)
    try:
        stamp = pd.Timestamp(given if isinstance(given, pd.Timestamp) else text)
    except (ValueError, TypeError):
        stamp = pd.NaT
    if stamp is pd.NaT:
        raise DataError(f"{text[:40]!r} is no bar and no time: write 120, or 2026-01-05 14:30")
    stamp = stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")
    at = int(np.searchsorted(tape.run.market.times, stamp.value))
    if at == count:
        last = pd.Timestamp(int(tape.run.market.times[-1]), tz="UTC")
        raise DataError(f"{text} is after the last bar, {last:%Y-%m-%d %H:%M}: give an earlier time")
    return at


#: Kinds of breakpoints: what makes their test, and what they are for people.
KINDS: Mapping[str, tuple[Callable[[str, Tape], Test], str]] = MappingProxyType(
    {
        "condition": (_condition, "begins to hold, such as close > quick and position == 0"),
        "signal": (_signal, "the strategy changes its orders"),
        "fill": (_fill, "something is filled"),
        "loss": (_loss, "a round trip is closed with a loss above this fraction of its cost"),
        "drawdown": (_drawdown, "equity falls below its peak by more than this fraction"),
        "at": (_at, "a bar by its number, or a time"),
    }
)


def test_of(kind: str, text: str, tape: Tape) -> Test:
    """The test of a breakpoint.

    Raises
    ------
    DataError
        There is no such kind, or its text cannot be used.
    """
    if kind not in KINDS:
        raise DataError(f"breakpoint {kind!r}: {did_you_mean(kind, KINDS)}")
    return KINDS[kind][0](text, tape)


def moves(tape: Tape, s: int, times: float) -> np.ndarray:
    """Instants at which the close of a symbol moved by more than ``times`` the deviation of its earlier returns.

    Those of the ``WINDOW`` bars before it, and of ``LEAST`` at least.
    """
    close = pd.Series(tape.run.market.columns[s]["close"])
    returns = close / close.shift(1) - 1.0
    usual = returns.shift(1).rolling(WINDOW, min_periods=LEAST).std()
    return _instants(tape, s, (returns.abs() > times * usual).to_numpy())


def spikes(tape: Tape, s: int, times: float) -> np.ndarray:
    """Instants at which a symbol traded more than ``times`` the mean volume of the ``WINDOW`` bars before."""
    found = tape.run.market.columns[s].get("volume")
    if found is None:
        raise DataError("the bars have no volume: there are no spikes of it to jump to")
    volume = pd.Series(found)
    return _instants(tape, s, (volume > times * volume.shift(1).rolling(WINDOW, min_periods=LEAST).mean()).to_numpy())


def _instants(tape: Tape, s: int, rows: np.ndarray) -> np.ndarray:
    market = tape.run.market
    if not len(market.rows):
        return np.flatnonzero(rows)
    return np.searchsorted(market.times, market.columns[s]["time"][rows])
