"""What is added up from the first bar on."""

from __future__ import annotations

from workbench.kernels.indicators.extremes import BLOCK, loop
from workbench.kernels.indicators.sums import added


@loop
def running(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``s``: see ``added``."""
    for low in range(start, len(a), BLOCK):
        high = min(len(a), low + BLOCK)
        rest = out[0, low - start : high - start]
        rest[:] = a[low:high]
        added(rest, seen + low - start, s)


@loop
def wad(a, b, c, d, e, start, seen, out, p, s) -> None:
    """``a`` high, ``b`` low, ``c`` close. ``s``: see ``added``."""
    for begin in range(start, len(a), BLOCK):
        end, at = min(len(a), begin + BLOCK), seen + begin - start
        rest, first = out[0, begin - start : end - start], begin + (at == 0)
        rest[0] = 0.0 * (a[begin] + b[begin] + c[begin])
        moves, high, low = rest[first - begin :], a[first:end], b[first:end]
        close, last = c[first:end], c[first - 1 : end - 1]
        for j in range(len(moves)):
            now, was, top, bottom = close[j], last[j], high[j], low[j]
            rise, fall = now - (bottom if bottom < was else was), now - (top if top > was else was)
            move = rise if now > was else fall
            moves[j] = (0.0 if now == was else move) + 0.0 * (top + bottom)
        added(rest, at, s)
