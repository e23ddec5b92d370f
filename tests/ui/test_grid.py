"""Several charts on the page: arranged, chosen, linked by colour, shown alone, kept and opened again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Served
from workbench.workspaces import Workspaces

#: Charts of the page by symbol and bars, each with the instants (ms) at the edges of its window.
CHARTS = """() => Object.fromEntries([...(globalThis.__wbLinks?.all ?? [])].filter((one) => one.board.current)
.map((one) => { const set = one.board.source.tags[0]; return [`${set.symbol} ${set.spec}`, one.edges()]; }))"""
#: Whether the windows of two charts are the same to the second.
SAME = f"""([a, b]) => {{ const found = ({CHARTS})(), one = found[a], other = found[b];
return one && other && one.every((at, i) => Math.abs(at - other[i]) < 1000); }}"""


def open_page(page: Page, address: str, *titles: str) -> None:
    page.goto(address)
    ready(page, *titles)


def ready(page: Page, *titles: str) -> None:
    """All charts are drawn; Bokeh no longer renders views anew."""
    expect(page.locator(".wb-legend")).to_have_count(len(titles))
    for at, title in enumerate(titles):
        symbol, spec = title.split(" ")
        legend = page.locator(".wb-legend").nth(at)
        expect(legend).to_contain_text(symbol)
        expect(legend.locator(".wb-spec")).to_have_text(spec)
    page.wait_for_function("() => Bokeh.documents[0].is_idle")


def drag(page: Page, at: int, by: float) -> None:
    box = page.locator(".wb-cell").nth(at).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=6)
    page.mouse.up()


def edges(page: Page, chart: str) -> Any:
    return page.evaluate(CHARTS).get(chart)


def link(page: Page, at: int, color: str) -> None:
    page.locator(".wb-cell").nth(at).get_by_role("button", name="Link").click()
    page.get_by_role("radio", name=color).click()
    expect(page.locator(".wb-cell").nth(at).get_by_role("button", name=f"Linked in {color}")).to_be_visible()
    page.keyboard.press("Escape")


def test_charts_are_arranged_chosen_and_shown_alone(page: Page) -> None:
    open_page(page, "/chart?symbol=AAPL&spec=1d", "AAPL 1d")
    page.get_by_role("button", name="Charts on the page").click()
    page.get_by_role("menuitemradio", name="Four").click()
    ready(page, *["AAPL 1d"] * 4)
    expect(page).to_have_url(re.compile("grid=four&active=1"))
    heads = page.locator(".head")
    expect(heads.nth(0)).to_have_class(re.compile("active"))
    page.locator(".wb-cell").nth(1).click(position={"x": 200, "y": 150})
    expect(heads.nth(1)).to_have_class(re.compile("active"))
    page.get_by_role("button", name="1w", exact=True).click()
    ready(page, "AAPL 1d", "AAPL 1w", "AAPL 1d", "AAPL 1d")
    page.keyboard.press("Control+4")
    expect(heads.nth(3)).to_have_class(re.compile("active"))
    expect(page).to_have_url(re.compile("active=4"))
    page.keyboard.press("f")
    expect(page.locator(".wb-cell").nth(0)).to_be_hidden()
    expect(page.locator(".wb-cell").nth(3)).to_be_visible()
    page.get_by_role("button", name="Show all charts").click()
    expect(page.locator(".wb-cell").nth(0)).to_be_visible()
    page.locator(".head .title").nth(2).dblclick()
    expect(page.locator(".wb-cell").nth(0)).to_be_hidden()
    expect(heads.nth(2)).to_have_class(re.compile("active"))


def test_linked_charts_share_window_crosshair_and_symbol(page: Page) -> None:
    open_page(
        page,
        "/chart?symbol=BTC-USD&spec=5min&grid=three&spec.2=15min&symbol.3=AAPL&spec.3=1d",
        *("BTC-USD 5min", "BTC-USD 15min", "AAPL 1d"),
    )
    link(page, 0, "red")
    link(page, 1, "red")
    page.wait_for_function(SAME, arg=["BTC-USD 5min", "BTC-USD 15min"])
    alone, before = edges(page, "AAPL 1d"), edges(page, "BTC-USD 5min")
    drag(page, 1, 200)
    page.wait_for_function(SAME, arg=["BTC-USD 5min", "BTC-USD 15min"])
    assert edges(page, "BTC-USD 5min")[0] < before[0] and edges(page, "AAPL 1d") == alone
    drag(page, 0, 200)
    page.wait_for_function(SAME, arg=["BTC-USD 5min", "BTC-USD 15min"])

    box = page.locator(".wb-cell").nth(0).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 120)
    times = page.locator(".wb-cell .wb-tag-time")
    expect(times.nth(1)).to_be_visible()
    expect(times.nth(2)).to_be_hidden()
    assert times.nth(0).inner_text()[:-5] == times.nth(1).inner_text()[:-5]  # the same hour
    page.mouse.move(box["x"] + 200, 10)
    expect(times.nth(1)).to_be_hidden()

    search = page.get_by_role("combobox").first
    search.fill("AAPL")
    search.press("Enter")
    expect(page.locator(".head .title").nth(1)).to_have_text("AAPL · 15min")
    expect(page).to_have_url(re.compile("symbol=AAPL.*link=red.*link.2=red"))


def test_the_chart_that_is_pressed_last_is_the_active_one_however_late_the_server_hears(page: Page) -> None:
    open_page(page, "/chart?symbol=AAPL&spec=1d&grid=columns&symbol.2=GOOG&spec.2=1d", "AAPL 1d", "GOOG 1d")
    page.evaluate(
        """() => { const { send } = WebSocket.prototype, held = [];
        WebSocket.prototype.send = function (data) { held.push([this, data]); };
        window.let_go = () => {
            WebSocket.prototype.send = send;
            for (const [one, data] of held) send.call(one, data); }; }"""
    )
    for at in (1, 0):
        page.locator(".wb-cell").nth(at).click(position={"x": 200, "y": 150})
        expect(page.locator(".head").nth(at)).to_have_class(re.compile("active"))
    page.evaluate("() => new Promise((done) => setTimeout(() => { let_go(); done(); }, 300))")  # Panel waits 50 ms
    page.get_by_role("button", name="1w", exact=True).click()
    ready(page, "AAPL 1w", "GOOG 1d")
    expect(page.locator(".head").nth(0)).to_have_class(re.compile("active"))


@pytest.fixture
def nothing_drawn(served: Served) -> None:
    """No drawings of the two charts, whoever left some."""
    kept = Workspaces(f"sqlite:///{served.data_dir / 'workbench.db'}")
    for symbol in ("AAPL", "GOOG"):
        kept.annotations.remove([one.id for one in kept.annotations.of(symbol)])
    kept.close()


@pytest.mark.usefixtures("nothing_drawn")
def test_a_tool_draws_in_the_chart_that_is_pressed(page: Page) -> None:
    """A tool is chosen while one chart is active, and drawn with in another: in each of them, and it is one drawing.

    Neither is live: with a price that moves the axis, a line does not stay under the pointer that drew it.
    """
    shown = "AAPL 1d", "GOOG 1d"
    open_page(page, "/chart?symbol=AAPL&spec=1d&grid=columns&symbol.2=GOOG&spec.2=1d", *shown)
    drawn = page.locator(".wb-cell .wb-upper .wb-drawn g[data-id]")
    tools = page.locator(".list:visible")
    for at in (1, 0):
        tools.get_by_role("button", name="Horizontal line", exact=True).click()
        box = page.locator(".wb-cell").nth(at).bounding_box()
        before = edges(page, shown[at])
        page.mouse.click(box["x"] + 200, box["y"] + 200)
        expect(drawn).to_have_count(2 - at)
        expect(page.locator(".head").nth(at)).to_have_class(re.compile("active"))
        expect(tools.get_by_role("button", name="Pointer", exact=True)).to_have_attribute("aria-pressed", "true")
        assert edges(page, shown[at]) == before
    page.keyboard.press("Delete")
    expect(drawn).to_have_count(1)
    page.locator(".wb-cell").nth(1).click(position={"x": 200, "y": 200})
    page.keyboard.press("Delete")
    expect(drawn).to_have_count(0)


def test_a_layout_of_four_opens_with_four(page: Page) -> None:
    four = ("BTC-USD 5min", "AAPL 1d", "AAPL 1w", "BTC-USD 15min")
    open_page(
        page,
        "/chart?symbol=BTC-USD&spec=5min&grid=four&symbol.2=AAPL&spec.2=1d&symbol.3=AAPL&spec.3=1w&spec.4=15min"
        "&studies.2=ema(window%3D50)&chart.3=line&link.2=blue&link.3=blue",
        *four,
    )
    page.get_by_role("button", name="Layouts:").click()
    name = page.get_by_label("Name of the layout")
    expect(name).to_be_focused()
    name.fill("desk of four")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("Saved desk of four.")).to_be_visible()
    open_page(page, "/chart?symbol=AAPL&spec=1mo", "AAPL 1mo")
    page.get_by_role("button", name="Layouts:").click()
    page.get_by_role("button", name=re.compile("^Open desk of four, saved")).click()
    ready(page, *four)
    expect(page.locator(".wb-study")).to_have_count(1)
    expect(page.locator(".wb-cell").nth(2).get_by_role("button", name="Linked in blue")).to_be_visible()
