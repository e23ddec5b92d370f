from __future__ import annotations

import asyncio

import pytest

from tests.unit.views.fakes import FakeCatalog, FakeServices, bars
from workbench.views.home import HomeView, compact, size
from workbench.views.state import AppState


@pytest.fixture
def services() -> FakeServices:
    return FakeServices(FakeCatalog({"AAPL": ("bars_1d", [10.0, 11.0]), "BTC-USD": ("trades", [100.0, 200.0])}))


@pytest.fixture
def view(services: FakeServices) -> HomeView:
    view = HomeView(services, AppState(spec="5min"))
    view._link._run()
    return view


def facts(view: HomeView) -> dict[str, str]:
    return {item["label"]: item["value"] for part in (view.totals, view.health) for item in part.items}


def test_a_skeleton_first_then_the_table(view: HomeView) -> None:
    assert view.notice.kind == "loading" and view.notice.visible and not view._content.visible
    asyncio.run(view.refresh())
    assert view._content.visible and not view.notice.visible
    assert [row["symbol"] for row in view.table.rows] == ["BTC-USD", "AAPL"]
    assert facts(view) == {
        "Instruments": "2", "Live now": "0", "Data sets": "2", "Rows": "4", "On disk": "200 B",
        "Catalog": "readable", "Quarantine": "empty", "Live bus": "live", "Gaps": "0",
    }  # fmt: skip


def test_links_carry_spec_and_zone(view: HomeView) -> None:
    assert view.table.query == "spec=5min&tz=UTC"
    view.state.tz = "Europe/Berlin"
    assert (view.table.query, view.table.tz) == ("spec=5min&tz=Europe%2FBerlin", "Europe/Berlin")


def test_only_what_moved_is_sent(view: HomeView, services: FakeServices) -> None:
    asyncio.run(view.refresh())
    rows = view.table.rows
    view.show(view.model.tick())
    assert view.table.patch == {}
    live = services.hub.lives["BTC-USD", "1d"]
    live.shot.forming = bars([210.0], start=int(bars([1.0, 1.0])["time"][-1]))
    live.shot.last_price, live.shot.last_event_ns = 210.0, 1_700_000_000_000_000_000
    view.model._ticked_at = -1e9
    view.show(view.model.tick())
    assert set(view.table.patch) == {"BTC-USD"}
    assert view.table.patch["BTC-USD"] == {"last": 210.0, "change": pytest.approx(1.1), "updated_ms": 1_700_000_000_000}
    assert view.table.rows is rows


def test_no_data_says_which_command_helps(view: HomeView, services: FakeServices) -> None:
    services.catalog.data.clear()
    asyncio.run(view.refresh())
    assert view.notice.kind == "empty" and "workbench demo" in view.notice.commands
    assert view.notice.visible and not view._content.visible
    services.catalog.data["ES"] = ("bars_1d", [1.0, 2.0])
    asyncio.run(view.refresh(force=True))
    assert view._content.visible and not view.notice.visible


def test_a_broken_catalog_is_an_error_with_a_way_out_and_a_way_back(view: HomeView, services: FakeServices) -> None:
    services.catalog.broken = True
    asyncio.run(view.refresh())
    assert view.notice.kind == "error"
    assert view.notice.title == "manifest.json cannot be read."
    assert "Mend it" in view.notice.text and "workbench doctor" in view.notice.text
    assert view.notice.action == "Try again" and "DataError" in view.notice.details
    services.catalog.broken = False

    async def press() -> None:
        view.notice.clicks += 1
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    asyncio.run(press())
    assert view._content.visible and not view.notice.visible


def test_a_damaged_symbol_is_counted(view: HomeView, services: FakeServices) -> None:
    services.catalog.damaged.add("AAPL")
    asyncio.run(view.refresh())
    assert facts(view)["Catalog"] == "1 unreadable"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (29_400_000, "29.4 MB"),
        (314_000_000, "314 MB"),
        (2 * 10**15, "2000.0 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(7, "7"), (1234, "1.2 k"), (30_900_000, "30.9 M"), (314_000_000, "314 M"), (5 * 10**12, "5000 bn")],
)
def test_counts(count: int, text: str) -> None:
    assert compact(count) == text
