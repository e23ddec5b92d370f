"""Bars of a stretch of prices."""

from __future__ import annotations

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.kernels import event_bars as kernel


class _Ranges(Stage):
    def __init__(self, height: float) -> None:
        self.height = height
        self.state = np.array(kernel.NO_PRICE)  # high and low of the forming bar, and what it needs

    def reset(self) -> None:
        self.state[:] = kernel.NO_PRICE

    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        return kernel.cut_range(price, self.height, self.state)


@bar_kinds.register("range")
class Range(BarKind):
    """``range:0.5``: a bar ends with the print that stretches high - low to the height or above.

    Decided as in decimal arithmetic: ``kernels.event_bars.cut_range`` states the allowance for binary prices. A jump is
    one bar higher than that; no bars are made up between two prints.
    """

    title = "Range"
    about = "A stretch of prices from low to high."
    example = "range:0.5"
    written = ("height",)
    required = 1
    prices = ("height",)

    height = param.Number(
        0.5, bounds=(0, 1e12), inclusive_bounds=(False, True), doc="High minus low that ends a bar, in prices."
    )

    def stage(self) -> Stage:
        return _Ranges(float(self.height))
