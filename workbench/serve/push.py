"""The push API over HTTP, mounted into the server of the pages: ``panel serve --plugins workbench.serve.push``.

``POST /api/market-data`` and ``/api/market-data/batch`` take bars, ``/api/trades`` and ``/api/trades/batch`` trades:
docs/push.md. All that waits for Redis, the disk or a long text is done in threads, so that pages go on meanwhile.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from tornado.web import RequestHandler

from workbench.errors import BusError, DataError
from workbench.live.push import MAX_ROWS, Inbox, Outcome

_log = logging.getLogger(__name__)

#: Bytes of a request; 10,000 bars as they are usually written are 3 MB.
MAX_BODY = 16 * 2**20

_THREADS = 2
_WAITING = 32  # requests that wait for a thread; past it we say so at once
_RETRY_S = 1  # what those are told who come while the bus or the store is away
_REASON = 500  # signs of the reason in a dead letter

Answer = tuple[int, dict[str, Any]]


class Door:
    """Who may push, how often, and where it goes.

    Parameters
    ----------
    keys
        Key of each name.
    open_inbox
        Gives the inbox when the first request is there; called in a thread.
    rate
        Requests a second of each key, in bursts of as many; 0: no limit.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        keys: Mapping[str, str],
        open_inbox: Callable[[], Inbox],
        *,
        rate: float = 50.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate, self.waiting = rate, 0
        self.pool = ThreadPoolExecutor(_THREADS, "workbench-push")
        self._keys = {name: _digest(key) for name, key in keys.items()}
        self._open, self._clock = open_inbox, clock
        self._opening = threading.Lock()
        self._inbox: Inbox | None = None
        self._buckets: dict[str, tuple[float, float]] = {}

    @property
    def has_keys(self) -> bool:
        """Whether anybody may push at all."""
        return bool(self._keys)

    def who(self, key: str) -> str | None:
        """The name that a key belongs to; takes equally long for every key that is none of ours."""
        given, found = _digest(key), None
        for name, known in self._keys.items():
            if hmac.compare_digest(given, known):
                found = name
        return found

    def wait_for(self, name: str) -> float:
        """Take one request of ``name`` out of its bucket: 0, or the seconds until there is one again."""
        if not self.rate:
            return 0.0
        now, full = self._clock(), max(self.rate, 1.0)
        left, at = self._buckets.get(name, (full, now))
        left = min(full, left + (now - at) * self.rate)
        self._buckets[name] = (left - 1 if left >= 1 else left, now)
        return 0.0 if left >= 1 else (1 - left) / self.rate

    @property
    def inbox(self) -> Inbox:
        """Where it goes; made by the first who asks."""
        with self._opening:
            if self._inbox is None:
                self._inbox = self._open()
            return self._inbox


class PushHandler(RequestHandler):
    """One of the four addresses: ``kind`` is ``bars`` or ``trades``."""

    def initialize(self, open_door: Callable[[], Door], kind: str) -> None:
        """Called by Tornado with what ``routes`` says."""
        self._door, self._kind = open_door(), kind

    def set_default_headers(self) -> None:
        """Answers are JSON, and of this moment."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-store")

    def check_xsrf_cookie(self) -> None:
        """Nobody can be made to send a key that only a header has: there are no cookies to forge."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Tornado's own errors, as ours are told."""
        self.finish(_text({"error": self._reason}))

    async def post(self, batch: str | None) -> None:
        """Take one row, or a list of them."""
        door, refused = self._door, self._refusal()
        if refused is None:
            door.waiting += 1
            try:
                work = functools.partial(_work, door, self._kind, self.request.path, self.request.body)
                work = functools.partial(work, who=self._who, batch=batch is not None)
                refused = await asyncio.get_running_loop().run_in_executor(door.pool, work)
            finally:
                door.waiting -= 1
        status, told = refused
        self.set_status(status)
        if status == 503 and door.has_keys:
            self.set_header("Retry-After", str(_RETRY_S))
        self.finish(_text(told))

    def _refusal(self) -> Answer | None:
        """Why the request is not even looked into; notes who it is from otherwise."""
        door, headers = self._door, self.request.headers
        if not door.has_keys:
            told = "nobody may push data here yet: set WORKBENCH_PUSH_KEYS=name=key (push_keys in workbench.toml)"
            return 503, {"error": f"{told} and start the server again"}
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        key = headers.get("X-API-Key") or (bearer.strip() if scheme.casefold() == "bearer" else "")
        self._who = door.who(key)
        if self._who is None:
            self.set_header("WWW-Authenticate", "Bearer")
            said = "this key is not known here" if key else "a key is wanted, in the header X-API-Key"
            return 401, {"error": said}
        wait = door.wait_for(self._who)
        if wait:
            self.set_header("Retry-After", str(math.ceil(wait)))
            return 429, {"error": f"{self._who} may push {door.rate:g} times a second: put rows together in batches"}
        kind = headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        if kind != "application/json" or headers.get("Content-Encoding", "identity") != "identity":
            return 415, {"error": f"application/json is wanted, not compressed; got {kind or 'no Content-Type'}"}
        if len(self.request.body) > MAX_BODY:
            size, most = len(self.request.body) / 2**20, MAX_BODY // 2**20
            return 413, {"error": f"a request has at most {most} MiB, got {size:.1f}: send several"}
        if door.waiting >= _WAITING:
            return 503, {"error": f"{door.waiting} requests wait already: send this one again a little later"}
        return None


def routes(open_door: Callable[[], Door]) -> list[tuple[str, type, dict[str, Any]]]:
    """The addresses, for a Tornado application; the door is asked for at the first request."""
    return [
        (r"/api/market-data(/batch)?", PushHandler, {"open_door": open_door, "kind": "bars"}),
        (r"/api/trades(/batch)?", PushHandler, {"open_door": open_door, "kind": "trades"}),
    ]


def _work(door: Door, kind: str, path: str, body: bytes, *, who: str, batch: bool) -> Answer:
    """In a thread: read the text, keep what it says, and the answer."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        return _put_aside(door, path, body, (400, {"error": f"this is no JSON: {str(error)[:200]}"}))
    if not isinstance(payload, list if batch else dict):
        said = "a list of objects is wanted here" if batch else "one object is wanted here; lists go to ./batch"
        return _put_aside(door, path, body, (400, {"error": said}))
    rows = payload if batch else [payload]
    if len(rows) > MAX_ROWS:
        return 413, {"error": f"a batch has at most {MAX_ROWS:,} rows, got {len(rows):,}: send several"}
    try:
        outcome = door.inbox.bars(rows) if kind == "bars" else door.inbox.trades(rows, who)
    except (BusError, DataError, OSError) as error:
        _log.warning("%s of %s could not be kept: %s", path, who, error)
        return 503, {"error": f"nothing can be kept at the moment, send it again later: {error}"}
    if outcome.errors:
        return _put_aside(door, path, body, (422, _told(outcome, len(rows))))
    return 200, _told(outcome, len(rows))


def _told(outcome: Outcome, rows: int) -> dict[str, Any]:
    told = {"accepted": outcome.accepted, "duplicates": outcome.duplicates, "replaced": outcome.replaced}
    told["errors"] = [asdict(fault) for fault in outcome.errors]
    if outcome.errors:
        told["error"] = f"{outcome.unusable} of {rows} rows cannot be used; none was kept: mend them and send all again"
    return told


def _put_aside(door: Door, path: str, body: bytes, answer: Answer) -> Answer:
    _, told = answer
    faults = "; ".join(f"row {one['index']} {one['field']}: {one['reason']}" for one in told.get("errors", ()))
    door.inbox.dead_letter(f"api:{path}", body, f"{told['error']}: {faults}"[:_REASON] if faults else told["error"])
    return answer


def _text(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


@functools.cache
def _own_door() -> Door:
    from workbench.services import get_services

    services = get_services()
    settings = services.settings
    return Door(
        settings.push_keys,
        lambda: Inbox(lambda: services.bus_url, services.catalog.store),
        rate=settings.push_rate,
    )


#: What a plugin of the server must have.
ROUTES = routes(_own_door)
