"""A formula as an indicator."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import param

from workbench.errors import DataError, FormulaError, did_you_mean
from workbench.indicators.base import PRICES, Composite, indicators
from workbench.indicators.formulas import units
from workbench.indicators.formulas.builder import Value
from workbench.indicators.formulas.parser import parse
from workbench.indicators.formulas.program import Program, ProgramRows
from workbench.indicators.formulas.resolver import Resolver
from workbench.indicators.stream import Stream

#: Formulas that are being read, each inside of the one before.
_READING: contextvars.ContextVar[int] = contextvars.ContextVar("formulas being read", default=0)
_DEEPEST = 8


class _Said:
    """What a class says in general and an instance by its text."""

    def __init__(self, general: Any) -> None:
        self.general = general

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, one: Any, owner: type) -> Any:
        return self.general if one is None else one.read.said[self.name]


class _Read:
    """A formula that has been read: its program, what reads which column, and what can be said of it."""

    def __init__(self, text: str, parameters: Mapping[str, Any]) -> None:
        resolver = Resolver(text, parameters)
        tree = parse(text)
        result = resolver.value(tree)
        if result.constant is not None:
            raise FormulaError(
                f"the formula is the same on all bars ({result.constant:g}): name a column or an indicator",
                text, tree.at, tree.length,
            )  # fmt: skip
        result = resolver.builder.finite(result)
        self.program: Program = resolver.builder.program(result)
        self.result: Value = result
        self.columns = tuple(resolver.builder.columns)
        self.where = resolver.where
        overlay = result.unit in (units.PRICE, units.ANY) and abs(result.level - 1) < 1e-9
        scales = {units.PRICE: "price", units.PLAIN: "none"}
        self.said: dict[str, Any] = {
            "causal": all(one.causal for one in resolver.builder.studies),
            "overlay": overlay,
            "scale": scales.get(result.unit, "other"),
            "styles": {"value": "step"} if result.unit == units.YES_NO else {},
        }


@indicators.register("formula")
class Formula(Composite):
    """A study that is written as a text, such as ``ema(close, 20) - ema(close, 50) > 0 and rsi(14) < 30``.

    A comparison gives 1 where it holds, 0 where it does not, and NaN where a part of it is not known. The
    language is described in ``docs/formulas.md``.

    A class of one's own gives the text, and parameters whose names stand in it::

        @indicators.register("trend")
        class Trend(Formula):
            "The distance of two means."
            text = "ema(close, fast) - ema(close, slow)"
            fast = param.Integer(10, bounds=(1, 500), doc="Bars of the quick mean.")
            slow = param.Integer(40, bounds=(1, 500), doc="Bars of the slow mean.")

    Raises
    ------
    FormulaError
        The text is no formula; it has the place.
    """

    text = param.String("ema(close, 20) - ema(close, 50)", doc="The formula: columns, indicators and arithmetic.")

    title = "Formula"
    source: ClassVar[str] = "Written by its user."
    formula = "the value of text"
    inputs = ("close",)
    causal = _Said(True)
    overlay = _Said(False)
    scale = _Said("price")
    styles = _Said({})

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        text = vars(cls).get("text")
        if isinstance(text, str):
            # Set anew after the class is made, so that it is the default of the parameter and not a plain attribute.
            del cls.text
            cls.text = text

    def __init__(self, **values: Any) -> None:
        self._named, self._found = values.get("name", ""), None
        super().__init__(**values)
        _ = self.read  # an error is raised here, not when bars come

    @property
    def read(self) -> _Read:
        """The formula as it was read with the parameters as they are now."""
        key = tuple(self._set())
        if self._found is None or self._found[0] != key:
            depth = _READING.get()
            if depth >= _DEEPEST:
                raise FormulaError(f"formulas name each other more than {_DEEPEST} deep: does one name itself?")
            token = _READING.set(depth + 1)
            try:
                parameters = {name: value for name, value in key if name != "text"}
                self._found = key, _Read(self.text, parameters)
            finally:
                _READING.reset(token)
        return self._found[1]

    @property
    def condition(self) -> bool:
        """Whether it says yes (1.0) or no (0.0)."""
        return self.unit == units.YES_NO

    @property
    def unit(self) -> str:
        """What its numbers are: ``a price``, ``a volume``, ``a plain number``, ``yes/no`` or ``any number``."""
        return self.read.result.unit

    @property
    def reads(self) -> tuple[str, ...]:
        return self.read.columns

    @property
    def warmup(self) -> int:
        return self.read.result.warmup

    @property
    def label(self) -> str:
        return self._named or super().label

    @property
    def series_name(self) -> str:
        """What its values are called: the name it was given, else that of the indicator."""
        return self._named or self.plugin_name

    def __call__(self, bars: pd.DataFrame | pd.Series) -> pd.Series:
        """Values for all bars; a Series is taken for the column of a formula that reads but one."""
        frame = bars
        if isinstance(bars, pd.Series):
            if len(self.reads) != 1:
                raise DataError(f"the formula reads {', '.join(self.reads)}: give bars, not one column")
            frame = bars.to_frame(self.reads[0])
        self.missing([*frame.columns])
        values = self.read.program.batch(frame)
        return pd.Series(values, index=bars.index, name=self.series_name, copy=False)

    def missing(self, columns: list[Any]) -> None:
        """Raise a ``FormulaError`` at the first part that reads what is not among these columns."""
        for name in self.reads:
            if name == "time" or name.startswith("session:"):
                continue
            parts = (name,) if name in columns else PRICES.get(name, (name,))
            for part in parts:
                if part not in columns:
                    node = self.read.where[name]
                    near = did_you_mean(part, [*map(str, columns), *PRICES])
                    raise FormulaError(f"the bars have no column {part!r}: {near}", self.text, node.at, node.length)

    def rows(self) -> ProgramRows:
        return ProgramRows(self.read.program)

    def stream(self) -> Stream:
        return _FormulaStream(self)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._set() == other._set()

    def __hash__(self) -> int:
        return hash((type(self), *self._set()))

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_found": None}


class _FormulaStream(Stream):
    """A stream whose errors say which part of the formula reads what is missing."""

    indicator: Formula

    def update(self, bars: pd.DataFrame | pd.Series | Mapping[str, float] | np.void) -> Any:
        try:
            found = super().update(bars)
        except (DataError, KeyError):
            self.indicator.missing(list(bars.dtype.names if isinstance(bars, np.void) else bars.keys()))
            raise
        return found.rename(self.indicator.series_name) if isinstance(found, pd.Series) else found


def formula(text: str, *, name: str = "") -> Formula:
    """The study that a text describes; its values are called ``name``, or by the text.

    >>> formula("ema(close, 20) - ema(close, 50) > 0").condition
    True

    Raises
    ------
    FormulaError
        The text is no formula: says where, what was expected, and what may be meant.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text, not a {type(text).__name__}")
    return Formula(text=text, name=name or text)
