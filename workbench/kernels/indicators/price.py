"""Prices made of the parts of one bar.

Where a value is NaN the loops make the last one NaN too: so it is told, and nobody need look through all of them.
"""

from __future__ import annotations

import numpy as np

from workbench.kernels.indicators import has_nan
from workbench.kernels.indicators.extremes import BLOCK, loop


@loop
def same(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The input as it is."""
    out[0][:] = a[start:]


@loop
def mean_of_two(x, y, values) -> None:
    """The mean of two."""
    for j in range(len(values)):
        values[j] = (x[j] + y[j]) * 0.5


@loop
def two(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of two."""
    strange = False
    for low in range(start, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        values = out[0, low - start : high - start]
        mean_of_two(a[low:high], b[low:high], values)
        strange |= has_nan(values)
    if strange:
        out[0, -1] = np.nan


@loop
def mean_of_three(x, y, z, values) -> None:
    """The mean of three."""
    for j in range(len(values)):
        values[j] = (x[j] + y[j] + z[j]) / 3.0


@loop
def three(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of three."""
    strange = False
    for low in range(start, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        values = out[0, low - start : high - start]
        mean_of_three(a[low:high], b[low:high], c[low:high], values)
        strange |= has_nan(values)
    if strange:
        out[0, -1] = np.nan


@loop
def mean_of_three_weighted(x, y, z, values) -> None:
    """The mean of three, the last counted twice."""
    for j in range(len(values)):
        values[j] = (x[j] + y[j] + z[j] * 2.0) * 0.25


@loop
def three_weighted(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of three, the last counted twice."""
    strange = False
    for low in range(start, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        values = out[0, low - start : high - start]
        mean_of_three_weighted(a[low:high], b[low:high], c[low:high], values)
        strange |= has_nan(values)
    if strange:
        out[0, -1] = np.nan


@loop
def mean_of_four(w, x, y, z, values) -> None:
    """The mean of four."""
    for j in range(len(values)):
        values[j] = (w[j] + x[j] + y[j] + z[j]) * 0.25


@loop
def four(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of four."""
    strange = False
    for low in range(start, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        values = out[0, low - start : high - start]
        mean_of_four(a[low:high], b[low:high], c[low:high], d[low:high], values)
        strange |= has_nan(values)
    if strange:
        out[0, -1] = np.nan
