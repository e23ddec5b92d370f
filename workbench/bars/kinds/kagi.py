"""Kagi: one vertical line for each way the price goes, until it comes back by a set amount."""

from __future__ import annotations

from typing import Any

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.bars.kinds.drawn import DrawnStage
from workbench.errors import SpecError
from workbench.kernels import shapes
from workbench.market.specs import number_text


class _Kagi(DrawnStage):
    def __init__(self, reversal: float, percent: bool) -> None:
        super().__init__(shapes.WIDTH)
        self.reversal, self.percent = reversal, percent

    def lines(self, close: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return shapes.kagi(close, self.reversal, self.percent, state)

    def under_way(self, state: np.ndarray, close: float) -> tuple[float, float]:
        if state[shapes.PHASE] == shapes.UNDER_WAY:
            return float(state[shapes.START]), float(state[shapes.END])
        return (float(state[shapes.START]) if state[shapes.PHASE] == shapes.SEEN else close), close


@bar_kinds.register("kagi")
class Kagi(BarKind):
    """``kagi:2.0(1d)``, ``kagi:4%(1d)``: a line goes as far as closes go one way; it ends before the bar that turns.

    ``open`` is where the line begins, ``close`` how far it came. ``kagi_turns`` says where it is thick.
    """

    title = "Kagi"
    about = "A line as far as closes go one way; the next when they come back by an amount or a percentage."
    example = "kagi:2.0(5min)"
    of = "bars"
    written = ("reversal", "percent")
    required = 1
    prices = ("reversal",)
    resets = False
    glyph = "kagi"

    reversal = param.Number(
        1.0, bounds=(0, None), inclusive_bounds=(False, True), doc="How far back makes a turn: a price, or percent."
    )
    percent = param.Boolean(False, doc="Whether the reversal is in percent of the end of the line.")

    def stage(self) -> Stage:
        return _Kagi(self.reversal, self.percent)

    @classmethod
    def read(cls, given: list[str], whole: str) -> tuple[Any, ...]:
        """The reversal from ``2.0`` or ``4%``."""
        if len(given) > 1:
            raise SpecError(f"bar spec {whole!r}: kagi takes one argument, the reversal, got {len(given)}; "
                            f"write such as {cls.example} or kagi:4%(1d)")  # fmt: skip
        percent = bool(given) and given[0].endswith("%")
        reversal, _ = super().read([text.rstrip("%").strip() for text in given], whole)
        if percent and reversal >= 100:
            raise SpecError(f"bar spec {whole!r}: a reversal is below 100 %, got {given[0]}; write such as kagi:4%(1d)")
        return reversal, percent

    @classmethod
    def write(cls, args: tuple[Any, ...]) -> str:
        """The canonical text of these arguments."""
        reversal, percent = args
        return f"kagi:{number_text(reversal)}%" if percent else f"kagi:{number_text(reversal, price=True)}"


def kagi_turns(lines: np.ndarray, *, yang: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Where Kagi lines become thick or thin, and whether each is thick at its start.

    Parameters
    ----------
    lines
        Records with ``open`` and ``close``: consecutive Kagi lines, from the first one or from anywhere.
    yang
        Whether the first of them is thick (yang) at its start. Left out, it is thick when it rises; from the very first
        line that is the definition.

    Returns
    -------
    float64[n], the price at which the line turns thick (rises above the last shoulder) or thin (falls below the last
    waist), NaN where it keeps its thickness; and bool[n], whether it is thick at its start.
    """
    if yang is None:
        yang = bool(len(lines)) and bool(lines["close"][0] >= lines["open"][0])
    return shapes.kagi_turns(np.ascontiguousarray(lines["open"]), np.ascontiguousarray(lines["close"]), yang)
