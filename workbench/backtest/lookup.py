"""Strategies by a text that says where they are: a name, a formula, ``module:Class`` or ``file.py:Class``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Collection
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.errors import DataError, FormulaError, UnknownNameError, did_you_mean
from workbench.indicators import formula
from workbench.indicators.formulas.units import COLUMNS
from workbench.strategies import Rule, Strategy, strategies

_IN_FILE = re.compile(r"(?P<file>.+\.py)(?::(?P<name>[\w.]*))?")
_IN_MODULE = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<name>[A-Za-z_][\w.]*)")
_WORD = re.compile(r"[\w-]+")


def find_strategy(text: str, columns: Collection[str] = ()) -> tuple[type[Strategy], dict[str, Any]]:
    """The class that a text names, and the parameters that the text itself gives.

    >>> find_strategy("sma_cross")[0].__name__
    'SmaCross'
    >>> find_strategy("ema(close, 20) > ema(close, 50)")
    (<class 'workbench.strategies.signals.Rule'>, {'text': 'ema(close, 20) > ema(close, 50)'})

    Parameters
    ----------
    text
        The name of a registered strategy, ``package.module:Class``, ``folder/file.py:Class``, or a formula. A file with
        one strategy needs no class; ``~`` is the home folder.
    columns
        What columns the bars have beside the usual ones, which a formula of one word may name.

    Raises
    ------
    UnknownNameError
        There is no strategy of that name, no such class in the file, or several and the text names none; says what it
        may be.
    FormulaError
        The formula cannot be read; says where.
    DataError
        The file is not there, or fails when it is run; says where.
    """
    text = text.strip()
    if text in strategies.names():
        return strategies.get(text), {}
    if found := _IN_FILE.fullmatch(text):
        module = _run(Path(os.path.expanduser(found["file"])))
        return _class_of(module, found["name"] or _only_one(module, found["file"]), text), {}
    if found := _IN_MODULE.fullmatch(text):
        return _class_of(_imported(found["module"], text), found["name"], text), {}
    if _WORD.fullmatch(text) and not _of_columns(text, columns):
        near = did_you_mean(text, strategies.names())
        raise UnknownNameError(
            f"unknown strategy {text!r}: {near}{'' if near.endswith('?') else '.'} Else give file.py:Class, or a "
            'formula such as "close > sma(close, 20)"'
        )
    formula(text)
    return Rule, {"text": text}


def _of_columns(word: str, columns: Collection[str]) -> bool:
    """Whether a text that may be a name is a formula of columns, such as ``close`` or ``close-open``."""
    try:
        return {*COLUMNS, *columns}.issuperset(formula(word).reads)
    except FormulaError:
        return False


def reference_of(kind: type[Strategy]) -> str:
    """The text by which ``find_strategy`` gives a class again: its name, ``file.py:Class`` or ``module:Class``."""
    name = vars(kind).get("plugin_name")
    if name is not None and name in strategies.names() and strategies.get(name) is kind:
        return name
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if file and getattr(module, "__spec__", None) is not None and _importable(kind.__module__, file):
        return f"{kind.__module__}:{kind.__qualname__}"
    # What a command was given as a file, and what a script defines itself, is found by its file.
    return f"{file}:{kind.__qualname__}" if file else f"{kind.__module__}:{kind.__qualname__}"


def _importable(name: str, file: str) -> bool:
    """Whether another process finds this very file under the module's name."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin == file and not name.startswith(_PREFIX)


_PREFIX = "workbench_strategy_files."


def _run(path: Path) -> ModuleType:
    """The module of a file, anew where the file has changed since."""
    if not path.is_file():
        where = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise DataError(f"there is no file {path}{where}: name one that holds the strategy, as file.py:Class")
    path = path.resolve()
    content = path.read_bytes()
    name = f"{_PREFIX}{path.stem}_{hashlib.sha256(bytes(path) + content).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    try:
        # Not by the loader, whose cache takes a file that changed twice within a second for the same.
        exec(compile(content, str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise DataError(
            f"{path.name} fails when it is run{_where(error, path)}: {type(error).__name__}: {error}"
        ) from (error)
    return module


def _imported(name: str, text: str) -> ModuleType:
    try:
        return sys.modules.get(name) or importlib.import_module(name)
    except Exception as error:
        raise DataError(
            f"strategy {text!r} cannot be imported: {type(error).__name__}: {error}. Run where its module can be "
            "imported, or name its file: path/to/file.py:Class"
        ) from error


def _where(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f" (line {error.lineno})"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f" (line {lines[-1]})" if lines else ""


def _class_of(module: ModuleType, name: str, text: str) -> type[Strategy]:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if isinstance(found, type) and issubclass(found, Strategy) and found is not Strategy:
        return found
    known = _own_strategies(module)
    if found is None:
        raise UnknownNameError(f"strategy {text!r}: there is no class {name!r}; {did_you_mean(name, known)}")
    raise DataError(f"strategy {text!r}: {name} is no strategy, a class below Strategy; {did_you_mean(name, known)}")


def _only_one(module: ModuleType, file: str) -> str:
    """The name of the one strategy of a file."""
    known = _own_strategies(module)
    if not known:
        raise DataError(f"{file} holds no strategy, a class below Strategy: write one, or name another file")
    if len(known) > 1:
        raise UnknownNameError(
            f"{file} holds {len(known)} strategies: say which, as {file}:{f' or {file}:'.join(known)}"
        )
    return known[0]


def _own_strategies(module: ModuleType) -> list[str]:
    """Names of the strategies that a module itself defines."""
    return [
        name
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, Strategy) and one.__module__ == module.__name__
    ]
