"""Indicators of moving averages that are chosen: by kind, or by a window of its own for each bar."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.indicators.momentum import bars
from workbench.kernels.indicators import averages_chosen as kernel

_KINDS = {"sma": kernel.SIMPLE, "ema": kernel.EXPONENTIAL, "wma": kernel.WEIGHTED}


def _kind(doc: str) -> param.Selector:
    return param.Selector(default="sma", objects=list(_KINDS), doc=doc)


@indicators.register("macdext")
class MacdExt(PriceIndicator):
    """Fast minus slow mean, the mean of that (signal), and what lies between them; means of the kinds one asks for."""

    title = "Moving average convergence divergence, kinds of means chosen"
    source = "Appel 1979; simple (sma), exponential (ema) or weighted (wma) means, which begin on one bar."
    formula = (
        "value = mean(price, fast) - mean(price, slow)\n"
        "signal = mean(value, signal)\n"
        "histogram = value - signal\n"
        "each mean is of the kind that its parameter says"
    )
    outputs = ("value", "signal", "histogram")
    styles = {"histogram": "histogram"}
    nan = "stays"
    levels = (0.0,)
    fast = bars(12, "Bars of the fast mean.")
    slow = bars(26, "Bars of the slow mean.")
    signal = bars(9, "Bars of the mean of the line.")
    fast_average = _kind("Kind of the fast mean.")
    slow_average = _kind("Kind of the slow mean.")
    signal_average = _kind("Kind of the mean of the line.")
    talib = (
        Peer("MACDEXT"),
        Peer("MACDEXT", {"fast_average": "ema", "slow_average": "ema", "signal_average": "ema"},
             {"fastmatype": 1, "slowmatype": 1, "signalmatype": 1}),
        Peer("MACDEXT", {"fast_average": "wma", "slow_average": "wma", "signal_average": "wma"},
             {"fastmatype": 2, "slowmatype": 2, "signalmatype": 2}),
    )  # fmt: skip

    def kernel(self) -> Callable[..., None]:
        return kernel.macd

    def constants(self) -> tuple[float, ...]:
        kinds = self.fast_average, self.slow_average, self.signal_average
        return self.fast, self.slow, self.signal, *(_KINDS[kind] for kind in kinds)

    def state_size(self) -> int:
        return 9 + self.signal

    @property
    def lookback(self) -> int:
        return max(self.fast, self.slow)

    @property
    def warmup(self) -> int:
        return max(self.fast, self.slow) + self.signal - 2


@indicators.register("mavp")
class Mavp(PriceIndicator):
    """The mean of as many of the last prices as a column says on that bar, kept between ``least`` and ``most``."""

    title = "Moving average with a variable window"
    source = "Arithmetic mean; parts of a bar in the window do not count; known once there are ``most`` bars."
    formula = "sum(price, n) / n, n = min(max(windows, least), most)"
    inputs = ("price", "windows")
    overlay = True
    windows = param.String("volume", doc="Column that says how many bars are averaged.")
    least = param.Integer(2, bounds=(1, 100_000), doc="Fewest bars that are averaged.")
    most = param.Integer(30, bounds=(1, 100_000), doc="Most bars that are averaged.")
    talib = (Peer("MAVP", {"windows": "periods"}, {"minperiod": 2, "maxperiod": 30}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.varied

    @property
    def reads(self) -> tuple[str, ...]:
        return self.price, self.windows

    def constants(self) -> tuple[float, ...]:
        return min(self.least, self.most), self.most

    @property
    def lookback(self) -> int:
        return self.most - 1

    @property
    def warmup(self) -> int:
        return self.most - 1


@indicators.register("ac")
class Accelerator(PriceIndicator):
    """The awesome oscillator less its mean of ``signal`` bars: whether momentum itself rises or falls."""

    title = "Accelerator oscillator"
    source = "Bill Williams, New Trading Dimensions, 1998: simple means over 5, 34 and 5 bars."
    formula = "line - sma(line, signal), line = sma(price, fast) - sma(price, slow)"
    levels, styles = (0.0,), {"value": "histogram"}
    nan = "stays"
    price = param.String("hl2", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    fast = bars(5, "Bars of the fast mean.")
    slow = bars(34, "Bars of the slow mean.")
    signal = bars(5, "Bars of the mean of the line.")
    talib = (Peer("AC", {}, {"fastperiod": 5, "slowperiod": 34, "signalperiod": 5}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.accelerator

    def constants(self) -> tuple[float, ...]:
        return self.fast, self.slow, self.signal

    def state_size(self) -> int:
        return 6 + self.signal

    @property
    def lookback(self) -> int:
        return max(self.fast, self.slow)

    @property
    def warmup(self) -> int:
        return max(self.fast, self.slow) + self.signal - 2


@indicators.register("kdj")
class Kdj(Indicator):
    """Where the close stands in its range, smoothed (k), smoothed again (d), and how far k leads: j = 3 k - 2 d."""

    title = "KDJ"
    source = "The stochastic of Lane with Wilder's means, as is usual in China; each begins with a simple mean."
    formula = (
        "k = smma(100 * (close - lowest(low, window)) / (highest(high, window) - lowest(low, window)), smooth)\n"
        "d = smma(k, signal)\n"
        "j = 3 * k - 2 * d"
    )
    inputs = ("high", "low", "close")
    outputs = ("k", "d", "j")
    scale, levels = "none", (20.0, 80.0)
    nan = "stays"
    window = bars(9, "Bars of the range.")
    smooth = bars(3, "Bars of the mean that is k.")
    signal = bars(3, "Bars of the mean of k that is d.")
    talib = (Peer("KDJ", {}, {"fastk_period": 9, "slowk_period": 3, "slowd_period": 3}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.kdj

    def constants(self) -> tuple[float, ...]:
        return self.window, self.smooth, self.signal

    def state_size(self) -> int:
        return 10

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window + self.smooth + self.signal - 3
