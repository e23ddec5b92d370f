"""Sweeps: a strategy over many values of its parameters, by one call, with the same numbers as single backtests.

>>> wb.sweep(SmaCross, bars, {"fast": range(5, 50), "slow": range(5, 99)}, where="fast < slow").table  # doctest: +SKIP
"""

from __future__ import annotations

from workbench.sweep.engine import plan, sweep
from workbench.sweep.folds import Anchored, Combinatorial, Purged, Rolling
from workbench.sweep.markets import Sweeps, sweep_over
from workbench.sweep.plan import Plan
from workbench.sweep.result import Sweep
from workbench.sweep.space import Space, log_range, span
from workbench.sweep.walk_forward import WalkForward, walk_forward

__all__ = [
    "Anchored", "Combinatorial", "Plan", "Purged", "Rolling", "Space", "Sweep", "Sweeps", "WalkForward", "log_range",
    "plan", "span", "sweep", "sweep_over", "walk_forward",
]  # fmt: skip
