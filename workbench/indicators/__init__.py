"""Indicators: studies of bars, the same in batch and bar by bar.

>>> import pandas as pd
>>> import workbench as wb
>>> "rsi" in wb.indicators.names()
True
>>> wb.indicator("sma", window=2)(pd.DataFrame({"close": [1.0, 3.0, 5.0]})).tolist()
[nan, 2.0, 4.0]
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
