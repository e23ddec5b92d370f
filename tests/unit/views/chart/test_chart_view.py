"""The chart's Viewer without a browser: what it tells its figure."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.errors import DataError
from workbench.market.events import BAR
from workbench.market.instruments import Instrument
from workbench.views.chart import ChartView
from workbench.views.state import AppState
from workbench.views.status import hub_link
from workbench.workspaces import Workspaces

MINUTE = 60_000_000_000


def bars(n: int, first: int = 0) -> np.ndarray:
    out = np.zeros(n, BAR)
    out["time"] = (np.arange(n) + first) * MINUTE
    out["open"] = out["low"] = 1.0
    out["high"] = out["close"] = 2.0
    return out


class Feed:
    version = 1
    closed, forming = bars(0), bars(1, first=50)

    last_price = float("nan")

    def snapshot(self) -> SimpleNamespace:
        return SimpleNamespace(
            version=self.version, closed=self.closed, forming=self.forming, last_price=self.last_price, began=1
        )

    def wait_begun(self, timeout_s: float | None = None) -> bool:
        return True

    def wait_ready(self, timeout_s: float) -> bool:
        return True

    def close(self) -> None:
        pass


class Services:
    def __init__(self) -> None:
        self.feed, self.state = Feed(), "live"
        self.hub = SimpleNamespace(subscribe=lambda *_: self.feed, status=lambda *_: SimpleNamespace(state=self.state))
        self.workspaces = Workspaces("sqlite://")
        stored = bars(50)
        self.catalog = SimpleNamespace(
            master=SimpleNamespace(get_or_default=lambda symbol: Instrument(symbol, tick_size=0.25)),
            symbols=lambda: ["ES"],
            sources=lambda symbol: ["fake"],
            coverage=lambda symbol: (0, 50 * MINUTE),
            latest_bars=self.latest,
        )
        self.refused: set[str] = set()
        self.stored = stored

    def latest(self, symbol: str, spec: str, n: int, before: object = None) -> np.ndarray:
        if spec in self.refused:
            raise DataError(f"{spec} bars of {symbol} are made of trades; ingest trades")
        return self.stored[-n:] if before is None else self.stored[:0]


@pytest.fixture
def view() -> ChartView:
    services = Services()
    deadline = time.monotonic() + 20
    while hub_link(services).hub is None:
        assert time.monotonic() < deadline
    view = ChartView(services, AppState(symbol="ES", spec="1min"))
    view.__panel__()
    view.poll()
    return view


def told(view: ChartView, name: str) -> object:
    return view.chart.source.tags[0][name]


def test_stored_and_forming_bars_are_drawn_as_one(view: ChartView) -> None:
    assert np.array_equal(view.chart.source.data["time"], np.arange(51) * 60_000)
    assert np.array_equal(np.diff(view.chart.source.data["x"]), np.ones(50))


@pytest.mark.parametrize(("begun", "state"), [(True, "live"), (True, "stale"), (False, "live"), (True, "reconnecting")])
def test_a_chart_opens_at_its_newest_bars(
    view: ChartView, monkeypatch: pytest.MonkeyPatch, begun: bool, state: str
) -> None:
    """What the bus holds is waited for; not bars that are made of all that is stored, nor a bus that is away."""
    feed, waited = view.services.feed, begun and state != "reconnecting"
    view.services.state = state
    feed.closed, feed.forming = bars(0), bars(0)

    def wait_ready(timeout_s: float) -> bool:
        assert waited and timeout_s > 0
        feed.version, feed.closed, feed.forming = feed.version + 1, bars(30, first=50), bars(1, first=80)
        return True

    monkeypatch.setattr(feed, "wait_begun", lambda timeout_s: begun, raising=False)
    monkeypatch.setattr(feed, "wait_ready", wait_ready, raising=False)
    view.state.spec = "5min"
    assert len(view.history) == (81 if waited else 50)
    epoch, window = told(view, "epoch"), view.window
    view.poll()
    assert (told(view, "epoch"), view.window) == (epoch, window)


def test_other_bars_of_the_past_wait_for_nobody(view: ChartView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chart that is zoomed far from its newest bars does not need them."""
    monkeypatch.setattr(view.services.feed, "wait_ready", lambda timeout_s: pytest.fail("waited"))
    view.history.at_end = False
    view._attach()
    view.history.at_end = True
    with pytest.raises(pytest.fail.Exception, match="waited"):
        view._attach()


def test_several_bars_that_close_between_two_looks_are_all_drawn(view: ChartView) -> None:
    feed = view.services.feed
    feed.version, feed.closed, feed.forming = 2, bars(3, first=50), bars(1, first=53)
    view.poll()
    assert np.array_equal(view.chart.source.data["time"], np.arange(54) * 60_000)
    assert np.array_equal(np.diff(view.chart.source.data["x"]), np.ones(53))


@pytest.mark.parametrize(("state", "stale"), [("live", False), ("stale", True), ("reconnecting", True)])
def test_the_last_price_is_greyed_while_nothing_comes(view: ChartView, state: str, stale: bool) -> None:
    view.services.state = state
    view.poll()
    assert told(view, "stale") is stale


def test_prices_are_told_in_steps_of_the_instrument(view: ChartView) -> None:
    assert (told(view, "tick"), told(view, "decimals")) == (0.25, 2)


@pytest.mark.parametrize(
    ("spec", "glyph", "widest"),
    [
        ("1min", "candle", 6000),
        ("1000tick", "candle", 1600),
        ("renko:1.0", "brick", 1600),
        ("kagi:1.0(1min)", "kagi", 1600),
        ("pnf:1.0(1min)", "pnf", 1600),
    ],
)
def test_a_spec_is_drawn_its_way_in_a_window_that_suits(view: ChartView, spec: str, glyph: str, widest: int) -> None:
    figure = view.chart.price
    view.state.spec = spec
    assert view.chart.price is figure
    assert (view.chart.glyph, view.chart.x_range.max_interval) == (glyph, widest)
    assert told(view, "spec") == spec
    assert len(view.chart.source.data["x"]) == 51


def test_zooming_out_of_ticks_never_changes_the_bars(view: ChartView) -> None:
    view.state.spec = "1000tick"
    epoch = told(view, "epoch")
    view.chart.viewport.data = {"start": [-5000], "end": [100], "width": [1000], "epoch": [epoch], "ask": [""]}
    assert told(view, "spec") == "1000tick"
    assert told(view, "auto") == ""


def test_the_last_price_of_bricks_is_the_one_that_was_traded(view: ChartView) -> None:
    view.state.spec = "renko:1.0"
    assert told(view, "shaped")
    assert told(view, "last") == 2.0  # of the finest bars there are
    view.services.feed.last_price = 2.75
    view.poll()
    assert told(view, "last") == 2.75
    view.state.spec = "1min"
    assert not told(view, "shaped")


@pytest.mark.parametrize(("spec", "counts"), [("1min", True), ("1000tick", False), ("ha(1min)", False), ("1d", False)])
def test_only_a_fixed_step_counts_down(view: ChartView, spec: str, counts: bool) -> None:
    view.state.spec = spec
    feed = view.services.feed
    now = time.time_ns() // MINUTE
    view.services.stored["time"] += (now - 50) * MINUTE
    feed.version, feed.forming = 2, bars(1, first=now)
    view.reload()
    feed.version, feed.forming = 3, bars(1, first=now)
    feed.forming["close"] = 1.5
    view.chart.settings(until=None)
    view.poll()
    assert (told(view, "until") is not None) == counts


def test_bars_that_the_data_cannot_give_offer_those_that_were_shown(view: ChartView) -> None:
    view.services.refused = {"1000tick"}
    view.state.spec = "1000tick"
    assert view._cover.root.visible
    assert view._cover.panel.kind == "error"
    assert view._cover.panel.title == "1000tick bars of ES are made of trades."
    assert view._cover.panel.action == "Show 1min bars"
    assert view.state.spec == "1000tick"  # the link and the controls keep what was asked for
    view.poll()
    view._cover.panel.clicks += 1
    assert view.state.spec == "1min"
    assert not view._cover.root.visible


def test_a_link_to_bars_that_cannot_be_offers_some_that_can(view: ChartView) -> None:
    services = view.services
    services.refused = {"1000tick", "1min"}
    fresh = ChartView(services, AppState(symbol="ES", spec="1000tick"))
    fresh.__panel__()
    assert fresh._cover.panel.action == "Show 1h bars"
    services.refused |= {"1h", "1d"}
    fresh.reload()
    assert fresh._cover.panel.action == "Try again"


def test_bars_too_large_for_the_data_are_no_missing_data(view: ChartView) -> None:
    stored, view.services.stored = view.services.stored, bars(0)
    view.services.feed.forming = bars(0)
    view.state.spec = "range:500.0"
    assert view._cover.panel.kind == "empty"
    assert view._cover.panel.title == "No range:500.0 bars of ES"
    assert view._cover.panel.commands == []
    view.services.stored = stored
    view.poll()
    view.reload()
    assert not view._cover.root.visible


def test_what_covers_the_chart_gives_way_when_the_bars_are_there(view: ChartView) -> None:
    view.services.refused.add("1h")
    view.state.spec = "1h"
    assert view._cover.root.visible
    seen: list[object] = []
    view._cover.root.param.watch(lambda _: seen.append((told(view, "spec"), told(view, "symbol"))), "visible")
    view.state.spec = "5min"
    assert seen == [("5min", "ES")] and not view._cover.root.visible
