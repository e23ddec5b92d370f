"""Chart types: each is declared, draws the one source, wears the theme, and can be put on and taken off."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
from bokeh.core.property.vectorization import Expr, Field, Value
from bokeh.document import Document
from bokeh.models import CustomJSExpr, GlyphRenderer, Scatter, Span

from workbench.charts.candles import CandleChart
from workbench.charts.columns import bar_columns
from workbench.charts.scripts import script
from workbench.charts.theme import tokens
from workbench.charts.types import ChartType, chart_types
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.market.events import BAR

TYPES = {
    "area", "baseline", "candles", "columns", "delta_candles", "high_low", "hlc", "hollow", "line", "line_markers",
    "ohlc", "step", "volume_candles",
}  # fmt: skip


def bars(closes: list[float], **more: Any) -> np.ndarray:
    out = np.zeros(len(closes), BAR)
    out["time"], out["close"] = np.arange(len(closes)), closes
    out["open"] = [closes[0], *closes[:-1]]
    out["high"], out["low"] = np.maximum(out["open"], out["close"]) + 1, np.minimum(out["open"], out["close"]) - 1
    for name, values in more.items():
        out[name] = values
    return out


def seen(chart: CandleChart) -> list[Any]:
    return [one for one in chart.price.renderers if one.visible]


def test_all_types_are_there() -> None:
    assert set(chart_types.names()) >= TYPES


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_type_draws_the_one_source_and_leaves_the_window(name: str) -> None:
    chart, document = CandleChart(), Document()
    document.add_root(chart.root)
    chart.show(bar_columns(bars([100.0, 102.0, 99.0, 101.0])), view=(0, 4))
    chart.source.on_change("data", lambda attr, old, new: pytest.fail("the bars were sent again"))
    before = (chart.price, chart.x_range.start, chart.x_range.end, dict(chart.source.tags[0]))
    chart.choose(name)
    assert (chart.price, chart.x_range.start, chart.x_range.end, dict(chart.source.tags[0])) == before
    drawn = [one for one in seen(chart) if isinstance(one, GlyphRenderer)]
    assert drawn
    assert all(one.data_source is chart.source for one in drawn)
    assert all(one.document is document for one in drawn)
    assert set(chart.price.y_range.renderers) <= set(chart.price.renderers)
    kind = chart_types.get(name)
    assert kind.title
    assert kind.about
    assert kind.icon
    followed = chart.price.y_range.renderers
    layer = chart.types.candles
    assert (
        ([one.glyph.y for one in followed] == ["close"]) if kind.by_close else followed == [layer.stems, layer.bodies]
    )
    chart.choose("candles")
    assert seen(chart) == [layer.stems, layer.bodies, layer.closes]


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_type_wears_the_theme_when_it_is_made_and_when_it_changes(name: str) -> None:
    chart = CandleChart(dark=True)
    chart.choose(name)
    for dark in (True, False):
        chart.theme(dark)
        t, other, worn = tokens(dark), tokens(not dark), _colors(chart)
        assert "#000000" not in worn
        assert other.accent not in worn
        assert worn & {t.accent, t.up, t.down}


def _colors(chart: CandleChart) -> set[str]:
    """Every colour of what is drawn on the price figure, those of palettes too."""
    models = [one if isinstance(one, Span) else one.glyph for one in seen(chart)]
    values = [model.properties_with_values().get(name) for model in models for name in ("line_color", "fill_color")]
    values = [value.value if isinstance(value, Value) else value for value in values]
    found = {value for value in values if isinstance(value, str)}
    mappers = [value.transform for value in values if isinstance(value, Field | Expr)]
    return found.union(*(mapper.palette for mapper in mappers))


def test_types_lie_under_what_was_drawn_on_them_and_are_made_once() -> None:
    chart = CandleChart()
    study = chart.price.add_glyph(chart.source, Scatter(x="x", y="high"))
    chart.follow([study])
    chart.choose("area")
    area = chart.types.worn
    assert chart.price.renderers.index(study) > max(chart.price.renderers.index(one) for one in area.renderers)
    assert study in chart.price.y_range.renderers
    chart.choose("step")
    assert not set(area.renderers) & set(chart.price.renderers)
    assert study in chart.price.y_range.renderers
    chart.choose("area")
    assert chart.types.worn is area
    assert chart.price.renderers.count(study) == 1


def test_bars_with_a_shape_of_their_own_keep_it_whatever_was_chosen() -> None:
    chart = CandleChart()
    chart.choose("line")
    chart.draw_as("brick")
    layer = chart.types.candles
    assert seen(chart) == [layer.bodies, layer.closes]
    chart.draw_as("candle")
    assert isinstance(chart.types.worn, chart_types.get("line"))
    assert layer.bodies not in seen(chart)


def test_the_base_is_the_first_close_in_the_window_that_a_chart_opens_with() -> None:
    chart, columns = CandleChart(), bar_columns(bars([10.0, 11.0, 12.0, 13.0]), -2)
    chart.choose("baseline")
    base = chart.types.worn.renderers[0]
    chart.draw_as("candle")
    chart.show(columns, view=(-1, 3))
    assert base.location == 11.0
    chart.show(columns, view=(0, 3))  # another window, the same bars
    assert base.location == 11.0
    chart.choose("line")
    chart.draw_as("candle")
    chart.show(columns, view=(0, 3))
    chart.choose("baseline")
    assert base.location == 12.0


def test_an_unknown_type_is_refused_and_the_old_one_stays() -> None:
    chart = CandleChart()
    with pytest.raises(UnknownNameError, match="baseline"):
        chart.choose("baselin")
    assert chart.types.name == "candles"


def test_what_lacks_a_title_or_draws_nothing_is_refused() -> None:
    with pytest.raises(WorkbenchError, match="has no title"):
        chart_types.register("nameless")(type("Nameless", (ChartType,), {"draw": lambda self: None}))
    with pytest.raises(WorkbenchError, match="draws nothing"):
        chart_types.register("idle")(type("Idle", (ChartType,), {"title": "Idle", "about": "Nothing."}))


def test_deltas_are_percent_of_what_has_a_side() -> None:
    records = bars([1.0, 2.0, 3.0, 4.0], buy_volume=[3.0, 0.0, 0.0, np.nan], sell_volume=[1.0, 5.0, 0.0, np.nan])
    assert bar_columns(records)["delta"].tolist() == [50, -100, 0, 0]


# --- what the browser computes ----------------------------------------------------------------------------------------


def computed(call: str, **columns: list[float]) -> Any:
    """A call of ``types.js`` by Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on the PATH to run the scripts with")
    code = f"{script('types.js')}\nconst bars = {json.dumps(columns)}, figure = {{y_scale: {{type: 'LinearScale'}}}};\n"
    code += f"const said = wbTypes.{call};\nconsole.log(JSON.stringify(ArrayBuffer.isView(said) ? [...said] : said));"
    return json.loads(subprocess.run([node, "-e", code], capture_output=True, check=True, text=True).stdout)


@pytest.mark.parametrize("name", ["hollow", "volume_candles", "baseline", "columns"])
def test_every_computed_column_is_a_call_that_there_is(name: str) -> None:
    chart = CandleChart()
    chart.choose(name)
    calls = {
        value.expr.code.rpartition("wbTypes.")[2]
        for one in chart.types.worn.renderers
        if isinstance(one, GlyphRenderer)
        for value in one.glyph.properties_with_values().values()
        if isinstance(value, Expr) and isinstance(value.expr, CustomJSExpr)
    }
    assert calls
    for call in calls:
        data = {"x": [0, 1], "open": [1, 2], "close": [2, 1], "volume": [3, 4]}
        assert len(computed(call.rstrip(";").replace("base.location", "1.5"), **data)) == 2


def test_colours_compare_with_the_close_before() -> None:
    data = {"open": [5, 9, 1], "close": [6, 5, 5]}
    assert computed("rising(bars)", **data) == [1, 0, 1]
    assert computed("hollow(bars)", **data) == [2, 0, 2]


def test_width_is_the_share_of_what_was_traded() -> None:
    assert computed("widths(bars)", volume=[0, 50, 100]) == [0.096, 0.96, 0.96]
    assert computed("widths(bars)", volume=[25, *[100] * 39, 1e9])[:2] == [0.24, 0.96]
    assert computed("widths(bars)", volume=[]) == []


def test_the_floor_is_below_whatever_can_be_seen() -> None:
    assert computed("floor(bars, figure)", close=[10, 12]) == [-30, -30]
    log = computed("floor(bars, {y_scale: {type: 'LogScale'}})", close=[10, 12])
    assert 0 < log[0] < 0.01


def test_sides_meet_where_the_closes_cross_the_base() -> None:
    data = {"x": [0, 1, 2, 3], "close": [12, 8, 8, 12]}
    assert computed("line(bars, 10, 1)", **data) == {"x": [[0, 0.5, None, 2.5, 3], [], [], []],
                                                     "y": [[12, 10, None, 10, 12], [], [], []]}  # fmt: skip
    below = computed("area(bars, 10, -1)", **data)
    assert below["x"][0] == [0, 0.5, 1, 2, 2.5, 3]
    assert below["y"][0] == [10, 10, 8, 8, 10, 10]
    assert computed("area(bars, 20, 1)", **data)["x"][0] == []
    touching = computed("line(bars, 10, 1)", x=[0, 1, 2, 3], close=[12, 8, 10, 12])
    assert touching["y"][0] == [12, 10, None, 10, 12]
