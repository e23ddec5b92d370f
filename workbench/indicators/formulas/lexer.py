"""A formula as words and signs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from workbench.errors import FormulaError

LONGEST = 2_000
WORDS = ("and", "or", "not")
_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_SIGN = re.compile(r"\*\*|<=|>=|==|!=|[-+*/^<>()\[\],.=]")
_SPACE = re.compile(r"[ \t\r\n]+")
#: What people write who come from elsewhere, and what it is here.
_ELSEWHERE = {
    "&&": "write and", "||": "write or", "<>": "write !=", ":=": "a formula is one value, without assignments",
    "//": "write / and floor(x / y)", "&": "write and", "|": "write or",
    "!": "write not", "?": "write if(condition, x, y)", ":": "write if(condition, x, y)",
    ";": "a formula is one value", "%": "a percent sign stands right after a number, as in 5%",
    "{": "parentheses are round", "}": "parentheses are round", "@": "there is no such sign",
    "#": "there are no comments", "\\": "there is no such sign", "`": "quotes are ' or \"",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A piece of a formula: ``number``, ``text``, ``name``, ``sign`` (words such as ``and`` too) or ``end``."""

    kind: str
    text: str
    at: int
    length: int
    value: float = 0.0


def tokens(text: str) -> list[Token]:
    """The pieces of ``text``, an ``end`` last; ``FormulaError`` for what is none."""
    if len(text) > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST:,} characters, this one {len(text):,}", text, LONGEST)
    found, at = [], 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token = _next(text, at)
        found.append(token)
        at += token.length
    return [*found, Token("end", "", len(text.rstrip()), 1)]


def _next(text: str, at: int) -> Token:
    if number := _NUMBER.match(text, at):
        return _number(text, at, number[0])
    if name := _NAME.match(text, at):
        word = name[0]
        return Token("sign" if word in WORDS else "name", word, at, len(word))
    if text[at] in "'\"":
        end = text.find(text[at], at + 1)
        if end < 0:
            raise FormulaError(f"the quote {text[at]} is not closed", text, at)
        if not text[at + 1 : end].isprintable():
            raise FormulaError("text in quotes has a character that cannot be seen", text, at, end + 1 - at)
        return Token("text", text[at + 1 : end], at, end + 1 - at)
    sign = _SIGN.match(text, at)
    for other, advice in _ELSEWHERE.items():
        if text.startswith(other, at) and len(other) >= (len(sign[0]) if sign else 1):
            raise FormulaError(f"{other} is not part of the language: {advice}", text, at, len(other))
    if sign:
        return Token("sign", "^" if sign[0] == "**" else sign[0], at, len(sign[0]))
    raise FormulaError(_strange(text[at]), text, at)


def _number(text: str, at: int, digits: str) -> Token:
    end = at + len(digits)
    if _NAME.match(text, end):
        run = _NAME.match(text, end)
        raise FormulaError(
            f'a number and a word run together: put text into quotes, as in timeframe="{digits}{run[0]}"',
            text, at, run.end() - at,
        )  # fmt: skip
    value = float(digits)
    if value == float("inf"):
        raise FormulaError("this number is too large: the largest is about 1.8e308", text, at, len(digits))
    if text.startswith("%", end):
        value, end = value / 100, end + 1
    return Token("number", text[at:end], at, end - at, value)


def _strange(sign: str) -> str:
    try:
        named = unicodedata.name(sign).lower()
    except ValueError:
        named = f"character {ord(sign)}"
    shown = f"{sign!r} ({named})" if sign.isprintable() else named
    return f"{shown} cannot be in a formula, except in quotes: names are of the letters a to z, digits and _"
