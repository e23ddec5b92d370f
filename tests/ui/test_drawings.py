"""The drawing tools in a browser: drawn, kept, shown again, moved, undone, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import Served
from workbench.workspaces import Annotation, Workspaces

Place = tuple[int, int]
#: Each tool: its button, its kind, where it is put on a page of 1400 x 900. Presses and releases take turns.
TOOLS: dict[str, tuple[str, list[Place]]] = {
    "trend": ("Trend line", [(150, 500), (350, 350)]),
    "ray": ("Ray", [(200, 620), (300, 580)]),
    "extended": ("Extended line", [(430, 650), (530, 600)]),
    "horizontal": ("Horizontal line", [(700, 300)]),
    "vertical": ("Vertical line", [(900, 330)]),
    "rectangle": ("Rectangle", [(420, 250), (560, 420)]),
    "channel": ("Parallel channel", [(950, 600), (1150, 500), (1050, 480)]),
    "fibonacci": ("Fibonacci retracement", [(620, 350), (760, 560)]),
    "brush": ("Brush", [(150, 200), (200, 150), (250, 220), (300, 160)]),
    "text": ("Note", [(300, 270)]),
    "measure": ("Measure price, bars and time", [(980, 250), (1100, 150)]),
}
MODELS = "[...Bokeh.documents[0]._all_models.values()]"
SCALES = f"""const f = {MODELS}.find((m) => m.type === 'Figure' && m.renderers.length > 1);
const s = f.renderers[0].data_source, v = [...f.y_range.linked_plots].at(-1);
const X = (x) => v.frame.x_scale.compute(x), Y = (y) => v.frame.y_scale.compute(y);
const corner = v.canvas_view.events_el.getBoundingClientRect();
const at = (ms) => {{ const {{ time, x }} = s.data, i = time.findLastIndex((t) => t <= ms);
  return i + 1 < time.length ? x[i] + (ms - time[i]) / (time[i + 1] - time[i]) : x[i]; }};"""


@pytest.fixture
def kept(served: Served) -> Iterator[Workspaces]:
    """The database of the served workbench, without drawings."""
    found = Workspaces(f"sqlite:///{served.data_dir / 'workbench.db'}")
    for symbol in ("AAPL", "BTC-USD"):
        found.annotations.remove([one.id for one in found.annotations.of(symbol)])
    yield found
    found.close()


def open_chart(page: Page, symbol: str = "AAPL", spec: str = "1d", more: str = "") -> None:
    page.goto(f"/chart?symbol={symbol}&spec={spec}{more}")
    settled(page, symbol)


def settled(page: Page, symbol: str) -> None:
    expect(page.locator(".wb-legend")).to_contain_text(symbol)
    page.wait_for_function("() => Bokeh.documents[0].is_idle")
    expect(tool(page, "Trend line")).to_be_visible()
    painted(page)


def painted(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def tool(page: Page, name: str) -> Locator:
    return page.locator(".list:visible").get_by_role("button", name=name, exact=True)


def put(page: Page, *places: Place) -> None:
    """Press at the first place, release at the second, click the others."""
    page.mouse.move(*places[0])
    page.mouse.down()
    if len(places) > 1:
        page.mouse.move(*places[1], steps=4)
    page.mouse.up()
    for place in places[2:]:
        page.mouse.click(*place)


def stroke(page: Page, *places: Place) -> None:
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def draw(page: Page, kind: str, *places: Place) -> None:
    tool(page, TOOLS[kind][0]).click()
    (stroke if kind == "brush" else put)(page, *(places or TOOLS[kind][1]))
    if kind == "text":
        note = page.locator(".wb-note[contenteditable]")
        expect(note).to_be_focused()
        page.keyboard.type("earnings")
        page.keyboard.press("Enter")


def saved(page: Page, kept: Workspaces, n: int = 1, symbol: str = "AAPL") -> list[Annotation]:
    """The drawings in the database, once all that was done is answered; there are ``n``."""
    page.wait_for_function(
        f"""() => {{ const desk = [...__wbDesks.all.values()].at(-1);
        const [told] = {MODELS}.find((m) => m.data?.locked).tags;
        return (told.heard ?? told.get?.("heard") ?? 0) === desk.seq && desk.unsaved.size === 0; }}"""
    )
    found = kept.annotations.of(symbol)
    assert len(found) == n
    return found


def mark(page: Page, one: Annotation, shape: str = "line") -> Locator:
    return page.locator(f".wb-upper .wb-drawn g[data-id='{one.id}'] {shape}").first


def price_at(page: Page, y: int) -> tuple[float, float]:
    """The price at a place, and how much one pixel is worth."""
    return tuple(page.evaluate(f"(y) => {{ {SCALES} const P = (y) => v.frame.y_scale.invert(y - corner.top);"
                               "return [P(y), Math.abs(P(y) - P(y + 1))]; }", y))  # fmt: skip


def bar_at(page: Page, x: int) -> int:
    """Open of the bar nearest to a place, ms UTC."""
    return page.evaluate(
        f"(x) => {{ {SCALES} return s.data.time[Math.round(v.frame.x_scale.invert(x - corner.left)) - s.data.x[0]]; }}",
        x,
    )


def stands_right(page: Page, one: Annotation) -> None:
    """The first line of a drawing begins within a pixel of its first anchor."""
    expect(mark(page, one)).to_be_attached()
    (instant, price), *_ = one.anchors
    wanted = page.evaluate(f"([ms, price]) => {{ {SCALES} return [X(at(ms)), Y(price)]; }}", [instant / 1e6, price])
    found = [float(mark(page, one).get_attribute(name) or "nan") for name in ("x1", "y1")]
    assert found == pytest.approx(wanted, abs=1)


def test_every_tool_draws_is_kept_and_shown_again(page: Page, kept: Workspaces) -> None:
    open_chart(page)
    start = page.evaluate(f"() => {{ {SCALES} return f.x_range.start; }}")
    for kind in TOOLS:
        draw(page, kind)
        expect(tool(page, "Pointer")).to_have_attribute("aria-pressed", "true")
    found = {one.kind: one for one in saved(page, kept, len(TOOLS))}
    assert set(found) == set(TOOLS)
    assert page.evaluate(f"() => {{ {SCALES} return f.x_range.start; }}") == start  # drawing never pans
    for kind, (_, places) in TOOLS.items():
        if kind == "brush":
            continue
        for (instant, price), (x, y) in zip(found[kind].anchors, places, strict=True):
            wanted, pixel = price_at(page, y)
            assert price == pytest.approx(wanted, abs=pixel + 0.01), kind
            assert instant == bar_at(page, x) * 1_000_000, kind
    assert len(found["brush"].anchors) >= 4
    assert found["text"].text == "earnings"
    page.reload()
    settled(page, "AAPL")
    expect(page.locator(".wb-upper .wb-drawn g[data-id]")).to_have_count(len(TOOLS))
    expect(page.locator(".wb-note")).to_have_text("earnings")
    expect(page.locator(".wb-measured")).to_contain_text(re.compile(r"\+.*bars · "))
    levels = ["100 %", "78.6 %", "61.8 %", "50 %", "38.2 %", "23.6 %", "0 %"]
    expect(page.locator(".wb-drawn text")).to_have_count(len(levels))
    for level in levels:
        expect(page.locator(".wb-drawn text").filter(has_text=re.compile(rf"^{level} \(\d+\.\d\d\)$"))).to_have_count(1)
    stands_right(page, found["trend"])


def test_it_stands_at_its_instant_and_price_on_other_bars(page: Page, kept: Workspaces) -> None:
    anchors = ((1_346_000_000 * 10**9, 650.125), (1_352_000_000 * 10**9, 560.5))  # 2012, between two bars
    one = kept.annotations.add(Annotation("AAPL", "trend", anchors))
    for spec in ("1w", "renko:5.0(1d)"):
        page.goto(f"/chart?symbol=AAPL&spec={spec}")
        expect(page.locator(".wb-spec")).to_have_text(spec)
        settled(page, "AAPL")
        stands_right(page, one)


def test_moved_by_a_handle_and_whole_undone_and_done_again(page: Page, kept: Workspaces) -> None:
    open_chart(page)
    draw(page, "trend", (300, 500), (600, 350))
    [first] = saved(page, kept)
    stroke(page, (600, 350), (700, 300))
    [second] = saved(page, kept)
    assert second.anchors[0] == first.anchors[0]
    assert second.anchors[1][0] == bar_at(page, 700) * 1_000_000
    stroke(page, (500, 400), (520, 440))
    [third] = saved(page, kept)
    rise = [one.anchors[1][1] - one.anchors[0][1] for one in (second, third)]
    assert rise[0] == pytest.approx(rise[1], abs=0.011)
    assert third.anchors[0][0] > second.anchors[0][0]
    page.keyboard.press("Control+z")
    assert saved(page, kept)[0].anchors == second.anchors
    page.keyboard.press("Control+Shift+Z")
    assert saved(page, kept)[0].anchors == third.anchors
    tool(page, "Undo").click()
    saved(page, kept)
    page.mouse.click(1200, 680)
    page.mouse.click(500, 400)
    page.keyboard.press("Delete")
    saved(page, kept, 0)
    expect(page.locator(".wb-upper .wb-drawn g[data-id]")).to_have_count(0)
    tool(page, "Undo").click()
    saved(page, kept, 1)


def test_the_bar_of_a_drawing_styles_locks_and_hides(page: Page, kept: Workspaces) -> None:
    open_chart(page)
    draw(page, "rectangle", (500, 300), (700, 450))
    [one] = saved(page, kept)
    bar = page.get_by_role("toolbar", name="Drawing", exact=True)
    bar.get_by_role("button", name="Pink").click()
    bar.get_by_role("button", name=re.compile("^Width")).click()
    bar.get_by_role("button", name=re.compile("^Line solid")).click()
    expect(mark(page, one)).to_have_attribute("stroke-width", "2")
    bar.get_by_role("button", name=re.compile("^Lock")).click()
    expect(bar.get_by_role("button", name="Unlock")).to_be_visible()
    [styled] = saved(page, kept)
    assert (dict(styled.style), styled.locked) == ({"color": "pink", "width": 2, "dash": "dashed"}, True)
    stroke(page, (600, 300), (600, 360))
    assert saved(page, kept)[0].anchors == one.anchors
    bar.get_by_role("button", name=re.compile("^Hide")).click()
    expect(mark(page, one)).to_have_count(0)
    eye = page.get_by_role("button", name="Show 1 hidden drawing")
    eye.click()
    expect(mark(page, one)).to_have_count(1)
    assert saved(page, kept)[0].hidden is False
    page.mouse.click(600, 300)
    color = mark(page, one).get_attribute("stroke")
    page.get_by_role("button", name="Light theme").or_(page.get_by_role("button", name="Dark theme")).click()
    expect(mark(page, one)).not_to_have_attribute("stroke", color)
    expect(bar).to_be_visible()


def test_a_note_is_written_while_bars_come_in(page: Page, kept: Workspaces) -> None:
    open_chart(page, "BTC-USD", "1s")
    tool(page, "Note").click()
    page.mouse.click(500, 300)
    note = page.locator(".wb-note[contenteditable]")
    expect(note).to_be_focused()
    newest = f"() => {{ {SCALES} return s.data.x.at(-1); }}"
    for word in ("buyers ", "wait ", "here"):
        before = page.evaluate(newest)
        page.keyboard.type(word)
        page.wait_for_function(f"(before) => {{ {SCALES} return s.data.x.at(-1) !== before; }}", arg=before)
    expect(note).to_have_text("buyers wait here")
    page.keyboard.press("Enter")
    [one] = saved(page, kept, symbol="BTC-USD")
    assert one.text == "buyers wait here"
    expect(page.locator(".wb-note")).to_be_visible()
    for _ in range(20):  # it moves with the bars: not every press meets it
        page.locator(".wb-note").dblclick(force=True)  # forced, as the canvas below hears it
        if note.count():
            break
    expect(note).to_be_focused()
    page.keyboard.type("nobody")
    page.keyboard.press("Escape")
    expect(page.locator(".wb-note")).to_have_text("nobody")
    assert saved(page, kept, symbol="BTC-USD")[0].text == "nobody"


def test_tools_by_key_magnet_and_a_tool_that_stays(page: Page, kept: Workspaces) -> None:
    open_chart(page)
    page.mouse.click(1200, 650)
    page.keyboard.press("Alt+h")
    expect(tool(page, "Horizontal line")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(tool(page, "Pointer")).to_have_attribute("aria-pressed", "true")
    tool(page, "Magnet: snap to open, high, low and close").click()
    page.keyboard.press("Alt+h")
    x, y, high = page.evaluate(
        f"""() => {{ {SCALES} const i = s.data.x.length - 60, high = s.data.high[i];
        return [X(s.data.x[i]) + corner.left, Y(high) + corner.top, high]; }}"""
    )
    page.mouse.click(x, y - 8)
    [one] = saved(page, kept)
    assert one.anchors[0][1] == high
    tool(page, "Magnet: snap to open, high, low and close").click()
    tool(page, "Trend line").dblclick()
    for n, x in enumerate((200, 400)):
        put(page, (x, 600), (x + 80, 560))
        saved(page, kept, n + 2)
    expect(tool(page, "Trend line")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.mouse.click(1200, 650)
    page.keyboard.press("Alt+x")
    page.keyboard.press("Enter")  # in the middle of the chart, without a mouse
    made = saved(page, kept, 4)[-1]
    page.keyboard.press("ArrowRight")
    moved = saved(page, kept, 4)[-1]
    assert moved.anchors[0][0] > made.anchors[0][0]


def test_times_of_drawings_follow_the_zone(page: Page, kept: Workspaces) -> None:
    minute = pd.Timestamp.now("UTC").floor("min") - pd.Timedelta(minutes=20)
    kept.annotations.add(Annotation("BTC-USD", "vertical", ((minute.value, 1.0),)))
    open_chart(page, "BTC-USD", "1min", "&tz=Asia/Kolkata")
    expect(page.locator(".wb-drawn-tag")).to_contain_text(f"{minute.tz_convert('Asia/Kolkata'):%H:%M}")


def test_what_cannot_be_saved_stays_and_is_saved_later(page: Page, kept: Workspaces) -> None:
    open_chart(page)
    with kept.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE wb_annotations RENAME TO wb_away")
    try:
        draw(page, "trend", (300, 500), (600, 350))
        told = page.get_by_role("alert").filter(has_text="Not saved.")
        expect(told).to_be_visible()
        expect(page.locator(".wb-upper .wb-drawn g[data-id] line")).to_be_visible()
    finally:
        with kept.database.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE wb_away RENAME TO wb_annotations")
    told.get_by_role("button", name="Try again").click()
    expect(told).to_be_hidden()
    saved(page, kept)


def test_what_others_draw_and_delete_is_seen(page: Page, kept: Workspaces) -> None:
    open_chart(page)
    bad = {"color": '"/><b id="bad">', "width": '9"/><b id="bad">', "dash": "<b>", "size": "1px"}
    one = kept.annotations.add(Annotation("AAPL", "horizontal", ((1_362_096_000 * 10**9, 500.0),), style=bad))
    expect(mark(page, one)).to_have_attribute("stroke-width", "1")
    assert page.locator("#bad").count() == 0
    expect(page.locator(".wb-drawn-tag")).to_have_text("500.00")
    kept.annotations.remove([one.id])
    expect(mark(page, one)).to_have_count(0)
