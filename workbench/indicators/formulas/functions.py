"""Functions of the language that are no indicators."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import did_you_mean
from workbench.indicators.formulas import calls, tree, units
from workbench.indicators.formulas.builder import Value

if TYPE_CHECKING:
    from workbench.indicators.formulas.resolver import Resolver

Given = list[tree.Node]


@dataclass(frozen=True)
class Function:
    """A function: its signature for people, its parameters (those after ``needs`` may be left out), what it does.

    The last parameter may be repeated where ``many`` is set.
    """

    parameters: tuple[str, ...]
    needs: int
    about: str
    run: Callable[[Resolver, tree.Call, Given], Value]
    many: bool = False

    def call(self, resolver: Resolver, node: tree.Call) -> Value:
        """Its value for a call."""
        given: dict[int, tree.Node] = {}
        for at, argument in enumerate(node.arguments):
            if argument.name and argument.name not in self.parameters:
                resolver.fail(
                    argument,
                    f"{node.name} has no parameter {argument.name!r}: {did_you_mean(argument.name, self.parameters)}",
                )
            at = self.parameters.index(argument.name) if argument.name else at
            if at in given:
                resolver.fail(argument, f"{argument.name} is given twice")
            if at >= len(self.parameters) and not self.many:
                resolver.fail(argument, f"{self.signature(node.name)} takes no more than {len(self.parameters)}")
            given[at] = argument.value
        for at, name in enumerate(self.parameters[: self.needs]):
            if at not in given:
                resolver.fail(node, f"{self.signature(node.name)} needs {name}")
        return self.run(resolver, node, [given[at] for at in sorted(given)])

    def signature(self, name: str) -> str:
        """How it is written."""
        return f"{name}({', '.join(self.parameters)}{', ...' if self.many else ''})"


def _same_unit(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    x = resolver.number_of(given[0])
    return resolver.builder.step(node.name, [x], x.unit, level=x.level)


def _plain(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    return resolver.builder.step(node.name, [resolver.number_of(given[0])], units.PLAIN)


def _sqrt(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    x = resolver.number_of(given[0])
    return resolver.builder.step("sqrt", [x], units.root(x.unit), level=math.nan)


def _extreme(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    parts = [(one, resolver.number_of(one)) for one in given]
    unit = resolver.joined(node, parts, node.name)
    return functools.reduce(
        lambda x, y: resolver.builder.step(node.name, [x, y], unit, level=_level(x, y)), [value for _, value in parts]
    )


def _if(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    condition = resolver.condition(given[0], "if")
    parts = [(one, resolver.value(one)) for one in given[1:]]
    unit = resolver.joined(node, parts, "if")
    x, y = (value for _, value in parts)
    return resolver.builder.step("if", [condition, x, y], unit, level=_level(x, y))


def _nz(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    x = resolver.value(given[0])
    if len(given) > 1:
        y = resolver.value(given[1])
        unit = resolver.joined(node, [(given[0], x), (given[1], y)], "nz")
    else:
        y, unit = resolver.builder.number(0.0), x.unit
    found = resolver.builder.step("nz", [x, y], unit, level=x.level)
    return dataclasses.replace(found, warmup=y.warmup)


def _value_of(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    x = resolver.value(given[0])
    return dataclasses.replace(x, unit=units.ANY)


def _crossing(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    parts = [(one, resolver.number_of(one)) for one in given]
    resolver.joined(node, parts, node.name)
    step = resolver.builder.step
    if all(value.constant is not None for _, value in parts):
        resolver.changing(*parts[0])
    (x, y) = (value for _, value in parts)
    before = [value if value.constant is not None else step("shift", [value], value.unit, bars=1) for value in (x, y)]

    def crossed(now: str, then: str) -> Value:
        return step("and", [step(now, [x, y], units.YES_NO), step(then, before, units.YES_NO)], units.YES_NO)

    if node.name == "cross_above":
        return crossed(">", "<=")
    if node.name == "cross_below":
        return crossed("<", ">=")
    return step("or", [crossed(">", "<="), crossed("<", ">=")], units.YES_NO)


def _steady(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    x = resolver.changing(given[0], resolver.number_of(given[0]))
    bars = resolver.count(given[1]) if len(given) > 1 else 1
    step = resolver.builder.step
    before = step("shift", [x], x.unit, bars=1)
    moved = step(">" if node.name == "rising" else "<", [x, before], units.YES_NO)
    if bars == 1:
        return moved
    return step(
        "==", [calls.fed(resolver, node, "sum", moved, window=bars), resolver.builder.number(float(bars))], units.YES_NO
    )


def _window(name: str) -> Callable[[Resolver, tree.Call, Given], Value]:
    def run(resolver: Resolver, node: tree.Call, given: Given) -> Value:
        x = resolver.changing(given[0], resolver.number_of(given[0]))
        return calls.fed(resolver, node, name, x, window=resolver.count(given[1]))

    return run


def _count(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    condition = resolver.changing(given[0], resolver.condition(given[0], "count"))
    found = calls.fed(resolver, node, "sum", condition, window=resolver.count(given[1]))
    return dataclasses.replace(found, unit=units.PLAIN)


def _change(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    x = resolver.changing(given[0], resolver.number_of(given[0]))
    bars = resolver.count(given[1]) if len(given) > 1 else 1
    return resolver.builder.step("-", [x, resolver.shifted(given[0], bars)], x.unit)


def _since(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    condition = resolver.changing(given[0], resolver.condition(given[0], "since"))
    return resolver.builder.step("since", [condition], units.PLAIN)


def _valuewhen(resolver: Resolver, node: tree.Call, given: Given) -> Value:
    condition = resolver.changing(given[0], resolver.condition(given[0], "valuewhen"))
    x = resolver.value(given[1])
    return resolver.builder.step("valuewhen", [condition, x], x.unit, level=x.level)


def _level(x: Value, y: Value) -> float:
    return x.level if x.level == y.level else math.nan


_X, _XN, _AB = ("x",), ("x", "n"), ("a", "b")
FUNCTIONS: dict[str, Function] = {
    "abs": Function(_X, 1, "without its sign", _same_unit),
    "floor": Function(_X, 1, "the next whole number below", _same_unit),
    "ceil": Function(_X, 1, "the next whole number above", _same_unit),
    "round": Function(_X, 1, "the nearest whole number, the even one of two", _same_unit),
    "sign": Function(_X, 1, "-1, 0 or 1", _plain),
    "sqrt": Function(_X, 1, "square root", _sqrt),
    **{
        name: Function(_X, 1, about, _plain)
        for name, about in {
            "log": "natural logarithm", "log10": "logarithm to base 10", "exp": "e to the power of x",
            "sin": "sine, of radians", "cos": "cosine", "tan": "tangent", "asin": "arc sine", "acos": "arc cosine",
            "atan": "arc tangent", "sinh": "hyperbolic sine", "cosh": "hyperbolic cosine",
            "tanh": "hyperbolic tangent",
        }.items()
    },
    "min": Function(_AB, 2, "the least of several values of the same bar", _extreme, many=True),
    "max": Function(_AB, 2, "the greatest of several values of the same bar", _extreme, many=True),
    "if": Function(("condition", "x", "y"), 3, "x where the condition holds, else y", _if),
    "nz": Function(("x", "y"), 1, "y (or 0) where x is not known", _nz),
    "value": Function(_X, 1, "x without its unit; yes is 1 and no is 0", _value_of),
    "cross_above": Function(_AB, 2, "a is above b, and was not on the bar before", _crossing),
    "cross_below": Function(_AB, 2, "a is below b, and was not on the bar before", _crossing),
    "cross": Function(_AB, 2, "cross_above or cross_below", _crossing),
    "rising": Function(_XN, 1, "each of the last n bars (or 1) is above the one before it", _steady),
    "falling": Function(_XN, 1, "each of the last n bars (or 1) is below the one before it", _steady),
    "highest": Function(_XN, 2, "the highest of the last n values", _window("max")),
    "lowest": Function(_XN, 2, "the lowest of the last n values", _window("min")),
    "sum": Function(_XN, 2, "the sum of the last n values", _window("sum")),
    "mean": Function(_XN, 2, "the mean of the last n values", _window("sma")),
    "change": Function(_XN, 1, "x less what it was n bars ago (or 1)", _change),
    "since": Function(("condition",), 1, "bars since the condition last held, 0 where it does", _since),
    "count": Function(("condition", "n"), 2, "how many of the last n bars the condition held on", _count),
    "valuewhen": Function(("condition", "x"), 2, "x of the bar on which the condition last held", _valuewhen),
}  # fmt: skip
