"""How far prices range: the true range and its mean."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, indicators
from workbench.kernels.indicators import ranges as kernel


class RangeIndicator(Indicator):
    """An indicator of high, low and close that looks at the close before."""

    inputs = ("high", "low", "close")

    @property
    def lookback(self) -> int:
        return 1


@indicators.register("tr")
class TrueRange(RangeIndicator):
    """The span of a bar, the close before it included: max(high, close before) - min(low, close before)."""

    nan = "shows"
    title = "True range"
    source = "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; not known for the first bar."
    formula = "max(high, close[1]) - min(low, close[1])"
    talib = (Peer("TRANGE"),)
    stock = (Peer("tr", outputs=("tr",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.tr

    @property
    def warmup(self) -> int:
        return 1


class _Mean(RangeIndicator):
    nan = "stays"
    window = param.Integer(14, bounds=(1, 100_000), doc="Bars of the mean.")

    def constants(self) -> tuple[float, ...]:
        return self.window, 1.0 / self.window

    def state_size(self) -> int:
        return 3

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("atr")
class AverageTrueRange(_Mean):
    """What a bar ranges on average: the true range, smoothed with weight 1 / window."""

    title = "Average true range"
    source = (
        "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; begins with the mean of the first "
        "``window`` true ranges, the first of them that of the second bar."
    )
    formula = "smma(max(high, close[1]) - min(low, close[1]), window)"
    talib = (Peer("ATR"), Peer("ATR", {"window": 5}, {"timeperiod": 5}))
    stock = (Peer("atr", outputs=("atr",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.atr


@indicators.register("natr")
class NormalizedAverageTrueRange(_Mean):
    """What a bar ranges on average, in percent of its close: 100 atr / close."""

    title = "Normalized average true range"
    source = (
        "John Forman, Cross-market evaluations with normalized average true range, 2006; the mean as in Wilder 1978, "
        "begun with the mean of the first ``window`` true ranges; 0 where the close is 0."
    )
    formula = "100 * atr(window) / close"
    scale = "none"
    talib = (Peer("NATR"),)
    stock = (Peer("atr", outputs=("atrp",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.natr
