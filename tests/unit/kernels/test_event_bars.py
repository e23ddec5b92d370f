"""Cutting by sums and by the stretch of prices, against whole numbers and one print after the other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.kernels import event_bars

# Tick size, and the price that the ticks are counted from.
GRIDS = [("0.01", 0), ("0.01", 10**7), ("0.01", -40), ("0.00001", 1), ("0.00000001", 60_000), ("0.25", 5_000), ("1", 0)]


def fresh() -> np.ndarray:
    return np.array(event_bars.NO_PRICE)


def whole_range_ends(ticks: list[int], height: int) -> list[int]:
    """Ends of range bars in whole ticks."""
    ends, begin = [], 0
    for i in range(len(ticks)):
        held = ticks[begin : i + 1]
        if max(held) - min(held) >= height:
            ends.append(i + 1)
            begin = i + 1
    return ends


@given(st.lists(st.integers(0, 50), max_size=200), st.integers(1, 120))
def test_whole_sizes_are_cut_where_whole_numbers_say(sizes, amount):
    wanted, total = [], 0
    for i, size in enumerate(sizes):
        total += size
        if total >= amount:
            wanted.append(i + 1)
            total = 0
    state = np.zeros(1)
    assert event_bars.cut_size(np.array(sizes, float), amount, state).tolist() == wanted
    assert state[0] == total
    state = np.zeros(1)
    ends = event_bars.cut_money(np.full(len(sizes), 4.0), np.array(sizes, float), 4.0 * amount, state)
    assert ends.tolist() == wanted
    assert state[0] == 4.0 * total


def test_money_is_price_times_size_rounded_print_by_print():
    rng = np.random.default_rng(3)
    price, size = rng.uniform(1, 2, 4000), rng.exponential(1, 4000)
    state, wanted, total = np.zeros(1), [], 0.0
    for i in range(4000):
        total = total + float(price[i]) * float(size[i])
        if total >= 3.7:
            wanted.append(i + 1)
            total = 0.0
    assert event_bars.cut_money(price, size, 3.7, state).tolist() == wanted
    assert state[0] == total


def test_the_sum_that_just_meets_the_amount_ends_the_bar_and_nothing_is_carried():
    state = np.zeros(1)
    assert event_bars.cut_size(np.array([2.0, 3.0, 7.0, 4.0, 1.0]), 5.0, state).tolist() == [2, 3, 5]
    assert state[0] == 0.0
    assert event_bars.cut_size(np.array([100.0, 4.0]), 5.0, state).tolist() == [1]
    assert state[0] == 4.0


def test_sizes_of_zero_are_in_the_bar_that_is_open():
    state = np.zeros(1)
    assert event_bars.cut_size(np.array([0.0, 0.0, 1.0, 0.0, 1.0]), 1.0, state).tolist() == [3, 5]


@given(
    st.sampled_from(GRIDS),
    st.lists(st.integers(-6, 6), max_size=200),
    st.one_of(st.integers(1, 12), st.integers(1, 2_000_000)),
    st.integers(1, 300_000),
    st.booleans(),
)
@example(("0.01", 10**7), [0, 1, -1, 1, -1], 1, 1, False)
@example(("0.01", 10**7), [0, 1, 0, 1, 2], 1_000_000, 333_333, True)
def test_ranges_are_right_to_the_tick_wherever_prices_are(grid, steps, height, stride, summed):
    tick, offset = float(grid[0]), grid[1]
    per_unit = round(1 / tick)
    ticks = np.cumsum(np.array(steps, np.int64) * (stride if height > 12 else 1))
    # Prices as a parser reads them, or as a sum of two products.
    price = offset + ticks * tick if summed else (offset * per_unit + ticks) / per_unit
    ends = event_bars.cut_range(price, float(f"{height * tick:.8f}"), fresh())
    assert ends.tolist() == whole_range_ends(ticks.tolist(), height)


@pytest.mark.parametrize("height", [0.01, 0.05, 0.5, 5.0, 10_000.0, 250_000.0])
def test_a_range_of_ten_million_ends_at_its_tick_and_not_one_before(height):
    """Around 1e7 the difference of two prices is wrong by up to 1.9e-9; one tick less is another matter."""
    for first in range(1_000_000_000, 1_000_000_200):
        prices = np.array([first, first + round(height * 100) - 1, first + round(height * 100)]) / 100
        assert event_bars.cut_range(prices, height, fresh()).tolist() == [3]


def test_a_range_below_the_resolution_of_its_prices_ends_with_every_change_only():
    prices = np.array([1e7, 1e7, np.nextafter(1e7, np.inf), 1e7, 1e7])
    assert event_bars.cut_range(prices, 1e-10, fresh()).tolist() == [3]
    assert event_bars.cut_range(np.full(5, 1e7), 1e-10, fresh()).tolist() == []


def test_a_jump_is_one_bar_and_the_next_begins_with_the_next_print():
    state = fresh()
    assert event_bars.cut_range(np.array([10.0, 90.0, 90.0, 91.0, 10.0]), 1.0, state).tolist() == [2, 4]
    assert state[:2].tolist() == [10.0, 10.0]


def test_more_bars_than_there_was_room_for():
    ones = np.ones(10_000)
    each = list(range(1, 10_001))
    assert event_bars.cut_size(ones, 1.0, np.zeros(1)).tolist() == each
    assert event_bars.cut_money(ones, ones, 1.0, np.zeros(1)).tolist() == each
    zigzag = np.arange(10_000) % 2 + 5.0
    assert event_bars.cut_range(zigzag, 1.0, fresh()).tolist() == each[1::2]


def test_fields_of_records_and_read_only_columns_are_cut_like_any_other():
    rng = np.random.default_rng(5)
    records = np.zeros(3000, [("price", "<f8"), ("side", "i1"), ("size", "<f8")])
    records["price"], records["size"] = 100 + rng.integers(-9, 9, 3000) / 100, rng.exponential(1, 3000)
    price, size = records["price"].copy(), records["size"].copy()
    records.flags.writeable = False
    for state, cut, strided, whole in (
        (np.zeros(1), event_bars.cut_size, (records["size"], 3.0), (size, 3.0)),
        (np.zeros(1), event_bars.cut_money, (records["price"], records["size"], 300.0), (price, size, 300.0)),
        (fresh(), event_bars.cut_range, (records["price"], 0.1), (price, 0.1)),
    ):
        other = state.copy()
        ends = cut(*strided, state)
        assert ends.dtype == np.int64
        assert len(ends) > 10
        assert ends.tolist() == cut(*whole, other).tolist()
        assert state.tolist() == other.tolist()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -1.0])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_what_the_caller_refuses_afterwards_does_no_harm_here(bad, at):
    values = np.ones(3)
    values[at] = bad
    for ends in (
        event_bars.cut_size(values, 2.0, np.zeros(1)),
        event_bars.cut_money(values, values, 2.0, np.zeros(1)),
        event_bars.cut_money(np.ones(3), values, 2.0, np.zeros(1)),
        event_bars.cut_range(values, 0.5, fresh()),
    ):
        assert sorted(set(ends.tolist()) & {1, 2, 3}) == ends.tolist()
