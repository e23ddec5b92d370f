"""Trend or noise: how much of the way a price went was made good."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, PriceIndicator, indicators
from workbench.kernels.indicators import efficiency as kernel

MOST = 100_000


class _Way(PriceIndicator):
    scale = "none"
    window = param.Integer(10, bounds=(1, MOST), doc="Moves that are looked at.")

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    @property
    def lookback(self) -> int:
        return self.window + 1

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("er")
class EfficiencyRatio(_Way):
    """How far the price came in ``window`` bars, over how far it went: 1 on a straight way, near 0 in noise."""

    title = "Efficiency ratio"
    source = "Perry Kaufman, Smarter Trading, 1995; 1 where nothing moved."
    formula = "abs(price - price[window]) / sum(abs(price - price[1]), window)"
    talib = (Peer("ER", {}, {"timeperiod": 10}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.efficiency

    def state_size(self) -> int:
        return 2


@indicators.register("vhf")
class VerticalHorizontalFilter(_Way):
    """The range of the last ``window`` prices over the sum of their moves: high in a trend, low without one."""

    title = "Vertical horizontal filter"
    source = "Adam White, Futures 1991; 0 where nothing moved."
    formula = "(highest(price, window) - lowest(price, window)) / sum(abs(price - price[1]), window)"
    window = param.Integer(28, bounds=(1, MOST), doc="Moves, and prices of the range, that are looked at.")
    block = 8192
    talib = (Peer("VHF", {}, {"timeperiod": 28}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.vhf

    def state_size(self) -> int:
        return 6


@indicators.register("fosc")
class ForecastOscillator(_Way):
    """How far the price is from what the line through the ``window`` prices before forecast, in percent of it."""

    title = "Forecast oscillator"
    source = "Tushar Chande and Stanley Kroll, The New Technical Trader, 1994; the forecast is the ``tsf`` one bar ago."
    formula = "100 * (price - tsf(price, window)[1]) / price"
    levels = (0.0,)
    block = 8192
    window = param.Integer(5, bounds=(2, MOST), doc="Bars that the line is fitted to.")
    talib = (
        Peer("FOSC", {}, {"timeperiod": 5}, tolerance=1e-6,
             note="Their forecast drifts: 4e-13 of a price in 100,000 bars, seen where it was met. Ours does not."),
    )  # fmt: skip

    def kernel(self) -> Callable[..., None]:
        return kernel.fosc

    def constants(self) -> tuple[float, ...]:
        return self.window, (self.window - 1) / 2, 12 / (self.window * (self.window**2 - 1)), 1 / self.window

    def state_size(self) -> int:
        return 9


class _Bodies(Indicator):
    inputs = ("open", "close")
    window = param.Integer(14, bounds=(1, MOST), doc="Bars whose bodies are looked at.")

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("imi")
class IntradayMomentumIndex(_Bodies):
    """Sum of the rising bodies in percent of that of all: an RSI of what bars did between open and close."""

    title = "Intraday momentum index"
    source = "Tushar Chande and Stanley Kroll, The New Technical Trader, 1994; 50 where no bar has a body."
    formula = "100 * sum(max(close - open, 0), window) / sum(abs(close - open), window)"
    scale = "none"
    levels = (30.0, 70.0)
    talib = (Peer("IMI", {}, {"timeperiod": 14}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.imi

    def state_size(self) -> int:
        return 3


@indicators.register("qstick")
class Qstick(_Bodies):
    """Mean of close - open over ``window`` bars: whether bars close above their opens, and by how much."""

    title = "Qstick"
    source = "Tushar Chande and Stanley Kroll, The New Technical Trader, 1994; simple mean."
    formula = "sum(close - open, window) / window"
    nan = "stays"
    levels = (0.0,)
    window = param.Integer(10, bounds=(1, MOST), doc="Bars whose bodies are averaged.")
    talib = (Peer("QSTICK", {}, {"timeperiod": 10}),)

    def kernel(self) -> Callable[..., None]:
        return kernel.body_mean

    def state_size(self) -> int:
        return 1
