"""The pace of live bars in a browser: up while it keeps up, down when it does not, and up again."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

READY, ANSWER = 60_000, 60_000
#: What the status strip says of a chart that is drawn well above the rate it opens with (10 Hz), and near the lowest.
QUICK, SLOW = re.compile(r"^(1[4-9]|20) Hz\b"), re.compile(r"^[5-7] Hz\b")
#: How many times slower the browser is made: a paint then takes longer than the lowest rate leaves for it.
SLOWER = 20


def test_a_browser_that_gets_slow_is_drawn_for_less_often_until_it_is_quick_again(
    page: Page, context: BrowserContext
) -> None:
    page.set_viewport_size({"width": 900, "height": 500})  # quick to paint, also where other work is done
    page.goto("/chart?symbol=BTC-USD&spec=1min", timeout=READY)
    said = page.get_by_text(re.compile(r"^\d+ Hz\b"))
    expect(said).to_have_text(QUICK, timeout=READY)
    browser = context.new_cdp_session(page)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    expect(said).to_have_text(SLOW, timeout=ANSWER)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    expect(said).to_have_text(QUICK, timeout=ANSWER)
