"""Heikin Ashi: averaged candles, with the real prices kept beside."""

from __future__ import annotations

import numpy as np

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.kernels import shapes
from workbench.market.events import BAR

_PRICES = ("open", "high", "low", "close")

#: ``BAR`` with the averaged prices, and the real ones beside.
HA_BAR = np.dtype([*BAR.descr, *((f"real_{name}", "<f8") for name in _PRICES)])


class _HeikinAshi(Stage):
    dtype = HA_BAR

    def __init__(self) -> None:
        self.state = np.zeros(3)

    def cut_bars(self, bars: np.ndarray) -> np.ndarray:
        return np.arange(1, len(bars) + 1, dtype=np.int64)

    def shape(self, bars: np.ndarray) -> np.ndarray:
        return _averaged(bars, self.state)

    def forming(self, bar: np.ndarray) -> np.ndarray:
        return _averaged(bar, self.state.copy())


def _averaged(bars: np.ndarray, state: np.ndarray) -> np.ndarray:
    out = np.empty(len(bars), HA_BAR)
    for name in BAR.names:
        out[name] = bars[name]
    for name in _PRICES:
        out[f"real_{name}"] = bars[name]
    shapes.heikin_ashi(bars, state, out)
    return out


@bar_kinds.register("ha")
class HeikinAshi(BarKind):
    """``ha(5min)``: every bar of the base with averaged prices; columns ``real_open`` ... ``real_close`` beside.

    close = (open + high + low + close) / 4; open = the middle of the averaged body before, of the first bar
    (open + close) / 2; high and low are the real ones, or the averaged body where it goes beyond.
    """

    title = "Heikin Ashi"
    about = "Averaged candles; the real prices are kept beside."
    example = "ha(5min)"
    of = "bars"
    aliases = ("heikinashi", "heikin_ashi")
    resets = False

    def stage(self) -> Stage:
        return _HeikinAshi()
