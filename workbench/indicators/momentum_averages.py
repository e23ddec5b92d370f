"""Momentum: how far two averages of a price are apart."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Peer, PriceIndicator, indicators
from workbench.indicators.momentum import _EARLIER, _ROUNDING, bars
from workbench.kernels.indicators import momentum as kernel


class _Averages(PriceIndicator):
    """Two exponential means of a price."""

    nan = "stays"
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
    formula = "value = ema(price, fast) - ema(price, slow)\nsignal = ema(value, signal)\nhistogram = value - signal"
    seed = param.Selector(default="together", objects=["own", "together"], doc=_Averages.param["seed"].doc)
    fixed = param.Boolean(False, doc="Weights 0.15 and 0.075, as first published, for 2 / 13 and 2 / 27.")
    talib = (
        Peer("MACD", {}, {"fastperiod": 12, "slowperiod": 26, "signalperiod": 9}),
        Peer("MACDFIX", {"fixed": True}, {"signalperiod": 9}),
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
    formula = (
        "value = 100 * (ema(price, fast) / ema(price, slow) - 1)\n"
        "signal = ema(value, signal)\n"
        "histogram = value - signal"
    )
    scale, percent = "none", 1.0
    price = param.String("volume", doc="Column that is read.")
    talib = (
        Peer("PVO", {}, {"fastperiod": 12, "slowperiod": 26, "matype": 1}, outputs=("real", "", ""), after=1,
             note="Theirs is the line alone, known before our signal."),
    )  # fmt: skip
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
    wide = {"tolerance": 1e-8, "note": _ROUNDING} if name == "PPO" else {}
    return Peer(name, {}, {**given, "matype": 1}, **wide), simple


@indicators.register("apo")
class Apo(_AnyAverages):
    """Fast minus slow mean of the price."""

    title = "Absolute price oscillator"
    source = (
        "Difference of two means, exponential unless ``average`` says otherwise; each begins on its own (``seed``)."
    )
    formula = "ema(price, fast) - ema(price, slow), or sma(price, fast) - sma(price, slow)"
    talib = _peers("APO")


@indicators.register("ppo")
class Ppo(_AnyAverages):
    """Fast minus slow mean of the price, in percent of the slow one."""

    title = "Percentage price oscillator"
    source = "Appel; exponential means unless ``average`` says otherwise; 0 where the slow mean is 0."
    formula = "100 * (ema(price, fast) / ema(price, slow) - 1), or with sma for ema"
    scale, percent = "none", 1.0
    talib = _peers("PPO")


@indicators.register("awesome")
class Awesome(PriceIndicator):
    """Mean of the last ``fast`` mid prices minus that of the last ``slow``."""

    nan = "stays"
    title = "Awesome oscillator"
    source = "Williams 1998: simple means of (high + low) / 2 over 5 and 34 bars."
    formula = "sma(price, fast) - sma(price, slow)"
    levels, styles = (0.0,), {"value": "histogram"}
    price = param.String("hl2", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    fast = bars(5, "Bars of the fast mean.")
    slow = bars(34, "Bars of the slow mean.")
    talib = (Peer("AO", {}, {"fastperiod": 5, "slowperiod": 34}),)
    stock = (Peer("awesome", outputs=("oscillator",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.means_apart

    def constants(self) -> tuple[float, ...]:
        return self.fast, self.slow

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return max(self.fast, self.slow)

    @property
    def warmup(self) -> int:
        return max(self.fast, self.slow) - 1
