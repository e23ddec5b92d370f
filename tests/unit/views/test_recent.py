"""The lines of the home page: what was kept is there, newest first, and its link says what it was made of."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

import workbench as wb
from tests.unit.backtest.test_engine import bars_of
from workbench.config import Settings
from workbench.services import Services
from workbench.views.overview import Overview, Row
from workbench.views.recent import MOST, first_steps, recent
from workbench.views.state import AppState


@pytest.fixture
def services(tmp_path):
    made = Services(Settings(data_dir=tmp_path))
    yield made
    made.close()


def asked(line) -> tuple[str, dict[str, list[str]]]:
    address = urlsplit(line["href"])
    return address.path, parse_qs(address.query)


def test_what_was_kept_is_there_newest_first_with_its_settings(services) -> None:
    services.workspaces.layouts.save("morning", AppState(symbol="ES", spec="15min").document())
    services.runs.save(wb.backtest(wb.strategies.SmaCross(fast=7, slow=21), {"AAPL": bars_of(3, 200)}), name="try")
    services.sweeps.start(wb.strategies.SmaCross, {"AAPL": bars_of(3, 200)}, {"fast": [3, 5], "slow": [9, 12]})
    sweep, run, layout = recent(services)
    assert (layout["text"], run["text"]) == ("morning", "try")
    page, query = asked(layout)
    assert page == "chart" and (query["symbol"], query["spec"]) == (["ES"], ["15min"])
    page, query = asked(run)
    assert page == "backtest" and query["symbol"] == ["AAPL"] and query["strategy"] == ["sma_cross"]
    assert (query["p.fast"], query["p.slow"]) == (["7"], ["21"])
    assert asked(sweep)[0] == "optimize" and "4 of 4 cells" in sweep["note"]
    assert int(layout["when"]) < int(run["when"]) < int(sweep["when"])


def test_there_are_no_more_than_fit_and_nobody_elses_layouts(services) -> None:
    for number in range(MOST + 3):
        services.workspaces.layouts.save(f"layout {number}", AppState().document(), owner="ann")
    assert [line["text"] for line in recent(services, "ann")] == [f"layout {MOST + 2 - at}" for at in range(MOST)]
    assert recent(services, "bob") == []


def test_what_cannot_be_listed_is_said_and_the_rest_is_there(services, monkeypatch) -> None:
    services.workspaces.layouts.save("morning", AppState().document())
    monkeypatch.setattr(type(services.runs), "list", lambda self: (_ for _ in ()).throw(OSError("disk is gone")))
    first, last = recent(services)
    assert first["text"] == "morning" and (last["text"], last["note"]) == ("Stored runs cannot be read", "disk is gone")


def test_the_first_steps_lead_to_instruments_that_are_there() -> None:
    assert first_steps(Overview()) == []
    rows = (Row("OLD", daily=True), Row("BTC-USD", live=True), Row("BAD", problem="unreadable"))
    lines = first_steps(Overview(rows=rows))
    assert asked(lines[0])[1]["symbol"] == ["BTC-USD"] and asked(lines[1])[1]["symbol"] == ["OLD"]
    assert lines[-1]["command"].startswith("workbench ingest csv")
