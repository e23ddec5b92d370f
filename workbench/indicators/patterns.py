"""What the candle patterns share."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import ClassVar

import param

from workbench.indicators.base import Indicator

NISON = (
    "S. Nison, Japanese Candlestick Charting Techniques, 1991; what is long, short, near and equal are the means "
    "and factors that TA-Lib has by default."
)
BULKOWSKI = (
    "T. Bulkowski, Encyclopedia of Candlestick Charts, 2008; what is long, short, near and equal are the means "
    "and factors that TA-Lib has by default."
)


class Pattern(Indicator):
    """A candle pattern: 100 where it points up, -100 where it points down, else 0, also while there are too few bars.

    Patterns that know degrees give 80 or 200 as well. A pattern without a direction (a doji) gives 100.
    """

    source = NISON
    inputs = ("open", "high", "low", "close")
    styles: ClassVar = {"value": "dots"}
    scale = "none"
    nan = "stays"
    block = 16_000
    #: Where the loops are; that of a pattern is called like it.
    loops: ClassVar[ModuleType]
    #: Bars before the first one of which it can be told.
    before: ClassVar[int]

    def kernel(self) -> Callable[..., None]:
        return getattr(self.loops, self.plugin_name)

    def constants(self) -> tuple[float, ...]:
        return (self.before,)

    def state_size(self) -> int:
        return 12

    @property
    def lookback(self) -> int:
        return self.before


class PenetrationPattern(Pattern):
    """A pattern whose last candle must close well into the body of the first."""

    penetration = param.Number(
        0.3, bounds=(0, None), doc="How far the last candle must close into the body of the first, as a fraction of it."
    )

    def constants(self) -> tuple[float, ...]:
        return self.before, self.penetration
