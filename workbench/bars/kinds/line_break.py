"""Line break: a line for every new extreme, a turn when the last few lines are outdone."""

from __future__ import annotations

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.bars.kinds.drawn import DrawnStage
from workbench.kernels import shapes


class _LineBreak(DrawnStage):
    def __init__(self, count: int) -> None:
        super().__init__(2 + 2 * count)
        self.count = count

    def lines(self, close: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return shapes.line_break(close, self.count, state)

    def under_way(self, state: np.ndarray, close: float) -> tuple[float, float]:
        if state[shapes.PHASE] == shapes.NOTHING:
            return close, close
        begin, end = state[2:4].tolist()
        turned = close < begin <= end or close > begin >= end
        return (begin if turned else end), close


@bar_kinds.register("linebreak")
class LineBreak(BarKind):
    """``linebreak:3(1d)``: a line on when the close goes beyond the last line, back when beyond the last three.

    A line holds what was traded since the one before. Until one is complete, the forming row goes from the end of the
    last line (from its beginning, where the price is beyond that) to the last price.
    """

    title = "Line break"
    about = "A line for each close beyond the last line; a turn needs a close beyond several."
    example = "linebreak(5min)"
    of = "bars"
    aliases = ("line_break", "three_line_break")
    written = ("lines",)
    resets = False
    glyph = "brick"

    lines = param.Integer(3, bounds=(1, 100), doc="Lines that a close must outdo to turn.")

    def stage(self) -> Stage:
        return _LineBreak(self.lines)
