"""Imbalance and run bars one print at a time, with every bar's sums kept and every mean taken anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

from tests.oracles.event_bars import cut_by


def ends(trades: Iterable, expected: int, window: int, *, of: str, counted: str) -> list[int]:
    """Index after the last print of each complete bar.

    ``of`` is imbalance or run, ``counted`` is tick, volume or dollar.
    """
    found, history = [], []  # of each bar known: prints, buys, sells, theta, sum of (b v) squared
    threshold = None
    last_price, b = None, 0
    prints, buys, sells, theta, squares = 0, 0.0, 0.0, 0.0, 0.0
    for i, trade in enumerate(trades):
        price, size, side = float(trade["price"]), float(trade["size"]), int(trade["side"])
        if side > 0:
            b = 1
        elif side < 0:
            b = -1
        elif last_price is not None and price > last_price:
            b = 1
        elif last_price is not None and price < last_price:
            b = -1
        last_price = price

        v = {"tick": 1.0, "volume": size, "dollar": price * size}[counted]
        prints += 1
        theta += b * v
        squares += (b * v) * (b * v)
        if b == 1:
            buys += v
        if b == -1:
            sells += v

        if threshold is None:
            over = prints == expected
        else:
            reached = abs(theta) if of == "imbalance" else max(buys, sells)
            over = reached >= threshold or prints == 10 * expected
        if over:
            found.append(i + 1)
            history.append((float(prints), buys, sells, theta, squares))
            threshold = {"imbalance": imbalance, "run": run}[of](history, expected, window)
            if not 0 < threshold < math.inf:
                threshold, history = None, []
            prints, buys, sells, theta, squares = 0, 0.0, 0.0, 0.0, 0.0
    return found


def mean(values: list[float], window: int) -> float:
    """Exponentially weighted, the first value as the start."""
    now = values[0]
    for value in values[1:]:
        now = now + 2 / (window + 1) * (value - now)
    return now


def imbalance(history: list[tuple], expected: int, window: int) -> float:
    """What abs(theta) has to reach."""
    prints, _, _, theta, squares = (mean(column, window) for column in map(list, zip(*history, strict=True)))
    mean_flow, mean_square = theta / prints, squares / prints
    return max(math.sqrt(expected * prints) * abs(mean_flow), math.sqrt(expected * mean_square))


def run(history: list[tuple], expected: int, window: int) -> float:
    """What the greater of the two sums has to reach."""
    prints, buys, sells, _, _ = (mean(column, window) for column in map(list, zip(*history, strict=True)))
    return math.sqrt(expected * prints) * (max(buys, sells) / prints)


ENDS: dict[str, Callable[..., list[int]]] = {
    f"{counted}_{of}": partial(ends, of=of, counted=counted)
    for of in ("imbalance", "run")
    for counted in ("tick", "volume", "dollar")
}

OF_TRADES = {name: cut_by(find) for name, find in ENDS.items()}
