"""The Backtest page in a browser: the example, a trip on the chart, cancel, comparison, errors in place, links."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import Served, start, stop

PLUGIN = '''
import param

from workbench.strategies import Strategy, strategies


@strategies.register("test_raises")
class Raises(Strategy):
    """Raises at a bar."""

    at_bar = param.Integer(400, bounds=(1, 100_000), doc="Bar at which it raises.")

    def decide(self, now, was, broker):
        if now.bar == self.at_bar:
            raise ValueError("out of ideas")
        broker.long()


@strategies.register("test_slow")
class Slow(Strategy):
    """Takes its time at every bar."""

    rounds = param.Integer(60_000, bounds=(1, 10_000_000), doc="Rounds at each bar.")

    def decide(self, now, was, broker):
        total = 0.0
        for i in range(self.rounds):
            total += (now.close * i) % 7.0
        if total > 0.0:
            broker.long()
'''


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workbench that has two strategies of the user's own."""
    folder = tmp_path_factory.mktemp("backtests")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "odd.py").write_text(PLUGIN, "utf-8")
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
    page.goto(f"{workbench}/backtest?{query}")
    expect(page.get_by_text("Nothing has been run yet")).to_be_visible()
    expect(page.locator(".wb-legend")).to_contain_text(parse_qs(query)["symbol"][0])
    return page


def figure(page: Page, name: str) -> Locator:
    return page.locator(".figures div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def run(page: Page, runs: int = 1) -> None:
    """Run what the form says; there are so many in the list then."""
    page.keyboard.press("Control+Enter")
    expect(page.locator(".runs li")).to_have_count(runs)
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


SHADE = """() => [...Bokeh.documents[0]._all_models.values()].filter((m) => m.type === 'BoxAnnotation' && m.visible)
    .map((m) => [m.left, m.right])"""


def test_the_example_runs_and_a_trip_is_shown_on_the_chart(page: Page, workbench: Served) -> None:
    opened(page, workbench)
    page.get_by_role("button", name="Run the example").click()
    expect(page.locator(".head h1")).to_have_text("sma_cross 10 30")
    expect(figure(page, "Trips")).to_have_text("59")
    expect(figure(page, "Return")).to_contain_text("%")
    assert "bars a year" in figure(page, "Sharpe").locator("..").get_attribute("title")
    rows = page.locator(".wb-table:visible .row")
    expect(rows.first).to_contain_text("2000-04-12")
    expect(page.locator(".wb-study").filter(has_text="Equity")).to_be_visible()
    assert page.evaluate(SHADE) == []

    rows.nth(3).click()
    expect(page.locator(".wb-table .row.marked")).to_contain_text("2001-01-10")
    page.wait_for_function(f"() => ({SHADE})().length === 3")
    left, right = page.evaluate(SHADE)[0]
    assert right - left == 31  # thirty bars later, and the bars themselves
    page.wait_for_function(
        """([left, right]) => { const f = [...Bokeh.documents[0]._all_models.values()]
            .find((m) => m.type === 'Figure' && m.renderers.length > 1);
            return f.x_range.start < left && right < f.x_range.end; }""",
        arg=[left, right],
    )

    # By keys: two rows down, the last one by scrolling to it.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".wb-table .row.marked")).to_contain_text("2001-04-19")
    page.keyboard.press("End")
    expect(page.locator(".wb-table .row.active .cell").first).to_have_text("59")

    page.get_by_role("tab", name="Drawdowns").click()
    expect(page.locator(".wb-table:visible .head")).to_contain_text("Made good")
    page.locator(".wb-table:visible .row").first.click()
    # By its length: where bars are counted from changes with what is loaded.
    page.wait_for_function(f"() => {{ const [one] = ({SHADE})(); return one && one[1] - one[0] > 500; }}")
    page.get_by_role("tab", name="Monthly").click()
    expect(page.locator(".wb-months table")).to_contain_text("2001")
    page.get_by_role("tab", name="Measures").click()
    expect(page.locator(".wb-table:visible .row").first).to_contain_text("Total return")


def test_a_long_run_is_cancelled_and_the_page_lives_on(page: Page, workbench: Served) -> None:
    opened(page, workbench, "symbol=BTC-USD&spec=1s&strategy=test_slow")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".head.working .work")).to_contain_text("Running")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.locator(".head.working")).to_have_count(0)
    page.get_by_label("Strategy").last.select_option("sma_cross")
    expect(page.locator("input[name='p.fast']")).to_have_value("10")
    run(page)
    expect(page.locator(".head h1")).to_have_text("sma_cross 10 30")


def test_two_runs_are_shown_over_each_other(page: Page, workbench: Served) -> None:
    opened(page, workbench)
    run(page)
    page.locator("input[name='p.fast']").fill("20")
    expect(page.get_by_text("Changed since this run")).to_be_visible()
    run(page, 2)
    for tick in page.locator(".runs input[type=checkbox]").all():
        tick.click()
    expect(page.get_by_role("button", name="Compare", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".head h1")).to_have_text("2 runs compared")
    first = page.locator(".wb-table:visible .row").first
    expect(first.locator(".cell")).to_have_text(["fast", "20", "10", "Parameter"])
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".head h1")).to_have_text("sma_cross 20 30")

    # The list: another name, away, and back.
    page.locator(".runs .show").first.focus()
    page.keyboard.press("F2")
    expect(page.get_by_label("Name of the run")).to_be_focused()
    page.keyboard.type("mine")
    page.keyboard.press("Enter")
    expect(page.locator(".runs .what").first).to_have_text("mine")
    page.get_by_role("button", name="Remove mine").click()
    expect(page.locator(".runs li")).to_have_count(1)
    expect(page.locator(".head h1")).to_have_text("sma_cross 10 30")
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".runs li")).to_have_count(2)


def test_a_formula_with_an_error_says_so_beside_it(page: Page, workbench: Served) -> None:
    opened(page, workbench, "symbol=AAPL&spec=1d&strategy=formula")
    text = page.locator("textarea[name='p.text']")
    text.fill("ema(close, 20) >")
    error = page.locator(".field").filter(has=text).locator(".wrong-text")
    expect(error).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 field to mend")).to_be_visible()
    expect(page.locator(".runs li")).to_have_count(0)
    text.fill("ema(clse, 20) > 0")  # a column that only the bars can tell there is not
    expect(error).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(error).to_contain_text("clse")
    expect(text).to_have_value("ema(clse, 20) > 0")
    text.fill("ema(close, 20) > ema(close, 50)")
    expect(error).to_be_hidden()
    run(page)
    expect(figure(page, "Trips")).not_to_have_text("–")


def test_a_strategy_that_raises_is_told_and_links_keep_the_form(page: Page, workbench: Served) -> None:
    opened(page, workbench, "symbol=AAPL&spec=1d&strategy=test_raises&p.at_bar=200&cash=5000")
    expect(page.locator("input[name=cash]")).to_have_value("5000")
    page.keyboard.press("Control+Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("test_raises 200 raised at bar 200")
    expect(alert).to_contain_text("out of ideas")
    page.locator("input[name='p.at_bar']").fill("100000")
    page.wait_for_function("() => location.search.includes('p.at_bar=100000')")
    run(page)
    expect(alert).to_have_count(0)
    page.reload()
    expect(page.locator("input[name='p.at_bar']")).to_have_value("100000")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["strategy"] == ["test_raises"] and asked["cash"] == ["5000"] and asked["symbol"] == ["AAPL"]


def test_what_is_typed_in_two_fields_at_once_is_kept(page: Page, workbench: Served) -> None:
    opened(page, workbench)
    for _ in range(3):
        page.locator("input[name='c.taker']").fill("0.1%")
        page.locator("input[name='p.fast']").fill("15")  # while the first one is on its way to be read
        page.wait_for_function("() => location.search.includes('c.taker=0.1') && location.search.includes('p.fast=15')")
        page.get_by_role("button", name="Defaults").click()
        expect(page.locator("input[name='p.fast']")).to_have_value("10")


def test_reports_come_and_a_reload_keeps_runs_and_form(page: Page, workbench: Served) -> None:
    opened(page, workbench)
    run(page)
    for name, begins in (("Report", b"<!"), ("PDF", b"%PDF"), ("CSV", b"symbol")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        assert begins in download.value.path().read_bytes()[:200]
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("tab", name="Log").click()
    expect(page.locator(".wb-table:visible .row").first).to_contain_text("is stored as")
    page.locator("input[name=cash]").fill("abc")
    page.wait_for_function("() => location.search.includes('cash=abc')")
    page.reload()
    expect(page.locator(".runs li")).to_have_count(1)
    expect(page.locator(".head h1")).to_have_text("sma_cross 10 30")
    expect(page.locator("input[name=cash]")).to_have_value("abc")


def test_the_chart_has_its_legend_again_after_a_comparison(page: Page, workbench: Served) -> None:
    opened(page, workbench)
    run(page)
    page.locator("input[name='p.fast']").fill("20")
    expect(page.get_by_text("Changed since this run")).to_be_visible()
    run(page, 2)
    for tick in page.locator(".runs input[type=checkbox]").all():
        tick.click()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".wb-legend")).to_be_hidden()
    expect(page.locator(".wb-table:visible .head .swatch")).to_have_count(2)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".wb-legend")).to_be_visible()
    expect(page.locator(".wb-study").filter(has_text="Equity")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "spec", "width", "lines"),
    [
        ("chart", "1d", 1400, 1),
        ("chart", "renko:10.25(1d)", 1400, 1),
        ("chart", "1d", 1000, 2),
        ("backtest", "1d", 1400, 1),
        ("backtest", "1d", 1000, 1),
        ("backtest", "1d", 820, 1),
    ],
)
def test_the_top_bar_keeps_to_its_lines(
    page: Page, workbench: Served, name: str, spec: str, width: int, lines: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{workbench}/{name}?symbol=AAPL&spec={spec}")
    expect(page.locator(".wb-legend")).to_be_visible()
    expect(page.locator(".wb-zone")).to_be_visible()
    boxes = [page.locator(one).first.bounding_box() for one in (".wb-topbar", ".wb-symbol", ".wb-zone")]
    assert boxes[0]["height"] < 40 * lines and abs(boxes[1]["y"] - boxes[2]["y"]) < 40 * lines - 32, boxes


def test_the_page_is_one_of_the_bar(page: Page, workbench: Served) -> None:
    page.goto(f"{workbench}/backtest")
    link = page.get_by_role("link", name="Backtest")
    expect(link).to_have_attribute("aria-current", "page")
