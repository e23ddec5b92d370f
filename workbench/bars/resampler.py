"""Bars as trades come: the same cuts and the same folds as the whole tape, with the open bar carried along."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.bars import batch
from workbench.bars.resample import bar_calendar, trade_columns
from workbench.kernels import time_bars as kernel
from workbench.market.calendars import Windows
from workbench.market.events import as_frame, as_records
from workbench.market.specs import DAY, BarSpec

_NOTHING = np.iinfo(np.int64).min
_AHEAD = 3 * DAY  # windows are looked up this far at once


class Resampler:
    """Incremental ``resample`` of trades.

    Closed bars in order, with the forming one at the end, equal ``resample`` of all trades so far bit for bit, however
    the trades are cut into chunks. Picklable in mid-stream.

    Trades are taken in the order of arrival. One that is older than the bar that is forming came too late: it is left
    out and counted in ``late``. One that is out of order inside of the forming bar counts where it arrives. One outside
    the session is in no bar and closes none.

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
        self._time = np.empty(0, np.int64)  # of the forming bar, and its accumulators
        self._acc = np.zeros((0, kernel.BAR_WIDTH))
        self._count = np.zeros(0, np.int64)
        self._windows: Windows | None = None
        self._known = (0, -1)  # first and last instant that the windows cover

    def update(self, chunk: pd.DataFrame | np.ndarray) -> pd.DataFrame:
        """Take trades in; a frame of the bars they closed, oldest first."""
        if isinstance(chunk, pd.DataFrame):
            return as_frame(self._take(trade_columns(chunk)))
        return as_frame(self.update_records(as_records(chunk, "trades")))

    def update_records(self, records: np.ndarray) -> np.ndarray:
        """``update`` on records of ``TRADE``; returns records of ``BAR``.

        Raises
        ------
        DataError
            As ``resample``; nothing of the chunk is taken in then.
        """
        return self._take([records[name] for name in ("ts_event", "price", "size", "side", "flags")])

    def _take(self, columns: list[np.ndarray]) -> np.ndarray:
        if not len(columns[0]):
            return batch.finished(self._time[:0], self._acc[:0], self._count[:0], self._count[:0])
        columns = [batch.frozen(column) for column in columns]
        forming = int(self._time[0]) if len(self._time) else _NOTHING
        rows, late = None, 0
        if kernel.first_descent(columns[0], forming) < 0:
            low, high, stamps = self._cut(columns[0])
        else:
            rows, bars, late = self._sift(columns[0], forming)
            columns = [batch.frozen(column[rows]) for column in columns]
            low = np.flatnonzero(np.diff(bars, prepend=_NOTHING))
            high, stamps = np.append(low, len(bars))[1:], bars[low]
        time, bar = batch.numbered(np.concatenate([self._time, stamps]))
        carried = len(self._time)
        acc = np.zeros((len(time), kernel.BAR_WIDTH))
        count = np.zeros(len(time), np.int64)
        acc[:carried], count[:carried] = self._acc, self._count
        batch.fold_trades(low, high, bar[carried:], columns, acc=acc, count=count, flagged=self.flagged, rows=rows)
        self.late += late
        self._time, self._acc, self._count = time[-1:].copy(), acc[-1:].copy(), count[-1:].copy()
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
        windows = self._windows_over(int(times[0]), int(times[-1]))
        return kernel.cut(times, windows.open, windows.close, windows.stamp, windows.step)[:3]

    def _sift(self, times: np.ndarray, forming: int) -> tuple[np.ndarray, np.ndarray, int]:
        # Nothing before the forming bar is looked up: one wrong old time must not ask for the calendar of 1970.
        oldest, newest = max(int(times.min()), forming), max(int(times.max()), forming)
        windows = self._windows_over(oldest, newest)
        return kernel.sift(times, windows.open, windows.close, windows.stamp, windows.step, forming)

    def _windows_over(self, first: int, last: int) -> Windows:
        if self._windows is None or first < self._known[0] or last > self._known[1]:
            self._windows = self._calendar.windows(self.spec, first, last + _AHEAD)
            self._known = (first, last + _AHEAD)
        return self._windows
