"""Which bar spec to draw for a window: never more bars than a browser can move, never finer than asked for."""

from __future__ import annotations

from workbench.charts.candles import MAX_BARS
from workbench.market.specs import COMMON, BarSpec

#: A finer spec comes back only when it leaves room to zoom out again without flipping.
_ROOMY = MAX_BARS // 2


def spec_for(asked: BarSpec, shown: BarSpec, bars_in_view: float) -> BarSpec:
    """The spec to draw.

    Parameters
    ----------
    asked
        What the user chose; the answer is this or a coarser common one. Bars that are not cut by time are always
        drawn as they are: the chart limits the window instead.
    shown
        What is drawn now.
    bars_in_view
        Bars of ``shown`` in the window.
    """
    if not asked.timed:
        return asked
    ladder = [asked, *(s for s in map(BarSpec.parse, COMMON) if s.nominal > asked.nominal)]
    span = bars_in_view * shown.nominal
    if bars_in_view > MAX_BARS:
        coarser = [s for s in ladder if s.nominal > shown.nominal]
        return next((s for s in coarser if span / s.nominal <= MAX_BARS), coarser[-1] if coarser else shown)
    finer = [s for s in ladder if s.nominal < shown.nominal and span / s.nominal <= _ROOMY]
    return finer[0] if finer else shown
