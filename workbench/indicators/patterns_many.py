"""Candle patterns of four candles and more."""

from __future__ import annotations

import param

from workbench.indicators.base import Peer, indicators
from workbench.indicators.patterns import BULKOWSKI, Pattern, PenetrationPattern
from workbench.kernels.indicators import patterns_many as kernel

CHESLER = "D. L. Chesler, Active Trader, 2004; looked for, and confirmed within three bars, as in TA-Lib."


class _Many(Pattern):
    loops = kernel
    before = 14


@indicators.register("cdl_3linestrike")
class ThreeLineStrike(_Many):
    """Three bodies of a colour one way, then one that takes all of them back. Said to go on the way of the three."""

    title = "Three-line strike"
    source = BULKOWSKI
    before = 8
    talib = (Peer("CDL3LINESTRIKE"),)


@indicators.register("cdl_breakaway")
class Breakaway(_Many):
    """A long body, a gap, more the same way, then a body back into the gap. Said to turn a move: 100 up, -100 down."""

    title = "Breakaway"
    source = BULKOWSKI
    talib = (Peer("CDLBREAKAWAY"),)


@indicators.register("cdl_concealbabyswall")
class ConcealingBabySwallow(_Many):
    """Two black marubozu, a black body below them that reaches back, and one around it. Said to turn a fall (100)."""

    title = "Concealing baby swallow"
    source = BULKOWSKI
    before = 13
    talib = (Peer("CDLCONCEALBABYSWALL"),)


@indicators.register("cdl_hikkake")
class Hikkake(_Many):
    """An inside bar and a false break: 100 after one down, -100 after one up; 200 or -200 where a close confirms it."""

    title = "Hikkake pattern"
    source = CHESLER
    before = 5
    talib = (Peer("CDLHIKKAKE"),)


@indicators.register("cdl_hikkakemod")
class HikkakeModified(_Many):
    """A hikkake after two inside bars, the first closing at its end; 200 or -200 where a close confirms it."""

    title = "Modified hikkake pattern"
    source = CHESLER
    before = 10
    talib = (Peer("CDLHIKKAKEMOD"),)


@indicators.register("cdl_ladderbottom")
class LadderBottom(_Many):
    """Three black bodies down, a black one with an upper shadow, white above its high. Said to turn a fall (100)."""

    title = "Ladder bottom"
    source = BULKOWSKI
    talib = (Peer("CDLLADDERBOTTOM"),)


@indicators.register("cdl_mathold")
class MatHold(_Many, PenetrationPattern):
    """Long white, three short bodies that give back little, then white to a new high. Said to go on up (100)."""

    title = "Mat hold"
    source = BULKOWSKI
    penetration = param.Number(0.5)
    talib = (Peer("CDLMATHOLD"),)


@indicators.register("cdl_risefall3methods")
class RisingFallingThreeMethods(_Many):
    """A long body, three short ones back within its range, then a long one beyond it. Goes on: 100 up, -100 down."""

    title = "Rising and falling three methods"
    talib = (Peer("CDLRISEFALL3METHODS"),)
