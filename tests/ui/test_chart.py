"""The chart page in a browser: real days, paging, live bars, crosshair, zone, theme, window."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import Served
from workbench.catalog import Store
from workbench.market.events import BAR

FIGURES = "[...Bokeh.documents[0]._all_models.values()].filter((m) => m.type === 'Figure')"
PRICE = FIGURES + ".find((m) => m.renderers.length > 1)"


def open_chart(page: Page, symbol: str, spec: str, more: str = "", *, shown: str = "") -> None:
    page.goto(f"/chart?symbol={symbol}&spec={spec}{more}")
    legend = page.locator(".wb-legend")
    expect(legend).to_contain_text(symbol)
    expect(legend).to_contain_text(shown or spec)
    # Until then Bokeh may render views anew, which takes the keyboard's focus away.
    page.wait_for_function("() => Bokeh.documents[0].is_idle")


def price_figure(page: Page, expression: str) -> object:
    """Evaluate ``expression`` of ``f``, the price figure, and ``s``, the bars' source."""
    return page.evaluate(
        f"""() => {{ const f = {PRICE};
        const s = f.renderers[0].data_source; return {expression}; }}"""
    )


def crosshair_tells(page: Page, x: int, minutes: int = 0) -> None:
    """The pointer comes to ``x``; the tag tells of the bar nearest to it, ``minutes`` after UTC. Bars may come in."""
    page.mouse.move(x, 400)
    page.wait_for_function(
        f"""([tag, at, minutes]) => {{ const f = {PRICE}, {{ x, time }} = f.renderers[0].data_source.data;
        const view = [...f.y_range.linked_plots].at(-1);
        const {{ left }} = view.canvas_view.events_el.getBoundingClientRect();
        const off = (i) => Math.abs(view.frame.x_scale.compute(x[i]) + left - at);
        const near = [...x].reduce((best, _, i) => (off(i) < off(best) ? i : best), 0);
        return tag.textContent.endsWith(new Date(time[near] + minutes * 6e4).toISOString().slice(11, 16)); }}""",
        arg=[page.locator(".wb-tag-time").element_handle(), x, minutes],
    )


def focus(page: Page) -> None:
    page.mouse.click(700, 400)


def press_until(page: Page, key: str, reached: Callable[[], bool]) -> None:
    """Press a key as a person would, looking at the chart after each time."""
    for turn in range(80):
        page.mouse.click(660 + 80 * (turn % 2), 400)  # twice in one place is a double click, which jumps to the end
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
            f"""() => {{ const f = {PRICE}, s = f.renderers[0].data_source;
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
        f"""() => new Date({PRICE}.renderers[0].data_source.data.shown[0])
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
        f"""(before) => {{ const d = {PRICE}.renderers[0].data_source.data;
        return [d.close.at(-1), d.volume.at(-1), d.time.at(-1)].join() !== before; }}""",
        arg=before,
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
    crosshair_tells(page, 600, shift)
    wrong = price_figure(
        page,
        f"""[...globalThis.__wbTime.axis(s, f.x_range.start, f.x_range.end, 1300)]
        .filter(([x, label]) => label.includes(':') &&
          label !== new Date(s.data.time[x - s.data.x[0]] + {shift} * 60000).toISOString().slice(11, 16)).length""",
    )
    assert wrong == 0


def test_a_small_chart_cuts_and_covers_nothing(page: Page) -> None:
    page.set_viewport_size({"width": 700, "height": 420})
    open_chart(page, "AAPL", "1d")
    legend = page.locator(".wb-legend")
    expect(legend).to_contain_text("Fri 1 Mar 2013")
    room = legend.bounding_box()
    assert room["height"] < 26, "one line, whatever there is to say"
    # The highest price of the window stands below that line.
    page.wait_for_function(
        f"""(foot) => {{ const f = {PRICE}, s = f.renderers[0].data_source;
        const {{ frame, canvas_view }} = [...f.y_range.linked_plots].at(-1);
        const {{ top }} = canvas_view.events_el.getBoundingClientRect();
        const seen = [...s.data.high].filter((_, i) => s.data.x[i] >= f.x_range.start && s.data.x[i] <= f.x_range.end);
        return top + frame.y_scale.compute(Math.max(...seen)) >= foot - 1; }}""",
        arg=room["y"] + room["height"],
    )
    # A number that would stand half below the tag of the last price is covered whole.
    page.wait_for_function(
        f"""() => {{ const f = {PRICE}, s = f.renderers[0].data_source;
        const {{ frame, canvas_view }} = [...f.y_range.linked_plots].at(-1), root = canvas_view.shadow_el;
        const box = (name) => root.querySelector(name).getBoundingClientRect();
        const [tick] = f.right[0].ticker.get_ticks(f.y_range.start, f.y_range.end, f.y_range, 0).major;
        const at = frame.y_scale.compute(tick), {{ top }} = canvas_view.events_el.getBoundingClientRect();
        const price = frame.y_scale.invert(at - 12), last = s.get_length() - 1;
        if (s.data.real[last] !== price) {{ s.data.real[last] = price; s.properties.data.change.emit(); return false; }}
        const tag = box('.wb-last'), veil = box('.wb-last-veil'), below = top + at;
        return Math.abs(below - 12 - (tag.top + 9)) < 2 && tag.bottom > below - 6 && veil.bottom >= below + 6; }}"""
    )


def test_a_date_that_the_edge_would_cut_is_left_out(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    said = price_figure(
        page,
        f"""(() => {{ const low = {FIGURES}.find((m) => m.below[0].visible), axis = low.below[0], x = low.x_range;
        const {{ start, end }} = x, words = () => {{
          const ticks = axis.ticker.get_ticks(x.start, x.end, x, 0).major;
          return axis.formatter.doFormat(ticks, {{loc: 0, axis: null}}); }};
        const whole = words(), first = axis.ticker.get_ticks(start, end, x, 0).major[0];
        x.setv({{ start: first - 0.5, end: first - 0.5 + (end - start) }});
        return [whole, words()]; }})()""",
    )
    whole, cut = said
    assert whole.count("") <= 1 and cut[0] == "" and "" not in cut[1:]


def test_daily_dates_do_not_shift_with_the_zone(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "&tz=America/Los_Angeles")
    expect(page.locator(".wb-legend time")).to_have_text("Fri 1 Mar 2013")


def test_theme_changes_in_place(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    # The reader's own theme may come a moment after the page.
    own = "getComputedStyle(document.documentElement).getPropertyValue('--wb-panel').trim()"
    page.wait_for_function(f"() => {PRICE}.background_fill_color === {own}")
    before = price_figure(page, "[f.id, f.background_fill_color]")
    page.get_by_role("button", name=re.compile("(Light|Dark) theme")).click()
    page.wait_for_function(f"(old) => {PRICE}.background_fill_color !== old", arg=before[1])
    assert price_figure(page, "f.id") == before[0]


def test_another_symbol_and_spec_keep_the_figure(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    before = price_figure(page, "f.id")
    page.get_by_role("button", name="1w", exact=True).click()
    expect(page.locator(".wb-spec")).to_contain_text("1w")
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
    # Older bars come when they have been read: the axis follows them too.
    filled = f"const f = {PRICE}, s = f.renderers[0].data_source, share = {span}; return share > 0.75 && share <= 1;"
    page.wait_for_function(f"() => {{ if ({PRICE}.x_range.start > -1000) return false; {filled} }}")


def test_zooming_out_changes_to_coarser_bars_and_back(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    focus(page)
    spec = page.locator(".wb-spec")
    press_until(page, "-", lambda: "1w · auto" in spec.inner_text())
    press_until(page, "+", lambda: spec.inner_text().strip() == "1d")


def test_a_symbol_without_data_says_what_to_do(page: Page) -> None:
    page.goto("/chart?symbol=SPY&spec=1d")
    expect(page.get_by_text("No data for SPY")).to_be_visible()
    expect(page.get_by_text("workbench ingest csv FILE --symbol SPY")).to_be_visible()


# --- every kind of bar ---------------------------------------------------------------------------------------------


@pytest.fixture
def pushed(served: Served) -> Iterator[Callable[[np.ndarray], object]]:
    """Store bars of SPY, of which there are none otherwise."""
    store = Store(served.data_dir)
    yield lambda bars: store.write("pushed", "bars_1min", "SPY", bars, replace=True)
    store.delete("pushed", "bars_1min", "SPY")


def test_a_chart_shows_what_is_imported_or_pushed_while_it_is_open(
    page: Page, pushed: Callable[[np.ndarray], object]
) -> None:
    page.goto("/chart?symbol=SPY&spec=1min")
    expect(page.get_by_text("No data for SPY")).to_be_visible()
    bars = np.zeros(301, BAR)
    bars["time"] = np.datetime64("2024-03-04T15:00", "ns").astype("i8") + np.arange(301) * 60 * 10**9
    for name in ("open", "high", "low", "close"):
        bars[name] = 100 + np.arange(301) % 7
    pushed(bars[:300])
    legend = page.locator(".wb-legend")
    expect(legend).to_contain_text("C105.00")
    expect(page.get_by_text("No data for SPY")).to_be_hidden()
    pushed(bars[300:])
    expect(legend).to_contain_text("C106.00")
    bars["close"][300] = 103.5  # it was still forming
    bars["low"][300] = 103.5
    pushed(bars[300:])
    expect(legend).to_contain_text("C103.50")
    assert price_figure(page, "[s.data.x.length, s.data.time.at(-1) - s.data.time.at(-2)]") == [301, 60_000]


KINDS = [
    ("BTC-USD", "1000tick", "candle"),
    ("BTC-USD", "20vol", "candle"),
    ("BTC-USD", "2e6usd", "candle"),
    ("BTC-USD", "range:100.0", "candle"),
    ("BTC-USD", "renko:50.0", "brick"),
    ("BTC-USD", "renko:atr14(5min)", "brick"),
    ("BTC-USD", "tick_imbalance:500", "candle"),
    ("BTC-USD", "volume_run:500", "candle"),
    ("AAPL", "ha(1d)", "candle"),
    ("AAPL", "linebreak(1d)", "brick"),
    ("AAPL", "kagi:4%(1d)", "kagi"),
    ("AAPL", "pnf:5.0(1d)", "pnf"),
]


def open_panel(page: Page) -> Locator:
    page.get_by_role("button", name="Any kind of bar").click()
    field = page.get_by_label("Bar spec")
    expect(field).to_be_focused()
    return field


@pytest.mark.parametrize(("symbol", "spec", "glyph"), KINDS, ids=[kind[1] for kind in KINDS])
def test_every_kind_is_drawn_and_survives_a_reload(page: Page, symbol: str, spec: str, glyph: str) -> None:
    open_chart(page, symbol, quote(spec), shown=spec)
    drawn = price_figure(page, "f.renderers.filter((r) => r.visible).map((r) => r.glyph.type).join()")
    assert (
        drawn
        == {
            "candle": "Segment,VBar,Segment",
            "brick": "VBar,Segment",
            "kagi": "Segment,Segment,Segment",
            "pnf": "Segment,Segment,Ellipse",
        }[glyph]
    )
    assert price_figure(page, "s.get_length()") > 20
    inside = (
        "f.y_range.start < Math.min(...s.data.low.slice(-20)) && f.y_range.end > Math.max(...s.data.high.slice(-20))"
    )
    page.wait_for_function(f"() => {{ const f = {PRICE}, s = f.renderers[0].data_source; return {inside}; }}")
    assert price_figure(page, "s.data.time.every((t, i) => !i || t >= s.data.time[i - 1])")
    page.reload()
    expect(page.locator(".wb-spec")).to_have_text(spec)


def test_bars_are_chosen_by_kind_and_sizes_suit_the_instrument(page: Page) -> None:
    open_chart(page, "BTC-USD", "5min")
    before = price_figure(page, "f.id")
    field = open_panel(page)
    page.locator(".wb-spec-kinds").get_by_text("Range", exact=True).click()
    expect(page.get_by_text("A stretch of prices from low to high.")).to_be_visible()
    expect(field).to_have_value(re.compile(r"range:\d{2,3}\.0"))  # a share of 70,000, not of 1
    spec = field.input_value()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".wb-spec")).to_have_text(spec)
    expect(page.get_by_role("button", name="Any kind of bar")).to_have_text(f"{spec} ▾")
    expect(field).to_be_hidden()
    assert f"spec={quote(spec, safe='')}" in page.url
    assert price_figure(page, "f.id") == before
    assert page.locator(".wb-specs [aria-pressed=true]").count() == 0


def test_typing_on_the_chart_opens_the_field_and_nothing_typed_is_lost(page: Page) -> None:
    open_chart(page, "BTC-USD", "5min")
    focus(page)
    page.keyboard.type("10x")
    field = page.get_by_label("Bar spec")
    expect(field).to_have_value("10x")
    expect(page.get_by_text("bar spec '10x' cannot be read")).to_be_visible()
    page.keyboard.press("Enter")
    expect(field).to_have_value("10x")
    for _ in range(3):
        page.keyboard.press("Backspace")
    page.keyboard.type("ha(1h)")
    expect(page.get_by_text("cannot be read")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".wb-spec")).to_have_text("ha(1h)")
    expect(page.locator(".wb-legend")).to_contain_text("Traded")


def test_the_fields_of_the_panel_say_what_their_buttons_do(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    open_panel(page)
    page.get_by_text("Point & figure", exact=True).first.click()
    page.get_by_role("button", name="Reversal: more").click()
    expect(page.get_by_label("Bar spec")).to_have_value(re.compile(r"^pnf:.*4"))


def test_escape_closes_the_panel_and_changes_nothing(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    field = open_panel(page)
    page.keyboard.type("1w")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(page.locator(".wb-spec")).to_have_text("1d")
    expect(page.get_by_role("button", name="Any kind of bar")).to_be_focused()
    field = open_panel(page)
    expect(field).to_have_value("1d")
    page.keyboard.type("1w")
    page.evaluate("() => { WebSocket.prototype.send = () => {}; }")  # a server that hears late, here never
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    field = open_panel(page)
    expect(field).to_have_value("1d")


def test_slash_goes_to_the_symbol_search_and_keys_of_the_chart_stay(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    focus(page)
    start = price_figure(page, "f.x_range.start")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"(start) => {PRICE}.x_range.start < start", arg=start)
    page.keyboard.press("+")
    expect(page.get_by_label("Bar spec")).to_be_hidden()
    page.keyboard.press("/")
    search = page.locator(".wb-symbol input")
    expect(search).to_be_focused()
    page.keyboard.type("1k")  # digits in a field are the field's
    expect(page.get_by_label("Bar spec")).to_be_hidden()
    expect(search).to_have_value("1k")


def test_bars_that_cannot_be_made_show_the_way_back(page: Page) -> None:
    open_chart(page, "AAPL", "1w")
    focus(page)
    page.keyboard.type("1000tick")
    expect(page.get_by_label("Bar spec")).to_have_value("1000tick")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("1000tick bars of AAPL"))).to_be_visible()
    expect(page.get_by_role("button", name="Any kind of bar")).to_have_text("1000tick ▾")
    assert "spec=1000tick" in page.url
    page.get_by_role("button", name="Show 1w bars").click()
    expect(page.get_by_role("heading", name=re.compile("1000tick bars of AAPL"))).to_be_hidden()
    expect(page.locator(".wb-spec")).to_have_text("1w")


def test_the_window_of_ticks_is_limited_and_stays_filled(page: Page) -> None:
    open_chart(page, "BTC-USD", "100tick")
    focus(page)
    most = float(price_figure(page, "f.x_range.max_interval"))
    press_until(page, "-", lambda: float(price_figure(page, "f.x_range.end - f.x_range.start")) > most - 1)
    page.keyboard.press("-")
    assert float(price_figure(page, "f.x_range.end - f.x_range.start")) <= most + 1
    filled = "s.data.x[0] <= f.x_range.start + 1 && s.get_length() <= 2000"
    page.wait_for_function(f"() => {{ const f = {PRICE}, s = f.renderers[0].data_source; return {filled}; }}")
    expect(page.locator(".wb-spec")).to_have_text("100tick")


def test_bricks_move_with_trades_and_the_tag_shows_the_traded_price(page: Page) -> None:
    open_chart(page, "BTC-USD", quote("renko:5.0"), shown="renko:5.0")
    told = "[s.tags[0].last ?? s.tags[0].get('last'), s.get_length(), s.data.x.at(-1)].join()"
    before = price_figure(page, told)
    page.wait_for_function(
        f"(before) => {{ const s = {PRICE}.renderers[0].data_source; return {told} !== before; }}", arg=before
    )
    expect(page.locator(".wb-last")).to_be_visible()


def test_bars_of_one_second_are_told_apart(page: Page) -> None:
    open_chart(page, "AAPL", "1d")
    at = "Date.UTC(2026, 0, 5, 10, 0, 1, 42)"
    assert page.evaluate(f"() => __wbTime.full({at}, 'UTC', {{ seconds: true }})") == "Mon 5 Jan 2026 10:00:01"
    assert page.evaluate(f"() => __wbTime.full({at}, 'UTC', {{ ms: true }})") == "Mon 5 Jan 2026 10:00:01.042"
    one = "{ data: { x: [0, 1, 2, 3], shown: [60000, 60000, 60000, 60100] }, tags: [{ clock: 'UTC' }] }"
    assert page.evaluate(f"() => [...__wbTime.axis({one}, 0, 3, 1000)]") == []
