"""Statistics of the last prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import param

from workbench.indicators.base import Peer, PriceIndicator, indicators
from workbench.kernels.indicators import statistics as kernel

_DRIFT = "Their running sums drift: 6e-11 of a slope in 100,000 bars, 3e-9 degrees. Ours, made anew, stay at 1e-14."


class _Window(PriceIndicator):
    loop: ClassVar[Callable[..., None]]
    size: ClassVar[int] = 3
    window = param.Integer(20, bounds=(2, 100_000), doc="Bars that are looked at.")

    def kernel(self) -> Callable[..., None]:
        return type(self).loop

    def constants(self) -> tuple[float, ...]:
        return self.window, 1.0 / self.window

    def state_size(self) -> int:
        return self.size

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window - 1


@indicators.register("var")
class Var(_Window):
    """Mean squared distance of the last ``window`` prices from their mean."""

    title = "Variance"
    source = "Variance of the population (divided by the window, not by one less)."
    formula = "sum((x - sma(price, window))^2) / window over the last window prices x"
    scale = "other"
    window = param.Integer(5, bounds=(1, 100_000), doc="Bars that are looked at.")
    talib = (Peer("VAR", {"window": 5}, {"timeperiod": 5}),)
    loop = kernel.variance


@indicators.register("stddev")
class StdDev(_Window):
    """Root of the mean squared distance of the last ``window`` prices from their mean, times ``deviations``."""

    title = "Standard deviation"
    source = "Standard deviation of the population (divided by the window, not by one less)."
    formula = "deviations * sqrt(var(price, window))"
    window = param.Integer(5, bounds=(1, 100_000), doc="Bars that are looked at.")
    deviations = param.Number(1.0, bounds=(0, None), doc="Factor.")
    talib = (
        Peer("STDDEV", {"window": 5}, {"timeperiod": 5}),
        Peer("STDDEV", {"window": 30, "deviations": 2.0}, {"timeperiod": 30, "nbdev": 2.0}),
    )
    stock = (Peer("stdev", {"window": 14}, outputs=("stdDev",)),)
    loop = kernel.deviation

    def constants(self) -> tuple[float, ...]:
        return self.window, 1.0 / self.window, self.deviations


@indicators.register("zscore")
class ZScore(_Window):
    """How many standard deviations the price is from the mean of the last ``window`` prices."""

    title = "Z-score"
    source = "(price - mean) / standard deviation of the population; 0 where all prices of the window are the same."
    formula = "(price - sma(price, window)) / stddev(price, window)"
    levels = (-2.0, 0.0, 2.0)
    scale = "none"
    stock = (Peer("stdev", {"window": 14}, outputs=("zScore",)),)
    loop = kernel.zscore


class _Shape(_Window):
    size = 5
    scale = "none"
    levels = (0.0,)
    power: ClassVar[int]
    loop = kernel.shape

    def constants(self) -> tuple[float, ...]:
        return self.window, self.power


@indicators.register("skew")
class Skew(_Shape):
    """Third moment of the last ``window`` prices over their deviation cubed: above 0 the long tail is upwards."""

    title = "Skewness"
    source = "Fisher and Pearson's coefficient with the correction for small samples; 0 where all prices are the same."
    formula = (
        "sqrt(n * (n - 1)) / (n - 2) * m3 / m2^1.5, n = window\n"
        "mk = sum((x - sma(price, window))^k) / window over the last window prices x"
    )
    window = param.Integer(20, bounds=(3, 100_000), doc="Bars that are looked at.")
    power = 3


@indicators.register("kurtosis")
class Kurtosis(_Shape):
    """Fourth moment of the last ``window`` prices over their variance squared, less 3: above 0 tails are fat."""

    title = "Kurtosis"
    source = "Fisher's excess kurtosis with the correction for small samples; 0 where all prices are the same."
    formula = (
        "(n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2^2 - 3) + 6), n = window\n"
        "mk = sum((x - sma(price, window))^k) / window over the last window prices x"
    )
    window = param.Integer(20, bounds=(4, 100_000), doc="Bars that are looked at.")
    power = 4


class _Line(_Window):
    size = 4
    window = param.Integer(14, bounds=(2, 100_000), doc="Bars that the line is fitted to.")

    def constants(self) -> tuple[float, ...]:
        return self.window, (self.window - 1) / 2, 12 / (self.window * (self.window**2 - 1)), 1 / self.window


@indicators.register("linearreg_slope")
class LinearRegSlope(_Line):
    """Rise a bar of the least-squares line through the last ``window`` prices."""

    title = "Slope of the regression line"
    source = "Least squares with the bars as abscissa."
    formula = (
        "sum(j * x) / sum(j^2) over the last window prices x\n"
        "j = -(window - 1) / 2 for the oldest, one more for each later one"
    )
    levels = (0.0,)
    talib = (Peer("LINEARREG_SLOPE", {"window": 14}, {"timeperiod": 14}),)
    loop = kernel.slope


@indicators.register("linearreg_intercept")
class LinearRegIntercept(_Line):
    """Where the least-squares line through the last ``window`` prices is at the first of them."""

    title = "Intercept of the regression line"
    source = "Least squares with the bars of the window counted from 0."
    formula = "sma(price, window) - linearreg_slope(price, window) * (window - 1) / 2"
    overlay = True
    talib = (Peer("LINEARREG_INTERCEPT", {"window": 14}, {"timeperiod": 14}),)
    loop = kernel.intercept


@indicators.register("linearreg_angle")
class LinearRegAngle(_Line):
    """Arc tangent, in degrees, of the slope of the least-squares line through the last ``window`` prices."""

    title = "Angle of the regression line"
    source = "Least squares; a bar is as long as one unit of price."
    formula = "atan(linearreg_slope(price, window)) in degrees"
    levels = (0.0,)
    scale = "other"
    talib = (Peer("LINEARREG_ANGLE", {"window": 14}, {"timeperiod": 14}, tolerance=1e-6, note=_DRIFT),)
    loop = kernel.angle


@indicators.register("slope")
class Slope(_Line):
    """The least-squares line through the last ``window`` prices: slope, intercept, deviation and r squared.

    The intercept is where the line is at bar 0, the first bar being 1. The deviation is that of the prices.
    """

    title = "Slope and linear regression"
    source = "Least squares; deviation of the population; r squared is 0 where all prices of the window are the same."
    formula = (
        "slope = linearreg_slope(price, window)\n"
        "intercept = sma(price, window) - slope * (number - (window - 1) / 2), number of the bar counted from 1\n"
        "std_dev = stddev(price, window)\n"
        "r_squared = slope^2 * (window^2 - 1) / 12 / var(price, window)"
    )
    outputs = ("slope", "intercept", "std_dev", "r_squared")
    levels = (0.0,)
    scale = "other"
    stock = (Peer("slope", {"window": 14}, outputs=("slope", "intercept", "stdDev", "rSquared")),)
    loop = kernel.line
