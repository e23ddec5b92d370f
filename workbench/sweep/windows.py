"""A part of the bars as a market of its own, for strategies that know the bars before it but do not trade them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.backtest import Result, Run, Settings
from workbench.backtest.market import Market
from workbench.errors import DataError
from workbench.kernels import ledger as k
from workbench.market.events import event_times
from workbench.strategies import Strategy
from workbench.sweep.cells import Bench
from workbench.sweep.folds import Span

#: A column of the bars, and the study that reads it: NaN before the window. No strategy decides before all its studies
#: are known, so none trades there.
GATE = "walk_window"
#: Cells that are asked at random, beside the extremes of each parameter, when their studies begin to be known.
_ASKED = 16
#: Places at which bars begin later, to see how long studies depend on that; the relative difference that is none, and
#: the part of the bars after which a study that still differs never settles.
_BEGINS, _SETTLED, _LASTING = 8, 1e-6, 0.8
#: Sums of several windows that are not the sum of those of each.
_LEAST, _MOST = ("low", "drawdown", "worst"), ("high", "duration", "best")


class Stitched(Result):
    """A result of several windows, each with parameters of its own, one after the other on the same account."""

    def bracket(self) -> pd.Series:
        raise DataError(
            "a stitched result has no bracket: each of its windows has parameters of its own; look at the result of a "
            "window, or give finer bars with inside="
        )

    def __repr__(self) -> str:
        return super().__repr__().replace("Result(", "Stitched(last ", 1)


@dataclass(frozen=True)
class Window:
    """A span of a market, with bars before it that are known but not traded.

    Attributes
    ----------
    whole
        The market.
    span
        Which of its instants are traded.
    before
        Instants before the span that studies see; fewer where the market begins later.
    session
        Calendar whose sessions day orders last for.
    """

    whole: Market
    span: Span
    before: int = 0
    session: str | None = None

    @property
    def known(self) -> int:
        """Instants before the span that there are."""
        return min(self.before, self.span[0])

    def market(self, gate: bool = True) -> Market:
        """The bars before the span and in it, with the column ``GATE``; raises DataError where a symbol has none."""
        low, high = self.span
        times = self.whole.times
        first, start, last = times[low - self.known], times[low], times[high - 1]
        frames = {}
        for (symbol, frame), columns in zip(self.whole.frames.items(), self.whole.columns, strict=True):
            at, end = np.searchsorted(columns["time"], [first, last + 1])
            if at == end:
                said = " to ".join(f"{pd.Timestamp(int(one), tz='UTC'):%Y-%m-%d %H:%M}" for one in (first, last))
                raise DataError(f"{symbol or 'the symbol'} has no bars from {said}: leave it out, or take other folds")
            frames[symbol] = frame.iloc[at:end]
            if gate:
                is_open = np.where(columns["time"][at:end] >= start, 1.0, np.nan)
                frames[symbol] = frames[symbol].assign(**{GATE: is_open})
        until = times[high] if high < len(times) else np.iinfo(np.int64).max
        return Market(frames, self.session, _between(self.whole.inside, first, until) or None)

    def bench(self, strategy: Strategy, settings: Settings) -> Bench:
        """Ready to run cells of a strategy in the window."""
        return Bench(gated(strategy), self.market(), settings)

    def run(self, strategy: Strategy, settings: Settings) -> Run:
        """The whole run of a strategy in the window."""
        found = Run(gated(strategy), self.market(), settings)
        found.finish()
        return found

    def trimmed(self, sums: np.ndarray) -> np.ndarray:
        """Sums of cells without the bars before the span, in which nothing happened."""
        found = sums.copy()
        found["bars"] -= self.known
        found["ruin"] -= np.where(found["ruin"] >= 0, self.known, 0)
        return found


def gated(strategy: Strategy) -> Strategy:
    """The same strategy with a study more, which is not known before the window; for bars with the column ``GATE``."""
    kind: Any = type(strategy)

    def studies(self: Any) -> Mapping[str, Any]:
        return {**kind.studies(self), GATE: GATE}

    def tables(self: Any, bars: Mapping[str, pd.DataFrame]) -> list[dict[str, np.ndarray]]:
        found = kind.tables(self, bars)
        return [{**table, GATE: frame[GATE].to_numpy(float)} for table, frame in zip(found, bars.values(), strict=True)]

    body = {"studies": studies, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    if kind.columns is not Strategy.columns or kind.tables is not Strategy.tables:
        body["tables"] = tables  # it may leave out studies that it does not know
    return type(kind)(kind.__name__, (kind,), body)(**strategy.values())


def settled(bench: Bench, cells: Sequence[Mapping[str, Any]], seed: int = 0) -> int:
    """Bars before a window after which studies of these cells are what they are on all bars, to a millionth, and one.

    The studies are computed anew on bars that begin later, at places that are drawn: what a mean is long, what a
    recursive one needs to forget where it began, or a session's study to come to the next session. One that never
    settles, as a sum over all bars, is left out. The one bar more is that before the first decision.
    """
    whole, kind, fixed = bench.market, type(bench.strategy), bench.strategy.values()
    count, most = len(whole.times), 0
    begins = np.random.default_rng(seed).integers(count // 8, count // 2, _BEGINS) if count > _BEGINS else []
    later = [(at, Window(whole, (at, count), session=bench.settings.session)) for at in np.unique(begins).tolist()]
    markets = []
    for at, window in later:
        try:
            markets.append((at, window.market(gate=False)))
        except DataError:  # a symbol ends before
            continue
    for number, cell in enumerate(cells):
        try:
            strategy = kind(**{**fixed, **cell})
            columns = Run(strategy, whole, bench.settings).columns
            for at, market in markets[number % 2 :: 2]:
                most = max(most, _apart(whole, columns, Run(strategy, market, bench.settings).columns, at))
        except Exception:  # it will say so where it is run
            continue
    return most + 1


def _apart(whole: Market, columns: list[dict[str, np.ndarray]], later: list[dict[str, np.ndarray]], begin: int) -> int:
    """Instants from ``begin`` on until columns of bars that begin there are those of all bars."""
    most = 0
    for s, table in enumerate(columns):
        times = whole.columns[s]["time"]
        row = int(np.searchsorted(times, whole.times[begin]))
        for name, values in later[s].items():
            if name not in table or values.dtype.kind not in "fb":
                continue
            longer, values = table[name][row:].astype(float), values.astype(float)
            near = np.maximum(np.abs(longer), _middle(longer))
            with np.errstate(invalid="ignore"):
                same = (np.abs(longer - values) <= _SETTLED * near) | (np.isnan(longer) & np.isnan(values))
            apart = np.flatnonzero(~same)
            if len(apart) and apart[-1] < _LASTING * len(values):
                most = max(most, int(np.searchsorted(whole.times, times[row + apart[-1] + 1])) - begin)
    return most


def _middle(values: np.ndarray) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(np.median(known)) if len(known) else 0.0


def extremes(codes: np.ndarray, seed: int = 0) -> np.ndarray:
    """Numbers of cells with the least and the most of each parameter, and of some others."""
    found = [at for column in codes.T for at in (int(column.argmin()), int(column.argmax()))]
    some = np.random.default_rng(seed).integers(0, len(codes), min(_ASKED, len(codes)))
    return np.unique(np.append(found, some)).astype(np.int64)


def joined(parts: Sequence[np.ndarray], cash: float) -> np.ndarray:
    """Sums of the same cells over several windows, each of which began with the same cash.

    Returns go on from one to the next. Drawdowns do not: the deepest and the longest are those of one window.
    """
    if len(parts) == 1:
        return parts[0]
    found = parts[0].copy()
    ruined = np.zeros(found.shape, bool)
    bars = np.zeros(found.shape)
    found["ruin"] = -1.0
    for at, part in enumerate(parts):
        now = (part["ruin"] >= 0) & ~ruined
        found["ruin"][now] = (bars + part["ruin"])[now]
        ruined |= now
        bars = bars + part["bars"]
        if at == 0:
            continue
        for name in found.dtype.names or ():
            if name == "final":
                found[name] *= part[name] / cash
            elif name in _LEAST:
                found[name] = np.minimum(found[name], part[name])
            elif name in _MOST:
                found[name] = np.maximum(found[name], part[name])
            elif name != "ruin":
                found[name] += part[name]
    return found


def stitched(whole: Market, runs: Sequence[tuple[Window, Strategy | None]], settings: Settings) -> Stitched:
    """Windows one after the other on one account: each begins with what the one before has left.

    Parameters
    ----------
    whole
        The market of all of them.
    runs
        The windows in the order of time, each with its strategy; without one nothing is traded in it. The last of
        them is the strategy of the result: what would be traded from now on.
    settings
        Of which each window takes its rules; nothing is open at its end.
    """
    begin, end = runs[0][0].span[0], runs[-1][0].span[1]
    market = Window(whole, (begin, end), session=settings.session).market(gate=False)
    cash, equity, logs = settings.cash, np.empty(end - begin), list[k.Log]()
    state, orders, done = k.new_state(len(market.symbols), cash, settings.sizing), 0, 0
    paid = dict.fromkeys(("fees", "financing", "uncertain", "called"), 0.0)
    chosen = [strategy for _, strategy in runs if strategy is not None]
    if not chosen:
        raise DataError("no fold has a cell with a result in its training window: take longer windows, or other cells")
    tags = dict[float, str]()
    for window, strategy in runs:
        low, high = window.span[0] - begin, window.span[1] - begin
        equity[done:high] = cash
        done = high
        if strategy is None or cash <= 0.0:
            continue
        run = window.run(strategy, replace(settings, cash=cash))
        equity[low:high] = run.equity[window.known :]
        account = run.state.account[0]
        logs.append(_moved(run, low - window.known, orders))
        orders += int(account["orders"])
        for name in paid:
            paid[name] += account[name]
        state, tags, cash = run.state, run.tags, float(equity[high - 1])
    account = state.account
    account["cash"] = account["equity"] = cash
    for name, value in paid.items():
        account[name] = value
    empty = k.new_log(0)
    log = k.Log(*(np.concatenate(tables) for tables in zip(empty, *logs, strict=True)))
    account["fills"], account["orders"] = len(log.fills), len(log.orders)
    worth = pd.Series(equity, index=market.index, name="equity")
    return Stitched(chosen[-1], settings, market, worth, state, log, tags)


def _moved(run: Run, instants: int, orders: int) -> k.Log:
    """Fills and orders of a run as parts of a longer one."""
    account = run.state.account[0]
    fills, asked = run.log.fills[: account["fills"]].copy(), run.log.orders[: account["orders"]].copy()
    for rows, names, by in ((fills, ("instant",), instants), (asked, ("born", "ended"), instants)):
        for name in names:
            rows[name] += np.where(rows[name] >= 0, by, 0)
    for rows, name in ((fills, "order"), (asked, "parent")):
        rows[name] += np.where(rows[name] >= 0, orders, 0)
    return k.Log(fills, asked)


def _between(frames: Mapping[str, pd.DataFrame], first: int, until: int) -> dict[str, pd.DataFrame]:
    found = {}
    for symbol, frame in frames.items():
        at, end = np.searchsorted(np.asarray(event_times(frame)), [first, until])
        if at < end:
            found[symbol] = frame.iloc[at:end]
    return found
