"""Reports: what stands in them is what the result says, they need nothing else, and no run is too strange for one."""

from __future__ import annotations

import base64
import gzip
import io
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.backtest.test_engine import Restless, bars_of
from workbench.backtest import Result, backtest
from workbench.backtest.report import TABLES
from workbench.charts.tearsheet import html, tables
from workbench.charts.tearsheet.content import Sheet
from workbench.charts.tearsheet.style import HEAT
from workbench.charts.tearsheet.words import amount, of_unit, percent, plain, price
from workbench.charts.theme import contrast, tokens
from workbench.errors import DataError
from workbench.strategies import SmaCross, SmaFlip
from workbench.trading import Costs

_VOID = {"meta", "br", "img", "link"}
_OPTIONAL = {"td", "th", "tr", "thead", "tbody"}


class Page(HTMLParser):
    """A page that was read: tags in order, texts of tables, the measures, what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.measures: dict[str, list[tuple[float, str]]] = {}
        self.rows: list[list[str]] = []
        self.words: list[str] = []
        self._measure: tuple[str, float] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "data", "poster")]
        assert not [name for name in given if name.startswith("on")], "a handler of events"
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "data":
            self._measure = (given["data-measure"] or "", float(given["value"] or ""))
        if tag not in _VOID and tag not in _OPTIONAL:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._measure is not None:
            name, value = self._measure
            self.measures.setdefault(name, []).append((value, data))
            self._measure = None
        if self.rows and "table" in self.open:
            self.rows[-1][-1] += data


def read(result: Result, folder: Path, **options: str) -> tuple[Page, str]:
    text = result.report(folder / "sheet.html", **options).read_text("utf-8")
    page = Page(text)
    assert page.open == []
    return page, text


def parsed(text: str) -> float:
    """A number as it is written on the sheet."""
    if text == "–":
        return np.nan
    number = text.replace("−", "-").replace(",", "").replace("∞", "inf").replace("+", "")
    return float(number.removesuffix(" %")) / (100 if number.endswith("%") else 1)


@pytest.fixture(scope="module")
def result() -> Result:
    return backtest(Restless(seed=3), bars_of(2, 900), fees=0.0005, slippage=0.0001)


STRANGE = {
    "no trade": lambda: backtest("close < 0", bars_of(1, 60)),
    "one bar": lambda: backtest("close > 0", bars_of(1, 1)),
    "two bars": lambda: backtest("close > 0", bars_of(1, 2)),
    "flat": lambda: backtest("close > 0", bars_of(1, 60).assign(open=50.0, high=50.0, low=50.0, close=50.0)),
    "one round trip": lambda: backtest("close > 0", bars_of(1, 20), close_at_end=True),
    "several symbols": lambda: backtest(
        SmaCross(fast=3, slow=9), {"A": bars_of(1, 200), "B": bars_of(2, 150).iloc[20:]}, sizing=0.5
    ),
    "ruin": lambda: backtest("close > 0", _falling(), leverage=5.0, sizing=5.0, costs=Costs(maintenance=0.0)),
    "holes": lambda: backtest("close > open", _holed()),
    "ticks": lambda: backtest("close > open", _uneven()),
}


def _falling() -> pd.DataFrame:
    bars = bars_of(1, 40, 0.001)
    return bars.mul({"open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}).mul(np.linspace(1, 0.3, 40), axis=0)


def _holed() -> pd.DataFrame:
    bars = bars_of(4, 80)
    bars.iloc[10:20] = np.nan
    return bars


def _uneven() -> pd.DataFrame:
    bars = bars_of(5, 80)
    gaps = np.random.default_rng(1).integers(1, 10**11, 80)
    return bars.set_index(pd.DatetimeIndex(bars.index[0].value + np.cumsum(gaps), tz="UTC", name="time"))


@pytest.mark.parametrize("name", STRANGE)
def test_no_run_is_too_strange(name: str, tmp_path: Path) -> None:
    one = STRANGE[name]()
    page, text = read(one, tmp_path)
    assert not re.search(r"\b(nan|inf)\b", " ".join(page.words), re.IGNORECASE)
    for measure, value in one.stats.items():
        [*_, (found, words)] = page.measures[measure]
        np.testing.assert_equal(found, value)
        assert np.isfinite(value) or words in ("–", "∞", "−∞")
    pdf = one.report(tmp_path / "sheet.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")


def test_the_numbers_are_those_of_the_result(result: Result, tmp_path: Path) -> None:
    page, _ = read(result, tmp_path)
    assert set(page.measures) == set(result.stats)
    for name, value in result.stats.items():
        unit = tables.unit_of(name)
        step = {"fraction": 1e-4, "money": 1e-2, "ratio": 1e-3}.get(unit, 0.1)
        for exact, words in page.measures[name]:
            assert exact == value or np.isnan(value)
            if np.isfinite(value):
                assert parsed(words) == pytest.approx(value, abs=0.51 * step), name
    both = [name for name, found in page.measures.items() if len(found) == 2]
    assert {"total_return", "sharpe", "max_drawdown", "final_equity", "benchmark_return"} <= set(both)


def test_the_tables_are_those_of_the_result(result: Result, tmp_path: Path) -> None:
    page, _ = read(result, tmp_path)
    at = next(at for at, row in enumerate(page.rows) if row[:2] == ["#", "Side"])
    found = page.rows[at + 1 : at + 1 + len(result.round_trips)]
    trips = result.round_trips
    assert len(found) == len(trips) == len(page.rows) - at - 1
    np.testing.assert_allclose([parsed(row[8]) for row in found], trips["return"], atol=5.1e-5)
    np.testing.assert_allclose([parsed(row[9]) for row in found], trips["pnl"], atol=5.1e-3)
    assert [row[2] for row in found] == trips["entry_time"].dt.strftime("%Y-%m-%d %H:%M").tolist()
    years = [row for row in page.rows if row[0] == "2026"]
    assert [parsed(one) / 100 for one in years[0][1:]] == pytest.approx(
        result.monthly.iloc[0].tolist(), abs=5.1e-5, nan_ok=True
    )
    depths = [parsed(row[4]) for row in page.rows if len(row) == 9 and row[4].endswith("%") and row[0].isdigit()]
    assert depths == pytest.approx(result.drawdowns["depth"].tolist(), abs=5.1e-5)
    paths = {
        row[0].split(" ")[0].lower(): parsed(row[1])
        for row in page.rows
        if row[0].lower().startswith(("pess", "neut", "opt"))
    }
    assert paths == pytest.approx(result.bracket().to_dict(), abs=5.1e-3)


def test_the_head_says_what_was_run(result: Result, tmp_path: Path) -> None:
    _, text = read(result, tmp_path, title="A test of mine")
    for said in (
        "<h1>A test of mine</h1>", "seed = 3, spread = 0.01", "900 of 1h, 2026-01-05 00:00 to 2026-02-11 11:00 (UTC)",
        "fees 0.0005, slippage 0.0001", "no look-ahead found", "holding the symbol", "8,766 bars a year", "pandas",
    ):  # fmt: skip
        assert said in text
    plain_one = backtest(Restless(seed=3), bars_of(2, 60), audit=False, benchmark=bars_of(3, 60))
    _, text = read(plain_one, tmp_path)
    assert "not audited" in text and "given prices or returns" in text


def test_a_strategy_that_peeks_is_marked(tmp_path: Path) -> None:
    class Peeks(SmaCross):
        def studies(self) -> dict:
            return {"quick": lambda bars: bars["close"].shift(-1).bfill().ffill(), "calm": "sma(close, 3)"}

        def decide(self, now, was, broker):
            if now.quick > now.calm:
                broker.long()

    with pytest.warns(UserWarning):
        peeking = backtest(Peeks(), bars_of(1, 400))
    assert 'class="badge down"' in read(peeking, tmp_path)[1]


def test_the_page_needs_nothing_else(result: Result, tmp_path: Path) -> None:
    page, text = read(result, tmp_path)
    assert not {"script", "link", "iframe", "img", "object", "embed", "base", "form"} & set(page.tags)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r'href="data:[^"]*"', "", text))
    assert all(link.startswith("data:") for link in page.links) and len(page.links) == 1
    data = base64.b64decode(page.links[0].partition("base64,")[2])
    table = pd.read_csv(io.BytesIO(gzip.decompress(data)))
    np.testing.assert_allclose(table["pnl"], result.round_trips["pnl"], rtol=1e-9)


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style></title><b>"])
def test_what_people_call_things_is_only_text(evil: str, tmp_path: Path) -> None:
    class Named(SmaCross):
        title = evil

        def decide(self, now, was, broker):
            if now.quick > now.calm:
                broker.buy(tag="<i>tag</i>")
            elif now.quick < now.calm:
                broker.flat()

    Named.__name__ = Named.__qualname__ = evil
    one = backtest(Named(fast=2, slow=5), {evil: bars_of(1, 200), "<b>": bars_of(2, 200)}, sizing=0.4, audit=False)
    for options in ({}, {"title": evil}):
        page, text = read(one, tmp_path, **options)
        assert not {"script", "img", "b>", "i"} & set(page.tags) and evil not in text
        assert evil in "".join(page.words)
    one.report(tmp_path / "sheet.pdf", title=evil)


def test_words_of_the_whole_world(tmp_path: Path) -> None:
    one = backtest("close > open", {"株価 \x00\u202e": bars_of(1, 50)}, audit=False)
    page, text = read(one, tmp_path, title="Stratégie naïve 😀\x07")
    assert "Stratégie naïve 😀" in text and "株価" in text and "\x00" not in text and "\u202e" not in text
    text = _texts(one.report(tmp_path / "sheet.pdf", title="Stratégie 株 naïve").read_bytes())
    assert "Stratégie ? naïve" in text


def _texts(pdf: bytes) -> str:
    """What stands in the streams of a PDF."""
    parts = [
        zlib.decompress(one)
        for one in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
        if one[:1] == b"x"
    ]
    shown = re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", b"\n".join(parts))
    return "\n".join(re.sub(rb"\\(.)", rb"\1", one).decode("cp1252") for one in shown)


def test_the_pdf_has_the_same_as_lines(result: Result, tmp_path: Path) -> None:
    pdf = result.report(tmp_path / "sheet.pdf").read_bytes()
    text = _texts(pdf)
    assert b"/Subtype /Image" not in pdf
    assert {tuple(box.split()) for box in re.findall(rb"/MediaBox \[0 0 ([\d.]+ [\d.]+)\]", pdf)} == {
        (b"595.28", b"841.89")
    }
    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert 4 <= pages <= 9
    lines = text.split("\n")
    for name in ("total_return", "sharpe", "max_drawdown", "final_equity"):
        assert of_unit(result.stats[name], tables.unit_of(name)).replace("−", "–") in lines
    for said in ("Equity and drawdown", "Returns by month", "Drawdowns", "All measures", "List of round trips"):
        assert said in lines
    profits = [plain(value).replace("−", "–") for value in result.round_trips["pnl"]]
    assert [one for one in profits if one not in lines] == []


def test_long_lists_say_what_is_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    count = 40_000
    one = backtest(Flips(), bars_of(3, count, 0.0005), cash=float(rng.integers(1, 2) * 1e6), audit=False)
    trips = len(one.round_trips)
    assert trips > 8_000
    page, text = read(one, tmp_path)
    assert len(text.encode()) < 2_000_000
    rows = [row for row in page.rows if row and row[0].isdigit() and len(row) == 13]
    assert len(rows) == 5_000 and rows[-1][0] == str(trips)
    assert f"The last 5,000 of {trips:,}; {trips - 5_000:,} are left out" in "".join(page.words)
    assert "The last 1,000 are printed." in text and page.links == []
    pdf = one.report(tmp_path / "sheet.pdf").read_bytes()
    assert f"The last 1,000 of {trips:,}" in _texts(pdf).replace("\n", " ") and len(pdf) < 2_000_000


class Flips(SmaCross):
    """In on even bars, out on odd ones."""

    def decide(self, now, was, broker):
        if now.bar % 4 == 0:
            broker.long()
        elif now.bar % 4 == 2:
            broker.flat()


def test_ten_years_of_days_are_small(tmp_path: Path) -> None:
    bars = bars_of(1, 2520)
    bars.index = pd.bdate_range("2014-01-01", periods=2520, tz="UTC", name="time")
    one = backtest(SmaFlip(fast=10, slow=30), bars, fees=0.001)
    page, text = read(one, tmp_path)
    assert len(text.encode()) < 1_000_000
    assert "2,520 of 1d, 2014-01-01 to" in text and "Returns by weekday<" in text
    seen = " ".join(page.words)
    assert re.search(r"\b20\d\d-\d\d-\d\d\b", seen.partition("List of round trips")[2]) and "00:00" not in seen


@pytest.mark.parametrize("name", TABLES)
def test_tables_as_csv(result: Result, name: str, tmp_path: Path) -> None:
    written = result.report(tmp_path / f"{name}.csv")
    table = pd.read_csv(written, index_col=0)
    if name == "stats":
        np.testing.assert_allclose(table["value"], list(result.stats.values()), rtol=1e-12)
        assert list(table.index) == list(result.stats)
    elif name == "equity":
        np.testing.assert_allclose(table["equity"], result.equity, rtol=1e-12)
        np.testing.assert_allclose(table["drawdown"].min(), result.stats["max_drawdown"], rtol=1e-9)
        np.testing.assert_allclose(table["benchmark"], result.benchmark, rtol=1e-12)
    else:
        wanted = getattr(result, name)
        assert list(table.columns) == list(wanted.columns) and len(table) == len(wanted)
        for column in wanted.select_dtypes(["float", "int"]):
            np.testing.assert_allclose(table[column], wanted[column], rtol=1e-12)


def test_other_names_of_csv_are_the_round_trips(result: Result, tmp_path: Path) -> None:
    assert result.report(tmp_path / "mine.csv").read_bytes() == result.report(tmp_path / "round_trips.csv").read_bytes()


def test_a_folder_has_all_tables(result: Result, tmp_path: Path) -> None:
    folder = result.report(tmp_path / "new" / "run")
    assert sorted(one.name for one in folder.iterdir()) == sorted(f"{name}.csv" for name in TABLES)
    (folder / "mine.txt").write_text("kept")
    (folder / "equity.csv").write_text("old")
    result.report(folder)
    assert (folder / "mine.txt").read_text() == "kept" and len((folder / "equity.csv").read_text()) > 1000
    assert [one.name for one in folder.parent.iterdir()] == ["run"]


def test_what_cannot_be_written_is_told(result: Result, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'sheet.xlsx' ends in '.xlsx'.*folder"):
        result.report(tmp_path / "sheet.xlsx")
    (tmp_path / "file").write_text("")
    for place in ("file/sheet.html", "file/folder"):
        with pytest.raises(DataError, match="cannot be written"):
            result.report(tmp_path / "file" / place)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_failure_leaves_what_was_there(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "sheet.html"
    place.write_text("old")

    def fails(*_: object, **__: object) -> bytes:
        raise RuntimeError("no")

    monkeypatch.setattr("workbench.charts.tearsheet.html", fails)
    with pytest.raises(RuntimeError):
        result.report(place)
    assert place.read_text() == "old" and len(list(tmp_path.iterdir())) == 1
    monkeypatch.undo()
    result.report(str(place))
    assert place.read_bytes()[:15] == b"<!doctype html>" and len(list(tmp_path.iterdir())) == 1


def test_numbers_on_colours_can_be_read() -> None:
    for dark in (True, False):
        t = tokens(dark)
        for name in ("up", "down"):
            mixed = "#" + "".join(
                f"{round(HEAT * int(getattr(t, name)[i : i + 2], 16) + (1 - HEAT) * int(t.panel[i : i + 2], 16)):02x}"
                for i in (1, 3, 5)
            )
            assert contrast(t.text, mixed) >= 4.5


def test_bands_of_a_result(result: Result) -> None:
    found = result.bands(200, seed=2)
    measures = found.measures["observed"]
    for name in ("total_return", "cagr", "volatility", "sharpe", "max_drawdown"):
        assert measures[name] == pytest.approx(result.stats[name])
    assert found.curve.index.isin(result.equity.index).all()
    assert found.curve.iloc[0].between(9_000, 11_000).all()
    shuffled = result.bands(100, method="shuffle", level=0.5)
    assert shuffled.measures.loc["total_return", "observed"] == pytest.approx(result.round_trips["pnl"].sum() / 10_000)
    assert list(shuffled.curve.columns) == [0.25, 0.5, 0.75]
    with pytest.raises(DataError, match="bootstrap"):
        result.bands(method="bootstrp")
    with pytest.raises(DataError, match="shuffled one by one"):
        result.bands(method="shuffle", block=3)
    with pytest.raises(DataError, match="not enough"):
        backtest("close > 0", bars_of(1, 1)).bands()


def test_the_history_beside_its_bands_has_the_measures_of_the_result_or_says_its_steps() -> None:
    daily = backtest("close > open", bars_of(4, 3_000))
    head, *rows = _band_rows(daily)
    said = {name: was for name, was, *_ in rows}
    assert head == "As it was"
    assert parsed(said["Sharpe ratio"]) == pytest.approx(daily.stats["sharpe"], abs=5e-4)
    assert parsed(said["Volatility"]) == pytest.approx(daily.stats["volatility"], abs=5e-5)
    assert _band_rows(backtest("close > open", bars_of(4, 12_000)))[0] == "As it was, by 3 bars"


def _band_rows(result: Result) -> list:
    """What is said of the history, then the rows of the table of bands."""
    table = tables.bands(Sheet(result).bands)
    return [table.columns[1], *([getattr(cell, "text", cell) for cell in row] for row in table.rows)]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [(percent(-0.12345), "−12.35 %"), (percent(-0.00001), "0.00 %"), (plain(1234567.891), "1,234,567.89"),
     (plain(np.nan), "–"), (plain(-np.inf), "−∞"), (price(0.000123456), "0.0001235"), (price(1.5), "1.500"),
     (price(12345.678), "12,345.68"), (amount(3.0), "3"), (amount(0.1234567), "0.123457"),
     (of_unit(12.0, "bars"), "12"), (of_unit(12.34, "days"), "12.3"), (percent(0.05, sign=True), "+5.00 %")],
)  # fmt: skip
def test_words_of_numbers(said: str, wanted: str) -> None:
    assert said == wanted


def test_the_page_is_the_same_twice(result: Result) -> None:
    first, second = (re.sub(rb"<dt[^>]*>Made</dt><dd[^>]*>[^<]*", b"", html(result)) for _ in range(2))
    assert first == second


def test_days_that_open_at_another_hour_in_summer_are_one_row_by_weekday():
    index = pd.date_range("2014-01-01 09:30", periods=400, freq="B", tz="America/New_York", name="time")
    bars = bars_of(3, len(index)).set_axis(index.tz_convert("UTC"))
    sheet = Sheet(backtest(SmaCross(fast=3, slow=8), bars))
    section = next(one for one in sheet._months() if one.title == "Returns by weekday")
    (table,) = section.parts
    assert [row[0] for row in table.rows] == ["Mean"] and len(table.columns) == 6
