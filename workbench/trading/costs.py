"""What trading costs, and what an account allows."""

from __future__ import annotations

from typing import Any

import param

from workbench.errors import DataError, UnknownNameError, did_you_mean, parameter_told


class Costs(param.Parameterized):
    """Fees, slippage, spread, interest, margin and how much of a bar's volume may be taken; nothing unless given.

    ``taker`` and ``maker`` are fractions of the value of a fill: limit orders pay ``maker``, all others ``taker``. What
    is in the units of a price is per unit of the instrument.

    Raises
    ------
    UnknownNameError
        There is no such cost; names the nearest.
    DataError
        A value is out of its bounds.
    """

    taker = param.Number(0.0, bounds=(0, 1), doc="Fee of fills that take liquidity, as a fraction of their value.")
    maker = param.Number(
        0.0, bounds=(-1, 1), doc="Fee of limit orders, as a fraction of their value; below 0 a rebate."
    )
    per_unit = param.Number(0.0, bounds=(0, None), doc="Fee for each unit.")
    minimum = param.Number(0.0, bounds=(0, None), doc="Least fee of an order that is filled.")
    slippage = param.Number(0.0, bounds=(0, 1), doc="How much worse takers are filled, as a fraction of the price.")
    slippage_fixed = param.Number(0.0, bounds=(0, None), doc="How much worse takers are filled, in units of the price.")
    impact = param.Number(
        0.0, bounds=(0, None), doc="How much worse takers are filled, as a fraction of the price for the whole volume."
    )
    spread = param.Number(0.0, bounds=(0, None), doc="Ask minus bid: takers pay half of it.")
    borrow = param.Number(0.0, bounds=(0, None), doc="Interest on what is sold short, a year of 365 days.")
    funding = param.Number(0.0, bounds=(-1, 1), doc="What longs pay shorts each bar, as a fraction of the value.")
    volume_share = param.Number(0.0, bounds=(0, 1), doc="Most of a bar's volume that is traded; 0 for no limit.")
    maintenance = param.Number(
        0.5, bounds=(0, 1), doc="Part of the initial margin below which all is closed; 0 for no margin call."
    )
    touch = param.Boolean(False, doc="Whether a limit order fills where the price only touches its limit.")
    lot = param.Number(0.0, bounds=(0, None), doc="Smallest step of units; 0 for any fraction of one.")

    def __init__(self, **values: Any) -> None:
        known = [name for name in self.param if name != "name"]
        for name in values:
            if name not in (*known, "name"):
                raise UnknownNameError(f"there is no cost {name!r}: {did_you_mean(name, known)}")
        try:
            super().__init__(**values)
        except ValueError as error:
            raise DataError(f"costs: {parameter_told(error)}") from None
