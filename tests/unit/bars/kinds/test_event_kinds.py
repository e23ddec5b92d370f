"""Bars made of trades: any chunking, copies and pickles end them where one print after the other does."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import event_bars as oracle
from workbench.bars.kinds.base import bar_kinds
from workbench.errors import SpecError
from workbench.market.events import TRADE
from workbench.market.specs import BarSpec

ENDS = {"tick": oracle.tick_ends, "vol": oracle.volume_ends, "usd": oracle.dollar_ends, "range": oracle.range_ends}
SPECS = {
    "tick": ["1tick", "2tick", "7tick", "1000000000tick"],
    "vol": ["0.001vol", "0.5vol", "3vol", "1e9vol"],
    "usd": ["1usd", "250.5usd", "2e7usd"],
    "range": ["range:0.01", "range:0.03", "range:0.5", "range:100"],
}
KIND = pytest.mark.parametrize("kind", SPECS)


@st.composite
def tapes(draw):
    """Trades on a tick grid, near 0 or near 1e7, with duplicates, fractional sizes, and gaps of up to a year."""
    n = draw(st.integers(0, 120))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    trades = np.zeros(n, TRADE)
    gaps = rng.choice([0, 0, 1, 10**9, 365 * 86_400 * 10**9], n)
    trades["ts_event"] = 1_600_000_000_000_000_000 + np.cumsum(gaps)
    offset = draw(st.sampled_from([0, 100, 60_000, 10**7]))
    ticks = np.cumsum(rng.integers(-3, 4, n) * rng.choice([1, 1, 1, 40], n))
    trades["price"] = (offset * 100 + ticks) / 100
    trades["size"] = draw(
        st.sampled_from([rng.integers(0, 5, n), rng.integers(1, 3000, n) / 1000, rng.exponential(1, n), np.ones(n)])
    )
    trades["side"] = rng.integers(-1, 2, n)
    repeated = np.repeat(trades, rng.choice([1, 1, 1, 4], n))
    return repeated


def cut(stage, trades):
    return stage.cut_trades(*(trades[name] for name in ("ts_event", "price", "size", "side")))


def in_chunks(stage, trades, edges, between=lambda stage: stage):
    """Ends in the whole tape of the chunks between ``edges``."""
    found, begin = [], 0
    for edge in [*sorted(edges), len(trades)]:
        edge = min(edge, len(trades))
        ends = cut(stage, trades[begin:edge])
        assert ends.dtype == np.int64
        found += (ends + begin).tolist()
        stage, begin = between(stage), edge
    return found, stage


@KIND
@given(data=st.data(), trades=tapes(), edges=st.lists(st.integers(0, 480), max_size=12))
def test_any_chunks_end_bars_where_the_oracle_does(kind, data, trades, edges):
    spec = BarSpec.parse(data.draw(st.sampled_from(SPECS[kind])))
    wanted = ENDS[kind](trades, *spec.args)
    whole = spec.maker().stage()
    assert cut(whole, trades).tolist() == wanted
    ends, stage = in_chunks(spec.maker().stage(), trades, edges)
    assert ends == wanted
    assert stage.state.tobytes() == whole.state.tobytes()


@KIND
@given(data=st.data(), trades=tapes())
def test_single_prints_and_empty_chunks_change_nothing(kind, data, trades):
    spec = BarSpec.parse(data.draw(st.sampled_from(SPECS[kind])))
    whole = spec.maker().stage()
    wanted = cut(whole, trades).tolist()
    edges = sorted([*range(len(trades)), *range(0, len(trades), 3)])
    ends, stage = in_chunks(spec.maker().stage(), trades, edges)
    assert ends == wanted
    assert stage.state.tobytes() == whole.state.tobytes()


@KIND
@given(data=st.data(), trades=tapes(), edges=st.lists(st.integers(0, 480), max_size=6))
def test_a_stage_is_pickled_and_copied_in_mid_stream(kind, data, trades, edges):
    spec = BarSpec.parse(data.draw(st.sampled_from(SPECS[kind])))
    wanted = ENDS[kind](trades, *spec.args)
    for move in (lambda stage: pickle.loads(pickle.dumps(stage)), lambda stage: stage.copy()):
        assert in_chunks(spec.maker().stage(), trades, edges, move)[0] == wanted


@KIND
@given(data=st.data(), trades=tapes(), ahead=st.integers(0, 120))
def test_a_copy_goes_its_own_way(kind, data, trades, ahead):
    spec = BarSpec.parse(data.draw(st.sampled_from(SPECS[kind])))
    stage = spec.maker().stage()
    cut(stage, trades[:ahead])
    before = stage.state.tobytes()
    cut(stage.copy(), trades[ahead:])
    assert stage.state.tobytes() == before


@KIND
@given(data=st.data(), before=tapes(), trades=tapes())
def test_a_reset_forgets_what_was_before(kind, data, before, trades):
    spec = BarSpec.parse(data.draw(st.sampled_from(SPECS[kind])))
    stage = spec.maker().stage()
    cut(stage, before)
    stage.reset()
    assert stage.state.tobytes() == spec.maker().stage().state.tobytes()
    assert cut(stage, trades).tolist() == ENDS[kind](trades, *spec.args)


@pytest.mark.parametrize("text", [text for texts in SPECS.values() for text in texts])
@pytest.mark.parametrize("name", ["price", "size"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_bad_prints_are_cut_without_harm(text, name, bad):
    trades = np.zeros(5, TRADE)
    trades["price"], trades["size"] = [100, 101, 100, 102, 103], 1
    for at in range(5):
        wrong = trades.copy()
        wrong[name][at] = bad
        ends = cut(BarSpec.parse(text).maker().stage(), wrong).tolist()
        assert ends == sorted(set(ends) & set(range(1, 6)))


def test_a_bar_that_ended_before_its_chunk_is_not_told_twice():
    stage = BarSpec.parse("3tick").maker().stage()
    trades = np.ones(3, TRADE)
    assert cut(stage, trades).tolist() == [3]
    assert cut(stage, trades[:0]).tolist() == []
    assert cut(stage, trades[:2]).tolist() == []
    assert cut(stage, np.ones(8, TRADE)).tolist() == [1, 4, 7]


def test_a_tick_bar_needs_no_look_at_the_prints():
    stage = BarSpec.parse("1000000000tick").maker().stage()
    much = np.broadcast_to(np.ones(1), 999_999_999)  # eight bytes
    assert stage.cut_trades(much, much, much, much).tolist() == []
    assert stage.cut_trades(much[:2], much[:2], much[:2], much[:2]).tolist() == [1]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1000TICKS", "1000tick"), ("1000 t", "1000tick"), ("1e3trades", "1000tick"),
        ("50000volume", "50000vol"), ("50000v", "50000vol"), ("0.25 V", "0.25vol"),
        ("1000000usd", "1e6usd"), ("1e6dollar", "1e6usd"), ("1e6 dollars", "1e6usd"), ("1000000$", "1e6usd"),
        ("2.5e9quote", "2.5e9usd"), ("range:1", "range:1.0"), ("RANGE: 0.25", "range:0.25"),
    ],
)  # fmt: skip
def test_specs_are_read_however_they_are_written(text, canonical):
    spec = BarSpec.parse(text)
    assert str(spec) == canonical
    assert BarSpec.parse(canonical) == spec


@pytest.mark.parametrize(
    "text", ["0tick", "1.5tick", "2e9tick", "0vol", "1e19vol", "0usd", "range:0", "range:-1", "range:nan", "range:inf"]
)
def test_amounts_must_be_above_zero_and_finite(text):
    with pytest.raises(SpecError, match="write such as"):
        BarSpec.parse(text)


@pytest.mark.parametrize(("kind", "name"), [("vol", "amount"), ("usd", "amount"), ("range", "height")])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_the_classes_hold_the_same_bounds(kind, name, value):
    with pytest.raises(ValueError, match=name):
        bar_kinds.get(kind)(**{name: value})


@pytest.mark.parametrize(
    ("kind", "title"), [("tick", "Tick"), ("vol", "Volume"), ("usd", "Dollar"), ("range", "Range")]
)
def test_kinds_of_trades_begin_anew_with_each_session(kind, title):
    found = bar_kinds.get(kind)
    assert (found.title, found.of, found.resets, found.glyph) == (title, "trades", True, "candle")
    assert BarSpec.parse(found.example).kind == kind
