"""The Backtest page."""

from __future__ import annotations

from workbench.views.backtest.page import BacktestView

__all__ = ["BacktestView"]
