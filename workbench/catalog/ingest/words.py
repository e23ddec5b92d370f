"""What errors and notes call an option of an import: as Python writes it, or as whoever asked for it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: The text of an option, by its name and a value of it; None for the option as such.
Words = Callable[[str, object], str]


def in_python(name: str, value: object = None) -> str:
    """An option as a keyword of ``wb.ingest``.

    >>> in_python("tz"), in_python("tz", "UTC"), in_python("force", True)
    ('tz', 'tz="UTC"', 'force=True')
    """
    if value is None:
        return name
    return f'{name}="{value}"' if isinstance(value, str) else f"{name}={value!r}"


_words: ContextVar[Words] = ContextVar("words for options", default=in_python)


def option(name: str, value: object = None) -> str:
    """An option in the words of whoever asked for the import: ``tz="UTC"``, and ``--tz UTC`` of the command.

    For messages that say what to pass; ``value`` is an example, or the one that was given.
    """
    return _words.get()(name, value)


@contextmanager
def told_in(words: Words) -> Iterator[None]:
    """Imports inside tell of their options in these words."""
    token = _words.set(words)
    try:
        yield
    finally:
        _words.reset(token)
