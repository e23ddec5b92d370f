"""What is taken away from a chart: pictures, pages and tables that say what the chart says."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import resvg_py

from workbench.charts import export
from workbench.charts.export import Shown, chart_of, to_csv, to_frame, to_html, to_parquet, to_png, to_svg
from workbench.charts.still_sheet import Sheet
from workbench.charts.still_text import moment, on_axis, time_labels
from workbench.charts.studies import Drawn
from workbench.charts.study_text import Study
from workbench.charts.theme import DARK, LIGHT
from workbench.errors import DataError
from workbench.market.events import BAR

SVG = "{http://www.w3.org/2000/svg}"
HOUR = 3_600 * 10**9
MONDAY = pd.Timestamp("2026-03-02T14:00", tz="UTC").value


def bars(count: int, step: int = HOUR, start: int = MONDAY) -> np.ndarray:
    rng = np.random.default_rng(5)
    out = np.zeros(count, BAR)
    out["time"] = start + step * np.arange(count)
    out["close"] = np.round(100 + np.cumsum(rng.normal(0, 0.5, count)), 2)
    out["open"] = np.concatenate([[100.0], out["close"][:-1]])[:count]
    out["high"], out["low"] = np.maximum(out["open"], out["close"]) + 0.25, np.minimum(out["open"], out["close"]) - 0.25
    out["volume"] = rng.integers(1, 900, count)
    return out


def shown(count: int = 60, *studies: str, **told: object) -> Shown:
    records = bars(count)
    frame = pd.DataFrame({name: records[name] for name in BAR.names})
    found = []
    for number, text in enumerate(studies):
        study = Study.parse(text)
        one = study.indicator()
        found.append((Drawn(number, study, one), np.asarray(one(frame), float).reshape(count, -1)))
    return Shown(records, "ES", "1h", found, **told)


def drawn(what: Shown, **look: object) -> ElementTree.Element:
    return ElementTree.fromstring(to_svg(what, **look))


def words(root: ElementTree.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def colors(root: ElementTree.Element) -> set[str]:
    return {one.get(key) for one in root.iter(f"{SVG}path") for key in ("fill", "stroke")} - {None}


# --- pictures ------------------------------------------------------------------------------------------------------


def test_a_picture_has_prices_volumes_and_each_study_where_it_belongs() -> None:
    what = shown(60, "ema(window=5, color=#123456)", "rsi(color=#654321)", "macd", "cdl_engulfing")
    root = drawn(what, width=900, height=600)
    assert root.attrib["viewBox"] == "0 0 900 600"
    head, ema, pattern, volume, rsi, macd = words(root)[-6:]
    last = what.bars[-1]
    assert head.startswith(f"ES1hO {last['open']:.2f}") and f"C {last['close']:.2f}" in head
    assert ema == f"EMA5{what.studies[0][1][-1, 0]:.2f}" and re.fullmatch(r"Cdl engulfing\d+ here", pattern)
    assert volume == f"Volume{last['volume']:.0f}"
    assert rsi.startswith("RSI14") and macd.startswith("MACD12 26 9value ")
    panes = root.findall(f"{SVG}svg")
    heights = [float(pane.attrib["y"]) for pane in panes]
    assert len(panes) == 4 and heights == sorted(heights), "prices with what lies over them, volumes, two of their own"
    assert any(one.get("stroke") == "#123456" for one in panes[0])
    assert any(one.get("stroke") == "#654321" for one in panes[2])


def test_hidden_studies_and_those_in_error_are_left_out_and_a_folded_one_is_a_line() -> None:
    what = shown(60, "ema(color=#123456, hidden=true)", "rsi(color=#654321, folded=true)")
    root = drawn(what)
    assert {"#123456", "#654321"} & colors(root) == set()
    assert any(line.startswith("RSI14") for line in words(root)) and not any("EMA" in line for line in words(root))
    wrong = Drawn(9, Study("ema"), None, error="it cannot be")
    assert len(to_frame(Shown(what.bars, studies=[(wrong, np.zeros((60, 1)))])).columns) == len(BAR.names) - 1


def test_volumes_stand_on_zero_and_reach_as_high_as_they_are() -> None:
    what = shown(12)
    root = drawn(what)
    boxes = [one.attrib["d"] for one in root.iter(f"{SVG}path") if one.get("fill-opacity") == "0.5"]
    found = re.findall(r"M([\d.]+) ([\d.]+)H[\d.]+V([\d.]+)", "".join(boxes))
    assert len(found) == 12 and len({base for _, _, base in found}) == 1
    tall = np.array([float(base) - float(top) for _, top, base in sorted(found, key=lambda one: float(one[0]))])
    assert np.allclose(tall / tall.max(), what.bars["volume"] / what.bars["volume"].max(), atol=0.01)


@pytest.mark.parametrize(("dark", "panel"), [(True, DARK.panel), (False, LIGHT.panel)])
def test_the_theme_is_that_of_the_page(dark: bool, panel: str) -> None:
    assert drawn(shown(), dark=dark).find(f"{SVG}rect").attrib["fill"] == panel
    assert {"#2f86d6"} <= colors(drawn(shown(), palette="colorblind"))


@pytest.mark.parametrize(
    ("zone", "when", "label"),
    [("UTC", "14:00", "18:00"), ("Asia/Tokyo", "23:00", "18:00"), ("Asia/Kolkata", "19:30", "09:30")],
)
def test_times_are_told_in_the_zone(zone: str, when: str, label: str) -> None:
    told = words(drawn(shown(49, zone=zone)))
    (head,) = (line for line in told if line.startswith("ES1h"))
    assert head.endswith(f"4 Mar 2026 {when} {zone}")
    assert label in told


def test_dated_bars_have_their_dates_in_every_zone() -> None:
    days = bars(40, step=24 * HOUR, start=pd.Timestamp("2026-03-02", tz="UTC").value)
    what = Shown(days, "AAPL", "1d", dated=True, zone="America/New_York")
    told = words(drawn(what))
    assert any(line.endswith("Fri 10 Apr 2026") for line in told) and "Apr" in told
    assert what.name("svg") == "AAPL-1d-2026-04-10.svg"


def test_the_last_price_has_a_tag_where_it_is_the_newest() -> None:
    at = float(bars(60)["close"][-1])
    last = f"{at:.2f}"
    assert last in words(drawn(shown(last=at))) and last not in words(drawn(shown()))


def test_labels_of_time_are_the_weightiest_and_keep_their_distance() -> None:
    wall = np.arange(24 * 70) * HOUR + pd.Timestamp("2025-12-20").value
    labels = time_labels(wall, 40)
    assert {"2026", "Feb"} <= set(labels.values())
    assert min(np.diff(list(labels))) >= 40
    assert list(time_labels(wall[:30], 6).values()) == ["06:00", "12:00", "18:00", "21 Dec"]
    assert time_labels(wall[:0], 6) == time_labels(wall[:1], 6) == {}
    assert moment(int(wall[0]), seconds=True) == "Sat 20 Dec 2025 00:00:00"
    assert [on_axis(1234.5, 0.5, 2), on_axis(0.00012, 1e-5, 5), on_axis(1.5e6, 5e5)] == ["1,234.50", "0.00012", "1.5M"]


def test_a_time_axis_has_no_odd_labels_at_its_ends() -> None:
    start = pd.Timestamp("2026-03-02").value
    # Three hours apart but for 20:50 at the end, where another hour would have room that none before it had.
    steady = time_labels(np.arange(250) * 5 * 60 * 10**9 + start, 16)
    assert list(steady.values()) == ["03:00", "06:00", "09:00", "12:00", "15:00", "18:00"]
    # A short session on Sunday, too near to Monday, does not take the hours from all days.
    days = [np.arange(4 if day % 7 == 6 else 92) + 96 * day for day in range(10)]
    labels = list(time_labels(np.concatenate(days) * 15 * 60 * 10**9 + start, 27).values())
    assert labels.count("12:00") == 9 and "06:00" not in labels


@pytest.mark.parametrize("scale", ["linear", "log", "percent"])
def test_prices_at_the_edges_may_be_given(scale: str) -> None:
    what = shown(60, scale=scale)
    close = what.bars["close"]
    low, high = 0.5 * float(close.min()), 1.5 * float(close.max())
    held = replace(what, prices=(low, high))
    chart = chart_of(held, dark=False, palette="classic")
    sheet = Sheet(chart, held, size=(800, 450), theme=(False, "classic"), font="Arial")
    assert sheet.prices.scale.edges == pytest.approx((low, high))
    assert float(sheet.prices.scale.y(low)) == pytest.approx(sheet.prices.scale.bottom)
    assert to_svg(held) != to_svg(what)
    assert chart.source.tags[0]["prices"] == (low, high), "what the page is told"


def test_a_png_is_the_picture_in_pixels_with_its_texts() -> None:
    one = to_png(shown(), width=400, height=300, scale=1.5)
    assert one[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", one[16:24]) == (600, 450)
    other = shown()
    renamed = Shown(other.bars, "NQ", other.spec)
    assert one != to_png(renamed, width=400, height=300, scale=1.5), "only a text differs"


def test_without_a_font_a_png_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **how: draw(**how, skip_system_fonts=True))
    export._fonts.cache_clear()
    with pytest.raises(DataError, match="no font to write with was found on this machine: install one"):
        to_png(shown(), width=400, height=300)


# --- page and tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["candles", "line"])
def test_a_page_holds_everything_it_needs(kind: str) -> None:
    pytest.importorskip("panel")  # its models name scripts that are elsewhere
    text = to_html(shown(30, "ema", "rsi", type=kind), dark=False)
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", text) == []
    assert "<title>ES 1h</title>" in text and LIGHT.panel in text
    assert '"study 1"' in text, "the pane of the second study"


def test_a_table_reads_back_equal() -> None:
    what = shown(50, "ema(window=5)", "ema(window=5, color=#123456)", "macd")
    frame = to_frame(what)
    macd = Study("macd").indicator().label
    assert list(frame.columns[-5:]) == [
        "ema 5",
        "ema 5 (2)",
        *(f"{macd} {output}" for output in ("value", "signal", "histogram")),
    ]
    assert str(frame.index.dtype) == "datetime64[ns, UTC]" and frame.index.name == "time"
    assert frame.index[0] == pd.Timestamp(MONDAY, tz="UTC")
    assert np.array_equal(frame["close"], what.bars["close"])
    assert np.array_equal(frame.iloc[:, -1], what.studies[2][1][:, -1], equal_nan=True)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(to_parquet(what))), frame)
    read = pd.read_csv(io.BytesIO(to_csv(what)), index_col="time", parse_dates=["time"])
    pd.testing.assert_frame_equal(read, frame, check_dtype=False, check_index_type=False, check_exact=True)


@pytest.mark.parametrize(
    ("symbol", "spec", "name"),
    [
        ("BTC-USD", "renko:1.0", "BTC-USD-renko-1.0-2026-03-03.csv"),
        ("../a b/c", "ha(1h)", "a-b-c-ha-1h-2026-03-03.csv"),
        ("", "", "2026-03-03.csv"),
    ],
)
def test_files_have_names_that_any_system_takes(symbol: str, spec: str, name: str) -> None:
    assert Shown(bars(20), symbol, spec).name("csv") == name


@pytest.mark.parametrize("make", [to_svg, to_png, to_html, to_csv, to_parquet])
def test_nothing_is_no_file(make: object) -> None:
    with pytest.raises(DataError, match="no bars in view to export: open a symbol that has data"):
        make(Shown(bars(0), "ES", "1h"))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match="width 100 px of a picture: it must be 320 to 8000"):
        to_svg(shown(), width=100)
    with pytest.raises(DataError, match="height 9000 px of a picture: it must be 200 to 8000"):
        to_svg(shown(), height=9_000)
    with pytest.raises(DataError, match="scale 50 of a picture: it must be 0.25 to 8"):
        to_png(shown(), scale=50)
    with pytest.raises(DataError, match="study ema has 3 values for 60 bars"):
        Shown(bars(60), studies=[(Drawn(0, Study("ema"), Study("ema").indicator()), np.zeros((3, 1)))])


@pytest.mark.parametrize("count", [1, 2])
def test_one_bar_is_enough(count: int) -> None:
    what = shown(count, "ema", "rsi", "macd", "bbands", last=99.5)
    assert "nan" not in to_svg(what) and len(to_frame(what)) == count
    assert any("no values yet" in line for line in words(drawn(what)))
