"""Chart types in a browser: the menu by mouse and by keyboard, live bars, bars with a shape of their own."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

PRICE = "[...Bokeh.documents[0]._all_models.values()].find((m) => m.type === 'Figure' && m.renderers.length > 1)"


def open_chart(page: Page, query: str, shown: str) -> None:
    page.goto(f"/chart?{query}")
    expect(page.locator(".wb-legend")).to_contain_text(shown)
    page.wait_for_function("() => Bokeh.documents[0].is_idle")


def test_every_type_is_drawn_on_the_same_bars_in_the_same_window(page: Page) -> None:
    open_chart(page, "symbol=AAPL&spec=1d", "430.47")
    before = page.evaluate(f"() => {{ const f = {PRICE}; return [f.id, f.x_range.start, f.x_range.end]; }}")
    legend = page.locator(".wb-legend").inner_text()
    page.evaluate(
        f"""() => {{ const {{ data }} = {PRICE}.renderers[0].data_source.properties;
        globalThis.sent = 0; data.change.connect(() => globalThis.sent++); }}"""
    )
    button, menu = page.locator(".wb-types .current"), page.locator(".wb-types .menu")
    names = menu.locator("button").evaluate_all("(all) => all.map((one) => one.dataset.type)")
    assert len(names) >= 13
    worn = f"() => {PRICE}.renderers.filter((r) => r.visible).map((r) => r.id).join()"
    candles = page.evaluate(worn)
    seen = {candles}
    for name in [*names[1:], names[0]]:
        button.click()
        row = menu.locator(f"[data-type={name}]")
        expect(row).to_have_attribute("title", re.compile("."))
        row.click()
        expect(menu).to_be_hidden()
        expect(button).to_contain_text(row.text_content())
        if name == names[0]:
            expect(page).not_to_have_url(re.compile("chart="))
        else:
            expect(page).to_have_url(re.compile(f"chart={name}(&|$)"))
        known = sorted(seen - {candles} if name == names[0] else seen)
        page.wait_for_function(
            f"""(known) => {{ const views = [...{PRICE}.y_range.linked_plots][0].computed_renderer_views;
            const drawn = {PRICE}.renderers.filter((r) => r.visible);
            return !known.includes(({worn})()) && drawn.every((r) => views.some((one) => one.model.id === r.id)); }}""",
            arg=known,
        )
        seen.add(page.evaluate(worn))
    assert len(seen) == len(names)
    assert page.evaluate(worn) == candles
    after = page.evaluate(f"() => {{ const f = {PRICE}; return [f.id, f.x_range.start, f.x_range.end]; }}")
    assert after == before
    assert page.evaluate("globalThis.sent") == 0
    page.mouse.move(700, 5)
    assert page.locator(".wb-legend").inner_text() == legend


def test_a_type_follows_the_live_bar_and_the_axis_follows_its_closes(page: Page) -> None:
    open_chart(page, "symbol=BTC-USD&spec=1min&chart=baseline", "BTC-USD")
    button = page.locator(".wb-types .current")
    expect(button).to_contain_text("Baseline")
    corner = f"""() => {{ const f = {PRICE}, view = [...f.y_range.linked_plots][0];
        const views = view.computed_renderer_views;
        const lines = views.filter((one) => one.model.glyph?.type === 'MultiLine').map((one) => one.glyph);
        const ends = lines.flatMap((glyph) => [...(glyph?.ys?.get(0) ?? [])]);
        const closes = f.renderers[0].data_source.data.close;
        return [closes.at(-1), ends.includes(closes.at(-1))]; }}"""
    page.wait_for_function(f"() => ({corner})()[1]")
    first = page.evaluate(corner)[0]
    page.wait_for_function(
        f"(first) => {{ const [now, drawn] = ({corner})(); return now !== first && drawn; }}", arg=first
    )
    # A hair above the closes of the window, not above its highs.
    page.wait_for_function(
        f"""() => {{ const f = {PRICE}, {{ x, close }} = f.renderers[0].data_source.data;
        const seen = [...close].filter((_, i) => x[i] >= f.x_range.start && x[i] <= f.x_range.end);
        const low = Math.min(...seen), high = Math.max(...seen), room = 0.061 * (high - low) + 1e-6;
        return f.y_range.end <= high + room && f.y_range.start >= low - room && f.y_range.end > high; }}"""
    )
    button.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("o")
    page.keyboard.press("Enter")
    expect(button).to_contain_text("OHLC bars")
    expect(button).to_be_focused()
    expect(page).to_have_url(re.compile("chart=ohlc"))
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator(".wb-types .menu")).to_be_hidden()


def test_bars_with_a_shape_say_why_there_is_no_type(page: Page) -> None:
    open_chart(page, "symbol=AAPL&spec=renko:5(1d)&chart=line", "renko:5")
    button = page.locator(".wb-types .current")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", re.compile("Renko.*shape of their own"))
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".wb-types .menu")).to_be_hidden()
    page.get_by_role("button", name="1d", exact=True).click()
    expect(button).to_have_attribute("aria-disabled", "false")
    page.wait_for_function(
        f"() => {PRICE}.renderers.filter((r) => r.visible).map((r) => r.glyph.type).join() === 'Line'"
    )
