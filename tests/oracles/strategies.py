"""The rules of the library's strategies, once more: slow, in plain Python, from the bars alone.

``RULES[name](bars, p)`` gives ``ask(i, held, state)``: what is asked for at the close of bar ``i`` by who has ``held``
units, as a list of calls, or None where nobody is asked since something is not known yet. ``state`` is a dict that is
kept from bar to bar. For portfolios ``bars`` are lists of frames and calls name the symbol.
"""

from __future__ import annotations

import math
from statistics import fmean, stdev

NAN = math.nan
LONG, SHORT, FLAT = ("long",), ("short",), ("flat",)


def lists(frame):
    found = {name: [float(one) for one in frame[name]] for name in frame.columns}
    return found | {"time": [int(one.value) for one in frame.index]}


def true_ranges(b):
    rest = zip(b["high"][1:], b["low"][1:], b["close"], strict=False)
    return [NAN] + [max(high, before) - min(low, before) for high, low, before in rest]


def wilder(values, window, first):
    """Mean of ``window`` values from ``first`` on, then one part in ``window`` of each next."""
    out = [NAN] * len(values)
    for i in range(first + window - 1, len(values)):
        if i == first + window - 1:
            out[i] = fmean(values[first : i + 1])
        else:
            out[i] = out[i - 1] + (values[i] - out[i - 1]) / window
    return out


def ema(values, window, first):
    """Begins at ``first`` with the mean of the ``window`` values up to there."""
    out = [NAN] * len(values)
    for i in range(first, len(values)):
        if i == first:
            out[i] = fmean(values[i - window + 1 : i + 1])
        else:
            out[i] = out[i - 1] + 2 / (window + 1) * (values[i] - out[i - 1])
    return out


def sma_cross(b, p):
    def ask(i, held, state):
        if i < max(p.fast, p.slow) - 1:
            return None
        above = fmean(b["close"][i - p.fast + 1 : i + 1]) > fmean(b["close"][i - p.slow + 1 : i + 1])
        return [LONG if above else FLAT]

    return ask


def sma_flip(b, p):
    def above(i):
        return fmean(b["close"][i - p.fast + 1 : i + 1]) - fmean(b["close"][i - p.slow + 1 : i + 1])

    def ask(i, held, state):
        if i < p.slow - 1:
            return None
        if i < p.slow:
            return []  # the row before is not known
        if above(i) > 0 >= above(i - 1):
            return [LONG]
        return [SHORT] if above(i) < 0 <= above(i - 1) else []

    return ask


def macd_cross(b, p):
    first = p.slow - 1
    quick, calm = ema(b["close"], p.fast, first), ema(b["close"], p.slow, first)
    value = [x - y for x, y in zip(quick, calm, strict=True)]
    mean = ema(value, p.signal, first + p.signal - 1)

    def ask(i, held, state):
        if i < first + p.signal - 1:
            return None
        return [LONG if value[i] > mean[i] else SHORT if p.shorts else FLAT]

    return ask


def donchian_breakout(b, p):
    atr = wilder(true_ranges(b), p.window, 1)

    def ask(i, held, state):
        if i < max(p.entry, p.exit, p.window):
            return None
        away = p.stop * atr[i] if p.stop else NAN
        close = b["close"][i]
        if close > max(b["high"][i - p.entry : i]) and held <= 0:
            return [("target", 1.0, away)]
        if close < min(b["low"][i - p.entry : i]) and held >= 0 and p.shorts:
            return [("target", -1.0, away)]
        if held > 0 and close < min(b["low"][i - p.exit : i]):
            return [FLAT]
        return [FLAT] if held < 0 and close > max(b["high"][i - p.exit : i]) else []

    return ask


def supertrend_follow(b, p):
    atr, trend = wilder(true_ranges(b), p.window, 1), [NAN] * len(b["close"])
    for i in range(p.window, len(atr)):
        middle, close = (b["high"][i] + b["low"][i]) / 2, b["close"][i]
        top, bottom = middle + p.factor * atr[i], middle - p.factor * atr[i]
        if i == p.window:
            upper, lower, up = top, bottom, close >= middle
        else:
            before = b["close"][i - 1]
            upper = top if before > upper else min(top, upper)
            lower = bottom if before < lower else max(bottom, lower)
        up = close > (lower if up else upper)
        trend[i] = up

    def ask(i, held, state):
        return None if i < p.window else [LONG if trend[i] else SHORT if p.shorts else FLAT]

    return ask


NEW_YORK = range(14 * 3600 + 1800, 21 * 3600)  # seconds of the UTC day in winter, without holidays


def clock(b, i):
    """Day, minutes since the open, minutes to the close; None out of hours."""
    second = b["time"][i] // 10**9
    if second % 86400 not in NEW_YORK or (second // 86400 + 3) % 7 > 4:
        return None
    return second // 86400, (second % 86400 - NEW_YORK.start) / 60, (NEW_YORK.stop - second % 86400) / 60


def ending(b, i, leave):
    here = clock(b, i)
    if here is None or i == 0:
        return True
    before = clock(b, i - 1)
    if before is None or before[0] != here[0]:
        return True
    length = min(b["time"][j] - b["time"][j - 1] for j in range(1, i + 1)) / 60e9
    return here[2] - 2 * length <= leave


def opening_range(b, p):
    def ask(i, held, state):
        here = clock(b, i)
        day = [j for j in range(i + 1) if here and clock(b, j) and clock(b, j)[0] == here[0]]
        early = [j for j in day if clock(b, j)[1] < p.minutes]
        known = here and here[1] >= p.minutes and early
        state["asked"] = state.get("asked") or bool(known)
        if not state["asked"]:
            return None
        if ending(b, i, p.leave):
            return [FLAT]
        if held != 0 or state.get("done") == here[0] or not known:
            return []
        top, bottom = max(b["high"][j] for j in early), min(b["low"][j] for j in early)
        if b["close"][i] > top:
            state["done"] = here[0]
            return [("target", 1.0, bottom)]
        if p.shorts and b["close"][i] < bottom:
            state["done"] = here[0]
            return [("target", -1.0, top)]
        return []

    return ask


def rsi_reversion(b, p):
    moves = [0.0] + [x - y for x, y in zip(b["close"][1:], b["close"], strict=False)]
    gains = wilder([max(one, 0.0) for one in moves], p.window, 1)
    losses = wilder([max(-one, 0.0) for one in moves], p.window, 1)

    def ask(i, held, state):
        if i < p.window:
            return None
        rsi = 100 * gains[i] / (gains[i] + losses[i])
        if rsi < p.low:
            return [LONG]
        if p.shorts and rsi > p.high:
            return [SHORT]
        return [FLAT] if held == 0 or (rsi >= p.leave if held > 0 else rsi <= p.leave) else []

    return ask


def bollinger(b, p):
    def ask(i, held, state):
        if i < p.window - 1:
            return None
        some, close = b["close"][i - p.window + 1 : i + 1], b["close"][i]
        mean = fmean(some)
        far = p.width * math.sqrt(fmean((one - mean) ** 2 for one in some))
        out = 1 if close > mean + far else -1 if close < mean - far else 0
        if out and (out > 0) == p.breakout:
            return [LONG]
        if out and p.shorts:
            return [SHORT]
        if held == 0:
            return [FLAT]
        above = close > mean
        return [FLAT] if (above if held > 0 else not above) != p.breakout else []

    return ask


def vwap_reversion(b, p):
    price = [(h + low + c) / 3 for h, low, c in zip(b["high"], b["low"], b["close"], strict=True)]

    def ask(i, held, state):
        here = clock(b, i)
        state["asked"] = state.get("asked") or here is not None
        if not state["asked"]:
            return None
        if ending(b, i, p.leave):
            return [FLAT]
        day = [j for j in range(i + 1) if clock(b, j) and clock(b, j)[0] == here[0]]
        weight = sum(b["volume"][j] for j in day)
        mean = sum(price[j] * b["volume"][j] for j in day) / weight
        far = p.deviations * math.sqrt(sum(b["volume"][j] * (price[j] - mean) ** 2 for j in day) / weight)
        close, late = b["close"][i], here[1] >= p.after
        if late and close < mean - far:
            return [LONG]
        if late and close > mean + far and p.shorts:
            return [SHORT]
        return [FLAT] if held == 0 or (close >= mean if held > 0 else close <= mean) else []

    return ask


def cvd_divergence(b, p):
    delta, total = [], 0.0
    for bought, sold in zip(b["buy_volume"], b["sell_volume"], strict=True):
        total += bought - sold
        delta.append(total)

    def ask(i, held, state):
        first = i - p.window + 1
        if first < 0:
            return None
        some = delta[first : i + 1]
        away = p.share * (max(some) - min(some))
        if b["low"][i] == min(b["low"][first : i + 1]) and delta[i] - min(some) > away:
            return [LONG]
        if p.shorts and b["high"][i] == max(b["high"][first : i + 1]) and max(some) - delta[i] > away:
            return [SHORT]
        return [FLAT] if state["bars_held"] >= p.hold else []

    return ask


def volatility_target(b, p):
    moves = [NAN] + [math.log(x / y) for x, y in zip(b["close"][1:], b["close"], strict=False)]

    def ask(i, held, state):
        if i < p.window:
            return None
        a_year = p.periods or i / ((b["time"][i] - b["time"][0]) / (365.25 * 86400e9))
        wanted = min(p.target / (stdev(moves[i - p.window + 1 : i + 1]) * math.sqrt(a_year)), p.most)
        off = wanted - held * b["close"][i] / state["equity"]
        return [("target", wanted, "rebalance")] if abs(off) > p.band else []

    return ask


def momentum_rotation(all_bars, p):
    def ask(i, held, state):
        if i < p.window:
            return None
        if i % p.every:
            return []
        gains = [100 * (b["close"][i] / b["close"][i - p.window] - 1) for b in all_bars]
        ranked = sorted(range(len(gains)), key=lambda k: -gains[k])  # stable: of equals the first comes first
        best = {k for k in ranked[: p.top] if gains[k] > p.least}
        return [("target", k, 1.0 / p.top if k in best else 0.0, k in best) for k in range(len(gains))]

    return ask


def pairs(all_bars, p):
    y, x = ([math.log(one) for one in b["close"]] for b in all_bars)

    def ask(i, held, state):
        first = i - p.window + 1
        if first < 0:
            return None
        v, u = y[first : i + 1], x[first : i + 1]
        mv, mu = fmean(v), fmean(u)
        slope = sum((s - mu) * (t - mv) for s, t in zip(u, v, strict=True)) / sum((s - mu) ** 2 for s in u)
        left = [t - mv - slope * (s - mu) for s, t in zip(u, v, strict=True)]
        z = left[-1] / math.sqrt(sum(one * one for one in left) / (p.window - 2))
        side, way = state.get("side", 0), -1 if z > p.enter else 1 if z < -p.enter else 0
        if way and way != side:
            state["side"] = way
            part = way / (1 + abs(slope))
            return [("target", 0, part, False), ("target", 1, -slope * part, False)]
        if (side > 0 and z > -p.leave) or (side < 0 and z < p.leave):
            state["side"] = 0
            return [("target", 0, 0.0, False), ("target", 1, 0.0, False)]
        return []

    return ask


RULES = {
    one.__name__: one
    for one in (
        sma_cross, sma_flip, macd_cross, donchian_breakout, supertrend_follow, opening_range, rsi_reversion, bollinger,
        vwap_reversion, cvd_divergence, volatility_target, momentum_rotation, pairs,
    )
}  # fmt: skip
