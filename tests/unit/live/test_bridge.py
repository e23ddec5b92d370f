from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.errors import ConfigError
from workbench.live.bridge import PREFIX, Bridge, tick_messages
from workbench.live.bus import DEAD_KEY, Bus, Channels
from workbench.live.codec import decode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.publisher import Publisher

TICK = {"symbol": "BTC-USD", "price": 65000.5, "volume": 0.25, "timestamp": "2024-03-04T12:00:00.5"}


@pytest.fixture
def open_bridge(server: EmbeddedRedis) -> Iterator[Callable[..., Bridge]]:
    made: list[Bridge] = []

    def make(**options: object) -> Bridge:
        made.append(Bridge(server.url, **options).start())
        assert made[-1].wait_ready()
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def ear(server: EmbeddedRedis) -> Iterator[Channels]:
    channels = Channels(server.url, patterns=[f"{PREFIX}*"])
    while not channels.listening:
        channels.read(0.1, 1)
    yield channels
    channels.close()


def say(bus: Bus, *messages: object, symbol: str = "BTC-USD") -> None:
    texts = [one if isinstance(one, bytes) else json.dumps(one) for one in messages]
    bus.execute_many([("PUBLISH", PREFIX + symbol, one) for one in texts])


def trades_of(bus: Bus, symbol: str) -> np.ndarray:
    found = bus.read({f"wb:trades:{symbol}": "0-0"}, 1, 10_000).get(f"wb:trades:{symbol}", [])
    return np.concatenate([decode(fields).records for _, fields in found]) if found else np.empty(0)


def letters(bus: Bus) -> list[dict[bytes, bytes]]:
    return [dict(zip(f[::2], f[1::2], strict=True)) for _, f in bus.execute("XRANGE", DEAD_KEY, "-", "+")]


def test_messages_become_trades(open_bridge: Callable[..., Bridge], bus: Bus, until: Callable) -> None:
    bridge = open_bridge(outward=False)
    times = [1709553600, 1709553600500, 1709553600500001, 1709553600500000002, "2024-03-04T13:00:01+01:00"]
    say(bus, *({**TICK, "timestamp": at, "price": 1 + i, "side": "sell"} for i, at in enumerate(times)))
    say(bus, {"price": 7, "volume": 1, "timestamp": 1709553600, "id": "x"}, symbol="ES")
    until(lambda: len(trades_of(bus, "BTC-USD")) == 5 and len(trades_of(bus, "ES")) == 1)
    got = trades_of(bus, "BTC-USD")
    noon = int(np.datetime64("2024-03-04T12:00", "ns").astype("i8"))
    assert (got["ts_event"] - noon).tolist() == [0, 5 * 10**8, 500_001_000, 500_000_002, 10**9]
    assert got["price"].tolist() == [1, 2, 3, 4, 5] and set(got["side"]) == {-1} and set(got["size"]) == {0.25}
    assert (np.abs(got["ts_recv"] - bus.now()) < 60 * 10**9).all()
    assert (bridge.status.received, bridge.status.published, bridge.status.dead) == (6, 6, 0)


def test_broken_messages_are_put_aside_and_the_others_cross(
    open_bridge: Callable[..., Bridge], bus: Bus, until: Callable
) -> None:
    bridge = open_bridge(outward=False)
    broken = [b"", b"\xff\xfe", b"[" * 5000, b"[1]", b'{"price": NaN}', {**TICK, "price": None}, {**TICK, "volume": -1}]
    broken += [{**TICK, "timestamp": "x"}, {**TICK, "symbol": ["a"]}, b'{"price": ' + b"9" * 5000 + b"}"]
    for one in broken:
        say(bus, one, TICK)
    until(lambda: len(trades_of(bus, "BTC-USD")) == len(broken) and len(letters(bus)) == len(broken))
    assert bridge.status.dead == len(broken) and bridge.status.message == ""
    found = letters(bus)
    assert {one[b"key"] for one in found} == {b"live_ticks:BTC-USD"}
    assert found[1][b"f:message"] == b"\xff\xfe" and all(one[b"reason"] for one in found)
    assert b"volume: is negative: -1" in [one[b"reason"] for one in found]


def test_trades_become_messages_that_a_bridge_does_not_take_back(
    open_bridge: Callable[..., Bridge], open_publisher: Callable[..., Publisher], ear: Channels, bus: Bus,
    record: Callable[..., np.ndarray], until: Callable,
) -> None:  # fmt: skip
    publisher = open_publisher()
    new = record(2_500)
    bridges = [open_bridge(), open_bridge(outward=False)]
    heard: list[dict] = []
    publisher.begin("ES", 0)
    publisher.publish("ES", new)

    def all_heard() -> bool:
        heard.extend(json.loads(data) for _, data in ear.read(0, 10_000))
        return len(heard) >= len(new)

    until(all_heard)
    assert [one["price"] for one in heard] == new["price"].tolist()
    assert [one["volume"] for one in heard] == new["size"].tolist()
    assert [np.datetime64(one["timestamp"][:-6], "ns").astype("i8") for one in heard] == new["ts_event"].tolist()
    assert [{"buy": 1, "sell": -1, "unknown": 0}[one["side"]] for one in heard] == new["side"].tolist()
    until(lambda: all(bridge.status.own == len(new) for bridge in bridges))
    say(bus, {**TICK, "price": 5})
    until(lambda: all(bridge.status.published == 1 for bridge in bridges))
    until(lambda: len(trades_of(bus, "BTC-USD")) == 2)  # of each bridge that listens
    key, reader = "wb:trades:BTC-USD", bridges[0]._ways[-1]._reader
    until(lambda: reader.positions.get(key) == bus.last_ids([key])[key])
    # What came in over the channel stays in: the message itself is all that is ever heard.
    publisher.publish("ES", new[:1])
    until(lambda: heard.extend(json.loads(data) for _, data in ear.read(0, 10)) or len(heard) >= len(new) + 2)
    assert [one["price"] for one in heard[len(new) :]] == [5, new["price"][0]]
    assert bridges[0].status.sent == len(new) + 1 and bridges[0].status.lost == 0


def test_messages_begin_with_the_bridge(
    open_bridge: Callable[..., Bridge], open_publisher: Callable[..., Publisher], ear: Channels,
    record: Callable[..., np.ndarray], until: Callable, bus: Bus,
) -> None:  # fmt: skip
    publisher, trades = open_publisher(), record(20)
    for i in range(10):
        publisher.publish("ES", trades[i : i + 1])
        assert publisher.flush()
    until(lambda: bus.now() // 10**6 > int(bus.last_ids(["wb:trades:ES"])["wb:trades:ES"].partition("-")[0]))
    bridge = open_bridge(inward=False)
    publisher.publish("ES", trades[10:])
    heard: list[float] = []
    until(lambda: heard.extend(json.loads(data)["price"] for _, data in ear.read(0, 100)) or len(heard) >= 10)
    assert heard == trades["price"][10:].tolist() and bridge.status.sent == 10


def test_a_bridge_may_come_before_redis(
    server: EmbeddedRedis, open_publisher: Callable[..., Publisher], record: Callable[..., np.ndarray], until: Callable
) -> None:
    server.kill()
    bridge = Bridge(server.url).start()
    until(lambda: "cannot be reached" in bridge.status.message)
    server.start()
    assert bridge.wait_ready(20)
    open_publisher().publish("ES", record(5))
    until(lambda: bridge.status.sent == 5)
    bridge.stop()
    bridge.stop()


def test_only_the_symbols_that_were_asked_for(
    open_bridge: Callable[..., Bridge],
    bus: Bus,
    ear: Channels,
    open_publisher: Callable[..., Publisher],
    record: Callable[..., np.ndarray],
    until: Callable,
) -> None:
    bridge = open_bridge(symbols=["ES"])
    for symbol in ("NQ", "ES"):
        say(bus, {**TICK, "symbol": symbol}, symbol=symbol)
        open_publisher(symbol).publish(f"{symbol}", record(5))
    until(lambda: bridge.status.published == 1 and bridge.status.sent == 5)
    assert bridge.status.received - bridge.status.own == 1
    assert bus.execute("EXISTS", "wb:trades:NQ") == 1 and len(trades_of(bus, "NQ")) == 5


def test_after_a_lost_connection_it_goes_on_and_readers_see_a_gap(
    open_bridge: Callable[..., Bridge], open_hub: Callable[..., Hub], server: EmbeddedRedis, bus: Bus, until: Callable
) -> None:
    hub, bridge = open_hub(), open_bridge(outward=False)
    say(bus, {**TICK, "timestamp": 1709553600})
    until(lambda: hub.status("BTC-USD").trades == 1)
    server.kill()
    until(lambda: "cannot be reached" in bridge.status.message)
    server.start()
    until(lambda: bridge.status.message == "")
    bus.close()
    for second in (1, 2, 3):
        say(bus, {**TICK, "timestamp": 1709553600 + 60 * second})
    until(lambda: hub.status("BTC-USD").trades == 4)
    assert bridge.status.reconnects >= 1 and bridge.status.lost == 0
    gaps = hub.gaps("BTC-USD")
    assert [(gap.start, gap.end, gap.missing) for gap in gaps] == [(1709553600 * 10**9, 1709553660 * 10**9, None)]


def test_a_silent_connection_is_asked_and_answers(
    server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, bus: Bus, until: Callable
) -> None:
    monkeypatch.setattr("workbench.live.bus._QUIET_S", 0.0)
    channels = Channels(server.url, channels=["live_ticks:A"])
    for _ in range(20):
        assert channels.read(0.01, 10) == []
    say(bus, {"a": 1}, symbol="A")
    heard: list = []
    until(lambda: heard.extend(channels.read(0.01, 10)) or heard)
    assert heard == [("live_ticks:A", b'{"a": 1}')] and channels.connections == 1
    channels.close()


def test_messages_are_json_that_says_everything(record: Callable[..., np.ndarray]) -> None:
    trades = record(3)
    trades["ts_event"][1] = 1709553600_000_000_000
    (one, two, _) = map(json.loads, tick_messages('a"b', trades))
    assert one["symbol"] == 'a"b' and one["via"] == "workbench"
    assert two["timestamp"] == "2024-03-04T12:00:00.000000000+00:00"
    trades["ts_event"] //= 1_000_000
    trades["ts_event"] *= 1_000_000
    assert json.loads(tick_messages("A", trades)[1])["timestamp"] == "2024-03-04T12:00:00.000000+00:00"


def test_a_bridge_without_a_way() -> None:
    with pytest.raises(ConfigError, match="in or out"):
        Bridge("redis://127.0.0.1:1/0", inward=False, outward=False)


def test_the_command_says_what_it_lacks() -> None:
    said = CliRunner().invoke(app, ["bridge"])
    assert said.exit_code == 1 and "WORKBENCH_REDIS_URL" in said.output
    said = CliRunner().invoke(app, ["bridge", "--url", "redis://127.0.0.1:1/0", "--symbols", " ,"])
    assert said.exit_code == 1 and "--symbols" in said.output


def test_the_command_carries_until_it_is_told_to_stop(server: EmbeddedRedis, bus: Bus, until: Callable) -> None:
    command = [sys.executable, "-m", "workbench", "bridge", "--in", "--url", server.url]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr.readline().startswith("Ticks of live_ticks:* go in at redis://127.0.0.1")

        def crossed() -> bool:
            say(bus, TICK, b"{")
            return len(trades_of(bus, "BTC-USD")) > 0

        until(crossed)
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=20)[1]
        sent = len(trades_of(bus, "BTC-USD"))
        assert running.returncode == 0
        assert f"{sent:,} trades, {len(letters(bus)):,} broken, 0 of our own. Out: 0 messages" in said
    finally:
        running.kill()
        running.wait()
