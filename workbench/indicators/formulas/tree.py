"""What a formula can be made of: a few kinds of nodes and no other."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part of a formula; ``at`` and ``length`` say which characters to underline, and do not count for equality."""

    at: int = field(default=0, compare=False, repr=False)
    length: int = field(default=1, compare=False, repr=False)
    depth: int = field(default=1, compare=False, repr=False)


@dataclass(frozen=True)
class Number(Node):
    """A constant, 0 or more; ``5%`` is 0.05."""

    value: float


@dataclass(frozen=True)
class Text(Node):
    """Words in quotes: an option, or the name of a column that is no word."""

    value: str


@dataclass(frozen=True)
class Name(Node):
    """A column of the bars, a parameter of the formula, or the word of an option."""

    name: str


@dataclass(frozen=True)
class Unary(Node):
    """``-x`` or ``not x``."""

    op: str
    x: Node


@dataclass(frozen=True)
class Binary(Node):
    """Arithmetic, a comparison, ``and``, ``or``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Index(Node):
    """``x[n]``: the value n bars ago."""

    x: Node
    bars: Node


@dataclass(frozen=True)
class Argument(Node):
    """What a call is given; ``name`` is empty where it is given by its place."""

    name: str
    value: Node


@dataclass(frozen=True)
class Call(Node):
    """An indicator or a function."""

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Output(Node):
    """``x.name``: one of the outputs of an indicator."""

    x: Node
    name: str


#: How tightly operators bind: left, and what their right side must bind tighter than.
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
BINDING: dict[str, tuple[int, int]] = {
    "or": (1, 1),
    "and": (2, 2),
    **dict.fromkeys(COMPARISONS, (4, 4)),
    **dict.fromkeys("+-", (5, 5)),
    **dict.fromkeys("*/", (6, 6)),
    "^": (8, 7),
}
NOT, MINUS, POSTFIX = 3, 7, 9


def text_of(node: Node) -> str:
    """The formula of a tree, with the parentheses that it needs."""
    return _written(node)[0]


def _written(node: Node) -> tuple[str, int]:
    match node:
        case Number(value):
            return (f"{value:.0f}" if value == int(value) and value < 1e15 else repr(value)), POSTFIX + 1
        case Text(value):
            return f'"{value}"' if '"' not in value else f"'{value}'", POSTFIX + 1
        case Name(name):
            return name, POSTFIX + 1
        case Unary("not", x):
            return f"not {_inside(x, NOT)}", NOT
        case Unary(op, x):
            return f"{op}{_inside(x, MINUS)}", MINUS
        case Binary("^", left, right):
            return f"{_inside(left, 9)} ^ {_inside(right, MINUS)}", 8
        case Binary(op, left, right):
            own = BINDING[op][0]
            return f"{_inside(left, own + (op in COMPARISONS))} {op} {_inside(right, own + 1)}", own
        case Index(x, bars):
            return f"{_inside(x, POSTFIX)}[{text_of(bars)}]", POSTFIX
        case Output(Number() as x, name):
            return f"({text_of(x)}).{name}", POSTFIX
        case Output(x, name):
            return f"{_inside(x, POSTFIX)}.{name}", POSTFIX
        case Call(name, arguments):
            inside = ", ".join(f"{a.name}={text_of(a.value)}" if a.name else text_of(a.value) for a in arguments)
            return f"{name}({inside})", POSTFIX + 1
    raise TypeError(f"not a part of a formula: {type(node).__name__}")


def _inside(node: Node, least: int) -> str:
    text, binding = _written(node)
    return text if binding >= least else f"({text})"
