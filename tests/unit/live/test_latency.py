from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.live.bus import Bus
from workbench.live.codec import encode
from workbench.live.hub import Hub
from workbench.live.latency import STAGES, Histogram, Latency, LatencySnapshot
from workbench.live.publisher import Publisher
from workbench.market.events import TRADE
from workbench.views.chart.live import LiveFeed

MS = 1_000_000
START = 1_700_000_000_000 * MS


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def entry(published_ms: int, event: int, received: int, rows: int = 1) -> tuple[bytes, dict[bytes, bytes]]:
    trades = np.ones(rows, TRADE)
    trades["ts_event"], trades["ts_recv"] = event, received
    return b"%d-0" % published_ms, encode("trades", trades, 0, producer="p")


def read(latency: Latency, clock: Clock, took: int, found: dict[str, list]) -> LatencySnapshot:
    """One read that took so long to be done, and what is seen after the next look."""
    latency.begin({f"wb:trades:{symbol}": entries for symbol, entries in found.items()})
    clock.now += took
    for symbol, entries in found.items():
        latency.taken(symbol, entries)
    clock.now += 300 * MS
    latency.end()
    return latency.snapshot


DURATIONS = st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=60)


@given(DURATIONS, st.integers(1, 5))
def test_quantiles_are_those_of_the_sorted_durations(values: list[int], weight: int) -> None:
    histogram = Histogram()
    for part in (values[::2], values[1::2]):
        histogram.add(np.array(part, np.int64), np.full(len(part), weight, np.int64))
    found, exact = histogram.quantiles(), sorted(values)
    for p, got in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99)):
        wanted = exact[max(math.ceil(p * len(exact) - 1e-9), 1) - 1] / 1e6
        limited = math.copysign(min(abs(wanted), 1e6), wanted)
        assert got == pytest.approx(limited, rel=0.05, abs=1e-3)
    assert found.count == weight * len(values)
    assert found.negative == weight * sum(one <= -1000 for one in values)


def test_a_histogram_forgets_what_is_older_than_a_minute() -> None:
    histogram = Histogram()
    histogram.add(np.array([5 * MS]), np.array([3]))
    for _ in range(5):
        histogram.turn()
        assert histogram.quantiles().count == 3
    histogram.turn()
    assert math.isnan(histogram.quantiles().p50) and histogram.quantiles().count == 0


def test_stages_are_told_apart() -> None:
    clock = Clock()
    latency = Latency(clock)
    clock.now += 10 * MS
    published = START // MS + 4
    one = entry(published, event=START, received=START + 3 * MS, rows=100)
    shot = read(latency, clock, 2 * MS, {"A": [one]})
    assert shot.at == clock.now
    wanted = {"received": 3, "published": 1, "read": 6, "bar": 2, "total": 9}
    assert list(shot.stages) == list(STAGES)
    for stage, ms in wanted.items():
        assert shot.stages[stage].p50 == shot.stages[stage].p99 == pytest.approx(ms, rel=0.05), stage
        assert (shot.stages[stage].count, shot.stages[stage].negative) == (100, 0)


def test_clocks_that_differ_are_seen_and_whole_milliseconds_are_not_taken_for_it() -> None:
    clock = Clock()
    latency = Latency(clock)
    published = START // MS + 20
    ahead = entry(published, event=START + 50 * MS, received=START + 20 * MS + 999_999)
    shot = read(latency, clock, 0, {"A": [ahead]})
    assert shot.stages["received"].p50 == pytest.approx(-29, rel=0.05) and shot.stages["received"].negative == 1
    assert (shot.stages["published"].p50, shot.stages["published"].negative) == (0.0, 0)
    assert shot.stages["read"].p50 == pytest.approx(-20, rel=0.05)
    latency = Latency(clock)
    shot = read(latency, clock, 0, {"A": [entry(published, START, received=START + 25 * MS)]})
    assert shot.stages["published"].p50 == pytest.approx(-5, rel=0.05) and shot.stages["published"].negative == 1


def test_the_first_trade_of_an_entry_has_waited_longest() -> None:
    clock = Clock()
    latency = Latency(clock)
    trades = np.ones(10, TRADE)
    trades["ts_event"] = trades["ts_recv"] = START + np.arange(10) * MS
    one = (b"%d-0" % (START // MS + 10), encode("trades", trades, 0))
    stage = read(latency, clock, 0, {"A": [one]}).stages["published"]
    assert (stage.p50, stage.p99) == (pytest.approx(1, rel=0.05), pytest.approx(10, rel=0.05))


def test_of_many_entries_some_speak_for_all() -> None:
    clock = Clock()
    latency = Latency(clock)
    many = {str(i): [entry(START // MS, START, START, rows=7)] * (i % 3) for i in range(1000)}
    many = {symbol: entries for symbol, entries in many.items() if entries}
    stages = read(latency, clock, MS, many).stages
    trades = 7 * sum(map(len, many.values()))
    for stage in STAGES:
        assert stages[stage].count == pytest.approx(trades, rel=0.02)
    assert latency._samples == []


@given(st.binary(max_size=200), st.sampled_from([b"trades", b"quotes", b""]), st.integers(0, 2**63))
def test_noise_does_no_harm(data: bytes, kind: bytes, at: int) -> None:
    clock = Clock()
    latency = Latency(clock)
    shot = read(latency, clock, 0, {"A": [(b"%d-0" % (at // 2**20), {b"k": kind, b"d": data}), (b"1-0", {})]})
    assert shot.stages["received"].count <= len(data) // TRADE.itemsize


def test_rates_are_of_the_last_second_and_the_last_ten() -> None:
    clock = Clock()
    latency = Latency(clock)
    for i in range(100):
        clock.now = START + i * 100 * MS + 50 * MS
        latency.begin({})
        latency.taken("A", [entry(1, 0, 0, rows=10)])
        if i >= 95:
            latency.taken("B", [entry(1, 0, 0, rows=4)])
    clock.now = START + 10_000 * MS
    latency.end()
    shot = latency.snapshot
    assert shot.rates == {"A": (100.0, 100.0), "B": (20.0, 2.0)} and shot.total == (120.0, 102.0)
    clock.now += 5_000 * MS
    latency.end()
    assert latency.snapshot.rates == {"A": (0.0, 50.0), "B": (0.0, 2.0)}
    assert shot.rates["A"] == (100.0, 100.0)
    clock.now -= 3_600_000 * MS  # the clock is set back
    latency.end()
    latency.taken("A", [entry(1, 0, 0, rows=5)])
    clock.now += 300 * MS
    latency.end()
    assert latency.snapshot.rates["A"] == (5.0, 0.5)


def test_more_symbols_than_at_first() -> None:
    clock = Clock()
    latency = Latency(clock)
    latency.begin({})
    for i in range(200):
        latency.taken(str(i), [entry(1, 0, 0, rows=i + 1)])
    clock.now += 500 * MS
    latency.end()
    assert [latency.snapshot.rates[str(i)][0] for i in range(200)] == [float(i + 1) for i in range(200)]


def test_a_hub_tells_how_long_its_trades_were_on_their_way(
    open_hub: Callable[..., Hub], open_publisher: Callable[..., Publisher], record: Callable[..., np.ndarray],
    bus: Bus, until: Callable,
) -> None:  # fmt: skip
    hub = open_hub()
    reader = hub._reader
    trades = record(300)
    trades["ts_recv"] = bus.now()
    trades["ts_event"] = trades["ts_recv"] - 40 * MS
    with hub.subscribed("A", "1min"):
        open_publisher().publish("A", trades)
        until(lambda: reader.latency.snapshot.stages["bar"].count == 300)
    stages = reader.latency.snapshot.stages
    assert stages["received"].p50 == pytest.approx(40, rel=0.05)
    assert stages["published"].count == stages["read"].count == 300
    assert 0 < stages["bar"].p50 < 60_000 and stages["bar"].negative == 0
    until(lambda: reader.latency.snapshot.rates["A"][1] == 30.0)


def test_a_hub_tells_when_the_bars_of_a_symbol_were_made(
    open_hub: Callable[..., Hub], open_publisher: Callable[..., Publisher], record: Callable[..., np.ndarray],
    until: Callable,
) -> None:  # fmt: skip
    hub, publisher, feed = open_hub(), open_publisher(), LiveFeed()
    assert feed.made == 0
    feed.attach(hub, "A", "1min")
    assert feed.made == 0
    publisher.publish("A", record(300)[:100])
    until(lambda: feed.made)
    first = feed.made
    assert START < first <= time.time_ns()
    publisher.publish("B", record(300)[:100])
    until(lambda: hub.latency.done.get("B", 0) > first)
    assert feed.made == first  # what comes of others makes no bar of ours
    publisher.publish("A", record(300)[100:])
    until(lambda: feed.made > first)
    feed.detach()
    assert feed.made == 0
