"""Fields of the form: what a Param parameter is as a text that somebody types, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import param

from workbench.errors import DataError, did_you_mean
from workbench.views.chart.fields import words

#: Letters of a text that a field takes.
LETTERS = 2_000
#: Names that are abbreviations.
_SHORT = ("atr", "rsi", "ema", "sma", "cvd", "adx", "cci", "obv")


@dataclass(frozen=True)
class Field:
    """One field of the form.

    Parameters
    ----------
    name
        Its key in links, such as ``cash`` or ``p.fast``.
    parameter
        What it is made from: kind, bounds, choices and doc.
    section
        Heading under which it stands.
    label
        Its own name; that of the parameter when left out.
    reader
        Reads its text where the parameter alone does not say how; raises ``ValueError`` or ``LookupError``.
    options
        Texts that are offered.
    hint
        Stands in the field while it is empty.
    default
        Value instead of the parameter's default.
    """

    name: str
    parameter: param.Parameter
    section: str
    label: str = ""
    reader: Callable[[str], Any] | None = None
    options: tuple[str, ...] = ()
    hint: str = ""
    default: Any = None

    @property
    def kind(self) -> str:
        """How it is drawn: ``flag``, ``choice``, ``integer``, ``number`` or ``text``."""
        one = self.parameter
        if self.reader is not None:
            return "text"
        if isinstance(one, param.Boolean):
            return "flag"
        if isinstance(one, param.Selector) and not isinstance(one, param.ClassSelector):
            return "choice"
        if isinstance(one, param.Integer):
            return "integer"
        return "number" if isinstance(one, param.Number) else "text"

    @property
    def plain(self) -> str:
        """The text of its default."""
        return text_of(self.parameter.default if self.default is None else self.default)

    def read(self, text: str) -> Any:
        """The value of a text.

        Raises
        ------
        ValueError, LookupError
            It is none; says what it must be.
        """
        text = text.strip()
        if len(text) > LETTERS:
            raise DataError(f"{self.title}: at most {LETTERS:,} letters, not {len(text):,}")
        if self.reader is not None:
            return self.reader(text)
        one = self.parameter
        if not text and one.allow_None:
            return None
        if self.kind == "flag":
            if text not in ("0", "1"):
                raise DataError(f"{self.title}: 0 or 1, not {_cut(text)}")
            return text == "1"
        if self.kind == "choice":
            choices = {text_of(value): value for value in one.objects}
            if text not in choices:
                raise DataError(f"{self.title}: {_cut(text)} is no choice; {did_you_mean(text, list(choices))}")
            return choices[text]
        if self.kind in ("integer", "number"):
            return self._number(text)
        one._validate(text)
        return text

    def _number(self, text: str) -> float | int:
        whole, low, high = self.kind == "integer", *(self.parameter.bounds or (None, None))
        wanted = f"a {'whole ' if whole else ''}number{_between(self.parameter, low, high)}"
        if not text:
            raise DataError(f"Needed: {wanted}")
        try:
            value = _number_of(text, whole)
        except ValueError:
            raise DataError(f"{_cut(text)} is not {wanted}") from None
        below = low is not None and (value < low or value == low and not self.parameter.inclusive_bounds[0])
        above = high is not None and (value > high or value == high and not self.parameter.inclusive_bounds[1])
        if below or above or value != value:
            raise DataError(f"{_cut(text)} is not {wanted}")
        return value

    @property
    def title(self) -> str:
        """What it is called on the screen."""
        name = self.parameter.name
        return self.label or (words(name) if name in _SHORT or len(name) > 3 else name.capitalize())

    def told(self, text: str, error: str) -> dict[str, Any]:
        """What the browser draws."""
        low, high = getattr(self.parameter, "bounds", None) or (None, None)
        tip = " ".join((self.parameter.doc or "").split())
        if self.kind in ("integer", "number"):
            tip += f" A {'whole ' if self.kind == 'integer' else ''}number{_between(self.parameter, low, high)}."
        choices = [text_of(value) for value in self.parameter.objects] if self.kind == "choice" else []
        return {
            "name": self.name, "label": self.title, "section": self.section, "kind": self.kind, "text": text,
            "error": error, "tip": tip, "low": low, "high": high, "options": choices or list(self.options),
            "hint": self.hint, "plain": self.plain,
        }  # fmt: skip


def text_of(value: Any) -> str:
    """What stands in a field for a value: nothing for None, 0 or 1 for a flag, numbers in full."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _number_of(text: str, whole: bool) -> float | int:
    """``10 000``, ``1e4`` and, where fractions are allowed, ``0.1 %``."""
    plain = text.replace(" ", "").replace("\u202f", "").replace("_", "")
    if whole:
        return int(plain)
    value = float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value


def _between(parameter: param.Parameter, low: float | None, high: float | None) -> str:
    inside = getattr(parameter, "inclusive_bounds", (True, True))
    if low is not None and high is not None:
        open_ = "" if inside[0] else " (above)"
        return f" from {low:g}{open_} to {high:g}"
    if low is not None:
        return f" of {low:g} or more" if inside[0] else f" above {low:g}"
    return "" if high is None else f" of {high:g} or less"


def _cut(text: str) -> str:
    return repr(text) if len(text) <= 40 else f"{text[:40]!r}..."
