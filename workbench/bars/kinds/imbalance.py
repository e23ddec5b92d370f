"""Imbalance bars: one ends where buys and sells differ by more than was expected.

Source: M. López de Prado, Advances in Financial Machine Learning (2018), section 2.3.2.1, "Tick Imbalance Bars", and
2.3.2.2, "Volume/Dollar Imbalance Bars". What the book leaves open, and what is done about thresholds that run away when
its estimates are fed back unguarded, is written down here. Run bars (``runs``) share all of it but theta and what is
expected of theta.

**Print.** v counts a print: 1 (tick), its size (volume), or price x size (dollar). b is its side: +1 or -1 of the
aggressor where it is known, else the sign of the price change from the print before (tick rule), else the b of the
print before, however that was found. b is carried from bar to bar. It is 0 until the first side or price change: such
prints count in T and nowhere else.

**Bar.** With T prints of the bar so far, theta = sum of b v over them. The bar ends with the print that brings

    abs(theta) >= max(E[T] abs(E[b v]), sqrt(expected E[(b v)**2]))

and after 10 ``expected`` prints whatever theta is. The print is inside of the bar.

**Expectations.** They are set when a bar ends, from that bar and those before, and hold for the whole next bar. M(x) is
the exponentially weighted mean over bars of a sum x of each, with alpha = 2 / (``window`` + 1), and the first bar as
its start. Then

    E[T] = sqrt(expected M(T))      E[b v] = M(theta) / M(T)      E[(b v)**2] = M(sum of (b v)**2) / M(T)

**First bar.** It has ``expected`` prints, and its sums are the start of the means. So begins each session too. As long
as nothing can be learned (no side is known, all sizes are 0), the next bar is a first bar again.

Where that departs from the letter of the book (lengths were measured over 3 M random prints, alpha = 2 / 21):

- E[b v] is the mean over prints, not the mean of the means of bars. The latter is too large, because short bars are
  those whose flow was extreme: with 55 % buys, bars of 1000 ``expected`` prints grow to 6600.
- E[T] is drawn half-way, as a ratio, from the mean length M(T) to ``expected``. With M(T) itself, E[T] E[b v] is
  M(theta): the last threshold and what went beyond it. Nothing then holds the length of bars. From 100 ``expected``
  prints it creeps to 900 in a one-sided flow of uneven sizes, and that of run bars to 9 in an even flow, where only a
  limit of E[T] stops it. Drawn, an error of the length is halved at each turn: 109 and 90. As bars have 1 to 10
  ``expected`` prints, E[T] stays between sqrt(expected) and 3.2 ``expected``.
- In an even flow E[b v] is about 0, and every print would end a bar. The second argument of max is what chance alone
  does to theta in ``expected`` prints: one standard deviation of the sum for sides drawn at random. So bars of a random
  flow have about ``expected`` prints (more where sizes are very uneven), and bars of a flow that keeps its side fewer.
- Where buys and sells alternate theta goes nowhere, and no bar would end: hence the greatest length.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import param

from workbench.bars.kinds.base import BarKind, Stage, bar_kinds
from workbench.kernels import information_bars as kernel


class InformationStage(Stage):
    """Sums of the forming bar and what is expected of it, in the order of ``kernels.information_bars``."""

    def __init__(self, measure: int, expected: int, window: int) -> None:
        self.measure, self.expected, self.window = measure, expected, window
        self.state = np.array(kernel.NOTHING_KNOWN)

    def reset(self) -> None:
        self.state[:] = kernel.NOTHING_KNOWN


class InformationKind(BarKind):
    """What imbalance and run bars have in common: their arguments."""

    written = ("expected", "window")
    required = 1
    resets = True
    #: What a print counts: ``TICKS``, ``VOLUME`` or ``DOLLARS`` of ``kernels.information_bars``.
    measure: ClassVar[int]

    expected = param.Integer(
        1000, bounds=(1, 10**9), doc="Prints of the first bar, and about as many of a bar when nothing happens."
    )
    window = param.Integer(
        20, bounds=(1, 10**6), doc="Bars that expectations look back: their weights fall with alpha = 2 / (window + 1)."
    )


class _Imbalance(InformationStage):
    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        return kernel.cut_imbalance(price, size, side, self.measure, self.expected, self.window, self.state)


class _ImbalanceKind(InformationKind):
    def stage(self) -> Stage:
        return _Imbalance(self.measure, self.expected, self.window)


@bar_kinds.register("tick_imbalance")
class TickImbalance(_ImbalanceKind):
    """``tick_imbalance:1000``: v = 1. Without known sides, the tick imbalance bars of the book."""

    title = "Tick imbalance"
    about = "Ends where buys outnumber sells, or sells buys, by more than expected."
    example = "tick_imbalance:1000"
    aliases = ("tib",)
    measure = kernel.TICKS


@bar_kinds.register("volume_imbalance")
class VolumeImbalance(_ImbalanceKind):
    """``volume_imbalance:1000``: v = size. ``expected`` is a number of prints, as for all of them."""

    title = "Volume imbalance"
    about = "Ends where the size bought and the size sold differ by more than expected."
    example = "volume_imbalance:1000"
    aliases = ("vib",)
    measure = kernel.VOLUME


@bar_kinds.register("dollar_imbalance")
class DollarImbalance(_ImbalanceKind):
    """``dollar_imbalance:1000``: v = price x size. ``expected`` is a number of prints, as for all of them."""

    title = "Dollar imbalance"
    about = "Ends where the money of buys and of sells differ by more than expected."
    example = "dollar_imbalance:1000"
    aliases = ("dib",)
    measure = kernel.DOLLARS
