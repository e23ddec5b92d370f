from __future__ import annotations

import pytest

from workbench.errors import UnknownNameError, WorkbenchError, did_you_mean, unknown


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
