"""Oscillators: where a price stands between bounds."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.indicators.momentum import _EARLIER, bars
from workbench.kernels.indicators import oscillators as kernel


class _Strength(PriceIndicator):
    scale = "none"
    nan = "stays"
    window = bars(14, "Bars over which gains and losses are averaged.", 2)
    part = 0.0
    smoothing: str

    def kernel(self) -> Callable[..., None]:
        return kernel.strength_of_sums if self.smoothing == "sma" else kernel.strength

    def constants(self) -> tuple[float, ...]:
        return self.window, 2.0 / (self.window + 1) if self.smoothing == "ema" else 1.0 / self.window, self.part

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return self.window + 1

    @property
    def warmup(self) -> int:
        return self.window


_SMOOTHING = "Mean of gains and losses: Wilder's (weight 1 / window), exponential (2 / (window + 1)), or simple."


@indicators.register("rsi")
class Rsi(_Strength):
    """The mean gain in percent of mean gain and mean loss."""

    title = "Relative strength index"
    source = "Wilder 1978, with his smoothing; ``sma`` is Cutler's. Begins with simple means; 0 where nothing moved."
    formula = (
        "100 * gain / (gain + loss)\n"
        "gain = smma(max(price - price[1], 0), window), or sma or ema\n"
        "loss = smma(max(price[1] - price, 0), window), or sma or ema"
    )
    levels = (30.0, 70.0)
    smoothing = param.Selector(default="wilder", objects=["wilder", "sma", "ema"], doc=_SMOOTHING)
    talib = (Peer("RSI", {"window": 14}, {"timeperiod": 14}),)
    stock = (Peer("rsi", {"window": 14}, outputs=("rsi",)),)


@indicators.register("cmo")
class Cmo(_Strength):
    """Gains minus losses in percent of both."""

    title = "Chande momentum oscillator"
    source = "Chande 1994, with sums over the window; smoothed as Wilder's RSI if asked. 0 where nothing moved."
    formula = (
        "100 * (gain - loss) / (gain + loss)\n"
        "gain = sma(max(price - price[1], 0), window), or smma or ema\n"
        "loss = sma(max(price[1] - price, 0), window), or smma or ema"
    )
    levels = (-50.0, 50.0)
    part = 1.0
    smoothing = param.Selector(default="sma", objects=["sma", "wilder", "ema"], doc=_SMOOTHING)
    talib = (
        Peer("CMO", {"window": 14, "smoothing": "wilder"}, {"timeperiod": 14}),
        Peer("CMOU", {"window": 14}, {"timeperiod": 14}),
    )
    stock = (Peer("cmo", {"window": 14}, outputs=("cmo",)),)


class _Stand(Indicator):
    """Two lines of where the close stands in the range of the last bars."""

    inputs = ("high", "low", "close")
    nan = "stays"
    scale, levels = "none", (20.0, 80.0)

    def kernel(self) -> Callable[..., None]:
        return kernel.stoch

    def state_size(self) -> int:
        _, first, second = self.constants()
        return int(first + second) + 8

    @property
    def lookback(self) -> int:
        return int(self.constants()[0])

    @property
    def warmup(self) -> int:
        return int(sum(self.constants())) - 3


@indicators.register("stoch")
class Stoch(_Stand):
    """Where the close stands in the range of ``window`` bars, averaged over ``smooth`` bars; and the mean of that."""

    title = "Stochastic oscillator"
    source = "Lane; simple means; 0 where high is low. Both lines begin on one bar."
    formula = (
        "k = sma(100 * (close - bottom) / (highest(high, window) - bottom), smooth), bottom = lowest(low, window)\n"
        "d = sma(k, signal)"
    )
    outputs = ("k", "d")
    window = bars(5, "Bars of the range.")
    smooth = bars(3, "Bars of the simple mean that is k.")
    signal = bars(3, "Bars of the simple mean of k that is d.")
    talib = (Peer("STOCH", {}, {"fastk_period": 5, "slowk_period": 3, "slowd_period": 3}),)
    stock = (Peer("stoch", {"window": 14}, outputs=("k", "d"), after=1, note=_EARLIER),)

    def constants(self) -> tuple[float, ...]:
        return self.window, self.smooth, self.signal


@indicators.register("stochf")
class Stochf(_Stand):
    """Where the close stands in the range of ``window`` bars; and the mean of that."""

    title = "Fast stochastic oscillator"
    source = "Lane; simple means; 0 where high is low. Both lines begin on one bar."
    formula = (
        "k = 100 * (close - lowest(low, window)) / (highest(high, window) - lowest(low, window))\nd = sma(k, signal)"
    )
    outputs = ("k", "d")
    window = bars(5, "Bars of the range.")
    signal = bars(3, "Bars of the simple mean of k that is d.")
    talib = (Peer("STOCHF", {}, {"fastk_period": 5, "fastd_period": 3}),)

    def constants(self) -> tuple[float, ...]:
        return self.window, 1, self.signal


class _Range(Indicator):
    """Something of the last ``window`` bars' highs and lows."""

    inputs = ("high", "low", "close")
    scale = "none"
    window = bars(14, "Bars that are looked at.", 2)

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


@indicators.register("willr")
class Willr(_Range):
    """How far the close is below the greatest high, in percent of the range: -100 to 0."""

    nan = "shows"
    title = "Williams %R"
    source = "Williams 1973; 0 where high is low."
    formula = "-100 * (highest(high, window) - close) / (highest(high, window) - lowest(low, window))"
    levels = (-80.0, -20.0)
    talib = (Peer("WILLR", {}, {"timeperiod": 14}),)
    stock = (Peer("willr", outputs=("williamsR",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.willr


@indicators.register("cci")
class Cci(_Range):
    """How far the typical price is from its mean, over 0.015 times the mean distance from it."""

    nan = "shows"
    title = "Commodity channel index"
    source = "Lambert 1980; simple mean of (high + low + close) / 3; 0 where nothing moved."
    formula = (
        "(typical - mean) / (0.015 * away), typical = (high + low + close) / 3\n"
        "mean = sma(typical, window)\n"
        "away = sum(abs(x - mean)) / window over the last window values x of typical"
    )
    levels = (-100.0, 100.0)
    talib = (Peer("CCI", {}, {"timeperiod": 14}),)
    stock = (Peer("cci", {"window": 20}, outputs=("cci",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.cci


class _Aroon(_Range):
    inputs = ("high", "low")
    nan = "shows"
    tie = param.Selector(default="last", objects=["last", "first"], doc="Which of equal highs or lows counts.")

    def kernel(self) -> Callable[..., None]:
        return kernel.aroon

    def constants(self) -> tuple[float, ...]:
        return self.window, float(len(self.outputs) == 1), float(self.tie == "first")

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("aroon")
class Aroon(_Aroon):
    """How new the least low and the greatest high of ``window`` + 1 bars are: 100 on their bar, 0 at the far end."""

    title = "Aroon"
    source = "Chande 1995; of equal highs or lows the last counts, or the first (``tie``)."
    formula = (
        "down = 100 * (window - bars since the lowest low) / window\n"
        "up = 100 * (window - bars since the highest high) / window\n"
        "both of the last window + 1 bars"
    )
    outputs = ("down", "up")
    levels = (50.0,)
    talib = (Peer("AROON", {}, {"timeperiod": 14}),)
    stock = (Peer("aroon", {"window": 25, "tie": "first"}, outputs=("aroonDown", "aroonUp")),)


@indicators.register("aroonosc")
class Aroonosc(_Aroon):
    """Aroon up minus Aroon down."""

    title = "Aroon oscillator"
    source = "Chande 1995; of equal highs or lows the last counts, or the first (``tie``)."
    formula = "100 * (bars since the lowest low - bars since the highest high) / window, of the last window + 1 bars"
    levels = (0.0,)
    talib = (Peer("AROONOSC", {}, {"timeperiod": 14}),)
    stock = (Peer("aroon", {"window": 25, "tie": "first"}, outputs=("oscillator",)),)


@indicators.register("stochrsi")
class Stochrsi(PriceIndicator):
    """Where the ``rsi`` stands in its own range of ``range`` bars, averaged over ``smooth`` bars; the mean of that."""

    title = "Stochastic RSI"
    source = "Chande and Kroll 1994; Wilder's smoothing of the RSI, simple means; both lines begin on one bar."
    formula = (
        "k = sma(100 * (x - lowest(x, range)) / (highest(x, range) - lowest(x, range)), smooth), x = rsi(price, "
        "window)\n"
        "d = sma(k, signal)"
    )
    outputs = ("k", "d")
    nan = "stays"
    scale, levels = "none", (20.0, 80.0)
    window = bars(14, "Bars of the RSI.", 2)
    range = bars(5, "Bars of the range of the RSI.")
    smooth = bars(1, "Bars of the simple mean that is k.")
    signal = bars(3, "Bars of the simple mean of k that is d.")
    talib = (Peer("STOCHRSI", {}, {"timeperiod": 14, "fastk_period": 5, "fastd_period": 3}),)
    stock = (Peer("stoch-rsi", {"range": 14}, outputs=("stochRsi", "signal"), after=1, note=_EARLIER),)

    def kernel(self) -> Callable[..., None]:
        return kernel.stoch_of_strength

    def constants(self) -> tuple[float, ...]:
        return self.window, 1.0 / self.window, 0.0, self.range, self.smooth, self.signal

    def state_size(self) -> int:
        return 12 + self.range + self.smooth + self.signal

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return self.window + self.range + self.smooth + self.signal - 3


@indicators.register("smi")
class Smi(_Range):
    """How far the close is from the middle of the range, in percent of half of it, each smoothed twice; the signal."""

    title = "Stochastic momentum index"
    source = "Blau 1993; every exponential mean begins with its first value, or with the mean of its first (``seed``)."
    formula = (
        "value = 100 * ema(ema(close - (top + bottom) / 2, first), second) / (ema(ema(top - bottom, first), "
        "second) / 2)\n"
        "signal = ema(value, signal)\n"
        "top = highest(high, window), bottom = lowest(low, window)"
    )
    outputs = ("value", "signal")
    nan = "stays"
    levels = (-40.0, 40.0)
    window = bars(13, "Bars of the range.")
    first = bars(25, "Bars of the first mean.")
    second = bars(2, "Bars of the second mean.")
    signal = bars(3, "Bars of the mean of the line.")
    seed = param.Selector(default="first", objects=["first", "means"], doc="What means begin with: see the source.")
    talib = (
        Peer("SMI", {"signal": 9, "seed": "means"},
             {"timeperiod": 13, "fastperiod": 2, "slowperiod": 25, "signalperiod": 9}),
    )  # fmt: skip
    stock = (Peer("smi", outputs=("smi", "signal")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.smi

    def constants(self) -> tuple[float, ...]:
        means = self.first, self.second, self.signal
        return self.window, *(2.0 / (bars + 1) for bars in means), *((1, 1, 1) if self.seed == "first" else means)

    def state_size(self) -> int:
        return 11

    @property
    def warmup(self) -> int:
        return self.window - 4 + int(sum(self.constants()[4:]))


@indicators.register("ultosc")
class Ultosc(Indicator):
    """Buying pressure over true range, of three windows with weights 4, 2 and 1."""

    title = "Ultimate oscillator"
    source = "Williams 1985; a window in which nothing moved counts 0."
    formula = (
        "100 * (4 * f(short) + 2 * f(middle) + f(long)) / 7, the shortest window first\n"
        "f(n) = sum(close - min(low, close[1]), n) / sum(tr, n)"
    )
    inputs = ("high", "low", "close")
    nan = "stays"
    scale, levels = "none", (30.0, 70.0)
    short = bars(7, "Bars of the first window.")
    middle = bars(14, "Bars of the second window.")
    long = bars(28, "Bars of the third window.")
    talib = (Peer("ULTOSC", {}, {"timeperiod1": 7, "timeperiod2": 14, "timeperiod3": 28}),)
    stock = (Peer("uo", outputs=("ultimate",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.ultosc

    def constants(self) -> tuple[float, ...]:
        return tuple(sorted((self.short, self.middle, self.long)))

    def state_size(self) -> int:
        return 6

    @property
    def lookback(self) -> int:
        return int(max(self.constants())) + 1

    @property
    def warmup(self) -> int:
        return int(max(self.constants()))


@indicators.register("connors_rsi")
class ConnorsRsi(PriceIndicator):
    """Mean of a short RSI, the RSI of the streak of rises or falls, and the rank of the last change in percent."""

    title = "Connors RSI"
    source = "Connors and Alvarez 2012; Wilder's smoothing; the rank counts changes below the last one."
    formula = (
        "(rsi(price, window) + rsi(run, streak) + share) / 3\n"
        "run = rises in a row, falls in a row as a negative number, 0 where the price is unchanged\n"
        "share = 100 * (how many of the rank changes before are below price / price[1] - 1) / rank"
    )
    scale, levels = "none", (10.0, 90.0)
    window = bars(3, "Bars of the RSI of the price.")
    streak = bars(2, "Bars of the RSI of the streak.")
    rank = bars(100, "Changes that the last one is ranked among.")
    stock = (Peer("crsi", outputs=("connorsRsi",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.connors

    def constants(self) -> tuple[float, ...]:
        return self.window, self.streak, self.rank

    def state_size(self) -> int:
        return 6 + self.rank

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return max(self.window, self.streak + 1, self.rank + 1)


@indicators.register("stc")
class Stc(PriceIndicator):
    """Fast minus slow exponential mean, where that stands in its range of ``cycle`` bars, and where that does again."""

    title = "Schaff trend cycle"
    source = "Schaff 1999: two stages, each smoothed with weight 1/2; ``single`` is one stage and a simple mean of 3."
    formula = (
        "form=double: half(place(half(place(line)))); form=single: sma(place(line), 3)\n"
        "line = ema(price, fast) - ema(price, slow)\n"
        "place(x) = 100 * (x - lowest(x, cycle)) / (highest(x, cycle) - lowest(x, cycle))\n"
        "half(x) = half[1] + (x - half[1]) / 2"
    )
    scale, levels = "none", (25.0, 75.0)
    fast = bars(23, "Bars of the fast mean.")
    slow = bars(50, "Bars of the slow mean.")
    cycle = bars(10, "Bars of the ranges.", 2)
    form = param.Selector(default="double", objects=["double", "single"], doc="Stages: Schaff's two, or one.")
    stock = (Peer("stc", {"form": "single"}, outputs=("stc",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.schaff

    def constants(self) -> tuple[float, ...]:
        weight = 0.5 if self.form == "double" else 0.0
        return self.fast, self.slow, 2.0 / (self.fast + 1), 2.0 / (self.slow + 1), self.cycle, weight

    def state_size(self) -> int:
        return 6 + 2 * self.cycle

    @property
    def warmup(self) -> int:
        first = max(self.fast, self.slow) + self.cycle - 2
        return first + (self.cycle - 1 if self.form == "double" else 2)
