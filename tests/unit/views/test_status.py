from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from workbench.errors import BusError
from workbench.views.state import AppState
from workbench.views.status import HubLink, LinkStatus, StatusStrip, describe, duration

S = 1_000_000_000
NOW = 1_800_000_000 * S


class Services:
    """Services whose hub is what a function says."""

    def __init__(self, hub: Callable[[], object]) -> None:
        self._hub = hub
        self.asked = 0

    @property
    def hub(self) -> object:
        self.asked += 1
        return self._hub()


class Hub:
    def __init__(self) -> None:
        self.now = LinkStatus("live", latency_ms=12.4, gaps=0)

    def status(self) -> LinkStatus:
        return self.now


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (LinkStatus("live"), "live"),
        (LinkStatus("connecting"), "connecting"),
        (LinkStatus("reconnecting", since_ns=NOW - 8 * S), "reconnecting 8 s"),
        (LinkStatus("reconnecting", since_ns=NOW), "reconnecting"),
        (LinkStatus("stale", last_event_ns=NOW - 125 * S), "stale, last trade 2 min ago"),
        (LinkStatus("stale"), "no trades yet"),
        (LinkStatus("off"), "live data off"),
        (LinkStatus("gone mad"), "live data off"),
    ],
)
def test_every_state_has_words(status: LinkStatus, words: str) -> None:
    assert describe(status, NOW)["words"] == words


def test_latency_is_told_only_while_live_and_known() -> None:
    assert describe(LinkStatus("live", latency_ms=12.4), NOW)["latency"] == "12 ms"
    assert describe(LinkStatus("live", latency_ms=float("nan")), NOW)["latency"] == ""
    assert describe(LinkStatus("live"), NOW)["latency"] == ""
    assert describe(LinkStatus("reconnecting", latency_ms=12.4), NOW)["latency"] == ""


@pytest.mark.parametrize(("count", "text"), [(0, "0 gaps"), (1, "1 gap"), (1234, "1,234 gaps")])
def test_gaps_are_counted_in_words(count: int, text: str) -> None:
    told = describe(LinkStatus("live", gaps=count), NOW)
    assert (told["gaps"], told["gapped"]) == (text, count > 0)


def test_the_hub_explains_itself_where_it_can() -> None:
    assert describe(LinkStatus("reconnecting", message="connection refused"), NOW)["detail"] == "connection refused"
    assert "feed" in describe(LinkStatus("stale"), NOW)["detail"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, ""), (8, "8 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h 00"), (7500, "2 h 05"), (3 * 86_400, "3 d")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(int(seconds * S)) == text


def test_a_link_that_fails_says_why_and_tries_again_only_later() -> None:
    def fail() -> object:
        raise BusError("no redis-server on the PATH; install redis")

    services = Services(fail)
    link = HubLink(services)
    link._opening = True  # as while the background thread is at it
    assert link.status().state == "connecting"
    link._run()
    told = link.status()
    assert (told.state, told.message) == ("off", "no redis-server on the PATH; install redis")
    asked = services.asked
    link._open()
    assert services.asked == asked
    services._hub = Hub
    link._run()
    assert link.status().state == "live"


def test_a_hub_that_breaks_is_off_not_an_exception() -> None:
    def broken() -> None:
        raise RuntimeError("gone")

    services = Services(lambda: SimpleNamespace(status=broken))
    link = HubLink(services)
    link._run()
    assert link.status().state == "off" and "gone" in link.status().message


def test_the_strip_shows_what_the_hub_says_at_the_next_poll() -> None:
    hub = Hub()
    strip = StatusStrip(AppState(tz="Asia/Kolkata"), hub, source="synthetic")
    view = strip.view
    assert (view.state, view.words, view.latency, view.gaps) == ("live", "live", "12 ms", "0 gaps")
    assert (view.tz, view.source) == ("Asia/Kolkata", "synthetic")
    hub.now = LinkStatus("reconnecting")
    strip.poll()
    assert (view.state, view.words, view.latency) == ("reconnecting", "reconnecting", "")
    strip.source = "coinbase"
    assert view.source == "coinbase"


def test_the_clock_follows_the_zone() -> None:
    state = AppState()
    strip = StatusStrip(state, Hub())
    state.tz = "Europe/Berlin"
    assert strip.view.tz == "Europe/Berlin"


def test_a_loss_between_two_polls_is_told_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    hub, now = Hub(), [NOW]
    monkeypatch.setattr("workbench.views.status.time.time_ns", lambda: now[0])
    hub.now = LinkStatus("live", since_ns=NOW - 60 * S)
    strip = StatusStrip(AppState(), hub)
    strip.poll()
    assert strip.view.words == "live"
    hub.now = LinkStatus("live", since_ns=NOW)
    strip.poll()
    assert strip.view.words == "live, reconnected"
    now[0] += 6 * S
    strip.poll()
    assert strip.view.words == "live"
