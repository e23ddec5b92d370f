"""What two columns of the bars have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import param

from workbench.indicators.base import Indicator, Peer, indicators
from workbench.kernels.indicators import statistics_pairs as kernel


class _Pair(Indicator):
    inputs = ("x", "y")
    scale = "none"
    levels = (0.0, 1.0)
    loop: ClassVar[Callable[..., None]]
    x = param.String("high", doc="Column of the first of the two, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    y = param.String("low", doc="Column of the second of the two, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    window = param.Integer(30, bounds=(2, 100_000), doc="Bars that are looked at.")

    def kernel(self) -> Callable[..., None]:
        return type(self).loop

    @property
    def reads(self) -> tuple[str, ...]:
        return self.x, self.y

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    def state_size(self) -> int:
        return 7

    @property
    def lookback(self) -> int:
        return self.window + 1

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("correl")
class Correl(_Pair):
    """How far two columns move together: 1 on a rising line, -1 on a falling one."""

    title = "Correlation"
    source = "Pearson's coefficient of correlation; 0 where one of the two stands still."
    formula = (
        "sum((x - mx) * (y - my)) / sqrt(sum((x - mx)^2) * sum((y - my)^2)) over the last window bars\n"
        "mx = sma(x, window), my = sma(y, window)"
    )
    talib = (Peer("CORREL", {"window": 30}, {"timeperiod": 30}),)
    stock = (
        Peer("corr", {"y": "other", "x": "close", "window": 20}, outputs=("correlation",), tolerance=1e-8,
             note="Their sums of squares of whole prices lose digits; ours are of distances from a price near by."),
    )  # fmt: skip
    loop = kernel.correlation


@indicators.register("beta")
class Beta(_Pair):
    """How much the relative changes of ``y`` rise for each of ``x``, by least squares over ``window`` changes."""

    title = "Beta"
    source = "Slope of the regression of the changes of y on those of x, bar by bar; 0 where x stands still."
    formula = (
        "sum((u - mu) * (v - mv)) / sum((u - mu)^2) over the last window bars\n"
        "u = x / x[1] - 1, v = y / y[1] - 1, mu = sma(u, window), mv = sma(v, window)"
    )
    window = param.Integer(5, bounds=(2, 100_000), doc="Changes that are looked at.")
    talib = (Peer("BETA", {"window": 5}, {"timeperiod": 5}),)
    stock = (Peer("beta", {"x": "close", "y": "other", "window": 50}, outputs=("beta",)),)
    loop = kernel.beta

    @property
    def warmup(self) -> int:
        return self.window
