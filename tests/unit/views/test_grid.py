"""Several charts without a browser: arrangements, the active one, links by colour, links of the address, documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import param
import pytest

from tests.unit.views.test_layouts import Services, clock, kept, rest, services  # noqa: F401  fixtures
from workbench.views.chart import ChartGrid
from workbench.views.several import ARRANGEMENTS, MOST
from workbench.views.state import AppState
from workbench.views.values import Link


class Location(param.Parameterized):
    search = param.String(default="")


def page(services: Services, link: str = "?symbol=ES&spec=1min") -> ChartGrid:  # noqa: F811
    """A chart page as the app builds it."""
    grid = ChartGrid(services, AppState(symbol="ES").sync_url(Location(search=link)), live=False)
    grid._begin()
    grid.layouts.views = grid.views
    return grid


# --- the state ------------------------------------------------------------------------------------------------------


def test_one_chart_has_the_link_it_always_had() -> None:
    state = AppState(symbol="ES", spec="5min")
    state.opened_charts()
    assert state.query == "symbol=ES&spec=5min&tz=UTC"
    assert set(state.document()) == {"charts", "theme"}


@pytest.mark.parametrize("name", list(ARRANGEMENTS))
def test_every_arrangement_has_room_for_its_charts_and_for_the_active_one(name: str) -> None:
    state = AppState(symbol="ES")
    state.arrange("eight")
    state.active = MOST - 1
    state.symbol = "NQ"
    state.arrange(name)
    assert len(state.opened_charts()) == state.count and state.active < state.count
    assert state.symbol == state.charts[state.active].symbol == "NQ"
    assert len(state.charts) == MOST  # what has no place waits


def test_what_the_state_says_is_of_the_active_chart_both_ways() -> None:
    state = AppState(symbol="ES")
    state.arrange("columns")
    state.symbol, state.studies = "NQ", ["ema(window=20)"]
    assert [one.symbol for one in state.charts] == ["NQ", "ES"]
    state.active = 1
    assert (state.symbol, state.studies) == ("ES", [])
    state.charts[1].spec = "1h"
    state.charts[0].spec = "5min"
    assert state.spec == "1h" and state.others == 1
    state.dark = False
    assert not any(one.dark for one in state.charts)


def test_the_address_says_all_charts_and_opens_them_again() -> None:
    state = AppState(symbol="ES", spec="5min", tz="Asia/Tokyo")
    state.arrange("four")
    state.charts[1].param.update(symbol="NQ", chart="line", studies=["ema(window=30)"], link="red:symbol")
    state.charts[3].param.update(spec="1h", link="blue")
    state.active = 2
    again = AppState()
    assert again.apply_query(f"?{state.query}") == []
    assert again.query == state.query and again.document()["charts"] == state.document()["charts"]
    assert "symbol.2=NQ" in state.query and "symbol.1" not in state.query and "chart.1" not in state.query
    assert again.apply_query("?symbol=ES&spec=1d") == [] and again.count == 1


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("grid=5", "Grid '5' is not known"),
        ("grid=four&active=5", "from 1 to 4"),
        ("grid=four&active=x", "from 1 to 4"),
        ("grid=columns&spec.2=7x", "'7x'"),
        ("grid=columns&link.2=pink", "the colour is one of red"),
        ("grid=columns&link=red:all", "is of symbol, spec"),
    ],
)
def test_what_an_address_says_wrong_is_told_and_the_rest_opens(link: str, said: str) -> None:
    state = AppState()
    (refused,) = state.apply_query(f"?symbol=ES&{link}&symbol.9=X&symbol.02x=Y")
    assert said in refused and state.symbol == "ES"
    assert AppState().apply_query(state.query) == []


def test_a_broken_second_chart_is_named_and_the_rest_opens() -> None:
    state = AppState()
    document = {
        "charts": [{"symbol": "ES"}, "?", {"symbol": "NQ", "spec": "7x", "chart": "line"}, {"symbol": "CL"}],
        "arrangement": "four",
        "active": 2,
    }
    refused = state.apply_document(document)
    assert [one.partition(":")[0] for one in refused] == ["charts[1]", "charts[2].spec"]
    assert [one.symbol for one in state.opened_charts()] == ["ES", "NQ", "CL", "ES"]
    assert state.charts[1].chart == "line" and state.symbol == "CL"
    again = AppState()
    assert again.apply_document(json.loads(json.dumps(state.document()))) == []
    assert again.document() == state.document()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"arrangement": "nine"}, "arrangement: "),
        ({"arrangement": ["four"]}, "arrangement: "),
        ({"active": 4}, "active: "),
        ({"active": True}, "active: "),
        ({"charts": [{}] * 9}, "charts: 9 are too many"),
    ],
)
def test_a_document_that_says_too_much_opens_as_far_as_it_can(change: dict[str, Any], place: str) -> None:
    state = AppState()
    (refused,) = state.apply_document({"charts": [{"symbol": "ES"}] * 4, **change})
    assert refused.startswith(place) and state.count >= 4


@pytest.mark.parametrize("text", ["red", "blue:spec", "green:symbol,spec,window,crosshair"])
def test_a_link_has_one_text(text: str) -> None:
    assert str(Link.parse(text)) == text
    assert str(Link.parse("red:crosshair,window,symbol")) == "red"


# --- the page -------------------------------------------------------------------------------------------------------


def test_charts_come_and_go_and_those_that_stay_are_the_same(services: Services) -> None:  # noqa: F811
    grid = page(services)
    first = grid.view
    grid.state.arrange("four")
    assert len(grid.views) == 4 and grid.views[0] is first and all(view.history is not None for view in grid.views)
    grid.state.active = 3
    grid.state.symbol = "NQ"
    assert [view.instrument.symbol for view in grid.views] == ["ES", "ES", "ES", "NQ"]
    fourth = grid.view
    grid.menu.value = "columns"
    assert len(grid.views) == 2 and grid.view is fourth and grid.source == "fake"
    grid.menu.full = True
    assert [cell.box.visible for cell in grid.cells] == [False, True]
    grid.menu.active = 0
    assert [cell.box.visible for cell in grid.cells] == [True, False] and grid.view is first
    grid.menu.value = "one"
    assert grid.views == [first] and not grid.full


def test_tools_of_the_top_bar_are_those_of_the_active_chart(services: Services) -> None:  # noqa: F811
    grid = page(services, "?symbol=ES&spec=1min&grid=columns&active=2")
    assert grid.view is grid.views[1]
    assert list(grid._belt.objects) == [grid.cells[1].belt]
    grid.cells[0].head.pressed += 1
    assert grid.state.active == 0 and not grid.cells[1].head.active
    assert list(grid._belt.objects) == [grid.cells[0].belt]
    assert list(grid._rail.objects) == grid.cells[0].rail


def test_a_colour_links_symbol_and_bars_as_far_as_it_says(services: Services) -> None:  # noqa: F811
    grid = page(services)
    grid.state.arrange("three")
    one, two, three = (view.state for view in grid.views)
    two.symbol = "NQ"
    one.link = "red"
    two.link = "red"  # who joins follows
    assert two.symbol == "ES"
    three.link = "red:symbol,spec"
    one.param.update(symbol="NQ", spec="5min")
    assert [view.instrument.symbol for view in grid.views] == ["NQ"] * 3
    assert [one.spec, two.spec, three.spec] == ["5min", "1min", "1min"]
    one.link = "red:symbol,spec"
    assert one.spec == "1min"
    grid.state.spec = "1h"
    assert [one.spec, two.spec, three.spec] == ["1h", "1min", "1h"]
    three.link = ""
    one.symbol = "ES"
    assert three.symbol == "NQ" and two.symbol == "ES"
    assert grid.views[0].chart.source.tags[0]["link"] == "red:symbol,spec"


def test_a_window_of_instants_that_is_not_held_is_read(services: Services) -> None:  # noqa: F811
    view = page(services).view
    from tests.unit.views.test_layouts import MINUTE, START

    edges = (START + 500 * MINUTE, START + 700 * MINUTE)
    ask = {"start": [edges[0] / 1e6], "end": [edges[1] / 1e6], "epoch": [-1], "ask": ["look"]}
    view._looked("data", {}, ask)
    view.poll()
    assert view.state.window == edges


def test_four_charts_are_kept_and_open_again(services: Services, clock: Callable[[float], None]) -> None:  # noqa: F811
    grid = page(services, "")
    grid.state.arrange("four")
    grid.views[2].state.param.update(symbol="NQ", spec="15min", link="red")
    grid.state.active = 2
    grid.layouts.views = grid.views
    grid.layouts.save("desk")
    rest(grid.layouts, clock)
    assert len(kept(services)["charts"]) == 4 and kept(services)["active"] == 2
    again = page(services, "")
    assert len(again.views) == 4 and again.state.active == 2 and again.layouts.current == "desk"
    assert again.state.document() == grid.state.document()
    again.state.arrange("one")
    again.layouts.open("desk")
    assert [view.instrument.symbol for view in again.views] == ["ES", "ES", "NQ", "ES"]
