"""Comparing in a browser: a symbol by keys, its legend, lines that stand on the first close of any window, live."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

#: The price figure, the bars, the line of the first symbol and the columns it is drawn from.
PARTS = """const all = [...Bokeh.documents[0]._all_models.values()];
    const f = all.find((m) => m.type === 'Figure' && m.renderers.length > 1);
    const bars = f.renderers[0].data_source.data, line = f.renderers.find((r) => r.glyph.y?.field === 'y0');
    const drawn = line?.data_source.data;"""
#: Whether the line stands on the close of the first bar in the window, and inside the axis.
STANDS = f"""() => {{ {PARTS}
    if (!drawn?.x?.length || drawn.x.length !== bars.x.length) return false;
    const at = [...bars.x].findIndex((x) => x >= f.x_range.start), y = drawn.y0;
    const within = (x) => x >= f.x_range.start && x <= f.x_range.end;
    const seen = [...y].filter((v, i) => within(bars.x[i]) && Number.isFinite(v));
    const room = Math.max(...seen) < f.y_range.end && Math.min(...seen) > f.y_range.start;
    return room && Math.abs(y[at] / bars.close[at] - 1) < 1e-9; }}"""


def open_chart(page: Page, query: str, shown: str) -> None:
    page.goto(f"/chart?{query}")
    expect(page.locator(".wb-legend")).to_contain_text(shown)
    page.wait_for_function("() => Bokeh.documents[0].is_idle")


#: Whether the line of the first symbol is drawn.
DRAWN = f"() => {{ {PARTS} return Boolean(line?.visible && drawn?.x?.length); }}"
HIDDEN = f"() => {{ {PARTS} return Boolean(line && !line.visible); }}"


def test_a_symbol_is_compared_by_keys_hidden_removed_and_kept_in_the_link(page: Page) -> None:
    open_chart(page, "symbol=AAPL&spec=1d", "430.47")
    page.mouse.click(700, 400)
    page.keyboard.press("c")
    page.locator(".wb-compare input").wait_for()
    page.keyboard.type("micro")
    expect(page.locator(".wb-compare [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    row = page.locator(".wb-compared")
    expect(row).to_contain_text("MSFT")
    page.mouse.move(700, 5)
    expect(row).to_contain_text("27.95")
    expect(row).to_contain_text(re.compile(r"[+−]\d+\.\d\d %"))
    expect(page).to_have_url(re.compile("compare=MSFT&scale=percent"))
    page.wait_for_function(STANDS)
    page.keyboard.press("Escape")
    expect(page.locator(".wb-compare .panel")).to_be_hidden()
    # The window moves: the line stands on its first close, whatever it is.
    page.mouse.click(700, 400)
    base = f"() => {{ {PARTS} return bars.close[[...bars.x].findIndex((x) => x >= f.x_range.start)]; }}"
    before = page.evaluate(base)
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"(before) => ({base})() !== before", arg=before)
    page.wait_for_function(STANDS)
    # The crosshair tells of the bar it is on.
    page.mouse.move(300, 400)
    expect(row).not_to_contain_text("27.95")
    row.hover()
    row.get_by_role("button", name="Hide MSFT").click()
    page.wait_for_function(HIDDEN)
    expect(row.get_by_role("button", name="Show MSFT")).to_be_visible()
    # What was hidden is hidden wherever the link is opened.
    expect(page).to_have_url(re.compile("compare=MSFT&hidden=MSFT"))
    page.reload()
    expect(page.locator(".wb-compared")).to_contain_text("MSFT")
    page.wait_for_function(HIDDEN)
    row.hover()
    row.get_by_role("button", name="Show MSFT").click()
    page.wait_for_function(DRAWN)
    expect(page).not_to_have_url(re.compile("hidden"))
    page.wait_for_function(STANDS)
    row.hover()
    row.get_by_role("button", name="Remove MSFT").click()
    expect(row).to_have_count(0)
    expect(page).not_to_have_url(re.compile("compare"))


def test_a_live_symbol_moves_beside_a_live_one_and_one_without_such_bars_says_so(page: Page) -> None:
    open_chart(page, "symbol=BTC-USD&spec=1min&compare=ETH-USD,AAPL", "BTC-USD")
    row = page.locator(".wb-compared").first
    expect(row).to_contain_text("ETH-USD")
    expect(page.locator(".wb-compared").nth(1)).to_contain_text("AAPL has no 1min bars")
    page.wait_for_function(STANDS)
    price = row.locator("em").first
    page.mouse.move(700, 5)
    before = price.inner_text()
    expect(price).not_to_have_text(before)
