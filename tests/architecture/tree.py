"""The files that the architecture tests look at, and how they are read."""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workbench"

#: Folders that are made, not written.
_MADE = {".git", ".venv", "build", "data", "dist", "node_modules", "test-results", "__pycache__", ".hypothesis"}


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def apps() -> list[Path]:
    """Every app file."""
    return sorted((ROOT / "apps").glob("*.py"))


def texts() -> Iterator[Path]:
    """Every text file that somebody wrote, and what was generated beside it."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if path.is_file() and not _MADE & set(inside.parts) and not any(p.endswith("_cache") for p in inside.parts):
            yield path


def name_of(path: Path) -> str:
    """Short name for test ids and messages."""
    return str(path.relative_to(ROOT))


def dotted(path: Path) -> str:
    """Import name of a module of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Syntax tree of a Python file."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports, wherever in it."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


@functools.cache
def classes() -> tuple[type, ...]:
    """Every class that the package defines, of every module, the screens included."""
    found: dict[type, None] = {}
    for path in modules():
        if path.name == "__main__.py":
            continue
        module = importlib.import_module(dotted(path))
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                found[value] = None
    return tuple(found)
