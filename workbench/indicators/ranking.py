"""Places of values in the order of their size: percentiles, and the bars of the extremes."""

from __future__ import annotations

import math

import param

from workbench.indicators.base import Peer, indicators
from workbench.indicators.statistics import _Window
from workbench.kernels.indicators import ranking as kernel


@indicators.register("percentile")
class Percentile(_Window):
    """The price that ``percent`` % of the last ``window`` prices are not above: 50 is the (lower) median."""

    title = "Percentile"
    source = "Nearest rank: the least of the window's prices that so many are not above; nothing between two prices."
    formula = "number ceil(percent / 100 * window) of the last window prices in ascending order, counted from 1"
    overlay = True
    window = param.Integer(30, bounds=(1, 100_000), doc="Bars that are looked at.")
    percent = param.Number(50.0, bounds=(0, 100), doc="Percent of the window's prices that are not above.")
    talib = (
        Peer("PERCENTILE", {}, {"timeperiod": 30, "percentile": 50.0}),
        Peer("PERCENTILE", {"window": 13, "percent": 90.0}, {"timeperiod": 13, "percentile": 90.0}),
    )
    loop = kernel.percentile

    def constants(self) -> tuple[float, ...]:
        # The rounding of percent / 100 must not make a rank of it: 7.000000000000001 is 7.
        return self.window, max(0, math.ceil(self.percent / 100 * self.window - 1e-9) - 1)

    def state_size(self) -> int:
        return self.window


@indicators.register("minmaxindex")
class MinMaxIndex(_Window):
    """The bars of the lowest and of the highest of the last ``window`` prices, counted from 0."""

    title = "Bars of the lowest and the highest value"
    source = "Of several it is the newest if it came in as an equal, and the oldest when the extreme left the window."
    formula = (
        "min = number of the bar of lowest(price, window), the first bar being 0\n"
        "max = number of the bar of highest(price, window)"
    )
    outputs = ("min", "max")
    scale = "none"
    size = 2
    window = param.Integer(30, bounds=(2, 100_000), doc="Bars that are looked at.")
    talib = (Peer("MINMAXINDEX", {}, {"timeperiod": 30}, after=1, note="Theirs has zeros where it is not known yet."),)
    loop = kernel.both_at

    def constants(self) -> tuple[float, ...]:
        return (self.window,)
