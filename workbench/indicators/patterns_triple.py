"""Candle patterns of three candles."""

from __future__ import annotations

from workbench.indicators.base import Peer, indicators
from workbench.indicators.patterns import BULKOWSKI, Pattern, PenetrationPattern
from workbench.kernels.indicators import patterns_triple as kernel


class _Triple(Pattern):
    loops = kernel
    before = 12


@indicators.register("cdl_2crows")
class TwoCrows(_Triple):
    """Long white, black above it, then black from that body into the first. Said to turn a rise (-100)."""

    title = "Two crows"
    source = BULKOWSKI
    talib = (Peer("CDL2CROWS"),)


@indicators.register("cdl_3blackcrows")
class ThreeBlackCrows(_Triple):
    """Three black bodies after a white one, each from inside the last, closing at its low. Said to go down (-100)."""

    title = "Three black crows"
    before = 13
    talib = (Peer("CDL3BLACKCROWS"),)


@indicators.register("cdl_3inside")
class ThreeInside(_Triple):
    """A harami, then a close beyond its first body: the turn is confirmed. 100 up, -100 down."""

    title = "Three inside up or down"
    source = BULKOWSKI
    talib = (Peer("CDL3INSIDE"),)


@indicators.register("cdl_3outside")
class ThreeOutside(_Triple):
    """An engulfing body, then a close beyond it: the turn is confirmed. 100 up, -100 down."""

    title = "Three outside up or down"
    source = BULKOWSKI
    before = 3
    talib = (Peer("CDL3OUTSIDE"),)


@indicators.register("cdl_3starsinsouth")
class ThreeStarsInTheSouth(_Triple):
    """Three black bodies, each shorter and with a higher low: sellers tire. Said to turn a fall (100)."""

    title = "Three stars in the south"
    source = BULKOWSKI
    talib = (Peer("CDL3STARSINSOUTH"),)


@indicators.register("cdl_3whitesoldiers")
class ThreeWhiteSoldiers(_Triple):
    """Three white bodies, each from inside the last, closing at their highs. Said to go up (100)."""

    title = "Three advancing white soldiers"
    talib = (Peer("CDL3WHITESOLDIERS"),)


@indicators.register("cdl_abandonedbaby")
class AbandonedBaby(_Triple, PenetrationPattern):
    """A doji beyond gaps on both sides, between two bodies of two colours. Said to turn a move: 100 up, -100 down."""

    title = "Abandoned baby"
    talib = (Peer("CDLABANDONEDBABY"),)


@indicators.register("cdl_advanceblock")
class AdvanceBlock(_Triple):
    """Three white bodies up that grow weaker: shorter, or with longer upper shadows. Said to end a rise (-100)."""

    title = "Advance block"
    talib = (Peer("CDLADVANCEBLOCK"),)


@indicators.register("cdl_eveningstar")
class EveningStar(_Triple, PenetrationPattern):
    """Long white, a short body beyond a gap, then black deep into the first. Said to turn a rise (-100)."""

    title = "Evening star"
    talib = (Peer("CDLEVENINGSTAR"),)


@indicators.register("cdl_morningstar")
class MorningStar(_Triple, PenetrationPattern):
    """Long black, a short body beyond a gap, then white deep into the first. Said to turn a fall (100)."""

    title = "Morning star"
    talib = (Peer("CDLMORNINGSTAR"),)


@indicators.register("cdl_eveningdojistar")
class EveningDojiStar(_Triple, PenetrationPattern):
    """An evening star whose middle is a doji. Said to turn a rise (-100)."""

    title = "Evening doji star"
    talib = (Peer("CDLEVENINGDOJISTAR"),)


@indicators.register("cdl_morningdojistar")
class MorningDojiStar(_Triple, PenetrationPattern):
    """A morning star whose middle is a doji. Said to turn a fall (100)."""

    title = "Morning doji star"
    talib = (Peer("CDLMORNINGDOJISTAR"),)


@indicators.register("cdl_gapsidesidewhite")
class GapSideBySideWhite(_Triple):
    """Two white bodies alike beyond a gap. Said to go on the gap's way: 100 up, -100 down."""

    title = "Side-by-side white lines after a gap"
    before = 7
    talib = (Peer("CDLGAPSIDESIDEWHITE"),)


@indicators.register("cdl_identical3crows")
class IdenticalThreeCrows(_Triple):
    """Three black bodies down, each from the close of the last, closing at their lows. Said to go on down (-100)."""

    title = "Identical three crows"
    source = BULKOWSKI
    talib = (Peer("CDLIDENTICAL3CROWS"),)


@indicators.register("cdl_stalledpattern")
class StalledPattern(_Triple):
    """Two long white bodies, then a short one at the end of the second: the rise loses force. Said to end it (-100)."""

    title = "Stalled pattern"
    talib = (Peer("CDLSTALLEDPATTERN"),)


@indicators.register("cdl_sticksandwich")
class StickSandwich(_Triple):
    """Two black bodies with the same close and a white one above between them: a floor. Said to turn a fall (100)."""

    title = "Stick sandwich"
    source = BULKOWSKI
    before = 7
    talib = (Peer("CDLSTICKSANDWICH"),)


@indicators.register("cdl_tasukigap")
class TasukiGap(_Triple):
    """A gap, then a body back into it that does not close it. Said to go on the gap's way: 100 up, -100 down."""

    title = "Tasuki gap"
    before = 7
    talib = (Peer("CDLTASUKIGAP"),)


@indicators.register("cdl_tristar")
class Tristar(_Triple):
    """Three doji, the middle one beyond the others. Said to turn a move: 100 up, -100 down."""

    title = "Tristar"
    talib = (Peer("CDLTRISTAR"),)


@indicators.register("cdl_unique3river")
class UniqueThreeRiver(_Triple):
    """Long black, a black body inside it with a lower low, then a short white one. Said to turn a fall (100)."""

    title = "Unique three river bottom"
    talib = (Peer("CDLUNIQUE3RIVER"),)


@indicators.register("cdl_upsidegap2crows")
class UpsideGapTwoCrows(_Triple):
    """Long white, then two black bodies above a gap, the second around the first. Said to turn a rise (-100)."""

    title = "Upside gap two crows"
    talib = (Peer("CDLUPSIDEGAP2CROWS"),)


@indicators.register("cdl_xsidegap3methods")
class GapThreeMethods(_Triple):
    """Two bodies of a colour with a gap, then one that closes it. Said to go on the gap's way: 100 up, -100 down."""

    title = "Upside and downside gap three methods"
    source = BULKOWSKI
    before = 2
    talib = (Peer("CDLXSIDEGAP3METHODS"),)
