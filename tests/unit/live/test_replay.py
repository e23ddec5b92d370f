"""Replays on a real Redis, seen by real hubs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import workbench as wb
from workbench.bars import Resampler, bars_from_trades
from workbench.catalog.market_catalog import MarketCatalog
from workbench.catalog.synthetic import SyntheticMarket
from workbench.errors import BusError, DataError, FormulaError, SpecError, UnknownNameError
from workbench.live.bus import Bus
from workbench.live.codec import decode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.replay import Replay
from workbench.live.replay.controls import running
from workbench.live.worlds import WORLD, stamp_of
from workbench.market.events import BAR, QUOTE, as_frame, as_records
from workbench.market.specs import DAY, SECOND, BarSpec

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
MONDAY = int(np.datetime64("2026-03-02", "ns").astype("i8"))
FIELDS = ["ts_event", "price", "size", "side", "flags"]
SPECS = ["1min", "1h", "500tick", "20vol", "renko:40", "renko:40(1min)", "ha(5min)"]


class FastClock:
    """A clock that has waited at once, so that hours go by in no time; ``slept`` has all waits."""

    def __init__(self) -> None:
        self._now, self._rest = 0, threading.Event()

    def now(self) -> int:
        return self._now

    def wait(self, wake: threading.Event, seconds: float) -> None:
        self._now += int(seconds * 1e9)
        wake.wait(0.0002)
        wake.clear()


@pytest.fixture(scope="module")
def tape() -> np.ndarray:
    return SyntheticMarket("BTC-USD").trades(MONDAY - 6 * HOUR, MONDAY + 2 * DAY)


@pytest.fixture
def stored(catalog: MarketCatalog, tape: np.ndarray) -> MarketCatalog:
    """BTC-USD from Sunday 18:00 on, past the end of what is replayed."""
    catalog.store.write("synthetic", "trades", "BTC-USD", tape, covered_until=MONDAY + 2 * DAY)
    return catalog


@pytest.fixture
def replaying(server: EmbeddedRedis, stored: MarketCatalog) -> Iterator[Callable[..., Replay]]:
    made: list[Replay] = []

    def make(start: int = MONDAY, end: int = MONDAY + DAY, symbols: object = "BTC-USD", **options: object) -> Replay:
        options = {"bus_url": server.url, "speed": None, **options}
        made.append(Replay(stored, symbols, start, end, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def watching(stored: MarketCatalog) -> Iterator[Callable[..., Hub]]:
    made: list[Hub] = []

    def make(url: str, catalog: MarketCatalog | None = stored) -> Hub:
        made.append(Hub(url, catalog).start())
        return made[-1]

    yield make
    for one in made:
        one.stop()


def between(tape: np.ndarray, start: int, end: int) -> np.ndarray:
    return tape[(tape["ts_event"] >= start) & (tape["ts_event"] < end)]


def same_trades(hub: Hub, expected: np.ndarray, until: Callable, symbol: str = "BTC-USD") -> None:
    until(lambda: len(hub.trade_records(symbol)) == len(expected))
    # The tape has them first; they are counted when the bars have them too.
    until(lambda: hub.status().trades == sum(len(hub.trade_records(one)) for one in hub.symbols()))
    np.testing.assert_array_equal(hub.trade_records(symbol)[FIELDS], expected[FIELDS])


def same_bars(live, catalog: MarketCatalog, tape: np.ndarray, end: int) -> None:
    """Our closed bars, behind the history before them, are those of all trades up to ``end``."""
    shot = live.snapshot()
    sessions = catalog.instrument("BTC-USD").calendar_of(BarSpec.parse(live.spec))
    whole = bars_from_trades(between(tape, 0, end), live.spec, sessions)
    ours = whole[whole["time"] >= shot.join_ns]
    assert len(shot.closed) + len(shot.forming) == len(ours) > 0
    ours, names = ours[: len(shot.closed)], list(BAR.names)
    if BarSpec.parse(live.spec).base is not None:
        # History is bars of the base that were made of finer ones: sums of fractions differ in their last bit.
        sums = ["volume", "buy_volume", "sell_volume", "vwap"]
        names = [name for name in names if name not in sums]
        for name in sums:
            np.testing.assert_allclose(shot.closed[name], ours[name], rtol=1e-9)
    assert all(shot.closed[name].tobytes() == ours[name].tobytes() for name in names), live.spec


def test_an_unpaced_day_gives_the_bars_of_the_day(replaying, watching, stored, tape, until) -> None:
    replay = replaying()
    early = watching(replay.url)
    first = {spec: early.subscribe("BTC-USD", spec) for spec in SPECS}
    assert replay.start().wait(60)
    assert (replay.state, replay.progress, replay.world.published) == (
        "ended",
        1.0,
        len(between(tape, MONDAY, MONDAY + DAY)),
    )
    late = watching(replay.url)
    second = {spec: late.subscribe("BTC-USD", spec) for spec in SPECS}
    for hub in (early, late):
        same_trades(hub, between(tape, MONDAY, MONDAY + DAY), until)
        assert (hub.status().gaps, hub.status().dead_letters) == (0, 0)
    for live in (*first.values(), *second.values()):
        assert live.wait_begun(20) and live.wait_ready(20)
        same_bars(live, stored, tape, MONDAY + DAY)
        assert live.snapshot().gap is None
    # Whole days of the session, closed bars by the resample of the front door.
    frame = early.bars("BTC-USD", "1h", n=10_000)
    assert frame.index[0].value == MONDAY - 6 * HOUR and frame.index[-1].value == MONDAY + 23 * HOUR


@pytest.mark.parametrize("speed", [10, None])
def test_a_stored_day_is_what_resample_makes_of_it(speed, server: EmbeddedRedis, catalog, tape, until) -> None:
    """Paced, of its first hour: time, ticks, volume and bricks, to the byte."""
    day = between(tape, MONDAY, MONDAY + DAY if speed is None else MONDAY + HOUR)
    catalog.store.write("synthetic", "trades", "BTC-USD", day)
    hub = None
    with Replay(catalog, "BTC-USD", bus_url=server.url, speed=speed, clock=FastClock()) as replay:
        try:
            hub = Hub(replay.url, catalog).start()
            lives = [hub.subscribe("BTC-USD", spec) for spec in SPECS]
            assert replay.start().wait(60)
            same_trades(hub, day, until)
            frame = as_frame(day)
            for live in lives:
                assert live.wait_begun(20) and live.wait_ready(20)
                expected = as_records(wb.resample(frame, live.spec, session="24/7"), "bars")
                closed = live.snapshot().closed[list(BAR.names)]
                assert len(closed) >= len(expected) - 1 and (len(closed) or live.spec == "1h"), live.spec
                assert closed.astype(BAR).tobytes() == expected[: len(closed)].tobytes(), live.spec
        finally:
            if hub is not None:
                hub.stop()


def test_ten_times_as_fast_gives_the_bars_of_the_stretch(replaying, watching, stored, tape, until) -> None:
    end = MONDAY + 20 * MINUTE
    replay = replaying(MONDAY + 5 * MINUTE, end, speed=10, clock=FastClock())
    hub = watching(replay.url)
    lives = {spec: hub.subscribe("BTC-USD", spec) for spec in SPECS}
    assert replay.start().wait(60)
    same_trades(hub, between(tape, MONDAY + 5 * MINUTE, end), until)
    for live in lives.values():
        assert live.wait_begun(20) and live.wait_ready(20)
        same_bars(live, stored, tape, end)


def test_the_future_does_not_exist(replaying, watching, stored, tape, until) -> None:
    replay = replaying()
    hub = watching(replay.url)
    replay.seek(MONDAY + 7 * HOUR)
    assert replay.wait(20) and replay.state == "paused"
    same_trades(hub, between(tape, MONDAY, MONDAY + 7 * HOUR), until)
    for spec in ("5min", "1d", "1000tick", "renko:40"):
        bars = hub.bars("BTC-USD", spec, n=10_000)
        assert bars.index[-1].value < MONDAY + 7 * HOUR
        assert bars["trades"].sum() == pytest.approx(
            len(between(tape, 0, MONDAY + 7 * HOUR)), rel=0.002 if ":" in spec else 0
        )
    assert hub.now("BTC-USD") == MONDAY + 7 * HOUR
    assert "rests at 2026-03-02 07:00:00 UTC" in hub.status().message
    assert hub.status().state == "live"


def test_back_in_time_and_forward_again(replaying, watching, stored, tape, until) -> None:
    replay = replaying()
    hub = watching(replay.url)
    lives = [hub.subscribe("BTC-USD", spec) for spec in ("1min", "renko:40")]
    seen = []
    for hours in (9, 3, 3, 1, 0, 4):
        replay.seek(MONDAY + hours * HOUR)
        assert replay.wait(20)
        assert replay.now.value == MONDAY + hours * HOUR
        same_trades(hub, between(tape, MONDAY, MONDAY + hours * HOUR), until)
        for live in lives:
            assert live.wait_begun(20)
            if hours:
                until(lambda live=live: live.snapshot().last_event_ns == hub.last("BTC-USD")["ts_event"][0])
                same_bars(live, stored, tape, MONDAY + hours * HOUR)
        # Nor does a reader that knows nothing of worlds find anything of the future.
        left = Bus(replay.url).execute("XRANGE", "wb:trades:BTC-USD", "-", "+")
        batches = [decode(dict(zip(fields[::2], fields[1::2], strict=True))) for _, fields in left]
        assert {stamp_of(batch.producer) for batch in batches} <= {(replay.world.id, replay.world.epoch)}
        assert sum(len(batch.records) for batch in batches) == replay.world.published
        seen.append((lives[0].version, lives[0].epoch))
        assert hub.status().gaps == 0
    versions, epochs = zip(*seen, strict=True)
    assert all(b > a for a, b in zip(versions, versions[1:], strict=False) if b != a) and list(versions) == sorted(
        versions
    )
    assert epochs[-1] - epochs[0] == 3, "three times back; to where it was is nowhere"
    assert replay.world.epoch == 4
    late = watching(replay.url)
    same_trades(late, between(tape, MONDAY, MONDAY + 4 * HOUR), until)


def test_it_plays_on_where_it_was_taken_to(replaying, watching, tape, until) -> None:
    replay = replaying(end=MONDAY + HOUR, speed=1000, clock=FastClock())
    hub = watching(replay.url)
    replay.play().seek(MONDAY + 30 * MINUTE)
    assert replay.wait(60) and replay.state == "ended"
    same_trades(hub, between(tape, MONDAY, MONDAY + HOUR), until)
    replay.seek(MONDAY + 10 * MINUTE).wait(10)
    assert replay.state == "paused"
    replay.play()
    assert replay.wait(60) and replay.state == "ended"
    same_trades(hub, between(tape, MONDAY, MONDAY + HOUR), until)


def test_steps_by_trades_and_bars(replaying, watching, tape, until) -> None:
    replay, day = replaying(), between(tape, MONDAY, MONDAY + DAY)
    hub = watching(replay.url)
    for n, total in ((1, 1), (1, 2), (7, 9)):
        assert replay.step(n).wait(10)
        same_trades(hub, day[:total], until)
        assert replay.now.value == day["ts_event"][total - 1]
    for n, spec in ((1, "1min"), (2, "1min"), (3, "100tick"), (1, "renko:40")):
        before = len(hub.trade_records("BTC-USD"))
        assert replay.step(n, spec).wait(10)
        count = replay.world.published
        same_trades(hub, day[:count], until)
        history = between(tape, 0, MONDAY)

        def closed(upto: int, spec: str = spec, history: np.ndarray = history) -> int:
            return len(Resampler(spec).update_records(np.concatenate([history, day[:upto]])))

        assert closed(count) == closed(before) + n
        assert closed(count - 1) < closed(count), "the last trade is the one that closed the bar"
        assert f"{n} closed" in replay.message


def test_run_to_a_move_a_volume_and_a_formula(replaying, watching, tape, until) -> None:
    replay, day = replaying(), between(tape, MONDAY, MONDAY + DAY)
    hub = watching(replay.url)
    bars = bars_from_trades(tape[tape["ts_event"] < MONDAY + DAY], "1min")
    first = int(np.searchsorted(bars["time"], MONDAY))

    def stopped(at: int) -> None:
        """Behind the trade that closed bar ``at``: the first one of the next bar."""
        assert replay.wait(20) and replay.state == "paused"
        assert replay.now.value == day["ts_event"][np.searchsorted(day["ts_event"], bars["time"][at + 1])]
        until(lambda: len(hub.trade_records("BTC-USD")) == replay.world.published)
        assert hub.last("BTC-USD")["ts_event"][0] == replay.now.value

    close, volume = bars["close"], bars["volume"]
    moves = np.abs(close[1:] / close[:-1] - 1)
    at = next(i for i in range(first, len(bars)) if moves[i - 1] >= 0.002)
    replay.run_to("move", "1min", at_least=0.002)
    stopped(at)
    assert "move of" in replay.message
    at = next(i for i in range(at + 1, len(bars)) if volume[i] >= 4 * volume[i - 30 : i].mean())
    replay.run_to("volume", "1min", at_least=4, last=30)
    stopped(at)
    mean = np.convolve(close, np.ones(20) / 20, "valid")  # of bars 19 ..
    above = np.append(np.zeros(19, bool), close[19:] > mean)
    at = next(i for i in range(at + 1, len(bars)) if above[i] and not above[i - 1])
    replay.run_to("close > sma(close, 20)", "1min")
    stopped(at)
    replay.run_to("move", "1min", at_least=0.9).wait(20)
    assert (replay.state, replay.message) == ("ended", "move was not reached")


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda r: r.run_to("move"), DataError, "needs at_least="),
        (lambda r: r.run_to("volume", at_least=-1), DataError, "at_least is greater than 0, got -1"),
        (lambda r: r.run_to("volume", last=0), DataError, "1 to 10,000, got 0"),
        (lambda r: r.run_to("close"), DataError, "is a price"),
        (lambda r: r.run_to("close >"), FormulaError, "close >"),
        (lambda r: r.run_to("volume", "5mni"), SpecError, "did you mean"),
        (lambda r: r.run_to("volume", "ha"), SpecError, r"write ha\(5min\)"),
        (lambda r: r.run_to("volume", symbol="ES"), DataError, "ES is not replayed"),
        (lambda r: r.step(0), DataError, "got 0"),
        (lambda r: r.step(1, "tomorrow"), SpecError, "tomorrow"),
        (lambda r: r.seek("2025-01-01"), DataError, "outside of that"),
        (lambda r: r.seek("noon-ish"), DataError, "cannot be read"),
        (lambda r: setattr(r, "speed", 0.1), DataError, "0.25 .. 1000, got 0.1"),
        (lambda r: setattr(r, "speed", "fast"), DataError, "'max'"),
    ],
)
def test_what_cannot_be_asked_for(call, error, text, replaying) -> None:
    with pytest.raises(error, match=text):
        call(replaying())


def test_what_cannot_be_replayed(replaying, server: EmbeddedRedis, catalog) -> None:
    for arguments, text in (
        ({"symbols": "ES"}, "no trades of ES to replay.*BTC-USD"),
        ({"symbols": []}, "needs a symbol"),
        ({"start": MONDAY + 9 * DAY, "end": MONDAY + 10 * DAY}, "there are no trades of BTC-USD from 2026-03-11"),
        ({"start": MONDAY + 1, "end": MONDAY}, "begins before it ends"),
        ({"speed": 2000}, "0.25 .. 1000"),
        ({"max_wait_s": 0}, "max_wait_s"),
        ({"bus_url": None}, "needs a bus"),
    ):
        with pytest.raises(DataError, match=text):
            replaying(**arguments)
    assert running(server.url) == []
    with pytest.raises(BusError, match="cannot be reached"):
        replaying(bus_url="redis://127.0.0.1:1/0")


def test_several_look_and_any_may_steer(server: EmbeddedRedis, replaying, watching, tape, until) -> None:
    replay = replaying(name="lesson")
    hubs = [watching(replay.url), watching(replay.url)]
    with Replay.attach("lesson", bus_url=server.url) as one, Replay.attach(url=replay.url) as two:
        assert one.seek(MONDAY + HOUR).wait(10)
        for hub in hubs:
            same_trades(hub, between(tape, MONDAY, MONDAY + HOUR), until)
        assert two.step(5).wait(10)
        assert (two.now, two.state, one.name, one.progress) == (replay.now, "paused", "lesson", replay.progress)
        two.speed = "max"
        assert one.speed is None
        one.speed = 7
        until(lambda: replay.speed == 7)
        assert one.run_to("volume", "1min").wait(10)
        assert "volume" in replay.message
        with pytest.raises(DataError, match="outside of that"):
            one.seek("1999-01-01")
        ((lease, world),) = running(server.url)
        assert (lease.name, world.symbols, world.id) == ("lesson", ("BTC-USD",), replay.world.id)
        Bus(replay.url).execute("XADD", "wb:control", "*", "c", "garbage")
        Bus(replay.url).execute("XADD", "wb:control", "*", "c", '{"do": "fly"}')
        until(lambda: "a replay cannot 'fly'" in replay.message)
        two.stop()
        until(lambda: replay.state == "stopped")
        until(lambda: one.state == "stopped")
        with pytest.raises(BusError, match="is over"):
            one.play()
    with pytest.raises(BusError, match="is over"):
        replay.play()
    with pytest.raises(UnknownNameError, match="unknown replay 'lesson'"):
        Replay.attach("lesson", bus_url=server.url)
    with pytest.raises(BusError, match="there is no replay on"):
        Replay.attach(url=server.url)
    until(lambda: hubs[0].status().state == "stale")
    assert "was stopped at" in hubs[0].status().message
    assert running(server.url) == []


def test_who_attaches_says_to_what(server: EmbeddedRedis, replaying, monkeypatch: pytest.MonkeyPatch) -> None:
    replay = replaying(name="lesson")
    monkeypatch.delenv("WORKBENCH_REDIS_URL", raising=False)
    for options in ({}, {"name": "lesson"}):
        with pytest.raises(DataError, match="attach to a replay by its name or by the url="):
            Replay.attach(**options)
    monkeypatch.setenv("WORKBENCH_REDIS_URL", server.url)
    with Replay.attach("lesson") as same:
        assert same.world.id == replay.world.id


def test_a_world_that_is_used_again_is_another_one_to_who_still_looks(replaying, watching, stored, tape, until) -> None:
    replay = replaying()
    hub = watching(replay.url)
    live = hub.subscribe("BTC-USD", "1min")
    replay.seek(MONDAY + 2 * HOUR).wait(10)
    same_trades(hub, between(tape, MONDAY, MONDAY + 2 * HOUR), until)
    replay.stop()
    other = replaying(MONDAY + 5 * HOUR, MONDAY + 9 * HOUR)
    assert other.url == replay.url
    other.seek(MONDAY + 6 * HOUR).wait(10)
    same_trades(hub, between(tape, MONDAY + 5 * HOUR, MONDAY + 6 * HOUR), until)
    until(lambda: live.snapshot().join_ns == MONDAY + 5 * HOUR)
    until(lambda: len(live.snapshot().closed) == 59)
    same_bars(live, stored, tape, MONDAY + 6 * HOUR)


def test_symbols_are_merged_and_quotes_come_along(
    server: EmbeddedRedis, replaying, stored, watching, tape, until
) -> None:
    market = SyntheticMarket("ETH-USD")
    eth, quotes = market.trades(MONDAY, MONDAY + 2 * HOUR), market.quotes(MONDAY, MONDAY + 2 * HOUR)
    stored.store.write("synthetic", "trades", "ETH-USD", eth)
    stored.store.write("synthetic", "quotes", "ETH-USD", quotes)
    replay = replaying(end=MONDAY + 2 * HOUR, symbols=["BTC-USD", "ETH-USD"])
    hub, bus = watching(replay.url), Bus(replay.url)
    btc = between(tape, MONDAY, MONDAY + 2 * HOUR)
    both = np.sort(np.concatenate([btc["ts_event"], eth["ts_event"]]))
    for steps in (1, 10, 100):
        before = replay.world.now
        assert replay.step(steps).wait(10)
        place = int(np.searchsorted(both, before, "right")) if before > MONDAY else 0
        assert replay.now.value == both[place + steps - 1]
        for symbol, trades in (("BTC-USD", btc), ("ETH-USD", eth)):
            same_trades(hub, trades[trades["ts_event"] <= replay.now.value], until, symbol)
        got = sent_quotes(bus)
        behind = quotes["ts_event"] <= replay.now.value
        np.testing.assert_array_equal(got["bid"], quotes["bid"][behind][: len(got)])
        assert behind.sum() - len(got) <= 1  # one of the very instant of another symbol's trade may follow
    assert replay.play().wait(20)
    same_trades(hub, eth, until, "ETH-USD")
    np.testing.assert_array_equal(sent_quotes(bus)[["ts_event", "bid", "ask"]], quotes[["ts_event", "bid", "ask"]])


def sent_quotes(bus: Bus) -> np.ndarray:
    found = bus.execute("XRANGE", "wb:quotes:ETH-USD", "-", "+")
    parts = [decode(dict(zip(f[::2], f[1::2], strict=True))).records for _, f in found]
    return np.concatenate(parts) if parts else np.empty(0, QUOTE)


def test_on_a_shared_bus_it_is_refused_where_somebody_feeds(
    server: EmbeddedRedis, bus: Bus, replaying, open_publisher, open_hub, stored, tape, record, until
) -> None:
    live = open_publisher("live")
    live.publish("BTC-USD", tape[-10:])
    assert live.flush()
    with pytest.raises(BusError, match="somebody feeds BTC-USD on 127.0.0.1|somebody feeds BTC-USD on redis://"):
        replaying(url=server.url)
    bus.execute("DEL", "wb:trades:BTC-USD")
    # Another symbol there is live, and stays so.
    now = record(50)
    live.publish("X", now)
    assert live.flush()
    hub = open_hub(stored)
    bars = hub.subscribe("X", "1min")
    until(lambda: len(hub.trade_records("X")) == 50)
    replay = replaying(MONDAY, MONDAY + HOUR, url=server.url)
    assert replay.url == server.url
    with pytest.raises(BusError, match=f"replay {replay.name} is on redis://"):
        replaying(url=server.url, symbols="BTC-USD")
    assert replay.play().wait(20)
    same_trades(hub, between(tape, MONDAY, MONDAY + HOUR), until)
    until(lambda: len(hub.trade_records("X")) == 50)
    replay.seek(MONDAY + 10 * MINUTE).wait(20)
    same_trades(hub, between(tape, MONDAY, MONDAY + 10 * MINUTE), until)
    until(lambda: len(hub.trade_records("X")) == 50)
    until(lambda: bars.snapshot().closed.tobytes() == bars_from_trades(now, "1min")[:-1].tobytes())
    replay.stop()
    assert bus.execute("EXISTS", WORLD) == 0
    assert bus.execute("XLEN", "wb:trades:BTC-USD") == 0
    until(lambda: hub.world is None)
    until(lambda: len(hub.trade_records("X")) == 50)
    assert bus.execute("XLEN", "wb:trades:X") > 0


def test_a_redis_that_goes_away_is_waited_for(server: EmbeddedRedis, replaying, watching, stored, tape, until) -> None:
    replay = replaying(end=MONDAY + 12 * HOUR)
    hub = watching(replay.url)
    replay.seek(MONDAY + HOUR).wait(10)
    same_trades(hub, between(tape, MONDAY, MONDAY + HOUR), until)
    server.kill()
    until(lambda: hub.status().state == "reconnecting")
    replay.play()
    server.start()
    assert replay.wait(30) and replay.state == "ended"
    same_trades(hub, between(tape, MONDAY, MONDAY + 12 * HOUR), until)
    assert hub.status().gaps == 0
    server.kill()
    replay.seek(MONDAY + 2 * HOUR)
    server.start()
    assert replay.wait(30) and replay.state == "paused"
    same_trades(hub, between(tape, MONDAY, MONDAY + 2 * HOUR), until)


def test_a_world_given_to_another_ends_the_replay(server: EmbeddedRedis, replaying, until, monkeypatch) -> None:
    from workbench.live.replay import outlet

    monkeypatch.setattr(outlet, "_RENEW_S", 0.0)
    replay = replaying()
    Bus(server.url).execute("HSET", "wb:worlds", 1, "another")
    until(lambda: replay.state == "failed")
    assert "was given to another world" in replay.message
    assert Bus(server.url).execute("HGET", "wb:worlds", 1) == b"another"


def test_threads_end(server: EmbeddedRedis, replaying) -> None:
    before = threading.active_count()
    with replaying() as replay:
        assert threading.active_count() > before
        assert "btc-usd" in repr(replay) and "ready" in repr(replay)
    replay.stop()
    assert threading.active_count() == before
