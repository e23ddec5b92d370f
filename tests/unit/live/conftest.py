"""A real Redis per test that asks for one, seeded trades, and waiting on conditions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.catalog.market_catalog import MarketCatalog
from workbench.catalog.store import Store
from workbench.live.bus import Bus
from workbench.live.embedded import EmbeddedRedis
from workbench.live.hub import Hub
from workbench.live.publisher import Publisher
from workbench.market.events import TRADE
from workbench.market.instruments import InstrumentMaster


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; fails after 20 s."""

    def wait(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
        deadline, never = time.monotonic() + timeout_s, threading.Event()
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail("the condition did not come true in time", pytrace=True)
            never.wait(0.01)

    return wait


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    redis = EmbeddedRedis(tmp_path / "redis")
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture
def bus(server: EmbeddedRedis) -> Iterator[Bus]:
    bus = Bus(server.url)
    yield bus
    bus.close()


@pytest.fixture
def open_publisher(server: EmbeddedRedis) -> Iterator[Callable[..., Publisher]]:
    made: list[Publisher] = []

    def make(name: str = "recorded", **options: object) -> Publisher:
        made.append(Publisher(server.url, name, **options))
        return made[-1]

    yield make
    for one in made:
        one.close(timeout_s=0)


@pytest.fixture
def open_hub(server: EmbeddedRedis) -> Iterator[Callable[..., Hub]]:
    made: list[Hub] = []

    def make(catalog: MarketCatalog | None = None, **options: object) -> Hub:
        made.append(Hub(server.url, catalog, **options).start())
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def catalog(tmp_path: Path) -> MarketCatalog:
    return MarketCatalog(Store(tmp_path / "data"), InstrumentMaster.load(), tmp_path / "catalogs")


@pytest.fixture
def record() -> Callable[..., np.ndarray]:
    """Seeded trades: bursts, equal times, fractional sizes, some that form no bars."""

    def make(count: int, *, start: str = "2024-03-04T12:00", hours: float = 3.0, seed: int = 1) -> np.ndarray:
        noise = np.random.default_rng(seed)
        out = np.zeros(count, TRADE)
        steps = noise.exponential(1.0, count) * (noise.random(count) < 0.8)
        span = int(hours * 3600e9)
        passed = np.cumsum(steps) / max(steps.sum(), 1e-9) * span
        out["ts_event"] = np.datetime64(start, "ns").astype("i8") + passed.astype("i8")
        out["ts_recv"] = out["ts_event"] + 1_000_000
        out["price"] = 100 + np.round(np.cumsum(noise.normal(0, 0.02, count)), 2)
        out["size"] = noise.lognormal(0, 1, count)
        out["side"] = noise.integers(-1, 2, count)
        out["flags"] = noise.random(count) < 0.01
        return out

    return make
