"""Carrying out what strategies decide: what it costs."""

from __future__ import annotations

from workbench.trading.costs import Costs

__all__ = ["Costs"]
