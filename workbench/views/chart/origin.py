"""Where the bars of a chart come from: catalog and hub of the process, or the world of a replay, without its future."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import panel as pn

from workbench.errors import BusError, DataError
from workbench.live.bus import without_password
from workbench.market.specs import BarSpec
from workbench.views.chart.cover import Cover
from workbench.views.chart.history import History
from workbench.views.chart.readers import BarReader, CatalogBars, drawable
from workbench.views.following import ReplayLink, follow
from workbench.views.status import hub_link

#: Offered when the bars asked for cannot be made of what there is, after those that were shown before.
_WAYS_OUT = ("1min", "1h", "1d")
#: Seconds that bars which depend on all trades before may take to be begun.
_PATIENCE_S = 20.0
#: Room behind the newest bar, as a share of the window.
_GAP = 0.04


class WorldBars(BarReader):
    """Bars of ``symbol`` as they are known in the world of a replay: stored ones before it, then those of its hub.

    The hub says where its own begin (``LiveSnapshot.join_ns``); nothing that is stored from there on is read, as it has
    not happened yet. Made anew when ``is_old`` says so.

    Parameters
    ----------
    catalog, hub
        Where history is stored, and who makes bars of what is replayed.
    """

    def __init__(self, catalog: Any, hub: Any, symbol: str) -> None:
        self.hub, self.symbol = hub, symbol
        self._stored = CatalogBars(catalog, symbol)
        self._lives: dict[str, tuple[Any, int]] = {}

    def latest(self, spec: BarSpec, n: int, before: int | None) -> np.ndarray:
        """As ``BarReader.latest``."""
        closed, join = self._known(spec)
        if before is not None:
            closed = closed[: np.searchsorted(closed["time"], before)]
        if len(closed) >= n or join is None:
            return closed[-n:]
        older = self._stored.latest(spec, n - len(closed), join if before is None else min(before, join))
        return np.concatenate([older, closed])

    def between(self, spec: BarSpec, start: int, end: int) -> np.ndarray:
        """As ``BarReader.between``."""
        closed, join = self._known(spec)
        low, high = np.searchsorted(closed["time"], [start, end])
        closed = closed[low:high]
        if join is None or start >= min(end, join):
            return closed
        return np.concatenate([self._stored.between(spec, start, min(end, join)), closed])

    def coverage(self) -> tuple[int, int] | None:
        """As ``BarReader.coverage``: up to the clock of the replay."""
        stored = self._stored.coverage()
        if stored is None:
            return None
        return stored[0], max(stored[0], min(stored[1], self.hub.now(self.symbol)))

    def last_price(self) -> float | None:
        """As ``BarReader.last_price``."""
        last = self.hub.last(self.symbol)
        if len(last):
            return float(last["price"][-1])
        closed = self.latest(BarSpec.parse("1min"), 1, None)
        return float(closed["close"][-1]) if len(closed) else None

    def begun(self, spec: BarSpec) -> bool:
        """Whether bars of ``spec`` were made of all that was replayed; they are begun when this is asked first."""
        return self._live(spec)[0].wait_ready(0)

    def is_old(self) -> bool:
        """Whether bars that were read are no more, as the replay went back in time."""
        return any(live.snapshot().began != began for live, began in self._lives.values())

    def close(self) -> None:
        """As ``BarReader.close``."""
        lives, self._lives = self._lives, {}
        for live, _ in lives.values():
            live.close()

    def _known(self, spec: BarSpec) -> tuple[np.ndarray, int | None]:
        """Closed bars of the hub, and where they begin; ``None`` where nothing is stored."""
        live, began = self._live(spec)
        deadline = time.monotonic() + _PATIENCE_S
        while (shot := live.snapshot()).join_ns is None and not live.wait_begun(0.02):
            if time.monotonic() > deadline:
                raise DataError(f"{spec} bars of {self.symbol} depend on all trades before, which are still being read")
        if shot.join_ns is None:
            shot = live.snapshot()
        if shot.began != began:  # bars of two epochs do not belong together: the chart begins anew
            return shot.closed[:0], shot.join_ns
        return shot.closed, shot.join_ns

    def _live(self, spec: BarSpec) -> tuple[Any, int]:
        """The subscription, and the number of its bars when it was made."""
        key = str(spec)
        if key not in self._lives:
            live = self.hub.subscribe(self.symbol, key)
            self._lives[key] = live, live.snapshot().began
        return self._lives[key]


class Origin:
    """The hub and the readers of one chart.

    Parameters
    ----------
    services
        Gives catalog and hub; None for a chart of bars that were handed in.
    state
        Its ``replay`` is the name of the replay that is followed; empty for the market.
    url
        Address of a bus that is followed in any case.
    live
        Whether there is a hub at all; else the chart shows what is stored, and follows nothing.
    """

    def __init__(self, services: Any, state: Any, url: str = "", *, live: bool = True) -> None:
        self._services, self._state, self._url, self._live = services, state, url, live
        self._link: ReplayLink | None = None
        self._reader: WorldBars | None = None
        self._opened: object = None
        self._awaited = False
        self._coming: tuple[BarSpec, float] | None = None  # bars that are being made, and until when that is awaited

    @property
    def replay(self) -> str:
        """What is followed, in a word; empty for the market."""
        return (self._url or getattr(self._state, "replay", "")) if self._live else ""

    def hub(self) -> Any | None:
        """The hub, None while it opens."""
        if self._services is None or not self._live:
            return None
        link = self._linked()
        return hub_link(self._services).hub if link is None else link.hub

    def wait(self, timeout_s: float) -> str:
        """Wait until a replay was joined; why it cannot be, empty when all is well."""
        link = self._linked()
        if link is None:
            return ""
        _ = link.hub
        link.tried.wait(timeout_s)
        return link.error

    @property
    def error(self) -> str:
        """Why the replay cannot be followed; empty while it can, or is being joined."""
        link = self._linked()
        return link.error if link is not None else ""

    def world(self, symbol: str) -> Any | None:
        """The world that the hub says a symbol is in; None for the market."""
        return _world(self.hub(), symbol)

    def reader(self, symbol: str) -> BarReader:
        """Bars of a symbol, without what has not happened yet. Close it when it is replaced."""
        return self._reads(symbol, self.hub())

    def _reads(self, symbol: str, hub: Any | None) -> BarReader:
        if _world(hub, symbol) is not None:
            return WorldBars(self._services.catalog, hub, symbol)
        return CatalogBars(self._services.catalog, symbol)

    def open(self, symbol: str, spec: BarSpec | None = None) -> BarReader:
        """The reader of the chart itself; the one before is closed.

        With ``spec`` the chart is to wait, see ``ready``, until bars of it were made of all that was replayed.
        """
        hub, before = self.hub(), self._reader  # asked once: it may come at any moment
        opened = self._key(symbol, hub)
        if self._coming and opened == self._opened and spec == self._coming[0]:
            reader = before
        else:
            self.let_go()
            reader, self._coming = self._reads(symbol, hub), None
        self._opened, self._awaited = opened, bool(self.replay) and hub is None
        self._reader = reader if isinstance(reader, WorldBars) else None
        if self._reader is not None and spec is not None and not self._reader.begun(spec):
            self._coming = self._coming or (spec, time.monotonic() + _PATIENCE_S)
            self._awaited = time.monotonic() < self._coming[1]
        return reader

    def moved(self, view: Any) -> bool:
        """Have the chart read its bars anew where others are true now; whether it had to.

        That is when its hub, or the world that its symbol is in, is another one than when it was opened, and when a
        replay went back in time.
        """
        symbol = view.instrument.symbol
        if self._awaited and self._coming is not None:
            if self._reader.begun(self._coming[0]) or time.monotonic() > self._coming[1]:
                view.reload()
        elif self._opened != self._key(symbol, self.hub()):
            view.reload()
        elif self._reader is not None and self._reader.is_old():
            with pn.io.hold():
                again(view)
        else:
            return False
        return True

    def ready(self, cover: Cover) -> bool:
        """Whether there was a hub to follow, where one is wanted; else the cover says what is the matter."""
        if not self._awaited:
            return True
        error = self.error
        if not error:
            cover.joining(without_password(self._url) if self._url else self.replay)
        elif self._url:
            cover.failed(BusError(error), "joining the replay", "")
        else:
            cover.no_replay(error, lambda: self._state.param.update(replay=""))
        return False

    def nothing(self, cover: Cover, view: Any) -> None:
        """Say over a chart that there is no bar of what it shows."""
        if self.world(view.instrument.symbol) is not None:
            cover.not_yet(view.state.symbol)
        else:
            cover.no_bars(view.state.symbol, view._look.label, other_spec(view))

    def let_go(self) -> None:
        """Close the reader."""
        reader, self._reader, self._coming = self._reader, None, None
        if reader is not None:
            reader.close()

    def close(self) -> None:
        """Let go of reader and replay."""
        self.let_go()
        link, self._link = self._link, None
        if link is not None:
            link.leave()

    def _key(self, symbol: str, hub: Any | None) -> object:
        world = _world(hub, symbol)
        which = id(hub) if self.replay and hub is not None else 0
        return self.replay, which, self.error, world.id if world is not None else ""

    def _linked(self) -> ReplayLink | None:
        """The link to what is followed: another one when the state says so."""
        if not self._live:
            return None
        name = "" if self._url else getattr(self._state, "replay", "")
        link = self._link
        if link is not None and (link.name, link.url) != (name, self._url):
            self._link = None
            self.let_go()
            link.leave()
        if self._link is None and (name or self._url) and self._services is not None:
            self._link = follow(self._services, name=name, url=self._url)
        return self._link


def _world(hub: Any | None, symbol: str) -> Any | None:
    of = getattr(hub, "world_of", None)
    return of(symbol) if of is not None else None


def again(view: Any) -> None:
    """Read the bars of a chart anew, as a replay went back in time: at the same place, or at its newest bars."""
    old, (start, end) = view.history, view.window
    if old is None or not len(old):
        view.reload()
        return
    width, latest = end - start, old.at_end and end >= old.stop - 1
    since = old.times(start, end)[0]
    view.history = history = History(view.origin.open(view.instrument.symbol), view.spec).open()
    view._attach()
    if not len(history):
        view.reload()
        return
    while not latest and int(history.records["time"][0]) > since and history.older():
        pass
    beyond = end - old.stop if latest else max(2.0, width * _GAP)
    stop = history.stop + beyond
    if not latest and since >= int(history.records["time"][0]):
        stop = min(stop, history.ordinal(since) + width)
    view._show((float(stop - width), float(stop)))
    for part in view.parts:
        part.opened()


def carried(window: tuple[float, float], high: int, stop: int) -> tuple[float, float] | None:
    """Where a window that showed the newest bar, the last before ``high``, is carried by many new ones; else None."""
    start, end = window
    grown = stop - high
    return (start + grown, end + grown) if end >= high - 1 and 2 * grown > end - start else None


def countdown(view: Any) -> int | None:
    """When the newest bar ends, ms since 1970; None where that is long ago, or told by the clock of a replay."""
    until = (int(view.history.records["time"][-1]) + view._look.step) // 1_000_000
    real = view.origin.world(view.instrument.symbol) is None
    return until if real and until > time.time() * 1000 - 60_000 else None


def other_spec(view: Any) -> str:
    """A spec that can be drawn where the one asked for cannot: the one before, if it still can; empty for none."""
    if view.frame is not None or view.services is None:
        return ""
    wanted = [spec for spec in (view._worked, *_WAYS_OUT) if spec != view.state.spec]
    return drawable(view.services.catalog, view.instrument.symbol, wanted)
