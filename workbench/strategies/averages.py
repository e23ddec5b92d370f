"""Strategies of two means of the price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import param

from workbench.indicators import indicator
from workbench.strategies.base import Strategy, Study, strategies


@strategies.register("sma_cross")
class SmaCross(Strategy):
    """Long while the fast mean is above the slow one, else flat.

    A mean of few bars above one of many says that prices have risen; most of what it earns comes from few long moves.

    Source: Brock, Lakonishok and LeBaron, Simple technical trading rules, Journal of Finance 47 (1992).
    Fails: in sideways markets, where it buys after each rise and sells after each fall and pays for both.
    """

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
    """Long from the fast mean's crossing above the slow one on, short from its crossing below; begins with a cross.

    Always in the market after the first cross, on one side or the other.

    Source: Brock, Lakonishok and LeBaron, Simple technical trading rules, Journal of Finance 47 (1992).
    Fails: in sideways markets, and in those that rise over the years, where the short side loses on average.
    """

    title = "Moving-average flip"

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.quick > now.calm and was.quick <= was.calm:
            broker.long()
        elif now.quick < now.calm and was.quick >= was.calm:
            broker.short()


@strategies.register("macd_cross")
class MacdCross(Strategy):
    """Long while the difference of a fast and a slow exponential mean is above its own mean, else flat or short.

    The histogram above 0 says that a rise gathers pace, which shows earlier than the crossing of the two means.

    Source: Appel, Technical Analysis: Power Tools for Active Investors (2005); the indicator is of the 1970s.
    Fails: in a long even trend, where pace falls while the price still rises, and in quiet markets, where it flickers.
    """

    title = "MACD cross"
    fast = param.Integer(12, bounds=(1, 5000), doc="Bars of the fast exponential mean.")
    slow = param.Integer(26, bounds=(1, 5000), doc="Bars of the slow exponential mean.")
    signal = param.Integer(9, bounds=(1, 5000), doc="Bars of the exponential mean of their difference.")
    shorts = param.Boolean(False, doc="Whether it is short instead of flat.")

    def studies(self) -> Mapping[str, Study]:
        return {"macd": indicator("macd", fast=self.fast, slow=self.slow, signal=self.signal)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.macd_histogram > 0.0:
            broker.long()
        elif self.shorts:
            broker.short()
        else:
            broker.flat()
