"""The hub: one reader of the bus per process, however many sessions look.

The reader thread (``live.reader``) is the only writer of what came over the bus (``live.tapes``). Others see immutable
snapshots and integer versions; what they want done (attach, detach) goes to the reader through a queue.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import WorkbenchError
from workbench.live.bus import key_of
from workbench.live.join import Join, plan, stored_before, stored_first
from workbench.live.latency import LatencySnapshot
from workbench.live.live_bars import BarsNode, LiveBars
from workbench.live.pipeline import Gap
from workbench.live.reader import BusReader, symbol_of
from workbench.live.status import STALE_AFTER_S, HubStatus, OpenSessions, of_world
from workbench.live.stored import StoreWatch
from workbench.live.tapes import Tapes
from workbench.live.worlds import World, WorldWatch
from workbench.market.events import TRADE, as_frame
from workbench.market.specs import SECOND, BarSpec

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog

_log = logging.getLogger(__name__)

_READY_S = 5.0
_QUIET_NS = 2 * SECOND  # what is played fast is not called stale for a pause of some milliseconds
_AHEAD = 8  # versions: what makes the bars that are given up may count once more, unseen


class Hub:
    """Live trades and bars of everything on a bus.

    Parameters
    ----------
    bus_url
        ``redis://host:port/db``.
    catalog
        Where stored history lies, for the join of history and stream; without it bars begin with the stream.
    stale_after_s
        A market whose session is open is called stale when nothing came for so long.
    clock
        Now, ns UTC.
    reorder_ms
        How long a print waits for older ones, at most. Prints out of order inside of a published batch are put in
        order in any case; what comes later than the hold is counted, see ``live.reorder``.

    After a restart of Redis that lost entries we had already seen, the stream is read again from five minutes before
    the loss; what is known is passed over by its number.

    On the bus of a replay (see ``live.worlds``) history ends where the replay begins, and the clock that tells whether
    a market is stale is the simulated one. When the replay goes back in time everything is made anew; subscriptions go
    on and their versions grow.
    """

    def __init__(
        self,
        bus_url: str,
        catalog: MarketCatalog | None = None,
        *,
        stale_after_s: float = STALE_AFTER_S,
        clock: Callable[[], int] = time.time_ns,
        reorder_ms: float = 0.0,
    ) -> None:
        self.bus_url, self.catalog = bus_url, catalog
        self._clock, self._stale_ns = clock, int(stale_after_s * SECOND)
        self._reader = BusReader(bus_url, clock)
        self._worlds = WorldWatch(bus_url, clock)
        self._tapes = Tapes(
            catalog, self._reader.dead_letter, clock,
            hold=int(reorder_ms * 1e6), worlds=self._worlds, on_world=self._begin_again,
        )  # fmt: skip
        self._shared = threading.Lock()  # guards the three below
        self._nodes: dict[tuple[str, str, str | None], BarsNode] = {}
        self._handles: dict[LiveBars, BarsNode] = {}
        self._builders: set[threading.Thread] = set()
        self._sessions = OpenSessions(self._session_of)
        self._stored = StoreWatch(catalog, self._is_stored, self._renew)

    # -- what everybody may call ---------------------------------------------------------------------------------

    def start(self) -> Hub:
        """Start the reader thread; returns itself. Does not wait for Redis: see ``status``."""
        with self._shared:
            self._reader.start(self._tapes)
        return self

    def stop(self) -> None:
        """End the reader thread and drop the connection; snapshots stay readable. Safe to call twice."""
        self._stored.stop()
        self._reader.stop()
        with self._shared:
            builders = list(self._builders)
        for one in builders:
            one.join(timeout=10)
        self._tapes.close()
        self._worlds.close()

    def subscribe(self, symbol: str, spec: str, *, session: str | None = None) -> LiveBars:
        """Bars of ``symbol`` from the end of the stored history on. Equal subscriptions share one computation.

        Of a symbol that has no trades they are the bars that are stored meanwhile: pushed, or imported.

        Where much of the history must be read first (Renko of trades, Heikin Ashi), this returns at once and the bars
        come when it is read: ``LiveBars.wait_ready``.

        Parameters
        ----------
        spec
            Any bar spec that trades can be cut by.
        session
            Calendar the bars follow; that of the instrument when left out, as ``catalog.bars``.

        Raises
        ------
        SpecError, UnknownNameError
            The spec or the session cannot be read, or a kind made of bars has no base.
        """
        parsed = BarSpec.parse(spec)
        key = (symbol, str(parsed), session)
        with self._shared:
            node = self._nodes.get(key)
            if node is not None and node.error is None:
                return self._handle(node)
        if not self._worlds.known:
            self._worlds.look()
        while True:
            stamp = self._tapes.stamp
            join = self._plan(*key)
            node = BarsNode(*key)
            if not join.slow:
                self._begin(node, join)
            with self._shared:
                known = self._nodes.get(key)
                if known is not None and known.error is None:
                    return self._handle(known)
                if stamp != self._tapes.stamp:
                    continue  # meanwhile it is another world, with another history
                self._nodes[key] = node
                handle = self._handle(node)
                if join.slow:
                    self._start_building(node, join)
                else:
                    self._reader.do(functools.partial(self._attach, node))
            return handle

    def bars(self, symbol: str, spec: str, *, session: str | None = None, n: int = 500) -> pd.DataFrame:
        """The newest ``n`` stored bars and all live ones, the forming bar last, as ``catalog.bars`` gives them."""
        with self.subscribed(symbol, spec, session=session) as live:
            live.wait_begun()
            live.wait_ready(_READY_S)
            shot = live.snapshot()
        parts = [shot.closed, shot.forming]
        if self.catalog is not None and shot.join_ns is not None:
            before = pd.Timestamp(shot.join_ns, tz="UTC")
            parts.insert(0, self.catalog.latest_bars(symbol, spec, n, before=before, session=session))
        return as_frame(np.concatenate(parts))

    def subscribed(self, symbol: str, spec: str, *, session: str | None = None) -> _Subscribed:
        """``with hub.subscribed("BTC-USD", "1min") as live: ...`` closes the subscription at the end."""
        return _Subscribed(self.subscribe(symbol, spec, session=session))

    def trades(self, symbol: str, n: int = 1000) -> pd.DataFrame:
        """The newest ``n`` trades that came over the bus."""
        return as_frame(self.trade_records(symbol, n))

    def trade_records(self, symbol: str, n: int | None = None) -> np.ndarray:
        """The same as TRADE records, read-only, not copied; all that are kept when ``n`` is left out."""
        tape = self._tapes.known.get(symbol)
        return tape.records.view(n) if tape is not None else np.empty(0, TRADE)

    def last(self, symbol: str) -> np.ndarray:
        """The last trade: TRADE records, 0 or 1 row."""
        return self.trade_records(symbol, 1)

    def symbols(self) -> list[str]:
        """Symbols that have a stream on the bus."""
        return self._reader.symbols()

    def gaps(self, symbol: str) -> list[Gap]:
        """Stretches of which trades are missing, oldest first."""
        tape = self._tapes.known.get(symbol)
        return list(tape.gaps) if tape is not None else []

    @property
    def world(self) -> World | None:
        """What the bus says of itself when it is a replay or another simulation; ``None`` for a live one."""
        return self._worlds.world

    def world_of(self, symbol: str) -> World | None:
        """The world that ``symbol`` is in, as of the last look; ``None`` for a live one."""
        return self._worlds.of(symbol)

    def look(self) -> World | None:
        """See what world the bus is, now; later looks are taken by the reader. Raises ``BusError``."""
        return self._worlds.look(now=True)

    def now(self, symbol: str | None = None) -> int:
        """Now, ns UTC: by the simulated clock where there is one."""
        return self._worlds.now(symbol)

    def wait_ready(self, timeout_s: float = _READY_S) -> bool:
        """Wait until everything that was on the bus at the start has been read."""
        return self._reader.is_caught_up.wait(timeout_s)

    def status(self, symbol: str | None = None) -> HubStatus:
        """State of the live plane, or of one symbol. Cheap: charts ask ten times a second."""
        state, since, message = self._reader.link
        tapes = self._tapes
        tape = tapes.known.get(symbol) if symbol is not None else None
        of = tapes if symbol is None else tape
        received, event, latency = of.arrival if of is not None else (0, 0, float("nan"))
        if state == "live" and (world := self._worlds.of(symbol)) is not None:
            state, message = self._simulated(world, symbol, max(received, since), event)
        elif state == "live" and (now := self._clock()) - max(received, since) > self._patience(symbol):
            state, since, message = self._quiet(symbol, max(received, since), now)
        if symbol is None:
            counts = tapes.trades, tapes.gaps
            late, disorder = self._late(), tapes.pipeline.disorder
        else:
            counts = (tape.trades, len(tape.gaps)) if tape is not None else (0, 0)
            late, disorder = (tape.late if tape is not None else 0), tapes.pipeline.disorder_of(symbol)
        world = self._worlds.of(symbol)
        return HubStatus(
            state, since, event, latency, self._reader.entries, *counts, self._reader.dead, message, late, disorder,
            world, self._worlds.now(symbol) if world is not None else 0,
        )  # fmt: skip

    @property
    def latency(self) -> LatencySnapshot:
        """How long trades are on their way, by stage, and how many come; renewed four times a second."""
        return self._reader.latency.snapshot

    def node_count(self) -> int:
        """Bar computations alive; 0 when every subscription was closed."""
        with self._shared:
            return len(self._nodes)

    def viewers(self) -> int:
        """Subscriptions that are open."""
        with self._shared:
            return len(self._handles)

    # -- inside --------------------------------------------------------------------------------------------------

    def _late(self) -> int:
        with self._shared:
            symbols = {symbol for symbol, *_ in self._nodes}
        return sum(self._tapes.known[symbol].late for symbol in symbols if symbol in self._tapes.known)

    def _patience(self, symbol: str | None) -> int:
        """Time (ns) after which what is silent is stale: of bars that are pushed, that of two of them."""
        tape = self._tapes.known.get(symbol)
        return max(self._stale_ns, 2 * tape.pace if tape is not None else 0)

    def _quiet(self, symbol: str | None, since: int, now: int) -> tuple[str, int, str]:
        """What nothing having come since ``since`` means: state, since when, message."""
        keys = [key_of("trades", symbol)] if symbol is not None else list(self._reader.positions)
        if not keys:
            return "stale", since, "nothing is published: start a feed"
        if any(self._sessions.is_open(symbol_of(key), now) for key in keys):
            message = f"no trade of {symbol or 'any open market'} for {(now - since) // SECOND} s"
            return "stale", since + self._patience(symbol), message
        return self._reader.link

    def _simulated(self, world: World, symbol: str | None, since: int, event: int) -> tuple[str, str]:
        """State and message in a world where nothing came since ``since`` (our clock), the last trade of ``event``."""
        resting = of_world(world, self._worlds.silent_s())
        if resting is not None:
            return resting
        now = self._worlds.now(symbol)
        quiet = now - max(event, world.start)
        if quiet > self._stale_ns and self._clock() - since > _QUIET_NS:
            symbols = [symbol] if symbol is not None else world.symbols
            if any(self._sessions.is_open(one, now) for one in symbols):
                return "stale", f"no trade of {symbol or 'any open market'} for {quiet // SECOND} s of the {world.kind}"
        return "live", ""

    def _session_of(self, symbol: str) -> str:
        return self.catalog.master.get_or_default(symbol).session if self.catalog is not None else "24/7"

    def _plan(self, symbol: str, spec: str, session: str | None) -> Join:
        """The hand-over from history to what comes over the bus, of which there is no history in a world."""
        world, until = self._worlds.of(symbol), None
        if world is not None:
            tape = self._tapes.known.get(symbol)
            kept = tape.begins if tape is not None else None
            # What was published and let go of is history, and stands in the store to the last print.
            until = world.start if kept is None else max(world.start, kept + 1)
        return plan(self.catalog, symbol, spec, session=session, until=until)

    def _begin_again(self, anew: bool) -> None:
        """Another world, or another epoch of it (reader thread); ``anew``: the streams must be read from the start."""

        def again() -> None:
            self._tapes.forget()
            self._reader.positions.clear()
            self._replace_nodes()

        if anew:
            self._reader.do(again)
        else:
            self._replace_nodes()

    def _replace_nodes(self) -> None:
        """Put bars that begin anew in the place of all there are; subscriptions follow them."""
        with self._shared:
            before = list(self._nodes.values())
        for node in before:
            new = BarsNode(*node.key)
            new.snapshot = replace(new.snapshot, version=node.snapshot.version + _AHEAD)
            with self._shared:
                if self._nodes.get(node.key) is not node:
                    continue
                self._nodes[node.key] = new
                for handle, held in self._handles.items():
                    if held is node:
                        self._handles[handle] = new
                        handle.follow(new)
            try:
                join = self._plan(*node.key)
                if join.slow:
                    with self._shared:
                        self._start_building(new, join)
                else:
                    self._begin(new, join)
                    self._attach(new)
            except Exception as error:
                self._failed(new, error)
            node.begun.set()  # who waits for it waits for its successor from here on
            node.ready.set()

    def _attach(self, node: BarsNode) -> None:
        """Give a node what comes, unless everybody has let go of it or others took its place (reader thread)."""
        with self._shared:
            wanted = self._nodes.get(node.key) is node
        if wanted:
            self._tapes.attach(node)
            if self.catalog is not None and node.join.source is None:
                self._stored.add(node)

    def _is_stored(self, node: BarsNode) -> bool:
        """Whether what is stored is all that there is of these bars, and somebody looks at them."""
        return self._nodes.get(node.key) is node and not node.traded and self._worlds.of(node.symbol) is None

    def _renew(self, node: BarsNode, bars: np.ndarray, pace: int) -> None:
        self._reader.do(functools.partial(self._tapes.renew, node, bars, pace))

    def _start_building(self, node: BarsNode, join: Join) -> None:
        name = f"workbench-join-{node.symbol}-{node.key[1]}"
        builder = threading.Thread(target=self._build, args=(node, join), name=name, daemon=True)
        self._builders.add(builder)
        builder.start()

    def _begin(self, node: BarsNode, join: Join, going: Callable[[], bool] = lambda: True) -> bool:
        if join.cut is None:
            return node.begin(join, (), (), going=going)
        before = stored_before(self.catalog, node.symbol, join)
        return node.begin(join, before, stored_first(self.catalog, node.symbol, join), going=going)

    def _build(self, node: BarsNode, join: Join) -> None:
        """Begin a node in a thread of its own, then attach it, unless everybody has let go of it meanwhile."""
        try:
            if self._begin(node, join, lambda: not self._reader.stopped and self._nodes.get(node.key) is node):
                with self._shared:
                    if self._nodes.get(node.key) is node:
                        self._reader.do(lambda: self._attach(node))
        except Exception as error:
            self._failed(node, error)
        finally:
            node.begun.set()
            with self._shared:
                self._builders.discard(threading.current_thread())

    @staticmethod
    def _failed(node: BarsNode, error: Exception) -> None:
        if not isinstance(error, (WorkbenchError, OSError)):
            _log.exception("bars %s of %s could not begin", node.key[1], node.symbol)
        node.fail(error)

    def _handle(self, node: BarsNode) -> LiveBars:
        handle = LiveBars(node, self._release)
        self._handles[handle] = node
        return handle

    def _release(self, handle: LiveBars) -> None:
        with self._shared:
            node = self._handles.pop(handle, None)
            if node is None or node in self._handles.values():
                return
            if self._nodes.get(node.key) is node:
                del self._nodes[node.key]
            self._reader.do(lambda: self._tapes.detach(node))


class _Subscribed:
    def __init__(self, live: LiveBars) -> None:
        self._live = live

    def __enter__(self) -> LiveBars:
        return self._live

    def __exit__(self, *_: object) -> None:
        self._live.close()
