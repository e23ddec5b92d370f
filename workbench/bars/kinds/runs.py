"""Run bars: one ends where buys, or sells, have come to more than was expected of the greater of the two.

Source: M. López de Prado, Advances in Financial Machine Learning (2018), section 2.3.2.3, "Tick Runs Bars", and
2.3.2.4, "Volume/Dollar Runs Bars". A run is not broken by the other side: a bar counts all its buys, and all its sells,
and nothing is set off. v, b, T, M, E[T], the first bar, the greatest length of 10 ``expected`` prints, and the reasons
for them are those of ``imbalance``.

**Bar.** With theta = max(sum of v over buys, sum of v over sells), the bar ends with the print that brings

    theta >= E[T] max(P[b=1] E[v|b=1], P[b=-1] E[v|b=-1])

**Expectations.** Means over prints, each with the weight of its bar:

    P[b=1] = M(number of buys) / M(T)      E[v|b=1] = M(sum of v over buys) / M(number of buys)

and likewise for sells. The product is M(sum of v over buys) / M(T), which needs no care where a bar has no buys.
P[b=-1] is 1 - P[b=1], as the book writes it, but for the prints at the very start whose side is not known.

The expectation is at least half of the mean v, so no floor is needed. The draw of E[T] to ``expected`` is: in an even
flow the greater of the two sums reaches half of E[T] too early, by about 0.8 sqrt(E[T]) prints, and with M(T) as E[T]
every such bar makes the next one shorter. As it is, bars of a random flow of equal sizes have about
``expected`` - 1.2 sqrt(expected) prints.
"""

from __future__ import annotations

import numpy as np

from workbench.bars.kinds.base import Stage, bar_kinds
from workbench.bars.kinds.imbalance import InformationKind, InformationStage
from workbench.kernels import information_bars as kernel


class _Runs(InformationStage):
    def cut_trades(self, times: np.ndarray, price: np.ndarray, size: np.ndarray, side: np.ndarray) -> np.ndarray:
        return kernel.cut_runs(price, size, side, self.measure, self.expected, self.window, self.state)


class _RunKind(InformationKind):
    def stage(self) -> Stage:
        return _Runs(self.measure, self.expected, self.window)


@bar_kinds.register("tick_run")
class TickRun(_RunKind):
    """``tick_run:1000``: v = 1. Without known sides, the tick runs bars of the book."""

    title = "Tick runs"
    about = "Ends where one side, buys or sells, has made more prints than expected."
    example = "tick_run:1000"
    aliases = ("trb",)
    measure = kernel.TICKS


@bar_kinds.register("volume_run")
class VolumeRun(_RunKind):
    """``volume_run:1000``: v = size. ``expected`` is a number of prints, as for all of them."""

    title = "Volume runs"
    about = "Ends where one side, buys or sells, has traded more size than expected."
    example = "volume_run:1000"
    aliases = ("vrb",)
    measure = kernel.VOLUME


@bar_kinds.register("dollar_run")
class DollarRun(_RunKind):
    """``dollar_run:1000``: v = price x size. ``expected`` is a number of prints, as for all of them."""

    title = "Dollar runs"
    about = "Ends where one side, buys or sells, has traded more money than expected."
    example = "dollar_run:1000"
    aliases = ("drb",)
    measure = kernel.DOLLARS
