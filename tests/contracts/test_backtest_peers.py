"""The same rules give the same numbers elsewhere: vectorbt and backtesting.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import param
import pytest

from workbench.backtest import backtest
from workbench.indicators import indicator
from workbench.strategies import Signals, SmaFlip, Strategy
from workbench.trading import Costs

# Theirs: pandas calls that are to go.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SETS, BARS = 200, 300


def market_of(rng: np.random.Generator) -> pd.DataFrame:
    close = 100 * np.exp(np.cumsum(rng.normal(size=BARS) * 0.01))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(size=BARS) * 0.004)
    high = np.maximum(opened, close) * (1 + 0.006 * rng.random(BARS))
    low = np.minimum(opened, close) * (1 - 0.006 * rng.random(BARS))
    index = pd.date_range("2026-01-05", periods=BARS, freq="1h", tz="UTC", name="time")
    return pd.DataFrame({"open": opened, "high": high, "low": low, "close": close}, index=index)


class Stopped(Signals):
    """Signals with stops. A bar in which a stop was hit passes over its signals, as vectorbt does."""

    loss = param.Number(0.0, bounds=(0, 1), doc="Stop loss, a fraction of the entry; 0 for none.")
    profit = param.Number(0.0, bounds=(0, 1), doc="Target, a fraction of the entry; 0 for none.")

    def decide(self, now, was, broker):
        stopped = broker.memory[0] != 0.0 and broker.position == 0.0
        broker.memory[0] = 1.0 if broker.position != 0.0 else 0.0
        if stopped:
            return
        buy, sell = now.long and not now.exit, now.short and not now.cover
        loss = self.loss if self.loss > 0.0 else np.nan
        profit = self.profit if self.profit > 0.0 else np.nan
        if buy != sell:
            broker.target(1.0 if buy else -1.0, stop_fraction=loss, profit_fraction=profit)
            broker.memory[0] = 1.0
        elif (broker.position > 0.0 and now.exit and not now.long) or (
            broker.position < 0.0 and now.cover and not now.short
        ):
            broker.flat()
            broker.memory[0] = 0.0


@pytest.fixture(scope="module")
def vbt():
    return pytest.importorskip("vectorbt", reason="pip install workbench[peers]")


@pytest.mark.parametrize("kind", ["close", "next open", "stops"])
def test_equity_is_that_of_vectorbt(vbt, kind):
    stopped = 0
    for seed in range(SETS):
        rng = np.random.default_rng(seed)
        bars = market_of(rng)
        signals = {name: rng.random(BARS) < rate for name, rate in
                   zip(("long", "exit", "short", "cover"), rng.choice([0.02, 0.1, 0.3], 4), strict=True)}  # fmt: skip
        if seed % 3 == 0:
            signals["short"][:] = False
        fees, slippage = rng.choice([0.0, 0.001, 0.01]), rng.choice([0.0, 0.002])
        stops, strategy, price = {}, Signals(**signals), bars.close
        theirs = signals
        if kind == "stops":
            loss, profit = rng.choice([0.01, 0.03]), rng.choice([0.02, 0.05])
            strategy, slippage = Stopped(**signals, loss=loss, profit=profit), 0.0
            stops = {"sl_stop": loss, "tp_stop": profit, "stop_entry_price": "FillPrice", "open": bars.open,
                     "high": bars.high, "low": bars.low}  # fmt: skip
        elif kind == "next open":
            price = bars.open
            theirs = {name: np.concatenate([[False], one[:-1]]) for name, one in signals.items()}
        peer = vbt.Portfolio.from_signals(
            bars.close, theirs["long"], theirs["exit"], theirs["short"], theirs["cover"], price=price, fees=fees,
            slippage=slippage, init_cash=10_000.0, size=np.inf, lock_cash=True, freq="1h", **stops,
        )  # fmt: skip
        costs = Costs(taker=fees, maker=fees, slippage=slippage, maintenance=0, touch=True)
        fill = "next_open" if kind == "next open" else "close"
        ours = backtest(strategy, bars, costs=costs, fill=fill)
        assert ours.equity.to_numpy() == pytest.approx(peer.value().to_numpy(), rel=1e-9), f"set {seed}"
        stopped += ours.fills.reason.isin(["stop loss", "take profit"]).sum()
    assert (stopped > 1000) == (kind == "stops")


@pytest.fixture(scope="module")
def goog():
    pytest.importorskip("backtesting", reason="pip install workbench[peers]")
    from backtesting.test import GOOG

    return GOOG


def bars_of(goog):
    return goog.rename(columns=str.lower).rename_axis("time").tz_localize("UTC")


def test_the_flip_on_goog_is_that_of_backtesting(goog):
    asked = {"cash": 10_000, "sizing": 0.9999, "whole_units": True}
    # What is open at the end is closed at the open of the last bar there.
    result = backtest(SmaFlip(fast=10, slow=30), bars_of(goog), close_at_end="open", **asked)
    assert len(result.round_trips) == 66
    assert result.equity.iloc[-1] == pytest.approx(51_422.99, abs=0.005)
    assert (result.equity / result.equity.cummax() - 1).min() == pytest.approx(-0.47980127, abs=5e-9)
    won = result.round_trips["return"]
    assert -won[won > 0].sum() / won[won < 0].sum() == pytest.approx(2.1679460, abs=5e-8)
    assert backtest(SmaFlip(), bars_of(goog), **asked).equity.iloc[-1] == pytest.approx(51_959.95, abs=0.005)


def test_equity_is_that_of_backtesting_at_every_bar(goog):
    from backtesting import Backtest
    from backtesting import Strategy as Theirs
    from backtesting.lib import crossover

    class Flip(Theirs):
        def init(self):
            self.quick = self.I(lambda x: pd.Series(x).rolling(10).mean(), self.data.Close)
            self.calm = self.I(lambda x: pd.Series(x).rolling(30).mean(), self.data.Close)

        def next(self):
            if crossover(self.quick, self.calm):
                self.position.close()
                self.buy(size=0.9999)
            elif crossover(self.calm, self.quick):
                self.position.close()
                self.sell(size=0.9999)

    peer = Backtest(goog, Flip, cash=10_000, commission=0, finalize_trades=True).run()["_equity_curve"].Equity
    asked = {"cash": 10_000, "sizing": 0.9999, "whole_units": True, "close_at_end": "open"}
    ours = backtest(SmaFlip(), bars_of(goog), **asked)
    assert ours.equity.to_numpy() == pytest.approx(peer.to_numpy(), rel=1e-9)


class Guarded(Strategy):
    """Buys above the mean with a stop loss and a target, one position at a time."""

    def studies(self):
        return {"mean": indicator("sma", window=20)}

    @property
    def warmup(self):
        return 20  # theirs begins a bar after the mean is known

    def decide(self, now, was, broker):
        if broker.position == 0 and broker.orders == 0 and now.close > now.mean:
            broker.buy(units=10, stop_loss=0.96 * now.close, take_profit=1.05 * now.close)


def test_stop_loss_and_target_are_those_of_backtesting(goog):
    from backtesting import Backtest
    from backtesting import Strategy as Theirs

    class Peer(Theirs):
        def init(self):
            self.mean = self.I(lambda x: pd.Series(x).rolling(20).mean(), self.data.Close)

        def next(self):
            price = self.data.Close[-1]
            if not self.position and not self.orders and price > self.mean[-1]:
                self.buy(size=10, sl=0.96 * price, tp=1.05 * price)

    peer = Backtest(goog, Peer, cash=100_000, commission=0.001, finalize_trades=True).run()["_trades"]
    ours = backtest(Guarded(), bars_of(goog), cash=100_000, fees=0.001).round_trips
    assert len(ours) > 50
    assert ours.entry_price.tolist() == pytest.approx(peer.EntryPrice.tolist()[: len(ours)], rel=1e-9)
    assert ours.exit_price.tolist() == pytest.approx(peer.ExitPrice.tolist()[: len(ours)], rel=1e-9)
