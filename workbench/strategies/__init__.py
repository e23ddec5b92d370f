"""Strategies: what to do at the close of a bar, for backtest, sweep, replay and paper trading alike.

>>> import workbench as wb
>>> wb.strategies.strategy("sma_cross", fast=5).fast, "pairs" in wb.strategies.names()
(5, True)
>>> bars = wb.catalog().bars("AAPL", "1d")
>>> wb.backtest(wb.strategies.SmaCross(fast=10, slow=30), bars).stats["round_trips"]
59.0
"""

from __future__ import annotations

from workbench.strategies.allocation import MomentumRotation, Pairs, VolatilityTarget
from workbench.strategies.averages import MacdCross, SmaCross, SmaFlip
from workbench.strategies.base import Strategy, strategies, strategy
from workbench.strategies.breakouts import DonchianBreakout, OpeningRange, SuperTrendFollow
from workbench.strategies.portfolio import Portfolio
from workbench.strategies.reversion import Bollinger, CvdDivergence, RsiReversion, VwapReversion
from workbench.strategies.signals import Rule, Signals

names = strategies.names
get = strategies.get
register = strategies.register

__all__ = [
    "Bollinger",
    "CvdDivergence",
    "DonchianBreakout",
    "MacdCross",
    "MomentumRotation",
    "OpeningRange",
    "Pairs",
    "Portfolio",
    "RsiReversion",
    "Rule",
    "Signals",
    "SmaCross",
    "SmaFlip",
    "Strategy",
    "SuperTrendFollow",
    "VolatilityTarget",
    "VwapReversion",
    "get",
    "names",
    "register",
    "strategies",
    "strategy",
]
