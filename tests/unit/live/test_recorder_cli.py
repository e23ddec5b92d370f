"""``workbench record``, ``gaps`` and ``retention``."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from workbench.catalog.store import Store
from workbench.cli import app
from workbench.config import child_environment, load_settings
from workbench.errors import ConfigError
from workbench.live.bus import Bus
from workbench.live.codec import Batch, Producer
from workbench.live.recorder import recorders


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("WORKBENCH_RETENTION", raising=False)
    monkeypatch.delenv("WORKBENCH_REDIS_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_in_good_order(how, home: Path, server, bus: Bus, record, until) -> None:
    trades = record(100)
    who = str(Producer("me", int(trades["ts_event"][0]), "a"))
    bus.publish("trades", "X", Batch("trades", trades[:40], 0, who))
    bus.publish("trades", "X", Batch("trades", trades[60:], 60, who))
    bus.publish("trades", "Y", Batch("trades", trades, 0, who))
    command = [sys.executable, "-m", "workbench", "record", "X", "--url", server.url, "--every", "1h", "--lease", "1"]
    environment = child_environment(WORKBENCH_DATA_DIR=str(home / "data"))
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: any(one.buffered == 80 for one in recorders(bus)), 60.0)
            process.send_signal(how)
            said = process.communicate(timeout=60)[1]
        finally:
            process.kill()
    assert process.returncode == 0, said
    assert "stopping: storing what was read" in said
    assert "off: 1 symbols, 80 rows in 1 files" in said
    stored = Store(home / "data").read("recorded", "trades", "X")
    np.testing.assert_array_equal(stored, np.concatenate([trades[:40], trades[60:]]))
    assert not Store(home / "data").held("Y")
    assert recorders(bus) == []
    result = run("gaps")
    assert re.match(
        r"recorded/trades/X  2024-03-04 1\S+ to 2024-03-04 1\S+ +20 missing  never came  noticed ", result.output
    )
    assert "20,never came" in run("gaps", "X", "--csv").output
    assert run("gaps", "Y").output == "no gaps are known\n"


def test_without_a_bus_it_says_how_to_get_one(home: Path) -> None:
    result = run("record")
    assert result.exit_code == 1
    assert "a recorder needs a bus: set WORKBENCH_REDIS_URL" in result.output
    for options, said in [
        (("--every", "soon"), "--every 'soon' cannot be read"),
        (("--kinds", "bars"), "record one or more of trades, quotes, book"),
    ]:
        result = run("record", "--url", "redis://127.0.0.1:1", *options)
        assert result.exit_code == 1
        assert said in result.output


def test_retention_prints_what_it_removes(home: Path, record, monkeypatch) -> None:
    assert "no rules" in run("retention").output
    store, trades = Store(home / "data"), record(100)  # of 2024
    store.write("recorded", "trades", "X", trades)
    monkeypatch.setenv("WORKBENCH_RETENTION", '{"recorded/trades": "90d"}')
    for options, verb, left in [(("--dry-run",), "would be removed", 100), ((), "removed", 0)]:
        output = run("retention", *options).output
        assert "recorded/trades/X 2024-03-04: 100 rows" in output
        assert f"1 partitions, 100 rows, 0.000 GiB {verb}" in output
        assert store.manifest("recorded", "trades", "X").rows == left
    assert store.manifest("recorded", "rollup_1s", "X").rows > 0
    assert "0 partitions" in run("retention").output


def test_the_setting_is_a_table_or_json(home: Path, monkeypatch) -> None:
    (home / "workbench.toml").write_text('[retention]\n"*/book" = "7d"\n')
    assert load_settings().retention == {"*/book": "7d"}
    monkeypatch.setenv("WORKBENCH_RETENTION", '{"recorded/trades": "90d"}')
    assert load_settings().retention["recorded/trades"] == "90d"
    monkeypatch.setenv("WORKBENCH_RETENTION", "90d")
    with pytest.raises(ConfigError, match="retention: .*must be JSON such as"):
        load_settings()
    monkeypatch.setenv("WORKBENCH_RETENTION", '{"recorded/trades": "long"}')
    result = run("retention")
    assert result.exit_code == 1
    assert "an age is a number above 0" in result.output


def test_the_recorder_keeps_house_once_a_day(server, home: Path, record, until) -> None:
    from workbench.live.recorder import Recorder

    store, trades, now = Store(home / "data"), record(100), [int(np.datetime64("2024-03-10", "ns").astype("i8"))]
    store.write("recorded", "trades", "X", trades)
    rows = lambda: store.manifest("recorded", "trades", "X").rows  # noqa: E731
    with Recorder(server.url, store, retention={"recorded/trades": "6d"}, clock=lambda: now[0]):
        until(lambda: server.pid and recorders(server.url))
        assert rows() == 100
        now[0] += 24 * 3600 * 1_000_000_000
        until(lambda: rows() == 0)
