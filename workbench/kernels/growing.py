"""Room for results of which nobody knows the number beforehand."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def grown(values: np.ndarray, room: int) -> np.ndarray:
    """The same indexes (int64) in an array with ``room`` for more."""
    out = np.empty(room, np.int64)
    out[: len(values)] = values
    return out
