"""The JavaScript of components, kept in files of its own and handed to Panel as one module each."""

from __future__ import annotations

from pathlib import Path

_EL = (Path(__file__).parent / "js" / "el.js").read_text("utf-8")


def with_el(path: Path) -> str:
    """The module of a file whose elements are made by ``el`` of ``js/el.js``."""
    return f"{_EL}\n{path.read_text('utf-8')}"
