"""Candles and their kin: a body from the open to the close on a line from the low to the high."""

from __future__ import annotations

from typing import Any

from bokeh.models import LinearColorMapper, Segment, VBar

from workbench.charts.theme import Tokens
from workbench.charts.types.base import BODY, ChartType, chart_types

#: Share of the volume, in percent, from which on a delta has its full colour; and shades from down to up.
FULL_DELTA, SHADES = 40, 17
_CANDLE = "M5 2v2.5M5 11.5v2.5M3 4.5h4v7h-4zM11.5 1.5v3M11.5 9.5v3"


@chart_types.register("candles")
class Candles(ChartType):
    """Open, high, low and close of each bar. Bricks are the same bodies without wicks."""

    title, about, rank = "Candles", "A body from open to close, wicks to the low and the high", 0
    icon = f"{_CANDLE}M9.5 4.5h4v5h-4z"

    def draw(self) -> None:
        """Wicks, bodies, and closes for bodies of no height. Seen or not they reach from the low to the high."""
        self.stems = self.wicks(self.by_direction)
        self.bodies = self.add(
            VBar(x="x", width=BODY, top="close", bottom="open", fill_color=self.by_direction, line_color=None)
        )
        self.closes = self.across("close", self.by_direction)


@chart_types.register("hollow")
class HollowCandles(ChartType):
    """Hollow where a bar closed above its open; coloured by the close before it."""

    title, about, rank = "Hollow candles", "Hollow when it closed above its open; colour by the close before", 1
    icon = "M5 2v2.5M5 11.5v2.5M3 4.5h4v7h-4zM11.5 1.5v3M11.5 9.5v3M9.5 4.5h4v5h-4z"

    def draw(self) -> None:
        """Outlines over bodies; those of rising bars have the colour of the panel, so that no wick shines through."""
        self._fills = LinearColorMapper(low=0, high=2, palette=["#000000"] * 3)
        self.wicks(self.by_change)
        fill: dict[str, Any] = {"expr": self.computed("hollow(bars)"), "transform": self._fills}
        self.add(VBar(x="x", width=BODY, top="close", bottom="open", fill_color=fill, line_color=None))
        self.frames(self.by_change)

    def theme(self, t: Tokens) -> None:
        """Take over the colours of a theme."""
        super().theme(t)
        self._fills.palette = [t.down, t.up, t.panel]


@chart_types.register("volume_candles")
class VolumeCandles(ChartType):
    """Equivolume: the wider a candle, the more was traded. The widest twentieth of the bars shares one width."""

    title, about, rank = "Volume candles", "Equivolume: the wider a candle, the more was traded", 2
    icon = "M4 2v2.5M4 11.5v2.5M3 4.5h2v7h-2zM11 1.5v3M11 9.5v3M7.5 4.5h7v5h-7z"

    def draw(self) -> None:
        """Candles with a width of their own each."""
        self.wicks(self.by_direction)
        self.add(
            VBar(
                x="x",
                width={"expr": self.computed("widths(bars)")},
                top="close",
                bottom="open",
                fill_color=self.by_direction,
                line_color=None,
            )
        )
        left, right = ({"expr": self.computed(f"edges(bars, {side})")} for side in (-1, 1))
        self.add(Segment(x0=left, x1=right, y0="close", y1="close", line_color=self.by_direction, line_width=1))


@chart_types.register("delta_candles")
class DeltaCandles(ChartType):
    """Filled by volume delta: aggressive buys minus aggressive sells, as a share of both."""

    title, rank = "Delta candles", 3
    about = "Outline by direction, fill by aggressive buys minus sells; empty where the tape does not say who hit"
    icon = "M5 2v2.5M5 11.5v2.5M3 4.5h4v7h-4zM3 9h4M11.5 1.5v3M11.5 9.5v3M9.5 4.5h4v5h-4zM9.5 6h4"

    def draw(self) -> None:
        """Fills under outlines, from the colour of down over that of the panel to the colour of up."""
        self._deltas = LinearColorMapper(low=-FULL_DELTA, high=FULL_DELTA, palette=["#000000"] * SHADES)
        self.wicks(self.by_direction)
        fill = {"field": "delta", "transform": self._deltas}
        self.add(VBar(x="x", width=BODY, top="close", bottom="open", fill_color=fill, line_color=None))
        self.frames(self.by_direction)

    def theme(self, t: Tokens) -> None:
        """Take over the colours of a theme."""
        super().theme(t)
        middle = SHADES // 2
        shares = [(i - middle) / middle for i in range(SHADES)]
        self._deltas.palette = [_mix(t.panel, t.up if share > 0 else t.down, abs(share)) for share in shares]


def _mix(one: str, other: str, share: float) -> str:
    """A colour between two, ``#rrggbb``."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
