"""What was traded since a moment: its mean price, and the prices that most of it was traded at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import param

from workbench.indicators.base import Indicator, SessionIndicator, indicators
from workbench.kernels.indicators import profile as kernel


class Moment(param.String):
    """A time as ISO text (UTC where it names no zone), or one of the words that ``words`` lists."""

    __slots__ = ["words"]

    def __init__(self, default: str, *, words: tuple[str, ...], **settings: Any) -> None:
        self.words = words
        super().__init__(default, **settings)

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        super()._validate_value(val, allow_None)
        if val not in self.words:
            try:
                moment(val)
            except ValueError:
                words = " or ".join(map(repr, self.words))
                raise ValueError(
                    f"{self.name} must be {words}, or a time such as '2026-01-05T14:30', not {val!r}"
                ) from None


def moment(text: str) -> float:
    """Nanoseconds UTC of an ISO time; ``ValueError`` where it is none."""
    at = pd.Timestamp(text)
    if at is pd.NaT:
        raise ValueError(f"{text!r} is no time")
    return float((at.tz_localize("UTC") if at.tzinfo is None else at).value)


@indicators.register("vwap_anchored")
class VwapAnchored(Indicator):
    """Mean price of what was traded since a moment, and bands of its volume-weighted standard deviation.

    It is NaN before the moment. ``vwap`` is the one that begins anew with each session.
    """

    title = "Anchored volume-weighted average price"
    source = "Brian Shannon, Maximum Trading Gains with Anchored VWAP, 2022; from typical prices."
    formula = (
        "vwap = sum(price * volume) / sum(volume) since anchor\n"
        "upper = vwap + deviations * sqrt(sum(volume * (price - vwap)^2) / sum(volume))\n"
        "lower = vwap - deviations * sqrt(sum(volume * (price - vwap)^2) / sum(volume))"
    )
    inputs = ("price", "volume", "time")
    outputs = ("vwap", "upper", "lower")
    sparse = outputs
    overlay = True
    price = param.String("hlc3", doc="Column that is read, or one of hl2, hlc3, ohlc4, hlcc4, oc2.")
    anchor = Moment("first", words=("first",), doc="Time from which it counts, ISO; or first: from the first bar.")
    deviations = param.Number(2.0, bounds=(0, 100), doc="Standard deviations from the mean to the bands.")

    def kernel(self) -> Callable[..., None]:
        return kernel.vwap_anchored

    def constants(self) -> tuple[float, ...]:
        return -math.inf if self.anchor == "first" else moment(self.anchor), 0.0, self.deviations

    def state_size(self) -> int:
        return kernel.VWAP_STATE + 1


@indicators.register("profile_levels")
class ProfileLevels(SessionIndicator):
    """The price that most was traded at so far, and the ends of the area about it that holds most of the volume.

    ``poc`` is the point of control, ``vah`` and ``val`` are the high and the low of the value area. They develop bar by
    bar, and are NaN before the anchor. Levels are whole multiples of ``step``. A bar's volume is spread evenly over the
    levels from its low to its high: exact levels need trades. A profile of more than 2048 levels goes on with a step
    that is doubled.
    """

    title = "Volume profile levels"
    source = (
        "J. Peter Steidlmayer, Market Profile (Chicago Board of Trade), 1984: the value area grows from the point of "
        "control by the two next levels that have more volume, above if equal. Of equal points of control it is the "
        "one nearest to the middle of the range, the lower of two."
    )
    formula = (
        "poc = the level of the most volume since anchor\n"
        "vah, val = highest and lowest of the levels about poc, without a gap, that hold value_area of the volume"
    )
    inputs = ("high", "low", "volume", "session")
    outputs = ("poc", "vah", "val")
    styles = {"poc": "step", "vah": "step", "val": "step"}
    sparse = outputs
    overlay = True
    anchor = Moment(
        "session",
        words=("session", "first"),
        doc="session: begins anew with each; first: counts from the first bar; or an ISO time from which it counts.",
    )
    step = param.Number(0.0, bounds=(0.0, None), doc="Distance of the levels; 0: a thousandth of the first price.")
    value_area = param.Number(0.7, bounds=(0.0, 1.0), doc="Part of the volume that the value area holds.")

    @property
    def reads(self) -> tuple[str, ...]:
        return super().reads if self.anchor == "session" else (*self.inputs[:-1], "time")

    def kernel(self) -> Callable[..., None]:
        return kernel.profile_levels

    def constants(self) -> tuple[float, ...]:
        begin = -math.inf if self.anchor in ("session", "first") else moment(self.anchor)
        return float(self.anchor == "session"), begin, self.step, self.value_area

    def state_size(self) -> int:
        return kernel.HEAD + kernel.ROOM
