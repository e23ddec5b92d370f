"""Where a replay goes: its streams, the word of what world it is, and the commands that come from elsewhere."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.errors import BusError
from workbench.live.bus import Bus, key_of, without_password
from workbench.live.publisher import Publisher, Tail
from workbench.live.worlds import CONTROL, LOST_AFTER_S, WORLD, Lease, Registry, World, producer_of

_log = logging.getLogger(__name__)

#: Records that may wait for Redis; then the replay does.
MOST_WAITING = 100_000

_RENEW_S = 3.0
_KEPT_S = 3600  # what was published can be looked at for so long after the end
_FED_S = 10.0  # a stream that got something within this time is fed by somebody
_CLEARED = 1_000  # entries taken back at a time
_LONGEST_CONTROL = 1_000


class Outlet:
    """The bus as a replay sees it; used by the thread of the player alone, but for ``close``.

    Parameters
    ----------
    bus_url
        The configured bus; the world gets another database of its server.
    url
        A bus to publish on instead, which others may share.

    Raises
    ------
    BusError
        No database is free, or on a shared bus: there is a replay already, or somebody feeds one of the symbols.
    """

    def __init__(self, bus_url: str, world: World, lanes: Iterable[tuple[str, str]], *, url: str | None = None) -> None:
        self._lanes = list(lanes)
        self._registry: Registry | None = None
        self._lease: Lease | None = None
        if url is None:
            self._registry = Registry(bus_url)
            try:
                self._lease = self._registry.take(world)
            except BaseException:
                self._registry.close()
                raise
            self.url = self._registry.url_of(self._lease)
        else:
            self.url = url
        self.error: str | None = None
        self.lost = False
        self._bus = Bus(self.url)
        self._heard, self._said, self._renewed = "0-0", 0.0, time.monotonic()
        self._shared = url is not None
        self._since: dict[str, str] = {}
        if self._shared:
            self._share(world)
        self._set(world)
        kinds = sorted({kind for kind, _ in self._lanes})
        self._publishers = {kind: Publisher(self.url, producer_of(world).name, kind=kind) for kind in kinds}

    # -- what is published --------------------------------------------------------------------------------------------

    def publish(self, kind: str, symbol: str, records: np.ndarray) -> None:
        """Take records over; they are received now, which is what latency is measured from."""
        records = records.copy()
        records["ts_recv"] = time.time_ns()
        self._publishers[kind].publish(symbol, records)

    @property
    def room(self) -> bool:
        """Whether Redis keeps up."""
        return sum(one.waiting for one in self._publishers.values()) < MOST_WAITING

    def flush(self, timeout_s: float = 1.0) -> bool:
        """Have all that waits sent; False when Redis cannot take it for now."""
        return all(one.flush(timeout_s) for one in self._publishers.values())

    def begin(self, world: World) -> None:
        """Begin an epoch: take back what was published, and number anew.

        Raises
        ------
        BusError
            Redis cannot be reached; nothing was begun then.
        """
        self._bus.ping()
        # The word goes first: whoever reads on knows what belongs to the epoch before.
        self._set(world)
        self._clear()
        for kind, symbol in self._lanes:
            producer = producer_of(world)
            self._publishers[kind].begin(symbol, world.start, after=Tail(producer, 0, world.start, 0))

    # -- what is said and heard ---------------------------------------------------------------------------------------

    def say(self, world: World, *, at_once: bool = False, every_s: float = 0.2) -> World:
        """Write what the world is, unless that was done less than ``every_s`` ago; it as it was written.

        Nothing is written once the database was given to another world; ``lost`` says so.
        """
        moment = time.monotonic()
        if self.lost or (not at_once and moment - self._said < every_s):
            return world
        self._said = moment
        world = replace(world, beat=world.beat + 1)
        try:
            if self._lease is not None and moment - self._renewed > _RENEW_S:
                renewed = self._registry.renew(self._lease)
                if renewed is None:
                    self.lost = True
                else:
                    self._lease, self._renewed = renewed, moment
            if not self.lost:
                self._set(world)
            self.error = None
        except BusError as error:
            self.error = str(error)
        return world

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Commands that came over the bus since the last call: (ID, command); none while Redis is away."""
        try:
            reply = self._bus.execute("XREAD", "COUNT", 100, "STREAMS", CONTROL, self._heard)
        except BusError:
            return []
        out = []
        for _, entries in reply or []:
            for entry_id, fields in entries:
                self._heard = entry_id.decode()
                try:
                    command = json.loads(dict(zip(fields[::2], fields[1::2], strict=True))[b"c"])
                    out.append((self._heard, dict(command)))
                except (ValueError, TypeError, KeyError):
                    _log.warning("an entry of %s is no command; it is passed over", CONTROL)
        return out

    def close(self, world: World) -> None:
        """Say that it is over and let go of everything; what was published stays for an hour to be looked at."""
        for one in self._publishers.values():
            one.close()
        try:
            if self._shared:
                self._clear()
                self._bus.execute_many([("DEL", WORLD), ("DEL", CONTROL)])
            elif not self.lost:
                self._set(replace(world, beat=world.beat + 1))
                keys = [CONTROL, *(key_of(*lane) for lane in self._lanes)]
                self._bus.execute_many([("EXPIRE", key, _KEPT_S) for key in keys])
                self._registry.free(self._lease)
        except BusError as error:
            _log.warning("the world of %s could not be given back: %s", world.name, error)
        self._bus.close()
        if self._registry is not None:
            self._registry.close()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _set(self, world: World) -> None:
        # On a shared bus a replay that died must not be taken for one that rests: its word goes away by itself.
        ends = ("EX", int(LOST_AFTER_S)) if self._shared else ()
        self._bus.execute("SET", WORLD, world.to_json(), *ends)

    def _share(self, world: World) -> None:
        """Refuse a bus where another replay runs, or a symbol that somebody feeds; note where we begin in each."""
        try:
            there = World.from_json(self._bus.execute("GET", WORLD))
            seconds, micros = map(int, self._bus.execute("TIME"))
            now, place = seconds + micros / 1e6, without_password(self.url)
            if there is not None:
                raise BusError(
                    f"replay {there.name} is on {place} already: stop it, or leave url= away for a database of its own"
                )
            keys = [key_of(*lane) for lane in self._lanes]
            for (_, symbol), (key, last) in zip(self._lanes, self._bus.last_ids(keys).items(), strict=True):
                self._since[key] = last or "0-0"
                if last is not None and now - int(last.partition("-")[0]) / 1e3 < _FED_S:
                    raise BusError(
                        f"somebody feeds {symbol} on {place}: the last entry of {key} is less than {_FED_S:.0f} s old; "
                        "stop that feed, or leave url= away to have a database of its own"
                    )
        except BaseException:
            self._bus.close()
            raise

    def _clear(self) -> None:
        """Take back what we published."""
        if not self._shared:
            self._bus.execute_many([("XTRIM", key_of(*lane), "MAXLEN", 0) for lane in self._lanes])
            return
        for key, since in self._since.items():
            while found := self._bus.execute("XRANGE", key, f"({since}", "+", "COUNT", _CLEARED):
                self._bus.execute("XDEL", key, *(entry_id for entry_id, _ in found))


def send(bus: Bus, command: dict[str, Any]) -> str:
    """Send a command to the world of a bus; its ID."""
    text = json.dumps(command, separators=(",", ":"))
    return bus.execute("XADD", CONTROL, "MAXLEN", "~", _LONGEST_CONTROL, "*", "c", text).decode()
