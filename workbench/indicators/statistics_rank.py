"""Statistics of the distribution of the last prices and of their changes."""

from __future__ import annotations

import math

import param

from workbench.indicators.base import Peer, indicators
from workbench.indicators.statistics import _Window
from workbench.kernels.indicators import statistics_rank as kernel


class _Rank(_Window):
    scale = "none"
    size = 0
    window = param.Integer(100, bounds=(1, 100_000), doc="Bars that are looked at.")

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("percentile_rank")
class PercentileRank(_Rank):
    """How many of the ``window`` prices before are below the price, in percent."""

    title = "Percentile rank"
    source = (
        "Share of the window before the bar that is strictly below, as in Larry Connors' RSI; equal ones do not count."
    )
    formula = "100 * (how many of price[1] ... price[window] are below price) / window"
    levels = (50.0,)
    talib = (Peer("PERCENTRANK", {}, {"timeperiod": 100}),)
    loop = kernel.rank


@indicators.register("entropy")
class Entropy(_Rank):
    """Bits of surprise in the last ``window`` changes: -sum(share log2 share) over ``bins`` bins of equal width.

    0 where all changes are in one bin, log2(bins) where each bin has as many as the others.
    """

    title = "Entropy"
    source = (
        "Claude Shannon, A Mathematical Theory of Communication, 1948; bins go from the least change to the greatest."
    )
    formula = (
        "-sum(share * log2(share)) over bins of equal width from the least to the greatest change\n"
        "share = part of the last window changes price - price[1] that is in the bin"
    )
    bins = param.Integer(8, bounds=(2, 1000), doc="Bins that changes are counted in.")
    loop = kernel.entropy

    def constants(self) -> tuple[float, ...]:
        shares = [count / self.window for count in range(1, self.window + 1)]
        return self.window, self.bins, 0.0, *(share * math.log2(share) for share in shares)

    def state_size(self) -> int:
        return self.bins


@indicators.register("hurst")
class Hurst(_Rank):
    """How the range of the last ``window`` changes grows with time: 0.5 at random, above in trends, below in reversals.

    Slope of log(mean of range / deviation) on log(length), over the window cut into 1, 2, 4 ... 32 parts of 8 or more.
    """

    title = "Hurst exponent"
    source = (
        "H. E. Hurst, Long-term Storage Capacity of Reservoirs, 1951: rescaled range of logarithmic returns, without "
        "the correction of Anis and Lloyd; 0.5 where prices stand still."
    )
    formula = (
        "slope of the least-squares line through the points (log(size), log(rescaled))\n"
        "size = floor(window / parts), parts = 1, 2, 4 ... 32 while size >= 8\n"
        "rescaled = mean over the parts of (highest - lowest running sum of r - mean r) / stddev of r\n"
        "r = ln(price / price[1]) of the last window bars"
    )
    levels = (0.5,)
    window = param.Integer(100, bounds=(20, 100_000), doc="Changes that are looked at.")
    stock = (Peer("hurst", {"window": 100}, outputs=("hurstExponent",)),)
    loop = kernel.hurst

    def state_size(self) -> int:
        return self.window
