"""Loops of indicators, one module a family as in ``workbench.indicators``.

Every loop has the same arguments, so that batch, stream and many studies at once call the same code:

``kernel(a, b, c, d, e, start, seen, out, p, s)``

``a`` ... ``e`` are the inputs (float64[n], read-only; those not declared have length 0), ``start`` the first index to
compute, ``seen`` how many bars were computed before it. The bars before ``start`` are there to look back at: as many as
the indicator's ``lookback``, or all there were. ``out`` is float64[outputs, n - start], ``p`` the constants, ``s`` the
state that is carried, written in place; it begins with zeros. A row that is not known yet is NaN. Inputs hold no NaN.
Any cutting of the bars into calls must give the same bits, a bar at a time included.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def has_nan(values: np.ndarray) -> bool:
    """Whether a NaN is among float64[n]; counted, not looked for, so that the loop runs at the speed of the memory."""
    count = 0
    for i in range(len(values)):
        count += values[i] != values[i]
    return count > 0
