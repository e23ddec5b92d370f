"""The rules of docs/fills.md, one test or more for each, by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import param
import pytest

from workbench.backtest import Result, StrategyError, backtest
from workbench.errors import DataError
from workbench.strategies import Strategy
from workbench.trading import Costs

DOCS = Path(__file__).parents[3] / "docs" / "fills.md"
#: A bar in which nothing happens.
CALM = (100, 101, 99, 100)


class Script(Strategy):
    """Does at the close of a bar what is written for its number."""

    acts = param.Dict({}, doc="What is done, by the number of the bar.")

    def decide(self, now, was, broker):
        if now.bar in self.acts:
            self.acts[now.bar](broker)


class Twice(Strategy):
    """Buys the same at two closes."""

    def decide(self, now, was, broker):
        if now.bar == 1 or now.bar == 3:
            broker.buy(units=8.0)


class Guarded(Strategy):
    """Enters once, with a stop and a target at prices."""

    way = param.Integer(1, bounds=(-1, 1), doc="1 to buy, -1 to sell.")

    def decide(self, now, was, broker):
        if now.bar == 0 and self.way > 0:
            broker.buy(units=8.0, stop_loss=98.0, take_profit=102.0)
        elif now.bar == 0:
            broker.sell(units=8.0, stop_loss=102.0, take_profit=98.0)


def bars_of(*rows, freq="1D"):
    """Bars of (open, high, low, close) or with a volume, 1,000 unless given."""
    full = [(*row, 1000) if len(row) == 4 else row for row in rows]
    index = pd.date_range("2026-01-05", periods=len(rows), freq=freq, tz="UTC", name="time")
    return pd.DataFrame(full, index=index, columns=["open", "high", "low", "close", "volume"], dtype=float)


def run(rows, acts, **settings) -> Result:
    bars = rows if isinstance(rows, pd.DataFrame | dict) else bars_of(*rows)
    return backtest(Script(acts=acts), bars, compiled=False, **{"cash": 10_000, **settings})


def fills_of(result: Result) -> list[tuple]:
    return [(row.bar, row.side * row.units, pytest.approx(row.price), row.reason) for row in result.fills.itertuples()]


def test_rule_01_a_decision_is_filled_from_the_next_bar_on():
    result = run([CALM, (102, 103, 101, 102), CALM], {0: lambda b: b.buy(10)})
    assert fills_of(result) == [(1, 10, 102, "market")]


def test_rule_01_fill_close_takes_the_close_of_the_decision():
    result = run([(100, 101, 99, 100.5), (102, 103, 101, 102)], {0: lambda b: b.buy(10)}, fill="close")
    assert fills_of(result) == [(0, 10, 100.5, "market")]
    assert result.fills["when"].tolist() == ["close"]


def test_rule_01_fill_close_leaves_limit_orders_to_the_next_bar():
    result = run([CALM, (100, 101, 97, 98)], {0: lambda b: b.buy(10, limit=99.5)}, fill="close")
    assert fills_of(result) == [(1, 10, 99.5, "limit")]


def test_rule_02_market_on_close():
    result = run([CALM, (102, 103, 101, 102.5), CALM], {0: lambda b: b.buy(10, on_close=True)})
    assert fills_of(result) == [(1, 10, 102.5, "market")]


@pytest.mark.parametrize(
    ("bar", "price"),
    [((100, 101, 98.9, 100), 99), ((100, 101, 99, 100), None), ((98, 101, 97, 100), 98), ((99, 101, 99, 100), None)],
)
def test_rule_03_limit_orders_fill_when_traded_through(bar, price):
    result = run([CALM, bar], {0: lambda b: b.buy(10, limit=99)}, slippage=0.01)
    assert fills_of(result) == ([] if price is None else [(1, 10, price, "limit")])


@pytest.mark.parametrize(("bar", "price"), [((100, 101.1, 99, 100), 101), ((102, 103, 101, 102), 102)])
def test_rule_03_sells_the_other_way_round(bar, price):
    result = run([CALM, bar], {0: lambda b: b.sell(10, limit=101)})
    assert fills_of(result) == [(1, -10, price, "limit")]


def test_rule_03_touch():
    result = run([CALM, CALM], {0: lambda b: b.buy(10, limit=99)}, costs=Costs(touch=True))
    assert fills_of(result) == [(1, 10, 99, "limit")]


@pytest.mark.parametrize(("bar", "price"), [((100, 102, 99, 100), 102.0), ((103, 104, 102, 103), 103.0)])
def test_rule_04_stops_become_market_orders(bar, price):
    result = run([CALM, bar], {0: lambda b: b.buy(10, stop=102)}, slippage=0.01)
    assert fills_of(result) == [(1, 10, price * 1.01, "stop")]


def test_rule_04_a_stop_that_is_not_reached_waits():
    result = run(
        [CALM, (100, 101.9, 99, 100), (100, 101, 97, 98)], {0: lambda b: (b.buy(10, stop=102), b.sell(5, stop=98))}
    )
    assert fills_of(result) == [(2, -5, 98, "stop")]
    assert result.orders["status"].tolist() == ["working", "filled"]


def test_rule_04_stop_limit_is_a_limit_order_from_the_next_bar_on():
    acts = {0: lambda b: b.buy(10, stop=102, limit=103)}
    assert fills_of(run([CALM, (100, 102.5, 99, 101), (104, 105, 102, 104)], acts)) == [(2, 10, 103, "limit")]


def test_rule_04_stop_limit_in_the_same_bar_when_it_opens_beyond():
    acts = {0: lambda b: b.buy(10, stop=102, limit=103)}
    assert fills_of(run([CALM, (104, 105, 102, 104)], acts)) == [(1, 10, 103, "limit")]
    assert fills_of(run([CALM, (102.5, 105, 102, 104)], acts)) == [(1, 10, 102.5, "limit")]


ENTRY = {0: lambda b: b.buy(10, stop_loss=95, take_profit=110)}


def test_rule_05_exits_guard_from_an_entry_at_the_open():
    assert fills_of(run([CALM, (100, 101, 94, 96), CALM], ENTRY)) == [(1, 10, 100, "market"), (1, -10, 95, "stop loss")]
    assert fills_of(run([CALM, (100, 111, 99, 105), CALM], ENTRY))[1] == (1, -10, 110, "take profit")


def test_rule_05_exits_gap_with_the_open():
    assert fills_of(run([CALM, CALM, (93, 94, 92, 93)], ENTRY))[1] == (2, -10, 93, "stop loss")
    assert fills_of(run([CALM, CALM, (112, 113, 111, 112)], ENTRY))[1] == (2, -10, 112, "take profit")


def test_rule_05_one_exit_ends_the_other_and_both_end_with_the_position():
    result = run([CALM, (100, 101, 94, 96), (111, 112, 110, 111)], ENTRY)
    assert len(result.fills) == 2
    result = run([CALM, CALM, CALM, (100, 101, 90, 91)], {**ENTRY, 1: lambda b: b.flat()})
    assert fills_of(result)[1:] == [(2, -10, 100, "market")]
    assert result.orders["reason"].tolist() == ["market", "its position was closed", "market"]


def test_rule_05_fractions_and_distances_are_from_the_fill():
    acts = {0: lambda b: b.buy(10, stop_fraction=0.05, profit_distance=3)}
    assert fills_of(run([CALM, (102, 103, 96, 97)], acts))[1] == (1, -10, 102 * 0.95, "stop loss")
    assert fills_of(run([CALM, (102, 106, 101, 103)], acts))[1] == (1, -10, 105, "take profit")


@pytest.mark.parametrize(
    ("path", "fills"),
    [
        ("pessimistic", [(1, 10, 102, "stop"), (1, -10, 99.5, "stop loss")]),
        ("optimistic", [(1, 10, 102, "stop"), (1, -10, 104, "take profit")]),
    ],
)
def test_rule_05_an_entry_inside_the_bar(path, fills):
    acts = {0: lambda b: b.buy(10, stop=102, stop_loss=99.5, take_profit=104)}
    result = run([CALM, (101, 105, 99, 103)], acts, path=path)
    assert fills_of(result) == fills
    assert result.uncertain_bars == 1


def test_rule_05_after_a_limit_entry_the_low_is_certain():
    acts = {0: lambda b: b.buy(10, limit=97, stop_loss=95)}
    for path in ("pessimistic", "neutral", "optimistic"):
        result = run([CALM, (100, 101, 94, 96)], acts, path=path)
        assert fills_of(result) == [(1, 10, 97, "limit"), (1, -10, 95, "stop loss")]
        assert result.uncertain_bars == 0


BOTH = [CALM, CALM, (100, 111, 94, 100)]


@pytest.mark.parametrize(
    ("path", "last"),
    [("pessimistic", (2, -10, 95, "stop loss")), ("optimistic", (2, -10, 110, "take profit")),
     ("neutral", (2, -10, 95, "stop loss"))],
)  # fmt: skip
def test_rule_06_stop_and_target_in_one_bar(path, last):
    result = run(BOTH, ENTRY, path=path)
    assert fills_of(result)[1] == last
    assert result.uncertain_bars == 1


def test_rule_06_neutral_goes_to_the_nearer_extreme_first():
    result = run([CALM, CALM, (108, 111, 94, 100)], ENTRY, path="neutral")
    assert fills_of(result)[1] == (2, -10, 110, "take profit")


def test_rule_06_shorts_are_mirrored():
    acts = {0: lambda b: b.sell(10, stop_loss=105, take_profit=90)}
    assert fills_of(run([CALM, CALM, (100, 106, 89, 100)], acts))[1] == (2, 10, 105, "stop loss")
    assert fills_of(run([CALM, CALM, (100, 106, 89, 100)], acts, path="optimistic"))[1] == (2, 10, 90, "take profit")


@pytest.mark.parametrize(("middle", "last"), [((105, 111), "take profit"), ((100, 94), "stop loss")])
def test_rule_06_finer_bars_tell(middle, last):
    first, second = middle
    early = (100, max(first, second, 100), min(first, second, 100), 100)
    finer = bars_of(CALM, CALM, CALM, CALM, early, (100, 111, 94, 100), freq="12h")
    result = run(BOTH, ENTRY, inside=finer)
    assert fills_of(result)[1][3] == last
    assert result.uncertain_bars == 0


def test_rule_06_finer_bars_of_other_prices_are_refused():
    with pytest.raises(DataError, match="not of the same prices"):
        run([CALM], {}, inside=bars_of((100, 105, 99, 100)))


def test_rule_07_trailing_stops_follow_bars_that_are_over():
    acts = {0: lambda b: b.buy(10, trail=4)}
    result = run([CALM, (100, 101, 99, 100), (104, 108, 103, 107), (107, 109, 103, 105)], acts)
    # 101 - 4 after the first bar, 108 - 4 after the second; not 109 - 4 in the third
    assert fills_of(result)[1] == (3, -10, 104, "trailing stop")


def test_rule_07_neutral_moves_as_the_price_goes():
    acts = {0: lambda b: b.buy(10, trail_fraction=0.05)}
    rows = [CALM, CALM, (107, 108, 102, 103)]
    assert fills_of(run(rows, acts, path="neutral"))[1] == (2, -10, 108 * 0.95, "trailing stop")
    assert len(run(rows, acts).fills) == 1


def test_rule_07_the_high_may_have_been_before_an_entry_inside_the_bar():
    acts = {0: lambda b: b.buy(10, stop=102, trail=4)}
    rows = [CALM, (100, 108, 99.5, 103), (103, 104, 100, 101), (101, 102, 98, 99)]
    # from the close of 103, not from the high of 108
    assert fills_of(run(rows, acts))[1] == (3, -10, 100, "trailing stop")
    assert fills_of(run(rows, acts, path="optimistic"))[1] == (2, -10, 103, "trailing stop")


@pytest.mark.parametrize("touch", [True, False])
@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("row", [(100, 101, 98, 100), (100, 102, 99, 100), (98, 98.5, 98, 98), (102, 102, 102, 102)])
def test_a_price_at_the_very_stop_or_target_is_the_same_compiled(row, way, touch):
    bars, costs = bars_of(CALM, CALM, CALM, row, CALM, CALM), Costs(touch=touch, maintenance=0)
    quick, plain = (backtest(Guarded(way=way), bars, compiled=one, costs=costs) for one in (True, False))
    assert quick.log.fills.tobytes() == plain.log.fills.tobytes()
    assert len(plain.fills) == 1 + (touch or (row[1] == 102) == (way < 0))


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("fill", ["close", "next_open"])
def test_rule_08_the_volume_of_a_bar_is_its_own(fill, compiled):
    """What was traded of an earlier bar is not counted again, also where no order was waiting in between."""
    bars = bars_of(*[CALM] * 6)
    result = backtest(Twice(), bars, compiled=compiled, fill=fill, costs=Costs(volume_share=0.01), leverage=5)
    assert result.fills.units.tolist() == [8, 8]


def test_rule_08_volume_share_fills_in_parts():
    rows = [CALM, (100, 101, 99, 100, 40), (101, 102, 100, 101, 40), (102, 103, 101, 102, 400)]
    result = run(rows, {0: lambda b: b.buy(50)}, costs=Costs(volume_share=0.5))
    assert fills_of(result) == [(1, 20, 100, "market"), (2, 20, 101, "market"), (3, 10, 102, "market")]
    assert result.orders["price"].tolist() == [pytest.approx((20 * 100 + 20 * 101 + 10 * 102) / 50)]


def test_rule_08_the_rest_of_a_stop_loss_is_a_market_order():
    rows = [CALM, CALM, (96, 97, 94, 96, 8), (97, 98, 96, 97)]
    result = run(rows, ENTRY, costs=Costs(volume_share=0.5))
    assert fills_of(result)[1:] == [(2, -4, 95, "stop loss"), (3, -6, 97, "stop loss")]


def test_rule_08_the_rest_of_a_stop_order_too():
    rows = [CALM, (100, 103, 99, 102, 8), CALM]
    result = run(rows, {0: lambda b: b.buy(10, stop=102)}, costs=Costs(volume_share=0.5))
    assert fills_of(result) == [(1, 4, 102, "stop"), (2, 6, 100, "stop")]


def test_rule_08_the_guard_grows_with_a_partial_entry():
    rows = [CALM, (100, 101, 99, 100, 8), (100, 101, 99, 100, 12), (100, 101, 94, 96)]
    result = run(rows, ENTRY, costs=Costs(volume_share=0.5))
    assert fills_of(result) == [(1, 4, 100, "market"), (2, 6, 100, "market"), (3, -10, 95, "stop loss")]
    assert result.orders["amount"].tolist() == [10, 10]


def test_rule_09_good_for_n_bars():
    rows = [CALM, CALM, CALM, (100, 101, 90, 95)]
    assert len(run(rows, {0: lambda b: b.buy(10, limit=95, expiry=3)}).fills) == 1
    result = run(rows, {0: lambda b: b.buy(10, limit=95, expiry=2)})
    assert result.orders[["status", "reason"]].values.tolist() == [["expired", "its time was over"]]


def test_rule_09_day_orders_end_with_the_session():
    low = (100, 101, 90, 95)
    day = {1: lambda b: b.buy(10, limit=95, day=True)}
    assert len(run(bars_of(CALM, CALM, CALM, low, freq="12h"), day).fills) == 1
    late = run(bars_of(CALM, CALM, CALM, CALM, low, freq="12h"), day)
    assert late.orders["status"].tolist() == ["expired"]


def test_rule_09_sessions_are_those_of_the_calendar():
    bars = bars_of(CALM, CALM, (100, 101, 90, 95), freq="1h")
    bars.index = bars.index + pd.Timedelta("13h")
    day = {0: lambda b: b.buy(10, limit=95, day=True)}
    assert len(run(bars, day).fills) == 1
    # 15:00 UTC is midnight in Tokyo
    assert run(bars, day, session="days:Asia/Tokyo").orders["status"].tolist() == ["expired"]


def test_rule_09_cancelled_by_tag():
    acts = {0: lambda b: (b.buy(1, limit=95, tag="low"), b.buy(2, limit=96)), 1: lambda b: b.cancel("low")}
    result = run([CALM, CALM, (100, 101, 90, 95)], acts)
    assert fills_of(result) == [(2, 2, 96, "limit")]
    assert result.orders[["status", "tag"]].values.tolist() == [["cancelled", "low"], ["filled", ""]]


def test_rule_09_no_volume_rejects_market_orders():
    rows = [CALM, (100, 101, 99, 100, 0), CALM]
    result = run(rows, {0: lambda b: b.buy(10)}, costs=Costs(volume_share=0.5))
    assert result.orders[["status", "reason"]].values.tolist() == [["rejected", "the bar has no volume"]]


def test_rule_10_closing_comes_before_opening_at_the_open():
    acts = {0: lambda b: b.buy(100), 1: lambda b: (b.buy(30, limit=120), b.sell(50))}
    # the limit order is older, but only the sale pays for it
    assert fills_of(run([CALM, CALM, CALM], acts)) == [
        (1, 100, 100, "market"), (2, -50, 100, "market"), (2, 30, 100, "limit"),
    ]  # fmt: skip


def test_rule_10_inside_along_the_path():
    acts = {0: lambda b: b.buy(10, stop_loss=95), 1: lambda b: b.buy(10, limit=97)}
    result = run([CALM, CALM, (100, 101, 94, 96)], acts)
    assert fills_of(result) == [(1, 10, 100, "market"), (2, 10, 97, "limit"), (2, -10, 95, "stop loss")]


def test_rule_11_cash_cuts_down():
    result = run([CALM, CALM], {0: lambda b: b.buy(1000)}, fees=0.01)
    assert fills_of(result) == [(1, pytest.approx(10_000 / 101), 100, "market")]
    assert result.state.account["cash"][0] == pytest.approx(0, abs=1e-9)
    assert run([CALM, CALM], {0: lambda b: b.buy(1000)}, fees=0.01, whole_units=True).fills["units"].tolist() == [99]


def test_rule_11_nothing_can_be_paid():
    acts = {0: lambda b: b.buy(100), 1: lambda b: b.buy(1)}
    result = run([CALM, CALM, CALM], acts)
    assert result.orders[["status", "reason"]].values.tolist()[1] == ["rejected", "cannot be paid"]


def test_rule_11_leverage():
    assert run([CALM, CALM], {0: lambda b: b.buy(fraction=3)}, leverage=3).fills["units"].tolist() == [300]
    assert run([CALM, CALM], {0: lambda b: b.sell(fraction=3)}, leverage=2).fills["units"].tolist() == [200]


def test_rule_11_margin_call():
    rows = [CALM, CALM, (150, 180, 150, 170), (175, 176, 174, 175), CALM]
    result = run(rows, {0: lambda b: b.sell(100, take_profit=50)})
    # at 170 the equity is 3,000, the position worth 17,000, the maintenance margin 8,500
    assert fills_of(result) == [(1, -100, 100, "market"), (3, 100, 175, "margin call")]
    assert result.margin_calls == 1
    assert result.equity.tolist()[-1] == pytest.approx(2_500)


def test_rule_11_a_margin_call_waits_for_the_open_with_fill_close_too():
    rows = [CALM, (150, 180, 150, 170), (175, 176, 174, 175)]
    acts = {0: lambda b: b.sell(100), 1: lambda b: b.buy(1)}
    result = run(rows, acts, fill="close")
    assert fills_of(result) == [
        (0, -100, 100, "market"), (1, 1, 170, "market"), (2, 99, 175, "margin call"),
    ]  # fmt: skip


def test_rule_11_shorts_can_be_forbidden():
    acts = {0: lambda b: b.buy(10), 1: lambda b: b.sell(15)}
    result = run([CALM, CALM, CALM], acts, short=False)
    assert fills_of(result)[1] == (2, -10, 100, "market")
    assert result.orders[["status", "reason"]].values.tolist()[1] == ["partly filled", "shorts are not allowed"]


@pytest.mark.parametrize(
    ("order", "units"),
    [
        (lambda b: b.buy(fraction=0.5), 5_000 / 102),
        (lambda b: b.buy(cash=1_000), 1_000 / 102),
        (lambda b: b.buy(risk=0.01, stop_loss=98), 100 / 4),
        (lambda b: b.buy(risk=0.01, stop_fraction=0.05), 100 / (0.05 * 102)),
        (lambda b: b.buy(risk=0.01, trail=2), 100 / 2),
        (lambda b: b.target(0.25), 2_500 / 102),
        (lambda b: b.buy(), 8_000 / 102),
        (lambda b: b.long(), 8_000 / 102),
    ],
    ids=["fraction", "cash", "risk", "risk by fraction", "risk by trail", "target", "sizing", "long"],
)
def test_rule_12_sizes_are_computed_at_the_fill(order, units):
    result = run([CALM, (102, 103, 101, 102)], {0: order}, sizing=0.8)
    assert result.fills["units"].tolist() == [pytest.approx(units)]


def test_rule_12_risk_needs_a_stop():
    result = run([CALM, CALM], {0: lambda b: b.buy(risk=0.01)})
    assert result.orders[["status", "reason"]].values.tolist() == [["rejected", "risk needs a stop loss"]]


def test_rule_12_the_same_target_is_no_order():
    acts = dict.fromkeys(range(4), lambda b: b.target(0.5))
    result = run([CALM, CALM, (110, 111, 109, 110), CALM, CALM], acts)
    assert len(result.orders) == 1
    again = dict.fromkeys(range(4), lambda b: b.target(0.5, rebalance=True))
    assert run([CALM, CALM, (110, 111, 109, 110), CALM, CALM], again).fills["side"].tolist() == [1, -1, 1]


def test_rule_12_a_target_turns_a_position_round():
    result = run([CALM, CALM, CALM], {0: lambda b: b.target(1), 1: lambda b: b.target(-1)}, fees=0.01)
    equity = 10_000 - 100 * 2 * 10_000 / 101 * 0.01
    assert fills_of(result)[1:] == [
        (2, pytest.approx(-10_000 / 101), 100, "market"),
        (2, pytest.approx(-equity / 101), 100, "market"),
    ]


def test_rule_12_less_than_a_lot_is_no_order():
    acts = {0: lambda b: b.target(0.5), 1: lambda b: b.target(0.504)}
    result = run([CALM, CALM, CALM], acts, whole_units=True)
    assert result.fills["units"].tolist() == [50]
    assert result.orders["reason"].tolist()[1] == "less than a lot"


def test_rule_13_fees():
    costs = Costs(taker=0.001, maker=-0.0002, per_unit=0.01, minimum=3)
    acts = {0: lambda b: (b.buy(10), b.buy(20, limit=99.5)), 2: lambda b: b.sell(30)}
    result = run([CALM, CALM, CALM, CALM], acts, costs=costs)
    # 1 + 0.1 is below the minimum; so is -0.398 + 0.2; 3 + 0.3 is not
    assert result.fills["fee"].tolist() == pytest.approx([3, 3, 3.3])
    assert result.fees == pytest.approx(9.3)


def test_rule_13_the_minimum_is_for_an_order_in_all_its_parts():
    rows = [CALM, (100, 101, 99, 100, 20), (100, 101, 99, 100, 20)]
    result = run(rows, {0: lambda b: b.buy(20)}, costs=Costs(volume_share=0.5, taker=0.002, minimum=3))
    assert result.fills["fee"].tolist() == pytest.approx([3, 1])


def test_rule_13_prices_of_takers():
    costs = Costs(slippage=0.01, slippage_fixed=0.1, spread=0.4, impact=0.5)
    result = run([CALM, CALM, CALM], {0: lambda b: b.buy(10), 1: lambda b: b.sell(10)}, costs=costs)
    away = 100 * 0.01 + 0.1 + 0.2 + 100 * 0.5 * 10 / 1000
    assert result.fills["price"].tolist() == pytest.approx([100 + away, 100 - away])
    assert result.fills["slippage"].tolist() == pytest.approx([10 * away, 10 * away])


def test_rule_13_interest_and_funding():
    rows = [CALM] * 4
    short = run(rows, {0: lambda b: b.sell(50)}, costs=Costs(borrow=0.365))
    assert short.financing == pytest.approx(2 * 5_000 * 0.001)
    long = run(rows, {0: lambda b: b.buy(50)}, costs=Costs(funding=0.0001))
    assert long.equity.tolist() == pytest.approx([10_000, 10_000, 9_999.5, 9_999])


def test_rule_14_symbols_share_the_cash_and_close_first():
    bars = {"A": bars_of(CALM, CALM, CALM, CALM), "B": bars_of(CALM, CALM, CALM, CALM)}

    class Switch(Strategy):
        def decide(self, now, was, broker):
            if now.bar == 0 and broker.memory[1] == 0 and broker.cash == 10_000:
                broker.memory[1] = 1
                broker.target(1.0)
            if now.bar == 1:
                broker.target(0.0 if broker.position > 0 else 1.0)

    result = backtest(Switch(), bars, compiled=False)
    assert result.fills[["symbol", "side", "bar"]].values.tolist() == [["A", 1, 1], ["A", -1, 2], ["B", 1, 2]]
    assert result.orders["reason"].tolist()[1] == "cannot be paid"


def test_rule_14_clocks_are_joined():
    a, b = bars_of(CALM, CALM, CALM), bars_of(CALM, CALM, (50, 51, 49, 50))
    b.index = b.index + pd.Timedelta("12h")
    result = run({"A": a, "B": b}, {0: lambda b: b.buy(10)})
    assert len(result.equity) == 6
    assert result.equity.tolist() == [10_000] * 5 + [9_500]
    assert result.positions.to_numpy()[2:4].tolist() == [[10, 0], [10, 10]]


def test_rule_15_a_bar_with_nan_is_not_there():
    rows = [CALM, (100, np.nan, 99, 100), (102, 103, 101, 102)]
    seen = []
    result = run(rows, {0: lambda b: b.buy(10), 1: lambda b: seen.append(1)})
    assert fills_of(result) == [(2, 10, 102, "market")]
    assert seen == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda bars: bars.iloc[[0, 2, 1]], r"row 2 \(2026-01-06.*sort"),
        (lambda bars: bars.iloc[[0, 1, 1]], r"row 2 \(2026-01-06.*drop"),
        (lambda bars: bars.assign(low=[99, -1, 99]), r"row 1 .*0 or less"),
        (lambda bars: bars.assign(high=[101, 101, 98]), r"row 2 .*high below"),
        (lambda bars: bars.assign(volume=[1, -1, 1]), r"row 1 .*volume below"),
        (lambda bars: bars.iloc[:0], "empty"),
        (lambda bars: bars.drop(columns="low"), "need low"),
    ],
)
def test_rule_15_bad_bars_are_refused(change, text):
    with pytest.raises(DataError, match=text):
        run(change(bars_of(CALM, CALM, CALM)), {})


def test_every_rule_of_the_page_has_a_test():
    rules = {int(one) for one in re.findall(r"^\*\*(\d+)\. ", DOCS.read_text("utf-8"), re.MULTILINE)}
    tested = {int(name[10:12]) for name in globals() if re.match(r"test_rule_\d\d_", name)}
    assert rules == tested == set(range(1, 16))


def test_a_group_of_which_one_fill_cancels_the_others():
    acts = {0: lambda b: (b.buy(10, stop=102, oco=1), b.sell(10, stop=98, oco=1))}
    result = run([CALM, (100, 103, 99, 102), (99, 100, 97, 98)], acts)
    assert fills_of(result) == [(1, 10, 102, "stop")]
    assert result.orders["reason"].tolist()[1] == "another of its group was filled"


def test_a_full_book_rejects():
    result = run(
        [CALM, CALM], {n: lambda b: [b.buy(1, limit=50) for _ in range(16)] for n in range(2)} | {}, cash=10_000
    )
    assert set(result.orders["status"]) == {"working"}
    rows = [CALM] * 5
    result = run(rows, {n: lambda b: [b.buy(1, limit=50) for _ in range(16)] for n in range(4)})
    assert result.orders["reason"].tolist()[-1] == "too many working orders"


def test_a_strategy_that_asks_too_much_is_named():
    with pytest.raises(StrategyError, match=r"Script.*bar 0 .*line \d+ of .*16 requests"):
        run([CALM], {0: lambda b: [b.buy(1) for _ in range(17)]})
