"""Layouts without a browser: documents of the state, what is restored, what is kept by itself, what the menu does."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import param
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import WorkspaceError
from workbench.market.events import BAR
from workbench.market.instruments import Instrument
from workbench.views.chart import ChartGrid, ChartView
from workbench.views.chart import layouts as module
from workbench.views.chart.instants import look_at, window_of
from workbench.views.chart.layouts import ChartLayouts
from workbench.views.state import AppState
from workbench.workspaces import VERSION, Workspaces
from workbench.workspaces.layouts import OPEN

MINUTE = 60_000_000_000
START = 1_700_000_000_000_000_000 // MINUTE * MINUTE
COUNT = 6_000


class Location(param.Parameterized):
    search = param.String(default="")


class Services:
    """Minutes of two instruments and a database in memory."""

    def __init__(self) -> None:
        self.workspaces = Workspaces("sqlite://")
        self.bars = np.zeros(COUNT, BAR)
        self.bars["time"] = START + MINUTE * np.arange(COUNT)
        for name in ("open", "high", "low", "close"):
            self.bars[name] = 2.0
        self.catalog = SimpleNamespace(
            master=SimpleNamespace(get_or_default=Instrument, get=self._get),
            symbols=lambda: ["ES", "NQ"],
            sources=lambda symbol: ["fake"],
            coverage=lambda symbol: (START, START + COUNT * MINUTE),
            latest_bars=self._latest,
            bar_records=self._between,
        )

    def _get(self, symbol: str) -> Instrument:
        raise LookupError(f"unknown symbol {symbol!r}")

    def _of(self, spec: str) -> np.ndarray:
        return self.bars[:: {"1min": 1, "5min": 5, "15min": 15}.get(spec, 60)]

    def _latest(self, symbol: str, spec: str, n: int, before: Any = None) -> np.ndarray:
        bars = self._of(spec)
        if before is not None:
            bars = bars[bars["time"] < before.astype("i8")]
        return bars[-n:]

    def _between(self, symbol: str, spec: str, start: Any, end: Any) -> np.ndarray:
        low, high = start.astype("i8"), end.astype("i8")
        bars = self._of(spec)
        return bars[(bars["time"] >= low) & (bars["time"] < high)]


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def page(services: Services, link: str = "") -> tuple[ChartView, ChartLayouts]:
    """A chart page as the app builds it."""
    state = AppState(symbol="ES").sync_url(Location(search=link))
    grid = ChartGrid(services, state, live=False)
    grid._begin()
    grid.layouts.views = grid.views
    return grid.view, grid.layouts


def rest(part: ChartLayouts, forward: Callable[[float], None]) -> None:
    """A hand rests, and what is open was kept."""
    for view in part.views:
        view.poll()
    part.polled()
    forward(module.REST)
    part.polled()
    if part._saving is not None:
        part._saving.exception()
        part.polled()


def kept(services: Services, name: str = OPEN) -> dict[str, Any]:
    return dict(services.workspaces.layouts.load(name).document)


# --- documents ------------------------------------------------------------------------------------------------------


def test_a_document_is_the_whole_state_and_gives_it_back() -> None:
    state = AppState(symbol="ES", spec="5min", tz="Asia/Tokyo", studies=["ema(window=30)"], dark=False)
    state.window = (START, START + MINUTE)
    document = json.loads(json.dumps(state.document()))
    other = AppState()
    assert other.apply_document(document) == []
    assert other.document() == document == state.document()
    assert document["charts"][0]["window"] == [START, START + MINUTE]
    assert document["theme"] == {"dark": False, "palette": "classic"}


def test_what_has_no_place_here_is_in_the_document_again() -> None:
    given_ = {
        "version": 1,
        "links": {"a": [1]},
        "charts": [{"symbol": "ES", "note": "mine"}, {"symbol": "NQ", "mark": 1}],
        "theme": {"dark": True, "font": "large"},
    }
    state = AppState()
    assert state.apply_document(given_) == []
    found = state.document()
    assert found["links"] == {"a": [1]} and found["charts"][1]["mark"] == 1 and "mark" not in found["charts"][0]
    assert found["charts"][0]["note"] == "mine" and found["theme"]["font"] == "large"
    assert "version" not in found


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"charts": [{"spec": "7x"}]}, "charts[0].spec: "),
        ({"charts": [{"spec": 5}]}, "charts[0].spec: A text is needed, not 5. Keeping 1min."),
        ({"charts": [{"symbol": "\x00"}]}, "charts[0].symbol: "),
        ({"charts": [{"tz": "Europe/Berln"}]}, "charts[0].tz: "),
        ({"charts": [{"studies": "ema"}]}, "charts[0].studies: "),
        ({"charts": [{"studies": ["ema", "em"]}]}, "charts[0].studies[1]: "),
        ({"charts": [{"window": [2, 1]}]}, "charts[0].window: "),
        ({"charts": [{"window": [1, True]}]}, "charts[0].window: "),
        ({"charts": [{"window": [1, 2**63]}]}, "charts[0].window: "),
        ({"charts": []}, "charts: "),
        ({}, "charts: "),
        ({"charts": [{}], "theme": 1}, "theme: "),
        ({"charts": [{}], "theme": {"dark": 1}}, "theme.dark: "),
        ({"charts": [{}], "theme": {"palette": []}}, "theme.palette: "),
    ],
)
def test_a_bad_value_is_refused_by_its_place_and_the_rest_is_applied(document: dict[str, Any], place: str) -> None:
    state = AppState()
    for chart in document.get("charts", ()):
        chart.setdefault("tz", "Asia/Tokyo")
    (refused,) = state.apply_document(document)
    assert refused.startswith(place) and refused.endswith(".")
    if document.get("charts") and "tz" not in place:
        assert state.tz == "Asia/Tokyo"


def test_a_symbol_nobody_knows_is_refused() -> None:
    def resolve(symbol: str) -> str:
        raise LookupError(f"unknown symbol {symbol!r}")

    state = AppState()
    (refused,) = state.apply_document({"charts": [{"symbol": "XYZ", "spec": "1h"}]}, resolve=resolve)
    assert refused == "charts[0].symbol: Unknown symbol 'XYZ'. Keeping BTC-USD." and state.spec == "1h"


TEXTS = st.sampled_from(["AAPL", "5min", "1e999usd", "ha(1h)", "UTC", "posix", "ema(window=2)", "rsi(", "", " "])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
CHART = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("symbol", "spec", "tz", "studies", "window", "chart", "more"), VALUES)
)
THEME = st.fixed_dictionaries({}, optional={"dark": VALUES, "palette": VALUES})
DOCUMENT = st.fixed_dictionaries(
    {}, optional={"charts": st.lists(CHART | VALUES, max_size=2) | VALUES, "theme": THEME | VALUES, "x": VALUES}
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENT | st.dictionaries(st.text(max_size=6), VALUES, max_size=3))
def test_any_document_leaves_a_state_that_is_valid(document: dict[str, Any]) -> None:
    state = AppState()
    refused = state.apply_document(document)
    assert all(one.endswith(".") for one in refused)
    for name, value in state.param.values().items():
        if name != "name":
            state.param[name]._validate(value)
    again = AppState()
    assert again.apply_document(state.document()) == []
    assert again.document() == state.document() or document != document  # NaN is not itself
    assert AppState().apply_query(state.query) == []


# --- the window -----------------------------------------------------------------------------------------------------


def test_the_window_is_none_at_the_newest_bar_and_comes_back_elsewhere(services: Services) -> None:
    view, _ = page(services, "?symbol=ES&spec=1min")
    assert window_of(view) is None
    wanted = (START + 1_000 * MINUTE, START + 1_200 * MINUTE)
    look_at(view, *wanted)
    assert window_of(view) == wanted
    low, high = view.shown
    assert low <= view.window[0] < view.window[1] <= high


def test_a_window_beyond_all_bars_shows_what_there_is(services: Services) -> None:
    view, _ = page(services, "?symbol=ES&spec=1min")
    look_at(view, -(2**63) + 1, 2**63 - 1)
    assert str(view.spec) == "5min" and view.shown[1] - view.shown[0] == COUNT / 5


def test_a_window_of_too_many_bars_is_drawn_in_coarser_ones(services: Services) -> None:
    view, _ = page(services, "?symbol=ES&spec=1min")
    look_at(view, START + 100 * MINUTE, START + 5_000 * MINUTE)
    assert str(view.spec) == "5min" and view.state.spec == "1min"
    assert window_of(view) == (START + 100 * MINUTE, START + 5_000 * MINUTE)


@pytest.mark.parametrize("start", [START - 10**15, START + 10**15, 2**62, -(2**63) + 1])
def test_a_window_without_bars_leaves_the_newest(services: Services, start: int) -> None:
    view, _ = page(services, "?symbol=ES&spec=1min")
    before = view.window
    look_at(view, start, start + MINUTE)
    assert view.window == before


# --- what is open ---------------------------------------------------------------------------------------------------


def test_what_was_open_last_opens_again(services: Services, clock: Callable[[float], None]) -> None:
    view, part = page(services)
    view.state.param.update(symbol="NQ", spec="5min", studies=["ema(window=30)"])
    look_at(view, START + 1_000 * MINUTE, START + 2_000 * MINUTE)
    part.save("morning")
    rest(part, clock)
    again, other = page(services)
    state = again.state
    assert (state.symbol, state.spec, state.studies) == ("NQ", "5min", ["ema(window=30)"])
    assert window_of(again) == (START + 1_000 * MINUTE, START + 2_000 * MINUTE)
    assert other.current == "morning" and state.notice == ""


def test_a_link_that_says_something_wins(services: Services, clock: Callable[[float], None]) -> None:
    view, part = page(services)
    view.state.param.update(symbol="NQ", studies=["ema(window=30)"])
    rest(part, clock)
    again, other = page(services, "?spec=15min")
    assert (again.state.symbol, again.state.spec, again.state.studies) == ("ES", "15min", [])
    rest(other, clock)
    assert kept(services)["charts"][0]["spec"] == "15min"


def test_nothing_is_written_when_nothing_changed(services: Services, clock: Callable[[float], None]) -> None:
    _, part = page(services)
    rest(part, clock)
    assert len(services.workspaces.layouts.revisions(OPEN)) == 1
    for _ in range(3):
        rest(part, clock)
    _, again = page(services)
    rest(again, clock)
    again.state.spec = "5min"
    again.state.spec = "1min"
    rest(again, clock)
    assert len(services.workspaces.layouts.revisions(OPEN)) == 1


def test_it_waits_until_a_hand_rests(services: Services, clock: Callable[[float], None]) -> None:
    view, part = page(services)
    for spec in ("5min", "15min", "1h"):
        view.state.spec = spec
        clock(module.REST * 0.6)
        part.polled()
        assert part._saving is None
    rest(part, clock)
    assert [saved for saved, _ in services.workspaces.layouts.revisions(OPEN)] == [1]
    assert kept(services)["charts"][0]["spec"] == "1h"


def test_the_default_opens_where_nothing_was_open(services: Services) -> None:
    layouts = services.workspaces.layouts
    layouts.save("plain", {"charts": [{"symbol": "NQ", "spec": "1h"}], "theme": {"dark": False}})
    layouts.set_default("plain")
    view, part = page(services)
    assert (view.state.symbol, view.state.spec, part.current) == ("NQ", "1h", "plain")
    assert view.state.dark  # the theme is the browser's own


def test_what_cannot_be_read_is_told_and_the_page_opens(services: Services) -> None:
    services.workspaces.layouts.save(OPEN, {"charts": [{"symbol": "NQ", "spec": "7x"}]})
    view, part = page(services)
    assert view.state.symbol == "NQ" and part.state.notice.startswith("charts[0].spec: ")
    services.workspaces.layouts.load = lambda *_, **__: 1 / 0
    view, part = page(services)
    assert view.history is not None and part.state.notice.startswith("What was open last cannot be read.")


def test_a_database_that_cannot_be_written_is_told_of_once(services: Services, clock: Callable[[float], None]) -> None:
    view, part = page(services)
    works = services.workspaces.layouts.save

    def full(*_: object, **__: object) -> None:
        raise WorkspaceError("the disk is full")

    services.workspaces.layouts.save = full
    rest(part, clock)
    assert part.state.notice == "What is open cannot be kept for the next time. The disk is full."
    part.state.notice = ""
    view.state.spec = "5min"
    rest(part, clock)
    assert part.state.notice == ""
    services.workspaces.layouts.save = works
    view.state.spec = "1h"
    rest(part, clock)
    assert kept(services)["charts"][0]["spec"] == "1h"


def test_a_page_that_follows_no_address_keeps_nothing(services: Services, clock: Callable[[float], None]) -> None:
    part = ChartLayouts(services, AppState(symbol="ES"))
    part.state.spec = "5min"
    part.polled()
    clock(module.REST)
    part.polled()
    assert part._saving is None and services.workspaces.layouts.revisions(OPEN) == []
    assert part.tools()
    assert not ChartLayouts(None, AppState()).tools()


def test_how_wide_the_newest_bars_are_shown_comes_back(services: Services, clock: Callable[[float], None]) -> None:
    view, part = page(services)
    width = view.window[1] - view.window[0]
    view._looked("data", {}, {"start": [-90.0], "end": [4.0], "epoch": [view._epoch], "ask": [""]})
    rest(part, clock)
    assert kept(services)["charts"][0]["bars"] == 94 and "window" not in kept(services)["charts"][0]
    again, _ = page(services)
    assert again.window[1] - again.window[0] == 94 and again.window[1] >= again.history.stop
    again.state.symbol = "NQ"  # what somebody chooses opens as always
    assert again.window[1] - again.window[0] == width


# --- the menu -------------------------------------------------------------------------------------------------------


def test_the_menu_saves_opens_renames_deletes_and_takes_back(services: Services) -> None:
    view, part = page(services)

    def do(what: str, **values: Any) -> dict[str, Any]:
        part.carry_out({"what": what, **values})
        return part.menu.told

    def names() -> list[str]:
        return [item["name"] for item in part.menu.told["items"]]

    assert do("save", name="  ")["error"].startswith("A layout's name has 1 to 128")
    assert do("save", name=OPEN)["place"] == "save" and part.menu.told["error"]
    assert do("save", name=" a ")["current"] == "a" and part.button.label == "a ▾"
    view.state.spec = "1h"
    assert do("look")["changed"]
    do("save", name="b")
    assert names() == ["b", "a"] and "already" in do("save", name="a")["error"]
    do("open", name="a")
    assert view.state.spec == "1min" and part.menu.told["current"] == "a" and not part.menu.told["changed"]
    assert do("undo")["current"] == "b" and view.state.spec == "1h"
    do("default", name="b")
    part.save("b")
    do("rename", name="b", to="c")
    assert len(services.workspaces.layouts.revisions("c")) == 2 and not services.workspaces.layouts.revisions("b")
    assert [(one["name"], one["default"]) for one in part.menu.told["items"]] == [("c", True), ("a", False)]
    assert "already" in do("rename", name="c", to="a")["error"]
    do("delete", name="c")
    assert names() == ["a"] and part.menu.told["undo"] and part.current == ""
    do("undo")
    assert names() == ["c", "a"] and part.menu.told["items"][0]["default"] and part.current == "c"
    assert "no layout 'zz'" in do("open", name="zz")["error"].lower()
    assert do("nonsense")["error"]


def test_an_earlier_save_can_be_opened(services: Services) -> None:
    view, part = page(services)
    part.save("a")
    view.state.spec = "1h"
    part.save("a")
    part.carry_out({"what": "open", "name": "a", "revision": 1})
    assert view.state.spec == "1min" and part.current == "a" and part.menu.told["changed"]


def test_a_file_goes_out_and_comes_in(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    view, part = page(services)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(part.menu, "answer", lambda **what: sent.append(what))
    view.state.param.update(symbol="NQ", spec="15min", tz="Asia/Tokyo")
    part.save("a/b")
    part.carry_out({"what": "export", "name": "a/b"})
    part.carry_out({"what": "export"})
    assert [one["file"] for one in sent] == ["a-b.layout.json", "NQ.layout.json"]
    assert json.loads(sent[0]["text"]) == json.loads(sent[1]["text"])
    view.state.param.update(symbol="ES", spec="1h", tz="UTC")
    part.carry_out({"what": "import", "file": "x.json", "text": sent[0]["text"]})
    assert (view.state.symbol, view.state.spec, view.state.tz, part.current) == ("NQ", "15min", "Asia/Tokyo", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 99, "charts": [{}]}',
        '{"version": 1}',
        '{"version": 1, "charts": [5]}',
        "[" * 9999,
    ],
)
def test_a_broken_file_says_why_and_the_chart_stays(services: Services, text: str) -> None:
    view, part = page(services)
    before = view.state.document()
    part.carry_out({"what": "import", "file": "x.json", "text": text})
    assert part.menu.told["error"].startswith("X.json ") and view.state.document() == before


def test_of_a_file_with_a_bad_value_the_rest_is_opened(services: Services) -> None:
    view, part = page(services)
    text = json.dumps({"version": VERSION, "charts": [{"symbol": "NQ", "spec": "7x"}], "kept": 1})
    part.carry_out({"what": "import", "file": "x.json", "text": text})
    assert view.state.symbol == "NQ" and "charts[0].spec: " in part.menu.told["error"]
    assert "charts[0].spec: " in part.state.notice and part.state.document()["kept"] == 1
