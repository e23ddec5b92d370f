"""How well a mean stands for what it was taken of."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def sma_analysis(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window."""
    window = int(p[0])
    for i in range(start, len(a)):
        j = i - start
        if seen + j < window - 1:
            out[:, j] = np.nan
            continue
        values, base, total = a[i - window + 1 : i + 1], a[i], 0.0
        for value in values:
            total += value - base
        mean = base + total / window
        away = squares = parts = 0.0
        for value in values:
            far = abs(value - mean)
            away += far
            squares += far * far
            parts += far / abs(value) if value != 0.0 else 0.0
        out[0, j], out[1, j], out[2, j], out[3, j] = mean, away / window, squares / window, parts / window
