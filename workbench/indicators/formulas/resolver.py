"""From a tree to steps: what each name means, and whether the units go together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from workbench.errors import FormulaError
from workbench.indicators.base import indicators
from workbench.indicators.formulas import calls, tree, units
from workbench.indicators.formulas.builder import Builder, Value
from workbench.indicators.formulas.functions import FUNCTIONS
from workbench.indicators.formulas.tree import text_of

MOST_BARS = 100_000
_SWITCHES = ("true", "false", "yes", "no")


class Resolver:
    """Works through one formula.

    Parameters
    ----------
    text
        The formula, for errors.
    parameters
        Values of the names that are parameters of the formula itself.

    Attributes
    ----------
    builder
        The values that were found so far.
    where
        The part of the formula that reads a column first, by the name of the column.
    """

    def __init__(self, text: str, parameters: Mapping[str, Any]) -> None:
        self.text, self.parameters, self.builder = text, parameters, Builder()
        self.where: dict[str, tree.Node] = {}

    def fail(self, node: tree.Node, reason: str) -> NoReturn:
        """Raise a ``FormulaError`` at this part of the formula."""
        raise FormulaError(reason, self.text, node.at, node.length)

    def value(self, node: tree.Node) -> Value:
        """What a part of the formula becomes."""
        found = self._value(node)
        if found.constant is not None and math.isnan(found.constant):
            self.fail(node, f"{text_of(node)} is no number, or one that is too large")
        return found

    def _value(self, node: tree.Node) -> Value:
        match node:
            case tree.Number(value):
                return self.builder.number(value)
            case tree.Name():
                return self._name(node)
            case tree.Text():
                self.fail(node, "text in quotes is an option, or a column that is given to an indicator first")
            case tree.Unary():
                return self._unary(node)
            case tree.Binary(op) if op in ("and", "or"):
                left, right = (self.condition(side, op) for side in (node.left, node.right))
                return self.builder.step(op, [left, right], units.YES_NO)
            case tree.Binary(op) if op in tree.COMPARISONS:
                return self._comparison(node)
            case tree.Binary():
                return self._arithmetic(node)
            case tree.Index(x, bars):
                return self.shifted(x, self.count(bars, least=0))
            case tree.Output(tree.Call(name), output) if name not in FUNCTIONS:
                return calls.indicator_call(self, node.x, node)
            case tree.Output(x, output):
                self.fail(node, f"{text_of(x)} has no output {output!r}: only indicators have some, as macd().signal")
            case tree.Call(name) if name in FUNCTIONS:
                return FUNCTIONS[name].call(self, node)
            case tree.Call():
                return calls.indicator_call(self, node, None)
        return self.fail(node, "this cannot be computed")

    def word(self, node: tree.Node) -> str | None:
        """A part of the formula as a word: one that stands there, in quotes or not, or that a parameter holds."""
        match node:
            case tree.Text(value):
                return value
            case tree.Name(name):
                held = self.parameters.get(name, name)
                return held if isinstance(held, str) else None
        return None

    def column(self, name: str, node: tree.Node) -> Value:
        """The column of the bars called ``name``."""
        if not name or name.startswith(("=", "session:")):
            self.fail(node, f"{name!r} is no name of a column")
        self.where.setdefault(name, node)
        return self.builder.column(name)

    def number_of(self, node: tree.Node) -> Value:
        """A value that one can calculate with."""
        found = self.value(node)
        if found.unit == units.YES_NO:
            self.fail(node, f"{text_of(node)} is yes/no, not a number: write if(condition, x, y), or value(condition)")
        return found

    def condition(self, node: tree.Node, who: str) -> Value:
        """A value that is yes or no."""
        found = self.value(node)
        if found.unit != units.YES_NO:
            self.fail(node, f"{who} takes yes/no and {text_of(node)} is {found.unit}: compare it, as in x > 0")
        return found

    def changing(self, node: tree.Node, found: Value) -> Value:
        """``found``, which must not be a constant."""
        if found.constant is not None:
            self.fail(node, f"{text_of(node)} is the same on all bars: give a column, an indicator, or a calculation")
        return found

    def count(self, node: tree.Node, *, least: int = 1) -> int:
        """A number of bars."""
        found = self.value(node).constant
        if found is None:
            self.fail(node, f"a number of bars is the same on all bars, and {text_of(node)} changes")
        if found != int(found) or not least <= found <= MOST_BARS:
            hint = "; there is no looking into the future" if found < 0 else ""
            self.fail(node, f"a number of bars is a whole number from {least} to {MOST_BARS:,}, not {found:g}{hint}")
        return int(found)

    def shifted(self, node: tree.Node, bars: int) -> Value:
        """The value so many bars ago."""
        found = self.changing(node, self.value(node))
        return self.builder.step("shift", [found], found.unit, level=found.level, bars=bars) if bars else found

    def joined(self, node: tree.Node, parts: list[tuple[tree.Node, Value]], how: str) -> str:
        """The unit of values that are chosen from, added or compared."""
        first, unit = parts[0], parts[0][1].unit
        for part, value in parts[1:]:
            both = units.joined(unit, value.unit)
            if both is None:
                self.fail(
                    node,
                    f"{text_of(first[0])} is {unit} and {text_of(part)} is {value.unit}: {how} needs two of a kind; "
                    "value(x) drops the unit",
                )  # fmt: skip
            unit = both
        return unit

    def _name(self, node: tree.Name) -> Value:
        held = self.parameters.get(node.name)
        if isinstance(held, str):
            return self.column(held, node)
        if isinstance(held, int | float) and not isinstance(held, bool):
            return self.builder.number(float(held))
        if held is not None or node.name in _SWITCHES:
            self.fail(node, f"{node.name} is the value of an option, not a number")
        if node.name not in units.COLUMNS and (node.name in FUNCTIONS or node.name in indicators.names()):
            what = "a function" if node.name in FUNCTIONS else "an indicator"
            self.fail(node, f'{node.name} is {what}: write {node.name}(...); a column is barpart("{node.name}")')
        return self.column(node.name, node)

    def _unary(self, node: tree.Unary) -> Value:
        if node.op == "not":
            return self.builder.step("not", [self.condition(node.x, "not")], units.YES_NO)
        found = self.number_of(node.x)
        return self.builder.step("negative", [found], found.unit, level=-found.level)

    def _comparison(self, node: tree.Binary) -> Value:
        parts = [(side, self.value(side)) for side in (node.left, node.right)]
        if units.YES_NO in (parts[0][1].unit, parts[1][1].unit):
            self.fail(node, "yes/no is not compared: write and, or, not")
        self.joined(node, parts, node.op)
        return self.builder.step(node.op, [value for _, value in parts], units.YES_NO)

    def _arithmetic(self, node: tree.Binary) -> Value:
        left, right = self.number_of(node.left), self.number_of(node.right)
        step = self.builder.step
        if node.op in ("+", "-"):
            unit = self.joined(node, [(node.left, left), (node.right, right)], node.op)
            level = left.level + right.level if node.op == "+" else left.level - right.level
            return step(node.op, [left, right], unit, level=level)
        if node.op == "*":
            factors = [one.constant for one in (left, right) if one.constant is not None]
            level = (
                (left.level + right.level) * factors[0] if len(factors) == 1 else left.level * right.level and math.nan
            )
            return step("*", [left, right], units.product(left.unit, right.unit), level=level)
        if node.op == "/":
            level = left.level / right.constant if right.constant else math.nan
            return step("/", [left, right], units.quotient(left.unit, right.unit), level=level)
        if right.unit not in (units.PLAIN, units.ANY):
            self.fail(node.right, f"an exponent is a plain number, and {text_of(node.right)} is {right.unit}")
        if right.constant == 2.0:
            return step("*", [left, left], units.root(left.unit), level=math.nan)
        return step("^", [left, right], units.root(left.unit), level=math.nan)
