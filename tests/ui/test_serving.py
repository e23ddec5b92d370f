"""``workbench serve`` as a visitor meets it: pages at their addresses, sessions that open, no errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import ROOT, Served, status_of

PAGES = ["/", *(f"/{app.stem}" for app in sorted((ROOT / "apps").glob("*.py")))]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers(served: Served, path: str) -> None:
    assert status_of(served.url + path) == 200


def test_a_page_that_is_not_there_is_not_found(served: Served) -> None:
    assert status_of(served.url + "/no-such-page") == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_home_page_opens_its_session_under_either_name(served: Served, page: Page, host: str) -> None:
    with page.expect_websocket(lambda socket: "/ws" in socket.url) as opened:
        page.goto(served.url.replace("127.0.0.1", host) + "/")
    socket = opened.value
    socket.wait_for_event("framereceived")
    assert not socket.is_closed()
    expect(page.get_by_text(re.compile("BTC-USD")).first).to_be_visible()


def test_the_server_listens_on_this_machine_only(served: Served) -> None:
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("no /proc/net/tcp on this system to look at")
    port = f"{int(served.url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port}")]
    assert listening == [f"0100007F:{port}"]
