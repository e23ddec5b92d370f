"""Feeds that are started and stopped from a process, and what others see of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import numpy as np
import param
import pytest

from workbench.errors import DataError, UnknownNameError
from workbench.live.bus import Bus
from workbench.live.embedded import EmbeddedRedis
from workbench.live.feeds import feeds
from workbench.live.publisher import Publisher
from workbench.live.runner import FEEDS_KEY, FeedRunner, FeedStatus, announced, feeds_of, in_words


@pytest.fixture
def runner(server: EmbeddedRedis) -> Iterator[FeedRunner]:
    made = FeedRunner(server.url)
    yield made
    made.close()


@pytest.fixture
def odd() -> Iterator[str]:
    """A feed that does as it is told: ``raise``, ``fault`` or end."""

    class Odd(param.Parameterized):
        """Odd."""

        symbols = param.List(default=["ODD"], item_type=str, doc="Symbols.")
        what = param.String(default="", doc="What it does.")
        producer = "odd"

        def run(self, publisher: Publisher, stop: threading.Event, *, catalog: object = None) -> None:
            if self.what == "raise":
                raise DataError("there is nothing to publish; give it something")
            if self.what == "fault":
                raise ZeroDivisionError("by nothing")

    feeds.register("odd")(Odd)
    yield "odd"
    del feeds._plugins["odd"]


def test_a_market_is_started_seen_and_stopped(
    runner: FeedRunner, bus: Bus, until: Callable[[Callable[[], object]], None]
) -> None:
    started = runner.start("synthetic", symbols=["ZED"], scenario="volatile", seed=3, speed=200.0)
    assert (started.name, started.state) == ("volatile-1", "running")
    until(lambda: bus.symbols("trades") == ["ZED"])
    until(lambda: [one.id for one in feeds_of(bus)] == [started.id])
    assert feeds_of(bus)[0].told == "scenario volatile, seed 3, speed 200.0"
    assert runner.stop("volatile-1").state == "stopped"
    assert not any(t.name == "workbench-feed-volatile-1" for t in threading.enumerate())
    until(lambda: feeds_of(bus)[0].state == "stopped")
    assert runner.again("volatile-1").state == "running"
    runner.remove("volatile-1")
    until(lambda: feeds_of(bus) == [])
    with pytest.raises(UnknownNameError, match="volatile-1"):
        runner.stop("volatile-1")


@pytest.mark.parametrize(
    ("what", "state", "message"),
    [
        ("raise", "failed", "there is nothing to publish; give it something"),
        ("fault", "failed", "fault in the feed: ZeroDivisionError: by nothing"),
        ("", "ended", "it has published all there is"),
    ],
)
def test_a_feed_that_is_over_says_why(
    runner: FeedRunner, odd: str, until: Callable[[Callable[[], object]], None], *, what: str, state: str, message: str
) -> None:
    runner.start(odd, name="mine", what=what)
    until(lambda: not runner.list()[0].running)
    assert (runner.list()[0].state, runner.list()[0].message) == (state, message)


def test_a_symbol_that_somebody_feeds_is_refused(
    runner: FeedRunner, open_publisher: Callable[..., Publisher], record: Callable[..., np.ndarray], bus: Bus,
    until: Callable[[Callable[[], object]], None],
) -> None:  # fmt: skip
    publisher = open_publisher("venue")
    publisher.publish("AAA", record(5))
    until(lambda: bus.symbols("trades") == ["AAA"])
    with pytest.raises(DataError, match=r"AAA is fed by venue"):
        runner.start("synthetic", symbols=["BBB", "AAA"])
    runner.start("synthetic", name="one", symbols=["BBB"])
    with pytest.raises(DataError, match="BBB is fed by one"):
        runner.start("synthetic", symbols=["BBB"], seed=9)
    with pytest.raises(DataError, match="called 'one'"):
        runner.start("synthetic", name="one", symbols=["CCC"])


def test_what_cannot_be_used_is_refused(runner: FeedRunner) -> None:
    with pytest.raises(DataError, match=r"'synthetic' cannot be set up: speed must be .*not -1$"):
        runner.start("synthetic", symbols=["AAA"], speed=-1)
    with pytest.raises(DataError, match="'synthetic' has no option 'sped': did you mean speed"):
        runner.start("synthetic", symbols=["AAA"], sped=2)
    with pytest.raises(UnknownNameError, match="synthetics"):
        runner.start("synthetics")
    assert runner.list() == []


def test_words_of_others_are_lost_and_forgotten(bus: Bus) -> None:
    now = int(bus.execute("TIME")[0])
    for name, age in (("fresh", 1), ("silent", 20), ("gone", 90)):
        word = FeedStatus(name, "synthetic", ("A",), "", "running", "", "far:1", 0, (now - age) * 10**9)
        bus.execute("HSET", FEEDS_KEY, word.id, word.json())
    bus.execute("HSET", FEEDS_KEY, "x", json.dumps({"another": "version"}))
    assert [(one.name, one.state) for one in feeds_of(bus)] == [("fresh", "running"), ("silent", "lost")]
    assert bus.execute("HLEN", FEEDS_KEY) == 2


def test_a_process_tells_of_the_feed_it_runs_by_itself(
    server: EmbeddedRedis, bus: Bus, until: Callable[[Callable[[], object]], None]
) -> None:
    with announced(server.url, "synthetic", {"symbols": ["A", "B"], "seed": 2}):
        until(lambda: [(one.name, one.symbols) for one in feeds_of(bus)] == [("synthetic", ("A", "B"))])
    assert feeds_of(bus) == []


def test_feeds_are_told_again_when_redis_is_back(
    runner: FeedRunner, server: EmbeddedRedis, bus: Bus, until: Callable[[Callable[[], object]], None]
) -> None:
    runner.start("synthetic", symbols=["ZED"])
    until(lambda: feeds_of(bus))
    bus.execute("FLUSHALL")
    until(lambda: feeds_of(bus))


def test_options_in_words() -> None:
    assert in_words({"symbols": ["A"], "seed": 7, "quotes": True, "book": False, "jumps": None}) == "seed 7, quotes"
