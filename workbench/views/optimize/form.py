"""The form of a sweep: that of a backtest, with a range in place of each parameter that is swept."""

from __future__ import annotations

from workbench.views.backtest.form import BacktestForm
from workbench.views.optimize.space import SECTIONS, SpaceSetup


class OptimizeForm(BacktestForm):
    """The form with its state; see ``BacktestForm``."""

    kind = SpaceSetup
    sections = SECTIONS
    purpose = "Sweep"
