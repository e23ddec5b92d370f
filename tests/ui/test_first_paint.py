"""Pages answer from memory: each still has a session of its own, and everything comes from this server."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from playwright.sync_api import Page, WebSocket, expect
from tornado.websocket import websocket_connect

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
        expect(page.locator(".wb-legend b").first).to_have_text(symbol)
        expect(page.locator(".wb-spec").first).to_have_text(spec)
    home = urlsplit(str(served)).netloc
    assert [url for url in asked if urlsplit(url).netloc not in (home, "")] == []


def test_a_page_asks_for_its_document_while_scripts_are_read(page: Page, served: Served) -> None:
    token(f"{served}/chart")  # the next one comes from memory
    sockets: list[str] = []
    sent: list[str] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket.url)
        socket.on("framesent", lambda data: sent.append(data if isinstance(data, str) else ""))

    page.on("websocket", opened)
    page.goto("/chart?symbol=AAPL&spec=1d")
    expect(page.locator(".wb-legend b").first).to_have_text("AAPL")
    page.wait_for_function("() => Bokeh.documents[0].is_idle")
    # The one socket that was opened early is the client's, and nobody had to ask for the document.
    assert len(sockets) == 1 and "early" in sockets[0]
    assert [one for one in sent if "PULL-DOC-REQ" in one] == []
    assert page.evaluate("() => WebSocket.OPEN") == 1


def test_one_that_goes_before_the_page_is_there_is_no_error(served: Served) -> None:
    """Somebody presses a link and, while the page is being opened, another one."""

    async def come_and_go() -> None:
        address = f"{served}/chart/ws?early=1".replace("http", "ws", 1)
        socket = await websocket_connect(address, subprotocols=["bokeh", token(f"{served}/chart")])
        socket.close()
        while await socket.read_message() is not None:
            pass

    before = served.log.stat().st_size
    with ThreadPoolExecutor() as beside:  # Playwright's own loop runs in this thread
        for _ in range(5):
            beside.submit(asyncio.run, come_and_go()).result()
            token(f"{served}/home")  # is answered when the server has nothing else to do
    assert "Traceback" not in served.log.read_text("utf-8")[before:]


def test_a_page_that_was_made_ahead_is_its_visitors(page: Page, served: Served) -> None:
    for symbol, spec, theme in (("AAPL", "1d", "light"), ("BTC-USD", "5min", "dark"), ("AAPL", "1w", "light")):
        page.context.add_cookies([{"name": "wb_theme", "value": theme, "url": str(served)}])
        page.add_init_script(f"localStorage.setItem('wb.theme', '{theme}')")
        page.goto(f"/chart?symbol={symbol}&spec={spec}&studies=ema(window=9)")
        expect(page.locator(".wb-legend b").first).to_have_text(symbol)
        expect(page.locator(".wb-spec").first).to_have_text(spec)
        expect(page.locator(".wb-study").first).to_contain_text("EMA")
        assert f"symbol={symbol}" in page.url and f"spec={spec}" in page.url
        expect(page.locator("html")).to_have_attribute("data-wb-theme", theme)
        # The next one is made once this one is on the screen.
        page.wait_for_function("() => Bokeh.documents[0].is_idle")
        token(f"{served}/home")  # is answered when the server has nothing else to do
