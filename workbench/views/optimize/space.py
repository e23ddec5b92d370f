"""What a sweep is made of, as texts that somebody types: which parameters are swept, from where to where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import param

from workbench.backtest import Settings
from workbench.backtest.market import Market
from workbench.errors import DataError
from workbench.indicators import formula
from workbench.strategies import Strategy
from workbench.sweep import log_range
from workbench.trading import Costs
from workbench.views.backtest.fields import Field, text_of
from workbench.views.backtest.setup import SECTIONS as _BACKTEST
from workbench.views.backtest.setup import Account, Chosen, Setup, strategy_fields

#: Sections of the form, in their order, and whether they are folded at first.
SECTIONS = {
    "Strategy": False,
    "Parameters": False,
    **{name: on for name, on in _BACKTEST.items() if name != "Strategy"},
}
#: Cells that a sweep of the page may have, and values of one parameter.
MOST_CELLS, MOST_VALUES = 1_000_000, 10_000
#: Values that a parameter is given unless told, about.
_VALUES = 12
_SWEPT = 2


@dataclass(frozen=True)
class SpaceField(Field):
    """A field of a parameter's range; ``place`` says how it stands in its row."""

    place: str = ""

    def told(self, text: str, error: str) -> dict[str, Any]:
        """What the browser draws."""
        return super().told(text, error) | {"place": self.place}


@dataclass(frozen=True)
class Swept(Chosen):
    """A form that was read: what ``sweep`` needs.

    Attributes
    ----------
    values
        The values of each parameter that is swept.
    where
        Condition between parameters; empty for none.
    """

    values: Mapping[str, list[Any]] = field(default_factory=dict)
    where: str = ""

    @property
    def label(self) -> str:
        """Strategy and what is swept, in short."""
        name = getattr(self.strategy, "plugin_name", type(self.strategy).__name__)
        return " ".join([name, *(f"{one} {some(values)}" for one, values in self.values.items())])

    def of(self, cell: Mapping[str, Any]) -> Chosen:
        """The backtest of a cell."""
        strategy = type(self.strategy)(**{**self.strategy.values(), **cell})
        texts = {name: text for name, text in self.texts.items() if not (name.startswith("s.") or name == "where")}
        texts |= {f"p.{name}": text_of(value) for name, value in strategy.values().items()}
        return Chosen(strategy, self.symbols, self.spec, self.start, self.end, self.options, self.costs, texts)

    def code(self) -> str:
        """A notebook cell that makes the same sweep."""
        head, _, _ = super().code().partition("\nres = ")
        words = [f"{name}={value!r}" for name, value in self.keywords().items() if name != "costs"]
        if "costs" in self.keywords():
            words.append("costs=Costs(" + ", ".join(f"{name}={amount!r}" for name, amount in self.costs.items()) + ")")
        where = [f"where={self.where!r}"] if self.where else []
        given = ", ".join(f"{name!r}: {_written(values)}" for name, values in self.values.items())
        lines = "".join(f"    {word},\n" for word in ("strategy", "bars", f"{{{given}}}", *where, *words))
        return f"{head}\nsw = wb.sweep(\n{lines})\nsw.leaderboard()"


class SpaceSetup(Setup):
    """The texts of the form of a sweep; beside those of a backtest the range of each parameter.

    A parameter ``fast`` has the fields ``s.fast`` (whether it is swept), and where it is ``s.fast.from``, ``.to``,
    ``.step`` and ``.log`` (then the step is the number of values), or ``s.fast.LONG`` for each choice; else ``p.fast``.
    """

    @staticmethod
    def ours(name: str) -> bool:
        """Whether a name of a link is one of the form's."""
        return Setup.ours(name) or name == "where" or name.startswith("s.")

    def fields(self) -> list[Field]:
        """The fields of the strategy that is chosen and of all else, in the order of the form."""
        rest = [one for one in super().fields() if not one.name.startswith("p.")]
        return [*self._space(), *rest]

    def swept(self) -> list[str]:
        """The parameters that are swept, in their order."""
        plain = swept_at_first(self.strategy)
        return [
            one.name[2:]
            for one in strategy_fields(self.strategy)
            if can_be_swept(one) and self.texts.get(f"s.{one.name[2:]}", "1" if one.name[2:] in plain else "0") == "1"
        ]

    def take(self, search: str) -> list[str]:
        """Take over what a link says; a sentence for what cannot be used."""
        # Which fields there are depends on which parameters are swept: those are known before the fields are read.
        asked = parse_qs(search.lstrip("?"), keep_blank_values=True)
        self.texts |= {name: values[-1] for name, values in asked.items() if name.startswith("s.")}
        return super().take(search)

    def edit(self, name: str, text: str) -> None:
        """Put a text into a field; whether the condition leaves cells is then no longer known."""
        self._late.pop("where", None)
        super().edit(name, text)

    def blame(self, error: Exception) -> bool:
        """Say why a plan or a sweep was refused beside the field that it is about; whether there is one."""
        if str(error).startswith("where="):
            text = next(self.text(one) for one in self.fields() if one.name == "where")
            said = str(error).removeprefix(f"where={text!r}").lstrip(": ").rstrip(".")
            self._late["where"] = (self.texts.get("where", ""), f"{said[:1].upper()}{said[1:]}.")
            self.check()
            return True
        return super().blame(error)

    def values(self, read: Mapping[str, Any]) -> dict[str, list[Any]]:
        """The values of the parameters that are swept, of what the fields say; what is wrong goes to ``errors``."""
        found: dict[str, list[Any]] = {}
        for one in strategy_fields(self.strategy):
            name = one.name[2:]
            if name not in self.swept():
                continue
            try:
                found[name] = values_of(one, read)
            except DataError as error:
                place = f"s.{name}.to" if one.kind in ("integer", "number") else f"s.{name}"
                self.errors[place] = str(error)
        return found

    def _chosen(self, values: Mapping[str, Any]) -> Swept | None:
        swept = self.values(values)
        if not swept and not self.errors:
            self.errors["where"] = "Nothing is swept: tick a parameter."
        if math.prod(map(len, swept.values())) > MOST_CELLS:
            self._refuse(swept)
        if self.errors:
            return None
        first = {f"p.{name}": one[0] for name, one in swept.items()}
        chosen = super()._chosen({**values, **first})
        if chosen is None:
            return None
        return Swept(**vars(chosen), values=swept, where=values["where"].strip())

    def _refuse(self, swept: Mapping[str, list[Any]]) -> None:
        """Say that there are too many cells, and which step would do."""
        cells = math.prod(map(len, swept.values()))
        name = max(swept, key=lambda one: len(swept[one]))
        fits = max(MOST_CELLS * len(swept[name]) // cells, 1)
        at = f"s.{name}.step" if f"s.{name}.step" in {one.name for one in self.fields()} else f"s.{name}"
        self.errors[at] = f"{cells:,} cells, and {MOST_CELLS:,} are the most here: with {fits:,} values of it they fit."

    def _space(self) -> list[Field]:
        found: list[Field] = []
        on = self.swept()
        for one in strategy_fields(self.strategy):
            name = one.name[2:]
            if can_be_swept(one):
                switch = param.Boolean(
                    name in swept_at_first(self.strategy), doc=f"Sweep it. {one.parameter.doc or ''}"
                )
                found.append(
                    SpaceField(f"s.{name}", switch, "Parameters", one.title, place="head all" if name in on else "head")
                )
            if name not in on:
                place = "value" if can_be_swept(one) else "whole"
                found.append(
                    SpaceField(
                        one.name,
                        one.parameter,
                        "Parameters",
                        one.title,
                        one.reader,
                        one.options,
                        one.hint,
                        one.default,
                        place,
                    )  # fmt: skip
                )
            else:
                found += _range_fields(one, self.texts.get(f"s.{name}.log", "0") == "1")
        plain = "fast < slow" if {"fast", "slow"} <= set(on) else ""
        doc = "Only cells for which it holds, such as fast < slow; parameters by their names."
        found.append(
            SpaceField("where", param.String(plain, doc=doc), "Parameters", "Condition", _condition, place="whole",
                       hint="every combination")
        )  # fmt: skip
        return found


def can_be_swept(one: Field) -> bool:
    """Whether a parameter has values that can be listed."""
    return one.kind in ("integer", "number", "flag", "choice")


def swept_at_first(name: str) -> list[str]:
    """The parameters of a strategy that are swept unless told: the first two that are numbers."""
    numbers = [one.name[2:] for one in strategy_fields(name) if one.kind in ("integer", "number") and one.plain]
    return numbers[:_SWEPT]


def values_of(one: Field, read: Mapping[str, Any]) -> list[Any]:
    """The values that the fields of a parameter say.

    Raises
    ------
    DataError
        There are none, or too many.
    """
    name = one.name[2:]
    if one.kind == "flag":
        return [False, True]
    if one.kind == "choice":
        found = [value for value in one.parameter.objects if read[f"s.{name}.{text_of(value)}"]]
        if not found:
            raise DataError("Tick at least one of its values.")
        return found
    low, high, step = (read[f"s.{name}.{what}"] for what in ("from", "to", "step"))
    if not low < high:
        raise DataError(f"It must be above {text_of(low)}, where it begins.")
    if read[f"s.{name}.log"]:
        if low <= 0:
            raise DataError("Steps by factors begin above 0.")
        return log_range(low, high, int(step))
    count = math.floor((high - low) / step + 1e-9) + 1
    if count > MOST_VALUES:
        raise DataError(f"{count:,} values, and {MOST_VALUES:,} are the most: take a wider step.")
    if one.kind == "integer":
        return list(range(int(low), int(high) + 1, int(step)))
    return [float(f"{value:.12g}") for value in low + step * np.arange(count)]


def range_at_first(one: Field) -> tuple[float, float, float]:
    """From, to and step of a numeric parameter unless told: around its default, within its bounds."""
    low, high = (one.parameter.bounds or (None, None)) if hasattr(one.parameter, "bounds") else (None, None)
    whole = one.kind == "integer"
    value = float(one.plain or (low if low is not None else 1.0))
    first, last = (value / 2, value * 3) if value else (-1.0, 1.0)
    first, last = min(first, last), max(first, last)
    inside = getattr(one.parameter, "inclusive_bounds", (True, True))
    if low is not None and first < low:
        first = float(low)
    if high is not None and last > high:
        last = float(high)
    step = _round_step((last - first) / (_VALUES - 1) or 1.0, whole)
    first = math.floor(first / step) * step if not whole else float(math.ceil(first))
    if low is not None and (first < low or (first == low and not inside[0])):
        first = low + step
    return float(f"{first:.12g}"), float(f"{math.floor(last) if whole else last:.12g}"), float(f"{step:.12g}")


def some(values: list[Any]) -> str:
    """Values in short."""
    texts = [f"{one:.6g}" if isinstance(one, float) else str(one) for one in values]
    return "/".join(texts) if len(texts) <= 3 else f"{texts[0]}…{texts[-1]}"


def chosen_again(strategy: Strategy, market: Market, settings: Settings, what: tuple[str, Mapping[str, Any]]) -> Chosen:
    """The backtest of a cell (``what``: its bars' spec, and its parameters) of a sweep that was written down."""
    spec, cell = what
    made = type(strategy)(**{**strategy.values(), **cell})
    plain = {name: one.default for name, one in Costs.param.objects().items() if name != "name"}
    costs = {name: value for name, value in settings.costs.items() if name in plain and value != plain[name]}
    same = ("cash", "sizing", "leverage", "fill", "short", "path")
    options = {name: getattr(settings, name) for name in same}
    options |= {"whole_units": False, "close_at_end": bool(settings.close_at_end), "session": settings.session or ""}
    index = market.index
    days = {"from": f"{index[0]:%Y-%m-%d}", "to": f"{index[-1] + pd.Timedelta(days=1):%Y-%m-%d}"} if len(index) else {}
    texts = {"strategy": getattr(type(made), "plugin_name", ""), **days}
    texts |= {f"p.{name}": text_of(value) for name, value in made.values().items()}
    texts |= {f"c.{name}": text_of(value) for name, value in costs.items()}
    texts |= {name: text_of(one) for name, one in options.items() if one != Account.param[name].default}
    return Chosen(made, tuple(market.symbols), spec, None, None, options, costs, texts)


def _range_fields(one: Field, log: bool) -> list[Field]:
    name = one.name[2:]
    if one.kind == "flag":
        return []
    if one.kind == "choice":
        return [
            SpaceField(
                f"s.{name}.{text_of(value)}",
                param.Boolean(True, doc=f"Try {text_of(value)}."),
                "Parameters",
                text_of(value).replace("_", " "),
                place="some",
            )  # fmt: skip
            for value in one.parameter.objects
        ]
    first, last, step = range_at_first(one)
    whole = one.kind == "integer"
    if log:
        by: param.Parameter = param.Integer(_VALUES, bounds=(2, MOST_VALUES), doc="How many values, by equal factors.")
        default: float = _VALUES
    elif whole:
        by, default = param.Integer(1, bounds=(1, None), doc="From one value to the next."), step
    else:
        by = param.Number(1.0, bounds=(0, None), inclusive_bounds=(False, True), doc="From one value to the next.")
        default = step
    flag = param.Boolean(False, doc="Values whose steps are factors: the field beside it is how many there are.")
    return [
        SpaceField(f"s.{name}.from", one.parameter, "Parameters", "From", default=_whole(first, whole)),
        SpaceField(f"s.{name}.to", one.parameter, "Parameters", "To", default=_whole(last, whole)),
        SpaceField(
            f"s.{name}.step", by, "Parameters", "Values" if log else "Step", default=_whole(default, whole or log)
        ),
        SpaceField(f"s.{name}.log", flag, "Parameters", "Log", place="log"),
    ]


def _whole(value: float, whole: bool) -> float | int:
    return int(value) if whole else value


def _round_step(step: float, whole: bool) -> float:
    """The next lower of 1, 2, 5, 10 ..., or of their tenths."""
    power = 10.0 ** math.floor(math.log10(step))
    found = max(one for one in (1.0, 2.0, 5.0) if one * power <= step * (1 + 1e-9)) * power
    return max(1.0, found) if whole else found


def _condition(text: str) -> str:
    if text:
        formula(text)
    return text


def _written(values: list[Any]) -> str:
    """Values as code, short where they are a range."""
    if len(values) > 3 and all(isinstance(one, int) and not isinstance(one, bool) for one in values):
        step = values[1] - values[0]
        if step and values == list(range(values[0], values[-1] + 1, step)):
            return f"range({values[0]}, {values[-1] + 1}{f', {step}' if step != 1 else ''})"
    return repr(values)
