"""Moving averages of a price."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import averages as kernel


class Average(PriceIndicator):
    """A moving average over a window, which says its loop and the length of its state."""

    overlay = True
    nan = "stays"
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars that are averaged.")

    #: The loop, and the length of its state.
    loop: ClassVar[Any]
    states: ClassVar[int] = 1

    def kernel(self) -> Callable[..., None]:
        return type(self).loop

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return self.states

    @property
    def warmup(self) -> int:
        return self.window - 1


class _Window(Average):
    @property
    def lookback(self) -> int:
        return self.window


@indicators.register("sma")
class Sma(_Window):
    """The mean of the last ``window`` prices."""

    title = "Simple moving average"
    source = "Arithmetic mean."
    formula = "sum(price, window) / window"
    talib = (
        Peer("SMA", {"window": 14}, {"timeperiod": 14}),
        Peer("MA", {"window": 30}, {"timeperiod": 30, "matype": 0}),
    )
    stock = (Peer("sma", {"window": 20}, outputs=("sma",)),)
    loop = kernel.sma


class _Ranked(_Window):
    """Averages that the sum of the prices and that of the prices times their place are enough for."""

    loop = kernel.ranked
    states = 2


@indicators.register("wma")
class Wma(_Ranked):
    """A mean whose weights grow evenly: 1 for the oldest of ``window`` prices, ``window`` for the newest."""

    title = "Weighted moving average"
    source = "Arithmetic mean with weights 1, 2 ... window."
    formula = "sum(j * x) / sum(j), j = 1 for the oldest ... window for the newest of the last window prices x"
    talib = (Peer("WMA", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("wma", {"window": 14}, outputs=("wma",)),)

    def constants(self) -> tuple[float, ...]:
        return self.window, 1, 0, self.window * (self.window + 1) / 2


@indicators.register("lsma")
class Lsma(_Ranked):
    """Where the straight line that fits the last ``window`` prices best ends."""

    title = "Least squares moving average (linear regression, end point)"
    source = "Least squares; the end of the line is 3 WMA - 2 SMA. Also called LINEARREG, EPMA."
    formula = "3 * wma(price, window) - 2 * sma(price, window)"
    talib = (Peer("LINEARREG", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("epma", {"window": 10}, outputs=("epma",)),)
    window = param.Integer(14, bounds=(2, 100_000), doc="Bars that the line is fitted to.")

    def constants(self) -> tuple[float, ...]:
        return self.window, 6, -2 * (self.window + 1), self.window * (self.window + 1)


@indicators.register("tsf")
class Tsf(_Ranked):
    """Where the straight line that fits the last ``window`` prices best is one bar later."""

    title = "Time series forecast"
    source = "Least squares; the line is read one bar after its last."
    formula = "lsma(price, window) + linearreg_slope(price, window)"
    talib = (Peer("TSF", {"window": 14}, {"timeperiod": 14}),)
    window = param.Integer(14, bounds=(2, 100_000), doc="Bars that the line is fitted to.")

    def constants(self) -> tuple[float, ...]:
        return self.window, 6, -2 * (self.window + 2), self.window * (self.window - 1)


@indicators.register("hma")
class Hma(_Window):
    """A weighted mean with little lag: WMA(2 WMA(price, window / 2) - WMA(price, window), sqrt(window))."""

    title = "Hull moving average"
    source = "Alan Hull, 2005; half and root are rounded down."
    formula = "wma(2 * wma(price, floor(window / 2)) - wma(price, window), floor(sqrt(window)))"
    talib = (Peer("HMA", {"window": 20}, {"timeperiod": 20}),)
    stock = (Peer("hma", {"window": 14}, outputs=("hma",)),)
    window = param.Integer(20, bounds=(2, 100_000), doc="Bars that are averaged.")
    loop = kernel.hma

    def constants(self) -> tuple[float, ...]:
        return self.window, self.window // 2, math.isqrt(self.window)

    def state_size(self) -> int:
        return 6 + math.isqrt(self.window)

    @property
    def warmup(self) -> int:
        return self.window + math.isqrt(self.window) - 2


@indicators.register("trima")
class Trima(Average):
    """A mean whose weights grow evenly to the middle of the window and fall again: a mean of means."""

    title = "Triangular moving average"
    source = "SMA of an SMA; of (window + 1) / 2 bars each, of window / 2 and one more where the window is even."
    formula = "sma(sma(price, floor((window + 1) / 2)), floor(window / 2) + 1)"
    talib = (Peer("TRIMA", {"window": 14}, {"timeperiod": 14}), Peer("TRIMA", {"window": 21}, {"timeperiod": 21}))
    loop = kernel.trima
    states = 3

    def constants(self) -> tuple[float, ...]:
        return (self.window + 1) // 2, self.window // 2 + 1

    @property
    def lookback(self) -> int:
        return self.window + 1


@indicators.register("vwma")
class Vwma(_Window):
    """The mean of the last ``window`` prices, each counted by its volume; the plain mean where nothing was traded."""

    title = "Volume weighted moving average"
    source = "Sum of price * volume by the sum of volume."
    formula = "sum(price * volume, window) / sum(volume, window)"
    inputs = ("price", "volume")
    talib = (Peer("VWMA", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("vwma", {"window": 14}, outputs=("vwma",)),)
    loop = kernel.vwma
    states = 3


@indicators.register("alma")
class Alma(_Window):
    """A mean with weights of a bell curve, whose top is at ``offset`` of the window (1: the newest bar)."""

    nan = "shows"
    title = "Arnaud Legoux moving average"
    source = "Arnaud Legoux and Dimitrios Kouzis-Loukas, 2009; the top of the curve is not rounded to a bar."
    formula = (
        "sum(weight * x) / sum(weight), j = 0 for the oldest ... window - 1 for the newest of the last window "
        "prices x\n"
        "weight = exp(-(j - offset * (window - 1))^2 / (2 * (window / sigma)^2))"
    )
    stock = (Peer("alma", {"window": 9, "offset": 0.85, "sigma": 6.0}, outputs=("alma",)),)
    window = param.Integer(9, bounds=(1, 10_000), doc="Bars that are averaged.")
    offset = param.Number(0.85, bounds=(0, 1), doc="Where the top of the curve is: 0 the oldest bar, 1 the newest.")
    sigma = param.Number(6.0, bounds=(0.1, 100), doc="The window by the width of the curve: greater is narrower.")
    loop = kernel.weighted

    def constants(self) -> tuple[float, ...]:
        top, width = self.offset * (self.window - 1), self.window / self.sigma
        weights = [math.exp(-((j - top) ** 2) / (2 * width * width)) for j in range(self.window)]
        total = sum(weights)
        return tuple(weight / total for weight in weights)


@indicators.register("midpoint")
class Midpoint(_Window):
    """The middle between the highest and the lowest of the last ``window`` prices."""

    nan = "shows"
    title = "Midpoint"
    source = "(highest + lowest) / 2 of one price."
    formula = "(highest(price, window) + lowest(price, window)) / 2"
    talib = (Peer("MIDPOINT", {"window": 14}, {"timeperiod": 14}),)
    window = param.Integer(14, bounds=(1, 100_000), doc="Bars that are looked at.")
    loop = kernel.middle

    def state_size(self) -> int:
        return 4


@indicators.register("midprice")
class Midprice(Indicator):
    """The middle between the highest high and the lowest low of the last ``window`` bars."""

    title = "Midprice"
    source = "(highest high + lowest low) / 2."
    formula = "(highest(high, window) + lowest(low, window)) / 2"
    inputs = ("high", "low")
    nan = "shows"
    overlay = True
    talib = (Peer("MIDPRICE", {"window": 14}, {"timeperiod": 14}),)
    window = param.Integer(14, bounds=(1, 100_000), doc="Bars that are looked at.")

    def kernel(self) -> Callable[..., None]:
        return kernel.middle

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("ma_envelope")
class MaEnvelope(_Window):
    """The mean of the last ``window`` prices, and lines a fixed part of it above and below."""

    title = "Moving average envelope"
    source = "Simple mean; the lines are ``percent`` % of it away."
    formula = "middle = sma(price, window)\nupper = middle * (1 + percent / 100)\nlower = middle * (1 - percent / 100)"
    outputs = ("middle", "upper", "lower")
    stock = (Peer("ma-env", {"window": 20, "percent": 2.5}, outputs=("centerline", "upperEnvelope", "lowerEnvelope")),)
    percent = param.Number(2.5, bounds=(0, 100), doc="How far the lines are away, in % of the mean.")
    loop = kernel.envelope

    def constants(self) -> tuple[float, ...]:
        return self.window, self.percent / 100
