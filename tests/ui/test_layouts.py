"""Layouts in a browser: what was open is restored, layouts open again, links win, broken files are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import Served
from workbench.workspaces import Workspaces
from workbench.workspaces.database import layouts, preferences
from workbench.workspaces.layouts import OPEN

FIGURE = "[...Bokeh.documents[0]._all_models.values()].find((m) => m.type === 'Figure' && m.renderers.length > 1)"
#: Day at the left edge of the window.
LEFT = f"""(() => {{ const f = {FIGURE}, d = f.renderers[0].data_source.data;
return new Date(d.time[Math.round(f.x_range.start - d.x[0])]).toISOString().slice(0, 10); }})()"""


@pytest.fixture
def kept(served: Served) -> Iterator[Workspaces]:
    """The database of the served workbench, without layouts."""
    found = Workspaces(f"sqlite:///{served.data_dir / 'workbench.db'}")
    with found.database.begin() as connection:
        connection.execute(sa.delete(layouts))
        connection.execute(sa.delete(preferences))
    yield found
    found.close()


def until(page: Page, reached: Callable[[], bool]) -> None:
    """Look at the database between frames of the page."""
    for _ in range(400):
        if reached():
            return
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    pytest.fail("it was not kept")


def is_open(kept: Workspaces, **wanted: object) -> Callable[[], bool]:
    def reached() -> bool:
        if not kept.layouts.revisions(OPEN):
            return False
        document = kept.layouts.load(OPEN).document
        chart = {**document["charts"][0], "layout": document.get("layout", "")}
        return all(chart.get(name) == value if value is not ... else name in chart for name, value in wanted.items())

    return reached


def goto(page: Page, address: str, *told: str, study: bool = False) -> None:
    page.goto(address)
    ready(page, *told, study=study)


def ready(page: Page, *told: str, study: bool = False) -> None:
    for text in told:
        expect(page.locator(".wb-legend")).to_contain_text(text)
    expect(page.locator(".wb-study")).to_have_count(int(study))
    page.wait_for_function("() => Bokeh.documents[0].is_idle")


def menu(page: Page) -> Locator:
    page.get_by_role("button", name="Layouts:").click()
    name = page.get_by_label("Name of the layout")
    expect(name).to_be_focused()
    return name


def test_what_was_open_is_restored_by_a_reload_and_by_a_page_without_a_link(page: Page, kept: Workspaces) -> None:
    goto(page, "/chart?symbol=AAPL&spec=1d&studies=ema(window%3D50)", "AAPL", study=True)
    page.mouse.click(700, 400)
    newest = page.evaluate(LEFT)
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function(f"(newest) => {LEFT} < newest", arg=newest)
    until(page, is_open(kept, symbol="AAPL", window=...))
    left = page.evaluate(LEFT)
    page.reload()
    ready(page, "AAPL", study=True)
    page.wait_for_function(f"(left) => {LEFT} === left", arg=left)
    page.get_by_role("button", name="1w", exact=True).click()
    expect(page.locator(".wb-spec")).to_have_text("1w")
    until(page, is_open(kept, spec="1w"))
    goto(page, "/chart", "AAPL", "1w", study=True)


def test_a_layout_is_saved_opened_deleted_and_had_back(page: Page, kept: Workspaces) -> None:
    goto(page, "/chart?symbol=AAPL&spec=1d", "AAPL")
    name = menu(page)
    expect(page.get_by_text("No layouts yet.")).to_be_visible()
    name.fill("morning")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("Saved morning.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(name).to_be_hidden()
    expect(page.get_by_role("button", name="Layouts:")).to_be_focused()

    page.get_by_role("button", name="1w", exact=True).click()
    expect(page.locator(".wb-spec")).to_have_text("1w")
    until(page, is_open(kept, spec="1w", layout="morning"))
    menu(page)
    expect(page.get_by_text("morning: changed since it was saved")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Open morning, saved")).click()
    expect(page.locator(".wb-spec")).to_have_text("1d")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".wb-spec")).to_have_text("1w")
    page.get_by_role("button", name="Delete morning").click()
    expect(page.get_by_text("No layouts yet.")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("button", name=re.compile("^Open morning, saved"))).to_be_visible()
    goto(page, "/chart?symbol=AAPL&spec=1mo", "AAPL", "1mo")  # a link wins over what was open


def test_files_go_out_and_broken_ones_say_why(page: Page, kept: Workspaces, tmp_path: Path) -> None:
    goto(page, "/chart?symbol=AAPL&spec=1d", "AAPL")
    menu(page)
    with page.expect_download() as told:
        page.get_by_role("button", name="What is open, as a .json file").click()
    out = tmp_path / told.value.suggested_filename
    told.value.save_as(out)
    assert out.name == "AAPL.layout.json"
    document = json.loads(out.read_text("utf-8"))
    assert document["charts"][0] == {"symbol": "AAPL", "spec": "1d", "tz": "UTC", "studies": []} | document["charts"][0]

    status = page.locator(".wb-layout-menu").get_by_role("status")
    broken = tmp_path / "broken.json"
    broken.write_text('{"version": 1, "charts": [', "utf-8")
    page.locator("input[type=file]").set_input_files(broken)
    expect(status).to_contain_text("Broken.json cannot be read")
    broken.write_text(json.dumps({"version": 99, "charts": [{"symbol": "BTC-USD"}]}), "utf-8")
    page.locator("input[type=file]").set_input_files(broken)
    expect(status).to_contain_text("is of version 99")
    broken.write_text(" " * 1_000_001, "utf-8")
    page.locator("input[type=file]").set_input_files(broken)
    expect(status).to_contain_text("at most 1,000,000 are read")
    expect(page.locator(".wb-legend")).to_contain_text("AAPL")
    assert "symbol=AAPL&spec=1d" in page.url

    document["charts"][0] |= {"spec": "1w", "tz": "Mars/Phobos"}
    out.write_text(json.dumps(document), "utf-8")
    page.locator("input[type=file]").set_input_files(out)
    expect(page.locator(".wb-spec")).to_have_text("1w")
    expect(status).to_contain_text("charts[0].tz: Time zone 'Mars/Phobos' is not known")
