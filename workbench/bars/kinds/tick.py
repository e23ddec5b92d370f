"""Bars of a number of prints."""

from __future__ import annotations

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds


class _Ticks(Stage):
    def __init__(self, count: int) -> None:
        self.count = count
        self.state = np.zeros(1, np.int64)  # prints of the forming bar

    def reset(self) -> None:
        self.state[0] = 0

    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        ends = np.arange(self.count - self.state[0], len(times) + 1, self.count, dtype=np.int64)
        self.state[0] = (self.state[0] + len(times)) % self.count
        return ends


@bar_kinds.register("tick")
class Tick(BarKind):
    """``1000tick``: every bar holds as many prints."""

    title = "Tick"
    about = "A number of prints."
    example = "1000tick"
    unit = "tick"
    aliases = ("ticks", "t", "trades")
    written = ("count",)
    required = 1

    count = param.Integer(1000, bounds=(1, 10**9), doc="Prints that make a bar.")

    def stage(self) -> Stage:
        return _Ticks(self.count)
