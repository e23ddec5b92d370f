from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from workbench.bars import bars_from_trades
from workbench.errors import BusError, SpecError
from workbench.live import pipeline, tapes
from workbench.live.bus import Bus
from workbench.live.codec import Batch, Producer
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.market.events import BAR, TRADE
from workbench.market.specs import SECOND


def all_bars(live) -> np.ndarray:
    shot = live.snapshot()
    return np.concatenate([shot.closed, shot.forming])


def same(live, trades: np.ndarray) -> None:
    np.testing.assert_array_equal(all_bars(live), bars_from_trades(trades, live.spec))


def send(bus: Bus, trades: np.ndarray, seq: int = 0, *, who: str = "", symbol: str = "X") -> None:
    who = who or str(Producer("me", int(trades["ts_event"][0]), "a"))
    bus.publish("trades", symbol, Batch("trades", trades, seq, who))


def test_bars_of_the_stream_are_bars_of_its_trades(open_hub, open_publisher, record, until) -> None:
    trades, hub, publisher = record(20_000), open_hub(), open_publisher()
    early = {spec: hub.subscribe("X", spec) for spec in ("1s", "1min", "1h")}
    for part in np.array_split(trades, 200):
        publisher.publish("X", part)
    assert publisher.flush()
    until(lambda: hub.status().trades == len(trades))
    late = {spec: hub.subscribe("X", spec) for spec in ("5s", "5min", "1d")}
    for live in [*early.values(), *late.values()]:
        assert live.wait_ready(10)
        same(live, trades)
    np.testing.assert_array_equal(hub.trade_records("X"), trades)
    assert len(hub.trades("X", 7)) == 7
    np.testing.assert_array_equal(hub.last("X"), trades[-1:])
    assert len(hub.last("unknown")) == 0
    assert hub.symbols() == ["X"]
    assert len(hub.bars("X", "1min")) == len(bars_from_trades(trades, "1min"))


def test_of_too_many_trades_the_longest_tape_lets_go(monkeypatch, open_hub, open_publisher, record, until) -> None:
    monkeypatch.setattr(tapes, "KEEP_ALL_TRADES", 20_000)
    trades, hub, publisher = record(40_000), open_hub(), open_publisher()
    bars = hub.subscribe("BUSY", "1min")
    for part in np.array_split(trades[:30_000], 60):
        publisher.publish("BUSY", part)
    for symbol in ("A", "B", "C"):
        publisher.publish(symbol, trades[:1_500])
    for part in np.array_split(trades[30_000:], 20):
        publisher.publish("BUSY", part)
    assert publisher.flush()
    until(lambda: hub.status().trades == 44_500)
    assert bars.wait_ready(10)
    same(bars, trades)
    assert {symbol: len(hub.trade_records(symbol)) for symbol in "ABC"} == dict.fromkeys("ABC", 1_500)
    kept = hub.trade_records("BUSY")
    np.testing.assert_array_equal(kept, trades[-len(kept) :])
    assert 3_000 <= len(kept) <= 20_000 - 3 * 1_500
    assert hub.status("BUSY").trades == 40_000


def test_a_killed_redis_loses_and_doubles_nothing(
    server: EmbeddedRedis, open_hub, open_publisher, record, until
) -> None:
    trades, hub, publisher = record(30_000), open_hub(), open_publisher()
    live = {spec: hub.subscribe("X", spec) for spec in ("1s", "1min")}
    parts = np.array_split(trades, 300)
    done = threading.Event()

    def tape() -> None:
        never = threading.Event()
        for part in parts:
            publisher.publish("X", part)
            never.wait(0.01)
        done.set()

    feeding = threading.Thread(target=tape)
    feeding.start()
    try:
        for share in (0.1, 0.4):
            until(lambda share=share: hub.status().trades > share * len(trades))
            server.kill()
            until(lambda: hub.status().state == "reconnecting", 2.0)
            assert "cannot be reached" in hub.status().message
            server.start()
            until(lambda: hub.status().state == "live")
    finally:
        feeding.join()
    assert publisher.flush(20)
    until(lambda: hub.status().trades >= len(trades))
    np.testing.assert_array_equal(hub.trade_records("X"), trades)
    for one in live.values():
        same(one, trades)
        assert one.snapshot().gap is None
    assert (hub.status().gaps, hub.status().dead_letters, publisher.lost) == (0, 0, 0)


@pytest.mark.parametrize("emptied", [True, False], ids=["empty", "behind"])
def test_a_redis_that_came_back_with_less_does_not_stall_us(
    emptied: bool, server: EmbeddedRedis, bus: Bus, open_hub, open_publisher, record, until
) -> None:
    trades, hub, publisher = record(3000), open_hub(), open_publisher()
    publisher.publish("X", trades[:1000])
    until(lambda: hub.status().trades == 1000)
    # A clock behind the old one: IDs given out from now on are smaller than those that were read.
    hub._reader.positions["wb:trades:X"] = "99999999999999-5"
    if emptied:
        bus.execute("FLUSHALL")
    server.stop()
    server.start()
    publisher.publish("X", trades[1000:])
    until(lambda: hub.status().trades == 3000)
    np.testing.assert_array_equal(hub.trade_records("X"), trades)
    assert hub.status().gaps == 0


def test_garbage_goes_to_the_dead_letters(bus: Bus, open_hub, record, until) -> None:
    trades, hub = record(100), open_hub()
    live = hub.subscribe("X", "1s")
    bad = trades[50:60].copy()
    bad["price"][2], bad["ts_event"][4], bad["size"][6], bad["side"][8] = np.nan, 2**62, -1, 9
    send(bus, trades[:50])
    who = str(Producer("me", int(trades["ts_event"][0]), "a"))
    for fields in (["x", "y"], ["v", "1", "k", "trades"], ["v", "2"]):
        bus.execute("XADD", "wb:trades:X", "*", *fields)
    send(bus, bad, 50, who=who)
    send(bus, trades[60:], 60, who=who)
    until(lambda: hub.status().dead_letters == 4 and hub.status().trades == 96)
    good = np.concatenate([trades[:50], bad[[0, 1, 3, 5, 7, 9]], trades[60:]])
    np.testing.assert_array_equal(hub.trade_records("X"), good)
    same(live, good)
    until(lambda: bus.execute("XLEN", "wb:dead") == 4)
    letters = [dict(zip(f[::2], f[1::2], strict=True)) for _, f in bus.execute("XRANGE", "wb:dead", "-", "+")]
    assert {letter[b"key"] for letter in letters} == {b"wb:trades:X"}
    assert b"lacks the fields" in letters[0][b"reason"]
    assert b"version" in letters[2][b"reason"]
    assert b"4 of 10 trades" in letters[3][b"reason"]
    assert b"more than a day ahead (1)" in letters[3][b"reason"]
    assert hub.status().gaps == 0
    assert hub.status().state == "live"


def test_a_key_of_another_type_is_left_out(bus: Bus, open_hub, record, until) -> None:
    hub = open_hub()
    send(bus, record(10))
    send(bus, record(10), symbol="Y")
    until(lambda: hub.status().trades == 20)
    bus.execute("SET", "wb:trades:X", "text")
    send(bus, record(30)[10:], 10, symbol="Y", who=str(Producer("me", int(record(10)["ts_event"][0]), "a")))
    until(lambda: hub.status().trades == 40)
    until(lambda: hub.symbols() == ["Y"])
    bus.execute("DEL", "wb:trades:X")
    send(bus, record(5), who="somebody else")
    until(lambda: hub.status().trades == 45)


def test_repeated_and_missing_numbers(bus: Bus, open_hub, record, until) -> None:
    trades, hub = record(1000), open_hub()
    live = hub.subscribe("X", "1min")
    who = str(Producer("me", int(trades["ts_event"][0]), "a"))
    for first, last in [(0, 100), (0, 100), (50, 200), (120, 130), (300, 400), (350, 1000)]:
        send(bus, trades[first:last], first, who=who)
    until(lambda: hub.status().trades == 900)
    expected = np.concatenate([trades[:200], trades[300:]])
    np.testing.assert_array_equal(hub.trade_records("X"), expected)
    same(live, expected)
    (gap,) = hub.gaps("X")
    assert (gap.start, gap.end, gap.missing) == (trades["ts_event"][199], trades["ts_event"][300], 100)
    assert live.snapshot().gap == (gap.start, gap.end)
    assert hub.status().gaps == 1


def test_a_stream_cut_past_our_position_is_a_gap(
    server: EmbeddedRedis, bus: Bus, open_hub, open_publisher, record, until
) -> None:
    trades, hub, publisher = record(2000), open_hub(), open_publisher()
    publisher.publish("X", trades[:500])
    until(lambda: hub.status().trades == 500)
    # What was appended and cut before the hub could read it.
    bus.execute("MULTI")
    who = str(publisher._out["X"].producer)
    for first in range(500, 2000, 500):
        send(bus, trades[first : first + 500], first, who=who)
    bus.execute("XTRIM", "wb:trades:X", "MAXLEN", 1)
    bus.execute("EXEC")
    until(lambda: hub.status().trades == 1000)
    (gap,) = hub.gaps("X")
    assert (gap.start, gap.end, gap.missing) == (trades["ts_event"][499], trades["ts_event"][1500], 1000)


def test_a_new_sequence_of_a_producer_goes_on_by_time(bus: Bus, open_hub, record, until) -> None:
    trades, hub = record(1000, hours=30), open_hub()
    trades["ts_event"] += np.arange(1000)
    times = trades["ts_event"]
    live = hub.subscribe("X", "1h")
    send(bus, trades[:400])
    send(bus, trades[300:600], who=str(Producer("me", int(times[300]), "b")))  # overlaps: no gap, no double
    send(bus, trades[600:800], who=str(Producer("me", int(times[599]) + 1, "c")))  # follows at once
    until(lambda: hub.status().trades == 800)
    assert hub.gaps("X") == []
    same(live, trades[:800])
    send(bus, trades[900:], who=str(Producer("me", int(times[900]), "d")))
    until(lambda: hub.status().trades == 900)
    (gap,) = hub.gaps("X")
    assert (gap.start, gap.end) == (times[799], times[900])


def test_two_hubs_and_two_producers(open_hub, open_publisher, record, until) -> None:
    one, two, hubs = record(500), record(500, seed=2), [open_hub(), open_hub()]
    publishers = open_publisher("one"), open_publisher("two")
    for a, b in zip(np.array_split(one, 10), np.array_split(two, 10), strict=True):
        publishers[0].publish("X", a)
        publishers[1].publish("X", b)
        assert all(p.flush() for p in publishers)
    for hub in hubs:
        until(lambda hub=hub: hub.status().trades == 1000)
        assert hub.status().gaps == 0
    np.testing.assert_array_equal(hubs[0].trade_records("X"), hubs[1].trade_records("X"))


def test_equal_subscriptions_share_and_the_last_frees(open_hub, open_publisher, record, until) -> None:
    hub, publisher = open_hub(), open_publisher()
    publisher.publish("X", record(100))
    until(lambda: hub.status().trades == 100)
    a, b, other = hub.subscribe("X", "60s"), hub.subscribe("X", "1min"), hub.subscribe("X", "1min", session="XNYS")
    assert hub.node_count() == 2
    assert all(one.wait_ready(5) for one in (a, b, other))
    assert a.snapshot() is b.snapshot()
    node = weakref.ref(a._node)
    assert hub._tapes.pipeline.nodes("X") == 3  # the tape and two sets of bars
    a.close()
    a.close()
    assert hub.node_count() == 2
    b.close()
    other.close()
    assert hub.node_count() == 0
    until(lambda: hub._tapes.pipeline.nodes("X") == 1)
    del a, b
    until(lambda: gc.collect() >= 0 and node() is None)


def test_two_hundred_open_and_close_cycles_leave_nothing(open_hub, open_publisher, record, until) -> None:
    hub, publisher = open_hub(), open_publisher()
    publisher.publish("X", record(100))
    until(lambda: hub.status().trades == 100)
    for _ in range(200):
        with hub.subscribed("X", "1min"), hub.subscribed("X", "5s"):
            pass
    until(lambda: hub._reader.idle and hub._tapes.pipeline.nodes("X") == 1)
    assert (hub.node_count(), hub._handles, hub._tapes.known["X"].nodes) == (0, {}, [])


def test_threads_end_and_streams_are_let_go(server: EmbeddedRedis, bus: Bus, record, until) -> None:
    from streamz.sinks import _global_sinks

    sinks, threads = len(_global_sinks), threading.active_count()
    send(bus, record(10))
    hub = Hub(server.url).start()
    hub.subscribe("X", "1s")
    until(lambda: hub.status().trades == 10)
    assert threading.active_count() == threads + 1
    hub.stop()
    hub.stop()
    assert threading.active_count() == threads
    assert len(_global_sinks) == sinks
    assert hub.status().state == "off"
    with pytest.raises(BusError, match="was stopped"):
        hub.start()


def test_a_hub_without_redis_says_so_and_ends(until) -> None:
    hub = Hub("redis://127.0.0.1:1/0")
    assert hub.status().state == "off"
    hub.start()
    live = hub.subscribe("X", "1min")
    assert hub.status().state == "connecting"
    assert len(live.snapshot().closed) == len(live.snapshot().forming) == 0
    assert live.snapshot().closed.dtype == BAR
    hub.stop()
    with pytest.raises(SpecError, match="did you mean"):
        hub.subscribe("X", "1mni")


def test_kinds_that_are_made_of_bars_need_a_base(open_hub) -> None:
    with pytest.raises(SpecError, match=r"write ha\(5min\)"):
        open_hub().subscribe("X", "ha")
    with pytest.raises(SpecError, match=r"write linebreak:3\(5min\)|write linebreak\(5min\)"):
        open_hub().bars("X", "linebreak")


def test_stale_when_an_open_market_is_quiet(bus: Bus, server: EmbeddedRedis, record, until) -> None:
    now = [int(np.datetime64("2024-03-04T15:00", "ns").astype("i8"))]  # a Monday
    hub = Hub(server.url, stale_after_s=10, clock=lambda: now[0]).start()
    try:
        until(lambda: hub.status().state == "live")
        now[0] += 11 * SECOND
        assert hub.status().state == "stale"
        assert "start a feed" in hub.status().message
        send(bus, record(10))
        until(lambda: hub.status().trades == 10)
        assert hub.status("X").state == "live"
        now[0] += 11 * SECOND
        assert (hub.status().state, hub.status("X").state) == ("stale", "stale")
        assert "no trade of X for 11 s" in hub.status("X").message
        assert hub.status().since_ns == now[0] - SECOND
    finally:
        hub.stop()


def test_a_closed_market_is_not_stale(bus: Bus, server: EmbeddedRedis, catalog, record, until) -> None:
    now = [int(np.datetime64("2024-03-02T15:00", "ns").astype("i8"))]  # a Saturday
    hub = Hub(server.url, catalog, stale_after_s=10, clock=lambda: now[0]).start()
    try:
        for symbol in ("AAPL", "BTC-USD"):
            send(bus, record(10, start="2024-03-01T15:00"), symbol=symbol)
        until(lambda: hub.status().trades == 20)
        now[0] += 60 * SECOND
        assert hub.status("AAPL").state == "live"
        assert hub.status("BTC-USD").state == "stale"
        assert hub.status().state == "stale"
    finally:
        hub.stop()


def test_a_fault_in_one_node_is_a_gap_there_and_nowhere_else(
    bus: Bus, open_hub, record, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    trades, hub = record(100), open_hub()
    broken, fine = hub.subscribe("X", "1s"), hub.subscribe("X", "1min")
    assert broken.wait_ready(5)
    assert fine.wait_ready(5)
    monkeypatch.setattr(broken._node, "take", lambda *a, **k: 1 / 0)
    send(bus, trades)
    until(lambda: broken.snapshot().gap is not None)
    until(lambda: fine.version > 0)
    same(fine, trades)
    assert hub.status().state == "live"


def test_a_fault_in_the_pipeline_is_a_dead_letter(bus: Bus, open_hub, record, until, monkeypatch) -> None:
    hub = open_hub()
    monkeypatch.setattr(pipeline, "check_trades", lambda *a: 1 / 0)
    send(bus, record(10))
    until(lambda: hub.status().dead_letters == 1)
    monkeypatch.undo()
    send(bus, record(20)[10:], 10, who=str(Producer("me", int(record(10)["ts_event"][0]), "a")))
    until(lambda: hub.status().trades == 10)


def test_trades_that_form_no_bars_are_kept_but_move_no_price(bus: Bus, open_hub, record, until) -> None:
    trades, hub = record(10), open_hub()
    trades["flags"] = [0] * 5 + [1] * 5
    live = hub.subscribe("X", "1min")
    send(bus, trades)
    until(lambda: live.version)
    assert live.snapshot().last_price == trades["price"][4]
    assert hub.status().trades == 10
    assert hub.trade_records("X").dtype == TRADE


def shuffled(trades: np.ndarray, reach: int) -> np.ndarray:
    """The trades, each up to ``reach`` places from its own."""
    noise = np.random.default_rng(3)
    return trades[np.argsort(np.arange(len(trades)) + noise.integers(0, reach, len(trades)), kind="stable")]


def in_order(trades: np.ndarray) -> np.ndarray:
    return trades[np.argsort(trades["ts_event"], kind="stable")]


def test_disorder_inside_of_a_batch_is_mended_for_everybody(bus: Bus, open_hub, record, until) -> None:
    trades, hubs = shuffled(record(2000), 8), [open_hub(), open_hub()]
    early = hubs[0].subscribe("X", "1s")
    who = str(Producer("me", int(trades["ts_event"].min()), "a"))
    for first in range(0, 2000, 100):
        send(bus, trades[first : first + 100], first, who=who)
    expected = np.concatenate([in_order(part) for part in np.array_split(trades, 20)])
    for hub in hubs:
        until(lambda hub=hub: hub.status().trades == 2000)
        np.testing.assert_array_equal(hub.trade_records("X"), expected)
        behind = expected["ts_event"] < np.maximum.accumulate(expected["ts_event"])
        assert hub.status("X").disorder == hub.status().disorder == behind.sum() > 0
    late = hubs[1].subscribe("X", "1s")
    for live in (early, late):
        assert live.wait_ready(5)
    np.testing.assert_array_equal(all_bars(early), all_bars(late))
    assert early.snapshot().late == late.snapshot().late == hubs[0].status("X").late == hubs[0].status().late > 0
    # What is in no bar was counted; nothing else is missing.
    assert all_bars(early)["trades"].sum() + early.snapshot().late >= (trades["flags"] == 0).sum()


def test_a_hold_mends_disorder_between_batches_and_lets_go_by_the_clock(bus: Bus, open_hub, record, until) -> None:
    trades = shuffled(record(2000, hours=0.02), 64)  # 72 s: 64 prints are at most some seconds
    hub = open_hub(reorder_ms=20_000)
    live = {spec: hub.subscribe("X", spec) for spec in ("1s", "1min", "50tick", "ha(1s)")}
    who = str(Producer("me", int(trades["ts_event"].min()), "a"))
    for first in range(0, 2000, 40):
        send(bus, trades[first : first + 40], first, who=who)
    until(lambda: hub.status().entries == 50)
    held = 2000 - hub.status().trades
    assert 0 < held < 1500, "the last seconds wait for older prints"
    hub.stop()  # what waits is not lost
    assert hub.status().trades == 2000
    np.testing.assert_array_equal(hub.trade_records("X"), in_order(trades))
    for one in live.values():
        same(one, in_order(trades))
        assert one.snapshot().late == 0
    assert (hub.status().late, hub.status().disorder, hub.status("X").gaps) == (0, 0, 0)


def test_held_prints_come_out_by_the_clock_also_while_redis_is_away(
    server: EmbeddedRedis, bus: Bus, open_hub, record, until
) -> None:
    trades, hub = shuffled(record(100, hours=0.0001), 10), open_hub(reorder_ms=1500)  # 0.4 s of event time
    live = hub.subscribe("X", "1min")
    send(bus, trades)
    until(lambda: hub.status().entries == 1)
    server.kill()
    until(lambda: hub.status().state == "reconnecting")
    until(lambda: hub.status().trades == 100)
    assert hub.status().state == "reconnecting"
    same(live, in_order(trades))
    server.start()
    until(lambda: hub.status().state == "live")
    bus.close()
    send(bus, trades[:10], who=str(Producer("another", 0, "b")))
    until(lambda: hub.status().trades == 110)


def test_prints_that_come_too_late_for_their_bar_are_counted(bus: Bus, open_hub, record, until) -> None:
    trades, hub = record(300), open_hub()
    trades["flags"] = 0
    lives = [hub.subscribe("X", spec) for spec in ("1min", "1h", "50tick")]
    send(bus, trades[100:], who=str(Producer("one", 0, "a")))
    send(bus, trades[:100], who=str(Producer("two", 0, "b")))
    until(lambda: hub.status().trades == 300)
    counts = []
    for live in lives:
        assert live.wait_ready(5)
        closed_before = trades["ts_event"][:100] < all_bars(live)["time"][-1]
        expected = 0 if live.spec == "50tick" else int(closed_before.sum())
        assert live.snapshot().late == expected
        assert all_bars(live)["trades"].sum() == 300 - expected
        counts.append(expected)
    assert hub.status("X").late == hub.status().late == max(counts) > 0
    assert hub.status("Y").late == 0
