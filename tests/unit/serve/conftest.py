"""A real Redis, a store, and the push API in a server of its own."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from workbench.catalog.store import Store
from workbench.live.embedded import EmbeddedRedis
from workbench.live.push import Inbox
from workbench.serve.push import Door, routes

KEY = "0123456789abcdef"


class Served:
    """A server in a thread; ``post`` gives (status, headers, what it said)."""

    def __init__(self, door: Door) -> None:
        (socket,) = bind_sockets(0, "127.0.0.1")
        self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        self.door = door
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(socket,), daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _run(self, socket: Any) -> None:
        asyncio.set_event_loop(self._loop)

        async def main() -> None:
            self._end = asyncio.Event()
            server = HTTPServer(Application(routes(lambda: self.door), xsrf_cookies=True))
            server.add_sockets([socket])
            self._ready.set()
            await self._end.wait()
            server.stop()
            await server.close_all_connections()

        self._loop.run_until_complete(main())
        self._loop.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        self.door.pool.shutdown()

    def post(self, path: str, body: object, **headers: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"X-API-Key": KEY, "Content-Type": "application/json"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(urllib.request.Request(self.url + path, data, {k: v for k, v in told.items() if v}))

    def ask(self, request: urllib.request.Request) -> tuple[int, dict[str, str], dict[str, Any]]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), json.load(error)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


@pytest.fixture
def served() -> Iterator[Callable[[Door], Served]]:
    made: list[Served] = []

    def make(door: Door) -> Served:
        made.append(Served(door))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def api(redis: EmbeddedRedis, store: Store, served: Callable[[Door], Served]) -> Served:
    return served(Door({"desk": KEY, "other": KEY[::-1]}, lambda: Inbox(redis.url, store), rate=0))
