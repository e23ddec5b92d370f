"""A formula as steps over arrays: the same for all bars at once and for bars as they come."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.indicators.base import Indicator, column_of
from workbench.indicators.stream import Studies

#: Bars that are computed at a time: what is put aside between steps stays in the processor's cache.
_BLOCK = 16_384


def finite(x: Any) -> Any:
    """``x`` bit for bit, and NaN in the place of infinity."""
    out = np.multiply(x, 0.0)
    out += x
    return out


def _compared(function: np.ufunc) -> Callable[..., Any]:
    def run(x: Any, y: Any) -> Any:
        out = np.subtract(x, y)
        out *= 0.0  # NaN where one of the two is not known
        out += function(x, y)
        return out

    return run


def _smooth(function: np.ufunc) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        count = next((len(one) for one in values if np.ndim(one)), 1)
        if count == 1:  # NumPy may take another loop for a single value, whose last bit differs
            return finite(function(*(np.full(2, one) for one in values)))[:1]
        return finite(function(*(one if np.ndim(one) else np.full(count, one) for one in values)))

    return run


def _chosen(condition: Any, yes: Any, no: Any) -> Any:
    out = np.where(condition != 0.0, yes, no)
    out[np.isnan(condition)] = np.nan
    return out


#: Steps that know nothing of the bars before; NaN in gives NaN out, but for ``nz`` and the branch that ``if`` leaves.
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply,
    "/": lambda x, y: finite(np.divide(x, y)),
    "^": _smooth(np.power),
    "negative": np.negative,
    "<": _compared(np.less), "<=": _compared(np.less_equal), ">": _compared(np.greater),
    ">=": _compared(np.greater_equal), "==": _compared(np.equal), "!=": _compared(np.not_equal),
    "and": np.minimum, "or": np.maximum, "not": lambda x: 1.0 - x,
    "min": np.minimum, "max": np.maximum, "if": _chosen,
    "nz": lambda x, y: np.where(np.isnan(x), y, x),
    "finite": finite,
    "abs": np.abs, "sign": np.sign, "floor": np.floor, "ceil": np.ceil, "round": np.rint,
    "sqrt": lambda x: finite(np.sqrt(x)),
    **{name: _smooth(function) for name, function in {
        "log": np.log, "log10": np.log10, "exp": np.exp, "sin": np.sin, "cos": np.cos, "tan": np.tan,
        "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    }.items()},
}  # fmt: skip


def constant(op: str, *values: float) -> float:
    """A step of constants."""
    with np.errstate(all="ignore"):
        return float(finite(np.asarray(ELEMENTWISE[op](*(np.array([one]) for one in values))))[0])


class _Shift:
    """``x[n]``, from a ring of the last n values."""

    def __init__(self, bars: int) -> None:
        self.ring, self.at = np.full(bars, np.nan), 0

    def __call__(self, x: np.ndarray) -> np.ndarray:
        ring, at, count, held = self.ring, self.at, len(x), len(self.ring)
        out = np.empty(count)
        if count >= held:
            out[: held - at], out[held - at : held] = ring[at:], ring[:at]
            out[held:] = x[: count - held]
            ring[:], self.at = x[count - held :], 0
            return out
        first = min(count, held - at)
        out[:first], out[first:] = ring[at : at + first], ring[: count - first]
        ring[at : at + first], ring[: count - first] = x[:first], x[first:]
        self.at = (at + count) % held
        return out


class _Since:
    """Bars since the condition was last true."""

    def __init__(self, _bars: int) -> None:
        self.bars = np.nan

    def __call__(self, condition: np.ndarray) -> np.ndarray:
        place = np.arange(len(condition), dtype=float)
        out = place - np.fmax.accumulate(np.where(condition == 1.0, place, -1.0 - self.bars))
        if len(out):
            self.bars = out[-1]
        return finite(out + 0.0 * condition)


class _ValueWhen:
    """What the second had been when the first was last true."""

    def __init__(self, _bars: int) -> None:
        self.value = np.nan

    def __call__(self, condition: np.ndarray, x: Any) -> np.ndarray:
        values = np.concatenate([[self.value], np.broadcast_to(x, condition.shape)])
        place = np.arange(1, len(values))
        out = values[np.maximum.accumulate(np.where(condition == 1.0, place, 0))]
        if len(out):
            self.value = out[-1]
        out[np.isnan(condition)] = np.nan
        return out


#: Steps that may give infinity.
OVERFLOWING = ("+", "-", "*")
#: Steps that give none whatever they are given.
SURE = ("finite", "<", "<=", ">", ">=", "==", "!=", "/", "^", "log", "log10", "exp", "sinh", "cosh", "tan", "since")
#: Steps that carry something from bar to bar; each is made anew with the number of the step.
CARRIED: dict[str, Callable[[int], Any]] = {"shift": _Shift, "since": _Since, "valuewhen": _ValueWhen}


@dataclass(frozen=True)
class Step:
    """``out = op(args)``, all of them places among the values."""

    op: str
    out: int
    args: tuple[int, ...]
    bars: int = 0


@dataclass(frozen=True)
class Use:
    """An indicator: the places of its ``reads``, and of those of its outputs that are used, by their number."""

    study: Indicator
    reads: tuple[int, ...]
    outputs: tuple[tuple[int, int], ...]
    fed: bool


@dataclass(frozen=True)
class Stage:
    """Indicators whose inputs are known, then the steps that they allow; ``keep`` are values that later stages need."""

    uses: tuple[Use, ...]
    steps: tuple[Step, ...]
    keep: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """A formula that can be run: places of ``columns`` and ``constants``, the stages, and the place of the result."""

    size: int
    columns: tuple[tuple[str, int], ...]
    constants: tuple[tuple[int, float], ...]
    stages: tuple[Stage, ...]
    result: int

    def values(self) -> list[Any]:
        """One place for each value, the constants in theirs."""
        out: list[Any] = [None] * self.size
        for place, value in self.constants:
            out[place] = value
        return out

    def batch(self, bars: pd.DataFrame) -> np.ndarray:
        """The result for all bars."""
        values = self.values()
        direct = {place for stage in self.stages for step in stage.steps for place in step.args}
        fed = {place for stage in self.stages for use in stage.uses if use.fed for place in use.reads}
        for name, place in self.columns:
            if place in direct | fed | {self.result}:
                values[place] = column_of(bars, name, "the formula")
        carried = _carried(self)
        with np.errstate(all="ignore"):
            for stage in self.stages:
                for use in stage.uses:
                    _whole(use, bars, values)
                _in_blocks(stage, values, carried, len(bars))
        return values[self.result]


def _carried(program: Program) -> dict[int, Any]:
    steps = [step for stage in program.stages for step in stage.steps if step.op in CARRIED]
    return {step.out: CARRIED[step.op](step.bars) for step in steps}


def _whole(use: Use, bars: pd.DataFrame, values: list[Any]) -> None:
    frame: Any = bars
    if use.fed:
        columns = {name: values[place] for name, place in zip(use.study.reads, use.reads, strict=True)}
        if len(use.study.inputs) == 1:
            frame = pd.Series(values[use.reads[0]], index=bars.index, copy=False)
        else:
            frame = pd.DataFrame(columns, index=bars.index, copy=False)
    found = use.study(frame)
    for number, place in use.outputs:
        one = found if isinstance(found, pd.Series) else found.iloc[:, number]
        values[place] = one.to_numpy()


def _in_blocks(stage: Stage, values: list[Any], carried: Mapping[int, Any], count: int) -> None:
    if not stage.steps:
        return
    made = {step.out for step in stage.steps}
    read = {place for step in stage.steps for place in step.args} - made
    arrays = [place for place in read if isinstance(values[place], np.ndarray)]
    kept = {place: np.empty(count) for place in stage.keep if place in made}
    part = list(values)
    for low in range(0, count, _BLOCK):
        high = min(low + _BLOCK, count)
        for place in arrays:
            part[place] = values[place][low:high]
        _advance(stage.steps, part, carried)
        for place, whole in kept.items():
            whole[low:high] = part[place]
    for place, whole in kept.items():
        values[place] = whole


def _advance(steps: tuple[Step, ...], values: list[Any], carried: Mapping[int, Any]) -> None:
    for step in steps:
        run = carried.get(step.out) or ELEMENTWISE[step.op]
        values[step.out] = run(*[values[place] for place in step.args])


class ProgramRows:
    """A program as bars come; picklable in mid-stream."""

    def __init__(self, program: Program) -> None:
        self.program, self._carried = program, _carried(program)
        self._studies = [Studies([use.study for use in stage.uses]) if stage.uses else None for stage in program.stages]
        self._plan = [_plan(stage, studies) for stage, studies in zip(program.stages, self._studies, strict=True)]

    def update_rows(self, rows: np.ndarray) -> np.ndarray:
        """Take bars in: float64[n, columns]; values float64[n, 1]."""
        values = self.program.values()
        for number, (_, place) in enumerate(self.program.columns):
            values[place] = np.ascontiguousarray(rows[:, number])
        with np.errstate(all="ignore"):
            for stage, studies, (reads, outputs) in zip(
                self.program.stages, self._studies, self._plan, strict=True
            ):  # fmt: skip
                if studies is not None:
                    given = np.empty((len(rows), len(reads)))
                    for number, place in enumerate(reads):
                        given[:, number] = values[place]
                    found = studies.update_rows(given)
                    for number, place in outputs:
                        values[place] = np.ascontiguousarray(found[:, number])
                _advance(stage.steps, values, self._carried)
        return values[self.program.result].reshape(-1, 1)

    def __deepcopy__(self, memo: dict[int, Any]) -> ProgramRows:
        out = copy.copy(self)
        out._carried, out._studies = copy.deepcopy((self._carried, self._studies), memo)
        return out


def _plan(stage: Stage, studies: Studies | None) -> tuple[list[int], list[tuple[int, int]]]:
    """Places of the columns that the studies take, and of the outputs that are used, by their number."""
    if studies is None:
        return [], []
    places = {name: place for use in stage.uses for name, place in zip(use.study.reads, use.reads, strict=True)}
    outputs, first = [], 0
    for use in stage.uses:
        outputs += [(first + number, place) for number, place in use.outputs]
        first += len(use.study.outputs)
    return [places[name] for name in studies.columns], outputs
