"""Prices made of the parts of one bar."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def same(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The input as it is."""
    out[0][:] = a[start:]


@njit(cache=True, nogil=True)
def two(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of two."""
    x, y, values = a[start:], b[start:], out[0]
    for j in range(len(x)):
        values[j] = (x[j] + y[j]) * 0.5


@njit(cache=True, nogil=True)
def three(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of three."""
    x, y, z, values = a[start:], b[start:], c[start:], out[0]
    for j in range(len(x)):
        values[j] = (x[j] + y[j] + z[j]) / 3.0


@njit(cache=True, nogil=True)
def three_weighted(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of three, the last counted twice."""
    x, y, z, values = a[start:], b[start:], c[start:], out[0]
    for j in range(len(x)):
        values[j] = (x[j] + y[j] + z[j] * 2.0) * 0.25


@njit(cache=True, nogil=True)
def four(a, b, c, d, e, start, seen, out, p, s) -> None:
    """The mean of four."""
    w, x, y, z, values = a[start:], b[start:], c[start:], d[start:], out[0]
    for j in range(len(w)):
        values[j] = (w[j] + x[j] + y[j] + z[j]) * 0.25
