"""What is told of indicators."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.errors import UnknownNameError
from workbench.indicators import indicators
from workbench.indicators.about import about, family


def test_it_tells_what_is_declared() -> None:
    told = about("bbands")
    assert (told.title, told.family, told.overlay, told.warmup) == ("Bollinger bands", "Bands and channels", True, 19)
    assert told.reads == ("close",) and told.outputs[:3] == ("upper", "middle", "lower") and told.causal
    window = next(one for one in told.parameters if one.name == "window")
    assert (window.default, window.takes) == ("20", "2 to 100\u202f000") and window.doc.startswith("Bars of the mean")
    assert "middle = sma(price, window)" in told.formula.splitlines()


def test_values_that_parameters_take() -> None:
    takes = {one.name: one.takes for name in ("macd", "rsi", "stddev", "prs") for one in about(name).parameters}
    assert takes["fixed"] == "True, False" and takes["smoothing"] == "wilder, sma, ema"
    assert takes["deviations"] == "0 or more" and takes["base"] == "text"


@pytest.mark.parametrize("name", ["rsi", "obv", "bbands", "cdl_doji", "avgprice", "alma"])
def test_the_code_makes_the_indicator_with_its_defaults(name) -> None:
    made = eval(about(name).code, {"wb": wb})
    assert repr(made) == repr(wb.indicator(name))


def test_families() -> None:
    words = {family(kind) for _, kind in indicators}
    assert "Candle patterns" in words and len(words) < 20
    assert family(type("Mine", (), {"__module__": "mine.deep"})) == "mine"
    assert family(type("New", (), {"__module__": "workbench.indicators.wavelets_fast"})) == "Wavelets"


def test_an_unknown_name_has_neighbours() -> None:
    with pytest.raises(UnknownNameError, match="did you mean rsi"):
        about("rsii")
