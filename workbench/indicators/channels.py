"""Channels about straight lines."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Peer, PriceIndicator, indicators
from workbench.kernels.indicators import channels as kernel


@indicators.register("regression_channel")
class RegressionChannel(PriceIndicator):
    """Where the least-squares line through the last ``window`` prices ends, and standard errors above and below it.

    It is drawn anew for each bar from the bars up to it.
    """

    title = "Linear regression channel"
    source = (
        "Least squares with the bars as abscissa; standard error of the estimate, with window - 2 degrees of freedom, "
        "as in the bands of Jon Andersen (Stocks & Commodities 1996), without their smoothing."
    )
    formula = (
        "upper = middle + errors * sqrt(sum((price - line)^2) / (window - 2)) over the last window bars\n"
        "middle = end of line, the least-squares line through price over the last window bars\n"
        "lower = middle - errors * sqrt(sum((price - line)^2) / (window - 2))"
    )
    outputs = ("upper", "middle", "lower")
    overlay = True
    window = param.Integer(100, bounds=(3, 100_000), doc="Bars that the line is fitted to.")
    errors = param.Number(2.0, bounds=(0.0, 1000.0), doc="Standard errors from the line to the channel.")

    def kernel(self) -> Callable[..., None]:
        return kernel.regression_channel

    def constants(self) -> tuple[float, ...]:
        return self.window, self.errors

    def state_size(self) -> int:
        return 4

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("stdev_channels")
class StdevChannels(PriceIndicator):
    """Least-squares lines through stretches of ``window`` bars, with standard deviations of the prices about them.

    Stretches are counted back from the last bar, so every new bar moves them all: nothing to trade by. ``begin`` is 1
    on the first bar of a stretch, else 0. The bars that are left over before the first one have no channel.
    ``regression_channel`` is its twin that knows no later bar.
    """

    title = "Standard deviation channels"
    source = "Least squares with the bars as abscissa; deviation of the population of the prices, not of the residuals."
    formula = (
        "upper = middle + deviations * stddev(price) of the stretch\n"
        "middle = the least-squares line through price over the stretch\n"
        "lower = middle - deviations * stddev(price) of the stretch\n"
        "begin = 1 on the first bar of a stretch, else 0"
    )
    outputs = ("upper", "middle", "lower", "begin")
    styles = {"begin": "none"}
    sparse = outputs
    scale = "other"
    overlay = True
    causal = False
    window = param.Integer(20, bounds=(2, 100_000), doc="Bars of a stretch.")
    deviations = param.Number(2.0, bounds=(0.0, 1000.0), doc="Standard deviations from the line to the channel.")
    stock = (Peer("stdev-channels", outputs=("upperChannel", "centerline", "lowerChannel", "")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.stdev_channels

    def constants(self) -> tuple[float, ...]:
        return self.window, self.deviations
