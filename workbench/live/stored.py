"""Bars of symbols that come as bars, pushed over HTTP or imported: the store tells of them, not their trades."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.catalog.schema import split_kind
from workbench.errors import WorkbenchError
from workbench.live.join import begin_of
from workbench.live.live_bars import BarsNode

if TYPE_CHECKING:
    from workbench.catalog.manifest import Manifest
    from workbench.catalog.market_catalog import MarketCatalog

_log = logging.getLogger(__name__)

#: Seconds between two looks; one asks the disk for the times of a few files.
EVERY_S = 0.25
#: Bars that are shown of a symbol of which nothing was stored.
FIRST = 1_000


@dataclass
class _Watched:
    """The state of the store that bars show, the open of the newest of them, and what was last said to be wrong."""

    held: tuple[Manifest, ...]
    since: int | None
    wrong: str = ""


class StoreWatch:
    """Looks whether more was stored, in a thread that begins with the first bars it is asked to watch.

    What it hands over are bars as ``catalog.bar_records`` makes them, so that they are those of the history.

    Parameters
    ----------
    catalog
        Where bars are stored.
    wanted
        Whether somebody still looks at them and they are made of nothing else; asked before each look.
    hand
        Called with what was watched, the newest bars as they are stored now, beginning with the one that was the last
        before, and the time (ns) of the shortest bars that are stored, 0 where they are made of something else.
    """

    def __init__(
        self,
        catalog: MarketCatalog,
        wanted: Callable[[BarsNode], bool],
        hand: Callable[[BarsNode, np.ndarray, int], None],
    ) -> None:
        self._catalog, self._wanted, self._hand = catalog, wanted, hand
        self._watched: dict[BarsNode, _Watched] = {}
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, node: BarsNode) -> None:
        """Watch these bars, which have begun, from what was stored when they did."""
        with self._lock:
            self._watched[node] = _Watched(node.join.held, _newest(node))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="workbench-hub-store", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread. Safe to call twice."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def __len__(self) -> int:
        return len(self._watched)

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            with self._lock:
                watched = list(self._watched.items())
            for node, one in watched:
                if not self._wanted(node):
                    with self._lock:
                        del self._watched[node]
                    continue
                try:
                    self._look(node, one)
                except Exception as error:  # bars go on as they are; the next look tries again
                    if one.wrong != (wrong := f"{type(error).__name__}: {error}"):
                        known = isinstance(error, (WorkbenchError, OSError))
                        _log.warning(
                            "stored bars of %s cannot be read: %s",
                            node.symbol,
                            error,
                            exc_info=None if known else error,
                        )
                    one.wrong = wrong

    def _look(self, node: BarsNode, one: _Watched) -> None:
        held = tuple(self._catalog.store.held(node.symbol))
        # A manifest is read again when its file is another one: the same object has the same bars.
        if len(held) == len(one.held) and all(now is then for now, then in zip(held, one.held, strict=True)):
            return
        symbol, spec, session = node.key
        if one.since is None:
            bars = self._catalog.latest_bars(symbol, spec, FIRST, session=session)
        else:
            bars = self._catalog.bar_records(symbol, spec, np.datetime64(one.since, "ns"), session=session)
        one.held, one.wrong = held, ""
        if len(bars):
            one.since = int(bars["time"][-1])
            kinds = [split_kind(kind)[1] for manifest in held for kind in manifest.datasets]
            self._hand(node, bars, min((spec.nominal for spec in kinds if spec is not None), default=0))


def _newest(node: BarsNode) -> int | None:
    """The open of the last bar that the node's history has; None without one."""
    join = node.join
    if join.cut is None:
        return None
    return begin_of(join.spec, join.session, join.cut - 1) if join.before == "nothing" else node.snapshot.join_ns
