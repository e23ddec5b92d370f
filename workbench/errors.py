"""Errors a user may meet. Each message names the thing, the limit, the value and the way out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping


class WorkbenchError(Exception):
    """Base of every error that Workbench raises on purpose; its text is fit for a screen."""


class ConfigError(WorkbenchError):
    """A setting cannot be used."""


class UnknownNameError(WorkbenchError, LookupError):
    """A symbol, plugin or dataset that does not exist."""


class SpecError(WorkbenchError, ValueError):
    """A bar spec or another short text that cannot be parsed."""


class DataError(WorkbenchError, ValueError):
    """Data that cannot be used as asked: wrong columns, unsorted, damaged, out of range."""


class FormulaError(DataError):
    """A formula that cannot be read or computed. It says where, with a caret under the place.

    Attributes
    ----------
    reason
        What is wrong and what to do, without the formula.
    text, position, length
        The formula, and the part of it to underline (characters, from 0).
    """

    def __init__(self, reason: str, text: str = "", position: int = 0, length: int = 1) -> None:
        self.reason, self.text, self.position, self.length = reason, text, position, max(length, 1)
        super().__init__(f"{reason}\n{self._shown()}" if text else reason)

    def _shown(self) -> str:
        first = self.text.rfind("\n", 0, self.position) + 1
        line = self.text[first:].partition("\n")[0]
        at = self.position - first
        low = max(0, at - 60)
        part = "".join(one if one.isprintable() else "?" for one in line[low : low + 100])
        width = max(1, min(self.length, len(part) - (at - low)))
        return f"  {part}\n  {' ' * (at - low)}{'^' * width}"

    def __reduce__(self) -> tuple[type, tuple[str, str, int, int]]:
        return type(self), (self.reason, self.text, self.position, self.length)


class IngestError(WorkbenchError):
    """A file that an importer refuses as a whole; nothing was stored."""


class WorkspaceError(WorkbenchError, ValueError):
    """A layout or drawing that cannot be kept or read, or their database."""


class BusError(WorkbenchError):
    """The live bus (Redis) cannot be reached or started."""


def parameter_told(error: Exception) -> str:
    """What Param says of a value that a parameter does not take, in the words of whoever wrote the value.

    Param names the class that declares the parameter, which may be a base that nobody outside has heard of.

    >>> parameter_told(ValueError("Integer parameter '_Strength.window' must be at least 2, not 0."))
    'window must be at least 2, not 0'
    """
    text = re.sub(r"^\w+ parameter '(?:[^']*\.)?(\w+)' ", r"\1 ", str(error))
    return re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", text).rstrip(".")


#: Likeness (0 to 1) from which a name is taken for a misspelling; less is a guess, and what holds the text is better.
_ALIKE = 0.7


def did_you_mean(name: str, options: Iterable[str], limit: int = 3, titles: Mapping[str, str] | None = None) -> str:
    """A closing phrase for an error: the options nearest to ``name``, or the first few of them.

    Where no option is nearly spelt so, those that begin with or hold ``name`` are taken, or whose title (of
    ``titles``, by option) has its words.

    >>> did_you_mean("BTCUSD", ["BTC-USD", "ES"])
    'did you mean BTC-USD?'
    >>> did_you_mean("bolinger", ["bbands", "keltner"], titles={"bbands": "Bollinger bands"})
    'did you mean bbands (Bollinger bands)?'
    """
    known = sorted(set(options))
    if not known:
        return "there are none"
    text = name.casefold()
    folded = {option.casefold(): option for option in known}
    near = [folded[one] for one in difflib.get_close_matches(text, list(folded), n=limit, cutoff=0.5)]
    if not near or difflib.SequenceMatcher(None, near[0].casefold(), text).ratio() < _ALIKE:
        near = _holding(text, known)[:limit] or _titled(text, known, titles or {})[:limit] or near
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"known: {', '.join(known[:12])}{more}"


def _holding(text: str, options: list[str]) -> list[str]:
    """Options that begin with a text, before those that hold it elsewhere; the shortest first."""
    found = [one for one in options if (text in one.casefold() if len(text) > 2 else one.casefold().startswith(text))]
    return sorted(found, key=lambda one: (not one.casefold().startswith(text), len(one))) if text else []


def _titled(text: str, options: list[str], titles: Mapping[str, str]) -> list[str]:
    """Options with their title, where that has every word of a text, begun or nearly spelt so; the shortest first."""
    asked, found = _words(text), []
    for one in options:
        has = _words(titles.get(one, ""))
        whole = asked == ["".join(has)]  # words in one, such as BollingerBands
        if whole or (asked and all(_begun(word, has) for word in asked)):
            found.append(f"{one} ({titles[one]})")
    return sorted(found, key=len)


def _begun(word: str, words: list[str]) -> bool:
    near = difflib.get_close_matches(word, words, 1, 0.85)
    return bool(near) or any(one.startswith(word) for one in words)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def unknown(what: str, name: str, options: Iterable[str], titles: Mapping[str, str] | None = None) -> UnknownNameError:
    """An ``UnknownNameError`` that says what was looked for and what there is."""
    return UnknownNameError(f"unknown {what} {name!r}: {did_you_mean(name, options, titles=titles)}")
