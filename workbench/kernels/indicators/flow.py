"""Indicators of who traded: volume of buyers and sellers. Inputs: ``a`` what buyers took, ``b`` what sellers did."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.volume import sum_next


@njit(cache=True, nogil=True)
def delta(a, b, c, d, e, start, seen, out, p, s) -> None:
    """No state."""
    for i in range(start, len(a)):
        out[0, i - start] = a[i] - b[i]


@njit(cache=True, nogil=True)
def cvd(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``c`` session; ``p``: whether it begins anew with sessions. ``s``: session, total."""
    session, total = s[0], s[1]
    for i in range(start, len(a)):
        if p[0] != 0.0 and c[i] != session:
            session, total = c[i], 0.0
        total += a[i] - b[i]
        out[0, i - start] = total
    s[0], s[1] = session, total


@njit(cache=True, nogil=True)
def imbalance(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: window. ``s``: idle bars, sums of the difference and of both."""
    window = int(p[0])
    for i in range(start, len(a)):
        both = a[i] + b[i]
        s[0] = 0.0 if both != 0.0 else s[0] + 1.0
        net = sum_next(s, 1, window, a[i] - b[i])
        total = sum_next(s, 4 + window, window, both)
        if s[0] >= window:  # nothing is left: not the rounding of the sums either
            s[3] = s[6 + window] = net = total = 0.0
        out[0, i - start] = net / total if total != 0.0 else net
