"""Where a replay stops by itself: behind the trade that closed a bar of which something is true."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.indicators.formulas.study import Formula
from workbench.live.join import needs_base, plan, stored_before, stored_first
from workbench.live.live_bars import BarsNode
from workbench.live.status import instant_text
from workbench.market.specs import BarSpec

if TYPE_CHECKING:
    from workbench.bars import Resampler
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.live.replay.reel import Lane

#: Bars before the first one that are read for a formula or a mean, at least; averages that never forget have then.
_BARS_BEFORE = 500

Test = Callable[[np.void], str | None]


@dataclass(frozen=True)
class GoalSpec:
    """What to run to, as it can be sent.

    ``what`` is ``bars`` (``at_least`` bars of ``spec`` closed), ``move`` (close over close of the bar before differs
    from 1 by ``at_least``), ``volume`` (``at_least`` times the mean of the ``last`` bars before) or the text of a
    formula that says yes or no; that must become true, so one that is true already is waited for until it is anew.
    """

    what: str
    spec: str
    symbol: str
    at_least: float = 1.0
    last: int = 20

    @classmethod
    def checked(
        cls, what: str, spec: str | BarSpec, symbol: str, *, at_least: float | None, last: int = 20
    ) -> GoalSpec:
        """The same from what a user gives.

        Raises
        ------
        SpecError, FormulaError, DataError
            A value cannot be used; says which.
        """
        if not isinstance(what, str) or not what.strip():
            raise DataError(f"run to 'move', 'volume' or a formula such as 'close > sma(close, 20)', got {what!r}")
        parsed = BarSpec.parse(spec)
        needs_base(parsed)
        usual = {"bars": 1.0, "volume": 3.0}.get(what)
        if what == "move" and at_least is None:
            raise DataError("run_to('move') needs at_least=, a fraction such as 0.005")
        value = usual if at_least is None else float(at_least)
        if value is not None and not (value > 0 and np.isfinite(value)):
            raise DataError(f"at_least is greater than 0, got {at_least!r}")
        if not 1 <= int(last) <= 10_000:
            raise DataError(f"last is a number of bars, 1 to 10,000, got {last!r}")
        if what not in _TESTS:
            formula = Formula(text=what)
            if not formula.condition or not formula.causal:
                raise DataError(
                    f"run to a formula that says yes or no of closed bars, such as 'close > sma(close, 20)'; {what!r} "
                    + (f"is {formula.unit}" if not formula.condition else "looks at later bars")
                )
        return cls(what, str(parsed), symbol, 1.0 if value is None else value, int(last))

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


class Goal:
    """A goal on its way: ``check`` takes the trades that come next.

    Parameters
    ----------
    lane
        The trades of the symbol, as far as they were taken.
    """

    def __init__(self, one: GoalSpec, catalog: MarketCatalog, lane: Lane) -> None:
        self.reason = ""
        self._one = one
        before, self._resampler = _bars_until(catalog, one, lane)
        self._test: Test = _TESTS.get(one.what, _formula)(one, before)

    def check(self, trades: np.ndarray) -> int | None:
        """How many of ``trades`` it takes to reach the goal; ``None``: more than these."""
        if not len(trades):
            return None
        before = copy.deepcopy(self._resampler)
        for i, bar in enumerate(self._resampler.update_records(trades)):
            why = self._test(bar)
            if why is not None:
                at = instant_text(int(bar["time"]))
                self.reason = f"{why}, bar {self._one.spec} of {self._one.symbol} from {at}"
                return _trade_that_closed(before, trades, i + 1)
        return None


def _trade_that_closed(before: Resampler, trades: np.ndarray, bars: int) -> int:
    """How many trades it takes to close so many bars."""
    low, high = 1, len(trades)
    while low < high:
        middle = (low + high) // 2
        closed = len(copy.deepcopy(before).update_records(trades[:middle]))
        low, high = (low, middle) if closed >= bars else (middle + 1, high)
    return low


def _bars_until(catalog: MarketCatalog, one: GoalSpec, lane: Lane) -> tuple[np.ndarray, Resampler]:
    """Closed bars before what comes next in ``lane``, and what makes the bars after them: those of the hub."""
    cut, ties = lane.taken()
    node = BarsNode(one.symbol, one.spec, None)
    join = plan(catalog, one.symbol, one.spec, until=cut)
    first = stored_first(catalog, one.symbol, join)
    node.begin(join, stored_before(catalog, one.symbol, join), first, going=lambda: True)
    node.take(ties)
    shot = node.snapshot
    count = max(_BARS_BEFORE, one.last) if one.what in _TESTS else max(_BARS_BEFORE, 8 * Formula(text=one.what).warmup)
    begins = cut if shot.join_ns is None else shot.join_ns
    older = catalog.latest_bars(one.symbol, one.spec, count, before=pd.Timestamp(begins, tz="UTC"))
    return np.concatenate([older, shot.closed])[-count:], node.resampler


def _bars(one: GoalSpec, _before: np.ndarray) -> Test:
    left = int(one.at_least)

    def test(_bar: np.void) -> str | None:
        nonlocal left
        left -= 1
        return None if left else f"{int(one.at_least)} closed"

    return test


def _move(one: GoalSpec, before: np.ndarray) -> Test:
    close = float(before["close"][-1]) if len(before) else None

    def test(bar: np.void) -> str | None:
        nonlocal close
        base, close = (float(bar["open"]) if close is None else close), float(bar["close"])
        move = close / base - 1 if base else 0.0
        return f"move of {move:+.2%}" if abs(move) >= one.at_least else None

    return test


def _volume(one: GoalSpec, before: np.ndarray) -> Test:
    held = deque(map(float, before["volume"][-one.last :]), maxlen=one.last)

    def test(bar: np.void) -> str | None:
        mean, volume = (sum(held) / len(held) if len(held) == one.last else 0.0), float(bar["volume"])
        held.append(volume)
        return f"volume {volume / mean:.1f} times the usual" if mean and volume >= one.at_least * mean else None

    return test


def _formula(one: GoalSpec, before: np.ndarray) -> Test:
    stream = Formula(text=one.what).stream()
    said = 0.0
    for bar in before:
        said = stream.update(bar)

    def test(bar: np.void) -> str | None:
        nonlocal said
        was, said = said, stream.update(bar)
        return f"{one.what} is true" if said == 1.0 and was != 1.0 else None

    return test


_TESTS: dict[str, Callable[[GoalSpec, np.ndarray], Test]] = {"bars": _bars, "move": _move, "volume": _volume}
