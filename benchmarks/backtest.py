"""Backtests beside backtesting.py and vectorbt on the same bars by the same rules; and what a first run takes."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import param

from benchmarks.timing import goal, in_turn, row
from workbench.backtest import backtest
from workbench.strategies import SmaCross, SmaFlip
from workbench.trading import Costs

BARS, MANY = 100_000, 1_000_000
FEES = 0.001
#: A fresh Python: seconds of the imports, and of the first backtest after them.
_FIRST = """
import time
begin = time.perf_counter()
import workbench as wb
from benchmarks.backtest import minutes
bars = minutes(1_000)
imported = time.perf_counter()
wb.backtest(wb.strategies.SmaCross(fast=10, slow=30), bars).equity
print(imported - begin, time.perf_counter() - imported)
"""


def run(*, quick: bool = False) -> Iterator[dict]:
    """Event by event beside backtesting.py, signals beside vectorbt, a million bars, a first run."""
    bars = minutes(BARS // 20 if quick else BARS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs
        yield backtesting_row(bars)
        yield from vectorbt_rows(bars)
    many = minutes(MANY // 20 if quick else MANY)
    ours = in_turn(lambda: backtest(SmaCross(), many, fees=FEES, audit=False), runs=5)[0]
    yield goal(f"{len(many):,} bars, studies and all", ours, 0.05 * len(many) / MANY, None)
    yield from own_rows(bars)
    yield first_row()


def minutes(n: int) -> pd.DataFrame:
    """A seeded walk of minutes around the clock."""
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.001, n)))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0, 0.0001, n))
    wide = close * rng.uniform(0, 0.001, n)
    index = pd.date_range("2020-01-01", periods=n, freq="1min", tz="UTC", name="time").as_unit("ns")
    columns = {"open": opened, "high": np.maximum(opened, close) + wide, "low": np.minimum(opened, close) - wide}
    return pd.DataFrame({**columns, "close": close, "volume": 1.0}, index=index)


def backtesting_row(bars: pd.DataFrame) -> dict:
    """The flip of two means, decided bar by bar on both sides, means included."""
    job = f"{len(bars):,} bars, flip of two means"
    asked: dict[str, Any] = {"cash": 1e6, "sizing": 0.9999, "whole_units": True, "close_at_end": "open"}

    def ours() -> Any:
        return backtest(SmaFlip(fast=10, slow=30), bars, audit=False, **asked)

    try:
        import backtesting
        from backtesting.lib import crossover
    except ImportError:
        return row(job, in_turn(ours)[0], "backtesting is not installed", None, 200.0, None)

    class Flip(backtesting.Strategy):
        def init(self) -> None:
            self.quick = self.I(lambda x: pd.Series(x).rolling(10).mean(), self.data.Close)
            self.calm = self.I(lambda x: pd.Series(x).rolling(30).mean(), self.data.Close)

        def next(self) -> None:
            if crossover(self.quick, self.calm):
                self.position.close()
                self.buy(size=0.9999)
            elif crossover(self.calm, self.quick):
                self.position.close()
                self.sell(size=0.9999)

    theirs = bars.rename(columns=str.capitalize).tz_localize(None)
    found: dict[str, Any] = {}

    def peer() -> None:
        found["peer"] = backtesting.Backtest(theirs, Flip, cash=1e6, commission=0, finalize_trades=True).run()

    # Ours gets quicker until about the tenth run, as its memory is no longer asked of the system anew.
    seconds = in_turn(ours, runs=25)[0], in_turn(peer, runs=3)[0]
    good = np.isclose(ours().equity.iloc[-1], found["peer"]["Equity Final [$]"], rtol=1e-9)
    return row(job, seconds[0], f"backtesting {backtesting.__version__}", seconds[1], 200.0, bool(good))


class Guarded(SmaCross):
    """The cross with a stop loss and a target; a bar in which one was hit passes over its signals, as vectorbt does."""

    loss = param.Number(0.01, bounds=(0, 1), doc="Stop loss, a fraction of the entry.")
    profit = param.Number(0.02, bounds=(0, 1), doc="Target, a fraction of the entry.")

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        stopped = broker.memory[0] != 0.0 and broker.position == 0.0
        broker.memory[0] = 1.0 if broker.position != 0.0 else 0.0
        if stopped:
            return
        if now.quick > now.calm:
            broker.target(1.0, stop_fraction=self.loss, profit_fraction=self.profit)
            broker.memory[0] = 1.0
        elif broker.position > 0.0:
            broker.flat()
            broker.memory[0] = 0.0


def vectorbt_rows(bars: pd.DataFrame) -> Iterator[dict]:
    """One run of signals at the close, means included; and one with stops."""
    costs = Costs(taker=FEES, maker=FEES, maintenance=0, touch=True)
    kinds: list[tuple[str, Any, dict[str, Any]]] = [
        ("cross of two means", SmaCross(fast=10, slow=30), {}),
        ("cross with stop and target", Guarded(fast=10, slow=30), {"sl_stop": 0.01, "tp_stop": 0.02}),
    ]
    for title, strategy, stops in kinds:
        job = f"{len(bars):,} bars, {title}"

        def ours(strategy: Any = strategy) -> Any:
            return backtest(strategy, bars, costs=costs, fill="close", audit=False)

        try:
            import vectorbt as vbt
        except ImportError:
            yield row(job, in_turn(ours)[0], "vectorbt is not installed", None, 20.0, None)
            continue
        more = {"open": bars.open, "high": bars.high, "low": bars.low, "stop_entry_price": "FillPrice"} if stops else {}

        def peer(stops: dict[str, Any] = stops, more: dict[str, Any] = more) -> Any:
            quick, calm = (vbt.MA.run(bars.close, window).ma for window in (10, 30))
            return vbt.Portfolio.from_signals(
                bars.close, quick > calm, quick <= calm, fees=FEES, init_cash=10_000.0, freq="1min", **stops, **more
            ).value()

        seconds = in_turn(ours, peer)
        good = np.allclose(ours().equity.to_numpy(), peer().to_numpy(), rtol=1e-9, atol=0)
        yield row(job, seconds[0], f"vectorbt {vbt.__version__}", seconds[1], 20.0, bool(good))


def own_rows(bars: pd.DataFrame) -> Iterator[dict]:
    """What the audit after a run and the plain loop cost, beside the compiled run without them."""
    one = SmaCross(fast=10, slow=30)
    bare, audited = in_turn(lambda: backtest(one, bars, audit=False), lambda: backtest(one, bars), runs=9)
    yield row(f"{len(bars):,} bars, with the audit", audited, "without it", bare, None, None)
    some = bars.iloc[: min(len(bars), 20_000)]
    equal = backtest(one, some, compiled=False).equity.equals(backtest(one, some).equity)
    compiled, plain = in_turn(
        lambda: backtest(one, some, audit=False), lambda: backtest(one, some, compiled=False, audit=False), runs=3
    )
    yield row(f"{len(some):,} bars, compiled", compiled, "the plain loop of the debugger", plain, None, bool(equal))


def first_row() -> dict:
    """A fresh process whose compiled code is on the disk."""
    taken = []
    for counted in range(4):
        done = subprocess.run([sys.executable, "-c", _FIRST], capture_output=True, text=True, check=True)
        imports, first = map(float, done.stdout.split())
        if counted:
            taken.append((first, imports))
    first, imports = sorted(taken)[len(taken) // 2]
    note = f"the imports before it take {imports:.2f} s"
    return goal("first run in a fresh process, after the imports", first, 1.0, None, note=note)
