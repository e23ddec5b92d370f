"""Formulas: their numbers are those of Python, bit for bit, at once and bar by bar."""

from __future__ import annotations

import math
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import param
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.test_indicators import made
from workbench.indicators import Studies, indicator, indicators
from workbench.indicators.formulas import FUNCTIONS, Formula, formula, tree
from workbench.indicators.formulas.parser import parse
from workbench.indicators.formulas.program import ELEMENTWISE, Program

BARS = made(600, seed=3)
B, study = BARS, indicator
NAN = math.nan


def yes(values: pd.Series, *parts: pd.Series) -> pd.Series:
    """A comparison of Python's, not known where a part is not."""
    known = np.logical_and.reduce([part.notna() for part in parts])
    return values.astype(float).where(known)


def sma(n: int, price: str = "close") -> pd.Series:
    return study("sma", window=n, price=price)(BARS)


FAST, SLOW, RSI = study("ema", window=20)(B), study("ema", window=50)(B), study("rsi", window=14)(B)
UP = yes(B.close > B.open, B.close)
PYTHON = {
    "close": B.close,
    "ema(close, 20) - ema(close, 50)": FAST - SLOW,
    "ema(20) - ema(50)": FAST - SLOW,
    "ema(close, 20) - ema(close, 50) > 0 and rsi(14) < 30": yes((FAST - SLOW > 0) & (RSI < 30), FAST, SLOW, RSI),
    "ema(close, 20) < ema(close, 50) or not rsi(14) < 60": yes((FAST < SLOW) | ~(RSI < 60), FAST, SLOW, RSI),
    "(high + low) / 2 == hl2": yes((B.high + B.low) / 2 == (B.high + B.low) / 2, B.high),
    "hl2 + 2 * atr(14)": (B.high + B.low) / 2 + 2 * study("atr", window=14)(B),
    "-close + 2 * close": -B.close + 2 * B.close,
    "close - open - high": B.close - B.open - B.high,
    "close - (open - high)": B.close - (B.open - B.high),
    "close / open / 2": B.close / B.open / 2,
    "-(close / open) ^ 2": -((B.close / B.open) * (B.close / B.open)),
    "2 ^ 3 ^ 2 + close": 512.0 + B.close,
    "(close / open) ^ 1.5": np.power(B.close / B.open, 1.5),
    "2 ** -(close / open)": np.power(2.0, -(B.close / B.open)),
    "close * 5% + .5 + 1e2": B.close * 0.05 + 0.5 + 100.0,
    "macd(12, 26, 9).signal": study("macd")(B).signal,
    "macd(fast=8, slow=21).histogram": study("macd", fast=8, slow=21)(B).histogram,
    "bbands(20, 2).upper": study("bbands", window=20, up=2)(B).upper,
    "rsi(hl2, 14, smoothing=sma)": study("rsi", price="hl2", smoothing="sma")(B),
    "rsi(14, smoothing='sma')": study("rsi", smoothing="sma")(B),
    "donchian(20, current=no).upper": study("donchian", current=False)(B).upper,
    "vwap(session=XNYS).upper": study("vwap", session="XNYS")(B).upper,
    "correl(close, volume, 20)": study("correl", x="close", y="volume", window=20)(B),
    "barpart('trades')": B.trades.astype(float),
    "ema(rsi(14), 9)": study("ema", window=9)(RSI),
    "ema(price=rsi(14), window=9)": study("ema", window=9)(RSI),
    "sma(ema(close - open, 5), 4)": study("sma", window=4)(study("ema", window=5)(B.close - B.open)),
    "vwma(close - open, 9)": study("vwma", price="gain", window=9)(B.assign(gain=B.close - B.open)),
    "close[3]": B.close.shift(3),
    "close[0]": B.close,
    "rsi(14)[1] - rsi(14)": RSI.shift(1) - RSI,
    "change(close)": B.close - B.close.shift(1),
    "change(sma(5), 4)": sma(5) - sma(5).shift(4),
    "highest(high, 20)": B.high.rolling(20).max(),
    "lowest(low - 1, 20)": (B.low - 1).rolling(20).min(),
    "mean(close, 7)": sma(7),
    "mean(close - open, 7)": study("sma", window=7)(B.close - B.open),
    "sum(trades, 9)": B.trades.rolling(9).sum(),
    "max(open, close, 100)": np.maximum(np.maximum(B.open, B.close), 100.0),
    "min(open, sma(5))": np.minimum(B.open, sma(5)).where(sma(5).notna()),
    "if(close > open, high, low)": B.high.where(B.close > B.open, B.low),
    "if(close > sma(5), 1, -1)": pd.Series(np.where(B.close > sma(5), 1.0, -1.0), B.index).where(sma(5).notna()),
    "if(close > 0, close, sma(5))": B.close,
    "nz(sma(5))": sma(5).fillna(0.0),
    "nz(sma(5), close)": sma(5).fillna(B.close),
    "nz(close > sma(5))": (B.close > sma(5)).astype(float),
    "value(close) + rsi(14)": B.close + RSI,
    "value(close > open) + 1": UP + 1,
    "cross_above(close, sma(5))": yes(
        (B.close > sma(5)) & (B.close.shift(1) <= sma(5).shift(1)), sma(5).shift(1)
    ),
    "cross_below(close, 100)": yes((B.close < 100) & (B.close.shift(1) >= 100), B.close.shift(1)),
    "cross(close, 100)": yes(((B.close < 100) != (B.close.shift(1) < 100)) & (B.close != 100) | (
        (B.close.shift(1) == 100) & (B.close != 100)), B.close.shift(1)),
    "rising(close)": yes(B.close.diff() > 0, B.close.shift(1)),
    "rising(close, 3)": yes((B.close.diff() > 0).rolling(3).sum() == 3, B.close.shift(3)),
    "falling(close, 2)": yes((B.close.diff() < 0).rolling(2).sum() == 2, B.close.shift(2)),
    "count(close > open, 10)": UP.rolling(10).sum(),
    "valuewhen(close > open, high)": B.high.where(B.close > B.open).ffill(),
    "abs(close - open)": (B.close - B.open).abs(),
    "sign(close - open)": np.sign(B.close - B.open),
    "floor(close) + ceil(close) + round(close)": np.floor(B.close) + np.ceil(B.close) + np.rint(B.close),
    "sqrt(close * open)": np.sqrt(B.close * B.open),
    "log(close / close[1])": np.log(B.close / B.close.shift(1)),
    "volume / mean(volume, 20) > 1.5": yes(B.volume / sma(20, "volume") > 1.5, sma(20, "volume")),
    "close / (close - close)": B.close * NAN,
    "1e300 * close * 1e300 / close": B.close * NAN,
}  # fmt: skip


@pytest.mark.parametrize("text", PYTHON)
def test_the_numbers_are_those_of_python(text):
    found = formula(text)(BARS)
    np.testing.assert_array_equal(found.to_numpy(), PYTHON[text].to_numpy(float))
    assert found.index.equals(BARS.index) and found.name == text


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log10"])
def test_functions_of_one_number(name):
    ratio = B.close / B.close.shift(1) - 0.5
    found = formula(f"{name}(close / close[1] - 0.5)")(BARS).to_numpy()
    theirs = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}.get(name, name)
    np.testing.assert_array_equal(found, getattr(np, theirs)(ratio.to_numpy()))


def test_bars_since_a_condition_held():
    held = (B.close > B.open).to_numpy()
    wanted, last = [], NAN
    for now in held:
        last = 0.0 if now else last + 1
        wanted.append(last)
    np.testing.assert_array_equal(formula("since(close > open)")(BARS), wanted)


def test_every_function_is_tried_and_in_the_guide():
    tried = " ".join([*PYTHON, *GUIDE.split("```")])
    page = GUIDE
    for name in FUNCTIONS:
        assert f"{name}(" in page, f"docs/formulas.md does not tell of {name}"
        assert f"{name}(" in tried


GUIDE = (Path(__file__).parents[3] / "docs" / "formulas.md").read_text("utf-8")
EXAMPLES = [line for block in re.findall(r"```formula\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_guide(text):
    assert formula(text)(made(900)).notna().any()


HOUR = {"window": 14, "timeframe": "1h"}
COARSE = {
    "rsi(14, timeframe='1h')": study("rsi", **HOUR)(B),
    'rsi(14, timeframe="1h", forming=yes)': study("rsi", **HOUR, forming=True)(B),
    "close > ema(hl2, 14, timeframe='1h', of='2min')": yes(
        B.close > study("ema", price="hl2", **HOUR, of="2min")(B), study("ema", price="hl2", **HOUR, of="2min")(B)
    ),
    "macd(timeframe='15min', session=XNYS).signal": study("macd", timeframe="15min", session="XNYS")(B).signal,
}


@pytest.mark.parametrize("text", COARSE)
def test_other_timeframes(text):
    assert COARSE[text].notna().any()
    np.testing.assert_array_equal(formula(text)(BARS), COARSE[text].to_numpy(float))
    np.testing.assert_array_equal(streamed(text, BARS), COARSE[text].to_numpy(float))


# Streams


def streamed(text: str, bars: pd.DataFrame, seed: int = 0) -> np.ndarray:
    """In parts of random length, some of one bar, through a pickle in between."""
    rng, stream, parts, at = np.random.default_rng(seed), formula(text).stream(), [], 0
    while at < len(bars):
        end = at + int(rng.choice([0, 1, 1, 2, 3, 9, 70]))
        parts.append(stream.update(bars.iloc[at:end]))
        stream, at = (pickle.loads(pickle.dumps(stream)) if end % 3 == 0 else stream), end
    return pd.concat(parts).to_numpy()


@pytest.mark.parametrize("text", [*PYTHON, *EXAMPLES])
def test_a_stream_gives_the_same_bits(text):
    np.testing.assert_array_equal(streamed(text, BARS), formula(text)(BARS).to_numpy())


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name not in ("if", "nz", "and", "or", "not")])
def test_every_cutting_gives_the_same_bits(name):
    """A loop of NumPy may have a body and an end that differ in the last bit."""
    rng = np.random.default_rng(1)
    function = ELEMENTWISE[name]
    x, y = rng.uniform(0.01, 3, 300), rng.uniform(-2, 3, 300)
    given = (x, y) if name in ("+", "-", "*", "/", "^", "min", "max", "<", "<=", ">", ">=", "==", "!=") else (x,)
    with np.errstate(all="ignore"):
        whole = function(*given)
        for step in (1, 2, 3, 5, 7, 8, 9, 31):
            parts = [function(*(one[at : at + step].copy() for one in given)) for at in range(0, 300, step)]
            np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_bar_at_a_time_as_records_and_mappings():
    one = formula("ema(close, 20) - ema(close[2], 50) > 0 and rsi(14) < 50 or since(close > open) > 2", name="it")
    whole, stream = one(BARS), one.stream()
    found = [stream.update(bar.to_dict() if i % 2 else bar) for i, (_, bar) in enumerate(BARS.iloc[:200].iterrows())]
    np.testing.assert_array_equal(found, whole[:200])
    assert whole.name == "it" and one.stream().update(BARS).name == "it" and one.label == "it"


def test_a_look_at_a_forming_bar_changes_nothing():
    one = formula("since(ema(close - close[3], 5) > 0) + count(close > open, 4)")
    studies, whole = Studies([one]), one(BARS).to_numpy()[:, None]
    rows = studies.rows_of(BARS)
    studies.update_rows(rows[:300])
    for _ in range(2):
        np.testing.assert_array_equal(studies.peek_rows(rows[300:310]), whole[300:310])
    np.testing.assert_array_equal(studies.update_rows(rows[300:]), whole[300:])


def test_long_series_are_computed_in_blocks(monkeypatch):
    text = "since(close > ema(close - open[7], 20) + close[40]) + valuewhen(close > open, rsi(14))[3]"
    whole = formula(text)(BARS)
    for block in (1, 7, 64):
        monkeypatch.setattr("workbench.indicators.formulas.program._BLOCK", block)
        pd.testing.assert_series_equal(formula(text)(BARS), whole, check_exact=True)


def test_bars_with_nan():
    holed = BARS.copy()
    holed.loc[holed.index[[0, 50, 51, 300]], ["open", "high", "low", "close"]] = NAN
    for text in ("ema(close, 5) - close[1]", "mean(close - open, 5) > 0", "since(close > open)", "rising(close, 2)"):
        values = formula(text)(holed)
        np.testing.assert_array_equal(streamed(text, holed), values.to_numpy())
        assert values.iloc[[0, 50, 51, 300]].isna().all() and values.iloc[310:].notna().all()


# Random formulas

LETTERS = st.sampled_from(["close", "high", "rsi", "fast", "x_1", "__a"])
NUMBERS = st.floats(0, 1e300).map(lambda value: tree.Number(value))
LEAVES = NUMBERS | LETTERS.map(tree.Name) | st.sampled_from([tree.Text("1h"), tree.Text("it's"), tree.Text('a "b"')])


def _grown(parts: st.SearchStrategy) -> st.SearchStrategy:
    arguments = st.lists(parts.map(lambda one: tree.Argument("", one)), max_size=3).map(tuple)
    named = st.lists(st.tuples(LETTERS, parts), max_size=2, unique_by=lambda one: one[0]).map(
        lambda found: tuple(tree.Argument(name, one) for name, one in found)
    )
    return st.one_of(
        st.builds(tree.Unary, st.sampled_from(["-", "not"]), parts),
        st.builds(tree.Binary, st.sampled_from([*tree.BINDING]), parts, parts),
        st.builds(tree.Index, parts, parts),
        st.builds(tree.Output, parts, LETTERS),
        st.builds(lambda name, some, more: tree.Call(name, some + more), LETTERS, arguments, named),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(LEAVES, _grown, max_leaves=12))
def test_a_tree_is_written_and_read_again(node):
    assert parse(tree.text_of(node)) == node


PRICES = st.sampled_from(
    ["close", "open", "hl2", "ema(close, 5)", "sma(hl2, 3)", "highest(high, 4)", "bbands(5).middle"]
)
WINDOWS = st.integers(1, 9)


def _made(number: st.SearchStrategy) -> st.SearchStrategy:
    holds = st.builds("({} {} {})".format, number, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), number)
    holds |= st.builds("({} {} {})".format, holds, st.sampled_from(["and", "or"]), holds)
    holds |= st.builds("(not {})".format, holds) | st.builds("rising({}, {})".format, number, WINDOWS)
    holds |= st.builds("cross({}, {})".format, number, number)
    return st.one_of(
        st.builds("({} {} {})".format, number, st.sampled_from("+-"), number),
        st.builds("{}[{}]".format, number, WINDOWS),
        st.builds("ema({}, {})".format, number, WINDOWS),
        st.builds("{}({}, {})".format, st.sampled_from(["highest", "lowest", "sum", "mean"]), number, WINDOWS),
        st.builds("if({}, {}, {})".format, holds, number, number),
        st.builds("valuewhen({}, {})".format, holds, number),
        st.builds("value(since({}))".format, holds).map("({} * 1.5)".format),
        st.builds("value(count({}, {}))".format, holds, WINDOWS),
        st.builds("value({} / {})".format, number, number),
        st.builds("value(exp(-{} / {}))".format, number, number),
        st.builds("nz({}, {})".format, number, number),
    )


@settings(max_examples=120, deadline=None)
@given(st.recursive(PRICES, _made, max_leaves=6), st.integers(1, 119), st.integers(0, 9))
def test_random_formulas_stream_and_do_not_look_ahead(text, end, seed):
    bars = BARS.iloc[:120]
    one = formula(text)
    whole = one(bars).to_numpy()
    np.testing.assert_array_equal(streamed(text, bars, seed), whole)
    np.testing.assert_array_equal(one(bars.iloc[:end]).to_numpy(), whole[:end])
    assert not np.isinf(whole).any()


# As an indicator


def test_what_is_written_twice_is_computed_once(monkeypatch):
    one = formula("ema(close, 20) > ema(20) or rsi(14) < 30 or rsi(close, 14) > 70 or ema(rsi(), 3) > 50")
    program: Program = one.read.program
    assert [use.study.label for stage in program.stages for use in stage.uses][:2] == ["ema 20", "rsi 14 wilder"]
    assert sum(len(stage.uses) for stage in program.stages) == 3


def test_what_it_says_of_itself():
    one = formula("ema(close, 20) - ema(close, 50)")
    assert (one.reads, one.outputs, one.warmup, one.causal) == (("close",), ("value",), 49, True)
    assert (one.unit, one.scale, one.overlay, one.condition) == ("a price", "price", False, False)
    condition = formula("one > 3 and vwap().lower > close")
    assert condition.condition and condition.reads == ("one", "hlc3", "volume", "session:24/7", "close")
    assert condition.styles == {"value": "step"} and Formula.styles == {} and Formula.overlay is False
    assert not formula("dpo_centred(10) > 0").causal
    assert formula("rsi(14)").scale == "none" and formula("obv()").scale == "other"


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("close", True), ("hl2 + 2 * atr(14)", True), ("(high + low) / 2", True), ("ema(close - open, 5)", False),
        ("close[3]", True), ("highest(high, 5)[1]", True), ("close - open", False), ("bbands(20).upper", True),
        ("if(close > open, high, low)", True), ("2 * close", False), ("close / open", False), ("rsi(14)", False),
        ("ema(volume, 20)", False), ("volume", False), ("close * rsi(14)", False),
        ("0.25 * close + ema(9) * 75%", True),
        ("close > open", False), ("ema(hl2, 20)", True), ("max(close, open)", True),
    ],
)  # fmt: skip
def test_a_formula_that_is_a_price_is_drawn_over_the_prices(text, over):
    assert formula(text).overlay is over


@pytest.mark.parametrize(
    ("text", "warmup"),
    [("close", 0), ("sma(5)[3]", 7), ("ema(rsi(14), 9)", 22), ("nz(sma(5))", 0), ("max(sma(9), sma(4))", 8),
     ("rising(sma(5), 3)", 7), ("cross_above(close, sma(5))", 5), ("change(close, 4)", 4)],
)  # fmt: skip
def test_the_warm_up(text, warmup):
    assert formula(text).warmup == warmup
    known = formula(text)(BARS).notna().to_numpy()
    assert known.argmax() == warmup and known[warmup:].all()


def test_equal_by_text():
    one, same, other = formula("close - open"), formula("close - open"), formula("close  - open")
    assert one == same and hash(one) == hash(same) and one != other and one != "close - open"
    again = pickle.loads(pickle.dumps(one))
    assert again == one and again.label == one.label
    pd.testing.assert_series_equal(again(BARS), one(BARS))
    assert repr(one) == "indicator('formula', text='close - open')"
    assert study("formula", text="close - open").label == "formula close - open"


def test_a_formula_that_is_changed():
    one = formula("close - open")
    one.text = "close + open"
    np.testing.assert_array_equal(one(BARS), B.close + B.open)


class Trend(Formula):
    """The distance of two means."""

    text = "ema(source, fast) - ema(source, window=slow)[back]"
    source = param.String("close", doc="Column.")
    fast = param.Integer(10, bounds=(1, 500), doc="Bars of the quick mean.")
    slow = param.Integer(40, bounds=(1, 500), doc="Bars of the slow mean.")
    back = param.Integer(0, bounds=(0, 9), doc="Bars back.")


@pytest.fixture
def trend(monkeypatch):
    monkeypatch.setattr(indicators, "_plugins", dict(indicators._plugins))
    return indicators.register("trend")(Trend)


def test_a_class_of_ones_own(trend):
    one = study("trend", fast=5)
    np.testing.assert_array_equal(one(BARS), study("ema", window=5)(B) - study("ema", window=40)(B))
    assert one(BARS).name == "trend" and trend.param.text.default.startswith("ema(source")
    over = study("trend", source="hl2", back=2)
    np.testing.assert_array_equal(
        over(BARS), study("ema", price="hl2", window=10)(B) - study("ema", price="hl2", window=40)(B).shift(2)
    )
    assert over.reads == ("hl2",) and one != over
    nested = formula("trend(5, 40) > 0 and trend(fast=5).value < 1")
    np.testing.assert_array_equal(nested(BARS), yes((one(BARS) > 0) & (one(BARS) < 1), one(BARS)))
    np.testing.assert_array_equal(streamed(nested.text, BARS), nested(BARS))
