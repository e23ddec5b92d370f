"""Strategies without a ``decide`` of one's own: a formula, or arrays of signals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import param

from workbench.errors import DataError
from workbench.strategies.base import Strategy, Study, strategies


@strategies.register("formula")
class Rule(Strategy):
    """Long while a formula is above 0 (a comparison: while it holds), else flat."""

    title = "Formula"
    text = param.String("ema(close, 20) > ema(close, 50)", doc="The formula: columns, indicators and arithmetic.")

    def studies(self) -> Mapping[str, Study]:
        return {"value": self.text}

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        if now.value > 0.0:
            broker.long()
        else:
            broker.flat()


_SIGNAL = (str, np.ndarray, pd.Series, list)


@strategies.register("signals")
class Signals(Strategy):
    """Positions by signals: a true value, or a formula above 0, asks for what its name says.

    ``exit`` closes longs and ``cover`` shorts; an opposite entry turns the position round. Where an entry and its own
    exit are both true neither counts, and of ``long`` and ``short`` together neither. NaN is no signal.
    """

    title = "Signals"
    example: ClassVar[Mapping[str, Any]] = {"long": "close > open", "exit": "close < open"}
    long = param.ClassSelector(class_=_SIGNAL, doc="Buy: true values for all bars, or a formula.")
    exit = param.ClassSelector(class_=_SIGNAL, doc="Close what was bought.")
    short = param.ClassSelector(class_=_SIGNAL, doc="Sell short.")
    cover = param.ClassSelector(class_=_SIGNAL, doc="Buy back what was sold short.")

    def studies(self) -> Mapping[str, Study]:
        given = {name: getattr(self, name) for name in ("long", "exit", "short", "cover")}
        return {name: np.array(one) if isinstance(one, list) else one for name, one in given.items() if one is not None}

    def columns(self, bars: pd.DataFrame) -> dict[str, np.ndarray]:
        found = super().columns(bars)
        if not found.keys() & {"long", "short"}:
            raise DataError("signals never enter: give long, short or both")
        none = np.zeros(len(bars), bool)
        return {name: found[name] > 0 if name in found else none for name in ("long", "exit", "short", "cover")}

    @property
    def label(self) -> str:
        return " ".join(["signals", *self.studies()])

    def decide(self, now: Any, was: Any, broker: Any) -> None:
        buy = now.long and not now.exit
        sell = now.short and not now.cover
        if buy and not sell:
            broker.long()
        elif sell and not buy:
            broker.short()
        elif (broker.position > 0.0 and now.exit and not now.long) or (
            broker.position < 0.0 and now.cover and not now.short
        ):
            broker.flat()
