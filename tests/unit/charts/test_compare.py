"""Other symbols over the prices: where their lines stand, what travels, what the axis makes room for."""

from __future__ import annotations

import numpy as np

from workbench.charts.candles import CandleChart
from workbench.charts.columns import bar_columns
from workbench.charts.compare import MAX_COMPARED, Compared, rescaled
from workbench.market.events import BAR


def chart_of(closes: list[float], first: int = 0) -> CandleChart:
    records = np.zeros(len(closes), BAR)
    for name in ("open", "high", "low", "close"):
        records[name] = closes
    records["time"] = 60_000_000_000 * np.arange(len(closes))
    chart = CandleChart()
    chart.show(bar_columns(records, first), symbol="A", decimals=2)
    return chart


def test_a_line_stands_on_the_first_close_and_changes_as_the_other_does() -> None:
    close, other = np.array([10.0, 20, 30, 40]), np.array([1.0, 2, 3, 1])
    placed = rescaled(close, other, 1)
    assert placed[1] == close[1]
    assert np.allclose(placed / placed[1], other / other[1])


def test_one_that_begins_later_stands_on_the_first_close_too() -> None:
    placed = rescaled(np.array([10.0, 20, 30]), np.array([np.nan, 4, 5]), 0)
    assert np.isnan(placed[0]) and placed[1] == 10 and placed[2] == 12.5
    assert np.isnan(rescaled(np.array([1.0, 2]), np.array([3.0, np.nan]), 1)).all()


def test_lines_come_and_go_and_the_axis_follows_those_that_are_seen() -> None:
    chart = chart_of([1.0, 2.0, 3.0])
    layer, plain = chart.compare, list(chart.price.renderers)
    layer.place([Compared("B", 0), Compared("C", 1, hidden=True)])
    layer.show([np.array([5.0, np.nan, 7]), np.zeros(3)])
    assert set(layer.source.data) == {"x", "v0", "v1"}
    assert [layer.lines[slot].visible for slot in (0, 1)] == [True, False]
    assert layer.lines[0] in chart.price.y_range.renderers
    assert layer.lines[1] not in chart.price.y_range.renderers
    chart.follow([])  # of the studies: the comparisons stay
    assert layer.lines[0] in chart.price.y_range.renderers
    assert [row["symbol"] for row in layer.source.tags[0]["rows"]] == ["B", "C"]
    (shown,) = layer.still(0.0)
    assert shown[0].symbol == "B" and np.allclose(shown[2], [1, np.nan, 1.4], equal_nan=True)
    layer.place([])
    layer.show([])
    assert chart.price.renderers == plain and layer.still(0.0) == []


def test_a_new_last_price_sends_one_row() -> None:
    chart = chart_of([1.0, 2.0, 3.0])
    layer, sent = chart.compare, []
    layer.place([Compared("B", 0)])
    layer.show([np.array([5.0, 6, 7])])
    held = layer.source.data["v0"]
    layer.source.on_change("data", lambda attr, old, new: sent.append(1))
    layer.show([np.array([5.0, 6, 8])])
    assert layer.source.data["v0"] is held and held[-1] == 8


def test_colours_differ_and_have_a_shade_for_both_themes() -> None:
    layer = chart_of([1.0]).compare
    every = [Compared(str(slot), slot) for slot in range(MAX_COMPARED)]
    dark = [layer.color(one) for one in every]
    layer.theme(False)
    light = [layer.color(one) for one in every]
    assert len(set(dark)) == len(set(light)) == MAX_COMPARED and not set(dark) & set(light)
