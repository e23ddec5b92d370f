"""A value out of bounds is told in the user's words: his indicator, strategy or bar spec, and its parameter."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import WorkbenchError
from workbench.indicators import indicators
from workbench.strategies import strategies

BARS = pd.DataFrame(
    {name: [1.0, 2.0, 3.0] for name in ("open", "high", "low", "close")}, index=pd.date_range("2026-01-05", periods=3)
)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda: wb.indicator("rsi", window=0), "rsi: window must be at least 2, not 0"),
        (lambda: wb.indicator("rsi", window="a"), "rsi: window must be an integer, not str"),
        (lambda: wb.indicator("rsi", price=4), "rsi: price only takes a string value, not value of int"),
        (lambda: wb.indicator("rsi", timeframe="1h", forming=3), "rsi 14 wilder: forming must be True or False, not 3"),
        (lambda: wb.backtest("rsi(0) < 30", BARS), "rsi: window must be at least 2, not 0\n  rsi(0) < 30\n      ^"),
        (lambda: wb.strategies.SmaCross(fast=0), "SmaCross: fast must be at least 1, not 0"),
        (lambda: wb.sweep("sma_cross", BARS, {"fast": [0, 2]}), "SmaCross: fast=0 must be at least 1, not 0"),
        (lambda: wb.backtest("sma_cross", BARS, fees=2), "costs: taker must be at most 1, not 2"),
        (lambda: wb.BarSpec.parse("renko:0"), "bar spec 'renko:0': size must be greater than 0"),
    ],
)
def test_the_message(ask: Callable[[], object], told: str) -> None:
    with pytest.raises(WorkbenchError, match=f"^{re.escape(told)}"):
        ask()


@pytest.mark.parametrize("name", [name for name, kind in indicators if "window" in kind.param])
def test_every_window_is_told_of_by_the_name_of_its_indicator(name: str) -> None:
    with pytest.raises(WorkbenchError) as error:
        wb.indicator(name, window=-1)
    assert str(error.value).startswith(f"{name}: window must be ")


def test_no_strategy_speaks_of_a_class_that_was_not_named() -> None:
    for _, kind in strategies:
        for name in kind.param:
            if name != "name":
                with pytest.raises(WorkbenchError) as error:
                    kind(**{name: object()})
                assert str(error.value).startswith(f"{kind.__name__}: {name} ")


def test_an_indicator_is_found_by_the_words_of_its_title() -> None:
    with pytest.raises(
        WorkbenchError, match=r"unknown indicator 'bolinger': did you mean bbands \(Bollinger bands\)\?"
    ):
        wb.indicator("bolinger")
    with pytest.raises(WorkbenchError, match=r"no indicator or function 'bolinger': did you mean bbands \(Bollinger"):
        wb.indicator("formula", text="bolinger(close, 20).upper")
