"""Bars from whole arrays. Wrappers of the kernels: dtypes, order, errors, two threads; no arithmetic of their own.

Every bar is summed in tape order by one thread, so that the number of threads never changes a bit of the result.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from workbench.errors import DataError
from workbench.kernels import time_bars as kernel
from workbench.market.calendars import Calendar, Windows, calendar
from workbench.market.events import BAR, FLAG_NO_BAR, QUOTE_BAR
from workbench.market.specs import BarSpec

_THREADS = 2
_WORTH_A_THREAD = 250_000  # prints; below, starting a thread costs more than it saves (about 0.1 ms)
_EARLIEST = np.iinfo(np.int64).min


def bars_from_trades(
    records: np.ndarray, spec: BarSpec | str, sessions: Calendar | None = None, *, flagged: bool = False
) -> np.ndarray:
    """Bars of a tape, the last one as far as the tape goes.

    Parameters
    ----------
    records
        Trades as a record array with the fields of ``market.events.TRADE``. Trades out of time order are put in order
        first; those of equal time keep theirs.
    spec
        Time bar spec, such as ``5min``.
    sessions
        Calendar that bars are anchored to and cut by; UTC days when left out. Prints outside of it form no bar.
    flagged
        Whether prints with ``FLAG_NO_BAR`` count.

    Returns
    -------
    Array of ``market.events.BAR``, sorted by time, without empty bars.

    Raises
    ------
    DataError
        A price or size is not a finite number, or a size is negative; names the row.
    """
    columns = [records[name] for name in ("ts_event", "price", "size", "side", "flags")]
    return trade_bars(columns, spec, sessions, flagged=flagged)


def trade_bars(
    columns: list[np.ndarray], spec: BarSpec | str, sessions: Calendar | None = None, *, flagged: bool = False
) -> np.ndarray:
    """``bars_from_trades`` of separate arrays: times (int64 ns), price, size, side (int8), flags (uint16)."""
    columns = _ordered(columns)
    low, high, times = _cut(columns[0], BarSpec.parse(spec), sessions)
    time, bar = numbered(times)
    acc, count = np.zeros((len(time), kernel.BAR_WIDTH)), np.zeros(len(time), np.int64)
    fold_trades(low, high, bar, columns, acc, count, flagged=flagged)
    return finished(time, acc, count, count)


def bars_from_bars(records: np.ndarray, spec: BarSpec | str, sessions: Calendar | None = None) -> np.ndarray:
    """Coarser bars from finer ones (arrays of ``BAR``); exact where no finer bar crosses an edge of a coarser one.

    Prices and counts equal the bars of the trades bit for bit, sums to the last digits of float64. ``vwap`` is NaN
    where a finer bar with volume has none.
    """
    (records,) = _ordered([records], records["time"])
    low, high, times = _cut(records["time"], BarSpec.parse(spec), sessions)
    time, bar = numbered(times)
    acc, count = np.zeros((len(time), kernel.BAR_WIDTH)), np.zeros(len(time), np.int64)
    trades = np.zeros(len(time), np.int64)
    bad = kernel.fold_bars(low, high, bar, records, acc, count, trades)
    if bad >= 0:
        raise DataError(f"bar {bad} has a price that is not a finite number: {records[bad]}; drop or mend it first")
    return finished(time, acc, count, trades)


def quote_bars_from_quotes(records: np.ndarray, spec: BarSpec | str, sessions: Calendar | None = None) -> np.ndarray:
    """Bars of quotes, bid and ask apart: array of ``QUOTE_BAR``. A NaN side is not known and changes nothing."""
    (records,) = _ordered([records], records["ts_event"])
    low, high, times = _cut(records["ts_event"], BarSpec.parse(spec), sessions)
    time, bar = numbered(times)
    acc = np.full((len(time), kernel.QUOTE_WIDTH), np.nan)
    for offset, side in ((0, "bid"), (5, "ask")):
        kernel.fold_quotes(low, high, bar, records[side], records[f"{side}_size"], offset, acc)
    return _finished_quotes(time, acc, np.bincount(bar, high - low, len(time)))


def quote_bars_from_quote_bars(
    records: np.ndarray, spec: BarSpec | str, sessions: Calendar | None = None
) -> np.ndarray:
    """Coarser quote bars from finer ones (arrays of ``QUOTE_BAR``)."""
    (records,) = _ordered([records], records["time"])
    low, high, times = _cut(records["time"], BarSpec.parse(spec), sessions)
    time, bar = numbered(times)
    acc = np.full((len(time), kernel.QUOTE_WIDTH), np.nan)
    for offset, side in ((0, "bid"), (5, "ask")):
        fields = [records[f"{side}_{name}"] for name in ("open", "high", "low", "close", "size")]
        kernel.fold_quote_bars(low, high, bar, *fields, offset, acc)
    quotes = np.zeros(len(time), np.int64)
    for s in range(len(low)):
        quotes[bar[s]] += records["quotes"][low[s] : high[s]].sum()
    return _finished_quotes(time, acc, quotes)


def windows_of(times: np.ndarray, spec: BarSpec, sessions: Calendar | None) -> Windows:
    """Bar windows over sorted, non-empty ``times``."""
    return (sessions or calendar("24/7")).windows(spec, int(times[0]), int(times[-1]))


def numbered(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different bar times among those of the stretches, and the number of its bar for each stretch."""
    if not len(times):
        return times, times
    new = np.r_[True, times[1:] != times[:-1]]
    return times[new], np.cumsum(new) - 1


def fold_trades(
    low: np.ndarray, high: np.ndarray, bar: np.ndarray, columns: list[np.ndarray],
    acc: np.ndarray, count: np.ndarray, *, flagged: bool,
) -> None:  # fmt: skip
    """Add the stretches to their bars, with two threads that meet between two bars when there is enough to do."""
    skip = 0 if flagged else FLAG_NO_BAR

    def fold(span: slice) -> int:
        return kernel.fold_trades(low[span], high[span], bar[span], skip, *columns[1:], acc, count)

    spans = [slice(0, len(low))]
    if len(low) and high[-1] - low[0] >= _THREADS * _WORTH_A_THREAD:
        middle = int(np.searchsorted(low, (low[0] + high[-1]) // 2))
        middle = int(np.searchsorted(bar, bar[min(middle, len(bar) - 1)]))
        spans = [slice(0, middle), slice(middle, len(low))]
    if len(spans) == 1:
        bad = [fold(spans[0])]
    else:
        with ThreadPoolExecutor(_THREADS) as pool:
            bad = list(pool.map(fold, spans))
    for row in bad:
        if row >= 0:
            raise DataError(
                f"trade {row}: price {columns[1][row]} and size {columns[2][row]} must be finite and the size not "
                "negative; drop such rows first"
            )


def finished(time: np.ndarray, acc: np.ndarray, count: np.ndarray, trades: np.ndarray) -> np.ndarray:
    """Accumulators as ``BAR`` records; bars that nothing fell into are left out."""
    out = np.empty(len(time), BAR)
    out["time"] = time
    for column, name in enumerate(("open", "high", "low", "close", "volume", "buy_volume", "sell_volume")):
        out[name] = acc[:, column]
    out["trades"] = trades
    volume = acc[:, kernel.VOLUME]
    out["vwap"] = np.divide(acc[:, kernel.NOTIONAL], volume, out=np.full(len(time), np.nan), where=volume > 0)
    return out if count.all() else out[count > 0]


def _finished_quotes(time: np.ndarray, acc: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    out = np.empty(len(time), QUOTE_BAR)
    out["time"] = time
    for column, name in enumerate(QUOTE_BAR.names[1:-1]):
        out[name] = acc[:, column]
    out["quotes"] = quotes
    return out


def _cut(times: np.ndarray, spec: BarSpec, sessions: Calendar | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not len(times):
        empty = np.empty(0, np.int64)
        return empty, empty, empty
    windows = windows_of(times, spec, sessions)
    return kernel.cut(times, windows.open, windows.close, windows.stamp, windows.step)


def in_order(times: np.ndarray) -> bool:
    """Whether no time is below the one before it; looked at by two threads when there are many."""
    if len(times) < _THREADS * _WORTH_A_THREAD:
        return kernel.first_descent(times, _EARLIEST) < 0
    middle = len(times) // 2
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(kernel.first_descent, (times[: middle + 1], times[middle:]), (_EARLIEST, _EARLIEST))
        return max(found) < 0


def _ordered(columns: list[np.ndarray], times: np.ndarray | None = None) -> list[np.ndarray]:
    times = columns[0] if times is None else times
    if in_order(times):
        return columns
    order = np.argsort(times, kind="stable")
    return [column[order] for column in columns]
