"""A whole chart as a still picture: what its models hold, drawn without a browser.

The chart is built as the page builds it; panes, glyphs, colours and widths are those of its models. What the page draws
over them (legends, drawings, markers, tags) has a twin here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.models import Span

from workbench.charts.still_calendar import slots
from workbench.charts.still_columns import Unable
from workbench.charts.still_drawings import Anchors, Box, Ink, elements, measured, note, shape
from workbench.charts.still_glyphs import Brush, extent
from workbench.charts.still_markers import Stand, marker_elements
from workbench.charts.still_paper import GAP, PAD, ROW, Paper, Word, gap_of
from workbench.charts.still_scale import Scale, adaptive, study_labels
from workbench.charts.still_text import change, moment, pixels, price, time_labels, volume, worth
from workbench.charts.studies import TIME_PX, Drawn, drawn_outputs, study_colors, study_name
from workbench.charts.theme import tokens

if TYPE_CHECKING:
    from workbench.charts.candles import CandleChart
    from workbench.charts.export import Shown

#: Room for prices at the right and for times below, px.
RIGHT, FOOT = 70, 22
#: Share of the height that panes below the prices take at most, and the least height of one with something in it.
_BELOW, _LEAST = 0.6, 14
#: Widths of sessions (px) from which bands and starts are told apart, as ``js/sessions.js`` has them.
_BAND_PX, _START_PX, _BAND, _START = 10, 36, 0.07, 0.55


@dataclass
class _Frame:
    """One figure of the chart in the picture."""

    figure: Any
    scale: Scale
    top: float
    legend: list[str] = field(default_factory=list)
    folded: bool = False

    @property
    def bottom(self) -> float:
        return self.scale.bottom

    @property
    def drawn(self) -> bool:
        """Whether there is something to draw, and room for it."""
        return self.scale.known and not self.folded and self.scale.bottom - self.scale.top >= _LEAST


class Sheet(Paper):
    """A chart on paper.

    Parameters
    ----------
    chart
        With its bars, studies and all else in place.
    shown
        What it shows.
    size
        Of the picture, px.
    theme
        Whether it is dark, and the palette.
    font
        Families, without double quotes.
    """

    def __init__(
        self, chart: CandleChart, shown: Shown, *, size: tuple[int, int], theme: tuple[bool, str], font: str
    ) -> None:
        super().__init__(size, size[0] - RIGHT, tokens(*theme), font)
        self.chart, self.shown, self.theme = chart, shown, theme
        self.start, self.end = shown.edges
        self._slots = slots(shown.columns["shown"], shown.slot) if shown.slot else np.asarray
        self._from, until = (float(self._slots(edge)) for edge in shown.edges)
        self.step = self.plot / (until - self._from)
        self.frames = self._lay()

    @property
    def prices(self) -> _Frame:
        """The frame of the prices."""
        return self.frames[0]

    def x(self, places: np.ndarray | float) -> np.ndarray:
        """Pixels of places on the time axis."""
        return (self._slots(np.asarray(places, float)) - self._from) * self.step

    def drawn(self, title: str) -> str:
        """The whole picture."""
        for frame in self.frames:
            if frame.drawn:
                self._sessions(frame)
        for frame in self.frames:
            if frame.drawn:
                self._axis(frame)
        for frame in self.frames[1:]:
            self.rule(frame.top - GAP / 2, self.t.hairline)
        self._times()
        for frame in self.frames:
            if frame.drawn:
                self.inside(frame.scale.top - 4, frame.bottom + 2, self._glyphs(frame))
            elif not frame.folded and not frame.scale.known:
                middle = (frame.scale.top + frame.bottom) / 2
                self.text("no values yet", self.plot / 2, middle, self.t.muted, anchor="middle")
        if self.prices.drawn:
            self._marks()
            tags = self._lines()
            self._hand()
            for y, text, color in reversed(tags):
                self.label(text, y, color)
        for frame in self.frames:
            self.rows(frame.top, frame.legend)
        return self.whole(title)

    # --- frames --------------------------------------------------------------------------------------------------

    def _lay(self) -> list[_Frame]:
        figures = self.chart.root.children
        tall = [figure.height - (TIME_PX if figure is figures[-1] else 0) for figure in figures[1:]]
        floor = self.height - FOOT
        share = min(1.0, _BELOW * (floor - PAD) / (sum(tall) or 1.0))
        edges = [float(PAD), floor - share * sum(tall)]
        for one in tall:
            edges.append(edges[-1] + share * one)
        told = self._told()
        frames = []
        for at, figure in enumerate(figures):
            top = edges[at] + (GAP if at else 0)
            legend = self.legend(told[at])
            inner = top + ROW * len(legend) + (4 if at else 6)
            scale = Scale(self.shown.scale if not at else "linear", inner, edges[at + 1] - (2 if at else 0))
            if not at:
                scale.base = self.shown.base_close
            self._follow(figure, scale)
            if not at and self.shown.prices is not None:
                scale.hold(*self.shown.prices)
            frames.append(_Frame(figure, scale, top, legend, folded=at > 0 and not figure.right[0].visible))
        return frames

    def _follow(self, figure: Any, scale: Scale) -> None:
        """The range that the axis of a figure has on the page."""
        axis = figure.y_range
        scale.follow(extent(axis.renderers, (self.start, self.end)), axis.range_padding)
        if axis.start is not None and not math.isnan(axis.start) and scale.known:
            found = extent(axis.renderers, (self.start, self.end))
            top = max(float(found.max()), axis.start)
            scale.low = axis.start
            scale.high = axis.start + ((top - axis.start) * (1 + axis.range_padding / 2) or 1.0)

    def _told(self) -> list[list[list[Word]]]:
        """Lines of words for each figure, from top to bottom."""
        seen = self.shown.seen
        last = self.shown.bars["volume"][-1]
        over = [self.words(drawn, values) for drawn, values in seen if not drawn.own_pane]
        own = [[self.words(drawn, values)] for drawn, values in seen if drawn.own_pane]
        compared = [self._compared(*one) for one in self.chart.compare.still(self.start)]
        return [[self._head(), *over, *compared], [[("Volume", self.t.muted), (volume(last), self.t.text)]], *own]

    def _head(self) -> list[Word]:
        """What stands in the chart's first row: names, the last bar, when that was."""
        shown, t, last = self.shown, self.t, self.shown.bars[-1]
        tone = t.up_text if last["close"] >= last["open"] else t.down_text
        cells = [
            (f"{letter} {price(float(last[name]), shown.decimals)}", tone)
            for letter, name in (("O", "open"), ("H", "high"), ("L", "low"), ("C", "close"))
        ]
        if "real_close" in shown.bars.dtype.names:
            cells.append((f"Traded {price(float(last['real_close']), shown.decimals)}", t.text))
        before = float(shown.bars["close"][-2]) if len(shown.bars) > 1 else float(last["open"])
        moved = float(last["close"]) / before - 1 if before else float("nan")
        when = moment(int(shown.wall[-1]), dated=shown.dated, seconds=shown.seconds)
        return [
            (shown.symbol, t.text),
            (shown.spec, t.muted),
            *cells,
            (change(moved), t.down_text if moved < 0 else t.up_text),
            (when if shown.dated else f"{when} {shown.zone}", t.muted),
        ]

    def words(self, drawn: Drawn, values: np.ndarray) -> list[Word]:
        """Name and last values of a study."""
        one, t, own = drawn.one, self.t, drawn_outputs(drawn.one)
        colors = study_colors(drawn, *self.theme)
        name, chosen = study_name(drawn)
        words = [(name, t.text), *([(chosen, t.muted)] if chosen else [])]
        rows = np.asarray(values, float).reshape(len(values), len(one.outputs))
        if drawn.marked:
            count = int(np.count_nonzero(np.nan_to_num(rows[:, 0])))
            words.append((f"{count} here" if count else "none here", t.muted))
        else:
            priced = one.overlay and one.scale == "price"
            for output, color, last in zip(one.outputs, colors, rows[-1].tolist(), strict=True):
                value = price(last, self.shown.decimals) if priced and output in own else worth(last)
                ink = (color or (t.down_text if last < 0 else t.up_text)) if output in own else t.muted
                words.append((value if len(one.outputs) == 1 else f"{output} {value}", ink))
        if not one.causal:
            words.append(("repaints", t.warn_text))
        return words + ([(drawn.note, t.muted)] if drawn.note else [])

    def _compared(self, one: Any, color: str, placed: np.ndarray) -> list[Word]:
        """Name, last price and change of a compared symbol."""
        prices = np.asarray(self.chart.compare.source.data[one.column], float)
        known = np.flatnonzero(np.isfinite(placed))
        if not len(known):
            return [(one.symbol, color), ("–", self.t.muted)]
        moved = float(placed[known[-1]]) / self.shown.base_close - 1
        return [
            (one.symbol, color),
            (price(float(prices[known[-1]]), one.decimals), self.t.text),
            (change(moved), color),
        ]

    # --- axes ----------------------------------------------------------------------------------------------------

    def _axis(self, frame: _Frame) -> None:
        scale = frame.scale
        if frame is self.prices:
            ticks = scale.ticks()
            labels = scale.labels(ticks, self.shown.decimals)
        elif frame is self.frames[1]:
            ticks = adaptive(*scale.edges, 2)
            labels = [volume(tick) for tick in ticks]
        else:
            ticks = adaptive(*scale.edges, 3)
            labels = study_labels(ticks, scale)
        for tick, label in zip(ticks, labels, strict=True):
            y = float(scale.y(tick))
            self.rule(y, self.t.grid)
            if label and frame.top < y < frame.bottom - 3:
                self.text(label, self.plot + 6, y + 4, self.t.muted)

    def _times(self) -> None:
        labels = time_labels(self.shown.wall, gap_of(self.step))
        x = self.x(self.shown.columns["x"])
        places = {float(x[at]): text for at, text in labels.items()}
        self.dates(self.height - FOOT, places, [(one.scale.top, one.bottom) for one in self.frames if one.drawn])

    def _sessions(self, frame: _Frame) -> None:
        """Bands where the market is closed, and lines where a session begins."""
        data = self.shown.sessions
        if not len(data.get("open", ())):
            return
        opens, closes = np.asarray(data["open"], float), np.asarray(data["close"], float)
        seen = np.flatnonzero((closes > self.start) & (opens < self.end))
        if not len(seen):
            return
        held = min(closes[seen[-1]], self.end) - max(opens[seen[0]], self.start)
        wide = held / len(seen) * self.step
        if wide >= _BAND_PX:
            lows = np.append(self.start if seen[0] == 0 else closes[seen[0] - 1], closes[seen])
            highs = np.append(opens[seen], opens[seen[-1] + 1] if seen[-1] + 1 < len(opens) else self.end)
            d = ""
            for low, high in zip(self.x(lows), self.x(highs), strict=True):
                low, high = max(0.0, float(low)), min(float(self.plot), float(high))
                if high > low:
                    d += (
                        f"M{pixels(low)} {pixels(frame.scale.top)}H{pixels(high)}V{pixels(frame.bottom)}H{pixels(low)}z"
                    )
            self.path(d, f'fill="{self.t.muted}" fill-opacity="{_BAND}"')
        if wide >= _START_PX:
            first = seen[(np.asarray(data["first"])[seen] > 0) & (opens[seen] > self.start)]
            d = "".join(f"M{pixels(x)} {pixels(frame.scale.top)}V{pixels(frame.bottom)}" for x in self.x(opens[first]))
            self.path(d, f'stroke="{self.t.faint}" stroke-opacity="{_START}"')

    # --- over the prices -----------------------------------------------------------------------------------------

    def _glyphs(self, frame: _Frame) -> list[str]:
        brush = Brush(self.x, frame.scale.y, (0.0, frame.scale.top, float(self.plot), frame.bottom))
        spans = [one for one in frame.figure.center if isinstance(one, Span)]
        for model in (*spans, *frame.figure.renderers):
            try:
                brush.draw(model)
            except Unable:  # a glyph or a column of somebody's own
                continue
        return brush.out

    def _hand(self) -> None:
        """Drawings of a hand."""
        data, scale = self.shown.drawings, self.prices.scale
        box = Box(0.0, scale.top, float(self.plot), scale.bottom)
        colors = dict(self.chart.drawings.source.tags[0]["colors"])
        for at in range(len(data.get("id", ()))):
            xs, prices, kind = data["x"][at], data["price"][at], data["kind"][at]
            heights = scale.y(np.array(prices, float))
            if data["hidden"][at] or not np.isfinite(heights).all():
                continue
            points = list(zip(self.x(np.array(xs, float)).tolist(), heights.tolist(), strict=True))
            anchors = Anchors(
                points,
                prices,
                xs,
                data["time"][at],
                box,
                y=lambda value: float(scale.y(value)),
                price=self._price,
                when=lambda k, xs=xs, times=data["time"][at]: self._when(xs[k], times[k]),
            )
            one, ink = shape(kind, anchors), Ink.of(kind, data["style"][at], colors, self.t)
            if one.tone and '"color"' not in data["style"][at]:
                ink = Ink(getattr(self.t, one.tone), ink.width, ink.dash, ink.size)
            out = elements(one, ink, self.t)
            if one.measured:
                out += measured(one.measured, self._price, box, self.t)
            if one.note is not None:
                out += note(data["text"][at], one.note, ink, self.t)
            self.inside(scale.top, scale.bottom, out)
            if kind == "vertical":
                for frame in self.frames[1:]:
                    if frame.drawn:
                        self._upright(one.lines[0][0], frame, ink)
            for side, place, text in one.tags:
                self._drawn_tag(side, place, text, ink.color)

    def _upright(self, x: float, frame: _Frame, ink: Ink) -> None:
        if 0 <= x <= self.plot:
            dash = f' stroke-dasharray="{ink.dash}"' if ink.dash else ""
            look = f'stroke="{ink.color}" stroke-width="{ink.width}"{dash}'
            self.path(f"M{pixels(x)} {pixels(frame.scale.top)}V{pixels(frame.bottom)}", look)

    def _drawn_tag(self, side: str, place: float, text: str, color: str) -> None:
        if side == "right" and self.prices.scale.top <= place <= self.prices.bottom:
            self.label(text, place, color)
        elif side == "bottom" and 0 <= place <= self.plot:
            wide, y = 6.0 * len(text) + 10, self.height - FOOT
            left = min(max(place - wide / 2, 0.0), self.plot - wide)
            self.path(f"M{pixels(left)} {y + 3}h{pixels(wide)}v16h-{pixels(wide)}z", f'fill="{color}"')
            self.text(text, left + wide / 2, y + 15, self.t.panel, anchor="middle")

    def _marks(self) -> None:
        """Trades, events and alerts."""
        scale = self.prices.scale
        frame = (0.0, scale.top, float(self.plot), scale.bottom)
        stand = Stand(self.x, scale.y, frame, self.step)
        self.inside(scale.top, scale.bottom, marker_elements(self.shown.markers, self.shown.links, stand, self.t))

    def _lines(self) -> list[tuple[float, str, str]]:
        """The line of the last price. Gives the tags (y, text, colour) of that and of compared symbols."""
        shown, scale, tags = self.shown, self.prices.scale, []
        if shown.last is not None and math.isfinite(shown.last):
            y = float(scale.y(shown.last))
            if scale.top - 4 <= y <= scale.bottom:
                color = self.t.up_text if shown.rising else self.t.down_text
                self.rule(y, color, ' stroke-dasharray="1 3"')
                tags.append((y, scale.worth(shown.last, shown.decimals), color))
        for _, color, placed in self.chart.compare.still(self.start):
            known = placed[np.isfinite(placed)]
            y = float(scale.y(known[-1])) if len(known) else math.nan
            if scale.top <= y <= scale.bottom and all(abs(y - other) >= 18 for other, _, _ in tags):
                tags.append((y, change(float(known[-1]) / shown.base_close - 1), color))
        return tags

    def _price(self, value: float) -> str:
        return price(value, self.shown.decimals)

    def _when(self, place: float, ms: float) -> str:
        shown, x = self.shown, self.shown.columns["x"]
        near = int(np.argmin(np.abs(x - round(place))))
        if shown.dated and abs(x[near] - round(place)) < 0.5:
            return moment(int(shown.wall[near]), dated=True)
        return moment(shown.clock(round(ms * 1e6)), dated=shown.dated, seconds=shown.seconds)
