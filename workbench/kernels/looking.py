"""What a strategy sees at an instant: rows of one symbol, or cells of all of them as ``desk`` says."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels import desk as d
from workbench.kernels.ledger import account_of, position_of
from workbench.kernels.memory import put_real, put_whole, real, whole


@njit(cache=True, nogil=True)
def look(w: np.void, s: int) -> bool:
    """Whether a symbol decides at this instant; puts the numbers of its rows before its columns."""
    position = position_of(w, s)
    if w.together != 0 or position.live == 0 or position.row < whole(w.starts, s):
        return False
    put_whole(w.now, s * w.width, position.row)
    put_whole(w.was, s * w.width, max(position.row - 1, 0))
    account_of(w).deciding = s
    return True


@njit(cache=True, nogil=True)
def size_of(w: np.void) -> int:
    """Cells of an instant: those of the one before lie behind them."""
    return d.HEAD + w.symbols * (w.width - 1)


@njit(cache=True, nogil=True)
def look_at_all(w: np.void, t: int) -> bool:
    """Whether it decides at instant ``t``: where some symbol has a bar of which all studies are known.

    A symbol without a bar now is as it was. One whose studies are not all known yet is NaN.
    """
    asked, size = False, size_of(w)
    for s in range(w.symbols):
        position = position_of(w, s)
        asked |= position.live != 0 and position.row >= whole(w.starts, s)
    if not asked:
        return False
    times = whole(w.together, d.TIMES)
    for at, instant in ((0, t), (size, max(t - 1, 0))):
        put_whole(w.together, at + d.COUNTED, w.symbols)
        put_whole(w.together, at + d.BAR, instant)
        put_whole(w.together, at + d.TIME, whole(times, instant))
    for s in range(w.symbols):
        position, place = position_of(w, s), d.HEAD + s
        row = position.row
        before = max(row - 1, 0) if position.live != 0 else row
        known = row >= whole(w.starts, s)
        put_whole(w.now, s * w.width, row)
        put_whole(w.was, s * w.width, before)
        for at in range(s * w.width + 1, (s + 1) * w.width):
            column = whole(w.now, at)
            put_real(w.together, place, real(column, row) if known else np.nan)
            put_real(w.together, size + place, real(column, before) if known else np.nan)
            place += w.symbols
    put_real(w.desk, d.SYMBOLS, float(w.symbols))
    return True
