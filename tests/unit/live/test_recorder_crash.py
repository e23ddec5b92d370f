"""Killed at random moments under load, the recorder or Redis or both: everything is stored once.

The short form runs always. ``WORKBENCH_CRASHES=50 WORKBENCH_CRASHES_REDIS=10`` runs the long one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from workbench.bars import bars_from_trades
from workbench.catalog.store import Store
from workbench.live.embedded import EmbeddedRedis
from workbench.live.publisher import Publisher
from workbench.market.events import TRADE
from workbench.market.specs import SECOND

CRASHES = int(os.environ.get("WORKBENCH_CRASHES", "4"))
CRASHES_REDIS = int(os.environ.get("WORKBENCH_CRASHES_REDIS", "2"))
SYMBOLS = ("X", "Y", "Z")
PER_S = 3_000  # trades of each symbol

_PROGRAM = """
import sys, threading
from workbench.catalog.store import Store
from workbench.live.recorder import Recorder
recorder = Recorder(sys.argv[1], Store(sys.argv[2]), every_s=0.05, lease_s=0.5).start()
print("on", flush=True)
sys.stdin.read()
recorder.stop()
"""


class Feed:
    """Publishes numbered trades from a thread, some late and many of one time, until it is told to end."""

    def __init__(self, publisher: Publisher) -> None:
        self.sent: dict[str, list[np.ndarray]] = {symbol: [] for symbol in SYMBOLS}
        self._publisher, self._ended = publisher, threading.Event()
        self._noise = np.random.default_rng(7)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        step, number = 0.02, 0
        count = int(PER_S * step)
        while not self._ended.wait(step):
            for symbol in SYMBOLS:
                trades = np.zeros(count, TRADE)
                trades["price"] = number + np.arange(count)
                trades["ts_event"] = 1_700_000_000 * SECOND + (trades["price"] // 5).astype("i8") * 1_000_000
                late = self._noise.random(count) < 0.01
                trades["ts_event"][late] -= self._noise.integers(0, 3 * SECOND, late.sum())
                trades["ts_recv"], trades["size"] = trades["ts_event"], 1
                self.sent[symbol].append(trades)
                self._publisher.publish(symbol, trades)
            number += count

    def end(self) -> dict[str, np.ndarray]:
        """Stop, and give all that was published, by symbol."""
        self._ended.set()
        self._thread.join()
        return {symbol: np.concatenate(sent) for symbol, sent in self.sent.items()}


@contextlib.contextmanager
def recording(url: str, folder: Path) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, url, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"on\n"
        yield process
    finally:
        if process.poll() is None:
            process.stdin.close()
            process.wait(60)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def stored_rows(folder: Path) -> int:
    held = [Store(folder).manifests("recorded", symbol).datasets.get("trades") for symbol in SYMBOLS]
    return sum(entry.rows for entry in held if entry)


def check(folder: Path, published: dict[str, np.ndarray]) -> None:
    """Stored trades are those published, by value and number, none missing, none twice; and so are their bars."""
    store = Store(folder)
    for symbol, trades in published.items():
        stored = store.read("recorded", "trades", symbol)
        numbers = np.sort(stored["price"].astype("i8"))
        np.testing.assert_array_equal(numbers, np.arange(len(trades)))
        np.testing.assert_array_equal(stored, trades[np.argsort(trades["ts_event"], kind="stable")])
        store.verify("recorded", "trades", symbol)
        for spec in ("1s", "1min"):
            bars = bars_from_trades(stored, spec)
            np.testing.assert_array_equal(store.read("recorded", f"rollup_{spec}", symbol), bars)
        assert store.manifests("recorded", symbol).datasets["trades"].gaps == ()


def run(
    redis: EmbeddedRedis, folder: Path, until: Callable, *, kills: dict[str, int], seed: int, side: int = 1
) -> None:
    """Kill what ``kills`` names, so many times each in any order; ``side`` recorders run side by side."""
    chance, pause = np.random.default_rng(seed), threading.Event()
    publisher = Publisher(redis.url, "recorded")
    feed = Feed(publisher)
    plan = chance.permutation([what for what, times in kills.items() for _ in range(times)])
    running = [contextlib.ExitStack() for _ in range(side)]
    try:
        processes = [one.enter_context(recording(redis.url, folder)) for one in running]
        for what in plan:
            before = stored_rows(folder)
            until(lambda before=before: stored_rows(folder) > before, 60.0)
            # Any moment of a commit, not only the one behind it.
            pause.wait(chance.uniform(0, 0.25))
            victim = int(chance.integers(side))
            if what != "redis":
                processes[victim].send_signal(signal.SIGKILL)
                processes[victim].wait()
            if what != "recorder":
                redis.kill()
                pause.wait(chance.uniform(0, 0.3))
                redis.start()
            if what != "redis":
                running[victim].close()
                processes[victim] = running[victim].enter_context(recording(redis.url, folder))
        published = feed.end()
        assert publisher.flush(30)
        total = sum(map(len, published.values()))
        until(lambda: stored_rows(folder) >= total, 60.0)
        for one in running:
            one.close()
        assert [process.returncode for process in processes] == [0] * side
        check(folder, published)
        assert publisher.lost == 0
    finally:
        feed.end()
        for one in running:
            one.close()
        publisher.close(timeout_s=0)


def test_the_recorder_is_killed_at_random_moments(server: EmbeddedRedis, tmp_path: Path, until) -> None:
    run(server, tmp_path / "data", until, kills={"recorder": CRASHES}, seed=1)


def test_redis_is_killed_and_both(server: EmbeddedRedis, tmp_path: Path, until) -> None:
    kills = {"redis": CRASHES_REDIS, "both": -(-CRASHES_REDIS // 3)}
    run(server, tmp_path / "data", until, kills=kills, seed=2)


def test_one_of_two_is_killed_and_the_other_takes_over(server: EmbeddedRedis, tmp_path: Path, until) -> None:
    run(server, tmp_path / "data", until, kills={"recorder": -(-CRASHES // 4)}, seed=3, side=2)
