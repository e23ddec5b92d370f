"""Errors a user may meet. Each message names the thing, the limit, the value and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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


def did_you_mean(name: str, options: Iterable[str], limit: int = 3) -> str:
    """A closing phrase for an error: the options nearest to ``name``, or the first few of them.

    >>> did_you_mean("BTCUSD", ["BTC-USD", "ES"])
    'did you mean BTC-USD?'
    """
    known = sorted(set(options))
    if not known:
        return "there are none"
    folded = {option.casefold(): option for option in known}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=limit, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(folded[n] for n in near)}?"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"known: {', '.join(known[:12])}{more}"


def unknown(what: str, name: str, options: Iterable[str]) -> UnknownNameError:
    """An ``UnknownNameError`` that says what was looked for and what there is."""
    return UnknownNameError(f"unknown {what} {name!r}: {did_you_mean(name, options)}")
