"""What a debugger sees at its cursor, and nothing that is later: rows, account, orders, fills and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.backtest.debugger.tape import Asked, Tape
from workbench.backtest.run import StrategyError
from workbench.kernels import desk as d
from workbench.kernels import ledger as k

_MODES = ("units", "of equity", "money", "at risk")
_GUARDS = (
    ("stop_loss", d.STOP_LOSS), ("take_profit", d.TAKE_PROFIT), ("stop_distance", d.STOP_DISTANCE),
    ("profit_distance", d.PROFIT_DISTANCE), ("stop_fraction", d.STOP_FRACTION), ("profit_fraction", d.PROFIT_FRACTION),
    ("trail", d.TRAIL), ("trail_fraction", d.TRAIL_FRACTION),
)  # fmt: skip
#: Rules of docs/fills.md by the reason of a fill.
_RULES: Mapping[int, tuple[int, ...]] = {
    k.BY_MARKET: (2,), k.BY_LIMIT: (3,), k.BY_STOP: (4,), k.BY_STOP_LOSS: (5,), k.BY_TAKE_PROFIT: (5,),
    k.BY_TRAIL: (7, 5), k.BY_MARGIN: (11,), k.NO_CASH: (11,), k.NO_VOLUME: (9,), k.BY_TIME: (9,), k.NO_POSITION: (5,),
    k.TOO_SMALL: (12,), k.NO_STOP: (12,), k.BY_NEXT: (12,),
}  # fmt: skip
_EXITS = (k.BY_STOP_LOSS, k.BY_TAKE_PROFIT, k.BY_TRAIL)


@dataclass(frozen=True)
class Request:
    """What the strategy asked for at a bar: in words, and the line of the file in which its ``decide`` did."""

    text: str
    line: int | None
    symbol: str = ""


@dataclass(frozen=True)
class Order:
    """An order: ``left`` is what is still to be filled, NaN before that is known; ``stop`` the tighter of stops.

    ``status`` and ``reason`` say what became of it, ``rules`` which numbers of docs/fills.md say why.
    """

    number: int
    symbol: str
    kind: str
    side: int
    amount: float
    mode: str
    left: float
    limit: float
    stop: float
    tag: str
    born: pd.Timestamp
    status: str = "working"
    reason: str = ""
    rules: tuple[int, ...] = ()


@dataclass(frozen=True)
class Fill:
    """A fill, and the rules of docs/fills.md that applied, as far as they can be known; the foremost first."""

    order: int
    symbol: str
    units: float
    price: float
    fee: float
    position: float
    reason: str
    when: str
    tag: str
    rules: tuple[int, ...]
    part: int = -1


@dataclass(frozen=True)
class Inside:
    """A place inside of a bar that is not over: part ``part`` (from 1) of ``parts``, its stamp, and the bar so far."""

    part: int
    parts: int
    time: pd.Timestamp
    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True)
class Sight:
    """All that can be seen at an instant, at its end.

    Attributes
    ----------
    instant, time
        Number and stamp of the instant; -1 and NaT before the first.
    symbol, bar
        Whose rows these are, and the number of its newest bar.
    now, was
        What ``decide`` sees of that bar and the one before it: bars, studies.
    account
        ``position entry equity cash bars_held orders drawdown unrealised fees``.
    memory
        float64[16]: the strategy's own.
    asked, working, fills, ended
        Of all symbols: what was asked at this instant, orders that are working after it, its fills, and orders that
        ended at it without one.
    local
        Local variables of ``decide`` at its end.
    failure
        What the strategy raised at this instant.
    inside
        Where the cursor is inside of the bar that follows; the account is marked there then.
    """

    instant: int
    time: pd.Timestamp
    symbol: str
    bar: int
    now: dict[str, Any]
    was: dict[str, Any]
    account: dict[str, float]
    memory: np.ndarray
    asked: tuple[Request, ...] = ()
    working: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    ended: tuple[Order, ...] = ()
    local: dict[str, Any] = field(default_factory=dict)
    failure: StrategyError | None = None
    inside: Inside | None = None


def sight_of(tape: Tape, s: int, failure: StrategyError | None = None) -> Sight:
    """What is seen of a tape where it stands; ``s`` is the symbol whose rows are shown.

    After a ``failure`` that is the instant at which the strategy raised, as it saw it.
    """
    run = tape.run
    t = tape.next - (failure is None)
    position, market = run.state.positions[s], run.market
    bar = int(position["row"])
    asked = tuple(_request(tape, one) for one in tape.witness.asked)
    return Sight(
        instant=t,
        time=pd.NaT if t < 0 else pd.Timestamp(int(market.times[t]), tz="UTC"),
        symbol=market.symbols[s],
        bar=bar,
        now=_row(tape, s, bar),
        was=_row(tape, s, max(bar - 1, 0) if bar >= 0 else -1),
        account=_account(tape, s, t),
        memory=run.state.desk[s, d.MEMORY : d.MEMORY + d.MEMORY_SIZE].copy(),
        asked=asked,
        working=_working(tape),
        fills=fills_at(tape, t),
        ended=_ended(tape, t),
        local=tape.witness.local(s),
        failure=failure,
    )


def _row(tape: Tape, s: int, bar: int) -> dict[str, Any]:
    if bar < 0:
        return {}
    found = {name: values[bar].item() for name, values in tape.run.columns[s].items()}
    return {**found, "bar": bar}


def _account(tape: Tape, s: int, t: int) -> dict[str, float]:
    account, position = tape.run.state.account[0], tape.run.state.positions[s]
    units, equity = float(position["units"]), float(account["equity"])
    peak = max(float(tape.peaks[max(t, 0)]), equity)
    return {
        "position": units,
        "entry": float(position["entry"]),
        "equity": equity,
        "cash": float(account["cash"]),
        "bars_held": float(position["row"] - position["entry_row"]) if units else 0.0,
        "orders": float(position["working"]),
        "drawdown": 1.0 - equity / peak,
        "unrealised": units * float(position["mark"] - position["entry"]) if units else 0.0,
        "fees": float(account["fees"]),
    }


def _request(tape: Tape, asked: Asked) -> Request:
    numbers, tags = asked.numbers, tape.run.tags
    what, tag = numbers[d.ASKED], _tag(tags, numbers[d.TAG])
    if what == d.CANCEL_ALL:
        text = "cancel all"
    elif what == d.CANCEL:
        text = f"cancel {tag}"
    else:
        if what == d.TARGET:
            parts = [f"target {numbers[d.AMOUNT]:g}"]
        else:
            mode = int(numbers[d.MODE])
            parts = [f"{'buy' if numbers[d.SIDE] > 0 else 'sell'} {numbers[d.AMOUNT]:g} {_MODES[mode]}"]
            prices = (("limit", numbers[d.LIMIT]), ("stop", numbers[d.STOP]))
            parts += [f"{name} {value:g}" for name, value in prices if not np.isnan(value)]
            counts = (("expiry", d.EXPIRY), ("oco", d.OCO))
            parts += [f"{name} {numbers[at]:g}" for name, at in counts if numbers[at]]
            parts += ["day"] if numbers[d.DAY] else []
        if numbers[d.GUARDED]:
            parts += [f"{name} {numbers[at]:g}" for name, at in _GUARDS if not np.isnan(numbers[at])]
        parts += ["at the close"] if numbers[d.ON_CLOSE] else []
        text = ", ".join([*parts, *([f"tag {tag}"] if tag else [])])
    return Request(text, asked.line, tape.run.market.symbols[asked.symbol])


def _tag(tags: Mapping[float, str], code: float) -> str:
    return "" if code == 0 else tags.get(float(code), f"{code:.0f}")


def _working(tape: Tape) -> tuple[Order, ...]:
    run, found = tape.run, []
    for s, symbol in enumerate(run.market.symbols):
        for order in run.state.book[s, : int(run.state.positions["working"][s])]:
            line = run.log.orders[int(order["id"])]
            stops = [float(order[name]) for name in ("stop", "level") if not np.isnan(order[name])]
            tighter = (max if order["side"] < 0 else min)(stops, default=np.nan)
            found.append(replace(
                _order(tape, int(order["id"]), line), symbol=symbol, kind=k.KINDS[int(order["kind"])],
                side=int(np.nan_to_num(order["side"])), left=float(order["left"]), limit=float(order["limit"]),
                stop=tighter,
            ))  # fmt: skip
    return tuple(found)


def _order(tape: Tape, number: int, line: np.void) -> Order:
    run, status, reason = tape.run, int(line["status"]), int(line["reason"])
    over = status not in (k.WORKING_ON, k.DONE)
    return Order(
        number, run.market.symbols[int(line["symbol"])], k.KINDS[int(line["kind"])], int(line["side"]),
        float(line["amount"]), _MODES[int(line["mode"])], np.nan, float(line["limit"]), float(line["stop"]),
        _tag(run.tags, line["tag"]), pd.Timestamp(int(run.market.times[int(line["born"])]), tz="UTC"),
        k.STATUSES[status], k.REASONS[reason], _RULES.get(reason, ()) if over else (),
    )  # fmt: skip


def _ended(tape: Tape, t: int) -> tuple[Order, ...]:
    lines = tape.run.log.orders[: int(tape.run.state.account["orders"][0])]
    without = (lines["ended"] == t) & (lines["status"] != k.DONE)
    return tuple(_order(tape, int(at), lines[at]) for at in np.flatnonzero(without))


def fills_at(tape: Tape, t: int) -> tuple[Fill, ...]:
    """The fills of an instant, the last one that the run has come to."""
    fills, found = tape.run.log.fills[: int(tape.run.state.account["fills"][0])], []
    for fill in fills[::-1]:
        if fill["instant"] != t:
            break
        found.append(_fill(tape, fill, bool(tape.doubts[t]) if t < tape.next else False))
    return tuple(found[::-1])


def _fill(tape: Tape, fill: np.void, doubt: bool) -> Fill:
    run, reason = tape.run, int(fill["reason"])
    return Fill(
        int(fill["order"]), run.market.symbols[int(fill["symbol"])], float(fill["units"]), float(fill["price"]),
        float(fill["fee"]), float(fill["after"]), k.REASONS[reason], k.MOMENTS[int(fill["moment"])],
        _tag(run.tags, fill["tag"]), rules_of(tape, fill, doubt),
        int(fill["fine"]),
    )  # fmt: skip


def rules_of(tape: Tape, fill: np.void, doubt: bool) -> tuple[int, ...]:
    """Numbers of the rules of docs/fills.md that a fill was made by, the foremost first.

    What is known for certain: the rule of the order's kind, and those that changed it. That cash (rule 11) cut a fill
    down is not written to the log, so that it is not told here.
    """
    run, reason = tape.run, int(fill["reason"])
    order = run.log.orders[int(fill["order"])]
    found = list(_RULES.get(reason, ()))
    if reason == k.BY_MARKET and fill["moment"] == k.ON_THE_CLOSE and order["born"] == fill["instant"]:
        found = [1]  # at the very close that was decided on
    if reason == k.BY_LIMIT and order["kind"] == k.STOP_LIMIT:
        found = [4, 3]
    if reason in _EXITS and doubt and fill["moment"] == k.INSIDE and len(run.market.symbols) == 1:
        found.append(6)
    if run.settings.costs.get("volume_share", 0.0) > 0.0 and abs(fill["units"]) < order["units"]:
        found.append(8)  # one of several parts
    elif run.settings.costs.get("volume_share", 0.0) > 0.0 and order["status"] == k.WORKING_ON:
        found.append(8)
    return tuple(found)
