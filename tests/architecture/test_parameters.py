"""Every parameter says what it is: widgets, tables and error messages are made from it."""

from __future__ import annotations

from collections.abc import Iterator

import param
import pytest

from tests.architecture import tree

#: Types whose values have an order and so need limits.
ORDERED = (param.Number, param.Range, param.Date)


def _complaints(cls: type[param.Parameterized]) -> Iterator[str]:
    for name, parameter in vars(cls).items():
        if not isinstance(parameter, param.Parameter) or name == "name" or _is_theirs(cls, name):
            continue
        where = f"{cls.__module__}.{cls.__qualname__}.{name}"
        if not (parameter.doc or "").strip():
            yield f"{where} needs doc="
        if type(parameter) is param.Parameter:
            yield f"{where}: take a more specific type than Parameter"
        # A constant is set once, by code; nobody types it.
        if isinstance(parameter, ORDERED) and not parameter.constant and not parameter.readonly:
            bounds = parameter.bounds or (None, None)
            if all(bound is None for bound in bounds):
                yield f"{where}: a {type(parameter).__name__} needs bounds="
        if isinstance(parameter, param.ClassSelector) and parameter.class_ is object:
            yield f"{where}: name the class"


def _is_theirs(cls: type, name: str) -> bool:
    """Whether the parameter only gives another default to one that a library declared."""
    owners = [base for base in cls.__mro__[1:] if name in vars(base) and issubclass(base, param.Parameterized)]
    return any(not owner.__module__.startswith(("workbench", __name__)) for owner in owners)


def test_every_parameter_is_documented_and_bounded() -> None:
    declared = [cls for cls in tree.classes() if issubclass(cls, param.Parameterized)]
    assert declared, "the walk over the package finds no classes with parameters at all"
    assert [complaint for cls in declared for complaint in _complaints(cls)] == []


class _Bad(param.Parameterized):
    silent = param.Integer(3, bounds=(1, 9))
    vague = param.Parameter(doc="Anything.")
    endless = param.Number(1.0, doc="Any number.")
    anything = param.ClassSelector(class_=object, doc="Any object.")
    right = param.Integer(3, bounds=(1, None), doc="One or more.")
    fixed = param.Number(1.0, constant=True, doc="Set by code.")


@pytest.mark.parametrize("name", ["silent", "vague", "endless", "anything"])
def test_a_poor_parameter_is_noticed(name: str) -> None:
    assert len([text for text in _complaints(_Bad) if f".{name}" in text]) == 1


def test_a_good_parameter_is_left_alone() -> None:
    assert [text for text in _complaints(_Bad) if ".right" in text or ".fixed" in text] == []
