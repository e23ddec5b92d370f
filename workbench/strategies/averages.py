"""Strategies of two means of the price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import param

from workbench.indicators import indicator
from workbench.strategies.base import Strategy, Study, strategies


@strategies.register("sma_cross")
class SmaCross(Strategy):
    """Long while the fast mean is above the slow one, else flat."""

    title = "Moving-average cross"
    fast = param.Integer(10, bounds=(1, 5000), doc="Bars of the quick mean.")
    slow = param.Integer(30, bounds=(1, 5000), doc="Bars of the slow mean.")

    def studies(self) -> Mapping[str, Study]:
        return {"quick": indicator("sma", window=self.fast), "calm": indicator("sma", window=self.slow)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.quick > now.calm:
            broker.long()
        else:
            broker.flat()


@strategies.register("sma_flip")
class SmaFlip(SmaCross):
    """Long from the fast mean's crossing above the slow one on, short from its crossing below; begins with a cross."""

    title = "Moving-average flip"

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.quick > now.calm and was.quick <= was.calm:
            broker.long()
        elif now.quick < now.calm and was.quick >= was.calm:
            broker.short()
