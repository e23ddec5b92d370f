"""What the status strip says about the live plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.errors import WorkbenchError
from workbench.live.worlds import LOST_AFTER_S, World
from workbench.market.calendars import calendar
from workbench.market.specs import SECOND

#: A market whose session is open is stale when nothing came for so long.
STALE_AFTER_S = 15.0

_REMEMBER_NS = 5 * SECOND


@dataclass(frozen=True)
class HubStatus:
    """State of the hub, or of one symbol in it.

    ``state``: ``off`` (not running), ``connecting`` (never reached Redis yet), ``live``, ``reconnecting`` (Redis is
    lost), ``stale`` (a session is open and nothing comes). ``since_ns``: when that began. ``gaps``: stretches of which
    trades are missing. ``latency_ms``: from the feed's receipt of the last trade to here (NaN before the first).

    Prints out of order, see ``live.reorder``. ``disorder``: passed on behind a newer one, as they came later than the
    hold. ``late``: came too late for their bar and are in none; of the bars of a symbol that are looked at now, those
    that were hit worst.

    ``world`` is the replay or other simulation that this is of, ``None`` where there is none; ``now_ns`` its clock.
    """

    state: str
    since_ns: int
    last_event_ns: int
    latency_ms: float
    entries: int
    trades: int
    gaps: int
    dead_letters: int
    message: str
    late: int = 0
    disorder: int = 0
    world: World | None = None
    now_ns: int = 0


def instant_text(instant: int) -> str:
    """An instant (ns UTC) to the second, as messages write it."""
    return str(np.datetime64(instant, "ns").astype("M8[s]")).replace("T", " ") + " UTC"


def of_world(world: World, silent_s: float) -> tuple[str, str] | None:
    """State and message of a hub in a world whose clock does not run; ``None`` while it does.

    ``silent_s``: seconds since the world last said something.
    """
    at = instant_text(world.now)
    what = f"{world.kind} {world.name}"
    if world.over:
        return "stale", f"{what} was stopped at {at}" if world.state == "stopped" else f"{what}: {world.message}"
    if silent_s > LOST_AFTER_S:
        return "stale", f"{what} says nothing since {silent_s:.0f} s; it was at {at}"
    if world.running:
        return None
    return "live", f"{what} is at its end, {at}" if world.state == "ended" else f"{what} rests at {at}"


class OpenSessions:
    """Whether a calendar has a session open now; asked many times a second, so answers are kept for 5 s."""

    def __init__(self, session_of: Callable[[str], str]) -> None:
        self._session_of = session_of
        self._known: dict[str, tuple[int, bool]] = {}

    def is_open(self, symbol: str, now: int) -> bool:
        """True while a session of ``symbol`` is open at ``now`` (ns UTC)."""
        asked, answer = self._known.get(symbol, (-(2**62), False))
        if not asked <= now < asked + _REMEMBER_NS:
            try:
                found = calendar(self._session_of(symbol)).sessions(now, now)
                answer = bool(((found.open <= now) & (found.close > now)).any())
            except WorkbenchError:
                answer = True  # a calendar that does not reach to now must not hide a dead feed
            self._known[symbol] = (now, answer)
        return answer
