"""Calls of indicators: which argument is which parameter, and what the indicator is fed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import param

from workbench.errors import FormulaError, UnknownNameError, WorkbenchError, did_you_mean
from workbench.indicators.base import Indicator, indicator, indicators
from workbench.indicators.formulas import tree, units
from workbench.indicators.formulas.builder import Value, can_be_fed
from workbench.indicators.formulas.tree import text_of
from workbench.market.calendars import calendar

if TYPE_CHECKING:
    from workbench.indicators.formulas.resolver import Resolver

_YES, _NO = ("yes", "true"), ("no", "false")
#: What every indicator takes by name besides its own parameters; the others go with the first.
_PASSED = ("timeframe", "forming", "session", "of")


class _Call:
    """One call while its arguments are sorted."""

    def __init__(self, resolver: Resolver, node: tree.Call, kind: type[Indicator]) -> None:
        self.resolver, self.node, self.kind, self.name = resolver, node, kind, node.name
        self.parameters = [one for one in kind.param if one != "name"]
        self.series = [one for one in kind.inputs if one in self.parameters and one != "session"]
        self.numbers = [one for one in self.parameters if isinstance(kind.param[one], param.Number)]
        self.values: dict[str, Any] = {}
        self.origins: dict[str, tree.Node] = {}
        self.feeds: dict[str, Value] = {}
        self.unit = ""

    def sort(self) -> None:
        """Give each argument to a parameter."""
        for argument in self.node.arguments:
            if argument.name:
                self.by_name(argument.name, argument)
            else:
                self.by_place(argument.value)

    def by_name(self, name: str, argument: tree.Argument) -> None:
        if name not in (*self.parameters, *_PASSED):
            known = [*self.parameters, *_PASSED]
            self.resolver.fail(argument, f"{self.name} has no parameter {name!r}: {did_you_mean(name, known)}")
        if name in self.values:
            self.resolver.fail(argument, f"{name} is given twice: it has been given by its place")
        node, held = argument.value, self.kind.param[name] if name in self.parameters else None
        self.origins[name] = node
        if name in self.series:
            word = self.resolver.word(node)
            self.feed(name, node, self.resolver.value(node) if word is None else self.resolver.column(word, node))
        elif isinstance(held, param.Number):
            self.values[name] = self.number(name, node, self.resolver.value(node))
        elif isinstance(held, param.Boolean) or name == "forming":
            self.values[name] = self.switch(name, node)
        elif isinstance(held, param.Selector):
            self.values[name] = self.option(name, node, {str(one): one for one in held.objects})
        else:
            self.values[name] = self.text(name, node)

    def by_place(self, node: tree.Node) -> None:
        resolver, word = self.resolver, self.resolver.word(node)
        quoted = isinstance(node, tree.Text) or (isinstance(node, tree.Name) and node.name in resolver.parameters)
        option = self.option_of(word) if word and word not in units.COLUMNS else ""
        if option:
            resolver.fail(node, f"{word} is an option: write {option}={word}")
        found = resolver.column(word, node) if quoted and word is not None else resolver.value(node)
        if found.constant is None:
            free = [one for one in self.series if one not in self.values]
            if not free or set(self.numbers) & set(self.values):
                resolver.fail(node, self.no_series(node, bool(free)))
            self.feed(free[0], node, found)
            self.origins[free[0]] = node
        else:
            free = [one for one in self.numbers if one not in self.values]
            if not free:
                resolver.fail(node, f"{self.name} takes {len(self.numbers)} numbers by place{self.listed()}")
            self.values[free[0]] = self.number(free[0], node, found)
            self.origins[free[0]] = node

    def feed(self, name: str, node: tree.Node, found: Value) -> None:
        self.resolver.changing(node, found)
        if found.unit == units.YES_NO:
            self.resolver.fail(node, f"{self.name} takes numbers: write value({text_of(node)}) for 1 and 0")
        self.unit = self.unit or found.unit
        if found.column:
            self.values[name] = found.column
            return
        fed = self.resolver.builder.finite(found)
        self.values[name] = f"={fed.place}"
        self.feeds[self.values[name]] = fed

    def number(self, name: str, node: tree.Node, found: Value) -> int | float:
        if found.constant is None:
            self.resolver.fail(node, f"{name} of {self.name} is the same on all bars, and {text_of(node)} changes")
        if not isinstance(self.kind.param[name], param.Integer):
            return found.constant
        if found.constant != int(found.constant):
            self.resolver.fail(node, f"{name} of {self.name} is a whole number, not {found.constant:g}")
        return int(found.constant)

    def switch(self, name: str, node: tree.Node) -> bool:
        word = self.resolver.word(node)
        if word is None and isinstance(node, tree.Name):
            word = self.resolver.parameters.get(node.name)
        if isinstance(word, bool):
            return word
        if word not in (*_YES, *_NO):
            self.resolver.fail(node, f"{name} of {self.name} is yes or no, not {text_of(node)}")
        return word in _YES

    def option(self, name: str, node: tree.Node, options: dict[str, Any]) -> Any:
        word = self.text(name, node)
        if word not in options:
            self.resolver.fail(node, f"{name} of {self.name} has no option {word!r}: {did_you_mean(word, options)}")
        return options[word]

    def text(self, name: str, node: tree.Node) -> str:
        word = self.resolver.word(node)
        if word is None:
            self.resolver.fail(node, f"{name} of {self.name} is a word, such as {name}={self.example(name)}")
        if name == "session":
            try:
                calendar(f"all:{word}")
            except WorkbenchError as error:
                self.resolver.fail(node, str(error))
        return word

    def example(self, name: str) -> str:
        return str(self.kind.param[name].default) if name in self.parameters else '"1h"'

    def option_of(self, word: str) -> str:
        """The parameter that has this word among its options, if any."""
        for name in self.parameters:
            held = self.kind.param[name]
            if isinstance(held, param.Selector) and not isinstance(held, param.Boolean) and word in held.objects:
                return name
        return ""

    def no_series(self, node: tree.Node, late: bool) -> str:
        if late:
            return f"series come before numbers: write {self.name}({text_of(node)}, ...)"
        if not self.series:
            return f"{self.name} reads {', '.join(self.kind.inputs)} and takes no series, only numbers{self.listed()}"
        return f"{self.name} takes {len(self.series)} series first, then numbers{self.listed()}"

    def listed(self) -> str:
        return f" ({', '.join(self.numbers)})" if self.numbers else ": it has none"

    def made(self) -> Indicator:
        """The indicator; errors say which argument is to blame."""
        try:
            one = indicator(self.name, **self.values)
        except WorkbenchError as error:
            self.resolver.fail(*self.blamed(error))
        if self.feeds and not can_be_fed(one):
            self.resolver.fail(self.node, f"{self.name} reads columns here, and cannot be fed with a calculation")
        return one

    def blamed(self, error: WorkbenchError) -> tuple[tree.Node, str]:
        coarser = {"timeframe": self.values["timeframe"]} if "timeframe" in self.values else {}
        for name in [*coarser, *self.values]:
            others = coarser if name in _PASSED and name not in self.parameters else {}
            try:
                indicator(self.name, **{**others, name: self.values[name]})
            except WorkbenchError as alone:
                return self.origins[name], _reason(alone)
        return self.node, _reason(error)


def _reason(error: WorkbenchError) -> str:
    return error.reason if isinstance(error, FormulaError) else str(error)


def indicator_call(resolver: Resolver, node: tree.Call, output: tree.Output | None) -> Value:
    """The value of ``name(...)`` or ``name(...).output``."""
    from workbench.indicators.formulas.functions import FUNCTIONS

    try:
        kind = indicators.get(node.name)
    except UnknownNameError:
        known = [*indicators.names(), *FUNCTIONS]
        near = did_you_mean(node.name, known, titles={name: one.title for name, one in indicators})
        resolver.fail(node, f"there is no indicator or function {node.name!r}: {near}")
    call = _Call(resolver, node, kind)
    call.sort()
    one = call.made()
    if output is None and len(one.outputs) > 1:
        resolver.fail(
            node, f"{node.name} has several outputs: write {node.name}(...).{one.outputs[0]}, or one of "
            f"{', '.join(one.outputs[1:])}",
        )  # fmt: skip
    if output is not None and output.name not in one.outputs:
        resolver.fail(output, f"{node.name} has no output {output.name!r}: {did_you_mean(output.name, one.outputs)}")
    at = one.outputs.index(output.name) if output is not None else 0
    for read in one.reads:
        resolver.where.setdefault(read, node)
    return resolver.builder.study(one, at, call.feeds, unit_of(one, call.unit))


def fed(resolver: Resolver, node: tree.Call, name: str, x: Value, *, window: int) -> Value:
    """An indicator of one price over a window, fed with a value."""
    if x.column:
        one, feeds = indicator(name, price=x.column, window=window), {}
    else:
        clean = resolver.builder.finite(x)
        feeds = {f"={clean.place}": clean}
        try:
            one = indicator(name, price=f"={clean.place}", window=window)
        except WorkbenchError as error:
            resolver.fail(node, str(error))
    return resolver.builder.study(one, 0, feeds, x.unit)


def unit_of(one: Indicator, given: str) -> str:
    """The unit of what an indicator gives; ``given`` is the unit of what it was given first, if anything."""
    if one.scale == "price":
        if given:
            return given
        price = one.param.values().get("price")
        return units.COLUMNS.get(price, units.ANY) if price else units.PRICE
    volumes = [name for name in one.reads if units.COLUMNS.get(name) == units.VOLUME]
    return units.PLAIN if one.scale == "none" and not volumes else units.ANY
