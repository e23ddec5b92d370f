"""The debugger: it goes back to the very same state, sees nothing later than its cursor, and stops where it should."""

from __future__ import annotations

import functools
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import param
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.backtest import markets
from workbench.backtest import Result, Run, Settings, StrategyError
from workbench.backtest.debugger import Debugger, tape
from workbench.backtest.debugger.breakpoints import closed_trips
from workbench.backtest.market import Market
from workbench.errors import DataError, FormulaError
from workbench.indicators import formula, indicator
from workbench.strategies import SmaCross, SmaFlip, Strategy
from workbench.strategies.portfolio import Portfolio

HERE = Path(__file__)
bars_of = functools.partial(markets.bars_of, count=200)


class Busy(Strategy):
    """Orders of many kinds, by the number of the bar; counts in its memory."""

    seed = param.Integer(1, bounds=(0, 1_000_000), doc="What it does.")

    def studies(self):
        return {"calm": indicator("sma", window=3)}

    def decide(self, now, was, broker):
        what = (now.bar * 7919 + self.seed * 104729) % 19
        away = 0.01 * now.close
        broker.memory[0] += 1
        if what == 0:
            broker.buy(fraction=0.4, limit=now.close - away, stop_fraction=0.03, expiry=4, tag="dip")
        elif what == 1:
            broker.sell(fraction=0.4, limit=now.close + away, trail=2 * away, day=True)
        elif what == 2:
            broker.buy(risk=0.01, stop=now.high + away, stop_distance=2 * away, profit_distance=3 * away)
        elif what == 3:
            broker.target(-0.5, stop_loss=now.close + away, take_profit=now.close - 2 * away)
        elif what == 4:
            broker.target(0.7, rebalance=True, trail=away)
        elif what == 5:
            broker.cancel("dip")
        elif what == 6:
            broker.cancel_all()
        elif what == 7 or broker.bars_held > 12:
            broker.flat(tag="tired")
        elif what == 8 and now.calm > was.calm:
            broker.long()


class Holds(Strategy):
    """Buys at bar 3 in one line and guards it; raises where it is told to."""

    raises = param.Integer(-1, bounds=(-1, 1000), doc="The bar at which it raises; -1 for none.")

    def decide(self, now, was, broker):
        room = 2.0 * now.close
        if now.bar == self.raises:
            broker.buy(1.0)
            raise ValueError(f"no more at {room:.0f}")
        if now.bar == 3:
            broker.buy(units=2.0, stop_loss=0.9 * now.close, tag="first")  # the line that asks


def make(strategy: Strategy, bars, **options):
    inside = options.pop("inside", None)
    return lambda: Run(strategy, Market(bars, None, inside), Settings(**options))


def state_of(debugger: Debugger) -> list[bytes]:
    run = debugger._tape.run
    account = run.state.account[0]
    log = run.log.fills[: account["fills"]], run.log.orders[: account["orders"]]
    return [array.tobytes() for array in (*run.state, run.now[:, 0], run.was[:, 0], *log, run.equity[: run.next])]


def told(debugger: Debugger) -> str:
    """All that is given out at the cursor, as text."""
    result = debugger.result()
    tables = (result.equity, result.fills, result.orders, result.round_trips, result.positions, debugger.bars())
    frames = result.market.frames[debugger.symbol]
    return "\n".join([repr(debugger.see()), *(table.to_csv() for table in (*tables, frames))])


@given(
    seed=st.integers(0, 1000),
    moves=st.lists(st.tuples(st.sampled_from(["step", "back", "to"]), st.integers(1, 60)), max_size=12),
    fill=st.sampled_from(["next_open", "close"]),
    share=st.sampled_from([0.0, 0.1]),
)
@settings(max_examples=40)
def test_however_one_got_there_the_state_is_the_same(seed, moves, fill, share):
    options = {"fill": fill, "costs": {"volume_share": share, "taker": 0.001}}
    went = Debugger(make(Busy(seed=seed), bars_of(seed), **options))
    for what, n in moves:
        getattr(went, what)(n)
    straight = Debugger(make(Busy(seed=seed), bars_of(seed), **options))
    if went.cursor >= 0:
        straight.step(went.cursor + 1)
    assert state_of(went) == state_of(straight)
    assert told(went) == told(straight) if went.cursor >= 0 else repr(went.see()) == repr(straight.see())


@given(seed=st.integers(0, 1000), cursor=st.integers(2, 150), step=st.integers(1, 80))
@settings(max_examples=30)
def test_back_and_step_is_the_identical_state(seed, cursor, step):
    debugger = Debugger(make(Busy(seed=seed), bars_of(seed)))
    debugger.to(cursor)
    here, seen = state_of(debugger), repr(debugger.see())
    debugger.back(min(step, cursor))
    debugger.step(min(step, cursor))
    assert debugger.cursor == cursor
    assert state_of(debugger) == here
    assert repr(debugger.see()) == seen


@given(seed=st.integers(0, 1000), cursor=st.integers(0, 199), back=st.integers(0, 90))
@settings(max_examples=30)
def test_the_result_at_the_cursor_is_that_of_the_bars_up_to_there(seed, cursor, back):
    bars, debugger = bars_of(seed), Debugger(make(Busy(seed=seed), bars_of(seed), costs={"taker": 0.001}))
    debugger.to(min(cursor + back, 199))
    debugger.to(cursor)
    mine = debugger.result()
    whole = backtest_of(make(Busy(seed=seed), bars.iloc[: cursor + 1], costs={"taker": 0.001}))
    for name in ("equity", "fills", "orders", "round_trips", "positions", "open_positions", "returns"):
        one, other = getattr(mine, name), getattr(whole, name)
        equal = pd.testing.assert_series_equal if isinstance(one, pd.Series) else pd.testing.assert_frame_equal
        equal(one, other, check_exact=True)
    assert mine.state.account.tobytes() == whole.state.account.tobytes()
    assert mine.drawdowns.equals(whole.drawdowns)


@given(seed=st.integers(0, 1000), cursor=st.integers(1, 150))
@settings(max_examples=30)
def test_nothing_later_than_the_cursor_is_given_out(seed, cursor):
    bars, other = bars_of(seed), bars_of(seed)
    other.iloc[cursor + 1 :] = bars_of(seed + 1).iloc[cursor + 1 :] * 3.0
    ways = []
    for frame in (bars, other):
        debugger = Debugger(make(Busy(seed=seed), frame))
        debugger.add("condition", "close > calm and ema(position, 3) > 0")
        debugger.to(min(cursor + 30, 199))  # it has played more than it may tell
        debugger.to(cursor)
        stops = [repr(debugger.jump(what, back=True)) for what in ("fill", "signal", "move", "spike")]
        debugger.to(cursor)
        ways.append((told(debugger), stops, dict(debugger.result().stats)))
    assert ways[0][:2] == ways[1][:2]
    assert repr(ways[0][2]) == repr(ways[1][2])


def test_a_condition_stops_where_it_begins_to_hold():
    bars = bars_of(7)
    debugger = Debugger(make(SmaCross(fast=5, slow=12), bars))
    made = debugger.add("condition", "close > quick and position == 0")
    plain = backtest_of(make(SmaCross(fast=5, slow=12), bars))
    quick = indicator("sma", window=5)(bars).to_numpy()
    holds = (bars.close.to_numpy() > quick) & (plain.positions.to_numpy()[:, 0] == 0)
    begins = np.flatnonzero(holds & ~np.concatenate([[False], holds[:-1]]))
    found = []
    while (stop := debugger.run()).why == "breakpoint":
        assert (stop.breakpoint, stop.text) == (made.number, made.text)
        found.append(debugger.cursor)
    assert found == begins.tolist()
    assert stop.why == "end" and debugger.cursor == len(bars) - 1
    # And again after going back, from some place in the middle.
    debugger.to(begins[3])
    assert debugger.run().why == "breakpoint"
    assert debugger.cursor == begins[4]
    made.on = False
    assert debugger.run().why == "end"


@pytest.mark.parametrize("text", ["equity > ema(equity, 5)", "drawdown > 2%", "position == 0", "bars_held >= 4"])
def test_a_condition_of_the_account_sees_all_of_it(text):
    bars = bars_of(11)
    debugger = Debugger(make(Busy(seed=3), bars))
    debugger.step(200)
    seen = pd.DataFrame(debugger._tape.seen[0], columns=list(tape.SEEN), index=bars.index)
    holds = formula(text)(pd.concat([bars, seen], axis=1)).to_numpy() > 0
    wanted = np.flatnonzero(holds & ~np.concatenate([[False], holds[:-1]]))
    debugger.start()
    debugger.add("condition", text)
    debugger.step(20)  # breakpoints do not count, and yet what they read goes on
    found = []
    while debugger.run().why == "breakpoint":
        found.append(debugger.cursor)
    assert found == [at for at in wanted if at >= 20]
    assert len(found) > 1


def test_what_the_account_was_is_what_the_result_says():
    debugger = Debugger(make(Busy(seed=5), bars_of(5)))
    debugger.step(200)
    seen, result = debugger._tape.seen[0], debugger.result()
    assert seen[:, 0].tolist() == result.positions.iloc[:, 0].tolist()
    assert seen[:, 2].tolist() == result.equity.tolist()
    peak = np.maximum.accumulate(np.maximum(result.equity, 10_000.0))
    assert seen[:, 6] == pytest.approx(1 - result.equity / peak)


def test_signals_fills_and_jumps():
    bars = bars_of(3)
    result = backtest_of(make(SmaFlip(fast=3, slow=8), bars))
    signals, fills = sorted(set(result.orders.time)), sorted(set(result.fills.time))
    debugger = Debugger(make(SmaFlip(fast=3, slow=8), bars))
    for what, times in (("signal", signals), ("fill", fills)):
        debugger.start()
        found = []
        while debugger.jump(what).why == "there":
            found.append(debugger.see().time)
        assert found == times and len(found) > 3
        assert debugger.jump(what).why == "none"
        back = []
        while debugger.jump(what, back=True).why == "there":
            back.append(debugger.see().time)
        assert back == [one for one in times[::-1] if one < bars.index[-1]]
        debugger.start()
        debugger.add(what)
        assert debugger.run().text == what
        assert debugger.see().time == times[0]
        debugger.remove(1)


def test_moves_and_spikes_are_against_the_bars_before():
    bars = bars_of(4)
    bars.iloc[120, bars.columns.get_loc("volume")] = 9_000.0
    close = bars.close.to_numpy()
    returns = close[1:] / close[:-1] - 1
    expected = [
        t for t in range(21, 200) if abs(returns[t - 1]) > 2.5 * np.std(returns[max(0, t - 101) : t - 1], ddof=1)
    ]
    debugger = Debugger(make(SmaCross(), bars))
    found = []
    while debugger.jump("move", size=2.5).why == "there":
        found.append(debugger.cursor)
    assert found == expected and found
    debugger.start()
    debugger.jump("spike", size=10.0)
    assert debugger.cursor == 120
    assert debugger.jump("spike", size=10.0).why == "none"
    assert debugger.cursor == 120
    with pytest.raises(DataError, match="did you mean spike"):
        debugger.jump("spikes")


def test_losses_and_drawdowns():
    bars = bars_of(8)
    result = backtest_of(make(Busy(seed=8), bars))
    trips = result.round_trips
    assert len(trips) > 5
    debugger = Debugger(make(Busy(seed=8), bars))
    debugger.add("loss", "0.5%")
    found = []
    while debugger.run().why == "breakpoint":
        found.append(debugger.see().time)
        won = [pnl for pnl, _ in closed_trips(debugger._tape, debugger.cursor)]
        assert won == pytest.approx(trips.pnl[trips.exit_time == debugger.see().time].tolist())
    assert found == sorted(set(trips.exit_time[trips["return"] < -0.005])) and found
    debugger.remove(1)
    debugger.start()
    debugger.add("drawdown", 0.01)
    fall = 1 - result.equity / np.maximum.accumulate(np.maximum(result.equity, 10_000.0))
    deep = (fall > 0.01).to_numpy()
    starts = np.flatnonzero(deep & ~np.concatenate([[False], deep[:-1]]))
    assert debugger.run().why == "breakpoint"
    assert debugger.cursor == starts[0]


def test_what_is_seen_at_a_bar():
    debugger = Debugger(make(Holds(), bars := bars_of(1)))
    assert debugger.cursor == -1 and debugger.see().now == {} and debugger.see().time is pd.NaT
    debugger.to(3)
    seen = debugger.see()
    assert seen.now["close"] == bars.close.iloc[3] and seen.was["close"] == bars.close.iloc[2]
    lines = HERE.read_text("utf-8").splitlines()
    assert [lines[one.line - 1].strip() for one in seen.asked] == [
        'broker.buy(units=2.0, stop_loss=0.9 * now.close, tag="first")  # the line that asks'
    ]
    assert seen.asked[0].text.startswith("buy 2 units, stop_loss") and "tag first" in seen.asked[0].text
    assert seen.local == {"room": 2.0 * bars.close.iloc[3]}
    assert [(one.kind, one.side, one.tag) for one in seen.working] == [("market", 1, "first")]
    assert seen.fills == () and seen.account["position"] == 0.0
    debugger.step()
    seen = debugger.see()
    assert [(one.units, one.price, one.rules) for one in seen.fills] == [(2.0, bars.open.iloc[4], (2,))]
    assert [(one.kind, one.side) for one in seen.working] == [("exit", -1)]
    assert seen.working[0].stop == 0.9 * bars.close.iloc[3]
    assert seen.account["position"] == 2.0
    assert seen.account["unrealised"] == pytest.approx(2 * (bars.close.iloc[4] - bars.open.iloc[4]))
    name, first, source = debugger.source
    assert Path(name) == HERE and source[0].strip().startswith("def decide")
    assert lines[first - 1] == source[0]


def test_rules_are_told_where_they_are_known():
    bars = bars_of(21, count=400)
    told = {}
    options = {"costs": {"volume_share": 0.02}, "cash": 100_000.0}
    for more in ({}, options, {"fill": "close"}):
        debugger = Debugger(make(Busy(seed=2), bars, **more))
        while debugger.jump("fill").why == "there":
            for fill in debugger.see().fills:
                told.setdefault(fill.reason, set()).add(fill.rules[0])
                if fill.rules == (2,):
                    assert fill.price == bars.open.iloc[debugger.cursor]
                if fill.rules[0] == 1:
                    assert fill.price == bars.close.iloc[debugger.cursor] and more == {"fill": "close"}
                if 8 in fill.rules:
                    assert more is options
    assert told == {
        "market": {1, 2}, "limit": {3}, "stop": {4}, "stop loss": {5}, "take profit": {5}, "trailing stop": {7},
    }  # fmt: skip


class Both(Strategy):
    """Long with a stop and a target that one bar reaches both."""

    def decide(self, now, was, broker):
        if now.bar == 0:
            broker.buy(units=1.0, stop_loss=90.0, take_profit=110.0)


def test_a_bar_that_reaches_stop_and_target_names_rule_six():
    index = pd.date_range("2026-01-05", periods=3, freq="1h", tz="UTC", name="time")
    bars = pd.DataFrame({"open": 100.0, "high": [101.0, 101, 115], "low": [99.0, 99, 85], "close": 100.0}, index=index)
    debugger = Debugger(make(Both(), bars))
    debugger.to(2)
    assert [one.rules for one in debugger.see().fills] == [(5, 6)]


def test_a_strategy_that_raises_stops_there_and_can_go_back():
    debugger = Debugger(make(Holds(raises=40), bars := bars_of(1)))
    stop = debugger.run()
    line = next(i for i, text in enumerate(HERE.read_text("utf-8").splitlines(), 1) if "raise ValueError(f" in text)
    assert stop.why == "error" and "bar 40" in stop.text and f"line {line}" in stop.text and "no more at" in stop.text
    assert debugger.cursor == 40 and isinstance(debugger.failure, StrategyError) and debugger.at_end
    seen = debugger.see()
    assert seen.failure is debugger.failure and seen.now["close"] == bars.close.iloc[40]
    assert seen.local == {"room": 2 * bars.close.iloc[40]}
    assert seen.asked[0].text == "buy 1 units"
    assert debugger.step().why == "error" and debugger.cursor == 40
    assert len(debugger.result().equity) == 40
    before = Debugger(make(Holds(raises=40), bars))
    before.step(40)
    debugger.back()
    assert (debugger.cursor, debugger.failure, debugger.see().failure) == (39, None, None)
    assert state_of(debugger) == state_of(before) and repr(debugger.see()) == repr(before.see())
    assert debugger.step().why == "error"
    debugger.to(3)
    assert debugger.see().asked and debugger.run().why == "error"
    first = Debugger(make(Holds(raises=0), bars))
    assert first.step(5).why == "error" and first.cursor == 0
    first.back()
    assert first.cursor == -1 and first.see().now == {}


def test_another_thread_pauses():
    debugger = Debugger(make(Busy(seed=1), bars_of(1, count=20_000, sigma=0.002)))
    begun = threading.Event()

    def hit(t: int) -> bool:
        begun.set()
        return False

    one = debugger.add("signal")
    debugger._tests[one.number] = hit
    stops = []
    worker = threading.Thread(target=lambda: stops.append(debugger.run()))
    worker.start()
    assert begun.wait(30)
    debugger.pause()
    worker.join(30)
    assert stops[0].why == "paused" and 0 <= debugger.cursor < 19_999
    assert debugger.step().why == "there"  # a pause is over with what it stopped


def test_memory_is_bounded_and_far_back_is_the_same(monkeypatch):
    monkeypatch.setattr(tape, "ROOM", 1)
    debugger = Debugger(make(Busy(seed=9), bars_of(9, count=6000, sigma=0.003)))
    debugger.to(1500)
    there = state_of(debugger)
    debugger.step(4400)
    assert len(debugger._tape._kept) <= tape.FEWEST + 1 and debugger._tape._every > tape.EVERY
    debugger.to(1500)
    assert state_of(debugger) == there


def test_inside_of_a_bar():
    coarse = bars_of(2, count=60, sigma=0.02)
    fine = bars_of(2, count=240, sigma=0.01)
    fine.index = pd.date_range("2026-01-05", periods=240, freq="15min", tz="UTC", name="time")
    groups = fine.groupby(np.arange(240) // 4)
    for name, how in (("open", "first"), ("high", "max"), ("low", "min"), ("close", "last"), ("volume", "sum")):
        coarse[name] = getattr(groups[name], how)().to_numpy()
    options = {"inside": fine, "costs": {"taker": 0.001, "borrow": 0.1}}
    debugger = Debugger(make(Busy(seed=2), coarse, **dict(options)))
    plain = backtest_of(make(Busy(seed=2), coarse, **dict(options)))
    inner = 0
    for t in range(60):
        debugger.to(t - 1) if t else debugger.start()
        here = state_of(debugger)
        for part in range(1, 5):
            assert debugger.inside().why == "there" and debugger.cursor == t - 1
            seen = debugger.see()
            held = fine.iloc[4 * t : 4 * t + part]
            assert (seen.inside.part, seen.inside.parts, seen.inside.time) == (part, 4, held.index[-1])
            assert (seen.inside.open, seen.inside.close) == (held.open.iloc[0], held.close.iloc[-1])
            assert (seen.inside.high, seen.inside.low) == (held.high.max(), held.low.min())
            for fill in seen.fills:
                assert held.low.min() <= fill.price <= held.high.max()
            inner += len(seen.fills) > 0
            assert seen.now.get("bar", -1) == t - 1
        # Nothing is filled at the close here: the account at the last part is that of the bar.
        assert seen.account["equity"] == pytest.approx(plain.equity.iloc[t], rel=1e-12)
        assert seen.account["position"] == pytest.approx(plain.positions.iloc[t, 0], abs=1e-9)
        assert state_of(debugger) == here
        debugger.inside()
        assert debugger.cursor == t and debugger.see().inside is None
    assert inner > 10
    debugger.to(30)
    assert len(debugger.result().market.inside[""]) == 4 * 31  # nothing of later bars
    debugger.inside(2)
    debugger.back()
    assert debugger.cursor == 30 and debugger.see().inside is None
    with pytest.raises(DataError, match="inside="):
        Debugger(make(Busy(), coarse)).inside()


def backtest_of(make_run):
    run = make_run()
    run.finish()
    return Result.of(run)


def test_several_symbols_on_a_union_of_clocks():
    one, other = bars_of(1, count=80), bars_of(2, count=120)
    other = other[other.index.hour != 3]
    frames = {"A": one, "B": other}
    debugger = Debugger(make(Busy(seed=4), frames), symbol="B")
    debugger.add("condition", "position > 0")
    assert debugger.run().why == "breakpoint"
    held = backtest_of(make(Busy(seed=4), frames)).positions
    assert debugger.see().time == held.index[(held > 0).any(axis=1)][0]
    debugger.to(40)
    seen = debugger.see()
    row = other.index.searchsorted(seen.time, "right") - 1
    assert (seen.symbol, seen.bar, seen.now["close"]) == ("B", row, other.close.iloc[row])
    assert len(debugger.bars()) == row + 1
    result = debugger.result()
    assert [len(result.market.frames[name]) for name in "AB"] == [
        (frame.index <= seen.time).sum() for frame in (one, other)
    ]
    assert result.weights.index[-1] == seen.time
    debugger.step(len(held))
    pd.testing.assert_series_equal(
        debugger.result().equity, backtest_of(make(Busy(seed=4), frames)).equity, check_exact=True
    )
    with pytest.raises(DataError, match="one symbol"):
        debugger.to(5)
        debugger.inside()
    with pytest.raises(DataError, match="did you mean B"):
        Debugger(make(Busy(), frames), symbol="b")


def test_the_strategy_that_is_handed_in_stays_as_it_is():
    chosen = Holds()
    debugger = Debugger(make(chosen, bars_of(1)))
    debugger.step(10)
    assert "decide" not in vars(chosen) and debugger.result().strategy is chosen
    assert debugger._tape.run.strategy is not chosen


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("condition", "close >", "expected"),
        ("condition", "close > quik", "did you mean quick"),
        ("condition", "close", "compare it"),
        ("condition", "__import__('os') > 0", "cannot"),
        ("loss", "much", "a fraction"),
        ("loss", "1.5", "a fraction"),
        ("at", "9999", "0 to 199"),
        ("at", "soon", "no bar and no time"),
        ("at", "2030-01-01", "after the last bar"),
        ("nonsense", "", "did you mean"),
    ],
)
def test_a_wrong_breakpoint_is_refused(kind, text, says):
    debugger = Debugger(make(SmaCross(fast=5, slow=12), bars_of(7)))
    with pytest.raises(DataError) as caught:
        debugger.add(kind, text)
    if kind == "condition" and text != "close":
        assert isinstance(caught.value, FormulaError)
    elif kind != "nonsense":
        assert says in str(caught.value)
    if "quik" in text:
        assert says in str(caught.value)
    assert debugger.breakpoints == []


def test_times_and_numbers():
    bars = bars_of(7)
    debugger = Debugger(make(SmaCross(), bars))
    debugger.to(bars.index[50] + pd.Timedelta("10min"))
    assert debugger.cursor == 51
    debugger.to("2026-01-05 04:00")
    assert debugger.cursor == 4
    debugger.add("at", "2026-01-06")
    assert debugger.run().why == "breakpoint"
    assert debugger.see().time == pd.Timestamp("2026-01-06", tz="UTC")
    for wrong in (0, -3, 1.5):
        with pytest.raises(DataError, match="from 1"):
            debugger.step(wrong)


def test_recent_fills_are_the_end_of_all():
    debugger = Debugger(make(SmaFlip(fast=3, slow=8), bars_of(3)))
    debugger.step(180)
    result = debugger.result()
    fills, trips = debugger.recent(9)
    assert 4 < len(fills) <= 9 < len(result.fills)
    pd.testing.assert_frame_equal(fills, result.fills.iloc[-len(fills) :].reset_index(drop=True))
    pd.testing.assert_frame_equal(trips, result.round_trips.iloc[-len(trips) :].reset_index(drop=True))


class Rotates(Portfolio):
    """Holds what gained most, over all symbols at once; raises where it is told to."""

    raises = param.Integer(-1, bounds=(-1, 1000), doc="The instant at which it raises; -1 for none.")

    def studies(self):
        return {"gain": indicator("roc", window=5)}

    def decide(self, now, was, broker):
        best = 0 if now.gain[0] > now.gain[1] else 1
        if now.bar == self.raises:
            raise ValueError("enough")
        for k in range(2):
            broker.target(k, 0.9 if k == best else 0.0)  # asks for both


def test_a_portfolio_is_gone_through_too():
    frames = {"A": bars_of(1, count=90), "B": bars_of(2, count=100)}
    debugger = Debugger(make(Rotates(), frames), symbol="B")
    straight = backtest_of(make(Rotates(), frames))
    assert debugger.jump("signal").why == "there"
    seen = debugger.see()
    assert {one.symbol for one in seen.asked} == {"A", "B"}
    line = HERE.read_text("utf-8").splitlines()[seen.asked[0].line - 1]
    assert "# asks for both" in line
    assert seen.local == {"best": seen.local["best"], "k": 1} and "gain" in debugger.names
    assert seen.now["gain"] == indicator("roc", window=5)(frames["B"]).iloc[seen.bar]
    debugger.step(60)
    here = state_of(debugger)
    debugger.back(33)
    debugger.step(33)
    assert state_of(debugger) == here
    debugger.step(100)
    pd.testing.assert_series_equal(debugger.result().equity, straight.equity, check_exact=True)
    broken = Debugger(make(Rotates(raises=30), frames))
    assert broken.run().why == "error" and broken.cursor == 30
    assert broken.see().local["best"] in (0, 1) and broken.back().why == "there"
