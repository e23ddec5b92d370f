"""Candle patterns of one candle, and of one beside the body before it. All write 100, -100 or 0."""

from __future__ import annotations

from numba import njit

from workbench.kernels.indicators.candle_settings import (
    BODY,
    DOJI,
    NEAR,
    SHADOWS,
    SHORT,
    SPAN,
    SPAN_5,
    TINY,
    begin,
    body,
    bottom,
    candle,
    finish,
    gap_down,
    gap_up,
    lower,
    means,
    sign,
    top,
    two_means,
    unknown,
    upper,
    white,
)


@njit(cache=True, nogil=True)
def cdl_doji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A body no higher than a tenth of the usual range."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        span = mean_0[j]
        values[j] = 100.0 if body(x) <= DOJI * span else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_dragonflydoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a lower shadow only."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        span = mean_0[j]
        found = (body(x) <= DOJI * span) & (upper(x) < TINY * span) & (lower(x) > TINY * span)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_gravestonedoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with an upper shadow only."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        span = mean_0[j]
        found = (body(x) <= DOJI * span) & (lower(x) < TINY * span) & (upper(x) > TINY * span)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_longleggeddoji(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a shadow longer than its body."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        span = mean_0[j]
        found = (body(x) <= DOJI * span) & ((lower(x) > body(x)) | (upper(x) > body(x)))
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_rickshawman(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with two long shadows, its body near the middle of the range."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, SPAN, 0, SPAN_5, 5)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        span, span_5 = mean_0[j], mean_1[j]
        middle, near = x.low + (x.high - x.low) / 2, NEAR * span_5
        found = (body(x) <= DOJI * span) & (lower(x) > body(x)) & (upper(x) > body(x))
        found &= (bottom(x) <= middle + near) & (top(x) >= middle - near)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_takuri(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A doji with a lower shadow of more than two bodies and no upper one."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        span = mean_0[j]
        found = (body(x) <= DOJI * span) & (upper(x) < TINY * span) & (lower(x) > 2 * body(x))
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_longline(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with short shadows."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SHADOWS, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        usual, shadows = mean_0[j], mean_1[j]
        found = (body(x) > usual) & (upper(x) < SHORT * shadows) & (lower(x) < SHORT * shadows)
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_shortline(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with short shadows."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SHADOWS, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        usual, shadows = mean_0[j], mean_1[j]
        found = (body(x) < usual) & (upper(x) < SHORT * shadows) & (lower(x) < SHORT * shadows)
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_marubozu(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadows."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        usual, span = mean_0[j], mean_1[j]
        found = (body(x) > usual) & (upper(x) < TINY * span) & (lower(x) < TINY * span)
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_closingmarubozu(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadow where it closes."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        usual, span = mean_0[j], mean_1[j]
        shadow = upper(x) if white(x) else lower(x)
        found = (body(x) > usual) & (shadow < TINY * span)
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_belthold(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A long body with next to no shadow where it opens."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 0, SPAN, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        usual, span = mean_0[j], mean_1[j]
        shadow = lower(x) if white(x) else upper(x)
        found = (body(x) > usual) & (shadow < TINY * span)
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_spinningtop(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with two shadows longer than it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, BODY, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        usual = mean_0[j]
        found = (body(x) < usual) & (upper(x) > body(x)) & (lower(x) > body(x))
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_highwave(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body with two shadows of more than two bodies each."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0 = means(run, 0, BODY, 0)
    for j in range(len(values)):
        x = candle(bars, j + 10)
        usual = mean_0[j]
        found = (body(x) < usual) & (upper(x) > 2 * body(x)) & (lower(x) > 2 * body(x))
        values[j] = 100.0 * sign(x) if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_hammer(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body above a long lower shadow, near the low before it or below."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, SPAN, 1)
    mean_2 = means(run, 2, SPAN_5, 5)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        usual, span, span_5 = mean_0[j], mean_1[j], mean_2[j]
        found = (body(x) < usual) & (lower(x) > body(x)) & (upper(x) < TINY * span)
        found &= bottom(x) <= y.low + NEAR * span_5
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_hangingman(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body above a long lower shadow, near the high before it or above."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, SPAN, 1)
    mean_2 = means(run, 2, SPAN_5, 5)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        usual, span, span_5 = mean_0[j], mean_1[j], mean_2[j]
        found = (body(x) < usual) & (lower(x) > body(x)) & (upper(x) < TINY * span)
        found &= bottom(x) >= y.high - NEAR * span_5
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_invertedhammer(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body below a long upper shadow, under the body before it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, SPAN, 1)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        usual, span = mean_0[j], mean_1[j]
        found = (body(x) < usual) & (upper(x) > body(x)) & (lower(x) < TINY * span) & gap_down(x, y)
        values[j] = 100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


@njit(cache=True, nogil=True)
def cdl_shootingstar(o, h, lo, c, e, start, seen, out, p, s) -> None:
    """A short body below a long upper shadow, above the body before it."""
    run, bars, values, holes = begin(o, h, lo, c, start, seen, out, p, s)
    mean_0, mean_1 = two_means(run, 0, BODY, 1, SPAN, 1)
    for j in range(len(values)):
        y, x = candle(bars, j + 10), candle(bars, j + 11)
        usual, span = mean_0[j], mean_1[j]
        found = (body(x) < usual) & (upper(x) > body(x)) & (lower(x) < TINY * span) & gap_up(x, y)
        values[j] = -100.0 if found else 0.0
        holes += unknown(x)
    finish(run, holes)


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
