from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

from workbench.errors import BusError, UnknownNameError
from workbench.live.bus import Bus, BusRefused, without_password
from workbench.live.codec import Batch, Producer
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.status import of_world
from workbench.live.worlds import (
    LOST_AFTER_S,
    REGISTRY,
    WORLD,
    Registry,
    World,
    WorldWatch,
    database_of,
    new_id,
    producer_of,
    stamp_of,
    with_database,
)
from workbench.market.specs import DAY, SECOND

START = int(np.datetime64("2024-03-04T12:00", "ns").astype("i8"))


def world(name: str = "one", **changes: object) -> World:
    one = World(new_id(), name, "replay", ("X",), START, START + DAY, START)
    return dataclasses.replace(one, **changes)


@pytest.fixture
def registry(server: EmbeddedRedis):
    one = Registry(server.url)
    yield one
    one.close()


@pytest.mark.parametrize(
    ("url", "number", "other"),
    [
        ("redis://host:6379/0", 0, "redis://host:6379/5"),
        ("redis://host:6379", 0, "redis://host:6379/5"),
        ("redis://me:secret@host/3?ssl=1", 3, "redis://me:secret@host/5?ssl=1"),
        ("unix:///run/redis.sock?db=2", 2, "unix:///run/redis.sock?db=5"),
        ("rediss://host:6379?db=4", 4, "rediss://host:6379/5"),
    ],
)
def test_addresses_of_databases(url: str, number: int, other: str) -> None:
    assert (database_of(url), with_database(url, 5), database_of(other)) == (number, other, 5)
    assert "secret" not in without_password(url)


def test_what_a_world_says_is_read_back_and_garbage_is_nothing() -> None:
    one = world(speed=2.5, message="ünï", state="paused")
    assert World.from_json(one.to_json()) == one
    assert World.from_json(one.to_json().replace('"id"', '"later_field":1,"id"').encode()) == one
    for text in (None, b"", b"{}", b"[1]", b"\xff", "text", '{"id": 1}'):
        assert World.from_json(text) is None


def test_producers_of_worlds_are_told_by_world_and_epoch() -> None:
    one = world(epoch=12)
    producer = producer_of(one)
    assert Producer.parse(str(producer)) == producer
    assert producer.since == one.start
    assert stamp_of(str(producer)) == (one.id, 12)
    assert [stamp_of(text) for text in ("", "synthetic:7@0-ab", "replay:x", "replay:x@0-zz")] == [None] * 4


def test_each_world_has_a_database_of_its_own(server: EmbeddedRedis, registry: Registry) -> None:
    one, two = registry.take(world("one")), registry.take(world("two"))
    assert (one.database, two.database) == (1, 2)
    assert [lease.name for lease in registry.worlds()] == ["one", "two"]
    assert registry.find("two") == two
    assert registry.url_of(two) == with_database(server.url, 2)
    with pytest.raises(BusError, match="there is a replay called 'one'"):
        registry.take(world("one"))
    with pytest.raises(UnknownNameError, match="unknown replay 'tow': did you mean two"):
        registry.find("tow")
    registry.free(one)
    registry.free(one)
    assert [lease.name for lease in registry.worlds()] == ["two"]
    assert registry.take(world("three")).database == 1


def test_a_database_is_emptied_before_it_is_a_world_but_never_that_of_others(
    server: EmbeddedRedis, registry: Registry
) -> None:
    buses = [Bus(with_database(server.url, number)) for number in range(4)]
    buses[1].execute("SET", "somebody", "else")
    buses[2].execute("SET", WORLD, world("was here").to_json())
    buses[2].execute("SET", "wb:old", "1")
    buses[3].execute("SET", WORLD, world("live beside", shared=True).to_json())
    assert registry.take(world("one")).database == 2
    assert registry.take(world("two")).database == 4
    assert buses[2].execute("DBSIZE") == 0
    assert buses[1].execute("GET", "somebody") == b"else"
    assert buses[3].execute("EXISTS", WORLD) == 1
    assert buses[0].execute("HLEN", REGISTRY) == 2
    for bus in buses:
        bus.close()


def test_when_all_are_taken_it_says_so(server: EmbeddedRedis, registry: Registry) -> None:
    other = Bus(with_database(server.url, 7))
    other.execute("SET", "somebody", "else")
    leases = [registry.take(world(str(i))) for i in range(14)]
    assert len({lease.database for lease in leases}) == 14
    with pytest.raises(BusError, match="of 15, 14 are worlds already, 1 hold keys of others; stop one"):
        registry.take(world("more"))
    other.close()


@pytest.mark.parametrize("answer", [[b"databases", b"1"], BusRefused("unknown command CONFIG")])
def test_a_server_with_one_database_is_refused(answer, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    execute = Bus.execute

    def one_only(bus: Bus, *command: object) -> object:
        if command[0] == "CONFIG":
            if isinstance(answer, Exception):
                raise answer
            return answer
        if command[0] == "PING":
            raise BusRefused("DB index is out of range")
        return execute(bus, *command)

    monkeypatch.setattr(Bus, "execute", one_only)
    with pytest.raises(BusError, match="only one database.*give url="):
        registry.take(world())


def test_a_lost_world_is_taken_over_and_its_owner_learns_it(registry: Registry, monkeypatch) -> None:
    first = registry.take(world("one"))
    assert (kept := registry.renew(first)) is not None
    now = registry._now()
    monkeypatch.setattr(registry, "_now", lambda: now + LOST_AFTER_S + 1)
    assert registry.worlds() == []
    # Nobody has taken it: it goes on.
    kept = registry.renew(kept)
    assert kept is not None and [lease.name for lease in registry.worlds()] == ["one"]
    monkeypatch.setattr(registry, "_now", lambda: now + 3 * LOST_AFTER_S)
    second = registry.take(world("one"))
    assert second.database == kept.database
    assert registry.renew(kept) is None
    registry.free(kept)
    assert registry.worlds() == [second]


def test_two_who_take_at_once_get_two(server: EmbeddedRedis) -> None:
    found, gate = [], threading.Barrier(6)

    def take(i: int) -> None:
        one = Registry(server.url)
        gate.wait()
        found.append(one.take(world(str(i))).database)
        one.close()

    threads = [threading.Thread(target=take, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 6


def test_a_watch_tells_the_time_of_the_world(server: EmbeddedRedis, bus: Bus) -> None:
    watch = WorldWatch(server.url, lambda: 5)
    assert (watch.look(now=True), watch.known, watch.now(), watch.newest()) == (None, True, 5, 5)
    bus.execute("SET", WORLD, world(state="paused", now=START + 7, beat=1).to_json())
    assert watch.look(now=True).now == START + 7
    assert (watch.now("X"), watch.now("Y"), watch.newest()) == (START + 7, START + 7, START + DAY)
    bus.execute("SET", WORLD, world(state="playing", now=START + 7, speed=1000.0, beat=2).to_json())
    watch.look(now=True)
    assert START + 7 <= watch.now() <= START + DAY
    bus.execute("SET", WORLD, world(state="playing", now=START + DAY - 1, speed=1000.0, beat=3).to_json())
    watch.look(now=True)
    assert watch.now() <= START + DAY
    bus.execute("SET", WORLD, world(state="paused", shared=True, beat=4).to_json())
    watch.look(now=True)
    assert (watch.now("X"), watch.now("Y"), watch.now(), watch.of("Y")) == (START, 5, 5, None)
    assert watch.newest() == START + DAY
    watch.close()


def test_a_watch_that_is_asked_for_now_says_nothing_old(server: EmbeddedRedis, bus: Bus) -> None:
    watch = WorldWatch(server.url, lambda: 5)
    one = world()
    bus.execute("SET", WORLD, one.to_json())
    assert watch.look(now=True) == one
    server.kill()
    assert watch.look() == one
    with pytest.raises(BusError):
        watch.look(now=True)
    server.start()
    Bus(server.url).execute("SET", WORLD, (later := dataclasses.replace(one, epoch=2)).to_json())
    assert watch.look(now=True) == later
    server.kill()
    server.start()  # what it had is on the disk; the connection of before is dead
    assert watch.look(now=True).id == one.id
    watch.close()


def test_without_redis_the_watch_knows_nothing() -> None:
    watch = WorldWatch("redis://127.0.0.1:1/0", lambda: 5)
    assert (watch.look(), watch.known, watch.now()) == (None, False, 5)


@pytest.mark.parametrize(
    ("changes", "silent", "state", "message"),
    [
        ({"state": "playing"}, 0.1, None, None),
        ({"state": "seeking"}, 0.1, None, None),
        ({"state": "paused", "now": START + 3600 * SECOND}, 0.1, "live", "replay one rests at 2024-03-04 13:00:00 UTC"),
        ({"state": "ended"}, 0.1, "live", "replay one is at its end"),
        ({"state": "stopped"}, 0.1, "stale", "replay one was stopped at 2024-03-04 12:00:00 UTC"),
        ({"state": "failed", "message": "why"}, 0.1, "stale", "replay one: why"),
        ({"state": "playing"}, 20.0, "stale", "replay one says nothing since 20 s"),
        ({"state": "paused"}, 20.0, "stale", "says nothing since 20 s"),
    ],
)
def test_what_a_hub_says_of_a_world(changes, silent, state, message) -> None:
    found = of_world(world(**changes), silent)
    if state is None:
        assert found is None
    else:
        assert found[0] == state and message in found[1]


def test_a_hub_on_a_bus_of_a_world_is_stale_by_its_clock(
    bus: Bus, server: EmbeddedRedis, catalog, record, until
) -> None:
    """Also of what nobody trades: a closed market is not stale."""
    wall = [10**18]
    one = world(state="playing", now=START, beat=1, symbols=("AAPL",))
    bus.execute("SET", WORLD, one.to_json())
    trades = record(10, hours=0.001)
    hub = Hub(server.url, catalog, stale_after_s=10, clock=lambda: wall[0]).start()
    try:
        bus.publish("trades", "AAPL", Batch("trades", trades, 0, str(producer_of(one))))
        until(lambda: hub.status().trades == 10)
        assert hub.world.id == one.id
        assert hub.status("AAPL").state == "live"
        wall[0] += 60 * SECOND  # the wall alone makes nothing stale
        assert hub.status("AAPL").state == "live"

        def at(hour: int, beat: int) -> None:
            now = int(trades["ts_event"][-1]) // DAY * DAY + hour * 3600 * SECOND
            bus.execute("SET", WORLD, dataclasses.replace(one, now=now, speed=0.25, beat=beat).to_json())
            until(lambda: hub.world.beat == beat)

        at(16, 2)  # New York trades at 16:00 UTC of a Monday
        assert (hub.status("AAPL").state, hub.status().state) == ("stale", "stale")
        assert "s of the replay" in hub.status("AAPL").message
        at(23, 3)
        assert hub.status("AAPL").state == "live"
        assert abs(hub.now("AAPL") - int(trades["ts_event"][-1]) // DAY * DAY - 23 * 3600 * SECOND) < 60 * SECOND
    finally:
        hub.stop()


def test_trades_of_a_later_epoch_than_its_word_are_believed(
    bus: Bus, server: EmbeddedRedis, catalog, record, until
) -> None:
    """Redis came back without the newest word, and the publisher was quicker than who says it again."""
    one, trades = world(state="playing", symbols=("AAPL",)), record(10, hours=0.001)
    bus.execute("SET", WORLD, one.to_json())
    hub = Hub(server.url, catalog).start()
    try:
        bus.publish("trades", "AAPL", Batch("trades", trades, 0, str(producer_of(one))))
        until(lambda: hub.status().trades == 10)
        later = dataclasses.replace(one, epoch=2)
        bus.publish("trades", "AAPL", Batch("trades", trades[:4], 0, str(producer_of(later))))
        until(lambda: len(hub.trade_records("AAPL")) == 4)
        hub._worlds.look(now=True)
        bus.publish("trades", "AAPL", Batch("trades", trades[4:6], 4, str(producer_of(later))))
        bus.publish("trades", "AAPL", Batch("trades", trades[6:], 10, str(producer_of(one))))
        bus.execute("SET", WORLD, later.to_json())
        until(lambda: hub.world.epoch == 2)
        until(lambda: hub.status().entries == 4)
        assert hub.trade_records("AAPL").tobytes() == trades[:6].tobytes()
    finally:
        hub.stop()
