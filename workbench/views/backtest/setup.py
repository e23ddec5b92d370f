"""What a backtest is made of, as texts that somebody types: read, checked, kept in links, written as code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import pandas as pd
import param

from workbench.backtest import Run, Settings
from workbench.backtest.engine import FILLS
from workbench.backtest.market import Market
from workbench.errors import DataError, WorkbenchError, did_you_mean
from workbench.indicators import formula
from workbench.kernels.ledger import PATHS
from workbench.market.specs import COMMON
from workbench.strategies import Strategy, strategies
from workbench.trading import Costs
from workbench.views.backtest.fields import Field
from workbench.views.values import sentence, spec_named

#: Sections of the form, in their order, and whether they are folded at first.
SECTIONS = {"Strategy": False, "Market": False, "Account": False, "Costs": False, "More costs and rules": True}
#: Costs that are seen at once.
_FIRST = ("taker", "maker", "slippage")
_LABELS = {"taker": "Fee", "maker": "Fee of limits", "slippage": "Slippage", "slippage_fixed": "Slippage, price"}


class Account(param.Parameterized):
    """What holds for a run besides its strategy, its bars and its costs; see ``wb.backtest``."""

    symbols = param.String(default="BTC-USD", doc="Symbols that are traded, with commas between; they share the cash.")
    spec = param.String(default="1d", doc="Bars, such as 1d, 5min or renko:1.0.")
    start = param.String(default="", doc="First day, UTC, such as 2010 or 2010-06-01; empty for all there is.")
    end = param.String(default="", doc="Day on which the bars end, UTC, not counted in; empty for all there is.")
    cash = param.Number(default=10_000.0, bounds=(0, None), inclusive_bounds=(False, True), doc="Money at the start.")
    sizing = param.Number(
        default=1.0,
        bounds=(0, 100),
        inclusive_bounds=(False, True),
        doc="Fraction of equity that a position takes where the strategy names no amount.",
    )
    leverage = param.Number(
        default=1.0, bounds=(0, 100), inclusive_bounds=(False, True), doc="Most exposure per equity."
    )
    fill = param.Selector(
        default="next_open",
        objects=list(FILLS),
        doc="Where a decision is filled: at the next open, or at the close it was made at, which nobody can do.",
    )
    short = param.Boolean(default=True, doc="Whether units may be sold that are not there.")
    whole_units = param.Boolean(default=False, doc="Whether units are whole numbers, cut down.")
    path = param.Selector(
        default="pessimistic",
        objects=list(PATHS),
        doc="What is assumed of the way inside a bar, where stop and target are both in it.",
    )
    close_at_end = param.Boolean(default=False, doc="Whether all is closed at the close of the last bar.")
    session = param.String(default="", doc="Calendar such as XNYS, whose sessions day orders last for; empty for UTC.")


_ACCOUNT = {
    "cash": "Account", "sizing": "Account", "leverage": "Account", "fill": "Account", "short": "Account",
    "whole_units": "More costs and rules", "path": "More costs and rules", "close_at_end": "More costs and rules",
    "session": "More costs and rules",
}  # fmt: skip
#: Names in links that are not in ``fields``.
OWN = ("strategy", "symbols", "from", "to", *_ACCOUNT)


@dataclass(frozen=True)
class Chosen:
    """A form that was read: everything that a run needs, and the texts it came from."""

    strategy: Strategy
    symbols: tuple[str, ...]
    spec: str
    start: pd.Timestamp | None
    end: pd.Timestamp | None
    options: Mapping[str, Any]
    costs: Mapping[str, float]
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Strategy and parameters in short."""
        return self.strategy.label

    @property
    def place(self) -> str:
        """Symbols and bars in short."""
        names = ", ".join(self.symbols[:3]) + (f" and {len(self.symbols) - 3} more" if len(self.symbols) > 3 else "")
        return f"{names} · {self.spec}"

    def keywords(self) -> dict[str, Any]:
        """Keywords of ``wb.backtest`` that are not its defaults."""
        found = {name: value for name, value in self.options.items() if value != Account.param[name].default}
        if found.get("session") == "":
            del found["session"]
        plain = dict(self.costs)
        fee = plain.pop("taker", 0.0)
        if plain.get("maker", 0.0) == fee and set(plain) <= {"maker", "slippage"}:
            found |= {"fees": fee} if fee else {}
            found |= {"slippage": plain["slippage"]} if plain.get("slippage") else {}
        elif self.costs:
            found["costs"] = Costs(**self.costs)
        return found

    def run(self, bars: Mapping[str, pd.DataFrame]) -> Run:
        """A run of these bars that has not begun, as the debugger steps through it."""
        costs = {name: float(getattr(Costs(**self.costs), name)) for name in Costs.param if name != "name"}
        if self.options["whole_units"]:
            costs["lot"] = max(costs["lot"], 1.0)
        session = self.options["session"] or None
        same = {name: self.options[name] for name in ("cash", "sizing", "leverage", "fill", "short", "path")}
        end = "close" if self.options["close_at_end"] else ""
        return Run(
            self.strategy, Market(dict(bars), session), Settings(**same, session=session, close_at_end=end, costs=costs)
        )

    def code(self) -> str:
        """A notebook cell that makes the same run."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.strategy.values().items())
        name = getattr(type(self.strategy), "plugin_name", "")
        made = f'wb.strategies.strategy("{name}"{f", {given}" if given else ""})'
        edges = [f'"{edge:%Y-%m-%d}"' if edge is not None else "None" for edge in (self.start, self.end)]
        while edges and edges[-1] == "None":
            edges.pop()
        window = "".join(f", {edge}" for edge in edges)
        if len(self.symbols) == 1:
            bars = f'cat.bars("{self.symbols[0]}", "{self.spec}"{window})'
        else:
            listed = ", ".join(f'"{one}"' for one in self.symbols)
            bars = f'{{symbol: cat.bars(symbol, "{self.spec}"{window}) for symbol in [{listed}]}}'
        lines = ["import workbench as wb"]
        words = []
        for key, value in self.keywords().items():
            if key == "costs":
                lines.append("from workbench.trading import Costs")
                told = ", ".join(f"{cost}={amount!r}" for cost, amount in self.costs.items())
                words.append(f"costs=Costs({told})")
            else:
                words.append(f"{key}={value!r}")
        call = f"wb.backtest({', '.join(['strategy', 'bars', *words])})"
        if len(call) > 90:
            call = "wb.backtest(\n" + "".join(f"    {word},\n" for word in ("strategy", "bars", *words)) + ")"
        return "\n".join(
            [*lines, "", "cat = wb.catalog()", f"bars = {bars}", f"strategy = {made}", f"res = {call}", "res.stats"]
        )


class Setup:
    """The texts of a form, what is wrong with them, and what they say.

    Parameters
    ----------
    resolve
        Gives the symbol for what was typed, or raises ``LookupError``; any is taken without it.
    known
        Symbols that are offered.

    Attributes
    ----------
    strategy
        Name of the strategy.
    texts
        The text of every field by its name, of other strategies too: nothing that was typed is lost.
    errors
        A sentence for each field that cannot be read.
    """

    def __init__(self, resolve: Callable[[str], str] | None = None, known: Iterable[str] = ()) -> None:
        self._resolve, self._known = resolve or (lambda text: text), tuple(known)
        names = strategies.names()
        self.strategy = "sma_cross" if "sma_cross" in names else names[0]
        self.texts: dict[str, str] = {}
        self._late: dict[str, tuple[str, str]] = {}
        self.errors: dict[str, str] = {}

    # --- fields ---------------------------------------------------------------------------------------------------

    def fields(self) -> list[Field]:
        """The fields of the strategy that is chosen and of all else, in the order of the form."""
        return [*strategy_fields(self.strategy), *self._market(), *_account_fields(), *cost_fields()]

    def _market(self) -> list[Field]:
        own = Account.param
        return [
            Field("symbols", own.symbols, "Market", "Symbols", self._symbols, self._known),
            Field("spec", own.spec, "Market", "Bars", lambda text: str(spec_named(text)), COMMON),
            Field("from", own.start, "Market", "From", _day, hint="first bar"),
            Field("to", own.end, "Market", "To", _day, hint="last bar"),
        ]

    def text(self, one: Field) -> str:
        """What stands in a field."""
        return self.texts.get(one.name, one.plain)

    def edit(self, name: str, text: str) -> None:
        """Put a text into a field."""
        if name == "strategy":
            self.choose(text)
            return
        self.texts[name] = text
        self._late.pop(name, None)
        self.check()

    def choose(self, name: str) -> None:
        """Choose a strategy; ``UnknownNameError`` for one that there is not."""
        strategies.get(name)
        self.strategy = name
        self.check()

    def check(self) -> Chosen | None:
        """Read all fields; None where one cannot be, then ``errors`` says which and why."""
        values: dict[str, Any] = {}
        self.errors = {}
        for one in self.fields():
            try:
                values[one.name] = one.read(self.text(one))
            except (WorkbenchError, ValueError, LookupError) as error:
                self.errors[one.name] = sentence(reason_of(error))
        for name, (text, said) in self._late.items():
            if name in values and self.texts.get(name, "") == text:
                self.errors[name] = said
        if self.errors:
            return None
        return self._chosen(values)

    def blame(self, error: Exception) -> bool:
        """Say why a run failed beside the field that it is about, until that is edited; whether there is one."""
        text = getattr(error, "text", None)
        for one in self.fields():
            if one.name.startswith("p.") and text and self.text(one).strip() == str(text).strip():
                self._late[one.name] = (self.texts.get(one.name, ""), sentence(reason_of(error)))
                self.check()
                return True
        return False

    def _chosen(self, values: Mapping[str, Any]) -> Chosen | None:
        parameters = {name[2:]: value for name, value in values.items() if name.startswith("p.") and value is not None}
        try:
            made = strategies.get(self.strategy)(**parameters)
            for study in made.studies().values():
                if isinstance(study, str):
                    formula(study)
        except Exception as error:  # studies are the author's own code
            self._blame(error, parameters)
            return None
        least, most = getattr(type(made), "symbols", (1, None)) or (1, None)
        symbols = values["symbols"]
        if len(symbols) < least or (most is not None and len(symbols) > most and least > 1):
            self.errors["symbols"] = (
                f"{self.strategy} trades {least if least == most else f'{least} or more'} symbols, not {len(symbols)}."
            )
        if values["from"] is not None and values["to"] is not None and values["from"] >= values["to"]:
            self.errors["to"] = "It must be after the first day."
        if values["sizing"] > values["leverage"]:
            self.errors["sizing"] = f"{values['sizing']:g} of equity needs a leverage of {values['sizing']:g} or more."
        if self.errors:
            return None
        options = {name: values[name] for name in _ACCOUNT}
        costs = {name[2:]: value for name, value in values.items() if name.startswith("c.")}
        costs = {name: value for name, value in costs.items() if value != Costs.param[name].default}
        return Chosen(made, symbols, values["spec"], values["from"], values["to"], options, costs, dict(self.said()))

    def _blame(self, error: Exception, parameters: Mapping[str, Any]) -> None:
        said = str(error.args[0] if error.args else error)
        text = sentence(reason_of(error)) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {said}."
        formula_ = getattr(error, "text", None)
        named = [name for name, value in parameters.items() if formula_ and value == formula_]
        named += [name for name in parameters if f"'{name}'" in said or f".{name}" in said or f" {name} " in said]
        self.errors[f"p.{named[0]}" if named else "strategy"] = text

    def _symbols(self, text: str) -> tuple[str, ...]:
        given = list(dict.fromkeys(one.strip() for one in text.replace(";", ",").split(",") if one.strip()))
        if not given:
            raise DataError("Needed: a symbol, such as AAPL")
        if len(given) > 50:
            raise DataError(f"at most 50 symbols trade together here, not {len(given)}")
        return tuple(dict.fromkeys(self._resolve(one) for one in given))

    # --- links ----------------------------------------------------------------------------------------------------

    def said(self) -> dict[str, str]:
        """The texts that a link says: those that are not the default. Symbols and bars are the page's own."""
        out = {"strategy": self.strategy}
        for one in self.fields():
            text = self.text(one)
            if text != one.plain and one.name != "spec" and not (one.name == "symbols" and "," not in text):
                out[one.name] = text
        return out

    @staticmethod
    def ours(name: str) -> bool:
        """Whether a name of a link is one of the form's."""
        return name in OWN or name[:2] in ("p.", "c.")

    def query(self) -> str:
        """``said`` as a part of a link."""
        return urlencode(self.said())

    def take(self, search: str) -> list[str]:
        """Take over what a link says; a sentence for what cannot be used. What is wrong in a field is said there."""
        asked = {name: values[-1] for name, values in parse_qs(search.lstrip("?"), keep_blank_values=True).items()}
        refused = []
        if "strategy" in asked:
            if asked["strategy"] in strategies.names():
                self.strategy = asked["strategy"]
            else:
                near = did_you_mean(asked["strategy"], strategies.names())
                refused.append(f"There is no strategy {asked['strategy'][:40]!r}: {near}. Showing {self.strategy}.")
        known = {one.name for one in self.fields()}
        self.texts |= {name: text for name, text in asked.items() if name in known and name != "spec"}
        self.check()
        return refused


def strategy_fields(name: str) -> list[Field]:
    """Fields for the parameters of a strategy; those that only code can give are left out."""
    kind = strategies.get(name)
    example = getattr(kind, "example", {}) or {}
    return [
        Field(f"p.{one}", kind.param[one], "Strategy", default=example.get(one))
        for one in kind.param
        if one != "name" and _typed(kind.param[one])
    ]


def cost_fields() -> list[Field]:
    """Fields of ``trading.Costs``; ``lot`` is the account's."""
    names = [name for name in Costs.param if name != "name"]
    names.sort(key=lambda name: name not in _FIRST)
    return [
        Field(
            f"c.{name}", Costs.param[name], "Costs" if name in _FIRST else "More costs and rules", _LABELS.get(name, "")
        )
        for name in names
    ]


def _account_fields() -> list[Field]:
    return [Field(name, Account.param[name], section) for name, section in _ACCOUNT.items()]


def _typed(parameter: param.Parameter) -> bool:
    """Whether a value of it can be typed."""
    if isinstance(parameter, param.ClassSelector):
        kinds = parameter.class_ if isinstance(parameter.class_, tuple) else (parameter.class_,)
        return str in kinds
    known = (param.Boolean, param.Number, param.Selector, param.String)
    return isinstance(parameter, known) and not parameter.constant


def _day(text: str) -> pd.Timestamp | None:
    from workbench.views.chart.goto import read_moment

    return None if not text else pd.Timestamp(read_moment(text, "UTC")[0])


def reason_of(error: Exception) -> Exception:
    """Only the reason of a formula's error: its caret needs lines of letters of one width."""
    return DataError(error.reason) if hasattr(error, "reason") else error
