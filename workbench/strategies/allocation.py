"""Strategies that say how much of what: by risk, by strength, one against the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import param

from workbench.indicators import indicator
from workbench.market.events import event_times
from workbench.strategies.base import MANY, Strategy, Study, strategies
from workbench.strategies.portfolio import Portfolio

_YEAR = 365.25 * 86_400e9


#: Windows at a time: few enough to stay near the processor.
_ROWS = 1024


@strategies.register("volatility_target")
class VolatilityTarget(Strategy):
    """Long with a fraction of equity such that it moves by the same volatility a year whatever the market does.

    The fraction is the target over the realised volatility, at most ``most``; it is brought there when it is off by
    more than ``band``. Volatility is that of a bar times the root of the bars a year, which are counted in the bars up
    to then: in the first days of bars within sessions that is too many, and the position too small. ``periods`` sets
    them.

    Source: Moreira and Muir, Volatility-managed portfolios, Journal of Finance 72 (2017).
    Fails: in crashes out of calm, which find it at its largest; and after them it is small while prices recover.
    """

    title = "Volatility target"
    target = param.Number(0.15, bounds=(0.001, 10), doc="Volatility a year, as a fraction.")
    window = param.Integer(20, bounds=(2, 5000), doc="Bars of the realised volatility.")
    most = param.Number(1.0, bounds=(0.01, 100), doc="Largest fraction of equity; above 1 the run needs the leverage.")
    band = param.Number(0.1, bounds=(0, 10), doc="Difference of the fraction from the one wanted that is let be.")
    periods = param.Number(0.0, bounds=(0, 1e9), doc="Bars a year, such as 252; 0: counted in the bars so far.")

    def studies(self) -> Mapping[str, Study]:
        return {"risk": self._risk}

    def _risk(self, bars: pd.DataFrame) -> pd.Series:
        times = event_times(bars)
        with np.errstate(invalid="ignore", divide="ignore"):
            counted = np.arange(len(times)) * _YEAR / (times - times[:1])
        return indicator("realised", window=self.window)(bars) * np.sqrt(self.periods or counted)

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.risk > 0.0:
            wanted = min(self.target / now.risk, self.most)
            off = wanted * broker.equity - broker.position * now.close
            if abs(off) > self.band * broker.equity:
                broker.target(wanted, rebalance=True)


@strategies.register("momentum_rotation")
class MomentumRotation(Portfolio):
    """Holds the symbols that have gained most over a window, equal parts of each, chosen anew every so many bars.

    One that has gained less than ``least`` is not held, its part stays cash.

    Source: Jegadeesh and Titman, Returns to buying winners and selling losers, Journal of Finance 48 (1993); the least
    gain is that of Antonacci, Dual Momentum Investing (2014).
    Fails: when the market turns, as in spring 2009: the winners of the fall then lag; and where all move as one.
    Chosen among the symbols that are known today, it knows who survived.
    """

    title = "Momentum rotation"
    symbols: ClassVar[tuple[int, int]] = (2, MANY)
    example: ClassVar[Mapping[str, Any]] = {"window": 20, "top": 1, "every": 5}
    window = param.Integer(126, bounds=(1, 5000), doc="Bars over which the gain is measured.")
    top = param.Integer(3, bounds=(1, 1000), doc="How many symbols it holds.")
    every = param.Integer(21, bounds=(1, 5000), doc="Bars between two choices.")
    least = param.Number(0.0, bounds=(-100, 1e6), doc="Gain in percent that a symbol must have.")

    def studies(self) -> Mapping[str, Study]:
        return {"gain": indicator("roc", window=self.window)}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.bar % self.every != 0:
            return
        for k in range(len(now.gain)):
            better = 0
            for j in range(len(now.gain)):
                if now.gain[j] > now.gain[k] or (now.gain[j] == now.gain[k] and j < k):
                    better += 1
            if now.gain[k] > self.least and better < self.top:
                broker.target(k, broker.sizing / self.top, rebalance=True)
            else:
                broker.target(k, 0.0)


@strategies.register("pairs")
class Pairs(Portfolio):
    """One symbol against the other while what is left between them is far from 0, until it is near.

    The logarithm of the first price is explained by that of the second, by least squares over ``window`` bars that both
    have; ``z`` is what is left at the last of them, in standard deviations, and the slope says how much of the second
    hedges the first. Both together are the sizing of the run, with the slope as it is at the entry.

    Source: Gatev, Goetzmann and Rouwenhorst, Pairs trading, Review of Financial Studies 19 (2006); the hedge is that of
    Engle and Granger, Econometrica 55 (1987).
    Fails: when what held the two together ends, a merger or a crisis of one: there is no stop. It needs shorts, and
    pays fees four times a round trip.
    """

    title = "Pairs"
    symbols: ClassVar[tuple[int, int]] = (2, 2)
    window = param.Integer(60, bounds=(3, 5000), doc="Bars of the regression.")
    enter = param.Number(2.0, bounds=(0.1, 100), doc="Standard deviations at which it enters.")
    leave = param.Number(0.5, bounds=(0, 100), doc="Standard deviations within which it is flat.")

    def across(self, bars: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.Series | pd.DataFrame]:
        first, second = (np.log(frame["close"]) for frame in bars.values())
        return dict(zip(("z", "slope"), residual(first, second, self.window), strict=True))

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        z, slope, held = now.z[0], now.slope[0], broker.memory(0)[0]
        side = -1.0 if z > self.enter else 1.0 if z < -self.enter else 0.0
        if side * held < 0.0 or (side != 0.0 and held == 0.0):
            broker.memory(0)[0] = side
            part = side * broker.sizing / (1.0 + abs(slope))
            broker.target(0, part)
            broker.target(1, -slope * part)
        elif (held > 0.0 and z > -self.leave) or (held < 0.0 and z < self.leave):
            broker.memory(0)[0] = 0.0
            broker.target(0, 0.0)
            broker.target(1, 0.0)


def residual(y: pd.Series, x: pd.Series, window: int) -> tuple[pd.Series, pd.Series]:
    """What a line through the last ``window`` pairs leaves of the last one, in standard deviations, and its slope.

    Both are by the times that ``y`` and ``x`` have in common, NaN where ``x`` does not change. The deviation is
    sqrt(sum(e^2) / (window - 2)).
    """
    y, x = y.dropna().align(x.dropna(), join="inner")
    n, count = len(y), window
    z, slope = np.full(n, np.nan), np.full(n, np.nan)
    if n >= count:
        # Window by window, not by running sums: each number then depends on its own bars to the last bit.
        v = np.lib.stride_tricks.sliding_window_view(y.to_numpy(float), count)
        u = np.lib.stride_tricks.sliding_window_view(x.to_numpy(float), count)
        for low in range(0, len(v), _ROWS):
            rows = (np.ascontiguousarray(one[low : low + _ROWS]) for one in (v, u))
            dv, du = (one - one.mean(1, keepdims=True) for one in rows)
            with np.errstate(invalid="ignore", divide="ignore"):
                b = (du * dv).sum(1) / (du * du).sum(1)
                e = dv - b[:, None] * du
                found = e[:, -1] / np.sqrt((e * e).sum(1) / (count - 2))
            at = slice(low + count - 1, low + count - 1 + len(b))
            z[at], slope[at] = found, b
    z[~np.isfinite(z)] = slope[~np.isfinite(slope)] = np.nan
    return pd.Series(z, y.index), pd.Series(slope, y.index)
