"""Strategies that go with a price which leaves where it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import param

from workbench.indicators import indicator
from workbench.strategies.base import Strategy, Study, strategies
from workbench.strategies.sessions import opening_range


@strategies.register("donchian_breakout")
class DonchianBreakout(Strategy):
    """Long from a close above the highest high of the bars before, until one below the lowest low of fewer bars.

    Short the other way round. What leaves the range of weeks may go on; the shorter range lets go of it in time. A stop
    some mean true ranges from the fill bounds the loss of a trade; after it, it waits for the next breakout.

    Source: Donchian's four-week rule (1960); the Turtles' rules of 1983, in Faith, Way of the Turtle (2007).
    Fails: where breakouts come back, which most do: few trades win, and a run of losses can be long.
    """

    title = "Donchian breakout"
    entry = param.Integer(20, bounds=(1, 5000), doc="Bars of the range whose end is an entry.")
    exit = param.Integer(10, bounds=(1, 5000), doc="Bars of the range whose other end is the exit.")
    stop = param.Number(0.0, bounds=(0, 100), doc="Mean true ranges from the fill to a stop loss; 0 for none.")
    window = param.Integer(20, bounds=(1, 5000), doc="Bars of the mean true range.")
    shorts = param.Boolean(True, doc="Whether it sells short what falls out of its range.")

    def studies(self) -> Mapping[str, Study]:
        return {
            "far": indicator("donchian", window=self.entry, current=False),
            "near": indicator("donchian", window=self.exit, current=False),
            "atr": indicator("atr", window=self.window),
        }

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        away = self.stop * now.atr if self.stop > 0.0 else np.nan
        if now.close > now.far_upper and broker.position <= 0.0:
            broker.target(broker.sizing, stop_distance=away)
        elif now.close < now.far_lower and broker.position >= 0.0 and self.shorts:
            broker.target(-broker.sizing, stop_distance=away)
        elif (broker.position > 0.0 and now.close < now.near_lower) or (
            broker.position < 0.0 and now.close > now.near_upper
        ):
            broker.flat()


@strategies.register("supertrend_follow")
class SuperTrendFollow(Strategy):
    """Long while a stop some mean true ranges below the price holds; short, or flat, while the one above does.

    The stop only ever tightens, so that a trend is left when it has given back so many ranges.

    Source: Seban, Tout le monde mérite d'être riche (2006), where the indicator is described.
    Fails: in ranges narrower than the stop is wide, where each turn costs that width.
    """

    title = "SuperTrend"
    window = param.Integer(10, bounds=(1, 5000), doc="Bars of the mean true range.")
    factor = param.Number(3.0, bounds=(0.1, 100), doc="Mean true ranges between the middle of a bar and the stop.")
    shorts = param.Boolean(True, doc="Whether it is short, instead of flat, below the stop.")

    def studies(self) -> Mapping[str, Study]:
        return {"line": indicator("supertrend", window=self.window, factor=self.factor)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.line_trend > 0.0:
            broker.long()
        elif self.shorts:
            broker.short()
        else:
            broker.flat()


@strategies.register("opening_range")
class OpeningRange(Strategy):
    """With the first close out of the range of the session's first minutes; out by the end of the session.

    One trade a session, with a stop at the other end of the range. The open brings the news of the night; the side that
    wins its first minutes is said to win the day. Bars outside of sessions are passed over.

    Source: Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990).
    Fails: on days that turn round inside the stop, and where the spread at the open is a large part of the range. Bars
    must be shorter than the range, and of one length, so that the last one before the close is known as such; for
    others set ``leave``.
    """

    title = "Opening range"
    session = param.String("XNYS", doc="Calendar of the sessions.")
    minutes = param.Integer(30, bounds=(1, 1440), doc="Minutes from the open that the range is made of.")
    leave = param.Number(0.0, bounds=(0, 1440), doc="Minutes before the close by which it is out; 0: by the last bar.")
    shorts = param.Boolean(True, doc="Whether it sells short below the range.")

    def studies(self) -> Mapping[str, Study]:
        return {"range": lambda bars: opening_range(bars, self.session, self.minutes, self.leave)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.range_ending:
            broker.flat()
        elif broker.position == 0.0 and broker.memory[0] != now.range_day:
            if now.close > now.range_top:
                broker.target(broker.sizing, stop_loss=now.range_bottom)
                broker.memory[0] = now.range_day
            elif self.shorts and now.close < now.range_bottom:
                broker.target(-broker.sizing, stop_loss=now.range_top)
                broker.memory[0] = now.range_day
