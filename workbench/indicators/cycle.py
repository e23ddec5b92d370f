"""Cycles: what the Hilbert transform of the price says of its dominant cycle."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import ClassVar

import param

from workbench.indicators.base import Peer, PriceIndicator, indicators
from workbench.kernels.indicators import cycle as kernel

_SOURCE = "John F. Ehlers, Rocket Science for Traders, 2001; "


@cache
def _tables() -> tuple[float, ...]:
    angles = [math.tau * k / n for n in range(1, kernel.LONGEST + 1) for k in range(n)]
    return (*map(math.sin, angles), *map(math.cos, angles))


class _Cycle(PriceIndicator):
    loop: ClassVar[Callable[..., None]]
    first: ClassVar[int] = 37
    known: ClassVar[int] = 63
    tables: ClassVar[bool] = False
    more: ClassVar[int] = 0

    def kernel(self) -> Callable[..., None]:
        return type(self).loop

    def constants(self) -> tuple[float, ...]:
        return self.first, self.known, *(_tables() if self.tables else ())

    def state_size(self) -> int:
        return kernel.HEAD + self.more

    @property
    def lookback(self) -> int:
        return kernel.LONGEST

    @property
    def warmup(self) -> int:
        return self.known


@indicators.register("ht_dcperiod")
class HtDcPeriod(_Cycle):
    """Length of the dominant cycle in bars, 6 to 50, by the homodyne discriminator."""

    title = "Hilbert transform: dominant cycle period"
    source = _SOURCE + "begins with a period of 0 at bar 12."
    formula = (
        "value = 0.33 * period + 0.67 * value[1]\n"
        "period = 0.2 * clip(clip(360 / atan(im / re), 0.67 * period[1], 1.5 * period[1]), 6, 50) + 0.8 * "
        "period[1]\n"
        "re = 0.2 * (i * i[1] + q * q[1]) + 0.8 * re[1]\n"
        "im = 0.2 * (i * q[1] - q * i[1]) + 0.8 * im[1]\n"
        "i = 0.2 * (inphase - h(quadrature)) + 0.8 * i[1]\n"
        "q = 0.2 * (quadrature + h(inphase)) + 0.8 * q[1]\n"
        "inphase, quadrature and h as in ht_phasor; atan in degrees"
    )
    scale = "none"
    first, known = 12, 32
    talib = (Peer("HT_DCPERIOD"),)
    loop = kernel.period


@indicators.register("ht_phasor")
class HtPhasor(_Cycle):
    """The detrended price three bars ago (in phase) and its Hilbert transform (quadrature)."""

    title = "Hilbert transform: phasor components"
    source = _SOURCE + "begins with a period of 0 at bar 12."
    formula = (
        "inphase = h(smooth)[3]\n"
        "quadrature = h(h(smooth))\n"
        "smooth = (4 * price + 3 * price[1] + 2 * price[2] + price[3]) / 10\n"
        "h(x) = (0.0962 * x + 0.5769 * x[2] - 0.5769 * x[4] - 0.0962 * x[6]) * (0.075 * period[1] + 0.54)\n"
        "period as in ht_dcperiod"
    )
    outputs = ("inphase", "quadrature")
    levels = (0.0,)
    first, known = 12, 32
    talib = (Peer("HT_PHASOR"),)
    loop = kernel.phasor


@indicators.register("ht_trendline")
class HtTrendline(_Cycle):
    """Mean of the price over one dominant cycle, smoothed over four bars: the price without its cycle."""

    title = "Hilbert transform: instantaneous trendline"
    source = _SOURCE + "begins with a period of 0 at bar ``begin``; the mean is of prices, not of smoothed ones."
    formula = (
        "(4 * m + 3 * m[1] + 2 * m[2] + m[3]) / 10\n"
        "m = sma(price, round(period)), period as ht_dcperiod, its transform begun at bar begin"
    )
    overlay = True
    more = 3 + kernel.SUMS
    talib = (Peer("HT_TRENDLINE"),)
    stock = (
        Peer("htl", {"price": "hl2", "begin": 6}, outputs=("trendline",), after=1,
             note="Theirs begins the transform at bar 6, and shows the price while there is nothing else."),
    )  # fmt: skip
    loop = kernel.trendline
    begin = param.Integer(37, bounds=(6, 63), doc="Bar at which the transform begins: 37 in TA-Lib, 6 elsewhere.")

    def constants(self) -> tuple[float, ...]:
        return self.begin, self.known


@indicators.register("ht_dcphase")
class HtDcPhase(_Cycle):
    """Where in the dominant cycle the price is, in degrees from -45 to 315."""

    title = "Hilbert transform: dominant cycle phase"
    source = _SOURCE + "begins with a period of 0 at bar 37."
    formula = (
        "value = atan(re / im) + 90 + 360 / period, 180 more where im < 0, 360 less above 315\n"
        "re = sum(sin(360 * k / n) * smooth[k]), im = sum(cos(360 * k / n) * smooth[k]), k = 0 ... n - 1, n = "
        "round(period)\n"
        "period as ht_dcperiod, smooth as in ht_phasor; angles in degrees"
    )
    scale = "none"
    tables, more = True, 1 + kernel.LONGEST
    talib = (Peer("HT_DCPHASE"),)
    loop = kernel.phase


@indicators.register("ht_sine")
class HtSine(_Cycle):
    """Sine of the phase of the dominant cycle, and the sine 45 degrees ahead: where they cross the cycle turns."""

    title = "Hilbert transform: sine wave"
    source = _SOURCE + "begins with a period of 0 at bar 37."
    formula = "sine = sin(phase)\nleadsine = sin(phase + 45)\nphase as ht_dcphase; angles in degrees"
    outputs = ("sine", "leadsine")
    scale = "none"
    levels = (0.0,)
    tables, more = True, 1 + kernel.LONGEST
    talib = (Peer("HT_SINE"),)
    loop = kernel.phase


@indicators.register("ht_trendmode")
class HtTrendMode(_Cycle):
    """1 in a trend, 0 in a cycle.

    A cycle: the sine waves crossed less than half a period ago, or the phase moves as fast as the period says, and the
    price is within 1.5 percent of the instantaneous trendline.
    """

    title = "Hilbert transform: trend or cycle"
    source = _SOURCE + "begins with a period of 0 at bar 37."
    formula = (
        "1 where abs(smooth / trendline - 1) >= 0.015\n"
        "else 0 where sine and leadsine crossed in the last period / 2 bars\n"
        "else 0 where 0.67 * 360 / period < phase - phase[1] < 1.5 * 360 / period\n"
        "else 1\n"
        "period, phase, sine and trendline as those of ht_, smooth as in ht_phasor"
    )
    styles = {"value": "step"}
    scale = "none"
    tables, more = True, 1 + kernel.LONGEST + 6 + kernel.SUMS
    talib = (Peer("HT_TRENDMODE", after=1, note="Theirs has zeros where it is not known yet."),)
    loop = kernel.trendmode
