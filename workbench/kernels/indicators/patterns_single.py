"""Candle patterns of one candle, and of one beside the body before it. All write 100, -100 or 0."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BLOCK,
    BODY,
    DOJI,
    NEAR,
    SHADOWS,
    SHORT,
    SPAN,
    SPAN_5,
    TINY,
    begin,
    block,
    body,
    bottom,
    candle,
    gap_down,
    gap_up,
    lower,
    means,
    put,
    sign,
    top,
    upper,
    white,
)


@njit(cache=True, nogil=True)
def cdl_doji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A body no higher than a tenth of the usual range."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 0),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            span = room[0, j]
            room[1, j] = 100.0 if body(x) <= DOJI * span else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_dragonflydoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a lower shadow only."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 0),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            span = room[0, j]
            found = (body(x) <= DOJI * span) & (upper(x) < TINY * span) & (lower(x) > TINY * span)
            room[1, j] = 100.0 if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_gravestonedoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with an upper shadow only."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 0),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            span = room[0, j]
            found = (body(x) <= DOJI * span) & (lower(x) < TINY * span) & (upper(x) > TINY * span)
            room[1, j] = 100.0 if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_longleggeddoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a shadow longer than its body."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 0),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            span = room[0, j]
            found = (body(x) <= DOJI * span) & ((lower(x) > body(x)) | (upper(x) > body(x)))
            room[1, j] = 100.0 if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_rickshawman(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with two long shadows, its body near the middle of the range."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 0), (SPAN_5, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            span, span_5 = room[0, j], room[1, j]
            middle, near = x.low + (x.high - x.low) / 2, NEAR * span_5
            found = (body(x) <= DOJI * span) & (lower(x) > body(x)) & (upper(x) > body(x))
            found &= (bottom(x) <= middle + near) & (top(x) >= middle - near)
            room[2, j] = 100.0 if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_takuri(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a lower shadow of more than two bodies and no upper one."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((SPAN, 0),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            span = room[0, j]
            found = (body(x) <= DOJI * span) & (upper(x) < TINY * span) & (lower(x) > 2 * body(x))
            room[1, j] = 100.0 if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_longline(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with short shadows."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SHADOWS, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            usual, shadows = room[0, j], room[1, j]
            found = (body(x) > usual) & (upper(x) < SHORT * shadows) & (lower(x) < SHORT * shadows)
            room[2, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_shortline(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with short shadows."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SHADOWS, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            usual, shadows = room[0, j], room[1, j]
            found = (body(x) < usual) & (upper(x) < SHORT * shadows) & (lower(x) < SHORT * shadows)
            room[2, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_marubozu(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadows."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            usual, span = room[0, j], room[1, j]
            found = (body(x) > usual) & (upper(x) < TINY * span) & (lower(x) < TINY * span)
            room[2, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_closingmarubozu(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadow where it closes."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            usual, span = room[0, j], room[1, j]
            shadow = upper(x) if white(x) else lower(x)
            found = (body(x) > usual) & (shadow < TINY * span)
            room[2, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_belthold(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadow where it opens."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            usual, span = room[0, j], room[1, j]
            shadow = lower(x) if white(x) else upper(x)
            found = (body(x) > usual) & (shadow < TINY * span)
            room[2, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_spinningtop(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with two shadows longer than it."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            usual = room[0, j]
            found = (body(x) < usual) & (upper(x) > body(x)) & (lower(x) > body(x))
            room[1, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_highwave(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with two shadows of more than two bodies each."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0),), np.empty((2, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 0)
        means(run, at, n, asked, room)
        for j in range(n):
            x = candle(bars, j)
            usual = room[0, j]
            found = (body(x) < usual) & (upper(x) > 2 * body(x)) & (lower(x) > 2 * body(x))
            room[1, j] = 100.0 * sign(x) if found else 0.0
        put(run, at, n, room[1])


@njit(cache=True, nogil=True)
def cdl_hammer(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body above a long lower shadow, near the low before it or below."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0), (SPAN_5, 1)), np.empty((4, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            usual, span, span_5 = room[0, j], room[1, j], room[2, j]
            found = (body(x) < usual) & (lower(x) > body(x)) & (upper(x) < TINY * span)
            found &= bottom(x) <= y.low + NEAR * span_5
            room[3, j] = 100.0 if found else 0.0
        put(run, at, n, room[3])


@njit(cache=True, nogil=True)
def cdl_hangingman(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body above a long lower shadow, near the high before it or above."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0), (SPAN_5, 1)), np.empty((4, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            usual, span, span_5 = room[0, j], room[1, j], room[2, j]
            found = (body(x) < usual) & (lower(x) > body(x)) & (upper(x) < TINY * span)
            found &= bottom(x) >= y.high - NEAR * span_5
            room[3, j] = -100.0 if found else 0.0
        put(run, at, n, room[3])


@njit(cache=True, nogil=True)
def cdl_invertedhammer(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body below a long upper shadow, under the body before it."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            usual, span = room[0, j], room[1, j]
            found = (body(x) < usual) & (upper(x) > body(x)) & (lower(x) < TINY * span) & gap_down(x, y)
            room[2, j] = 100.0 if found else 0.0
        put(run, at, n, room[2])


@njit(cache=True, nogil=True)
def cdl_shootingstar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body below a long upper shadow, above the body before it."""
    run = begin(o, h, lo, c, start, seen, out, p, s)
    asked, room = ((BODY, 0), (SPAN, 0)), np.empty((3, BLOCK))
    for at in range(run.first, len(o), BLOCK):
        n = min(BLOCK, len(o) - at)
        bars = block(run, at, n, 1)
        means(run, at, n, asked, room)
        for j in range(n):
            y, x = candle(bars, j), candle(bars, j + 1)
            usual, span = room[0, j], room[1, j]
            found = (body(x) < usual) & (upper(x) > body(x)) & (lower(x) < TINY * span) & gap_up(x, y)
            room[2, j] = -100.0 if found else 0.0
        put(run, at, n, room[2])


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
        enough = h[i] > lo[i] and abs(c[i] - o[i]) / (h[i] - lo[i]) >= p[0]
        values[j] = (-100.0 if c[i] < o[i] else 100.0) if enough else 0.0
