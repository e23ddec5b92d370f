"""Axes in a browser: scales, prices under a hand, shaded hours, going to a date."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.test_chart import PRICE, crosshair_tells, focus, open_chart, price_figure

SCALE = "f.y_scale.type"
ROOM = "[f.y_range.start, f.y_range.end]"
#: Labels of the price axis, as they are drawn.
LABELS = """(() => { const view = [...f.y_range.linked_plots].at(-1), range = f.y_range, axis = f.right[0];
    const { start, end } = range;
    const ticks = axis.ticker.get_ticks(start, end, range, 0).major;
    return axis.formatter.doFormat(ticks, {loc: 0, axis: null}); })()"""


def press(page: Page, what: str) -> None:
    page.locator(f".wb-scales [data-what={what}]").click()


def frames(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def test_scales_change_at_once_and_are_in_the_link(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    assert price_figure(page, SCALE) == "LinearScale"
    press(page, "log")
    assert price_figure(page, SCALE) == "LogScale"  # no answer was waited for
    frames(page)
    low, high = price_figure(page, ROOM)
    assert 300 < low < 400 and 700 < high < 780  # the prices in the window, not all from 2000 on
    page.wait_for_url("**scale=log**")
    page.keyboard.press("Alt+p")
    assert price_figure(page, SCALE) == "LinearScale"
    frames(page)
    labels = price_figure(page, LABELS)
    assert all(label.endswith(" %") and int(label[:-2].lstrip("+").replace("−", "-")) % 5 == 0 for label in labels)
    page.mouse.move(700, 400)
    expect(page.locator(".wb-tag-price").first).to_contain_text("%")
    page.wait_for_url("**scale=percent**")
    page.reload()
    expect(page.locator(".wb-legend")).to_contain_text("AAPL")
    page.wait_for_function(f"() => __wbScale.named({PRICE}.renderers[0].data_source) === 'percent'")
    page.keyboard.press("Alt+p")
    page.wait_for_function("() => !location.search.includes('scale')")


def test_percent_counts_from_the_first_bar_in_the_window(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "&scale=percent")
    base = "__wbScale.base(s, f.x_range)"
    first = price_figure(page, base)
    assert first == price_figure(page, "s.data.close[Math.ceil(f.x_range.start) - s.data.x[0]]")
    focus(page)
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function(
        f"(first) => {{ const f = {PRICE}, s = f.renderers[0].data_source; return {base} !== first; }}", arg=first
    )
    assert price_figure(page, base) == price_figure(page, "s.data.close[Math.ceil(f.x_range.start) - s.data.x[0]]")


def test_prices_below_zero_refuse_logarithms_with_a_sentence(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    price_figure(page, "s.data.low[0] = -3.2")
    press(page, "log")
    expect(page.locator(".wb-refused")).to_have_text(
        "A logarithmic scale needs prices above zero; the lowest of these bars is -3.20"
    )
    assert price_figure(page, SCALE) == "LinearScale"
    assert "scale" not in page.url


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_hand_stretches_and_moves_prices_until_they_are_followed_again(page: Page, scale: str) -> None:
    open_chart(page, "AAPL", "1d", f"&scale={scale}")
    followed = price_figure(page, ROOM)
    page.mouse.move(1370, 300)
    page.mouse.down()
    page.mouse.move(1370, 420, steps=4)
    page.mouse.up()
    low, high = price_figure(page, ROOM)
    assert low < followed[0] and high > followed[1]
    expect(page.locator(".wb-scales [data-what=auto]")).to_have_attribute("aria-pressed", "false")
    page.mouse.move(600, 300)
    page.mouse.down()
    page.mouse.move(600, 400, steps=4)
    page.mouse.up()
    moved = price_figure(page, ROOM)
    assert moved[0] > low and moved[1] > high
    page.mouse.dblclick(1370, 300)
    page.wait_for_function(f"(low) => {PRICE}.y_range.start > low", arg=low)
    frames(page)
    assert price_figure(page, ROOM) == pytest.approx(followed)
    page.mouse.move(600, 300)
    page.mouse.down()
    page.mouse.move(600, 400, steps=4)
    page.mouse.up()
    assert price_figure(page, ROOM) == pytest.approx(followed)


def test_ticks_are_round_whatever_the_scale(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    assert page.evaluate("() => __wbScale.even(12.3, 48.9, 8)") == [15, 20, 25, 30, 35, 40, 45]
    assert page.evaluate("() => __wbScale.logarithmic(0.9, 1100, Math.log(1100 / 0.9) / 8)") == [
        1,
        3,
        10,
        30,
        100,
        300,
        1000,
    ]
    near = page.evaluate("() => __wbScale.logarithmic(380, 720, Math.log(720 / 380) / 9)")
    assert near == [400, 450, 500, 600, 700]
    # They stay where they are while the chart moves.
    later = page.evaluate("() => __wbScale.logarithmic(400, 720 * 400 / 380, Math.log(720 / 380) / 9)")
    assert later == near


def test_sessions_are_shaded_and_the_menu_takes_it_away(page: Page) -> None:
    open_chart(page, "NIFTY", "5min")
    begin = "[...Bokeh.documents[0]._all_models.values()].find((m) => m.data?.first).data.first.filter(Boolean).length"
    assert page.evaluate(f"() => {begin}") >= 1
    press(page, "menu")
    item = page.get_by_role("menuitemcheckbox", name="Shade closed hours")
    expect(item).to_have_attribute("aria-checked", "true")
    item.click()
    page.wait_for_function(f"() => !({begin})")
    page.wait_for_url("**shading=0**")
    # What is closed in a window: between sessions, and beyond a last one that has ended.
    told = page.evaluate(
        """() => { const data = { open: [10, 50], close: [40, 80], first: [1, 1] };
        const figure = { y_range: { linked_plots: new Set([{ frame: { bbox: { width: 1000 } } }]) } };
        return __wbSessions.closed({ start: 0, end: 100 }, { data }, figure); }"""
    )
    assert told == [0, 0, 10, 40, 50, 80, 100]


def test_going_to_a_date_brings_it_to_the_middle(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    focus(page)
    page.keyboard.press("g")
    page.keyboard.type("2008-10-11")  # a Saturday
    page.keyboard.press("Enter")
    middle = "(f.x_range.start + f.x_range.end) / 2"
    shown = f"new Date(s.data.shown[__wbPlaces.nearest(s.data.x, {middle})]).toISOString().slice(0, 10)"
    page.wait_for_function(
        f"() => {{ const f = {PRICE}, s = f.renderers[0].data_source; return {shown} === '2008-10-13'; }}"
    )
    expect(page.get_by_role("dialog", name="Go to a date")).to_be_hidden()
    page.get_by_role("button", name="Newest bar").click()
    page.mouse.move(700, 5)
    expect(page.locator(".wb-legend")).to_contain_text("Fri 1 Mar 2013")
    page.keyboard.press("g")
    page.keyboard.type("1999-01-01")
    page.keyboard.press("Enter")
    expect(page.get_by_text("AAPL has bars from 2000-03-01 to 2013-03-01: this is the nearest")).to_be_visible()
    field = page.get_by_label("Date, such as 2013-03-11")
    field.fill("soon")
    page.keyboard.press("Enter")
    expect(page.get_by_text("'soon' is no date")).to_be_visible()
    page.get_by_role("button", name="All there is").click()
    expect(page.locator(".wb-spec")).to_contain_text("1w · auto")
    whole = "s.data.x[0] >= f.x_range.start && s.data.x.at(-1) <= f.x_range.end"
    page.wait_for_function(f"() => {{ const f = {PRICE}, s = f.renderers[0].data_source; return {whole}; }}")


def test_on_a_calendar_axis_nights_take_their_room(page: Page) -> None:
    open_chart(page, "ES", "5min")  # it rests an hour a day: also three days of a weekend have a night
    places = "(() => { const scale = [...f.y_range.linked_plots].at(-1).frame.x_scale;"
    apart = f"{places} const d = s.data, i = d.time.findIndex((t, i) => i > 0 && d.time[i + 1] - t > 36e5);"
    apart += "const px = (k) => scale.compute(d.x[k]);"
    night = f"{apart} return [px(i) - px(i - 1), px(i + 1) - px(i), (d.time[i + 1] - d.time[i]) / 3e5]; }})()"
    beside, over, slots = price_figure(page, night)
    assert over == pytest.approx(beside)
    press(page, "menu")
    page.get_by_role("menuitemradio", name="Calendar time").click()
    page.wait_for_url("**axis=calendar**")
    page.wait_for_function(f"() => [...{PRICE}.y_range.linked_plots].at(-1).frame.x_scale.line")
    beside, over, slots = price_figure(page, night)
    assert over == pytest.approx(slots * beside, rel=1e-6)
    # Every place on the screen leads to a place among the bars and back.
    there = "[...Array(50).keys()].map((k) => 20 * k).map((sx) => Math.abs(scale.compute(scale.invert(sx)) - sx))"
    assert max(price_figure(page, f"{places} return {there}; }})()")) < 1e-3
    # The width of the window in time stays while it is moved over nights.
    wide = f"{places} return scale.line.px; }})()"
    before = price_figure(page, wide)
    for _ in range(3):
        page.mouse.move(500, 300)
        page.mouse.down()
        page.mouse.move(800, 300, steps=8)
        page.mouse.up()
    focus(page)
    page.keyboard.press("ArrowLeft")
    assert price_figure(page, wide) == pytest.approx(before, rel=1e-6)
    # The crosshair tells the bar that is nearest to it.
    crosshair_tells(page, 700)


def test_bars_that_are_not_of_time_keep_to_trading_time(page: Page) -> None:
    open_chart(page, "BTC-USD", "1000tick", "&axis=calendar")
    assert price_figure(page, "[...f.y_range.linked_plots].at(-1).frame.x_scale.line === undefined")
    press(page, "menu")
    item = page.get_by_role("menuitemradio", name="Calendar time")
    expect(item).to_have_attribute("aria-disabled", "true")
    expect(item).to_have_attribute("title", "Only bars of time, such as 5min or 1d, can have it")
