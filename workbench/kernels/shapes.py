"""Lines and columns that closes draw: Heikin Ashi, line break, Kagi, point and figure.

Each loop takes the closes of base bars (Heikin Ashi all four prices) in order, with its state in an array that is
written in place, and gives for each line that is complete the index after its last bar, where it opens and where it
closes. Closes that are not finite are passed over.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: First column of every state but that of Heikin Ashi: nothing seen, a price seen, a line under way.
PHASE = 0
NOTHING, SEEN, UNDER_WAY = 0.0, 1.0, 2.0
#: Columns of the states of Kagi and of point and figure.
WAY, START, END = 1, 2, 3
WIDTH = 4

_ULP = 2.0**-52


@njit(cache=True, nogil=True)
def slack(size: float, price: float, base: float) -> float:
    """How far a price may be short of an edge and still be there: what float64 loses on the way to both.

    At most a quarter of the size, so that a size below the precision of the price stays a size.
    """
    return min(1e-9 * size + 4.0 * _ULP * max(abs(price), abs(base)), 0.25 * size)


@njit(cache=True, nogil=True)
def heikin_ashi(bars: np.ndarray, state: np.ndarray, out: np.ndarray) -> None:
    """Heikin Ashi prices of records with the fields of ``BAR``, written to ``out``.

    close = mean of the four prices; open = middle of the body before, (open + close) / 2 for the first bar; high and
    low take the body in. ``state`` (3): whether there was a bar, its open and its close.
    """
    seen, last_open, last_close = state[0], state[1], state[2]
    for i in range(len(bars)):
        bar, one = bars[i], out[i]
        close = (bar.open + bar.high + bar.low + bar.close) / 4.0
        open_ = (last_open + last_close) / 2.0 if seen != 0.0 else (bar.open + bar.close) / 2.0
        one.open, one.close = open_, close
        one.high = max(bar.high, max(open_, close))
        one.low = min(bar.low, min(open_, close))
        seen, last_open, last_close = 1.0, open_, close
    state[0], state[1], state[2] = seen, last_open, last_close


@njit(cache=True, nogil=True)
def line_break(close: np.ndarray, lines: int, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Line break (Nison, Beyond Candlesticks, 1994, chapter 6).

    A close beyond the end of the last line draws a line on from there. A close beyond the extreme of the last ``lines``
    lines (of all, while there are fewer) the other way turns: that line begins where the last one began. The first
    close is where the first line begins. ``state`` (2 + 2 x lines): phase, number of lines kept, then open and close of
    these, newest first.
    """
    ends = np.empty(len(close), np.int64)
    opens, closes = np.empty(len(close)), np.empty(len(close))
    count = 0
    for i in range(len(close)):
        c = close[i]
        if not np.isfinite(c):
            continue
        if state[PHASE] == NOTHING:
            state[PHASE], state[2], state[3] = SEEN, c, c  # a line without length, which counts as none
            continue
        begin, end = state[2], state[3]
        high, low = max(begin, end), min(begin, end)
        top, bottom = high, low
        for k in range(int(state[1])):
            top = max(top, state[2 + 2 * k], state[3 + 2 * k])
            bottom = min(bottom, state[2 + 2 * k], state[3 + 2 * k])
        if begin <= end and c > high or begin >= end and c < low:
            start = end
        elif c > top or c < bottom:
            start = begin
        else:
            continue
        ends[count], opens[count], closes[count] = i + 1, start, c
        count += 1
        keep = int(state[1])
        for k in range(min(keep, lines - 1), 0, -1):
            state[2 + 2 * k], state[3 + 2 * k] = state[2 * k], state[1 + 2 * k]
        state[2], state[3] = start, c
        state[PHASE], state[1] = UNDER_WAY, min(keep + 1, lines)
    return ends[:count].copy(), opens[:count].copy(), closes[:count].copy()


@njit(cache=True, nogil=True)
def kagi(
    close: np.ndarray, reversal: float, percent: bool, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kagi lines (Nison, Beyond Candlesticks, 1994, chapter 7).

    A line follows the closes as far as they go and ends when one is ``reversal`` (a price, or percent of the end of the
    line) or more the other way. The close that says so is the first of the next line, which begins where this ended.
    The first line begins at the first close and takes the way that the price first goes by ``reversal`` from there.
    """
    ends = np.empty(len(close), np.int64)
    opens, closes = np.empty(len(close)), np.empty(len(close))
    count = 0
    for i in range(len(close)):
        c = close[i]
        if not np.isfinite(c):
            continue
        if state[PHASE] == NOTHING:
            state[PHASE], state[START], state[END] = SEEN, c, c
            continue
        way, end = state[WAY], state[END]
        back = abs(end) * reversal / 100.0 if percent else reversal
        if state[PHASE] == UNDER_WAY and way * (c - end) >= 0.0:
            state[END] = c
        elif abs(c - end) >= back - slack(back, c, end) and c != end:
            if state[PHASE] == UNDER_WAY:
                ends[count], opens[count], closes[count] = i, state[START], end
                count += 1
            state[PHASE], state[WAY] = UNDER_WAY, 1.0 if c > end else -1.0
            state[START], state[END] = end, c
    return ends[:count].copy(), opens[:count].copy(), closes[:count].copy()


@njit(cache=True, nogil=True)
def kagi_turns(open_: np.ndarray, close: np.ndarray, yang: bool) -> tuple[np.ndarray, np.ndarray]:
    """Where each Kagi line becomes thick (yang) or thin, NaN where it does not, and whether it is thick at its start.

    Thick above the shoulder before, thin below the waist before (Nison): both are where the line before it began.
    ``yang`` is how the first line begins.
    """
    turn = np.full(len(close), np.nan)
    before = np.empty(len(close), np.bool_)
    for i in range(len(close)):
        before[i] = yang
        if i > 0:
            level = open_[i - 1]
            if (close[i] > max(level, open_[i]) and not yang) or (close[i] < min(level, open_[i]) and yang):
                turn[i] = level
                yang = not yang
    return turn, before


@njit(cache=True, nogil=True)
def boxes_up(price: float, box: float) -> float:
    """Number of the highest box whose lower edge the price has reached."""
    return np.floor(price / box + slack(box, price, price) / box)


@njit(cache=True, nogil=True)
def boxes_down(price: float, box: float) -> float:
    """Number of the lowest box whose lower edge the price has come down to."""
    return np.ceil(price / box - slack(box, price, price) / box)


@njit(cache=True, nogil=True)
def point_figure(
    close: np.ndarray, box: float, reversal: int, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of point and figure by the method of closes (Du Plessis, The Definitive Guide to Point and Figure, 2005).

    Boxes are at whole multiples of ``box`` and are named by their lower edge. An X is written when a close has reached
    that edge from below, an O when one has come down to it. A column ends before the close that is ``reversal`` boxes
    or more the other way; the next begins one box back. The first begins at the box of the first close and takes the
    way of the first box after it. Columns open and close at the outer edges of their first and last box.
    """
    ends = np.empty(len(close), np.int64)
    opens, closes = np.empty(len(close)), np.empty(len(close))
    count = 0
    for i in range(len(close)):
        c = close[i]
        if not np.isfinite(c):
            continue
        up, down = boxes_up(c, box), boxes_down(c, box)
        first, last = state[START], state[END]
        if state[PHASE] == NOTHING:
            state[PHASE], state[START], state[END] = SEEN, up, down
        elif state[PHASE] == SEEN:
            # Here the two are the start as an X and as an O would name it.
            if up > first:
                state[PHASE], state[WAY], state[END] = UNDER_WAY, 1.0, up
            elif down < last:
                state[PHASE], state[WAY], state[START], state[END] = UNDER_WAY, -1.0, last, down
        elif state[WAY] > 0.0:
            if up > last:
                state[END] = up
            elif down <= last - reversal:
                ends[count], opens[count], closes[count] = i, first * box, (last + 1.0) * box
                count += 1
                state[WAY], state[START], state[END] = -1.0, last - 1.0, down
        elif down < last:
            state[END] = down
        elif up >= last + reversal:
            ends[count], opens[count], closes[count] = i, (first + 1.0) * box, last * box
            count += 1
            state[WAY], state[START], state[END] = 1.0, last + 1.0, up
    return ends[:count].copy(), opens[:count].copy(), closes[:count].copy()
