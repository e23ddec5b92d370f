"""Highest, lowest, and sum of the last values of a column."""

from __future__ import annotations

import param

from workbench.indicators.base import Peer, indicators
from workbench.indicators.statistics import _Window
from workbench.kernels.indicators import statistics_range as kernel

_ZEROS = "Theirs has zeros where it is not known yet."


class _Range(_Window):
    nan = "shows"
    size = 2
    overlay = True
    window = param.Integer(30, bounds=(1, 100_000), doc="Bars that are looked at.")

    def constants(self) -> tuple[float, ...]:
        return (self.window,)


@indicators.register("max")
class Max(_Range):
    """The highest of the last ``window`` prices."""

    title = "Highest value"
    source = "Maximum of the window, the current bar included."
    formula = "highest(price, window)"
    talib = (Peer("MAX", {"window": 30}, {"timeperiod": 30}),)
    loop = kernel.highest


@indicators.register("min")
class Min(_Range):
    """The lowest of the last ``window`` prices."""

    title = "Lowest value"
    source = "Minimum of the window, the current bar included."
    formula = "lowest(price, window)"
    talib = (Peer("MIN", {"window": 30}, {"timeperiod": 30}),)
    loop = kernel.lowest


@indicators.register("minmax")
class MinMax(_Range):
    """The lowest and the highest of the last ``window`` prices."""

    title = "Lowest and highest value"
    source = "Minimum and maximum of the window, the current bar included."
    formula = "min = lowest(price, window)\nmax = highest(price, window)"
    outputs = ("min", "max")
    size = 4
    talib = (Peer("MINMAX", {"window": 30}, {"timeperiod": 30}),)
    loop = kernel.both


@indicators.register("maxindex")
class MaxIndex(_Range):
    """The bar of the highest of the last ``window`` prices, counted from 0."""

    title = "Bar of the highest value"
    source = "Of several it is the newest if it came in as an equal, and the oldest when the highest left the window."
    formula = "number of the bar of highest(price, window), the first bar being 0"
    overlay = False
    scale = "none"
    window = param.Integer(30, bounds=(2, 100_000), doc="Bars that are looked at.")
    talib = (Peer("MAXINDEX", {"window": 30}, {"timeperiod": 30}, after=1, note=_ZEROS),)
    size = 1
    loop = kernel.highest_at


@indicators.register("minindex")
class MinIndex(_Range):
    """The bar of the lowest of the last ``window`` prices, counted from 0."""

    title = "Bar of the lowest value"
    source = "Of several it is the newest if it came in as an equal, and the oldest when the lowest left the window."
    formula = "number of the bar of lowest(price, window), the first bar being 0"
    overlay = False
    scale = "none"
    window = param.Integer(30, bounds=(2, 100_000), doc="Bars that are looked at.")
    talib = (Peer("MININDEX", {"window": 30}, {"timeperiod": 30}, after=1, note=_ZEROS),)
    size = 1
    loop = kernel.lowest_at


@indicators.register("sum")
class Sum(_Range):
    """The sum of the last ``window`` values."""

    nan = "stays"
    title = "Sum"
    source = "Sum of the window, the current bar included."
    formula = "price + price[1] + ... + price[window - 1]"
    overlay = False
    talib = (Peer("SUM", {"window": 30}, {"timeperiod": 30}),)
    size = 1
    loop = kernel.total
