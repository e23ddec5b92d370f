"""Indicators of trend and cycle that are made of several steps."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import trend as kernel

MOST = 100_000


@indicators.register("elder_ray")
class ElderRay(Indicator):
    """Power of bulls and of bears: high and low less the exponential mean of the closes."""

    title = "Elder ray"
    source = "Alexander Elder, Trading for a Living, 1993; the mean begins with a simple mean."
    formula = "bull = high - ema(close, window)\nbear = low - ema(close, window)"
    inputs = ("high", "low", "close")
    nan = "stays"
    outputs = ("bull", "bear")
    styles = {"bull": "histogram", "bear": "histogram"}
    levels = (0.0,)
    window = param.Integer(13, bounds=(1, MOST), doc="Bars of the mean.")
    talib = (Peer("ERI", {}, {"timeperiod": 13}),)
    stock = (Peer("elder-ray", outputs=("bullPower", "bearPower")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.elder_ray

    def constants(self) -> tuple[float, ...]:
        return self.window, 2.0 / (self.window + 1)

    def state_size(self) -> int:
        return 3

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("vortex")
class Vortex(Indicator):
    """Sums of abs(high - low before) and abs(low - high before), over the sum of true ranges: who leads, who turns."""

    title = "Vortex indicator"
    source = "Etienne Botes and Douglas Siepman, Stocks & Commodities 2010; 0 where the market stood still."
    formula = (
        "plus = sum(abs(high - low[1]), window) / sum(tr, window)\n"
        "minus = sum(abs(low - high[1]), window) / sum(tr, window)"
    )
    inputs = ("high", "low", "close")
    nan = "stays"
    outputs = ("plus", "minus")
    levels = (1.0,)
    scale = "none"
    window = param.Integer(14, bounds=(2, MOST), doc="Bars that are added up.")
    talib = (Peer("VORTEX", {}, {"timeperiod": 14}),)
    stock = (Peer("vortex", outputs=("pvi", "nvi")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.vortex

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 7

    @property
    def lookback(self) -> int:
        return self.window + 1

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("chop")
class Chop(Indicator):
    """How much of the way was back and forth: 100 log(sum of true ranges / range of them all) / log(window)."""

    title = "Choppiness index"
    source = "E. W. Dreiss, 1993; the range takes in the closes before the bars; 100 where the market stood still."
    formula = (
        "100 * ln(sum(tr, window) / (top - bottom)) / ln(window)\n"
        "top = highest(max(high, close[1]), window), bottom = lowest(min(low, close[1]), window)"
    )
    inputs = ("high", "low", "close")
    levels = (38.2, 61.8)
    scale = "none"
    window = param.Integer(14, bounds=(2, MOST), doc="Bars that are looked at.")
    stock = (Peer("chop", outputs=("chop",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.chop

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 7 + self.window

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("mass_index")
class MassIndex(Indicator):
    """Sum of (mean of high - low) / (mean of that mean): a bulge above 27 and back below 26.5 warns of a turn."""

    title = "Mass index"
    source = "Donald Dorsey, Stocks & Commodities 1992; the exponential means begin with simple means."
    formula = "sum(e / ema(e, window), total), e = ema(high - low, window)"
    nan = "stays"
    inputs = ("high", "low")
    levels = (26.5, 27.0)
    scale = "none"
    window = param.Integer(9, bounds=(1, MOST), doc="Bars of both exponential means.")
    total = param.Integer(25, bounds=(1, MOST), doc="Bars that are added up.")
    talib = (Peer("MASSI", {}, {"fastperiod": 9, "slowperiod": 25}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.mass_index

    def constants(self) -> tuple[float, ...]:
        return self.window, self.total, 2.0 / (self.window + 1)

    def state_size(self) -> int:
        return 8 + self.total

    @property
    def warmup(self) -> int:
        return 2 * (self.window - 1) + self.total - 1


@indicators.register("ulcer")
class Ulcer(PriceIndicator):
    """Root mean square of the falls (in percent) from the highest price so far in the window."""

    title = "Ulcer index"
    source = "Peter Martin, 1987; falls are measured from highs within the window only."
    formula = (
        "sqrt(sum(fall^2) / window)\n"
        "fall = 100 * (x / top - 1) for each of the last window prices x, top = highest of them up to x"
    )
    scale = "none"
    window = param.Integer(14, bounds=(1, MOST), doc="Bars that are looked at.")
    stock = (Peer("ulcer", outputs=("ulcerIndex",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.ulcer

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    @property
    def lookback(self) -> int:
        return self.window - 1

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("coppock")
class Coppock(PriceIndicator):
    """Weighted mean of the sum of two changes of the price in percent; bought when it turns up below 0."""

    title = "Coppock curve"
    source = "Edwin Coppock, Barron's 1962 (months); linearly weighted mean."
    formula = "wma(roc(price, long) + roc(price, short), window)"
    nan = "stays"
    levels = (0.0,)
    scale = "none"
    long = param.Integer(14, bounds=(1, MOST), doc="Bars of the longer change.")
    short = param.Integer(11, bounds=(1, MOST), doc="Bars of the shorter change.")
    window = param.Integer(10, bounds=(1, MOST), doc="Bars of the mean.")
    talib = (Peer("COPPOCK", {}, {"wmaperiod": 10, "roc1period": 11, "roc2period": 14}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.coppock

    def constants(self) -> tuple[float, ...]:
        return self.long, self.short, self.window

    def state_size(self) -> int:
        return 2 + self.window

    @property
    def lookback(self) -> int:
        return max(self.long, self.short)

    @property
    def warmup(self) -> int:
        return self.lookback + self.window - 1


@indicators.register("kst")
class Kst(PriceIndicator):
    """Means of four changes of the price in percent, added up with weights 1 to 4, and the mean of that as a signal."""

    title = "Know sure thing"
    source = "Martin Pring, Stocks & Commodities 1992; simple means."
    formula = (
        "kst = 1 * sma(roc(price, roc1), mean1) + 2 * sma(roc(price, roc2), mean2)\n"
        "    + 3 * sma(roc(price, roc3), mean3) + 4 * sma(roc(price, roc4), mean4)\n"
        "signal = sma(kst, signal)"
    )
    outputs = ("kst", "signal")
    levels = (0.0,)
    scale = "none"
    roc1 = param.Integer(10, bounds=(1, MOST), doc="Bars of the first change.")
    roc2 = param.Integer(15, bounds=(1, MOST), doc="Bars of the second change.")
    roc3 = param.Integer(20, bounds=(1, MOST), doc="Bars of the third change.")
    roc4 = param.Integer(30, bounds=(1, MOST), doc="Bars of the fourth change.")
    mean1 = param.Integer(10, bounds=(1, MOST), doc="Bars of the mean of the first change.")
    mean2 = param.Integer(10, bounds=(1, MOST), doc="Bars of the mean of the second change.")
    mean3 = param.Integer(10, bounds=(1, MOST), doc="Bars of the mean of the third change.")
    mean4 = param.Integer(15, bounds=(1, MOST), doc="Bars of the mean of the fourth change.")
    signal = param.Integer(9, bounds=(1, MOST), doc="Bars of the signal.")

    def kernel(self) -> Callable[..., None]:
        return kernel.kst

    @property
    def _changes(self) -> tuple[int, ...]:
        return self.roc1, self.roc2, self.roc3, self.roc4

    @property
    def _means(self) -> tuple[int, ...]:
        return self.mean1, self.mean2, self.mean3, self.mean4

    def constants(self) -> tuple[float, ...]:
        return *self._changes, *self._means, self.signal

    def state_size(self) -> int:
        return 15 + sum(self._means) + self.signal

    @property
    def lookback(self) -> int:
        return max(self._changes)

    @property
    def warmup(self) -> int:
        first = max(c + m - 1 for c, m in zip(self._changes, self._means, strict=True))
        return first + self.signal - 1


@indicators.register("fisher")
class Fisher(PriceIndicator):
    """The place of the price in its range, smoothed and drawn apart at its ends by 0.5 log((1 + x) / (1 - x))."""

    title = "Fisher transform"
    source = "John Ehlers, Stocks & Commodities 2002; begins with the first bar, in a range that grows to the window."
    formula = (
        "fisher = 0.5 * ln((1 + x) / (1 - x)) + 0.5 * fisher[1]\n"
        "trigger = fisher[1]\n"
        "x = 0.66 * ((price - bottom) / (top - bottom) - 0.5) + 0.67 * x[1], 0.999 above 0.99, -0.999 below -0.99\n"
        "top = highest(price, window), bottom = lowest(price, window)"
    )
    outputs = ("fisher", "trigger")
    levels = (0.0,)
    scale = "none"
    price = param.String("hl2", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    window = param.Integer(10, bounds=(1, MOST), doc="Bars of the range.")
    stock = (Peer("fisher", outputs=("fisher", "trigger")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.fisher

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return 1


@indicators.register("squeeze")
class Squeeze(Indicator):
    """Quiet before a move: ``on`` is 1 while the Bollinger bands are inside the Keltner channel, else 0.

    ``momentum`` is the end of a line fitted to close - (middle of the range + mean) / 2.
    """

    title = "Squeeze"
    source = "John Carter, Mastering the Trade, 2005; the channel from simple means of closes and of true ranges."
    formula = (
        "momentum = lsma(close - ((highest(high, window) + lowest(low, window)) / 2 + sma(close, window)) / 2, "
        "window)\n"
        "on = 1 if bollinger * stddev(close, window) < keltner * sma(tr, window) else 0"
    )
    inputs = ("high", "low", "close")
    outputs = ("momentum", "on")
    styles = {"momentum": "histogram", "on": "dots"}
    levels = (0.0,)
    scale = "other"
    window = param.Integer(20, bounds=(2, MOST), doc="Bars of the bands, the range and the line.")
    bollinger = param.Number(2.0, bounds=(0, 100), doc="Standard deviations to the Bollinger bands.")
    keltner = param.Number(1.5, bounds=(0, 100), doc="Mean true ranges to the Keltner channel.")

    def kernel(self) -> Callable[..., None]:
        return kernel.squeeze

    def constants(self) -> tuple[float, ...]:
        return self.window, self.bollinger, self.keltner

    def state_size(self) -> int:
        return 4 + 3 * (3 + self.window)

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return 2 * (self.window - 1)


@indicators.register("qqe")
class Qqe(PriceIndicator):
    """The relative strength index, smoothed, and a line that trails it by ``factor`` times its mean change."""

    title = "Quantitative qualitative estimation"
    source = "Attributed to Igor Livshin; Wilder's index, exponential means that begin with simple means."
    formula = (
        "qqe = ema(rsi(price, window), smooth)\n"
        "signal = max(signal[1], qqe - far) while qqe is above it, min(signal[1], qqe + far) while below\n"
        "where qqe crosses signal[1], signal = qqe - far (upwards) or qqe + far (downwards)\n"
        "far = factor * ema(ema(abs(qqe - qqe[1]), 2 * window - 1), 2 * window - 1)"
    )
    outputs = ("qqe", "signal")
    levels = (50.0,)
    scale = "none"
    window = param.Integer(14, bounds=(2, MOST), doc="Bars of the relative strength index.")
    smooth = param.Integer(5, bounds=(1, MOST), doc="Bars of its mean.")
    factor = param.Number(4.236, bounds=(0, 100), doc="Mean changes from the index to the line.")

    def kernel(self) -> Callable[..., None]:
        return kernel.qqe

    def constants(self) -> tuple[float, ...]:
        weights = 1.0 / self.window, 2.0 / (self.smooth + 1), 1.0 / self.window
        return self.window, self.smooth, self.factor, *weights

    def state_size(self) -> int:
        return 13

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return self.window + self.smooth - 1 + 2 * (2 * self.window - 2) + 1
