"""Cells against backtests of their own: the same numbers, for all measures, whatever way they are run."""

from typing import Any

import numpy as np
import pandas as pd
import param
import pytest

from tests.unit.sweep.conftest import walk
from workbench.backtest import backtest
from workbench.indicators import indicator
from workbench.strategies import SmaCross, SmaFlip, Strategy
from workbench.sweep import sweep
from workbench.sweep.measures import ALL


class Guarded(Strategy):
    """Buys breakouts with a stop, a target and a limit order now and then; memory and many kinds of parameters."""

    window = param.Integer(10, bounds=(2, 100))
    stop = param.Number(0.01, bounds=(0.001, 0.5))
    trend = param.Boolean(True)
    kind = param.Selector(default="sma", objects=["sma", "ema"])

    def studies(self):
        return {"mean": indicator(self.kind, window=self.window), "above": f"close > sma(close, {self.window})"}

    @property
    def warmup(self):
        return 2 * self.window

    def decide(self, now, was, broker):
        broker.memory[0] += 1
        if broker.position == 0 and broker.orders == 0:
            if now.above > 0 and self.trend:
                broker.buy(fraction=0.5, stop_fraction=self.stop, profit_fraction=2 * self.stop, tag="up")
            elif now.close < now.mean * 0.99:
                broker.buy(fraction=0.9, limit=now.close * 0.995, expiry=3, trail_fraction=self.stop)


class Odd(SmaCross):
    """Reads its parameters in a way that nobody can follow."""

    def studies(self):
        values = self.values()
        return {"quick": indicator("sma", window=values["fast"]), "calm": indicator("sma", window=values["slow"])}


class Different(SmaCross):
    """Has other studies for some parameters."""

    def studies(self):
        more = {"more": "rsi(14)"} if self.fast > 4 else {}
        return {**super().studies(), **more}


class Lazy(SmaCross):
    """Has studies that read the parameters when they are computed."""

    def studies(self):
        return {"quick": lambda bars: bars["close"].rolling(self.fast).mean(), "calm": self.mean}

    def mean(self, bars):
        return bars["close"].rolling(self.slow).mean()


class Falling(SmaCross):
    """Raises in some cells."""

    def decide(self, now, was, broker):
        if self.fast == 4 and now.bar == 99:
            raise ValueError("no fours")
        broker.long() if now.quick > now.calm else broker.flat()


CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "cross": (SmaCross, {"fast": [3, 8], "slow": [9, 20]}, {"fees": 0.001}),
    "flip at the close": (SmaFlip, {"fast": [2, 5], "slow": [6]}, {"fees": 0.001, "fill": "close"}),
    "guarded": (
        Guarded,
        {"window": [5, 12], "stop": [0.004, 0.02], "trend": [True, False], "kind": ["sma", "ema"]},
        {"slippage": 0.0005, "fees": 0.0002},
    ),
    "cannot be followed": (Odd, {"fast": [3, 8], "slow": [9, 20]}, {}),
    "functions of the bars": (Lazy, {"fast": [3, 8], "slow": [9, 20]}, {}),
    "other studies": (Different, {"fast": [3, 8], "slow": [9, 20]}, {}),
    "whole units, flat at the end": (SmaFlip, {"fast": [3, 7]}, {"whole_units": True, "close_at_end": True}),
    "ruin": (SmaFlip, {"fast": [2, 4]}, {"sizing": 30.0, "leverage": 30.0, "fees": 0.01}),
    "never trades": (SmaCross, {"fast": [5], "slow": [5000]}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_measure_of_a_cell_is_that_of_its_backtest(case, bars):
    kind, values, keywords = CASES[case]
    sw = sweep(kind, bars, values, measures=ALL, **keywords)
    assert not sw.failures
    for at in range(len(sw)):
        stats = backtest(kind(**sw.space.cell(at)), bars, audit=False, **keywords).stats
        row = sw.table.loc[at]
        assert sw.annual == stats.annual
        for name in ALL:
            np.testing.assert_allclose(row[name], stats[name], rtol=1e-9, atol=1e-11, err_msg=f"{name} of {row}")


def test_several_symbols_share_the_cash(bars):
    frames = {"A": bars, "B": walk(500, seed=4).iloc[7::2]}
    sw = sweep(SmaFlip, frames, {"fast": [3, 6], "slow": [9]}, sizing=0.4, fees=0.001, measures=ALL)
    for at in range(len(sw)):
        stats = backtest(SmaFlip(**sw.space.cell(at)), frames, sizing=0.4, fees=0.001, audit=False).stats
        for name in ALL:
            np.testing.assert_allclose(sw.table.loc[at, name], stats[name], rtol=1e-9, atol=1e-11, err_msg=name)


def test_studies_are_computed_once_for_each_value(bars):
    sw = sweep(SmaCross, bars, {"fast": range(3, 13), "slow": range(20, 40)})
    assert sw.bench.shared
    assert sw.bench.library.computed == 30


@pytest.mark.parametrize("kind", [SmaCross, Lazy])
def test_studies_that_are_forgotten_are_made_again(bars, kind, monkeypatch):
    values = {"fast": [3, 5, 8], "slow": [13, 21, 34]}
    whole = sweep(kind, bars, values, workers=1)
    monkeypatch.setattr("workbench.sweep.studies._KEPT", 2)
    found = sweep(kind, bars, values, workers=1)
    pd.testing.assert_frame_equal(found.table, whole.table)
    tracer = found.bench._tracer
    assert max(len(tracer._known), len(tracer._made)) <= 2 + 1  # a cell has two studies


def test_combinations_are_forgotten_without_their_studies(bars, monkeypatch):
    monkeypatch.setattr("workbench.sweep.studies._KEPT", 7)
    found = sweep(SmaCross, bars, {"fast": [3, 5, 8], "slow": [13, 21, 34]}, workers=1)
    assert len(found) == 9 and found.bench.library.computed == 6


def test_a_cell_that_raises_is_told_with_bar_and_line_and_the_others_go_on(bars):
    sw = sweep(Falling, bars, {"fast": [3, 4, 5], "slow": [9, 12]})
    table = sw.table
    assert set(sw.failures) == set(table.index[table["fast"] == 4])
    assert "raised at bar 99" in sw.failures[2]
    assert "no fours" in sw.failures[2]
    assert "line" in sw.failures[2]
    assert table.loc[table["fast"] != 4, "sharpe"].notna().all()
    assert table.loc[table["fast"] == 4, "sharpe"].isna().all()


def test_a_study_that_cannot_be_made_fails_its_cells_only(bars):
    class Wrong(SmaCross):
        def studies(self):
            return {**super().studies(), "out": indicator("sma", window=self.fast - 4)}

    sw = sweep(Wrong, bars, {"fast": [6, 4, 9]})
    assert list(sw.failures) == [1]
    assert "window" in sw.failures[1]


def test_more_fills_than_a_lane_has_room_for(bars):
    class Restless(Strategy):
        part = param.Number(0.5, bounds=(0, 1))

        def decide(self, now, was, broker):
            for i in range(8):
                broker.buy(units=self.part + i) if now.bar % 2 else broker.sell(units=self.part + i)

    many = pd.concat([bars, walk(3000, 5).set_axis(walk(3000).index + pd.Timedelta("60D"))])
    sw = sweep(Restless, many, {"part": [0.25, 0.5]}, cash=1e9)
    assert (sw.table["round_trips"] >= 0).all()
    assert sw.sums["fills"].min() > 2_048
    stats = backtest(Restless(part=0.5), many, cash=1e9, audit=False).stats
    np.testing.assert_allclose(sw.table.loc[1, "final_equity"], stats["final_equity"], rtol=1e-12)
