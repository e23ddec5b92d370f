"""Words of still pictures: numbers, prices, dates and the labels of a time axis, as the chart's scripts write them."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from html import escape

import numpy as np

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_S = 1_000_000_000
_DAY = 86_400 * _S
#: How much a bar begins something new, seen from the one before it: the greater, the sooner it gets a label.
_YEAR, _MONTH, _DATE, _WITHIN_A_MINUTE = 100, 90, 80, 36
_STEPS = (
    (43_200, 65), (21_600, 62), (10_800, 58), (3_600, 54), (1_800, 48), (900, 44),
    (300, 40), (60, 36), (30, 30), (15, 26), (5, 22), (1, 10),
)  # fmt: skip
_LARGE = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e5, "k"))


def pixels(value: float) -> str:
    """A coordinate to a tenth of a pixel."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def safe(text: str) -> str:
    """Text for SVG; what XML cannot hold is left out."""
    return escape("".join(c for c in text if c.isprintable() or c == " "))


def on_axis(value: float, step: float, decimals: int | None = None) -> str:
    """A value of an axis, with the decimals that its steps need; of prices at most one more than ``decimals``."""
    need = math.ceil(-math.log10(step) - 1e-9) if step > 0 else 0
    if decimals is not None:
        return price(value, max(min(decimals, 2), min(max(need, 0), decimals + 1)))
    for size, letter in _LARGE:
        if max(abs(value), step) >= size:
            unit = 1e3 if letter == "k" else size
            return f"{value / unit:.4g}{letter}"
    places = max(0, min(10, need))
    if places < 10 and step > 0 and abs(round(step, places) - step) > 1e-9 * step:
        places += 1  # steps of 2.5
    return f"{value:.{places}f}" if round(value, places) else "0"


def price(value: float, decimals: int) -> str:
    """A price with these decimals and with thousands apart."""
    return _fixed(value, decimals) if math.isfinite(value) else "–"


def _fixed(value: float, decimals: int) -> str:
    """Rounded as browsers do: the shortest text of the number, halves away from zero."""
    return f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"


def number(value: float) -> str:
    """A value of any size, to five digits."""
    if not math.isfinite(value):
        return "–"
    for size, letter in _LARGE:
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):.4g}{letter}"
    return f"{value:.5g}"


def volume(value: float) -> str:
    """A volume, short: ``1.23 M``."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if size >= unit:
            return f"{_fixed(value / unit, 0 if size >= 100 * unit else 1 if size >= 10 * unit else 2)} {letter}"
    return _fixed(value, 0 if value == int(value) else 1 if size >= 100 else 2 if size >= 1 else 4)


def worth(value: float) -> str:
    """A value of a study in a legend of the chart: five digits or so, whatever the size."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e5, "K")):
        if size >= unit:
            by = 1e3 if letter == "K" else unit
            return f"{_fixed(value / by, 1 if size >= 100 * by else 2)} {letter}".replace("-", "−")
    decimals = 2 if size == 0 or size >= 1 else min(8, 3 - math.floor(math.log10(size)))
    return _fixed(value, decimals).replace("-", "−")


def lasting(ms: float) -> str:
    """A stretch of time by its two greatest units: ``2 d 4 h``."""
    rest, out = round(abs(ms) / 1000), []
    for seconds, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, seconds)
        if count:
            out.append(f"{count} {unit}")
        elif out:
            break
        if len(out) == 2:
            break
    return " ".join(out) or "0 s"


def change(value: float) -> str:
    """A fraction as a signed percentage; nothing where there is none."""
    return f"{'−' if value < 0 else '+'}{abs(value):.2%}".replace("%", " %") if math.isfinite(value) else ""


def moment(wall: int, *, dated: bool = False, seconds: bool = False) -> str:
    """A wall time (ns) in full: ``Mon 2 Mar 2026 14:30``."""
    day = int(wall // _DAY)
    year, month, date = str(np.datetime64(day, "D")).split("-")
    text = f"{_DAYS[(day + 3) % 7]} {int(date)} {_MONTHS[int(month) - 1]} {year}"
    return text if dated else f"{text} {_clock(wall, seconds)}"


def time_labels(wall: np.ndarray, gap: int) -> dict[int, str]:
    """Labels of a time axis by the place of the bar: what is newest in weight first, none nearer than ``gap`` bars.

    Parameters
    ----------
    wall
        int64 ns of each bar on the wall clock of the zone in which it is told.
    gap
        Bars between two labels at least.
    """
    n, gap = len(wall), max(1, gap)
    weights = _weights(wall)
    taken, found = np.zeros(n, bool), {}
    for heavy in sorted(set(weights.tolist()) - {0}, reverse=True):
        free, refused = [], 0
        for i in np.flatnonzero(weights == heavy).tolist():
            if taken[i]:
                refused += 1
                continue
            free.append(i)
            taken[max(0, i - gap + 1) : i + gap] = True
        # Most of them would stand too near: the others would be at odd places, which only beats an empty axis.
        if refused > len(free) and len(found) * gap * 4 >= n:
            break
        found |= {i: _label(int(wall[i]), heavy) for i in free}
    return dict(sorted(found.items()))


def _weights(wall: np.ndarray) -> np.ndarray:
    now, before = wall[1:], wall[:-1]
    stamps = wall.view("M8[ns]")
    differ = [stamps.astype(unit)[1:] != stamps.astype(unit)[:-1] for unit in ("M8[Y]", "M8[M]", "M8[D]")]
    differ += [now // (step * _S) != before // (step * _S) for step, _ in _STEPS]
    heavy = [_YEAR, _MONTH, _DATE, *(weight for _, weight in _STEPS)]
    return np.concatenate([np.zeros(min(1, len(wall)), int), np.select(differ, heavy, 0)])


def _label(wall: int, heavy: int) -> str:
    year, month, date = str(np.datetime64(wall // _DAY, "D")).split("-")
    if heavy >= _YEAR:
        return year
    if heavy >= _MONTH:
        return _MONTHS[int(month) - 1]
    return f"{int(date)} {_MONTHS[int(month) - 1]}" if heavy >= _DATE else _clock(wall, heavy < _WITHIN_A_MINUTE)


def _clock(wall: int, seconds: bool) -> str:
    rest = wall % _DAY // _S
    return f"{rest // 3600:02d}:{rest // 60 % 60:02d}" + (f":{rest % 60:02d}" if seconds else "")
