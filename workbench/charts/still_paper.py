"""The paper of still pictures: words, rules, rows of a legend and the time axis as SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from workbench.charts.still_text import pixels, safe
from workbench.charts.theme import Tokens

PAD, ROW, GAP = 8, 16, 8
_LETTER = 6.6  # px of a letter of 11 px on average, for what fits into a row
Word = tuple[str, str]  # text, colour


class Paper:
    """A picture that is being drawn, as a list of elements.

    Parameters
    ----------
    size
        Of the picture, px.
    plot
        Width of what is left of the axes at the right, px.
    t
        Colours.
    font
        Families, without double quotes.
    """

    def __init__(self, size: tuple[int, int], plot: float, t: Tokens, font: str) -> None:
        (self.width, self.height), self.plot, self.t, self.font = size, plot, t, font
        self.parts: list[str] = []

    def whole(self, title: str) -> str:
        """The picture; ``title`` is for whoever cannot see it."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="{self.font}" font-size="11" fill="none" role="img">'
            f'<title>{safe(title)}</title><rect width="{self.width}" height="{self.height}" fill="{self.t.panel}"/>'
            f"{''.join(self.parts)}</svg>"
        )

    def inside(self, top: float, bottom: float, elements: Sequence[str]) -> None:
        """Add elements of which only what lies between two heights and left of the axis is seen.

        A picture in the picture cuts the rest away, without an id that a page may have twice.
        """
        if elements:
            y, tall = pixels(top), pixels(bottom - top)
            self.parts += [
                f'<svg y="{y}" width="{self.plot}" height="{tall}" viewBox="0 {y} {self.plot} {tall}">',
                *elements,
                "</svg>",
            ]

    def rule(self, y: float, color: str, more: str = "") -> None:
        """A level line over the plot."""
        self.parts.append(f'<path d="M0 {pixels(y)}H{self.plot}" stroke="{color}"{more}/>')

    def text(self, text: str, x: float, y: float, color: str, *, anchor: str = "start") -> None:
        """Words at a place."""
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(f'<text x="{pixels(x)}" y="{pixels(y)}" fill="{color}"{at}>{safe(text)}</text>')

    def path(self, d: str, look: str) -> None:
        """A path, if there is anything of it."""
        if d:
            self.parts.append(f'<path d="{d}" {look}/>')

    def legend(self, lines: Sequence[Sequence[Word]]) -> list[str]:
        """Words in rows that fit, to be put in place by ``rows``; empty lines take no row."""
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
        return [f'<text y="{11 + k * ROW}">{row}</text>' for k, row in enumerate(rows)]

    def rows(self, top: float, rows: Sequence[str]) -> None:
        """Put the rows of a legend in place."""
        self.parts.append(f'<g transform="translate({PAD} {pixels(top)})">{"".join(rows)}</g>')

    def dates(self, floor: float, labels: Mapping[float, str], panes: Sequence[tuple[float, float]]) -> None:
        """The time axis: labels by their place (px) below ``floor``, and lines through the panes (top, bottom)."""
        self.rule(floor + 0.5, self.t.hairline)
        seen = {x: text for x, text in labels.items() if 16 <= x <= self.plot - 12}
        lines = "".join(f"M{pixels(x)} {pixels(top)}V{pixels(low)}" for x in seen for top, low in panes)
        self.path(lines, f'stroke="{self.t.grid}"')
        for x, text in seen.items():
            self.text(text, x, floor + 15, self.t.muted, anchor="middle")

    def label(self, text: str, y: float, color: str) -> None:
        """Words on a plate of a colour at the axis at the right."""
        wide = pixels(min(_LETTER * len(text) + 11, self.width - self.plot - 2))
        self.path(f"M{self.plot + 1} {pixels(y - 8)}h{wide}v16h-{wide}z", f'fill="{color}"')
        self.text(text, self.plot + 6, y + 4, self.t.panel)


def gap_of(step: float) -> int:
    """Bars from label to label of a time axis at least, for bars ``step`` px apart."""
    return max(1, math.ceil(64 / step)) if step > 0 else 1
