"""Worlds: markets beside the live one, each in a logical database of the same Redis.

A replay must not mix with the live market of its symbols, so it has a *world* of its own: ``redis://host:port/N``.
Which databases are taken stands in the hash ``wb:worlds`` of database 0 (number -> JSON: id, name, kind, symbols,
start, end, who, heartbeat). What a world is stands in its own key ``wb:world`` (JSON, see ``World``), written a few
times a second by whoever makes it, and read by the hubs that look at it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from workbench.errors import BusError, unknown
from workbench.live.bus import Bus, BusRefused, joined_url, without_password
from workbench.live.codec import Producer
from workbench.market.specs import SECOND

REGISTRY, WORLD, CONTROL = "wb:worlds", "wb:world", "wb:control"

#: A world whose heartbeat is so old was left behind; its database may be taken.
LOST_AFTER_S = 15.0

_PREFIX = "replay:"
_KEPT_S = 3600  # what a replay published can be looked at for so long after its end
_LOOK_S, _LOOK_AGAIN_S = 0.25, 1.0  # how often a hub looks what world it is in; where there was none

# Sets (or with an empty third argument removes) a field while it still is what was read: nobody takes what another has.
_SWAP = """
local held = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if held ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
"""


@dataclass(frozen=True)
class World:
    """What a world says of itself. Instants are ns UTC; ``now`` is its simulated clock.

    ``id`` tells it from every other one, also of the same ``name``. ``epoch`` grows when what was published is taken
    back, as by going back in time. ``speed`` 0 stands for unpaced. ``state``: ``ready``, ``playing``, ``seeking``,
    ``paused``, ``ended``, ``stopped`` or ``failed``; ``message`` says why it rests. ``shared``: it has no database of
    its own, other symbols there are live. ``beat`` grows with each word; ``heard`` is the last command carried out.
    """

    id: str
    name: str
    kind: str
    symbols: tuple[str, ...]
    start: int
    end: int
    now: int
    speed: float = 1.0
    state: str = "ready"
    epoch: int = 1
    progress: float = 0.0
    published: int = 0
    message: str = ""
    shared: bool = False
    beat: int = 0
    heard: str = "0-0"

    @property
    def running(self) -> bool:
        """Whether its clock runs."""
        return self.state in ("playing", "seeking")

    @property
    def over(self) -> bool:
        """Whether nobody makes it any more."""
        return self.state in ("stopped", "failed")

    def to_json(self) -> str:
        """As ``wb:world`` holds it."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: bytes | str | None) -> World | None:
        """Read it back; ``None`` for nothing, or for what was not written by ``to_json``."""
        try:
            found = json.loads(text or "null")
            known = {field.name for field in dataclasses.fields(cls)}
            one = cls(**{key: value for key, value in found.items() if key in known})
            return dataclasses.replace(one, symbols=tuple(one.symbols))
        except (TypeError, ValueError, AttributeError):
            return None


def producer_of(world: World) -> Producer:
    """Who publishes in this epoch of a world: complete from its start, and told from all others."""
    return Producer(_PREFIX + world.id, world.start, f"{world.epoch}x{secrets.token_hex(3)}")


def stamp_of(producer: str) -> tuple[str, int] | None:
    """World and epoch of a producer's identity; ``None`` for one that is of no world."""
    if not producer.startswith(_PREFIX):
        return None
    who = Producer.parse(producer)
    epoch = who.nonce.partition("x")[0] if who else ""
    return (who.name.removeprefix(_PREFIX), int(epoch)) if epoch.isdigit() else None


def with_database(url: str, number: int) -> str:
    """The address of another logical database of the same server."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "db"]
    if parts.scheme == "unix":
        return joined_url(parts._replace(query=urlencode([*query, ("db", str(number))])))
    return joined_url(parts._replace(path=f"/{number}", query=urlencode(query)))


def database_of(url: str) -> int:
    """The logical database that an address names."""
    parts = urlsplit(url)
    number = dict(parse_qsl(parts.query)).get("db", parts.path.strip("/") if parts.scheme != "unix" else "")
    return int(number) if number.isdigit() else 0


@dataclass(frozen=True)
class Lease:
    """A world of the registry. ``heartbeat`` is Redis's clock, s; ``text`` the entry as it stands there."""

    database: int
    id: str
    name: str
    kind: str
    symbols: tuple[str, ...]
    start: int
    end: int
    who: str
    heartbeat: float
    text: str = ""

    def to_json(self) -> str:
        """As the registry holds it."""
        fields = {key: value for key, value in dataclasses.asdict(self).items() if key != "text"}
        return json.dumps(fields, separators=(",", ":"))


class Registry:
    """The list of worlds of one Redis server.

    Parameters
    ----------
    bus_url
        Any database of the server; that one is never taken for a world.

    Raises
    ------
    BusError
        From every method, when Redis cannot be reached.
    """

    def __init__(self, bus_url: str) -> None:
        self.bus_url = bus_url
        self._bus = Bus(with_database(bus_url, 0))

    def close(self) -> None:
        """Drop the connection."""
        self._bus.close()

    def url_of(self, lease: Lease) -> str:
        """Address of a world."""
        return with_database(self.bus_url, lease.database)

    def worlds(self, *, lost: bool = False) -> list[Lease]:
        """The worlds there are, by database; with ``lost`` also those that were left behind."""
        reply, now = self._bus.execute("HGETALL", REGISTRY), self._now()
        found = [_lease(text) for text in reply[1::2]]
        alive = [one for one in found if one is not None and (lost or now - one.heartbeat < LOST_AFTER_S)]
        return sorted(alive, key=lambda one: one.database)

    def find(self, name: str) -> Lease:
        """The world called ``name``; ``UnknownNameError`` when there is none."""
        found = self.worlds()
        for one in found:
            if one.name == name:
                return one
        raise unknown("replay", name, [one.name for one in found])

    def take(self, world: World) -> Lease:
        """Take a database for ``world``, empty it, and write the entry.

        A database that holds keys of others, and no world, is never touched.

        Raises
        ------
        BusError
            All databases are taken, the server has only one, or a world of that name is there.
        """
        count = self._databases()
        if count < 2:
            raise BusError(
                f"Redis at {without_password(self.bus_url)} has only one database, and a replay needs one of its own: "
                "use a server with more (`databases 16` in redis.conf), or give url= of a bus that may be shared"
            )
        held = {one.database: one for one in self.worlds(lost=True)}
        now = self._now()
        alive = {one.name: one for one in held.values() if now - one.heartbeat < LOST_AFTER_S}
        if world.name in alive:
            raise BusError(f"there is a replay called {world.name!r}: attach to it, stop it, or give another name=")
        ours, strange = database_of(self.bus_url), 0
        for number in range(1, count):
            known = held.get(number)
            if number == ours or (known is not None and known.name in alive):
                continue
            who = f"{socket.gethostname()}:{os.getpid()}"
            lease = Lease(
                number, world.id, world.name, world.kind, world.symbols, world.start, world.end, who, now
            )  # fmt: skip
            if not self._ours_to_empty(number):
                strange += 1
            elif (lease := self._swap(number, known.text if known else "", lease)) is not None:
                place = Bus(self.url_of(lease))
                place.execute("FLUSHDB", "ASYNC")
                place.close()
                return lease
        what = f"{len(alive)} are worlds already" + (f", {strange} hold keys of others" if strange else "")
        raise BusError(
            f"no database of Redis at {without_password(self.bus_url)} is free for a replay: of {count - 1}, {what}; "
            "stop one (workbench replay --list shows them), or raise `databases` in redis.conf"
        )

    def renew(self, lease: Lease) -> Lease | None:
        """Say that the world goes on; ``None`` when its database was given to another one."""
        fresh = dataclasses.replace(lease, heartbeat=self._now())
        # A Redis that came back with less than it had may have lost the entry: then nobody else has it.
        return self._swap(lease.database, lease.text, fresh) or self._swap(lease.database, "", fresh)

    def free(self, lease: Lease) -> None:
        """Give the database back, unless another one has it."""
        self._bus.execute("EVAL", _SWAP, 1, REGISTRY, lease.database, lease.text, "")

    # -- inside -------------------------------------------------------------------------------------------------------

    def _swap(self, number: int, before: str, lease: Lease) -> Lease | None:
        text = lease.to_json()
        done = self._bus.execute("EVAL", _SWAP, 1, REGISTRY, number, before, text)
        return dataclasses.replace(lease, text=text) if done else None

    def _now(self) -> float:
        seconds, micros = self._bus.execute("TIME")  # one clock for all machines
        return int(seconds) + int(micros) / 1e6

    def _databases(self) -> int:
        try:
            reply = self._bus.execute("CONFIG", "GET", "databases")
            return int(reply[1])
        except (BusRefused, IndexError, ValueError):
            return 1 + sum(self._can_select(number) for number in range(1, 16))  # a server that does not say it

    def _can_select(self, number: int) -> bool:
        place = Bus(with_database(self.bus_url, number))
        try:
            return place.ping()
        except BusError:
            return False
        finally:
            place.close()

    def _ours_to_empty(self, number: int) -> bool:
        place = Bus(with_database(self.bus_url, number))
        try:
            world = World.from_json(place.execute("GET", WORLD))
            return place.execute("DBSIZE") == 0 or (world is not None and not world.shared)
        finally:
            place.close()


def _lease(text: bytes) -> Lease | None:
    try:
        found: dict[str, Any] = json.loads(text)
        return Lease(**{**found, "symbols": tuple(found["symbols"])}, text=text.decode())
    except (TypeError, ValueError, KeyError):
        return None


def new_id() -> str:
    """An id that no other world has."""
    return secrets.token_hex(4)


class WorldWatch:
    """What world a bus is, looked up now and then. Safe for many threads.

    Parameters
    ----------
    bus_url
        The bus.
    clock
        Now, ns UTC, where there is no world.
    """

    def __init__(self, bus_url: str, clock: Callable[[], int]) -> None:
        self._bus, self._clock = Bus(bus_url, timeout_s=0.5), clock
        self._lock = threading.Lock()
        self._due = 0.0
        self._seen = 0.0  # when the world last said something, on our clock
        self.world: World | None = None
        #: Whether it has been looked up at all.
        self.known = False

    def look(self, *, now: bool = False) -> World | None:
        """The world of the bus, as of the last look or, when that is too long ago (or ``now`` is asked for), a new one.

        Where Redis cannot be reached it stays what it was, unless it was asked for ``now``.

        Raises
        ------
        BusError
            With ``now``: Redis cannot be reached.
        """
        with self._lock:
            moment = time.monotonic()
            if moment < self._due and not now:
                return self.world
            self._due = moment + _LOOK_AGAIN_S
            try:
                found = World.from_json(self._asked(again=now))
            except BusError:
                if now:
                    raise
                return self.world
            if found is None or self.world is None or (found.id, found.beat) != (self.world.id, self.world.beat):
                self._seen = time.monotonic()
            self.world, self.known = found, True
            self._due = moment + (_LOOK_S if found is not None else _LOOK_AGAIN_S)
            return found

    def _asked(self, *, again: bool) -> bytes | None:
        try:
            return self._bus.execute("GET", WORLD)
        except BusError:
            if not again:
                raise
            return self._bus.execute("GET", WORLD)  # of a server that was started again the old connection is dead

    def of(self, symbol: str | None) -> World | None:
        """The world that ``symbol`` is in (``None``: that the whole bus is), if any."""
        world = self.world
        if world is None or (world.shared and (symbol is None or symbol not in world.symbols)):
            return None
        return world

    def now(self, symbol: str | None = None) -> int:
        """Now, ns UTC: by the world's clock where there is one."""
        world = self.of(symbol)
        if world is None:
            return self._clock()
        if world.state != "playing" or not world.speed:
            return world.now
        return min(world.now + int((time.monotonic() - self._seen) * world.speed * SECOND), world.end)

    def newest(self) -> int:
        """An instant that no true print of the bus is after.

        All of a world's time up to its end counts: in the time between two looks an unpaced replay passes days.
        """
        world = self.world
        if world is None:
            return self._clock()
        return max(self._clock(), world.end) if world.shared else world.end

    def silent_s(self) -> float:
        """Seconds since the world last said something."""
        return time.monotonic() - self._seen

    def close(self) -> None:
        """Drop the connection."""
        self._bus.close()
