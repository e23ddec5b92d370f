"""The Live page says how long bars take to the screens of this process: of a chart in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

#: Milliseconds as the page writes them; a dash says that there is none.
FIGURE = re.compile(r"^\d[\d,.]*$")


def test_a_chart_that_is_open_has_its_stages_on_the_live_page(page: Page) -> None:
    chart = page.context.new_page()
    chart.goto("/chart?symbol=BTC-USD&spec=1min")
    expect(chart.get_by_text(re.compile(r"^\d+ Hz\b"))).to_be_visible()
    page.goto("/live")
    for stage in ("Document", "Paint"):
        line = page.locator(".stages tbody tr").filter(has=page.get_by_role("rowheader", name=stage, exact=True))
        for at in range(3):
            expect(line.locator(".figure").nth(at)).to_have_text(FIGURE)
    expect(page.locator(".stages header")).to_contain_text(re.compile(r"drawn [\d,]+ times"))
    chart.close()
