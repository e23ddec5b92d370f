"""Indicators: studies of bars, the same in batch and bar by bar.

>>> import workbench as wb
>>> wb.indicators.names()                        # doctest: +SKIP
>>> wb.indicator("rsi", window=14)(bars)         # doctest: +SKIP
"""

from __future__ import annotations

from workbench.indicators.base import Indicator, Peer, PriceIndicator, SessionIndicator, indicator, indicators, sharing
from workbench.indicators.formulas import Formula, formula
from workbench.indicators.stream import Stream, Studies

names = indicators.names
get = indicators.get
register = indicators.register

__all__ = [
    "Formula",
    "Indicator",
    "Peer",
    "PriceIndicator",
    "SessionIndicator",
    "Stream",
    "Studies",
    "formula",
    "get",
    "indicator",
    "indicators",
    "names",
    "register",
    "sharing",
]
