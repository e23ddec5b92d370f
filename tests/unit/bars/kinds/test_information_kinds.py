"""Imbalance and run bars: they end where the oracle says, however the tape is cut, and neither grow nor vanish."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.information import ENDS
from workbench.bars.kinds.base import bar_kinds
from workbench.errors import SpecError
from workbench.market.events import TRADE
from workbench.market.specs import BarSpec

KIND = pytest.mark.parametrize("kind", ENDS)
IMBALANCE = ["tick_imbalance", "volume_imbalance", "dollar_imbalance"]
RUN = ["tick_run", "volume_run", "dollar_run"]
ARGUMENTS = st.tuples(st.sampled_from([1, 2, 3, 7, 20]), st.sampled_from([1, 2, 5, 20, 1000]))


@st.composite
def tapes(draw):
    """Trades on a tick grid near 0, 100 or 1e7, with repeats; sides known, partly, or not; sizes of 0; still prices."""
    n = draw(st.integers(0, 150))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    trades = np.zeros(n, TRADE)
    trades["ts_event"] = 1_600_000_000_000_000_000 + np.cumsum(rng.choice([0, 0, 1, 10**9, 10**16], n))
    moves = draw(st.sampled_from([np.zeros(n, int), rng.integers(-1, 2, n), np.ones(n, int)]))
    trades["price"] = (draw(st.sampled_from([0, 100, 10**7])) * 100 + np.cumsum(moves)) / 100
    trades["size"] = draw(
        st.sampled_from([rng.integers(0, 3, n), rng.integers(1, 3000, n) / 1000, rng.lognormal(0, 2, n), np.zeros(n)])
    )
    sides = [np.zeros(n), rng.integers(-1, 2, n), rng.choice([-1, 1], n), np.ones(n), np.where(np.arange(n) % 2, 1, -1)]
    trades["side"] = draw(st.sampled_from(sides))
    return np.repeat(trades, rng.choice([1, 1, 1, 4], n))


def stage_of(kind, expected, window=20):
    return BarSpec(kind, (expected, window)).maker().stage()


def cut(stage, trades):
    return stage.cut_trades(*(trades[name] for name in ("ts_event", "price", "size", "side")))


def in_chunks(stage, trades, edges, between=lambda stage: stage):
    found, begin = [], 0
    for edge in [*sorted(edges), len(trades)]:
        edge = min(edge, len(trades))
        ends = cut(stage, trades[begin:edge])
        assert ends.dtype == np.int64
        found += (ends + begin).tolist()
        stage, begin = between(stage), edge
    return found, stage


def tape(sides, *, price=100.0, size=1.0):
    trades = np.zeros(len(sides), TRADE)
    trades["ts_event"] = np.arange(len(sides))
    trades["side"], trades["price"], trades["size"] = sides, price, size
    return trades


def lengths(kind, trades, expected, window=20):
    return np.diff(cut(stage_of(kind, expected, window), trades), prepend=0)


@KIND
@given(trades=tapes(), arguments=ARGUMENTS, edges=st.lists(st.integers(0, 600), max_size=12))
def test_any_chunks_end_bars_where_the_oracle_does(kind, trades, arguments, edges):
    wanted = ENDS[kind](trades, *arguments)
    whole = stage_of(kind, *arguments)
    assert cut(whole, trades).tolist() == wanted
    ends, stage = in_chunks(stage_of(kind, *arguments), trades, edges)
    assert ends == wanted
    assert stage.state.tobytes() == whole.state.tobytes()


@KIND
@settings(max_examples=40)
@given(trades=tapes(), arguments=ARGUMENTS)
def test_single_prints_and_empty_chunks_change_nothing(kind, trades, arguments):
    whole = stage_of(kind, *arguments)
    wanted = cut(whole, trades).tolist()
    ends, stage = in_chunks(stage_of(kind, *arguments), trades, [*range(len(trades)), *range(0, len(trades), 3)])
    assert ends == wanted
    assert stage.state.tobytes() == whole.state.tobytes()


@KIND
@settings(max_examples=40)
@given(trades=tapes(), arguments=ARGUMENTS, edges=st.lists(st.integers(0, 600), max_size=6))
def test_a_stage_is_pickled_and_copied_in_mid_stream(kind, trades, arguments, edges):
    wanted = ENDS[kind](trades, *arguments)
    for move in (lambda stage: pickle.loads(pickle.dumps(stage)), lambda stage: stage.copy()):
        assert in_chunks(stage_of(kind, *arguments), trades, edges, move)[0] == wanted


@KIND
@settings(max_examples=40)
@given(before=tapes(), trades=tapes(), arguments=ARGUMENTS)
def test_a_reset_forgets_all_and_a_copy_goes_its_own_way(kind, before, trades, arguments):
    stage = stage_of(kind, *arguments)
    cut(stage, before)
    held = stage.state.tobytes()
    cut(stage.copy(), trades)
    assert stage.state.tobytes() == held
    stage.reset()
    assert stage.state.tobytes() == stage_of(kind, *arguments).state.tobytes()
    assert cut(stage, trades).tolist() == ENDS[kind](trades, *arguments)


@KIND
@settings(max_examples=40)
@given(trades=tapes(), arguments=ARGUMENTS, cut_off=st.integers(0, 600))
def test_the_future_changes_no_bar_and_lengths_have_limits(kind, trades, arguments, cut_off):
    ends = cut(stage_of(kind, *arguments), trades)
    kept = trades[:cut_off]
    assert cut(stage_of(kind, *arguments), kept).tolist() == ends[ends <= len(kept)].tolist()
    long, expected = np.diff(ends, prepend=0), arguments[0]
    assert len(long) == 0 if len(trades) < expected else long[0] == expected
    assert (long >= 1).all() and (long <= 10 * expected).all()


@KIND
def test_a_long_tape_is_cut_as_the_oracle_does(kind):
    rng = np.random.default_rng(0)
    trades = tape(rng.choice([-1, 0, 0, 1], 30_000), size=rng.lognormal(0, 2, 30_000))
    trades["price"] = 10**7 + np.cumsum(rng.integers(-1, 2, 30_000)) / 100
    assert cut(stage_of(kind, 100), trades).tolist() == ENDS[kind](trades, 100, 20)


@KIND
@pytest.mark.parametrize("name", ["price", "size"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_bad_prints_are_cut_without_harm(kind, name, bad):
    trades = tape([1, -1, 0, 0, 1, 1, -1, 0])
    for at in range(len(trades)):
        for expected in (1, 2, 4):
            wrong = trades.copy()
            wrong[name][at] = bad
            ends = cut(stage_of(kind, expected, 2), wrong).tolist()
            assert ends == sorted(set(ends) & set(range(1, 9)))


# Tapes that make unguarded thresholds vanish or grow without end.


@KIND
def test_nothing_but_buys_of_one_size_make_bars_as_long_as_expected(kind):
    assert set(lengths(kind, tape(np.ones(5000)), 50)) == {50}


@KIND
@pytest.mark.parametrize("side", [1, -1])
def test_one_side_with_uneven_sizes_does_not_creep_away(kind, side):
    sizes = np.random.default_rng(1).lognormal(0, 1.5, 200_000)
    long = lengths(kind, tape(np.full(len(sizes), side), size=sizes), 100)
    # Of the sizes alone: the print that ends a bar is large, by 9 prints on average.
    assert all(95 < part.mean() < 115 for part in np.array_split(long, 4))


@pytest.mark.parametrize("kind", IMBALANCE)
def test_alternating_sides_end_imbalance_bars_at_the_greatest_length(kind):
    assert lengths(kind, tape(np.tile([1, -1], 2000)), 50).tolist() == [50] + [500] * 7


@pytest.mark.parametrize("kind", RUN)
def test_alternating_sides_make_run_bars_about_as_long_as_expected(kind):
    long = lengths(kind, tape(np.tile([1, -1], 20_000)), 50)
    assert long[0] == 50
    assert long.min() >= 48 and long.max() <= 51


@KIND
def test_random_sides_make_bars_about_as_long_as_expected(kind):
    sides = np.random.default_rng(2).choice([-1, 1], 400_000)
    long = lengths(kind, tape(sides), 100)
    assert all(85 < part.mean() < 115 for part in np.array_split(long, 4))


@KIND
def test_bars_shorten_while_one_side_comes(kind):
    calm = np.random.default_rng(3).choice([-1, 1], 20_000)
    ends = cut(stage_of(kind, 400), tape(calm))
    before = calm[: ends[-1]]
    long = lengths(kind, tape([*before, *np.ones(400)]), 400)
    assert long[len(ends)] < 0.6 * long[: len(ends)].mean()


@KIND
def test_sizes_of_another_scale_are_learned(kind):
    sides = np.random.default_rng(4).choice([-1, 1], 40_000)
    sizes = np.where(np.arange(40_000) < 20_000, 1.0, 1000.0)
    ends = cut(stage_of(kind, 100), tape(sides, size=sizes))
    assert 70 < np.diff(ends[ends > 30_000]).mean() < 130


@KIND
def test_a_price_that_stays_and_sides_that_nobody_knows_give_first_bars_again_and_again(kind):
    assert lengths(kind, tape(np.zeros(1000)), 50).tolist() == [50] * 20


@pytest.mark.parametrize("kind", [kind for kind in ENDS if not kind.startswith("tick")])
def test_sizes_of_zero_give_first_bars_until_there_are_sizes(kind):
    trades = tape(np.ones(400), size=np.where(np.arange(400) < 220, 0.0, 2.0))
    # The bar from 200 has 20 sizes of 0 and 30 of 2, so that its expectation is 60: reached by 30 prints.
    assert lengths(kind, trades, 50)[:6].tolist()[:5] == [50] * 5
    assert lengths(kind, trades, 50)[5] == 30


@KIND
def test_all_kept_is_lost_when_a_window_of_one_bar_teaches_nothing(kind):
    """One bar without sizes after the first: the next is as the first, and no print ends a bar alone."""
    sizes = np.r_[np.ones(10), np.zeros(130), np.ones(100)]
    long = lengths(kind, tape(np.ones(240), size=sizes), 10, 1)
    assert long[0] == 10
    if kind.startswith("tick"):
        assert set(long) == {10}
    else:
        assert long[1:5].tolist() == [100, 10, 10, 10]


def test_the_side_is_of_the_aggressor_then_of_the_price_then_the_one_before():
    trades = tape([0, 0, 0, 0, -1, 0, 0, 1], price=[5, 5, 6, 6, 7, 7, 6, 6])
    # b: 0 0 + + - - - +, and the bar of the last four is what the second bar ends with.
    stage = stage_of("tick_imbalance", 4)
    found = []
    for i in range(8):
        cut(stage, trades[i : i + 1])
        found.append(int(stage.state[4]))
    assert found == [0, 0, 1, 1, -1, -1, -1, 1]


def test_the_first_threshold_by_hand():
    # First bar: b v = 3, -1, 2, 2, so that theta = 6 of 4 prints: E[T] E[b v] = 4 x 1.5, above sqrt(4 x 18/4) = 4.24.
    first = [(1, 3.0), (-1, 1.0), (1, 2.0), (1, 2.0)]
    # |theta| after it: 2, 4, 5, 3, 6. Sums of buys and sells: (0, 2) (0, 4) (0, 5) (2, 5) (2, 8).
    then = [(-1, 2.0), (-1, 2.0), (-1, 1.0), (1, 2.0), (-1, 3.0)]
    sides, sizes = zip(*first, *then, strict=True)
    assert cut(stage_of("volume_imbalance", 4), tape(sides, size=sizes)).tolist() == [4, 9]
    # Runs: E[T] max(7, 1) / 4 = 7.
    assert cut(stage_of("volume_run", 4), tape(sides, size=sizes)).tolist() == [4, 9]
    # Ticks: theta 2 against max(4 x 2/4, sqrt(4)) = 2; buys 3 against 4 x 3/4 = 3.
    assert cut(stage_of("tick_imbalance", 4), tape(sides, size=sizes)).tolist() == [4, 6]
    assert cut(stage_of("tick_run", 4), tape(sides, size=sizes)).tolist() == [4, 7]


# Specs and pickers.


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("tib:1000", "tick_imbalance:1000"), ("VIB: 500", "volume_imbalance:500"), ("dib:1e7", "dollar_imbalance:1e7"),
        ("trb:1000,20", "tick_run:1000"), ("vrb:1000, 50", "volume_run:1000,50"), ("dollar_run:1", "dollar_run:1"),
    ],
)  # fmt: skip
def test_specs_are_read_however_they_are_written(text, canonical):
    spec = BarSpec.parse(text)
    assert str(spec) == canonical
    assert BarSpec.parse(canonical) == spec


@pytest.mark.parametrize(
    "text", ["tib", "tib:0", "tib:1.5", "tib:2e9", "vrb:100,0", "drb:100,2e6", "dib:1,2,3", "vib:x"]
)
def test_arguments_out_of_bounds_are_refused(text):
    with pytest.raises(SpecError, match="write such as"):
        BarSpec.parse(text)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("tick_imbalance", "Tick imbalance"), ("volume_imbalance", "Volume imbalance"),
        ("dollar_imbalance", "Dollar imbalance"),
        ("tick_run", "Tick runs"), ("volume_run", "Volume runs"), ("dollar_run", "Dollar runs"),
    ],
)  # fmt: skip
def test_kinds_of_trades_begin_anew_with_each_session(kind, title):
    found = bar_kinds.get(kind)
    assert (found.title, found.of, found.resets, found.glyph) == (title, "trades", True, "candle")
    assert BarSpec.parse(found.example).kind == kind
    assert found.about.count(".") == 1
