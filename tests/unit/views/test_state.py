from __future__ import annotations

import param
import pytest

from workbench.errors import UnknownNameError
from workbench.views.state import AppState


class Location(param.Parameterized):
    search = param.String(default="")


def test_defaults() -> None:
    state = AppState()
    assert (state.symbol, state.spec, state.tz, state.dark, state.palette) == (
        "BTC-USD",
        "1min",
        "UTC",
        True,
        "classic",
    )
    assert state.query == "symbol=BTC-USD&spec=1min&tz=UTC"


def test_a_link_is_taken_over_in_canonical_form() -> None:
    state, location = AppState(), Location(search="?symbol=AAPL&spec=60m&tz=Europe%2FBerlin")
    assert state.sync_url(location) is state
    assert (state.symbol, state.spec, state.tz, state.notice) == ("AAPL", "1h", "Europe/Berlin", "")


def test_bad_values_become_the_default_and_a_notice_that_names_them() -> None:
    state, location = AppState(), Location(search="?symbol=AAPL&spec=7x&tz=Europe%2FBerln")
    state.sync_url(location)
    assert (state.symbol, state.spec, state.tz) == ("AAPL", "1min", "UTC")
    assert "'7x'" in state.notice and "Showing 1min instead." in state.notice
    assert "did you mean Europe/Berlin" in state.notice and "Showing UTC instead." in state.notice


@pytest.mark.parametrize("text", ["", " ", "x" * 65, "a\x00b"])
def test_a_symbol_that_cannot_be_one_is_refused(text: str) -> None:
    from urllib.parse import urlencode

    state = AppState()
    refused = state.apply_query("?" + urlencode({"symbol": text, "spec": "5min"}))
    assert state.symbol == "BTC-USD" and state.spec == "5min"
    assert len(refused) == (1 if text else 0)  # an empty value is no value


@pytest.mark.parametrize("text", ["../../etc/passwd", "/etc/localtime", "UTC\x00", "a" * 5000])
def test_a_zone_is_never_a_path(text: str) -> None:
    with pytest.raises(ValueError, match="not known"):
        AppState().tz = text


def test_symbols_are_resolved_by_whoever_knows_them() -> None:
    def resolve(text: str) -> str:
        if text == "btcusd":
            return "BTC-USD"
        raise UnknownNameError(f"unknown symbol {text!r}: did you mean AAPL?")

    state = AppState(symbol="ES")
    assert state.apply_query("?symbol=btcusd", resolve=resolve) == []
    assert state.symbol == "BTC-USD"
    assert state.apply_query("?symbol=APPL", resolve=resolve) == [
        "Unknown symbol 'APPL': did you mean AAPL? Showing BTC-USD instead."
    ]


def test_the_address_follows_and_other_names_in_it_stay() -> None:
    state, location = AppState(), Location(search="?from=2026-01-01&symbol=ES")
    state.sync_url(location)
    state.spec = "5min"
    assert location.search == "?symbol=ES&spec=5min&tz=UTC&from=2026-01-01"


def test_a_clean_address_stays_clean_until_something_changes() -> None:
    state, location = AppState(), Location()
    state.sync_url(location)
    assert location.search == ""
    state.tz = "Asia/Kolkata"
    assert location.search == "?symbol=BTC-USD&spec=1min&tz=Asia%2FKolkata"


def test_going_back_in_the_browser_is_followed() -> None:
    state, location = AppState(), Location()
    state.sync_url(location)
    state.symbol = "ES"
    location.search = "?symbol=NIFTY&spec=1d"
    assert (state.symbol, state.spec) == ("NIFTY", "1d")


def test_a_second_sync_changes_nothing() -> None:
    state, location = AppState(), Location(search="?symbol=ES&spec=7x")
    state.sync_url(location)
    state.notice = ""
    state.sync_url(location)
    assert state.notice == ""


def test_spec_must_be_canonical() -> None:
    with pytest.raises(ValueError, match="canonical: '5min'"):
        AppState().spec = "5m"


@pytest.mark.parametrize("spec", ["ha(5min)", "renko:1.0(1d)", "kagi:4%(1d)", "1e6usd", "range:0.5", "pnf:0.5,2(1h)"])
def test_any_bars_survive_a_link(spec: str) -> None:
    from urllib.parse import unquote

    state, other = AppState(symbol="ES", spec=spec), AppState()
    assert f"spec={spec}" in unquote(state.query)
    assert other.apply_query(f"?{state.query}") == []
    assert other.spec == spec


def test_bars_made_of_bars_must_say_which() -> None:
    state = AppState()
    with pytest.raises(ValueError, match=r"such as ha\(5min\)"):
        state.spec = "ha"
    assert "such as ha(5min)" in state.apply_query("?spec=ha")[0]
    assert state.spec == "1min"


def test_comparisons_travel_in_links_and_layouts_and_are_read_in_percent() -> None:
    state, other = AppState(), AppState()
    assert state.apply_query("?symbol=AAPL&compare=MSFT,IBM,MSFT") == []
    assert (state.compare, state.scale) == (["MSFT", "IBM"], "percent")
    state.scale = "linear"  # chosen by hand: the link says so
    assert other.apply_query(f"?{state.query}") == []
    assert (other.compare, other.scale) == (["MSFT", "IBM"], "linear")
    state.hidden = ["IBM"]
    assert "&hidden=IBM&" in state.query
    again, laid = AppState(), AppState()
    assert again.apply_query(f"?{state.query}") == laid.apply_document(state.document()) == []
    assert again.hidden == laid.hidden == ["IBM"] and again.query == laid.query == state.query
    (refused,) = other.apply_document({"charts": [{"compare": ["ES", 3]}]})
    assert other.compare == ["ES"] and refused.startswith("charts[0].compare[1]: ")
    (refused,) = other.apply_document({"charts": [{"compare": list("abcdefghi")}]})
    assert len(other.compare) == 8 and "i is one too many" in refused
