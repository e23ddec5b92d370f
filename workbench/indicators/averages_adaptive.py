"""Moving averages that change their speed with the market."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import param

from workbench.indicators.base import Peer, PriceIndicator, indicators
from workbench.kernels.indicators import averages_adaptive as kernel


class _Adaptive(PriceIndicator):
    overlay = True
    nan = "stays"

    #: The loop, and the length of its state.
    loop: ClassVar[Any]
    states: ClassVar[int] = 3

    def kernel(self) -> Callable[..., None]:
        return type(self).loop

    def state_size(self) -> int:
        return self.states


@indicators.register("kama")
class Kama(_Adaptive):
    """A mean that is quick in a trend and slow in noise.

    Weight (ratio * (2 / (fast + 1) - 2 / (slow + 1)) + 2 / (slow + 1)) ** 2, where ratio is the change over ``window``
    bars by the sum of the changes of each.
    """

    title = "Kaufman's adaptive moving average"
    source = "Perry Kaufman, 1995; begins with the price before the first ratio; the ratio is 1 where nothing moved."
    formula = (
        "value = value[1] + w * (price - value[1])\n"
        "w = (ratio * (2 / (fast + 1) - 2 / (slow + 1)) + 2 / (slow + 1))^2\n"
        "ratio = abs(price - price[window]) / sum(abs(price - price[1]), window)"
    )
    talib = (Peer("KAMA", {"window": 30}, {"timeperiod": 30}), Peer("KAMA", {"window": 10}, {"timeperiod": 10}))
    stock = (
        Peer("kama", {"window": 10}, outputs=("kama",), after=1, note="Theirs shows the price it begins with as well."),
    )
    window = param.Integer(10, bounds=(1, 100_000), doc="Bars of the ratio.")
    fast = param.Integer(2, bounds=(1, 10_000), doc="Window of the exponential mean that it is in a pure trend.")
    slow = param.Integer(30, bounds=(1, 100_000), doc="Window of the exponential mean that it is in pure noise.")
    loop = kernel.efficient

    def constants(self) -> tuple[float, ...]:
        fast, slow = 2.0 / (self.fast + 1), 2.0 / (self.slow + 1)
        return self.window, slow, fast - slow, 2, 1

    @property
    def lookback(self) -> int:
        return self.window + 1

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("vidya")
class Vidya(_Adaptive):
    """An exponential mean whose weight is multiplied by the size of the Chande momentum oscillator (0 to 1)."""

    title = "Variable index dynamic average"
    source = "Tushar Chande, 1992 and 1995 (with the CMO); begins with the price before the first CMO is known."
    formula = "value = value[1] + w * (price - value[1])\nw = 2 / (window + 1) * abs(cmo(price, momentum)) / 100"
    window = param.Integer(12, bounds=(1, 100_000), doc="Window of the exponential mean that it is in a pure trend.")
    momentum = param.Integer(9, bounds=(1, 100_000), doc="Bars of the oscillator.")
    loop = kernel.efficient

    def constants(self) -> tuple[float, ...]:
        return self.momentum, 0, 2.0 / (self.window + 1), 1, 0

    @property
    def lookback(self) -> int:
        return self.momentum + 1

    @property
    def warmup(self) -> int:
        return self.momentum


@indicators.register("mcginley")
class Mcginley(_Adaptive):
    """A mean that follows quicker when the price falls from it: mean + (price - mean) / (factor * window * ratio ** 4).

    Ratio is price / mean. The divisor is at least 1: the mean never passes the price.
    """

    title = "McGinley dynamic"
    source = "John McGinley, 1990, with the factor 0.6 that is usual since; begins with the first price."
    formula = "value = value[1] + (price - value[1]) / max(1, factor * window * (price / value[1])^4)"
    stock = (Peer("dynamic", {"window": 14, "factor": 0.6}, outputs=("dynamic",)),)
    window = param.Integer(14, bounds=(1, 100_000), doc="Bars of the average it is to keep up with.")
    factor = param.Number(0.6, bounds=(0.01, 10), doc="Part of the window that counts.")
    loop = kernel.mcginley
    states = 1
    warmup = 1

    def constants(self) -> tuple[float, ...]:
        return (self.factor * self.window,)


@indicators.register("mama")
class Mama(_Adaptive):
    """A mean whose weight is the fast limit by the change of phase (degrees) of the main cycle, and its follower.

    The follower (fama) takes half that weight; the two cross when the trend turns.
    """

    title = "MESA adaptive moving average"
    source = (
        "John Ehlers, 2001; begins with the mean of six prices (seed=mean), or with 0 at the 13th bar as TA-Lib does, "
        "which is shown from the 33rd on (seed=zero)."
    )
    formula = (
        "mama = mama[1] + w * (price - mama[1])\n"
        "fama = fama[1] + w / 2 * (mama - fama[1])\n"
        "w = max(fast / max(phase[1] - phase, 1), slow)\n"
        "phase = atan(quadrature / inphase) in degrees, both of the price as in ht_phasor"
    )
    outputs = ("mama", "fama")
    talib = (Peer("MAMA", {"seed": "zero"}, {"fastlimit": 0.5, "slowlimit": 0.05}),)
    stock = (Peer("mama", outputs=("mama", "fama")),)
    price = param.String("hl2", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    fast = param.Number(0.5, bounds=(0.01, 0.99), doc="Greatest weight of the new price.")
    slow = param.Number(0.05, bounds=(0.01, 0.99), doc="Least weight of the new price.")
    seed = param.Selector(default="mean", objects=["mean", "zero"], doc="What both begin with.")
    loop = kernel.mama
    states = 56
    lookback = 4

    def constants(self) -> tuple[float, ...]:
        return (self.fast, self.slow, *((6, 1, 5) if self.seed == "mean" else (12, 0, 32)))

    @property
    def warmup(self) -> int:
        return 5 if self.seed == "mean" else 32


@indicators.register("ama_jurik")
class AmaJurik(_Adaptive):
    """An adaptive mean in the manner of Jurik's: smooth, with little lag, quick when the price leaves it.

    It is not his JMA, whose formula is not published. Two filters and a step that has momentum; they keep
    beta ** power of the past, where power is the distance of the price by its usual size, 1 to ``most``.
    """

    title = "Adaptive moving average in the manner of Jurik (not his JMA)"
    source = (
        "Own arrangement of the filters that are publicly taken for those of Mark Jurik's JMA (undisclosed), "
        "beta = 0.45 (window - 1) / (0.45 (window - 1) + 2); begins with the first price."
    )
    formula = (
        "value = value[1] + step\n"
        "step = (1 - keep)^2 * (level + (1.5 + phase / 100) * slope - value[1]) + keep^2 * step[1]\n"
        "level = (1 - keep) * price + keep * level[1]\n"
        "slope = (1 - beta) * (price - level) + beta * slope[1]\n"
        "keep = beta^clip(away / usual, 1, most), away = abs(price - value[1]), beta = 0.45 * (window - 1) / (0.45"
        " * (window - 1) + 2)\n"
        "usual = usual[1] + (away - usual[1]) / (4 * window)"
    )
    window = param.Integer(14, bounds=(1, 100_000), doc="Bars that set the beta: greater is smoother.")
    phase = param.Number(0, bounds=(-100, 100), doc="-100 for little overshoot, 100 for little lag.")
    most = param.Number(3.0, bounds=(1, 20), doc="Greatest power: how much quicker it becomes in a break-out.")
    loop = kernel.jurik
    states = 5

    def constants(self) -> tuple[float, ...]:
        part = 0.45 * (self.window - 1)
        beta = part / (part + 2)
        log_beta = math.log(beta) if beta else -1e9
        return self.window, log_beta, beta, 1.5 + self.phase / 100, self.most, 1 / (4.0 * self.window)

    @property
    def warmup(self) -> int:
        return self.window - 1
