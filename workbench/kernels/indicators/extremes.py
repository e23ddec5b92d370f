"""Greatest and least of the last values, several bars at a time.

The greatest of 4 values is that of their first and last halves; of 16 that of 4 such; windows are put together from as
many pieces as fit, which may overlap. A NaN that is the newest value is the result; one that is older may be or not.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Bars that are taken at once, so that what lies between two steps stays in the nearest cache.
BLOCK = 1024
_FEW = 16

loop = njit(cache=True, nogil=True, error_model="numpy")


@loop
def _greater(x, y) -> float:
    """The greater; ``y`` where one is NaN."""
    return x if x > y else y


@loop
def _lesser(x, y) -> float:
    """The lesser; ``y`` where one is NaN."""
    return x if x < y else y


@loop
def _four_greatest(x, one, two, three, into) -> None:
    """The greatest of ``x`` here and at three distances."""
    n = len(into)
    p, q, r, t = x[:n], x[one : one + n], x[two : two + n], x[three : three + n]
    for j in range(n):
        into[j] = _greater(_greater(p[j], q[j]), _greater(r[j], t[j]))


@loop
def _four_least(x, one, two, three, into) -> None:
    """The least of ``x`` here and at three distances."""
    n = len(into)
    p, q, r, t = x[:n], x[one : one + n], x[two : two + n], x[three : three + n]
    for j in range(n):
        into[j] = _lesser(_lesser(p[j], q[j]), _lesser(r[j], t[j]))


@loop
def extreme_one(a, sign, i, seen, window, s) -> float:
    """``extremes`` for ``a[i]`` alone: the extreme and its age are kept, it is searched anew when it leaves."""
    value, age = sign * a[i], s[1] + 1.0
    if not value < s[0] or seen == 0:
        s[0], age = value, 0.0
    elif age >= window:
        top, age = value, 0.0
        for j in range(1, window):
            if sign * a[i - j] > top:
                top, age = sign * a[i - j], float(j)
        s[0] = top
    s[1] = age
    return sign * s[0]


@loop
def extremes(a, sign, start, seen, window, s, values) -> None:
    """Greatest (``sign`` 1) or least (-1) of the last ``window`` values; as far as there are, while there are fewer.

    ``s``: the extreme times ``sign``, and its age.
    """
    n, greatest = len(a), sign > 0.0
    first = min(n, start + max(0, window - 1 - seen))
    if n - first < max(_FEW, window):
        first = n
    for i in range(start, first):
        values[i - start] = extreme_one(a, sign, i, seen + i - start, window, s)
    if first == n:
        return
    block, pad = max(BLOCK, window), window - 1
    x, y = np.empty(block + pad), np.empty(block + pad)
    for low in range(first, n, block):
        high = min(n, low + block)
        old, into, width = a[low - pad : high], values[low - start : high - start], 1
        if window == 1:
            into[:] = old
            continue
        part = old
        while 4 * width <= window:
            much = len(part) - 3 * width
            if greatest:
                _four_greatest(part, width, 2 * width, 3 * width, x[:much])
            else:
                _four_least(part, width, 2 * width, 3 * width, x[:much])
            part, x, y, width = x[:much], y, x, 4 * width
        last = window - width
        if greatest:
            _four_greatest(part, min(width, last), min(2 * width, last), last, into)
        else:
            _four_least(part, min(width, last), min(2 * width, last), last, into)
    top, age = sign * a[n - 1], 0.0
    for j in range(1, window):
        if sign * a[n - 1 - j] > top:
            top, age = sign * a[n - 1 - j], float(j)
    s[0], s[1] = top, age


@loop
def age_one(a, sign, i, window, oldest) -> tuple[float, int]:
    """``ages`` for ``a[i]`` alone: the greatest times ``sign``, and its place in the window, counted from 0."""
    first = i - window + 1
    top, place = sign * a[first], 0
    for k in range(1, window):
        value = sign * a[first + k]
        if not top > value and not (oldest and top == value):
            top, place = value, k
    return top, place


@loop
def ages(x, window, oldest, tops, places, more, other) -> None:
    """Of the ``window`` values up to each, the greatest and its place in ``x``; the last of equals, or the first.

    ``tops`` and ``places`` are float64[len(x)], of which the first len(x) - window + 1 are written; ``more`` and
    ``other`` are room of the same size. A NaN that is the newest is the greatest.
    """
    for j in range(len(x)):
        tops[j], places[j] = x[j], float(j)
    n, width, turned = len(x), 1, False
    while width < window:
        step = min(width, window - width)
        n -= step
        if turned:
            _later(more, other, step, oldest, tops[:n], places[:n])
        else:
            _later(tops, places, step, oldest, more[:n], other[:n])
        width, turned = width + step, not turned
    if turned:
        tops[:n] = more[:n]
        places[:n] = other[:n]


@loop
def _later(values, places, step, oldest, tops, at) -> None:
    """The greater of each value and that ``step`` later, and its place."""
    n = len(tops)
    x, y, p, q = values[:n], values[step : step + n], places[:n], places[step : step + n]
    # All four are read before one is chosen: else the loop is not done for several values at once.
    if oldest:
        for j in range(n):
            here, there, left, right = x[j], y[j], p[j], q[j]
            at[j], tops[j] = left if here >= there else right, _greater(here, there)
    else:
        for j in range(n):
            here, there, left, right = x[j], y[j], p[j], q[j]
            at[j], tops[j] = left if here > there else right, _greater(here, there)
