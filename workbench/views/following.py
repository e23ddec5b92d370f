"""Hubs on replays that charts of this process follow: one for each replay, however many charts look."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any

from workbench.errors import BusError
from workbench.live.hub import Hub
from workbench.live.replay.controls import registry_of
from workbench.views.state import AppState
from workbench.views.status import HubLink, LinkStatus, hub_link


class ReplayLink(HubLink):
    """The hub of a replay: opened in the background with the first viewer, stopped with the last.

    When the replay is over and its database has gone to another one, the hub is let go of, and ``error`` says so; one
    that is begun under the same name is followed again.

    Parameters
    ----------
    services
        Has ``bus_url``, ``catalog`` and ``settings``.
    name, url
        What the registry of the bus knows it by, or the address of its bus.
    """

    RETRY_S = 2.0

    def __init__(self, services: Any, *, name: str = "", url: str = "") -> None:
        super().__init__(services)
        self.name, self.url = name, url
        self.viewers = 0
        self._id = ""
        #: Set when the first try to open it has come to an end.
        self.tried = threading.Event()

    @property
    def hub(self) -> Any | None:
        """The hub, or None while it opens, or when nobody looks; a failed opening is tried again."""
        hub = self._hub
        if hub is not None and self._id and ((world := hub.world) is None or world.id != self._id):
            self._drop()
            self._error, self._failed_at = f"replay {self.name} is over", time.monotonic()
        return super().hub if self.viewers else None

    @property
    def error(self) -> str:
        """Why it cannot be followed; empty while it can, or while that is not known."""
        return self._error if self._hub is None else ""

    def leave(self) -> None:
        """One viewer less; the hub stops with the last."""
        with _lock:
            self.viewers -= 1
            if self.viewers:
                return
            services = self._services()
            known = _links.get(services, {}) if services is not None else {}
            if known.get((self.name, self.url)) is self:
                del known[self.name, self.url]
        self._drop()

    def _run(self) -> None:
        super()._run()
        self.tried.set()
        if not self.viewers:
            self._drop()

    def _get(self) -> Any | None:
        services = self._services()
        if services is None:
            return None
        url, self._id = self.url, ""
        if not url:
            with registry_of(services.bus_url) as registry:
                lease = registry.find(self.name)
                url, self._id = registry.url_of(lease), lease.id
        hub = Hub(url, services.catalog, reorder_ms=services.settings.reorder_ms).start()
        try:
            world = hub.look()
            if self._id and (world is None or world.id != self._id):
                raise BusError(f"replay {self.name} is over")
            hub.wait_ready()  # what was published before is drawn at once, not piece by piece
        except BaseException:
            hub.stop()
            raise
        return hub

    def _drop(self) -> None:
        hub, self._hub = self._hub, None
        if hub is not None:
            threading.Thread(target=hub.stop, name="hub-stop", daemon=True).start()  # it waits for its reader


_lock = threading.Lock()
_links: weakref.WeakKeyDictionary[Any, dict[tuple[str, str], ReplayLink]] = weakref.WeakKeyDictionary()


def follow(services: Any, *, name: str = "", url: str = "") -> ReplayLink:
    """The one link to a replay, with a viewer more: call ``leave`` on it when you are done."""
    with _lock:
        known = _links.setdefault(services, {})
        link = known.get((name, url))
        if link is None:
            link = known[name, url] = ReplayLink(services, name=name, url=url)
        link.viewers += 1
    return link


class Followed:
    """What the status strip of a page reads: the hub of the process, or the replay that the state says is followed.

    Parameters
    ----------
    state
        Its ``replay`` is the name, empty for none.
    services
        As of ``follow``. No replay is opened for a strip: a chart does that.
    """

    def __init__(self, state: AppState, services: Any) -> None:
        self._state, self._services = state, services

    def status(self) -> Any:
        """The status of the one that is looked at. Never raises."""
        replay = self._state.replay
        if not replay:
            return hub_link(self._services).status()
        link = _links.get(self._services, {}).get((replay, ""))
        return link.status() if link is not None else LinkStatus()
