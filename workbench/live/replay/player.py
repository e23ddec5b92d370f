"""The thread that plays: what was asked for, when it is due, onto the bus."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import BusError, DataError, WorkbenchError
from workbench.live.replay.goals import Goal, GoalSpec
from workbench.live.replay.outlet import Outlet
from workbench.live.replay.pace import Clock, Pace, WallClock, check_speed
from workbench.live.replay.reel import Lane, Reel
from workbench.live.worlds import World
from workbench.market.specs import SECOND

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

_log = logging.getLogger(__name__)

#: Events that are published between two looks at the commands, unpaced.
SLICE = 8_192

_NAP_S = (0.002, 0.05)  # the shortest and the longest wait between prints
_REST_S = 0.05
_FLUSH_S = 0.25  # how long Redis is waited for before commands are looked at again
_LISTEN_S = 0.05  # how often commands from elsewhere are looked for

#: A piece of work: yields after each slice.
Work = Iterator[None]


class Player:
    """Plays a reel; every method but ``put``, ``stop`` and ``wait`` belongs to its thread.

    ``world`` is replaced as a whole, so any thread may read it. A pause in the recording lasts ``longest_wait_s`` on
    the wall at most (``None``: as long as it did, by the speed).
    """

    def __init__(
        self,
        reel: Reel,
        outlet: Outlet,
        world: World,
        catalog: MarketCatalog,
        *,
        clock: Clock | None = None,
        longest_wait_s: float | None = None,
    ) -> None:
        self._longest_s = longest_wait_s
        self.world = world
        self._reel, self._outlet, self._catalog = reel, outlet, catalog
        self._clock = clock or WallClock()
        self._pace = Pace(self._clock, world.start, world.speed or None)
        self._commands: queue.SimpleQueue[tuple[int, dict[str, Any]]] = queue.SimpleQueue()
        self._wake, self._stop, self._changed = threading.Event(), threading.Event(), threading.Condition()
        self._work: Work | None = None
        self._playing = False
        self._begun = False
        self._listened = -(2**62)
        self._given = self._done = 0

    # -- what everybody may call --------------------------------------------------------------------------------------

    def put(self, command: dict[str, Any]) -> int:
        """Have a command carried out, soon; its number."""
        with self._changed:
            self._given += 1
            self._commands.put((self._given, command))
            number = self._given
        self._wake.set()
        return number

    def wait(self, number: int, timeout_s: float | None = None) -> bool:
        """Wait until the command of that number is carried out and nothing runs any more."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.world.over or (self._done >= number and not self.world.running), timeout_s
            )

    def stop(self) -> None:
        """End the thread, soon."""
        self._stop.set()
        self._wake.set()

    # -- the thread ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Play until ``stop``."""
        try:
            while not self._stop.is_set():
                self.turn()
            self._become("stopped", "")
        except WorkbenchError as error:
            self._become("failed", str(error))
        except Exception as error:
            _log.exception("replay %s met a fault", self.world.name)
            self._become("failed", f"fault in the replay: {type(error).__name__}: {error}")
        finally:
            self._outlet.close(self.world)

    def turn(self) -> None:
        """Carry out what was asked for, publish what is due, say where we are, and wait for what is next."""
        self._listen()
        nap = 0.0
        if not self._begun:
            nap = self._begin()
        elif not self._outlet.room:
            # Redis is away or behind; time stands still, so that nothing is published in a heap later.
            self._pace.set(self.world.now)
            nap = _NAP_S[0]
        elif self.world.running:
            try:
                nap = self._advance()
            except (WorkbenchError, OSError) as error:  # a damaged file; another time may be read all the same
                self._work, self._playing = None, False
                self._become("paused", str(error))
        else:
            nap = _REST_S
        self._say(self._outlet.say(self.world, every_s=0.2 if self.world.running else 1.0))
        if self._outlet.lost:
            raise BusError(f"the database of {self.world.name} was given to another world: it said nothing for long")
        if nap:
            self._clock.wait(self._wake, nap)

    def _advance(self) -> float:
        """A slice of the work there is, or what is due by now; seconds until there is more."""
        if self._work is None:
            return self._tick() if self._playing else 0.0
        if next(self._work, self) is self:
            self._work = None
        return 0.0

    # -- commands -----------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        while not self._commands.empty():
            number, command = self._commands.get()
            self._obey(command)
            with self._changed:
                self._done = number
                self._changed.notify_all()
        if self._clock.now() - self._listened >= _LISTEN_S * SECOND:
            self._listened = self._clock.now()
            for entry_id, command in self._outlet.heard():
                self._obey(command)
                self._say(replace(self.world, heard=entry_id), at_once=True)

    def _obey(self, command: dict[str, Any]) -> None:
        what = command.pop("do", None)
        carry_out: Callable[..., None] | None = {
            "play": self._play, "pause": self._pause, "stop": self.stop, "seek": self._seek, "step": self._step,
            "run_to": self._run_to, "speed": self._set_speed,
        }.get(what)  # fmt: skip
        try:
            if carry_out is None:
                raise DataError(f"a replay cannot {what!r}")
            carry_out(**command)
        except (WorkbenchError, TypeError, ValueError) as error:  # of another process: it cannot be told otherwise
            self._become(self.world.state, f"{what}: {error}")

    def _play(self) -> None:
        if self._reel.next is None:
            return
        self._playing = True
        if self._work is None:
            self._pace.set(self.world.now)
            self._become("playing")

    def _pause(self) -> None:
        self._playing = False
        if self.world.running:
            self._work = self._settled()

    def _set_speed(self, speed: float) -> None:
        self._pace.set(self.world.now)
        self._pace.speed = check_speed(speed or None)
        self._say(replace(self.world, speed=float(speed)), at_once=True)

    def _seek(self, to: int) -> None:
        to = min(max(int(to), self._reel.start), self._reel.end)
        if to != self.world.now:
            self._start(self._sought(to))

    def _step(self, n: int, by: str, symbol: str) -> None:
        self._playing = False
        if by == "trade":
            self._start(self._stepped(int(n)))
        else:
            self._run_to(GoalSpec("bars", by, symbol, int(n)).to_dict())

    def _run_to(self, goal: dict[str, Any]) -> None:
        self._playing = False
        self._start(self._ran_to(GoalSpec(**goal)))

    def _start(self, work: Work) -> None:
        def whole() -> Work:
            yield from work
            yield from self._settled()

        self._work = whole()
        self._become("seeking")

    def _settled(self) -> Work:
        """Rest, or play on, when Redis has all that was published."""
        while not self._outlet.flush(_FLUSH_S):
            yield
        if self._reel.next is None:
            self._playing = False
            self._at(self._reel.end)
            self._become("ended", self.world.message)
        elif self._playing:
            self._pace.set(self.world.now)
            self._become("playing")
        else:
            self._become("paused", self.world.message)

    # -- work ---------------------------------------------------------------------------------------------------------

    def _sought(self, to: int) -> Work:
        if to < self.world.now:
            yield from self._back()
        while (after := self._reel.next) is not None and after < to:
            horizon = min(self._reel.horizon(SLICE), to)
            self._publish(self._reel.take(horizon))
            self._at(horizon)
            yield
        self._at(to)

    def _stepped(self, trades: int) -> Work:
        for _ in range(trades):
            lane = self._reel.next_trade()
            if lane is None:
                yield from self._sought(self._reel.end)
                return
            self._at(lane.next)
            self._publish(self._reel.take_to(lane, 1))
            yield

    def _ran_to(self, one: GoalSpec) -> Work:
        if one.symbol not in self._reel.trades:
            raise DataError(f"{one.symbol} is not replayed; {', '.join(self._reel.trades)} are")
        lane = self._reel.trades[one.symbol]
        goal = Goal(one, self._catalog, lane)
        while self._reel.next is not None:
            horizon = self._reel.horizon(SLICE)
            ahead = lane.ahead(horizon)
            count = goal.check(ahead)
            if count is not None:
                instant = int(ahead["ts_event"][count - 1])
                self._publish(self._reel.take_to(lane, count))
                self._at(instant)
                self._become("seeking", goal.reason)
                return
            self._publish(self._reel.take(horizon))
            self._at(horizon)
            yield
        self._become("seeking", f"{one.what} was not reached")

    def _back(self) -> Work:
        """Take everything back and begin a new epoch."""
        while not self._outlet.flush(_FLUSH_S):
            yield
        self._reel.rewind()
        world = replace(
            self.world, epoch=self.world.epoch + 1, now=self.world.start, progress=0.0, published=0,
            beat=self.world.beat + 1,
        )  # fmt: skip
        while True:
            try:
                self._outlet.begin(world)
                break
            except BusError:
                yield
        self._say(world)

    def _tick(self) -> float:
        """Publish what is due; seconds until there is more."""
        if self._pace.speed is None:
            horizon = self._reel.horizon(SLICE)
        else:
            horizon = min(self._pace.now + 1, self._reel.end)
        self._publish(self._reel.take(horizon))
        self._at(horizon if self._pace.speed is None else horizon - 1, keep=True)
        after = self._reel.next
        if after is None:
            self._work = self._settled()
            return 0.0
        if self._pace.speed is None:
            return 0.0
        if self._longest_s is not None and self._pace.seconds_to(after) > self._longest_s:
            self._pace.set(after - int(self._longest_s * self._pace.speed * SECOND))
        return min(max(self._pace.seconds_to(after), _NAP_S[0]), _NAP_S[1])

    def _begin(self) -> float:
        try:
            self._outlet.begin(self.world)
        except BusError:
            return _REST_S
        self._begun = True
        self._pace.set(self.world.now)
        return 0.0

    def _publish(self, found: list[tuple[Lane, np.ndarray]]) -> None:
        for lane, records in found:
            self._outlet.publish(lane.kind, lane.symbol, records)
        count = sum(len(records) for _, records in found)
        self._say(replace(self.world, published=self.world.published + count))

    def _at(self, instant: int, *, keep: bool = False) -> None:
        """It is ``instant`` now; ``keep``: the clock goes on as it does."""
        instant = min(max(instant, self.world.now), self._reel.end)
        if not keep:
            self._pace.set(instant)
        share = (instant - self._reel.start) / (self._reel.end - self._reel.start)
        self._say(replace(self.world, now=instant, progress=share))

    def _become(self, state: str, message: str = "") -> None:
        if not self.world.over:
            self._say(replace(self.world, state=state, message=message), at_once=True)

    def _say(self, world: World, *, at_once: bool = False) -> None:
        with self._changed:
            self.world = world
        if at_once:
            said = self._outlet.say(world, at_once=True)
            with self._changed:
                self.world = said
                self._changed.notify_all()
