"""Strategies that go against a price which has gone far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import param

from workbench.indicators import indicator
from workbench.strategies.base import Strategy, Study, strategies
from workbench.strategies.sessions import session_clock


@strategies.register("rsi_reversion")
class RsiReversion(Strategy):
    """Long when the relative strength index is low, until it is back in the middle; short when it is high.

    After a fall in which losses far outweigh gains some of the sellers are done.

    Source: Wilder, New Concepts in Technical Trading Systems (1978); with windows of 2 to 4 bars Connors and Alvarez,
    Short Term Trading Strategies That Work (2009).
    Fails: in a trend, where the index stays low while the price goes on falling; there is no stop.
    """

    title = "RSI reversion"
    window = param.Integer(14, bounds=(2, 5000), doc="Bars of the relative strength index.")
    low = param.Number(30.0, bounds=(0, 100), doc="It buys below this.")
    leave = param.Number(50.0, bounds=(0, 100), doc="It is flat from this on.")
    high = param.Number(70.0, bounds=(0, 100), doc="It sells short above this, if it does.")
    shorts = param.Boolean(False, doc="Whether it sells short.")

    def studies(self) -> Mapping[str, Study]:
        return {"rsi": indicator("rsi", window=self.window)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.rsi < self.low:
            broker.long()
        elif now.rsi > self.high and self.shorts:
            broker.short()
        elif broker.position * (now.rsi - self.leave) >= 0.0:
            broker.flat()


@strategies.register("bollinger")
class Bollinger(Strategy):
    """Against a close outside of the bands round the mean, or with it; until the price is back at the mean.

    Two standard deviations are far for a price that keeps to its mean (reversion), or the sign of one that leaves it
    (``breakout``).

    Source: Bollinger, Bollinger on Bollinger Bands (2001).
    Fails: in a trend, which walks along a band, as reversion, and in a range as breakout. Nothing tells beforehand.
    """

    title = "Bollinger bands"
    window = param.Integer(20, bounds=(2, 5000), doc="Bars of the mean and of the standard deviation.")
    width = param.Number(2.0, bounds=(0.1, 100), doc="Standard deviations from the mean to a band.")
    breakout = param.Boolean(False, doc="Whether it goes with the price that leaves the bands, not against it.")
    shorts = param.Boolean(False, doc="Whether it sells short.")

    def studies(self) -> Mapping[str, Study]:
        return {"band": indicator("bbands", window=self.window, up=self.width, down=self.width)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        way = 1.0 if self.breakout else -1.0
        out = 1.0 if now.close > now.band_upper else -1.0 if now.close < now.band_lower else 0.0
        if out * way > 0.0:
            broker.long()
        elif out * way < 0.0 and self.shorts:
            broker.short()
        elif broker.position * (now.close - now.band_middle) * way <= 0.0:
            broker.flat()


@strategies.register("vwap_reversion")
class VwapReversion(Strategy):
    """Long below the lower band of the session's mean price by volume, until that price; out by the session's end.

    Short above the upper band. Who must trade much in a day is measured by that mean, and buys below it. The bands are
    narrow after the open, hence ``after``.

    Source: Berkowitz, Logue and Noser, The total cost of transactions on the NYSE, Journal of Finance 43 (1988), for
    the mean as the yardstick.
    Fails: on days with a trend from the open on, when the price does not come back; there is no stop. Bars must be of
    one length, so that the last one before the close is known as such; for others set ``leave``.
    """

    title = "VWAP reversion"
    session = param.String("XNYS", doc="Calendar of the sessions.")
    deviations = param.Number(2.0, bounds=(0.1, 100), doc="Standard deviations, weighted by volume, to a band.")
    after = param.Integer(30, bounds=(0, 1440), doc="Minutes from the open without an entry.")
    leave = param.Number(0.0, bounds=(0, 1440), doc="Minutes before the close by which it is out; 0: by the last bar.")
    shorts = param.Boolean(True, doc="Whether it sells short.")

    def studies(self) -> Mapping[str, Study]:
        mean = indicator("vwap", session=self.session, deviations=self.deviations)
        return {"mean": mean, "clock": lambda bars: session_clock(bars, self.session, self.leave)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.clock_ending:
            broker.flat()
        elif now.close < now.mean_lower and now.clock_since >= self.after:
            broker.long()
        elif now.close > now.mean_upper and now.clock_since >= self.after and self.shorts:
            broker.short()
        elif broker.position * (now.close - now.mean_vwap) >= 0.0:
            broker.flat()


@strategies.register("cvd_divergence")
class CvdDivergence(Strategy):
    """Long when the price is at its lowest and cumulative volume delta is not, short the other way round.

    A new low that aggressive sellers did not make may be the last. Bars need ``buy_volume`` and ``sell_volume``.

    Source: the divergence of price and volume of Granville, New Key to Stock Market Profits (1963), with the volume of
    the aggressor in the place of all volume.
    Fails: where passive orders move the price, in trends, where lows follow lows, and where sides are guessed.
    """

    title = "CVD divergence"
    window = param.Integer(20, bounds=(2, 5000), doc="Bars of the extremes of price and delta.")
    share = param.Number(0.5, bounds=(0, 1), doc="How far delta is from its own extreme, as part of its range.")
    hold = param.Integer(10, bounds=(1, 5000), doc="Bars after which it is flat.")
    shorts = param.Boolean(True, doc="Whether it sells short.")

    def studies(self) -> Mapping[str, Study]:
        return {
            "bottom": indicator("min", price="low", window=self.window),
            "top": indicator("max", price="high", window=self.window),
            "delta": indicator("cvd"),
            "least": f"lowest(cvd(), {self.window})",
            "most": f"highest(cvd(), {self.window})",
        }

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        away = self.share * (now.most - now.least)
        if now.low <= now.bottom and now.delta - now.least > away:
            broker.long()
        elif now.high >= now.top and now.most - now.delta > away and self.shorts:
            broker.short()
        elif broker.bars_held >= self.hold:
            broker.flat()
