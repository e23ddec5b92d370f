"""Studies on the chart page in a browser: legends, dialog, browser of indicators, panes, link, live values."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

FIGURES = "[...Bokeh.documents[0]._all_models.values()].filter((m) => m.type === 'Figure')"
PRICE = FIGURES + ".find((m) => m.renderers[0]?.glyph.type === 'Segment')"
#: Figures from top to bottom.
ROWS = "[...Bokeh.documents[0]._all_models.values()].find((m) => m.css_classes?.includes('wb-chart')).children"


def open_chart(page: Page, symbol: str, spec: str, *studies: str) -> None:
    page.goto(f"/chart?symbol={symbol}&spec={spec}&studies={quote(';'.join(studies))}")
    expect(page.locator(".wb-legend")).to_contain_text(symbol)
    page.wait_for_function("() => Bokeh.documents[0].is_idle")


def line(page: Page, name: str) -> Locator:
    """The legend of a study."""
    return page.locator(".wb-study").filter(has=page.locator("b", has_text=re.compile(f"^{name}$")))


def press(page: Page, name: str, what: str) -> None:
    """A button of a study's legend."""
    line(page, name).hover()
    page.get_by_role("button", name=f"{what} {name}", exact=True).click()


def heights(page: Page) -> list[float]:
    return page.evaluate(f"() => {ROWS}.map((f) => f.inner_height)")


def window(page: Page) -> list[float]:
    return page.evaluate(f"() => {{ const f = {PRICE}; return [f.x_range.start, f.x_range.end]; }}")


def test_overlays_and_panes_tell_their_values_under_the_crosshair(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "ema(window=50)", "rsi", "macd")
    expect(line(page, "EMA")).to_contain_text("50")
    expect(line(page, "RSI").locator("em")).to_have_count(1)
    newest = [line(page, name).locator("em").first.inner_text() for name in ("EMA", "RSI", "MACD")]
    expect(line(page, "MACD").locator("em")).to_have_count(3)
    page.mouse.move(500, 300)
    for name, before in zip(("EMA", "RSI", "MACD"), newest, strict=True):
        expect(line(page, name).locator("em").first).not_to_have_text(before)
    # The number under the crosshair is that of the bar under the crosshair.
    told = page.evaluate(
        f"""() => {{ const f = {PRICE}, s = f.tags[0], view = [...f.y_range.linked_plots][0];
        const left = view.canvas_view.el.getBoundingClientRect().left;
        const at = Math.round(view.frame.x_scale.invert(500 - left)) - s.data.x[0];
        return s.data.v0[at].toFixed(2); }}"""
    )
    expect(line(page, "EMA").locator("em").first).to_have_text(told)
    page.mouse.move(700, 5)
    expect(line(page, "RSI").locator("em").first).to_have_text(newest[1])


def test_panes_share_the_window_and_times_stand_below_the_lowest(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "rsi", "atr")
    expect(line(page, "ATR")).to_be_visible()
    assert page.evaluate(f"() => {ROWS}.map((f) => f.below[0].visible)") == [False, False, False, True]
    assert page.evaluate(f"() => new Set({ROWS}.map((f) => f.x_range.id)).size") == 1
    page.mouse.click(700, 300)
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    inside = f"""() => {{ const f = {ROWS}[2], s = f.tags[0], {{ start, end }} = f.x_range;
        const seen = [...s.data.v0].filter((v, i) => s.data.x[i] >= start && s.data.x[i] <= end && Number.isFinite(v));
        const share = (Math.max(...seen) - Math.min(...seen)) / (f.y_range.end - f.y_range.start);
        return share > 0.75 && share <= 1; }}"""
    page.wait_for_function(inside)


def test_dates_stand_below_a_study_that_has_no_value_yet(page: Page) -> None:
    """Three days of bars are too few for a mean of 26: its pane is empty, without numbers beside it."""
    open_chart(page, "BTC-USD", "1d", "macd")
    expect(line(page, "MACD")).to_be_visible()
    painted = f"""() => {{ const f = {ROWS}.at(-1), view = [...f.y_range.linked_plots].at(-1), box = view.frame.bbox;
        const canvas = view.canvas_view.primary.canvas, scale = canvas.width / view.canvas_view.bbox.width;
        const colors = (...strip) => new Set(new Uint32Array(canvas.getContext("2d")
          .getImageData(...strip.map((v) => v * scale)).data.buffer)).size;
        const below = colors(box.left, box.bottom + 4, box.width, view.bbox.bottom - box.bottom - 5);
        const beside = colors(box.right + 4, box.top + 2, view.bbox.right - box.right - 6, box.height - 4);
        return Number.isFinite(f.y_range.start + f.y_range.end) && below > 4 && (beside > 4) === NUMBERS; }}"""
    page.wait_for_function(painted.replace("NUMBERS", "false"))
    page.locator(".wb-specs").get_by_text("1m", exact=True).click()
    page.wait_for_function(painted.replace("NUMBERS", "true"))


def test_the_dialog_changes_a_study_and_keeps_the_window(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "ema(window=50)")
    before = page.evaluate(f"() => {PRICE}.id"), window(page)
    value = line(page, "EMA").locator("em").inner_text()
    press(page, "EMA", "Settings")
    field = page.get_by_label("Window", exact=True)
    expect(field).to_have_value("50")
    field.fill("20")
    field.press("Tab")
    page.get_by_role("button", name="OK", exact=True).click()
    expect(line(page, "EMA")).to_contain_text("20")
    expect(line(page, "EMA").locator("em")).not_to_have_text(value)
    expect(page.get_by_role("button", name="OK", exact=True)).to_be_hidden()
    assert (page.evaluate(f"() => {PRICE}.id"), window(page)) == before
    page.wait_for_url(re.compile("studies=ema(&|$)"))  # 20 is what it has by itself


def test_whoever_hears_the_dialog_knows_what_each_field_and_button_is(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "ema", "macd")
    press(page, "MACD", "Settings")
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Fast", exact=True)
    expect(field).to_have_value("12")
    dialog.get_by_role("button", name="Fast: more", exact=True).click()
    expect(field).to_have_value("13")
    dialog.get_by_role("button", name="Fast: less", exact=True).click()
    expect(field).to_have_value("12")
    # Fields that are there for each output say of which they are.
    expect(dialog.get_by_role("textbox", name="Signal width, px", exact=True)).to_have_value("1.5")
    expect(dialog.get_by_role("textbox", name="Histogram colour", exact=True)).to_be_visible()
    expect(dialog.get_by_role("button", name="Value colour: choose", exact=True)).to_be_visible()
    said = dialog.aria_snapshot()
    assert re.findall(r"^\s*- (?:button|textbox|combobox|checkbox)(?::.*)?$", said, re.MULTILINE) == []
    # The next study has fields of its own, also when it is asked for in the moment in which the dialog closes.
    dialog.evaluate(
        """(dialog, settings) => {
            dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true }))
            settings.click() }""",
        page.get_by_label("Settings EMA", exact=True).element_handle(),
    )
    expect(dialog.get_by_role("button", name="Window: more", exact=True)).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Value width, px", exact=True)).to_be_visible()


def test_a_value_that_cannot_be_is_refused_in_the_dialog(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "rsi")
    press(page, "RSI", "Settings")
    field = page.get_by_label("Price", exact=True)
    expect(field).to_have_value("close")
    field.fill("closing")
    field.press("Tab")
    page.wait_for_function(
        "() => [...Bokeh.documents[0]._all_models.values()].some((m) => m.data?.value === 'closing')"
    )
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="closing")).to_be_visible()
    expect(line(page, "RSI").locator("em")).to_be_visible()  # drawn as it was
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


def test_an_indicator_is_found_seen_and_added(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "ema(window=50)")
    before = page.evaluate(f"() => {PRICE}.id"), window(page)
    page.mouse.click(700, 400)
    page.keyboard.press("i")
    search = page.get_by_label("Search indicators")
    expect(search).to_be_focused()
    page.keyboard.type("relative str")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Relative strength index")
    page.keyboard.press("Control+a")
    page.keyboard.type("rsi")
    expect(chosen).to_contain_text("Relative strength index")
    expect(page.locator(".told h3")).to_contain_text("Relative strength index")
    expect(page.locator(".told figure > svg")).to_be_visible()
    page.keyboard.press("Enter")
    said = page.get_by_role("dialog", name="Indicators").get_by_role("status")
    expect(said).to_contain_text("added")
    page.keyboard.press("Escape")
    expect(search).to_be_hidden()
    expect(line(page, "RSI").locator("em")).to_be_visible()
    assert (page.evaluate(f"() => {PRICE}.id"), window(page)) == before
    page.wait_for_url(re.compile("rsi"))
    page.reload()
    expect(line(page, "RSI").locator("em")).to_be_visible()
    expect(line(page, "EMA")).to_contain_text("50")


def test_legend_buttons_hide_and_remove(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "ema(window=50)", "rsi")
    press(page, "EMA", "Hide")
    expect(line(page, "EMA").locator("em")).to_have_count(0)
    page.wait_for_function(
        f"() => {PRICE}.renderers.filter((r) => r.data_source === {PRICE}.tags[0]).every((r) => !r.visible)"
    )
    press(page, "EMA", "Show")
    expect(line(page, "EMA").locator("em")).to_have_count(1)
    press(page, "RSI", "Remove")
    expect(line(page, "RSI")).to_have_count(0)
    page.wait_for_function(f"() => {ROWS}.length === 2 && {ROWS}[1].below[0].visible")
    press(page, "EMA", "Remove")
    expect(line(page, "EMA")).to_have_count(0)
    page.wait_for_url(re.compile(r"^((?!studies=).)*$"))


def test_panes_are_folded_and_reordered(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "rsi", "macd")
    order = f"() => {ROWS}.slice(2).map((f) => (f.tags[0].tags[0].name ?? f.tags[0].tags[0].get('name')))"
    assert page.evaluate(order) == ["RSI", "MACD"]
    press(page, "MACD", "Move up")
    page.wait_for_function(f"() => ({order})().join() === 'MACD,RSI'")
    tall = heights(page)[2]
    press(page, "MACD", "Fold")
    page.wait_for_function(f"() => {ROWS}[2].inner_height < 40")
    expect(line(page, "MACD").locator("em")).to_have_count(3)
    press(page, "MACD", "Unfold")
    page.wait_for_function(f"(tall) => {ROWS}[2].inner_height === tall", arg=tall)


def test_a_pane_is_made_taller_by_hand_and_by_key_and_stays_so(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "rsi")
    before = heights(page)
    grip = page.get_by_role("separator", name="Height of the pane").last
    box = grip.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] - 8)
    page.evaluate(f"{PRICE}.renderers[0].data_source.properties.data.change.emit()")  # new bars take nothing back
    page.mouse.move(box["x"] + 300, box["y"] - 28, steps=2)
    page.mouse.up()
    grown = f"(was) => Math.abs({ROWS}[2].inner_height - was - 30) <= 2"
    page.wait_for_function(grown, arg=before[2])
    page.wait_for_url(re.compile("height"))
    assert abs(heights(page)[0] - before[0]) <= 2  # what it gained the volumes lost
    grip.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function(grown.replace("30", "18"), arg=before[2])
    now = heights(page)[2]
    page.wait_for_function("(n) => decodeURIComponent(location.search).includes(`height=${n}`)", arg=round(now))
    page.reload()
    expect(line(page, "RSI").locator("em")).to_be_visible()
    page.wait_for_function(f"(now) => Math.abs({ROWS}[2].inner_height - now) <= 2", arg=now)


def test_what_cannot_be_read_is_said_and_the_rest_is_drawn(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "emma(window=3)", "rsi")
    expect(page.get_by_text("did you mean ema")).to_be_visible()
    expect(line(page, "RSI").locator("em")).to_be_visible()


@pytest.mark.parametrize("symbol", ["BTC-USD"])
def test_live_values_move_with_the_forming_bar(page: Page, symbol: str) -> None:
    open_chart(page, symbol, "1min", "ema(window=50)", "rsi")
    value = line(page, "RSI").locator("em")
    expect(value).to_be_visible()
    before = value.inner_text()
    expect(value).not_to_have_text(before)
    same = f"{ROWS}[2].tags[0].data.x.at(-1) === {PRICE}.renderers[0].data_source.data.x.at(-1)"
    page.wait_for_function(f"() => {same}")


def test_the_theme_reaches_panes_and_lines(page: Page) -> None:
    open_chart(page, "AAPL", "1d", "rsi")
    colors = f"""() => {{ const f = {ROWS}[2], both = [f.background_fill_color, f.renderers[0].glyph.line_color];
        return both.map((c) => c.value ?? c).join(); }}"""
    before = page.evaluate(colors)
    page.get_by_role("button", name=re.compile("(Light|Dark) theme")).click()
    page.wait_for_function(
        f"""(was) => {{ const now = ({colors})().split(','), old = was.split(',');
        return now[0] !== old[0] && now[1] !== old[1]; }}""",
        arg=before,
    )
