"""What ``decide`` is given where it runs as plain Python: the same names over the same numbers as compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from workbench.errors import did_you_mean
from workbench.kernels import desk as d
from workbench.kernels.decide import given, tag_code


class RowView:
    """A closed bar with what is known then: ``now.close``, ``now.quick``.

    Parameters
    ----------
    columns
        Arrays by name: studies, columns of the bars, ``time``.
    """

    __slots__ = ("_columns", "bar")

    def __init__(self, columns: Mapping[str, np.ndarray]) -> None:
        self._columns = columns
        self.bar = 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._columns[name].item(self.bar)
        except KeyError:
            raise AttributeError(f"a row has no {name!r}: {did_you_mean(name, [*self._columns, 'bar'])}") from None

    def __dir__(self) -> list[str]:
        return [*self._columns, "bar"]

    def __repr__(self) -> str:
        return f"Row({', '.join(f'{name}={getattr(self, name)}' for name in dir(self))})"


class BrokerView:
    """Where a strategy sees its account and says what it wants. Orders exist from the next bar on.

    Attributes
    ----------
    position
        Units held; negative when short.
    entry
        Mean price of the position, NaN without one.
    equity, cash
        Worth of the account at this close, and the money in it.
    bars_held
        Bars since the position was opened.
    orders
        How many orders are working.
    sizing
        The fraction of equity that ``long`` and ``short`` ask for.
    memory
        Sixteen numbers of the strategy's own, 0 at the start, which are kept from bar to bar.
    """

    def __init__(self, desk: np.ndarray, many: bool = False) -> None:
        self._desk, self._at = desk, desk.ctypes.data
        # Numbers of numpy where rows are arrays: both divide by 0 without raising.
        self._read: Any = desk.__getitem__ if many else desk.item
        self.memory = desk[d.MEMORY : d.MEMORY + d.MEMORY_SIZE]
        self.tags: dict[float, str] = {}

    position = property(lambda self: self._read(d.POSITION))
    entry = property(lambda self: self._read(d.ENTRY))
    equity = property(lambda self: self._read(d.EQUITY))
    cash = property(lambda self: self._read(d.CASH))
    bars_held = property(lambda self: self._read(d.BARS_HELD))
    orders = property(lambda self: self._read(d.ORDERS))
    sizing = property(lambda self: self._read(d.SIZING))

    def target(
        self,
        fraction: float,
        rebalance: bool = False,
        *,
        stop_loss: float | None = None,
        take_profit: float | None = None,
        stop_distance: float | None = None,
        profit_distance: float | None = None,
        stop_fraction: float | None = None,
        profit_fraction: float | None = None,
        trail: float | None = None,
        trail_fraction: float | None = None,
        on_close: bool = False,
        tag: str | int | None = None,
    ) -> None:
        """Bring the position to this fraction of equity, negative for short; units are computed at the fill.

        The same target again is no order while the position is of its sign, unless ``rebalance``.
        """
        at = d.ask_target(
            self._at, float(fraction), self._code(tag), 1.0 if rebalance else 0.0, 1.0 if on_close else 0.0
        )
        guards = stop_loss, take_profit, stop_distance, profit_distance, stop_fraction, profit_fraction
        d.protect(self._at, at, *map(given, (*guards, trail, trail_fraction)))

    def long(self, tag: str | int | None = None) -> None:
        """``target`` of the sizing of the run."""
        self.target(self._desk.item(d.SIZING), tag=tag)

    def short(self, tag: str | int | None = None) -> None:
        """``target`` of minus the sizing of the run."""
        self.target(-self._desk.item(d.SIZING), tag=tag)

    def flat(self, tag: str | int | None = None) -> None:
        """Close the position."""
        self.target(0.0, tag=tag)

    close = flat

    def buy(self, units: float | None = None, **how: Any) -> None:
        """Order to buy ``units``, or a ``fraction`` of equity, for ``cash``, or with a ``risk``; else the run's sizing.

        Parameters
        ----------
        units, fraction, cash, risk
            How much, one of them: units; a fraction of equity; an amount of money; the fraction of equity that is lost
            at the stop loss.
        limit, stop
            Prices: with neither it is a market order, with both a stop-limit order.
        stop_loss, take_profit
            Prices of the exits that guard what this order opens.
        stop_distance, profit_distance, stop_fraction, profit_fraction
            The same by their distance from the price of the fill, or as a fraction of it.
        trail, trail_fraction
            A stop that follows the best price at this distance, or fraction.
        expiry
            For how many bars the order is good; 0 till cancelled.
        day
            Whether it is good for the session of its first bar only.
        on_close
            At the close of the next bar instead of its open.
        oco
            A number of a group, of which one fill cancels the others.
        tag
            A name, for the tables and for ``cancel``.
        """
        self._order(1.0, units, **how)

    def sell(self, units: float | None = None, **how: Any) -> None:
        """Order to sell; as ``buy``."""
        self._order(-1.0, units, **how)

    def _order(
        self, side: float, units: float | None = None, fraction: float | None = None, cash: float | None = None,
        risk: float | None = None, limit: float | None = None, stop: float | None = None,
        stop_loss: float | None = None, take_profit: float | None = None, stop_distance: float | None = None,
        profit_distance: float | None = None, stop_fraction: float | None = None, profit_fraction: float | None = None,
        trail: float | None = None, trail_fraction: float | None = None, expiry: int = 0, day: bool = False,
        on_close: bool = False, oco: int = 0, tag: str | int | None = None,
    ) -> None:  # fmt: skip
        at = d.ask_order(
            self._at, side, *map(given, (units, fraction, cash, risk, limit, stop)),
            float(expiry), 1.0 if day else 0.0, 1.0 if on_close else 0.0, float(oco), self._code(tag),
        )  # fmt: skip
        guards = stop_loss, take_profit, stop_distance, profit_distance, stop_fraction, profit_fraction
        d.protect(self._at, at, *map(given, (*guards, trail, trail_fraction)))

    def cancel(self, tag: str | int) -> None:
        """Cancel the working orders of this tag; exits stay with their position."""
        d.ask(self._at, d.CANCEL, 0.0, self._code(tag), 0.0, 0.0)

    def cancel_all(self) -> None:
        """Cancel all working orders; exits stay with their position."""
        d.ask(self._at, d.CANCEL_ALL, 0.0, 0.0, 0.0, 0.0)

    def _code(self, tag: str | int | None) -> float:
        code = tag_code(tag)
        if isinstance(tag, str):
            self.tags[code] = tag
        return code


class PortfolioRow:
    """An instant of all symbols: ``now.close[k]``, ``now.time``.

    Parameters
    ----------
    cells
        What the kernel puts down, see ``kernels.desk``.
    names
        The fields, in their order.
    """

    __slots__ = ("_cells", "_names")

    def __init__(self, cells: np.ndarray, names: Iterable[str]) -> None:
        self._cells, self._names = cells, list(names)

    bar = property(lambda self: self._cells.item(d.BAR))
    time = property(lambda self: self._cells.item(d.TIME))

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._names:
            raise AttributeError(f"a row has no {name!r}: {did_you_mean(name, dir(self))}")
        count = self._cells.item(d.COUNTED)
        first = d.HEAD + count * self._names.index(name)
        found = self._cells[first : first + count].view(float)
        found.flags.writeable = False
        return found

    def __dir__(self) -> list[str]:
        return [*self._names, "time", "bar"]

    def __repr__(self) -> str:
        return f"Row({', '.join(f'{name}={getattr(self, name)}' for name in dir(self))})"


class PortfolioBroker:
    """Where a portfolio sees its account and says what it wants: ``broker[k]`` is the ``BrokerView`` of a symbol.

    Attributes
    ----------
    equity, cash, sizing
        Of the account, as there.
    """

    def __init__(self, desks: Iterable[np.ndarray]) -> None:
        self.each = [BrokerView(desk, many=True) for desk in desks]

    equity = property(lambda self: self.each[0].equity)
    cash = property(lambda self: self.each[0].cash)
    sizing = property(lambda self: self.each[0].sizing)

    def __getitem__(self, symbol: int) -> BrokerView:
        if not 0 <= symbol < len(self.each):
            raise IndexError(f"there is no symbol {symbol}: {len(self.each)} are numbered from 0")
        return self.each[symbol]

    def target(self, symbol: int, fraction: float, rebalance: bool = False, tag: str | int | None = None) -> None:
        """Bring the position in a symbol to this fraction of equity; see ``BrokerView.target``."""
        self[symbol].target(fraction, rebalance, tag=tag)

    def position(self, symbol: int) -> float:
        """Units held of a symbol; negative when short."""
        return self[symbol].position

    def memory(self, symbol: int) -> np.ndarray:
        """Sixteen numbers of the strategy's own for each symbol, 0 at the start, kept from instant to instant."""
        return self[symbol].memory
