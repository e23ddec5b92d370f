"""Drawings of a hand in a still picture: the twin of ``js/drawings_shapes.js`` and ``js/drawings_paint.js``.

A test holds the shapes of both to the same numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.charts.drawings import DASHES, SIZES, WIDTHS
from workbench.charts.still_text import change, lasting, pixels, safe
from workbench.charts.theme import Tokens

_LEVELS = (0, 0.236, 0.382, 0.5, 0.618, 0.786, 1)
_LABELS_FIRST = (0, 6, 3, 4, 2, 1, 5)  # where they would touch, these are written sooner
_FIRM = frozenset({"trend", "ray", "extended", "channel", "brush"})  # 2 px wide where nothing else was chosen
_LETTER, _NOTE_PX, _MEASURE_PX = 0.56, 320, 190
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """The frame of the prices, px."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> Box:
        """The same with more room on all sides."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def clamped(self, points: Sequence[Point]) -> list[Point]:
        """Points, those outside at the edge."""
        return [(_clamp(x, self.left, self.right), _clamp(y, self.top, self.bottom)) for x, y in points]


@dataclass(frozen=True)
class Anchors:
    """Where a drawing is anchored: px, prices, ordinals and ms UTC of each anchor, and what turns values into px."""

    points: Sequence[Point]
    prices: Sequence[float]
    ordinals: Sequence[float]
    times: Sequence[float]
    box: Box
    y: Callable[[float], float]
    price: Callable[[float], str]
    when: Callable[[int], str]


@dataclass
class Shape:
    """A drawing in pixels: lines (x1, y1, x2, y2, soft), areas, texts (x, y, words, at their end), tags, and more."""

    lines: list[tuple[float, float, float, float, bool]] = field(default_factory=list)
    areas: list[list[Point]] = field(default_factory=list)
    solids: list[list[Point]] = field(default_factory=list)
    path: list[Point] = field(default_factory=list)
    texts: list[tuple[float, float, str, bool]] = field(default_factory=list)
    tags: list[tuple[str, float, str]] = field(default_factory=list)
    note: Point | None = None
    tone: str = ""
    measured: dict[str, Any] = field(default_factory=dict)


def shape(kind: str, a: Anchors) -> Shape:
    """The shape of a drawing; a channel of two anchors is a line still."""
    return _KINDS["trend" if kind == "channel" and len(a.points) == 2 else kind](a)


# --- shapes --------------------------------------------------------------------------------------------------------


def within(
    a: Point, b: Point, box: Box, *, t0: float = 0.0, t1: float = 1.0
) -> tuple[float, float, float, float] | None:
    """What lies in the box of the line through a and b, from the share ``t0`` of the way to ``t1``."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    if not dx and not dy:
        return None
    sides = ((-dx, a[0] - box.left), (dx, box.right - a[0]), (-dy, a[1] - box.top), (dy, box.bottom - a[1]))
    for p, q in sides:
        if p == 0:
            if q < 0:
                return None
        elif p < 0:
            t0 = max(t0, q / p)
        else:
            t1 = min(t1, q / p)
    return (a[0] + t0 * dx, a[1] + t0 * dy, a[0] + t1 * dx, a[1] + t1 * dy) if t0 < t1 else None


def _straight(start: float, end: float) -> Callable[[Anchors], Shape]:
    def draw(a: Anchors) -> Shape:
        at = within(a.points[0], a.points[1], a.box.grown(20), t0=start, t1=end)
        return Shape(lines=[(*at, False)] if at else [])

    return draw


def _framed(a: Anchors) -> list[Point]:
    (x0, y0), (x1, y1) = a.box.grown(20).clamped(a.points[:2])
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _rectangle(a: Anchors) -> Shape:
    points = _framed(a)
    lines = [(*one, *other, False) for one, other in zip(points, points[1:] + points[:1], strict=True)]
    return Shape(areas=[points], lines=lines)


def _channel(a: Anchors) -> Shape:
    (ax, ay), (bx, by), (cx, cy) = a.points
    far = bx - ax
    lift = cy - (ay + (by - ay) * (cx - ax) / far) if far else cy - ay
    edge = a.box.grown(4000)

    def moved(p: Point, share: float) -> Point:
        return p[0], p[1] + lift * share

    lines = [(within(moved((ax, ay), k), moved((bx, by), k), edge), k == 0.5) for k in (0, 0.5, 1)]
    points = [(ax, ay), (bx, by), moved((bx, by), 1), moved((ax, ay), 1)]
    return Shape(areas=[edge.clamped(points)], lines=[(*at, soft) for at, soft in lines if at])


def _fibonacci(a: Anchors) -> Shape:
    """0 % at the second anchor, where the move ended; 100 % where it began."""
    (ax, _), (bx, _) = a.points
    edge = a.box.grown(20)
    left, right = max(min(ax, bx), edge.left), min(max(ax, bx, min(ax, bx) + 60), edge.right)
    trend = within(*a.points, edge)
    out = Shape(lines=[(*trend, True)] if trend else [])
    if right <= left:
        return out
    levels = []
    for share in _LEVELS:
        value = a.prices[1] + (a.prices[0] - a.prices[1]) * share
        levels.append((a.y(value), f"{round(share * 100, 1):g} % ({a.price(value)})"))
    for i, (y, _) in enumerate(levels):
        if edge.top < y < edge.bottom:
            out.lines.append((left, y, right, y, False))
        if i % 2 == 0 and i:
            top, bottom = (_clamp(v, edge.top, edge.bottom) for v in (levels[i - 1][0], y))
            out.areas.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    taken: list[float] = []
    for i in _LABELS_FIRST:
        y, text = levels[i]
        if any(abs(one - y) < 14 for one in taken):
            continue
        taken.append(y)
        outside = right + len(text) * 6.6 + 8 < a.box.right
        out.texts.append((right + 6, y + 4, text, False) if outside else (right - 4, y - 4, text, True))
    return out


def _horizontal(a: Anchors) -> Shape:
    y = a.points[0][1]
    return Shape(lines=[(a.box.left, y, a.box.right, y, False)], tags=[("right", y, a.price(a.prices[0]))])


def _vertical(a: Anchors) -> Shape:
    x = a.points[0][0]
    return Shape(lines=[(x, a.box.top, x, a.box.bottom, False)], tags=[("bottom", x, a.when(0))])


def _measure(a: Anchors) -> Shape:
    points = _framed(a)
    (left, top), (right, _), (_, bottom), _ = points
    x, y = (left + right) / 2, (top + bottom) / 2
    out = Shape(areas=[points], lines=[(x, top, x, bottom, False), (left, y, right, y, False)])
    out.tone = "up_text" if a.prices[1] >= a.prices[0] else "down_text"

    def tip(x: float, y: float, dx: float, dy: float) -> list[Point]:
        return [(x, y), (x - 5 * dx - 4 * dy, y - 5 * dy - 4 * dx), (x - 5 * dx + 4 * dy, y - 5 * dy + 4 * dx)]

    (ax, ay), (bx, by) = a.points
    if abs(bottom - top) > 14:
        out.solids.append(tip(x, bottom, 0, math.copysign(1, by - ay)))
    if abs(right - left) > 14:
        out.solids.append(tip(right, y, math.copysign(1, bx - ax), 0))
    out.measured = {
        "x": x,
        "y": bottom,
        "above": by <= ay,
        "change": a.prices[1] - a.prices[0],
        "share": a.prices[1] / a.prices[0] - 1 if a.prices[0] else math.nan,
        "bars": math.floor(a.ordinals[1] - a.ordinals[0] + 0.5),
        "ms": a.times[1] - a.times[0],
    }
    return out


_KINDS: Mapping[str, Callable[[Anchors], Shape]] = {
    "trend": _straight(0, 1),
    "ray": _straight(0, math.inf),
    "extended": _straight(-math.inf, math.inf),
    "rectangle": _rectangle,
    "channel": _channel,
    "fibonacci": _fibonacci,
    "horizontal": _horizontal,
    "vertical": _vertical,
    "brush": lambda a: Shape(path=list(a.points)),
    "text": lambda a: Shape(note=a.points[0]),
    "measure": _measure,
}


# --- ink -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ink:
    """The looks of a drawing."""

    color: str
    width: float
    dash: str
    size: int

    @classmethod
    def of(cls, kind: str, style: str, colors: Mapping[str, str], t: Tokens) -> Ink:
        """From the JSON text of a style, of which nothing is taken over that was not looked at."""
        said = json.loads(style or "{}")
        width = said.get("width") if said.get("width") in WIDTHS else 2 if kind in _FIRM else 1
        named = str(said.get("color", "text" if kind == "text" else "blue"))
        color = colors.get(named) or (named if re.fullmatch(r"#[0-9a-fA-F]{3,8}", named) else None)
        color = color or getattr(t, named.replace("-", "_"), None) or t.accent
        dash = {"dashed": f"{4 * width + 2} {3 * width + 1}", "dotted": f"{width} {2 * width + 1}"}
        chosen = said.get("dash") if said.get("dash") in DASHES else "solid"
        size = said.get("size") if said.get("size") in SIZES else 14
        return cls(str(color), width, dash.get(chosen, ""), size)


def elements(one: Shape, ink: Ink, t: Tokens) -> list[str]:
    """A shape as SVG."""
    dash = f' stroke-dasharray="{ink.dash}"' if ink.dash else ""
    out = [f'<polygon points="{_points(area)}" fill="{ink.color}" fill-opacity=".1"/>' for area in one.areas]
    for x1, y1, x2, y2, soft in one.lines:
        look = (
            ' stroke-width="1" stroke-dasharray="4 4" stroke-opacity=".7"' if soft else f' stroke-width="{ink.width}"'
        )
        d = f"M{pixels(x1)} {pixels(y1)}L{pixels(x2)} {pixels(y2)}"
        out.append(f'<path d="{d}" stroke="{ink.color}"{look}{"" if soft else dash}/>')
    out += [f'<polygon points="{_points(solid)}" fill="{ink.color}"/>' for solid in one.solids]
    if one.path:
        d = "L".join(f"{pixels(x)} {pixels(y)}" for x, y in one.path)
        look = f'stroke="{ink.color}" stroke-width="{ink.width}" stroke-linecap="round" stroke-linejoin="round"'
        out.append(f'<path d="M{d}" {look}{dash}/>')
    halo = f'stroke="{t.panel}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
    for x, y, text, end in one.texts:
        anchor = ' text-anchor="end"' if end else ""
        out.append(f'<text x="{pixels(x)}" y="{pixels(y)}" fill="{ink.color}" {halo}{anchor}>{safe(text)}</text>')
    return out


def note(text: str, at: Point, ink: Ink, t: Tokens) -> list[str]:
    """A note beside its anchor, in lines that fit."""
    rows = [row for line in text.splitlines() for row in _wrapped(line, int(_NOTE_PX / (_LETTER * ink.size)))]
    tall, wide = 1.35 * ink.size, _LETTER * ink.size * max(map(len, rows), default=0) + 12
    x, top = at[0] + 8, at[1] - len(rows) * tall / 2
    out = [_plate(x, top - 2, wide, len(rows) * tall + 4, t.panel, ' fill-opacity=".72"')]
    for k, row in enumerate(rows):
        y = pixels(top + (k + 0.75) * tall)
        out.append(f'<text x="{pixels(x + 6)}" y="{y}" fill="{ink.color}" font-size="{ink.size}">{safe(row)}</text>')
    return out


def measured(said: Mapping[str, Any], price: Callable[[float], str], box: Box, t: Tokens) -> list[str]:
    """What a measure tells: the change, how many bars, how long."""
    left = _clamp(said["x"] - _MEASURE_PX / 2, box.left + 4, max(box.left + 4, box.right - _MEASURE_PX - 4))
    top = _clamp(said["y"] - 48 if said["above"] else said["y"] + 8, box.top + 4, box.bottom - 46)
    bars = said["bars"]
    sign, minus = "−" if said["change"] < 0 else "+", "−" if bars < 0 else ""
    first = f"{sign}{price(abs(said['change']))} ({change(said['share'])})"
    second = f"{minus}{abs(bars)} bar{'' if abs(bars) == 1 else 's'} · {lasting(said['ms'])}"
    middle = pixels(left + _MEASURE_PX / 2)
    return [
        _plate(left, top, _MEASURE_PX, 38, t.raised, f' stroke="{t.hairline}"'),
        f'<text x="{middle}" y="{pixels(top + 15)}" fill="{t.text}" text-anchor="middle">{safe(first)}</text>',
        f'<text x="{middle}" y="{pixels(top + 31)}" fill="{t.muted}" text-anchor="middle">{safe(second)}</text>',
    ]


def _plate(x: float, y: float, wide: float, tall: float, color: str, more: str) -> str:
    place = f'x="{pixels(x)}" y="{pixels(y)}" width="{pixels(wide)}" height="{pixels(tall)}"'
    return f'<rect {place} rx="4" fill="{color}"{more}/>'


def _wrapped(line: str, most: int) -> list[str]:
    rows = [""]
    for word in line.split(" "):
        if rows[-1] and len(rows[-1]) + len(word) + 1 > most:
            rows.append(word)
        else:
            rows[-1] = f"{rows[-1]} {word}" if rows[-1] else word
    return [row[k : k + most] for row in rows for k in range(0, max(len(row), 1), most)]


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{pixels(x)},{pixels(y)}" for x, y in points)


def _clamp(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))
