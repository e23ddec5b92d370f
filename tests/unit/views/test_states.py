from __future__ import annotations

from workbench.errors import DataError, UnknownNameError
from workbench.views.states import StatePanel, empty, explain, failed, loading


def test_our_errors_speak_for_themselves() -> None:
    title, hint, details = explain(DataError("part-0.parquet is damaged; restore it"))
    assert (title, hint) == ("part-0.parquet is damaged.", "Restore it.")
    assert "DataError" in details


def test_a_question_keeps_its_mark() -> None:
    assert (
        explain(UnknownNameError("unknown symbol 'X': did you mean ES?"))[0] == "Unknown symbol 'X': did you mean ES?"
    )


def test_other_errors_are_told_calmly_with_the_traceback_in_the_details() -> None:
    try:
        raise KeyError("volume")
    except KeyError as error:
        title, hint, details = explain(error, "reading AAPL")
    assert title == "Something unexpected happened while reading AAPL."
    assert "KeyError" in hint and "Traceback" in details and "test_states.py" in details


def test_one_panel_goes_through_all_states() -> None:
    panel = loading("table")
    assert (panel.kind, panel.shape) == ("loading", "table")
    panel.show_error(
        DataError("data/x.parquet is damaged; restore it"), text="Run workbench doctor.", action="Try again"
    )
    assert (panel.kind, panel.title, panel.text) == (
        "error", "data/x.parquet is damaged.", "Restore it. Run workbench doctor."
    )  # fmt: skip
    panel.show_empty("Nothing yet", commands=["workbench demo"])
    assert (panel.kind, panel.commands, panel.details, panel.action) == ("empty", ["workbench demo"], "", "")
    panel.show_loading()
    assert (panel.kind, panel.title, panel.commands) == ("loading", "Loading", [])


def test_the_button_calls() -> None:
    pressed: list[str] = []
    for panel in (
        empty("Nothing", action="Look again", on_action=lambda: pressed.append("empty")),
        failed("Broken", action="Try again", on_action=lambda: pressed.append("error")),
    ):
        assert isinstance(panel, StatePanel)
        panel.clicks += 1
    assert pressed == ["empty", "error"]
