"""The same sweep over several symbols and bar specs, in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from workbench.backtest.market import Bars
from workbench.errors import DataError, UnknownNameError, did_you_mean
from workbench.strategies import Strategy
from workbench.sweep.engine import sweep
from workbench.sweep.result import Sweep
from workbench.sweep.space import Values

#: A symbol, or a symbol and the spec of its bars.
Key = str | tuple[str, str]


@dataclass(frozen=True, eq=False)
class Sweeps:
    """Sweeps by symbol and spec.

    Attributes
    ----------
    sweeps
        Each of them, by what ``sweep_over`` was given.
    """

    sweeps: dict[Key, Sweep]

    def __getitem__(self, key: Key) -> Sweep:
        if key not in self.sweeps:
            names = [str(one) for one in self.sweeps]
            raise UnknownNameError(f"no sweep of {key!r}: {did_you_mean(str(key), names)}")
        return self.sweeps[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.sweeps)

    def __len__(self) -> int:
        return len(self.sweeps)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each market and cell: ``symbol``, ``spec`` where that was given, ``cell``, parameters, measures."""
        tables = []
        for key, found in self.sweeps.items():
            names = dict(zip(("symbol", "spec"), (key,) if isinstance(key, str) else key, strict=False))
            tables.append(pd.concat({tuple(names.values()): found.table}, names=list(names)).reset_index())
        return pd.concat(tables, ignore_index=True)


def sweep_over(
    strategy: Strategy | type[Strategy] | str,
    markets: Mapping[Key, Bars],
    values: Mapping[str, Values],
    **keywords: Any,
) -> Sweeps:
    """A sweep of its own for each symbol, or for each symbol and spec: no cash is shared between them.

    Parameters
    ----------
    strategy, values, **keywords
        As ``sweep`` takes them. ``progress`` is told the cells of one market after the other.
    markets
        Bars by symbol, or by ``(symbol, spec)``; all keys of one kind.

    Raises
    ------
    DataError
        As ``sweep``, with the name of the market before it; or no markets.

    Examples
    --------
    >>> import workbench as wb
    >>> markets = {("AAPL", spec): wb.catalog().bars("AAPL", spec) for spec in ("1d", "1w")}
    >>> sweeps = wb.sweep_over(wb.strategies.SmaCross, markets, {"fast": [5, 10], "slow": [20, 50]})
    >>> sweeps.table.groupby(["symbol", "spec"]).size().to_dict()
    {('AAPL', '1d'): 4, ('AAPL', '1w'): 4}
    >>> sweeps["AAPL", "1w"].best("sharpe")[["fast", "slow"]].to_numpy().tolist()
    [[5, 20]]
    """
    if not isinstance(markets, Mapping) or not markets:
        raise DataError("sweep_over needs bars by symbol: {'AAPL': bars, 'MSFT': bars}")
    if len({1 if isinstance(key, str) else len(key) for key in markets}) > 1:
        raise DataError(f"sweep_over: give all markets by symbol, or all by (symbol, spec), not {list(markets)}")
    found = dict[Key, Sweep]()
    for key, bars in markets.items():
        try:
            found[key] = sweep(strategy, bars, values, **keywords)
        except DataError as error:
            raise DataError(f"{key if isinstance(key, str) else ' '.join(key)}: {error}") from error
    return Sweeps(found)
