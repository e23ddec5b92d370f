"""A bar against the working orders: what fills at its open, inside of it, and at its close.

The rules are numbered in ``docs/fills.md``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels import ledger as k
from workbench.kernels.fills import execute, trail_of
from workbench.kernels.ledger import end_order, order_of, position_of, rules_of


@njit(cache=True, nogil=True)
def stop_level(order: np.void) -> float:
    """The stop of an exit: the tighter of the stop loss and the trailing stop; NaN where it has neither."""
    stop, trail = order.stop, order.level
    if np.isnan(stop):
        return trail
    if np.isnan(trail):
        return stop
    return max(stop, trail) if order.side < 0.0 else min(stop, trail)


@njit(cache=True, nogil=True)
def _stop_reason(order: np.void) -> int:
    stop, trail = order.stop, order.level
    if np.isnan(trail) or (not np.isnan(stop) and (trail - stop) * order.side >= 0.0):
        return k.BY_STOP_LOSS
    return k.BY_TRAIL


@njit(cache=True, nogil=True)
def _through(w: np.void, price: float, limit: float, side: float) -> bool:
    """Whether a price is beyond a limit, as a fill there needs it."""
    rules = rules_of(w)
    if rules.touch != 0:
        return (limit - price) * side >= 0.0
    return (limit - price) * side > 0.0


@njit(cache=True, nogil=True)
def _at_open(w: np.void, order: np.void, price: float) -> int:
    """Why an order fills at the open, or 0."""
    kind, side = order.kind, order.side
    if kind == k.STOP_LIMIT and (price - order.stop) * side >= 0.0:
        kind = order.kind = k.LIMITED
    if kind == k.MARKET or kind == k.AIM:
        if order.on_close != 0:
            return 0
        return order.why if order.why != 0 else k.BY_MARKET
    if kind == k.LIMITED:
        return k.BY_LIMIT if _through(w, price, order.limit, side) else 0
    if kind == k.STOPPED:
        return k.BY_STOP if (price - order.stop) * side >= 0.0 else 0
    if kind == k.EXIT:
        if order.why != 0:
            return order.why
        if (price - stop_level(order)) * side >= 0.0:
            return _stop_reason(order)
        if _through(w, price, order.limit, side):
            return k.BY_TAKE_PROFIT
    return 0


@njit(cache=True, nogil=True)
def prepare(w: np.void, t: int, s: int, day: float) -> None:
    """At the start of a bar: orders whose time is over leave the book."""
    position = position_of(w, s)
    for at in range(position.working):
        order = order_of(w, s, at)
        if order.kind == k.GONE or order.kind == k.EXIT:
            continue
        if np.isnan(order.day_of):
            order.day_of = day
        over = order.expiry == 1.0 or (order.day != 0 and order.day_of != day)
        if order.expiry > 1.0:
            order.expiry -= 1.0
        if over:
            end_order(w, order, t, k.EXPIRED, k.BY_TIME)


@njit(cache=True, nogil=True)
def begin_bar(w: np.void, s: int, volume: float, fine: int) -> None:
    """At the start of a bar, or of a finer one inside: nothing is spent yet."""
    position = position_of(w, s)
    position.used, position.volume, position.fine = 0.0, volume, fine
    for at in range(position.working):
        order = order_of(w, s, at)
        order.spent = order.born_inside = 0


@njit(cache=True, nogil=True)
def fill_at_open(w: np.void, t: int, s: int, price: float, part: int) -> None:
    """What fills at the open: closing fills in one round, opening ones in the next."""
    position = position_of(w, s)
    position.moment, position.part = k.AT_OPEN, part
    for at in range(position.working):
        order = order_of(w, s, at)
        if order.kind == k.GONE or order.spent != 0:
            continue
        if part == k.CLOSING and order.kind != k.AIM and not position.units * order.side < 0.0:
            continue
        why = _at_open(w, order, price)
        if why:
            execute(w, t, s, at, price, why)


@njit(cache=True, nogil=True)
def fill_at_close(w: np.void, t: int, s: int, price: float, volume: float, part: int, everything: bool) -> None:
    """What fills at the close: market-on-close orders, or all market orders."""
    position, rules = position_of(w, s), rules_of(w)
    position.moment, position.part, position.volume, position.fine = k.ON_THE_CLOSE, part, volume, -1
    for at in range(position.working):
        order = order_of(w, s, at)
        market = order.kind == k.MARKET or order.kind == k.AIM
        if not market or order.spent != 0 or not (everything or order.on_close != 0):
            continue
        if order.why == k.BY_MARGIN or (order.why == k.BY_END and rules.end_open != 0):  # at the next open
            continue
        if part == k.CLOSING and order.kind != k.AIM and not position.units * order.side < 0.0:
            continue
        execute(w, t, s, at, price, order.why if order.why != 0 else k.BY_MARKET)


@njit(cache=True, nogil=True)
def _reached(w: np.void, order: np.void, here: float, there: float) -> tuple[float, int]:
    """Where on the way from one price to another an order fills, and why; reason 0 where it does not."""
    rules = rules_of(w)
    kind, side = order.kind, order.side
    if kind == k.LIMITED:
        # A limit that the price is beyond already has become due in the course of the bar.
        if _through(w, here, order.limit, side):
            return here, k.BY_LIMIT
        if _through(w, there, order.limit, side):
            return order.limit, k.BY_LIMIT
    elif kind == k.STOPPED or kind == k.STOP_LIMIT:
        if (there - order.stop) * side >= 0.0:
            return (here if (here - order.stop) * side > 0.0 else order.stop), k.BY_STOP
    elif kind == k.EXIT:
        stop = stop_level(order)
        careful = order.born_inside != 0
        if not (careful and rules.path == k.OPTIMISTIC) and (there - stop) * side >= 0.0:
            return (here if (here - stop) * side > 0.0 else stop), _stop_reason(order)
        if not (careful and rules.path != k.NEUTRAL):
            if _through(w, here, order.limit, side):
                return here, k.BY_TAKE_PROFIT
            if _through(w, there, order.limit, side):
                return order.limit, k.BY_TAKE_PROFIT
    return 0.0, 0


@njit(cache=True, nogil=True)
def _trail(w: np.void, s: int, high: float, low: float, close: float) -> None:
    """Move the trailing stops with the extremes of a bar that is over."""
    rules = rules_of(w)
    for at in range(position_of(w, s).working):
        order = order_of(w, s, at)
        if order.kind != k.EXIT or np.isnan(order.level):
            continue
        extreme = high if order.side < 0.0 else low
        if order.born_inside != 0 and rules.path != k.OPTIMISTIC:
            extreme = close  # the extreme may have been before the entry
        level = trail_of(order, extreme, -order.side)
        if (level - order.level) * order.side < 0.0:
            order.level = level


@njit(cache=True, nogil=True)
def _doubt(w: np.void, s: int, high: float, low: float, born: bool) -> bool:
    """Whether what an exit does in this bar hangs on the way the price took."""
    for at in range(position_of(w, s).working):
        order = order_of(w, s, at)
        if order.kind != k.EXIT or (order.born_inside != 0) != born:
            continue
        worst, best = (low, high) if order.side < 0.0 else (high, low)
        lost = (worst - stop_level(order)) * order.side >= 0.0
        won = _through(w, best, order.limit, order.side)
        if (lost and won) or (born and (won or (lost and order.sure == 0))):
            return True
    return False


@njit(cache=True, nogil=True)
def _up_first(w: np.void, s: int, price: float, high: float, low: float) -> bool:
    """Whether the price goes to the high before it goes to the low."""
    rules = rules_of(w)
    units = position_of(w, s).units
    if units != 0.0 and rules.path != k.NEUTRAL:
        return (units < 0.0) == (rules.path == k.PESSIMISTIC)
    return high - price < price - low


@njit(cache=True, nogil=True)
def fill_inside(w: np.void, t: int, s: int, opened: float, high: float, low: float, close: float) -> bool:
    """What fills between the open and the close of a bar; whether the way of the price made a difference."""
    rules, position = rules_of(w), position_of(w, s)
    position.moment, position.part = k.INSIDE, k.BOTH
    doubt = _doubt(w, s, high, low, False)
    up = _up_first(w, s, opened, high, low)
    here = opened
    for leg in range(3):
        there = close if leg == 2 else high if up == (leg == 0) else low
        while True:
            found, nearest, due, why = position.working, np.inf, here, position.moment
            for at in range(position.working):
                order = order_of(w, s, at)
                if order.kind == k.GONE or order.spent != 0 or order.on_close != 0:
                    continue
                price, reason = _reached(w, order, here, there)
                if reason and abs(price - here) < nearest:
                    found, nearest, due, why = at, abs(price - here), price, reason
            if found == position.working:
                break
            here = due
            order = order_of(w, s, found)
            if order.kind == k.STOP_LIMIT:
                order.kind, order.spent = k.LIMITED, 1  # a limit order from the next bar on
                continue
            execute(w, t, s, found, due, why)
        here = there
        if rules.path == k.NEUTRAL:
            _trail(w, s, there, there, there)
    doubt = doubt or _doubt(w, s, high, low, True)
    if rules.path != k.NEUTRAL:
        _settle_entries(w, t, s, high, low, close)
    _trail(w, s, high, low, close)
    return doubt


@njit(cache=True, nogil=True)
def _settle_entries(w: np.void, t: int, s: int, high: float, low: float, close: float) -> None:
    """Exits of entries inside this bar: the loss where that is possible, or the profit where one is optimistic."""
    rules = rules_of(w)
    for at in range(position_of(w, s).working):
        order = order_of(w, s, at)
        if order.kind != k.EXIT or order.born_inside == 0 or order.spent != 0:
            continue
        price, why = stop_level(order), _stop_reason(order)
        worst, best = (low, high) if order.side < 0.0 else (high, low)
        if rules.path == k.OPTIMISTIC:
            worst = worst if order.sure != 0 else close
        hit = (worst - price) * order.side >= 0.0
        if rules.path == k.OPTIMISTIC and _through(w, best, order.limit, order.side):
            hit, price, why = True, order.limit, k.BY_TAKE_PROFIT
        if hit:
            execute(w, t, s, at, price, why)
