"""Bars of an amount of money."""

from __future__ import annotations

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.kernels import event_bars as kernel


class _Dollars(Stage):
    def __init__(self, amount: float) -> None:
        self.amount = amount
        self.state = np.zeros(1)  # price x size of the forming bar

    def reset(self) -> None:
        self.state[0] = 0.0

    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        return kernel.cut_money(price, size, self.amount, self.state)


@bar_kinds.register("usd")
class Dollar(BarKind):
    """``1e6usd``: a bar ends with the print that brings its price x size to the amount or above.

    The print is not split, and what goes beyond is not carried into the next bar. Money is in the currency of the
    price, whatever it is, and without multipliers of contracts.
    """

    title = "Dollar"
    about = "An amount of money, price x size, in the currency of the price."
    example = "1e6usd"
    unit = "usd"
    aliases = ("dollar", "dollars", "$", "quote")
    written = ("amount",)
    required = 1

    amount = param.Number(
        1e6,
        bounds=(0, 1e18),
        inclusive_bounds=(False, True),
        doc="Money that makes a bar, in the currency of the price.",
    )

    def stage(self) -> Stage:
        return _Dollars(float(self.amount))
