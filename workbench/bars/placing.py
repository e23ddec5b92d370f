"""Which prints of a chunk lie in which window of a calendar, as they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.bars.batch import frozen
from workbench.kernels import time_bars as kernel
from workbench.market.calendars import Calendar, Windows
from workbench.market.specs import DAY, BarSpec

NOTHING = np.iinfo(np.int64).min // 2  # before every time, with room to count from it
_AHEAD = 3 * DAY  # windows are looked up this far at once


@dataclass(frozen=True)
class Placed:
    """Stretches [low, high) of ``columns``, the bar time (or run) ``stamp`` of each, and how many came too late.

    ``rows`` says where each trade was in the chunk, when it is in another place now.
    """

    columns: list[np.ndarray]
    rows: np.ndarray | None
    low: np.ndarray
    high: np.ndarray
    stamp: np.ndarray
    late: int


class Placing:
    """Remembers the windows around the present. ``spec`` None asks for the runs of the calendar."""

    def __init__(self, sessions: Calendar, spec: BarSpec | None) -> None:
        self._sessions, self._spec = sessions, spec
        self._windows: Windows | None = None
        self._known = (0, -1)  # first and last instant that the windows cover

    def place(self, columns: list[np.ndarray], forming: int) -> Placed:
        """Where these trades belong; ``forming`` is the window that is open. Columns begin with times."""
        columns = [frozen(column) for column in columns]
        if kernel.first_descent(columns[0], forming) < 0:
            windows = self._over(int(columns[0][0]), int(columns[0][-1]))
            cut = kernel.cut(columns[0], windows.open, windows.close, windows.stamp, windows.step)
            return Placed(columns, None, *cut[:3], 0)
        # Nothing before the forming bar is looked up: one wrong old time must not ask for the calendar of 1970.
        times = columns[0]
        oldest, newest = max(int(times.min()), forming), max(int(times.max()), forming)
        windows = self._over(oldest, newest)
        rows, bars, late = kernel.sift(times, windows.open, windows.close, windows.stamp, windows.step, forming)
        low = np.flatnonzero(np.diff(bars, prepend=NOTHING))
        high = np.append(low, len(bars))[1:]
        return Placed([frozen(column[rows]) for column in columns], rows, low, high, bars[low], late)

    def _over(self, first: int, last: int) -> Windows:
        if self._windows is None or first < self._known[0] or last > self._known[1]:
            last += _AHEAD
            runs = self._spec is None
            self._windows = (
                self._sessions.runs(first, last) if runs else self._sessions.windows(self._spec, first, last)
            )
            self._known = (first, last)
        return self._windows


def in_order(columns: list[np.ndarray]) -> list[np.ndarray]:
    """The same trades in the order of time; those of equal time keep theirs."""
    times = columns[0]
    if kernel.first_descent(frozen(times), NOTHING) < 0:
        return columns
    order = np.argsort(times, kind="stable")
    return [column[order] for column in columns]
