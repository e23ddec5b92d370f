"""A symbol beside another one, whose prices are a column of the bars.

>>> bars = bars.assign(other=spy.close.reindex(bars.index, method="ffill"))     # doctest: +SKIP
>>> indicator("prs", price="close", base="other")(bars)                         # doctest: +SKIP

``beta`` and ``correl`` take such a column as well.
"""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, indicators
from workbench.kernels.indicators import comparison as kernel


@indicators.register("prs")
class Prs(Indicator):
    """The price over that of another symbol, and how much more it has changed than the other in ``window`` bars.

    The other symbol's prices are the column ``base`` of the bars:
    ``bars.assign(other=spy.close.reindex(bars.index, method="ffill"))``.
    """

    title = "Price relative strength"
    source = "Ratio of two prices, and difference of their relative changes; 0 where that divides by 0."
    formula = "ratio = price / base\nchange = price / price[window] - base / base[window]"
    inputs = ("price", "base")
    outputs = ("ratio", "change")
    scale = "none"
    price = param.String("close", doc="Column that is compared, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    base = param.String("other", doc="Column of the other symbol's prices, which it is compared with.")
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars of the changes.")
    stock = (Peer("prs", {"price": "other", "base": "close"}, outputs=("prs", "prsPercent")),)

    @property
    def reads(self) -> tuple[str, ...]:
        return self.price, self.base

    def kernel(self) -> Callable[..., None]:
        return kernel.prs

    def constants(self) -> tuple[float, ...]:
        return (self.window,)

    @property
    def lookback(self) -> int:
        return self.window

    @property
    def warmup(self) -> int:
        return self.window
