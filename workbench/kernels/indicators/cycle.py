"""Cycles: Ehlers' Hilbert transform, its homodyne discriminator, and what is made of the dominant cycle.

``s`` begins with ``HEAD`` numbers of the transform (see ``_turned`` and ``_cycle``); those of an indicator come after.
"""

from __future__ import annotations

import math

from numba import njit

from workbench.kernels.indicators.statistics import _warm

#: Cells of ``s``: sums of the smoother, period, period smoothed, parts before, sums of the discriminator.
SUM, WEIGHTED, PERIOD, SMOOTH, Q2, I2, RE, IM = range(8)
#: In-phase parts that wait for their turn (two for even bars, two for odd ones), place in the rings, transforms.
WAITING, PLACE, TRANSFORMS = 8, 12, 13
HEAD = TRANSFORMS + 4 * 2 * 5
LONGEST = 50
#: Sums of prices that are kept, and after how many they begin anew; powers of two, not below LONGEST.
SUMS, HALF = 128, 64
#: Numbers of a table of sines: 1 + 2 + ... + LONGEST.
TABLE = LONGEST * (LONGEST + 1) // 2
DEGREES = 45.0 / math.atan(1.0)


@njit(cache=True, nogil=True)
def _turned(x, adjust, s, at, place):
    """Hilbert transform: 0.0962 x + 0.5769 x[2] - 0.5769 x[4] - 0.0962 x[6], times ``adjust``.

    Even and odd bars do not meet, so each has five cells at ``at``: 0.0962 x of its last three bars, 0.5769 x[4], x[2].
    """
    weighted, middle = 0.0962 * x, 0.5769 * s[at + 4]
    value = weighted - s[at + place] - s[at + 3] + middle
    s[at + place], s[at + 3], s[at + 4] = weighted, middle, x
    return value * adjust


@njit(cache=True, nogil=True)
def _smoothed(a, i, bar, s):
    """Mean of four prices with the weights 4, 3, 2, 1."""
    s[SUM] += a[i]
    if bar < 3:
        s[WEIGHTED] += a[i] * (bar + 1.0)
        return 0.0
    if bar > 3:
        s[SUM] -= a[i - 4]
    s[WEIGHTED] += a[i] * 4.0
    value = s[WEIGHTED] * 0.1
    s[WEIGHTED] -= s[SUM]
    return value


@njit(cache=True, nogil=True)
def _cycle(smoothed, bar, s):
    """Take in a smoothed price; gives in-phase and quadrature, and leaves the periods in ``s``."""
    odd = bar % 2
    place, base, adjust = int(s[PLACE]), TRANSFORMS + 20 * odd, 0.075 * s[PERIOD] + 0.54
    inphase = s[WAITING + 2 * odd + 1]
    detrended = _turned(smoothed, adjust, s, base, place)
    quadrature = _turned(detrended, adjust, s, base + 5, place)
    ahead = _turned(inphase, adjust, s, base + 10, place)
    behind = _turned(quadrature, adjust, s, base + 15, place)
    if odd == 0:
        s[PLACE] = (place + 1) % 3
    other = WAITING + 2 * (1 - odd)
    s[other + 1], s[other] = s[other], detrended
    q2 = 0.2 * (quadrature + ahead) + 0.8 * s[Q2]
    i2 = 0.2 * (inphase - behind) + 0.8 * s[I2]
    s[RE] = 0.2 * (i2 * s[I2] + q2 * s[Q2]) + 0.8 * s[RE]
    s[IM] = 0.2 * (i2 * s[Q2] - q2 * s[I2]) + 0.8 * s[IM]
    s[Q2], s[I2] = q2, i2
    before = s[PERIOD]
    period = before
    if s[IM] != 0.0 and s[RE] != 0.0:
        turn = math.atan(s[IM] / s[RE]) * DEGREES
        period = 360.0 / turn if turn != 0.0 else 1.5 * before
    period = max(min(period, 1.5 * before), 0.67 * before)
    period = min(max(period, 6.0), 50.0)
    s[PERIOD] = 0.2 * period + 0.8 * before
    s[SMOOTH] = 0.33 * s[PERIOD] + 0.67 * s[SMOOTH]
    return inphase, quadrature


@njit(cache=True, nogil=True)
def _phase(ring, bar, smooth, phase, sines, cosines):
    """Phase of the dominant cycle, from the smoothed prices of one cycle; ``phase`` is the one before."""
    length = int(smooth + 0.5)
    first, real, imaginary = length * (length - 1) // 2, 0.0, 0.0
    at = bar % LONGEST
    for k in range(length):
        real += sines[first + k] * ring[at]
        imaginary += cosines[first + k] * ring[at]
        at = at - 1 if at > 0 else LONGEST - 1
    if imaginary != 0.0:
        phase = math.atan(real / imaginary) * DEGREES
    elif real < 0.0:
        phase -= 90.0
    elif real > 0.0:
        phase += 90.0
    phase += 90.0 + 360.0 / smooth
    if imaginary < 0.0:
        phase += 180.0
    return phase - 360.0 if phase > 315.0 else phase


@njit(cache=True, nogil=True)
def _trend(bar, smooth, sums):
    """Mean of the prices of one cycle, from ``sums``; see ``_summed``."""
    length = int(smooth + 0.5)
    first, begin = bar - length, bar & -HALF
    # Lengths that change cannot be foretold: no loop over them, whose end would be guessed wrong.
    whole, before = sums[(begin - 1) & (SUMS - 1)], sums[first & (SUMS - 1)]
    total = sums[bar & (SUMS - 1)] + ((whole if first < begin else 0.0) - before)
    return total / length if length > 0 else 0.0


@njit(cache=True, nogil=True)
def _summed(price, bar, sums):
    """Put the sum of the prices from the last bar whose number is a multiple of ``HALF`` on into its place."""
    sums[bar & (SUMS - 1)] = price + (sums[(bar - 1) & (SUMS - 1)] if bar & (HALF - 1) else 0.0)


@njit(cache=True, nogil=True)
def period(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bar of the first transform, bar of the first value."""
    known = start + _warm(out[0], len(a) - start, int(p[1]) - seen)
    for i in range(start, len(a)):
        bar = seen + i - start
        smoothed = _smoothed(a, i, bar, s)
        if bar >= p[0]:
            _cycle(smoothed, bar, s)
        if i >= known:
            out[0, i - start] = s[SMOOTH]


@njit(cache=True, nogil=True)
def phasor(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bar of the first transform, bar of the first value."""
    known = start + _warm(out[0], len(a) - start, int(p[1]) - seen)
    _warm(out[1], len(a) - start, int(p[1]) - seen)
    inphase = quadrature = 0.0
    for i in range(start, len(a)):
        bar = seen + i - start
        smoothed = _smoothed(a, i, bar, s)
        if bar >= p[0]:
            inphase, quadrature = _cycle(smoothed, bar, s)
        if i >= known:
            out[0, i - start], out[1, i - start] = inphase, quadrature


@njit(cache=True, nogil=True)
def trendline(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bar of the first transform, bar of the first value. ``s``: after the head three means, and the sums."""
    known = start + _warm(out[0], len(a) - start, int(p[1]) - seen)
    one, two, three, sums = s[HEAD], s[HEAD + 1], s[HEAD + 2], s[HEAD + 3 :]
    for i in range(start, len(a)):
        bar = seen + i - start
        _summed(a[i], bar, sums)
        smoothed = _smoothed(a, i, bar, s)
        if bar < p[0]:
            continue
        _cycle(smoothed, bar, s)
        mean = _trend(bar, s[SMOOTH], sums)
        if i >= known:
            out[0, i - start] = (4.0 * mean + 3.0 * one + 2.0 * two + three) / 10.0
        one, two, three = mean, one, two
    s[HEAD], s[HEAD + 1], s[HEAD + 2] = one, two, three


@njit(cache=True, nogil=True)
def phase(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p``: bar of the first transform, of the first value, tables. ``s``: after the head the phase and a ring.

    One output is the phase; two are its sine and the sine 45 degrees ahead.
    """
    known = start
    for row in out:
        known = start + _warm(row, len(a) - start, int(p[1]) - seen)
    sines, cosines, ring, found = p[2 : 2 + TABLE], p[2 + TABLE :], s[HEAD + 1 : HEAD + 1 + LONGEST], s[HEAD]
    for i in range(start, len(a)):
        bar = seen + i - start
        smoothed = _smoothed(a, i, bar, s)
        if bar < p[0]:
            continue
        ring[bar % LONGEST] = smoothed
        _cycle(smoothed, bar, s)
        found = _phase(ring, bar, s[SMOOTH], found, sines, cosines)
        if i >= known:
            if len(out) == 1:
                out[0, i - start] = found
            else:
                out[0, i - start] = math.sin(found / DEGREES)
                out[1, i - start] = math.sin((found + 45.0) / DEGREES)
    s[HEAD] = found


@njit(cache=True, nogil=True)
def trendmode(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``p`` as for ``phase``. ``s``: after the head phase, ring, sine, sine ahead, bars since they met, three means,
    and the sums."""
    known = start + _warm(out[0], len(a) - start, int(p[1]) - seen)
    sines, cosines, ring, found = p[2 : 2 + TABLE], p[2 + TABLE :], s[HEAD + 1 : HEAD + 1 + LONGEST], s[HEAD]
    own = s[HEAD + 1 + LONGEST :]
    sums = own[6:]
    for i in range(start, len(a)):
        bar = seen + i - start
        _summed(a[i], bar, sums)
        smoothed = _smoothed(a, i, bar, s)
        if bar < p[0]:
            continue
        ring[bar % LONGEST] = smoothed
        _cycle(smoothed, bar, s)
        smooth, before = s[SMOOTH], found
        found = _phase(ring, bar, smooth, found, sines, cosines)
        sine, ahead = math.sin(found / DEGREES), math.sin((found + 45.0) / DEGREES)
        mean = _trend(bar, smooth, sums)
        line = (4.0 * mean + 3.0 * own[3] + 2.0 * own[4] + own[5]) / 10.0
        trend = 1.0
        if (sine > ahead and own[0] <= own[1]) or (sine < ahead and own[0] >= own[1]):
            own[2] = 0.0
            trend = 0.0
        own[2] += 1.0
        moved = found - before
        if own[2] < 0.5 * smooth or 0.67 * 360.0 / smooth < moved < 1.5 * 360.0 / smooth:
            trend = 0.0
        if line != 0.0 and abs((smoothed - line) / line) >= 0.015:
            trend = 1.0
        own[0], own[1], own[3], own[4], own[5] = sine, ahead, mean, own[3], own[4]
        if i >= known:
            out[0, i - start] = trend
    s[HEAD] = found
