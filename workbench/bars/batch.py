"""Bars from whole arrays. Wrappers of the kernels: dtypes, order, errors, two threads; no arithmetic of their own.

Every bar is summed in tape order by one thread, so that the number of threads never changes a bit of the result.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from workbench.errors import DataError
from workbench.kernels import time_bars as kernel
from workbench.market.calendars import Calendar, Windows, calendar
from workbench.market.events import BAR, FLAG_NO_BAR, FLOW_BAR, QUOTE_BAR
from workbench.market.specs import BarSpec

_THREADS = 2
_WORTH_A_THREAD = 250_000  # prints; below, starting a thread costs more than it saves (about 0.1 ms)


def time_bars(
    columns: list[np.ndarray], spec: BarSpec, sessions: Calendar | None, *, flagged: bool, delta: bool = False
) -> np.ndarray:
    """Time bars of a tape, the last one as far as it goes. Columns: times (int64 ns), price, size, side, flags."""
    time, acc, count = _folded(columns, spec, sessions, flagged=flagged, delta=delta)
    return finished(time, acc, count, count)


def time_bars_so_far(
    columns: list[np.ndarray], spec: BarSpec, sessions: Calendar | None, *, flagged: bool, delta: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """As ``time_bars``, those that are closed apart from the one that is not.

    That one is none when only flagged prints fell into it: they close the bar before, and make no bar.
    """
    time, acc, count = _folded(columns, spec, sessions, flagged=flagged, delta=delta)
    closed, forming = slice(None, -1), slice(-1, None)
    return tuple(finished(time[part], acc[part], count[part], count[part]) for part in (closed, forming))


def _folded(
    columns: list[np.ndarray], spec: BarSpec, sessions: Calendar | None, *, flagged: bool, delta: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    columns, rows, (low, high, times) = _cut(columns, columns[0], spec, sessions)
    time, bar = numbered(times)
    acc, count = np.zeros((len(time), width(delta))), np.zeros(len(time), np.int64)
    fold_trades(low, high, bar, columns, acc=acc, count=count, flagged=flagged, rows=rows)
    return time, acc, count


def time_bars_of_bars(
    records: np.ndarray, spec: BarSpec, sessions: Calendar | None, *, delta: bool = False
) -> np.ndarray:
    """Coarser time bars from finer bars, records with the fields of ``BAR``, or of ``FLOW_BAR`` with ``delta``."""
    (records,), rows, (low, high, times) = _cut([records], records["time"], spec, sessions)
    time, bar = numbered(times)
    acc, count = np.zeros((len(time), width(delta))), np.zeros(len(time), np.int64)
    trades = np.zeros(len(time), np.int64)
    fold_bars(low, high, bar, records, acc=acc, count=count, trades=trades, rows=rows)
    if delta:
        kernel.fold_delta(low, high, bar, records, acc)
    return finished(time, acc, count, trades)


def width(delta: bool) -> int:
    """Columns of an accumulator."""
    return kernel.FLOW_WIDTH if delta else kernel.BAR_WIDTH


def quote_bars_from_quotes(records: np.ndarray, spec: BarSpec | str, sessions: Calendar | None = None) -> np.ndarray:
    """Bars of quotes, bid and ask apart: array of ``QUOTE_BAR``. A NaN side is not known and changes nothing."""
    (records,), rows, (low, high, times) = _cut([records], records["ts_event"], BarSpec.parse(spec), sessions)
    time, bar = numbered(times)
    acc = np.full((len(time), kernel.QUOTE_WIDTH), np.nan)
    for offset, side in ((0, "bid"), (5, "ask")):
        bad = kernel.fold_quotes(low, high, bar, records[side], records[f"{side}_size"], offset, acc)
        if bad >= 0:
            raise DataError(
                f"quote {_given(rows, bad)}: {side} {records[side][bad]} must be finite, or NaN where it is not known; "
                "drop or mend it first"
            )
    return _finished_quotes(time, acc, np.bincount(bar, high - low, len(time)))


def quote_bars_from_quote_bars(
    records: np.ndarray, spec: BarSpec | str, sessions: Calendar | None = None
) -> np.ndarray:
    """Coarser quote bars from finer ones (arrays of ``QUOTE_BAR``)."""
    (records,), _, (low, high, times) = _cut([records], records["time"], BarSpec.parse(spec), sessions)
    time, bar = numbered(times)
    acc = np.full((len(time), kernel.QUOTE_WIDTH), np.nan)
    for offset, side in ((0, "bid"), (5, "ask")):
        fields = [records[f"{side}_{name}"] for name in ("open", "high", "low", "close", "size")]
        kernel.fold_quote_bars(low, high, bar, *fields, offset, acc)
    quotes = np.zeros(len(time), np.int64)
    so_far = np.concatenate([[0], np.cumsum(records["quotes"])])
    np.add.at(quotes, bar, so_far[high] - so_far[low])
    return _finished_quotes(time, acc, quotes)


def windows_of(times: np.ndarray, spec: BarSpec, sessions: Calendar | None) -> Windows:
    """Bar windows over sorted, non-empty ``times``."""
    return (sessions or calendar("24/7")).windows(spec, int(times[0]), int(times[-1]))


def numbered(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different bar times among those of the stretches, and the number of its bar for each stretch."""
    if not len(times):
        return times, times
    new = np.ones(len(times), bool)
    np.not_equal(times[1:], times[:-1], out=new[1:])
    return times[new], np.cumsum(new) - 1


def fold_trades(
    low: np.ndarray, high: np.ndarray, bar: np.ndarray, columns: list[np.ndarray], *,
    acc: np.ndarray, count: np.ndarray, flagged: bool, rows: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Add the stretches to their bars, with two threads that meet between two bars when there is enough to do.

    ``rows`` gives the place that each trade had for the caller, where it is another one now; errors name it.
    """
    flags = columns[4]
    # A frame without flags gets a column of stride 0: asked once, not at every print.
    unflagged = flagged or (flags.strides == (0,) and not any_flagged(flags))
    skip = 0 if unflagged else FLAG_NO_BAR

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
                f"trade {_given(rows, row)}: price {columns[1][row]} and size {columns[2][row]} must be finite and the "
                "size not negative; drop such rows first"
            )


def fold_bars(
    low: np.ndarray, high: np.ndarray, bar: np.ndarray, records: np.ndarray, *,
    acc: np.ndarray, count: np.ndarray, trades: np.ndarray, rows: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Add stretches of finer bars to their coarser ones; ``rows`` as for ``fold_trades``."""
    bad = kernel.fold_bars(low, high, bar, records, acc, count, trades)
    if bad >= 0:
        raise DataError(
            f"bar {_given(rows, bad)} has a price that is not a finite number: {records[bad]}; drop or mend it first"
        )


def any_flagged(flags: np.ndarray) -> bool:
    """Whether a print has ``FLAG_NO_BAR``. A column of stride 0 is one value for all."""
    if not len(flags) or flags.strides == (0,):
        return bool(len(flags) and flags[0] & FLAG_NO_BAR)
    return kernel.any_set(frozen(flags), FLAG_NO_BAR)


def finished(time: np.ndarray, acc: np.ndarray, count: np.ndarray, trades: np.ndarray) -> np.ndarray:
    """Accumulators as ``BAR`` records; bars that nothing fell into are left out."""
    out = np.empty(len(time), FLOW_BAR if acc.shape[1] == kernel.FLOW_WIDTH else BAR)
    if not len(time):  # most chunks of a stream close no bar
        return out
    out["time"] = time
    for column, name in enumerate(("open", "high", "low", "close", "volume", "buy_volume", "sell_volume")):
        out[name] = acc[:, column]
    if acc.shape[1] == kernel.FLOW_WIDTH:
        out["delta_min"], out["delta_max"] = acc[:, kernel.DELTA_MIN], acc[:, kernel.DELTA_MAX]
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


_Stretches = tuple[np.ndarray, np.ndarray, np.ndarray]


def _cut(
    columns: list[np.ndarray], times: np.ndarray, spec: BarSpec, sessions: Calendar | None
) -> tuple[list[np.ndarray], np.ndarray | None, _Stretches]:
    """Columns in the order of ``times``, the place each row came from (None: they were in order), and the stretches."""
    columns, times = [frozen(column) for column in columns], frozen(times)
    if not len(times):
        empty = np.empty(0, np.int64)
        return columns, None, (empty, empty, empty)
    stretches = _stretches(times, spec, sessions)
    if stretches is not None:
        return columns, None, stretches
    order = np.argsort(times, kind="stable")
    stretches = _stretches(frozen(times[order]), spec, sessions)
    assert stretches is not None
    return [frozen(column[order]) for column in columns], order, stretches


def _stretches(times: np.ndarray, spec: BarSpec, sessions: Calendar | None) -> _Stretches | None:
    """What ``kernel.cut`` finds, by two threads when there is much; None when the times are not in order."""
    if times[0] > times[-1]:
        return None
    windows = windows_of(times, spec, sessions)

    def part(begin: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
        low, high, stamps, good = kernel.cut(times[begin:end], windows.open, windows.close, windows.stamp, windows.step)
        return low + begin, high + begin, stamps, good

    if len(times) < _THREADS * _WORTH_A_THREAD:
        *stretches, good = part(0, len(times))
        return tuple(stretches) if good else None
    # A bar that holds the middle becomes two stretches, which are added up one after the other like any others.
    middle = len(times) // 2
    with ThreadPoolExecutor(_THREADS) as pool:
        *stretches, good = zip(*pool.map(part, (0, middle), (middle, len(times))), strict=True)
    if not all(good) or times[middle] < times[middle - 1]:
        return None
    low, high, stamps = map(np.concatenate, stretches)
    return low, high, stamps


def frozen(column: np.ndarray) -> np.ndarray:
    """A read-only view, so that numba sees one type whether or not the caller may write, and compiles half as often."""
    view = column.view()
    view.flags.writeable = False
    return view


def _given(rows: np.ndarray | None, row: int) -> int:
    return row if rows is None else int(rows[row])
