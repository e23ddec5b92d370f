"""The chart page in a browser: real days, paging, live bars, crosshair, zone, theme, window."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

READY = 60_000
#: For answers of the server; two cores may be busy with the other tests' pages.
ANSWER = 20_000
FIGURES = "[...Bokeh.documents[0]._all_models.values()].filter((m) => m.type === 'Figure')"


def open_chart(page: Page, symbol: str, spec: str, more: str = "") -> None:
    page.goto(f"/chart?symbol={symbol}&spec={spec}{more}")
    legend = page.locator(".wb-legend")
    expect(legend).to_contain_text(symbol, timeout=READY)
    expect(legend).to_contain_text(spec)
    # Until then Bokeh may render views anew, which takes the keyboard's focus away.
    page.wait_for_function("() => Bokeh.documents[0].is_idle", timeout=READY)


def price_figure(page: Page, expression: str) -> object:
    """Evaluate ``expression`` of ``f``, the price figure, and ``s``, the bars' source."""
    return page.evaluate(
        f"""() => {{ const f = {FIGURES}.find((m) => m.renderers.length > 1);
        const s = f.renderers[0].data_source; return {expression}; }}"""
    )


def focus(page: Page) -> None:
    page.mouse.click(700, 400)


def press_until(page: Page, key: str, reached: Callable[[], bool]) -> None:
    """Press a key as a person would, looking at the chart after each time."""
    for _ in range(80):
        focus(page)
        page.keyboard.press(key)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
        if reached():
            return
    pytest.fail(f"80 times {key!r} did not do it; the legend says {page.locator('.wb-legend').inner_text()!r}")


def test_daily_bars_open_on_the_newest_days_and_pan_back_to_the_first(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    legend = page.locator(".wb-legend")
    expect(legend).to_contain_text("Fri 1 Mar 2013")
    expect(legend).to_contain_text("430.47")
    assert price_figure(page, "s.get_length()") <= 2000
    for _ in range(40):
        page.mouse.move(40, 300)
        page.mouse.down()
        page.mouse.move(1200, 300, steps=4)
        page.mouse.up()
        held = price_figure(page, "[s.data.time[0], f.x_range.start < s.data.x[0], s.get_length()]")
        assert held[2] <= 2000
        if held[0] < 951_955_200_000 and held[1]:
            break
        page.wait_for_function(
            f"""() => {{ const f = {FIGURES}.find((m) => m.renderers.length > 1), s = f.renderers[0].data_source;
            return f.x_range.start > s.data.x[0] || s.tags[0].head; }}"""
        )
    first = price_figure(page, "f.x_range.linked_plots.values().next().value.frame.x_scale.compute(s.data.x[0])")
    page.mouse.move(float(first), 400)
    expect(legend).to_contain_text("Wed 1 Mar 2000")


def test_home_and_end_jump_to_the_edges(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    focus(page)
    page.keyboard.press("Home")
    page.wait_for_function(
        f"""() => new Date({FIGURES}.find((m) => m.renderers.length > 1).renderers[0].data_source.data.shown[0])
        .toISOString().startsWith("2000-03-01")"""
    )
    page.keyboard.press("End")
    page.mouse.move(700, 5)
    expect(page.locator(".wb-legend")).to_contain_text("Fri 1 Mar 2013")


def test_live_bars_move_by_themselves(page: Page) -> None:
    open_chart(page, "BTC-USD", "1min")
    tag = page.locator(".wb-last")
    expect(tag).to_be_visible()
    before = price_figure(page, "[s.data.close.at(-1), s.data.volume.at(-1), s.data.time.at(-1)].join()")
    page.wait_for_function(
        f"""(before) => {{ const d = {FIGURES}.find((m) => m.renderers.length > 1).renderers[0].data_source.data;
        return [d.close.at(-1), d.volume.at(-1), d.time.at(-1)].join() !== before; }}""",
        arg=before,
        timeout=20_000,
    )


def test_legend_follows_the_crosshair(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    seen = set()
    for x in (300, 600, 900):
        page.mouse.move(x, 400)
        expect(page.locator(".wb-tag-time")).to_be_visible()
        date = page.locator(".wb-tag-time").inner_text()
        expect(page.locator(".wb-legend time")).to_have_text(date)
        seen.add(page.locator(".wb-legend").inner_text())
    assert len(seen) == 3
    page.mouse.move(700, 5)
    expect(page.locator(".wb-tag-time")).to_be_hidden()


@pytest.mark.parametrize(("zone", "shift"), [("UTC", 0), ("Asia/Kolkata", 330)])
def test_axis_and_legend_tell_the_time_of_the_zone(page: Page, zone: str, shift: int) -> None:
    open_chart(page, "BTC-USD", "1min", f"&tz={zone}")
    expect(page.locator(".wb-legend time")).to_contain_text(zone)
    page.mouse.move(600, 400)
    shown = page.locator(".wb-tag-time").inner_text()
    index = price_figure(page, "Math.round([...f.y_range.linked_plots][0].frame.x_scale.invert(600)) - s.data.x[0]")
    minute = price_figure(page, f"new Date(s.data.time[{index}] + {shift} * 60000).toISOString().slice(11, 16)")
    assert shown.endswith(str(minute))
    wrong = price_figure(
        page,
        f"""[...globalThis.__wbTime.axis(s, f.x_range.start, f.x_range.end, 1300)]
        .filter(([x, label]) => label.includes(':') &&
          label !== new Date(s.data.time[x - s.data.x[0]] + {shift} * 60000).toISOString().slice(11, 16)).length""",
    )
    assert wrong == 0


def test_daily_dates_do_not_shift_with_the_zone(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "&tz=America/Los_Angeles")
    expect(page.locator(".wb-legend time")).to_have_text("Fri 1 Mar 2013")


def test_theme_changes_in_place(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    before = price_figure(page, "[f.id, f.background_fill_color]")
    page.get_by_role("button", name=re.compile("(Light|Dark) theme")).click()
    page.wait_for_function(
        f"(old) => {FIGURES}.find((m) => m.renderers.length > 1).background_fill_color !== old", arg=before[1]
    )
    assert price_figure(page, "f.id") == before[0]


def test_another_symbol_and_spec_keep_the_figure(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    before = price_figure(page, "f.id")
    page.get_by_role("button", name="1w", exact=True).click()
    expect(page.locator(".wb-spec")).to_contain_text("1w", timeout=ANSWER)
    assert price_figure(page, "f.id") == before


def test_prices_fill_the_window(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    span = "(() => { const a = f.x_range.start, b = f.x_range.end, d = s.data; let low = 1e9, high = 0;" + (
        "for (let i = 0; i < d.x.length; i++) if (d.x[i] >= a && d.x[i] <= b) {"
        "low = Math.min(low, d.low[i]); high = Math.max(high, d.high[i]); }"
        "return (high - low) / (f.y_range.end - f.y_range.start); })()"
    )
    assert 0.75 < float(price_figure(page, span)) <= 1
    focus(page)
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    two_frames = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    page.wait_for_function(two_frames)
    assert 0.75 < float(price_figure(page, span)) <= 1


def test_zooming_out_changes_to_coarser_bars_and_back(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    focus(page)
    spec = page.locator(".wb-spec")
    press_until(page, "-", lambda: "1w · auto" in spec.inner_text())
    press_until(page, "+", lambda: spec.inner_text().strip() == "1d")


def test_a_symbol_without_data_says_what_to_do(page: Page) -> None:
    page.goto("/chart?symbol=SPY&spec=1d")
    expect(page.get_by_text("No data for SPY")).to_be_visible(timeout=READY)
    expect(page.get_by_text("workbench ingest csv FILE --symbol SPY")).to_be_visible()
