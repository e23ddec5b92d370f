"""Pictures are made without a browser: what they compute is what the page's own scripts compute."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import Page

from workbench.charts.scripts import script
from workbench.charts.still_columns import computed
from workbench.charts.still_drawings import Anchors, Box, shape
from workbench.charts.still_scale import Scale, adaptive, study_labels
from workbench.charts.still_text import lasting, price, volume, worth

RNG = np.random.default_rng(11)
BOX = {"left": 0, "top": 40, "right": 900, "bottom": 440}
PLACES = [(120.0, 300.0), (610.0, 90.0), (400.0, 380.0)]
VALUES = (
    0.0,
    0.00012345,
    0.125,
    1.005,
    2.5,
    99.995,
    1234.5,
    9_999.0,
    99_950.0,
    123_456.0,
    1.5e6,
    2.345e9,
    7e12,
    -4321.0,
)


def bars(count: int) -> dict[str, np.ndarray]:
    close = np.round(100 + np.cumsum(RNG.normal(0, 1, count)), 2)
    open_ = np.round(close + RNG.normal(0, 0.7, count), 2)
    return {"x": np.arange(count) + 7.0, "open": open_, "close": close, "volume": RNG.integers(0, 900, count) * 1.0}


CALLS = ["rising(bars)", "hollow(bars)", "widths(bars)", "edges(bars, -1)", "floor(bars, figure)"] + [
    f"{what}(bars, base.location, {side}).{axis}" for what in ("area", "line") for side in (1, -1) for axis in "xy"
]
SPANS = [(88.1, 101.7), (0.00012, 0.00019), (3.0, 9_000.0), (61_700.0, 61_950.0), (99.99, 100.02)]
KINDS = ("trend", "ray", "extended", "rectangle", "channel", "fibonacci", "horizontal", "vertical", "brush", "text",
         "measure")  # fmt: skip


@pytest.mark.parametrize("count", [1, 60])
def test_columns_of_chart_types_are_those_of_the_page(page: Page, count: int) -> None:
    data = bars(count)
    base = SimpleNamespace(location=float(np.median(data["close"])) + 0.003)
    figure = SimpleNamespace(y_scale=None)
    lines = ",".join(f"wbTypes.{call}" for call in CALLS)
    told = page.evaluate(
        f"([bars, base]) => {{ {script('types.js')}\nconst figure = {{ y_scale: {{ type: 'LinearScale' }} }};"
        f"return [{lines}].map((column) => Array.from(column, (one) => (one?.length >= 0 ? [...one] : one))); }}",
        [{name: column.tolist() for name, column in data.items()}, {"location": base.location}],
    )
    for call, theirs in zip(CALLS, told, strict=True):
        code = f"return wbTypes.{call};"
        ours = computed(SimpleNamespace(code=code, args={"base": base, "figure": figure}), data)
        for one, other in zip(ours, theirs, strict=True):
            assert np.allclose(np.array(one, float), np.array(other, float), rtol=1e-12, equal_nan=True), call


@pytest.mark.parametrize("kind", ["linear", "log", "percent"])
def test_ticks_of_prices_are_those_of_the_page(page: Page, kind: str) -> None:
    for low, high in SPANS:
        scale, decimals, base = Scale(kind, 40, 440, base=low * 1.01), 2 if low > 1 else 5, low * 1.01
        scale.follow(np.array([low, high]), 0.12)
        start, end = scale.edges
        told = page.evaluate(
            f"([start, end, scale, base, decimals]) => {{ {script('numbers.js', 'places.js', 'scale.js')}\n"
            "const plot = { frame: { bbox: { height: 400 } } }, range = { linked_plots: new Set([plot]) };"
            "const tags = [{ scale, decimals }], source = { data: { x: [0], close: [base] }, tags };"
            "const x_range = { start: 0, end: 1 }, ticks = wbScale.ticks({ start, end, range }, source, x_range);"
            "return ticks.map((tick) => [tick, wbScale.label(tick, ticks, source, x_range)]); }",
            [start, end, kind, base, decimals],
        )
        ticks = scale.ticks()
        assert len(ticks) >= 2 and np.allclose(ticks, [tick for tick, _ in told], rtol=1e-9), (low, high)
        assert scale.labels(ticks, decimals) == [text for _, text in told], (low, high)


def test_numbers_are_written_as_on_the_page(page: Page) -> None:
    told = page.evaluate(
        f"(values) => {{ {script('numbers.js', 'studies.js', 'drawings_shapes.js')}\nreturn values.map((one) => "
        "[wbNumbers.price(one, 2), wbNumbers.volume(one), wbStudies.number(one), wbShapes.lasting(one)]); }",
        list(VALUES),
    )
    assert [[price(one, 2), volume(one), worth(one), lasting(one)] for one in VALUES] == told


def test_labels_of_a_study_are_those_of_the_page(page: Page) -> None:
    for low, high in ((20.0, 80.0), (-1.2, 0.7), (-2e6, 5e6), (12_300.0, 12_900.0)):
        scale = Scale("linear", 0, 70)
        scale.follow(np.array([low, high]), 0.1)
        ticks = adaptive(*scale.edges, 3)
        told = page.evaluate(
            f"([ticks, start, end]) => {{ {script('numbers.js', 'studies.js')}\n"
            "const view = { frame: { bbox: { height: 70 } } }, y_range = { start, end, linked_plots: new Set([view]) };"
            "return ticks.map((tick) => wbStudies.axis(tick, ticks, { y_range })); }",
            [ticks, *scale.edges],
        )
        assert study_labels(ticks, scale) == told and any(told)


@pytest.mark.parametrize("moved", [(0.0, 0.0), (-500.0, 60.0), (420.0, -200.0)])
def test_drawings_have_the_shapes_of_the_page(page: Page, moved: tuple[float, float]) -> None:
    box = Box(**{name: float(edge) for name, edge in BOX.items()})
    given = {"y": lambda value: 1_000 - value, "price": lambda value: price(value, 2), "when": lambda i: f"at {i}"}
    for kind in KINDS:
        count = {"channel": 3, "horizontal": 1, "vertical": 1, "text": 1, "brush": 3}.get(kind, 2)
        points = [(x + moved[0], y + moved[1]) for x, y in PLACES[:count]]
        prices, places = [1_000 - y for _, y in points], [x / 9 for x, _ in points]
        times = [place * 60_000.0 for place in places]
        told = page.evaluate(SHAPE, [kind, [{"x": x, "y": y} for x, y in points], BOX, prices, places, times])
        told["tone"] = told["tone"].replace("-", "_")
        ours = shape(kind, Anchors(points, prices, places, times, box, **given))
        for name, theirs in told.items():
            _same(getattr(ours, name), theirs, f"{kind}.{name}")


#: The shape of a drawing as the page's script gives it, with the names that it has here.
SHAPE = f"""([kind, pts, box, prices, xs, times]) => {{
  {script("numbers.js", "drawings_shapes.js")}
  const price = (value) => wbNumbers.price(value, 2)
  const given = {{ pts, box, prices, xs, times, y: (value) => 1000 - value, price, worth: price,
                  when: (i) => `at ${{i}}` }};
  const one = wbShapes.shape(kind, given), flat = (points) => points.map((p) => (Array.isArray(p) ? p : [p.x, p.y]));
  return {{
    lines: one.lines.map(({{ at, soft }}) => [...at, Boolean(soft)]),
    areas: one.areas.map(({{ points }}) => flat(points)),
    solids: one.solids.map(flat), path: flat(one.path ?? []), tone: one.tone ?? "", measured: one.measured ?? {{}},
    texts: one.texts.map(({{ x, y, text, end }}) => [x, y, text, Boolean(end)]),
    tags: one.tags.map(({{ side, at, text }}) => [side, at, text]), note: one.note ? [one.note.x, one.note.y] : null,
  }};
}}"""


def _same(one: object, other: object, name: str) -> None:
    if isinstance(other, dict):
        assert set(one) == set(other), name
        for key in other:
            _same(one[key], other[key], f"{name}.{key}")
    elif isinstance(other, list):
        assert len(one) == len(other), name
        for mine, theirs in zip(one, other, strict=True):
            _same(mine, theirs, name)
    elif isinstance(other, (int, float)) and not isinstance(other, bool):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9), name
    else:
        assert one == other, name
