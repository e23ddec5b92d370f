"""Replays by other doors: the feed, the services, the command line; and hubs whose tape is full."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from workbench.bars import bars_from_trades
from workbench.cli import app
from workbench.config import Settings
from workbench.errors import BusError, DataError
from workbench.live import tapes
from workbench.live.bus import Bus
from workbench.live.embedded import EmbeddedRedis
from workbench.live.feeds import feeds, run_feed
from workbench.live.hub import Hub
from workbench.live.replay import Replay
from workbench.live.worlds import WORLD, World
from workbench.services import Services


@pytest.fixture
def tape(catalog, record) -> np.ndarray:
    trades = record(6000, hours=5)
    catalog.store.write("recorded", "trades", "X", trades)
    return trades


def test_the_feed_publishes_on_its_bus_and_ends(
    server: EmbeddedRedis, bus: Bus, catalog, tape, open_hub, until
) -> None:
    assert "replay" in feeds.names()
    hub, faults = open_hub(catalog), []

    def work() -> None:
        try:
            options = {"symbols": ["X"], "start": "2024-03-04 13:00", "end": "2024-03-04 14:00", "speed": 1000.0}
            run_feed("replay", server.url, threading.Event(), catalog=catalog, **options)
        except Exception as error:
            faults.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    low = int(np.datetime64("2024-03-04T13:00", "ns").astype("i8"))
    until(lambda: len(hub.trade_records("X")) > 300)
    first = tape[tape["ts_event"] >= low]
    shown = hub.trade_records("X")
    assert np.array_equal(shown[["ts_event", "price"]], first[["ts_event", "price"]][: len(shown)])
    assert hub.world.shared and hub.status("X").state == "live"
    thread.join()
    assert faults == []
    assert bus.execute("EXISTS", WORLD) == 0
    assert bus.execute("XLEN", "wb:trades:X") == 0


def test_the_feed_needs_something_to_replay(server: EmbeddedRedis, catalog) -> None:
    with pytest.raises(DataError, match="needs a catalog"):
        run_feed("replay", server.url, threading.Event(), symbols=["X"])
    with pytest.raises(DataError, match="no trades of X to replay"):
        run_feed("replay", server.url, threading.Event(), catalog=catalog, symbols=["X"])


def test_bars_begun_late_are_whole_though_the_tape_forgot(
    server: EmbeddedRedis, catalog, tape, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the hub let go of stands in the store; a new subscription begins there."""
    monkeypatch.setattr(tapes, "KEEP_TRADES", 1000)
    with Replay(catalog, "X", bus_url=server.url, speed=None) as replay:
        hub = Hub(replay.url, catalog).start()
        try:
            assert replay.start().wait(20)
            until(lambda: hub.status().trades == len(tape))
            assert len(hub.trade_records("X")) <= 1000
            for spec in ("1min", "1h", "100tick", "renko:0.2"):
                live = hub.subscribe("X", spec)
                assert live.wait_begun(10) and live.wait_ready(10)
                shot = live.snapshot()
                sessions = catalog.instrument("X").calendar if spec == "100tick" else None
                whole = bars_from_trades(tape, spec, sessions)
                whole = whole[whole["time"] >= shot.join_ns]
                np.testing.assert_array_equal(np.concatenate([shot.closed, shot.forming]), whole)
                assert shot.gap is None
        finally:
            hub.stop()


def test_services_stop_what_they_began(server: EmbeddedRedis, tmp_path: Path, tape, until) -> None:
    services = Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path / "catalogs", redis_url=server.url))
    replay = services.replay("X", speed=None)
    assert replay.step(3).wait(10)
    services.close()
    assert replay.state == "stopped"
    with pytest.raises(BusError, match="is over"):
        replay.play()


@pytest.fixture
def command(server: EmbeddedRedis, tmp_path: Path, tape, monkeypatch: pytest.MonkeyPatch):
    from workbench import services

    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_REDIS_URL", server.url)
    monkeypatch.setattr(services, "_services", None)
    yield lambda *words: CliRunner().invoke(app, ["replay", *words])
    if services._services is not None:
        services._services.close()


def test_the_command_replays_to_the_end(server: EmbeddedRedis, command, tape) -> None:
    result = command(
        "X", "--from", "2024-03-04 13:00", "--to", "2024-03-04 13:30", "--speed", "max", "--name", "lesson"
    )
    assert result.exit_code == 0, result.output
    assert "lesson on redis://127.0.0.1" in result.output
    bus = Bus(server.url.replace("/0", "/1"))
    world = World.from_json(bus.execute("GET", WORLD))
    low, high = (int(np.datetime64(f"2024-03-04T13:{m}", "ns").astype("i8")) for m in ("00", "30"))
    inside = (tape["ts_event"] >= low) & (tape["ts_event"] < high)
    assert (world.state, world.published, world.start, world.end) == ("stopped", inside.sum(), low, high)
    assert 0 < bus.execute("TTL", "wb:trades:X") <= 3600, "what was published goes away by itself"


def test_the_command_lists_and_complains(server: EmbeddedRedis, command, catalog) -> None:
    assert "No replay is running" in command("--list").output
    with Replay(catalog, "X", bus_url=server.url, speed=None, name="lesson") as replay:
        assert replay.step().wait(10)
        text = command("--list").output
        assert all(word in text for word in ("lesson", "paused", "max", replay.url))
    for words, message in (
        ((), "name a symbol to replay"),
        (("Y",), "no trades of Y to replay"),
        (("X", "--speed", "0.1"), "0.25 .. 1000"),
        (("X", "--from", "noonish"), "--from 'noonish' cannot be read"),
    ):
        result = command(*words)
        assert result.exit_code == 1 and message in result.output


def test_the_word_of_a_world_is_plain_json(server: EmbeddedRedis, catalog, tape) -> None:
    with Replay(catalog, "X", bus_url=server.url, speed=10, name="lesson") as replay:
        said = json.loads(Bus(replay.url).execute("GET", WORLD))
        assert said["kind"] == "replay" and said["symbols"] == ["X"] and said["speed"] == 10
        assert {"start", "end", "now", "state", "epoch", "progress"} <= said.keys()
