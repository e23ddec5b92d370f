"""The strip at the bottom of every page: is the market live, how late, what is missing, what time it is."""

from __future__ import annotations

import math
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import panel as pn
import param

from workbench.errors import WorkbenchError
from workbench.views.state import AppState
from workbench.views.values import ZoneParameter

POLL_MS = 500
#: How long the strip tells of a connection that was lost and found again.
TOLD_NS = 5_000_000_000
STATES = ("live", "connecting", "reconnecting", "stale", "off")
_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"


@dataclass(frozen=True)
class LinkStatus:
    """What the strip shows; the same fields as the hub's own status, and sensible values before there is a hub."""

    state: str = "connecting"
    since_ns: int = 0
    last_event_ns: int = 0
    latency_ms: float | None = None
    entries: int = 0
    trades: int = 0
    gaps: int = 0
    dead_letters: int = 0
    message: str = ""
    world: Any = None
    now_ns: int = 0


class HubLink:
    """The hub of a process, opened in the background so that no page waits for it and no page dies of it.

    Parameters
    ----------
    services
        Has ``hub``, a property that may take a while or raise.
    """

    #: Seconds until an opening that failed is tried again.
    RETRY_S = 10.0

    def __init__(self, services: Any) -> None:
        self._services = weakref.ref(services)
        self._lock = threading.Lock()
        self._opening = False
        self._hub: Any = None
        self._error = ""
        self._failed_at = 0.0

    @property
    def hub(self) -> Any | None:
        """The hub, or None while it opens; a failed opening is tried again every ten seconds."""
        if self._hub is None:
            self._open()
        return self._hub

    def status(self) -> Any:
        """The hub's status, or one that says that it is being opened or why it cannot be. Never raises."""
        hub = self.hub
        if hub is None:
            return LinkStatus(state="off", message=self._error) if self._error else LinkStatus()
        try:
            return hub.status()
        except Exception as error:
            return LinkStatus(state="off", message=_said(error))

    def _open(self) -> None:
        with self._lock:
            if self._opening or (self._error and time.monotonic() - self._failed_at < self.RETRY_S):
                return
            self._opening = True
        threading.Thread(target=self._run, name="hub-link", daemon=True).start()

    def _get(self) -> Any | None:
        services = self._services()
        return services.hub if services is not None else None

    def _run(self) -> None:
        try:
            self._hub, self._error = self._get(), ""
        except Exception as error:
            self._error, self._failed_at = _said(error), time.monotonic()
        finally:
            self._opening = False


_links: weakref.WeakKeyDictionary[Any, HubLink] = weakref.WeakKeyDictionary()


def hub_link(services: Any) -> HubLink:
    """The one link to a services object's hub."""
    return _links.setdefault(services, HubLink(services))


def describe(status: Any, now_ns: int, tz: str = "UTC") -> dict[str, Any]:
    """A status in the strip's words. ``tz`` is the zone in which the clock of a replay is told.

    Returns ``state``, ``words`` (said beside the dot), ``detail`` (the tooltip) and the figures as text, empty when
    they would mean nothing: a latency says nothing about a bus that is gone.
    """
    state = status.state if status.state in STATES else "off"
    age = max(0, now_ns - status.last_event_ns) if status.last_event_ns else 0
    down = max(0, now_ns - status.since_ns) if status.since_ns else 0
    words = {
        "live": "live",
        "connecting": "connecting",
        "reconnecting": f"reconnecting {duration(down)}".rstrip(),
        "stale": f"stale, last trade {duration(age)} ago" if age else "no trades yet",
        "off": "live data off",
    }[state]
    world = getattr(status, "world", None)
    if world is not None and state in ("live", "stale"):
        words = _of_world(world, status.now_ns or world.now, tz)
    latency = status.latency_ms
    return {
        "state": state,
        "words": words,
        "detail": status.message or _EXPLAINED[state],
        "latency": f"{latency:,.0f} ms" if state == "live" and latency is not None and math.isfinite(latency) else "",
        "gaps": f"{status.gaps:,} gap{'' if status.gaps == 1 else 's'}" if state != "off" else "",
        "gapped": bool(status.gaps),
    }


_EXPLAINED = {
    "live": "Trades arrive as they happen.",
    "connecting": "Opening the live bus.",
    "reconnecting": "The live bus does not answer; trying again. Charts keep what they have.",
    "stale": "The bus answers, but no feed is publishing. Start one: workbench feed synthetic.",
    "off": "Nothing live in this process; history is complete.",
}


def _of_world(world: Any, now_ns: int, tz: str) -> str:
    """A replay in the strip's words: its name, its clock, its speed or that it rests."""
    clock = f"{pd.Timestamp(now_ns, tz='UTC').tz_convert(tz):%Y-%m-%d %H:%M:%S}"
    pace = (f"{world.speed:g}x" if world.speed else "max") if world.running else world.state
    return f"{world.kind} {world.name} · {clock} · {pace}"


def duration(ns: int) -> str:
    """A duration in its two leading units at most: ``8 s``, ``4 min``, ``2 h 05``, ``3 d``; empty below a second."""
    seconds = ns // 1_000_000_000
    if seconds < 1:
        return ""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86_400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d}"
    return f"{seconds // 86_400} d"


class StripComponent(pn.custom.JSComponent):
    """The strip's drawing. The clock ticks in the browser; everything else is a patch of one text."""

    state = param.Selector(default="connecting", objects=list(STATES), doc="Which dot.")
    words = param.String(default="connecting", doc="The state in words.")
    detail = param.String(default="", doc="Tooltip of the state.")
    source = param.String(default="", doc="Where the trades come from.")
    latency = param.String(default="", doc="Latency with its unit.")
    gaps = param.String(default="", doc="Number of gaps, in words.")
    gapped = param.Boolean(default=False, doc="Whether there are gaps to mind.")
    note = param.String(default="", doc="A figure of the page's own, such as when the session closes.")
    tz = ZoneParameter(default="UTC", doc="IANA zone of the clock.")

    _esm = _JS / "status.js"
    _stylesheets = [_CSS / "status.css"]


class ReadsStatus(Protocol):
    """Anything with a ``status()`` like the hub's."""

    def status(self) -> Any:
        """How the live plane is."""


class StatusStrip(pn.viewable.Viewer):
    """Polls the hub's status twice a second for one session and patches what changed.

    Parameters
    ----------
    state
        Gives the zone of the clock.
    services
        Its hub is asked; a ``HubLink`` or hub is taken as well.
    """

    source = param.String(default="", allow_refs=True, doc="Where the trades come from, such as synthetic.")
    note = param.String(default="", allow_refs=True, doc="A figure of the page's own, such as when the session closes.")

    def __init__(self, state: AppState, services: Any, **params: Any) -> None:
        super().__init__(**params)
        self._reads: ReadsStatus = services if hasattr(services, "status") else hub_link(services)
        self._zone = lambda: state.tz
        self.view = StripComponent(
            tz=state.param.tz, source=self.param.source, note=self.param.note, sizing_mode="stretch_width", margin=0
        )
        self._callback = None
        self._live_since = 0
        self._bus = ""  # the replay that it was of: another bus is no lost connection
        self._told_until = 0
        self.poll()

    def poll(self) -> None:
        """Ask once and show the answer."""
        now = time.time_ns()
        try:
            status = self._reads.status()
        except Exception as error:
            status = LinkStatus(state="off", message=_said(error))
        shown = describe(status, now, self._zone())
        if status.state == "live":
            # A bus that was lost and found between two polls is told as well: its connection is a new one.
            world = getattr(status, "world", None)
            bus, self._bus = self._bus, world.id if world is not None else ""
            if bus == self._bus and self._live_since not in (0, status.since_ns):
                self._told_until = now + TOLD_NS
            self._live_since = status.since_ns
            if now < self._told_until:
                shown |= {"words": "live, reconnected", "detail": "The live bus was lost for a moment and is back."}
        self.view.param.update(**shown)

    def start(self) -> None:
        """Poll while this session lives. Called by the shell once the page is there."""
        if self._callback is None and pn.state.curdoc is not None:
            self._callback = pn.state.add_periodic_callback(self.poll, period=POLL_MS)
            pn.state.on_session_destroyed(lambda _: self.stop())

    def stop(self) -> None:
        """Stop polling."""
        callback, self._callback = self._callback, None
        if callback is not None and callback.running:
            callback.stop()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.view


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
