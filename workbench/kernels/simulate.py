"""The loop over time: orders against bars, marking, margin, decisions. One for compiled and for plain ``decide``.

``begin`` and ``finish`` are the halves of an instant, before and after the decision: ``simulate`` calls them in a
compiled loop, a loop in Python calls the same two.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.kernels import desk as d
from workbench.kernels import ledger as k
from workbench.kernels.decide import decide_at
from workbench.kernels.fills import equity_at
from workbench.kernels.idle import idle, idle_at, is_hole, is_quiet
from workbench.kernels.ledger import (
    account_of,
    end_order,
    entry_of,
    feed_of,
    new_order,
    order_of,
    position_of,
    rules_of,
    tidy,
)
from workbench.kernels.looking import look, look_at_all, size_of
from workbench.kernels.matching import begin_bar, fill_at_close, fill_at_open, fill_inside, prepare
from workbench.kernels.memory import address_of_record, put_real, real, reals_from, whole, wholes_from

_DAY = 86_400_000_000_000
_YEAR = 365.0 * _DAY


@njit(cache=True, nogil=True)
def begin(w: np.void, t: int) -> None:
    """The bars of instant ``t`` against the working orders; marks, margin, and what the strategy may see."""
    account, rules, busy = account_of(w), rules_of(w), False
    for s in range(w.symbols):
        position = position_of(w, s)
        row = t if w.rows == 0 else whole(w.rows, t * w.symbols + s)
        position.live = 0
        if row < 0 or (rules.holes != 0 and is_hole(feed_of(w, s), row)):
            continue
        position.live, position.row, position.used = 1, row, 0.0
        busy |= position.working != 0
    if rules.borrow != 0.0 or rules.funding != 0.0:
        _finance(w, t)
    if busy:
        _match(w, t)
    equity, exposure = account.cash, 0.0
    for s in range(w.symbols):
        position = position_of(w, s)
        if position.live != 0:
            position.mark = real(feed_of(w, s).close, position.row)
        if position.units != 0.0:
            equity += position.units * position.mark
            exposure += abs(position.units) * position.mark
    account.equity = equity
    if exposure * rules.maintenance > equity * rules.leverage:
        _close_all(w, t, k.BY_MARGIN)
        _show(w)
    for s in range(w.symbols):
        position, desk = position_of(w, s), w.desk + 8 * d.WIDTH * s
        put_real(desk, d.EQUITY, equity)
        if position.units != 0.0:
            put_real(desk, d.BARS_HELD, float(position.row - position.entry_row))


@njit(cache=True, nogil=True)
def _show(w: np.void) -> None:
    """Put on the desks what changes with orders and fills only."""
    cash = account_of(w).cash
    for s in range(w.symbols):
        position, desk = position_of(w, s), w.desk + 8 * d.WIDTH * s
        put_real(desk, d.POSITION, position.units)
        put_real(desk, d.ENTRY, position.entry)
        put_real(desk, d.CASH, cash)
        put_real(desk, d.BARS_HELD, 0.0)
        put_real(desk, d.ORDERS, float(position.working))
        put_real(desk, d.LAST_TARGET, position.asked)


@njit(cache=True, nogil=True)
def _finance(w: np.void, t: int) -> None:
    """Interest on borrowed units for the time since the last instant, and the funding of a bar."""
    rules = rules_of(w)
    account, now = account_of(w), np.nan
    for s in range(w.symbols):
        if position_of(w, s).live != 0:
            now = float(whole(feed_of(w, s).time, position_of(w, s).row))
    years = (now - account.last_time) / _YEAR
    for s in range(w.symbols):
        position = position_of(w, s)
        worth = position.units * position.mark
        if position.units == 0.0 or np.isnan(years):
            continue
        due = -worth * rules.borrow * years if worth < 0.0 else 0.0
        if position.live != 0:
            due += worth * rules.funding
        account.cash -= due
        account.financing += due
    if not np.isnan(now):
        account.last_time = now
    _show(w)


@njit(cache=True, nogil=True)
def _volume(address: int, row: int) -> float:
    return real(address, row) if address != 0 else np.inf


@njit(cache=True, nogil=True)
def _match(w: np.void, t: int) -> None:
    """All working orders against the bars of an instant."""
    account, doubt = account_of(w), False
    for s in range(w.symbols):
        position = position_of(w, s)
        if position.live != 0:
            feed, row = feed_of(w, s), position.row
            position.mark = real(feed.open, row)
            day = whole(feed.session, row) if feed.session != 0 else whole(feed.time, row) // _DAY
            prepare(w, t, s, float(day))
            first, until = _finer(feed, row)
            if until > first:
                begin_bar(w, s, _volume(feed.fine_volume, first), first)
            else:
                begin_bar(w, s, _volume(feed.volume, row), first - 1)
    for part in (k.CLOSING, k.OPENING):
        for s in range(w.symbols):
            position = position_of(w, s)
            if position.live != 0 and position.working != 0:
                price = position.mark
                if position.fine >= 0:
                    price = real(feed_of(w, s).fine_open, position.fine)
                fill_at_open(w, t, s, price, part)
    _tidy_all(w)
    for s in range(w.symbols):
        position = position_of(w, s)
        if position.live != 0 and position.working != 0:
            doubt |= _inside(w, t, s)
    for part in (k.CLOSING, k.OPENING):
        for s in range(w.symbols):
            position = position_of(w, s)
            if position.live != 0 and position.working != 0:
                feed, row = feed_of(w, s), position.row
                fill_at_close(w, t, s, real(feed.close, row), _volume(feed.volume, row), part, False)
    if doubt:
        account.uncertain += 1
    _tidy_all(w)
    _show(w)


@njit(cache=True, nogil=True)
def _tidy_all(w: np.void) -> None:
    account = account_of(w)
    if account.busy != 0:
        for s in range(w.symbols):
            tidy(w, s)
        account.busy = 0


@njit(cache=True, nogil=True)
def _finer(feed: np.void, row: int) -> tuple[int, int]:
    """Where the finer bars of a bar begin and end; 0 and 0 where there are none."""
    if feed.fine_first == 0:
        return 0, 0
    first, until = whole(feed.fine_first, row), whole(feed.fine_first, row + 1)
    return (first, until) if until > first else (0, 0)


@njit(cache=True, nogil=True)
def _inside(w: np.void, t: int, s: int) -> bool:
    """A bar, or the finer ones of it one after the other; whether the way of the price made a difference."""
    feed, row = feed_of(w, s), position_of(w, s).row
    first, until = _finer(feed, row)
    doubt, fine = False, until > first
    for at in range(first, max(until, first + 1)):
        if fine:
            opened, high, low = real(feed.fine_open, at), real(feed.fine_high, at), real(feed.fine_low, at)
            close = real(feed.fine_close, at)
            if at > first:
                begin_bar(w, s, _volume(feed.fine_volume, at), at)
                for part in (k.CLOSING, k.OPENING):
                    fill_at_open(w, t, s, opened, part)
        else:
            opened, high, low = real(feed.open, row), real(feed.high, row), real(feed.low, row)
            close = real(feed.close, row)
        doubt |= fill_inside(w, t, s, opened, high, low, close)
    return doubt


@njit(cache=True, nogil=True)
def _close_all(w: np.void, t: int, why: int) -> None:
    """Cancel everything and ask for flat positions at the next open."""
    for s in range(w.symbols):
        called = False
        for at in range(position_of(w, s).working):
            order = order_of(w, s, at)
            if order.kind == k.AIM and order.why == why:
                called = True
            elif order.kind != k.GONE:
                end_order(w, order, t, k.CANCELLED, why)
        tidy(w, s)
        if position_of(w, s).units != 0.0 and not called:
            at = _aim(w, t, s, 0.0, 0.0)
            order_of(w, s, at).why = why
            if why == k.BY_MARGIN:
                account_of(w).called += 1


@njit(cache=True, nogil=True)
def _aim(w: np.void, t: int, s: int, fraction: float, tag: float) -> int:
    at = new_order(w, t, s, k.AIM)
    if at >= 0:
        order = order_of(w, s, at)
        order.amount, order.tag, order.mode = fraction, tag, d.FRACTION
        if order.id < w.order_room:
            line = entry_of(w, order.id)
            line.amount, line.mode, line.tag = fraction, d.FRACTION, tag
    return at


@njit(cache=True, nogil=True)
def _accept(w: np.void, t: int, s: int, request: int) -> None:
    """Make an order of a request, or carry out what it asks at once."""
    position, asked = position_of(w, s), real(request, d.ASKED)
    if asked == d.CANCEL or asked == d.CANCEL_ALL:
        for at in range(position.working):
            order = order_of(w, s, at)
            mine = asked == d.CANCEL_ALL or order.tag == real(request, d.TAG)
            if mine and order.kind != k.GONE and order.kind != k.EXIT and order.why != k.BY_MARGIN:
                end_order(w, order, t, k.CANCELLED, k.BY_STRATEGY)
        tidy(w, s)
        return
    if asked == d.TARGET:
        at = _target(w, t, s, request)
        if at < 0:
            return
    else:
        limit, stop = real(request, d.LIMIT), real(request, d.STOP)
        kind = k.MARKET if np.isnan(limit) else k.LIMITED
        if not np.isnan(stop):
            kind = k.STOPPED if np.isnan(limit) else k.STOP_LIMIT
        at = new_order(w, t, s, kind)
        if at < 0:
            return
        order = order_of(w, s, at)
        order.side, order.amount, order.mode = (
            real(request, d.SIDE),
            real(request, d.AMOUNT),
            int(real(request, d.MODE)),
        )
        order.limit, order.stop, order.oco, order.tag = limit, stop, real(request, d.OCO), real(request, d.TAG)
        order.expiry = int(real(request, d.EXPIRY)) + 1 if real(request, d.EXPIRY) > 0.0 else 0
        order.day = int(real(request, d.DAY))
        if order.id < w.order_room:
            line = entry_of(w, order.id)
            line.side, line.amount, line.mode = order.side, order.amount, order.mode
            line.limit, line.stop, line.tag = limit, stop, order.tag
    order = order_of(w, s, at)
    order.on_close = int(real(request, d.ON_CLOSE))
    if real(request, d.GUARDED) == 0.0:
        return
    order.stop_loss, order.take_profit = real(request, d.STOP_LOSS), real(request, d.TAKE_PROFIT)
    order.stop_distance, order.profit_distance = real(request, d.STOP_DISTANCE), real(request, d.PROFIT_DISTANCE)
    order.stop_fraction, order.profit_fraction = real(request, d.STOP_FRACTION), real(request, d.PROFIT_FRACTION)
    order.trail, order.trail_fraction = real(request, d.TRAIL), real(request, d.TRAIL_FRACTION)


@njit(cache=True, nogil=True)
def _target(w: np.void, t: int, s: int, request: int) -> int:
    """The order of a target, -1 where none is needed: the same is on its way, or there already."""
    rules = rules_of(w)
    position, fraction = position_of(w, s), real(request, d.AMOUNT)
    if fraction < 0.0 and rules.short == 0:
        fraction = 0.0
    same = position.asked == fraction and real(request, d.REBALANCE) == 0.0
    if same and position.units * fraction > 0.0:
        return -1
    for at in range(position.working):
        order = order_of(w, s, at)
        if order.kind != k.AIM:
            continue
        if order.why == k.BY_MARGIN or (order.amount == fraction and real(request, d.REBALANCE) == 0.0):
            return -1
        end_order(w, order, t, k.CANCELLED, k.BY_NEXT)
    tidy(w, s)
    position.asked = fraction
    if fraction == 0.0 and position.units == 0.0:
        return -1
    return _aim(w, t, s, fraction, real(request, d.TAG))


@njit(cache=True, nogil=True)
def finish(w: np.void, t: int) -> float:
    """Take what was asked; gives the equity at the end of instant ``t``."""
    asked = rules_of(w).end_flat == t
    for s in range(w.symbols):
        asked |= real(w.desk, d.WIDTH * s + d.COUNT) != 0.0
    if asked:
        _take(w, t)
    return account_of(w).equity


@njit(cache=True, nogil=True)
def _take(w: np.void, t: int) -> None:
    """Make orders of what was asked, and fill those that are filled at this close."""
    rules = rules_of(w)
    ends = rules.end_flat == t
    for s in range(w.symbols):
        desk = w.desk + 8 * d.WIDTH * s
        for at in range(int(real(desk, d.COUNT))):
            _accept(w, t, s, desk + 8 * (d.FIRST_REQUEST + at * d.REQUEST))
        put_real(desk, d.COUNT, 0.0)
    if ends:
        _close_all(w, t, k.BY_END)
        ends = rules.end_open == 0
    if rules.at_close == 0 and not ends:
        _show(w)
        return
    for part in (k.CLOSING, k.OPENING):
        for s in range(w.symbols):
            position = position_of(w, s)
            # What ends a run trades at the last price, whether there is a bar at the last instant or not.
            if position.working != 0 and (position.live != 0 or ends):
                volume = np.inf if ends else _volume(feed_of(w, s).volume, position.row)
                fill_at_close(w, t, s, position.mark, volume, part, True)
    _tidy_all(w)
    account_of(w).equity = equity_at(w, -1, 0.0)
    _show(w)


@njit(cache=True, nogil=True)
def has_room(w: np.void) -> bool:
    """Whether the log has room for all that one instant can bring."""
    if w.fill_room == 0:
        return True
    account, most = account_of(w), w.symbols * (2 * k.ROOM + d.MOST_REQUESTS + 4)
    return account.fills + 2 * most <= w.fill_room and account.orders + most <= w.order_room


@njit(cache=True, nogil=True)
def simulate(w: np.void, first: int, until: int) -> int:
    """Instants ``first`` up to ``until``; gives the one before which it stopped for want of room in the log."""
    call = decide_at(w.decide)  # by itself: in a tuple numba warns
    account, rules, logged, t = account_of(w), rules_of(w), -1, first
    simple = w.symbols == 1 and w.rows == 0 and w.together == 0 and rules.borrow == 0.0 and rules.funding == 0.0
    while t < until:
        if account.fills + account.orders != logged:
            if not has_room(w):
                return t
            logged = account.fills + account.orders
        begun = False
        if simple and is_quiet(w):
            found = (
                idle_at(w.idle)(address_of_record(w), t, until) if w.idle != 0 else idle(address_of_record(w), t, until)
            )
            t, begun = found >> 1, found & 1 == 1
            if t == until:
                break
        if not begun:
            begin(w, t)
            if w.together != 0 and look_at_all(w, t):
                call(reals_from(w.parameters, 0), wholes_from(w.together, 0), wholes_from(w.together, size_of(w)),
                     reals_from(w.desk, 0))  # fmt: skip
            for s in range(w.symbols):
                if look(w, s):
                    at = s * w.width
                    call(reals_from(w.parameters, 0), wholes_from(w.now, at), wholes_from(w.was, at),
                         reals_from(w.desk, s * d.WIDTH))  # fmt: skip
        equity = finish(w, t)
        put_real(w.equity, t, equity)
        t += 1
    return until
