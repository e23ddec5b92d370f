"""Candle patterns of three candles."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY_DOJI,
    BODY_LONG,
    BODY_SHORT,
    EQUAL,
    FAR,
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
    within,
)


@njit(cache=True, nogil=True)
def cdl_2crows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, black above it, black from that body into the first."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if white(o, c, m) and black(o, c, k) and black(o, c, i) and body(o, c, m) > long[j]:  # noqa: SIM102
            if gap_up(o, c, k, m) and c[k] < o[i] < o[k] and o[m] < c[i] < c[m]:
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_3blackcrows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies down, each from inside the last one, closing near their lows."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    tiny = limits(bars, 0, SHADOW_TINY, 0)
    tiny_1 = limits(bars, 1, SHADOW_TINY, 1)
    tiny_2 = limits(bars, 2, SHADOW_TINY, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if not (black(o, c, i) and black(o, c, k) and black(o, c, m) and white(o, c, i - 3)):
            continue
        falling = h[i - 3] > c[m] > c[k] > c[i] and c[m] < o[k] < o[m] and c[k] < o[i] < o[k]
        if falling and c[m] - lo[m] < tiny_2[j] and c[k] - lo[k] < tiny_1[j] and c[i] - lo[i] < tiny[j]:
            values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_3inside(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A harami, and a close beyond its first body."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    small = limits(bars, 1, BODY_SHORT, 1)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if body(o, c, m) > long[j] and body(o, c, k) <= small[j] and white(o, c, m) != white(o, c, i):  # noqa: SIM102
            if top(o, c, k) < top(o, c, m) and bottom(o, c, k) > bottom(o, c, m):  # noqa: SIM102
                if c[i] < o[m] if white(o, c, m) else c[i] > o[m]:
                    values[j] = -100.0 * sign(o, c, m)


@njit(cache=True, nogil=True)
def cdl_3outside(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """An engulfing body, and a close beyond it."""
    first, values, _ = begin(o, h, lo, c, start, seen, out, p, s)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if white(o, c, k) and black(o, c, m):
            if c[k] > o[m] and o[k] < c[m] and c[i] > c[k]:
                values[j] = 100.0
        elif black(o, c, k) and white(o, c, m) and o[k] > c[m] and c[k] < o[m] and c[i] < c[k]:
            values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_3starsinsouth(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies, each shorter and inside the range of the last."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    small = limits(bars, 1, BODY_SHORT, 0)
    tiny = limits(bars, 2, SHADOW_TINY, 0)
    tiny_1 = limits(bars, 3, SHADOW_TINY, 1)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if not (black(o, c, i) and black(o, c, k) and black(o, c, m) and body(o, c, m) > long[j]):
            continue
        second = body(o, c, k) < body(o, c, m) and c[m] < o[k] <= h[m] and lo[m] <= lo[k] < c[m]
        third = body(o, c, i) < small[j] and lower(o, lo, c, i) < tiny[j] and upper(o, h, c, i) < tiny[j]
        inside = lo[i] > lo[k] and h[i] < h[k]
        if second and third and inside and lower(o, lo, c, m) > body(o, c, m) and lower(o, lo, c, k) > tiny_1[j]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_3whitesoldiers(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three white bodies up, each from inside the last one or near it, closing near their highs."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    small = limits(bars, 0, BODY_SHORT, 0)
    tiny = limits(bars, 1, SHADOW_TINY, 0)
    tiny_1 = limits(bars, 2, SHADOW_TINY, 1)
    tiny_2 = limits(bars, 3, SHADOW_TINY, 2)
    near_1 = limits(bars, 4, NEAR, 1)
    near_2 = limits(bars, 5, NEAR, 2)
    far_1 = limits(bars, 6, FAR, 1)
    far_2 = limits(bars, 7, FAR, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if not (white(o, c, i) and white(o, c, k) and white(o, c, m) and c[i] > c[k] > c[m]):
            continue
        if h[m] - c[m] < tiny_2[j] and h[k] - c[k] < tiny_1[j] and h[i] - c[i] < tiny[j]:  # noqa: SIM102
            if o[m] < o[k] <= c[m] + near_2[j] and o[k] < o[i] <= c[k] + near_1[j]:
                first_, second, third = body(o, c, m), body(o, c, k), body(o, c, i)
                if second > first_ - far_2[j] and third > second - far_1[j] and third > small[j]:
                    values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_abandonedbaby(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji beyond gaps on both sides, between a long body and one of the other colour."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    doji = limits(bars, 1, BODY_DOJI, 1)
    small = limits(bars, 2, BODY_SHORT, 0)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if not (body(o, c, m) > long[j] and body(o, c, k) <= doji[j] and body(o, c, i) > small[j]):
            continue
        if white(o, c, m) and black(o, c, i):
            if c[i] < c[m] - body(o, c, m) * p[1] and lo[k] > h[m] and h[i] < lo[k]:
                values[j] = -100.0
        elif black(o, c, m) and white(o, c, i) and c[i] > c[m] + body(o, c, m) * p[1] and h[k] < lo[m] and lo[i] > h[k]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_advanceblock(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three white bodies up that grow shorter, or their upper shadows longer."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    short = limits(bars, 1, SHADOW_SHORT, 0)
    short_1 = limits(bars, 2, SHADOW_SHORT, 1)
    short_2 = limits(bars, 3, SHADOW_SHORT, 2)
    near_1 = limits(bars, 4, NEAR, 1)
    near_2 = limits(bars, 5, NEAR, 2)
    far_1 = limits(bars, 6, FAR, 1)
    far_2 = limits(bars, 7, FAR, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if not (white(o, c, i) and white(o, c, k) and white(o, c, m) and c[i] > c[k] > c[m]):
            continue
        rising = o[m] < o[k] <= c[m] + near_2[j] and o[k] < o[i] <= c[k] + near_1[j]
        if rising and body(o, c, m) > long[j] and upper(o, h, c, m) < short_2[j]:
            one, two, three = body(o, c, m), body(o, c, k), body(o, c, i)
            shadow, shadow_1 = upper(o, h, c, i), upper(o, h, c, k)
            if (
                (two < one - far_2[j] and three < two + near_1[j])
                or three < two - far_1[j]
                or (three < two < one and (shadow > short[j] or shadow_1 > short_1[j]))
                or (three < two and shadow > three)
            ):
                values[j] = -100.0


@njit(cache=True, nogil=True)
def _star(o, h, lo, c, start, seen, out, p, s, middle, way) -> None:
    """Long, a ``middle`` beyond it, then the other way deep into the first; ``way`` is 1 where it turns up, else -1."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    star = limits(bars, 1, middle, 1)
    small = limits(bars, 2, BODY_SHORT, 0)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if way > 0:
            turned = black(o, c, m) and white(o, c, i) and gap_down(o, c, k, m) and c[i] > c[m] + body(o, c, m) * p[1]
        else:
            turned = white(o, c, m) and black(o, c, i) and gap_up(o, c, k, m) and c[i] < c[m] - body(o, c, m) * p[1]
        if turned and body(o, c, m) > long[j] and body(o, c, k) <= star[j] and body(o, c, i) > small[j]:
            values[j] = way * 100.0


@njit(cache=True, nogil=True)
def cdl_eveningstar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a short body above it, black deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, BODY_SHORT, -1)


@njit(cache=True, nogil=True)
def cdl_morningstar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long black, a short body below it, white deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, BODY_SHORT, 1)


@njit(cache=True, nogil=True)
def cdl_eveningdojistar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a doji above it, black deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, BODY_DOJI, -1)


@njit(cache=True, nogil=True)
def cdl_morningdojistar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long black, a doji below it, white deep into the first."""
    _star(o, h, lo, c, start, seen, out, p, s, BODY_DOJI, 1)


@njit(cache=True, nogil=True)
def cdl_gapsidesidewhite(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two white bodies alike, side by side beyond a gap."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    near = limits(bars, 0, NEAR, 1)
    equal = limits(bars, 1, EQUAL, 1)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if white(o, c, k) and white(o, c, i):  # noqa: SIM102
            if within(body(o, c, i), body(o, c, k), near[j]) and within(o[i], o[k], equal[j]):
                if gap_up(o, c, k, m) and gap_up(o, c, i, m):
                    values[j] = 100.0
                elif gap_down(o, c, k, m) and gap_down(o, c, i, m):
                    values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_identical3crows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies down, each from the close of the last, closing near their lows."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    tiny = limits(bars, 0, SHADOW_TINY, 0)
    tiny_1 = limits(bars, 1, SHADOW_TINY, 1)
    tiny_2 = limits(bars, 2, SHADOW_TINY, 2)
    equal_1 = limits(bars, 3, EQUAL, 1)
    equal_2 = limits(bars, 4, EQUAL, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if not (black(o, c, i) and black(o, c, k) and black(o, c, m) and c[m] > c[k] > c[i]):
            continue
        if c[m] - lo[m] < tiny_2[j] and c[k] - lo[k] < tiny_1[j] and c[i] - lo[i] < tiny[j]:  # noqa: SIM102
            if within(o[k], c[m], equal_2[j]) and within(o[i], c[k], equal_1[j]):
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_stalledpattern(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two long white bodies up, and a short one at the end of the second."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long_1 = limits(bars, 0, BODY_LONG, 1)
    long_2 = limits(bars, 1, BODY_LONG, 2)
    small = limits(bars, 2, BODY_SHORT, 0)
    tiny_1 = limits(bars, 3, SHADOW_TINY, 1)
    near_1 = limits(bars, 4, NEAR, 1)
    near_2 = limits(bars, 5, NEAR, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if not (white(o, c, i) and white(o, c, k) and white(o, c, m) and c[i] > c[k] > c[m]):
            continue
        if body(o, c, m) > long_2[j] and body(o, c, k) > long_1[j] and body(o, c, i) < small[j]:  # noqa: SIM102
            if upper(o, h, c, k) < tiny_1[j] and o[m] < o[k] <= c[m] + near_2[j]:  # noqa: SIM102
                if o[i] >= c[k] - body(o, c, i) - near_1[j]:
                    values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_sticksandwich(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two black bodies with one close, a white one above it between them."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    equal = limits(bars, 0, EQUAL, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if black(o, c, m) and white(o, c, k) and black(o, c, i) and lo[k] > c[m] and within(c[i], c[m], equal[j]):
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_tasukigap(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A gap, and a body back into it that does not close it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    near = limits(bars, 0, NEAR, 1)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if abs(body(o, c, k) - body(o, c, i)) >= near[j]:
            continue
        if white(o, c, k) and black(o, c, i):
            if gap_up(o, c, k, m) and o[k] < o[i] < c[k] and top(o, c, m) < c[i] < o[k]:
                values[j] = 100.0
        elif black(o, c, k) and white(o, c, i):  # noqa: SIM102
            if gap_down(o, c, k, m) and c[k] < o[i] < o[k] and o[k] < c[i] < bottom(o, c, m):
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_tristar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three doji, the second beyond the others."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    doji = limits(bars, 0, BODY_DOJI, 2)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if body(o, c, m) <= doji[j] and body(o, c, k) <= doji[j] and body(o, c, i) <= doji[j]:
            if gap_up(o, c, k, m) and top(o, c, i) < top(o, c, k):
                values[j] = -100.0
            elif gap_down(o, c, k, m) and bottom(o, c, i) > bottom(o, c, k):
                values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_unique3river(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long black, a black body inside it with a lower low, a short white one above that low."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    small = limits(bars, 1, BODY_SHORT, 0)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if black(o, c, m) and black(o, c, k) and white(o, c, i) and body(o, c, m) > long[j]:  # noqa: SIM102
            if c[k] > c[m] and o[k] <= o[m] and lo[k] < lo[m] and body(o, c, i) < small[j] and o[i] > lo[k]:
                values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_upsidegap2crows(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a short black body above it, a black one around that which leaves the gap open."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 2)
    small = limits(bars, 1, BODY_SHORT, 1)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if white(o, c, m) and black(o, c, k) and black(o, c, i) and body(o, c, m) > long[j]:  # noqa: SIM102
            if body(o, c, k) <= small[j] and gap_up(o, c, k, m) and o[i] > o[k] and c[m] < c[i] < c[k]:
                values[j] = -100.0


@njit(cache=True, nogil=True)
def cdl_xsidegap3methods(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two bodies of one colour with a gap, and one that closes it."""
    first, values, _ = begin(o, h, lo, c, start, seen, out, p, s)
    for j in range(len(values)):
        i = first + j
        m, k = i - 2, i - 1
        if white(o, c, m) == white(o, c, k) and white(o, c, k) != white(o, c, i):  # noqa: SIM102
            if bottom(o, c, k) < o[i] < top(o, c, k) and bottom(o, c, m) < c[i] < top(o, c, m):  # noqa: SIM102
                if gap_up(o, c, k, m) if white(o, c, m) else gap_down(o, c, k, m):
                    values[j] = 100.0 * sign(o, c, m)
