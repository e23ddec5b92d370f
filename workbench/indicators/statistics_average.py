"""How well a mean stands for what it was taken of."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Peer, PriceIndicator, indicators
from workbench.kernels.indicators import statistics_average as kernel


@indicators.register("sma_analysis")
class SmaAnalysis(PriceIndicator):
    """The mean of the last ``window`` prices, and how far they are from it.

    ``mad`` is the mean absolute distance, ``mse`` the mean squared one, ``mape`` the mean of the absolute ones as a
    part of their price (a price of 0 counts as 0).
    """

    title = "Simple moving average, analysis"
    source = "Mean absolute deviation, mean squared error and mean absolute percentage error (a fraction) of a mean."
    formula = (
        "sma = sum(price, window) / window\n"
        "mad = sum(abs(price - sma)) / window over the last window bars\n"
        "mse = sum((price - sma)^2) / window\n"
        "mape = sum(abs(price - sma) / abs(price)) / window"
    )
    outputs = ("sma", "mad", "mse", "mape")
    scale = "other"
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars that are averaged.")
    stock = (Peer("sma-analysis", outputs=("sma", "mad", "mse", "mape")),)

    def kernel(self) -> Callable[..., None]:
        return kernel.sma_analysis

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    @property
    def lookback(self) -> int:
        return self.window - 1

    @property
    def warmup(self) -> int:
        return self.window - 1
