from __future__ import annotations

from pathlib import Path

import panel as pn
import panel_material_ui as pmui
import pytest
from panel.util import edit_readonly

import workbench
from tests.unit.views.fakes import FakeCatalog, FakeServices
from workbench.errors import UnknownNameError
from workbench.views.home import HomeView
from workbench.views.shell import PAGES, Shell, both_ways, symbol_resolver
from workbench.views.state import AppState

ROOT = Path(workbench.__file__).parents[1]


@pytest.fixture
def services() -> FakeServices:
    return FakeServices(FakeCatalog({"MINE": ("bars_1d", [1.0, 2.0])}))


def test_the_top_bar_names_only_pages_that_exist() -> None:
    for title, _ in PAGES:
        assert (ROOT / "apps" / f"{title.lower()}.py").is_file(), title


def test_a_shell_is_a_page_with_our_theme_and_no_second_toggle(services: FakeServices) -> None:
    shell = Shell(AppState(dark=False), services, page="home", main=pn.Spacer())
    page = shell.__panel__()
    assert isinstance(page, pmui.Page)
    assert (page.dark_theme, page.theme_toggle, page.title) == (False, False, "Home · Workbench")


def test_a_page_is_not_told_of_every_event_of_the_server(services: FakeServices) -> None:
    page = Shell(AppState(), services, page="home", main=pn.Spacer()).page
    told: list[bool] = []
    page.param.watch(lambda event: told.append(event.new), "busy")
    with edit_readonly(pn.state):
        pn.state.busy = not pn.state.busy
        pn.state.busy = not pn.state.busy
    assert told == []


def test_theme_and_palette_of_the_browser_reach_the_page(services: FakeServices) -> None:
    state = AppState()
    shell = Shell(state, services, page="home", main=pn.Spacer())
    before = shell.page.theme_config
    shell._tools.param.update(dark=False, palette="colorblind")
    assert (state.dark, state.palette, shell.page.dark_theme) == (False, "colorblind", False)
    assert shell.page.theme_config != before
    state.dark = True
    assert shell._tools.dark and shell.page.dark_theme


def test_links_follow_the_state(services: FakeServices) -> None:
    state = AppState()
    shell = Shell(state, services, page="home", main=pn.Spacer())
    state.symbol = "ES"
    assert shell._nav.query == "symbol=ES&spec=1min&tz=UTC"


def test_a_notice_is_shown_and_can_be_dismissed(services: FakeServices) -> None:
    state = AppState(notice="Bar spec '7x' cannot be read.")
    shell = Shell(state, services, page="home", main=pn.Spacer())
    assert shell._notice.text == state.notice
    shell._notice.text = ""
    assert state.notice == ""


def test_the_drawer_folds(services: FakeServices) -> None:
    shell = Shell(AppState(), services, page="chart", main=pn.Spacer(), drawer=pn.Spacer())
    assert shell._tools.has_drawer and not shell._drawer.visible
    shell._tools.drawer_open = True
    assert shell._drawer.visible and shell.drawer_open


def test_the_strip_shows_where_the_main_view_gets_its_trades(services: FakeServices) -> None:
    view = HomeView(services, AppState())
    shell = Shell(view.state, services, page="home", main=view)
    view.source = "synthetic"
    assert shell.status.view.source == "synthetic"


def test_symbols_in_links(services: FakeServices) -> None:
    resolve = symbol_resolver(services)
    assert resolve("MINE") == "MINE"
    assert resolve("aapl") == "AAPL"
    with pytest.raises(UnknownNameError, match="NOPE"):
        resolve("NOPE")
    services.catalog.broken = True
    assert resolve("ANY") == "ANY"


def test_both_ways() -> None:
    first, second = AppState(), AppState()
    both_ways(first, "symbol", second, "symbol")
    first.symbol = "A"
    assert second.symbol == "A"
    second.symbol = "B"
    assert first.symbol == "B"
