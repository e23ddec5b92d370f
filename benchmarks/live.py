"""The live plane: trades through a real Redis into bars, ticks as JSON over the bridge, a thousand symbols at once.

The publisher is a process of its own, Redis another, the hub is this one. Every trade is counted at the end.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.timing import NO_PEER, goal, row
from workbench.bars import Resampler
from workbench.live.bridge import PREFIX, Bridge
from workbench.live.bus import Bus
from workbench.live.codec import decode
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.latency import Latency
from workbench.live.publisher import Publisher
from workbench.market.events import TRADE

SPECS = ("1s", "5s", "15s", "1min", "5min", "15min", "1h", "4h")
SYMBOLS = ("A", "B", "C", "D")
BLOCK = 16_384
#: Trades that the publisher may be ahead of the hub: a stream that runs away would be cut.
AHEAD = 1_000_000
#: Goals: trades a second, seconds from the call of ``publish`` to the bar (p99), messages a second.
SUSTAINED, PUBLISH_TO_BAR, BRIDGED = 2e6, 0.010, 50_000
#: Of 1,000 symbols none may be without a trade for so long.
STALE_S = 2.0

_PROCESSES = multiprocessing.get_context("spawn")


def run(*, quick: bool = False) -> Iterator[dict]:
    """What is sustained, how long it takes at 100,000 a second, the bridge, and many symbols."""
    warm()
    with redis() as url:
        yield sustained_row(url, 3.0 if quick else 60.0)
    with redis() as url:
        yield latency_row(url, 3.0 if quick else 30.0)
    with redis() as url:
        carried = bridge_row(url, 3.0 if quick else 20.0)
        yield carried
        yield goal(carried["job"], carried["ours"], BRIDGED, carried["checked"], unit="messages/s", better="more")
    with redis() as url:
        yield many_row(url, 5.0 if quick else 300.0)


def warm() -> None:
    """Have everything compiled code is made of loaded, which is no part of what is measured."""
    some = np.zeros(100, TRADE)
    some["price"] = some["size"] = 1.0
    for spec in SPECS:
        Resampler(spec).update_records(some)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A private Redis that writes nothing to the disk."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder) / "redis")
        url = server.start()
        try:
            bus = Bus(url)
            bus.execute("CONFIG", "SET", "appendonly", "no")
            bus.close()
            yield url
        finally:
            server.stop()


# -- publishers, each in a process of its own ----------------------------------------------------------------------


def publish_all(url: str, seconds: float, sent: Synchronized, taken: Synchronized, go: Any) -> None:
    """As much as the hub takes, in turn for each symbol; times are 20 us apart."""
    publisher = Publisher(url, "bench", max_rows=4_096)
    block = np.zeros(BLOCK, TRADE)
    block["price"] = 100 + np.arange(BLOCK) % 7
    block["size"], block["side"] = 1.0, np.where(np.arange(BLOCK) % 4, 1, -1)
    start = time.time_ns() - 12 * 3600 * 10**9
    for one in SYMBOLS:
        publisher.begin(one, start)
    go.wait()
    end, at = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        if sent.value - taken.value > AHEAD or publisher.waiting > AHEAD // 4:
            time.sleep(0.0005)
            continue
        block["ts_event"] = start + (at + np.arange(BLOCK)) * 20_000
        block["ts_recv"] = block["ts_event"]
        for one in SYMBOLS:
            publisher.publish(one, block)
        at += BLOCK
        sent.value += BLOCK * len(SYMBOLS)
    publisher.flush(30)
    publisher.close()


def publish_paced(
    url: str, seconds: float, counts: tuple[Synchronized, Synchronized], symbols: list[str], shape: tuple[int, float]
) -> None:
    """``shape`` is (trades, seconds): so many for each symbol, so often; symbols take turns within that time.

    ``counts`` are the trades sent, and the CPU microseconds that took.
    """
    (trades, every), (sent, used) = shape, counts
    publisher = Publisher(url, "bench")
    records = np.zeros(trades, TRADE)
    records["price"], records["size"] = 100.0, 1.0
    for one in symbols:
        publisher.begin(one, time.time_ns())
    turns = max(1, round(every / 0.001))  # a millisecond each
    groups = [symbols[i::turns] for i in range(turns)]
    begin, tick = time.monotonic(), 0
    while (due := tick * every / turns) < seconds:
        wait = begin + due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        for one in groups[tick % turns]:
            records["ts_event"] = records["ts_recv"] = time.time_ns()
            publisher.publish(one, records)
            sent.value += trades
        tick += 1
    publisher.flush(30)
    publisher.close()
    used.value = int(time.process_time() * 1e6)


def publish_ticks(url: str, seconds: float, sent: Synchronized, taken: Synchronized, ahead: int) -> None:
    """One JSON message a trade, 500 in a round trip, no further ahead than a subscriber's buffer holds."""
    bus, number = Bus(url), 0
    messages = [
        json.dumps({"symbol": "A", "price": 100.5, "volume": 1.0, "timestamp": f"2024-03-04T12:00:00.{i:06d}"}).encode()
        for i in range(10_000)
    ]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if number - taken.value > ahead:
            time.sleep(0.0005)
            continue
        at = number % len(messages)
        bus.execute_many([("PUBLISH", f"{PREFIX}A", one) for one in messages[at : at + 500]])
        number += 500
        sent.value = number
    bus.close()


# -- rows ------------------------------------------------------------------------------------------------------------


def sustained_row(url: str, seconds: float) -> dict:
    """Four symbols, each into bars of eight specs with both sides of the volume, as fast as they are taken."""
    sent, taken, go = _PROCESSES.Value("q", 0), _PROCESSES.Value("q", 0), _PROCESSES.Event()
    hub = Hub(url).start()
    lives = [hub.subscribe(one, spec) for one in SYMBOLS for spec in SPECS]
    feeder = _PROCESSES.Process(target=publish_all, args=(url, seconds, sent, taken, go))
    feeder.start()
    go.set()
    while not hub.status().trades:
        time.sleep(0.001)
    begin, memory = time.monotonic(), []
    while feeder.is_alive() or hub.status().trades < sent.value:
        taken.value = hub.status().trades
        memory.append((time.monotonic() - begin, resident_mb()))
        time.sleep(0.002)
        if time.monotonic() - begin > seconds + 60:
            break
    took, trades = time.monotonic() - begin, hub.status().trades
    feeder.join()
    early = max((mb for at, mb in memory if at < took / 2), default=0.0)
    grown = max(mb for _, mb in memory) - early
    good = trades == sent.value and hub.status().gaps == hub.status().dead_letters == 0
    for live in lives:
        shot = live.snapshot()
        bars = np.concatenate([shot.closed, shot.forming])
        each = sent.value // len(SYMBOLS)
        sides = (bars["buy_volume"].sum(), bars["sell_volume"].sum())
        good &= bool(bars["trades"].sum() == each and sides == (each * 0.75, each * 0.25))
    hub.stop()
    job, note = f"{trades:,} trades -> bars in {len(SPECS)} specs", f"{grown:+.0f} MB in the second half"
    return goal(job, trades / took, SUSTAINED, bool(good), unit="trades/s", better="more", note=note)


def latency_row(url: str, seconds: float) -> dict:
    """100,000 trades a second of one symbol: from the call of ``publish`` until all bars have them."""
    sent, used = _PROCESSES.Value("q", 0), _PROCESSES.Value("q", 0)
    hub = Hub(url).start()
    lives = [hub.subscribe("A", spec) for spec in SPECS]
    feeder = _PROCESSES.Process(target=publish_paced, args=(url, seconds, (sent, used), ["A"], (100, 0.001)))
    feeder.start()
    while not hub.status().trades:
        time.sleep(0.001)
    time.sleep(0.5)  # a process that has just begun
    hub._reader.do(lambda: setattr(hub._reader, "latency", Latency()))
    await_all(hub, feeder, sent)
    time.sleep(0.6)  # until the last of it is in the snapshot
    stages = hub._reader.latency.snapshot.stages
    counted = [int(np.concatenate([(s := one.snapshot()).closed, s.forming])["trades"].sum()) for one in lives]
    hub.stop()
    total = stages["total"]
    good = set(counted) == {sent.value}
    parts = ", ".join(f"{name} {one.p50:.2f}/{one.p99:.2f}" for name, one in stages.items())
    note = f"{sent.value / seconds:,.0f} trades/s; p50/p99 in ms: {parts}"
    return goal("100 k trades/s: publish -> bar, p99", total.p99 / 1e3, PUBLISH_TO_BAR, good, note=note)


def bridge_row(url: str, seconds: float) -> dict:
    """Messages through the bridge onto the bus, beside the usual reader of such messages."""
    sent, taken = _PROCESSES.Value("q", 0), _PROCESSES.Value("q", 0)
    bridge = Bridge(url, outward=False).start()
    bridge.wait_ready()
    took = carry(url, seconds, (sent, taken), lambda: bridge.status.published)
    bridge.stop()
    bus, count, position = Bus(url), 0, "0-0"
    while found := bus.read({"wb:trades:A": position}, 1, 1_000).get("wb:trades:A"):
        count += sum(len(decode(fields).records) for _, fields in found)
        position = found[-1][0].decode()
    bus.close()
    ours, theirs = sent.value / took, pandas_reader(url, seconds)
    note = "beside it is a subscriber that keeps rows in a list, and makes minutes of the last 100,000 twice a second"
    return row(
        "JSON ticks over the bridge", ours, f"Pub/Sub -> pandas {pd.__version__}", theirs, None, count == sent.value,
        unit="messages/s", better="more", note=note,
    )  # fmt: skip


def pandas_reader(url: str, seconds: float) -> float:
    """Messages a second of a plain subscriber that keeps rows in a list and makes minutes of them twice a second."""
    import redis as client

    sent, taken = _PROCESSES.Value("q", 0), _PROCESSES.Value("q", 0)
    pubsub = client.Redis.from_url(url).pubsub()
    pubsub.psubscribe(f"{PREFIX}*")
    rows: list[tuple] = []
    minutes: list[pd.DataFrame] = []
    shown = time.monotonic()

    def read() -> int:
        nonlocal shown
        for _ in range(1_000):
            message = pubsub.get_message(timeout=0)
            if message is None:
                break
            if message["type"] == "pmessage":
                one = json.loads(message["data"])
                rows.append((one["timestamp"], one["price"], one["volume"]))
        if rows and time.monotonic() - shown > 0.5:
            frame = pd.DataFrame(rows[-100_000:], columns=["time", "price", "volume"])
            frame["time"] = pd.to_datetime(frame["time"])
            grouped = frame.set_index("time").resample("1min")
            minutes.append(grouped.agg({"price": ["first", "max", "min", "last"], "volume": "sum"}))
            shown = time.monotonic()
        return len(rows)

    took = carry(url, seconds, (sent, taken), read)
    pubsub.close()
    return sent.value / took


def carry(url: str, seconds: float, counts: tuple, progress: Callable[[], int]) -> float:
    """Publish ticks for so long; seconds from the first one read to the last."""
    sent, taken = counts
    feeder = _PROCESSES.Process(target=publish_ticks, args=(url, seconds, sent, taken, 20_000))
    feeder.start()
    begin = None
    while feeder.is_alive() or taken.value < sent.value:
        taken.value = progress()
        begin = begin or (time.monotonic() if taken.value else None)
        time.sleep(0.0005)
        if begin is not None and time.monotonic() - begin > seconds + 60:
            break
    feeder.join()
    return time.monotonic() - (begin or 0.0)


def many_row(url: str, seconds: float) -> dict:
    """1,000 symbols, 100 trades/s each in bursts of five, minutes of all of them."""
    sent, used = _PROCESSES.Value("q", 0), _PROCESSES.Value("q", 0)
    names = [f"S{i:04d}" for i in range(1_000)]
    hub = Hub(url, stale_after_s=STALE_S).start()
    lives = [hub.subscribe(one, "1min") for one in names]
    feeder = _PROCESSES.Process(target=publish_paced, args=(url, seconds, (sent, used), names, (5, 0.05)))
    feeder.start()
    while len(hub.symbols()) < len(names) or hub.status().trades < 5 * len(names):
        time.sleep(0.05)
    begin, spent, stale, memory = time.monotonic(), time.process_time(), 0, []
    while feeder.is_alive():
        time.sleep(0.5)
        if time.monotonic() - begin > STALE_S:  # before that a market may have been quiet since it was begun
            stale += sum(hub.status(one).state != "live" for one in names)
        memory.append(resident_mb())
    await_all(hub, feeder, sent)
    took = time.monotonic() - begin
    cores = (time.process_time() - spent) / took, used.value / 1e6 / took, redis_cpu(url) / took
    counted = sum(int(np.concatenate([(s := one.snapshot()).closed, s.forming])["trades"].sum()) for one in lives)
    shot = hub._reader.latency.snapshot.stages["total"]
    status = hub.status()
    hub.stop()
    good = counted == status.trades == sent.value and status.gaps == status.dead_letters == 0 and stale == 0
    middle = memory[len(memory) // 2]
    note = f"cores {'/'.join(f'{one:.2f}' for one in cores)} (hub/feed/Redis), p50 {shot.p50:.0f} ms, "
    note += f"p99 {shot.p99:.0f} ms, stale {stale}, "
    note += f"{memory[-1]:.0f} MB, {memory[-1] - middle:+.0f} MB in the second half"
    job = f"1,000 symbols at 100 trades/s each for {seconds:g} s, until the last is in a bar"
    return row(job, sent.value / took, NO_PEER, None, None, bool(good), unit="trades/s", better="more", note=note)


def await_all(hub: Hub, feeder: Any, sent: Synchronized, patience: float = 60.0) -> None:
    """Until the feeder has ended and the hub has all it sent."""
    feeder.join()
    end = time.monotonic() + patience
    while hub.status().trades < sent.value and time.monotonic() < end:
        time.sleep(0.01)


def redis_cpu(url: str) -> float:
    """Seconds of CPU that Redis has had."""
    bus = Bus(url)
    found = dict(one.split(":") for one in bus.execute("INFO", "cpu").decode().split() if ":" in one)
    bus.close()
    return float(found["used_cpu_sys"]) + float(found["used_cpu_user"])


def resident_mb() -> float:
    """Memory of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20
