"""Glyphs of Bokeh as SVG: what a figure has on it is drawn in a still picture by the same models as on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bokeh.models import Dodge, LinearColorMapper, Span

from workbench.charts.still_columns import Unable, computed
from workbench.charts.still_text import pixels, safe

#: What is farther off the picture than this (px) is drawn there: a floor far below must not make a path a mile long.
_FAR = 4_000.0
_DASHES = {"solid": [], "dashed": [6], "dotted": [2, 4], "dotdash": [2, 4, 6, 4], "dashdot": [6, 4, 2, 4]}
#: Markers as outlines in a square from -1 to 1; all others are circles.
_MARKERS: Mapping[str, Sequence[tuple[float, float]]] = {
    "triangle": ((-1, 0.75), (1, 0.75), (0, -1)),
    "inverted_triangle": ((-1, -0.75), (1, -0.75), (0, 1)),
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "diamond": ((0, -1), (0.75, 0), (0, 1), (-0.75, 0)),
}


@dataclass
class Brush:
    """Draws glyphs where two functions say.

    Parameters
    ----------
    x, y
        Pixels of coordinates.
    edges
        Left, top, right and bottom of the frame, px; spans reach from edge to edge.
    """

    x: Callable[[np.ndarray], np.ndarray]
    y: Callable[[np.ndarray], np.ndarray]
    edges: tuple[float, float, float, float]
    out: list[str] = field(default_factory=list)

    def draw(self, model: Any) -> None:
        """Add the elements of a renderer or a span; nothing for one that is not visible.

        Raises
        ------
        Unable
            It is of a kind that only a browser draws.
        """
        if not model.visible:
            return
        if isinstance(model, Span):
            self._span(model)
            return
        kind = type(model.glyph).__name__
        if kind not in _KINDS:
            raise Unable(kind)
        _KINDS[kind](self, _Row(model))

    # --- kinds ---------------------------------------------------------------------------------------------------

    def _span(self, span: Span) -> None:
        if span.location is None:
            return
        left, top, right, bottom = self.edges
        at = pixels(self._far((self.y if span.dimension == "width" else self.x)(np.array([float(span.location)])))[0])
        d = f"M{pixels(left)} {at}H{pixels(right)}" if span.dimension == "width" else f"M{at} {pixels(top)}V{bottom:g}"
        self._path(d, _stroke(span, span.line_color, span.line_width))

    def _segment(self, row: _Row) -> None:
        x0, x1 = self._xs(row, "x0"), self._xs(row, "x1")
        y0, y1 = self._ys(row, "y0"), self._ys(row, "y1")
        d = [f"M{pixels(a)} {pixels(b)}L{pixels(c)} {pixels(e)}" for a, b, c, e in zip(x0, y0, x1, y1, strict=True)]
        self._lines(row, d, _known(x0, x1, y0, y1))

    def _vbar(self, row: _Row) -> None:
        middle, half = row.numbers("x"), row.numbers("width") / 2
        left, right = self.x(middle - half), self.x(middle + half)
        one, other = self._ys(row, "top"), self._ys(row, "bottom")
        self._boxes(row, left, right, np.minimum(one, other), np.maximum(one, other))

    def _quad(self, row: _Row) -> None:
        one, other = self._ys(row, "top"), self._ys(row, "bottom")
        left, right = self._xs(row, "left"), self._xs(row, "right")
        self._boxes(row, left, right, np.minimum(one, other), np.maximum(one, other))

    def _boxes(self, row: _Row, *sides: np.ndarray) -> None:
        known = _known(*sides)
        d = [
            f"M{pixels(a)} {pixels(c)}H{pixels(b)}V{pixels(e)}H{pixels(a)}z" if ok else ""
            for a, b, c, e, ok in zip(*sides, known, strict=True)
        ]
        self._fills(row, d, known)
        self._lines(row, d, known)

    def _line(self, row: _Row) -> None:
        self._path(_run(self._xs(row, "x"), self._ys(row, "y")), row.stroke())

    def _step(self, row: _Row) -> None:
        x, y, mode = row.numbers("x"), self._ys(row, "y"), row.glyph.mode
        if mode == "center":
            between = (x[:-1] + x[1:]) / 2
            xs = np.concatenate([x[:1], np.repeat(between, 2), x[-1:]])
            ys = np.repeat(y, 2)
        else:
            xs, ys = np.repeat(x, 2), np.repeat(y, 2)
            xs, ys = (xs[1:], ys[:-1]) if mode == "after" else (xs[:-1], ys[1:])
        self._path(_run(self._far(self.x(xs)), ys), row.stroke())

    def _varea(self, row: _Row) -> None:
        x, one, other = self._xs(row, "x"), self._ys(row, "y1"), self._ys(row, "y2")
        d = []
        for run in _runs(_known(x, one, other)):
            forth = "L".join(f"{pixels(x[i])} {pixels(one[i])}" for i in run)
            back = "L".join(f"{pixels(x[i])} {pixels(other[i])}" for i in reversed(run))
            d.append(f"M{forth}L{back}z")
        self._path("".join(d), row.fill())

    def _outlines(self, row: _Row) -> None:
        for xs, ys in zip(row.values("xs"), row.values("ys"), strict=True):
            x = self._far(self.x(np.asarray(xs, float)))
            d = _run(x, self._far(self.y(np.asarray(ys, float))))
            if hasattr(row.glyph, "fill_color"):
                self._path(d + "z" * bool(d), row.fill())
            if row.glyph.line_color is not None:
                self._path(d, row.stroke())

    def _scatter(self, row: _Row) -> None:
        x, y, half = self._xs(row, "x"), self._ys(row, "y"), row.numbers("size") / 2
        shape, known = _MARKERS.get(str(row.constant("marker"))), _known(x, y)
        if shape is None:
            d = [
                f"M{pixels(a - r)} {pixels(b)}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 -{2 * r:g} 0"
                if ok
                else ""
                for a, b, r, ok in zip(x, y, half, known, strict=True)
            ]
        else:
            d = [
                "M" + "L".join(f"{pixels(a + r * u)} {pixels(b + r * v)}" for u, v in shape) + "z" if ok else ""
                for a, b, r, ok in zip(x, y, half, known, strict=True)
            ]
        self._fills(row, d, known)
        self._lines(row, d, known)

    def _ellipse(self, row: _Row) -> None:
        middle, half = row.numbers("x"), row.numbers("width") / 2
        x, wide = self.x(middle), (self.x(middle + half) - self.x(middle - half)) / 2
        at, tall = row.numbers("y"), row.numbers("height") / 2
        y, high = self.y(at), (self.y(at - tall) - self.y(at + tall)) / 2
        known = _known(x, y, high)
        d = [
            f"M{pixels(a - r)} {pixels(b)}a{r:.1f} {h:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {h:.1f} 0 1 0 -{2 * r:.1f} 0"
            for a, b, r, h in zip(x, y, wide, high, strict=True)
        ]
        self._fills(row, d, known)
        self._lines(row, d, known)

    def _text(self, row: _Row) -> None:
        glyph, words = row.glyph, row.values("text")
        x, y = self._xs(row, "x") + row.numbers("x_offset"), self._ys(row, "y") + row.numbers("y_offset")
        anchor = {"center": "middle", "right": "end"}.get(str(row.constant("text_align")), "start")
        lift = {"middle": 4, "top": 10, "hanging": 10}.get(str(row.constant("text_baseline")), 0)
        size = str(row.constant("text_font_size")).removesuffix("px")
        for at, color in enumerate(row.colors("text_color")):
            if color and np.isfinite(x[at] + y[at]) and words[at]:
                self.out.append(
                    f'<text x="{pixels(x[at])}" y="{pixels(y[at] + lift)}" fill="{color}" text-anchor="{anchor}" '
                    f'font-size="{size}" fill-opacity="{glyph.text_alpha:g}">{safe(str(words[at]))}</text>'
                )

    # --- pieces --------------------------------------------------------------------------------------------------

    def _xs(self, row: _Row, name: str) -> np.ndarray:
        return self._far(self.x(row.numbers(name)))

    def _ys(self, row: _Row, name: str) -> np.ndarray:
        return self._far(self.y(row.numbers(name)))

    def _far(self, at: np.ndarray) -> np.ndarray:
        left, top, right, bottom = self.edges
        return np.clip(at, min(left, top) - _FAR, max(right, bottom) + _FAR)

    def _fills(self, row: _Row, d: Sequence[str], known: np.ndarray) -> None:
        for color, some in _groups(row.colors("fill_color"), known):
            self._path("".join(d[i] for i in some), row.fill(color))

    def _lines(self, row: _Row, d: Sequence[str], known: np.ndarray) -> None:
        wide = row.numbers("line_width")
        pairs = [color and (color, width) for color, width in zip(row.colors("line_color"), wide, strict=True)]
        for (color, width), some in _groups(pairs, known):
            self._path("".join(d[i] for i in some), _stroke(row.glyph, color, width))

    def _path(self, d: str, look: str) -> None:
        if d and look:
            self.out.append(f'<path d="{d}" {look}/>')


class _Row:
    """A renderer's glyph with the columns of its source at hand."""

    def __init__(self, renderer: Any) -> None:
        self.glyph, self.data = renderer.glyph, renderer.data_source.data
        self.count = len(next(iter(self.data.values()), ()))

    def values(self, name: str) -> Any:
        """A property for each row."""
        return self._of(getattr(self.glyph, name))

    def numbers(self, name: str) -> np.ndarray:
        return np.asarray(self.values(name), float)

    def constant(self, name: str) -> Any:
        """A property that is the same for all rows."""
        said = getattr(self.glyph, name)
        if isinstance(said, str) and said in self.data:
            return next(iter(self.data[said]), "")
        return getattr(said, "value", said)

    def colors(self, name: str) -> list[str | None]:
        """A colour for each row; None where there is none."""
        said = getattr(self.glyph, name, None)
        mapper = getattr(said, "transform", None)
        if isinstance(mapper, LinearColorMapper):
            return _mapped(mapper, np.asarray(self._of(said, plain=True), float))
        return [color or None for color in self._of(said)]

    def stroke(self) -> str:
        """The look of a line that is one path."""
        return _stroke(self.glyph, self.constant("line_color"), self.constant("line_width"))

    def fill(self, color: str | None = None) -> str:
        """The look of an area."""
        color = self.constant("fill_color") if color is None else color
        alpha = self.constant("fill_alpha")
        return f'fill="{color}"' + ("" if alpha == 1 else f' fill-opacity="{alpha:g}"') if color else ""

    def _of(self, said: Any, *, plain: bool = False) -> Any:
        if isinstance(said, str) and said in self.data:
            return self.data[said]
        if (expression := getattr(said, "expr", None)) is not None:
            found = computed(expression, self.data)
        elif (name := getattr(said, "field", None)) is not None:
            found = self.data[name]
        else:
            return [getattr(said, "value", said)] * self.count
        transform = getattr(said, "transform", None)
        if plain or not hasattr(transform, "id"):
            return found
        if isinstance(transform, Dodge):
            return np.asarray(found, float) + transform.value
        raise Unable(type(transform).__name__)


def drawable(models: Iterable[Any]) -> bool:
    """Whether all of these can be drawn without a browser: glyphs and columns that are known here."""
    brush = Brush(np.asarray, np.asarray, (0.0, 0.0, 1.0, 1.0))
    try:
        for model in models:
            brush.draw(model)
    except Unable:
        return False
    return True


def extent(renderers: Iterable[Any], among: tuple[float, float]) -> np.ndarray:
    """The heights that renderers reach between two places on the x axis, for an axis that follows them."""
    found = [np.zeros(0)]
    for renderer in renderers:
        if type(renderer.glyph).__name__ not in _KINDS:
            continue
        row = _Row(renderer)
        if not row.count:
            continue
        at = row.numbers("x1" if hasattr(renderer.glyph, "x1") else "x")
        there = (at >= among[0]) & (at <= among[1])
        for name in ("y", "y0", "y1", "y2", "top", "bottom"):
            if hasattr(renderer.glyph, name):
                found.append(row.numbers(name)[there])
    known = np.concatenate(found)
    return known[np.isfinite(known)]


def _mapped(mapper: LinearColorMapper, values: np.ndarray) -> list[str | None]:
    count = len(mapper.palette)
    with np.errstate(invalid="ignore"):
        share = (values - mapper.low) / (mapper.high - mapper.low) * count
    at = np.clip(np.nan_to_num(np.floor(share)), 0, count - 1).astype(int)
    return [str(mapper.palette[i]) if ok else None for i, ok in zip(at, np.isfinite(values), strict=True)]


def _groups(keys: Sequence[Any], known: np.ndarray) -> Iterable[tuple[Any, list[int]]]:
    """Rows of each key, in the order in which the keys appear."""
    found: dict[Any, list[int]] = {}
    for at, key in enumerate(keys):
        if key and known[at]:
            found.setdefault(key, []).append(at)
    return found.items()


def _stroke(model: Any, color: Any, width: Any) -> str:
    if not color:
        return ""
    dash, alpha = model.line_dash, getattr(model.line_alpha, "value", model.line_alpha)
    dash = _DASHES.get(dash, []) if isinstance(dash, str) else dash
    look = f'stroke="{color}"' + ("" if width == 1 else f' stroke-width="{width:g}"')
    look += f' stroke-dasharray="{" ".join(f"{one:g}" for one in dash)}"' if dash else ""
    look += "" if alpha == 1 else f' stroke-opacity="{alpha:g}"'
    cap, join = str(getattr(model, "line_cap", "butt")), str(getattr(model, "line_join", "bevel"))
    return look + (f' stroke-linecap="{cap}"' if cap != "butt" else "") + f' stroke-linejoin="{join}"'


def _known(*columns: np.ndarray) -> np.ndarray:
    return np.isfinite(sum(columns))


def _runs(known: np.ndarray) -> list[list[int]]:
    at = np.flatnonzero(known)
    return [run.tolist() for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(run)]


def _run(x: np.ndarray, y: np.ndarray) -> str:
    """A path with gaps where there is no place."""
    paths = ("L".join(f"{pixels(x[i])} {pixels(y[i])}" for i in run) for run in _runs(_known(x, y)) if len(run) > 1)
    return "".join(f"M{path}" for path in paths)


_KINDS: Mapping[str, Callable[[Brush, _Row], None]] = {
    "Segment": Brush._segment,
    "VBar": Brush._vbar,
    "Quad": Brush._quad,
    "Line": Brush._line,
    "Step": Brush._step,
    "VArea": Brush._varea,
    "Patches": Brush._outlines,
    "MultiLine": Brush._outlines,
    "Scatter": Brush._scatter,
    "Ellipse": Brush._ellipse,
    "Text": Brush._text,
}
