"""The folder of a job: what is to be run, its bars, its pieces, and how it stands.

``plan.json`` says what is to be run, ``cells.parquet`` which values each cell has, ``bars-N.parquet`` are the bars,
``pieces/FIRST-COUNT.parquet`` the sums of cells, ``state.json`` how it stands, ``stop`` asks it to stop, and ``lock``
is held by the process that runs it: the system frees it when that dies.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.analytics import Annual
from workbench.backtest.lookup import reference_of
from workbench.backtest.provenance import code_of, data_of, user_name, versions
from workbench.backtest.run import Settings
from workbench.backtest.runs import folder as files
from workbench.backtest.runs.values import Unkept, decode, encode
from workbench.backtest.stats import annual_of as pace
from workbench.catalog.manifest import write_durably
from workbench.errors import DataError
from workbench.kernels.sweep import SUMS
from workbench.strategies import Strategy
from workbench.sweep.cells import Bench, Done
from workbench.sweep.ledger import Origin
from workbench.sweep.parcel import put_bars
from workbench.sweep.space import Space

VERSION = 1
HEAD, STATE, STOP, LOCK, PIECES, PICKLE = "plan.json", "state.json", "stop", "lock", "pieces", "strategy.pickle"
_CELLS, _FAILURES = "cells.parquet", b"workbench.failures"
_NEW = ".new-"


def write_job(
    folder: Path, bench: Bench, space: Space, *, piece: int, measures: tuple[str, ...], name: str, where: Any
) -> str:
    """Write what is to be run below ``folder``, as a whole or not at all; gives its id."""
    kind, market, now = type(bench.strategy), bench.market, time.time_ns()
    tables: dict[str, pd.DataFrame] = {}
    values = encode({key: list(one) for key, one in space.values.items()}, tables, "values")
    if not_kept := [key for key, one in decode(values, tables).items() if any(isinstance(x, Unkept) for x in one)]:
        raise DataError(f"values of {', '.join(not_kept)} cannot be written down: sweep without job=")
    parameters = encode(bench.strategy.values(), tables, "parameter")
    unkept = any(isinstance(one, Unkept) for one in decode(parameters, tables).values())
    origin = Origin.of(kind, market, bench.settings)
    data, inside = data_of(market.frames), data_of(market.inside)
    annual = pace(market.index, market.calendar)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{_NEW}{secrets.token_hex(8)}"
    (temporary / PIECES).mkdir(parents=True)
    try:
        bars, finer = put_bars(temporary, market)  # where ``parcel.task_of`` will find them
        head = {
            "id": files.new_id(now), "version": VERSION, "created": now, "name": name, "who": user_name(),
            "strategy": origin.strategy, "class": kind.__name__, "family": origin.family,
            "pickled": unkept or not _findable(kind), "parameters": parameters, "values": values, "where": where,
            "settings": encode(asdict(bench.settings), tables, "settings"), "settings_hash": origin.settings,
            "measures": list(measures), "piece": piece, "cells": len(space), "bars": len(market.times),
            "data": {key: encode(asdict(one), tables, "data") for key, one in data.items()},
            "inside": {key: encode(asdict(one), tables, "inside") for key, one in inside.items()},
            "data_hash": origin.data, "code_hash": code_of(kind).hash, "versions": versions(),
            "spec": str(next(iter(data.values())).source.get("spec", "") if next(iter(data.values())).source else ""),
            "files": bars, "inside_files": finer,
            "attrs": [
                {key: encode(dict(frame.attrs), tables, "attrs") for key, frame in part.items()}
                for part in (market.frames, market.inside)
            ],
            "annual": encode({"periods": annual.periods, "reason": annual.reason}, tables, "annual"),
        }  # fmt: skip
        if head["pickled"]:
            write_durably(temporary / PICKLE, cloudpickle.dumps(bench.strategy))
        for key, table in tables.items():
            table.to_parquet(temporary / f"{key}.parquet")
        codes = {key: space.codes[:, at] for at, key in enumerate(space.names)}
        pq.write_table(pa.table(codes), temporary / _CELLS, compression="zstd")
        write_durably(temporary / HEAD, json.dumps(head, allow_nan=False, indent=1).encode("utf-8", "surrogatepass"))
        os.rename(temporary, folder / head["id"])
        return str(head["id"])
    except OSError as error:
        raise DataError(f"a sweep cannot be written to {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_head(folder: Path) -> dict[str, Any]:
    """The ``plan.json`` of a job; ``DataError`` where it is missing, damaged, or of a newer version."""
    try:
        head = json.loads((folder / HEAD).read_bytes().decode("utf-8", "surrogatepass"))
    except OSError as error:
        raise DataError(f"sweep {folder.name}: {HEAD} cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        raise DataError(f"sweep {folder.name}: {HEAD} is damaged ({error})") from None
    if not isinstance(head, dict) or not isinstance(head.get("version"), int) or head["version"] > VERSION:
        raise DataError(f"sweep {folder.name}: {HEAD} is not one that this Workbench reads: update it")
    return head


def try_head(folder: Path) -> dict[str, Any] | None:
    """The same, None where it cannot be read."""
    try:
        return read_head(folder)
    except DataError:
        return None


def written(folder: Path) -> int:
    """When the plan was written (ns); 0 where there is none."""
    try:
        return (folder / HEAD).stat().st_mtime_ns
    except OSError:
        return 0


def read_space(folder: Path, head: Mapping[str, Any]) -> Space:
    """The cells of a job."""
    values = {name: list(one) for name, one in decode(head["values"], _tables(folder, head["values"])).items()}
    try:
        table = pq.read_table(folder / _CELLS)
        codes = np.stack([table[name].to_numpy() for name in values], axis=1).astype(np.int32)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise DataError(f"sweep {folder.name}: {_CELLS} cannot be read ({error})") from None
    return Space(values, codes)


def read_bars(folder: Path, head: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The bars and the finer bars, by symbol, with what they said of themselves."""
    found: list[dict[str, pd.DataFrame]] = []
    for paths, attrs in zip((head["files"], head["inside_files"]), head["attrs"], strict=True):
        found.append({})
        for symbol, path in paths.items():
            try:
                frame = pd.read_parquet(folder / path)
            except (OSError, pa.ArrowException) as error:
                raise DataError(f"sweep {folder.name}: {path} cannot be read ({error})") from None
            frame.attrs = decode(attrs[symbol], {})
            found[-1][symbol] = frame
    return found[0], found[1]


def parameters_of(folder: Path, head: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the strategy, those of the first cell among them."""
    return dict(decode(head["parameters"], _tables(folder, head["parameters"])))


def settings_of(head: Mapping[str, Any]) -> Settings:
    """The rules of the run."""
    return Settings(**decode(head["settings"], {}))


def annual_of(head: Mapping[str, Any]) -> Annual:
    """Bars a year that ratios are made with."""
    return Annual(**decode(head["annual"], {}))


def origin_of(head: Mapping[str, Any]) -> Origin:
    """By what its cells are counted in the ledger."""
    return Origin(head["data_hash"], head["family"], head["strategy"], head["settings_hash"])


def unpickled(folder: Path) -> Strategy:
    """The strategy that was kept as a pickle. It runs code of whoever wrote it: only for those who asked for it."""
    try:
        return cloudpickle.loads((folder / PICKLE).read_bytes())
    except Exception as error:
        raise DataError(f"sweep {folder.name}: {PICKLE} cannot be loaded ({error}); give strategy=") from error


def piece_name(first: int, count: int) -> str:
    """The file of a piece."""
    return f"{first:010d}-{count}.parquet"


def write_piece(folder: Path, first: int, done: Done) -> None:
    """Write the sums of a piece, complete or not at all."""
    columns = {name: np.ascontiguousarray(done.sums[name]) for name in SUMS.names or ()}
    failures = json.dumps({str(first + at): text for at, text in done.failures.items()}).encode()
    table = pa.table(columns).replace_schema_metadata({_FAILURES: failures})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_page_checksum=True)
    write_durably(folder / PIECES / piece_name(first, len(done.sums)), sink.getvalue())


def pieces_of(folder: Path) -> dict[int, int]:
    """First cells of the pieces that are there, with their counts."""
    found = {}
    with suppress(FileNotFoundError):
        for one in os.scandir(folder / PIECES):
            first, _, count = one.name.removesuffix(".parquet").partition("-")
            if one.name.endswith(".parquet") and first.isdigit() and count.isdigit():
                found[int(first)] = int(count)
    return found


def cells_done(folder: Path) -> int:
    """How many cells are over."""
    return sum(pieces_of(folder).values())


def read_pieces(folder: Path, cells: int) -> tuple[np.ndarray, dict[int, str], int]:
    """Sums of all cells (NaN for those to come), what was said where the strategy raised, and how many are over."""
    sums, failures, done = np.full(cells, np.nan, SUMS), dict[int, str](), 0
    for first, count in sorted(pieces_of(folder).items()):
        part, said = read_piece(folder, first, count)
        sums[first : first + count] = part
        failures |= said
        done += count
    return sums, failures, done


def read_piece(folder: Path, first: int, count: int) -> tuple[np.ndarray, dict[int, str]]:
    """Sums and failures of one piece; ``DataError`` where its file is damaged."""
    path = folder / PIECES / piece_name(first, count)
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        part = np.empty(count, SUMS)
        for name in SUMS.names or ():
            part[name] = table[name].to_numpy()
        failures = json.loads((table.schema.metadata or {}).get(_FAILURES, b"{}"))
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"sweep {folder.name}: {path.name} is damaged ({error}): remove it, and resume the sweep"
        ) from None
    return part, {int(at): text for at, text in failures.items()}


def read_state(folder: Path) -> dict[str, Any]:
    """How it stood when something was last written down; empty before that."""
    try:
        found = json.loads((folder / STATE).read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write how it stands; a reader sees the old or the new, never half."""
    temporary = folder / f".{STATE}.{secrets.token_hex(4)}"
    temporary.write_text(json.dumps(state), "utf-8")
    os.replace(temporary, folder / STATE)


def ask_to_stop(folder: Path, how: str) -> None:
    """Leave word for the process that runs it: ``paused`` or ``cancelled``."""
    write_durably(folder / STOP, how.encode())


def asked_to_stop(folder: Path) -> str:
    """The word that was left; "" for none."""
    try:
        return (folder / STOP).read_text("utf-8")
    except OSError:
        return ""


def is_running(folder: Path) -> bool:
    """Whether a process holds the lock of a job."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(handle)


def size_of(folder: Path) -> int:
    """Bytes on the disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total


class StoredBench:
    """A bench that is made of a job's files when more of it is asked for than the rules of the run.

    Parameters
    ----------
    settings
        The rules.
    make
        Makes it.
    """

    def __init__(self, settings: Settings, make: Callable[[], Bench]) -> None:
        self.settings, self._make = settings, make
        self._lock, self._made = threading.Lock(), list[Bench]()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        with self._lock:
            if not self._made:
                self._made.append(self._make())
        return getattr(self._made[0], name)


def _findable(kind: type[Strategy]) -> bool:
    """Whether another process finds the class by what ``reference_of`` says."""
    return kind.__module__ != "__main__" and "<locals>" not in kind.__qualname__ and "[" not in reference_of(kind)


def _tables(folder: Path, value: Any) -> dict[str, pd.DataFrame]:
    """The tables of arrays that an encoded value names."""
    found: dict[str, pd.DataFrame] = {}
    if isinstance(value, dict):
        if isinstance(name := value.get("$array"), str):
            return {name: pd.read_parquet(folder / f"{Path(name).name}.parquet")}
        for one in value.values():
            found |= _tables(folder, one)
    elif isinstance(value, list):
        for one in value:
            found |= _tables(folder, one)
    return found
