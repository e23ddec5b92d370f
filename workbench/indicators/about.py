"""What can be told of an indicator, for people: the same in the gallery, on the command line and in the application."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import param

from workbench.indicators.base import indicator, indicators

#: What the words and signs of formulas mean.
NOTATION = (
    "x[n] is x as it was n bars before. sum, highest, lowest, sma, wma and stddev (of the population) are taken over "
    "as many of the last bars as they are told to; ema weighs a new value 2 / (n + 1), smma 1 / n. Other names are "
    "outputs of the same indicator, or other indicators, such as atr, rsi or tr."
)
_FAMILIES = {
    "accumulation": "Volume", "averages": "Averages", "bands": "Bands and channels", "channels": "Bands and channels",
    "comparison": "Statistics", "cycle": "Cycles", "directional": "Trend", "dispersion": "Volatility",
    "efficiency": "Trend", "flow": "Order flow", "momentum": "Momentum", "oscillators": "Oscillators",
    "patterns": "Candle patterns", "pivots": "Swings and levels", "price": "Prices", "profile": "Volume",
    "ranges": "Volatility", "ranking": "Statistics", "statistics": "Statistics", "stops": "Stops",
    "swings": "Swings and levels", "trend": "Trend", "volatility": "Volatility", "volume": "Volume",
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """A parameter as text: its name, the default, the values it takes, and what it is."""

    name: str
    default: str
    takes: str
    doc: str


@dataclass(frozen=True)
class About:
    """An indicator with its defaults, told in words.

    Parameters
    ----------
    name, title, family
        How it is called; families group the library.
    text
        What it is, in one paragraph or a few.
    formula
        Lines of the formula; empty for candle patterns, whose text says their rule. See ``NOTATION``.
    source, parameters, reads, outputs
        As declared; the reads are columns of the bars.
    overlay, causal, warmup
        As declared.
    code
        How to make it in Python.
    """

    name: str
    title: str
    family: str
    text: str
    formula: str
    source: str
    parameters: tuple[Parameter, ...]
    reads: tuple[str, ...]
    outputs: tuple[str, ...]
    overlay: bool
    causal: bool
    warmup: int
    code: str


def about(name: str) -> About:
    """What there is to know of the indicator ``name``; ``UnknownNameError`` with the nearest names otherwise."""
    kind, one = indicators.get(name), indicator(name)
    chosen = [key for key in kind.param if key != "name"]
    first = next((key for key in chosen if isinstance(kind.param[key], param.Number)), None)
    shown = f", {first}={_written(getattr(one, first))}" if first else ""
    return About(
        name=name,
        title=kind.title,
        family=family(kind),
        text=inspect.getdoc(kind) or "",
        formula=kind.formula,
        source=kind.source,
        parameters=tuple(_parameter(kind.param[key]) for key in chosen),
        reads=one.reads,
        outputs=one.outputs,
        overlay=one.overlay,
        causal=one.causal,
        warmup=one.warmup,
        code=f'wb.indicator("{name}"{shown})',
    )


def family(kind: type) -> str:
    """The family of an indicator: that of the module it is in; of a plugin, the name of its package or module."""
    path = kind.__module__.split(".")
    if path[:2] != ["workbench", "indicators"]:
        return path[0]
    word = path[2].split("_")[0]
    return _FAMILIES.get(word, word.capitalize())


def _parameter(one: param.Parameter) -> Parameter:
    return Parameter(one.name, _written(one.default), _taken(one), (one.doc or "").strip())


def _taken(one: param.Parameter) -> str:
    if isinstance(one, param.Selector):
        return ", ".join(map(str, one.objects))
    if isinstance(one, param.Boolean):
        return "True, False"
    if isinstance(one, param.Number):
        low, high = one.bounds or (None, None)
        if low is None and high is None:
            return "any number"
        if low is None or high is None:
            return f"up to {_written(high)}" if low is None else f"{_written(low)} or more"
        return f"{_written(low)} to {_written(high)}"
    return "text"


def _written(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:_}".replace("_", "\u202f") if isinstance(value, int) else f"{value:.12g}"
