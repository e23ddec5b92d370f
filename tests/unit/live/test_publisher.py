from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from workbench.errors import BusError, DataError
from workbench.live import publisher as module
from workbench.live.bus import Bus
from workbench.live.codec import Batch, Producer, decode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.publisher import Publisher
from workbench.market.events import TRADE


def stored(bus: Bus, symbol: str = "X") -> list[Batch]:
    reply = bus.execute("XRANGE", f"wb:trades:{symbol}", "-", "+")
    return [decode(dict(zip(f[::2], f[1::2], strict=True))) for _, f in reply]


def assert_once(batches: list[Batch], trades: np.ndarray) -> None:
    """Numbered without a hole or a repetition, and the very trades."""
    ends = np.cumsum([len(b.records) for b in batches])
    assert [b.seq for b in batches] == [0, *ends[:-1]]
    np.testing.assert_array_equal(np.concatenate([b.records for b in batches]), trades)


def test_batches_are_cut_at_the_limit(bus: Bus, open_publisher, record) -> None:
    trades, publisher = record(1300), open_publisher(max_ms=10_000)
    for part in np.array_split(trades, 130):
        publisher.publish("X", part)
    assert publisher.flush()
    assert_once(stored(bus), trades)
    assert max(len(b.records) for b in stored(bus)) <= 512


def test_a_few_are_sent_without_a_flush(bus: Bus, open_publisher, record, until) -> None:
    publisher = open_publisher()
    publisher.publish("X", record(3))
    until(lambda: publisher.waiting == 0)
    assert_once(stored(bus), record(3))
    who = Producer.parse(stored(bus)[0].producer)
    assert (who.name, who.since) == ("recorded", record(3)["ts_event"][0])


class Unanswered(Bus):
    """Stores what it is given, and loses the reply every other time."""

    calls = 0

    def publish_many(self, items):
        replies = super().publish_many(items)
        self.calls += 1
        if self.calls % 2:
            self.close()
            raise BusError("the reply was lost")
        return replies


def test_a_lost_reply_doubles_nothing(server: EmbeddedRedis, bus: Bus, record) -> None:
    trades, between = record(4000), Unanswered(server.url)
    publisher = Publisher(between, "recorded")
    for part in np.array_split(trades, 8):
        publisher.publish("X", part)
        assert publisher.flush()
    assert publisher.close()
    assert between.calls >= 8
    assert_once(stored(bus), trades)


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_a_tail_that_redis_lost_is_sent_again(
    lost: int, server: EmbeddedRedis, bus: Bus, open_publisher, record: Callable[..., np.ndarray]
) -> None:
    trades, publisher = record(2000), open_publisher()
    for part in np.array_split(trades[:1000], 5):
        publisher.publish("X", part)
        assert publisher.flush()
    for entry_id, _ in bus.execute("XREVRANGE", "wb:trades:X", "+", "-", "COUNT", lost):
        bus.execute("XDEL", "wb:trades:X", entry_id)
    server.stop()
    server.start()
    publisher.publish("X", trades[1000:])
    assert publisher.flush()
    bus.close()
    assert_once(stored(bus), trades)
    assert publisher.lost == 0


def test_what_waits_while_redis_is_away_is_sent_later(server: EmbeddedRedis, bus: Bus, open_publisher, record) -> None:
    trades, publisher = record(3000), open_publisher()
    publisher.publish("X", trades[:10])
    assert publisher.flush()
    server.stop()
    for part in np.array_split(trades[10:], 20):
        publisher.publish("X", part)
    assert not publisher.flush(timeout_s=0.2)
    assert "cannot be reached" in publisher.error
    server.start()
    bus.close()
    assert publisher.flush()
    assert_once(stored(bus), trades)


def test_what_cannot_be_kept_is_counted(
    server: EmbeddedRedis, bus: Bus, open_publisher, record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_ROWS", 500)
    trades, publisher = record(2000), open_publisher()
    server.stop()
    for part in np.array_split(trades, 20):
        publisher.publish("X", part)
    assert publisher.lost == 1500
    server.start()
    bus.close()
    assert publisher.flush()
    kept = stored(bus)
    assert kept[0].seq == 1500
    np.testing.assert_array_equal(np.concatenate([b.records for b in kept]), trades[1500:])


def test_the_ring_of_sent_records_is_bounded(open_publisher, record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RING_ROWS", 300)
    publisher = open_publisher()
    for part in np.array_split(record(5000), 50):
        publisher.publish("X", part)
        assert publisher.flush()
    assert publisher._out["X"].rows <= 400


def test_a_restarted_one_goes_on_where_the_stream_ends(bus: Bus, open_publisher, record) -> None:
    trades = record(1000)
    trades["ts_event"][400:600] = trades["ts_event"][400]
    trades["ts_event"][:400] -= 1
    first = open_publisher(max_rows=50)
    first.publish("X", trades[:520])
    assert first.close()
    second = open_publisher()
    tail = second.tail("X")
    assert (tail.next, tail.last_event, tail.ties) == (520, trades["ts_event"][400], 120)
    second.begin("X", tail.producer.since, after=tail)
    second.publish("X", trades[520:])
    assert second.flush()
    assert_once(stored(bus), trades)
    assert len({b.producer for b in stored(bus)}) == 1


def test_of_a_stream_of_equal_times_all_are_ties(open_publisher, record) -> None:
    trades = record(10)
    trades["ts_event"] = 5
    publisher = open_publisher(max_rows=3)
    publisher.publish("X", trades)
    assert publisher.flush()
    assert publisher.tail("X").ties == 10
    assert open_publisher("another").tail("X") is None


def test_a_full_entry_does_not_wait(bus: Bus, open_publisher, record, until) -> None:
    publisher, trades = open_publisher(max_rows=4, max_ms=1e8), record(11)
    publisher.publish("Y", trades[:3])
    publisher.publish("X", trades[:3])
    assert publisher.waiting == 6
    publisher.publish("X", trades[3:10])
    until(lambda: publisher.waiting == 0)  # once it goes, it takes along what waits beside it
    publisher.publish("X", trades[10:])
    assert publisher.waiting == 1 and len(stored(bus, "X")) == 3
    assert publisher.flush()
    assert_once(stored(bus, "X"), trades)


def test_many_symbols_are_each_sent_once_and_in_order(bus: Bus, open_publisher, record) -> None:
    publisher, trades = open_publisher(), record(40)
    names = [f"S{i}" for i in range(50)]
    for at in range(0, 40, 4):
        for name in names:
            publisher.publish(name, trades[at : at + 4])
    assert publisher.flush() and publisher.waiting == 0
    for name in names:
        assert_once(stored(bus, name), trades)


def test_it_looks_at_the_streams_when_it_is_told_of_a_loss(bus: Bus, open_publisher, record) -> None:
    publisher, trades = open_publisher(max_rows=5), record(20)
    publisher.publish("X", trades)
    assert publisher.flush()
    # As Redis would be after a crash: the newest entries are gone.
    entries = bus.execute("XRANGE", "wb:trades:X", "-", "+")
    bus.execute("XDEL", "wb:trades:X", *(entry_id for entry_id, _ in entries[-2:]))
    assert publisher.flush() and len(stored(bus, "X")) == 2
    assert publisher.resync()
    assert_once(stored(bus, "X"), trades)


def test_a_refusing_key_does_not_hold_up_the_others(bus: Bus, open_publisher, record, until) -> None:
    bus.execute("SET", "wb:trades:BAD", "text")
    publisher = open_publisher()
    publisher.publish("BAD", record(10))
    publisher.publish("X", record(10))
    until(lambda: publisher.error and len(publisher._out["X"].ring) and publisher.waiting == 10)
    assert_once(stored(bus), record(10))
    bus.execute("DEL", "wb:trades:BAD")
    assert publisher.flush()
    assert_once(stored(bus, "BAD"), record(10))


def test_wrong_records_and_a_closed_publisher_are_refused(open_publisher, record) -> None:
    publisher = open_publisher()
    with pytest.raises(DataError, match="dtype"):
        publisher.publish("X", np.zeros(3))
    publisher.publish("X", np.empty(0, TRADE))
    assert publisher.close()
    assert publisher.close()
    with pytest.raises(BusError, match="was closed"):
        publisher.publish("X", record(1))
