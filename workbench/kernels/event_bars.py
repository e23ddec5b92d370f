"""Bars of what was traded: where a sum of size or money, or the stretch between high and low, is reached.

Each ``cut_*`` carries the forming bar in ``state`` and writes it in place. Every bar begins at exactly 0 (or at no
price) and is added up print by print in tape order, so that where the tape was cut into chunks cannot change a bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.growing import grown

# Prices have rounding errors of half a unit in the last place each (2**-53 of their size) and come out of a few
# operations at most, such as 100 + 37 * 0.01. 128 halves leave room for that and stay below any tick: 1.4e-7 at 1e7.
_SLACK = 2.0**-46

#: ``state`` of ``cut_range`` before the first print: high, low, and the difference that ends the bar.
NO_PRICE = (-np.inf, np.inf, np.inf)

# The loop over prints is a function of its own in each cut: beside an array that may be replaced by a longer one, numba
# counts references at every print, and that takes four times as long as the sum.


@njit(cache=True, nogil=True)
def cut_size(size: np.ndarray, amount: float, state: np.ndarray) -> np.ndarray:
    """Index after each print that brings the sum of ``size`` to ``amount`` or above; the sum is ``state[0]``.

    A print is not split, and what goes beyond is not carried over: the next bar begins at 0.
    """
    ends = np.empty(1024, np.int64)
    count = 0
    i, total = _add_size(size, 0, state[0], amount)
    while i >= 0:
        if count == len(ends):
            ends = grown(ends, 2 * len(ends))
        ends[count] = i
        count += 1
        i, total = _add_size(size, i, 0.0, amount)
    state[0] = total
    return ends[:count].copy()


@njit(cache=True, nogil=True)
def _add_size(size: np.ndarray, first: int, total: float, amount: float) -> tuple[int, float]:
    """Index after the print that makes ``total`` as large as ``amount``, -1 when none does; and the total."""
    for i in range(first, len(size)):
        total += size[i]
        if total >= amount:
            return i + 1, total
    return -1, total


@njit(cache=True, nogil=True)
def cut_money(price: np.ndarray, size: np.ndarray, amount: float, state: np.ndarray) -> np.ndarray:
    """As ``cut_size`` for the sum of price x size."""
    ends = np.empty(1024, np.int64)
    count = 0
    i, total = _add_money(price, size, 0, state[0], amount)
    while i >= 0:
        if count == len(ends):
            ends = grown(ends, 2 * len(ends))
        ends[count] = i
        count += 1
        i, total = _add_money(price, size, i, 0.0, amount)
    state[0] = total
    return ends[:count].copy()


@njit(cache=True, nogil=True)
def _add_money(price: np.ndarray, size: np.ndarray, first: int, total: float, amount: float) -> tuple[int, float]:
    for i in range(first, len(size)):
        total += price[i] * size[i]
        if total >= amount:
            return i + 1, total
    return -1, total


@njit(cache=True, nogil=True)
def cut_range(price: np.ndarray, height: float, state: np.ndarray) -> np.ndarray:
    """Index after each print that stretches high - low to ``height`` or above; ``state`` is high, low and the need.

    Binary prices of a bar that is exactly ``height`` high can differ by a little less. What a bar needs is therefore
    ``height - 2**-46 * (abs(first price) + height)``, and half of ``height`` at least, so that a single price never
    ends a bar. That decides as decimal arithmetic does wherever the tick is above 1.5e-14 of price and height.
    """
    ends = np.empty(1024, np.int64)
    count = 0
    high, low, need = state[0], state[1], state[2]
    i = 0
    while 0 <= i < len(price):
        if low > high:
            need = max(height - _SLACK * (abs(price[i]) + height), 0.5 * height)
        i, high, low = _stretch(price, i, high, low, need)
        if i >= 0:
            if count == len(ends):
                ends = grown(ends, 2 * len(ends))
            ends[count] = i
            count += 1
            high, low = -np.inf, np.inf
    state[0], state[1], state[2] = high, low, need
    return ends[:count].copy()


@njit(cache=True, nogil=True)
def _stretch(price: np.ndarray, first: int, high: float, low: float, need: float) -> tuple[int, float, float]:
    """Index after the print that stretches high - low to ``need``, -1 when none does; and high and low."""
    for i in range(first, len(price)):
        p = price[i]
        # Written out, because max and min of numba ask for NaN as well; NaN is never above or below.
        high = p if p > high else high
        low = p if p < low else low
        if high - low >= need:
            return i + 1, high, low
    return -1, high, low
