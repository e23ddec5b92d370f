from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import BusError
from workbench.live import embedded
from workbench.live.bus import Bus
from workbench.live.codec import Batch
from workbench.live.embedded import EmbeddedRedis
from workbench.market.events import TRADE


def test_what_was_stored_is_there_after_a_stop(server: EmbeddedRedis, bus: Bus) -> None:
    bus.publish("trades", "X", Batch("trades", np.ones(3, TRADE), 0, "p"))
    server.stop()
    with pytest.raises(BusError, match="cannot be reached"):
        bus.ping()
    assert server.start() == bus.url
    assert bus.last_entry("trades", "X")[1].end == 3


def test_the_port_stays_after_a_crash(server: EmbeddedRedis, bus: Bus) -> None:
    first, url = server.pid, server.url
    server.kill()
    assert server.pid is None
    assert server.start() == url
    assert server.pid != first
    assert bus.ping()


def test_a_second_one_joins_and_does_not_stop_the_first(server: EmbeddedRedis, bus: Bus) -> None:
    note = server.folder / "server.json"
    note.write_text(note.read_text().replace(f'"owner": {os.getpid()}', '"owner": 1'))
    other = EmbeddedRedis(server.folder)
    assert other.start() == server.url
    other.stop()
    assert bus.ping()


def test_one_left_behind_is_stopped_by_the_next(server: EmbeddedRedis, bus: Bus, until) -> None:
    note = server.folder / "server.json"
    note.write_text(note.read_text().replace(f'"owner": {os.getpid()}', '"owner": 2147483646'))
    other = EmbeddedRedis(server.folder)
    assert other.start() == server.url
    other.stop()

    def gone() -> bool:
        try:
            return not bus.ping()
        except BusError:
            return True

    until(gone)


def test_it_listens_on_loopback_only_and_is_append_only(server: EmbeddedRedis, bus: Bus) -> None:
    assert bus.execute("CONFIG", "GET", "bind")[1] == b"127.0.0.1"
    assert bus.execute("CONFIG", "GET", "appendonly")[1] == b"yes"


def test_a_damaged_note_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text("{")
    redis = EmbeddedRedis(tmp_path)
    redis.start()
    redis.stop()
    redis.stop()
    assert not (tmp_path / "server.json").exists()


def test_without_a_program_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded.shutil, "which", lambda name: None)
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BusError, match="apt install redis-server"):
        EmbeddedRedis(tmp_path).start()


def test_a_server_that_does_not_start_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "appendonly.aof").write_bytes(b"not a log\r\n" * 10)
    (tmp_path / "appendonlydir").write_bytes(b"not a folder")  # where newer servers keep it
    with pytest.raises(BusError, match="did not start"):
        EmbeddedRedis(tmp_path).start()
