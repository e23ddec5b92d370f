"""Candle patterns of two candles."""

from __future__ import annotations

import param

from workbench.indicators.base import Peer, indicators
from workbench.indicators.patterns import BULKOWSKI, Pattern, PenetrationPattern
from workbench.kernels.indicators import patterns_double as kernel


class _Double(Pattern):
    loops = kernel
    before = 11


@indicators.register("cdl_engulfing")
class Engulfing(_Double):
    """A body that covers the one before it, of the other colour (80 where they share an end). Said to turn a move."""

    title = "Engulfing pattern"
    before = 2
    talib = (Peer("CDLENGULFING"),)


@indicators.register("cdl_harami")
class Harami(_Double):
    """A short body inside the long one before it (80 where they share an end): the move halts. Said to turn it."""

    title = "Harami"
    talib = (Peer("CDLHARAMI"),)


@indicators.register("cdl_haramicross")
class HaramiCross(_Double):
    """A doji inside the long body before it (80 where they share an end). A harami that is said to count for more."""

    title = "Harami cross"
    talib = (Peer("CDLHARAMICROSS"),)


@indicators.register("cdl_piercing")
class Piercing(_Double):
    """Long black, then long white from below its low to above the middle of its body. Said to turn a fall (100)."""

    title = "Piercing pattern"
    talib = (Peer("CDLPIERCING"),)


@indicators.register("cdl_darkcloudcover")
class DarkCloudCover(_Double, PenetrationPattern):
    """Long white, then black from above its high deep into its body. Said to turn a rise (-100)."""

    title = "Dark cloud cover"
    penetration = param.Number(0.5)
    talib = (Peer("CDLDARKCLOUDCOVER"),)


@indicators.register("cdl_counterattack")
class Counterattack(_Double):
    """Two long bodies of two colours with the same close: the second side won all back. Said to turn a move."""

    title = "Counterattack"
    talib = (Peer("CDLCOUNTERATTACK"),)


@indicators.register("cdl_separatinglines")
class SeparatingLines(_Double):
    """A body of one colour, then a belt hold of the other from the same open. Said to go on with the second's way."""

    title = "Separating lines"
    talib = (Peer("CDLSEPARATINGLINES"),)


@indicators.register("cdl_homingpigeon")
class HomingPigeon(_Double):
    """A short black body inside a long black one: sellers tire. Said to turn a fall (100)."""

    title = "Homing pigeon"
    source = BULKOWSKI
    talib = (Peer("CDLHOMINGPIGEON"),)


@indicators.register("cdl_inneck")
class InNeck(_Double):
    """Long black, then white from below its low to its close or just above. Said to go on down (-100)."""

    title = "In-neck pattern"
    talib = (Peer("CDLINNECK"),)


@indicators.register("cdl_onneck")
class OnNeck(_Double):
    """Long black, then white from below its low back to it: a weak answer. Said to go on down (-100)."""

    title = "On-neck pattern"
    talib = (Peer("CDLONNECK"),)


@indicators.register("cdl_thrusting")
class Thrusting(_Double):
    """Long black, then white from below its low into its body, not past the middle. Said to go on down (-100)."""

    title = "Thrusting pattern"
    talib = (Peer("CDLTHRUSTING"),)


@indicators.register("cdl_kicking")
class Kicking(_Double):
    """A marubozu, then one of the other colour beyond a gap. Said to go on with the second's way."""

    title = "Kicking"
    source = BULKOWSKI
    talib = (Peer("CDLKICKING"),)


@indicators.register("cdl_kickingbylength")
class KickingByLength(_Double):
    """A marubozu, then one of the other colour beyond a gap. Said to go on with the way of the longer one."""

    title = "Kicking by the longer marubozu"
    source = BULKOWSKI
    talib = (Peer("CDLKICKINGBYLENGTH"),)


@indicators.register("cdl_matchinglow")
class MatchingLow(_Double):
    """Two black bodies with the same close: a floor. Said to turn a fall (100)."""

    title = "Matching low"
    source = BULKOWSKI
    before = 6
    talib = (Peer("CDLMATCHINGLOW"),)


@indicators.register("cdl_dojistar")
class DojiStar(_Double):
    """A long body, then a doji beyond a gap in its way: the move halts. Said to turn it."""

    title = "Doji star"
    talib = (Peer("CDLDOJISTAR"),)
