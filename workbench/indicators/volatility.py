"""Estimators of volatility: the standard deviation of the logarithmic price."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import param

from workbench.indicators.base import Indicator, indicators
from workbench.kernels.indicators import volatility as kernel


class _Volatility(Indicator):
    inputs = ("open", "high", "low", "close")
    scale = "none"
    loop: ClassVar[Callable[..., None]]
    sums: ClassVar[int] = 1
    rings: ClassVar[int] = 1
    before: ClassVar[int] = 0
    window = param.Integer(20, bounds=(2, 100_000), doc="Bars that are looked at.")
    periods = param.Number(0.0, bounds=(0, None), doc="Bars a year, 252 for days; 0 for the volatility of one bar.")

    def kernel(self) -> Callable[..., None]:
        return type(self).loop

    def constants(self) -> tuple[float, ...]:
        return self.window, math.sqrt(self.periods) if self.periods else 1.0

    def state_size(self) -> int:
        return self.sums + self.rings * self.window

    @property
    def lookback(self) -> int:
        return self.before

    @property
    def warmup(self) -> int:
        return self.window - 1 + self.before


@indicators.register("realised")
class Realised(_Volatility):
    """Standard deviation of the last ``window`` changes of the logarithm of the close.

    sqrt(sum((r - mean r)^2) / (window - 1)), or sqrt(sum(r^2) / window) without ``centred``.
    """

    title = "Realised volatility"
    source = (
        "Close to close: sample deviation of logarithmic returns, as in Hull, Options, Futures and Other Derivatives."
    )
    formula = (
        "sqrt(sum((r - mean r)^2) / (window - 1) * periods), with centred=False sqrt(sum(r^2) / window * periods)\n"
        "r = ln(close / close[1]) of the last window bars; periods = 0 counts as 1"
    )
    inputs = ("close",)
    sums, before = 2, 1
    loop = kernel.realised
    centred = param.Boolean(True, doc="Take changes from their mean; without, the mean is taken for 0.")

    def constants(self) -> tuple[float, ...]:
        return (*super().constants(), float(self.centred))


@indicators.register("parkinson")
class Parkinson(_Volatility):
    """sqrt(mean(ln(high / low)^2) / (4 ln 2)) over ``window`` bars."""

    title = "Parkinson volatility"
    source = "Michael Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return, 1980."
    formula = "sqrt(sum(ln(high / low)^2, window) / (4 * ln(2) * window) * periods); periods = 0 counts as 1"
    inputs = ("high", "low")
    loop = kernel.parkinson


@indicators.register("garman_klass")
class GarmanKlass(_Volatility):
    """sqrt(mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)) over ``window`` bars."""

    title = "Garman-Klass volatility"
    source = "Mark Garman and Michael Klass, On the Estimation of Security Price Volatilities, 1980."
    formula = (
        "sqrt(sum(term, window) / window * periods); periods = 0 counts as 1\n"
        "term = ln(high / low)^2 / 2 - (2 * ln(2) - 1) * ln(close / open)^2"
    )
    loop = kernel.garman_klass


@indicators.register("rogers_satchell")
class RogersSatchell(_Volatility):
    """sqrt(mean(ln(high / close) ln(high / open) + ln(low / close) ln(low / open))) over ``window`` bars."""

    title = "Rogers-Satchell volatility"
    source = "Chris Rogers and Stephen Satchell, Estimating Variance from High, Low and Closing Prices, 1991."
    formula = (
        "sqrt(sum(term, window) / window * periods); periods = 0 counts as 1\n"
        "term = ln(high / close) * ln(high / open) + ln(low / close) * ln(low / open)"
    )
    loop = kernel.rogers_satchell


@indicators.register("yang_zhang")
class YangZhang(_Volatility):
    """sqrt(V(open gaps) + k V(open to close) + (1 - k) Rogers-Satchell^2) over ``window`` bars, V sample variances.

    k = 0.34 / (1.34 + (window + 1) / (window - 1)).
    """

    title = "Yang-Zhang volatility"
    source = "Dennis Yang and Qiang Zhang, Drift-Independent Volatility Estimation, 2000."
    formula = (
        "sqrt((v(ln(open / close[1])) + k * v(ln(close / open)) + (1 - k) * sum(term, window) / window) * periods)\n"
        "term = ln(high / close) * ln(high / open) + ln(low / close) * ln(low / open); periods = 0 counts as 1\n"
        "k = 0.34 / (1.34 + (window + 1) / (window - 1)), v(x) = sum((x - mean x)^2) / (window - 1) over window "
        "bars"
    )
    sums, rings, before = 5, 3, 1
    loop = kernel.yang_zhang

    def constants(self) -> tuple[float, ...]:
        return (*super().constants(), 0.34 / (1.34 + (self.window + 1) / (self.window - 1)))
