"""A result as a file: tear sheet (HTML, PDF) or tables (CSV)."""

from __future__ import annotations

import importlib
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from workbench.backtest.result import Result

#: Tables of a folder.
TABLES = ("equity", "fills", "orders", "round_trips", "stats")
#: Suffixes of tear sheets and the functions of ``charts.tearsheet`` that make them. By name: what draws is further out
#: than what computes.
_SHEETS = {".html": "html", ".htm": "html", ".pdf": "pdf"}


def write_report(result: Result, path: str | Path, *, title: str | None = None) -> Path:
    """Write a result; see ``Result.report``."""
    place = Path(path).expanduser()
    suffix = place.suffix.lower()
    if place.is_dir() or not suffix:
        return _folder(result, place)
    if suffix in _SHEETS:
        make: Callable[[], bytes] = lambda: _sheet(_SHEETS[suffix])(result, title)  # noqa: E731
    elif suffix == ".csv":
        name = place.stem if place.stem in TABLES else "round_trips"
        make = lambda: _csv(table_of(result, name))  # noqa: E731
    else:
        known = (*_SHEETS, ".csv")
        raise DataError(
            f"report: {place.name!r} ends in {suffix!r}; {did_you_mean(suffix, known)}, or give a folder for all tables"
        )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _replace(place, make())
    except OSError as error:
        raise DataError(f"report: {place} cannot be written ({error.strerror or error}); give another place") from None
    return place


def table_of(result: Result, name: str) -> pd.DataFrame:
    """One of ``TABLES``; ``equity`` has benchmark, returns, drawdown and exposure too, ``stats`` a row a measure."""
    if name == "equity":
        columns = {"equity": result.equity, "benchmark": result.benchmark, "returns": result.returns}
        peaks = result.equity.cummax().clip(lower=result.settings.cash)
        return pd.DataFrame({**columns, "drawdown": result.equity / peaks - 1.0, "exposure": result.exposure})
    if name == "stats":
        return pd.DataFrame({"value": pd.Series(dict(result.stats))}).rename_axis("measure")
    table = getattr(result, name)
    return table if table.index.name else table.rename_axis("number")


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(lineterminator="\n").encode()


def _sheet(name: str) -> Callable[..., bytes]:
    return getattr(importlib.import_module("workbench.charts.tearsheet"), name)


def _folder(result: Result, place: Path) -> Path:
    """All tables; a new folder is there when they all are."""
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        beside.mkdir(parents=True)
        try:
            for name in TABLES:
                (beside / f"{name}.csv").write_bytes(_csv(table_of(result, name)))
            if not place.exists():
                beside.rename(place)
            else:
                for name in TABLES:
                    os.replace(beside / f"{name}.csv", place / f"{name}.csv")
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise DataError(f"report: {place} cannot be written ({error.strerror or error}); give another place") from None
    return place


def _replace(place: Path, content: bytes) -> None:
    """Write under another name, then rename: a reader never sees half a file."""
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        beside.write_bytes(content)
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)
