"""Demo data: real daily bars that come with a package, and synthetic trades up to now."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from workbench.catalog.synthetic import DEMO_SYMBOLS, SyntheticMarket
from workbench.errors import DataError, UnknownNameError
from workbench.market.calendars import calendar
from workbench.market.events import BAR
from workbench.market.specs import DAY

if TYPE_CHECKING:
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.catalog.store import Store

Progress = Callable[[int, int, str], None]

DAILY_SOURCE, TRADES_SOURCE = "bokeh", "synthetic"
_STRETCH = 10 * DAY  # written at a time: 35 MB of trades, and rollups are made once
DAILY_SYMBOLS = ("AAPL", "GOOG", "IBM", "MSFT", "FB")


def write_demo(
    catalog: MarketCatalog,
    now_ns: int,
    *,
    symbols: Sequence[str] | None = None,
    days: int = 30,
    progress: Progress | None = None,
) -> None:
    """Write what is missing of the demo data; again and again is fine, also after a stop in the middle.

    Parameters
    ----------
    now_ns
        Where the synthetic trades end (exclusive, ns UTC); stored trades are never removed.
    symbols
        Synthetic symbols; those of the demo when left out.
    days
        Days of trades for a symbol that has none yet. One that has some is filled from where they end.
    progress
        Called with (steps done, steps in all, what was done).
    """
    wanted = DEMO_SYMBOLS if symbols is None else tuple(symbols)
    stretches = {symbol: _missing(catalog.store, symbol, int(now_ns), days) for symbol in wanted}
    total, done, turn = len(DAILY_SYMBOLS) + sum(map(len, stretches.values())), 0, threading.Lock()

    def step(what: str) -> None:
        nonlocal done
        with turn:
            done += 1
            if progress:
                progress(done, total, what)

    def write(symbol: str) -> None:
        market = SyntheticMarket(symbol, instrument=catalog.master.get_or_default(symbol))
        for low, high in stretches[symbol]:
            catalog.store.write(TRADES_SOURCE, "trades", symbol, market.trades(low, high), covered_until=high)
            step(f"{symbol} trades of {np.datetime64(low, 'ns').astype('M8[D]')}")

    for symbol in DAILY_SYMBOLS:
        _write_daily(catalog.store, symbol)
        step(f"{symbol} daily bars")
    # Compression and hashing release the interpreter, so that a second symbol costs half its time.
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(write, wanted):
            pass


def daily_bars(symbol: str) -> np.ndarray:
    """BAR records of the real days in the package ``bokeh_sampledata``, stamped with the open of their session.

    Raises
    ------
    DataError
        A day of the file is no session of the New York exchange.
    """
    from bokeh_sampledata import stocks

    table = getattr(stocks, symbol)
    dates = np.array(table["date"], "M8[D]")
    low, high = (int(d.astype("M8[ns]").astype("i8")) for d in (dates[0], dates[-1] + 1))
    sessions = calendar("XNYS").sessions(low, high)
    at = np.searchsorted(sessions.date, dates)
    strange = dates[sessions.date[np.minimum(at, len(sessions) - 1)] != dates]
    if len(strange):
        raise DataError(f"{symbol}: {len(strange)} days are no session of XNYS, the first is {strange[0]}")
    out = np.zeros(len(dates), BAR)
    out["time"] = sessions.open[at]
    for name in ("open", "high", "low", "close", "volume"):
        out[name] = table[name]
    out["vwap"] = np.nan
    return out


def _write_daily(store: Store, symbol: str) -> None:
    records = daily_bars(symbol)
    sha256 = hashlib.sha256(records.tobytes()).hexdigest()
    if store.has_origin(DAILY_SOURCE, "bars_1d", symbol, sha256):
        return
    origin = {
        "name": f"bokeh_sampledata {symbol}",
        "sha256": sha256,
        "rows": len(records),
        "quarantined": 0,
        "importer": "demo",
        "options": {},
    }
    store.write(DAILY_SOURCE, "bars_1d", symbol, records, replace=True, origin=origin)


def _missing(store: Store, symbol: str, now: int, days: int) -> list[tuple[int, int]]:
    """Stretches to write, each of a few whole days UTC: the day is a partition of the store."""
    try:
        held = store.manifest(TRADES_SOURCE, "trades", symbol).covered_until
    except UnknownNameError:
        held = None
    start = held if held is not None else (now // DAY - days) * DAY
    edges = [start, *range((start // DAY + 1) * DAY, now, _STRETCH), now]
    return list(zip(edges[:-1], edges[1:], strict=True)) if start < now else []
