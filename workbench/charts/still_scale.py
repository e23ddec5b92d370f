"""Scales and ticks of still pictures, as the chart's scripts have them (``js/scale.js``, ``js/studies.js``).

A test holds both to the same numbers and words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.charts.still_text import on_axis, price

_GAP, _LEAST, _MOST = 44, 2, 10


@dataclass
class Scale:
    """Heights of values between two edges.

    Parameters
    ----------
    kind
        ``linear``, ``log`` or ``percent``.
    top, bottom
        Edges, px.
    base
        What percents count from.
    """

    kind: str
    top: float
    bottom: float
    base: float = math.nan
    low: float = math.nan
    high: float = math.nan

    def follow(self, values: np.ndarray, room: float) -> None:
        """Take in values, with ``room`` of their span shared by both ends; what is flat gets a span of 2."""
        if not len(values):
            return
        if self.kind == "log" and values.min() <= 0:
            self.kind = "linear"
        low, high = self._placed(np.array([values.min(), values.max()], float)).tolist()
        span = (high - low) * (1 + room) if high > low else 2.0 if self.kind != "log" else math.log(100.0)
        middle = (low + high) / 2
        self.low, self.high = middle - span / 2, middle + span / 2

    def hold(self, low: float, high: float) -> None:
        """Have these values at the edges, whatever was taken in."""
        if self.kind == "log" and low <= 0:
            self.kind = "linear"
        self.low, self.high = self._placed(np.array([low, high], float)).tolist()

    @property
    def known(self) -> bool:
        """Whether there is something to draw."""
        return not math.isnan(self.low)

    def y(self, values: np.ndarray | float) -> np.ndarray:
        """Heights of values, px."""
        share = (self._placed(np.asarray(values, float)) - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)

    @property
    def edges(self) -> tuple[float, float]:
        """The lowest and the highest value that is on the picture."""
        return (math.exp(self.low), math.exp(self.high)) if self.kind == "log" else (self.low, self.high)

    def _placed(self, values: np.ndarray) -> np.ndarray:
        if self.kind != "log":
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log(values), np.nan)

    def ticks(self) -> list[float]:
        """Round prices, or prices at round percents."""
        most = max(_LEAST, min(_MOST, int((self.bottom - self.top) // _GAP)))
        start, end = self.edges
        if self.kind == "log":
            return logarithmic(start, end, (self.high - self.low) / most)
        if self.kind == "percent" and self.base > 0:
            shares = even(100 * (start / self.base - 1), 100 * (end / self.base - 1), most)
            return [self.base * (1 + share / 100) for share in shares]
        return even(start, end, most)

    def labels(self, ticks: Sequence[float], decimals: int) -> list[str]:
        """Words for ticks."""
        if self.kind == "percent" and self.base > 0:
            step = 100 * abs(ticks[1] - ticks[0]) / self.base if len(ticks) > 1 else 1.0
            need = max(0, min(4, math.ceil(-math.log10(step) - 1e-6)))
            return [percent(tick / self.base - 1, need) for tick in ticks]
        apart = np.diff(ticks)
        step = (float(apart.min()) if self.kind == "log" else abs(float(apart[0]))) if len(apart) else 1.0
        return [on_axis(tick, step, decimals) for tick in ticks]

    def worth(self, value: float, decimals: int) -> str:
        """What a price is called at the axis."""
        if self.kind == "percent" and self.base > 0:
            return percent(value / self.base - 1, 2)
        return price(value, decimals)


def percent(share: float, decimals: int) -> str:
    """A fraction as a percentage with its sign, and without one where it is written as nought."""
    text = f"{abs(100 * share):,.{decimals}f}"
    sign = "" if float(text.replace(",", "")) == 0 else "−" if share < 0 else "+"
    return f"{sign}{text} %"


def nice(step: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is no less."""
    power = 10.0 ** math.floor(math.log10(step))
    share = step / power
    return power * next((one for one in (1, 2, 5) if share <= one + 1e-9), 10)


def even(start: float, end: float, most: int) -> list[float]:
    """Round values at even distances, about ``most`` of them at most."""
    if not end > start:
        return []
    step = nice((end - start) / most)
    places = max(0, min(20, 1 - math.floor(math.log10(step))))
    first, last = math.ceil(start / step - 1e-9), math.floor(end / step + 1e-12)
    return [round(k * step, places) for k in range(first, last + 1)]


def logarithmic(start: float, end: float, least: float) -> list[float]:
    """Round prices no nearer to each other than ``least``, a distance of natural logarithms."""
    if not 0 < start < end:
        return []
    first, last = math.floor(math.log10(start)), math.ceil(math.log10(end))
    out: list[float] = []
    if least > math.log(2):
        every = math.ceil(least / math.log(10))
        half = (1, 3) if least <= math.log(3) else (1,)
        begin = math.ceil(first / every) * every - every
        out = [m * 10.0**k for k in range(begin, last + 1, every) for m in half]
    else:
        for k in range(first, last + 1):
            for low, high in ((1, 2), (2, 5), (5, 10)):
                step = min(float(high - low), nice(high * (1 - math.exp(-least))))
                parts = round((high - low) / step)
                whole = abs(parts * step - (high - low)) < 1e-6 * step
                out += [(low + i * step) * 10.0**k for i in range(parts if whole else 1)]
    return [float(f"{value:.12g}") for value in out if start <= value <= end]


def adaptive(low: float, high: float, desired: int) -> list[float]:
    """Ticks of an axis that nothing else is said of, as Bokeh's ``BasicTicker`` places them."""
    span = high - low
    if not span > 0:
        return []
    magnitude = 10.0 ** math.floor(math.log10(span / desired))
    size = min((0.5, 1, 2, 5, 10), key=lambda one: abs(desired - span / (one * magnitude))) * magnitude
    return [k * size for k in range(math.ceil(low / size), math.floor(high / size) + 1)]


def study_labels(ticks: Sequence[float], scale: Scale) -> list[str]:
    """Words for the ticks of a study's pane: none where they would touch each other or those of the pane next door."""
    low, high = scale.edges
    per = (scale.bottom - scale.top) / (high - low)
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else max(map(abs, ticks), default=0) or 1.0
    most, out = max(map(abs, ticks), default=0), []
    for at, tick in enumerate(ticks):
        near = len(ticks) > 1 and step * per < 18 and at % 2
        out.append("" if near or (tick - low) * per < 5 or (high - tick) * per < 5 else _short(tick, step, most))
    return out


def _short(value: float, step: float, most: float) -> str:
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "K")):
        by = 1e3 if letter == "K" else unit
        if most >= unit:
            return f"{value / by:,.{_places(step / by)}f}{f' {letter}' if value else ''}".replace("-", "−")
    return f"{value:,.{_places(step)}f}".replace("-", "−")


def _places(step: float) -> int:
    return min(8, max(0, math.ceil(-math.log10(step) - 1e-9))) if step > 0 else 2
