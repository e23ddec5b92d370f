"""A tear sheet in a browser that has no network: on a screen in both themes, and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request

from tests.unit.backtest.test_engine import Restless, bars_of
from workbench.backtest import backtest
from workbench.charts.theme import DARK, LIGHT

#: Width of an A4 page between margins of 12 mm, CSS px.
PAPER = 702


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = backtest(Restless(seed=3), bars_of(2, 4000), fees=0.0005)
    return result.report(tmp_path_factory.mktemp("report") / "sheet.html")


@pytest.fixture
def opened(page: Page, sheet: Path) -> Iterator[Page]:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.context.set_offline(True)
    page.goto(sheet.as_uri())
    yield page
    assert asked and {url.partition(":")[0] for url in asked} <= {"file", "data"}


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def wider_than(page: Page, width: int) -> list[str]:
    """Elements that reach beyond a width."""
    return page.evaluate(
        """width => [...document.querySelectorAll('body *')]
            .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > width + 1)
            .map(e => `${e.tagName}.${e.className.baseVal ?? e.className} ${e.getBoundingClientRect().right}`)""",
        width,
    )


def rgb(color: str) -> str:
    return f"rgb({', '.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_a_reader_without_a_network(opened: Page) -> None:
    page = opened
    page.emulate_media(color_scheme="light")
    assert background(page) == rgb(LIGHT.page)
    page.emulate_media(color_scheme="dark")
    assert background(page) == rgb(DARK.page)
    assert page.locator("svg").count() == 7
    assert page.locator("h2").all_text_contents()[:2] == ["Equity and drawdown", "Returns by month"]
    for size in ((1400, 900), (820, 1180)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        # A table may be wider than a small screen; it scrolls in its own region, and the page does not.
        assert [one for one in wider_than(page, size[0]) if not one.startswith(("T", "DATA"))] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    # The long list scrolls by keyboard, under a head line that stays.
    table = page.get_by_role("region", name="List of round trips, table")
    table.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.scroll.long').scrollTop > 1000")
    head, box = table.locator("thead th").first.bounding_box(), table.bounding_box()
    assert head is not None and box is not None and abs(head["y"] - box["y"]) < 2
    with page.expect_download() as taken:
        page.get_by_role("link", name="All round trips as CSV").click()
    assert taken.value.suggested_filename == "round_trips.csv.gz"


def test_on_paper_nothing_is_cut(opened: Page) -> None:
    page = opened
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    assert wider_than(page, PAPER) == []
    assert page.evaluate("getComputedStyle(document.body).color") == rgb(LIGHT.text)
    long = page.locator(".scroll.long")
    assert long.evaluate("e => e.scrollHeight - e.clientHeight") <= 1
    sizes = page.evaluate(
        "[...document.querySelectorAll('td,th,p,dd')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 9  # px; 6.75 pt
    text = page.pdf(prefer_css_page_size=True)
    rows = long.locator("tbody tr").count()
    assert rows / 75 < len(re.findall(rb"/Type\s*/Page\b", text)) < 7 + rows / 50
