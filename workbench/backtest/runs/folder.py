"""The folder of a run: Parquet tables and one JSON file that says what they are, there as a whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.catalog.manifest import write_durably
from workbench.errors import DataError

#: Of the files. What a newer Workbench wrote is left alone.
VERSION = 1
#: The file that says what the others are.
HEAD = "run.json"
_PARTS = (
    "id", "created", "name", "note", "tags", "summary", "stats", "annual", "compared", "uncertain_bars", "audit",
    "provenance", "files",
)  # fmt: skip
#: In front of the names of folders that are being written.
_NEW = ".new-"
#: After so many seconds a folder that is still being written was left by a crash.
_LEFT = 86_400.0
_ATTEMPTS = 20


def new_id(now: int) -> str:
    """A name for a run of this time (ns UTC) that nobody else has: ``20260302-143000-9f8e7d``."""
    stamp = pd.Timestamp(now, tz="UTC").strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{secrets.token_hex(3)}"


def write_run(folder: Path, now: int, head: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Write a run below ``folder``; gives its ``run.json``, which is ``head`` with ``id version created files``.

    Everything is on disk before the run gets its name, so that a crash leaves the whole run or none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    temporary = folder / f"{_NEW}{secrets.token_hex(8)}"
    temporary.mkdir()
    try:
        files = {f"{name}.parquet": _write(temporary / f"{name}.parquet", table) for name, table in tables.items()}
        for _ in range(_ATTEMPTS):
            made = {"id": new_id(now), "version": VERSION, "created": now, **head, "files": files}
            text = json.dumps(made, allow_nan=False, indent=1)
            write_durably(temporary / HEAD, text.encode("utf-8", "surrogatepass"))
            try:
                os.rename(temporary, folder / made["id"])
            except OSError:
                if not (folder / made["id"]).exists():
                    raise
                continue  # another run of this second has drawn the same letters
            _sync(folder)
            return made
        raise DataError(f"no free name for a run in {folder}: try again")
    except OSError as error:
        raise DataError(f"a run cannot be written to {folder}: {error.strerror or error}. Nothing was kept") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_head(folder: Path) -> dict[str, Any]:
    """The ``run.json`` of a folder.

    Raises
    ------
    DataError
        It is not there, or is no such file, or of a newer version; names the folder.
    """
    try:
        head = json.loads((folder / HEAD).read_bytes().decode("utf-8", "surrogatepass"))
    except OSError as error:
        raise DataError(f"run {folder.name}: {HEAD} cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        raise DataError(f"run {folder.name}: {HEAD} is damaged ({error})") from None
    if not isinstance(head, dict) or not isinstance(head.get("version"), int):
        raise DataError(f"run {folder.name}: {HEAD} is not that of a run")
    if head["version"] > VERSION:
        raise DataError(
            f"run {folder.name} is of version {head['version']}, this Workbench reads up to {VERSION}: update Workbench"
        )
    missing = [name for name in _PARTS if name not in head]
    if missing or head["id"] != folder.name:
        why = f"lacks {', '.join(missing)}" if missing else f"is that of {head['id']}"
        raise DataError(f"run {folder.name}: {HEAD} {why}")
    return head


def read_tables(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """The tables of a run by name, each the very one that was written.

    Raises
    ------
    DataError
        A file is missing or is not the one that was written; names it.
    """
    found = {}
    for name, said in files.items():
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise DataError(f"run {folder.name}: {name} cannot be read ({error.strerror or error})") from None
        if hashlib.sha256(content).hexdigest() != said["sha256"]:
            raise DataError(
                f"run {folder.name}: {name} is not the file that was written ({len(content):,} bytes of "
                f"{said['bytes']:,}, another hash): take it from a copy, or delete the run"
            )
        found[name.removesuffix(".parquet")] = pq.read_table(pa.BufferReader(content)).to_pandas()
    return found


def fault(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> str:
    """What of a run's files is missing or of another size, without reading them; "" when nothing is."""
    if not folder.is_dir():
        return "its folder is missing"
    for name, said in {HEAD: None, **files}.items():
        try:
            size = (folder / name).stat().st_size
        except OSError as error:
            return f"{name} cannot be read ({error.strerror or error})"
        if said is not None and size != said["bytes"]:
            return f"{name} has {size:,} bytes, {said['bytes']:,} were written"
    return ""


def names(folder: Path) -> set[str]:
    """Names of the folders of runs; what is being written and what is hidden is left out."""
    try:
        with os.scandir(folder) as found:
            return {one.name for one in found if one.is_dir() and not one.name.startswith(".")}
    except FileNotFoundError:
        return set()


def move(folder: Path, to: Path) -> None:
    """Move a run's folder; nothing happens where it has been moved before."""
    if folder.is_dir() and not to.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(folder, to)
        except OSError as error:
            raise DataError(f"run {folder.name} cannot be moved to {to.parent}: {error.strerror or error}") from error
        _sync(folder.parent)
        _sync(to.parent)


def _write(path: Path, table: pd.DataFrame) -> dict[str, Any]:
    sink = pa.BufferOutputStream()
    # Numbers hardly repeat: a dictionary of them is tried in vain, and takes most of the time.
    texts = [name for name in map(str, table.columns) if table[name].dtype.kind == "O"]
    pq.write_table(
        pa.Table.from_pandas(table), sink, compression="zstd", use_dictionary=texts or False, write_page_checksum=True
    )
    content = sink.getvalue().to_pybytes()
    write_durably(path, content)
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove what crashes have left long ago."""
    for one in folder.glob(f"{_NEW}*"):
        with contextlib.suppress(OSError):
            if time.time() - one.stat().st_mtime > _LEFT:
                shutil.rmtree(one, ignore_errors=True)
