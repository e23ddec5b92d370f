"""Candle patterns of two candles."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY_DOJI,
    BODY_LONG,
    BODY_SHORT,
    EQUAL,
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
    within,
)


@njit(cache=True, nogil=True)
def cdl_engulfing(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A body around the one before it, of the other colour."""
    first, values, _ = begin(o, h, lo, c, start, seen, out, p, s)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if white(o, c, i) == white(o, c, k):
            continue
        high, low = top(o, c, i), bottom(o, c, i)
        over, under = top(o, c, k), bottom(o, c, k)
        if (high >= over and low < under) or (high > over and low <= under):
            values[j] = (100.0 if high != over and low != under else 80.0) * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_harami(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body inside the long one before it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    small = limits(bars, 1, BODY_SHORT, 0)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if body(o, c, k) > long[j] and body(o, c, i) <= small[j]:
            high, low = top(o, c, i), bottom(o, c, i)
            if high < top(o, c, k) and low > bottom(o, c, k):
                values[j] = -100.0 * sign(o, c, k)
            elif high <= top(o, c, k) and low >= bottom(o, c, k):
                values[j] = -80.0 * sign(o, c, k)


@njit(cache=True, nogil=True)
def cdl_haramicross(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji inside the long body before it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    small = limits(bars, 1, BODY_DOJI, 0)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if body(o, c, k) > long[j] and body(o, c, i) <= small[j]:
            high, low = top(o, c, i), bottom(o, c, i)
            if high < top(o, c, k) and low > bottom(o, c, k):
                values[j] = -100.0 * sign(o, c, k)
            elif high <= top(o, c, k) and low >= bottom(o, c, k):
                values[j] = -80.0 * sign(o, c, k)


@njit(cache=True, nogil=True)
def cdl_piercing(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long white body from below a long black one to above its middle."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 0)
    long_1 = limits(bars, 1, BODY_LONG, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if black(o, c, k) and white(o, c, i) and body(o, c, k) > long_1[j] and body(o, c, i) > long[j]:  # noqa: SIM102
            if o[i] < lo[k] and c[k] + 0.5 * body(o, c, k) < c[i] < o[k]:
                values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_darkcloudcover(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A black body from above a long white one deep into it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if white(o, c, k) and black(o, c, i) and body(o, c, k) > long[j]:  # noqa: SIM102
            if o[i] > h[k] and o[k] < c[i] < c[k] - body(o, c, k) * p[1]:
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_counterattack(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two long bodies of two colours that close alike."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 0)
    long_1 = limits(bars, 1, BODY_LONG, 1)
    equal = limits(bars, 2, EQUAL, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if white(o, c, i) != white(o, c, k) and body(o, c, k) > long_1[j] and body(o, c, i) > long[j]:  # noqa: SIM102
            if within(c[i], c[k], equal[j]):
                values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_separatinglines(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A belt hold that opens where a body of the other colour did."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 0)
    tiny = limits(bars, 1, SHADOW_TINY, 0)
    equal = limits(bars, 2, EQUAL, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if white(o, c, i) != white(o, c, k) and within(o[i], o[k], equal[j]) and body(o, c, i) > long[j]:  # noqa: SIM102
            if (lower(o, lo, c, i) if white(o, c, i) else upper(o, h, c, i)) < tiny[j]:
                values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_homingpigeon(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short black body inside a long black one."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    small = limits(bars, 1, BODY_SHORT, 0)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if black(o, c, k) and black(o, c, i) and body(o, c, k) > long[j] and body(o, c, i) <= small[j]:  # noqa: SIM102
            if o[i] < o[k] and c[i] > c[k]:
                values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_inneck(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body to its close or just above."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    equal = limits(bars, 1, EQUAL, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if black(o, c, k) and white(o, c, i) and o[i] < lo[k] and body(o, c, k) > long[j]:  # noqa: SIM102
            if c[k] <= c[i] <= c[k] + equal[j]:
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_onneck(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body to its low."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    equal = limits(bars, 1, EQUAL, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if black(o, c, k) and white(o, c, i) and o[i] < lo[k] and body(o, c, k) > long[j]:  # noqa: SIM102
            if within(c[i], lo[k], equal[j]):
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_thrusting(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """White from below a long black body into it, not past its middle."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    equal = limits(bars, 1, EQUAL, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if black(o, c, k) and white(o, c, i) and o[i] < lo[k] and body(o, c, k) > long[j]:  # noqa: SIM102
            if c[k] + equal[j] < c[i] <= c[k] + body(o, c, k) * 0.5:
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_kicking(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A marubozu and another of the other colour, with a gap between them."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 0)
    long_1 = limits(bars, 1, BODY_LONG, 1)
    tiny = limits(bars, 2, SHADOW_TINY, 0)
    tiny_1 = limits(bars, 3, SHADOW_TINY, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if body(o, c, i) > long[j] and body(o, c, k) > long_1[j] and white(o, c, i) != white(o, c, k):  # noqa: SIM102
            if (
                upper(o, h, c, k) < tiny_1[j]
                and lower(o, lo, c, k) < tiny_1[j]
                and upper(o, h, c, i) < tiny[j]
                and lower(o, lo, c, i) < tiny[j]
                and (h[i] < lo[k] if white(o, c, k) else lo[i] > h[k])
            ):
                values[j] = 100.0 * sign(o, c, i)


@njit(cache=True, nogil=True)
def cdl_kickingbylength(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """The same with the direction of the longer one."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 0)
    long_1 = limits(bars, 1, BODY_LONG, 1)
    tiny = limits(bars, 2, SHADOW_TINY, 0)
    tiny_1 = limits(bars, 3, SHADOW_TINY, 1)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if body(o, c, i) > long[j] and body(o, c, k) > long_1[j] and white(o, c, i) != white(o, c, k):  # noqa: SIM102
            if (
                upper(o, h, c, k) < tiny_1[j]
                and lower(o, lo, c, k) < tiny_1[j]
                and upper(o, h, c, i) < tiny[j]
                and lower(o, lo, c, i) < tiny[j]
                and (h[i] < lo[k] if white(o, c, k) else lo[i] > h[k])
            ):
                values[j] = 100.0 * sign(o, c, i if body(o, c, i) > body(o, c, k) else k)


@njit(cache=True, nogil=True)
def cdl_matchinglow(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two black bodies that close alike."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    equal = limits(bars, 0, EQUAL, 1)
    for j in range(len(values)):
        i = first + j
        if black(o, c, i) and black(o, c, i - 1) and within(c[i], c[i - 1], equal[j]):
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_dojistar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji beyond the long body before it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 1)
    doji = limits(bars, 1, BODY_DOJI, 0)
    for j in range(len(values)):
        i = first + j
        k = i - 1
        if body(o, c, k) > long[j] and body(o, c, i) <= doji[j]:  # noqa: SIM102
            if gap_up(o, c, i, k) if white(o, c, k) else gap_down(o, c, i, k):
                values[j] = -100.0 * sign(o, c, k)
