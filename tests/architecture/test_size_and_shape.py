"""Small on purpose: module sizes, app sizes, parameter counts, docstrings, no grab bags, no machine paths."""

from __future__ import annotations

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

from tests.architecture import tree

MODULE_LINES = 450
APP_LINES = 40
POSITIONAL = 4
WINDOWS = [("start", "end"), ("first", "until"), ("low", "high")]


@pytest.mark.parametrize("path", tree.modules(), ids=tree.name_of)
def test_a_module_is_small(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{lines} lines, {MODULE_LINES} at most: make it a folder of the same name"


@pytest.mark.parametrize("path", tree.apps(), ids=tree.name_of)
def test_an_app_is_short_and_takes_only_services_and_views(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= APP_LINES, f"{lines} lines, {APP_LINES} at most: what builds the page belongs in workbench/views"
    allowed = ("panel", "workbench.services", "workbench.views", "__future__")
    for line, name in tree.imports(path):
        assert name.startswith(allowed), f"line {line}: an app imports {name}; only {', '.join(allowed)}"


def test_there_is_no_grab_bag() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [tree.name_of(path) for path in tree.modules() if path.stem in names] == []


@pytest.mark.parametrize("path", tree.modules(), ids=tree.name_of)
def test_public_functions_take_few_positional_arguments(path: Path) -> None:
    if {tree.PACKAGE / "cli", tree.PACKAGE / "kernels"} & set(path.parents):
        pytest.skip("the command line and the compiled kernels take theirs by position")
    found = [
        f"line {node.lineno}: {node.name} takes {count}"
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        # pydantic's own hook has its own signature.
        and not node.name.startswith("_")
        and node.name != "settings_customise_sources"
        and (count := _positional(node)) > POSITIONAL
    ]
    assert found == [], f"at most {POSITIONAL}, the rest keyword-only"


def _positional(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
    # A window of time is one thing, though it is written as two.
    windows = sum({low, high} <= set(names) for low, high in WINDOWS)
    return len(names) - (names[:1] in (["self"], ["cls"])) - windows


@pytest.mark.parametrize(
    ("signature", "count"),
    [("a, b, c, d, e", 5), ("self, a, b, c, d", 4), ("a, b, c, start, end", 4), ("a, b, *, c, d, e", 2)],
)
def test_positional_arguments_are_counted(signature: str, count: int) -> None:
    assert _positional(ast.parse(f"def f({signature}): ...").body[0]) == count


def test_public_methods_are_documented() -> None:
    """A method may inherit what it says, which a linter cannot see; a property's name and type say enough."""
    missing = []
    for cls in tree.classes():
        if cls.__name__.startswith("_"):
            continue
        for name, member in vars(cls).items():
            function = getattr(member, "__func__", member)
            if name.startswith("_") or not inspect.isfunction(function) or function.__name__ != name:
                continue
            if not inspect.getdoc(getattr(cls, name)):
                missing.append(f"{cls.__module__}.{cls.__qualname__}.{name}")
    assert missing == []


def test_no_path_of_a_machine_is_written_anywhere() -> None:
    pattern = re.compile(
        r"(?<![\w.~/])/(?:home|Users|root|work|opt|mnt)/[\w.-]+|(?<![\w.])/tmp/[\w.-]+|[A-Z]:\\\\?Users"
    )
    found = []
    for path in tree.texts():
        if path.suffix in {".png", ".parquet", ".zip", ".gz", ".ico", ".woff2"} or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if match := pattern.search(line):
                found.append(f"{tree.name_of(path)}:{number}: {match[0]}")
    assert found == []


def test_notebooks_hold_no_results() -> None:
    full = []
    for path in sorted((tree.ROOT / "notebooks").glob("*.ipynb")):
        for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], 1):
            if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None):
                full.append(f"{tree.name_of(path)}: cell {number}")
    assert full == [], "clear the outputs before committing"
