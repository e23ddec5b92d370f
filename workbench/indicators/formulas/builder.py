"""Collects the steps of a formula; what is written twice becomes one value."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from workbench.indicators.base import Composite, Indicator
from workbench.indicators.formulas import units
from workbench.indicators.formulas.program import OVERFLOWING, SURE, Program, Stage, Step, Use, constant


@dataclass(frozen=True)
class Value:
    """What a part of a formula becomes.

    Attributes
    ----------
    place
        Its place among the values; ``stage`` is how often an indicator is fed with another's values until there.
    unit
        See ``units``.
    constant
        Its number, if it is the same on all bars.
    warmup
        Bars before the first that is known.
    level
        How often a price is in it: 1 for a mean of prices, 0 for a difference of two; NaN where that cannot be said.
    column
        Its name, if it is a column of the bars.
    finite
        Whether it is never infinite.
    """

    place: int
    unit: str
    constant: float | None = None
    warmup: int = 0
    level: float = 0.0
    stage: int = 0
    column: str = ""
    finite: bool = True


class Builder:
    """The values of a formula, each once."""

    def __init__(self) -> None:
        self.columns: dict[str, int] = {}
        self.studies: list[Indicator] = []
        self._known: dict[Hashable, int] = {}
        self._size = 0
        self._constants: list[tuple[int, float]] = []
        self._steps: dict[int, list[Step]] = {}
        self._uses: dict[int, list[tuple[int, Indicator, tuple[int, ...], bool, dict[int, int]]]] = {}

    def number(self, value: float, unit: str = units.ANY) -> Value:
        """A constant."""
        place, new = self._place(("number", value.hex()))
        if new:
            self._constants.append((place, value))
        return Value(place, unit, value)

    def column(self, name: str) -> Value:
        """A column of the bars."""
        unit = units.COLUMNS.get(name, units.ANY)
        return Value(self._column(name), unit, level=float(unit == units.PRICE), column=name)

    def step(self, op: str, values: list[Value], unit: str, *, level: float = 0.0, bars: int = 0) -> Value:
        """A step; a constant where its values are, NaN where they give no number."""
        known = [value.constant for value in values]
        if all(one is not None for one in known):
            found = constant(op, *known)
            return Value(0, unit, found) if math.isnan(found) else self.number(found, unit)
        stage = max(value.stage for value in values)
        args = tuple(value.place for value in values)
        place, new = self._place((op, args, bars))
        if new:
            self._steps.setdefault(stage, []).append(Step(op, place, args, bars))
        warmup = max(value.warmup for value in values) + (bars if op == "shift" else 0)
        sure = op not in OVERFLOWING and all(value.finite for value in values)
        return Value(place, unit, None, warmup, level, stage, finite=sure or op in SURE)

    def finite(self, x: Value) -> Value:
        """``x`` with NaN in the place of infinity, fit for an indicator, or to be shown."""
        return x if x.finite else self.step("finite", [x], x.unit, level=x.level)

    def study(self, one: Indicator, output: int, feeds: Mapping[str, Value], unit: str) -> Value:
        """An output of an indicator; ``feeds`` are the values of its reads that are no columns, by name."""
        stage = 1 + max((value.stage for value in feeds.values()), default=-1)
        reads = tuple(feeds[name].place if name in feeds else self._column(name) for name in one.reads)
        at, new = self._place((type(one), repr(one), reads))
        uses = self._uses.setdefault(stage, [])
        if new:
            self.studies.append(one)
            uses.append((at, one, reads, bool(feeds), {}))
        outputs = next(use[-1] for use in uses if use[0] == at)
        place, _ = self._place(("output", at, output))
        outputs[output] = place
        fed = max((value.warmup for value in feeds.values()), default=0)
        return Value(place, unit, None, fed + one.warmup, _level(one, feeds), stage)

    def program(self, result: Value) -> Program:
        """All that was collected, with this value as the result."""
        stages, needed = [], {result.place}
        for number in range(max([0, *self._steps, *self._uses]), -1, -1):
            steps, kept = self._steps.get(number, []), self._uses.get(number, [])
            uses = [Use(one, reads, tuple(outputs.items()), fed) for _, one, reads, fed, outputs in kept]
            stages.append(Stage(tuple(uses), tuple(steps), tuple(needed)))
            needed = needed | {place for use in uses for place in use.reads}
            needed |= {place for step in steps for place in step.args}
        return Program(
            self._size, tuple(self.columns.items()), tuple(self._constants), tuple(stages[::-1]), result.place
        )  # fmt: skip

    def _column(self, name: str) -> int:
        if name not in self.columns:
            self.columns[name], _ = self._place(("column", name))
        return self.columns[name]

    def _place(self, key: Hashable) -> tuple[int, bool]:
        if key in self._known:
            return self._known[key], False
        self._known[key] = place = self._size
        self._size += 1
        return place, True


def can_be_fed(one: Indicator) -> bool:
    """Whether an indicator takes any values in the place of a column: those that compute bars of their own do not."""
    return not isinstance(one, Composite)


def _level(one: Indicator, feeds: Mapping[str, Value]) -> float:
    if not one.overlay:
        return 0.0
    return next((value.level for value in feeds.values()), float(_reads_prices(one)))


def _reads_prices(one: Indicator) -> bool:
    return any(units.COLUMNS.get(name) == units.PRICE for name in one.reads) or isinstance(one, Composite)
