"""Sizes of bars that suit an instrument: a first value for the fields of the picker."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from workbench.market.specs import TIME, BarSpec

#: A bar of another kind is to hold about so much of what these recent bars hold.
BARS = 2.5
#: What a count counts, by the unit that it is written with; prints for kinds without one.
_MEASURES = {"vol": lambda bars: bars["volume"], "usd": lambda bars: bars["volume"] * bars["close"]}


def sizes(kind: Any, recent: np.ndarray, tick: float) -> dict[str, Any]:
    """Values for ``kind.written``: the defaults of the kind, but prices, counts and amounts by recent bars.

    Parameters
    ----------
    kind
        A class of ``bar_kinds``.
    recent
        Bars (BAR) of the instrument as they are shown now; may be empty.
    tick
        Price step of the instrument.
    """
    values = {name: kind.param[name].default for name in kind.written}
    if not len(recent) or kind.plugin_name == TIME:
        return values
    span = float(np.median(recent["high"] - recent["low"]))
    for name in kind.prices:
        if span > 0:
            values[name] = _within(kind, name, round(max(1, round(nice(span) / tick)) * tick, 10))
    if kind.of == "trades" and not kind.prices and kind.required:
        name = kind.written[0]
        each = float(np.mean(_MEASURES.get(kind.unit, lambda bars: bars["trades"])(recent)))
        if each > 0:
            whole = isinstance(values[name], int) and not isinstance(values[name], bool)
            values[name] = _within(kind, name, max(1, int(nice(BARS * each))) if whole else nice(BARS * each))
    return values


def nice(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten.

    >>> nice(0.037), nice(412.0), nice(8.1e6)
    (0.05, 500.0, 10000000.0)
    """
    exponent = math.floor(math.log10(value))
    best = min((1, 2, 5, 10), key=lambda digit: abs(math.log(digit * 10.0**exponent / value)))
    return float(f"{best}e{exponent}")


def text_of(kind: Any, values: dict[str, Any], base: str = "") -> str:
    """The spec of a kind with these values, on a base spec where one is given; not yet checked."""
    if kind.plugin_name == TIME:
        return "".join(str(values[name]) for name in kind.written)
    return kind.write(tuple(values[name] for name in kind.written)) + (f"({base})" if base else "")


def values_of(spec: BarSpec) -> dict[str, Any]:
    """The arguments of a spec by name."""
    return dict(zip(spec.maker().written, spec.args, strict=True))


def _within(kind: Any, name: str, value: Any) -> Any:
    low, high = kind.param[name].bounds or (None, None)
    if high is not None and value > high:
        return high
    return kind.param[name].default if low is not None and value < low else value
