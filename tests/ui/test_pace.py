"""Live bars at the browser's pace: a slow one is sent fewer messages, and both end on the same bars."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.ui.test_chart import PRICE, open_chart

#: Draws of a quick browser that are counted.
DRAWS = 100


def count_draws(page: Page) -> list[int]:
    """Number of messages with live bars, counted from now."""
    heard = [0]
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda data: heard.__setitem__(0, heard[0] + (isinstance(data, str) and '"ColumnsPatched"' in data)),
        ),
    )
    return heard


def test_a_slow_browser_gets_fewer_messages_and_the_same_bars(page: Page) -> None:
    slow = page.context.new_page()
    quick_heard, slow_heard = count_draws(page), count_draws(slow)
    for one in (slow, page):
        open_chart(one, "BTC-USD", "1min")
    slow.context.new_cdp_session(slow).send("Emulation.setCPUThrottlingRate", {"rate": 30})
    rate = re.compile(r"(\d+) Hz")
    expect(slow.locator(".strip .note")).to_have_text(re.compile(r"^5 Hz"), timeout=120_000)
    expect(page.locator(".strip .note")).to_have_text(re.compile(r"^(9|1\d|20) Hz"), timeout=120_000)
    assert int(rate.search(page.locator(".strip .note").inner_text())[1]) <= 20
    began = (quick_heard[0], slow_heard[0])
    for _ in range(60 * DRAWS):
        if quick_heard[0] >= began[0] + DRAWS:
            break
        page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    assert quick_heard[0] >= began[0] + DRAWS
    assert slow_heard[0] - began[1] < 0.8 * (quick_heard[0] - began[0])
    # A bar that has closed is the same in both.
    closed = f"""(() => {{ const d = {PRICE}.renderers[0].data_source.data, i = d.x.length - 2;
        return [d.time[i], d.open[i], d.high[i], d.low[i], d.close[i], d.volume[i]]; }})()"""
    slow.context.new_cdp_session(slow).send("Emulation.setCPUThrottlingRate", {"rate": 1})
    wanted = page.evaluate(f"() => {closed}")
    slow.wait_for_function(f"(wanted) => {closed}[0] >= wanted[0]", arg=wanted, timeout=90_000)
    found = slow.evaluate(
        f"""(time) => {{ const d = {PRICE}.renderers[0].data_source.data, i = d.time.indexOf(time);
        return [d.time[i], d.open[i], d.high[i], d.low[i], d.close[i], d.volume[i]]; }}""",
        wanted[0],
    )
    assert found == wanted
