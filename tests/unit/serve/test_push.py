from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbench.catalog.store import Store
from workbench.config import child_environment, load_settings
from workbench.errors import BusError, ConfigError
from workbench.live import push as pushes
from workbench.live.bus import DEAD_KEY, Bus
from workbench.live.codec import decode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.push import Outcome
from workbench.serve import Plan, panel_command
from workbench.serve import push as api_module
from workbench.serve.push import Door

if TYPE_CHECKING:
    from tests.unit.serve.conftest import Served

KEY = "0123456789abcdef"
ROOT = Path(__file__).parents[3]
TRADE = {"symbol": "ES", "price": 1.5, "volume": 2, "timestamp": 1709562600, "id": 1}
BAR = {
    "timestamp": "2024-03-04T14:30:00Z", "open": 10, "high": 12, "low": 9, "close": 11, "volume": 5,
    "chart_info": {"symbol": "ES", "seconds_per_bar": 60},
}  # fmt: skip


class Kept:
    """An inbox that does what a test says."""

    def __init__(self, does: Callable[[], Outcome]) -> None:
        self._does = does
        self.letters: list[tuple[str, bytes, str]] = []

    def bars(self, rows: list) -> Outcome:
        return self._does()

    def trades(self, rows: list, client: str) -> Outcome:
        return self._does()

    def dead_letter(self, *letter: Any) -> None:
        self.letters.append(letter)


def accept(rows: int) -> dict[str, Any]:
    return {"accepted": rows, "duplicates": 0, "replaced": 0, "errors": []}


def test_bars_and_trades_are_taken(api: Served, store: Store, redis: EmbeddedRedis) -> None:
    status, headers, told = api.post("/api/market-data", BAR)
    assert (status, told) == (200, accept(1))
    assert headers["Content-Type"].startswith("application/json") and headers["Cache-Control"] == "no-store"
    minutes = [{**BAR, "timestamp": 1709562600 + 60 * i} for i in range(10_000)]
    assert api.post("/api/market-data/batch", minutes)[::2] == (200, {**accept(9_999), "duplicates": 1})
    assert len(store.read("pushed", "bars_1min", "ES")) == 10_000
    assert api.post("/api/trades", TRADE)[::2] == (200, accept(1))
    many = [{**TRADE, "id": i} for i in range(10_000)]
    assert api.post("/api/trades/batch", many)[::2] == (200, {**accept(9_999), "duplicates": 1})
    found = Bus(redis.url).read({"wb:trades:ES": "0-0"}, 1, 100)["wb:trades:ES"]
    assert [len(decode(fields).records) for _, fields in found] == [1, 9_999]
    assert api.post("/api/trades/batch", [])[::2] == (200, accept(0))


def test_who_sends_is_known_by_the_key(api: Served) -> None:
    assert api.post("/api/trades", TRADE, X_API_Key="", Authorization=f"Bearer {KEY}")[0] == 200
    numbered = {**TRADE, "id": None, "seq": 1}
    answers = [api.post("/api/trades", numbered, X_API_Key=key)[2]["accepted"] for key in (KEY, KEY[::-1], KEY)]
    assert answers == [1, 1, 0]
    for headers in ({"X_API_Key": ""}, {"X_API_Key": KEY[:-1]}, {"X_API_Key": "", "Authorization": f"Basic {KEY}"}):
        status, told, body = api.post("/api/trades", TRADE, **headers)
        assert status == 401 and told["Www-Authenticate"] == "Bearer" and "key" in body["error"]
        assert KEY[:-1] not in body["error"]


def test_without_a_key_nobody_may(served: Callable[[Door], Served]) -> None:
    one = served(Door({}, lambda: pytest.fail("nothing is opened")))
    status, headers, told = one.post("/api/trades", TRADE)
    assert status == 503 and "WORKBENCH_PUSH_KEYS" in told["error"] and "Retry-After" not in headers


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "said"),
    [
        ("/api/trades", b"{", {}, 400, "no JSON"),
        ("/api/trades", b"\xff", {}, 400, "no JSON"),
        ("/api/trades", b"[" * 100_000, {}, 400, "no JSON"),
        ("/api/trades", [TRADE], {}, 400, "one object"),
        ("/api/trades/batch", TRADE, {}, 400, "a list"),
        ("/api/trades/batch", [TRADE] * 10_001, {}, 413, "10,000 rows, got 10,001"),
        ("/api/market-data/batch", b" " * (16 * 2**20 + 1), {}, 413, "16 MiB"),
        ("/api/trades", TRADE, {"Content_Type": "text/plain"}, 415, "text/plain"),
        ("/api/trades", TRADE, {"Content_Type": "application/x-www-form-urlencoded"}, 415, "application/json"),
        ("/api/trades", TRADE, {"Content_Encoding": "gzip"}, 415, "not compressed"),
        ("/api/trades", {**TRADE, "price": "x"}, {}, 422, "1 of 1 rows"),
    ],
)  # fmt: skip
def test_requests_that_are_refused(
    api: Served, path: str, body: object, headers: dict, status: int, said: str, redis: EmbeddedRedis
) -> None:
    answer = api.post(path, body, **headers)
    assert answer[0] == status and said in answer[2]["error"]
    assert "Traceback" not in json.dumps(answer[2])
    letters = Bus(redis.url).execute("XLEN", DEAD_KEY)
    assert letters == (1 if status in (400, 422) else 0)


def test_a_charset_is_no_other_type(api: Served) -> None:
    assert api.post("/api/trades", TRADE, Content_Type="application/json; charset=utf-8")[0] == 200


def test_every_row_that_cannot_be_used_is_named_and_none_is_kept(api: Served, store: Store) -> None:
    rows = [BAR, {**BAR, "high": 1}, 7, {**BAR, "volume": None, "chart_info": None}]
    status, _, told = api.post("/api/market-data/batch", rows)
    assert status == 422 and told["accepted"] == 0
    assert [(one["index"], one["field"]) for one in told["errors"]] == [
        (1, "high"),
        (2, ""),
        (3, "chart_info"),
        (3, "volume"),
    ]
    assert all(one["reason"] for one in told["errors"]) and store.datasets() == []
    told = api.post("/api/market-data/batch", [7] * 150)[2]
    assert len(told["errors"]) == 100 and told["error"].startswith("150 of 150 rows")


def test_other_methods_are_told_in_json(api: Served) -> None:
    request = urllib.request.Request(f"{api.url}/api/trades", headers={"X-API-Key": KEY})
    assert api.ask(request)[::2] == (405, {"error": "Method Not Allowed"})


def test_when_the_bus_is_away_it_is_said_and_the_request_may_be_sent_again(api: Served, redis: EmbeddedRedis) -> None:
    assert api.post("/api/trades", TRADE)[0] == 200
    redis.kill()
    for path, body in (("/api/trades", {**TRADE, "id": 2}), ("/api/market-data", BAR)):
        status, headers, told = api.post(path, body)
        assert status == 503 and headers["Retry-After"] == "1" and "cannot be reached" in told["error"]
    redis.start()
    assert api.post("/api/trades/batch", [TRADE, {**TRADE, "id": 2}])[2] == {**accept(1), "duplicates": 1}
    assert api.post("/api/market-data", BAR)[2] == accept(1)


@pytest.mark.parametrize("error", [BusError("it is away"), OSError(28, "No space left on device")])
def test_when_the_store_is_away(served: Callable[[Door], Served], error: Exception) -> None:
    def fail() -> Outcome:
        raise error

    status, _, told = served(Door({"desk": KEY}, lambda: Kept(fail))).post("/api/market-data", BAR)
    assert status == 503 and str(error) in told["error"]


def test_a_fault_of_ours_is_no_traceback(served: Callable[[Door], Served], caplog: pytest.LogCaptureFixture) -> None:
    status, _, told = served(Door({"desk": KEY}, lambda: Kept(lambda: 1 / 0))).post("/api/trades", TRADE)
    assert (status, told) == (500, {"error": "Internal Server Error"})
    assert "ZeroDivisionError" in caplog.text


def test_a_bucket_has_so_many_requests_and_fills_again() -> None:
    now = 0.0
    door = Door({"a": KEY}, lambda: None, rate=4.0, clock=lambda: now)
    assert [door.wait_for("a") for _ in range(5)] == [0, 0, 0, 0, 0.25]
    assert door.wait_for("b") == 0
    now = 0.3
    assert [round(door.wait_for("a"), 9) for _ in range(2)] == [0, 0.2]
    now = 100.0
    assert [door.wait_for("a") for _ in range(5)] == [0, 0, 0, 0, 0.25]
    slow = Door({}, lambda: None, rate=0.01, clock=lambda: now)
    assert [slow.wait_for("a") for _ in range(2)] == [0, 100]
    door.pool.shutdown()
    slow.pool.shutdown()


def test_too_many_requests_are_told_when_to_come_back(served: Callable[[Door], Served]) -> None:
    kept = Kept(lambda: Outcome(accepted=1))
    one = served(Door({"a": KEY, "b": KEY[::-1]}, lambda: kept, rate=0.3, clock=lambda: 5.0))
    assert one.post("/api/trades", TRADE)[0] == 200
    status, headers, told = one.post("/api/trades", TRADE)
    assert status == 429 and headers["Retry-After"] == "4" and "batches" in told["error"]
    assert one.post("/api/trades", TRADE, X_API_Key=KEY[::-1])[0] == 200
    assert one.post("/api/trades", TRADE, X_API_Key="wrong")[0] == 401


def test_the_server_goes_on_while_rows_are_kept(
    served: Callable[[Door], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "_WAITING", 3)
    begun, go_on = threading.Semaphore(0), threading.Event()

    def slowly() -> Outcome:
        begun.release()
        assert go_on.wait(20)
        return Outcome(accepted=1)

    one = served(Door({"a": KEY}, lambda: Kept(slowly), rate=0))
    with ThreadPoolExecutor(3) as senders:
        sent = [senders.submit(one.post, "/api/trades", TRADE) for _ in range(3)]
        try:
            assert begun.acquire(timeout=20) and begun.acquire(timeout=20)  # both threads are at work
            deadline = time.monotonic() + 20
            while one.door.waiting < 3:
                assert time.monotonic() < deadline
                threading.Event().wait(0.01)
            # The loop answers: those without a key, and those who would have to wait too long.
            assert one.post("/api/trades", TRADE, X_API_Key="x")[0] == 401
            status, headers, told = one.post("/api/trades", TRADE)
            assert status == 503 and headers["Retry-After"] == "1" and "3 requests wait" in told["error"]
        finally:
            go_on.set()
        assert [answer.result()[0] for answer in sent] == [200, 200, 200]
    assert one.door.waiting == 0


# -- the documents, and the server of the pages --------------------------------------------------------------------


def examples() -> list[tuple[str, dict]]:
    """Each curl call of docs/push.md with what it is said to answer."""
    text = (ROOT / "docs" / "push.md").read_text("utf-8")
    found = re.findall(r"```sh\n(curl .*?)```\n\n```json\n(.*?)```", text, re.DOTALL)
    return [(call, json.loads(answer)) for call, answer in found]


def curl(server: Served, call: str) -> dict:
    """What curl does with ``-sS URL -H NAME:VALUE -d BODY``."""
    words = shlex.split(call.replace("$SERVER", server.url).replace("$KEY", KEY))
    assert words[:2] == ["curl", "-sS"]
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
    return server.ask(urllib.request.Request(words[2], words[words.index("-d") + 1].encode(), headers))[2]


def test_the_examples_of_the_documents_are_true(api: Served) -> None:
    found = examples()
    assert len(found) == 5
    for call, answer in found:
        assert curl(api, call) == answer, call


def test_the_limits_in_the_documents_are_those() -> None:
    text = (ROOT / "docs" / "push.md").read_text("utf-8")
    assert pushes.MAX_ROWS == 10_000 and "up to 10,000" in text
    assert api_module.MAX_BODY == 16 * 2**20 and "16 MiB" in text
    assert (pushes.REMEMBER_S, pushes.REMEMBER_IDS) == (
        86_400,
        500_000,
    ) and "24 hours and for the newest 500,000" in text
    assert load_settings().push_rate == 50 and "(50; 0 for no limit)" in text


def test_keys_are_read_and_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_PUSH_KEYS", f" desk = {KEY}, b={KEY[::-1]} ,")
    settings = load_settings()
    assert settings.push_keys == {"desk": KEY, "b": KEY[::-1]} and KEY not in repr(settings)
    for text in (KEY, f"={KEY}", "desk=short", f"desk={KEY}é", f"desk={KEY},desk={KEY}"):
        monkeypatch.setenv("WORKBENCH_PUSH_KEYS", text)
        with pytest.raises(ConfigError, match="push_keys") as told:
            load_settings()
        assert KEY[:8] not in str(told.value) and "short" not in str(told.value)
    monkeypatch.setenv("WORKBENCH_PUSH_KEYS", "")
    assert load_settings().push_keys == {}


def test_keys_may_lie_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbench.toml").write_text(f'[push_keys]\ndesk = "{KEY}"\n')
    assert load_settings().push_keys == {"desk": KEY}


def test_the_server_of_the_pages_has_it(redis: EmbeddedRedis, tmp_path: Path, api: Served, store: Store) -> None:
    plugins = panel_command([], Plan())
    assert [plugins[i + 1] for i, word in enumerate(plugins) if word == "--plugins"][-1] == "workbench.serve.push"
    (tmp_path / "page.py").write_text("import panel as pn\npn.pane.Str('a page').servable()\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", str(tmp_path / "page.py"), "--port", str(port)]
    command += ["--plugins", "workbench.serve.push", "--enable-xsrf-cookies", "--log-level", "warning"]
    environment = child_environment(
        WORKBENCH_PUSH_KEYS=f"desk={KEY}", WORKBENCH_REDIS_URL=redis.url, WORKBENCH_DATA_DIR=str(store.data_dir)
    )
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    server = subprocess.Popen(command, env=environment, cwd=tmp_path)
    try:
        api.url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            try:
                status, _, told = api.post("/api/market-data", BAR)
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline
                threading.Event().wait(0.05)
        assert (status, told) == (200, accept(1))
        assert api.post("/api/trades", TRADE, X_API_Key="x")[0] == 401
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{api.url}/page", timeout=60) as page:
            assert page.status == 200
    finally:
        server.terminate()
        server.wait(20)
    assert len(store.read("pushed", "bars_1min", "ES")) == 1
