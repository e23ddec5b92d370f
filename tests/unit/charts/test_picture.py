"""Pictures of studies: well-formed, in their size, with things where their values say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import param
import pytest

from workbench.charts.picture import picture
from workbench.charts.theme import LIGHT, contrast, series, tokens
from workbench.errors import DataError
from workbench.indicators import Indicator, indicator

SVG = "{http://www.w3.org/2000/svg}"


def made(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    close = 100 + np.cumsum(rng.normal(0, 1, count))
    open_ = np.concatenate([[100.0], close[:-1]])[:count]
    return pd.DataFrame(
        {"open": open_, "high": np.maximum(open_, close) + 0.5, "low": np.minimum(open_, close) - 0.5, "close": close,
         "volume": rng.integers(1, 900, count).astype(float)},
        index=pd.date_range("2026-01-05", periods=count, freq="h", tz="UTC", unit="ns"),
    )  # fmt: skip


BARS = made(200)


class Given(Indicator):
    """Values that a test gives."""

    title, source, plugin_name = "Given", "A test.", "given"
    inputs = ("close",)


def drawn(bars: pd.DataFrame, values: object, **declared: object) -> ElementTree.Element:
    """The picture of an indicator that has these values."""
    one = type("Given", (Given,), declared)()
    return ElementTree.fromstring(picture(one, bars, values=values))


def words(root: ElementTree.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def paths(root: ElementTree.Element, **looks: str) -> list[str]:
    """Of the study, those with these attributes; a hyphen is written as _."""
    pane = root.find(f"{SVG}svg")
    assert pane is not None, "no study is drawn"
    wanted = {key.replace("_", "-"): value for key, value in looks.items()}
    return [one.attrib["d"] for one in pane if all(one.get(key) == value for key, value in wanted.items())]


def points(d: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", d)]


def height_of(root: ElementTree.Element, label: str) -> float:
    """Where the axis of the lowest pane says that a value is."""
    return [float(one.attrib["y"]) - 4 for one in root.iter(f"{SVG}text") if one.text == label][-1]


@pytest.mark.parametrize("name", ["macd", "bbands", "ichimoku", "supertrend", "squeeze", "fcb", "dpo_centred", "gator",
                                  "cdl_engulfing", "vwap", "obv"])  # fmt: skip
@pytest.mark.parametrize("dark", [True, False, None])
def test_pictures_are_well_formed_and_small(name, dark):
    one = indicator(name)
    text = picture(one, BARS.tail(120), values=one(BARS).tail(120), dark=dark)
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg" and root.attrib["viewBox"] == "0 0 640 320"
    assert len(text.encode()) <= 20_480
    assert one.label in words(root)[-1] + words(root)[-2]
    assert "nan" not in text and "inf" not in text
    assert ("var(--wb-" in text) == (dark is None)
    if dark is not None:
        assert tokens(dark).panel in text


def test_a_value_is_drawn_where_the_axis_says() -> None:
    values = pd.Series(np.linspace(0.0, 100.0, 50), BARS.index[:50])
    root = drawn(BARS.head(50), values)
    (line,) = paths(root, stroke=series(False)[0])
    found = points(line)
    assert len(found) == 50
    assert found[0][1] == pytest.approx(height_of(root, "0"), abs=0.11)
    assert found[-1][1] == pytest.approx(height_of(root, "100"), abs=0.11)
    assert np.allclose(np.diff([x for x, _ in found]), (640 - 56 - 8) / 50, atol=0.11)


def test_a_candle_is_drawn_from_open_to_close() -> None:
    bars = pd.DataFrame({"open": [10.0, 14.0], "high": [16.0, 15.0], "low": [9.0, 11.0], "close": [14.0, 12.0]})
    root = ElementTree.fromstring(picture(Given(), bars, values=pd.Series([np.nan, np.nan])))
    bodies = {one.attrib["fill"]: one.attrib["d"] for one in root.iter(f"{SVG}path") if one.get("fill")}
    for color, top, bottom in ((LIGHT.up, "14", "10"), (LIGHT.down, "14", "12")):
        _, y, tall = re.fullmatch(r"M([\d.]+) ([\d.]+)h[\d.]+v([\d.]+)h-[\d.]+z", bodies[color]).groups()
        assert float(y) == pytest.approx(height_of(root, top), abs=0.11)
        assert float(y) + float(tall) == pytest.approx(height_of(root, bottom), abs=0.16)


def test_missing_values_are_gaps_and_one_alone_is_a_dot() -> None:
    values = pd.Series([1.0, 2.0, np.nan, 3.0, np.nan, 2.0, 3.0, 4.0], BARS.index[:8])
    (line,) = paths(drawn(BARS.head(8), values, sparse=("value",)), stroke=series(False)[0])
    assert line.count("M") == 3 and len(points(line)) == 6
    assert line.count("h0") == 1


def test_turning_points_are_joined() -> None:
    values = pd.Series([1.0, np.nan, np.nan, 5.0, np.nan, np.nan, 2.0], BARS.index[:7])
    (line,) = paths(drawn(BARS.head(7), values, sparse=("value",)), stroke=series(False)[0])
    assert line.count("M") == 1 and line.count("L") == 2
    (line,) = paths(drawn(BARS.head(7), values), stroke=series(False)[0])
    assert line.count("M") == 3, "only where the values may be missing"


def test_steps_are_level_over_a_bar() -> None:
    values = pd.Series([1.0, 1.0, 4.0, np.nan, 2.0], BARS.index[:5])
    (line,) = paths(drawn(BARS.head(5), values, styles={"value": "step"}), stroke=series(False)[0])
    assert re.fullmatch(r"M[\d.]+ [\d.]+H[\d.]+V[\d.]+H[\d.]+M[\d.]+ [\d.]+H[\d.]+", line)


def test_a_histogram_has_two_colours_and_stands_on_zero() -> None:
    values = pd.Series([1.0, -2.0, 3.0], BARS.index[:3])
    root = drawn(BARS.head(3), values, styles={"value": "histogram"})
    (up,), (down,) = paths(root, fill=LIGHT.up), paths(root, fill=LIGHT.down)
    assert up.count("M") == 2 and down.count("M") == 1
    zero = height_of(root, "0")
    assert all(float(y) == pytest.approx(zero, abs=0.11) for y in re.findall(r"M[\d.]+ ([\d.]+)h", up + down))


def test_bands_are_filled_between() -> None:
    close = BARS.close.head(30).to_numpy()
    values = pd.DataFrame({"upper": close + 2, "lower": close - 2}, BARS.index[:30])
    root = drawn(BARS.head(30), values, outputs=("upper", "lower"), overlay=True)
    (area,) = paths(root, fill_opacity="0.08")
    assert len(points(area)) == 60


def test_levels_are_marked_and_a_far_one_leaves_the_pane_as_it_is() -> None:
    values = pd.Series(np.linspace(40.0, 60.0, 30), BARS.index[:30])
    assert len(paths(drawn(BARS.head(30), values, levels=(30.0, 70.0)), stroke_dasharray="3 3")) == 2
    assert paths(drawn(BARS.head(30), values, levels=(1e6,)), stroke_dasharray="3 3") == []


def test_what_repaints_is_dashed_and_says_so() -> None:
    values = pd.Series(np.arange(9.0), BARS.index[:9])
    root = drawn(BARS.head(9), values, causal=False)
    assert len(paths(root, stroke_dasharray="5 4")) == 1 and "repaints" in words(root)[-1]
    root = drawn(BARS.head(9), values)
    assert paths(root, stroke_dasharray="5 4") == [] and "repaints" not in words(root)[-1]


def test_patterns_mark_their_bars() -> None:
    one, bars = indicator("cdl_engulfing"), BARS.head(40)
    values = pd.Series(0.0, bars.index)
    values.iloc[[5, 20]], values.iloc[30] = 100.0, -100.0
    root = ElementTree.fromstring(picture(one, bars, values=values))
    (up,), (down,) = paths(root, fill=LIGHT.up_text), paths(root, fill=LIGHT.down_text)
    assert up.count("M") == 2 and down.count("M") == 1
    assert points(up)[0][0] == pytest.approx(8 + 5.5 * (640 - 56 - 8) / 40, abs=0.1)
    assert "3 here" in words(root)[-1]
    assert "none here" in words(ElementTree.fromstring(picture(one, bars, values=values * 0)))[-1]


def test_far_values_do_not_flatten_the_bars() -> None:
    bars = BARS.head(60)
    plain = drawn(bars, bars.close, overlay=True)
    far = drawn(bars, pd.Series(np.r_[bars.close[:59], 1e6], bars.index), overlay=True)

    def reach(root: ElementTree.Element) -> float:
        heights = [y for one in root.findall(f"{SVG}path") if one.get("fill") for _, y in points(one.attrib["d"])]
        return max(heights) - min(heights)

    assert reach(far) > 0.4 * reach(plain)


def test_the_legend_has_last_values_in_the_colours_of_the_lines() -> None:
    root = ElementTree.fromstring(picture(indicator("macd"), BARS))
    values = indicator("macd")(BARS).iloc[-1]
    parts = {one.text: one.get("fill") for one in root.iter(f"{SVG}tspan")}
    assert parts[f"signal {values['signal']:.5g}"] == series(False)[1]


def test_text_is_escaped() -> None:
    class Odd(Given):
        """A title and a value of text that would end the picture."""

        title = 'a < b & "c" </svg>\x00'
        word = param.String("<script>&\x07", doc="A word.")

    text = picture(Odd(), BARS.head(5), values=BARS.close.head(5))
    root = ElementTree.fromstring(text)
    assert "<script" not in text and "given <script>&" in words(root)[-1]
    assert root.find(f"{SVG}title").text.startswith('a < b & "c" </svg>: given')


@pytest.mark.parametrize("name", ["sma", "rsi", "macd", "bbands", "ichimoku", "cdl_doji", "psar", "squeeze"])
@pytest.mark.parametrize("what", ["none", "one", "flat", "missing", "infinite", "zero"])
def test_bars_that_are_hardly_there(name, what):
    bars = {
        "none": BARS.head(0),
        "one": BARS.head(1),
        "flat": BARS.assign(open=100.0, high=100.0, low=100.0, close=100.0),
        "missing": BARS * np.nan,
        "infinite": BARS.assign(close=np.inf),
        "zero": BARS * 0.0,
    }[what]
    with np.errstate(invalid="ignore"):
        one = indicator(name)
        text = picture(one, bars)
    found = words(ElementTree.fromstring(text))
    assert "nan" not in text and "inf<" not in text and one.label in found[-1]
    empty = {"none": "no bars", "missing": "no prices"}.get(what)
    assert empty is None or empty in found


def test_a_close_alone_is_enough_and_any_index_does() -> None:
    text = picture(indicator("sma", window=3), pd.DataFrame({"close": [1.0, 2.0, 3.0, 2.0]}))
    assert "0" in words(ElementTree.fromstring(text))


def test_axes_and_legends_have_few_digits() -> None:
    for factor in (1e-6, 1.0, 1e7):
        root = ElementTree.fromstring(
            picture(indicator("sma", window=3), BARS[["open", "high", "low", "close"]] * factor)
        )
        labels = [one for one in words(root) if re.fullmatch(r"-?[\d.]+[kMBT]?", one)]
        assert len(labels) >= 3 and len(set(labels)) == len(labels) and max(map(len, labels)) <= 9


@pytest.mark.parametrize("dark", [True, False])
def test_lines_can_be_told_from_the_panel(dark):
    assert all(contrast(color, tokens(dark).panel) >= 3 for color in series(dark))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match="needs the column close; there are open"):
        picture(indicator("sma"), BARS[["open"]])
    with pytest.raises(DataError, match="3 values for 200 bars"):
        picture(indicator("sma"), BARS, values=BARS.close.head(3))
    with pytest.raises(DataError, match="at least 160 x 120 px, not 100 x 100"):
        picture(indicator("sma"), BARS, width=100, height=100)
