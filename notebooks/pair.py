"""Keep each notebook and its ``.py`` twin in step, and outputs out: ``python notebooks/pair.py [--check]``.

Of a pair the file that was changed last is the one that counts; the other is written anew. With ``--check`` nothing is
written, and pairs that differ are named.
"""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

HERE = Path(__file__).parent
FORM = "py:percent"
#: All that a notebook says of itself: no version of anybody's Python, no state of anybody's screen.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def cells(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Kind and text of each cell, which is what a pair must agree in."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def stripped(notebook: NotebookNode) -> NotebookNode:
    """The same without outputs, counts and metadata; cells are numbered, so that writing twice gives the same bytes."""
    clean = copy.deepcopy(notebook)
    clean.metadata, clean.nbformat, clean.nbformat_minor = nbformat.from_dict(METADATA), 4, 5
    for at, cell in enumerate(clean.cells):
        cell.id, cell.metadata = f"cell-{at:02}", nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cell.pop("attachments", None)
    return clean


def written(notebook: NotebookNode) -> str:
    """The bytes of a stripped notebook, as text."""
    return nbformat.writes(stripped(notebook), indent=1) + "\n"


def faults(path: Path) -> list[str]:
    """What is wrong with a notebook and its twin; ``path`` is the notebook."""
    twin = path.with_suffix(".py")
    if not twin.exists() or not path.exists():
        return [f"{path.stem}: {twin.name if path.exists() else path.name} is missing; run python notebooks/pair.py"]
    found, notebook = [], nbformat.read(path, as_version=4)
    if path.read_text(encoding="utf-8") != written(notebook):
        found.append(f"{path.name} holds outputs, counts or metadata; run python notebooks/pair.py")
    if cells(notebook) != cells(jupytext.read(twin)):
        found.append(f"{path.name} and {twin.name} differ; run python notebooks/pair.py")
    return found


def pair(path: Path) -> bool:
    """Bring a pair in step, from the file that was changed last; says whether anything was written."""
    twin = path.with_suffix(".py")
    if not faults(path):
        return False
    first = path if not twin.exists() else twin if not path.exists() else max(path, twin, key=_changed)
    notebook = jupytext.read(first)
    if first != twin and (not twin.exists() or cells(jupytext.read(twin)) != cells(notebook)):
        text = jupytext.writes(nbformat.from_dict({**stripped(notebook), "metadata": {}}), FORM)
        twin.write_text(text, encoding="utf-8")
    path.write_text(written(notebook), encoding="utf-8")
    return True


def notebooks(folder: Path = HERE) -> list[Path]:
    """The notebooks of a folder, those too of which only the twin is there yet."""
    return sorted({one.with_suffix(".ipynb") for one in [*folder.glob("[0-9]*.ipynb"), *folder.glob("[0-9]*.py")]})


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns


def main(arguments: list[str] | None = None) -> int:
    """Carry out the command line; 1 where a pair is not in step."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--check", action="store_true", help="write nothing; fail when a pair is not in step")
    if asked.parse_args(arguments).check:
        wrong = [fault for path in notebooks() for fault in faults(path)]
        sys.stderr.writelines(f"{fault}\n" for fault in wrong)
        return 1 if wrong else 0
    for path in notebooks():
        if pair(path):
            sys.stderr.write(f"{path.stem}: in step\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
