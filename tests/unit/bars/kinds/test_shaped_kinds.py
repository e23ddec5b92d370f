"""Kinds that draw something else than what was traded: by hand, against oracles, in any chunks."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import shapes as oracle
from workbench.bars.kinds.base import bar_kinds
from workbench.bars.kinds.heikin_ashi import HA_BAR
from workbench.bars.kinds.kagi import kagi_turns
from workbench.bars.kinds.renko import baseline
from workbench.errors import DataError, SpecError
from workbench.market.events import BAR, FLOW_BAR
from workbench.market.specs import BarSpec

DAY = 86_400 * 10**9
SPECS = [
    "renko:0.01", "renko:0.05", "renko:0.25", "renko:1.0", "renko:atr1", "renko:atr3", "renko:atr14", "ha",
    "linebreak", "linebreak:1", "linebreak:2", "linebreak:5", "kagi:0.03", "kagi:0.5", "kagi:0.1%", "kagi:4%",
    "pnf:0.01", "pnf:0.05,1", "pnf:0.1,2", "pnf:0.25",
]  # fmt: skip
SPEC = pytest.mark.parametrize("text", SPECS)
FEW = settings(max_examples=30)  # for each spec


def closes(*price: float) -> np.ndarray:
    """Bars of a day each with these closes, one unit above and below, 10 traded."""
    bars = np.zeros(len(price), BAR)
    bars["time"] = np.arange(len(price)) * DAY
    bars["open"] = bars["close"] = price
    bars["high"], bars["low"] = bars["close"] + 1, bars["close"] - 1
    bars["volume"], bars["buy_volume"], bars["sell_volume"], bars["trades"] = 10.0, 6.0, 4.0, 7
    bars["vwap"] = price
    return bars


@st.composite
def tapes(draw):
    """Bars with closes on a tick grid, near 100 or 1e7, with jumps, standstills and fractional volumes."""
    n = draw(st.integers(0, 90))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bars = np.zeros(n, BAR)
    bars["time"] = np.cumsum(rng.choice([1, 10**9, DAY], n))
    ticks = draw(st.sampled_from([100, 10**7])) * 100 + np.cumsum(rng.integers(-3, 4, n) * rng.choice([0, 1, 1, 9], n))
    bars["close"] = ticks / 100
    bars["open"] = (ticks + rng.integers(-3, 4, n)) / 100
    bars["high"] = np.maximum(bars["open"], bars["close"]) + rng.integers(0, 4, n) / 100
    bars["low"] = np.minimum(bars["open"], bars["close"]) - rng.integers(0, 4, n) / 100
    bars["buy_volume"], bars["sell_volume"] = rng.integers(0, 3000, (2, n)) / 1000
    bars["volume"] = bars["buy_volume"] + bars["sell_volume"] + rng.choice([0, 0.1], n)
    bars["trades"] = rng.integers(0, 9, n)
    bars["vwap"] = np.where(bars["volume"] > 0, bars["close"], np.nan)
    return bars


def fold(rows: np.ndarray) -> np.ndarray:
    """What was traded in these bars: one record, or none."""
    held = oracle.Stretch()
    for row in rows:
        held.add(row)
    if held.empty:
        return np.empty(0, BAR)
    real = held.row(held.open, held.close, body=False)
    return np.array([real], BAR)


def take(stage, held, chunk):
    """What a chunk completes, and what is held after it; as the engine does, with an arithmetic of its own."""
    ends = stage.cut_bars(chunk)
    assert ends.dtype == np.int64 and (np.diff(ends) >= 0).all()
    parts, begin = [], 0
    for end in ends:
        parts.append(fold(np.concatenate([held, chunk[begin:end]])))
        held, begin = chunk[:0], int(end)
    closed = stage.shape(np.concatenate([chunk[:0], *parts]))
    assert closed.dtype == stage.dtype
    return closed, np.concatenate([held, chunk[begin:]])


def drawn(text, bars, edges=(), between=lambda stage: stage):
    """All that is drawn, the forming row last, and the stage."""
    stage = BarSpec.parse(text).maker().stage()
    out, held, begin = [np.empty(0, stage.dtype)], bars[:0], 0
    for end in [*sorted(edges), len(bars)]:
        closed, held = take(stage, held, bars[begin:end])
        out.append(closed)
        stage, begin = between(stage), min(max(begin, end), len(bars))
    if len(held):
        before = stage.state.tobytes()
        out.append(stage.forming(fold(held)))
        assert stage.state.tobytes() == before
    return np.concatenate(out), stage


def same(got, wanted):
    """Equal bit for bit, but for the times that the engine makes increase."""
    assert got.dtype == wanted.dtype
    for name in got.dtype.names:
        if name != "time":
            np.testing.assert_array_equal(got[name], wanted[name], name)
    assert (got["time"] <= wanted["time"]).all()


def wanted_of(text, bars):
    spec = BarSpec.parse(text)
    return oracle.OF_BARS[spec.kind](bars, *spec.args)


def pairs(bars):
    return list(zip(bars["open"].tolist(), bars["close"].tolist(), strict=True))


@SPEC
@FEW
@given(bars=tapes(), edges=st.lists(st.integers(0, 90), max_size=10))
def test_any_chunks_draw_what_the_oracle_draws(text, bars, edges):
    whole, stage = drawn(text, bars)
    same(whole, wanted_of(text, bars))
    parts, other = drawn(text, bars, edges)
    assert parts.tobytes() == whole.tobytes() and other.state.tobytes() == stage.state.tobytes()
    singles, other = drawn(text, bars, [*range(len(bars)), *range(0, len(bars), 3)])
    assert singles.tobytes() == whole.tobytes() and other.state.tobytes() == stage.state.tobytes()


@SPEC
@FEW
@given(bars=tapes(), edges=st.lists(st.integers(0, 90), max_size=5))
def test_a_stage_is_pickled_and_copied_in_mid_stream(text, bars, edges):
    whole, _ = drawn(text, bars)
    for move in (lambda stage: pickle.loads(pickle.dumps(stage)), lambda stage: stage.copy()):
        assert drawn(text, bars, edges, move)[0].tobytes() == whole.tobytes()


@SPEC
@FEW
@given(bars=tapes(), ahead=st.integers(0, 90))
def test_a_copy_goes_its_own_way(text, bars, ahead):
    stage = BarSpec.parse(text).maker().stage()
    stage.shape(fold_all(stage.cut_bars(bars[:ahead]), bars))
    before = pickle.dumps(stage)
    stage.copy().cut_bars(bars[ahead:])
    assert pickle.dumps(stage) == before


def fold_all(ends, bars):
    return np.concatenate([np.empty(0, BAR), *(fold(bars[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=False))])


@SPEC
@FEW
@given(bars=tapes(), end=st.integers(0, 90))
def test_the_future_never_changes_what_is_complete(text, bars, end):
    stage, early = (BarSpec.parse(text).maker().stage() for _ in range(2))
    whole, _ = take(stage, bars[:0], bars)
    part, _ = take(early, bars[:0], bars[:end])
    assert part.tobytes() == whole[: len(part)].tobytes()


@SPEC
@FEW
@given(bars=tapes())
def test_what_was_traded_is_in_what_is_drawn(text, bars):
    """But for the bars of Renko before there is a price to count from."""
    spec = BarSpec.parse(text)
    got, _ = drawn(text, bars)
    counted = bars[(spec.args[1] or 0) + 1 :] if spec.kind == "renko" else bars
    assert got["trades"].sum() == counted["trades"].sum()
    for name in ("volume", "buy_volume", "sell_volume"):
        assert math.isclose(math.fsum(got[name]), math.fsum(counted[name]), rel_tol=1e-12, abs_tol=1e-12)


@SPEC
@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_bad_bars_are_cut_without_harm(text, name, bad):
    """The caller refuses them afterwards; the cut itself must come back, with ends that are inside of the chunk."""
    for at in range(5):
        bars = closes(100, 101, 100.5, 103, 99)
        bars[name][at] = bad
        ends = BarSpec.parse(text).maker().stage().cut_bars(bars).tolist()
        assert ends == sorted(ends) and set(ends) <= set(range(6))


@SPEC
def test_nothing_gives_nothing(text):
    stage = BarSpec.parse(text).maker().stage()
    assert len(stage.cut_bars(np.empty(0, BAR))) == 0
    assert stage.shape(np.empty(0, BAR)).dtype == stage.dtype
    assert stage.shape(np.empty(0, BAR)).tobytes() == b""


@SPEC
def test_several_cuts_are_drawn_at_once(text):
    """A chunk that spans sessions is cut session by session and drawn in one piece."""
    rng = np.random.default_rng(1)
    bars = closes(*(100 + np.cumsum(rng.integers(-9, 10, 200)) / 5))
    whole, once = (BarSpec.parse(text).maker().stage() for _ in range(2))
    wanted = take(whole, bars[:0], bars)[0]
    ends = np.concatenate([once.cut_bars(bars[a : a + 50]) + a for a in range(0, 200, 50)])
    assert len(wanted) > 0
    assert once.shape(fold_all(ends, bars)).tobytes() == wanted.tobytes()


@SPEC
@FEW
@given(bars=tapes(), step=st.sampled_from([-20.0, -0.01, 0.0, 0.01, 20.0]))
def test_an_unfinished_bar_leaves_no_trace(text, bars, step):
    stage, held = BarSpec.parse(text).maker().stage(), bars[:0]
    if len(bars):
        _, held = take(stage, held, bars)
    pending = closes(100.0 if not len(bars) else bars["close"][-1] + step)
    before = pickle.dumps(stage)
    row = stage.forming(fold(np.concatenate([held, pending])))
    assert len(row) <= 1 and row.dtype == stage.dtype
    assert pickle.dumps(stage) == before


@pytest.mark.parametrize(
    ("text", "price", "body"),
    [
        ("kagi:2.0", 110, (100, 110)), ("kagi:2.0", 90, (100, 103)), ("kagi:2.0", 102, (100, 103)),
        ("pnf:1.0", 105.5, (100, 106)), ("pnf:1.0", 90, (100, 104)), ("pnf:1.0", 102, (100, 104)),
        ("linebreak", 105, (103, 105)), ("linebreak", 99, (100, 99)), ("linebreak", 101, (103, 101)),
        ("renko:1.0", 110, (103, 110)), ("renko:1.0", 90, (103, 90)), ("ha", 110, (101.5, 110)),
    ],
)  # fmt: skip
def test_an_unfinished_bar_carries_a_line_on_and_does_not_end_it(text, price, body):
    """That it turns is known when it is closed."""
    stage = BarSpec.parse(text).maker().stage()
    _, held = take(stage, closes(), closes(100, 103))
    row = stage.forming(fold(np.concatenate([held, closes(price)])))
    assert pairs(row) == [body]
    assert row["volume"][0] == 10 * (len(held) + 1)


@pytest.mark.parametrize(
    ("text", "body"),
    [("kagi:2.0", [(100.4, 100.4)]), ("pnf:1.0", [(100, 101)]), ("linebreak", [(100.4, 100.4)]), ("renko:1.0", []),
     ("ha", [(100.4, 100.4)])],
)  # fmt: skip
def test_the_very_first_bar_while_it_is_unfinished(text, body):
    assert pairs(BarSpec.parse(text).maker().stage().forming(closes(100.4))) == body


# Renko


@st.composite
def prints(draw):
    n = draw(st.integers(0, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ticks = np.cumsum(rng.integers(-2, 3, n) * rng.choice([0, 1, 1, 20], n))
    return (draw(st.sampled_from([0, 100, 10**7])) * 100 + ticks) / 100


@pytest.mark.parametrize("size", [0.01, 0.02, 0.05, 0.3, 1.0])
@given(price=prints(), edges=st.lists(st.integers(0, 300), max_size=10))
def test_renko_of_prints_ends_where_the_oracle_does(size, price, edges):
    trades = np.zeros(
        len(price), [("ts_event", "i8"), ("price", "f8"), ("size", "f8"), ("side", "i1"), ("flags", "u2")]
    )
    trades["price"], trades["size"], trades["ts_event"] = price, 1.0, np.arange(len(price)) * 1000
    wanted = oracle.renko_of_trades(trades, size, 0)
    stage = BarSpec.parse(f"renko:{size}").maker().stage()
    ends, bodies, begin = [], [], 0
    for edge in [*sorted(edges), len(price)]:
        part = trades[begin:edge]
        found = stage.cut_trades(part["ts_event"], part["price"], part["size"], part["side"])
        out = stage.shape(np.zeros(len(found), BAR))
        ends += (found + begin).tolist()
        bodies += pairs(out)
        begin = max(begin, edge)
    if not len(price):
        assert len(wanted) == 0
        return
    forming = stage.forming(np.zeros(1, BAR))
    if not ends or ends[-1] < len(price):
        assert forming["open"][0] == wanted["open"][-1]
        wanted = wanted[:-1]
    assert bodies == pairs(wanted)
    # The oracle stamps the bricks of a jump 1 ns apart, from the print after the stretch before.
    assert sorted(set(wanted["time"] // 1000)) == sorted({0, *ends[:-1]} if ends else [])


def test_renko_by_hand():
    """One brick on, two to turn; a jump makes several, which share its volume."""
    bars = closes(100.2, 101.0, 101.9, 104.3, 102.1, 102.0, 105.0, 101.0)
    got, _ = drawn("renko:1.0", bars)
    #                101         104.3: three of two bars            102: a turn of two bars
    assert pairs(got) == [
        (100, 101), (101, 102), (102, 103), (103, 104), (103, 102), (103, 104), (104, 105), (104, 103), (103, 102),
        (102, 101),
    ]  # fmt: skip
    np.testing.assert_allclose(got["volume"][:5], [10, 20 / 3, 20 / 3, 20 / 3, 20], rtol=1e-15)
    assert got["volume"].sum() == 70
    assert got["trades"].tolist() == [7, 5, 5, 4, 14, 4, 3, 3, 2, 2]
    assert got["high"].tolist()[:5] == [102, 105.3, 105.3, 105.3, 103.1]
    assert got["low"].tolist()[:5] == [100, 100.9, 100.9, 100.9, 101]
    np.testing.assert_allclose(got["vwap"][:5], [101, 103.1, 103.1, 103.1, 102.05])


def test_the_first_bar_is_in_no_brick_and_the_first_print_is():
    bars = closes(100, 100.5)
    got, stage = drawn("renko:1.0", bars)
    assert (pairs(got), got["volume"].tolist()) == ([(100, 100.5)], [10])
    alone, stage = drawn("renko:1.0", bars[:1])
    assert len(alone) == 0
    of_prints = BarSpec.parse("renko:1.0").maker().stage()
    assert len(of_prints.cut_trades(*[np.array([100.0])] * 4)) == 0
    assert of_prints.forming(bars[:1])["open"].tolist() == [100]
    assert len(BarSpec.parse("renko:1.0").maker().stage().forming(bars[:1])) == 0


@pytest.mark.parametrize(
    ("price", "size", "wanted"),
    [
        (212.8, 1.0, 213.0), (212.5, 1.0, 212.0), (213.5, 2.0, 214.0), (212.8, 6.1497482878433045, 212.8),
        (100.37, 0.25, 100.4), (2.675, 0.001, 2.68), (100.25, 0.01, 100.2), (60123.4, 50.0, 60123.0),
        (1e22, 0.01, 1e22),
    ],
)  # fmt: skip
def test_bricks_are_counted_from_the_rounded_price(price, size, wanted):
    assert baseline(price, size) == wanted == oracle.baseline(price, size)


def test_a_jump_of_too_many_bricks_is_refused():
    stage = BarSpec.parse("renko:0.01").maker().stage()
    with pytest.raises(DataError, match=r"30000\.0 is more than 1,000,000 bricks of 0\.01 away.*larger size"):
        stage.cut_bars(closes(100, 30_000))
    with pytest.raises(DataError, match="larger size"):
        stage.cut_trades(*[np.array([100.0, 1e300])] * 4)


def test_a_size_below_the_precision_of_the_price_is_refused():
    with pytest.raises(DataError, match=r"1e-09 are below the precision of a price of 1000000000\.0.*larger size"):
        BarSpec.parse("renko:1e-9").maker().stage().cut_bars(closes(1e9, 1e9))
    assert len(BarSpec.parse("renko:0.01").maker().stage().cut_bars(closes(*[1e9] * 9))) == 1


def test_a_brick_of_the_range_keeps_the_size_of_its_run():
    bars = closes(*[100] * 4, 102, 104, 106, 90, 80)
    # Ranges: 2 each day; the first run is of 2. The jump of 14 down is judged by the range before: still about 2.
    got, _ = drawn("renko:atr3", bars)
    ranges = oracle.wilder(bars, 3)
    up = [row for row in pairs(got) if row[1] > row[0]]
    sizes = sorted({round(close - open_, 9) for open_, close in up})
    assert sizes == [2.0] and up[0] == (100, 102)
    down = [row for row in pairs(got) if row[1] < row[0]]
    assert {round(open_ - close, 9) for open_, close in down} == {round(ranges[6], 9)}
    assert down[0][0] == up[-1][0]
    stage = BarSpec.parse("renko:atr3").maker().stage()
    assert stage.cut_bars(bars[:4]).tolist() == [4] and len(stage.shape(bars[:1])) == 0
    assert stage.cut_bars(bars[4:5]).tolist() == [1]


def test_a_market_that_stood_still_does_not_make_millions_of_bricks():
    still = np.full(5000, 100.0)
    bars = closes(*still, 110)
    bars["high"] = bars["low"] = bars["close"]
    bars["high"][1] = 101
    got, _ = drawn("renko:atr3", bars)
    assert 0 < len(got) <= 10_000
    flat = closes(*still[:10], 110)
    flat["high"] = flat["low"] = flat["close"]
    assert len(drawn("renko:atr3", flat)[0]) == 10_000


def test_bricks_of_a_range_cannot_be_made_of_prints():
    stage = BarSpec.parse("renko:atr14").maker().stage()
    with pytest.raises(SpecError, match=r"renko:atr14\(1d\)"):
        stage.cut_trades(*[np.ones(3)] * 4)


def test_bricks_share_the_path_of_the_delta():
    stage = BarSpec.parse("renko:1.0").maker().stage()
    price = np.array([100.0, 104.0])
    assert stage.cut_trades(price, price, price, price).tolist() == [2]
    real = np.zeros(1, FLOW_BAR)
    real["volume"], real["buy_volume"], real["delta_min"], real["delta_max"] = 8, 4, -2, 4
    got = stage.shape(real)
    assert got.dtype == FLOW_BAR
    assert (got["volume"].tolist(), got["buy_volume"].tolist()) == ([2] * 4, [1] * 4)
    assert (got["delta_min"].tolist(), got["delta_max"].tolist()) == ([-0.5] * 4, [1] * 4)


# Heikin Ashi


def test_heikin_ashi_keeps_the_real_prices():
    bars = closes(100, 104, 98)
    got, stage = drawn("ha", bars)
    assert stage.dtype == got.dtype == HA_BAR
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(got[f"real_{name}"], bars[name])
    assert pairs(got) == [(100, 100), (100, 104), (102, 98)]
    assert got["high"].tolist() == [101, 105, 102] and got["low"].tolist() == [99, 100, 97]
    assert got["volume"].tolist() == [10] * 3


# Line break


def test_line_break_by_hand():
    bars = closes(100, 101, 101, 103, 102, 104, 101.5, 100.9, 100, 100.5, 103.9, 104.1)
    got, _ = drawn("linebreak", bars)
    # Three lines up, the first from 100: neither 100.9 nor 100 is below all of them.
    assert pairs(got)[:3] == [(100, 101), (101, 103), (103, 104)]
    assert got["volume"].tolist()[:3] == [20, 20, 20]
    assert pairs(got)[3] == (104, 104.1)
    deeper, _ = drawn("linebreak", closes(100, 101, 103, 104, 99.9, 99, 103.9, 104.1))
    assert pairs(deeper) == [(100, 101), (101, 103), (103, 104), (103, 99.9), (99.9, 99), (99.9, 104.1)]
    assert deeper["high"].tolist() == [101, 103, 104, 103, 99.9, 104.1]


def test_fewer_lines_turn_sooner():
    bars = closes(100, 101, 103, 104, 102.9, 100.9)
    assert pairs(drawn("linebreak:1", bars)[0])[3:] == [(103, 102.9), (102.9, 100.9)]
    assert pairs(drawn("linebreak:2", bars)[0])[3:] == [(103, 100.9)]
    assert pairs(drawn("linebreak:3", bars)[0])[3:] == [(103, 100.9)]  # not complete: beyond one line, not three
    assert len(take(BarSpec.parse("linebreak:3").maker().stage(), bars[:0], bars)[0]) == 3


# Kagi


def test_kagi_by_hand():
    bars = closes(100, 101, 102, 101, 103, 101, 100.5, 104, 103)
    got, _ = drawn("kagi:2.0", bars)
    assert pairs(got) == [(100, 103), (103, 100.5), (100.5, 104)]
    assert got["volume"].tolist() == [50, 20, 20]
    assert got["time"].tolist() == [0, 5 * DAY, 7 * DAY]
    turns, yang = kagi_turns(got)
    np.testing.assert_array_equal(turns, [np.nan] * 3)
    assert yang.tolist() == [True] * 3


def test_kagi_in_percent_of_the_extreme():
    got, _ = drawn("kagi:10%", closes(100, 109.9, 110, 200, 180.1, 180, 198))
    assert pairs(got) == [(100, 200), (200, 180), (180, 198)]


def test_kagi_turns_of_a_part_take_the_thickness_that_they_are_given():
    lines = np.zeros(4, BAR)
    points = np.array([104.0, 108, 98, 120, 90])
    lines["open"], lines["close"] = points[:-1], points[1:]
    turns, yang = kagi_turns(lines, yang=False)
    np.testing.assert_array_equal(turns, [np.nan, np.nan, 108, 98])
    assert yang.tolist() == [False, False, False, True]
    assert kagi_turns(lines)[1].tolist() == [True, True, False, True]
    assert [len(part) for part in kagi_turns(lines[:0])] == [0, 0]


# Point and figure


def test_point_and_figure_by_hand():
    bars = closes(100.2, 101.1, 104.9, 102.5, 101.0, 99.5, 101.9, 103.0, 102)
    got, _ = drawn("pnf:1.0", bars)
    # X at 100 to 104; 101 is three boxes down: O at 103, 102, 101, then 100; 103 is three up: X at 101, 102, 103.
    assert pairs(got) == [(100, 105), (104, 100), (101, 104)]
    assert got["volume"].tolist() == [40, 30, 20]
    assert got["time"].tolist() == [0, 4 * DAY, 7 * DAY]
    assert got["high"].tolist() == [105, 104, 104] and got["low"].tolist() == [100, 100, 101]


def test_columns_of_one_box_say_which_way_they_go():
    got, _ = drawn("pnf:1.0,1", closes(100, 101, 100, 101))
    assert pairs(got) == [(100, 102), (101, 100), (101, 102)]


# Specs


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("renko:1", "renko:1.0"), ("RENKO: 0.25 (1D)", "renko:0.25(1d)"), ("renko:ATR14(1d)", "renko:atr14(1d)"),
        ("renko:atr(1d)", "renko:atr14(1d)"), ("renko:atr3", "renko:atr3"), ("renko:6.1497482878433045", None),
        ("heikinashi(5m)", "ha(5min)"), ("heikin_ashi", "ha"), ("linebreak:3(1d)", "linebreak(1d)"),
        ("three_line_break:2(1d)", "linebreak:2(1d)"), ("kagi:2(1d)", "kagi:2.0(1d)"), ("kagi:4.0%(1d)", "kagi:4%(1d)"),
        ("kagi: 0.5 %", "kagi:0.5%"), ("point_and_figure:1,3(1d)", "pnf:1.0(1d)"), ("pnf:0.5,1(1d)", "pnf:0.5,1(1d)"),
        ("ha(renko:1(5min))", "ha(renko:1.0(5min))"),
    ],
)  # fmt: skip
def test_specs_are_read_however_they_are_written(text, canonical):
    spec = BarSpec.parse(text)
    assert str(spec) == (canonical or text)
    assert BarSpec.parse(str(spec)) == spec
    assert spec.maker().stage().copy() is not None


@pytest.mark.parametrize(
    "text",
    [
        "renko", "renko:0", "renko:-1", "renko:nan", "renko:1,14", "renko:atr0(1d)", "renko:atr99999(1d)", "renko:atrx",
        "renko:big", "ha:3", "linebreak:0", "linebreak:1.5", "linebreak:101", "kagi", "kagi:0", "kagi:-2", "kagi:0%",
        "kagi:100%", "kagi:2,3", "kagi:x%", "pnf", "pnf:0", "pnf:1,0", "pnf:1,2.5", "pnf:1,2,3",
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_a_way_out(text):
    with pytest.raises(SpecError, match=r"write such as (renko|ha|linebreak|kagi|pnf)"):
        BarSpec.parse(text)


@pytest.mark.parametrize(
    ("kind", "of", "glyph"),
    [
        ("renko", "either", "brick"), ("ha", "bars", "candle"), ("linebreak", "bars", "brick"),
        ("kagi", "bars", "kagi"), ("pnf", "bars", "pnf"),
    ],
)  # fmt: skip
def test_shaped_kinds_run_on_across_sessions(kind, of, glyph):
    found = bar_kinds.get(kind)
    assert (found.of, found.glyph, found.resets) == (of, glyph, False)
    assert str(BarSpec.parse(found.example)) == found.example
