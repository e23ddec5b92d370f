"""Quotes and a book that fit given trades: each trade meets the best price of its side, and size enough."""

from __future__ import annotations

import numpy as np

from workbench.market.events import BOOK, BUY, QUOTE, SELL
from workbench.market.instruments import Instrument
from workbench.market.specs import SECOND

#: Levels of the book, a side.
LEVELS = 10

_BEFORE = 50_000_000  # a quote is at most so much older than its trade, ns
_SNAPSHOT = 60 * SECOND
_STAYS = 20 * SECOND  # the size of a level behind the best changes about so often
_CHANGE = np.dtype([("row", "i8"), ("order", "i8"), ("column", "i8"), ("level", "i8"), ("size", "f8"), ("side", "i1")])
_CALM = 60 * SECOND  # after a longer pause (a halt, a lunch break) the quote comes with the trade


def quotes(trades: np.ndarray, noise: np.random.Generator, instrument: Instrument, *, half_spread: float) -> np.ndarray:
    """A QUOTE for each trade, between it and the trade before where there is time.

    A buy is at the ask, a sale at the bid; the other side is a whole number of ticks away, one at least, about twice
    ``half_spread`` (a fraction of the price). The size that is traded is there.
    """
    count, tick, lot = len(trades), instrument.tick_size, instrument.lot
    out = np.zeros(count, QUOTE)
    if not count:
        return out
    buys = trades["side"] == BUY
    levels = np.rint(trades["price"] / tick).astype("i8")
    knots = np.linspace(0, count, max(count // 500, 2))
    slow = np.interp(np.arange(count), knots, noise.standard_normal(len(knots)))
    wide = np.maximum(np.rint(2 * half_spread * levels * np.exp(0.3 * slow)), 1).astype("i8")
    bid = np.maximum(np.where(buys, levels - wide, levels), 1)
    ask = np.where(buys, np.maximum(levels, bid + 1), levels + wide)
    pause = np.diff(trades["ts_event"], prepend=trades["ts_event"][0])
    ahead = np.where(pause > _CALM, 0, np.minimum((_BEFORE * noise.random(count)).astype("i8"), pause // 2))
    out["ts_event"] = out["ts_recv"] = trades["ts_event"] - ahead
    typical = np.median(trades["size"])
    for name, price, mine in (("bid", bid, ~buys), ("ask", ask, buys)):
        out[name] = _priced(price, tick)
        resting = np.maximum(np.rint(3 * typical * np.exp(0.8 * noise.standard_normal(count)) / lot), 1)
        wanted = np.where(mine, np.rint(trades["size"] / lot), 0)
        out[f"{name}_size"] = _priced(resting + wanted, lot)
    return out


def book(best: np.ndarray, instrument: Instrument, *, size: float) -> np.ndarray:
    """BOOK rows of the quotes ``best`` of one day; ``size`` is that of a usual trade.

    Behind the best price lie nine levels on a grid whose step grows with the spread and the moves of the price. What
    a level holds depends on the level and the time alone, so that it stays when the best price moves away and comes
    back.
    """
    count, tick, lot = len(best), instrument.tick_size, instrument.lot
    if not count:
        return np.empty(0, BOOK)
    bid, ask = (np.rint(best[name] / tick).astype("i8") for name in ("bid", "ask"))
    # As far apart as prices go from one quote to the next: most levels are then still there after a change.
    step = max(int(np.median(ask - bid)) // 4, int(np.abs(np.diff(bid)).mean()) if count > 1 else 0, 1)
    sides = []
    for name, first, sign in (("bid", bid, -1), ("ask", ask, 1)):
        grid = np.where(sign > 0, first // step + 1, -(-first // step) - 1)
        prices = np.empty((count, LEVELS), "i8")
        prices[:, 0] = first
        prices[:, 1:] = (grid[:, np.newaxis] + sign * np.arange(LEVELS - 1)) * step
        sizes = np.empty((count, LEVELS))
        sizes[:, 0] = best[f"{name}_size"]
        held = _resting(prices[:, 1:], best["ts_event"])
        sizes[:, 1:] = _priced(np.maximum(np.rint(8 * size * held / lot), 1), lot)
        sizes[prices < 1] = 0.0  # nobody bids for less than nothing
        sides.append((prices, sizes))
    minute = best["ts_event"] // _SNAPSHOT
    fresh = np.append(True, minute[1:] != minute[:-1])
    parts = []
    for (prices, sizes), side in zip(sides, (BUY, SELL), strict=True):
        known = np.zeros((count, LEVELS), bool)  # levels that were there with the same size
        gone = np.zeros((count, LEVELS), bool)  # levels of the change before that are no more
        met = prices[1:, :, np.newaxis] == prices[:-1, np.newaxis, :]
        same = met & (sizes[1:, :, np.newaxis] == sizes[:-1, np.newaxis, :])
        known[1:], gone[1:] = same.any(axis=2), ~met.any(axis=1)
        gone[1:] &= sizes[:-1] > 0
        known |= sizes == 0
        known[fresh], gone[fresh] = sizes[fresh] == 0, False
        gone_prices = np.vstack([prices[:1], prices[:-1]])
        for mask, order, at, of in ((gone, 0, gone_prices, None), (~known, 1, prices, sizes)):
            row, column = np.nonzero(mask)
            part = np.zeros(len(row), _CHANGE)
            part["row"], part["order"], part["column"], part["side"] = row, order, column, side
            part["level"], part["size"] = at[row, column], 0.0 if of is None else of[row, column]
            parts.append(part)
    rows = np.concatenate(parts)
    # What goes, goes first: the levels that stay and those that come do not cross.
    rows = rows[np.lexsort((rows["column"], -rows["side"], rows["order"], rows["row"]))]
    out = np.zeros(len(rows), BOOK)
    out["ts_event"] = out["ts_recv"] = best["ts_event"][rows["row"]]
    out["price"], out["size"], out["side"] = _priced(rows["level"], tick), rows["size"], rows["side"]
    first = np.append(True, rows["row"][1:] != rows["row"][:-1])
    out["flags"] = first & fresh[rows["row"]]
    return out


def _resting(levels: np.ndarray, times: np.ndarray) -> np.ndarray:
    """A factor about 1 for each level at each time: hashed, so that no order of asking matters."""
    words = levels.astype("u8")
    turn = (times.astype("u8")[:, np.newaxis] + _mixed(words) % np.uint64(_STAYS)) // np.uint64(_STAYS)
    mixed = _mixed(words * np.uint64(0x9E3779B97F4A7C15) + turn)
    share = (mixed >> np.uint64(11)) / 2.0**53
    return 0.3 + 1.4 * share


def _mixed(words: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _priced(counts: np.ndarray, step: float) -> np.ndarray:
    """So many steps, as the nearest float where the step is 1/n."""
    inverse = round(1 / step) if step < 1 else 0
    return counts / inverse if inverse and abs(inverse * step - 1) < 1e-9 else counts * step
