"""Pictures show what the page shows: types and kinds of bars, scale, window, drawings, other symbols, markers."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from bokeh.models import CustomJSExpr, Line

from tests.unit.charts.test_export import HOUR, SVG, bars, colors, drawn, shown, words
from workbench.charts.compare import Compared
from workbench.charts.drawings import COLUMNS
from workbench.charts.export import Shown, to_html
from workbench.charts.markers import Stage, link_rows, marker_rows, read_markers
from workbench.charts.marks import box_marks, kagi_marks
from workbench.charts.still_calendar import slots
from workbench.charts.still_markers import Stand, gathered
from workbench.charts.theme import LIGHT, series
from workbench.charts.types import ChartType, chart_types

UP, DOWN, ACCENT = LIGHT.up, LIGHT.down, LIGHT.accent


def pane(root: ElementTree.Element, place: int = 0) -> ElementTree.Element:
    """What is drawn inside of a frame; that of the prices comes first."""
    return root.findall(f"{SVG}svg")[place]


def strokes(root: ElementTree.Element) -> set[str]:
    return {one.get("stroke") for one in root.iter() if one.get("stroke")}


def fills(root: ElementTree.Element) -> set[str]:
    return {one.get("fill") for one in root.iter(f"{SVG}path") if one.get("fill")}


@pytest.mark.parametrize(
    ("kind", "filled", "lined"),
    [
        ("candles", {UP, DOWN}, {UP, DOWN}),
        ("hollow", {DOWN, LIGHT.panel}, {UP, DOWN}),
        ("volume_candles", {UP, DOWN}, {UP, DOWN}),
        ("delta_candles", {LIGHT.panel}, {UP, DOWN}),
        ("ohlc", set(), {UP, DOWN}),
        ("hlc", set(), {UP, DOWN}),
        ("high_low", {ACCENT}, {ACCENT}),
        ("line", set(), {ACCENT}),
        ("line_markers", {ACCENT}, {ACCENT}),
        ("step", set(), {ACCENT}),
        ("area", {ACCENT}, {ACCENT}),
        ("baseline", {UP, DOWN}, {UP, DOWN, LIGHT.muted}),
        ("columns", {UP, DOWN}, set()),
    ],
)
def test_each_type_is_drawn_as_itself(kind: str, filled: set[str], lined: set[str]) -> None:
    prices = pane(drawn(shown(60, type=kind, base=97.0)))
    assert fills(prices) == filled and strokes(prices) == lined


def test_no_type_is_left_out_here() -> None:
    pictures = {kind: ElementTree.tostring(pane(drawn(shown(60, type=kind)))) for kind, _ in chart_types}
    assert len(set(pictures.values())) == len(pictures), "no two are alike, none is blank"
    assert all(len(text) > 300 for text in pictures.values())


def test_the_rise_of_a_bar_is_where_its_prices_are() -> None:
    what = shown(20, type="line")
    (line,) = (one for one in pane(drawn(what)) if one.get("stroke") == ACCENT)
    points = np.array([(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", line.attrib["d"])])
    assert len(points) == 20 and np.allclose(np.diff(points[:, 0]), np.diff(points[:, 0])[0], atol=0.11)
    close = what.bars["close"]
    slope = np.polyfit(close, points[:, 1], 1)
    assert slope[0] < 0 and np.allclose(np.polyval(slope, close), points[:, 1], atol=0.11)


def test_a_type_that_only_a_browser_can_draw_is_drawn_as_candles(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(ChartType):
        title, about, plugin_name = "Mine", "Computed by a script.", "mine"

        def draw(self) -> None:
            self.add(Line(x="x", y={"expr": CustomJSExpr(code="return this.data.close")}), line_color="accent")

    get = chart_types.get
    monkeypatch.setattr(chart_types, "get", lambda name: Mine if name == "mine" else get(name))
    assert fills(pane(drawn(shown(60, type="mine")))) == {UP, DOWN}


def test_bricks_kagi_lines_and_boxes_have_their_shapes() -> None:
    records = bars(30)
    prices = pane(drawn(Shown(records, glyph="brick")))
    assert fills(prices) == {UP, DOWN}
    tops = sum(len(re.findall("M", one.attrib["d"])) for one in prices if one.get("fill"))
    assert tops == 30
    turn, thick = np.full(30, np.nan), np.arange(30) % 2 == 0
    kagi = pane(drawn(Shown(records, glyph="kagi", marks=kagi_marks(records, 0, turn=turn, thick=thick))))
    assert not fills(kagi) and {one.get("stroke-width") for one in kagi} == {"1.4", "3.6"}
    boxes = pane(drawn(Shown(records, glyph="pnf", marks=box_marks(records, 0, 0.1))))
    assert not fills(boxes)
    rings = [one for one in boxes if "a" in one.attrib["d"]]
    assert rings and {one.get("stroke") for one in rings} == {DOWN} and strokes(boxes) == {UP, DOWN}
    whole = pane(drawn(Shown(records, glyph="pnf", marks=replace(box_marks(records, 0, 0.1), whole=True))))
    assert fills(whole) == {UP, DOWN}


# --- scale and window ----------------------------------------------------------------------------------------------


def growing(scale: str) -> Shown:
    records = bars(41)
    for name in ("open", "high", "low", "close"):
        records[name] = 10.0 * 10 ** (np.arange(41) / 20)
    return Shown(records, "ES", "1h", scale=scale, type="line")


def line_of(root: ElementTree.Element) -> np.ndarray:
    (line,) = (one for one in pane(root) if one.get("stroke") == ACCENT)
    return np.array([float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line.attrib["d"])])


def test_on_a_log_scale_equal_shares_are_equal_heights() -> None:
    root = drawn(growing("log"))
    assert np.ptp(np.diff(line_of(root))) < 0.25 and {"10.00", "100.00", "1,000.00"} <= set(words(root))
    assert np.ptp(np.diff(line_of(drawn(growing("linear"))))) > 10
    sunk = growing("log")
    sunk.bars["low"][3] = -1
    assert np.ptp(np.diff(line_of(drawn(sunk)))) > 10, "what has no logarithm is drawn on a linear scale"


def test_a_percent_scale_counts_from_the_first_bar_in_the_window() -> None:
    what = replace(growing("percent"), last=1_000.0)
    told = words(drawn(what))
    assert "+9,900.00 %" in told and "0 %" in told and "+2,000 %" in told
    assert "+900.00 %" in words(drawn(replace(what, view=(19.5, 42.0))))


def test_the_window_is_that_of_the_page() -> None:
    records = bars(40)
    found = [drawn(Shown(records, type="line", view=view), width=670) for view in ((-0.5, 39.5), (-0.5, 79.5))]
    ends = [float(re.findall(r"L([\d.]+) [\d.]+$", one.attrib["d"])[0]) for root in found for one in pane(root)
            if one.get("stroke") == ACCENT]  # fmt: skip
    assert ends == pytest.approx([592.5, 296.2], abs=0.1)


def test_closed_hours_are_shaded_and_sessions_begin_with_a_line() -> None:
    sessions = {"open": [-0.5, 29.5], "close": [19.5, 49.5], "first": [0, 1]}
    root = drawn(Shown(bars(60), view=(-0.5, 59.5), sessions={k: np.array(v, float) for k, v in sessions.items()}))
    bands = [one.attrib["d"] for one in root.iter(f"{SVG}path") if one.get("fill") == LIGHT.muted]
    assert len(bands) == 2 and all(band.count("M") == 2 for band in bands), "prices and volumes, a night and the end"
    starts = [one.attrib["d"] for one in root.iter(f"{SVG}path") if one.get("stroke") == LIGHT.faint]
    assert len(starts) == 2 and all(start.count("M") == 1 for start in starts)


# --- what is over the prices ---------------------------------------------------------------------------------------


def drawing(kind: str, *anchors: tuple[float, float], **more: object) -> dict[str, list[object]]:
    told = {"text": "", "style": "{}", "locked": False, "hidden": False, **more}
    row = {
        "id": "a",
        "kind": kind,
        "x": [x for x, _ in anchors],
        "time": [x * HOUR / 1e6 for x, _ in anchors],
        "price": [price for _, price in anchors],
        **told,
    }
    return {name: [row[name]] for name in COLUMNS}


@pytest.mark.parametrize(
    ("kind", "anchors", "said"),
    [
        ("horizontal", [(5, 98.5)], ["98.50"]),
        ("vertical", [(5, 98.5)], ["Mon 2 Mar 2026 19:00"]),
        ("fibonacci", [(5, 96.0), (30, 100.0)], ["0 % (100.00)", "61.8 % (97.53)", "100 % (96.00)"]),
        ("measure", [(5, 96.0), (30, 100.0)], ["+4.00 (+4.17 %)", "25 bars · 1 d 1 h"]),
        ("text", [(5, 98.5)], ["Look here"]),
    ],
)
def test_drawings_are_told(kind: str, anchors: list[tuple[float, float]], said: list[str]) -> None:
    rows = drawing(kind, *anchors, text="Look here")
    rows["time"] = [[(bars(60)["time"][int(x)]) / 1e6 for x, _ in anchors]]
    told = words(drawn(shown(drawings=rows)))
    assert set(said) <= set(told)
    assert not set(said) & set(words(drawn(shown(drawings={**rows, "hidden": [True]}))))


def test_a_drawing_wears_its_style_and_nothing_else_of_it() -> None:
    style = '{"color": "orange", "width": 3, "dash": "dashed"}'
    (line,) = (one for one in drawn(shown(drawings=drawing("trend", (2, 97), (50, 99), style=style))).iter(f"{SVG}path")
               if one.get("stroke-width") == "3")  # fmt: skip
    assert line.get("stroke") == series(False)[1] and line.get("stroke-dasharray") == "14 10"
    wild = '{"color": "red\\" onload=\\"x", "width": 9000, "dash": "x"}'
    root = drawn(shown(drawings=drawing("trend", (2, 97), (50, 99), style=wild)))
    assert "onload" not in ElementTree.tostring(root, "unicode") and LIGHT.accent in strokes(root)


def test_a_compared_symbol_stands_on_the_first_close_and_tells_its_change() -> None:
    what, other = shown(60), np.full(60, 40.0)
    other[30:] = 40.4
    root = drawn(replace(what, compared=[(Compared("NQ", 0, decimals=1), other)]))
    color = series(False)[6]
    (line,) = (one for one in pane(root) if one.get("stroke") == color)
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line.attrib["d"])]
    assert len(heights) == 60 and heights[0] == heights[29] > heights[30] == heights[-1]
    assert "NQ40.4+1.00 %" in words(root) and words(root).count("+1.00 %") == 1
    hidden = drawn(replace(what, compared=[(Compared("NQ", 0, hidden=True), other)]))
    assert color not in colors(hidden)


def marked(count: int, text: str = "in") -> Shown:
    what = shown(60)
    at = what.bars["time"][np.linspace(2, 57, count).astype(int)]
    kinds = [("buy", "sell", "event", "alert")[k % 4] for k in range(count)]
    given = pd.DataFrame(
        {"time": pd.to_datetime(at, utc=True), "kind": kinds, "price": 97.0, "text": text, "group": 1, "pnl": 5.0}
    )
    markers = read_markers(given)
    stage = Stage(what.bars["time"], 0, 60, np.arange(60.0), HOUR)
    return replace(what, markers=marker_rows(markers, stage), links=link_rows(markers, stage))


def test_markers_are_on_the_picture() -> None:
    root = drawn(marked(4))
    assert words(root).count("in") == 3, "buy, sell and alert; an event is a letter"
    assert "I" in words(root)
    assert any(one.get("stroke-dasharray") == "5 3" and one.get("stroke") == LIGHT.up_text for one in root.iter())
    crowd = words(drawn(marked(400), width=400))
    assert "in" not in crowd and any(line.endswith("alerts") for line in crowd), "counts instead of texts"


def test_the_page_that_is_taken_away_has_all_of_it() -> None:
    pytest.importorskip("panel")
    what = replace(
        marked(8, text="marked here"),
        drawings=drawing("text", (5, 97.0), text="noted here"),
        compared=[(Compared("Other", 0), np.full(60, 40.0))],
        scale="percent",
        type="baseline",
        base=97.0,
    )
    text = to_html(what)
    for part in ("marked here", "noted here", '"Other"', '["scale","percent"]', '"location":97.0'):
        assert part in text


def test_a_calendar_axis_is_that_of_the_screen() -> None:
    day = 86_400_000.0
    at = slots(np.array([0.0, 1.0, 4.0, 4.5]) * day, day)  # a weekend, and a bar that was cut short
    assert at(np.arange(4)) == pytest.approx([0, 1, 4, 5])
    assert at(np.array([-2.0, 0.4, 1.4, 1.5, 1.6, 5.0])) == pytest.approx([-2.0, 0.4, 1.4, 2.5, 3.6, 7.0])
    assert slots(np.zeros(0), day)(np.array([-3.0, 0.0, 8.5])) == pytest.approx([-3.0, 0.0, 8.5])
    # A night takes its room in the picture, and bodies keep their width.
    held = bars(40)
    held["time"][20:] += 20 * HOUR
    plain, wide = (drawn(Shown(held, symbol="ES", spec="1h", slot=slot)) for slot in (0.0, HOUR / 1e6))
    assert bodies(wide)[1] < 0.75 * bodies(plain)[1]
    middles = bodies(wide)[0]
    assert np.ptp(np.diff(middles[:20])) < 0.2 and middles[20] - middles[19] == pytest.approx(
        21 * (middles[1] - middles[0]), rel=0.02
    )


def bodies(root: ElementTree.Element) -> tuple[np.ndarray, float]:
    """Middles of the volumes' columns from left to right, and their width, px."""
    found = [
        (float(match[1]), float(match[2]))
        for one in pane(root, 1).iter(f"{SVG}path")
        for match in re.finditer(r"M([\d.]+) [\d.]+H([\d.]+)V", one.get("d", ""))
    ]
    edges = np.array(sorted(found))
    return edges.mean(axis=1), float(np.median(edges[:, 1] - edges[:, 0]))


def test_markers_are_gathered_as_on_the_screen() -> None:
    stand = Stand(lambda x: 5.0 * np.asarray(x), lambda y: -np.asarray(y, float), (0.0, -900.0, 500.0, 900.0), 5.0)

    def signs(kind: int, prices: list[float], places: list[int]) -> list[tuple[float, int]]:
        rows = {"kind": [kind] * len(prices), "x": places, "price": prices, "count": [1] * len(prices)}
        return [(one.x, one.count) for one in gathered({**rows, "text": [""] * len(prices)}, stand)]

    assert [count for _, count in signs(0, [10.0, 30.0], [8, 8])] == [2]  # arrows are taller than they are wide
    assert [count for _, count in signs(0, [10.0, 37.0], [8, 8])] == [1, 1]
    assert [count for _, count in signs(2, [10.0, 37.0], [8, 8])] == [2]
    # Of four bars in 16 px one sign, in their middle; one that is alone stands on its own bar.
    assert signs(1, [10.0], [9]) == [(45.0, 1)]
    assert signs(1, [10.0, 10.0], [8, 9]) == [(5.0 * 9.5, 2)]
