"""Exponential moving averages of a price, and what is made of them."""

from __future__ import annotations

from typing import ClassVar

import param

from workbench.indicators.averages import Average
from workbench.indicators.base import Peer, indicators
from workbench.kernels.indicators import averages_exponential as kernel


@indicators.register("ema")
class Ema(Average):
    """A mean whose weights fall by 1 - 2 / (window + 1) a bar."""

    title = "Exponential moving average"
    source = "Weight 2 / (window + 1); begins with the mean of the first ``window`` prices."
    formula = "value = value[1] + 2 / (window + 1) * (price - value[1])"
    talib = (Peer("EMA", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("ema", {"window": 20}, outputs=("ema",)),)
    loop = kernel.ema
    states = 3

    def constants(self) -> tuple[float, ...]:
        return self.window, 2.0 / (self.window + 1)


@indicators.register("smma")
class Smma(Average):
    """Wilder's mean, also called RMA: the new price counts 1 / window, the mean before it the rest."""

    title = "Smoothed moving average (Wilder)"
    source = "J. Welles Wilder, 1978; weight 1 / window; begins with the mean of the first ``window`` prices."
    formula = "value = value[1] + (price - value[1]) / window"
    talib = (Peer("RMA", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("smma", {"window": 20}, outputs=("smma",)),)
    loop = kernel.ema
    states = 3

    def constants(self) -> tuple[float, ...]:
        return self.window, 1.0 / self.window


class _Cascade(Average):
    """Exponential means of exponential means."""

    means: ClassVar[int]
    seed = param.Selector(
        default="means", objects=["means", "mean", "first"],
        doc="What the means begin with: each with the mean of the first ``window`` values it takes in; the first one "
        "so, the others with the first value they take in; all with the first value.",
    )  # fmt: skip

    def _seeding(self) -> tuple[int, int]:
        return 1 if self.seed == "first" else self.window, self.window if self.seed == "means" else 1

    def constants(self) -> tuple[float, ...]:
        return *self._seeding(), 2.0 / (self.window + 1)

    def state_size(self) -> int:
        return self.means

    @property
    def warmup(self) -> int:
        head, other = self._seeding()
        return head - 1 + (self.means - 1) * (other - 1)


@indicators.register("dema")
class Dema(_Cascade):
    """An exponential mean with less lag: 2 EMA - EMA(EMA)."""

    title = "Double exponential moving average"
    source = "Patrick Mulloy, 1994; each EMA begins with the mean of its first ``window`` values (seed=means)."
    formula = "2 * e1 - e2, e1 = ema(price, window), e2 = ema(e1, window)"
    talib = (Peer("DEMA", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("dema", {"window": 14, "seed": "mean"}, outputs=("dema",)),)
    loop = kernel.dema
    means = 2


@indicators.register("tema")
class Tema(_Cascade):
    """An exponential mean with less lag: 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))."""

    title = "Triple exponential moving average"
    source = "Patrick Mulloy, 1994; each EMA begins with the mean of its first ``window`` values (seed=means)."
    formula = "3 * e1 - 3 * e2 + e3, e1 = ema(price, window), e2 = ema(e1, window), e3 = ema(e2, window)"
    talib = (Peer("TEMA", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("tema", {"window": 20, "seed": "mean"}, outputs=("tema",)),)
    loop = kernel.tema
    means = 3


@indicators.register("t3")
class T3(_Cascade):
    """A smooth mean with little lag: GD(GD(GD(price))), where GD = (1 + factor) EMA - factor EMA(EMA)."""

    title = "Tillson moving average (T3)"
    source = "Tim Tillson, 1998; each EMA begins with the mean of its first ``window`` values (seed=means)."
    formula = "gd(gd(gd(price)))\ngd(x) = (1 + factor) * ema(x, window) - factor * ema(ema(x, window), window)"
    talib = (Peer("T3", {"window": 5}, {"timeperiod": 5}),)
    stock = (Peer("t3", {"window": 5, "seed": "first"}, outputs=("t3",)),)
    window = param.Integer(5, bounds=(1, 100_000), doc="Bars of each of the six means.")
    factor = param.Number(0.7, bounds=(0, 1), doc="How much of the lag is made up for; 0 gives EMA(EMA(EMA)).")
    loop = kernel.t3
    means = 6

    def constants(self) -> tuple[float, ...]:
        v = self.factor
        factors = -(v**3), 3 * v**2 + 3 * v**3, -6 * v**2 - 3 * v - 3 * v**3, 1 + 3 * v + v**3 + 3 * v**2
        return *super().constants(), *factors


@indicators.register("zlema")
class Zlema(Average):
    """An exponential mean of prices to which their change over the lag of the mean is added: 2 price - price[lag]."""

    title = "Zero-lag exponential moving average"
    source = "John Ehlers and Ric Way, 2010; lag (window - 1) / 2 rounded down; begins with the mean of window values."
    formula = "ema(2 * price - price[lag], window), lag = floor((window - 1) / 2)"
    talib = (Peer("ZLEMA", {"window": 14}, {"timeperiod": 14}), Peer("ZLEMA", {"window": 15}, {"timeperiod": 15}))
    loop = kernel.zlema
    states = 3

    def constants(self) -> tuple[float, ...]:
        return self.window, 2.0 / (self.window + 1), self.lookback

    @property
    def lookback(self) -> int:
        return (self.window - 1) // 2

    @property
    def warmup(self) -> int:
        return self.window - 1 + self.lookback
