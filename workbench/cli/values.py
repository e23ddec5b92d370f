"""Texts of the command line as the values that parameters take, and how a wrong use is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import param
import typer

from workbench.cli.console import err, pair
from workbench.errors import ConfigError, UnknownNameError, WorkbenchError, did_you_mean

#: What a command ends with that was used in a wrong way.
MISUSED = 2
_WORDS = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


@contextmanager
def usage(*but: type[WorkbenchError]) -> Iterator[None]:
    """Errors inside are of a wrong use: told in a sentence, and the command ends with 2; all ``but`` these kinds."""
    try:
        yield
    except but:
        raise
    except WorkbenchError as error:
        err.print("Error:", style="bold red", end=" ")
        err.print(str(error), markup=False)
        raise typer.Exit(MISUSED) from None


def values_of(kind: type[param.Parameterized], texts: Sequence[str], option: str) -> dict[str, Any]:
    """``K=V`` texts of an option as values of a class's parameters.

    Raises
    ------
    UnknownNameError
        There is no such parameter; says which there may be.
    ConfigError
        A text is no pair, a value cannot be read, or a name comes twice.
    """
    known = {name: kind.param[name] for name in kind.param if name != "name"}
    found: dict[str, Any] = {}
    for key, text in (pair(one, option) for one in texts):
        if key not in known:
            name = getattr(kind, "plugin_name", kind.__name__)
            raise UnknownNameError(f"{option} {key}: {name} has no such parameter; {did_you_mean(key, known)}")
        if key in found:
            raise ConfigError(f"{option} {key} is given twice: give it once")
        found[key] = value_of(known[key], text, f"{option} {key}")
    return found


def value_of(declared: param.Parameter, text: str, option: str) -> Any:
    """A text as the value that a parameter takes; its bounds are left to the parameter.

    Numbers, yes and no, ``none`` where that is allowed, one of a list by what it reads, lists and tuples as JSON; all
    others take the text itself.
    """
    if declared.allow_None and text.casefold() == "none":
        return None
    if isinstance(declared, param.Selector) and not isinstance(declared, param.ListSelector):
        options = {str(one): one for one in declared.objects}
        if text not in options:
            raise ConfigError(f"{option}={text}: {did_you_mean(text, options)}")
        return options[text]
    for kind, read, wanted in _READERS:
        if isinstance(declared, kind):
            try:
                return read(text)
            except (ValueError, KeyError):
                raise ConfigError(f"{option}={text}: it takes {wanted}") from None
    return text


def _number(text: str) -> float:
    value = float(text)
    if value != value:
        raise ValueError(text)
    return value


def _list(text: str) -> list[Any]:
    value = json.loads(text if text.startswith("[") else f"[{text}]")
    if not isinstance(value, list):
        raise ValueError(text)
    return value


_READERS: tuple[tuple[type, Any, str], ...] = (
    (param.Boolean, lambda text: _WORDS[text.casefold()], "yes or no"),
    (param.Integer, int, "a whole number, such as 10"),
    (param.Number, _number, "a number, such as 0.5"),
    (param.Tuple, lambda text: tuple(_list(text)), "values such as 1,2"),
    (param.List, _list, "values such as 1,2"),
    (param.ListSelector, _list, 'values such as "a","b"'),
)


def plain(value: Any) -> Any:
    """A value as JSON has it: NaN and what is infinite are null, times are texts."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
