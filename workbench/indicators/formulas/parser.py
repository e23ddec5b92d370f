"""From text to a tree: operators by how tightly they bind (Vaughan Pratt, 1973)."""

from __future__ import annotations

import functools
from typing import NoReturn, TypeVar

from workbench.errors import FormulaError
from workbench.indicators.formulas import tree
from workbench.indicators.formulas.lexer import Token, tokens

DEEPEST, MOST_NODES = 50, 500
_TOO_DEEP = f"the formula is nested more than {DEEPEST} levels deep: put parentheses around parts of a long chain"

Made = TypeVar("Made", bound=tree.Node)


@functools.lru_cache(512)
def parse(text: str) -> tree.Node:
    """The tree of a formula.

    Raises
    ------
    FormulaError
        The text is no formula, longer than 2,000 characters, deeper than 50 levels, or of more than 500 parts.
    """
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens = text, tokens(text)
        self.at = self.nodes = self.level = 0

    def whole(self) -> tree.Node:
        if self.now.kind == "end":
            raise FormulaError("the formula is empty: write such as ema(close, 20) - ema(close, 50)", self.text)
        node = self.expression(0)
        if self.now.kind != "end":
            self.fail(f"expected an operator or the end, found {_said(self.now)}")
        return node

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def sees(self, *signs: str) -> bool:
        return self.now.kind == "sign" and self.now.text in signs

    def fail(self, reason: str, token: Token | None = None) -> NoReturn:
        where = token or self.now
        raise FormulaError(reason, self.text, where.at, where.length)

    def made(self, node: Made, *parts: tree.Node) -> Made:
        self.nodes += 1
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > DEEPEST:
            raise FormulaError(_TOO_DEEP, self.text, node.at, node.length)
        if self.nodes > MOST_NODES:
            raise FormulaError(f"the formula has more than {MOST_NODES} parts", self.text, node.at, node.length)
        object.__setattr__(node, "depth", depth)
        return node

    def expression(self, least: int) -> tree.Node:
        self.level += 1
        if self.level > 2 * DEEPEST:  # an operator and a pair of parentheses for each level of the tree
            self.fail(_TOO_DEEP)
        node = self.postfixed(self.prefix())
        while self.now.kind == "sign" and (binding := tree.BINDING.get(self.now.text)) and binding[0] > least:
            sign = self.take()
            right = self.expression(binding[1])
            node = self.made(tree.Binary(sign.text, node, right, at=sign.at, length=sign.length), node, right)
            if sign.text in tree.COMPARISONS and self.sees(*tree.COMPARISONS):
                self.fail("comparisons do not chain: write a < b and b < c")
        if self.sees("="):
            self.fail("= names a parameter inside of a call; to compare, write ==")
        self.level -= 1
        return node

    def prefix(self) -> tree.Node:
        token = self.take()
        where = {"at": token.at, "length": token.length}
        if token.kind == "number":
            return self.made(tree.Number(token.value, **where))
        if token.kind == "text":
            return self.made(tree.Text(token.text, **where))
        if token.kind == "name":
            return self.call(token) if self.sees("(") else self.made(tree.Name(token.text, **where))
        if token.text in ("-", "not"):
            x = self.expression(tree.MINUS - 1 if token.text == "-" else tree.NOT - 1)
            return self.made(tree.Unary(token.text, x, **where), x)
        if token.text == "+":
            return self.expression(tree.MINUS - 1)
        if token.text == "(":
            if self.sees(")"):
                self.fail("expected a value inside of the parentheses, found ')'")
            node = self.expression(0)
            self.close(token, ")")
            return node
        return self.fail(f"expected a value, found {_said(token)}", token)

    def postfixed(self, node: tree.Node) -> tree.Node:
        while self.sees("[", "."):
            sign = self.take()
            if sign.text == "[":
                bars = self.expression(0)
                end = self.close(sign, "]")
                node = self.made(tree.Index(node, bars, at=sign.at, length=end.at + 1 - sign.at), node, bars)
            else:
                if self.now.kind != "name":
                    self.fail(f"expected the name of an output after the dot, found {_said(self.now)}")
                name = self.take()
                node = self.made(tree.Output(node, name.text, at=name.at, length=name.length), node)
        return node

    def call(self, name: Token) -> tree.Node:
        bracket, arguments = self.take(), []
        while not self.sees(")"):
            if arguments:
                if not self.sees(","):
                    break
                self.take()
            arguments.append(self.argument(arguments))
        self.close(bracket, ")")
        return self.made(tree.Call(name.text, tuple(arguments), at=name.at, length=name.length), *arguments)

    def argument(self, before: list[tree.Argument]) -> tree.Argument:
        first, following = self.now, self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        named = first.kind == "name" and following.kind == "sign" and following.text == "="
        if named:
            self.at += 2
            if any(one.name == first.text for one in before):
                self.fail(f"{first.text} is given twice", first)
        elif before and before[-1].name:
            self.fail("parameters given by place come before those given by name")
        value = self.expression(0)
        name = first.text if named else ""
        return self.made(tree.Argument(name, value, at=first.at, length=first.length), value)

    def close(self, opened: Token, sign: str) -> Token:
        if self.sees(sign):
            return self.take()
        more = " or ','" if self.tokens[self.at - 1].kind != "sign" and opened.text == "(" else ""
        return self.fail(f"expected {sign!r}{more} to go with {opened.text!r}, found {_said(self.now)}")


def _said(token: Token) -> str:
    if token.kind == "end":
        return "the end"
    if token.kind == "name" and token.text.lower() in ("and", "or", "not"):
        return f"{token.text!r}: did you mean {token.text.lower()}?"
    return repr(token.text)
