"""Kagi lines and boxes: where they are, and that no more is sent than what changed."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import LinearColorMapper
from bokeh.plotting import figure
from hypothesis import given
from hypothesis import strategies as st

from workbench.bars import resample
from workbench.charts.candles import GLYPHS, WIDEST, WIDEST_EXACT, CandleChart
from workbench.charts.columns import bar_columns
from workbench.charts.marks import (
    BOX_COLUMNS,
    LINE_COLUMNS,
    MAX_BOXES,
    THICK,
    THIN,
    MarkLayer,
    Marks,
    box_marks,
    kagi_marks,
    marks_of,
)
from workbench.market.events import BAR
from workbench.market.specs import BarSpec, bar_kinds

MINUTE = 60 * 10**9


def lines(*ends: float) -> np.ndarray:
    """Consecutive lines through these prices."""
    out = np.zeros(len(ends) - 1, BAR)
    out["time"] = np.arange(len(out)) * MINUTE
    out["open"], out["close"] = ends[:-1], ends[1:]
    out["high"], out["low"] = np.maximum(out["open"], out["close"]), np.minimum(out["open"], out["close"])
    return out


def test_kagi_lines_are_joined_and_change_their_thickness_where_they_turn() -> None:
    marks = kagi_marks(
        lines(10, 14, 11, 16, 9), 5, turn=np.array([np.nan, np.nan, 14.0, 11.0]), thick=np.array([0, 0, 0, 1])
    ).lines
    assert tuple(marks) == LINE_COLUMNS
    assert marks["x"].tolist() == [5, 6, 7, 8]
    assert marks["before"].tolist() == [5, 5, 6, 7]  # the first has none before it
    assert marks["turn"].tolist() == [14, 11, 14, 11]  # at the end, where the thickness stays
    assert marks["first"].tolist() == [0, 0, 0, 1]
    assert marks["second"].tolist() == [0, 0, 1, 0]
    assert marks["lead_px"].tolist() == [THIN, THIN, THIN, THICK]
    assert marks["first_px"].tolist() == [THIN, THIN, THIN, THICK]
    assert marks["second_px"].tolist() == [THIN, THIN, THICK, THIN]


@given(st.lists(st.integers(-5, 5), min_size=6, max_size=60), st.integers(1, 4))
def test_kagi_of_a_part_is_the_part_of_the_whole(steps: list[int], part: int) -> None:
    """Thickness follows from what came before, not from where the window begins."""
    prices = 100 + np.cumsum(steps)
    zigzag = lines(*[float(p) for i, p in enumerate(prices) if i == 0 or p != prices[i - 1]], 0.0)
    spec, cut = BarSpec.parse("kagi:2.0(1min)"), min(part, len(zigzag) - 1)
    whole = marks_of(spec, zigzag, slice(0, len(zigzag)), 0).lines
    tail = marks_of(spec, zigzag, slice(cut, len(zigzag)), cut).lines
    for name in set(LINE_COLUMNS) - {"before"}:
        assert tail[name].tolist() == whole[name][cut:].tolist()


def test_boxes_fill_a_column_from_edge_to_edge() -> None:
    marks = box_marks(lines(10, 13, 11), 7, 1.0)
    assert tuple(marks.crosses) == BOX_COLUMNS
    assert marks.crosses["x"].tolist() == [7, 7, 7]
    assert marks.crosses["y"].tolist() == [10.5, 11.5, 12.5]
    assert marks.noughts["x"].tolist() == [8, 8]
    assert marks.noughts["y"].tolist() == [12.5, 11.5]
    assert marks.crosses["up"].tolist() == [1, 1, 1]
    assert marks.noughts["up"].tolist() == [0, 0]
    assert np.all(marks.crosses["high"] - marks.crosses["low"] < 1.0)
    assert np.all(marks.crosses["right"] - marks.crosses["left"] < 1.0)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.sampled_from([0.1, 0.25, 3.0, 100.0]))
def test_every_box_is_drawn_once(heights: list[int], box: float) -> None:
    ends = np.concatenate([[0], np.cumsum([h if i % 2 else -h for i, h in enumerate(heights)])]) * box + 5000 * box
    columns = lines(*ends)
    marks = box_marks(columns, 0, box)
    for of, up in ((marks.crosses, True), (marks.noughts, False)):
        for x in range(len(columns)):
            y = of["y"][of["x"] == x]
            wanted = heights[x] if (columns["close"][x] >= columns["open"][x]) == up else 0
            assert len(y) == wanted
            assert not wanted or (y.min() > columns["low"][x] and y.max() < columns["high"][x])


def test_more_boxes_than_a_browser_draws_become_whole_columns() -> None:
    assert not box_marks(lines(0, MAX_BOXES), 0, 1.0).whole
    marks = box_marks(lines(0, MAX_BOXES + 1), 0, 1.0)
    assert marks.whole
    assert not len(marks.crosses["x"])


class Sent:
    """A layer, and the kinds of messages that it causes."""

    def __init__(self) -> None:
        self.layer, self.document = MarkLayer(figure(), LinearColorMapper(palette=["#000000", "#ffffff"])), Document()
        for source in (self.layer.lines, self.layer.crosses, self.layer.noughts):
            self.document.add_root(source)
        self.said: list[str] = []
        self.document.on_change(lambda event: self.said.append(type(event).__name__))

    def show(self, marks: Marks) -> list[str]:
        self.said.clear()
        self.layer.show(marks)
        return list(self.said)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((10, 13, 11), []),
        ((10, 13, 9), ["ColumnsStreamedEvent"]),  # two more boxes of a column that falls
        ((10, 13, 11, 15), ["ColumnsStreamedEvent"]),  # a column more
        ((10, 13), ["ColumnDataChangedEvent"]),  # a column that was forming is gone
    ],
)
def test_boxes_are_sent_by_what_differs(ends: tuple[float, ...], expected: list[str]) -> None:
    sent = Sent()
    sent.show(box_marks(lines(10, 13, 11), 0, 1.0))
    assert sent.show(box_marks(lines(*ends), 0, 1.0)) == expected
    for source, of in ((sent.layer.crosses, "crosses"), (sent.layer.noughts, "noughts")):
        wanted = getattr(box_marks(lines(*ends), 0, 1.0), of)
        assert {n: list(c) for n, c in source.data.items()} == {n: c.tolist() for n, c in wanted.items()}


def test_a_growing_line_is_a_patch() -> None:
    sent = Sent()
    nothing = {"turn": np.full(2, np.nan), "thick": np.zeros(2)}
    sent.show(kagi_marks(lines(10, 14, 11), 0, **nothing))
    assert sent.show(kagi_marks(lines(10, 14, 10.5), 0, **nothing)) == ["ColumnsPatchedEvent"]
    assert sent.layer.lines.data["close"][-1] == 10.5


@pytest.mark.parametrize("glyph", GLYPHS)
def test_one_figure_draws_every_glyph(glyph: str) -> None:
    chart = CandleChart()
    figure_, renderers = chart.price, list(chart.price.renderers)
    chart.draw_as(glyph, widest=WIDEST_EXACT)
    seen = {r for r in renderers if r.visible}
    assert chart.price is figure_
    assert chart.price.renderers == renderers
    assert chart.x_range.max_interval == WIDEST_EXACT
    assert (chart.types.candles.stems in seen) == (glyph == "candle")
    assert (chart.types.candles.bodies in seen) == (glyph in ("candle", "brick"))
    ours = {r for r in chart.marks.renderers if r.visible}
    assert {r.data_source is chart.marks.lines for r in ours} == {"kagi": {True}, "pnf": {False}}.get(glyph, set())
    chart.draw_as("candle", widest=WIDEST)
    assert [r for r in renderers if r.visible] == [
        chart.types.candles.stems,
        chart.types.candles.bodies,
        chart.types.candles.closes,
    ]


def test_too_many_boxes_are_drawn_as_bodies_until_there_are_fewer() -> None:
    chart, many, few = CandleChart(), lines(0, MAX_BOXES + 1), lines(0, 5)
    chart.draw_as("pnf")
    chart.show(bar_columns(many), marks=box_marks(many, 0, 1.0))
    assert chart.types.candles.bodies.visible
    assert not any(r.visible for r in chart.marks.renderers)
    chart.show(bar_columns(few), marks=box_marks(few, 0, 1.0))
    assert not chart.types.candles.bodies.visible
    assert sum(r.visible for r in chart.marks.renderers) == 3


@pytest.mark.parametrize("name", [name for name, kind in bar_kinds if kind.of == "bars"])
def test_every_kind_of_bars_has_a_known_glyph_and_marks(name: str) -> None:
    kind = bar_kinds.get(name)
    base = lines(*np.round(100 + 3 * np.sin(np.arange(200) / 5), 2))
    made = resample(base, kind.example.partition("(")[0])
    records = np.zeros(len(made), BAR)
    for column in ("open", "high", "low", "close"):
        records[column] = made[column]
    assert kind.glyph in GLYPHS
    marks = marks_of(BarSpec.parse(kind.example), records, slice(0, len(records)), 0)
    assert bool(len(marks.lines["x"])) == (kind.glyph == "kagi")
    assert bool(len(marks.crosses["x"])) == (kind.glyph == "pnf")
