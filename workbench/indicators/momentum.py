"""Momentum: how far a price has come."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import momentum as kernel

_ROUNDING = "Percent of a ratio next to 1: the rounding of 100 is what differs, seen where the line crosses 0."
_EARLIER = "There the line is known before its signal; here all outputs begin on one bar."


def bars(default: int, doc: str, low: int = 1) -> param.Integer:
    """A number of bars."""
    return param.Integer(default, bounds=(low, 100_000), doc=doc)


class _Change(PriceIndicator):
    window = bars(10, "Bars between the two prices.")
    scale = "none"
    nan = "stays"
    levels = (0.0,)
    less, factor = 1.0, 1.0

    def kernel(self) -> Callable[..., None]:
        return kernel.ratio

    def constants(self) -> tuple[float, ...]:
        return self.window, self.less, self.factor

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("mom")
class Mom(_Change):
    """What the price has gained in ``window`` bars: price - price then."""

    title = "Momentum"
    source = "Difference of two prices."
    formula = "price - price[window]"
    scale = "price"
    talib = (Peer("MOM", {"window": 10}, {"timeperiod": 10}),)
    stock = (Peer("roc", {"window": 14}, outputs=("momentum",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.change


@indicators.register("roc")
class Roc(_Change):
    """What the price has gained in ``window`` bars, in percent: 100 (price / price then - 1)."""

    title = "Rate of change"
    source = "Percent of the price ``window`` bars ago; 0 where that is 0."
    formula = "100 * (price / price[window] - 1)"
    factor = 100.0
    talib = (Peer("ROC", {"window": 10}, {"timeperiod": 10}),)
    stock = (Peer("roc", {"window": 14}, outputs=("roc",)),)


@indicators.register("rocp")
class Rocp(_Change):
    """What the price has gained in ``window`` bars, as a part of it: price / price then - 1."""

    title = "Rate of change, as a part"
    source = "Part of the price ``window`` bars ago; 0 where that is 0."
    formula = "price / price[window] - 1"
    talib = (Peer("ROCP", {"window": 10}, {"timeperiod": 10}),)


@indicators.register("rocr")
class Rocr(_Change):
    """The price over the price ``window`` bars ago."""

    title = "Rate of change, as a ratio"
    source = "Ratio to the price ``window`` bars ago; 0 where that is 0."
    formula = "price / price[window]"
    less, levels = 0.0, (1.0,)
    talib = (Peer("ROCR", {"window": 10}, {"timeperiod": 10}),)


@indicators.register("rocr100")
class Rocr100(_Change):
    """The price in percent of the price ``window`` bars ago."""

    title = "Rate of change, as a ratio in percent"
    source = "Percent of the price ``window`` bars ago; 0 where that is 0."
    formula = "100 * price / price[window]"
    less, factor, levels = 0.0, 100.0, (100.0,)
    talib = (Peer("ROCR100", {"window": 10}, {"timeperiod": 10}),)


@indicators.register("roc_bands")
class RocBands(PriceIndicator):
    """Rate of change, its exponential mean, and bands at plus and minus its root mean square over ``band`` bars."""

    title = "Rate of change with bands"
    source = "Rate of change in percent; the mean begins with the mean of its first ``mean`` values; bands around 0."
    formula = (
        "value = 100 * (price / price[window] - 1)\n"
        "mean = ema(value, mean)\n"
        "upper = sqrt(sum(value^2, band) / band)\n"
        "lower = -upper"
    )
    outputs = ("value", "mean", "upper", "lower")
    nan = "stays"
    scale = "none"
    levels = (0.0,)
    styles = {"upper": "band", "lower": "band"}
    window = bars(20, "Bars between the two prices.")
    mean = bars(5, "Bars of the exponential mean.")
    band = bars(5, "Bars of the root mean square.")
    stock = (Peer("roc-wb", outputs=("roc", "rocEma", "upperBand", "lowerBand"), after=1, note=_EARLIER),)

    def kernel(self) -> Callable[..., None]:
        return kernel.roc_bands

    def constants(self) -> tuple[float, ...]:
        return self.window, self.mean, 2.0 / (self.mean + 1), self.band

    def state_size(self) -> int:
        return 2

    @property
    def lookback(self) -> int:
        return self.window + self.band

    @property
    def warmup(self) -> int:
        return self.window + max(self.mean, self.band) - 1


@indicators.register("trix")
class Trix(PriceIndicator):
    """Percent by which the threefold exponential mean of the price grew in one bar."""

    title = "Triple exponential rate of change"
    source = "Hutson 1983; each mean begins with the mean of the first values it is given, or all at once (``seed``)."
    formula = "100 * (e / e[1] - 1), e = ema(ema(ema(price, window), window), window)"
    scale, levels = "none", (0.0,)
    nan = "stays"
    window = bars(30, "Bars of each of the three means.")
    seed = param.Selector(
        default="each", objects=["each", "once"], doc="Whether each mean has a start of its own, or all take the first."
    )
    talib = (Peer("TRIX", {"window": 30}, {"timeperiod": 30}, tolerance=1e-8, note=_ROUNDING),)
    stock = (Peer("trix", {"window": 14, "seed": "once"}, outputs=("trix",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.trix

    def constants(self) -> tuple[float, ...]:
        return self.window, 2.0 / (self.window + 1), float(self.seed == "once")

    def state_size(self) -> int:
        return 3

    @property
    def warmup(self) -> int:
        return self.window if self.seed == "once" else 3 * self.window - 2


@indicators.register("bop")
class Bop(Indicator):
    """How much of a bar's range its body takes: (close - open) / (high - low), or the mean of that."""

    title = "Balance of power"
    source = "Livshin 2001; not smoothed unless ``window`` says so; 0 where high is low."
    formula = "sma((close - open) / (high - low), window)"
    inputs = ("open", "high", "low", "close")
    nan = "shows"
    scale, levels = "none", (0.0,)
    window = bars(1, "Bars of the simple mean; 1 for none.")
    talib = (Peer("BOP"),)
    stock = (Peer("bop", {"window": 14}, outputs=("bop",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.bop

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


class _Dpo(_Change):
    scale = "price"
    window = bars(20, "Bars of the simple mean.")

    def kernel(self) -> Callable[..., None]:
        return kernel.dpo

    @property
    def shift(self) -> int:
        return self.window // 2 + 1

    def constants(self) -> tuple[float, ...]:
        return self.window, self.shift, float(not self.causal)

    def state_size(self) -> int:
        return self.shift + 2


@indicators.register("dpo")
class Dpo(_Dpo):
    """The price minus its simple mean of ``window / 2 + 1`` bars ago."""

    nan = "stays"
    title = "Detrended price oscillator"
    source = (
        "Not centred: an earlier mean is taken off today's price, or today's mean off an earlier price (``earlier``)."
    )
    formula = (
        "price - sma(price, window)[floor(window / 2) + 1]\n"
        "with earlier=price: price[floor(window / 2) + 1] - sma(price, window)"
    )
    earlier = param.Selector(
        default="mean", objects=["mean", "price"], doc="Which of the two is that of ``window / 2 + 1`` bars ago."
    )
    talib = (Peer("DPO", {"earlier": "price"}, {"timeperiod": 20}),)

    def constants(self) -> tuple[float, ...]:
        return *super().constants(), float(self.earlier == "price")

    @property
    def lookback(self) -> int:
        return max(self.window, self.shift)

    @property
    def warmup(self) -> int:
        return self.window - 1 + self.shift if self.earlier == "mean" else max(self.window - 1, self.shift)


@indicators.register("dpo_centred")
class DpoCentred(_Dpo):
    """The price minus its simple mean of ``window / 2 + 1`` bars later, which is known only then."""

    nan = "asked"
    title = "Detrended price oscillator, centred"
    source = "The form that looks for cycles in the past: it needs ``window / 2 + 1`` later bars."
    formula = "price - sma(price, window) as it will be floor(window / 2) + 1 bars later"
    causal, sparse = False, ("value",)
    stock = (Peer("dpo", {"window": 14}, outputs=("dpo",)),)

    @property
    def warmup(self) -> int:
        return max(0, self.window - 1 - self.shift)


class _Twice(PriceIndicator):
    outputs = ("value", "signal")
    nan = "stays"
    scale, levels = "none", (0.0,)
    #: Weights are 2 over bars plus this.
    more = 1

    def constants(self) -> tuple[float, ...]:
        first, second = 2.0 / (self.slow + self.more), 2.0 / (self.fast + self.more)
        return self.slow, self.fast, self.signal, min(1.0, first), min(1.0, second), 2.0 / (self.signal + 1)

    def state_size(self) -> int:
        return 7

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return self.slow + self.fast + self.signal - 2


@indicators.register("tsi")
class Tsi(_Twice):
    """The one-bar change, smoothed twice, in percent of its size smoothed likewise; and the signal."""

    title = "True strength index"
    source = "Blau 1991; each mean begins with the mean of its first values; 0 where nothing moved."
    formula = (
        "value = 100 * ema(ema(move, slow), fast) / ema(ema(abs(move), slow), fast), move = price - price[1]\n"
        "signal = ema(value, signal)"
    )
    levels = (-25.0, 25.0)
    slow = bars(25, "Bars of the first mean.")
    fast = bars(13, "Bars of the second mean.")
    signal = bars(7, "Bars of the mean of the line.")
    talib = (
        Peer("TSI", {}, {"firstperiod": 25, "secondperiod": 13}, outputs=("real", ""), after=1,
             note="Theirs is the line alone, known before our signal."),
    )  # fmt: skip
    stock = (Peer("tsi", outputs=("tsi", "signal"), after=1, note=_EARLIER),)

    def kernel(self) -> Callable[..., None]:
        return kernel.tsi


@indicators.register("pmo")
class Pmo(_Twice):
    """The one-bar rate of change, smoothed with weights 2 / ``slow`` and 2 / ``fast``, ten times; and the signal."""

    title = "Price momentum oscillator"
    source = "Swenlin, DecisionPoint; each mean begins with the mean of its first values."
    formula = (
        "value = value[1] + min(1, 2 / fast) * (10 * e - value[1])\n"
        "e = e[1] + min(1, 2 / slow) * (100 * (price / price[1] - 1) - e[1])\n"
        "signal = ema(value, signal)"
    )
    more = 0
    slow = bars(35, "Bars of the first mean.")
    fast = bars(20, "Bars of the second mean.")
    signal = bars(10, "Bars of the mean of the line.")
    stock = (Peer("pmo", outputs=("pmo", "signal"), after=1, note=_EARLIER),)

    def kernel(self) -> Callable[..., None]:
        return kernel.pmo
