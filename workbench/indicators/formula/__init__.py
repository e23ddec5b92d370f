"""Studies that are written as a text.

>>> import workbench as wb
>>> wb.indicators.formula("ema(close, 20) - ema(close, 50) > 0 and rsi(14) < 30")(bars)     # doctest: +SKIP
"""

from __future__ import annotations

from workbench.indicators.formula.functions import FUNCTIONS
from workbench.indicators.formula.study import Formula, formula

__all__ = ["FUNCTIONS", "Formula", "formula"]
