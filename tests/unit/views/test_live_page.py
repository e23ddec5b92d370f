"""The Live page on a real Redis without a browser: looks, lists, and an outage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.live.bus import Bus
from workbench.live.embedded import EmbeddedRedis
from workbench.live.publisher import Publisher
from workbench.services import Services
from workbench.views.live import LiveView
from workbench.views.live.looking import Watch


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    redis = EmbeddedRedis(tmp_path / "redis")
    made = Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path / "catalogs", redis_url=redis.start()))
    yield made
    made.close()
    redis.stop()


@pytest.fixture
def view(services: Services) -> Iterator[LiveView]:
    made = LiveView(services)
    yield made
    made.close()


def polled(view: LiveView, wanted: Callable[[], object]) -> None:
    """Poll, as the page's clock does, until something is true."""
    deadline = time.monotonic() + 30
    while not wanted():
        assert time.monotonic() < deadline, "the page did not come to it in time"
        view._due = 0.0
        view.poll()
        if view._asked is not None:
            view._asked.exception()


def test_a_market_from_the_form_comes_to_the_table_and_goes(view: LiveView, services: Services) -> None:
    form = {"symbols": "ZED", "scenario": "normal", "seed": "7", "speed": "500"}
    view.feeds.heard({"what": "start", **form})
    polled(view, lambda: len(view.shown.symbols) and view.shown.symbols["rate10"].iloc[0] > 0)
    assert view.source == "normal-1" and view.symbols.table.model.count == 1
    assert view.feeds.model.feeds[0]["acts"] == ["stop"]
    view.feeds.heard({"what": "stop", "id": view.feeds.model.feeds[0]["id"]})
    polled(view, lambda: view.feeds.model.feeds[0]["state"] == "stopped")
    assert services.feeds.list()[0].state == "stopped"


def test_dead_letters_are_read_when_their_tab_is_open(view: LiveView, services: Services) -> None:
    with_letter = Bus(services.bus_url)
    with_letter.dead_letter("wb:trades:ZED", b"1-1", {b"d": b"x"}, "it is garbage")
    with_letter.close()
    polled(view, lambda: view.shown.dead == 1)
    assert view.letters.model.count == 0
    view.bar.value = "dead"
    polled(view, lambda: view.letters.model.count == 1)
    assert view.letters.frame.loc[0, ["key", "reason"]].tolist() == ["wb:trades:ZED", "it is garbage"]
    assert [one[2] for one in view.bar.tabs] == ["", "1"]


def test_an_outage_keeps_what_was_shown_and_is_over_by_itself(tmp_path: Path) -> None:
    redis = EmbeddedRedis(tmp_path / "redis")
    services = Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path / "catalogs", redis_url=redis.start()))
    view = LiveView(services)
    try:
        services.feeds.start("synthetic", symbols=["ZED"])
        polled(view, lambda: len(view.shown.feeds) == 1 and view.shown.status.state == "live")
        assert not view.notice.visible
        redis.stop()
        polled(view, lambda: view.notice.visible)
        assert "Redis does not answer" in view.notice.object
        assert len(view.feeds.model.feeds) == 1
        polled(view, lambda: "cannot be reached" in view.shown.problem)
        assert redis.start() == services.bus_url
        polled(view, lambda: not view.notice.visible)
    finally:
        view.close()
        services.close()
        redis.stop()


def test_the_password_of_the_bus_is_not_shown(services: Services) -> None:
    class Secret:
        bus_url = "redis://:hidden@127.0.0.1:1/0"
        hub, feeds = services.hub, services.feeds

    secret = Secret()
    problem = Watch(secret).look().problem
    assert "redis://127.0.0.1:1/0 cannot be reached" in problem and "hidden" not in problem


def test_all_sessions_share_a_look(services: Services) -> None:
    watch = Watch(services)
    assert watch.look() is watch.look()


def test_gaps_are_listed_with_the_newest_first(view: LiveView, services: Services) -> None:
    import numpy as np

    from workbench.market.events import TRADE

    now = time.time_ns()
    records = np.zeros(4, TRADE)
    records["ts_event"] = records["ts_recv"] = now - np.array([9, 8, 5, 4]) * 10**9
    records["price"] = records["size"] = 1.0
    publisher = Publisher(services.bus_url, "venue")
    services.hub.wait_ready()
    publisher.begin("GAPPY", int(records["ts_event"][0]))
    publisher.publish("GAPPY", records[:2])
    publisher.flush()
    publisher.begin("GAPPY", int(records["ts_event"][2]))
    publisher.publish("GAPPY", records[2:])
    publisher.close()
    polled(view, lambda: view.gaps.model.count == 1)
    assert view.gaps.frame["seconds"].iloc[0] == pytest.approx(3.0)
