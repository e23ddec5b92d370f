"""Stops that trail prices."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, indicators
from workbench.kernels.indicators import stops as kernel


class _Stop(Indicator):
    inputs = ("high", "low", "close")
    outputs = ("stop", "trend", "upper", "lower")
    styles = {"upper": "dots", "lower": "dots"}
    sparse = ("upper", "lower")
    overlay = True
    scale = "other"

    def kernel(self) -> Callable[..., None]:
        return getattr(kernel, self.plugin_name)

    def constants(self) -> tuple[float, ...]:
        return self.window, self.factor

    def state_size(self) -> int:
        return 6

    @property
    def lookback(self) -> int:
        return 1

    @property
    def warmup(self) -> int:
        return self.window


@indicators.register("supertrend")
class SuperTrend(_Stop):
    """A stop so many mean true ranges from (high + low) / 2 that only ever tightens, until a close crosses it.

    ``trend`` is 1 while the stop is below (``lower``) and -1 while it is above (``upper``).
    """

    window = param.Integer(10, bounds=(1, 100_000), doc="Bars of the mean true range.")
    factor = param.Number(3.0, bounds=(0.0, 1000.0), doc="Mean true ranges to the stop.")
    begin = param.Selector(
        default="middle", objects=["middle", "up"], doc="Which way it begins: as ``source`` says, or always upwards."
    )
    title = "SuperTrend"
    source = (
        "Olivier Seban, 2000s; Wilder's mean of the true range. It begins upwards if the first close is not below the "
        "middle of its bar."
    )
    formula = (
        "stop = lower while trend is 1, upper while it is -1\n"
        "lower = max((high + low) / 2 - factor * atr(window), lower[1]), without lower[1] where close[1] < "
        "lower[1]\n"
        "upper = min((high + low) / 2 + factor * atr(window), upper[1]), without upper[1] where close[1] > "
        "upper[1]\n"
        "trend = 1 if close > (lower if trend[1] = 1 else upper) else -1"
    )
    talib = (
        Peer("SUPERTREND", {"begin": "up"}, {"timeperiod": 10, "multiplier": 3.0}, outputs=("supertrend", "", "", "")),
        Peer("SUPERTREND", {"begin": "up"}, {"timeperiod": 10, "multiplier": 3.0}, outputs=("", "trend", "", ""),
             after=1, note="Theirs has zeros where it is not known yet."),
    )  # fmt: skip
    stock = (Peer("supertrend", outputs=("superTrend", "", "upperBand", "lowerBand")),)

    def constants(self) -> tuple[float, ...]:
        return self.window, self.factor, float(self.begin == "up")


@indicators.register("atr_stop")
class AtrStop(_Stop):
    """A stop so many mean true ranges from the close that only ever tightens, until a close crosses it.

    ``trend`` is 1 while the stop is below (``lower``, where a long position is sold) and -1 while it is above.
    """

    window = param.Integer(21, bounds=(1, 100_000), doc="Bars of the mean true range.")
    factor = param.Number(3.0, bounds=(0.0, 1000.0), doc="Mean true ranges to the stop.")
    basis = param.Selector(
        default="close", objects=["close", "ends"], doc="What the range is taken from: the close, or low and high."
    )
    title = "ATR trailing stop"
    source = (
        "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978 (his volatility system); it begins upwards "
        "if the first close is not below the one before."
    )
    formula = (
        "stop = lower while trend is 1, upper while it is -1\n"
        "lower = max(base - factor * atr(window), lower[1]), without lower[1] where close[1] < lower[1]\n"
        "upper = min(base + factor * atr(window), upper[1]), without upper[1] where close[1] > upper[1]\n"
        "trend = 1 if close > (lower if trend[1] = 1 else upper) else -1\n"
        "base = close; with basis=ends low for lower and high for upper"
    )
    stock = (Peer("atr-stop", outputs=("atrStop", "", "buyStop", "sellStop")),)

    def constants(self) -> tuple[float, ...]:
        return self.window, self.factor, float(self.basis == "ends")


@indicators.register("volatility_stop")
class VolatilityStop(_Stop):
    """A stop so many mean true ranges, of the bar before, from the best close of a trend; a close beyond it turns it.

    ``turn`` is 1 on the bar that turns it, else 0. All are NaN up to the first turn, since which way it began is a
    guess.
    """

    window = param.Integer(7, bounds=(2, 100_000), doc="Bars of the mean true range.")
    factor = param.Number(3.0, bounds=(0.0, 1000.0), doc="Mean true ranges to the stop.")
    title = "Volatility stop"
    source = (
        "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978 (the volatility system); it begins upwards "
        "if the last of the first ``window`` closes is above the first."
    )
    formula = (
        "stop = best - factor * atr(window)[1] while rising (lower), best + factor * atr(window)[1] while falling "
        "(upper)\n"
        "best = highest close of the rise, lowest of the fall, up to the bar before\n"
        "turn = 1 where close < stop while rising or close > stop while falling, else 0; the next bar begins with "
        "best = close"
    )
    outputs = ("stop", "turn", "upper", "lower")
    sparse = ("stop", "turn", "upper", "lower")
    stock = (Peer("vol-stop", outputs=("sar", "isStop", "upperBand", "lowerBand")),)

    def state_size(self) -> int:
        return 7


@indicators.register("chandelier")
class ChandelierExit(_Stop):
    """Hung from the highest high: that - factor atr (``long``); and the lowest low + factor atr (``short``)."""

    window = param.Integer(22, bounds=(1, 100_000), doc="Bars of the extremes and of the mean true range.")
    factor = param.Number(3.0, bounds=(0.0, 1000.0), doc="Mean true ranges to the stop.")
    title = "Chandelier exit"
    source = "Chuck LeBeau; Alexander Elder, Come Into My Trading Room, 2002; Wilder's mean of the true range."
    formula = "long = highest(high, window) - factor * atr(window)\nshort = lowest(low, window) + factor * atr(window)"
    outputs = ("long", "short")
    styles = {}
    sparse = ()
    scale = "price"
    stock = (Peer("chexit", outputs=("chandelierExit", "")),)

    @property
    def lookback(self) -> int:
        return self.window


_PARABOLIC = "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; "


class _Parabolic(_Stop):
    inputs = ("high", "low")
    outputs = ("value",)
    styles = {"value": "dots"}
    sparse = ()
    scale = "price"

    @property
    def warmup(self) -> int:
        return 1


@indicators.register("sar")
class ParabolicSar(_Parabolic):
    """A stop that nears the best price of a trend by a factor, which grows by ``step`` with each new best price."""

    nan = "stays"
    step = param.Number(0.02, bounds=(0.0, 10.0), doc="First factor, and what it grows by.")
    most = param.Number(0.2, bounds=(0.0, 10.0), doc="Greatest factor.")
    title = "Parabolic SAR"
    source = _PARABOLIC + "it begins short if the second bar moves down by more than up."
    formula = (
        "while rising: value = min(value[1] + f * (best - value[1]), low[1], low[2]), best = highest high of the "
        "trend\n"
        "while falling: value = max(value[1] + f * (best - value[1]), high[1], high[2]), best = lowest low of the "
        "trend\n"
        "f = step at first, step more with each new best, most at the most\n"
        "it turns where low <= value (rising) or high >= value (falling):\n"
        "value = the best with this bar, best = low or high of this bar, f = step"
    )
    talib = (Peer("SAR"), Peer("SAR", {"step": 0.05, "most": 0.12}, {"acceleration": 0.05, "maximum": 0.12}))

    def state_size(self) -> int:
        return 5

    def constants(self) -> tuple[float, ...]:
        three = (min(self.step, self.most), min(self.step, self.most), self.most)
        return 0.0, 0.0, *three, *three


@indicators.register("sarext")
class ParabolicSarExtended(_Parabolic):
    """The parabolic stop with factors of its own for long and short; its values while short are negative."""

    nan = "stays"
    first_stop = param.Number(
        0.0, bounds=(-1e12, 1e12), doc="First stop, of a long position, or negative of a short one; 0 finds them."
    )
    offset = param.Number(0.0, bounds=(0.0, 10.0), doc="What part of the stop it is moved away by when it turns.")
    long_first = param.Number(0.02, bounds=(0.0, 10.0), doc="First factor while long.")
    long_step = param.Number(0.02, bounds=(0.0, 10.0), doc="What the factor grows by while long.")
    long_most = param.Number(0.2, bounds=(0.0, 10.0), doc="Greatest factor while long.")
    short_first = param.Number(0.02, bounds=(0.0, 10.0), doc="First factor while short.")
    short_step = param.Number(0.02, bounds=(0.0, 10.0), doc="What the factor grows by while short.")
    short_most = param.Number(0.2, bounds=(0.0, 10.0), doc="Greatest factor while short.")
    title = "Parabolic SAR, extended"
    source = _PARABOLIC + "it begins short if the second bar moves down by more than up."
    formula = (
        "while rising: value = min(value[1] + f * (best - value[1]), low[1], low[2]), best = highest high of the "
        "trend\n"
        "while falling: value = max(value[1] + f * (best - value[1]), high[1], high[2]), best = lowest low of the "
        "trend\n"
        "f = long_first at first, long_step more with each new best, long_most at the most; falling short_first, "
        "short_step, short_most\n"
        "it turns where low <= value (rising) or high >= value (falling):\n"
        "value = the best with this bar, moved beyond by offset of it; best = low or high of this bar\n"
        "it begins with first_stop if that is not 0; what is given while falling is -value"
    )
    talib = (
        Peer("SAREXT"),
        Peer(
            "SAREXT",
            {"first_stop": -120.0, "offset": 0.001, "long_first": 0.03, "short_step": 0.03, "short_most": 0.1},
            {
                "startvalue": -120.0, "offsetonreverse": 0.001, "accelerationinitlong": 0.03,
                "accelerationshort": 0.03, "accelerationmaxshort": 0.1,
            },
        ),
    )  # fmt: skip

    def state_size(self) -> int:
        return 5

    def constants(self) -> tuple[float, ...]:
        long, short = self.long_most, self.short_most
        return (
            self.first_stop, self.offset, min(self.long_first, long), min(self.long_step, long), long,
            min(self.short_first, short), min(self.short_step, short), short,
        )  # fmt: skip


@indicators.register("psar")
class ParabolicStop(_Parabolic):
    """The parabolic stop, and whether it turns (1 or 0); the stop of a bar is kept beyond the two bars before it.

    Both are NaN up to the first turn, since which way it began is a guess.
    """

    step = param.Number(0.02, bounds=(0.0, 10.0), doc="What the factor grows by.")
    most = param.Number(0.2, bounds=(0.0, 10.0), doc="Greatest factor.")
    first = param.Number(0.02, bounds=(0.0, 10.0), doc="First factor.")
    title = "Parabolic stop and reverse"
    source = _PARABOLIC + "it begins long; a bar that only touches the stop does not turn it."
    formula = (
        "while rising: stop = min(stop[1] + f * (best - stop[1]), low[1], low[2]), best = highest high of the "
        "trend\n"
        "while falling: stop = max(stop[1] + f * (best - stop[1]), high[1], high[2]), best = lowest low of the "
        "trend\n"
        "f = first at first, step more with each new best, most at the most\n"
        "turn = 1 where low < stop (rising) or high > stop (falling), else 0\n"
        "there stop = the best before this bar, best = low or high of this bar, f = first"
    )
    outputs = ("stop", "turn")
    styles = {"stop": "dots"}
    sparse = ("stop", "turn")
    scale = "other"
    stock = (Peer("psar", outputs=("sar", "isReversal")),)

    def constants(self) -> tuple[float, ...]:
        return self.first, self.step, self.most

    def state_size(self) -> int:
        return 5

    @property
    def lookback(self) -> int:
        return 2
