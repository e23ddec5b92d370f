"""Turning points of prices. What is drawn on the bar of the turn is not known there; twins in ``_confirmed`` are."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, indicators
from workbench.kernels.indicators import swings as kernel


class _Swing(Indicator):
    inputs = ("high", "low")
    overlay = True

    def kernel(self) -> Callable[..., None]:
        return getattr(kernel, self.plugin_name)


class _Fractal(_Swing):
    outputs = ("high", "low")
    sparse = outputs
    styles = {"high": "dots", "low": "dots"}
    left = param.Integer(2, bounds=(1, 1000), doc="Bars before a fractal that it stands out from.")
    right = param.Integer(2, bounds=(1, 1000), doc="Bars after a fractal that it stands out from.")


@indicators.register("fractal")
class Fractal(_Fractal):
    """Highs above, and lows below, those of all bars near by, on their own bar.

    It takes ``right`` more bars to know one: ``fractal_confirmed`` gives them when they are known.
    """

    title = "Williams fractal"
    source = "Bill Williams, Trading Chaos, 1995; equal neighbours make no fractal."
    formula = (
        "high = high if it is above each of the left highs before it and the right highs after it\n"
        "low = low if it is below each of the left lows before it and the right lows after it"
    )
    causal = False
    stock = (Peer("fractal", outputs=("fractalBear", "fractalBull")),)

    def constants(self) -> tuple[float, ...]:
        return self.left, self.right

    @property
    def warmup(self) -> int:
        return self.left


@indicators.register("fractal_confirmed")
class FractalConfirmed(_Fractal):
    """Highs above, and lows below, those of all bars near by, on the bar that is ``right`` bars after them.

    With ``show="signal"`` it is 100 there and 0 elsewhere, from the first bar on.
    """

    nan = "stays"
    title = "Williams fractal, confirmed"
    source = "Bill Williams, Trading Chaos, 1995; equal neighbours make no fractal; given on the bar that confirms it."
    formula = (
        "high = high[right] if it is above each of the left highs before it and the right highs after it\n"
        "low = low[right] if it is below each of the left lows before it and the right lows after it"
    )
    show = param.Selector(
        default="price", objects=["price", "signal"], doc="What it gives on the bar of a fractal: its price, or 100."
    )
    talib = (
        Peer("FRACTAL", {"show": "signal"}),
        Peer("FRACTAL", {"show": "signal", "left": 5, "right": 1}, {"leftbars": 5, "rightbars": 1}),
    )

    def constants(self) -> tuple[float, ...]:
        return self.left, self.right, float(self.show == "signal")

    @property
    def lookback(self) -> int:
        return self.left + self.right

    @property
    def warmup(self) -> int:
        return self.lookback if self.show == "price" else 0


_TURNS = (
    "high = highest of a leg, a turn once a later low <= high * (1 - percent / 100)\n"
    "low = lowest of a leg, a turn once a later high >= low * (1 + percent / 100)"
)


class _ZigZag(_Swing):
    percent = param.Number(
        5.0, bounds=(0.001, 99.0), doc="Least way from one turn to the next, in percent of the turn."
    )
    prices = param.Selector(
        default="high_low", objects=["high_low", "close"], doc="Prices that turns are looked for in."
    )

    @property
    def reads(self) -> tuple[str, ...]:
        return ("close", "close") if self.prices == "close" else self.inputs

    def constants(self) -> tuple[float, ...]:
        return (self.percent / 100.0,)


@indicators.register("zigzag")
class ZigZag(_ZigZag):
    """Straight lines from turn to turn of the price, leaving out all moves of less than ``percent``.

    It repaints: a turn is drawn on its own bar, long before it is known, and the last line ends with the last bar
    wherever that is. ``zigzag_confirmed`` gives turns when they are known. ``upper`` and ``lower`` join the highs and
    the lows. A first leg that begins with the first bar is left out, since nobody knows where it began.
    """

    title = "Zigzag"
    source = "Arthur Merrill, Filtered Waves, 1977; a bar that moves the extreme of its leg on does not end it too."
    formula = (
        f"{_TURNS}\n"
        "line = straight from turn to turn, and from the last turn to the last bar\n"
        "upper, lower = straight from high to high, from low to low"
    )
    outputs = ("line", "high", "low", "upper", "lower")
    sparse = outputs
    styles = {"high": "dots", "low": "dots"}
    causal = False
    stock = tuple(
        Peer(name, {"prices": "close"}, outputs=("zigZag", "", "", "retraceHigh", "retraceLow"))
        for name in ("zigzag", "zigzag-close")
    )

    def state_size(self) -> int:
        return 5

    @property
    def warmup(self) -> int:
        return 1


@indicators.register("zigzag_confirmed")
class ZigZagConfirmed(_ZigZag):
    """The last high and the last low that the price has turned at by ``percent``, from the bar on that confirms them.

    ``trend`` is 1 after a low, until the next high is confirmed, and -1 after that.
    """

    title = "Zigzag, confirmed"
    source = "Arthur Merrill, Filtered Waves, 1977; turns are given on the bar that has gone ``percent`` from them."
    formula = f"{_TURNS}\ntrend = 1 if the last of them is a low, -1 if it is a high"
    outputs = ("high", "low", "trend")
    sparse = outputs
    styles = {"high": "step", "low": "step", "trend": "none"}
    scale = "other"

    def state_size(self) -> int:
        return 9

    @property
    def warmup(self) -> int:
        return 1
