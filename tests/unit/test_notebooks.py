"""Notebooks and their twins are in step, hold no outputs, are numbered, and end with what to try."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"

pytest.importorskip("jupytext")


def _pair() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebooks_pair", FOLDER / "pair.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pair = _pair()
NOTEBOOKS = pair.notebooks()
BODY = "# %% [markdown]\n# # One\n\n# %%\n1 + 1\n"


def test_the_notebooks_are_numbered_one_by_one() -> None:
    assert [path.stem[:3] for path in NOTEBOOKS] == [f"{at:02}_" for at in range(1, len(NOTEBOOKS) + 1)]
    assert len(NOTEBOOKS) >= 8


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_in_step_with_its_twin_and_holds_no_output(path: Path) -> None:
    assert pair.faults(path) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_reads_like_an_article(path: Path) -> None:
    cells = json.loads(path.read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert cells[0]["cell_type"] == "markdown" and texts[0].startswith("# ")
    end = texts[-1].partition("## Now try\n\n")[2]
    assert [line[:3] for line in end.splitlines() if line[:1].isdigit()] == ["1. ", "2. ", "3. "]
    assert sum(cell["cell_type"] == "code" for cell in cells) <= 2 * len(texts), "prose goes with the code"


def test_a_pair_that_is_not_in_step_is_named_and_mended(tmp_path: Path) -> None:
    book, twin = tmp_path / "01_one.ipynb", tmp_path / "01_one.py"
    twin.write_text(BODY)
    assert pair.notebooks(tmp_path) == [book] and "01_one.ipynb is missing" in pair.faults(book)[0]
    assert pair.pair(book) and pair.faults(book) == [] and not pair.pair(book)

    raw = json.loads(book.read_text())
    raw["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["2"]}]
    raw["cells"][1]["execution_count"] = 3
    book.write_text(json.dumps(raw))
    assert "holds outputs" in pair.faults(book)[0]
    assert pair.pair(book) and pair.faults(book) == [] and twin.read_text() == BODY

    raw = json.loads(book.read_text())
    raw["cells"][1]["source"] = ["2 + 2"]
    book.write_text(json.dumps(raw))
    assert any("differ" in fault for fault in pair.faults(book))


@pytest.mark.parametrize("newer", [".py", ".ipynb"])
def test_the_file_that_was_changed_last_counts(tmp_path: Path, newer: str) -> None:
    book, twin = tmp_path / "01_one.ipynb", tmp_path / "01_one.py"
    twin.write_text(BODY)
    pair.pair(book)
    twin.write_text(BODY.replace("1 + 1", "3 + 3"))
    late = book.with_suffix(newer)
    for path in (book, twin):
        os.utime(path, (1_000, 1_000 + (path == late)))
    pair.pair(book)
    kept = "3 + 3" if newer == ".py" else "1 + 1"
    assert kept in book.read_text() and kept in twin.read_text() and pair.faults(book) == []
