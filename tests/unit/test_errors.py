from __future__ import annotations

import pytest

from workbench.errors import UnknownNameError, WorkbenchError, did_you_mean, parameter_told, unknown


def test_near_names_are_offered_whatever_their_case():
    assert did_you_mean("btcusd", ["BTC-USD", "ES"]) == "did you mean BTC-USD?"


def test_without_a_near_name_the_first_dozen_is_told():
    assert did_you_mean("zzz", []) == "there are none"
    assert did_you_mean("zzz", ["b", "a", "b"]) == "known: a, b"
    assert did_you_mean("zzz", [f"q{n:02}" for n in range(15)]).endswith("q11 and 3 more")


def test_unknown_names_thing_and_value_and_is_a_lookup_error():
    error = unknown("symbol", "APPL", ["AAPL"])
    assert isinstance(error, UnknownNameError) and isinstance(error, LookupError) and isinstance(error, WorkbenchError)
    with pytest.raises(WorkbenchError, match=r"unknown symbol 'APPL': did you mean AAPL\?"):
        raise error


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Integer parameter '_Strength.window' must be at least 2, not 0.", "window must be at least 2, not 0"),
        ("Integer parameter 'window' must be an integer, not <class 'str'>.", "window must be an integer, not str"),
        ("Number parameter 'My own.k' must be a number, not <class 'a.b.C'>", "k must be a number, not C"),
        ("windows must differ: fast 9, slow 9", "windows must differ: fast 9, slow 9"),
    ],
)
def test_a_wrong_parameter_is_named_as_it_was_written(said: str, told: str) -> None:
    assert parameter_told(ValueError(said)) == told


TITLES = {
    "bbands": "Bollinger bands", "rsi": "Relative strength index", "prs": "Price relative strength",
    "keltner": "Keltner channels", "vwap_rolling": "Rolling volume-weighted average price",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bolinger", "did you mean bbands (Bollinger bands)?"),
        ("Bollinger", "did you mean bbands (Bollinger bands)?"),
        ("BollingerBands", "did you mean bbands (Bollinger bands)?"),
        ("bollinger_bands", "did you mean bbands (Bollinger bands)?"),
        ("relative strength", "did you mean prs (Price relative strength) or rsi (Relative strength index)?"),
        ("BB", "did you mean bbands?"),
        ("vwap", "did you mean vwap_rolling?"),
        ("rolling", "did you mean vwap_rolling?"),
        ("rsj", "did you mean rsi or prs?"),  # nearly spelt so: titles have no say
    ],
)
def test_titles_and_parts_of_names_are_offered_where_no_name_is_nearly_spelt_so(name: str, told: str) -> None:
    assert did_you_mean(name, TITLES, titles=TITLES) == told


def test_a_text_that_is_nowhere_offers_what_there_is() -> None:
    for name in ("", " ", "q!"):
        assert did_you_mean(name, TITLES, titles=TITLES) == "known: bbands, keltner, prs, rsi, vwap_rolling"
