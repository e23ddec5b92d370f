"""Directional movement: which way prices go, and how clearly."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, indicators
from workbench.kernels.indicators import directional as kernel

_WILDER = (
    "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; sums lose 1 / window a bar. "
    "``seed`` says how many moves the first sum is of."
)


class _Directional(Indicator):
    window = param.Integer(14, bounds=(2, 100_000), doc="Bars of Wilder's sums.")
    seed = param.Selector(
        default="short", objects=["short", "full"], doc="First sums: of window - 1 moves (short), or of window (full)."
    )
    inputs = ("high", "low", "close")
    source = _WILDER
    scale = "none"

    def kernel(self) -> Callable[..., None]:
        return getattr(kernel, self.plugin_name)

    def constants(self) -> tuple[float, ...]:
        return self.window, 1.0 - 1.0 / self.window, float(self.seed == "full")

    def state_size(self) -> int:
        return 3

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return self.window


class _Move(_Directional):
    inputs = ("high", "low")
    scale = "price"

    @property
    def warmup(self) -> int:
        return self.window - (self.seed == "short")


def _talib(name: str) -> tuple[Peer, ...]:
    return (Peer(name), Peer(name, {"window": 5}, {"timeperiod": 5}))


def _stock(column: str) -> tuple[Peer, ...]:
    return (Peer("adx", {"seed": "full"}, outputs=(column,)),)


@indicators.register("plus_dm")
class PlusDirectionalMovement(_Move):
    """How far highs rise: Wilder's sum of high - high before, on bars where lows fall less than that."""

    title = "Plus directional movement"
    formula = (
        "value = value[1] - value[1] / window + move\n"
        "move = high - high[1] if that is above 0 and above low[1] - low, else 0"
    )
    talib = _talib("PLUS_DM")


@indicators.register("minus_dm")
class MinusDirectionalMovement(_Move):
    """How far lows fall: Wilder's sum of low before - low, on bars where highs rise less than that."""

    title = "Minus directional movement"
    formula = (
        "value = value[1] - value[1] / window + move\n"
        "move = low[1] - low if that is above 0 and above high - high[1], else 0"
    )
    talib = _talib("MINUS_DM")


@indicators.register("plus_di")
class PlusDirectionalIndicator(_Directional):
    """The part of the range that went up: 100 plus_dm / sum of true ranges; 0 where there is no range."""

    title = "Plus directional indicator"
    formula = "100 * plus_dm(window) / total\ntotal = total[1] - total[1] / window + tr"
    talib = _talib("PLUS_DI")
    stock = _stock("pdi")


@indicators.register("minus_di")
class MinusDirectionalIndicator(_Directional):
    """The part of the range that went down: 100 minus_dm / sum of true ranges; 0 where there is no range."""

    title = "Minus directional indicator"
    formula = "100 * minus_dm(window) / total\ntotal = total[1] - total[1] / window + tr"
    talib = _talib("MINUS_DI")
    stock = _stock("mdi")


@indicators.register("dx")
class DirectionalMovementIndex(_Directional):
    """How one-sided moves are: 100 abs(plus_di - minus_di) / (plus_di + minus_di), the last one where both are 0."""

    title = "Directional movement index"
    formula = "100 * abs(plus_dm(window) - minus_dm(window)) / (plus_dm(window) + minus_dm(window))"
    talib = _talib("DX")
    stock = _stock("dx")


@indicators.register("adx")
class AverageDirectionalIndex(_Directional):
    """How clear a trend is, whichever way: Wilder's mean of dx.

    It begins with the mean of the first ``window`` values of dx.
    """

    title = "Average directional index"
    formula = "smma(dx(window), window)"
    levels = (20.0, 40.0)
    talib = _talib("ADX")
    stock = _stock("adx")

    @property
    def warmup(self) -> int:
        return 2 * self.window - 1


@indicators.register("adxr")
class AverageDirectionalRating(_Directional):
    """The mean of adx and what it was a window before."""

    back = param.Selector(
        default="short", objects=["short", "full"], doc="Bars back: window - 1 (short), or window (full)."
    )
    title = "Average directional index rating"
    formula = "(adx(window) + adx(window)[window - 1]) / 2, with back=full (adx(window) + adx(window)[window]) / 2"
    levels = (20.0, 40.0)
    talib = _talib("ADXR")
    stock = (Peer("adx", {"seed": "full", "back": "full"}, outputs=("adxr",)),)

    def constants(self) -> tuple[float, ...]:
        return *super().constants(), float(self._back)

    def state_size(self) -> int:
        return 4 + self._back

    @property
    def warmup(self) -> int:
        return 2 * self.window - 1 + self._back

    @property
    def _back(self) -> int:
        return self.window - (self.back == "short")
