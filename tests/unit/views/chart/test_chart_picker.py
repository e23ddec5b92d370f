"""The panel that chooses bars: the text is the truth, fields write it, errors lose nothing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from panel.util import edit_readonly

from workbench.market.events import BAR
from workbench.market.instruments import Instrument, InstrumentMaster
from workbench.market.specs import COMMON, BarSpec, bar_kinds
from workbench.views.chart.controls import controls
from workbench.views.chart.picker import BarPicker
from workbench.views.state import AppState


def recent() -> tuple[np.ndarray, float]:
    bars = np.zeros(50, BAR)
    bars["open"] = bars["close"] = bars["low"] = 100.0
    bars["high"], bars["trades"], bars["volume"] = 102.0, 40, 80.0
    return bars, 0.25


@pytest.fixture
def picker() -> BarPicker:
    return BarPicker(AppState(symbol="ES", spec="5min"), recent)


def type_in(picker: BarPicker, text: str) -> None:
    """As the browser reports every key."""
    with edit_readonly(picker.text):
        picker.text.value_input = text


def choose(picker: BarPicker, name: str) -> None:
    picker.list.active = (picker.kinds.index(bar_kinds.get(name)),)


def test_every_kind_of_the_registry_is_offered_by_its_title(picker: BarPicker) -> None:
    assert sorted(item["label"] for item in picker.list.items) == sorted(kind.title for _, kind in bar_kinds)


@pytest.mark.parametrize("name", bar_kinds.names())
def test_a_chosen_kind_tells_about_itself_and_writes_a_spec_that_can_be_applied(picker: BarPicker, name: str) -> None:
    kind = bar_kinds.get(name)
    choose(picker, name)
    assert picker.title.object == kind.title
    assert picker.about.object == kind.about
    assert list(picker.fields) == list(kind.written)
    assert picker.base.visible == (name != "time" and kind.of != "trades")
    assert not picker.text.error_state
    picker.open = True
    choose(picker, name)
    picker.accept()
    assert not picker.open
    assert BarSpec.parse(picker.state.spec).kind == name


def test_fields_have_the_limits_of_their_parameters(picker: BarPicker) -> None:
    choose(picker, "tick")
    assert (picker.fields["count"].start, picker.fields["count"].end) == (1, 10**9)
    assert picker.fields["count"].helper_text == bar_kinds.get("tick").param["count"].doc


def test_fields_write_the_text(picker: BarPicker) -> None:
    choose(picker, "kagi")
    assert picker.text.value_input == "kagi:2.0(5min)"
    picker.fields["reversal"].value = 4.0
    picker.fields["percent"].value = True
    picker.base.value = "1d"
    assert picker.text.value_input == "kagi:4%(1d)"
    assert picker.state.spec == "5min"


def test_a_kind_of_prints_or_bars_may_be_made_of_either(picker: BarPicker) -> None:
    choose(picker, "renko")
    assert picker.text.value_input == "renko:2.0"
    picker.fields["atr"].value = 14
    picker.base.value = "1d"
    assert picker.text.value_input == "renko:atr14(1d)"


def test_what_is_typed_is_shown_in_list_and_fields_and_not_rewritten(picker: BarPicker) -> None:
    type_in(picker, "PNF: 0.5,2 (15m)")
    assert picker.text.value_input == "PNF: 0.5,2 (15m)"
    assert picker.kinds[picker.list.active[0]].plugin_name == "pnf"
    assert {name: field.value for name, field in picker.fields.items()} == {"box": 0.5, "reversal": 2}
    assert picker.base.value == "15min"
    picker.accept()
    assert picker.state.spec == "pnf:0.5,2(15min)"


@pytest.mark.parametrize("text", ["10x", "ha", "range", "renko:0", "kagi:150%(1d)", "ha(7q)"])
def test_an_error_is_said_in_place_and_nothing_typed_is_lost(picker: BarPicker, text: str) -> None:
    picker.open = True
    type_in(picker, text)
    assert picker.text.error_state
    assert text[:2] in picker.text.helper_text
    picker.accept()
    assert picker.open
    assert picker.text.value_input == text
    assert picker.state.spec == "5min"
    type_in(picker, "5min")
    assert not picker.text.error_state


def test_an_emptied_number_writes_nothing(picker: BarPicker) -> None:
    choose(picker, "tick")
    before = picker.text.value_input
    picker.fields["count"].value = None
    assert picker.text.error_state
    assert picker.text.value_input == before


def test_the_panel_opens_with_the_bars_that_are_shown(picker: BarPicker) -> None:
    type_in(picker, "nonsense")
    picker.state.spec = "ha(1h)"
    picker.open = True
    assert picker.text.value_input == "ha(1h)"
    assert not picker.text.error_state
    assert picker.kinds[picker.list.active[0]].plugin_name == "ha"


def test_a_panel_that_was_opened_by_typing_keeps_what_is_typed(picker: BarPicker) -> None:
    picker.keys.typed = True
    picker.popup.open = True
    type_in(picker, "10")
    assert picker.open
    assert picker.text.value_input == "10"


@pytest.mark.parametrize("spec", [*COMMON, "1000tick", "90s", "ha(5min)"])
def test_the_button_names_bars_that_have_none_of_the_common_ones(spec: str) -> None:
    state = AppState(symbol="ES", spec="5min")
    _, group, picker, _ = controls(state, InstrumentMaster([]), ["ES"], recent=recent)
    state.spec = spec
    assert group.value == (spec if spec in COMMON else None)
    assert picker.button.label == ("Bars ▾" if spec in COMMON else f"{spec} ▾")
    assert state.spec == spec
    group.value = "1h"
    assert state.spec == "1h"


def test_enter_draws_the_text_it_was_pressed_on(picker: BarPicker) -> None:
    """Keys and text may arrive in another order than they were pressed."""
    picker.open = True
    type_in(picker, "15mi")
    for callback in picker.keys._msg__callbacks:
        callback(SimpleNamespace(data="15min"))
    assert picker.state.spec == "15min"
    assert not picker.open


def test_the_box_of_symbols_says_the_symbol_however_its_options_are_written() -> None:
    """Options carry names; what a box holds beside them must not be emptied while it is drawn or sent."""
    state = AppState(symbol="AAPL", spec="5min")
    master = InstrumentMaster([Instrument("AAPL", name="Apple"), Instrument("ES", name="E-mini")])
    search, *_ = controls(state, master, ["AAPL", "ES"], recent=recent)
    root = search.get_root()
    said = [(search.value, search.value_input, root.data.value_input)]
    state.symbol = "ES"
    said.append((search.value, search.value_input, root.data.value_input))
    search.value = "AAPL · Apple"
    said.append((search.value, search.value_input, root.data.value_input))
    assert said == [(one, one, one) for one in ("AAPL", "ES", "AAPL")]
    assert state.symbol == "AAPL"


def test_what_the_field_says_as_it_is_left_comes_too_late_to_count(picker: BarPicker) -> None:
    picker.open = True
    picker.text._process_events({"value_input": "1w"})
    picker.open = False
    picker.text._process_events({"value": "1w"})
    assert picker.text.value_input == picker.keys.shown == "5min"
    picker.text._process_events({"value_input": "100tick"})
    picker.accept()
    assert picker.state.spec == picker.keys.shown == "100tick"
