"""What the home page knows: one row per instrument, totals and health, gathered once for all sessions of a process."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from workbench.errors import WorkbenchError
from workbench.market.events import BAR
from workbench.market.specs import SECOND

#: Points of a sparkline.
SPARK_POINTS = 60
#: The catalog is looked through again after so long; live figures come with every tick.
REFRESH_S = 60.0
_TICK_S = 0.9


@dataclass(frozen=True)
class Row:
    """One instrument. ``change`` is a fraction of the session's previous close; times are ms UTC for the browser."""

    symbol: str
    name: str = ""
    asset_class: str = ""
    currency: str = ""
    decimals: int = 2
    last: float | None = None
    change: float | None = None
    spark: tuple[float, ...] = ()
    span: str = ""
    updated_ms: int = 0
    daily: bool = False
    first_ms: int = 0
    until_ms: int = 0
    source: str = ""
    live: bool = False
    problem: str = ""

    def figures(self) -> dict[str, Any]:
        """The fields that move."""
        return {name: getattr(self, name) for name in ("last", "change", "spark", "updated_ms", "live")}

    def as_json(self) -> dict[str, Any]:
        """All fields, as the browser takes them."""
        return asdict(self)


@dataclass(frozen=True)
class Overview:
    """All rows and what they add up to. ``sources``: name -> (datasets, rows, bytes)."""

    rows: tuple[Row, ...] = ()
    datasets: int = 0
    stored_rows: int = 0
    stored_bytes: int = 0
    quarantined: int = 0
    sources: dict[str, tuple[int, int, int]] = field(default_factory=dict)


@dataclass
class _Base:
    """The slow part of a row: history as it is stored, and live bars to lay over it."""

    row: Row
    daily: np.ndarray
    spark: np.ndarray
    live_daily: Any = None
    live_spark: Any = None


class OverviewModel:
    """Shared by all home pages of a process; ``gather`` may take a second and belongs in a thread, ``tick`` is cheap.

    Parameters
    ----------
    services
        Gives the catalog.
    hub
        Returns the hub, or None while there is none.
    """

    def __init__(self, services: Any, hub: Callable[[], Any | None]) -> None:
        self._services = weakref.ref(services)
        self._hub = hub
        self._lock = threading.Lock()
        self._bases: dict[str, _Base] = {}
        self._overview = Overview()
        self._gathered_at = -1e9
        self._ticked_at = -1e9
        self._users = 0

    def attach(self) -> None:
        """A page begins to look."""
        with self._lock:
            self._users += 1

    def detach(self) -> None:
        """A page is gone; with the last one the live subscriptions are closed."""
        with self._lock:
            self._users -= 1
            if self._users > 0:
                return
            bases, self._bases = self._bases, {}
            self._gathered_at = -1e9
        for base in bases.values():
            _close(base)

    def due(self) -> bool:
        """Whether the catalog should be looked through again."""
        return time.monotonic() - self._gathered_at > REFRESH_S

    def gather(self, *, force: bool = False) -> Overview:
        """Look through the catalog. Raises what the catalog raises as a whole; one bad symbol only marks its row."""
        with self._lock:
            if not force and not self.due():
                return self._overview
            services = self._services()
            catalog = services.catalog
            frame = catalog.datasets()
            kinds = _kinds(frame)
            hub = self._hub()
            bases: dict[str, _Base] = {}
            for symbol in sorted(catalog.symbols(), key=lambda s: ("trades" not in kinds.get(s, ()), s)):
                base = _read(catalog, symbol, kinds.get(symbol, set()))
                known = self._bases.pop(symbol, None)
                if known is not None:
                    base.live_daily, base.live_spark = known.live_daily, known.live_spark
                if hub is not None and "trades" in kinds.get(symbol, set()) and base.live_daily is None:
                    _subscribe(hub, base)
                bases[symbol] = base
            for gone in self._bases.values():
                _close(gone)
            self._bases = bases
            self._overview = _totals(frame, tuple(_laid_over(b) for b in bases.values()))
            # Without a hub yet, look again soon, so that the rows come alive when it opens.
            self._gathered_at = time.monotonic() - (REFRESH_S - 2 if hub is None else 0)
            return self._overview

    def tick(self) -> Overview:
        """The rows with what has happened since; computed at most about once a second for all pages together."""
        if not self._lock.acquire(blocking=False):
            return self._overview
        try:
            if time.monotonic() - self._ticked_at > _TICK_S:
                self._ticked_at = time.monotonic()
                self._overview = replace(self._overview, rows=tuple(_laid_over(b) for b in self._bases.values()))
            return self._overview
        finally:
            self._lock.release()


def join_bars(history: np.ndarray, live: Any | None) -> np.ndarray:
    """Stored bars followed by live ones; where both have a bar of the same time the live one counts."""
    if live is None:
        return history
    shot = live.snapshot()
    parts = [p for p in (shot.closed[-SPARK_POINTS:], shot.forming) if len(p)]
    if not parts:
        return history
    return np.concatenate([history[history["time"] < parts[0]["time"][0]], *parts])


def _read(catalog: Any, symbol: str, kinds: set[str]) -> _Base:
    one = catalog.master.get_or_default(symbol)
    row = Row(symbol, one.name, one.asset_class, one.currency, one.decimals)
    none = np.empty(0, BAR)
    try:
        coverage = catalog.coverage(symbol)
        sources = ", ".join(map(str, catalog.sources(symbol)))
        first, until = coverage or (0, 0)
        row = replace(row, source=sources, first_ms=first // 1_000_000, until_ms=until // 1_000_000)
        intraday = any(not kind.endswith(("_1d", "_1w", "_1mo")) for kind in kinds)
        daily = catalog.latest_bars(symbol, "1d", SPARK_POINTS if not intraday else 3)
        spark = catalog.latest_bars(symbol, "1h", SPARK_POINTS) if intraday else daily
    except (WorkbenchError, OSError, ValueError) as error:
        return _Base(replace(row, problem=str(error)), none, none)
    span = f"{len(spark)} {'hours' if intraday else 'days'}"
    return _Base(replace(row, daily=not intraday, span=span), daily, spark)


def _subscribe(hub: Any, base: _Base) -> None:
    if base.row.problem or base.row.daily:
        return
    try:
        base.live_daily = hub.subscribe(base.row.symbol, "1d")
        base.live_spark = hub.subscribe(base.row.symbol, "1h")
    except WorkbenchError as error:
        base.row = replace(base.row, problem=str(error))


def _close(base: _Base) -> None:
    for live in (base.live_daily, base.live_spark):
        if live is not None:
            live.close()


def _laid_over(base: _Base) -> Row:
    daily = join_bars(base.daily, base.live_daily)
    spark = join_bars(base.spark, base.live_spark)[-SPARK_POINTS:]
    if not len(daily):
        return base.row
    last, updated, is_live = float(daily["close"][-1]), base.row.until_ms, False
    if base.row.daily:
        updated = int(daily["time"][-1]) // 1_000_000
    if base.live_daily is not None:
        shot = base.live_daily.snapshot()
        if shot.last_event_ns:
            last, updated = float(shot.last_price), shot.last_event_ns // 1_000_000
            is_live = time.time_ns() - shot.last_event_ns < 60 * SECOND
    before = float(daily["close"][-2]) if len(daily) > 1 else float("nan")
    change = last / before - 1 if before else float("nan")
    closes = spark["close"].tolist()
    return replace(
        base.row,
        last=last if np.isfinite(last) else None,
        change=change if np.isfinite(change) else None,
        spark=tuple(c for c in closes if np.isfinite(c)),
        updated_ms=updated,
        live=is_live,
    )


def _symbols_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [str(part) for part in value]


def _kinds(frame: Any) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for symbols, kind in zip(frame["symbols"], frame["kind"], strict=True):
        for symbol in _symbols_of(symbols):
            kinds.setdefault(symbol, set()).add(str(kind))
    return kinds


def _totals(frame: Any, rows: tuple[Row, ...]) -> Overview:
    sources = {
        str(source): (len(part), int(part["rows"].sum()), int(part["bytes"].sum()))
        for source, part in frame.groupby("source", sort=True)
    }
    return Overview(
        rows,
        datasets=len(frame),
        stored_rows=int(frame["rows"].sum()),
        stored_bytes=int(frame["bytes"].sum()),
        quarantined=int(frame["quarantined"].sum()),
        sources=sources,
    )


_models: weakref.WeakKeyDictionary[Any, OverviewModel] = weakref.WeakKeyDictionary()


def overview_model(services: Any, hub: Callable[[], Any | None]) -> OverviewModel:
    """The one model of a services object."""
    model = _models.get(services)
    if model is None:
        model = _models.setdefault(services, OverviewModel(services, hub))
    return model
