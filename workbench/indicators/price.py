"""Prices made of the parts of one bar."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import price as kernel


@indicators.register("barpart")
class Barpart(PriceIndicator):
    """One part of the bar, or a mean of several, as a line."""

    title = "Bar part"
    source = "The column itself, or the arithmetic mean of the parts that the name of the price says."
    formula = "price"
    overlay = True
    nan = "shows"
    price = param.String("hl2", doc="Column that is shown, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    stock = (Peer("barpart", {"price": "close"}, outputs=("value",)),)

    def kernel(self) -> Callable[..., None]:
        return kernel.same


@indicators.register("avgprice")
class AvgPrice(Indicator):
    """(open + high + low + close) / 4."""

    title = "Average price"
    source = "Arithmetic mean of the four prices of a bar."
    formula = "(open + high + low + close) / 4"
    inputs = ("open", "high", "low", "close")
    nan = "stays"
    overlay = True
    talib = (Peer("AVGPRICE"),)

    def kernel(self) -> Callable[..., None]:
        return kernel.four


@indicators.register("medprice")
class MedPrice(Indicator):
    """(high + low) / 2."""

    title = "Median price"
    source = "Middle of the range of a bar."
    formula = "(high + low) / 2"
    inputs = ("high", "low")
    nan = "stays"
    overlay = True
    talib = (Peer("MEDPRICE"),)

    def kernel(self) -> Callable[..., None]:
        return kernel.two


@indicators.register("typprice")
class TypPrice(Indicator):
    """(high + low + close) / 3."""

    title = "Typical price"
    source = "Arithmetic mean of high, low and close of a bar."
    formula = "(high + low + close) / 3"
    inputs = ("high", "low", "close")
    nan = "stays"
    overlay = True
    talib = (Peer("TYPPRICE"),)

    def kernel(self) -> Callable[..., None]:
        return kernel.three


@indicators.register("wclprice")
class WclPrice(Indicator):
    """(high + low + 2 close) / 4."""

    title = "Weighted close price"
    source = "Mean of high, low and close of a bar, the close counted twice."
    formula = "(high + low + 2 * close) / 4"
    inputs = ("high", "low", "close")
    nan = "stays"
    overlay = True
    talib = (Peer("WCLPRICE"),)

    def kernel(self) -> Callable[..., None]:
        return kernel.three_weighted
