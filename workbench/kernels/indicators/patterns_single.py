"""Candle patterns of one candle, and of one beside the body before it. All write 100, -100 or 0."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY_DOJI,
    BODY_LONG,
    BODY_SHORT,
    NEAR,
    SHADOW_SHORT,
    SHADOW_TINY,
    begin,
    black,
    body,
    bottom,
    gap_down,
    gap_up,
    limits,
    lower,
    sign,
    top,
    upper,
    white,
)


@njit(cache=True, nogil=True)
def cdl_doji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A body no higher than a tenth of the usual range."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    doji = limits(bars, 0, BODY_DOJI, 0)
    for j in range(len(values)):
        if body(o, c, first + j) <= doji[j]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_dragonflydoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a lower shadow only."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    doji, tiny = limits(bars, 0, BODY_DOJI, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i = first + j
        if body(o, c, i) <= doji[j] and upper(o, h, c, i) < tiny[j] and lower(o, lo, c, i) > tiny[j]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_gravestonedoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with an upper shadow only."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    doji, tiny = limits(bars, 0, BODY_DOJI, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i = first + j
        if body(o, c, i) <= doji[j] and lower(o, lo, c, i) < tiny[j] and upper(o, h, c, i) > tiny[j]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_longleggeddoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a shadow longer than its body."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    doji = limits(bars, 0, BODY_DOJI, 0)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size <= doji[j] and (lower(o, lo, c, i) > size or upper(o, h, c, i) > size):
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_rickshawman(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with two long shadows, its body near the middle of the range."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    doji, near = limits(bars, 0, BODY_DOJI, 0), limits(bars, 1, NEAR, 0)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size <= doji[j] and lower(o, lo, c, i) > size and upper(o, h, c, i) > size:
            middle = lo[i] + (h[i] - lo[i]) / 2
            if bottom(o, c, i) <= middle + near[j] and top(o, c, i) >= middle - near[j]:
                values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_takuri(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a lower shadow of more than two bodies and no upper one."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    doji, tiny = limits(bars, 0, BODY_DOJI, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size <= doji[j] and upper(o, h, c, i) < tiny[j] and lower(o, lo, c, i) > 2 * size:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_longline(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with short shadows."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long, short = limits(bars, 0, BODY_LONG, 0), limits(bars, 1, SHADOW_SHORT, 0)
    for j in range(len(values)):
        i = first + j
        if body(o, c, i) > long[j] and upper(o, h, c, i) < short[j] and lower(o, lo, c, i) < short[j]:
            values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_shortline(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with short shadows."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small, short = limits(bars, 0, BODY_SHORT, 0), limits(bars, 1, SHADOW_SHORT, 0)
    for j in range(len(values)):
        i = first + j
        if body(o, c, i) < small[j] and upper(o, h, c, i) < short[j] and lower(o, lo, c, i) < short[j]:
            values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_marubozu(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadows."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long, tiny = limits(bars, 0, BODY_LONG, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i = first + j
        if body(o, c, i) > long[j] and upper(o, h, c, i) < tiny[j] and lower(o, lo, c, i) < tiny[j]:
            values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_closingmarubozu(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadow where it closes."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long, tiny = limits(bars, 0, BODY_LONG, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i = first + j
        if body(o, c, i) > long[j] and (upper(o, h, c, i) if white(o, c, i) else lower(o, lo, c, i)) < tiny[j]:
            values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_belthold(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadow where it opens."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long, tiny = limits(bars, 0, BODY_LONG, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i = first + j
        if body(o, c, i) > long[j] and (lower(o, lo, c, i) if white(o, c, i) else upper(o, h, c, i)) < tiny[j]:
            values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_spinningtop(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with two shadows longer than it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small = limits(bars, 0, BODY_SHORT, 0)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size < small[j] and upper(o, h, c, i) > size and lower(o, lo, c, i) > size:
            values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_highwave(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with two shadows of more than two bodies each."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small = limits(bars, 0, BODY_SHORT, 0)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size < small[j] and upper(o, h, c, i) > 2 * size and lower(o, lo, c, i) > 2 * size:
            values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_hammer(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body above a long lower shadow, near the low before it or below."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small, tiny, near = limits(bars, 0, BODY_SHORT, 0), limits(bars, 1, SHADOW_TINY, 0), limits(bars, 2, NEAR, 1)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size < small[j] and lower(o, lo, c, i) > size and upper(o, h, c, i) < tiny[j]:  # noqa: SIM102
            if bottom(o, c, i) <= lo[i - 1] + near[j]:
                values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_hangingman(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body above a long lower shadow, near the high before it or above."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small, tiny, near = limits(bars, 0, BODY_SHORT, 0), limits(bars, 1, SHADOW_TINY, 0), limits(bars, 2, NEAR, 1)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size < small[j] and lower(o, lo, c, i) > size and upper(o, h, c, i) < tiny[j]:  # noqa: SIM102
            if bottom(o, c, i) >= h[i - 1] - near[j]:
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_invertedhammer(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body below a long upper shadow, under the body before it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small, tiny = limits(bars, 0, BODY_SHORT, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size < small[j] and upper(o, h, c, i) > size and lower(o, lo, c, i) < tiny[j] and gap_down(o, c, i, i - 1):
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_shootingstar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body below a long upper shadow, above the body before it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small, tiny = limits(bars, 0, BODY_SHORT, 0), limits(bars, 1, SHADOW_TINY, 0)
    for j in range(len(values)):
        i, size = first + j, body(o, c, first + j)
        if size < small[j] and upper(o, h, c, i) > size and lower(o, lo, c, i) < tiny[j] and gap_up(o, c, i, i - 1):
            values[j] = -100.0


@njit(cache=True, nogil=True)
def doji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """``p``: greatest change between open and close, as a fraction of the open."""
    values = out[0]
    for j in range(len(values)):
        i = start + j
        values[j] = 1.0 if o[i] != 0 and abs(c[i] / o[i] - 1) <= p[0] else 0.0


@njit(cache=True, nogil=True)
def marubozu(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """``p``: least body, as a fraction of the range."""
    values = out[0]
    for j in range(len(values)):
        i = start + j
        enough = h[i] > lo[i] and body(o, c, i) / (h[i] - lo[i]) >= p[0]
        values[j] = (-100.0 if black(o, c, i) else 100.0) if enough else 0.0
