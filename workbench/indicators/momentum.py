"""Momentum: how far a price has come, and how far its averages are apart."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import momentum as kernel

_EARLIER = "There the line is known before its signal; here all outputs begin on one bar."
_ROUNDING = "The last digit of a mean of prices, seen where the line crosses 0; all else is within 1e-9."


def bars(default: int, doc: str, low: int = 1) -> param.Integer:
    """A number of bars."""
    return param.Integer(default, bounds=(low, 100_000), doc=doc)


class _Change(PriceIndicator):
    window = bars(10, "Bars between the two prices.")
    scale = "none"
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
    factor = 100.0
    talib = (Peer("ROC", {"window": 10}, {"timeperiod": 10}),)
    stock = (Peer("roc", {"window": 14}, outputs=("roc",)),)


@indicators.register("rocp")
class Rocp(_Change):
    """What the price has gained in ``window`` bars, as a part of it: price / price then - 1."""

    title = "Rate of change, as a part"
    source = "Part of the price ``window`` bars ago; 0 where that is 0."
    talib = (Peer("ROCP", {"window": 10}, {"timeperiod": 10}),)


@indicators.register("rocr")
class Rocr(_Change):
    """The price over the price ``window`` bars ago."""

    title = "Rate of change, as a ratio"
    source = "Ratio to the price ``window`` bars ago; 0 where that is 0."
    less, levels = 0.0, (1.0,)
    talib = (Peer("ROCR", {"window": 10}, {"timeperiod": 10}),)


@indicators.register("rocr100")
class Rocr100(_Change):
    """The price in percent of the price ``window`` bars ago."""

    title = "Rate of change, as a ratio in percent"
    source = "Percent of the price ``window`` bars ago; 0 where that is 0."
    less, factor, levels = 0.0, 100.0, (100.0,)
    talib = (Peer("ROCR100", {"window": 10}, {"timeperiod": 10}),)


@indicators.register("roc_bands")
class RocBands(PriceIndicator):
    """Rate of change, its exponential mean, and bands at plus and minus its root mean square over ``band`` bars."""

    title = "Rate of change with bands"
    source = "Rate of change in percent; the mean begins with the mean of its first ``mean`` values; bands around 0."
    outputs = ("value", "mean", "upper", "lower")
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


class _Averages(PriceIndicator):
    """Two exponential means of a price."""

    fast = bars(12, "Bars of the fast mean.")
    slow = bars(26, "Bars of the slow mean.")
    seed = param.Selector(
        default="own",
        objects=["own", "together"],
        doc="Bars a mean begins with: the first ones (own), or its last ones when the slower is known (together).",
    )
    levels = (0.0,)
    percent = 0.0

    def kernel(self) -> Callable[..., None]:
        return kernel.ema_spread

    def weights(self) -> tuple[float, float]:
        return 2.0 / (self.fast + 1), 2.0 / (self.slow + 1)

    def constants(self) -> tuple[float, ...]:
        most = max(self.fast, self.slow) if self.seed == "together" else 0
        first = (max(0, most - self.fast), max(0, most - self.slow))
        return (self.fast, self.slow, *self.weights(), *first, self.percent)

    def state_size(self) -> int:
        return 3

    @property
    def warmup(self) -> int:
        return max(self.fast, self.slow) - 1


class _Signalled(_Averages):
    outputs = ("value", "signal", "histogram")
    styles = {"histogram": "histogram"}
    signal = bars(9, "Bars of the mean of the line.")

    def kernel(self) -> Callable[..., None]:
        return kernel.macd

    def constants(self) -> tuple[float, ...]:
        return (*super().constants(), self.signal, 2.0 / (self.signal + 1))

    @property
    def warmup(self) -> int:
        return super().warmup + self.signal - 1


@indicators.register("macd")
class Macd(_Signalled):
    """Fast minus slow exponential mean, the exponential mean of that (signal), and what lies between them."""

    title = "Moving average convergence divergence"
    source = "Appel 1979. All outputs begin with the signal; both means begin on one bar (``seed``)."
    seed = param.Selector(default="together", objects=["own", "together"], doc=_Averages.param["seed"].doc)
    fixed = param.Boolean(False, doc="Weights 0.15 and 0.075, as first published, for 2 / 13 and 2 / 27.")
    talib = (
        Peer("MACD", {}, {"fastperiod": 12, "slowperiod": 26, "signalperiod": 9}),
        Peer("MACDFIX", {"fixed": True}, {"signalperiod": 9}, tolerance=1e-7, note=_ROUNDING),
    )
    stock = (Peer("macd", {"seed": "own"}, outputs=("macd", "signal", "histogram"), after=1, note=_EARLIER),)

    def weights(self) -> tuple[float, float]:
        """Those of the means, or the fixed ones."""
        return (0.15, 0.075) if self.fixed else super().weights()


@indicators.register("pvo")
class Pvo(_Signalled):
    """The ``ppo`` of volume, with its signal."""

    title = "Percentage volume oscillator"
    source = "Appel's formula on volume; all outputs begin with the signal; 0 where the slow mean is 0."
    scale, percent = "none", 1.0
    price = param.String("volume", doc="Column that is read.")
    stock = (Peer("pvo", outputs=("pvo", "signal", "histogram"), after=1, note=_EARLIER),)


class _AnyAverages(_Averages):
    average = param.Selector(default="ema", objects=["ema", "sma"], doc="Exponential or simple means.")

    def kernel(self) -> Callable[..., None]:
        return kernel.ema_spread if self.average == "ema" else kernel.sma_spread

    def constants(self) -> tuple[float, ...]:
        return super().constants() if self.average == "ema" else (self.fast, self.slow, self.percent)

    @property
    def lookback(self) -> int:
        return max(self.fast, self.slow)


def _peers(name: str) -> tuple[Peer, ...]:
    given = {"fastperiod": 12, "slowperiod": 26}
    simple = Peer(name, {"average": "sma"}, {**given, "matype": 0})
    return Peer(name, {}, {**given, "matype": 1}, tolerance=1e-7, note=_ROUNDING), simple


@indicators.register("apo")
class Apo(_AnyAverages):
    """Fast minus slow mean of the price."""

    title = "Absolute price oscillator"
    source = (
        "Difference of two means, exponential unless ``average`` says otherwise; each begins on its own (``seed``)."
    )
    talib = _peers("APO")


@indicators.register("ppo")
class Ppo(_AnyAverages):
    """Fast minus slow mean of the price, in percent of the slow one."""

    title = "Percentage price oscillator"
    source = "Appel; exponential means unless ``average`` says otherwise; 0 where the slow mean is 0."
    scale, percent = "none", 1.0
    talib = _peers("PPO")


@indicators.register("awesome")
class Awesome(PriceIndicator):
    """Mean of the last ``fast`` mid prices minus that of the last ``slow``."""

    title = "Awesome oscillator"
    source = "Williams 1998: simple means of (high + low) / 2 over 5 and 34 bars."
    levels, styles = (0.0,), {"value": "histogram"}
    price = param.String("hl2", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    fast = bars(5, "Bars of the fast mean.")
    slow = bars(34, "Bars of the slow mean.")
    stock = (Peer("awesome", outputs=("oscillator",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.sma_spread

    def constants(self) -> tuple[float, ...]:
        return self.fast, self.slow, 0.0

    def state_size(self) -> int:
        return 2

    @property
    def lookback(self) -> int:
        return self.warmup

    @property
    def warmup(self) -> int:
        return max(self.fast, self.slow) - 1


@indicators.register("trix")
class Trix(PriceIndicator):
    """Percent by which the threefold exponential mean of the price grew in one bar."""

    title = "Triple exponential rate of change"
    source = "Hutson 1983; each mean begins with the mean of the first values it is given, or all at once (``seed``)."
    scale, levels = "none", (0.0,)
    window = bars(30, "Bars of each of the three means.")
    seed = param.Selector(
        default="each", objects=["each", "once"], doc="Whether each mean has a start of its own, or all take the first."
    )
    talib = (Peer("TRIX", {"window": 30}, {"timeperiod": 30}),)
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
    inputs = ("open", "high", "low", "close")
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

    title = "Detrended price oscillator"
    source = "The form that is not centred: the mean of earlier bars is taken off today's price."

    @property
    def warmup(self) -> int:
        return self.window - 1 + self.shift


@indicators.register("dpo_centred")
class DpoCentred(_Dpo):
    """The price minus its simple mean of ``window / 2 + 1`` bars later, which is known only then."""

    title = "Detrended price oscillator, centred"
    source = "The form that looks for cycles in the past: it needs ``window / 2 + 1`` later bars."
    causal, sparse = False, ("value",)
    stock = (Peer("dpo", {"window": 14}, outputs=("dpo",)),)

    @property
    def warmup(self) -> int:
        return max(0, self.window - 1 - self.shift)


class _Twice(PriceIndicator):
    outputs = ("value", "signal")
    scale, levels = "none", (0.0,)
    #: Weights are 2 over bars plus this.
    more = 1

    def constants(self) -> tuple[float, ...]:
        first, second = 2.0 / (self.slow + self.more), 2.0 / (self.fast + self.more)
        return self.slow, self.fast, self.signal, min(1.0, first), min(1.0, second), 2.0 / (self.signal + 1)

    def state_size(self) -> int:
        return 5

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
    levels = (-25.0, 25.0)
    slow = bars(25, "Bars of the first mean.")
    fast = bars(13, "Bars of the second mean.")
    signal = bars(7, "Bars of the mean of the line.")
    stock = (Peer("tsi", outputs=("tsi", "signal"), after=1, note=_EARLIER),)

    def kernel(self) -> Callable[..., None]:
        return kernel.tsi


@indicators.register("pmo")
class Pmo(_Twice):
    """The one-bar rate of change, smoothed with weights 2 / ``slow`` and 2 / ``fast``, ten times; and the signal."""

    title = "Price momentum oscillator"
    source = "Swenlin, DecisionPoint; each mean begins with the mean of its first values."
    more = 0
    slow = bars(35, "Bars of the first mean.")
    fast = bars(20, "Bars of the second mean.")
    signal = bars(10, "Bars of the mean of the line.")
    stock = (Peer("pmo", outputs=("pmo", "signal"), after=1, note=_EARLIER),)

    def kernel(self) -> Callable[..., None]:
        return kernel.pmo
