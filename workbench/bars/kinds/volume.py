"""Bars of an amount of size."""

from __future__ import annotations

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.kernels import event_bars as kernel


class _Volumes(Stage):
    def __init__(self, amount: float) -> None:
        self.amount = amount
        self.state = np.zeros(1)  # size of the forming bar

    def reset(self) -> None:
        self.state[0] = 0.0

    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        return kernel.cut_size(size, self.amount, self.state)


@bar_kinds.register("vol")
class Volume(BarKind):
    """``50000vol``: a bar ends with the print that brings its size to the amount or above.

    The print is not split, and what goes beyond is not carried into the next bar. Sizes are added in tape order as
    float64: ten prints of 0.1 add up to a little less than 1.
    """

    title = "Volume"
    about = "An amount of size: shares, contracts, coins."
    example = "50000vol"
    unit = "vol"
    aliases = ("volume", "v")
    written = ("amount",)
    required = 1

    amount = param.Number(
        50_000.0, bounds=(0, 1e18), inclusive_bounds=(False, True), doc="Size that makes a bar, in units of the tape."
    )

    def stage(self) -> Stage:
        return _Volumes(float(self.amount))
