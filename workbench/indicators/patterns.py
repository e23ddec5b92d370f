"""What the candle patterns share."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import ClassVar

import numpy as np
import param

from workbench.indicators.base import Indicator

#: Bars that are computed at a time, so that the averages stay in the cache of the processor.
_BLOCK = 8192

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

    def _run(self, columns: list[np.ndarray], out: np.ndarray) -> None:
        kernel, none = self.kernel(), np.empty(0)
        none.flags.writeable = False
        constants, state = np.array(self.constants(), float), np.zeros(self.state_size())
        for low in range(0, out.shape[1], _BLOCK):
            high, back = min(low + _BLOCK, out.shape[1]), min(low, self.before)
            part = [column[low - back : high] for column in columns]
            kernel(*part, none, back, low, out[:, low:high], constants, state)


class PenetrationPattern(Pattern):
    """A pattern whose last candle must close well into the body of the first."""

    penetration = param.Number(
        0.3, bounds=(0, None), doc="How far the last candle must close into the body of the first, as a fraction of it."
    )

    def constants(self) -> tuple[float, ...]:
        return self.before, self.penetration
