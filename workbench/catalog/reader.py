"""The Intake door: readers of our store for Intake's catalogs, and other people's readers for ours.

Nothing else imports Intake.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from intake.readers.entry import Catalog
from intake.readers.readers import BaseReader

from workbench.config import load_settings
from workbench.errors import DataError, WorkbenchError, did_you_mean
from workbench.market.calendars import check_zone
from workbench.market.events import DTYPES, as_records, event_times
from workbench.market.specs import DAY, SECOND, BarSpec

_PARTS_OF_ENTRY = {"kwargs": dict, "metadata": dict, "user_parameters": dict, "output_instance": lambda: None}
_TIME_NAMES = ("ts_event", "time", "timestamp", "datetime", "date")


class StoreReader(BaseReader):
    """Base of the readers of our store; ``data_dir`` comes from the settings when an entry has none."""

    output_instance = "pandas:DataFrame"
    kind = ""

    def _read(self, symbol: str, data_dir: str | None = None, **asked: Any) -> Any:
        from workbench.catalog.market_catalog import MarketCatalog
        from workbench.catalog.store import Store
        from workbench.market.instruments import InstrumentMaster

        folder = Path(data_dir) if data_dir else load_settings().data_dir
        catalog = MarketCatalog(Store(folder), InstrumentMaster.load(folder))
        asked.pop("output_instance", None)
        return getattr(catalog, self.kind)(symbol, **asked)


class StoreBars(StoreReader):
    """Bars of our store; arguments as ``MarketCatalog.bars``: ``symbol spec start end session price source as_``."""

    kind = "bars"


class StoreTrades(StoreReader):
    """Trades of our store; arguments as ``MarketCatalog.trades``: ``symbol start end source as_``."""

    kind = "trades"


class StoreQuotes(StoreReader):
    """Quotes of our store; arguments as ``MarketCatalog.quotes``: ``symbol start end source as_``."""

    kind = "quotes"


@dataclass
class Entry:
    """One entry of a catalog file.

    ``kind``, ``symbol``, ``spec`` and ``tz`` are what its ``metadata`` (or, for our readers, its arguments) says;
    an unknown kind or spec is ``""`` or None until the data is read.
    """

    name: str
    file: Path
    symbol: str
    kind: str
    spec: str | None
    tz: str | None
    own: bool
    _open: Callable[[], BaseReader]
    _known: tuple[np.ndarray, str, BarSpec | None] | None = field(default=None, repr=False)

    def records(self) -> tuple[np.ndarray, str, BarSpec | None]:
        """The data as records, its kind (``trades quotes bars``) and the bars' spec; read once.

        Raises
        ------
        DataError
            The entry cannot be opened or read, or holds no market data; names the entry, its file and why.
        """
        if self._known is None:
            try:
                frame = self._open().read()
                self._known = frame_records(frame, kind=self.kind, spec=self.spec, tz=self.tz)
            except Exception as error:  # whatever a reader of somebody else may raise
                why = str(error) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
                raise DataError(f"entry {self.name!r} of {self.file} cannot be read: {why}") from error
        return self._known


_files: dict[Path, tuple[tuple[int, int, int], dict[str, Entry] | str]] = {}


def load(folder: Path) -> tuple[dict[str, Entry], dict[Path, str]]:
    """Entries of every ``*.yaml`` of a folder by name, and the files that cannot be used with the reason.

    A file is read again when it has changed. Of two entries of one name the one in the first file counts.
    """
    entries: dict[str, Entry] = {}
    broken: dict[Path, str] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            known = _files.get(path)
            if known is None or known[0] != stamp:
                known = _files[path] = (stamp, _load_file(path))
        except OSError as error:
            broken[path] = str(error)
            continue
        if isinstance(known[1], str):
            broken[path] = known[1]
            continue
        for name, entry in known[1].items():
            entries.setdefault(name, entry)
    return entries, broken


def frame_records(
    frame: Any, *, kind: str = "", spec: str | None = None, tz: str | None = None
) -> tuple[np.ndarray, str, BarSpec | None]:
    """A frame of somebody else as sorted records, with its kind and, for bars, their spec.

    Column names may be in any case; times are the index or a column called ``ts_event time timestamp datetime`` or
    ``date``, in ``tz`` (UTC by default) when they carry no zone. What ``kind`` and ``spec`` leave open is read from
    the columns and from the commonest distance between bars.
    """
    if hasattr(frame, "compute"):
        frame = frame.compute()
    if hasattr(frame, "to_pandas"):
        frame = frame.to_pandas()
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"expected a DataFrame, got {type(frame).__name__}")
    frame = frame.rename(columns={c: str(c).strip().lower().replace(" ", "_") for c in frame.columns})
    kind = kind or _kind_of(list(frame.columns))
    if kind not in ("trades", "quotes", "bars"):
        raise DataError(f"kind {kind!r} cannot be read: {did_you_mean(kind, ['trades', 'quotes', 'bars'])}")
    stamp = DTYPES[kind].names[0]
    times = _times(frame, tz)
    columns = [c for c in frame.columns if c not in _TIME_NAMES]
    clean = frame[columns].reset_index(drop=True).assign(**{stamp: times})
    for optional in ("volume", "size"):
        if optional in DTYPES[kind].names and optional not in columns:
            clean[optional] = 0.0
    records = as_records(clean, kind)
    if (np.diff(times) < 0).any():
        records = records[np.argsort(times, kind="stable")]
    if kind != "bars":
        return records, kind, None
    if len(records) and (np.diff(records["time"]) == 0).any():
        raise DataError("two bars have the same time; keep one of them")
    known = BarSpec.parse(spec) if spec else _spec_of(records["time"])
    if not known.timed:
        raise DataError(f"spec {known}: bars that are given are time bars, such as 1min; others are made from them")
    return records, kind, known


def _load_file(path: Path) -> dict[str, Entry] | str:
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(raw, dict) or raw.get("version") != 2:
            found = raw.get("version") if isinstance(raw, dict) else type(raw).__name__
            return f"{path} is no Intake catalog of version 2 (found {found!r}): begin it with 'version: 2'"
        for name in ("data", "entries", "user_parameters", "aliases", "metadata"):
            raw[name] = raw.get(name) or {}
        for section in ("data", "entries"):
            for described in raw[section].values():
                for name, default in _PARTS_OF_ENTRY.items():
                    if section == "entries" or name != "output_instance":
                        described[name] = described.get(name) or default()
        catalog = Catalog.from_dict(raw)
        catalog.user_parameters["CATALOG_PATH"] = str(path)
        catalog.user_parameters["CATALOG_DIR"] = str(path.parent)
        catalog.user_parameters["STORAGE_OPTIONS"] = {}
        return {name: _entry(catalog, path, name) for name in raw["entries"]} | {
            alias: _entry(catalog, path, name, alias)
            for alias, name in raw["aliases"].items()
            if name in raw["entries"]
        }
    except Exception as error:  # a file of the user must never take the others with it
        line = " ".join(str(error).split())
        return f"{path} cannot be read: {type(error).__name__}: {line}; mend it or move it away"


def _entry(catalog: Catalog, path: Path, name: str, alias: str | None = None) -> Entry:
    described = catalog.entries[name]
    own = described.reader.replace(":", ".").startswith(f"{__name__}.")
    facts = {**(described.kwargs if own else {}), **described.metadata}
    kind = str(facts.get("kind", ""))
    if own:
        kind = {"StoreTrades": "trades", "StoreQuotes": "quotes"}.get(described.reader[len(__name__) + 1 :], "bars")
    tz = facts.get("tz")
    return Entry(
        alias or name,
        path,
        str(facts.get("symbol", alias or name)),
        kind,
        str(facts["spec"]) if facts.get("spec") else None,
        check_zone(str(tz)) if tz else None,
        own,
        lambda: catalog[name],
    )


def _kind_of(columns: list[str]) -> str:
    if {"open", "high", "low", "close"} <= set(columns):
        return "bars"
    if "price" in columns:
        return "trades"
    if "bid" in columns or "ask" in columns:
        return "quotes"
    raise DataError(
        "columns are neither those of bars (open high low close), trades (price) nor quotes (bid ask): "
        f"{', '.join(columns)}"
    )


def _times(frame: pd.DataFrame, tz: str | None) -> np.ndarray:
    name = next((n for n in _TIME_NAMES if n in frame.columns), None)
    values: Any = frame.index if name is None else frame[name]
    if name is None and not isinstance(values, pd.DatetimeIndex):
        raise DataError(f"no times: a DatetimeIndex or a column called one of {', '.join(_TIME_NAMES)} is needed")
    if pd.api.types.is_integer_dtype(values.dtype):
        return event_times(pd.DataFrame({"time": values.to_numpy()}))
    index = pd.DatetimeIndex(
        pd.to_datetime(pd.Series(values.to_numpy()), errors="raise", format="ISO8601")
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype)
        else values
    )
    if index.tz is None:
        index = index.tz_localize(tz or "UTC")
    return event_times(pd.DataFrame({"time": index}))


def _spec_of(times: np.ndarray) -> BarSpec:
    if len(times) < 2:
        raise DataError("a single bar does not tell how long it is: state the spec in the entry's metadata")
    gaps, counts = np.unique(np.diff(times), return_counts=True)
    gap = int(gaps[np.argmax(counts)])
    if gap >= 20 * 3600 * SECOND:
        days = datetime.timedelta(microseconds=gap // 1000) / datetime.timedelta(days=1)
        return BarSpec.parse("1d" if days < 5 else "1w" if days < 20 else "1mo")
    if gap < SECOND or gap % SECOND or gap > DAY:
        raise DataError(f"bars lie {gap} ns apart, which is no bar spec: state it in the entry's metadata")
    return BarSpec.parse(f"{gap // SECOND}s")
