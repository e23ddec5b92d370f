"""Bands around prices."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import bands as kernel

_THREE = ("upper", "middle", "lower")
_TALIB = ("upperband", "middleband", "lowerband")
_STOCK = ("upperBand", "centerline", "lowerBand")


class _Bands(Indicator):
    inputs = ("high", "low", "close")
    outputs = _THREE
    overlay = True

    def kernel(self) -> Callable[..., None]:
        return getattr(kernel, self.plugin_name)


@indicators.register("bbands")
class BollingerBands(PriceIndicator):
    """Where prices usually are: their mean, and so many standard deviations above and below it.

    ``percent_b`` is (price - lower) / (upper - lower), ``z_score`` (price - middle) / standard deviation, ``width``
    (upper - lower) / middle; they are NaN where that divides by 0.
    """

    window = param.Integer(20, bounds=(2, 100_000), doc="Bars of the mean and the standard deviation.")
    up = param.Number(2.0, bounds=(0.0, 1000.0), doc="Standard deviations from the middle to the upper band.")
    down = param.Number(2.0, bounds=(0.0, 1000.0), doc="Standard deviations from the middle to the lower band.")
    title = "Bollinger bands"
    source = "John Bollinger, Bollinger on Bollinger Bands, 2001; simple mean, standard deviation of the population."
    formula = (
        "middle = sma(price, window)\n"
        "upper = middle + up * stddev(price, window)\n"
        "lower = middle - down * stddev(price, window)\n"
        "percent_b = (price - lower) / (upper - lower)\n"
        "z_score = (price - middle) / stddev(price, window)\n"
        "width = (upper - lower) / middle"
    )
    outputs = (*_THREE, "percent_b", "z_score", "width")
    nan = "stays"
    overlay = True
    sparse = ("percent_b", "z_score", "width")
    scale = "other"
    talib = (
        Peer("BBANDS", {}, {"timeperiod": 20}, outputs=(*_TALIB, "", "", "")),
        Peer(
            "BBANDS",
            {"window": 5, "up": 1.5, "down": 2.5},
            {"timeperiod": 5, "nbdevup": 1.5, "nbdevdn": 2.5},
            outputs=(*_TALIB, "", "", ""),
        ),
    )
    stock = (Peer("bb", outputs=("upperBand", "sma", "lowerBand", "percentB", "zScore", "width")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.bbands

    def constants(self) -> tuple[float, ...]:
        return self.window, self.up, self.down

    def state_size(self) -> int:
        return 3

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("accbands")
class AccelerationBands(_Bands):
    """Means of highs and lows that are moved apart by the range of their bar.

    Highs become high (1 + r) and lows low (1 - r) with r = factor (high - low) / (high + low); r is 0 where that
    divides by 0.
    """

    nan = "stays"
    window = param.Integer(20, bounds=(2, 100_000), doc="Bars of the means.")
    factor = param.Number(4.0, bounds=(0.0, 1000.0), doc="How much of the range bands are moved apart by.")
    title = "Acceleration bands"
    source = "Price Headley, Big Trends in Trading, 2002; simple means."
    formula = (
        "upper = sma(high * (1 + r), window)\n"
        "middle = sma(close, window)\n"
        "lower = sma(low * (1 - r), window)\n"
        "r = factor * (high - low) / (high + low)"
    )
    talib = (Peer("ACCBANDS"), Peer("ACCBANDS", {"window": 7}, {"timeperiod": 7}))

    def constants(self) -> tuple[float, ...]:
        return self.window, self.factor

    def state_size(self) -> int:
        return 4 + 2 * self.window

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


class _Ranged(_Bands):
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars of the middle.")
    factor = param.Number(2.0, bounds=(0.0, 1000.0), doc="Mean true ranges from the middle to a band.")
    range_window = param.Integer(10, bounds=(1, 100_000), doc="Bars of the mean true range.")

    def constants(self) -> tuple[float, ...]:
        return self.window, self.factor, self.range_window

    def state_size(self) -> int:
        return 6

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return max(self.window - 1, self.range_window)


@indicators.register("keltner")
class KeltnerChannel(_Ranged):
    """An exponential mean of closes, and so many mean true ranges above and below it.

    ``width`` is (upper - lower) / middle, NaN where that divides by 0.
    """

    title = "Keltner channel"
    source = (
        "Chester Keltner, How to Make Money in Commodities, 1960, as Linda Raschke changed it: exponential mean begun "
        "with a simple one, Wilder's mean of the true range."
    )
    formula = (
        "upper = middle + factor * atr(range_window)\n"
        "middle = ema(close, window)\n"
        "lower = middle - factor * atr(range_window)\n"
        "width = (upper - lower) / middle"
    )
    nan = "stays"
    outputs = (*_THREE, "width")
    sparse = ("width",)
    scale = "other"
    basis = param.Selector(default="close", objects=["close", "typical"], doc="Price whose mean is the middle.")
    seed = param.Selector(
        default="own", objects=["own", "together"],
        doc="True ranges their mean begins with: the first (own), or those before both are known (together).",
    )  # fmt: skip
    talib = (
        Peer("KC", {"basis": "typical", "seed": "together"}, {"timeperiod": 20, "atrperiod": 10, "nbdev": 2.0},
             outputs=(*_TALIB, "")),
    )  # fmt: skip
    stock = (Peer("keltner", outputs=(*_STOCK, "width")),)

    def constants(self) -> tuple[float, ...]:
        first = self.warmup - self.range_window if self.seed == "together" else 0
        return *super().constants(), first, float(self.basis == "typical")


@indicators.register("starc")
class StarcBands(_Ranged):
    """A short simple mean of closes, and so many mean true ranges above and below it."""

    window = param.Integer(5, bounds=(1, 100_000), doc="Bars of the middle.")
    title = "STARC bands"
    source = "Manning Stoller, the Stoller average range channel, 1980s; Wilder's mean of the true range."
    formula = (
        "upper = middle + factor * atr(range_window)\n"
        "middle = sma(close, window)\n"
        "lower = middle - factor * atr(range_window)"
    )
    stock = (Peer("starc", outputs=_STOCK),)

    @property
    def lookback(self) -> int:
        return self.window


@indicators.register("donchian")
class DonchianChannel(_Bands):
    """The highest high and the lowest low of ``window`` bars, and the middle between them.

    ``width`` is (upper - lower) / middle, NaN where that divides by 0. Without ``current`` it is the channel of the
    bars before, which a bar can break out of.
    """

    window = param.Integer(20, bounds=(1, 100_000), doc="Bars that are looked through.")
    current = param.Boolean(True, doc="Whether the bar itself is one of them; else they end with the one before.")
    title = "Donchian channel"
    source = "Richard Donchian's four-week rule, 1960; the bar itself counts unless ``current`` is off."
    formula = (
        "upper = highest(high, window)\n"
        "middle = (upper + lower) / 2\n"
        "lower = lowest(low, window)\n"
        "width = (upper - lower) / middle\n"
        "with current=False upper and lower are those of the bar before"
    )
    inputs = ("high", "low")
    nan = "stays"
    outputs = (*_THREE, "width")
    sparse = ("width",)
    scale = "other"
    talib = (Peer("DONCHIAN", {}, {"timeperiod": 20}, outputs=(*_TALIB, "")),)
    stock = (Peer("donchian", {"current": False}, outputs=(*_STOCK, "width")),)

    def constants(self) -> tuple[float, ...]:
        return self.window, float(not self.current)

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return self.window + 1

    @property
    def warmup(self) -> int:
        return self.window - self.current


@indicators.register("fcb")
class FractalChaosBands(_Bands):
    """The last fractals: a high above, and a low below, those of ``span`` bars to each side.

    A fractal is known, and moves its band, ``span`` bars after it.
    """

    span = param.Integer(2, bounds=(1, 1000), doc="Bars to each side of a fractal.")
    title = "Fractal chaos bands"
    source = "Bill Williams' fractals (Trading Chaos, 1995), carried forward; equal neighbours make no fractal."
    formula = (
        "upper = the last high[span] that is above each of the span highs before it and after it\n"
        "lower = the last low[span] that is below each of the span lows before it and after it"
    )
    inputs = ("high", "low")
    outputs = ("upper", "lower")
    styles = {"upper": "step", "lower": "step"}
    sparse = ("upper", "lower")
    stock = (Peer("fcb", outputs=("upperBand", "lowerBand")),)

    def constants(self) -> tuple[float, ...]:
        return (self.span,)

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return 2 * self.span

    @property
    def warmup(self) -> int:
        return 2 * self.span


@indicators.register("ichimoku")
class Ichimoku(_Bands):
    """Middles of the ranges of three windows: conversion and base line, and the cloud between two leading spans.

    Spans are given on the bar that they are drawn at: (conversion + base) / 2 and the middle of the longest window, as
    they were ``shift`` bars before. The lagging span is the close, drawn ``shift`` bars back, and not given: no bar
    knows a later close.
    """

    conversion = param.Integer(9, bounds=(1, 100_000), doc="Bars of the conversion line (tenkan-sen).")
    base = param.Integer(26, bounds=(1, 100_000), doc="Bars of the base line (kijun-sen).")
    span = param.Integer(52, bounds=(1, 100_000), doc="Bars of the second leading span (senkou span B).")
    shift = param.Integer(26, bounds=(1, 100_000), doc="Bars that the leading spans are drawn ahead.")
    title = "Ichimoku cloud"
    source = "Goichi Hosoda (Ichimoku Sanjin), 1969; spans are moved by ``shift`` bars, not by one less."
    formula = (
        "conversion = (highest(high, conversion) + lowest(low, conversion)) / 2\n"
        "base = (highest(high, base) + lowest(low, base)) / 2\n"
        "span_a = ((conversion + base) / 2)[shift]\n"
        "span_b = ((highest(high, span) + lowest(low, span)) / 2)[shift]"
    )
    inputs = ("high", "low")
    outputs = ("conversion", "base", "span_a", "span_b")
    styles = {"span_a": "band", "span_b": "band"}
    stock = (Peer("ichimoku", outputs=("tenkanSen", "kijunSen", "senkouSpanA", "senkouSpanB")),)

    def constants(self) -> tuple[float, ...]:
        return self.conversion, self.base, self.span, self.shift

    def state_size(self) -> int:
        return 7 + 2 * self.shift

    @property
    def lookback(self) -> int:
        return max(self.conversion, self.base, self.span)

    @property
    def warmup(self) -> int:
        return self.lookback - 1 + self.shift


class _Alligator(PriceIndicator):
    price = param.String("hl2", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    jaw = param.Integer(13, bounds=(1, 100_000), doc="Bars of the jaw.")
    jaw_shift = param.Integer(8, bounds=(0, 100_000), doc="Bars that the jaw is drawn ahead.")
    teeth = param.Integer(8, bounds=(1, 100_000), doc="Bars of the teeth.")
    teeth_shift = param.Integer(5, bounds=(0, 100_000), doc="Bars that the teeth are drawn ahead.")
    lips = param.Integer(5, bounds=(1, 100_000), doc="Bars of the lips.")
    lips_shift = param.Integer(3, bounds=(0, 100_000), doc="Bars that the lips are drawn ahead.")
    source = "Bill Williams, New Trading Dimensions, 1998; Wilder's means, begun with simple ones."

    def kernel(self) -> Callable[..., None]:
        return getattr(kernel, self.plugin_name)

    def constants(self) -> tuple[float, ...]:
        return self.jaw, self.teeth, self.lips, self.jaw_shift, self.teeth_shift, self.lips_shift

    def state_size(self) -> int:
        return 5

    @property
    def lookback(self) -> int:
        return max(self.jaw_shift, self.teeth_shift, self.lips_shift)

    @property
    def warmup(self) -> int:
        return max(self.jaw + self.jaw_shift, self.teeth + self.teeth_shift, self.lips + self.lips_shift) - 1


@indicators.register("alligator")
class Alligator(_Alligator):
    """Three Wilder's means of the price, each as it was so many bars before: jaw, teeth and lips."""

    title = "Alligator"
    formula = (
        "jaw = smma(price, jaw)[jaw_shift]\n"
        "teeth = smma(price, teeth)[teeth_shift]\n"
        "lips = smma(price, lips)[lips_shift]"
    )
    outputs = ("jaw", "teeth", "lips")
    overlay = True
    stock = (Peer("alligator", outputs=("jaw", "teeth", "lips")),)


@indicators.register("gator")
class Gator(_Alligator):
    """How far the lines of the alligator are apart: abs(jaw - teeth) upwards, -abs(teeth - lips) downwards.

    ``upper_grows`` and ``lower_grows`` are 1 where they are farther apart than on the bar before, else 0.
    """

    title = "Gator oscillator"
    formula = (
        "upper = abs(jaw - teeth), jaw = smma(price, jaw)[jaw_shift], teeth = smma(price, teeth)[teeth_shift]\n"
        "lower = -abs(teeth - lips), lips = smma(price, lips)[lips_shift]\n"
        "upper_grows = 1 if abs(upper) > abs(upper[1]) else 0\n"
        "lower_grows = 1 if abs(lower) > abs(lower[1]) else 0"
    )
    outputs = ("upper", "lower", "upper_grows", "lower_grows")
    styles = {"upper": "histogram", "lower": "histogram", "upper_grows": "none", "lower_grows": "none"}
    scale = "other"
    stock = (Peer("gator", outputs=("upper", "lower", "upperIsExpanding", "lowerIsExpanding")),)

    @property
    def warmup(self) -> int:
        return super().warmup + 1
