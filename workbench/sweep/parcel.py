"""What is sent to a worker that is not of this process, and how a piece is run of it there.

Bars are not in it: a worker reads them once, from files. Code is, where no worker could import it: what was typed into
a notebook by value, a strategy's own file and the files of the plugin folder as their text. A worker runs that text
under the module's name, whatever its own plugin folder has.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import pandas as pd

from workbench.backtest import Settings
from workbench.backtest.lookup import reference_of
from workbench.backtest.market import Market
from workbench.errors import DataError
from workbench.registry import NAMESPACE, load_folder
from workbench.strategies import Strategy
from workbench.sweep.cells import Bench, Done
from workbench.sweep.space import Space

#: Where ``backtest.lookup`` puts the modules of files that were given as ``file.py:Class``.
FILES = "workbench_strategy_files"


@dataclass(frozen=True)
class Source:
    """A module that nobody else can import.

    Attributes
    ----------
    name
        Of the module.
    file
        Where it lies on the machine of who sends it.
    text
        What is in that file.
    """

    name: str
    file: str
    text: bytes


@dataclass(frozen=True)
class Task:
    """What a worker needs beside the cells; its size has nothing to do with the number of bars.

    Attributes
    ----------
    who, what
        Who runs it and which strategy, for errors.
    strategy
        The strategy, and what the bars say of themselves, pickled.
    sources
        The modules that it is made of, as far as only this process has them.
    settings
        The rules of the run.
    paths, inside
        Where the bars and the finer bars of each symbol lie.
    """

    who: str
    what: str
    strategy: bytes
    sources: tuple[Source, ...]
    settings: Settings
    paths: dict[str, str]
    inside: dict[str, str]

    @property
    def files(self) -> list[str]:
        """Where all its bars lie."""
        return [*self.paths.values(), *self.inside.values()]


def task_of(bench: Bench, folder: Path, who: str) -> Task:
    """What workers are told of a bench; its bars are written to the folder, as far as they are not there.

    Raises
    ------
    DataError
        The strategy cannot leave this process; names it, who was to run it, and the way out.
    """
    market, what = bench.market, reference_of(type(bench.strategy))
    paths = [{symbol: str(folder / file) for symbol, file in one.items()} for one in put_bars(folder, market)]
    attrs = [{symbol: frame.attrs for symbol, frame in one.items()} for one in (market.frames, market.inside)]
    # A module is sent by name only where the package that it says it is in can be imported.
    sys.modules.setdefault(FILES, ModuleType(FILES, "Files that were given as file.py:Class.")).__path__ = []
    try:
        # By value: what was typed into a notebook is nowhere that a worker could import it from.
        strategy = cloudpickle.dumps((bench.strategy, *attrs))
    except Exception as error:
        raise DataError(
            f"{who}: the strategy {what} cannot be sent to another process ({type(error).__name__}: {error}): keep "
            "files, locks and the like out of it and of the module that it is of, or run it with executor='threads'"
        ) from error
    try:
        sources = tuple(_sources(strategy))
    except DataError as error:
        raise DataError(f"{who}: {error}") from None
    return Task(who, what, strategy, sources, bench.settings, *paths)


def put_bars(folder: Path, market: Market) -> tuple[dict[str, str], dict[str, str]]:
    """Write bars and finer bars into a folder, as far as they are not there yet; gives the file of each symbol."""
    found: tuple[dict[str, str], dict[str, str]] = {}, {}
    for kind, frames, files in zip(("bars", "inside"), (market.frames, market.inside), found, strict=True):
        for at, (symbol, frame) in enumerate(frames.items()):
            path = folder / f"{kind}-{at}.parquet"
            if not path.exists():
                plain = frame.copy(deep=False)
                plain.attrs = {}  # Parquet keeps them as JSON, which not everything is
                plain.to_parquet(path.with_suffix(".part"))
                os.replace(path.with_suffix(".part"), path)
            files[symbol] = path.name
    return found


def run_task(task: Task, space: Space, frames: dict[str, pd.DataFrame] | None = None) -> Done:
    """Run a piece in this process; the bench is kept for the next piece of the same task.

    Parameters
    ----------
    task, space
        What is to be run.
    frames
        The bars by their paths, where this machine does not see these.

    Raises
    ------
    FileNotFoundError
        The bars are not where the task says.
    DataError
        The strategy cannot be loaded here.
    """
    key = hashlib.sha256(cloudpickle.dumps(task)).hexdigest()
    bench = _benches.get(key)
    if bench is None:
        read = pd.read_parquet if frames is None else frames.__getitem__
        bars, inside = ({symbol: read(path) for symbol, path in one.items()} for one in (task.paths, task.inside))
        strategy, *attrs = _loaded(task)
        for part, told in zip((bars, inside), attrs, strict=True):
            for symbol, frame in part.items():
                part[symbol] = frame.copy(deep=False)  # what was sent belongs to all threads of the worker
                part[symbol].attrs = told[symbol]
        bench = Bench(strategy, Market(bars, task.settings.session, inside or None), task.settings)
        _benches.clear()  # one sweep at a time: the bars of the last are not needed any more
        _benches[key] = bench
    return bench.run(space)


_benches: dict[str, Bench] = {}


def _loaded(task: Task) -> tuple[Strategy, dict[str, Any], dict[str, Any]]:
    """The strategy and what the bars say of themselves, in a process that may know nothing of either."""
    try:
        with _taking:
            _take_in(task.sources)
            return cloudpickle.loads(task.strategy)
    except Exception as error:
        raise DataError(
            f"{task.who}: a worker cannot load the strategy {task.what} ({type(error).__name__}: {error}): install "
            "what it imports where the workers run, give it as file.py:Class, whose text is sent along, or run it "
            "with executor='threads'"
        ) from error


def _sources(pickled: bytes) -> list[Source]:
    """The modules of strategy files that a pickle names, and all of the plugin folder: these are known by names."""
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name.startswith(f"{FILES}.") and name.encode() in pickled:
            found.append(Source(name, file, _text_of(name, Path(file))))
        elif file and name.startswith(f"{NAMESPACE}."):
            with suppress(OSError):
                found.append(Source(name, file, Path(file).read_bytes()))
    return found


def _text_of(name: str, file: Path) -> bytes:
    """What a strategy's file holds, as long as it is what the module was made of: its name ends with their hash."""
    with suppress(OSError):
        text = file.read_bytes()
        if name.endswith(hashlib.sha256(bytes(file) + text).hexdigest()[:12]):
            return text
    raise DataError(f"{file} is not what it was when the strategy was read from it: name it again as file.py:Class")


def _take_in(sources: Sequence[Source]) -> None:
    """Have the modules that were sent in this process, and nothing else under their names."""
    load_folder()  # now, not later: what is here under the names of what was sent is to give way to it
    for source in sources:
        if not _is_here(source):
            _sent.sources[source.name] = source
            sys.modules.pop(source.name, None)
    if _sent not in sys.meta_path:
        sys.meta_path.insert(0, _sent)
    for source in sources:
        try:
            importlib.import_module(source.name)
        except (Exception, SystemExit):
            # A plugin that fails here may be none that the strategy needs; if it is, its name is missed.
            if source.name.startswith(f"{FILES}."):
                raise


def _is_here(source: Source) -> bool:
    """Whether this process has the module already, made of the same text."""
    if source.name in _sent.sources:
        return _sent.sources[source.name].text == source.text
    file = getattr(sys.modules.get(source.name), "__file__", None)
    return file is not None and _holds(Path(file), source.text)


def _holds(file: Path, text: bytes) -> bool:
    try:
        return file.read_bytes() == text
    except OSError:
        return False


class _Sent(MetaPathFinder):
    """Finds modules that were sent: they may import each other, in whatever order."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self._folder: Path | None = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        source = self.sources.get(fullname)
        if source is not None:
            file = self._file(source)
            return spec_from_file_location(fullname, file, loader=_Text(source.text, str(file)))
        if any(name.startswith(f"{fullname}.") for name in self.sources):
            return ModuleSpec(fullname, None, is_package=True)
        return None

    def _file(self, source: Source) -> Path:
        """Its own file where that is here too, else a copy: compiled code is kept by the file that it is of."""
        own = Path(source.file)
        if _holds(own, source.text):
            return own
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="workbench-code-"))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        folder = self._folder / hashlib.sha256(source.text).hexdigest()[:16]
        folder.mkdir(exist_ok=True)
        copy = folder / f"{source.name.rpartition('.')[2]}.py"
        copy.write_bytes(source.text)
        return copy


class _Text(Loader):
    """Runs the text that was sent, never what Python has kept compiled of a file of that name."""

    def __init__(self, text: bytes, file: str) -> None:
        self._text, self._file = text, file

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._text, self._file, "exec"), module.__dict__)


_sent, _taking = _Sent(), threading.RLock()
