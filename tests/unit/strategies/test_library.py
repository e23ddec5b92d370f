"""What each strategy of the library asks for, bar by bar, beside its rules in plain Python."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.strategies import RULES, lists
from workbench.backtest import backtest
from workbench.backtest.market import Market
from workbench.backtest.run import Run, Settings
from workbench.errors import DataError
from workbench.strategies import Portfolio, strategies, strategy

#: Parameters beside the defaults: quick ones, other sides, other ways.
VARIANTS = {
    "sma_cross": [{"fast": 3, "slow": 8}, {"fast": 8, "slow": 3}],
    "sma_flip": [{"fast": 3, "slow": 8}],
    "macd_cross": [{"fast": 3, "slow": 8, "signal": 4}, {"fast": 5, "slow": 9, "signal": 2, "shorts": True}],
    "donchian_breakout": [
        {"entry": 6, "exit": 3, "window": 4},
        {"entry": 5, "exit": 3, "window": 9, "stop": 1.0},
        {"entry": 6, "exit": 3, "shorts": False, "stop": 0.5, "window": 2},
    ],
    "supertrend_follow": [{"window": 5, "factor": 1.0}, {"window": 3, "factor": 0.7, "shorts": False}],
    "opening_range": [{"minutes": 15}, {"minutes": 60, "leave": 45.0}, {"minutes": 45, "shorts": False}],
    "rsi_reversion": [{"window": 3}, {"window": 4, "shorts": True, "low": 20, "leave": 45, "high": 75}],
    "bollinger": [
        {"window": 6, "width": 1.2},
        {"window": 6, "width": 1.2, "shorts": True},
        {"window": 8, "width": 1.0, "breakout": True},
        {"window": 8, "width": 1.0, "breakout": True, "shorts": True},
    ],
    "vwap_reversion": [{"deviations": 1.0, "after": 45}, {"deviations": 0.8, "leave": 60.0, "shorts": False}],
    "cvd_divergence": [{"window": 6, "hold": 4}, {"window": 8, "share": 0.2, "hold": 3, "shorts": False}],
    "volatility_target": [{"window": 8, "band": 0.02}, {"window": 5, "periods": 252.0, "most": 0.6, "target": 0.1}],
    "momentum_rotation": [
        {"window": 10, "top": 2, "every": 7},
        {"window": 5, "top": 1, "every": 3, "least": -100.0},
        {"window": 5, "top": 3, "every": 4, "least": 1.5},
    ],
    "pairs": [{"window": 12, "enter": 1.2, "leave": 0.3}, {"window": 20, "enter": 1.5, "leave": 0.0}],
}


def bars_of(seed: int, count: int = 300) -> pd.DataFrame:
    """Quarters of an hour around the clock, over a weekend, of a winter without holidays in New York."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.006, count)))
    opened = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.001, count))
    high = np.maximum(opened, close) * (1 + rng.uniform(0.0005, 0.004, count))
    low = np.minimum(opened, close) * (1 - rng.uniform(0.0005, 0.004, count))
    index = pd.date_range("2026-02-05 13:00", periods=count, freq="15min", tz="UTC", name="time").as_unit("ns")
    bought = rng.integers(1, 300, count)
    sold = rng.integers(1, 300, count)
    found = {"open": opened, "high": high, "low": low, "close": close, "volume": 1.0 * (bought + sold)}
    return pd.DataFrame(found | {"buy_volume": 1.0 * bought, "sell_volume": 1.0 * sold}, index=index)


def market_of(name: str, seed: int) -> dict[str, pd.DataFrame]:
    count = {"pairs": 2, "momentum_rotation": 5}.get(name, 1)
    found = {f"S{k}": bars_of(1000 * k + seed) for k in range(count)}
    if name == "pairs":  # one that follows the other
        wobble = np.random.default_rng(seed).normal(0, 0.004, 300)
        for column in ("open", "high", "low", "close"):
            found["S1"][column] = found["S0"][column] ** 0.8 * np.exp(wobble)
        found["S1"]["high"] = found["S1"][["open", "high", "close"]].max(axis=1)
        found["S1"]["low"] = found["S1"][["open", "low", "close"]].min(axis=1)
    return found


class Spy:
    """A broker that writes down what it is asked for."""

    def __init__(self, broker, calls: list) -> None:
        self.broker, self.calls = broker, calls

    def __getattr__(self, name):
        found = getattr(self.broker, name)
        if name in ("target", "long", "short", "flat"):
            return lambda *given, **how: (self.calls.append((name, *given, *how.values())), found(*given, **how))
        return found


def asked_of(one, bars: dict[str, pd.DataFrame]) -> list[tuple[int, float, dict, list]]:
    """At each bar it is asked: the bar, what it held, what else it saw, what it asked for."""
    seen, kind = [], type(one)

    class Spied(kind):
        def decide(self, now, was, broker):
            calls: list = []
            portfolio = isinstance(self, Portfolio)
            held = broker.position(0) if portfolio else broker.position
            more = {} if portfolio else {"bars_held": broker.bars_held}
            seen.append((now.bar, held, {**more, "equity": broker.equity}, calls))
            kind.decide(self, now, was, Spy(broker, calls))

    for _ in Run(Spied(**one.values()), Market(bars), Settings(leverage=2.0)).steps():
        pass
    return seen


def same(found: tuple, wanted: tuple) -> bool:
    if len(found) != len(wanted):
        return False
    for one, other in zip(found, wanted, strict=True):
        if isinstance(other, str) and other != "rebalance":
            if one != other:
                return False
        elif other == "rebalance":
            if one is not True:
                return False
        elif not (one == pytest.approx(other, rel=1e-8) or (math.isnan(one) and math.isnan(other))):
            return False
    return True


CASES = [(name, given_) for name in RULES for given_ in ({}, *VARIANTS[name])]


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=[f"{name} {given_}" for name, given_ in CASES])
def test_it_asks_for_what_its_rules_say(name, parameters):
    one = strategy(name, **{**strategies.get(name).example, **parameters})
    some = 0
    for seed in (1, 2, 3):
        bars = market_of(name, seed)
        frames = [lists(frame) for frame in bars.values()]
        ask, state = RULES[name](frames if isinstance(one, Portfolio) else frames[0], one), {}
        seen = {bar: rest for bar, *rest in asked_of(one, bars)}
        for i in range(300):
            held, more, found = seen.get(i, (0.0, {"bars_held": 0.0}, None))
            state.update(more)
            wanted = ask(i, held, state)
            assert (found is None) == (wanted is None), f"bar {i}: asked for {found}, not {wanted}"
            if found is None:
                continue
            found = [call if len(call) < 4 or name != "pairs" else call[:4] for call in found]
            wanted = [call[:3] if len(call) == 4 and call[3] is False else call for call in wanted]
            assert len(found) == len(wanted), f"bar {i}: {found}, not {wanted}"
            assert all(map(same, found, wanted)), f"bar {i}: {found}, not {wanted}"
            some += len(wanted)
    assert some > 0


def test_every_strategy_of_the_library_has_its_rules_here():
    assert set(RULES) == set(VARIANTS) == set(strategies.names()) - {"formula", "signals"}
    kinds = [strategies.get(name) for name in RULES]
    assert len(set(kinds)) >= 12


@pytest.mark.parametrize("name", sorted(RULES))
def test_it_goes_through_pickle(name):
    one = strategy(name, **strategies.get(name).example)
    again = pickle.loads(pickle.dumps(one))
    assert again.values() == one.values() and type(again) is type(one)
    bars = market_of(name, 4)
    assert backtest(again, bars).equity.equals(backtest(one, bars).equity)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=[f"{name} {given_}" for name, given_ in CASES])
def test_compiled_and_plain_are_the_same_with_each_choice_of_parameters(name, parameters):
    one, bars = strategy(name, **{**strategies.get(name).example, **parameters}), market_of(name, 5)
    compiled, plain = backtest(one, bars, fees=0.001), backtest(one, bars, fees=0.001, compiled=False)
    assert compiled.equity.equals(plain.equity)
    pd.testing.assert_frame_equal(compiled.orders, plain.orders)


@given(seed=st.integers(0, 1000), name=st.sampled_from(sorted(RULES)), factor=st.sampled_from([0.25, 8.0]))
@settings(max_examples=40)
def test_prices_in_another_unit_change_nothing(seed, name, factor):
    one, bars = strategy(name, **{**strategies.get(name).example, **VARIANTS[name][0]}), market_of(name, seed)
    scaled = {key: frame.assign(**{c: frame[c] * factor for c in ("open", "high", "low", "close")})
              for key, frame in bars.items()}  # fmt: skip
    ours, theirs = backtest(one, bars), backtest(one, scaled)
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy(), rel=1e-6)


@pytest.mark.parametrize("name", ["opening_range", "vwap_reversion"])
def test_nothing_is_held_over_the_night(name):
    one = strategy(name, **VARIANTS[name][0])
    for seed in range(5):
        result = backtest(one, bars_of(seed, 900))
        held, times = result.positions.to_numpy()[:, 0], result.equity.index
        minutes = times.hour * 60 + times.minute
        outside = (minutes < 14 * 60 + 30) | (minutes >= 21 * 60) | (times.day_of_week > 4)
        assert not held[outside].any() and held[~outside].any()
        assert not held[minutes == 20 * 60 + 45].any()


def test_half_days_end_early_and_daylight_saving_moves_the_session():
    index = pd.date_range("2025-11-26 10:00", "2025-12-01 23:00", freq="15min", tz="UTC").as_unit("ns")
    climb = 100 + np.arange(len(index)) * 0.1
    bars = pd.DataFrame({"open": climb - 0.1, "high": climb, "low": climb - 0.1, "close": climb}, index=index)
    fills = backtest(strategy("opening_range"), bars).fills
    # The day before Thanksgiving, the half day after it, Monday; each in after the first half hour, out by the close.
    assert [str(one) for one in fills.time.dt.strftime("%d %H:%M")] == [
        "26 15:15", "26 20:45", "28 15:15", "28 17:45", "01 15:15", "01 20:45",
    ]  # fmt: skip


def test_a_strategy_of_two_symbols_refuses_one_and_three():
    bars = bars_of(1)
    with pytest.raises(DataError, match=r"pairs .*trades 2 symbols, not 1: give bars by symbol"):
        backtest("pairs", bars)
    with pytest.raises(DataError, match="trades 2 symbols, not 3"):
        backtest("pairs", dict.fromkeys("abc", bars))
    with pytest.raises(DataError, match="trades 2 or more symbols, not 1"):
        backtest("momentum_rotation", bars)


def test_of_equal_gains_the_first_symbol_is_held():
    one = strategy("momentum_rotation", window=5, top=1, every=3, least=-100.0)
    assert set(backtest(one, dict.fromkeys("ABC", bars_of(1))).fills.symbol) == {"A"}


def test_volume_by_side_is_asked_for_by_name():
    with pytest.raises(DataError, match="buy_volume"):
        backtest("cvd_divergence", bars_of(1)[["open", "high", "low", "close", "volume"]])


def test_the_risk_of_the_volatility_target_is_a_year_s():
    rng = np.random.default_rng(8)
    days = pd.bdate_range("2015-01-01", periods=1500, tz="UTC").as_unit("ns")
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 1500)))
    bars = pd.DataFrame({"open": close, "high": close, "low": close, "close": close}, index=days)
    one = strategy("volatility_target", target=0.08, band=0.01)
    risk = one.columns(bars)["risk"][20:]
    assert np.median(risk) == pytest.approx(0.01 * math.sqrt(261), rel=0.05)
    assert backtest(one, bars).returns.std() * math.sqrt(261) == pytest.approx(0.08, rel=0.1)
