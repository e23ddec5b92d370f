"""Bars of a count, of size, of money and of a stretch of prices, one print at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

import numpy as np

from workbench.market.events import BAR, FLAG_NO_BAR


def tick_ends(trades: Iterable, count: int) -> list[int]:
    """Index after the last print of each complete bar."""
    ends, held = [], 0
    for i, _ in enumerate(trades):
        held += 1
        if held == count:
            ends.append(i + 1)
            held = 0
    return ends


def volume_ends(trades: Iterable, amount: float) -> list[int]:
    """As ``tick_ends`` for size."""
    ends, total = [], 0.0
    for i, trade in enumerate(trades):
        total = total + float(trade["size"])
        if total >= amount:
            ends.append(i + 1)
            total = 0.0
    return ends


def dollar_ends(trades: Iterable, amount: float) -> list[int]:
    """As ``tick_ends`` for price x size."""
    ends, total = [], 0.0
    for i, trade in enumerate(trades):
        total = total + float(trade["price"]) * float(trade["size"])
        if total >= amount:
            ends.append(i + 1)
            total = 0.0
    return ends


def range_ends(trades: Iterable, height: float) -> list[int]:
    """As ``tick_ends`` for high - low, in decimal arithmetic: prices and ``height`` are taken at six decimals."""
    ends, high, low = [], None, None
    for i, trade in enumerate(trades):
        price = round(Decimal(float(trade["price"])), 6)
        high = price if high is None else max(high, price)
        low = price if low is None else min(low, price)
        if high - low >= round(Decimal(height), 6):
            ends.append(i + 1)
            high = low = None
    return ends


def cut_by(find: Callable[..., list[int]]) -> Callable[..., np.ndarray]:
    """All bars of a tape whose ends ``find`` gives, the unfinished one last."""

    def bars(trades: np.ndarray, *args: float) -> np.ndarray:
        counted = [
            row for row in trades[np.argsort(trades["ts_event"], kind="stable")] if not row["flags"] & FLAG_NO_BAR
        ]
        ends = find(counted, *args)
        if counted and (not ends or ends[-1] < len(counted)):
            ends = [*ends, len(counted)]
        found, begin = [], 0
        for end in ends:
            found.append(one_bar(counted[begin:end], found[-1][0] if found else None))
            begin = end
        return np.array(found, BAR)

    return bars


def one_bar(prints: list, before: int | None) -> tuple:
    """A ``BAR`` of these prints; ``before`` is the time of the bar before it."""
    time = int(prints[0]["ts_event"])
    if before is not None:
        time = max(time, before + 1)
    prices = [float(row["price"]) for row in prints]
    volume = buy = sell = money = 0.0
    for row in prints:
        size = float(row["size"])
        volume += size
        if row["side"] > 0:
            buy += size
        if row["side"] < 0:
            sell += size
        money += float(row["price"]) * size
    vwap = money / volume if volume > 0 else np.nan
    return (time, prices[0], max(prices), min(prices), prices[-1], volume, buy, sell, len(prints), vwap)


OF_TRADES = {
    "tick": cut_by(tick_ends),
    "vol": cut_by(volume_ends),
    "usd": cut_by(dollar_ends),
    "range": cut_by(range_ends),
}
