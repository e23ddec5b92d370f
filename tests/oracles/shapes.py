"""Kinds that draw something else than what was traded, one price at a time and in rational arithmetic.

A price is at an edge when it is short of it by no more than a millionth of the size: prices on a grid of ticks are
there or are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import numpy as np

from workbench.market.events import BAR, FLAG_NO_BAR

HA_BAR = np.dtype([*BAR.descr, *((f"real_{name}", "<f8") for name in ("open", "high", "low", "close"))])
NEARLY = Fraction(1, 10**6)


class Stretch:
    """What was traded since the last line, print by print or bar by bar."""

    def __init__(self) -> None:
        self.empty = True

    def add(self, row: np.void) -> None:
        if "price" in row.dtype.names:
            p, q, side = float(row["price"]), float(row["size"]), row["side"]
            self._add(int(row["ts_event"]), (p, p, p, p), (q, q * (side > 0), q * (side < 0)), 1, p * q)
        else:
            volume = float(row["volume"])
            prices = tuple(float(row[name]) for name in ("open", "high", "low", "close"))
            volumes = (volume, float(row["buy_volume"]), float(row["sell_volume"]))
            money = float(row["vwap"]) * volume if volume else 0.0
            self._add(int(row["time"]), prices, volumes, int(row["trades"]), money)

    def _add(self, time: int, prices: tuple, volumes: tuple, trades: int, money: float) -> None:
        if self.empty:
            self.empty, self.time, (self.open, self.high, self.low, self.close) = False, time, prices
            self.volumes, self.trades, self.money = [0.0, 0.0, 0.0], 0, 0.0
        self.high, self.low, self.close = max(self.high, prices[1]), min(self.low, prices[2]), prices[3]
        self.volumes = [have + more for have, more in zip(self.volumes, volumes, strict=True)]
        self.trades += trades
        self.money += money

    def row(self, open_: float, close: float, *, body: bool, part: tuple[int, int] = (1, 0)) -> tuple:
        """A record with this open and close; high and low are those of the body, or real. Part j of n of the volume."""
        high, low = (max(open_, close), min(open_, close)) if body else (self.high, self.low)
        n, j = part
        volumes = [share(volume, n, j) for volume in self.volumes]
        trades = len(range(j, self.trades, n))  # dealt out one by one
        vwap = self.money / self.volumes[0] if self.volumes[0] > 0 else math.nan
        return (self.time, open_, high, low, close, *volumes, trades, vwap)


def share(volume: float, n: int, j: int) -> float:
    """Units in the last place of the volume, dealt out one by one to ``n``: what number ``j`` gets."""
    if not volume:
        return volume
    unit = Fraction(math.ulp(volume))
    each, left = divmod(Fraction(volume) / unit, n)
    return float((each + (j < left)) * unit)


def stamped(rows: Iterable[tuple]) -> np.ndarray:
    """Records whose times increase strictly."""
    out: list[tuple] = []
    for row in rows:
        time = row[0] if not out else max(row[0], out[-1][0] + 1)
        out.append((time, *row[1:]))
    return np.array(out, BAR)


def baseline(price: float, size: float) -> float:
    """The price at one decimal less than the size has, halves to the even neighbour."""
    decimals = format(Decimal(repr(size)).normalize(), "f").partition(".")[2]
    return float(round(Decimal(repr(price)), max(len(decimals) - 1, 0)))


def reaches(price: float, edge: Fraction, size: float, *, up: bool) -> bool:
    """Whether a price is at an edge, or beyond it."""
    beyond = Fraction(price) - edge if up else edge - Fraction(price)
    return beyond >= -NEARLY * Fraction(size)


def go(price: float, *, base: float, start: int, size: float, up: bool) -> list[tuple[int, int]]:
    """Numbers of the edges of the bricks from ``start`` that the price completes one way."""
    found, step = [], 1 if up else -1
    while reaches(price, Fraction(base) + (start + step) * Fraction(size), size, up=up):
        found.append((start, start + step))
        start += step
    return found


def bricks(held: Stretch, found: list[tuple[int, int]], *, base: float, size: float) -> list[tuple]:
    """Records of bricks, of which each has its part of what is held."""
    return [
        held.row(base + begin * size, base + end * size, body=False, part=(len(found), j))
        for j, (begin, end) in enumerate(found)
    ]


def renko(rows: Iterable[np.void], size: float) -> np.ndarray:
    """Bricks of one size, of prints or of bars."""
    out, held, base = [], Stretch(), None
    begin = end = 0  # of the last brick
    for row in rows:
        bars = "close" in row.dtype.names
        price = float(row["close" if bars else "price"])
        held.add(row)
        if base is None:
            base = baseline(price, size)
            if bars:  # its trade was before the price that bricks are counted from
                held = Stretch()
                continue
        found = go(price, base=base, start=max(begin, end), size=size, up=True)
        found = found or go(price, base=base, start=min(begin, end), size=size, up=False)
        if found:
            out += bricks(held, found, base=base, size=size)
            (begin, end), held = found[-1], Stretch()
    if not held.empty:
        out.append(held.row(base + end * size, held.close, body=False))
    return stamped(out)


def wilder(bars: np.ndarray, window: int) -> list[float | None]:
    """Average true range at each bar: the mean of the first ``window``, then each counts for 1 in ``window``."""
    out: list[float | None] = []
    ranges: list[float] = []
    for i, bar in enumerate(bars):
        if i:
            high, low, last = float(bar["high"]), float(bar["low"]), float(bars[i - 1]["close"])
            ranges.append(max(high - low, abs(high - last), abs(low - last)))
        if len(ranges) < window:
            out.append(None)
        elif out[-1] is None:
            total = 0.0
            for one in ranges:
                total += one
            out.append(total / window)
        else:
            out.append((out[-1] * (window - 1) + ranges[-1]) / window)
    return out


def renko_of_range(bars: np.ndarray, window: int) -> np.ndarray:
    """Bricks whose size is the range at the bar before the run of bricks began."""
    out, held = [], Stretch()
    ranges = wilder(bars, window)
    base = size = None
    begin = end = 0  # of the last brick
    for i, bar in enumerate(bars):
        price = float(bar["close"])
        held.add(bar)
        if base is None:
            if ranges[i] is not None:
                base, held = price, Stretch()
            continue
        found = []
        if begin != end:
            found = go(price, base=base, start=end, size=size, up=end > begin)
        if not found:
            turn = base + begin * size if begin != end else base
            new = max(ranges[i - 1], 1e-5 * abs(float(bars[i - 1]["close"])))
            ways = [end < begin] if begin != end else [True, False]
            for up in ways:
                ahead = go(price, base=turn, start=0, size=new, up=up) if new else []
                if ahead:
                    base, size, found = turn, new, ahead
        if found:
            out += bricks(held, found, base=base, size=size)
            (begin, end), held = found[-1], Stretch()
    if not held.empty and base is not None:
        out.append(held.row(base + end * size if begin != end else base, held.close, body=False))
    return stamped(out)


def renko_of_trades(trades: np.ndarray, size: float, atr: int) -> np.ndarray:
    """``renko:1.0`` of a tape."""
    assert not atr
    tape = trades[np.argsort(trades["ts_event"], kind="stable")]
    return renko((row for row in tape if not row["flags"] & FLAG_NO_BAR), size)


def renko_of_bars(bars: np.ndarray, size: float, atr: int) -> np.ndarray:
    """``renko:1.0`` and ``renko:atr14`` of bars."""
    return renko_of_range(bars, atr) if atr else renko(bars, size)


def heikin_ashi(bars: np.ndarray) -> np.ndarray:
    """Averaged candles with the real prices beside."""
    rows, last = [], None
    for bar in bars:
        real = [float(bar[name]) for name in ("open", "high", "low", "close")]
        close = (real[0] + real[1] + real[2] + real[3]) / 4
        open_ = (real[0] + real[3]) / 2 if last is None else (last[0] + last[1]) / 2
        last = (open_, close)
        held = Stretch()
        held.add(bar)
        row = held.row(open_, close, body=True)
        rows.append((*row[:2], max(row[2], real[1]), min(row[3], real[2]), *row[4:], *real))
    return np.array(rows, HA_BAR)


def line_break(bars: np.ndarray, lines: int) -> np.ndarray:
    """A line on, or a turn beyond the last ``lines`` lines."""
    out, drawn, held, first = [], [], Stretch(), None
    for bar in bars:
        price = float(bar["close"])
        held.add(bar)
        if first is None:
            first = price
            continue
        line = None
        if not drawn:
            line = (first, price) if price != first else None
        else:
            open_, close = drawn[-1]
            ends = [end for one in drawn[-lines:] for end in one]
            on = price > close if close > open_ else price < close
            turn = price < min(ends) if close > open_ else price > max(ends)
            line = (close, price) if on else (open_, price) if turn else None
        if line:
            drawn.append(line)
            out.append(held.row(*line, body=True))
            held = Stretch()
    if not held.empty:
        open_, close = drawn[-1] if drawn else (first, first)
        back = held.close < open_ if close > open_ else held.close > open_
        out.append(held.row(open_ if back and drawn else close, held.close, body=True))
    return stamped(out)


def kagi(bars: np.ndarray, reversal: float, percent: bool) -> np.ndarray:
    """Lines as far as closes go one way."""
    out, held = [], Stretch()
    start = end = None
    way = 0
    for bar in bars:
        price = float(bar["close"])
        if start is None:
            start = end = price
            held.add(bar)
            continue
        back = abs(Fraction(end)) * Fraction(reversal) / 100 if percent else Fraction(reversal)
        moved = Fraction(price) - Fraction(end)
        if way and moved * way >= 0:
            end = price
        elif moved and abs(moved) >= back * (1 - NEARLY):
            if way:
                out.append(held.row(start, end, body=True))
                held = Stretch()
            way, start, end = (1 if moved > 0 else -1), end, price
        held.add(bar)
    if not held.empty:
        out.append(held.row(start, end if way else held.close, body=True))
    return stamped(out)


def point_figure(bars: np.ndarray, box: float, reversal: int) -> np.ndarray:
    """Columns as lists of boxes, named by their lower edge."""

    def up_to(price: float) -> int:
        return math.floor(Fraction(price) / Fraction(box) + NEARLY)

    def down_to(price: float) -> int:
        return math.ceil(Fraction(price) / Fraction(box) - NEARLY)

    out, held = [], Stretch()
    column: list[int] = []
    way, first = 0, None

    def row() -> tuple:
        edges = (column[0], column[-1] + 1) if way >= 0 else (column[0] + 1, column[-1])
        return held.row(edges[0] * box, edges[1] * box, body=True)

    for bar in bars:
        price = float(bar["close"])
        up, down = up_to(price), down_to(price)
        if first is None:
            first, column = price, [up]
        elif way == 0:
            if up > up_to(first):
                way, column = 1, list(range(up_to(first), up + 1))
            elif down < down_to(first):
                way, column = -1, list(range(down_to(first), down - 1, -1))
        elif way == 1:
            if up > column[-1]:
                column += range(column[-1] + 1, up + 1)
            elif len(below := range(column[-1] - 1, down - 1, -1)) >= reversal:
                out.append(row())
                way, column, held = -1, list(below), Stretch()
        elif down < column[-1]:
            column += range(column[-1] - 1, down - 1, -1)
        elif len(above := range(column[-1] + 1, up + 1)) >= reversal:
            out.append(row())
            way, column, held = 1, list(above), Stretch()
        held.add(bar)
    if not held.empty:
        out.append(row())
    return stamped(out)


OF_TRADES = {"renko": renko_of_trades}
OF_BARS = {
    "renko": renko_of_bars,
    "ha": heikin_ashi,
    "linebreak": line_break,
    "kagi": kagi,
    "pnf": point_figure,
}
