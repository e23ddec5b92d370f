"""Pages answer from memory: each still has a session of its own, and everything comes from this server."""

from __future__ import annotations

import re
import urllib.request
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.ui.conftest import Served


def token(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        found = re.findall(r'"token":"([^"]+)"', answer.read().decode())
    assert len(found) == 1
    return found[0]


def test_every_opening_of_a_page_has_its_own_session(served: Served) -> None:
    tokens = [token(f"{served}/chart?symbol=AAPL&spec=1d") for _ in range(3)]
    assert len(set(tokens)) == 3


def test_a_page_from_memory_shows_what_its_own_link_says(page: Page, served: Served) -> None:
    token(f"{served}/chart?symbol=AAPL&spec=1d")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for symbol, spec in (("AAPL", "1d"), ("BTC-USD", "1min")):
        page.goto(f"/chart?symbol={symbol}&spec={spec}")
        expect(page.locator(".wb-legend b").first).to_have_text(symbol, timeout=30_000)
        expect(page.locator(".wb-spec").first).to_have_text(spec)
    home = urlsplit(str(served)).netloc
    assert [url for url in asked if urlsplit(url).netloc not in (home, "")] == []
