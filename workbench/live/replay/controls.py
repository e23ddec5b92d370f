"""What a user has in hand: a replay of this process, or one of another that several look at and any may steer."""

from __future__ import annotations

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from workbench.config import load_settings
from workbench.errors import BusError, DataError
from workbench.live.bus import Bus, without_password
from workbench.live.replay.goals import GoalSpec
from workbench.live.replay.outlet import Outlet, send
from workbench.live.replay.pace import Clock, check_speed
from workbench.live.replay.player import Player
from workbench.live.replay.reel import Reel
from workbench.live.worlds import LOST_AFTER_S, WORLD, Lease, Registry, World, new_id
from workbench.market.instants import instant_of

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

_ASK_S = 0.05  # how often another process's replay is asked where it is
_MOST_STEPS = 1_000_000


class Controls(ABC):
    """The controls of a replay. Commands are carried out soon; ``wait`` waits until they are.

    ``url`` is the bus of its world: ``wb.live(replay.url)`` is a hub that shows it.
    """

    url: str

    @property
    @abstractmethod
    def world(self) -> World:
        """All that it says of itself, as of now."""

    @abstractmethod
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the last command is carried out and the clock stands; False when that takes longer (seconds)."""

    @abstractmethod
    def _send(self, command: dict[str, Any]) -> None:
        """Have a command carried out."""

    def __repr__(self) -> str:
        world = self.world
        what = f"{', '.join(world.symbols)}, {world.state} at {self.now:%Y-%m-%d %H:%M:%S}Z, {world.progress:.0%}"
        return f"<replay {world.name} of {what}, on {without_password(self.url)}>"

    @property
    def name(self) -> str:
        """What ``attach`` finds it by."""
        return self.world.name

    @property
    def now(self) -> pd.Timestamp:
        """The simulated clock, UTC."""
        return pd.Timestamp(self.world.now, tz="UTC")

    @property
    def state(self) -> str:
        """``ready``, ``playing``, ``seeking``, ``paused``, ``ended``, ``stopped`` or ``failed``."""
        return self.world.state

    @property
    def message(self) -> str:
        """Why it rests, as what it ran to."""
        return self.world.message

    @property
    def progress(self) -> float:
        """Share of its time that is behind, 0 to 1."""
        return self.world.progress

    @property
    def speed(self) -> float | None:
        """How many times as fast as it was recorded; ``None`` is unpaced. May be set at any time."""
        return self.world.speed or None

    @speed.setter
    def speed(self, value: float | str | None) -> None:
        self._send({"do": "speed", "speed": check_speed(value) or 0.0})

    def play(self) -> Self:
        """Go on, at ``speed``."""
        return self._told({"do": "play"})

    def pause(self) -> Self:
        """Stand still."""
        return self._told({"do": "pause"})

    def seek(self, instant: object) -> Self:
        """Go to an instant (anything ``pandas.Timestamp`` takes, UTC without a zone), then on as before.

        Forward, all that lies between is published. Back, the world begins a new epoch: what was published is taken
        back and published anew up to there, and hubs make their bars anew.

        Raises
        ------
        DataError
            The instant is no time, or outside of the replay.
        """
        to, world = instant_of(instant), self.world
        if not world.start <= to <= world.end:
            low, high = (pd.Timestamp(one, tz="UTC") for one in (world.start, world.end))
            raise DataError(f"{world.name} replays {low} to {high}; {pd.Timestamp(to, tz='UTC')} is outside of that")
        return self._told({"do": "seek", "to": to})

    def step(self, n: int = 1, by: str = "trade", *, symbol: str | None = None) -> Self:
        """Go on by ``n`` trades, or until ``n`` bars of the spec ``by`` are closed, and stand still.

        Bars are those of ``symbol``, the first one when left out; it stands behind the trade that closed the last.
        """
        if not 1 <= int(n) <= _MOST_STEPS:
            raise DataError(f"step goes on by 1 to {_MOST_STEPS:,} trades or bars, got {n!r}; seek goes further")
        if by != "trade":
            by = GoalSpec.checked("bars", by, "", at_least=n).spec
        return self._told({"do": "step", "n": int(n), "by": by, "symbol": self._symbol(symbol)})

    def run_to(
        self,
        what: str,
        spec: str = "1min",
        *,
        at_least: float | None = None,
        last: int = 20,
        symbol: str | None = None,
    ) -> Self:
        """Go on unpaced until something is true of a closed bar, and stand still behind the trade that closed it.

        Parameters
        ----------
        what
            ``"move"``: the close is ``at_least`` (a fraction) away from that of the bar before. ``"volume"``: the
            volume is ``at_least`` (3) times the mean of the ``last`` bars before. Else a formula that says yes or no
            and becomes true, such as ``"rsi(close, 14) < 30"``; see ``docs/formulas.md``.
        spec
            The bars, of any kind that trades can be cut by.
        symbol
            Whose bars; the first symbol when left out.

        Raises
        ------
        SpecError, FormulaError, DataError
            Something of this cannot be used.
        """
        goal = GoalSpec.checked(what, spec, self._symbol(symbol), at_least=at_least, last=last)
        return self._told({"do": "run_to", "goal": goal.to_dict()})

    def _symbol(self, symbol: str | None) -> str:
        symbols = self.world.symbols
        if symbol is not None and symbol not in symbols:
            raise DataError(f"{symbol} is not replayed by {self.name}; {', '.join(symbols)} are")
        return symbols[0] if symbol is None else symbol

    def _told(self, command: dict[str, Any]) -> Self:
        self._send(command)
        return self


class Replay(Controls):
    """Stored trades (and quotes and books) of some symbols, published again as they came.

    Parameters
    ----------
    catalog
        Where they are stored.
    symbols
        One or several; they are merged in the order of time.
    start, end
        Anything ``pandas.Timestamp`` takes, UTC without a zone, ``end`` exclusive; all that is stored where left out.
    bus_url
        The configured Redis: the replay gets a database of its own there, see ``live.worlds``.
    url
        A bus to publish on instead, whoever else is there.
    speed
        0.25 to 1,000 times as fast as recorded; ``None`` or ``"max"`` is unpaced.
    name
        What others find it by; the first symbol's and a number when left out.
    max_wait_s
        The longest that a pause in the recording (a night) may last on the wall; as recorded when left out.

    Raises
    ------
    DataError
        There is nothing to replay, or a value cannot be used.
    BusError
        Redis cannot be reached or has no database for it; or a symbol is fed by somebody else on ``url``.
    """

    def __init__(
        self,
        catalog: MarketCatalog,
        symbols: str | Sequence[str],
        start: object = None,
        end: object = None,
        *,
        bus_url: str | None = None,
        url: str | None = None,
        speed: float | str | None = 1.0,
        name: str | None = None,
        max_wait_s: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        if bus_url is None and url is None:
            raise DataError("a replay needs a bus: give bus_url=, the Redis of the live plane, or url=")
        if max_wait_s is not None and not max_wait_s > 0:
            raise DataError(f"max_wait_s is a number of seconds greater than 0, got {max_wait_s!r}")
        symbols = (symbols,) if isinstance(symbols, str) else tuple(symbols)
        if not symbols:
            raise DataError("a replay needs a symbol")
        paced = check_speed(speed) or 0.0
        low, high = (None if one is None else instant_of(one) for one in (start, end))
        reel = Reel(catalog, symbols, low, high)
        id = new_id()
        world = World(
            id, name or f"{symbols[0]}-{id[:4]}".lower(), "replay", reel.symbols, reel.start, reel.end, reel.start,
            speed=paced, shared=url is not None,
        )  # fmt: skip
        outlet = Outlet(bus_url or "", world, [(lane.kind, lane.symbol) for lane in reel.lanes], url=url)
        self.url = outlet.url
        self._player = Player(reel, outlet, world, catalog, clock=clock, longest_wait_s=max_wait_s)
        self._last = 0
        self._thread = threading.Thread(target=self._player.run, name=f"workbench-{world.name}", daemon=True)
        self._thread.start()

    @classmethod
    def attach(cls, name: str | None = None, *, bus_url: str | None = None, url: str | None = None) -> AttachedReplay:
        """The controls of a replay that runs elsewhere: by its name, or by the address of its bus.

        A name is looked up on ``bus_url``, the configured Redis where left out.

        Raises
        ------
        DataError
            Neither is given, or no Redis is configured.
        UnknownNameError
            There is none of that name.
        BusError
            Redis cannot be reached, or there is no replay at ``url``.
        """
        return AttachedReplay(name, bus_url=bus_url, url=url)

    @property
    def world(self) -> World:
        """All that it says of itself, as of now."""
        return self._player.world

    def start(self) -> Replay:
        """Begin to play; returns itself."""
        return self.play()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the last command is carried out and the clock stands; False when that takes longer (seconds)."""
        return self._player.wait(self._last, timeout)

    def stop(self) -> None:
        """End it and give its database back; what was published can be looked at for an hour. Safe to call twice."""
        self._player.stop()
        self._thread.join(timeout=10)

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _send(self, command: dict[str, Any]) -> None:
        if self.world.over:
            raise BusError(f"replay {self.name} is over ({self.world.message or self.state}); make another one")
        self._last = self._player.put(command)


class AttachedReplay(Controls):
    """The controls of a replay that another process (or another part of this one) runs; see ``Replay.attach``."""

    def __init__(self, name: str | None = None, *, bus_url: str | None = None, url: str | None = None) -> None:
        if url is None:
            bus_url = bus_url or load_settings().redis_url
            if name is None or bus_url is None:
                raise DataError(
                    "attach to a replay by its name or by the url= of its bus; a name is looked up on bus_url= or "
                    "WORKBENCH_REDIS_URL, and services.attach_replay finds the private Redis too"
                )
            with registry_of(bus_url) as registry:
                url = registry.url_of(registry.find(name))
        self.url = url
        self._bus = Bus(url)
        self._last = "0-0"
        self._beat, self._heard_at = -1, time.monotonic()
        self._known: World | None = None
        _ = self.world

    @property
    def world(self) -> World:
        """All that it says of itself, as of now."""
        world = World.from_json(self._bus.execute("GET", WORLD))
        if world is None:
            if self._known is None:
                raise BusError(f"there is no replay on {without_password(self.url)}")
            raise BusError(f"replay {self._known.name} is over")
        if world.beat != self._beat:
            self._beat, self._heard_at = world.beat, time.monotonic()
        self._known = world
        return world

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the last command is carried out and the clock stands; False when that takes longer (seconds).

        Raises
        ------
        BusError
            Redis cannot be reached, or the replay says nothing any more.
        """
        deadline, never = None if timeout is None else time.monotonic() + timeout, threading.Event()
        while True:
            world = self.world
            if world.over or (_order(world.heard) >= _order(self._last) and not world.running):
                return True
            if time.monotonic() - self._heard_at > LOST_AFTER_S:
                raise BusError(f"replay {world.name} says nothing since {LOST_AFTER_S:.0f} s: is its process gone?")
            if deadline is not None and time.monotonic() > deadline:
                return False
            never.wait(_ASK_S)

    def stop(self) -> None:
        """End it, for everybody."""
        self._send({"do": "stop"})

    def close(self) -> None:
        """Let go of it; it goes on."""
        self._bus.close()

    def __enter__(self) -> AttachedReplay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, command: dict[str, Any]) -> None:
        world = self.world
        if world.over:
            raise BusError(f"replay {world.name} is over ({world.message or world.state})")
        self._last = send(self._bus, command)


@contextlib.contextmanager
def registry_of(bus_url: str) -> Iterator[Registry]:
    """The registry of a server, closed at the end."""
    registry = Registry(bus_url)
    try:
        yield registry
    finally:
        registry.close()


def running(bus_url: str) -> list[tuple[Lease, World]]:
    """The replays of a server that are running: their entry in the registry, and what each says of itself."""
    out = []
    with registry_of(bus_url) as registry:
        for lease in registry.worlds():
            bus = Bus(registry.url_of(lease))
            try:
                world = World.from_json(bus.execute("GET", WORLD))
            finally:
                bus.close()
            if world is not None and world.id == lease.id:
                out.append((lease, world))
    return out


def _order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
