"""Inside of a bar: its finer bars, or trades, one after the other, as a debugger shows them before the bar is over."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.backtest.debugger.sight import Fill, Inside, Sight, fills_at
from workbench.backtest.debugger.tape import Tape
from workbench.backtest.market import PRICES
from workbench.backtest.run import StrategyError
from workbench.errors import DataError
from workbench.market.events import event_times


@dataclass
class Parts:
    """The finer bars of one bar, and what was filled in them.

    Attributes
    ----------
    first
        Number of the first one among all finer bars.
    times
        int64[count] ns UTC: when each opened.
    prices
        float64[4, count]: open, high, low and close of each.
    fills
        The fills of the bar, but for those at its close.
    financing
        Interest and funding that the bar begins with.
    part
        How many of the finer bars are over.
    """

    first: int
    times: np.ndarray
    prices: np.ndarray
    fills: tuple[Fill, ...]
    financing: float
    part: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.prices.shape[1]

    def sight(self, before: Sight) -> Sight:
        """What is seen at this part: what was there before the bar, and the fills since.

        Orders that were cancelled or ran out within the bar still count as working: when, inside of it, is not known.
        """
        opened, high, low, close = self.prices[:, : self.part]
        filled = tuple(one for one in self.fills if one.part < self.first + self.part)
        account = dict(before.account)
        account["cash"] -= self.financing + sum(one.units * one.price + one.fee for one in filled)
        account["fees"] += sum(one.fee for one in filled)
        account["position"] += sum(one.units for one in filled)
        account["equity"] = account["cash"] + account["position"] * close[-1]
        gone = {one.order for one in filled}
        return replace(
            before,
            account={name: account[name] for name in ("position", "equity", "cash", "fees")},
            asked=(),
            working=tuple(one for one in before.working if one.number not in gone),
            fills=filled,
            ended=(),
            local={},
            inside=Inside(
                self.part,
                self.count,
                pd.Timestamp(int(self.times[self.part - 1]), tz="UTC"),
                float(opened[0]),
                float(high.max()),
                float(low.min()),
                float(close[-1]),
            ),
        )


def parts_of(tape: Tape) -> Parts | None:
    """The finer bars of the bar that is next; None where it has none.

    Raises
    ------
    DataError
        The run has no finer bars at all, or several symbols.
    """
    run, t = tape.run, tape.next
    if len(run.market.symbols) > 1:
        raise DataError(
            "the insides of bars can be gone through for one symbol: of several they are worked off one after the "
            "other, so that there is no cash in between; run them one by one"
        )
    market, symbol = run.market, run.market.symbols[0]
    if symbol not in market.inside:
        raise DataError("the run has no finer bars: give inside=, finer bars or trades as bars of 1tick")
    times, opens = event_times(market.inside[symbol]), market.columns[0]["time"]
    first = int(np.searchsorted(times, opens[t]))
    until = int(np.searchsorted(times, opens[t + 1])) if t + 1 < len(opens) else len(times)
    if until <= first:
        return None
    prices = market.inside[symbol][list(PRICES)].iloc[first:until].to_numpy(float).T
    paid = float(run.state.account["financing"][0])
    with suppress(StrategyError):  # it is raised again where the bar ends
        tape.play()
    financing = float(run.state.account["financing"][0]) - paid
    fills = tuple(one for one in fills_at(tape, t) if one.part >= 0)
    tape.wind(t)
    return Parts(first, times[first:until], prices, fills, financing)
