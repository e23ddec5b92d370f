"""A study in a still picture: its pane, and its lines, areas, boxes, dots and marks as elements of SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.charts.still_text import pixels
from workbench.charts.studies import Drawn, drawn_outputs
from workbench.charts.theme import Tokens

#: Width of a body, in bars.
BODY = 0.7
_FILL, _CLOUD, _WIDTH, _LEAST = 0.08, 0.18, 1.4, 14
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, eq=False)
class Layer:
    """A study in a picture: what it is, and its numbers (float64 by output), NaN where there is none."""

    drawn: Drawn
    lines: dict[str, np.ndarray]

    @classmethod
    def of(cls, drawn: Drawn, values: np.ndarray) -> Layer:
        """From float64[n, outputs]."""
        rows = np.asarray(values, float).reshape(len(values), len(drawn.one.outputs)).T
        known = (np.where(np.isfinite(row), row, np.nan) for row in rows)
        return cls(drawn, dict(zip(drawn.one.outputs, known, strict=True)))


@dataclass
class Pane:
    """A part of the picture between two heights, the range of values in it, and what is told above it."""

    top: float
    bottom: float
    layers: list[Layer] = field(default_factory=list)
    low: float = math.nan
    high: float = math.nan
    rows: list[str] = field(default_factory=list)
    legend: float = 0.0

    def fit(self, columns: Iterable[np.ndarray]) -> None:
        """Take in the values of all columns; a flat range gets room above and below."""
        known = np.concatenate([np.zeros(0), *columns])
        known = known[np.isfinite(known)]
        if len(known):
            low, high = float(known.min()), float(known.max())
            room = 0.04 * (high - low) if high - low > 1e-12 * max(abs(low), abs(high)) else 0.01 * abs(high) or 1.0
            self.low, self.high = low - room, high + room

    @property
    def known(self) -> bool:
        """Whether there is something to draw, and room for it."""
        return not math.isnan(self.low) and self.bottom - self.top >= _LEAST

    @property
    def span(self) -> float:
        """Between the lowest value and the highest."""
        return self.high - self.low

    def y(self, values: np.ndarray | float) -> np.ndarray | float:
        """Heights of values."""
        return self.bottom - (np.asarray(values) - self.low) / self.span * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Round values at least 28 px apart."""
        raw = self.span / max(1.0, (self.bottom - self.top) / 28)
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(size * one for one in _STEPS if size * one >= raw * (1 - 1e-9))
        return [k * step for k in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


class Pen:
    """Draws studies over bars.

    Parameters
    ----------
    x
        Middle of each bar, px.
    step
        From bar to bar, px.
    prices
        Open, high, low and close.
    t
        Colours.
    """

    def __init__(self, x: np.ndarray, step: float, prices: Sequence[np.ndarray], t: Tokens) -> None:
        self.x, self.step, self.prices, self.t = x, step, prices, t

    def study(self, pane: Pane, layer: Layer, colors: dict[str, str]) -> list[str]:
        """The elements of a study; ``colors`` by output, "" for that of its sign."""
        drawn, one = layer.drawn, layer.drawn.one
        looks, shown = drawn.study.looks, {name: layer.lines[name] for name in drawn_outputs(one)}
        if drawn.marked:
            return self._marks(pane, next(iter(shown.values())), looks.color(one.outputs[0]))
        out: list[str] = []
        if drawn.own_pane:
            wide = f'stroke="{self.t.muted}" stroke-dasharray="3 3" stroke-opacity=".6"'
            end = pixels(self.x[-1] + self.step) if len(self.x) else "0"
            out += [_path(f"M0 {pixels(float(pane.y(level)))}H{end}", wide) for level in one.levels
                    if pane.low <= level <= pane.high]  # fmt: skip
        bands = [name for name in shown if one.styles.get(name) == "band"]
        if {"upper", "lower"} <= set(shown) and one.styles.get("upper", "line") in ("line", "band"):
            look = f'fill="{colors["upper"]}" fill-opacity="{_FILL}"'
            out.append(_path(self._area(pane, shown["lower"], shown["upper"]), look))
        elif len(bands) == 2:
            first, second = (shown[name] for name in bands)
            above = np.maximum(first, second)
            out.append(_path(self._area(pane, second, above), f'fill="{self.t.up}" fill-opacity="{_CLOUD}"'))
            out.append(_path(self._area(pane, first, above), f'fill="{self.t.down}" fill-opacity="{_CLOUD}"'))
        dash = "" if one.causal else ' stroke-dasharray="5 4"'
        flags = drawn.own_pane and len(shown) > 1
        for name, line in shown.items():
            style, color, width = one.styles.get(name, "line"), colors[name], looks.width(name) or _WIDTH
            look = f'stroke="{color}" stroke-width="{width:g}" stroke-linejoin="round" stroke-linecap="round"'
            if style == "histogram":
                out += self._histogram(pane, line, color)
            elif style == "dots":
                out += self._dots(pane, line, color, flags)
            elif style == "step":
                out.append(_path(self._steps(pane, line), look + dash))
            else:
                out.append(_path(self._line(pane, line, name in one.sparse), look + dash))
        return [element for element in out if element]

    def boxes(self, pane: Pane, line: np.ndarray, some: np.ndarray) -> str:
        """A path of boxes from zero to the values of some bars."""
        zero = pixels(float(pane.y(min(max(0.0, pane.low), pane.high))))
        body, y = max(0.6, BODY * self.step), pane.y(line)
        wide = pixels(body)
        return "".join(
            f"M{pixels(self.x[i] - body / 2)} {zero}h{wide}V{pixels(y[i])}h-{wide}z" for i in np.flatnonzero(some)
        )

    def _histogram(self, pane: Pane, line: np.ndarray, color: str) -> list[str]:
        with np.errstate(invalid="ignore"):
            sides = ((line >= 0, color or self.t.up), (line < 0, color or self.t.down))
        return [_path(self.boxes(pane, line, side), f'fill="{ink}" fill-opacity=".7"') for side, ink in sides]

    def _line(self, pane: Pane, line: np.ndarray, sparse: bool) -> str:
        """A path with gaps where values are missing; values that stand alone (turning points) are joined."""
        at = np.flatnonzero(np.isfinite(line))
        y, runs = pane.y(line), _runs(np.isfinite(line))
        if sparse and len(runs) > 1 and len(runs) > 0.5 * len(at):
            runs = [at.tolist()]
        # A run of one is a dot, by the round ends of the line.
        paths = ("L".join(f"{pixels(self.x[i])} {pixels(y[i])}" for i in run) + "h0" * (len(run) == 1) for run in runs)
        return "".join(f"M{path}" for path in paths)

    def _steps(self, pane: Pane, line: np.ndarray) -> str:
        """A path that is level over each bar, with gaps."""
        y, half, out = pane.y(line), self.step / 2, []
        for run in _runs(np.isfinite(line)):
            level = pixels(y[run[0]])
            out.append(f"M{pixels(self.x[run[0]] - half)} {level}")
            for i in run[1:]:
                if pixels(y[i]) != level:
                    level = pixels(y[i])
                    out.append(f"H{pixels(self.x[i] - half)}V{level}")
            out.append(f"H{pixels(self.x[run[-1]] + half)}")
        return "".join(out)

    def _area(self, pane: Pane, low: np.ndarray, high: np.ndarray) -> str:
        known = np.isfinite(low) & np.isfinite(high)
        under, over, out = pane.y(low), pane.y(high), []
        for run in _runs(known):
            forth = "L".join(f"{pixels(self.x[i])} {pixels(over[i])}" for i in run)
            back = "L".join(f"{pixels(self.x[i])} {pixels(under[i])}" for i in reversed(run))
            out.append(f"M{forth}L{back}z")
        return "".join(out)

    def _dots(self, pane: Pane, line: np.ndarray, color: str, flags: bool) -> list[str]:
        """Dots; of several outputs those that are 0 or 1 stand on the zero line, faint where 0."""
        known = np.flatnonzero(np.isfinite(line))
        flags = flags and bool(np.isin(line[known], (0.0, 1.0)).all())
        y, out = np.full(len(line), pane.y(0.0)) if flags else pane.y(line), []
        for some, ink in ((line != 0.0, color), (line == 0.0, self.t.faint)) if flags else ((line == line, color),):
            d = "".join(f"M{pixels(self.x[i])} {pixels(y[i])}h0" for i in known if some[i])
            out.append(_path(d, f'stroke="{ink}" stroke-width="3.6" stroke-linecap="round"'))
        return out

    def _marks(self, pane: Pane, line: np.ndarray, chosen: str | None) -> list[str]:
        """Marks of a pattern: below the low where it is above 0, above the high where it is below."""
        half, out = 4.0, []
        _, high, low, _ = self.prices
        for up, edge, color in ((True, low, self.t.up_text), (False, high, self.t.down_text)):
            d = []
            for i in np.flatnonzero(np.isfinite(edge) & (line > 0 if up else line < 0)):
                y = min(float(pane.y(edge[i])) + 4, pane.bottom - 7) if up else float(pane.y(edge[i])) - 4
                d.append(f"M{pixels(self.x[i])} {pixels(y)}l{pixels(half)} {'7' if up else '-7'}h-{pixels(2 * half)}z")
            out.append(_path("".join(d), f'fill="{chosen or color}"'))
        return [element for element in out if element]


def _path(d: str, look: str) -> str:
    return f'<path d="{d}" {look}/>' if d else ""


def _runs(known: np.ndarray) -> list[list[int]]:
    """Places that are known, in runs without a gap."""
    at = np.flatnonzero(known)
    return [run.tolist() for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(run)]
