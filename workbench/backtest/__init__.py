"""Backtests: strategies on history, by fill rules that are written down.

>>> wb.backtest(SmaCross(fast=10, slow=30), bars, cash=10_000, fees=0.001).equity      # doctest: +SKIP
"""

from __future__ import annotations

from workbench.backtest.audit import Audit, LookAhead, audit
from workbench.backtest.engine import backtest, bracket
from workbench.backtest.result import Result
from workbench.backtest.run import Run, Settings, StrategyError
from workbench.backtest.stats import Stats, stats_of

__all__ = [
    "Audit", "LookAhead", "Result", "Run", "Settings", "Stats", "StrategyError", "audit", "backtest", "bracket",
    "stats_of",
]  # fmt: skip
