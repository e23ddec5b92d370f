"""Drawings on the chart as Bokeh objects, and where instants stand among bars."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import CustomJS

from workbench.charts.candles import CandleChart
from workbench.charts.drawings import COLORS, COLUMNS, DrawingLayer, instant_of, ordinals_of, pace_of
from workbench.workspaces import KINDS, Annotation

MINUTE, HOUR, DAY = 60 * 10**9, 3600 * 10**9, 86400 * 10**9
START = 1_700_000_000_000_000_000


def times(n: int, step: int = MINUTE) -> np.ndarray:
    return START + step * np.arange(n, dtype="i8")


def test_a_bar_stands_at_its_ordinal_and_between_two_in_proportion() -> None:
    at = times(10)
    assert ordinals_of([int(at[3]), int(at[3]) + MINUTE // 4], at, -100, MINUTE) == [-97, -96.75]


def test_nights_take_no_room() -> None:
    at = np.concatenate([times(3), times(3) + DAY])
    assert ordinals_of([int(at[3])], at, 0, MINUTE) == [3]
    assert 2 < ordinals_of([int(at[2]) + HOUR], at, 0, MINUTE)[0] < 2.1


def test_beyond_the_bars_it_goes_on_at_their_pace() -> None:
    at = times(10)
    assert ordinals_of([START - 5 * MINUTE, int(at[-1]) + 7 * MINUTE], at, 0, MINUTE) == [-5, 16]
    assert ordinals_of([START], at[:0], 0, MINUTE) == [0]
    assert ordinals_of([START + MINUTE], at[:1], 4, MINUTE) == [5]


@pytest.mark.parametrize("step", [1, MINUTE, DAY])
def test_ordinals_and_instants_are_inverse_to_the_nanosecond(step: int) -> None:
    gaps = np.random.default_rng(0).integers(1, 9, 200) * step
    at = START + np.cumsum(gaps)
    pace = pace_of(at, MINUTE)
    for ordinal in range(50, 250):
        assert instant_of(ordinal, at, 50, pace) == at[ordinal - 50]
        assert ordinals_of([int(at[ordinal - 50])], at, 50, pace) == [ordinal]
    for ordinal in (12, 49, 250, 333):
        there = instant_of(ordinal, at, 50, pace)
        assert ordinals_of([there], at, 50, pace)[0] == pytest.approx(ordinal, abs=1.0 if step == 1 else 1e-6)


def test_pace_of_days_counts_weekends_and_pace_of_minutes_no_nights() -> None:
    days = START + DAY * np.array([0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14], dtype="i8")
    assert pace_of(days, DAY) == pytest.approx(1.4 * DAY)
    minutes = np.concatenate([times(30) + day * DAY for day in range(5)])
    assert pace_of(minutes, MINUTE) == MINUTE
    assert pace_of(times(1), HOUR) == HOUR


def line(**more: object) -> Annotation:
    anchors = ((START, 100.0), (START + HOUR, 101.5))
    return Annotation("ES", "trend", anchors, id="a", style={"color": "pink"}, **more)


def test_a_row_for_each_drawing() -> None:
    layer = DrawingLayer()
    layer.show([line(text="why", locked=True)], [[3.0, 63.0]])
    row = {name: values[0] for name, values in layer.source.data.items()}
    assert tuple(layer.source.data) == COLUMNS
    assert (row["kind"], row["x"], row["price"]) == ("trend", [3.0, 63.0], [100.0, 101.5])
    assert row["time"] == [START / 1e6, (START + HOUR) / 1e6]
    assert json.loads(row["style"]) == {"color": "pink"}
    assert (row["text"], row["locked"], row["hidden"]) == ("why", True, False)


def test_nothing_is_sent_when_nothing_changed() -> None:
    chart = CandleChart()
    document = Document()
    document.add_root(chart.root)
    layer, sent = chart.drawings, []
    layer.show([line()], [[3.0, 63.0]])
    layer.tell(pace=1.0)
    document.on_change(sent.append)
    layer.show([line()], [[3.0, 63.0]])
    layer.tell(pace=1.0)
    layer.theme(True)
    assert sent == []
    layer.show([line()], [[4.0, 64.0]])
    assert len(sent) == 1


def test_the_chart_hands_the_layer_to_its_scripts_in_their_order() -> None:
    chart = CandleChart()
    [start] = [one for one in chart.price.js_property_callbacks["change:inner_width"] if isinstance(one, CustomJS)]
    assert start.args["drawings"] is chart.drawings.source
    assert start.args["drawn"] is chart.drawings.wish
    places = [
        start.code.index(word) for word in ("class Pane", "const wbShapes", "class Desk", "class Hand", "class Board")
    ]
    assert places == sorted(places)


def test_colours_follow_the_theme() -> None:
    chart = CandleChart(dark=True)
    dark = dict(chart.drawings.source.tags[0]["colors"])
    chart.theme(False)
    light = dict(chart.drawings.source.tags[0]["colors"])
    assert tuple(dark) == tuple(light) == COLORS
    assert not set(dark.values()) & set(light.values())


def test_the_scripts_know_every_kind_that_can_be_kept() -> None:
    from workbench.charts.scripts import script

    code = script("drawings_shapes.js")
    assert DrawingLayer().source.tags[0]["kinds"] == {kind: list(counts) for kind, counts in KINDS.items()}
    listed = code[code.index("const KINDS = {") : code.index("const EMPTY")]
    assert [kind for kind in KINDS if kind not in listed] == []
