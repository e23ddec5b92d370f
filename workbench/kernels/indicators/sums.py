"""Sums and products that run on, four bars as one step of the chain that they are.

Bars are counted from the first of all: values are put together within a group of four, and groups with what was there
before them. So bars may be cut anywhere, and the bits stay. State ``s``: what was there before the group, its part.
"""

from __future__ import annotations

from workbench.kernels.indicators.extremes import loop
from workbench.kernels.indicators.rounding import quotient


@loop
def added(x, at, s) -> None:
    """Each of ``x`` becomes the sum of all up to it; the first one is bar ``at``. ``s``: 2."""
    n, whole, part = len(x), s[0], s[1]
    first = min(n, -at % 4)
    for j in range(first):
        part += x[j]
        x[j] = whole + part
    if (at + first) % 4 == 0:
        whole, part = whole + part, 0.0
    y, groups = x[first:], (n - first) // 4  # counted from 0: no index is asked whether it is below
    for k in range(groups):
        j = 4 * k
        p1 = y[j]
        p2 = p1 + y[j + 1]
        p3 = p2 + y[j + 2]
        p4 = p3 + y[j + 3]
        y[j], y[j + 1], y[j + 2] = whole + p1, whole + p2, whole + p3
        whole += p4
        y[j + 3] = whole
    for j in range(first + 4 * groups, n):
        part += x[j]
        x[j] = whole + part
    s[0], s[1] = whole, part


@loop
def added_one(x, at, s) -> float:
    """``added`` of the single value ``x``: the sum."""
    part = s[1] + x
    whole = s[0] + part
    if at % 4 == 3:
        s[0], s[1] = whole, 0.0
    else:
        s[1] = part
    return whole


@loop
def multiplied(x, at, s) -> None:
    """As ``added``, with products: ``s`` begins with what is there at first, and 1."""
    n, whole, part = len(x), s[0], s[1]
    first = min(n, -at % 4)
    for j in range(first):
        part *= x[j]
        x[j] = whole * part
    if (at + first) % 4 == 0:
        whole, part = whole * part, 1.0
    y, groups = x[first:], (n - first) // 4  # counted from 0: no index is asked whether it is below
    for k in range(groups):
        j = 4 * k
        p1 = y[j]
        p2 = p1 * y[j + 1]
        p3 = p2 * y[j + 2]
        p4 = p3 * y[j + 3]
        y[j], y[j + 1], y[j + 2] = whole * p1, whole * p2, whole * p3
        whole *= p4
        y[j + 3] = whole
    for j in range(first + 4 * groups, n):
        part *= x[j]
        x[j] = whole * part
    s[0], s[1] = whole, part


@loop
def moved(x, live, at, window, s) -> None:
    """As ``added``, of what came into a window less what left it; 0, whatever rounding left, where it is empty.

    That is where ``live``, of the same bars, was 0 for ``window`` of them. NaN stays. ``s``: 3, the last: how many.
    """
    still = 0
    for j in range(len(x)):
        still += live[j] == 0.0
    if still == 0:
        added(x, at, s)
        s[2] = 0.0
        return
    whole, part, idle = s[0], s[1], s[2]
    for j in range(len(x)):
        part += x[j]
        x[j] = whole + part
        idle = idle + 1.0 if live[j] == 0.0 else 0.0
        if idle >= window and x[j] == x[j]:
            whole = part = x[j] = 0.0
        if (at + j) % 4 == 3:
            whole, part = whole + part, 0.0
    s[0], s[1], s[2] = whole, part, idle


@loop
def moved_one(x, live, at, window, s) -> float:
    """``moved`` of the single value ``x``."""
    s[2] = s[2] + 1.0 if live == 0.0 else 0.0
    if s[2] >= window and s[0] + (s[1] + x) == s[0] + (s[1] + x):
        s[0] = s[1] = 0.0
        return 0.0
    return added_one(x, at, s)


@loop
def mean_one(a, i, at, window, s) -> float:
    """``means`` for ``a[i]`` alone, which is bar ``at``."""
    change = a[i] - a[i - window] if at >= window else a[i]
    return quotient(added_one(change, at, s), float(window), 1.0 / window)


@loop
def pushed(values, x) -> None:
    """The oldest, which is the first, leaves; ``x`` becomes the last."""
    for j in range(len(values) - 1):
        values[j] = values[j + 1]
    values[-1] = x


@loop
def means(a, low, high, at, window, s, into) -> None:
    """Simple means of the last ``window`` of ``a``, for ``low`` to ``high``, of which the first is bar ``at``.

    ``a`` has the ``window`` values before. Before there are so many, sums over ``window``. ``s``: see ``added``.
    """
    full = low + max(0, min(high - low, window - at))
    into[: full - low] = a[low:full]
    if full < high:
        rest, new, old = into[full - low :], a[full:high], a[full - window : high - window]
        for j in range(len(rest)):
            rest[j] = new[j] - old[j]
    added(into, at, s)
    width, inverse = float(window), 1.0 / window
    for j in range(len(into)):
        into[j] = quotient(into[j], width, inverse)
