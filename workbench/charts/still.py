"""A chart as a still picture: candles, volumes and studies as SVG text that needs nothing else.

Looks and colours are those of the chart on the screen; x counts bars (trading time) there and here. All kinds of bars,
bricks and columns of point and figure too, are drawn as candles from open, high, low and close.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.charts.still_study import BODY, Layer, Pane, Pen
from workbench.charts.still_text import number, on_axis, pixels, price, safe, time_labels
from workbench.charts.studies import FOLDED_PX, PANE_PX, Drawn, drawn_outputs, study_colors, study_name
from workbench.charts.theme import Tokens, series, token_names, tokens

RIGHT, FOOT, PAD = 56, 20, 8
_ROW, _GAP, _LABEL = 16, 8, 64
_LETTER = 6.6  # px of a letter of 11 px on average, for what fits into a row
_VOLUME_PX = 84
#: Share of the height that panes below the prices take at most.
_BELOW = 0.6
Word = tuple[str, str]  # text, colour


class Still:
    """A picture that is being drawn, as a list of elements.

    Parameters
    ----------
    bars
        Columns open, high, low, close and volume; a close alone is enough.
    layers
        Studies, in the order of their panes.
    size
        Of the picture, px.
    dark, palette
        Theme; ``dark=None`` takes the colours from the page that the picture stands in, as ``theme.css_variables`` has
        them, and ``--wb-series-0`` ... for lines.
    wall
        int64 ns of each bar on the clock that the time axis has; without it the axis shows the index.
    decimals
        Of prices, in words as the chart has them; without them numbers have as many digits as they need, and studies
        are told with all their parameters.
    right
        Room for the price axis, px.
    font
        Families, without double quotes.
    """

    def __init__(
        self,
        bars: pd.DataFrame,
        layers: Sequence[Layer],
        *,
        size: tuple[int, int],
        dark: bool | None = False,
        palette: str = "classic",
        wall: np.ndarray | None = None,
        decimals: int | None = None,
        right: int = RIGHT,
        font: str = "system-ui,sans-serif",
    ) -> None:
        self.bars, self.layers = bars, layers
        self.width, self.height = size
        self.right, self.wall, self.decimals, self.font = right, wall, decimals, font
        self.t = of_the_page() if dark is None else tokens(dark, palette)
        self.colors = {id(layer): colors_of(layer.drawn, dark, palette) for layer in layers}
        close = bars["close"].to_numpy(float, na_value=np.nan)
        names = ("open", "high", "low")
        self.prices = [bars[n].to_numpy(float, na_value=np.nan) if n in bars else close for n in names] + [close]
        self.parts: list[str] = []
        self.plot = self.width - right
        self.step = (self.plot - PAD) / max(len(bars), 8)
        self.x = PAD + (np.arange(len(bars)) + 0.5) * self.step
        self.pen = Pen(self.x, self.step, self.prices, self.t)

    def drawn(
        self,
        title: str,
        *,
        head: Sequence[Word] = (),
        volume: bool = False,
        pane_px: float = PANE_PX,
        last: float | None = None,
    ) -> str:
        """The whole picture.

        Parameters
        ----------
        title
            For whoever cannot see it.
        head
            Words in the first row.
        volume
            Whether there is a pane of volumes.
        pane_px
            Height of the pane of a study that has none of its own.
        last
            Price at which there is a line and a tag, if any.
        """
        prices, below = self._lay(list(head), volume, pane_px)
        panes = [prices, *below]
        for pane in panes:
            if pane.known:
                self._axis(pane, None if pane is not prices else self.decimals)
        for pane in below:
            self._rule(pane.legend - _GAP / 2, self.t.hairline)
        self._dates(self.height - FOOT, panes)
        if prices.known:
            self._candles(prices)
        if volume and below[0].known:
            self._volumes(below[0])
        for pane in panes:
            if pane.known and pane.layers:
                # A picture in the picture: what is off the pane is cut away, without an id that a page may have twice.
                top, tall = pixels(pane.top - 4), pixels(pane.bottom - pane.top + 6)
                self.parts.append(f'<svg y="{top}" width="{self.plot}" height="{tall}" '
                                  f'viewBox="0 {top} {self.plot} {tall}">')  # fmt: skip
                for layer in pane.layers:
                    self.parts += self.pen.study(pane, layer, self.colors[id(layer)])
                self.parts.append("</svg>")
            elif math.isnan(pane.low):
                what = "no values yet" if pane is not prices else "no prices" if len(self.bars) else "no bars"
                self._text(what, self.plot / 2, (pane.top + pane.bottom) / 2, self.t.muted, "middle")
        if last is not None and prices.known and prices.low <= last <= prices.high:
            self._tag(prices, last)
        rows = (f'<g transform="translate({PAD} {pixels(pane.legend)})">{"".join(pane.rows)}</g>' for pane in panes)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="{self.font}" font-size="11" fill="none" role="img">'
            f'<title>{safe(title)}</title><rect width="{self.width}" height="{self.height}" fill="{self.t.panel}"/>'
            f"{''.join(self.parts)}{''.join(rows)}</svg>"
        )

    # --- frame ---------------------------------------------------------------------------------------------------

    def _lay(self, head: list[Word], volume: bool, pane_px: float) -> tuple[Pane, list[Pane]]:
        """Panes from top to bottom with their ranges."""
        over = [layer for layer in self.layers if not layer.drawn.own_pane]
        own = [layer for layer in self.layers if layer.drawn.own_pane]
        wanted = [float(_VOLUME_PX)] if volume else []
        for layer in own:
            looks = layer.drawn.study.looks
            wanted.append(FOLDED_PX + _GAP if looks.folded else looks.height or pane_px)
        floor = self.height - FOOT
        share = min(1.0, _BELOW * (floor - PAD) / (sum(wanted) or 1.0))
        split = floor - share * sum(wanted)
        prices = Pane(PAD, split, over)
        self._tell(prices, [head, *map(self.words, over)])
        # Lines over prices, without values so far off that the bars would be flat.
        lines = [line for layer in over if not layer.drawn.marked for line in self._shown(layer).values()]
        prices.fit([*self.prices, *_near(lines, self.prices)])
        below, top = [], split
        if volume:
            column = self.bars["volume"].to_numpy(float, na_value=np.nan)
            pane = Pane(top + _GAP, top + share * wanted[0])
            told = number(column[-1]) if len(column) else "–"
            self._tell(pane, [[("Volume", self.t.muted), (told, self.t.text)]])
            pane.fit([column])
            pane.low, below, top = 0.0 if pane.high == pane.high else math.nan, [pane], pane.bottom
        for layer, tall in zip(own, wanted[volume:], strict=True):
            pane = Pane(top + _GAP, top + share * tall - 2, [] if layer.drawn.study.looks.folded else [layer])
            self._tell(pane, [self.words(layer)])
            self._range(pane)
            below.append(pane)
            top = pane.bottom + 2
        return prices, below

    def _tell(self, pane: Pane, lines: list[list[Word]]) -> None:
        """Put words above a pane, in rows that fit."""
        pane.legend = pane.top
        rows: list[str] = []
        for words in filter(None, lines):
            left, row = 0.0, ""
            for text, color in words:
                room = _LETTER * len(text) + 10
                if left and left + room > self.plot - PAD:
                    rows, left, row = [*rows, row], 0.0, ""
                row += f'<tspan dx="{10 if left else 0}" fill="{color}">{safe(text)}</tspan>'
                left += room
            rows.append(row)
        pane.rows = [f'<text y="{11 + k * _ROW}">{row}</text>' for k, row in enumerate(rows)]
        pane.top += _ROW * len(rows) + 4

    def _range(self, pane: Pane) -> None:
        for layer in pane.layers:
            one, shown = layer.drawn.one, self._shown(layer)
            pane.fit(shown.values())
            marks = [*one.levels, *([0.0] if any(one.styles.get(name) == "histogram" for name in shown) else [])]
            near = [v for v in marks if pane.known and abs(2 * v - pane.low - pane.high) <= 3 * pane.span]
            pane.fit([*shown.values(), np.array(near)])

    def _shown(self, layer: Layer) -> dict[str, np.ndarray]:
        return {name: layer.lines[name] for name in drawn_outputs(layer.drawn.one)}

    def words(self, layer: Layer) -> list[Word]:
        """Label and last values of a study."""
        one, t = layer.drawn.one, self.t
        colors, own = self.colors[id(layer)], drawn_outputs(one)
        name, chosen = study_name(layer.drawn) if self.decimals is not None else (one.label, "")
        words = [(name, t.text), *([(chosen, t.muted)] if chosen else [])]
        if layer.drawn.marked:
            count = int(np.count_nonzero(np.nan_to_num(layer.lines[one.outputs[0]])))
            words.append((f"{count} here" if count else "none here", t.muted))
        else:
            priced = self.decimals is not None and one.overlay and one.scale == "price"
            for output, line in layer.lines.items():
                last = float(line[-1]) if len(line) else math.nan
                value = price(last, self.decimals) if priced and output in own else number(last)
                color = colors[output] if output in own else t.muted
                color = color or (t.down_text if last < 0 else t.up_text)
                words.append((value if len(layer.lines) == 1 else f"{output} {value}", color))
        if not one.causal:
            words.append(("repaints", t.warn_text))
        return words + ([(layer.drawn.note, t.muted)] if layer.drawn.note else [])

    def _rule(self, y: float, color: str, more: str = "") -> None:
        self.parts.append(f'<path d="M0 {pixels(y)}H{self.plot}" stroke="{color}"{more}/>')

    def _text(self, text: str, x: float, y: float, color: str, anchor: str = "start") -> None:
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(f'<text x="{pixels(x)}" y="{pixels(y)}" fill="{color}"{at}>{safe(text)}</text>')

    def _axis(self, pane: Pane, decimals: int | None) -> None:
        ticks = pane.ticks()
        apart = ticks[1] - ticks[0] if len(ticks) > 1 else pane.span
        for tick in ticks:
            y = float(pane.y(tick))
            self._rule(y, self.t.grid)
            self._text(on_axis(tick, apart, decimals), self.plot + 6, y + 4, self.t.muted)

    def _dates(self, floor: float, panes: list[Pane]) -> None:
        count, gap = len(self.bars), math.ceil(_LABEL / self.step)
        self._rule(floor + 0.5, self.t.hairline)
        if self.wall is not None:
            labels = time_labels(self.wall, gap)
        else:
            labels = {at: str(self.bars.index[at]) for at in range(count // 10, count, max(1, gap))}
        labels = {at: text for at, text in labels.items() if 16 <= self.x[at] <= self.plot - 12}
        lines = "".join(f"M{pixels(self.x[at])} {pixels(pane.top)}V{pixels(pane.bottom)}" for at in labels
                        for pane in panes if pane.known)  # fmt: skip
        self._path(lines, f'stroke="{self.t.grid}"')
        for at, text in labels.items():
            self._text(text, self.x[at], floor + 15, self.t.muted, "middle")

    def _tag(self, pane: Pane, last: float) -> None:
        y, rising = float(pane.y(last)), self.prices[3][-1] >= self.prices[0][-1]
        color = self.t.up_text if rising else self.t.down_text
        self._rule(y, color, ' stroke-dasharray="1 3"')
        wide = self.right - 2
        self._path(f"M{self.plot + 1} {pixels(y - 8)}h{wide}v16h-{wide}z", f'fill="{color}"')
        text = number(last) if self.decimals is None else price(last, self.decimals)
        self._text(text, self.plot + 6, y + 4, self.t.panel)

    # --- bars ----------------------------------------------------------------------------------------------------

    def _candles(self, pane: Pane) -> None:
        open_, high, low, close = self.prices
        with np.errstate(invalid="ignore"):
            known = np.isfinite(open_ + high + low + close)
            rising = close >= open_
        body = max(0.6, BODY * self.step)
        top, base = pane.y(np.maximum(open_, close)), pane.y(np.minimum(open_, close))
        y_high, y_low = pane.y(high), pane.y(low)
        for side, color in ((rising, self.t.up), (~rising, self.t.down)):
            wicks, boxes = [], []
            for i in np.flatnonzero(known & side):
                tall = max(0.8, base[i] - top[i])
                if y_low[i] - y_high[i] > tall:
                    wicks.append(f"M{pixels(self.x[i])} {pixels(y_high[i])}V{pixels(y_low[i])}")
                left = pixels(self.x[i] - body / 2)
                boxes.append(f"M{left} {pixels(top[i])}h{pixels(body)}v{pixels(tall)}h-{pixels(body)}z")
            self._path("".join(wicks), f'stroke="{color}" stroke-opacity=".8"')
            self._path("".join(boxes), f'fill="{color}" fill-opacity=".8"')

    def _volumes(self, pane: Pane) -> None:
        column = self.bars["volume"].to_numpy(float, na_value=np.nan)
        rising = self.prices[3] >= self.prices[0]
        for side, color in ((rising, self.t.up), (~rising, self.t.down)):
            d = self.pen.boxes(pane, column, side & np.isfinite(column))
            self._path(d, f'fill="{color}" fill-opacity=".5"')

    def _path(self, d: str, look: str) -> None:
        if d:
            self.parts.append(f'<path d="{d}" {look}/>')


def of_the_page() -> Tokens:
    """Colours that the page has which the picture stands in."""
    return Tokens(dark=True, **{name: f"var(--wb-{name.replace('_', '-')})" for name in token_names()})


def colors_of(drawn: Drawn, dark: bool | None, palette: str) -> dict[str, str]:
    """Colours of a study by output, as the chart has them; "" for one that has that of its sign."""
    colors = study_colors(drawn, dark is not False, palette)
    if dark is None:
        own = {color: f"var(--wb-series-{k})" for k, color in enumerate(series())}
        here = tokens(True, palette)
        own |= {here.up_text: "var(--wb-up-text)", here.down_text: "var(--wb-down-text)"}
        colors = [own.get(color, color) for color in colors]
    return dict(zip(drawn.one.outputs, colors, strict=True))


def _near(lines: Sequence[np.ndarray], prices: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Lines over prices, without values so far off that the bars would be flat."""
    known = np.concatenate([column[np.isfinite(column)] for column in prices])
    if not len(known):
        return list(lines)
    low, high = known.min(), known.max()
    room = 0.6 * (high - low) or math.inf
    return [np.where((line >= low - room) & (line <= high + room), line, np.nan) for line in lines]
