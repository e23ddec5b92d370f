"""Strategies: what to do at the close of a bar, for backtest, sweep, replay and paper trading alike.

>>> from workbench.strategies import SmaCross
>>> wb.backtest(SmaCross(fast=10, slow=30), bars)      # doctest: +SKIP
"""

from __future__ import annotations

from workbench.strategies.averages import SmaCross, SmaFlip
from workbench.strategies.base import Strategy, strategies, strategy
from workbench.strategies.signals import Rule, Signals

names = strategies.names
get = strategies.get
register = strategies.register

__all__ = ["Rule", "Signals", "SmaCross", "SmaFlip", "Strategy", "get", "names", "register", "strategies", "strategy"]
