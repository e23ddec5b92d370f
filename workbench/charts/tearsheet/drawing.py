"""A picture of lines, areas, dots and words, in colours of the theme by name, which SVG and PDF show alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from workbench.charts.still_scale import Scale, even, logarithmic
from workbench.charts.still_text import pixels, safe, time_labels

#: Size of words, px.
WORDS = 11.5
#: Room for the labels of the axis at the right, and of that below.
RIGHT, FOOT = 62, 20
_LARGE = ((1e12, " T"), (1e9, " B"), (1e6, " M"))
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Shape:
    """Points in a colour: a ``line`` through them, an ``area`` between them, or ``dots`` at them.

    ``dash`` is for lines, ``width`` of lines and radius of dots in px, ``alpha`` how much of the colour there is.
    """

    kind: str
    points: Points
    color: str
    width: float = 1.2
    alpha: float = 1.0
    dash: bool = False


@dataclass(frozen=True)
class Label:
    """Words at a place; ``anchor`` is ``start``, ``middle`` or ``end``."""

    x: float
    y: float
    text: str
    color: str = "muted"
    anchor: str = "start"
    bold: bool = False


@dataclass
class Drawing:
    """A picture that is being drawn.

    Parameters
    ----------
    title
        For whoever cannot see it.
    width, height
        Px; x runs to the right, y down.
    """

    title: str
    width: int
    height: int
    items: list[Shape | Label] = field(default_factory=list)

    @property
    def plot(self) -> float:
        """Width of what is left of the axis."""
        return self.width - RIGHT

    def line(self, xs: np.ndarray, ys: np.ndarray, color: str, *, width: float = 1.3, dash: bool = False) -> None:
        """A line through points; NaN breaks it."""
        known = np.isfinite(ys)
        for part in np.split(np.arange(len(ys)), np.flatnonzero(np.diff(known)) + 1):
            if len(part) and known[part[0]]:
                points = list(zip(xs[part].tolist(), ys[part].tolist(), strict=True))
                self.items.append(Shape("line", points, color, width, dash=dash))

    def area(self, xs: np.ndarray, low: np.ndarray, high: np.ndarray, color: str, alpha: float) -> None:
        """What lies between two heights."""
        there = list(zip(xs.tolist(), high.tolist(), strict=True))
        back = list(zip(xs[::-1].tolist(), low[::-1].tolist(), strict=True))
        if there:
            self.items.append(Shape("area", there + back, color, 0.0, alpha))

    def box(self, x: float, y: float, size: tuple[float, float], color: str, *, alpha: float = 1.0) -> None:
        """A filled rectangle."""
        wide, tall = size
        corners = [(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)]
        self.items.append(Shape("area", corners, color, 0.0, alpha))

    def dots(self, xs: np.ndarray, ys: np.ndarray, color: str, *, radius: float = 2.2, alpha: float = 0.7) -> None:
        """Round dots."""
        if len(xs):
            self.items.append(Shape("dots", list(zip(xs.tolist(), ys.tolist(), strict=True)), color, radius, alpha))

    def rule(self, x: tuple[float, float], y: tuple[float, float], color: str, *, dash: bool = False) -> None:
        """A straight thin line."""
        self.items.append(Shape("line", [(x[0], y[0]), (x[1], y[1])], color, 1.0, dash=dash))

    def words(self, x: float, y: float, text: str, color: str = "muted", *, anchor: str = "start",
              bold: bool = False) -> None:  # fmt: skip
        """A text."""
        self.items.append(Label(x, y, text, color, anchor, bold))

    def legend(self, entries: list[tuple[str, str, str]], y: float = 11.0) -> None:
        """Names in a row, each after a piece of its ``line``, ``dash`` or ``area`` in its colour."""
        x = 2.0
        for text, color, kind in entries:
            if kind == "area":
                self.box(x, y - 9, (12, 9), color, alpha=0.3)
            else:
                self.items.append(Shape("line", [(x, y - 4), (x + 12, y - 4)], color, 2.0, dash=kind == "dash"))
            self.words(x + 16, y, text, "text")
            x += 16 + 6.4 * len(text) + 18

    def levels(self, scale: Scale, ticks: list[float], texts: list[str]) -> None:
        """Grid lines and the labels of the axis at the right."""
        for tick, text in zip(ticks, texts, strict=True):
            y = float(scale.y(tick))
            if scale.top - 1 <= y <= scale.bottom + 1:
                self.rule((0, self.plot), (y, y), "grid")
                self.words(self.plot + 6, y + 4, text)

    def dates(self, wall: np.ndarray, xs: np.ndarray, panes: list[tuple[float, float]]) -> None:
        """The time axis: labels below the lowest pane, and lines through all of them.

        ``wall`` are int64 ns at the places ``xs``, from left to right.
        """
        floor = panes[-1][1]
        self.rule((0, self.plot), (floor, floor), "hairline")
        gap = max(1, int(np.ceil(76 * len(xs) / max(self.plot, 1.0))))
        for at, text in time_labels(wall, gap).items():
            x = float(xs[at])
            if 16 <= x <= self.plot - 14:
                for top, bottom in panes:
                    self.items.insert(0, Shape("line", [(x, top), (x, bottom)], "grid", 1.0))
                self.words(x, floor + 15, text, anchor="middle")

    def svg(self) -> str:
        """The picture for a page whose root has the colours as ``--wb-...``, as an element of it."""
        parts = [_text(one) if isinstance(one, Label) else _shape(one) for one in self.items]
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" font-size="{WORDS}" fill="none">'
            f"<title>{safe(self.title)}</title>{''.join(parts)}</svg>"
        )


def money(scale: Scale) -> tuple[list[float], list[str]]:
    """Ticks of an axis of money or ratios and their words, short enough for the room at the right."""
    low, high = scale.edges
    most = max(3, int((scale.bottom - scale.top) // 34))
    if scale.kind == "log":
        ticks = logarithmic(low, high, (scale.high - scale.low) / most)
    else:
        ticks = even(low, high, most)
    steps = np.diff(ticks) if len(ticks) > 1 else np.array([1.0])
    size, step = max(map(abs, ticks), default=0.0), float(steps.min())
    by, unit = next(((by, unit) for by, unit in _LARGE if size >= by), (1.0, ""))
    places = int(np.clip(np.ceil(-np.log10(step / by) - 1e-9), 0, 6)) if step > 0 else 2
    return ticks, [f"{tick / by:,.{places}f}{unit if tick else ''}".replace("-", "−") for tick in ticks]


def percents(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Ticks of an axis of fractions, as percentages."""
    ticks = even(100 * low, 100 * high, most)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    places = max(0, min(6, int(np.ceil(-np.log10(step) - 1e-9))))
    return [(tick / 100, f"{tick:,.{places}f} %".replace("-", "−") if tick else "0 %") for tick in ticks]


def _shape(one: Shape) -> str:
    color = f"var(--wb-{one.color})"
    if one.kind == "dots":
        # A line of no length with round ends is a dot, in an eighth of the letters of a circle.
        d = "".join(f"M{pixels(x)} {pixels(y)}h0" for x, y in one.points)
        return (
            f'<path d="{d}" stroke="{color}" stroke-width="{2 * one.width:g}" stroke-linecap="round" '
            f'opacity="{one.alpha:g}"/>'
        )
    d = "M" + "L".join(f"{pixels(x)} {pixels(y)}" for x, y in one.points)
    if one.kind == "area":
        return f'<path d="{d}Z" fill="{color}" fill-opacity="{one.alpha:g}"/>'
    dash = ' stroke-dasharray="4 3"' if one.dash else ""
    return f'<path d="{d}" stroke="{color}" stroke-width="{one.width:g}" stroke-linejoin="round"{dash}/>'


def _text(one: Label) -> str:
    anchor = "" if one.anchor == "start" else f' text-anchor="{one.anchor}"'
    bold = ' font-weight="600"' if one.bold else ""
    return (
        f'<text x="{pixels(one.x)}" y="{pixels(one.y)}" fill="var(--wb-{one.color})"{anchor}{bold}>'
        f"{safe(one.text)}</text>"
    )
