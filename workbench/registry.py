"""Plugins are declared, not listed: a class registers itself, everything else finds it here."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar
from weakref import WeakSet

from workbench.errors import WorkbenchError, unknown

#: Files of the plugin folder are modules of this name: ``workbench_plugins.my_average``.
NAMESPACE = "workbench_plugins"
_registries: WeakSet[Registry] = WeakSet()
_folders: dict[Path, dict[str, str]] = {}  # folders that were loaded, with what failed in them

Plugin = TypeVar("Plugin", bound=type)


class Registry(Generic[Plugin]):
    """Named classes of one family.

    Parameters
    ----------
    what
        The family in one word, for messages: ``"importer"``.
    package
        Package whose modules are imported at first use, so that each one-file plugin is found.
    group
        Entry-point group of installed plugins: ``"workbench.importers"``.

    check
        What a class must declare: gives what is wrong with it, or "".

    A plugin of ours that fails is a bug and raises. One of the user, a file of the plugin folder (see
    ``Settings.plugins``) or an installed package, is left out and named in ``failed``: its file or entry point, and
    where and why. A class in a notebook cell raises there, and is replaced when the cell runs again.
    """

    def __init__(self, what: str, package: str, group: str, check: Callable[[type], str] | None = None) -> None:
        self.what, self.package, self.group, self._check = what, package, group, check
        self._failed: dict[str, str] = {}
        self._plugins: dict[str, Plugin] = {}
        self._own_loaded = self._loaded = False
        _registries.add(self)

    @property
    def failed(self) -> dict[str, str]:
        """Plugins that were left out: file, or name of the entry point, and why. Files may be of any family."""
        return {**{name: why for failed in _folders.values() for name, why in failed.items()}, **self._failed}

    def register(self, name: str) -> Callable[[Plugin], Plugin]:
        """Class decorator: make the class known as ``name``, which it also gets as ``plugin_name``."""

        def declare(plugin: Plugin) -> Plugin:
            if plugin.__module__.partition(".")[0] != self.package.partition(".")[0]:
                self._load_own()  # ours come first, so that nobody else's takes their name
            known = self._plugins.get(name)
            if known is not None and (known.__module__, known.__qualname__) != (
                plugin.__module__,
                plugin.__qualname__,
            ):
                raise WorkbenchError(
                    f"{self.what} {name!r} is already declared by {known.__module__}.{known.__qualname__}; "
                    "choose another name"
                )
            wrong = self._check(plugin) if self._check else ""
            if wrong:
                raise WorkbenchError(f"{self.what} {name!r} ({plugin.__module__}.{plugin.__qualname__}) {wrong}")
            plugin.plugin_name = name
            self._plugins[name] = plugin
            return plugin

        return declare

    def names(self) -> list[str]:
        """Names of all plugins, sorted."""
        self._load()
        return sorted(self._plugins)

    def get(self, name: str) -> Plugin:
        """The class called ``name``; ``UnknownNameError`` with the nearest names otherwise."""
        self._load()
        if name not in self._plugins:
            titles = {one: getattr(plugin, "title", "") for one, plugin in self._plugins.items()}
            raise unknown(self.what, name, self._plugins, titles)
        return self._plugins[name]

    def __iter__(self) -> Iterator[tuple[str, Plugin]]:
        return iter([(name, self._plugins[name]) for name in self.names()])

    def _load(self) -> None:
        if self._loaded:
            return
        self._load_own()
        self._loaded = True
        load_folder()
        for point in entry_points(group=self.group):
            if why := _attempt(point.load):
                self._failed[point.name] = why

    def _load_own(self) -> None:
        if self._own_loaded:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        self._own_loaded = True


def load_folder() -> None:
    """Import the files of the plugin folder, once in a process; names with ``_`` in front are left to the others."""
    from workbench.config import load_settings

    try:
        folder = load_settings().plugins
    except WorkbenchError as error:
        _folders[Path()] = {"settings": str(error)}
        return
    if folder in _folders:
        return
    failed = _folders[folder] = {}
    parent = sys.modules.setdefault(NAMESPACE, ModuleType(NAMESPACE, "Files of the plugin folder."))
    parent.__path__ = [str(folder)]
    for file in sorted(folder.glob("*.py")):
        if not file.name.startswith("_") and (why := _attempt(lambda file=file: _run(file))):
            failed[str(file)] = why


def _run(file: Path) -> None:
    name = f"{NAMESPACE}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _attempt(load: Callable[[], object]) -> str:
    """Load a plugin of the user's: "", or where and why it failed; nothing that it declared is kept then."""
    kept = {one: dict(one._plugins) for one in _registries}
    try:
        load()
    except (Exception, SystemExit) as error:
        for one, plugins in kept.items():
            own = {name: plugin for name, plugin in one._plugins.items() if name in plugins or _is_own(one, plugin)}
            one._plugins = own | plugins
        return _reason(error)
    return ""


def _is_own(registry: Registry, plugin: type) -> bool:
    return plugin.__module__.startswith(f"{registry.package}.")


def _reason(error: BaseException) -> str:
    """File and line where it happened, of the innermost file that is not ours, and what."""
    ours = Path(__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    places = [(one.filename, one.lineno) for one in frames if ours not in Path(one.filename).parents]
    places = [one for one in places if not one[0].startswith("<frozen")]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    where = f"{Path(places[-1][0]).name}, line {places[-1][1]}: " if places else ""
    return f"{where}{type(error).__name__}: {error}"
