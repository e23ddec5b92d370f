"""The chart's Viewer without a browser: what it tells its figure."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.market.events import BAR
from workbench.market.instruments import Instrument
from workbench.views.chart import ChartView
from workbench.views.state import AppState
from workbench.views.status import hub_link

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

    def snapshot(self) -> SimpleNamespace:
        return SimpleNamespace(version=self.version, closed=self.closed, forming=self.forming)

    def close(self) -> None:
        pass


class Services:
    def __init__(self) -> None:
        self.feed, self.state = Feed(), "live"
        self.hub = SimpleNamespace(subscribe=lambda *_: self.feed, status=lambda *_: SimpleNamespace(state=self.state))
        stored = bars(50)
        self.catalog = SimpleNamespace(
            master=SimpleNamespace(get_or_default=lambda symbol: Instrument(symbol, tick_size=0.25)),
            symbols=lambda: ["ES"],
            sources=lambda symbol: ["fake"],
            coverage=lambda symbol: (0, 50 * MINUTE),
            latest_bars=lambda symbol, spec, n, before=None, **_: stored[-n:] if before is None else stored[:0],
        )


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
