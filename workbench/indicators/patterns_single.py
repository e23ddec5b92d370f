"""Candle patterns of one candle, and of one beside the body before it."""

from __future__ import annotations

import param

from workbench.indicators.base import Peer, indicators
from workbench.indicators.patterns import BULKOWSKI, Pattern
from workbench.kernels.indicators import patterns_single as kernel


class _Single(Pattern):
    loops = kernel
    before = 10


@indicators.register("cdl_doji")
class CandleDoji(_Single):
    """A body of at most a tenth of the usual range: buyers and sellers are even. No direction (100)."""

    title = "Doji"
    block = 128_000  # so little is done for a bar that the calls count
    talib = (Peer("CDLDOJI"),)


@indicators.register("cdl_dragonflydoji")
class DragonflyDoji(_Single):
    """A doji with a lower shadow and no upper one: sellers were beaten back. Said to turn a fall (100)."""

    title = "Dragonfly doji"
    talib = (Peer("CDLDRAGONFLYDOJI"),)


@indicators.register("cdl_gravestonedoji")
class GravestoneDoji(_Single):
    """A doji with an upper shadow and no lower one: buyers were beaten back. Marked with 100; said to turn a rise."""

    title = "Gravestone doji"
    talib = (Peer("CDLGRAVESTONEDOJI"),)


@indicators.register("cdl_longleggeddoji")
class LongLeggedDoji(_Single):
    """A doji with a shadow longer than its body: prices went far and came back, nobody decided. No direction (100)."""

    title = "Long-legged doji"
    talib = (Peer("CDLLONGLEGGEDDOJI"),)


@indicators.register("cdl_rickshawman")
class RickshawMan(_Single):
    """A doji in the middle of its range, with shadows on both sides: nobody decided. No direction (100)."""

    title = "Rickshaw man"
    talib = (Peer("CDLRICKSHAWMAN"),)


@indicators.register("cdl_takuri")
class Takuri(_Single):
    """A dragonfly doji whose lower shadow is more than two bodies long. Said to turn a fall (100)."""

    title = "Takuri"
    source = BULKOWSKI
    talib = (Peer("CDLTAKURI"),)


@indicators.register("cdl_longline")
class LongLine(_Single):
    """A body longer than usual with short shadows: one side ruled the bar. 100 white, -100 black."""

    title = "Long line candle"
    talib = (Peer("CDLLONGLINE"),)


@indicators.register("cdl_shortline")
class ShortLine(_Single):
    """A body shorter than usual with short shadows: little went on. 100 white, -100 black."""

    title = "Short line candle"
    talib = (Peer("CDLSHORTLINE"),)


@indicators.register("cdl_marubozu")
class CandleMarubozu(_Single):
    """A long body with next to no shadows: one side ruled from open to close. 100 white, -100 black."""

    title = "Marubozu"
    talib = (Peer("CDLMARUBOZU"),)


@indicators.register("cdl_closingmarubozu")
class ClosingMarubozu(_Single):
    """A long body that closes at its extreme: one side ruled to the end. 100 white, -100 black."""

    title = "Closing marubozu"
    talib = (Peer("CDLCLOSINGMARUBOZU"),)


@indicators.register("cdl_belthold")
class BeltHold(_Single):
    """A long body that opens at its extreme: one side ruled from the start. 100 white, -100 black."""

    title = "Belt hold"
    talib = (Peer("CDLBELTHOLD"),)


@indicators.register("cdl_spinningtop")
class SpinningTop(_Single):
    """A short body between two shadows longer than it: nobody decided. 100 white, -100 black."""

    title = "Spinning top"
    talib = (Peer("CDLSPINNINGTOP"),)


@indicators.register("cdl_highwave")
class HighWave(_Single):
    """A short body between two very long shadows: the market has lost its way. 100 white, -100 black."""

    title = "High wave candle"
    talib = (Peer("CDLHIGHWAVE"),)


@indicators.register("cdl_hammer")
class Hammer(_Single):
    """A short body on a long lower shadow, near the low before it or below. Said to turn a fall (100)."""

    title = "Hammer"
    before = 11
    talib = (Peer("CDLHAMMER"),)


@indicators.register("cdl_hangingman")
class HangingMan(_Single):
    """A hammer near the high before it or above: selling has begun. Said to turn a rise (-100)."""

    title = "Hanging man"
    before = 11
    talib = (Peer("CDLHANGINGMAN"),)


@indicators.register("cdl_invertedhammer")
class InvertedHammer(_Single):
    """A short body under a long upper shadow, below the body before it. Said to turn a fall (100)."""

    title = "Inverted hammer"
    before = 11
    talib = (Peer("CDLINVERTEDHAMMER"),)


@indicators.register("cdl_shootingstar")
class ShootingStar(_Single):
    """A short body under a long upper shadow, above the body before it. Said to turn a rise (-100)."""

    title = "Shooting star"
    before = 11
    talib = (Peer("CDLSHOOTINGSTAR"),)


@indicators.register("doji")
class Doji(_Single):
    """1 where the close is within ``percent`` of the open, else 0; depends on no other bar."""

    title = "Doji by percent"
    source = "Close and open no further apart than a percentage of the open, as in Stock.Indicators."
    formula = "1 if abs(close / open - 1) <= percent / 100 else 0"
    before = 0
    nan = "asked"
    percent = param.Number(0.1, bounds=(0, 100), doc="Greatest change from open to close, in percent of the open.")
    stock = (Peer("doji", outputs=("match",)),)

    def constants(self) -> tuple[float, ...]:
        return (self.percent / 100,)

    def state_size(self) -> int:
        return 0


@indicators.register("marubozu")
class Marubozu(_Single):
    """100 (white) or -100 (black) where the body is at least ``percent`` of the range; depends on no other bar."""

    title = "Marubozu by percent"
    source = "Body no less than a percentage of the range from low to high, as in Stock.Indicators."
    formula = (
        "100 if close >= open, -100 if close < open, where abs(close - open) >= percent / 100 * (high - low)\nelse 0"
    )
    before = 0
    nan = "asked"
    percent = param.Number(95.0, bounds=(1, 100), doc="Least body, in percent of the range.")
    stock = (Peer("marubozu", outputs=("match",)),)

    def constants(self) -> tuple[float, ...]:
        return (self.percent / 100,)

    def state_size(self) -> int:
        return 0
