"""A study as text: ``ema(window=20, color=#f5a623)``, for links, layouts and code that rebuilds a chart.

A text names an indicator, those of its parameters that differ from the default, and how it looks. Values are numbers,
``true`` or ``false``, bare words, or strings in quotes, in which a backslash takes the next character as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import param

from workbench.errors import DataError, UnknownNameError, did_you_mean
from workbench.indicators import Indicator, indicator, indicators
from workbench.indicators.timeframes import OnTimeframe

_NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*")
_KEY = re.compile(r"\s*([A-Za-z_]\w*(?:\.\w+)?)\s*=\s*")
_VALUE = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,()"'=;]+)""", re.DOTALL)
_BARE = re.compile(r"[^\s,()\"'=;\\]+")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
#: Parameters that any indicator takes besides its own: what puts it on a coarser timeframe.
_COARSER = ("timeframe", "forming", "session", "of")
_LOOKS = ("color", "width", "pane", "hidden", "folded", "height")
_LONGEST = 2_000
#: Thinnest and thickest line, and lowest and highest pane, px.
WIDTHS, HEIGHTS = (0.5, 8.0), (40, 1_200)


@dataclass(frozen=True)
class Looks:
    """How a study is drawn; what is None or left out is as the indicator and the theme have it.

    Parameters
    ----------
    colors, widths
        ``#rrggbb`` and px by output; the output "" stands for all of them.
    pane
        ``price`` over the prices, ``own`` in a pane of its own.
    hidden, folded
        Not drawn; its pane is a line only.
    height
        Of its pane, px.
    """

    colors: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)
    pane: str | None = None
    hidden: bool = False
    folded: bool = False
    height: int | None = None

    def color(self, output: str) -> str | None:
        """The colour that was chosen for an output, if any."""
        return self.colors.get(output, self.colors.get(""))

    def width(self, output: str) -> float | None:
        """The width that was chosen for an output, if any."""
        return self.widths.get(output, self.widths.get(""))


@dataclass(frozen=True)
class Study:
    """An indicator with its parameters and looks; hashable by its text.

    Parameters
    ----------
    name
        Of the indicator.
    values
        Parameters that were chosen.
    looks
        How it is drawn.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    looks: Looks = field(default_factory=Looks)

    @classmethod
    def parse(cls, text: str) -> Study:
        """Read a text.

        Raises
        ------
        DataError
            It cannot be read, or a value is out of its bounds; says where and how to write it.
        UnknownNameError
            There is no such indicator, or it has no such parameter.
        """
        if len(text) > _LONGEST:
            raise DataError(f"study {text[:40]!r}... has {len(text)} characters; at most {_LONGEST} are read")
        study = cls._built(*_read(text))
        study.indicator()
        return study

    @classmethod
    def of(cls, what: str | Indicator | Study) -> Study:
        """A study from its text, or from an indicator."""
        if isinstance(what, Study):
            return what
        if isinstance(what, str):
            return cls.parse(what)
        if not isinstance(what, Indicator):
            raise DataError(f"a study is a text such as ema(window=20) or an indicator, not {type(what).__name__}")
        inner = what.inner if isinstance(what, OnTimeframe) else what
        kind, coarser = type(inner), {one: getattr(what, one) for one in _COARSER} if inner is not what else {}
        return cls(
            kind.plugin_name, _chosen(kind, {**coarser, **{one: getattr(inner, one) for one in _parameters(kind)}})
        )

    @classmethod
    def _built(cls, name: str, given: list[tuple[str, str, bool]]) -> Study:
        kind = indicators.get(name)
        own, values, looks = _parameters(kind), {}, {}
        for key, text, quoted in given:
            if key in values or key in looks:
                raise DataError(f"study {name}: {key} is given twice; leave one out")
            if key in own or key in _COARSER:
                values[key] = _value(name, (kind if key in own else OnTimeframe).param[key], text, quoted)
            else:
                looks[key] = text
        return cls(name, _chosen(kind, values), _looks(name, kind, looks, own))

    def indicator(self, session: str | None = None) -> Indicator:
        """The indicator; ``session`` is the calendar of those that begin with a session and were not told which."""
        values = dict(self.values)
        if session and ("timeframe" in values or "session" in _parameters(indicators.get(self.name))):
            values.setdefault("session", session)
        return indicator(self.name, **values)

    def with_values(self, values: Mapping[str, Any]) -> Study:
        """The same look and timeframe with other parameters; those that are the default are left out."""
        kept = {key: value for key, value in self.values.items() if key in _COARSER}
        return replace(self, values=_chosen(indicators.get(self.name), {**kept, **values}))

    def with_looks(self, **changes: Any) -> Study:
        """The same indicator with other looks (fields of ``Looks``)."""
        return replace(self, looks=replace(self.looks, **changes))

    def __str__(self) -> str:
        looks = self.looks
        parts = [(key, _written(value)) for key, value in self.values.items()]
        parts += [(f"color.{one}" if one else "color", value) for one, value in looks.colors.items()]
        parts += [(f"width.{one}" if one else "width", f"{value:g}") for one, value in looks.widths.items()]
        parts += [(key, str(getattr(looks, key))) for key in ("pane", "height") if getattr(looks, key) is not None]
        parts += [(key, "true") for key in ("hidden", "folded") if getattr(looks, key)]
        inside = ", ".join(f"{key}={value}" for key, value in parts)
        return f"{self.name}({inside})" if inside else self.name

    def __hash__(self) -> int:
        return hash(str(self))


def split_studies(text: str) -> list[str]:
    """The texts of several studies that were joined by semicolons; one inside quotes does not part them."""
    out, begin, quote, skip = [], 0, "", False
    for at, letter in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip, quote = letter == "\\", "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == ";":
            out.append(text[begin:at])
            begin = at + 1
    return [one.strip() for one in [*out, text[begin:]] if one.strip()]


def join_studies(texts: Iterable[str]) -> str:
    """One text for several studies, as ``split_studies`` reads it."""
    return ";".join(texts)


def _read(text: str) -> tuple[str, list[tuple[str, str, bool]]]:
    def wrong(at: int, needed: str) -> DataError:
        return DataError(f"study {text!r} cannot be read at character {at + 1}: {needed}, as in ema(window=20)")

    head = _NAME.match(text)
    if head is None:
        raise wrong(0, "the name of an indicator is needed")
    at, given = head.end(), []
    if at == len(text):
        return head[1], given
    if text[at] != "(":
        raise wrong(at, "an opening bracket is needed")
    at += 1
    if text[at:].strip() == ")":
        return head[1], given
    while True:
        key = _KEY.match(text, at)
        if key is None:
            raise wrong(at, "a parameter and = are needed")
        value = _VALUE.match(text, key.end())
        if value is None:
            raise wrong(key.end(), f"a value of {key[1]} is needed")
        quoted = value[3] is None
        inner = re.sub(r"\\(.)", r"\1", value[1] if value[1] is not None else value[2] or "", flags=re.DOTALL)
        given.append((key[1], inner if quoted else value[3], quoted))
        at = value.end()
        at += len(text[at:]) - len(text[at:].lstrip())
        if at < len(text) and text[at] == ",":
            at += 1
        elif text[at:].strip() == ")":
            return head[1], given
        else:
            raise wrong(at, "a comma or the closing bracket is needed")


def _parameters(kind: type[Indicator]) -> list[str]:
    return [one for one in kind.param if one != "name"]


def _chosen(kind: type[Indicator], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that differ from the defaults, in the order of the declaration; those of a timeframe come last."""
    own = {one: values[one] for one in _parameters(kind) if one in values and values[one] != kind.param[one].default}
    coarser = {one: values[one] for one in _COARSER if one in values and one not in kind.param}
    default = {"timeframe": None, **{one: OnTimeframe.param[one].default for one in _COARSER[1:]}}
    return own | {one: value for one, value in coarser.items() if value != default[one]}


def _value(name: str, parameter: param.Parameter, text: str, quoted: bool) -> Any:
    if text == "none" and not quoted and parameter.allow_None:
        return None
    if isinstance(parameter, param.Boolean):
        return _flag(name, parameter.name, text)
    try:
        if isinstance(parameter, param.Integer):
            return int(text)
        if isinstance(parameter, param.Number):
            if not math.isfinite(float(text)):
                raise ValueError
            return float(text)
    except ValueError:
        what = "a whole number" if isinstance(parameter, param.Integer) else "a number"
        raise DataError(f"study {name}: {parameter.name} takes {what}, not {text!r}") from None
    if isinstance(parameter, param.Selector):
        found = [one for one in parameter.objects if str(one) == text]
        if not found:
            known = [str(one) for one in parameter.objects]
            raise DataError(f"study {name}: {parameter.name} {text!r} is not known: {did_you_mean(text, known)}")
        return found[0]
    return text


def _flag(name: str, key: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise DataError(f"study {name}: {key} takes true or false, not {text!r}")
    return text == "true"


def _looks(name: str, kind: type[Indicator], given: Mapping[str, str], own: list[str]) -> Looks:
    colors: dict[str, str] = {}
    widths: dict[str, float] = {}
    others: dict[str, Any] = {}
    for key, text in given.items():
        what, _, output = key.partition(".")
        if what not in _LOOKS or output and what not in ("color", "width"):
            known = [*own, *_LOOKS]
            raise UnknownNameError(f"study {name} has no parameter {key!r}: {did_you_mean(key, known)}")
        if output and output not in kind.outputs:
            raise UnknownNameError(f"study {name} has no output {output!r}: {did_you_mean(output, kind.outputs)}")
        if what == "color":
            if not _COLOR.fullmatch(text):
                raise DataError(f"study {name}: {key} {text!r} is no colour; write it like #2962ff")
            colors[output] = text.lower()
        elif what == "width":
            widths[output] = _number(name, key, text, WIDTHS)
        elif what == "height":
            others[what] = int(_number(name, key, text, HEIGHTS))
        elif what == "pane":
            if text not in ("price", "own"):
                raise DataError(f"study {name}: pane is price or own, not {text!r}")
            others[what] = text
        else:
            others[what] = _flag(name, key, text)
    return Looks(colors=colors, widths=widths, **others)


def _number(name: str, key: str, text: str, limits: tuple[float, float]) -> float:
    try:
        value = float(text)
    except ValueError:
        raise DataError(f"study {name}: {key} takes a number, not {text!r}") from None
    if not limits[0] <= value <= limits[1]:
        raise DataError(f"study {name}: {key} must be {limits[0]:g} to {limits[1]:g} px, not {text}")
    return value


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, float) else str(value)
    if isinstance(value, str) and (text == "none" or not _BARE.fullmatch(text)):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text
