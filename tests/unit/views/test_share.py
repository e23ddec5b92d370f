"""The share menu without a browser: what is in view, as files and as code."""

from __future__ import annotations

import asyncio
import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import workbench as wb
import workbench.services
from workbench.errors import DataError, UnknownNameError
from workbench.market.events import BAR
from workbench.market.instruments import Instrument
from workbench.views.chart.share import Share, code_of
from workbench.views.chart.view import ChartView
from workbench.views.state import LINKED, AppState
from workbench.workspaces import Workspaces

DAY = 86_400 * 10**9
START = pd.Timestamp("2026-03-02", tz="UTC").value
STUDIES = ["ema(window=5, color=#123456)", 'formula(text="close - open", pane=own)', "rsi(hidden=true)"]


def frame(count: int = 400) -> pd.DataFrame:
    close = 100 + np.cumsum(np.random.default_rng(2).normal(0, 1, count))
    index = pd.DatetimeIndex((START + DAY * np.arange(count)).view("M8[ns]"), tz="UTC", name="time")
    columns = {
        "open": close - 0.5,
        "high": close + 1,
        "low": close - 1,
        "close": close,
        "volume": np.arange(count) + 1.0,
    }
    return pd.DataFrame(
        {**{name: 0.0 for name in BAR.names if name not in ("time", "open_interest")}, **columns}, index
    )


class Services:
    """A catalog that has one symbol and daily bars of it."""

    def __init__(self) -> None:
        records = np.zeros(400, BAR)
        for name in ("open", "high", "low", "close", "volume"):
            records[name] = frame()[name]
        records["time"] = START + DAY * np.arange(400)
        self.hub = None
        self._until = lambda at: len(records) if at is None else int(np.searchsorted(records["time"], at.astype("i8")))
        self.workspaces = Workspaces("sqlite://")
        self.catalog = SimpleNamespace(
            master=SimpleNamespace(get_or_default=lambda symbol: Instrument(symbol, tick_size=0.25)),
            symbols=lambda: ["ES"],
            sources=lambda symbol: ["fake"],
            coverage=lambda symbol: (START, START + 400 * DAY),
            latest_bars=lambda symbol, spec, n, before=None: records[: self._until(before)][-n:],
            bar_records=lambda symbol, spec, start, end: records[self._until(start) : self._until(end)],
        )


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    made = Services()
    monkeypatch.setattr(workbench.services, "get_services", lambda: made)
    return made


def shared(view: ChartView) -> Share:
    view.__panel__()
    return next(part for part in view.parts if isinstance(part, Share))


def rebuilt(code: str, **names: object) -> ChartView:
    """What the last line of a cell gives."""
    *lines, last = code.split("\nwb.chart")
    exec("\n".join(lines), names)
    return eval(f"wb.chart{last}", {"wb": wb, **names})


def linked(view: ChartView) -> dict[str, object]:
    return {name: getattr(view.state, name) for name in LINKED}


# --- code ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("studies", [[], STUDIES[:1], STUDIES])
def test_the_cell_rebuilds_the_chart(services: Services, studies: list[str]) -> None:
    view = wb.chart("ES", "1d", studies=studies, tz="Asia/Tokyo", live=False)
    share = shared(view)
    again = rebuilt(share.menu.code)
    assert linked(again) == linked(view) and again.state.studies == studies
    assert max(map(len, share.menu.code.splitlines())) <= 100


def test_the_cell_follows_the_chart(services: Services) -> None:
    view = wb.chart("ES", "1d", live=False)
    share = shared(view)
    assert share.menu.code == 'import workbench as wb\n\nwb.chart("ES", "1d")'
    view.state.param.update(tz="Europe/Berlin", studies=["ema"])
    assert share.menu.code.endswith('wb.chart("ES", "1d", tz="Europe/Berlin", studies=["ema"])')


def test_the_cell_goes_to_the_window_and_says_how_prices_are_drawn(services: Services) -> None:
    view = wb.chart("ES", "1d", type="hollow", scale="log", start="2026-04-01", end="2026-06-30", live=False)
    code = shared(view).menu.code
    assert 'type="hollow", scale="log"' in code.replace("\n    ", " ")
    assert 'start="2026-04-01T00:00:00Z"' in code and 'end="2026-06-30T00:00:00Z"' in code
    again = rebuilt(code)
    assert linked(again) == linked(view) and again.state.window == view.state.window
    assert shared(again).shown().bars["time"].tolist() == shared(view).shown().bars["time"].tolist()
    with pytest.raises(DataError, match="start '2026-13-01' cannot be read .*; use such as '2024-01-02 15:30'"):
        wb.chart("ES", start="2026-13-01")


def test_prices_that_a_hand_stretched_are_exported(services: Services) -> None:
    view = wb.chart("ES", "1d", live=False)
    share = shared(view)
    assert share.shown().prices is None
    told = {"start": [-300], "end": [4], "width": [900], "epoch": [view._epoch], "ask": [""]}
    view.chart.viewport.data = {**told, "low": [12.5], "high": [480.0]}
    assert share.shown().prices == (12.5, 480.0)
    assert ">400.00<" in share.make("svg")[1]
    for low, high in ((None, None), (np.nan, 3.0), (5.0, 5.0)):  # followed again; nothing that could be drawn
        view.chart.viewport.data = {**told, "low": [low], "high": [high]}
        assert share.shown().prices is None


def test_what_is_exported_is_drawn_as_on_the_page(services: Services) -> None:
    view = wb.chart("ES", "1d", type="baseline", scale="percent", live=False)
    share = shared(view)
    now = share.shown()
    assert (now.type, now.scale, now.glyph) == ("baseline", "percent", "candle")
    assert now.base == view.chart.types.base == view.history.records["close"][int(view.window[0]) - view.history.first]
    assert now.last == view.history.records["close"][-1]
    view.chart.drawings.source.data = {**view.chart.drawings.source.data, **DRAWING}
    moved = share.shown()
    assert moved.drawings["x"][0][0] == 5.0 - (view.window[0] - moved.view[0]) and DRAWING["x"] == [[5.0]]


DRAWING = {"id": ["a"], "kind": ["horizontal"], "x": [[5.0]], "time": [[0.0]], "price": [[99.0]], "text": [""],
           "style": ["{}"], "locked": [False], "hidden": [False]}  # fmt: skip


def test_a_symbol_of_odd_letters_stays_what_it_is(services: Services) -> None:
    view = ChartView(services, AppState(symbol="A\"\\ 'B", spec="1d"), live=False)
    assert rebuilt(code_of(view)).state.symbol == "A\"\\ 'B"


@pytest.mark.parametrize(("spec", "said"), [(None, 'wb.chart(bars, "1d"'), ("renko:1.0", 'wb.chart(bars, "renko:1.0"')])
def test_a_cell_of_bars_that_were_handed_in_says_so(spec: str | None, said: str) -> None:
    bars = frame()
    bars.attrs["symbol"] = "Mine"
    view = wb.chart(bars, spec, studies=["ema"])
    code = shared(view).menu.code
    assert "# bars: the frame of Mine that this chart was given\n" in code and said in code
    again = rebuilt(code, bars=bars)
    assert again.state.studies == ["ema"] and shared(again).menu.code == code


# --- files ---------------------------------------------------------------------------------------------------------


def test_files_hold_what_is_in_the_window(services: Services) -> None:
    view = wb.chart("ES", "1d", studies=["ema(window=5)", "rsi"], live=False)
    share = shared(view)
    first = view.history.first
    view.window = (first + 99.8, first + 149.6)
    shown = share.shown()
    assert len(shown.bars) == 51 and shown.bars["time"][0] == START + 100 * DAY
    name, table = share.make("parquet")
    assert name == f"ES-1d-{pd.Timestamp(START + 150 * DAY):%Y-%m-%d}.parquet"
    read = pd.read_parquet(io.BytesIO(table))
    expected = wb.indicator("ema", window=5)(frame()).iloc[100:151]
    assert np.allclose(read["ema 5"], expected, rtol=1e-12) and np.array_equal(read["volume"], np.arange(101.0, 152.0))
    newest = float(frame()["close"].iloc[-1])
    assert shown.last == pytest.approx(newest) and shown.view == pytest.approx((-0.2, 49.6))
    view.window = (first + 350.0, first + 420.0)
    assert len(share.shown().bars) == 50 and share.shown().rising


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("csv", b"time,open"),
                                                ("html", b"<!DOCTYPE html>"), ("parquet", b"PAR1")])  # fmt: skip
def test_files_are_written_by_their_ending(services: Services, tmp_path: object, ending: str, begins: bytes) -> None:
    share = shared(wb.chart("ES", "1d", studies=["rsi"], live=False))
    path = share.write(tmp_path / f"chart.{ending}")
    assert path.read_bytes().lstrip().startswith(begins) or begins.lower() in path.read_bytes()[:40].lower()


def test_pictures_wear_the_theme_of_the_page(services: Services) -> None:
    view = wb.chart("ES", "1d", live=False)
    share = shared(view)
    dark = share.make("svg")[1]
    view.state.dark = False
    assert share.make("svg")[1] != dark == share.make("svg", dark=True)[1]


def test_what_cannot_be_made_is_said(services: Services) -> None:
    share = shared(wb.chart("ES", "1d", live=False))
    with pytest.raises(UnknownNameError, match="no file 'pgn' can be made of a chart: did you mean png\\?"):
        share.make("pgn")
    share.view.window = (9e6, 9e6 + 10)
    with pytest.raises(DataError, match="no bars in view to export: move the chart"):
        share.shown()
    empty = shared(wb.chart("NQ", "1d", live=False))
    with pytest.raises(DataError, match="no bars of NQ on the chart to export: open a symbol with data"):
        empty.shown()


def test_the_browser_gets_the_file_or_the_reason(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    share = shared(wb.chart("ES", "1d", live=False))
    answers: list[dict] = []
    monkeypatch.setattr(share.menu, "answer", lambda **what: answers.append(what))

    def asked(what: str) -> dict:
        asyncio.run(share._asked(SimpleNamespace(data={"what": what, "seq": len(answers)})))
        return answers[-1]

    made = asked("csv")
    assert made["seq"] == 0 and made["name"].endswith(".csv") and made["body"].startswith(b"time,open")
    made = asked("png")
    assert made["mime"] == "image/png" and made["body"].startswith("<svg"), "the browser paints it"
    assert "log of the server" in asked("pdf")["error"]
    share.view.window = (9e6, 9e6 + 10)
    assert "no bars in view" in asked("svg")["error"]
