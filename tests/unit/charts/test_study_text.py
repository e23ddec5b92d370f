"""A study as text: what is read is what was written, and what cannot be read says where."""

from __future__ import annotations

import pytest

from workbench.charts.study_text import Looks, Study, join_studies, split_studies
from workbench.errors import DataError, WorkbenchError
from workbench.indicators import indicator


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("rsi", "rsi"),
        ("rsi()", "rsi"),
        (" rsi( window = 14 ) ", "rsi"),
        ("ema(window=50)", "ema(window=50)"),
        ("macd(signal=5,fast=3)", "macd(fast=3, signal=5)"),
        ("macd(fixed=true)", "macd(fixed=true)"),
        ("bbands(up=1.5)", "bbands(up=1.5)"),
        ("vwap(session='days:Asia/Tokyo')", "vwap(session=days:Asia/Tokyo)"),
        ("ema(color=#FFAA00, width=2, pane=own, height=150, hidden=true, folded=true)",
         "ema(color=#ffaa00, width=2, pane=own, height=150, hidden=true, folded=true)"),
        ("macd(color.signal=#ffaa00, width.signal=2)", "macd(color.signal=#ffaa00, width.signal=2)"),
        (r'vwap(session="a; \"b\" \\ (c), d=e")', r'vwap(session="a; \"b\" \\ (c), d=e")'),
    ],
)  # fmt: skip
def test_a_study_is_written_as_it_is_read(text: str, canonical: str) -> None:
    study = Study.parse(text)
    assert str(study) == canonical
    assert str(Study.parse(canonical)) == canonical


def test_values_arrive_at_the_indicator() -> None:
    one = Study.parse("macd(fast=3, fixed=true, signal=5)").indicator()
    assert (one.fast, one.signal, one.fixed, one.slow) == (3, 5, True, 26)


def test_an_indicator_becomes_a_study() -> None:
    assert str(Study.of(indicator("ema", window=9))) == "ema(window=9)"
    with pytest.raises(WorkbenchError, match="not int"):
        Study.of(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "character 1: the name of an indicator"),
        ("emma", "did you mean ema"),
        ("ema window", "character 5: an opening bracket"),
        ("ema(window=", "character 12: a value of window"),
        ("ema(window=20", "character 14: a comma or the closing bracket"),
        ("ema(window=20) x", "character 14"),
        ("ema(20)", "character 5: a parameter and ="),
        ("ema(window=20;)", "character 14"),
        ('vwap(session="x)', "a value of session"),
        ("ema(windw=20)", "did you mean window"),
        ("ema(window=2, window=3)", "twice"),
        ("ema(window=2.5)", "whole number"),
        ("ema(window=0)", "at least 1"),
        ("bbands(up=nan)", "a number, not 'nan'"),
        ("macd(fixed=yes)", "true or false"),
        ("rsi(smoothing=wilde)", "did you mean wilder"),
        ("ema(color=red)", "write it like #2962ff"),
        ("macd(color.other=#ffffff)", "no output 'other'"),
        ("ema(pane.value=own)", "no parameter 'pane.value'"),
        ("ema(pane=left)", "price or own"),
        ("ema(width=99)", "0.5 to 8 px"),
        ("ema(height=1)", "40 to 1200 px"),
        ("ema(window=" + "1" * 3000, "at most 2000"),
    ],
)
def test_a_study_that_cannot_be_read_says_why(text: str, says: str) -> None:
    with pytest.raises(WorkbenchError, match="(?s).*") as error:
        Study.parse(text)
    assert says in str(error.value.args[0])


def test_several_studies_are_parted_by_semicolons_outside_of_quotes() -> None:
    texts = ['a(x="1;2")', r"b(y='\';')", "c"]
    assert split_studies(join_studies(texts)) == texts
    assert split_studies("; a ;; b;") == ["a", "b"]


def test_the_session_of_the_instrument_is_taken_unless_another_was_chosen() -> None:
    assert Study.parse("vwap").indicator("XNYS").session == "XNYS"
    assert Study.parse("vwap(session=XLON)").indicator("XNYS").session == "XLON"
    assert Study.parse("rsi").indicator("XNYS").window == 14


def test_looks_are_of_one_output_before_those_of_all() -> None:
    looks = Looks(colors={"": "#111111", "signal": "#222222"}, widths={"": 2.0})
    assert (looks.color("signal"), looks.color("value"), looks.width("signal")) == ("#222222", "#111111", 2.0)


def test_a_study_of_another_timeframe():
    text = "rsi(window=9, timeframe=1h, forming=true, color=#aabbcc)"
    study = Study.parse(text)
    assert str(study) == text and str(Study.parse(str(study))) == text
    one = study.indicator("XNYS")
    assert one.label == "rsi 9 wilder 1h XNYS forming" and one.timeframe == "1h"
    assert Study.of(one).indicator().label == one.label
    assert str(study.with_values({"window": 5})) == "rsi(window=5, timeframe=1h, forming=true, color=#aabbcc)"
    with pytest.raises(DataError, match="goes with a timeframe"):
        Study.parse("rsi(forming=true)")
    with pytest.raises(DataError, match="takes true or false"):
        Study.parse("rsi(timeframe=1h, forming=maybe)")
