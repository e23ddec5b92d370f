"""Bars as trades come: the same cuts and the same folds as the whole tape, with the open bar carried along."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.bars import batch
from workbench.bars.resample import bar_calendar
from workbench.kernels import time_bars as kernel
from workbench.market.events import as_frame, as_records
from workbench.market.specs import DAY, BarSpec

_NOTHING = np.iinfo(np.int64).min
_AHEAD = 3 * DAY  # windows are looked up this far at once


class Resampler:
    """Incremental ``resample`` of trades.

    Closed bars in order, with the forming one at the end, equal ``resample`` of all trades so far bit for bit, however
    the trades are cut into chunks. Picklable in mid-stream.

    Trades are taken in the order of arrival. One that is older than the bar that is forming came too late: it is left
    out and counted in ``late``. One that is out of order inside of the forming bar counts where it arrives.

    Parameters
    ----------
    spec, session, tz, flagged
        As for ``resample``.

    Examples
    --------
    >>> import pandas as pd
    >>> tape = pd.DataFrame({"price": [10.0, 12.0, 11.0], "size": [1.0, 2.0, 1.0]},
    ...                     index=pd.to_datetime(["2026-01-05 10:00:01", "2026-01-05 10:00:59", "2026-01-05 10:03"]))
    >>> bars = Resampler("1min")
    >>> bars.update(tape)["close"].tolist(), bars.forming["close"].tolist()
    ([12.0], [11.0])
    """

    def __init__(
        self, spec: BarSpec | str, *, session: str | None = None, tz: str | None = None, flagged: bool = False
    ) -> None:
        self.spec = BarSpec.parse(spec)
        self.flagged = flagged
        self.late = 0
        self._calendar = bar_calendar(session, tz)
        self._newest = _NOTHING  # largest time seen
        self._time = np.empty(0, np.int64)  # of the forming bar, and its accumulators
        self._acc = np.zeros((0, kernel.BAR_WIDTH))
        self._count = np.zeros(0, np.int64)
        self._windows = None
        self._known = (0, -1)

    def update(self, chunk: pd.DataFrame | np.ndarray) -> pd.DataFrame:
        """Take trades in; a frame of the bars they closed, oldest first."""
        return as_frame(self.update_records(as_records(chunk, "trades")))

    def update_records(self, records: np.ndarray) -> np.ndarray:
        """``update`` on records of ``TRADE``; returns records of ``BAR``.

        Raises
        ------
        DataError
            As ``resample``; nothing of the chunk is taken in then.
        """
        if not len(records):
            return batch.finished(self._time[:0], self._acc[:0], self._count[:0], self._count[:0])
        columns = [records[name] for name in ("ts_event", "price", "size", "side", "flags")]
        times, late = columns[0], 0
        if kernel.first_descent(times, self._newest) >= 0:
            times = kernel.running_max(times, self._newest)
            columns, times, late = self._without_late(columns, times)
        low, high, stamps = self._cut(times)
        time, bar = batch.numbered(np.concatenate([self._time, stamps]))
        carried = len(self._time)
        acc = np.zeros((len(time), kernel.BAR_WIDTH))
        count = np.zeros(len(time), np.int64)
        acc[:carried], count[:carried] = self._acc, self._count
        batch.fold_trades(low, high, bar[carried:], columns, acc, count, flagged=self.flagged)
        self.late += late
        if len(times):
            self._newest = int(times[-1])
        self._time, self._acc, self._count = time[-1:], acc[-1:], count[-1:]
        return batch.finished(time[:-1], acc[:-1], count[:-1], count[:-1])

    @property
    def forming(self) -> pd.DataFrame:
        """The bar that is not closed yet: a frame of one row, or of none."""
        return as_frame(self.forming_record)

    @property
    def forming_record(self) -> np.ndarray:
        """``forming`` as records of ``BAR``."""
        return batch.finished(self._time, self._acc, self._count, self._count)

    def _cut(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if not len(times):
            empty = np.empty(0, np.int64)
            return empty, empty, empty
        first, last = int(times[0]), int(times[-1])
        if first < self._known[0] or last > self._known[1]:
            self._known = (first, last + _AHEAD)
            self._windows = self._calendar.windows(self.spec, *self._known)
        windows = self._windows
        return kernel.cut(times, windows.open, windows.close, windows.stamp, windows.step)

    def _without_late(
        self, columns: list[np.ndarray], newest: np.ndarray
    ) -> tuple[list[np.ndarray], np.ndarray, int]:
        """Leave out trades older than the bar that was forming when they came.

        A trade that stays belongs to the bar of the newest time before it, so that those times can stand for its own.
        """
        low, high, stamps = self._cut(newest)
        keep = np.ones(len(newest), bool)
        for i, j, stamp in zip(low, high, stamps, strict=True):
            keep[i:j] = columns[0][i:j] >= stamp
        return [column[keep] for column in columns], newest[keep], int(len(keep) - keep.sum())
