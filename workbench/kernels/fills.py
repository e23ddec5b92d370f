"""One fill: how many units, at what price, for what fee. The one place where money changes hands.

The rules are numbered in ``docs/fills.md``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels import desk as d
from workbench.kernels import ledger as k
from workbench.kernels.ledger import (
    account_of,
    end_order,
    entry_of,
    fill_of,
    new_order,
    order_of,
    position_of,
    rules_of,
)

_DUST = 1e-9


@njit(cache=True, nogil=True)
def whole_lots(units: float, lot: float) -> float:
    """Units cut down to whole lots."""
    return np.floor(units / lot + _DUST) * lot if lot > 0.0 else units


@njit(cache=True, nogil=True)
def equity_at(w: np.void, s: int, price: float) -> float:
    """Equity with one symbol at this price and the others as they were marked last."""
    total = account_of(w).cash
    for other in range(w.symbols):
        position = position_of(w, other)
        if position.units != 0.0:
            total += position.units * (price if other == s else position.mark)
    return total


@njit(cache=True, nogil=True)
def exposure_at(w: np.void, s: int, price: float) -> float:
    """Worth of all positions, long and short alike."""
    total = 0.0
    for other in range(w.symbols):
        position = position_of(w, other)
        if position.units != 0.0:
            total += abs(position.units) * (price if other == s else position.mark)
    return total


@njit(cache=True, nogil=True)
def taker_price(w: np.void, raw: float, side: float) -> float:
    """The price with spread and slippage, without what the own size adds."""
    rules = rules_of(w)
    away = 0.5 * rules.spread + rules.slippage_fixed + raw * rules.slippage
    return raw + side * away


@njit(cache=True, nogil=True)
def most_units(w: np.void, s: int, order: np.void, price: float, rate: float) -> float:
    """The most units by which a position may grow, so that all exposure is within leverage times equity after fees."""
    rules = rules_of(w)
    leverage, equity = rules.leverage, equity_at(w, s, price)
    free = leverage * equity - exposure_at(w, s, price)
    each = price + leverage * (rate * price + rules.per_unit)
    most = free / each
    due = rules.minimum - order.fees_raw
    if due > 0.0 and most * (rate * price + rules.per_unit) < due:
        most = (free - leverage * (rules.minimum - order.fees_paid)) / price
    return max(most, 0.0)


@njit(cache=True, nogil=True)
def stop_of(order: np.void, price: float, side: float) -> float:
    """The stop loss of an entry at this price; the nearest where several are given, NaN where none is."""
    found = order.stop_loss
    for other in (
        price - side * order.stop_distance,
        price - side * price * order.stop_fraction,
    ):
        if not np.isnan(other) and (np.isnan(found) or side * other > side * found):
            found = other
    return found


@njit(cache=True, nogil=True)
def profit_of(order: np.void, price: float, side: float) -> float:
    """The target of an entry at this price; the nearest where several are given, NaN where none is."""
    found = order.take_profit
    for other in (
        price + side * order.profit_distance,
        price + side * price * order.profit_fraction,
    ):
        if not np.isnan(other) and (np.isnan(found) or side * other < side * found):
            found = other
    return found


@njit(cache=True, nogil=True)
def trail_of(order: np.void, extreme: float, side: float) -> float:
    """Where a trailing stop is after this extreme, NaN where there is none."""
    found = extreme - side * order.trail
    other = extreme - side * extreme * order.trail_fraction
    if np.isnan(found) or (not np.isnan(other) and side * other > side * found):
        found = other
    return found


@njit(cache=True, nogil=True)
def _size(w: np.void, s: int, order: np.void, price: float) -> float:
    """Units of an order that is about to be filled at this price; NaN where they cannot be told."""
    rules = rules_of(w)
    mode, amount = order.mode, order.amount
    if mode == d.UNITS:
        units = amount
    elif mode == d.MONEY:
        units = amount / price
    elif mode == d.FRACTION:
        units = amount * equity_at(w, s, price) / price
    else:
        stop = stop_of(order, price, order.side)
        trail = trail_of(order, price, order.side)
        if np.isnan(stop) or (not np.isnan(trail) and order.side * trail > order.side * stop):
            stop = trail
        risk = order.side * (price - stop)
        if not risk > 0.0:
            return np.nan
        units = amount * equity_at(w, s, price) / risk
    return whole_lots(max(units, 0.0), rules.lot)


@njit(cache=True, nogil=True)
def _book_fill(
    w: np.void, t: int, s: int, order: np.void, units: float, price: float, rate: float, reason: int, raw: float
) -> None:
    """``units`` change hands (negative: sold); they never carry a position through 0."""
    rules = rules_of(w)
    account, position = account_of(w), position_of(w, s)
    cost = abs(units) * (price * rate + rules.per_unit)
    order.fees_raw += cost
    fee = max(order.fees_raw, rules.minimum) - order.fees_paid
    order.fees_paid += fee
    order.filled += abs(units)
    order.value += abs(units) * price
    position.used += abs(units)
    account.cash -= units * price + fee
    account.fees += fee
    before = position.units
    after = before + units
    position.units = after
    if after == 0.0:
        position.entry = np.nan
        position.entry_row = -1
    elif before == 0.0:
        position.entry = price
        position.entry_row = position.row
    elif before * units > 0.0:
        position.entry = (before * position.entry + units * price) / after
    at = account.fills
    account.fills += 1
    if at < w.fill_room:
        line = fill_of(w, at)
        line.instant, line.symbol, line.order, line.fine = t, s, order.id, position.fine
        line.units, line.price, line.fee, line.after, line.raw = units, price, fee, after, raw
        line.reason, line.moment, line.tag = reason, position.moment, order.tag
    if order.id < w.order_room:
        known = entry_of(w, order.id)
        known.units, known.value, known.fees, known.reason = order.filled, order.value, order.fees_paid, reason
    if order.oco != 0.0:
        _end_group(w, t, s, order)
    if after == 0.0:
        _end_exits(w, t, s, order)


@njit(cache=True, nogil=True)
def _end_group(w: np.void, t: int, s: int, order: np.void) -> None:
    for at in range(position_of(w, s).working):
        other = order_of(w, s, at)
        if other.kind != k.GONE and other.oco == order.oco and other.id != order.id:
            end_order(w, other, t, k.CANCELLED, k.BY_OTHER)


@njit(cache=True, nogil=True)
def _end_exits(w: np.void, t: int, s: int, order: np.void) -> None:
    for at in range(position_of(w, s).working):
        other = order_of(w, s, at)
        if other.kind == k.EXIT and other.id != order.id:
            end_order(w, other, t, k.CANCELLED, k.NO_POSITION)


@njit(cache=True, nogil=True)
def _guard(w: np.void, t: int, s: int, order: np.void, units: float, reason: int) -> None:
    """Set up, or add to, the exits of an entry of which ``units`` were just filled."""
    side, price = order.side, order.value / order.filled
    stop, profit, trail = stop_of(order, price, side), profit_of(order, price, side), trail_of(order, price, side)
    if np.isnan(stop) and np.isnan(profit) and np.isnan(trail):
        return
    found = -1
    for at in range(position_of(w, s).working):
        if order_of(w, s, at).kind == k.EXIT and order_of(w, s, at).parent == order.id:
            found = at
    if found < 0:
        found = new_order(w, t, s, k.EXIT)
        if found < 0:
            return
        made = order_of(w, s, found)
        made.side, made.left, made.tag, made.parent = -side, 0.0, order.tag, order.id
        made.trail, made.trail_fraction, made.level = order.trail, order.trail_fraction, trail
        made.sure = 1 if reason == k.BY_LIMIT else 0
    made = order_of(w, s, found)
    made.left += units
    made.stop, made.limit = stop, profit
    made.born_inside = 1 if position_of(w, s).moment == k.INSIDE else 0
    if made.id < w.order_room:
        line = entry_of(w, made.id)
        line.side, line.amount, line.tag, line.parent = -side, made.left, order.tag, order.id
        line.stop, line.limit = stop if not np.isnan(stop) else trail, profit


@njit(cache=True, nogil=True)
def execute(w: np.void, t: int, s: int, at: int, raw: float, reason: int) -> None:
    """Fill what can be filled of an order at this price of the market."""
    rules = rules_of(w)
    order, position = order_of(w, s, at), position_of(w, s)
    maker = reason == k.BY_LIMIT or reason == k.BY_TAKE_PROFIT
    rate = rules.maker if maker else rules.taker
    aim, lot = order.kind == k.AIM, rules.lot
    if aim:
        order.side = _way(w, s, order, raw)
    side = order.side
    price = raw if maker else taker_price(w, raw, side)
    wanted = _wanted(w, t, s, order, price, reason)
    if not wanted > 0.0:
        return
    closes = min(wanted, abs(position.units)) if position.units * side < 0.0 else 0.0
    if order.kind == k.EXIT:
        wanted = closes
    room = np.inf
    if rules.share > 0.0:
        room = whole_lots(max(rules.share * position.volume - position.used, 0.0), lot)
        if room <= 0.0:
            if (aim or order.kind == k.MARKET) and order.filled == 0.0 and not position.volume > 0.0:
                end_order(w, order, t, k.REJECTED, k.NO_VOLUME)
            order.spent = 1
            return
    flips = wanted > closes > 0.0
    if closes > 0.0 and position.part != k.OPENING:
        units = min(closes, room)
        paid = _moved(w, price, raw, side, units, position.volume, maker)
        _book_fill(w, t, s, order, side * units, paid, rate, reason, raw)
        wanted, room, closes = wanted - units, room - units, closes - units
    if wanted > 0.0 and position.part == k.CLOSING:
        if not aim:
            order.left = wanted
        return
    if wanted > 0.0 and closes == 0.0 and room > 0.0:
        if side < 0.0 and rules.short == 0:
            end_order(w, order, t, k.REJECTED, k.NO_SHORT)
            return
        if aim and flips:  # what was closed has cost a fee
            wanted = whole_lots(abs(order.amount) * equity_at(w, s, price) / price, lot)
        paid = _moved(w, price, raw, side, min(wanted, room), position.volume, maker)
        wanted = min(wanted, whole_lots(most_units(w, s, order, paid, rate), lot))
        if not wanted > 0.0:
            end_order(w, order, t, k.REJECTED, k.NO_CASH)
            return
        units = min(wanted, room)
        _book_fill(w, t, s, order, side * units, paid, rate, reason, raw)
        _guard(w, t, s, order, units, reason)
        wanted -= units
    order.left = wanted
    if wanted > 0.0:
        order.spent = 1
        if order.kind == k.STOPPED:
            order.kind = k.MARKET
        if not maker:
            order.why = reason
    elif order.kind != k.GONE:
        end_order(w, order, t, k.DONE, reason)


@njit(cache=True, nogil=True)
def _wanted(w: np.void, t: int, s: int, order: np.void, price: float, reason: int) -> float:
    """Units that are still to be filled; 0 where that was the end of the order."""
    rules = rules_of(w)
    if order.kind == k.AIM:
        goal = _goal(w, s, order, price)
        whole = whole_lots(abs(goal), rules.lot) * np.sign(goal)
        wanted = (whole - position_of(w, s).units) * order.side
        if wanted > max(rules.lot - _DUST, _DUST * abs(goal)):
            return wanted
        if order.filled > 0.0:
            end_order(w, order, t, k.DONE, reason)
        else:
            end_order(w, order, t, k.CANCELLED, k.TOO_SMALL)
        return 0.0
    if np.isnan(order.left):
        order.left = _size(w, s, order, price)
        if not order.left > 0.0:
            why = k.NO_STOP if np.isnan(order.left) else k.TOO_SMALL
            end_order(w, order, t, k.REJECTED, why)
            return 0.0
    return order.left


@njit(cache=True, nogil=True)
def _goal(w: np.void, s: int, order: np.void, price: float) -> float:
    """Units that a target asks for; an account without equity can only close."""
    return order.amount * max(equity_at(w, s, price), 0.0) / price


@njit(cache=True, nogil=True)
def _way(w: np.void, s: int, order: np.void, price: float) -> float:
    """Which way a target trades: 1 to buy, -1 to sell."""
    return 1.0 if _goal(w, s, order, price) >= position_of(w, s).units else -1.0


@njit(cache=True, nogil=True)
def _moved(w: np.void, price: float, raw: float, side: float, units: float, volume: float, maker: bool) -> float:
    """The price that the own size has moved."""
    rules = rules_of(w)
    if maker or not volume > 0.0 or rules.impact == 0.0:
        return price
    return price + side * raw * rules.impact * units / volume
