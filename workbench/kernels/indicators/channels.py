"""Channels about straight lines."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from workbench.kernels.indicators.statistics import NOISE, _every, _warm


@njit(cache=True, nogil=True)
def _fit(a, i, window):
    """Sums over the ``window`` values up to ``a[i]``, taken from ``a[i]``: base, sum, squares, times place."""
    base, total, squares, tilted, middle = a[i], 0.0, 0.0, 0.0, 0.5 * (window - 1)
    for k in range(window):
        x = a[i - window + 1 + k] - base
        total += x
        squares += x * x
        tilted += (k - middle) * x
    return base, total, squares, tilted


@njit(cache=True, nogil=True)
def regression_channel(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, standard errors up and down. ``s``: as ``_fit``."""
    window, errors = int(p[0]), p[1]
    middle, across = 0.5 * (window - 1), 12.0 / (p[0] * (p[0] * p[0] - 1.0))
    base, total, squares, tilted = s[0], s[1], s[2], s[3]
    first = start
    for row in out:
        first = start + _warm(row, len(a) - start, window - 1 - seen)
    for i in range(first, len(a)):
        if (seen + i - start - window + 1) % _every(window) == 0:
            base, total, squares, tilted = _fit(a, i, window)
        else:
            # All places move by one to the left; the oldest leaves, the newest comes in at the right.
            x, y = a[i] - base, a[i - window] - base
            tilted += middle * (x + y) + y - total
            total += x - y
            squares += x * x - y * y
        slope = tilted * across
        left = squares - total * total / window - slope * tilted
        error = math.sqrt(left / (window - 2)) if left > NOISE * squares else 0.0
        end, j = base + total / window + slope * middle, i - start
        out[0, j], out[1, j], out[2, j] = end + errors * error, end, end - errors * error
    s[0], s[1], s[2], s[3] = base, total, squares, tilted


@njit(cache=True, nogil=True)
def stdev_channels(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window, deviations up and down. ``a``: all prices, cut into windows from the last one back."""
    window = int(p[0])
    out[:, :] = np.nan
    middle, across = 0.5 * (window - 1), 12.0 / (p[0] * (p[0] * p[0] - 1.0))
    for i in range(len(a) - 1, window - 2, -window):
        base, total, squares, tilted = _fit(a, i, window)
        left = squares - total * total / window
        width = p[1] * math.sqrt(left / window) if left > NOISE * squares else 0.0
        for k in range(window):
            line, j = base + total / window + tilted * across * (k - middle), i - window + 1 + k
            out[0, j], out[1, j], out[2, j] = line + width, line, line - width
            out[3, j] = 1.0 if k == 0 else 0.0
