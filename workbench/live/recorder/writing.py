"""The threads of a recorder that store: symbol by symbol in turn, the one that has waited longest first."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from workbench.catalog.manifest import Manifest
from workbench.catalog.recorded import Overtaken, store_recorded
from workbench.catalog.retention import Rules, apply
from workbench.catalog.store import Store
from workbench.errors import WorkbenchError
from workbench.live.bus import key_of
from workbench.live.recorder.holdings import Holding, Holdings
from workbench.live.recorder.tray import Load
from workbench.market.specs import DAY

_log = logging.getLogger(__name__)

_IDLE_S = 1.0
_RETRY_S, _RETRY_MOST_S = 0.5, 30.0  # after a refusal of the store, growing


class Writing:
    """Stores what waits in the holdings.

    Parameters
    ----------
    every_s, rows
        A symbol is stored when its oldest record has waited so long, or when it has so many. When storing takes
        longer than that, symbols wait for their turn, and more of each is stored at once.
    threads
        Symbols stored at a time: one waits for the disk while the other packs.
    """

    def __init__(
        self, store: Store, source: str, holdings: Holdings, *,
        every_s: float, rows: int, retention: Rules, clock: Callable[[], int], threads: int = 2,
    ) -> None:  # fmt: skip
        self._store, self._source, self._holdings = store, source, holdings
        self._every, self._rows, self._rules, self._clock = every_s, rows, retention, clock
        self._day: int | None = None
        self.error = ""
        self._threads = [
            threading.Thread(target=self._run, args=(i == 0,), name=f"workbench-recorder-writer-{i}", daemon=True)
            for i in range(threads)
        ]

    def start(self) -> None:
        """Start the threads; they end when the holdings say ``stopping`` and all is stored."""
        for thread in self._threads:
            thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the threads; True when they have ended."""
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, keeps_house: bool) -> None:
        changed = self._holdings.changed
        while True:
            if keeps_house and not self._holdings.stopping:
                self._retention()
            with changed:
                found, wait = self._pick(time.monotonic())
                if found is None:
                    if self._holdings.stopping:
                        return
                    changed.wait(min(wait, _IDLE_S))
                    continue
                loads = self._loads(found)
                found.busy = True
            try:
                self._commit(found, loads)
            except Exception as error:
                self._refused(found, error)
            finally:
                with changed:
                    found.busy = False
                    changed.notify_all()

    def _pick(self, now: float) -> tuple[Holding | None, float]:
        """The holding that is due for longest, and how long to wait when there is none."""
        chosen, at = None, now + _IDLE_S
        for one in self._holdings.of.values():
            hurry = self._holdings.stopping or one.leaving
            due = None if hurry and one.empty else one.due(0.0 if hurry else self._every, self._rows)
            if due is not None and due < at:
                chosen, at = one, due
        return (chosen, 0.0) if chosen is not None and at <= now else (None, at - now)

    def _loads(self, one: Holding) -> dict[str, Load]:
        now = time.monotonic()
        return {
            kind: tray.load()
            for kind, tray in one.trays.items()
            if tray.waiting_since is not None or ((due := tray.due(0.0)) is not None and due <= now)
        }

    def _commit(self, one: Holding, loads: Mapping[str, Load]) -> None:
        manifest: Manifest = store_recorded(
            self._store, self._source, one.symbol, {kind: load.commit for kind, load in loads.items()}
        )
        now = self._clock()
        with self._holdings.changed:
            for kind, load in loads.items():
                one.trays[kind].stored(load, manifest.datasets[kind])
                count = one.count(kind)
                count.rows += load.rows
                count.gaps += len(load.commit.gaps)
                count.commits += 1
                count.committed_ns = now
                self._holdings.acks[key_of(kind, one.symbol)] = load.commit.cursor["entry"]
            one.failures, self.error = 0, ""

    def _refused(self, one: Holding, error: Exception) -> None:
        """What was not stored is still on the bus: it is read from there once more."""
        if isinstance(error, Overtaken):
            _log.warning("%s", error)
            wait = 0.0
        else:
            if not isinstance(error, (WorkbenchError, OSError)):
                _log.exception("%s could not be stored", one.symbol)
            self.error = f"{one.symbol} cannot be stored: {error}"
            wait = min(_RETRY_S * 2**one.failures, _RETRY_MOST_S)
        with self._holdings.changed:
            one.failures = min(one.failures + 1, 20)
            one.spoil(time.monotonic() + wait)

    def _retention(self) -> None:
        """Once a day, beginning with the first."""
        today = self._clock() // DAY
        if not self._rules or self._day == today:
            return
        self._day = today
        try:
            for gone in apply(self._store, self._rules, self._clock()):
                _log.info("retention: %s", gone)
        except (WorkbenchError, OSError) as error:
            _log.warning("retention failed: %s", error)
