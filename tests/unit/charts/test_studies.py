"""Studies on the chart as Bokeh objects: what is made, what is kept, and how little is sent."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.document.events import ColumnDataChangedEvent, ColumnsPatchedEvent, ColumnsStreamedEvent
from bokeh.models import Line, Scatter, VArea, VBar

from workbench.charts.candles import CandleChart
from workbench.charts.studies import FOLDED_PX, PANE_PX, TIME_PX, Drawn, bring, drawn_outputs, study_colors
from workbench.charts.study_text import Study
from workbench.charts.theme import contrast, series, tokens
from workbench.indicators import indicator, indicators
from workbench.market.events import BAR


def bars(n: int) -> np.ndarray:
    out = np.zeros(n, BAR)
    out["open"] = out["close"] = 100.0 + np.arange(n)
    out["high"], out["low"] = out["open"] + 2, out["open"] - 2
    return out


def drawn(number: int, text: str, **more: str) -> Drawn:
    study = Study.parse(text)
    return Drawn(number, study, study.indicator(), **more)


@pytest.fixture
def chart() -> CandleChart:
    return CandleChart()


@pytest.mark.parametrize("dark", [True, False])
def test_colours_can_be_read_on_the_panel(dark: bool) -> None:
    assert all(contrast(color, tokens(dark).panel) >= 4.5 for color in series(dark))


def test_overlays_lie_over_prices_and_others_below(chart: CandleChart) -> None:
    chart.studies.place([drawn(0, "ema"), drawn(1, "rsi"), drawn(2, "macd")])
    assert chart.price.tags == [chart.studies.glyphs[0].source]
    assert chart.root.children == [chart.price, chart.volume, *chart.studies.panes.values()]
    assert list(chart.studies.panes) == [1, 2]
    pane = chart.studies.panes[1]
    assert pane.x_range is chart.x_range
    assert pane.y_range.renderers == list(chart.studies.glyphs[1].lines.values())
    assert pane.window_axis == "x"


def test_times_stand_below_the_lowest_pane_alone(chart: CandleChart) -> None:
    def shown() -> list[bool]:
        return [figure.below[0].visible for figure in chart.root.children]

    assert shown() == [False, True]
    chart.studies.place([drawn(0, "rsi"), drawn(1, "macd(folded=true)"), drawn(2, "atr(height=90)")])
    assert shown() == [False, False, False, False, True]
    assert [figure.height for figure in chart.root.children[2:]] == [PANE_PX, FOLDED_PX, 90 + TIME_PX]
    chart.studies.place([])
    assert shown() == [False, True]


def test_the_price_axis_makes_room_for_overlays_that_are_seen(chart: CandleChart) -> None:
    before = list(chart.price.y_range.renderers)
    chart.studies.place([drawn(0, "ema")])
    assert chart.price.y_range.renderers == [*before, *chart.studies.glyphs[0].lines.values()]
    chart.studies.place([drawn(0, "ema(hidden=true)")])
    assert chart.price.y_range.renderers == before
    assert not any(line.visible for line in chart.studies.glyphs[0].lines.values())


def test_a_study_that_is_added_leaves_the_others_as_they_are(chart: CandleChart) -> None:
    chart.studies.place([drawn(0, "ema"), drawn(1, "rsi")])
    before = (chart.price, chart.studies.glyphs[0], chart.studies.panes[1], list(chart.price.renderers))
    chart.studies.place([drawn(0, "ema"), drawn(1, "rsi(window=5)"), drawn(2, "atr")])
    after = (chart.price, chart.studies.glyphs[0], chart.studies.panes[1], list(chart.price.renderers))
    assert before == after
    chart.studies.place([drawn(2, "atr"), drawn(0, "ema"), drawn(1, "rsi(window=5)")])
    assert chart.root.children[2:] == [chart.studies.panes[2], chart.studies.panes[1]]
    assert chart.studies.panes[1] is before[2]


def test_a_study_that_is_removed_leaves_nothing(chart: CandleChart) -> None:
    renderers, center = list(chart.price.renderers), list(chart.price.center)
    chart.studies.place([drawn(0, "bbands"), drawn(1, "rsi(pane=price)")])
    assert len(chart.price.renderers) == len(renderers) + 5
    chart.studies.place([])
    assert chart.price.renderers == renderers
    assert chart.price.center == center
    assert chart.price.tags == []
    assert not chart.studies.glyphs


def test_a_study_moves_between_the_prices_and_a_pane(chart: CandleChart) -> None:
    chart.studies.place([drawn(0, "ema(pane=own)")])
    assert list(chart.studies.panes) == [0]
    chart.studies.place([drawn(0, "ema")])
    assert not chart.studies.panes
    assert chart.root.children == [chart.price, chart.volume]
    assert chart.price.tags == [chart.studies.glyphs[0].source]


def test_styles_are_drawn_as_they_are_declared(chart: CandleChart) -> None:
    chart.studies.place([drawn(0, "macd"), drawn(1, "psar"), drawn(2, "ichimoku"), drawn(3, "dpo_centred")])
    glyphs = chart.studies.glyphs
    assert isinstance(glyphs[0].lines["histogram"].glyph, VBar)
    assert isinstance(glyphs[1].lines["stop"].glyph, Scatter)
    assert [type(area.glyph) for area in glyphs[2].areas] == [VArea, VArea]
    assert isinstance(glyphs[3].lines["value"].glyph, Line)
    assert glyphs[3].lines["value"].glyph.line_dash
    assert glyphs[3].source.tags[0]["repaints"]
    assert not glyphs[2].source.tags[0]["repaints"]
    assert [level.location for level in glyphs[0].levels] == list(indicator("macd").levels)


def test_a_cloud_is_filled_between_its_edges_by_which_is_above(chart: CandleChart) -> None:
    chart.studies.place([drawn(0, "ichimoku")])
    values = np.array([[1.0, 1.0, 5.0, 3.0], [1.0, 1.0, 3.0, 5.0], [1.0, 1.0, np.nan, 5.0]])
    chart.studies.show(0, 7, values)
    glyphs = chart.studies.glyphs[0]
    data = glyphs.source.data
    assert data["x"].tolist() == [7, 8, 9]
    assert data["top"][:2].tolist() == [5.0, 5.0]
    assert np.isnan(data["top"][2])
    up, down = glyphs.areas
    t = tokens(True)
    assert (up.glyph.y1, up.glyph.fill_color) == ("v3", t.up)
    assert (down.glyph.y1, down.glyph.fill_color) == ("v2", t.down)


def test_a_pattern_marks_its_bars_and_leaves_the_price_axis_alone(chart: CandleChart) -> None:
    before = list(chart.price.y_range.renderers)
    chart.studies.place([drawn(0, "cdl_engulfing")])
    assert chart.price.y_range.renderers == before
    records = bars(6)
    chart.studies.show(0, 0, np.array([[np.nan], [0.0], [100.0], [0.0], [-100.0], [0.0]]), records)
    data = chart.studies.glyphs[0].source.data
    assert np.flatnonzero(np.isfinite(data["below"])).tolist() == [2]
    assert np.flatnonzero(np.isfinite(data["above"])).tolist() == [4]
    assert data["below"][2] < records["low"][2]
    assert data["above"][4] > records["high"][4]
    chart.studies.place([drawn(0, "cdl_engulfing(pane=own)")])
    assert list(chart.studies.glyphs[0].lines) == ["value"]


def test_outputs_that_are_no_prices_are_told_and_not_drawn() -> None:
    assert drawn_outputs(indicator("bbands")) == ["upper", "middle", "lower"]
    assert drawn_outputs(indicator("supertrend")) == ["upper", "lower"]
    assert all(drawn_outputs(kind()) for _, kind in indicators)


def test_chosen_colours_stay_in_both_themes_and_others_follow(chart: CandleChart) -> None:
    one = drawn(0, "macd(color.signal=#123456, width=3)")
    chart.studies.place([one])
    line = chart.studies.glyphs[0].lines
    for dark in (True, False):
        chart.theme(dark)
        assert line["signal"].glyph.line_color == "#123456"
        assert line["value"].glyph.line_color == series(dark)[0]
        assert line["value"].glyph.line_width == 3
        assert line["histogram"].glyph.fill_color.transform.palette == [tokens(dark).down, tokens(dark).up]
        assert chart.studies.panes[0].background_fill_color == tokens(dark).panel
        assert study_colors(one, dark) == [series(dark)[0], "#123456", ""]


def test_an_error_is_told_over_the_prices(chart: CandleChart) -> None:
    chart.studies.place([Drawn(0, Study("emma"), None, error="unknown indicator 'emma'")])
    assert chart.price.tags[0].tags[0]["error"] == "unknown indicator 'emma'"
    assert chart.root.children == [chart.price, chart.volume]


def test_placing_the_same_again_sends_nothing(chart: CandleChart) -> None:
    document = Document()
    document.add_root(chart.root)
    chart.studies.place([drawn(0, "ema"), drawn(1, "rsi")])
    seen: list[object] = []
    document.on_change(seen.append)
    chart.studies.place([drawn(0, "ema"), drawn(1, "rsi")])
    assert seen == []


def test_a_live_bar_sends_the_row_that_changed_and_a_new_one_what_is_new(chart: CandleChart) -> None:
    document = Document()
    chart.studies.place([drawn(0, "ema")])
    document.add_root(chart.root)
    values = np.array([[np.nan], [1.0], [2.0]])
    chart.studies.show(0, 0, values)
    seen: list[object] = []
    document.on_change(lambda event: seen.append(event))
    chart.studies.show(0, 0, values.copy())
    assert seen == []
    values[2] = 3.0
    chart.studies.show(0, 0, values)
    assert [type(event) for event in seen] == [ColumnsPatchedEvent]
    assert seen[0].patches == {"v0": [(2, 3.0)]}
    seen.clear()
    chart.studies.show(0, 0, np.array([[np.nan], [1.0], [3.5], [4.0]]))
    assert [type(event) for event in seen] == [ColumnsPatchedEvent, ColumnsStreamedEvent]
    assert chart.studies.glyphs[0].source.data["v0"].tolist()[1:] == [1.0, 3.5, 4.0]
    seen.clear()
    chart.studies.show(0, 5, values)
    assert [type(event) for event in seen] == [ColumnDataChangedEvent]


def test_many_rows_that_differ_are_sent_as_a_whole(chart: CandleChart) -> None:
    chart.studies.place([drawn(0, "ema")])
    source = chart.studies.glyphs[0].source
    chart.studies.show(0, 0, np.zeros((20, 1)))
    bring(source, {"x": np.arange(20, dtype=np.int32), "v0": np.ones(20)})
    assert source.data["v0"].tolist() == [1.0] * 20


def test_two_thousand_bars_of_any_study_stay_under_200_kb() -> None:
    most = max(len(kind.outputs) + 1 for _, kind in indicators)
    assert (most * 8 + 4) * 2_000 < 200_000
