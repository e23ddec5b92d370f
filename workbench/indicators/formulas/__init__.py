"""Studies that are written as a text.

>>> import workbench as wb
>>> wb.indicators.formula("ema(close, 20) - ema(close, 50) > 0 and rsi(14) < 30")(bars)     # doctest: +SKIP
"""

from __future__ import annotations

from workbench.indicators.formulas.functions import FUNCTIONS
from workbench.indicators.formulas.study import Formula, formula

__all__ = ["FUNCTIONS", "Formula", "formula"]
