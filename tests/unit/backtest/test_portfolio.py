"""Strategies that decide over all symbols at once."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import param
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.backtest import StrategyError, backtest
from workbench.backtest.market import Market
from workbench.backtest.run import Run, Settings
from workbench.errors import DataError
from workbench.indicators import indicator
from workbench.strategies import Portfolio, Strategy
from workbench.strategies.allocation import residual
from workbench.trading import Costs

PRICES = ["open", "high", "low", "close"]


def bars_of(seed: int, count: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, count)))
    opened = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.004, count))
    high = np.maximum(opened, close) * (1 + rng.random(count) * 0.02)
    low = np.minimum(opened, close) * (1 - rng.random(count) * 0.02)
    columns = {"open": opened, "high": high, "low": low, "close": close, "volume": rng.integers(1, 500, count) * 1.0}
    return pd.DataFrame(columns, index=pd.date_range("2026-01-05", periods=count, freq="1h", tz="UTC", name="time"))


def market_of(seed: int, symbols: int = 3) -> dict[str, pd.DataFrame]:
    """Symbols on clocks of their own: some bars are missing, and each begins when it likes."""
    rng, found = np.random.default_rng(seed), {}
    for k in range(symbols):
        bars = bars_of(100 * seed + k)
        found["ABCDEF"[k]] = bars[(rng.random(len(bars)) < 0.8) & (np.arange(len(bars)) >= rng.integers(0, 40))]
    return found


class Alone(Strategy):
    """Orders of many kinds, by the number of the bar."""

    seed = param.Integer(1, bounds=(0, 10_000), doc="What it does.")

    def studies(self):
        return {"mean": indicator("sma", window=3), "up": lambda bars: bars["close"] > bars["open"]}

    def decide(self, now, was, broker):
        made = (now.bar * 7919 + self.seed * 104729) % 11
        away = 0.02 * now.close
        if made == 0:
            broker.buy(fraction=0.4, limit=now.close - away, stop_fraction=0.03, expiry=4, tag="dip")
        elif made == 1:
            broker.sell(fraction=0.4, limit=now.close + away, trail=2 * away)
        elif made == 2:
            broker.target(-0.5 if now.mean < was.mean else 0.3, rebalance=True, tag="turn")
        elif made == 3:
            broker.cancel("dip")
        elif made == 4 and broker.memory[0] < 5.0:
            broker.memory[0] += 1.0
            broker.long(tag="up")
        elif made == 5 or broker.bars_held > 12.0:
            broker.flat()
        elif made == 6 and now.up and was.time < now.time:
            broker.short()
        elif made == 7 and broker.orders < 3.0 and not broker.entry > now.close:
            broker.buy(cash=0.2 * broker.equity, stop=now.high + away)


class Together(Portfolio):
    """The same, of as many symbols as there are."""

    seed = Alone.param["seed"]
    studies = Alone.studies

    def decide(self, now, was, broker):
        for k in range(len(now.close)):
            desk, away = broker[k], 0.02 * now.close[k]
            made = (now.bar * 7919 + self.seed * 104729 + k) % 11
            if made == 0:
                desk.buy(fraction=0.4, limit=now.close[k] - away, stop_fraction=0.03, expiry=4, tag="dip")
            elif made == 1:
                desk.sell(fraction=0.4, limit=now.close[k] + away, trail=2 * away)
            elif made == 2:
                broker.target(k, -0.5 if now.mean[k] < was.mean[k] else 0.3, rebalance=True, tag="turn")
            elif made == 3:
                desk.cancel("dip")
            elif made == 4 and broker.memory(k)[0] < 5.0:
                broker.memory(k)[0] += 1.0
                broker.target(k, broker.sizing, tag="up")
            elif made == 5 or desk.bars_held > 12.0:
                desk.flat()
            elif made == 6 and now.up[k] == 1.0 and was.time < now.time:
                desk.short()
            elif made == 7 and desk.orders < 3.0 and not desk.entry > now.close[k]:
                desk.buy(cash=0.2 * broker.equity, stop=now.high[k] + away)


ways = st.fixed_dictionaries(
    {
        "fill": st.sampled_from(["next_open", "close"]),
        "short": st.booleans(),
        "leverage": st.sampled_from([1.0, 2.0]),
        "close_at_end": st.booleans(),
        "whole_units": st.booleans(),
    }
)


@given(seed=st.integers(0, 1000), holes=st.lists(st.integers(0, 149), max_size=8), compiled=st.booleans(), how=ways)
@settings(max_examples=60)
def test_of_one_symbol_it_is_the_strategy_of_that_symbol(seed, holes, compiled, how):
    bars = bars_of(seed)
    bars.loc[bars.index[holes], "close"] = np.nan
    alone = backtest(Alone(seed=seed), bars, fees=0.001, **how)
    together = backtest(Together(seed=seed), bars, fees=0.001, compiled=compiled, **how)
    assert together.equity.equals(alone.equity)
    pd.testing.assert_frame_equal(together.orders, alone.orders)
    pd.testing.assert_frame_equal(together.fills, alone.fills)


@given(seed=st.integers(0, 1000), symbols=st.integers(1, 5), how=ways)
@settings(max_examples=40)
def test_compiled_and_plain_are_the_same(seed, symbols, how):
    bars, costs = market_of(seed, symbols), Costs(taker=0.001, slippage=0.001, volume_share=0.5)
    compiled, plain = (backtest(Together(seed=seed), bars, costs=costs, compiled=one, **how) for one in (True, False))
    assert compiled.equity.equals(plain.equity)
    pd.testing.assert_frame_equal(compiled.orders, plain.orders)
    pd.testing.assert_frame_equal(compiled.fills, plain.fills)


class Spread(Portfolio):
    """A part of equity in each, by what each has done; parts that leave cash over."""

    window = param.Integer(5, bounds=(1, 100), doc="Bars.")

    def studies(self):
        return {"gain": indicator("roc", window=self.window)}

    def decide(self, now, was, broker):
        for k in range(len(now.gain)):
            if now.gain[k] > 0.0 and not was.gain[k] > 0.0:
                broker.target(k, 0.1)
            elif now.gain[k] < -2.0:
                broker.target(k, -0.05)
            elif now.gain[k] < 0.0:
                broker[k].flat()


@given(seed=st.integers(0, 1000), order=st.permutations("ABCDE"))
@settings(max_examples=40)
def test_the_order_of_symbols_does_not_matter_where_cash_is_enough(seed, order):
    bars = market_of(seed, 5)
    # Without fees: those of one symbol's fill are paid before the next one's size is known.
    ours = backtest(Spread(), bars)
    theirs = backtest(Spread(), {symbol: bars[symbol] for symbol in order})
    assert len(ours.fills) > 5
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy(), rel=1e-12)
    pd.testing.assert_frame_equal(theirs.positions[list(bars)], ours.positions, rtol=1e-9)


@given(seed=st.integers(0, 1000), symbol=st.sampled_from("ABC"), factor=st.sampled_from([0.25, 64.0]))
@settings(max_examples=30)
def test_the_unit_of_a_price_does_not_matter(seed, symbol, factor):
    bars = market_of(seed)
    scaled = {**bars, symbol: bars[symbol].assign(**{name: bars[symbol][name] * factor for name in PRICES})}
    ours, theirs = backtest(Spread(), bars), backtest(Spread(), scaled)
    assert theirs.equity.equals(ours.equity)
    assert (theirs.positions[symbol] * factor).equals(ours.positions[symbol])


class Seen(Portfolio):
    """Keeps what it is given."""

    warmup = 4

    def studies(self):
        return {"mean": indicator("sma", window=3), "up": lambda bars: bars["close"] > bars["open"]}

    def decide(self, now, was, broker):
        for k in range(len(now.mean)):
            kept = broker.memory(k)
            for value in (now.mean[k], was.mean[k], now.up[k], was.up[k], now.volume[k], was.close[k]):
                if value == value:
                    kept[0] = 0.9 * kept[0] + value
                else:
                    kept[1] += 1.0
            kept[2] = 0.9 * kept[2] + now.bar + 0.1 * was.bar
            kept[3] = now.time - was.time


@given(seed=st.integers(0, 1000), holes=st.lists(st.integers(0, 60), max_size=6))
@settings(max_examples=40)
def test_rows_are_the_last_known_ones_of_each_symbol(seed, holes):
    bars = market_of(seed)
    bars["A"].loc[bars["A"].index[holes], "open"] = np.nan
    clock = sorted(set().union(*(frame.index for frame in bars.values())))
    kept = np.zeros((3, 4))
    last = [-1, -1, -1]
    for t, time in enumerate(clock):
        rows, asked = [], False
        for k, frame in enumerate(bars.values()):
            live = time in frame.index and not frame.loc[time, PRICES].isna().any()
            if live:
                last[k] = frame.index.get_loc(time)
            asked |= live and last[k] >= 4
            rows.append((last[k], max(last[k] - 1, 0) if live else last[k]))
        if not asked:
            continue
        for k, (frame, both) in enumerate(zip(bars.values(), rows, strict=True)):
            some = {"mean": indicator("sma", window=3)(frame).to_numpy(), "up": (frame.close > frame.open).to_numpy()}
            some |= {name: frame[name].to_numpy() for name in ("volume", "close")}
            now, was = ({name: float(some[name][at]) if both[0] >= 4 else np.nan for name in some} for at in both)
            for value in (now["mean"], was["mean"], now["up"], was["up"], now["volume"], was["close"]):
                if value == value:
                    kept[k, 0] = 0.9 * kept[k, 0] + value
                else:
                    kept[k, 1] += 1
            before = max(t - 1, 0)
            kept[k, 2] = 0.9 * kept[k, 2] + t + 0.1 * before
            kept[k, 3] = clock[t].value - clock[before].value
    for compiled in (True, False):
        run = Run(Seen(), Market(bars), Settings())
        if compiled:
            run.finish()
        else:
            for _ in run.steps():
                pass
        memory = run.state.desk[:, 9:13]
        assert memory.tolist() == kept.tolist()


class Divides(Portfolio):
    def decide(self, now, was, broker):
        nothing = now.close[0] - now.close[0]
        if 1.0 / nothing > 0.0 and broker.equity / broker.position(0) > 0.0 and broker[0].cash / nothing > 0.0:
            broker.target(0, 0.5)


def test_division_by_nothing_is_infinite_compiled_and_plain():
    bars = bars_of(3)
    compiled, plain = backtest(Divides(), bars), backtest(Divides(), bars, compiled=False)
    assert compiled.equity.equals(plain.equity) and len(compiled.fills) == 1


class Raises(Portfolio):
    what = param.Integer(0, bounds=(0, 9), doc="What goes wrong.")

    def decide(self, now, was, broker):
        if now.bar == 40:
            if self.what == 0:
                raise RuntimeError("told you so")
            if self.what == 1:
                broker.target(3, 1.0)
            if self.what == 2:
                broker[-1].flat()
            if self.what == 3 and now.close[len(now.close)] > 0.0:
                broker.target(0, 1.0)
            if self.what == 4:
                for _ in range(17):
                    broker.target(1, 0.5)
            if self.what == 5 and broker.memory(0)[16] > 0.0:
                broker.target(0, 1.0)
            if self.what == 6:
                broker.target(0, np.nan)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("what", "line", "text"),
    [
        (0, 3, "RuntimeError: told you so"),
        (1, 5, "IndexError: there is no symbol 3: 3 are numbered from 0"),
        (2, 7, "IndexError: there is no symbol -1: 3 are numbered from 0"),
        (3, 8, "IndexError: index 3 is out of bounds for axis 0 with size 3"),
        (4, 12, "ValueError: more than 16 requests in one decision"),
        (6, 16, "ValueError: a target is a number, not NaN"),
        (5, 13, "IndexError: index 16 is out of bounds for axis 0 with size 16"),
    ],
)
def test_what_raises_says_strategy_bar_and_line(compiled, what, line, text):
    bars = {symbol: bars_of(k) for k, symbol in enumerate("ABC")}
    with pytest.raises(StrategyError) as caught:
        backtest(Raises(what=what), bars, compiled=compiled)
    line += Raises.decide.__code__.co_firstlineno
    assert str(caught.value) == (
        f"Raises {what} raised at bar 40 (2026-01-06 16:00:00+00:00), line {line} of {__file__}: {text}"
    )
    assert caught.value.time == pd.Timestamp("2026-01-06 16:00", tz="UTC")


class Unknown(Portfolio):
    def decide(self, now, was, broker):
        broker.target(0, now.clos[0])


class Writes(Portfolio):
    def decide(self, now, was, broker):
        now.close[0] = 1.0


def test_what_cannot_be_compiled_says_why():
    with pytest.raises(
        DataError, match=r"Unknown\.decide .* cannot be compiled: a row has no 'clos': did you mean close"
    ):
        backtest(Unknown(), bars_of(1))
    with pytest.raises(DataError, match=r"Writes\.decide .* cannot be compiled: .*readonly array"):
        backtest(Writes(), bars_of(1))
    with pytest.raises(StrategyError, match="a row has no 'clos': did you mean close"):
        backtest(Unknown(), bars_of(1), compiled=False)
    with pytest.raises(StrategyError, match="read-only"):
        backtest(Writes(), bars_of(1), compiled=False)


class Across(Portfolio):
    kind = param.String("series", doc="What it gives.")

    def across(self, bars):
        closes = pd.DataFrame({symbol: frame["close"] for symbol, frame in bars.items()}).ffill()
        found = closes.rank(axis=1) if self.kind == "frame" else closes.mean(axis=1)
        if self.kind == "lacks":
            found = closes[["A"]]
        return {"close" if self.kind == "taken" else "rank": found.to_numpy() if self.kind == "array" else found}

    def decide(self, now, was, broker):
        for k in range(len(now.close)):
            broker.target(k, 0.2 if now.rank[k] > 1.0 else 0.0)


def test_studies_of_several_symbols_are_given_to_the_bars_of_each():
    bars = market_of(7)
    closes = pd.DataFrame({symbol: frame["close"] for symbol, frame in bars.items()}).ffill()
    tables = Across(kind="frame").tables(bars)
    for symbol, table in zip(bars, tables, strict=True):
        assert table["rank"].tolist() == pytest.approx(closes.rank(axis=1)[symbol][bars[symbol].index], nan_ok=True)
    for table, frame in zip(Across().tables(bars), bars.values(), strict=True):
        np.testing.assert_array_equal(table["rank"], closes.mean(axis=1)[frame.index])
    # On a clock of its own: the last value that is not later than the bar.
    rare = closes.mean(axis=1).iloc[::7]
    for table, frame in zip(type("Rare", (Across,), {"across": lambda self, bars: {"rank": rare}})().tables(bars),
                            bars.values(), strict=True):  # fmt: skip
        wanted = [rare[rare.index <= time].iloc[-1] if (rare.index <= time).any() else np.nan for time in frame.index]
        np.testing.assert_array_equal(table["rank"], wanted)
    assert len(backtest(Across(kind="frame"), bars).fills) > 3


def test_studies_of_several_symbols_that_are_none_say_so():
    bars = market_of(7)
    with pytest.raises(DataError, match="Across.across: 'rank' is a Series or a DataFrame by time, not ndarray"):
        backtest(Across(kind="array"), bars)
    with pytest.raises(DataError, match="Across.across: 'rank' has no column 'B'; it has A"):
        backtest(Across(kind="lacks"), bars)
    with pytest.raises(DataError, match="Across has a study 'close'"):
        backtest(Across(kind="taken"), bars)


@pytest.mark.parametrize("cut", [30, 64, 1024 + 29, 1500])
def test_what_is_left_of_a_pair_knows_no_later_bars(cut):
    y, x = (np.log(bars_of(seed, 2000)["close"]) for seed in (1, 2))
    whole, part = residual(y, x, 30), residual(y.iloc[:cut], x.iloc[:cut], 30)
    for one, other in zip(whole, part, strict=True):
        pd.testing.assert_series_equal(one.iloc[:cut], other, check_exact=True)
    later = residual(y.iloc[cut:], x.iloc[cut:], 30)[0]
    assert later.isna().sum() == 29
    pd.testing.assert_series_equal(whole[0].iloc[cut + 29 :], later.iloc[29:], check_exact=True)


def test_a_column_that_one_symbol_lacks_is_no_field():
    bars = market_of(2, 2)
    bars["B"] = bars["B"][PRICES]

    class Volume(Portfolio):
        def decide(self, now, was, broker):
            broker.target(0, 1.0 if now.volume[0] > 0 else 0.0)

    assert len(backtest(Spread(), bars).fills) > 1
    with pytest.raises(DataError, match="a row has no 'volume'"):
        backtest(Volume(), bars)


def test_orders_of_a_symbol_without_a_bar_wait_for_its_next():
    whole, late = bars_of(1, 20), bars_of(2, 20).iloc[12:]

    class Waits(Portfolio):
        def decide(self, now, was, broker):
            if now.bar == 2:
                broker.target(1, 0.5)

    fills = backtest(Waits(), {"A": whole, "B": late}).fills
    assert fills[["symbol", "bar"]].to_numpy().tolist() == [["B", 0]] and fills.price[0] == late.open.iloc[0]


def test_results_go_through_pickle():
    result = backtest(Spread(), market_of(4))
    again = pickle.loads(pickle.dumps(result))
    assert again.equity.equals(result.equity) and again.strategy.values() == result.strategy.values()


def test_plain_views_show_what_they_have():
    run = Run(Spread(), Market(market_of(4)), Settings())
    for t in run.steps():
        if t == 60:
            break
    assert "gain" in dir(run.all_now) and "time=" in repr(run.all_now)
    assert run.all_now.close.shape == (3,) and run.all_now.bar == 60
    assert run.all_brokers.position(0) == run.state.positions["units"][0]
    with pytest.raises(AttributeError, match="did you mean gain"):
        run.all_now.gane  # noqa: B018
