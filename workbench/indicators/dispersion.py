"""How far prices spread: ranges of bars and distances from a mean, and how these change."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import dispersion as kernel

MOST = 100_000


@indicators.register("adr")
class AverageDayRange(Indicator):
    """Mean of high - low over ``window`` bars; gaps between bars do not count."""

    title = "Average day range"
    source = "Simple mean of the ranges of bars."
    formula = "sum(high - low, window) / window"
    nan = "stays"
    inputs = ("high", "low")
    window = param.Integer(14, bounds=(1, MOST), doc="Bars that are averaged.")
    talib = (Peer("ADR", {}, {"timeperiod": 14}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.mean_range

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 1

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("avgdev")
class AverageDeviation(PriceIndicator):
    """Mean distance of the last ``window`` prices from their mean."""

    title = "Average deviation"
    source = "Mean absolute deviation from the arithmetic mean."
    formula = "sum(abs(x - sma(price, window))) / window over the last window prices x"
    block = 4096
    window = param.Integer(14, bounds=(2, MOST), doc="Bars that are looked at.")
    talib = (Peer("AVGDEV", {}, {"timeperiod": 14}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.mean_distance

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("cvi")
class ChaikinVolatility(Indicator):
    """By how many percent the exponential mean of high - low has changed in ``change`` bars."""

    title = "Chaikin volatility"
    source = "Marc Chaikin, 1980s; the mean begins with a simple mean; 0 where it was 0."
    formula = "100 * (ema(high - low, window) / ema(high - low, window)[change] - 1)"
    nan = "stays"
    inputs = ("high", "low")
    scale, levels = "none", (0.0,)
    window = param.Integer(10, bounds=(1, MOST), doc="Bars of the mean.")
    change = param.Integer(10, bounds=(1, MOST), doc="Bars between the two means.")
    talib = (Peer("CVI", {}, {"timeperiod": 10, "rocperiod": 10}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.chaikin_volatility

    def constants(self) -> tuple[float, ...]:
        return self.window, 2.0 / (self.window + 1), self.change

    def state_size(self) -> int:
        return 3 + self.change

    @property
    def warmup(self) -> int:
        return self.window - 1 + self.change


@indicators.register("rvi")
class RelativeVolatility(PriceIndicator):
    """Standard deviation on rising bars in percent of that on all bars that moved, each as Wilder's mean."""

    title = "Relative volatility index"
    source = "Donald Dorsey, Stocks & Commodities 1993; deviation of the population; 50 where nothing moved."
    formula = (
        "100 * smma(up, window) / (smma(up, window) + smma(down, window))\n"
        "up = stddev(price, deviation) if price > price[1] else 0\n"
        "down = stddev(price, deviation) if price < price[1] else 0"
    )
    scale, levels = "none", (50.0,)
    block = 8192
    window = param.Integer(14, bounds=(1, MOST), doc="Bars of Wilder's means.")
    deviation = param.Integer(10, bounds=(2, MOST), doc="Bars of the standard deviation.")
    talib = (Peer("RVI", {}, {"timeperiod": 14, "stddevperiod": 10}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.relative_volatility

    def constants(self) -> tuple[float, ...]:
        return self.deviation, 1.0 / self.deviation, 1.0, self.window, 1.0 / self.window

    def state_size(self) -> int:
        return 5

    @property
    def lookback(self) -> int:
        return self.deviation

    @property
    def warmup(self) -> int:
        return self.deviation + self.window - 2


@indicators.register("marketfi")
class MarketFacilitation(Indicator):
    """(high - low) / volume: how far the price went for what was traded."""

    title = "Market facilitation index"
    source = "Bill Williams, Trading Chaos, 1995; 0 where nothing was traded."
    formula = "(high - low) / volume"
    nan = "shows"
    inputs = ("high", "low", "volume")
    styles = {"value": "histogram"}
    talib = (Peer("MARKETFI"),)

    def kernel(self) -> Callable[..., None]:
        return kernel.facilitation
