"""Delimited text as columns: fast for good rows, and every row that does not fit is named."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from workbench.catalog.ingest.files import SourceFile

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_MISSING = ("", "nan", "null", "none", "na", "n/a", "-")


@dataclass
class Rejects:
    """Rows that cannot be used, by line number; the first reason given stays."""

    reasons: dict[int, str] = field(default_factory=dict)

    def add(self, lines: np.ndarray, reason: str) -> None:
        """Refuse these lines; the first reason given for a line stays."""
        for line in lines.tolist():
            self.reasons.setdefault(line, reason)


@dataclass
class Rows:
    """Rows of one block: a string column each, and the line number of each row (from 1)."""

    columns: list[pa.Array]
    lines: np.ndarray
    rejects: Rejects
    bad: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.bad = np.zeros(len(self.lines), bool)

    def reject(self, mask: np.ndarray, reason: str) -> None:
        """Mark the rows of ``mask`` as unusable."""
        new = mask & ~self.bad
        if new.any():
            self.rejects.add(self.lines[new], reason)
            self.bad |= new

    def numbers(self, column: int, what: str, *, decimal: str = ".", blank: float | None = None) -> np.ndarray:
        """A column as float64; rows that hold no number are rejected, blank ones too unless ``blank`` says a value."""
        values = self.columns[column]
        if decimal != ".":
            values = pc.replace_substring(values, decimal, ".")
        try:
            out = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            trimmed = pc.utf8_trim_whitespace(values)
            ok = pc.match_substring_regex(trimmed, _NUMBER)
            out = pc.cast(pc.if_else(ok, trimmed, None), pa.float64()).to_numpy(zero_copy_only=False)
        unknown = ~np.isfinite(out)
        if unknown.any():
            text = pc.utf8_lower(pc.utf8_trim_whitespace(values))
            missing = pc.is_in(text, pa.array(_MISSING)).to_numpy(zero_copy_only=False)
            if blank is None:
                self.reject(unknown & missing, f"{what} is missing")
            else:
                out = np.where(unknown & missing, blank, out)
            self.reject(unknown & ~missing, f"{what} is not a number")
        return out


def read_rows(
    file: SourceFile,
    member: str,
    rejects: Rejects,
    *,
    width: int | None = None,
    delimiter: str = ",",
    skip: int = 0,
    ignored: tuple[bytes, ...] = (),
) -> Iterator[Rows]:
    """The rows of ``member`` after ``skip`` lines, block by block; ``width`` columns (that of the first row if None).

    Blank lines and lines that begin with one of ``ignored`` are no rows; rows of another width are rejected.
    """
    first = 1
    for block in file.blocks(member):
        if first == 1 and skip:
            block = block.split(b"\n", skip)[skip] if block.count(b"\n") >= skip else b""
            first += skip
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        if not block.strip():
            first += count
            continue
        if width is None:
            width = len(next(csv.reader([_first_line(block).decode("utf-8", "replace")], delimiter=delimiter)))
        yield _block_rows(block, first, count, rejects, (width, delimiter, ignored))
        first += count


def _first_line(block: bytes) -> bytes:
    return block.lstrip().split(b"\n", 1)[0].rstrip(b"\r")


def _block_rows(block: bytes, first: int, count: int, rejects: Rejects, form: tuple[int, str, tuple]) -> Rows:
    width, delimiter, ignored = form
    strange: list[tuple[int, int, str]] = []

    def keep_aside(row: pacsv.InvalidRow) -> str:
        strange.append((row.number, row.actual_columns, row.text or ""))
        return "skip"

    names = [str(i) for i in range(width)]
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        block = block.decode("latin-1").encode()
    table = pacsv.read_csv(
        io.BytesIO(block),
        read_options=pacsv.ReadOptions(column_names=names, use_threads=False, block_size=max(len(block), 1) + 1),
        parse_options=pacsv.ParseOptions(delimiter=delimiter, invalid_row_handler=keep_aside, ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    columns = [table.column(i).combine_chunks() for i in range(width)]
    if len(table) + len(strange) == count:
        at = np.ones(count, bool)
        at[[number - 1 for number, _, _ in strange]] = False
        lines = np.flatnonzero(at) + first
    else:  # a quote that is never closed swallows lines: take them one by one
        columns, lines, strange = _line_by_line(block, width, delimiter)
        lines += first
    for number, actual, text in strange:
        if text.strip() and not text.encode().startswith(ignored or (b"\0",)):
            rejects.add(np.array([first + number - 1]), f"row has {actual} columns, {width} expected")
    blank = np.zeros(len(lines), bool)
    if len(lines) and (pc.equal(columns[0], "")).to_numpy(zero_copy_only=False).any():
        blank = np.logical_and.reduce([pc.equal(c, "").to_numpy(zero_copy_only=False) for c in columns])
    for prefix in ignored:
        blank |= pc.starts_with(columns[0], prefix.decode()).to_numpy(zero_copy_only=False)
    if blank.any():
        columns = [c.filter(pa.array(~blank)) for c in columns]
        lines = lines[~blank]
    return Rows(columns, lines, rejects)


def _line_by_line(
    block: bytes, width: int, delimiter: str
) -> tuple[list[pa.Array], np.ndarray, list[tuple[int, int, str]]]:
    good: list[list[str]] = []
    lines: list[int] = []
    strange: list[tuple[int, int, str]] = []
    for number, text in enumerate(block.decode("utf-8").split("\n")):
        cells = next(csv.reader([text.rstrip("\r")], delimiter=delimiter), [])
        if len(cells) == width:
            good.append(cells)
            lines.append(number)
        else:
            strange.append((number + 1, len(cells), text))
    columns = [pa.array([cells[i] for cells in good], pa.string()) for i in range(width)]
    return columns, np.array(lines, "i8"), strange
