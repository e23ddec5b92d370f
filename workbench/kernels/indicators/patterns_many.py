"""Candle patterns of four candles and more."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY_LONG,
    BODY_SHORT,
    NEAR,
    SHADOW_TINY,
    begin,
    black,
    body,
    bottom,
    gap_down,
    gap_up,
    limits,
    top,
    white,
)


@njit(cache=True, nogil=True)
def cdl_3linestrike(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three bodies one way, each from the last one or near it, and one that takes all of them back."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    near_2 = limits(bars, 0, NEAR, 2)
    near_3 = limits(bars, 1, NEAR, 3)
    for j in range(len(values)):
        i = first + j
        q, m, k = i - 3, i - 2, i - 1
        up = white(o, c, k)
        if white(o, c, q) != up or white(o, c, m) != up or white(o, c, i) == up:
            continue
        if not (
            c[k] > c[m] > c[q] and o[i] > c[k] and c[i] < o[q]
            if up
            else c[k] < c[m] < c[q] and o[i] < c[k] and c[i] > o[q]
        ):
            continue
        second = bottom(o, c, q) - near_3[j] <= o[m] <= top(o, c, q) + near_3[j]
        if second and bottom(o, c, m) - near_2[j] <= o[k] <= top(o, c, m) + near_2[j]:
            values[j] = 100.0 if up else -100.0


@njit(cache=True, nogil=True)
def cdl_breakaway(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body, a gap, three bars on the same way, and a body back into the gap."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 4)
    for j in range(len(values)):
        i = first + j
        r, q, m, k = i - 4, i - 3, i - 2, i - 1
        up = white(o, c, r)
        if white(o, c, q) != up or white(o, c, k) != up or white(o, c, i) == up or body(o, c, r) <= long[j]:
            continue
        if up:
            if gap_up(o, c, q, r) and h[k] > h[m] > h[q] and lo[k] > lo[m] > lo[q] and c[r] < c[i] < o[q]:
                values[j] = -100.0
        elif gap_down(o, c, q, r) and h[k] < h[m] < h[q] and lo[k] < lo[m] < lo[q] and o[q] < c[i] < c[r]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_concealbabyswall(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Two black marubozu, a black body below with an upper shadow into them, a black bar around it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    tiny_1 = limits(bars, 0, SHADOW_TINY, 1)
    tiny_2 = limits(bars, 1, SHADOW_TINY, 2)
    tiny_3 = limits(bars, 2, SHADOW_TINY, 3)
    for j in range(len(values)):
        i = first + j
        q, m, k = i - 3, i - 2, i - 1
        if not (black(o, c, i) and black(o, c, k) and black(o, c, m) and black(o, c, q)):
            continue
        if not (gap_down(o, c, k, m) and h[k] > c[m] and h[i] > h[k] and lo[i] < lo[k]):
            continue
        one = c[q] - lo[q] < tiny_3[j] and h[q] - o[q] < tiny_3[j]
        two = c[m] - lo[m] < tiny_2[j] and h[m] - o[m] < tiny_2[j]
        if one and two and h[k] - o[k] > tiny_1[j]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_ladderbottom(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Three black bodies down, a black one with an upper shadow, white above its high."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    tiny = limits(bars, 0, SHADOW_TINY, 1)
    for j in range(len(values)):
        i = first + j
        r, q, m, k = i - 4, i - 3, i - 2, i - 1
        if not (white(o, c, i) and black(o, c, k) and black(o, c, m) and black(o, c, q) and black(o, c, r)):
            continue
        if o[r] > o[q] > o[m] and c[r] > c[q] > c[m] and h[k] - o[k] > tiny[j] and o[i] > o[k] and c[i] > h[k]:
            values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_mathold(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """Long white, a short black body above it, two short ones that give back little, white to a new high."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 4)
    small_1 = limits(bars, 1, BODY_SHORT, 1)
    small_2 = limits(bars, 2, BODY_SHORT, 2)
    small_3 = limits(bars, 3, BODY_SHORT, 3)
    for j in range(len(values)):
        i = first + j
        r, q, m, k = i - 4, i - 3, i - 2, i - 1
        if not (
            white(o, c, r) and black(o, c, q) and white(o, c, i) and body(o, c, r) > long[j] and gap_up(o, c, q, r)
        ):
            continue
        if not (body(o, c, q) < small_3[j] and body(o, c, m) < small_2[j] and body(o, c, k) < small_1[j]):
            continue
        floor = c[r] - body(o, c, r) * p[1]
        held = floor < bottom(o, c, m) < c[r] and floor < bottom(o, c, k) < c[r]
        if held and top(o, c, m) < o[q] and top(o, c, k) < top(o, c, m):  # noqa: SIM102
            if o[i] > c[k] and c[i] > max(h[q], h[m], h[k]):
                values[j] = 100.0


@njit(cache=True, nogil=True)
def cdl_risefall3methods(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body, three short ones back within its range, and a long one beyond it."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    long = limits(bars, 0, BODY_LONG, 0)
    long_4 = limits(bars, 1, BODY_LONG, 4)
    small_1 = limits(bars, 2, BODY_SHORT, 1)
    small_2 = limits(bars, 3, BODY_SHORT, 2)
    small_3 = limits(bars, 4, BODY_SHORT, 3)
    for j in range(len(values)):
        i = first + j
        r, q, m, k = i - 4, i - 3, i - 2, i - 1
        up = white(o, c, r)
        if white(o, c, q) == up or white(o, c, m) == up or white(o, c, k) == up or white(o, c, i) != up:
            continue
        if not (body(o, c, r) > long_4[j] and body(o, c, i) > long[j]):
            continue
        if not (body(o, c, q) < small_3[j] and body(o, c, m) < small_2[j] and body(o, c, k) < small_1[j]):
            continue
        inside = max(bottom(o, c, q), bottom(o, c, m), bottom(o, c, k)) < h[r]
        if not (inside and min(top(o, c, q), top(o, c, m), top(o, c, k)) > lo[r]):
            continue
        if (
            c[k] < c[m] < c[q] and o[i] > c[k] and c[i] > c[r]
            if up
            else c[k] > c[m] > c[q] and o[i] < c[k] and c[i] < c[r]
        ):
            values[j] = 100.0 if up else -100.0


@njit(cache=True, nogil=True)
def cdl_hikkake(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """An inside bar, then one with a lower high and low (or both higher). ``s``: direction, bars since."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    for i in range(first - (0 if bars[5] or not len(values) else 3), len(o)):
        found = 0.0
        if h[i - 1] < h[i - 2] and lo[i - 1] > lo[i - 2]:
            found = _outside(h, lo, i)
        value = _hikkake(h, lo, c, i, found, s)
        if i >= first:
            values[i - first] = value


@njit(cache=True, nogil=True)
def cdl_hikkakemod(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """The same after two inside bars, the first of which closes at the end that breaks. ``s``: as there, a sum."""
    first, values, bars = begin(o, h, lo, c, start, seen, out, p, s)
    low = first - (0 if bars[5] or not len(values) else 3)
    near = limits((o, h, lo, c, low, bars[5], s), 2, NEAR, 2)
    for i in range(low, len(o)):
        m, k, found = i - 2, i - 1, 0.0
        if h[m] < h[i - 3] and lo[m] > lo[i - 3] and h[k] < h[m] and lo[k] > lo[m]:
            found = _outside(h, lo, i)
            if not (c[m] <= lo[m] + near[i - low] if found > 0 else c[m] >= h[m] - near[i - low]):
                found = 0.0
        value = _hikkake(h, lo, c, i, found, s)
        if i >= first:
            values[i - first] = value


@njit
def _outside(h, lo, i) -> float:
    if h[i] < h[i - 1] and lo[i] < lo[i - 1]:
        return 100.0
    return -100.0 if h[i] > h[i - 1] and lo[i] > lo[i - 1] else 0.0


@njit
def _hikkake(h, lo, c, i, found, s) -> float:
    """Its value where it is found, and where a close within three bars is beyond the inside bar."""
    if found != 0:
        s[0], s[1] = found, 0.0
        return found
    s[1] += 1
    if s[0] == 0 or s[1] > 3:
        return 0.0
    inside = i - int(s[1]) - 1
    if c[i] > h[inside] if s[0] > 0 else c[i] < lo[inside]:
        value, s[0] = 2 * s[0], 0.0
        return value
    return 0.0
