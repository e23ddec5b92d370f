"""Whether bars can be traded on: one pass that names the first row that cannot."""

from __future__ import annotations

import numpy as np
from numba import njit

GOOD, UNSORTED, TWICE, NEGATIVE, UPSIDE_DOWN, LESS_THAN_NONE, ENDLESS = range(7)
FAULTS = (
    "", "is before the row above it: sort the bars by time", "has the time of the row above it: drop one of them",
    "has a price of 0 or less", "has a high below its low", "has a volume below 0", "has a price that is infinite",
)  # fmt: skip


@njit(cache=True, nogil=True)
def first_fault(
    times: np.ndarray, opens: np.ndarray, highs: np.ndarray, lows: np.ndarray, closes: np.ndarray, volumes: np.ndarray
) -> tuple[int, int, bool]:
    """First row that is refused and why, -1 where there is none; and whether some price is NaN."""
    holes, any_volume = False, len(volumes) > 0
    for i in range(len(times)):
        if i > 0 and times[i] <= times[i - 1]:
            return i, UNSORTED if times[i] < times[i - 1] else TWICE, holes
        opened, high, low, close = opens[i], highs[i], lows[i], closes[i]
        if any_volume and volumes[i] < 0.0:
            return i, LESS_THAN_NONE, holes
        if high >= low and opened > 0.0 and low > 0.0 and close > 0.0:
            if opened + high + close == np.inf:
                return i, ENDLESS, holes
            continue
        if opened <= 0.0 or low <= 0.0 or close <= 0.0 or high <= 0.0:
            return i, NEGATIVE, holes
        if high < low:
            return i, UPSIDE_DOWN, holes
        holes = True
    return -1, GOOD, holes
