"""A study as a still picture: candles, the study over them or in a pane below, as SVG text that needs nothing else.

Looks and colours are those of the chart on the screen; x counts bars (trading time) there and here. What a whole chart
shows is drawn by ``still_sheet``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.charts.still_paper import GAP, PAD, ROW, Paper, Word, gap_of
from workbench.charts.still_study import BODY, Layer, Pane, Pen
from workbench.charts.still_text import number, on_axis, pixels, time_labels
from workbench.charts.studies import FOLDED_PX, Drawn, drawn_outputs, study_colors
from workbench.charts.theme import Tokens, series, token_names, tokens

RIGHT, FOOT = 56, 20
#: Share of the height that panes below the prices take at most.
_BELOW = 0.6


class Still(Paper):
    """A picture of studies that is being drawn.

    Parameters
    ----------
    bars
        Columns open, high, low and close; a close alone is enough.
    layers
        Studies, in the order of their panes.
    size
        Of the picture, px.
    dark, palette
        Theme; ``dark=None`` takes the colours from the page that the picture stands in, as ``theme.css_variables`` has
        them, and ``--wb-series-0`` ... for lines.
    wall
        int64 ns of each bar on the clock that the time axis has; without it the axis shows the index.
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
    ) -> None:
        t = of_the_page() if dark is None else tokens(dark, palette)
        super().__init__(size, size[0] - RIGHT, t, "system-ui,sans-serif")
        self.bars, self.layers, self.wall = bars, layers, wall
        self.colors = {id(layer): colors_of(layer.drawn, dark, palette) for layer in layers}
        close = bars["close"].to_numpy(float, na_value=np.nan)
        names = ("open", "high", "low")
        self.prices = [bars[n].to_numpy(float, na_value=np.nan) if n in bars else close for n in names] + [close]
        self.step = (self.plot - PAD) / max(len(bars), 8)
        self.x = PAD + (np.arange(len(bars)) + 0.5) * self.step
        self.pen = Pen(self.x, self.step, self.prices, self.t)

    def drawn(self, title: str, pane_px: float) -> str:
        """The whole picture. ``pane_px`` is the height of the pane of a study that has none of its own."""
        prices, below = self._lay(pane_px)
        panes = [prices, *below]
        for pane in panes:
            if pane.known:
                self._axis(pane)
        for pane in below:
            self.rule(pane.legend - GAP / 2, self.t.hairline)
        self._dates([(pane.top, pane.bottom) for pane in panes if pane.known])
        if prices.known:
            self._candles(prices)
        for pane in panes:
            if pane.known and pane.layers:
                elements = [one for layer in pane.layers for one in self.pen.study(pane, layer, self.colors[id(layer)])]
                self.inside(pane.top - 4, pane.bottom + 2, elements)
            elif math.isnan(pane.low):
                what = "no values yet" if pane is not prices else "no prices" if len(self.bars) else "no bars"
                self.text(what, self.plot / 2, (pane.top + pane.bottom) / 2, self.t.muted, anchor="middle")
        for pane in panes:
            self.rows(pane.legend, pane.rows)
        return self.whole(title)

    # --- frame ---------------------------------------------------------------------------------------------------

    def _lay(self, pane_px: float) -> tuple[Pane, list[Pane]]:
        """Panes from top to bottom with their ranges."""
        over = [layer for layer in self.layers if not layer.drawn.own_pane]
        own = [layer for layer in self.layers if layer.drawn.own_pane]
        wanted = [FOLDED_PX + GAP if layer.drawn.study.looks.folded else layer.drawn.study.looks.height or pane_px
                  for layer in own]  # fmt: skip
        floor = self.height - FOOT
        share = min(1.0, _BELOW * (floor - PAD) / (sum(wanted) or 1.0))
        top = floor - share * sum(wanted)
        prices = Pane(PAD, top, over)
        self._tell(prices, [self.words(layer) for layer in over])
        # Lines over prices, without values so far off that the bars would be flat.
        lines = [line for layer in over if not layer.drawn.marked for line in self._shown(layer).values()]
        prices.fit([*self.prices, *_near(lines, self.prices)])
        below = []
        for layer, tall in zip(own, wanted, strict=True):
            pane = Pane(top + GAP, top + share * tall - 2, [] if layer.drawn.study.looks.folded else [layer])
            self._tell(pane, [self.words(layer)])
            self._range(pane)
            below.append(pane)
            top = pane.bottom + 2
        return prices, below

    def _tell(self, pane: Pane, lines: list[list[Word]]) -> None:
        """Put words above a pane."""
        pane.legend, pane.rows = pane.top, self.legend(lines)
        pane.top += ROW * len(pane.rows) + 4

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
        words = [(one.label, t.text)]
        if layer.drawn.marked:
            count = int(np.count_nonzero(np.nan_to_num(layer.lines[one.outputs[0]])))
            words.append((f"{count} here" if count else "none here", t.muted))
        else:
            for output, line in layer.lines.items():
                last = float(line[-1]) if len(line) else math.nan
                color = colors[output] if output in own else t.muted
                color = color or (t.down_text if last < 0 else t.up_text)
                value = number(last)
                words.append((value if len(layer.lines) == 1 else f"{output} {value}", color))
        return words if one.causal else [*words, ("repaints", t.warn_text)]

    def _axis(self, pane: Pane) -> None:
        ticks = pane.ticks()
        apart = ticks[1] - ticks[0] if len(ticks) > 1 else pane.span
        for tick in ticks:
            y = float(pane.y(tick))
            self.rule(y, self.t.grid)
            self.text(on_axis(tick, apart), self.plot + 6, y + 4, self.t.muted)

    def _dates(self, panes: list[tuple[float, float]]) -> None:
        count, gap = len(self.bars), gap_of(self.step)
        if self.wall is not None:
            labels = time_labels(self.wall, gap)
        else:
            labels = {at: str(self.bars.index[at]) for at in range(count // 10, count, gap)}
        self.dates(self.height - FOOT, {float(self.x[at]): text for at, text in labels.items()}, panes)

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
            self.path("".join(wicks), f'stroke="{color}" stroke-opacity=".8"')
            self.path("".join(boxes), f'fill="{color}" fill-opacity=".8"')


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
