from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.catalog.ingest import files
from workbench.catalog.ingest.files import SourceFile
from workbench.catalog.ingest.table import Rejects, read_rows
from workbench.errors import IngestError


def read(path: Path, **form: object) -> tuple[list[list[str]], list[int], dict[int, str]]:
    rejects = Rejects()
    cells: list[list[str]] = []
    lines: list[int] = []
    for rows in read_rows(SourceFile(path), path.name, rejects, **form):
        cells += [list(row) for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)]
        lines += rows.lines.tolist()
    return cells, lines, rejects.reasons


def test_rows_keep_their_line_numbers(text_file: Callable[..., Path]) -> None:
    path = text_file("a,b\n1,2\n\n3,4,5\n6,7\n,\n8\n9,10")
    cells, lines, rejected = read(path, skip=1)
    assert cells == [["1", "2"], ["6", "7"], ["9", "10"]]
    assert lines == [2, 5, 8]
    assert rejected == {4: "row has 3 columns, 2 expected", 7: "row has 1 columns, 2 expected"}


def test_quotes_that_are_never_closed_cost_only_their_line(text_file: Callable[..., Path]) -> None:
    cells, lines, rejected = read(text_file('1,"a, b"\n2,"open\n3,c\n4,d\n'), width=2)
    assert cells == [["1", "a, b"], ["2", "open"], ["3", "c"], ["4", "d"]]
    assert lines == [1, 2, 3, 4] and rejected == {}


@pytest.mark.parametrize("text", ["\ufeffé,1\r\nb,2\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_encodings(text_file: Callable[..., Path], text: str, encoding: str) -> None:
    raw = text.removeprefix("\ufeff").encode(encoding) if encoding == "utf-16" else text.encode(encoding)
    assert read(text_file(raw))[0] == [["é", "1"], ["b", "2"]]


def test_old_western_bytes_are_read(text_file: Callable[..., Path]) -> None:
    assert read(text_file("é,1\n".encode("latin-1")))[0] == [["é", "1"]]


def test_bytes_that_no_text_has_are_refused(text_file: Callable[..., Path]) -> None:
    with pytest.raises(IngestError, match="not text"):
        read(text_file(b"PAR1\x00\x01\x02,\n"))


def test_numbers_say_what_is_wrong(text_file: Callable[..., Path]) -> None:
    rejects = Rejects()
    path = text_file("1.5\nabc\n\n 2 \nnan\n1e3\n0x10\ninf\n.5\n1_0\n")
    (rows,) = read_rows(SourceFile(path), path.name, rejects, width=1)
    values = rows.numbers(0, "price")
    assert values[~rows.bad].tolist() == [1.5, 2.0, 1000.0, 0.5]
    assert rejects.reasons == {
        2: "price is not a number", 5: "price is missing", 7: "price is not a number", 8: "price is not a number",
        10: "price is not a number",
    }  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    size=st.integers(1, 40),
    bad=st.sets(st.integers(0, 29)),
)
def test_numbers_are_exact_whatever_the_block_size(
    text_file: Callable[..., Path], values: list[float], size: int, bad: set[int]
) -> None:
    texts = [f"{v!r}x" if i in bad else repr(v) for i, v in enumerate(values)]
    path = text_file("\n".join(f"{t},1" for t in texts))
    rejects = Rejects()
    found: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK", size)
        for rows in read_rows(SourceFile(path), path.name, rejects):
            numbers = rows.numbers(0, "price")
            found += numbers[~rows.bad].tolist()
    good = [i for i in range(len(values)) if i not in bad]
    assert np.array_equal(found, [values[i] for i in good])
    assert set(rejects.reasons) == {i + 1 for i in bad if i < len(values)}
