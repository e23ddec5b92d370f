"""Bars of information: where the flow of orders has become more one-sided than was expected.

The rules, and the symbols used here, are in ``workbench.bars.kinds.imbalance`` and ``runs``. Each loop carries the
forming bar and what is expected of it in ``state`` and writes it in place. Sums of a bar begin at exactly 0 and grow
print by print in tape order, so that where the tape was cut into chunks cannot change a bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels.growing import grown

#: What a print counts, v: 1, its size, or price x size.
TICKS, VOLUME, DOLLARS = range(3)

# Places of ``state``. Of the forming bar: its prints, the sums of its flow (imbalance: of b v and of (b v) squared;
# runs: of the v of buys and of sells), the last price and the last b. Then the means over the bars before: prints, both
# sums. At last the threshold that follows from these; NaN, which nothing reaches, in a first bar.
_PRINTS, _ONE, _TWO, _PRICE, _SIGN, _MEAN_PRINTS, _MEAN_ONE, _MEAN_TWO, _THRESHOLD = range(9)

#: ``state`` before the first print.
NOTHING_KNOWN = (0.0, 0.0, 0.0, np.nan, 0.0, 0.0, 0.0, 0.0, np.nan)

#: A bar ends after this many times ``expected`` prints, whatever its flow.
LONGEST = 10


@njit(cache=True, nogil=True)
def cut_imbalance(
    price: np.ndarray, size: np.ndarray, side: np.ndarray, measure: int, expected: int, window: int, state: np.ndarray
) -> np.ndarray:
    """Index after each print that brings abs(sum of b v) to the threshold, or its bar to the greatest length.

    ``measure`` is ``TICKS``, ``VOLUME`` or ``DOLLARS``.
    """
    ends = np.empty(1024, np.int64)
    count = 0
    last, sign = state[_PRICE], np.int64(state[_SIGN])
    i = 0
    while i < len(price):
        one, two, threshold = state[_ONE], state[_TWO], state[_THRESHOLD]
        begin, stop, done = i, _latest_end(i, len(price), expected, state), False
        while i < stop and not done:
            sign = _signed(price[i], last, side[i], sign)
            last = price[i]
            flow = sign * _counted(measure, last, size[i])
            one += flow
            two += flow * flow
            done = abs(one) >= threshold
            i += 1
        state[_PRINTS] += i - begin
        state[_ONE], state[_TWO] = one, two
        if done or _full(expected, state):
            _learn(window, state)
            even = np.sqrt(expected * (state[_MEAN_TWO] / state[_MEAN_PRINTS]))
            one_sided = _expected_prints(expected, state) * (abs(state[_MEAN_ONE]) / state[_MEAN_PRINTS])
            _expect(max(one_sided, even), state)
            if count == len(ends):
                ends = grown(ends, 2 * len(ends))
            ends[count] = i
            count += 1
    state[_PRICE], state[_SIGN] = last, sign
    return ends[:count].copy()


@njit(cache=True, nogil=True)
def cut_runs(
    price: np.ndarray, size: np.ndarray, side: np.ndarray, measure: int, expected: int, window: int, state: np.ndarray
) -> np.ndarray:
    """As ``cut_imbalance`` for the greater of two sums: of v over buys, and of v over sells."""
    ends = np.empty(1024, np.int64)
    count = 0
    last, sign = state[_PRICE], np.int64(state[_SIGN])
    i = 0
    while i < len(price):
        one, two, threshold = state[_ONE], state[_TWO], state[_THRESHOLD]
        begin, stop, done = i, _latest_end(i, len(price), expected, state), False
        while i < stop and not done:
            sign = _signed(price[i], last, side[i], sign)
            last = price[i]
            counted = _counted(measure, last, size[i])
            one += counted * ((sign + 1) >> 1)
            two += counted * ((1 - sign) >> 1)
            done = (one >= threshold) | (two >= threshold)
            i += 1
        state[_PRINTS] += i - begin
        state[_ONE], state[_TWO] = one, two
        if done or _full(expected, state):
            _learn(window, state)
            greater = max(state[_MEAN_ONE], state[_MEAN_TWO])
            _expect(_expected_prints(expected, state) * (greater / state[_MEAN_PRINTS]), state)
            if count == len(ends):
                ends = grown(ends, 2 * len(ends))
            ends[count] = i
            count += 1
    state[_PRICE], state[_SIGN] = last, sign
    return ends[:count].copy()


@njit(cache=True, nogil=True)
def _signed(price: float, last: float, side: int, sign: int) -> int:
    """The b of a print: side of the aggressor, else of the price change, else that of the print before.

    In whole numbers and without a choice of ways, because sides and prices change at random: a mispredicted branch a
    print makes the loop ten times slower.
    """
    known = np.int64(side > 0) - np.int64(side < 0)
    change = np.int64(price > last) - np.int64(price < last)
    found = known | (change & -np.int64(known == 0))
    return found | (sign & -np.int64(found == 0))


@njit(cache=True, nogil=True)
def _counted(measure: int, price: float, size: float) -> float:
    """The v of a print."""
    if measure == TICKS:
        return 1.0
    return size if measure == VOLUME else price * size


@njit(cache=True, nogil=True)
def _longest(expected: int, state: np.ndarray) -> int:
    """Prints after which the forming bar ends: while nothing is known that is ``expected``."""
    return LONGEST * expected if state[_MEAN_PRINTS] > 0.0 else expected


@njit(cache=True, nogil=True)
def _latest_end(first: int, length: int, expected: int, state: np.ndarray) -> int:
    """Index at which the forming bar ends at the latest, or the chunk does."""
    return min(length, first + _longest(expected, state) - int(state[_PRINTS]))


@njit(cache=True, nogil=True)
def _full(expected: int, state: np.ndarray) -> bool:
    return state[_PRINTS] >= _longest(expected, state)


@njit(cache=True, nogil=True)
def _learn(window: int, state: np.ndarray) -> None:
    """Take the bar that has ended into the means, of which the first bar is the start, and begin a new one."""
    weight = 2.0 / (window + 1) if state[_MEAN_PRINTS] > 0.0 else 1.0
    state[_MEAN_PRINTS] += weight * (state[_PRINTS] - state[_MEAN_PRINTS])
    state[_MEAN_ONE] += weight * (state[_ONE] - state[_MEAN_ONE])
    state[_MEAN_TWO] += weight * (state[_TWO] - state[_MEAN_TWO])
    state[_PRINTS] = state[_ONE] = state[_TWO] = 0.0


@njit(cache=True, nogil=True)
def _expected_prints(expected: int, state: np.ndarray) -> float:
    return np.sqrt(expected * state[_MEAN_PRINTS])


@njit(cache=True, nogil=True)
def _expect(threshold: float, state: np.ndarray) -> None:
    """Set the threshold of the next bar. One that is no number above 0 says nothing: the next is a first bar again."""
    if 0.0 < threshold < np.inf:
        state[_THRESHOLD] = threshold
    else:
        state[_MEAN_PRINTS] = state[_MEAN_ONE] = state[_MEAN_TWO] = 0.0
        state[_THRESHOLD] = np.nan
