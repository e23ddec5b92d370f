"""The Optimize page in a browser: plan, run, watch it fill, cancel and go on, brush, a cell to its trades."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Served, start, stop

PLUGIN = '''
import param

from workbench.strategies import Strategy, strategies


@strategies.register("test_raises_above")
class RaisesAbove(Strategy):
    """Raises in cells whose window is above 6."""

    window = param.Integer(4, bounds=(1, 1000), doc="Bars of the mean.")

    def studies(self):
        if self.window > 6:
            raise ValueError("out of ideas")
        return {"calm": f"sma(close, {self.window})"}

    def decide(self, now, was, broker):
        if now.close > now.calm:
            broker.long()
        else:
            broker.flat()
'''


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workbench that has a strategy of the user's own."""
    folder = tmp_path_factory.mktemp("sweeps")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "odd_sweeps.py").write_text(PLUGIN, "utf-8")
    before = os.environ.get("WORKBENCH_PLUGINS")
    os.environ["WORKBENCH_PLUGINS"] = str(folder / "plugins")
    try:
        running = start(folder, "--demo-days", "1")
    finally:
        if before is None:
            del os.environ["WORKBENCH_PLUGINS"]
        else:
            os.environ["WORKBENCH_PLUGINS"] = before
    yield running
    stop(running)


def opened(page: Page, workbench: Served, query: str = "symbol=AAPL&spec=1d") -> Page:
    page.goto(f"{workbench}/optimize?{query}")
    expect(page.get_by_text("Nothing has been swept yet")).to_be_visible()
    expect(page.locator("input[name=where]")).to_be_visible()
    return page


def ran(page: Page) -> None:
    """Run what the form says, to its end."""
    expect(page.locator(".plan")).to_contain_text("cells of")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".wb-op-best .wb-line")).to_contain_text("trials on these data")
    expect(page.locator(".wb-table:visible .row").first).to_be_visible()


IMAGE = """() => { const one = [...Bokeh.documents[0]._all_models.values()]
    .find((m) => m.type === 'ColumnDataSource' && m.data.image && m.data.dw);
    return [...one.data.image[0]].filter(Number.isFinite).length; }"""
PLACE = """([column, row]) => { const f = [...Bokeh.documents[0]._all_models.values()]
    .find((m) => m.type === 'Figure' && (m.css_classes ?? []).includes('wb-heat'));
    const view = Bokeh.index.find_one_by_id ? Bokeh.index.find_one_by_id(f.id) : null;
    const box = view.el.getBoundingClientRect();
    const frame = view.frame ?? view.plot_view.frame;
    return [box.x + frame.x_scale.compute(column), box.y + frame.y_scale.compute(row)]; }"""


def place_of(page: Page, column: float, row: float) -> tuple[float, float]:
    """Where a cell of the heat map is on the screen."""
    x, y = page.evaluate(PLACE, [column, row])
    return x, y


def test_plan_run_brush_and_a_cell_to_its_trades(page: Page, workbench: Served) -> None:
    opened(page, workbench, "symbol=AAPL&spec=1d&from=2010")
    expect(page.locator(".plan")).to_contain_text("192 cells of")
    page.locator("input[name='s.fast.to']").fill("13")
    expect(page.locator(".plan")).to_contain_text("80 cells of")
    ran(page)
    expect(page.locator(".figures")).to_contain_text("80 / 80")
    expect(page.locator(".wb-table:visible .head")).to_contain_text("Deflated")
    assert page.evaluate(IMAGE) == 80

    first, last = place_of(page, 0, 12), place_of(page, 2, 9)
    page.mouse.move(*first)
    page.mouse.down()
    page.mouse.move(*last, steps=6)
    page.mouse.up()
    expect(page.locator(".wb-op-fan .wb-line")).to_contain_text("12 cells: equity")

    page.mouse.click(*place_of(page, 1, 5))
    line = page.locator(".wb-op-cell .wb-line")
    expect(line).to_contain_text("sma_cross 7 40 on AAPL · 1d")
    row = page.locator(".wb-op-cell .row")
    expect(row.first).to_be_visible()
    expect(page.locator(".wb-op-chart canvas").first).to_be_visible()
    row.nth(2).click()
    expect(page.locator(".wb-op-cell .row.marked")).to_have_count(1)
    page.wait_for_function(
        """() => [...Bokeh.documents[0]._all_models.values()]
            .some((m) => m.type === 'BoxAnnotation' && m.visible && m.fill_alpha === 0.13)"""
    )
    link = line.get_by_role("link", name="Backtest").get_attribute("href")
    said = parse_qs(urlsplit(link).query)
    assert (said["p.fast"], said["p.slow"], said["symbol"], said["from"]) == (["7"], ["40"], ["AAPL"], ["2010"])


def test_a_sweep_fills_is_cancelled_goes_on_and_is_paused(page: Page, workbench: Served) -> None:
    opened(page, workbench, "symbol=BTC-USD&spec=1s&s.fast.to=60&s.fast.step=1&s.slow.to=400&s.slow.step=1")
    expect(page.locator(".plan")).to_contain_text("cells of")
    page.keyboard.press("Control+Enter")
    page.wait_for_function(f"() => {{ try {{ return ({IMAGE})() > 0 }} catch {{ return false }} }}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".badge")).to_contain_text("cancelled")
    before = page.evaluate(IMAGE)
    page.get_by_role("button", name="Resume").click()
    page.wait_for_function(f"() => ({IMAGE})() > {before}")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".badge")).to_contain_text("paused")
    expect(page.locator(".wb-table:visible .row").first).to_be_visible()


def test_halves_coordinates_and_another_measure(page: Page, workbench: Served) -> None:
    opened(page, workbench)
    ran(page)
    page.get_by_label("What is drawn").select_option("total_return")
    expect(page.locator(".wb-table:visible .head .cell").nth(3)).to_have_text("Total return")
    page.get_by_role("tab", name="Coordinates").click()
    axes = page.locator(".coordinates .axis")
    expect(axes).to_have_count(3)
    expect(axes.last).to_contain_text("Total return")
    axes.first.focus()
    page.keyboard.press("-")
    expect(page.locator(".coordinates .told")).to_contain_text("lines brushed")
    expect(page.locator(".wb-op-fan .wb-line")).to_contain_text("cells: equity")
    page.keyboard.press("Escape")
    expect(page.locator(".coordinates .told")).not_to_contain_text("lines brushed")
    page.get_by_role("tab", name="In and out of sample").click()
    button = page.get_by_role("button", name="Run both halves")
    expect(button).to_be_visible()
    button.click()
    expect(page.locator(".wb-op-halves .wb-line")).to_contain_text("cells, cut at")


def test_what_cannot_be_is_said_in_place_and_failures_are_counted(page: Page, workbench: Served) -> None:
    opened(page, workbench, "symbol=AAPL&spec=1d&strategy=test_raises_above&s.window.from=3&s.window.to=0")
    error = page.locator(".field").filter(has=page.locator("input[name='s.window.to']")).locator(".wrong-text")
    expect(error).to_contain_text("whole number")
    page.locator("input[name='s.window.to']").fill("10")
    expect(error).to_be_hidden()
    where = page.locator("input[name=where]")
    where.fill("window > 90")
    said = page.locator(".field").filter(has=where).locator(".wrong-text")
    expect(said).to_contain_text("eaves no cell")
    where.fill("")
    expect(said).to_be_hidden()
    ran(page)
    expect(page.locator(".badge.bad")).to_contain_text("raised in")
    expect(page.locator(".wb-op-best .wb-line")).to_contain_text("out of ideas")


def test_sweeps_are_listed_compared_and_opened_from_another_page(page: Page, workbench: Served) -> None:
    opened(page, workbench, "symbol=AAPL&spec=1d&s.fast.to=9")
    ran(page)
    link = page.url
    other = page.context.new_page()
    opened(other, workbench, urlsplit(link).query)
    expect(other.locator("input[name='s.fast.to']")).to_have_value("9")
    rows = other.locator(".runs li")
    expect(rows.first).to_be_visible()
    rows.first.locator(".show").click()
    expect(other.locator(".figures")).to_contain_text("48 / 48")
    expect(other.locator(".wb-table:visible .row").first).to_be_visible()
    other.locator("input[name='s.fast.to']").fill("7")
    expect(other.locator(".plan")).to_contain_text("32 cells of")
    ran(other)
    expect(other.locator(".figures")).to_contain_text("32 / 32")
    expect(rows.first).to_contain_text("fast 5/7 slow")  # the list hears of it after the figures
    for at in (0, 1):
        tick = rows.nth(at).locator("input[type=checkbox]")
        tick.click()
        expect(tick).to_be_checked()
    compare = other.get_by_role("button", name="Compare", exact=True)
    expect(compare).to_be_enabled()
    compare.click()
    expect(other.locator(".wb-table:visible .row").nth(2)).to_contain_text("48 of 48")
    with other.expect_download() as saved:
        other.get_by_role("button", name="CSV").click()
    assert saved.value.suggested_filename.endswith(".csv")
    other.close()
