"""What lies in the store: kinds of datasets, their record dtypes, how they are cut into partitions, Arrow and back."""

from __future__ import annotations

import glob
import re
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa

from workbench.errors import DataError, did_you_mean
from workbench.market.events import DTYPES
from workbench.market.specs import DAY, SECOND, BarSpec

#: Kinds without a bar spec.
EVENT_KINDS = ("trades", "quotes", "book")
#: Kinds with one, by prefix, with the family of ``market.events.DTYPES`` they hold.
BAR_FAMILIES = {
    "bars": "bars",
    "rollup": "bars",
    "quote_bars": "quote_bars",
    "quote_rollup": "quote_bars",
}
#: Prefix of the bars that the store derives, by the events they come from.
ROLLUP_OF = {"trades": "rollup", "quotes": "quote_rollup"}

_RESERVED = {"manifest", "quarantine"}
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")


def split_kind(kind: str) -> tuple[str, BarSpec | None]:
    """``"rollup_1min"`` -> ``("rollup", BarSpec.parse("1min"))``; ``"trades"`` -> ``("trades", None)``.

    Only time bars are stored: the others are made from trades or from them.
    """
    if kind in EVENT_KINDS:
        return kind, None
    prefix = next((p for p in BAR_FAMILIES if kind.startswith(f"{p}_")), None)
    if prefix is None:
        known = [*EVENT_KINDS, *(f"{p}_1min" for p in BAR_FAMILIES)]
        raise DataError(f"unknown kind of dataset {kind!r}: {did_you_mean(kind, known)}")
    spec = BarSpec.parse(kind[len(prefix) + 1 :])
    if not spec.timed:
        raise DataError(
            f"{kind}: only time bars are stored, such as {prefix}_1min; {spec} bars are made when they are asked for"
        )
    return prefix, spec


def canonical_kind(kind: str) -> str:
    """The one spelling of a kind: ``bars_60s`` -> ``bars_1min``."""
    prefix, spec = split_kind(kind)
    return prefix if spec is None else f"{prefix}_{spec}"


def family_of(kind: str) -> str:
    """Key of ``market.events.DTYPES`` for a kind: ``rollup_1s`` -> ``bars``."""
    prefix, _ = split_kind(kind)
    return BAR_FAMILIES.get(prefix, prefix)


def dtype_of(kind: str) -> np.dtype:
    """Record dtype of a kind."""
    return DTYPES[family_of(kind)]


def is_derived(kind: str) -> bool:
    """Whether the store builds this kind itself."""
    return split_kind(kind)[0] in ROLLUP_OF.values()


def partition_starts(kind: str, times: np.ndarray) -> np.ndarray:
    """First day (datetime64[D]) of the partition of each time: days for events and seconds, months for minutes,
    years for hours, decades for whole sessions."""
    instants = times.view("M8[ns]")
    _, spec = split_kind(kind)
    if spec is None or (not spec.dated and spec.step < 60 * SECOND):
        return instants.astype("M8[D]")
    if not spec.dated and spec.step < 3600 * SECOND:
        return instants.astype("M8[M]").astype("M8[D]")
    years = instants.astype("M8[Y]")
    if not spec.dated and spec.step < DAY:
        return years.astype("M8[D]")
    count = years.astype("i8") + 1970
    return (count - count % 10 - 1970).astype("M8[Y]").astype("M8[D]")


def row_group_rows(kind: str) -> int:
    """Rows of a Parquet row group: bars are read in windows of a few thousand, events in days."""
    return 131_072 if split_kind(kind)[1] is None else 16_384


def check_source(source: str) -> str:
    """A source name that is safe as a folder."""
    if not _SOURCE.fullmatch(source) or source in _RESERVED:
        raise DataError(
            f"source {source!r} cannot be a folder name: use 1 to 64 of A-Z a-z 0-9 _ . - and begin with a letter "
            "or digit"
        )
    return source


def symbol_folder(symbol: str) -> str:
    """Hive folder of a symbol; signs that a file system may refuse are percent-encoded."""
    if not symbol or len(symbol) > 100 or symbol != symbol.strip() or not symbol.isprintable():
        raise DataError(f"symbol {symbol!r}: use 1 to 100 printable characters without blanks around them")
    return f"symbol={quote(symbol, safe=' ^@$')}"


def symbol_pattern(symbol: str) -> str:
    """``symbol_folder`` for use in a glob."""
    return glob.escape(symbol_folder(symbol))


def folder_symbol(folder: str) -> str:
    """The symbol of ``symbol_folder``."""
    return unquote(folder.removeprefix("symbol="))


def as_arrow(records: np.ndarray) -> pa.Table:
    """Records as an Arrow table, column by column; times stay int64 ns."""
    return pa.table({name: pa.array(np.ascontiguousarray(records[name])) for name in records.dtype.names})


def from_arrow(table: pa.Table, dtype: np.dtype) -> np.ndarray:
    """Records of ``dtype`` from a table that has its columns."""
    out = np.empty(table.num_rows, dtype)
    for name in dtype.names:
        out[name] = table.column(name).to_numpy()
    return out


def joined(pieces: list[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """Records one after another. Copies rows as bytes: ``np.concatenate`` goes field by field, which is slower."""
    if len(pieces) == 1:
        return pieces[0]
    out = np.empty(sum(map(len, pieces)), dtype)
    rows, at = out.view(np.uint8).reshape(len(out), dtype.itemsize), 0
    for piece in pieces:
        flat = np.ascontiguousarray(piece).view(np.uint8).reshape(len(piece), dtype.itemsize)
        rows[at : at + len(piece)] = flat
        at += len(piece)
    return out


def select(dtype: np.dtype, columns: list[str] | None) -> np.dtype:
    """``dtype`` cut to ``columns``, in its own order."""
    if columns is None:
        return dtype
    for name in columns:
        if name not in dtype.names:
            raise DataError(f"no column {name!r}: {did_you_mean(name, dtype.names)}")
    return np.dtype([(name, dtype[name]) for name in dtype.names if name in columns])
