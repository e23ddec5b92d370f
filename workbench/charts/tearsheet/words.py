"""Numbers and times as a tear sheet writes them; what is not defined is a dash, never a blank."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

NONE = "–"
_DAY_NS = 86_400_000_000_000


def percent(value: float, decimals: int = 2, *, sign: bool = False) -> str:
    """A fraction as a percentage."""
    return _signed(100.0 * value, decimals, sign, " %")


def plain(value: float, decimals: int = 2, *, sign: bool = False) -> str:
    """A number with thousands apart."""
    return _signed(value, decimals, sign, "")


def price(value: float) -> str:
    """A price: two decimals, and more for what is cheap."""
    size = abs(value)
    if not math.isfinite(value) or size >= 10 or size == 0:
        return plain(value)
    return plain(value, min(10, 3 - math.floor(math.log10(size))))


def amount(value: float) -> str:
    """Units: whole where they are, else as many digits as tell something."""
    if not math.isfinite(value):
        return plain(value)
    return f"{value:,.0f}" if value == round(value) else f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}"


def of_unit(value: float, unit: str) -> str:
    """A measure, by the unit that it declares."""
    if unit == "fraction":
        return percent(value)
    if unit in ("count", "bars", "days"):
        return plain(value, 0 if not math.isfinite(value) or value == round(value) else 1)
    return plain(value, 2 if unit == "money" else 3)


def moment(time: Any, dated: bool) -> str:
    """A time, or the date alone."""
    return NONE if pd.isna(time) else f"{time:%Y-%m-%d}" if dated else f"{time:%Y-%m-%d %H:%M}"


def moments(times: pd.Series | pd.DatetimeIndex, dated: bool) -> list[str]:
    """The same of many, quickly."""
    index = pd.DatetimeIndex(times)
    index = index.tz_convert("UTC").tz_localize(None) if index.tz is not None else index
    texts = np.datetime_as_string(index.to_numpy("M8[ns]"), "D" if dated else "m")
    return [NONE if text == "NaT" else text.replace("T", " ") for text in texts.tolist()]


def is_dated(index: pd.DatetimeIndex) -> bool:
    """Whether the bars of a clock are days or longer, so that their date says when they are."""
    return len(index) > 1 and int(np.median(np.diff(index.as_unit("ns").asi8))) >= _DAY_NS


def _signed(value: float, decimals: int, sign: bool, unit: str) -> str:
    if math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0.,"):  # what is written as nought has no sign
        return text + unit
    return f"{'−' if value < 0 else '+' if sign else ''}{text}{unit}"
