"""The Live page in a browser: a market started and stopped, a replay steered, Redis killed and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, expect


def opened(page: Page) -> Page:
    page.goto("/live")
    expect(page.locator(".wb-table .row").first).to_be_visible()
    return page


def row_of(page: Page, symbol: str) -> Locator:
    """The row of a symbol in the table of rates."""
    return page.locator(".wb-lv-body .row").filter(has=page.get_by_text(symbol, exact=True))


def test_a_market_is_started_seen_and_stopped(page: Page) -> None:
    opened(page)
    form = page.get_by_role("form", name="New synthetic market")
    form.locator("input[name=symbols]").fill("UITEST")
    form.locator("select[name=scenario]").select_option("volatile")
    form.locator("input[name=speed]").fill("100")
    page.keyboard.press("Enter")
    feed = page.locator(".wb-lv-side li").filter(has_text="volatile-1")
    expect(feed).to_contain_text("synthetic · UITEST")
    row = row_of(page, "UITEST")
    expect(row).to_be_visible()
    expect(row.locator(".cell").nth(4)).not_to_have_text("0.0")
    expect(feed.locator(".figure")).to_contain_text("/s")

    find = page.locator("input[name=find]")
    find.fill("uites")
    expect(page.locator(".wb-lv-body .row")).to_have_count(1)
    find.press("Escape")
    expect(row_of(page, "BTC-USD")).to_be_visible()

    form.locator("input[name=symbols]").fill("UITEST")
    page.keyboard.press("Enter")
    expect(page.locator(".wrong:visible")).to_contain_text("UITEST is fed by volatile-1")

    feed.get_by_role("button", name="Stop volatile-1").click()
    expect(feed.locator(".figure")).to_have_text("stopped")
    expect(row.locator(".cell").nth(4)).to_have_text("0.0")
    feed.get_by_role("button", name="Remove volatile-1").press("Enter")
    expect(feed).to_have_count(0)


def test_a_replay_is_started_paused_stepped_sought_and_stopped(page: Page) -> None:
    opened(page)
    form = page.get_by_role("form", name="New replay")
    form.locator("input[name=symbols]").fill("BTC-USD")
    form.locator("select[name=pace]").select_option("60")
    form.locator("input[name=symbols]").press("Enter")
    deck, part = page.locator(".deck"), page.locator(".replay")
    expect(deck).to_be_visible()
    expect(part.locator("header")).to_contain_text("playing")
    began = deck.locator(".clock").inner_text()
    expect(deck.locator(".clock")).not_to_have_text(began)

    deck.get_by_role("button", name="Pause").click()
    expect(part.locator("header")).to_contain_text("paused")
    deck.get_by_role("button", name="Go on until a bar is closed").press("Enter")
    expect(deck.locator(".message")).to_be_visible()

    deck.get_by_role("form", name="Run to").locator("input[name=goal-text]").fill("much")
    page.keyboard.press("Enter")
    expect(part.locator(".wrong")).to_contain_text("'much' is not a number")

    slider = deck.locator("input[name=seek]")
    slider.focus()
    page.keyboard.press("End")
    expect(deck.locator(".about")).to_contain_text("100 %")
    deck.get_by_role("button", name="Stop this replay for everybody").click()
    expect(deck).to_be_hidden()


#: The newest bar that a chart's page holds: its open, ms since 1970, and how many bars there are; null before any.
NEWEST = """() => {
    for (const one of Bokeh.documents) for (const model of one._all_models.values()) {
        const time = model.type === "ColumnDataSource" && model.data.open && model.data.time;
        if (time?.length) return {time: time[time.length - 1], count: time.length};
    }
    return null;
}"""


def clock_of(page: Page) -> int:
    """The replay's clock as the Live page shows it, ms since 1970."""
    text = page.locator(".deck .clock").inner_text()
    return round(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_chart_follows_a_replay_and_knows_nothing_of_what_is_to_come(page: Page) -> None:
    opened(page)
    form, deck = page.get_by_role("form", name="New replay"), page.locator(".deck")
    form.locator("input[name=symbols]").fill("BTC-USD")
    form.locator("select[name=pace]").select_option("60")
    form.locator("input[name=symbols]").press("Enter")
    expect(deck).to_be_visible()
    slider = deck.locator("input[name=seek]")
    slider.evaluate("(one) => { one.value = 500; one.dispatchEvent(new Event('change')); }")
    expect(deck.locator(".about")).to_contain_text("50 %")
    with page.context.expect_page() as made:
        deck.get_by_role("link", name="Open chart").press("Enter")
    chart = made.value
    chart.wait_for_function(f"globalThis.Bokeh && ({NEWEST})()")
    first = chart.evaluate(NEWEST)
    chart.wait_for_function(f"({NEWEST})().time > {first['time']}")
    assert chart.evaluate(NEWEST)["count"] > first["count"]
    expect(chart.locator(".strip .words")).to_contain_text("replay btc-usd-")
    expect(chart.locator(".strip .words")).to_contain_text("60x")
    deck.get_by_role("button", name="Pause").click()
    expect(page.locator(".replay header")).to_contain_text("paused")
    expect(chart.locator(".strip .words")).to_contain_text("paused")
    assert chart.evaluate(NEWEST)["time"] <= clock_of(page)

    slider.evaluate("(one) => { one.value = 100; one.dispatchEvent(new Event('change')); }")
    expect(deck.locator(".about")).to_contain_text("10 %")
    back = clock_of(page)
    chart.wait_for_function(f"({NEWEST})().time <= {back}")
    chart.wait_for_function(f"({NEWEST})().time > {back - 120_000}")
    deck.get_by_role("button", name="Stop this replay for everybody").click()
    expect(chart.locator(".strip .words")).to_contain_text("stopped")
    chart.close()


def test_redis_dies_and_the_page_says_so_and_comes_back(page: Page, kill_redis: Callable[[], float]) -> None:
    opened(page)
    expect(page.locator(".place")).to_have_text("live")
    page.evaluate(
        """() => {
            window.told = [];
            const said = (one) => one.matches('[role=status]') && one.textContent.includes('Redis does not answer');
            const look = (root) => { for (const one of root.querySelectorAll('*')) {
                if (said(one)) window.told.push(one.textContent);
                if (one.shadowRoot) look(one.shadowRoot); } };
            window.looking = setInterval(() => look(document), 30);
        }"""
    )
    kill_redis()
    page.wait_for_function("window.told.length > 0")
    expect(page.get_by_text("Redis does not answer")).to_have_count(0)
    expect(page.locator(".place")).to_have_text("live")
    expect(row_of(page, "BTC-USD").locator(".cell").nth(1)).to_have_text("live")
