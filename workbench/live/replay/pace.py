"""The clock of a replay: how simulated time goes with time on the wall."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from workbench.errors import DataError
from workbench.market.specs import SECOND

#: Limits of the speed; unpaced goes as fast as readers and writers can.
SLOWEST, FASTEST = 0.25, 1000.0


class Clock(Protocol):
    """Time on the wall, and how to wait for it; tests have their own."""

    def now(self) -> int:
        """Ns of a clock that never goes back."""

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """Wait so long, or until ``wake`` is set, and clear it."""


class WallClock:
    """The real one."""

    def now(self) -> int:
        """Ns of a clock that never goes back."""
        return time.monotonic_ns()

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """Wait so long, or until ``wake`` is set, and clear it."""
        wake.wait(seconds)
        wake.clear()


class Pace:
    """Simulated time: ``speed`` times as fast as the wall's from where it was set last.

    ``speed`` is ``None`` for unpaced.
    """

    def __init__(self, clock: Clock, start: int, speed: float | None) -> None:
        self._clock, self.speed = clock, speed
        self.set(start)

    def set(self, instant: int) -> None:
        """It is ``instant`` (ns UTC) now."""
        self._simulated, self._wall = instant, self._clock.now()

    @property
    def now(self) -> int:
        """Simulated time, ns UTC."""
        if self.speed is None:
            return self._simulated
        return self._simulated + int((self._clock.now() - self._wall) * self.speed)

    def seconds_to(self, instant: int) -> float:
        """How long ``instant`` is away on the wall."""
        return 0.0 if self.speed is None else (instant - self.now) / self.speed / SECOND


def check_speed(speed: float | str | None) -> float | None:
    """A speed as it is set: ``None`` or ``"max"`` is unpaced.

    Raises
    ------
    DataError
        It is no number, or outside of the limits.
    """
    if speed is None or (isinstance(speed, str) and speed.casefold() in ("max", "unpaced")):
        return None
    try:
        value = float(speed)
    except (TypeError, ValueError):
        value = float("nan")
    if not SLOWEST <= value <= FASTEST:
        raise DataError(
            f"the speed of a replay lies in {SLOWEST:g} .. {FASTEST:g}, got {speed!r}; 'max' (None) is unpaced"
        )
    return value
