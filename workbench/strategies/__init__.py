"""Strategies: what to do at the close of a bar, for backtest, sweep, replay and paper trading alike.

>>> from workbench.strategies import SmaCross
>>> wb.backtest(SmaCross(fast=10, slow=30), bars)      # doctest: +SKIP
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
