"""Plugins are declared, not listed: a class registers itself, everything else finds it here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from workbench.errors import WorkbenchError, unknown

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

    A plugin of ours that fails to import is a bug and raises; an installed one is left out and named in ``failed``.
    """

    def __init__(self, what: str, package: str, group: str) -> None:
        self.what, self.package, self.group = what, package, group
        self.failed: dict[str, str] = {}
        self._plugins: dict[str, Plugin] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[Plugin], Plugin]:
        """Class decorator: make the class known as ``name``, which it also gets as ``plugin_name``."""

        def declare(plugin: Plugin) -> Plugin:
            known = self._plugins.get(name)
            if known is not None and (known.__module__, known.__qualname__) != (
                plugin.__module__,
                plugin.__qualname__,
            ):
                raise WorkbenchError(
                    f"{self.what} {name!r} is already declared by {known.__module__}.{known.__qualname__}; "
                    "choose another name"
                )
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
            raise unknown(self.what, name, self._plugins)
        return self._plugins[name]

    def __iter__(self) -> Iterator[tuple[str, Plugin]]:
        return iter([(name, self._plugins[name]) for name in self.names()])

    def _load(self) -> None:
        if self._loaded:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        self._loaded = True
        for point in entry_points(group=self.group):
            try:
                point.load()
            except Exception as error:
                self.failed[point.name] = f"{type(error).__name__}: {error}"
