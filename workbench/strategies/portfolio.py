"""Strategies that decide over all their symbols at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.strategies.base import Strategy, array_of, check_name


class Portfolio(Strategy):
    """A way to trade several symbols, asked once an instant for all of them: at each at which one has a bar.

    ::

        @strategies.register("my_two")
        class MyTwo(Portfolio):
            def studies(self):
                return {"gain": indicator("roc", window=60)}

            def decide(self, now, was, broker):
                for k in range(len(now.gain)):
                    broker.target(k, 0.5 if now.gain[k] > 0.0 else 0.0)

    As in ``Strategy``, but that every field of ``now`` and ``was`` is float64[symbols], in the order of the bars, with
    1 and 0 for yes and no; ``now.time`` and ``now.bar`` are one number, of the instant. A symbol without a bar at this
    instant is as it last was, in ``now`` and in ``was`` alike. A symbol of which not all studies are known yet is NaN;
    it is not asked before one of them is. ``broker[k]`` is the broker of a symbol; ``broker.target(k, fraction)``,
    ``broker.position(k)``, ``broker.memory(k)``, ``broker.equity``, ``broker.cash`` and ``broker.sizing`` are short for
    what is needed most.

    Division by 0 gives an infinite number or NaN, as in arrays, and does not raise.
    """

    def across(self, bars: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.Series | pd.DataFrame]:
        """Studies that several symbols make together, by name, from the bars of all by symbol.

        A Series by time holds for all symbols; a DataFrame has a column for each. A bar is given the last value that is
        not later than it.
        """
        return {}

    def tables(self, bars: Mapping[str, pd.DataFrame]) -> list[dict[str, np.ndarray]]:
        found, who = super().tables(bars), type(self).__name__
        for name, values in self.across(bars).items():
            check_name(name, who)
            if not isinstance(values, pd.Series | pd.DataFrame):
                raise DataError(
                    f"{who}.across: {name!r} is a Series or a DataFrame by time, not {type(values).__name__}"
                )
            for table, (symbol, frame) in zip(found, bars.items(), strict=True):
                if isinstance(values, pd.DataFrame) and symbol not in values:
                    raise DataError(
                        f"{who}.across: {name!r} has no column {symbol!r}; it has {', '.join(map(str, values))}"
                    )
                one: Any = values[symbol] if isinstance(values, pd.DataFrame) else values
                table[name] = array_of(one.reindex(frame.index, method="ffill"), len(frame), who, name)
        return [{name: values.astype(float) for name, values in table.items()} for table in found]
