"""Levels about the range of the period before, and turning points with the lines between them."""

from __future__ import annotations

from collections.abc import Callable

import param

from workbench.indicators.base import Indicator, Peer, SessionIndicator, indicators
from workbench.kernels.indicators import pivots as kernel

_KINDS = {
    "classic": kernel.CLASSIC,
    "fibonacci": kernel.FIBONACCI,
    "camarilla": kernel.CAMARILLA,
    "woodie": kernel.WOODIE,
    "demark": kernel.DEMARK,
}
_LEVELS = ("pp", "r1", "r2", "r3", "r4", "s1", "s2", "s3", "s4")
#: The reference results have no fourth level of the classic kind.
_THEIRS = ("pp", "r1", "r2", "r3", "", "s1", "s2", "s3", "")
_SOURCE = (
    "Classic: floor traders, with the levels of John Person, 2004; Fibonacci: parts 0.382, 0.618 and 1 of the range; "
    "Camarilla: Nick Scott, 1989, about the close, with the classic pivot; Woodie: Ken Wood, the open after the period "
    "counts twice; DeMark: Tom DeMark, The New Science of Technical Analysis, 1994."
)
_FORMULA = (
    "classic, of the period before: pp = (high + low + close) / 3\n"
    "r1 = 2 * pp - low, r2 = pp + (high - low), r3 = high + 2 * (pp - low), r4 = high + 3 * (pp - low)\n"
    "s1 = 2 * pp - high, s2 = pp - (high - low), s3 = low - 2 * (high - pp), s4 = low - 3 * (high - pp)\n"
    "fibonacci: r = pp + k * (high - low), s = pp - k * (high - low), k = 0.382, 0.618, 1\n"
    "camarilla: r = close + 1.1 * (high - low) / k, s = close - 1.1 * (high - low) / k, k = 12, 6, 4, 2\n"
    "woodie: as classic, pp = (high + low + 2 * open of this period) / 4, r4 = r3 + high - low, s4 = s3 - high + low\n"
    "demark: as classic, pp = (high + low + close + x) / 4, x = low if close < open, high if close > open, else close"
)


class _Levels(Indicator):
    outputs = _LEVELS
    overlay = True
    styles = dict.fromkeys(_LEVELS, "step")
    source = _SOURCE
    formula = _FORMULA
    kind = param.Selector(default="classic", objects=list(_KINDS), doc="Rule that makes levels of the range.")


@indicators.register("pivot_points")
class PivotPoints(_Levels, SessionIndicator):
    """A pivot, and levels above (r1 to r4) and below (s1 to s4), from the day, week or month of sessions before.

    They hold for a whole period, from its first bar on; there are none in the first period. Fibonacci has no fourth
    levels, DeMark the first ones only: the others are NaN.
    """

    title = "Pivot points"
    inputs = ("open", "high", "low", "close", "session")
    sparse = _LEVELS
    period = param.Selector(
        default="day", objects=["day", "week", "month"], doc="Sessions that are taken together, by their dates."
    )
    stock = (Peer("pivot-points", {"period": "month"}, outputs=_THEIRS),)

    @property
    def reads(self) -> tuple[str, ...]:
        spans = "" if self.period == "day" else f"{self.period}:"
        return *self.inputs[:-1], f"session:{spans}{self.session}"

    def kernel(self) -> Callable[..., None]:
        return kernel.pivot_points

    def constants(self) -> tuple[float, ...]:
        return (_KINDS[self.kind],)

    def state_size(self) -> int:
        return 6 + kernel.LEVELS

    @property
    def warmup(self) -> int:
        return 1


@indicators.register("rolling_pivots")
class RollingPivots(_Levels):
    """A pivot, and levels above (r1 to r4) and below (s1 to s4), from a window of bars that moves along.

    The window ends ``offset`` bars before the bar before. Fibonacci has no fourth levels, DeMark the first ones only:
    the others are NaN.
    """

    title = "Rolling pivot points"
    inputs = ("open", "high", "low", "close")
    sparse = ("r2", "r3", "r4", "s2", "s3", "s4")
    window = param.Integer(20, bounds=(1, 100_000), doc="Bars that levels are made of.")
    offset = param.Integer(0, bounds=(0, 100_000), doc="Bars that are left out between the window and the bar.")
    stock = (Peer("rolling-pivots", outputs=_THEIRS),)

    def kernel(self) -> Callable[..., None]:
        return kernel.rolling_pivots

    def constants(self) -> tuple[float, ...]:
        return _KINDS[self.kind], self.window, self.offset

    def state_size(self) -> int:
        return 6 + kernel.LEVELS

    @property
    def lookback(self) -> int:
        return self.window + self.offset

    @property
    def warmup(self) -> int:
        return self.window + self.offset


@indicators.register("pivots")
class Pivots(Indicator):
    """Highs and lows that stand out among their neighbours, and lines from each to the next one.

    A point is drawn on its own bar, which only bars after it make a point of, and a line on bars before the point that
    ends it: nothing to trade by. ``high_trend`` and ``low_trend`` are 1 on a rising line and -1 on a falling one; no
    line joins equal points, or such that are more than ``most`` bars apart.
    """

    title = "Pivots"
    source = "Bill Williams' fractals (Trading Chaos, 1995) of any width, joined by lines; equal bars make no point."
    formula = (
        "high = high if it is above each of the left highs before it and the right highs after it\n"
        "low = low if it is below each of the left lows before it and the right lows after it\n"
        "high_line, low_line = line from the point before, if at most most bars apart\n"
        "high_trend, low_trend = sign of the slope of that line"
    )
    inputs = ("high", "low")
    outputs = ("high", "low", "high_line", "low_line", "high_trend", "low_trend")
    styles = {"high": "dots", "low": "dots", "high_trend": "none", "low_trend": "none"}
    sparse = outputs
    scale = "other"
    overlay = True
    causal = False
    left = param.Integer(2, bounds=(1, 1000), doc="Bars before a point that it stands out from.")
    right = param.Integer(2, bounds=(1, 1000), doc="Bars after a point that it stands out from.")
    most = param.Integer(20, bounds=(1, 100_000), doc="Bars between two points that are joined, at most.")
    stock = (Peer("pivots", outputs=("highPoint", "lowPoint", "highLine", "lowLine", "", ""),
                  note="Their trends are names of four cases; ours are 1 and -1."),)  # fmt: skip

    def kernel(self) -> Callable[..., None]:
        return kernel.pivots

    def constants(self) -> tuple[float, ...]:
        return self.left, self.right, self.most

    @property
    def warmup(self) -> int:
        return self.left
