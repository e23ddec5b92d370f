"""Formulas that are none: each is a clear error at its place, and nothing is run."""

from __future__ import annotations

import contextlib
import pickle
import sys

import param
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.test_indicators import BARS
from workbench.errors import DataError, FormulaError
from workbench.indicators import indicator, indicators
from workbench.indicators.formulas import FUNCTIONS, Formula, formula

#: The place that is meant stands after the sign §; then a piece of what is said.
BROKEN = [
    # Signs and words
    ("§", "the formula is empty"),
    ("§  \n", "the formula is empty"),
    ("close +§", "expected a value, found the end"),
    ("§* close", "expected a value, found '*'"),
    ("close - §/ open", "expected a value, found '/'"),
    ("close §open", "expected an operator or the end, found 'open'"),
    ("close §14", "expected an operator or the end, found '14'"),
    ("(close - open§", "expected ')' or ',' to go with '(', found the end"),
    ("(close - open§]", "expected ')'"),
    ("close - open§)", "expected an operator or the end, found ')'"),
    ("(§)", "expected a value inside of the parentheses"),
    ("close[3§", "expected ']' to go with '[', found the end"),
    ("close[§]", "expected a value, found ']'"),
    ("ema(close, 20§", "expected ')' or ',' to go with '('"),
    ("ema(close §20)", "expected ')' or ','"),
    ("ema(close,§)", "expected a value, found ')'"),
    ("ema(§, 20)", "expected a value, found ','"),
    ("ema(close, 20)§) ", "expected an operator or the end"),
    ("macd().§", "expected the name of an output after the dot, found the end"),
    ("macd().§(signal)", "expected the name of an output"),
    ("macd()§.5", "expected an operator or the end, found '.5'"),
    ("close §= open", "to compare, write =="),
    ("close == §= open", "expected a value, found '='"),
    ("close > open §> low", "comparisons do not chain: write a < b and b < c"),
    ("1 < rsi(14) §< 30", "comparisons do not chain"),
    ("close > open §&& rsi(14) < 30", "write and"),
    ("close > open §|| rsi(14) < 30", "write or"),
    ("§!(close > open)", "write not"),
    ("close §<> open", "write !="),
    ("close > open §AND close > low", "did you mean and?"),
    ("close > open §? 1 : 0", "write if(condition, x, y)"),
    ("close > open and§", "expected a value"),
    ("§and close > open", "expected a value, found 'and'"),
    ("not§", "expected a value, found the end"),
    ("close > 5 §%", "right after a number"),
    ("close §:= 3", "without assignments"),
    ("close§; open", "a formula is one value"),
    ("x §= 3", "to compare, write =="),
    ("close §// 2", "floor(x / y)"),
    ("close §@ open", "@ is not part of the language"),
    ("close §# a comment", "there are no comments"),
    ("§{close}", "parentheses are round"),
    ("close + §1h", "a number and a word run together"),
    ("1.5§.2", "expected an operator"),
    ("close * §0x10", "run together"),
    ("close * §1_000", "run together"),
    ("close * §1e", "run together"),
    ("close > §1e999", "too large"),
    ("§'close", "the quote ' is not closed"),
    ('ema(§"close, 20)', 'the quote " is not closed'),
    ("§'close' > 3", "text in quotes is an option, or a column"),
    ("§yes", "value of an option, not a number"),
    # Names
    ("§emma(close, 20)", "did you mean ema or"),
    ("close > §RSI(14)", "did you mean rsi or"),
    ("ema(close, 20) > §smaa(close, 20)", "did you mean sma or"),
    ("§highst(close, 20)", "did you mean highest"),
    ("§rsi < 30", "rsi is an indicator: write rsi(...)"),
    ("§abs - 3", "abs is a function: write abs(...)"),
    ("§nothing_like_it(3)", "there is no indicator or function 'nothing_like_it'"),
    ("rsi(§windw=14)", "did you mean window?"),
    ("rsi(14, §smooting=sma)", "did you mean smoothing or"),
    ("rsi(14, smoothing=§wilders)", "did you mean wilder?"),
    ("rsi(14, §sma)", "write smoothing=sma"),
    ("rsi(14, smoothing=§3)", "is a word, such as smoothing=wilder"),
    ("§macd(12, 26)", "several outputs: write macd(...).value, or one of signal, histogram"),
    ("macd().§signl", "did you mean signal?"),
    ("rsi(14).§signal", "rsi has no output 'signal'"),
    ("close.§value", "only indicators have some"),
    ("abs(close).§value", "only indicators have some"),
    ("macd().signal.§value", "only indicators have some"),
    ("abs(close, §2)", "abs(x) takes no more than 1"),
    ("§change()", "change(x, n) needs x"),
    ("§highest(high)", "highest(x, n) needs n"),
    ("§max(high)", "max(a, b, ...) needs b"),
    ("change(close, §m=3)", "change has no parameter 'm'"),
    ("change(close, §x=3)", "x is given twice"),
    ("rsi(14, §window=3)", "given by its place"),
    ("rsi(window=3, §window=4)", "window is given twice"),
    ("rsi(window=3, §14)", "by place come before those given by name"),
    # Values
    ("rsi(§0)", "must be at least"),
    ("ema(close, §200000)", "must be at most 100000"),
    ("ema(close, window=§-3)", "must be at least 1"),
    ("bbands(20, up=§-1).upper", "must be at least 0"),
    ("ema(close, §2.5)", "window of ema is a whole number, not 2.5"),
    ("ema(close, window=§open)", "is the same on all bars, and open changes"),
    ("ema(20, §close)", "series come before numbers: write ema(close, ...)"),
    ("ema(close, §volume)", "ema takes 1 series first, then numbers (window)"),
    ("ema(close, 20, §30)", "ema takes 1 numbers by place (window)"),
    ("atr(§close, 14)", "atr reads high, low, close and takes no series"),
    ("obv(§3)", "obv takes 0 numbers by place"),
    ("donchian(20, current=§3).upper", "current of donchian is yes or no, not 3"),
    ("vwap(session=§nowhere).upper", "nowhere"),
    ("vwap(§vwap=close).upper", "vwap has no parameter 'vwap'"),
    ("ema(§'=1', 20)", "is no name of a column"),
    ("ema(§'session:XNYS', 20)", "is no name of a column"),
    ("rsi(14, timeframe=§'1 parsec')", "bar spec '1 parsec' cannot be read"),
    ("rsi(14, timeframe=§3)", "timeframe of rsi is a word, such as timeframe="),
    ("rsi(14, timeframe='1h', forming=§maybe)", "forming of rsi is yes or no"),
    ("rsi(14, timeframe='1h', of=§'1d')", "coarser than the timeframe"),
    ("rsi(14, §timframe='1h')", "did you mean timeframe?"),
    ("close > §ema(close - open, 20, timeframe='1h')", "cannot be fed with a calculation"),
    ("obv(close, §open)", "obv takes 1 series first, then numbers: it has none"),
    ("close[§-1]", "there is no looking into the future"),
    ("close[§1.5]", "a whole number from 0 to 100,000, not 1.5"),
    ("close[§1e9]", "a whole number from 0 to 100,000"),
    ("close[§trades]", "the same on all bars, and trades changes"),
    ("§3[1]", "the same on all bars"),
    ("highest(high, §0)", "a whole number from 1 to 100,000, not 0"),
    ("highest(§3, 20)", "the same on all bars: give a column"),
    ("highest(high, §open)", "the same on all bars, and open changes"),
    ("ema(price=§3)", "the same on all bars"),
    ("§3", "the same on all bars (3)"),
    ("1 §> 0", "the formula is the same on all bars"),
    ("close + 1 §/ 0", "is no number, or one that is too large"),
    ("close + §sqrt(-1)", "is no number"),
    ("close + §log(0)", "is no number"),
    ("close * (1e308 §* 10)", "is no number, or one that is too large"),
    # Units
    ("close §+ rsi(14)", "close is a price and rsi(14) is a plain number: + needs two of a kind; value(x)"),
    ("volume §> close", "volume is a volume and close is a price"),
    ("close §- volume", "- needs two of a kind"),
    ("ema(close, 20) §> rsi(14)", "is a plain number"),
    ("rsi(14) §== close", "== needs two of a kind"),
    ("§max(close, volume)", "max needs two of a kind"),
    ("§if(close > open, close, volume)", "if needs two of a kind"),
    ("§nz(rsi(14), close)", "nz needs two of a kind"),
    ("§cross_above(close, rsi(14))", "cross_above needs two of a kind"),
    ("§close and close > open", "and takes yes/no and close is a price: compare it, as in x > 0"),
    ("close > open or §rsi(14)", "or takes yes/no and rsi(14) is a plain number"),
    ("not §3", "not takes yes/no and 3 is any number"),
    ("not §close", "not takes yes/no"),
    ("if(§close, 1, 2)", "if takes yes/no"),
    ("since(§close)", "since takes yes/no"),
    ("count(§close, 3)", "count takes yes/no"),
    ("valuewhen(§close, close)", "valuewhen takes yes/no"),
    ("(close §> open) + 1", "is yes/no, not a number: write if(condition, x, y), or value(condition)"),
    ("-(close §> open)", "is yes/no, not a number"),
    ("abs(close §> open)", "is yes/no, not a number"),
    ("(close > open) §== (close > low)", "yes/no is not compared"),
    ("ema(close §> open, 20)", "write value(close > open) for 1 and 0"),
    ("mean(close §> open, 20)", "is yes/no, not a number"),
    ("2 ^ §close", "an exponent is a plain number"),
    # What would be an attack on a language that is run as Python
    ("§__import__('os')", "there is no indicator or function '__import__'"),
    ("__import__('os').system§('true')", "expected an operator or the end"),
    ("close.§__class__", "only indicators have some"),
    ("(§).__class__", "expected a value inside of the parentheses"),
    ("rsi(14).__class__.§__mro__", "only indicators have some"),
    ("rsi(14).§__call__", "rsi has no output '__call__'"),
    ("§eval('1')", "there is no indicator or function 'eval'"),
    ("§exec('1')", "there is no indicator or function 'exec'"),
    ("§open('passwords')", "there is no indicator or function 'open'"),
    ("§getattr(close, 'values')", "there is no indicator or function 'getattr'"),
    ("lambda x§: x", "is not part of the language"),
    ("lambda §x", "expected an operator or the end"),
    ("f§'{close}'", "expected an operator or the end"),
    ("b§'close'", "expected an operator or the end"),
    ("§[close for close in open]", "expected a value, found '['"),
    ("close §if close > 1 else 2", "expected an operator"),
    ("import §os", "expected an operator or the end, found 'os'"),
    ("close§\\n", "is not part of the language"),
    ("§`true`", "is not part of the language"),
    ("§$close", "cannot be in a formula"),
    ("close§~1", "cannot be in a formula"),
    ("cl§\N{CYRILLIC SMALL LETTER O}se", "(cyrillic small letter o) cannot be in a formula"),
    ("§\N{FULLWIDTH LATIN SMALL LETTER C}lose", "(fullwidth latin small letter c)"),
    ("close §\N{MINUS SIGN} open", "(minus sign) cannot be in a formula"),
    ("close§\N{NO-BREAK SPACE}> open", "no-break space cannot be"),
    ("rsi(§\N{ARABIC-INDIC DIGIT THREE})", "(arabic-indic digit three)"),
    ("close§\N{ZERO WIDTH SPACE}", "zero width space"),
    ("close§\0", "character 0 cannot be in a formula"),
    ("ema(§'a\0b', 3)", "a character that cannot be seen"),
    ("close + §\N{PILE OF POO}", "cannot be in a formula"),
    ("9§**9**9", "is no number, or one that is too large"),
    ("close * §" + "9" * 1000, "too large"),
    ("formula(text=§'__import__(1)')", "there is no indicator or function '__import__'"),
]  # fmt: skip
LONG = [
    ("(" * 10_000, 2_000, "at most 2,000 characters"),
    ("(" * 1_000, 100, "nested more than 50 levels"),
    ("-" * 1_999 + "1", 100, "nested more than 50 levels"),
    ("not " * 400 + "close", 400, "nested more than 50 levels"),
    ("2^" * 500 + "2", 200, "nested more than 50 levels"),
    ("close" + "[1]" * 300, 5 + 3 * 49, "nested more than 50 levels"),
    ("abs(" * 300 + "1" + ")" * 300, 400, "nested more than 50 levels"),
    ("+".join(["1"] * 600), 2 * 50 - 1, "nested more than 50 levels"),
    (f"max({','.join(['1'] * 600)})", 504, "more than 500 parts"),
    ("9" * 5_000, 2_000, "at most 2,000 characters"),
]


WATCHED, SEEN = {"exec", "compile", "os.system", "subprocess.Popen", "open"}, []


def _audit(event: str, arguments: tuple) -> None:
    if SEEN and event in WATCHED:
        SEEN.append((event, str(arguments)))


sys.addaudithook(_audit)


@contextlib.contextmanager
def nothing_is_run():
    """Python tells of each text or file that it runs, and of each that it opens; there must be none."""
    SEEN.append("watching")
    try:
        yield
    finally:
        seen = SEEN[1:]
        SEEN.clear()
    assert seen == []


def test_the_watch_sees():
    with pytest.raises(AssertionError, match="compile"), nothing_is_run():
        eval("1 + 1")


@pytest.fixture(scope="module", autouse=True)
def everything_is_loaded():
    with pytest.raises(FormulaError):
        formula("vwap(session=nowhere).upper")


@pytest.mark.parametrize(("marked", "piece"), BROKEN, ids=[ascii(marked)[:60] for marked, _ in BROKEN])
def test_a_broken_formula(marked, piece):
    check(marked.replace("§", ""), marked.index("§"), piece)


@pytest.mark.parametrize(("text", "at", "piece"), LONG, ids=[text[:8] for text, _, _ in LONG])
def test_a_formula_that_is_too_much(text, at, piece):
    check(text, at, piece)


def check(text: str, at: int, piece: str) -> None:
    with pytest.raises(FormulaError) as caught, nothing_is_run():
        formula(text)
    error = caught.value
    assert piece in error.reason
    assert (error.position, error.text) == (at, text)
    assert not text or set(str(error).splitlines()[-1]) == {" ", "^"}


def test_there_are_a_hundred_of_them():
    assert len({marked for marked, _ in BROKEN}) >= 100


def test_the_caret_stands_under_the_place():
    with pytest.raises(FormulaError) as caught:
        formula("close > open and\n  emma(close, 20) > close")
    assert str(caught.value).splitlines()[1:] == ["    emma(close, 20) > close", "    ^^^^"]
    assert (caught.value.position, caught.value.length) == (19, 4)
    with pytest.raises(FormulaError) as caught:
        formula(" + ".join(["close"] * 40) + " + clsoe()")
    line, caret = str(caught.value).splitlines()[1:]
    assert len(line) < 110 and line[caret.index("^") :] == "clsoe()" and caret.count("^") == 5


def test_an_error_travels_between_processes():
    with pytest.raises(FormulaError) as caught:
        formula("close > emma(3)")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value) and (copy.position, copy.length) == (8, 4)


def test_the_registry_hands_the_error_on():
    with pytest.raises(FormulaError) as caught:
        indicator("formula", text="close > emma(3)")
    assert caught.value.position == 8 and isinstance(caught.value, DataError)


@pytest.mark.parametrize(
    ("text", "at", "piece"),
    [
        ("open > clsoe", 7, "no column 'clsoe': did you mean close"),
        ("close > ema(clsoe, 3)", 12, "no column 'clsoe'"),
        ("close + ema('Adj Close', 3)", 12, "no column 'Adj Close'"),
        ("__class__ > 3", 0, "no column '__class__'"),
        ("close + delta()", 8, "no column 'buy_volume'"),
        ("close - hl2", 8, "no column 'low'"),
    ],
)
def test_a_column_that_the_bars_do_not_have(text, at, piece):
    one, bars = formula(text), BARS[["open", "high", "close", "volume"]]
    for use in (one, lambda bars: one.stream().update(bars), lambda bars: one.stream().update(bars.iloc[0])):
        with pytest.raises(FormulaError, match=piece) as caught:
            use(bars)
        assert caught.value.position == at


def test_one_column_is_enough_for_a_formula_that_reads_one():
    assert formula("close / close[1]")(BARS.open).notna().sum() == len(BARS) - 1
    with pytest.raises(DataError, match="reads close, open: give bars"):
        formula("close - open")(BARS.close)


def test_a_formula_that_names_itself(monkeypatch):
    known = dict(indicators._plugins)
    monkeypatch.setattr(indicators, "_plugins", known)
    with pytest.raises(FormulaError, match="does one name itself"):

        @indicators.register("ouroboros")
        class Ouroboros(Formula):
            """Never ends."""

            text = "ouroboros() + 1"

        Ouroboros()


def test_a_parameter_that_does_not_fit_its_place():
    class Odd(Formula):
        """Takes anything."""

        switch = param.Boolean(True, doc="Yes or no.")
        bars = param.Integer(0, bounds=(-9, 9), doc="Bars.")

    for text, piece in (("close + switch", "value of an option"), ("ema(close, bars)", "must be at least 1")):
        with pytest.raises(FormulaError, match=piece) as caught:
            Odd(text=text)
        assert caught.value.position in (8, 11)


WORDS = [
    *FUNCTIONS, *indicators.names()[::7], *"+-*/^<>=()[],.%'\"", "and ", "or ", "not ", "close", "volume", "hl2", "3",
    "20", "5%", " ", "\n", "1e9", "**", "<=", "==", "!=", "__class__", "window=", "signal", "\0", "price=", "wilder",
    "=", "(",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=14).map("".join)))
def test_any_text_is_a_formula_or_a_formula_error(text):
    try:
        with nothing_is_run():
            one = formula(text)
    except FormulaError as error:
        assert 0 <= error.position <= max(len(text), 1) and str(error)
    else:
        assert isinstance(one, Formula)
