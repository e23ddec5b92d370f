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
    scale = "none"
    first, known = 12, 32
    talib = (Peer("HT_DCPERIOD"),)
    loop = kernel.period


@indicators.register("ht_phasor")
class HtPhasor(_Cycle):
    """The detrended price three bars ago (in phase) and its Hilbert transform (quadrature)."""

    title = "Hilbert transform: phasor components"
    source = _SOURCE + "begins with a period of 0 at bar 12."
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
    overlay = True
    more = 3
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
    scale = "none"
    tables, more = True, 1 + kernel.LONGEST
    talib = (Peer("HT_DCPHASE"),)
    loop = kernel.phase


@indicators.register("ht_sine")
class HtSine(_Cycle):
    """Sine of the phase of the dominant cycle, and the sine 45 degrees ahead: where they cross the cycle turns."""

    title = "Hilbert transform: sine wave"
    source = _SOURCE + "begins with a period of 0 at bar 37."
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
    scale = "none"
    tables, more = True, 1 + kernel.LONGEST + 6
    talib = (Peer("HT_TRENDMODE", after=1, note="Theirs has zeros where it is not known yet."),)
    loop = kernel.trendmode
