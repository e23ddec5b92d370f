"""What is added up from the first bar on."""

from __future__ import annotations

from collections.abc import Callable

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import accumulation as kernel


@indicators.register("cumsum")
class CumulativeSum(PriceIndicator):
    """The sum of all values so far."""

    title = "Cumulative sum"
    source = "Running sum from the first bar on."
    formula = "value = value[1] + price"
    nan = "stays"
    talib = (Peer("CUMSUM"),)

    def kernel(self) -> Callable[..., None]:
        return kernel.running

    def state_size(self) -> int:
        return 2


@indicators.register("wad")
class WilliamsAccumulation(Indicator):
    """What closes gained from the true low on rising bars, less what they lost from the true high on falling ones."""

    title = "Williams accumulation/distribution"
    source = "Larry Williams, 1972; true high and low take in the close before; begins with 0; volume does not count."
    formula = (
        "value = value[1] + move\n"
        "move = close - min(low, close[1]) if close > close[1]\n"
        "move = close - max(high, close[1]) if close < close[1], else 0"
    )
    nan = "stays"
    inputs = ("high", "low", "close")
    talib = (Peer("WAD"),)

    def kernel(self) -> Callable[..., None]:
        return kernel.wad

    def state_size(self) -> int:
        return 2

    @property
    def lookback(self) -> int:
        return 1
