"""Properties of every backtest, whatever the strategy does."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import param
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.backtest.markets import bars_of
from workbench.analytics import DATA
from workbench.backtest import StrategyError, backtest
from workbench.errors import DataError, UnknownNameError
from workbench.indicators import indicator
from workbench.strategies import Rule, Signals, SmaCross, SmaFlip, Strategy, strategy
from workbench.sweep import sweep
from workbench.trading import Costs


class Restless(Strategy):
    """Orders of all kinds, by a number made of the price: nobody's idea of a strategy."""

    seed = param.Integer(1, bounds=(0, 1_000_000), doc="What it does.")
    spread = param.Number(0.01, bounds=(0.001, 0.2), doc="Distance of limits and stops.")

    def studies(self):
        return {"mean": indicator("sma", window=3)}

    def decide(self, now, was, broker):
        # Of the bar's number and not of its price, which is scaled in one of the tests.
        self_made = (now.bar * 7919 + self.seed * 104729) % 23
        away = self.spread * now.close
        if self_made == 0:
            broker.buy(fraction=0.4, limit=now.close - away, stop_fraction=0.03, expiry=4, tag="dip")
        elif self_made == 1:
            broker.sell(fraction=0.4, limit=now.close + away, trail=2 * away, day=True)
        elif self_made == 2:
            broker.buy(risk=0.01, stop=now.high + away, stop_distance=2 * away, profit_distance=3 * away)
        elif self_made == 3:
            broker.sell(cash=0.2 * broker.equity, stop=now.low - away, limit=now.low - 2 * away, trail_fraction=0.02)
        elif self_made == 4:
            broker.target(-0.5, stop_loss=now.close + away, take_profit=now.close - 2 * away)
        elif self_made == 5:
            broker.target(0.7, rebalance=True, trail=away)
        elif self_made == 6:
            broker.buy(fraction=0.2, on_close=True, oco=1)
            broker.sell(fraction=0.2, stop=now.low, oco=1)
        elif self_made == 7:
            broker.cancel("dip")
        elif self_made == 8:
            broker.cancel_all()
        elif self_made == 9 or broker.bars_held > 12:
            broker.flat(tag="tired")
        elif self_made == 10 and broker.position != 0 and broker.memory[0] < 5:
            broker.memory[0] += 1
            broker.buy(units=0.3 * abs(broker.position))
        elif self_made == 11 and now.mean > was.mean and broker.orders < 3:
            broker.long()
        elif self_made == 12 and not broker.entry > 0:
            broker.short()


class Patient(Strategy):
    """Enters now and then and leaves the rest to its stop and its target."""

    seed = param.Integer(1, bounds=(0, 1_000_000), doc="When it enters, and which way.")
    loss = param.Number(0.01, bounds=(0.0, 0.5), doc="Distance of the stop, 0 for none.")
    profit = param.Number(0.02, bounds=(0.0, 0.5), doc="Distance of the target, 0 for none.")
    most = param.Integer(100, bounds=(1, 1_000), doc="Bars it waits at most.")

    def decide(self, now, was, broker):
        made = (now.bar * 7919 + self.seed * 104729) % 10
        loss = self.loss if self.loss > 0.0 else np.nan
        profit = self.profit if self.profit > 0.0 else np.nan
        if broker.position == 0 and broker.orders == 0 and made == 0:
            broker.buy(fraction=0.5, stop_fraction=loss, profit_fraction=profit)
        elif broker.position == 0 and broker.orders == 0 and made == 1:
            broker.sell(fraction=0.5, stop_fraction=loss, profit_fraction=profit)
        elif broker.bars_held >= self.most:
            broker.flat()


runs = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "spread": st.sampled_from([0.004, 0.01, 0.03]),
        "whole_units": st.booleans(),
        "short": st.booleans(),
        "leverage": st.sampled_from([1.0, 3.0]),
        "path": st.sampled_from(["pessimistic", "neutral", "optimistic"]),
        "fill": st.sampled_from(["next_open", "close"]),
        "close_at_end": st.booleans(),
        "costs": st.sampled_from(
            [
                {},
                {"taker": 0.002, "maker": 0.001, "slippage": 0.001},
                {"per_unit": 0.01, "minimum": 2.0, "spread": 0.05, "impact": 0.1, "volume_share": 0.1},
            ]
        ),
    }
)


def run_of(asked: dict, bars=None, **more):
    asked = dict(asked)
    chosen = Restless(seed=asked.pop("seed"), spread=asked.pop("spread"))
    costs = Costs(**asked.pop("costs"))
    return backtest(chosen, bars_of(asked.get("seed", 3)) if bars is None else bars, costs=costs, **{**asked, **more})


@given(asked=runs, seed=st.integers(0, 1000))
@settings(max_examples=40)
def test_cash_and_positions_are_equity_at_every_bar(asked, seed):
    bars = bars_of(seed)
    result = run_of(asked, bars)
    cash = np.full(len(bars), 10_000.0)
    for fill in result.fills.itertuples():
        cash[fill.bar :] -= fill.side * fill.value + fill.fee
    held = result.positions.to_numpy()[:, 0]
    assert result.equity.to_numpy() == pytest.approx(cash + held * bars.close.to_numpy(), rel=1e-11)
    assert result.fees == pytest.approx(result.fills.fee.sum())


@given(asked=runs, seed=st.integers(0, 1000))
@settings(max_examples=40)
def test_fills_are_inside_their_bars_and_after_their_orders(asked, seed):
    bars = bars_of(seed)
    result = run_of(asked, bars)
    fills, orders = result.fills, result.orders
    raw = result.log.fills["raw"]
    low, high = bars.low.to_numpy()[fills.bar], bars.high.to_numpy()[fills.bar]
    assert ((raw >= low) & (raw <= high)).all()
    made = orders.time.loc[fills.order].to_numpy()
    # The order of the exit is made in the bar of its entry; all others wait for the next one, but for fill="close".
    at_once = (orders.kind.loc[fills.order] == "exit").to_numpy() | (fills.when == "close").to_numpy()
    assert (fills.time.to_numpy()[~at_once] > made[~at_once]).all()
    assert (fills.time.to_numpy() >= made).all()
    limited = (fills.reason == "limit").to_numpy()
    limits = orders.limit.loc[fills.order].to_numpy()
    assert (((limits - raw) * fills.side.to_numpy())[limited] >= -1e-9).all()


@given(asked=runs, seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_flat_at_the_end_when_told(asked, seed):
    result = run_of(asked, bars_of(seed), close_at_end=True)
    assert result.positions.iloc[-1].tolist() == [0.0]
    assert result.open_positions.empty
    assert result.round_trips.pnl.sum() == pytest.approx(result.equity.iloc[-1] - 10_000, abs=1e-6)


@given(asked=runs, seed=st.integers(0, 1000), scale=st.sampled_from([0.5, 4.0, 1024.0]))
@settings(max_examples=30)
def test_scaling_prices_and_cash_scales_results(asked, seed, scale):
    costs = asked["costs"]
    asked = {**asked, "costs": {**costs}}
    bars = bars_of(seed)
    more = bars.assign(**{name: scale * bars[name] for name in ("open", "high", "low", "close")})
    fixed = {name: scale * costs[name] for name in ("per_unit", "minimum", "spread") if name in costs}
    one = run_of(asked, bars)
    other = run_of({**asked, "costs": {**costs, **fixed}}, more, cash=scale * 10_000)
    assert other.fills.units.tolist() == pytest.approx(one.fills.units.tolist())
    assert other.equity.to_numpy() / scale == pytest.approx(one.equity.to_numpy())


@given(asked=runs, seed=st.integers(0, 1000))
@settings(max_examples=25)
def test_compiled_is_plain_bit_for_bit(asked, seed):
    bars = bars_of(seed)
    one, other = run_of(asked, bars), run_of(asked, bars, compiled=False)
    assert one.equity.to_numpy().tobytes() == other.equity.to_numpy().tobytes()
    assert one.log.fills.tobytes() == other.log.fills.tobytes()
    assert one.log.orders.tobytes() == other.log.orders.tobytes()
    pd.testing.assert_frame_equal(one.orders, other.orders)


@given(
    seed=st.integers(0, 1000), loss=st.sampled_from([0.0, 0.004, 0.03]), profit=st.sampled_from([0.0, 0.006, 0.05]),
    most=st.sampled_from([3, 40]), fill=st.sampled_from(["next_open", "close"]),
    costs=st.sampled_from([{}, {"taker": 0.001, "touch": True}, {"maintenance": 0.4}, {"volume_share": 0.1}]),
    path=st.sampled_from(["pessimistic", "neutral", "optimistic"]),
)  # fmt: skip
@settings(max_examples=30)
def test_bars_between_stop_and_target_are_gone_through_bit_for_bit(seed, costs, loss, profit, most, **how):
    """They pass in a loop of their own, in a sweep with the decision inside."""
    bars, one = bars_of(seed), Patient(seed=seed, loss=loss, profit=profit, most=most)
    asked = {"costs": Costs(**costs), "leverage": 2.0, **how}
    quick, plain = backtest(one, bars, **asked), backtest(one, bars, compiled=False, **asked)
    assert quick.log.fills.tobytes() == plain.log.fills.tobytes()
    assert quick.log.orders.tobytes() == plain.log.orders.tobytes()
    assert quick.equity.to_numpy().tobytes() == plain.equity.to_numpy().tobytes()
    swept = sweep(one, bars, {"most": [most, most + 1]}, workers=1, **asked)
    assert swept.sums["final"][0] == plain.equity.iloc[-1]
    assert swept.sums["fills"][0] == len(plain.fills)
    assert swept.sums["uncertain"][0] == plain.state.account["uncertain"][0]


@pytest.mark.parametrize("maintenance", [0.3, 0.5, 0.8])
def test_a_margin_call_among_quiet_bars_is_made_at_its_close(maintenance):
    close = 100 + 0.1 * np.arange(700)
    index = pd.date_range("2024-01-01", periods=700, freq="1min", tz="UTC")
    bars = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close) | {"volume": 1.0}, index)
    one, asked = Signals(short="close > 0"), {"costs": Costs(maintenance=maintenance), "close_at_end": False}
    result, plain = backtest(one, bars, **asked), backtest(one, bars, compiled=False, **asked)
    units = result.fills.units.iloc[0]
    worth = units * close
    called = int(np.argmax(worth * maintenance > 10_000 + units * close[1] - worth))
    assert 100 < called < 699  # far from every other fill
    second = result.fills.iloc[1]
    assert second.reason == "margin call" and second.time == index[called + 1]
    assert result.equity.to_numpy().tobytes() == plain.equity.to_numpy().tobytes()


@given(asked=runs, seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_one_of_several_symbols_is_a_single_one(asked, seed):
    bars = bars_of(seed)
    one, other = run_of(asked, bars), run_of(asked, {"": bars})
    assert one.equity.to_numpy().tobytes() == other.equity.to_numpy().tobytes()
    # beside another that never trades, on the same clock and on one with gaps
    calm = Signals(long="close < 0")
    assert (backtest(calm, {"A": bars, "B": bars.iloc[::2]}).equity == 10_000).all()


@given(asked=runs, seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_two_symbols_keep_their_books(asked, seed):
    first, second = bars_of(seed), bars_of(seed + 1).iloc[::3]
    result = run_of(asked, {"A": first, "B": second})
    closes = pd.DataFrame({"A": first.close, "B": second.close}).ffill().to_numpy()
    cash = np.full(len(first), 10_000.0)
    for fill in result.fills.itertuples():
        at = first.index.get_loc(fill.time)
        cash[at:] -= fill.side * fill.value + fill.fee
    worth = np.nansum(result.positions.to_numpy() * closes, axis=1)
    assert result.equity.to_numpy() == pytest.approx(cash + worth, rel=1e-11)


@given(asked=runs, seed=st.integers(0, 1000), cut=st.integers(20, 119))
@settings(max_examples=20)
def test_the_future_changes_nothing(asked, seed, cut):
    bars = bars_of(seed)
    whole, part = run_of(asked, bars, close_at_end=False), run_of(asked, bars.iloc[:cut], close_at_end=False)
    assert whole.equity.to_numpy()[:cut].tobytes() == part.equity.to_numpy().tobytes()


@pytest.mark.parametrize("kind", [SmaCross, SmaFlip])
def test_positions_follow_the_means(kind):
    bars = bars_of(5, 400)
    result = backtest(kind(fast=5, slow=20), bars)
    above = (bars.close.rolling(5).mean() > bars.close.rolling(20).mean()).to_numpy()
    wanted = np.where(above, 1.0, 0.0 if kind is SmaCross else -1.0)[19:-1]
    if kind is SmaFlip:  # not before the first cross
        wanted[: np.flatnonzero(np.diff(above[19:]))[0] + 1] = 0.0
    assert np.sign(result.positions.to_numpy()[20:, 0]).tolist() == wanted.tolist()
    assert (result.positions.to_numpy()[:20] == 0).all()


def test_a_formula_is_a_strategy():
    bars = bars_of(5, 400)
    one, other = backtest("sma(close, 5) > sma(close, 20)", bars), backtest(SmaCross(fast=5, slow=20), bars)
    assert one.equity.tolist() == other.equity.tolist()
    assert isinstance(one.strategy, Rule)
    named = backtest("sma_cross", bars)
    assert named.equity.tolist() == backtest(strategy("sma_cross"), bars).equity.tolist()


def test_a_text_is_what_it_is_on_the_command_line(tmp_path):
    bars = bars_of(5, 400).assign(signal=1.0)
    file = tmp_path / "own.py"
    file.write_text("from workbench.strategies import SmaCross\n\n\nclass Own(SmaCross):\n    pass\n")
    wanted = backtest("sma_cross", bars).equity.tolist()
    for text in (f"{file}:Own", str(file), "workbench.strategies:SmaCross"):
        assert backtest(text, bars).equity.tolist() == wanted
    assert isinstance(backtest("signal", bars).strategy, Rule)  # a column that no other bars have
    with pytest.raises(UnknownNameError, match="unknown strategy 'sma_crss': did you mean sma_cross"):
        backtest("sma_crss", bars)
    with pytest.raises(UnknownNameError, match="there is no class 'Onw'; did you mean Own"):
        backtest(f"{file}:Onw", bars)
    with pytest.raises(DataError, match="there is no file absent.py in /"):
        backtest("absent.py:Own", bars)


def test_signals_of_arrays_series_and_formulas():
    bars = bars_of(5, 400)
    quick, calm = bars.close.rolling(5).mean(), bars.close.rolling(20).mean()
    known = calm.notna()
    above, below = (quick > calm) & known, (quick <= calm) & known
    wanted = backtest(Signals(long=above, short=below), bars).equity.tolist()
    sides = np.sign(backtest(Signals(long=above, short=below), bars).positions.to_numpy()[20:, 0])
    assert sides.tolist() == np.where(above, 1, -1)[19:-1].tolist()
    assert backtest(Signals(long=above.to_numpy(), short=below.tolist()), bars).equity.tolist() == wanted
    text = "sma(close, 5) > sma(close, 20)"
    assert backtest(Signals(long=text, short=f"not ({text})"), bars).equity.tolist() == wanted


def test_round_trips():
    bars = bars_of(5, 400)
    result = backtest(SmaFlip(fast=5, slow=20), bars, fees=0.001)
    trips = result.round_trips
    assert len(trips) > 10
    assert (trips.entry_time.iloc[1:].to_numpy() == trips.exit_time.iloc[:-1].to_numpy()).all()
    assert trips.pnl.sum() + result.open_positions.pnl.sum() == pytest.approx(
        result.equity.iloc[-1] - 10_000 + result.fills.fee.iloc[-1]
    )
    for trip in trips.itertuples():
        inside = bars.loc[trip.entry_time : trip.exit_time].iloc[:-1]
        prices = [trip.entry_price, trip.exit_price]
        high, low = max([*inside.high, *prices]), min([*inside.low, *prices])
        up, down = high / trip.entry_price - 1, low / trip.entry_price - 1
        wanted = (down, up) if trip.side > 0 else (-up, -down)
        assert (trip.mae, trip.mfe) == pytest.approx(wanted)
        assert trip.bars == len(inside)


def test_a_result_can_be_kept():
    result = backtest(SmaCross(fast=5, slow=20), bars_of(5), fees=0.001)
    kept = pickle.loads(pickle.dumps(result))
    pd.testing.assert_series_equal(kept.equity, result.equity)
    pd.testing.assert_frame_equal(kept.fills, result.fills)
    assert kept.bracket().nunique() == 1
    with pytest.raises(AttributeError):
        result.equity = None


def test_measures_get_what_they_are_computed_of():
    bars = bars_of(5)
    result = backtest(SmaFlip(fast=5, slow=20), bars, sizing=0.5, fees=0.001)
    weights = result.positions.to_numpy()[:, 0] * bars.close.to_numpy() / result.equity.to_numpy()
    assert result.data["weights"].to_numpy() == pytest.approx(weights)
    assert result.exposure.to_numpy() == pytest.approx(np.abs(weights))
    assert (1 + result.data["returns"]).prod() == pytest.approx(result.equity.iloc[-1] / 10_000)
    assert (result.traded * result.equity).sum() == pytest.approx(result.fills.value.sum())
    assert result.data.keys() <= DATA.keys()


def test_tags_have_their_names():
    tags = set(run_of({"seed": 3, "spread": 0.01, "costs": {}}, bars_of(3, 600)).orders.tag)
    assert tags == {"", "dip", "tired"}


def test_brackets_hold_what_was_run():
    result = run_of({"seed": 3, "spread": 0.004, "costs": {}}, bars_of(4, 600, 0.03))
    assert result.uncertain_bars > 0
    found = result.bracket()
    assert found["pessimistic"] == result.equity.iloc[-1]
    assert found["pessimistic"] < found["optimistic"]


class Broken(Strategy):
    def decide(self, now, was, broker):
        if now.bar == 3:
            broker.target(1.0 / (now.bar - 3))


class Misspelt(Strategy):
    quick = param.Integer(3, bounds=(1, 9), doc="A number.")

    def decide(self, now, was, broker):
        if now.clse > self.quick:
            broker.long()


@pytest.mark.parametrize("compiled", [True, False])
def test_a_strategy_that_raises_is_named_with_bar_and_line(compiled):
    line = Broken.decide.__code__.co_firstlineno + 2
    with pytest.raises(
        StrategyError, match=rf"Broken raised at bar 3 \(2026-01-05 03:00.*, line {line} of .*Zero"
    ) as e:
        backtest(Broken(), bars_of(1), compiled=compiled)
    assert e.value.time == pd.Timestamp("2026-01-05 03:00", tz="UTC")


def test_a_name_that_rows_do_not_have():
    with pytest.raises(DataError, match=r"Misspelt.decide.*a row has no 'clse': did you mean close"):
        backtest(Misspelt(), bars_of(1))
    with pytest.raises(StrategyError, match=r"a row has no 'clse': did you mean close"):
        backtest(Misspelt(), bars_of(1), compiled=False)


@pytest.mark.parametrize(
    ("settings_", "text"),
    [
        ({"fill": "open"}, "fill='open': did you mean next_open"),
        ({"path": "worst"}, "path='worst'"),
        ({"cash": 0}, "cash=0"),
        ({"sizing": 2.0}, "raise leverage to 2"),
        ({"fees": 0.1, "costs": Costs()}, "give costs, or fees"),
        ({"fees": 7}, "taker"),
    ],
)
def test_wrong_arguments_are_named(settings_, text):
    with pytest.raises(DataError, match=text):
        backtest(SmaCross(), bars_of(1), **settings_)


def test_wrong_parameters_are_named():
    with pytest.raises(UnknownNameError, match="no parameter 'fats': did you mean fast"):
        SmaCross(fats=3)
    with pytest.raises(DataError, match="fast"):
        SmaCross(fast=0)
    with pytest.raises(UnknownNameError, match="no cost 'make'"):
        Costs(make=1)


class Slow(Strategy):
    """Takes its time at every bar."""

    rounds = param.Integer(1, bounds=(1, 1_000_000), doc="Rounds at each bar.")

    def decide(self, now, was, broker):
        total = 0.0
        for i in range(self.rounds):
            total += (now.close * i) % 7.0
        if total >= 0.0 and now.close > was.close:
            broker.long()
        else:
            broker.flat()


def test_progress_can_stop_a_run():
    def stop(done, total):
        assert (done, total) == (120, 120)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backtest(SmaCross(), bars_of(1), progress=stop)


def test_a_run_is_looked_at_at_a_pace_of_time_however_slow_its_strategy():
    seen = []
    bars = bars_of(1, 2_000)
    slow = backtest(Slow(rounds=100_000), bars, progress=lambda done, total: seen.append(done))
    assert seen == sorted(set(seen)) and seen[-1] == 2_000
    assert len(seen) > 3  # as often as a run of no work at all is asked
    pd.testing.assert_series_equal(slow.equity, backtest(Slow(), bars).equity)


def test_a_study_that_looks_ahead_is_refused():
    class Prophet(Strategy):
        def studies(self):
            return {"turn": indicator("zigzag")}

    with pytest.raises(DataError, match="looks ahead"):
        backtest(Prophet(), bars_of(1), compiled=False)
