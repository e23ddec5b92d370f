"""The home page in a browser, on demo data and the demo feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.ui.conftest import PATIENCE

SYMBOLS = {"AAPL", "GOOG", "IBM", "MSFT", "FB", "BTC-USD", "ETH-USD", "ES", "EURUSD", "NIFTY"}


def opened(page: Page) -> Page:
    page.goto("/")
    expect(page.locator(".instruments tbody tr").first).to_be_visible()
    return page


def row(page: Page, symbol: str) -> Locator:
    return page.locator(".instruments tbody tr").filter(has=page.locator("b", has_text=symbol))


def test_every_instrument_is_there_with_a_link_to_its_chart(page: Page) -> None:
    opened(page)
    symbols = page.locator(".instruments tbody b").all_text_contents()
    assert set(symbols) >= SYMBOLS
    href = row(page, "AAPL").locator("a").get_attribute("href")
    assert href == "chart?symbol=AAPL&spec=1min&tz=UTC"
    expect(row(page, "AAPL").locator("td.last")).to_have_text("430.47")
    expect(row(page, "AAPL").locator("td.updated")).to_have_text("2013-03-01")


def test_a_live_price_moves_by_itself_and_the_row_stays(page: Page) -> None:
    opened(page)
    last = row(page, "BTC-USD").locator("td.last .value")
    first, node = last.text_content(), last.element_handle()
    page.wait_for_function("([node, first]) => node.textContent !== first", arg=[node, first])
    assert node.evaluate("node => node.isConnected"), "the row was rebuilt instead of patched"


def test_the_strip_says_live_with_latency(page: Page) -> None:
    opened(page)
    expect(page.locator(".strip .words")).to_have_text("live")
    expect(page.locator(".strip .latency")).to_have_text(re.compile(r"^[\d,]+ ms$"))
    expect(page.locator(".strip .source")).to_have_text("synthetic")
    expect(page.locator(".strip .zone")).to_have_text("UTC")


def test_filter_by_keyboard(page: Page) -> None:
    opened(page)
    page.keyboard.press("/")
    page.keyboard.type("bokeh app")
    expect(page.locator(".instruments tbody tr:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".instruments tbody tr:visible")).to_have_count(len(SYMBOLS))


def test_sorting_by_change(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    expect(page.locator("th.change")).to_have_attribute("aria-sort", "descending")
    texts = page.locator("tbody td.change").all_text_contents()
    shown = [float(t.replace(" %", "").replace("−", "-").replace("+", "")) for t in texts if t != "–"]
    assert len(shown) > 3 and shown == sorted(shown, reverse=True)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_first_visit_follows_the_system_and_a_choice_is_remembered(
    browser: Browser, base_url: str, scheme: str
) -> None:
    other = "light" if scheme == "dark" else "dark"
    context = browser.new_context(base_url=base_url, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    opened(page)
    page_colour = "getComputedStyle(document.body).backgroundColor"
    known = {"dark": "rgb(14, 17, 22)", "light": "rgb(246, 247, 249)"}
    page.wait_for_function(f"{page_colour} === '{known[scheme]}'")
    page.get_by_role("button", name=f"{other.capitalize()} theme").click()
    page.wait_for_function(f"{page_colour} === '{known[other]}'")
    expect(page.locator(f".mui-{other} main")).to_be_attached()
    opened(page)
    assert page.evaluate(page_colour) == known[other]
    expect(page.locator(f".mui-{other} main")).to_be_attached()
    context.close()


def test_the_colour_pair_is_a_switch(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Up and down in blue and orange").click()
    up = "getComputedStyle(document.documentElement).getPropertyValue('--wb-up').trim()"
    page.wait_for_function(f"['#4a9eea', '#2f86d6'].includes({up})")


def test_nothing_is_fetched_from_elsewhere(page: Page, base_url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page)
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(base_url).netloc}


def test_the_first_steps_lead_to_pages_that_are_ready_to_run(page: Page) -> None:
    opened(page)
    page.get_by_role("link", name="Backtest a moving-average cross").click()
    expect(page.get_by_label("Strategy", exact=True)).to_have_value("sma_cross")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_bad_values_in_a_link_are_told_and_can_be_dismissed(page: Page) -> None:
    page.goto("/?symbol=AAPL&spec=7x")
    notice = page.get_by_text("Bar spec '7x' cannot be read")
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(notice).to_be_hidden()


@pytest.mark.parametrize("width", [1400, 820, 400])
def test_nothing_lies_over_anything_and_every_button_has_a_name(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page)
    boxes = [page.locator(s).bounding_box() for s in ("nav", ".buttons", ".fact-box.row", ".instruments", ".strip")]
    for k, first in enumerate(boxes):
        for second in boxes[k + 1 :]:
            apart = (
                first["x"] + first["width"] <= second["x"] + 1
                or second["x"] + second["width"] <= first["x"] + 1
                or first["y"] + first["height"] <= second["y"] + 1
                or second["y"] + second["height"] <= first["y"] + 1
            )
            assert apart, (first, second)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    buttons = page.get_by_role("button").all()
    assert len(buttons) >= 3
    for button in buttons:
        assert (button.get_attribute("aria-label") or button.text_content() or "").strip()


def test_pages_fold_into_a_menu_when_narrow(page: Page) -> None:
    page.set_viewport_size({"width": 820, "height": 1180})
    opened(page)
    link = page.locator("nav li a", has_text="Chart")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Pages").click()
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_the_strip_says_so_when_redis_dies(page: Page, kill_redis: Callable[[], float]) -> None:
    opened(page)
    words = page.locator(".strip .words")
    expect(words).to_have_text("live")
    # Our own guard starts Redis again at once, so the strip may say "reconnecting" or already "reconnected".
    page.evaluate(
        """node => { window.said = []; new MutationObserver(() => window.said.push(node.textContent))
             .observe(node, {childList: true, characterData: true, subtree: true}) }""",
        words.element_handle(),
    )
    kill_redis()
    page.wait_for_function("window.said.some((text) => text.includes('reconnect'))")
    expect(words).to_have_text("live")
