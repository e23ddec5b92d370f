"""Workbench: research on market data, from Parquet history to a live chart. Import it as ``wb``.

>>> import workbench as wb
>>> bars = wb.catalog().bars("AAPL", "1d")  # doctest: +SKIP
>>> wb.chart(bars)                          # doctest: +SKIP

Everything is loaded on first use, so that the import itself stays cheap.
"""

# Not `from __future__ import annotations`: that would be `wb.annotations`, which is a function of ours.
import importlib
import sys
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

# Public name -> where it lives.
_FUNCTIONS = {
    "resample": "workbench.bars",
    "Resampler": "workbench.bars",
    "chart": "workbench.views.chart",
    "BarSpec": "workbench.market.specs",
    "calendar": "workbench.market.calendars",
    "indicator": "workbench.indicators",
    "annotations": "workbench.services",
    "ingest": "workbench.services",
    "audit": "workbench.backtest",
    "runs": "workbench.services",
    "sweeps": "workbench.services",
    "replay": "workbench.services",
    "attach_replay": "workbench.services",
    "sweep_over": "workbench.sweep",
    "walk_forward": "workbench.sweep",
}
_PACKAGES = ("analytics", "indicators", "strategies")
# Folders that are also verbs: ``wb.catalog`` is the package, ``wb.catalog()`` opens the catalog.
_CALLABLE_PACKAGES = {
    "catalog": ("workbench.services", "open_catalog"),
    "live": ("workbench.services", "open_hub"),
    "backtest": ("workbench.backtest", "backtest"),
    "sweep": ("workbench.services", "sweep"),
}

__all__ = [*_FUNCTIONS, *_PACKAGES, *_CALLABLE_PACKAGES, "__version__"]


class _Verb(ModuleType):
    """A subpackage that can be called."""

    def __reduce__(self) -> Any:  # what is typed into a notebook goes to other processes with the ``wb`` that it uses
        return importlib.import_module, (self.__name__,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        module, function = _CALLABLE_PACKAGES[self.__name__.rpartition(".")[2]]
        return getattr(importlib.import_module(module), function)(*args, **kwargs)


class _FrontDoor(ModuleType):
    """This package. The import system binds subpackages by ``setattr``, which is where they become verbs."""

    __reduce__ = _Verb.__reduce__

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _CALLABLE_PACKAGES and isinstance(value, ModuleType):
            value.__class__ = _Verb
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _FrontDoor


def __getattr__(name: str) -> Any:
    if name in _CALLABLE_PACKAGES or name in _PACKAGES:
        return importlib.import_module(f"workbench.{name}")
    if name in _FUNCTIONS:
        value = getattr(importlib.import_module(_FUNCTIONS[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'workbench' has no attribute {name!r}; it has {', '.join(sorted(__all__))}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
