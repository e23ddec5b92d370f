"""Lines, columns and bricks: edges in binary, exact parts, blocks of prices, ranges, the thickness of Kagi lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import shapes as oracle
from workbench.kernels import renko, shapes
from workbench.market.events import BAR


def fixed(price, size, base):
    state = np.zeros(renko.FIXED_WIDTH)
    state[renko.STARTED], state[renko.BASELINE] = 1, base
    return renko.cut_fixed(np.asarray(price, float), size, state), state


@given(
    total=st.one_of(
        st.floats(0, 1e12, allow_subnormal=False),
        st.integers(0, 2**53).map(float),
        st.sampled_from([5e-324, 0.1, 1e-300]),
    ),
    number=st.integers(1, 3000),
    order=st.randoms(),
)
def test_parts_add_up_to_the_whole_in_any_order(total, number, order):
    parts = [renko.part(total, number, j) for j in range(number)]
    if total >= 2.0**-1000:
        assert parts == [oracle.share(total, number, j) for j in range(number)]
        order.shuffle(parts)
        assert sum(parts) == np.sum(parts) == math.fsum(parts) == total
        assert max(parts) - min(parts) <= math.ulp(total)


def test_what_is_not_known_is_not_parted():
    assert math.isnan(renko.part(math.nan, 3, 0)) and renko.part(0.0, 7, 3) == 0.0


@pytest.mark.parametrize("base", [0.0, 100.0, 1e7, -50.0])
@pytest.mark.parametrize("size", [0.01, 0.1, 0.25, 1.1])
def test_every_edge_that_is_hit_exactly_is_reached(base, size):
    """0.1 + 0.2 is not 0.3 in binary: a run up and down by one size a price makes a brick each, but for the turn."""
    up = [float(repr(round(base + k * size, 2))) for k in range(1, 400)]
    down = up[-2::-1]
    (ends, bricks, first, bad), _ = fixed(up + down, size, base)
    assert bad == -1
    assert ends.tolist() == [*range(1, 400), *range(401, 798)]
    assert bricks.tolist() == [1] * 399 + [-1] * 397
    assert first.tolist() == [*range(399), *range(398, 1, -1)]


@pytest.mark.parametrize("base", [100.0, 1e7])
def test_a_tick_short_of_an_edge_is_not_there(base):
    (ends, *_), _ = fixed([base + 0.99, base - 0.99, base + 0.5], 1.0, base)
    assert len(ends) == 0
    (ends, bricks, *_), _ = fixed([base + 1.0, base - 0.99, base - 1.0], 1.0, base)
    assert (ends.tolist(), bricks.tolist()) == ([1, 3], [1, -1])


@given(
    quiet=st.lists(st.integers(0, 300), min_size=1, max_size=6),
    way=st.sampled_from([1, -1]),
    bad=st.sampled_from([0.0, math.nan, math.inf, -math.inf]),
)
def test_a_brick_is_found_wherever_it_is_in_a_block(quiet, way, bad):
    """Prices are looked through in blocks; what is not a number is nowhere and hides nothing."""
    price, wanted = [], []
    for k, length in enumerate(quiet):
        at = 100.0 + way * k
        price += [at + bad if j % 50 == 7 else at for j in range(length)]
        price.append(at + way)
        wanted.append(len(price))
    (ends, bricks, *_), state = fixed(price, 1.0, 100.0)
    assert ends.tolist() == wanted
    assert bricks.tolist() == [way] * len(wanted)
    assert state[renko.CLOSED] == way * len(wanted)


def test_a_price_that_is_too_far_away_is_named():
    (ends, _, _, bad), _ = fixed([101.0, 100.0, 5e6], 1.0, 100.0)
    assert (ends.tolist(), bad) == ([1], 2)
    (ends, bricks, _, bad), _ = fixed([100.0 + renko.MOST], 1.0, 100.0)
    assert (bricks.tolist(), bad) == ([renko.MOST], -1)


@given(seed=st.integers(0, 2**32 - 1), window=st.integers(1, 20))
def test_the_true_range_is_that_of_the_oracle(seed, window):
    rng = np.random.default_rng(seed)
    bars = np.zeros(60, BAR)
    bars["close"] = 100 + np.cumsum(rng.normal(0, 1, 60))
    bars["high"] = bars["close"] + rng.exponential(1, 60)
    bars["low"] = bars["close"] - rng.exponential(1, 60)
    state = np.zeros(renko.ATR_WIDTH)
    for bar, wanted in zip(bars, oracle.wilder(bars, window), strict=True):
        known = renko.true_range(bar["high"], bar["low"], bar["close"], window, state)
        assert known == (wanted is not None)
        assert not known or state[renko.ATR] == wanted


@pytest.mark.parametrize("box", [0.01, 0.1, 0.05, 1.0, 2.5])
@pytest.mark.parametrize("number", [-7, 0, 3, 29, 57, 58, 115, 1_000_000_007])
def test_boxes_are_reached_at_their_edge_and_not_before(box, number):
    edge = float(repr(round(number * box, 2)))
    assert shapes.boxes_up(edge, box) == shapes.boxes_down(edge, box) == number
    assert shapes.boxes_up(edge + box / 4, box) == number and shapes.boxes_up(edge - box / 4, box) == number - 1
    assert shapes.boxes_down(edge + box / 4, box) == number + 1 and shapes.boxes_down(edge - box / 4, box) == number


def test_kagi_lines_turn_above_the_shoulder_and_below_the_waist():
    # 100 up to 110, down to 104, up to 108 (below the shoulder), down to 98 (below 104), up to 120 (above 108).
    points = np.array([100.0, 110, 104, 108, 98, 120])
    turn, yang = shapes.kagi_turns(points[:-1], points[1:], True)
    np.testing.assert_array_equal(turn, [np.nan, np.nan, np.nan, 104, 108])
    assert yang.tolist() == [True, True, True, True, False]
    turn, yang = shapes.kagi_turns(points[:-1], points[1:], False)
    np.testing.assert_array_equal(turn, [np.nan, np.nan, np.nan, np.nan, 108])
    assert yang.tolist() == [False] * 5


def test_kagi_lines_of_equal_extremes_keep_their_thickness():
    points = np.array([100.0, 110, 100, 110, 100])
    turn, yang = shapes.kagi_turns(points[:-1], points[1:], True)
    assert np.isnan(turn).all() and yang.all()
