"""One column of prices beside another."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def prs(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a``: price, ``b``: what it is held against. ``p``: window."""
    window = int(p[0])
    for i in range(start, len(a)):
        k, j = i - window, i - start
        out[0, j] = a[i] / b[i] if b[i] != 0.0 else 0.0
        if seen + j < window:
            out[1, j] = np.nan
        else:
            out[1, j] = (a[i] / a[k] if a[k] != 0.0 else 0.0) - (b[i] / b[k] if b[k] != 0.0 else 0.0)
