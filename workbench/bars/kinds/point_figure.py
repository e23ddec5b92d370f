"""Point and figure: columns of boxes, X for rising and O for falling."""

from __future__ import annotations

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.bars.kinds.drawn import DrawnStage
from workbench.kernels import shapes


class _PointFigure(DrawnStage):
    def __init__(self, box: float, reversal: int) -> None:
        super().__init__(shapes.WIDTH)
        self.box, self.reversal = box, reversal

    def lines(self, close: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return shapes.point_figure(close, self.box, self.reversal, state)

    def under_way(self, state: np.ndarray, close: float) -> tuple[float, float]:
        first, last = float(state[shapes.START]), float(state[shapes.END])
        if state[shapes.PHASE] == shapes.NOTHING:
            first = shapes.boxes_up(close, self.box)
        if state[shapes.PHASE] != shapes.UNDER_WAY:  # the box of the first close, with no way yet
            return first * self.box, (first + 1.0) * self.box
        if state[shapes.WAY] > 0:
            return first * self.box, (last + 1.0) * self.box
        return (first + 1.0) * self.box, last * self.box


@bar_kinds.register("pnf")
class PointFigure(BarKind):
    """``pnf:1.0(1d)``, ``pnf:1.0,3(1d)``: columns of boxes by the method of closes.

    A column is of X when it closes above its open, else of O; ``open`` and ``close`` are the outer edges of its first
    and last box, at whole multiples of ``box``, so that it has abs(close - open) / box of them. A box is named by its
    lower edge: an X is there when a close has reached that edge, an O when one has come down to it. The next column
    begins one box back, when a close is ``reversal`` boxes away, and holds the bar with that close. With a reversal of
    one box every turn begins a column of its own.
    """

    title = "Point & figure"
    about = "Columns of boxes, X up and O down; the next column when the price comes back by several boxes."
    example = "pnf:1.0(5min)"
    of = "bars"
    aliases = ("point_and_figure",)
    written = ("box", "reversal")
    required = 1
    prices = ("box",)
    resets = False
    glyph = "pnf"

    box = param.Number(1.0, bounds=(0, None), inclusive_bounds=(False, True), doc="Height of a box, a price.")
    reversal = param.Integer(3, bounds=(1, 100), doc="Boxes back that begin the next column.")

    def stage(self) -> Stage:
        return _PointFigure(self.box, self.reversal)
