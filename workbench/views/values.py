"""Values of the state: what a link and a layout may say, and parameters that take nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import param

from workbench.charts.compare import MAX_COMPARED
from workbench.charts.study_text import Study, join_studies, split_studies
from workbench.charts.types import chart_types
from workbench.errors import DataError, SpecError, WorkbenchError, did_you_mean
from workbench.market.specs import BarSpec

#: Colours that link charts, what they can link, and what a colour links until something else is chosen.
LINK_COLORS = ("red", "orange", "yellow", "green", "blue", "violet")
LINK_WHAT = ("symbol", "spec", "window", "crosshair")
LINK_USUAL = ("symbol", "window", "crosshair")


def zone_named(name: str) -> ZoneInfo:
    """The zone, or a ``ValueError`` that names the nearest ones."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"time zone {name!r} is not known: {did_you_mean(name, available_timezones())}") from None


def spec_named(text: str) -> BarSpec:
    """The spec of bars that a symbol has, or a ``ValueError`` that says how to write it."""
    spec = BarSpec.parse(text)
    if not spec.root.timed and spec.root.maker().of == "bars":
        raise SpecError(f"bar spec {text!r}: {spec.root.kind} is made of other bars; say which, such as {spec}(5min)")
    return spec


@dataclass(frozen=True)
class Link:
    """A colour shared by charts, and what those that have it share; as text ``red`` or ``red:symbol,window``."""

    color: str
    what: frozenset[str] = frozenset(LINK_USUAL)

    @classmethod
    def parse(cls, text: str) -> Link:
        """From its text; a ``ValueError`` that says what it can be."""
        color, colon, rest = text.partition(":")
        what = [one.strip() for one in rest.split(",")] if colon else LINK_USUAL
        if color not in LINK_COLORS:
            raise ValueError(f"link {text[:40]!r}: the colour is one of {', '.join(LINK_COLORS)}, such as red:symbol")
        if not set(what) <= set(LINK_WHAT):
            raise ValueError(f"link {text[:40]!r}: what is linked is of {', '.join(LINK_WHAT)}, such as red:symbol")
        return cls(color, frozenset(what))

    def __str__(self) -> str:
        usual = self.what == frozenset(LINK_USUAL)
        return self.color if usual else f"{self.color}:{','.join(one for one in LINK_WHAT if one in self.what)}"


class SpecParameter(param.String):
    """The bar spec of a symbol in its canonical text."""

    def _validate(self, val: object) -> None:
        super()._validate(val)
        if val is not None and str(spec_named(val)) != val:
            raise ValueError(f"{self.name} must be canonical: {str(BarSpec.parse(val))!r}, not {val!r}")


class ZoneParameter(param.String):
    """The IANA name of a time zone."""

    def _validate(self, val: object) -> None:
        super()._validate(val)
        if val is not None:
            zone_named(val)


class ChartTypeParameter(param.String):
    """The name of a chart type."""

    def _validate(self, val: object) -> None:
        super()._validate(val)
        if val is not None:
            chart_types.get(val)


class LinkParameter(param.String):
    """A colour that links a chart with others, and what it links: ``red`` or ``red:symbol,window``."""

    def _validate(self, val: object) -> None:
        super()._validate(val)
        if val and str(Link.parse(val)) != val:
            raise ValueError(f"{self.name} must be canonical: {str(Link.parse(val))!r}, not {val!r}")


def _symbol(text: str) -> str:
    if not text or len(text) > 64 or not text.isprintable():
        raise ValueError(f"symbol {text[:64]!r} cannot be used: it must be 1 to 64 printable characters")
    return text


def _spec(text: str) -> str:
    return str(spec_named(text))


def studies_of(text: str) -> tuple[list[str], list[str]]:
    """The texts of the studies that can be read, and a sentence for each of the others."""
    found, refused = [], []
    for one in split_studies(text):
        try:
            found.append(str(Study.parse(one)))
        except WorkbenchError as error:
            refused.append(f"{sentence(error)} Drawing the chart without it.")
    return found, refused


def study_list(values: list[Any], place: str) -> tuple[list[str], list[str]]:
    """The texts of the studies of a layout that can be drawn, and a sentence for each of the others."""
    found, refused = [], []
    for at, one in enumerate(values):
        try:
            if not isinstance(one, str):
                raise DataError(f"a text is needed, not {shown(one)}")
            found.append(str(Study.parse(one)))
        except (WorkbenchError, ValueError, LookupError, ArithmeticError) as error:
            refused.append(f"{place}[{at}]: {sentence(error)} Drawing the chart without it.")
    return found, refused


def symbols_of(
    given: list[Any], resolve: Callable[[str], str] | None = None, place: str = ""
) -> tuple[list[str], list[str]]:
    """Symbols to compare with, each once, and a sentence for each that cannot be used; ``place`` is where it stands."""
    found: list[str] = []
    refused = []
    for at, one in enumerate(given):
        where = f"{place}[{at}]: " if place else ""
        try:
            if not isinstance(one, str):
                raise DataError(f"a symbol is needed, not {shown(one)}")
            symbol = _symbol(one.strip())
            symbol = resolve(symbol) if resolve else symbol
        except (WorkbenchError, ValueError, LookupError) as error:
            refused.append(f"{where}{sentence(error)} Comparing without it.")
            continue
        if len(found) == MAX_COMPARED:
            refused.append(f"{where}{symbol} is one too many: a chart compares with {MAX_COMPARED} symbols at most.")
        elif symbol not in found:
            found.append(symbol)
    return found, refused


def shown(value: object) -> str:
    """A value as a refusal names it, never long."""
    text = type(value).__name__ if isinstance(value, dict | list) and len(value) > 2 else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _zone(text: str) -> str:
    return zone_named(text).key


def _chart(text: str) -> str:
    chart_types.get(text)
    return text


def _replay(text: str) -> str:
    if len(text) > 100 or not text.isprintable():
        raise ValueError(f"replay {text[:40]!r} cannot be followed: a name has 1 to 100 printable characters")
    return text


def _link(text: str) -> str:
    return str(Link.parse(text)) if text else ""


#: Texts to values, and values to texts, where the parameter's own kind does not say how.
READ: Mapping[str, Callable[[str], Any]] = {
    "symbol": _symbol,
    "spec": _spec,
    "tz": _zone,
    "chart": _chart,
    "link": _link,
    "replay": _replay,
}
WRITTEN: Mapping[str, Callable[[Any], str]] = {"studies": join_studies, "compare": ",".join, "hidden": ",".join}


def text_of(value: Any) -> str:
    """What a link says for a value, where ``WRITTEN`` has no better way."""
    return ("1" if value else "0") if isinstance(value, bool) else str(value)


def value_of(parameter: param.Parameter, text: str) -> Any:
    """The value of a text of a link: yes or no of a flag, one of the choices of a selector, else the text."""
    value: Any = text
    if isinstance(parameter, param.Boolean):
        if text not in ("0", "1"):
            raise ValueError(f"{parameter.name} must be 0 or 1, not {text[:40]!r}")
        value = text == "1"
    parameter._validate(value)
    return value


def sentence(error: Exception) -> str:
    """What an error says, as a sentence."""
    text = str(error.args[0] if error.args else error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"
