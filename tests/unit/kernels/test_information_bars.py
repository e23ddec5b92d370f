"""Loops of imbalance and run bars: what they carry, what they take in, and sums that leave the range of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.kernels import information_bars as kernel
from workbench.market.events import TRADE

CUT = pytest.mark.parametrize("cut", [kernel.cut_imbalance, kernel.cut_runs], ids=["imbalance", "runs"])
MEASURE = pytest.mark.parametrize("measure", [kernel.TICKS, kernel.VOLUME, kernel.DOLLARS])


def fresh():
    return np.array(kernel.NOTHING_KNOWN)


def prints(n, seed=0):
    rng = np.random.default_rng(seed)
    price = 100 + np.cumsum(rng.integers(-1, 2, n)) / 100
    return price, rng.exponential(1.0, n), rng.integers(-1, 2, n).astype(np.int8)


@CUT
@MEASURE
def test_more_bars_than_there_was_room_for(cut, measure):
    price, size, side = prints(50_000)
    state = fresh()
    ends = cut(price, size, side, measure, 5, 20, state)
    assert len(ends) > 4096
    assert (np.diff(ends) > 0).all() and (np.diff(ends) <= 50).all()
    assert state[0] == len(price) - ends[-1]


@CUT
@MEASURE
def test_columns_of_records_that_may_not_be_written(cut, measure):
    price, size, side = prints(500)
    records = np.zeros(500, TRADE)
    records["price"], records["size"], records["side"] = price, size, side
    records.flags.writeable = False
    one, other = fresh(), fresh()
    wanted = cut(price, size, side, measure, 10, 20, one)
    assert cut(records["price"], records["size"], records["side"], measure, 10, 20, other).tolist() == wanted.tolist()
    assert one.tobytes() == other.tobytes()


@CUT
@MEASURE
def test_no_print_leaves_the_state_as_it_was(cut, measure):
    price, size, side = prints(123)
    state = fresh()
    cut(price, size, side, measure, 10, 20, state)
    before = state.tobytes()
    assert cut(price[:0], size[:0], side[:0], measure, 10, 20, state).dtype == np.int64
    assert state.tobytes() == before


@CUT
def test_sums_beyond_all_numbers_make_first_bars_again(cut):
    price, side = np.full(400, 1e200), np.ones(400, np.int8)
    state = fresh()
    assert np.diff(cut(price, price, side, kernel.DOLLARS, 50, 20, state)).tolist() == [50] * 7
    # Nor does a sum that becomes infinite under a threshold: it ends its bar and is forgotten.
    state = fresh()
    price = np.where(np.arange(400) < 120, 1.0, 1e200)
    assert cut(price, price, side, kernel.DOLLARS, 50, 20, state).tolist() == [50, 100, 121, 171, 221, 271, 321, 371]
    assert state[5] == 0 and np.isnan(state[8])
    size = np.ones(400)
    assert np.diff(cut(size, size, side, kernel.DOLLARS, 29, 20, fresh())).tolist() == [29] * 12


@CUT
def test_sizes_too_small_to_square_do_not_end_every_print(cut):
    price, size, side = np.ones(4000), np.full(4000, 5e-324), np.tile(np.array([1, -1], np.int8), 2000)
    assert (np.diff(cut(price, size, side, kernel.VOLUME, 50, 20, fresh())) >= 45).all()


def test_sides_are_read_by_their_sign():
    side = np.array([1, -1, 127, -128, 0, 5], np.int8)
    state, found = fresh(), []
    for i in range(6):
        kernel.cut_imbalance(np.ones(1), np.ones(1), side[i : i + 1], kernel.TICKS, 100, 20, state)
        found.append(int(state[4]))
    assert found == [1, -1, 1, -1, -1, 1]


@CUT
def test_the_greatest_bar_that_can_be_asked_for(cut):
    """A first bar of 1e9 prints that has all but two of them."""
    state = fresh()
    state[0] = 999_999_998
    three = np.ones(3)
    assert cut(three, three, np.ones(3, np.int8), kernel.TICKS, 10**9, 20, state).tolist() == [2]
    assert state[0] == 1
