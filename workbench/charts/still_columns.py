"""What chart types compute in the browser, computed here: the twin of ``js/types.js`` for pictures without one.

A test holds both to the same numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Bars = Mapping[str, np.ndarray]
_CALL = re.compile(r"return wbTypes\.(\w+)\((.*)\)(?:\.([xy]))?;\s*$")


class Unable(Exception):
    """Something that only a browser can draw."""


def computed(expression: Any, bars: Bars) -> Any:
    """Values of an expression of ``ChartType.computed`` for the columns of its source.

    Raises
    ------
    Unable
        The expression is somebody else's.
    """
    found = _CALL.search(getattr(expression, "code", ""))
    if found is None or found[1] not in _TWINS:
        raise Unable(found[1] if found else type(expression).__name__)
    name, words, part = found.groups()
    known = {"bars": bars, "figure": expression.args.get("figure")}
    base = expression.args.get("base")
    known["base.location"] = None if base is None else base.location
    words = [word.strip() for word in words.split(",")]
    out = _TWINS[name](*(known[word] if word in known else float(word) for word in words))
    return out if part is None else out["xy".index(part)]


def rising(bars: Bars) -> np.ndarray:
    """1 where a bar closed at or above the close before it (the first: its open), else 0."""
    close = bars["close"]
    before = np.concatenate([bars["open"][:1], close[:-1]])
    return (close >= before).astype(float)


def hollow(bars: Bars) -> np.ndarray:
    """2 where a bar closed above its open, else as ``rising``."""
    return np.where(bars["close"] > bars["open"], 2.0, rising(bars))


def widths(bars: Bars) -> np.ndarray:
    """Share of a bar's room by its volume; the twentieth that traded most is drawn alike."""
    volume = np.asarray(bars["volume"], float)
    if not len(volume):
        return volume
    most = float(np.sort(volume)[math.floor(0.95 * (len(volume) - 1))]) or 1.0
    return 0.96 * np.clip(volume / most, 0.1, 1.0)


def edges(bars: Bars, side: float) -> np.ndarray:
    """Edges of bodies of those widths."""
    return bars["x"] + side * widths(bars) / 2


def floor(bars: Bars, figure: Any) -> np.ndarray:
    """A price that no window reaches down to, on a scale of prices and on one of their logarithms."""
    from bokeh.models import LogScale

    close = np.asarray(bars["close"], float)
    if not len(close):
        return close
    low, high = float(close.min()), float(close.max())
    if isinstance(getattr(figure, "y_scale", None), LogScale) and low > 0:
        return np.full(len(close), low * (low / high) ** 9 / 1e3)
    return np.full(len(close), low - 20 * ((high - low) or abs(low) or 1.0))


Lines = tuple[list[list[float]], list[list[float]]]


def area(bars: Bars, base: float | None, side: float) -> Lines:
    """The outline between the closes on one side of the base and the base, as that of the first bar."""
    xs, ys = _walk(bars, base, side, None)
    if xs:
        x = bars["x"]
        xs, ys = [float(x[0]), *xs, float(x[-1])], [float(base), *ys, float(base)]
    return _first(len(bars["x"]), xs, ys)


def line(bars: Bars, base: float | None, side: float) -> Lines:
    """The closes on one side of the base, NaN where they leave it."""
    return _first(len(bars["x"]), *_walk(bars, base, side, math.nan))


def _walk(bars: Bars, base: float | None, side: float, pause: float | None) -> tuple[list[float], list[float]]:
    xs: list[float] = []
    ys: list[float] = []
    if base is None:
        return xs, ys
    x, close = bars["x"].tolist(), bars["close"].tolist()
    before = 0.0
    for i, (at, price) in enumerate(zip(x, close, strict=True)):
        off = (price - base) * side
        before = before if i else off
        if before < 0 <= off and pause is not None:
            xs.append(pause)
            ys.append(pause)
        if off * before < 0:
            xs.append(x[i - 1] + before / (before - off) * (at - x[i - 1]))
            ys.append(base)
        if off >= 0:
            xs.append(at)
            ys.append(price)
        before = off
    return xs, ys


def _first(count: int, xs: list[float], ys: list[float]) -> Lines:
    return [xs, *([[]] * (count - 1))][:count], [ys, *([[]] * (count - 1))][:count]


_TWINS: Mapping[str, Callable[..., Any]] = {
    one.__name__: one for one in (rising, hollow, widths, edges, floor, area, line)
}
