"""The import contracts of pyproject.toml hold, and they forbid what they should."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import tree

#: What must not be written where: module of the package, offending line, the contract that must break.
TRESPASSES = [
    ("market/trespass.py", "import workbench.catalog", "layers"),
    ("kernels/trespass.py", "import workbench.views", "layers"),
    ("trespass.py", "", "layers"),  # a new module that nobody placed
    ("catalog/trespass.py", "import numba", "numba"),
    ("live/trespass.py", "import intake", "intake"),
    ("bars/trespass.py", "import dask.array", "dask"),
    ("live/trespass.py", "def f():\n    import redis", "redis"),
    ("live/trespass.py", "from streamz import Stream", "streamz"),
    ("charts/trespass.py", "import panel", "panel"),
    ("catalog/trespass.py", "from bokeh.plotting import figure", "screen"),
]


def _lint(root: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    command += ["--config", str(root / "pyproject.toml"), *(["--contract", contract] if contract else [])]
    environment = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_the_contracts_hold() -> None:
    done = _lint(tree.ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(tree.PACKAGE, root / "workbench", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(tree.ROOT / "pyproject.toml", root)
    return root


@pytest.mark.parametrize(("place", "line", "contract"), TRESPASSES, ids=lambda value: str(value).replace("\n", " "))
def test_a_trespass_is_noticed(copy: Path, place: str, line: str, contract: str) -> None:
    module = copy / "workbench" / place
    if not module.parent.is_dir():
        pytest.skip(f"there is no {module.parent.name} folder yet")
    module.write_text(line + "\n", "utf-8")
    try:
        done = _lint(copy, contract)
    finally:
        module.unlink()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "trespass" in done.stdout + done.stderr


@pytest.mark.parametrize("door", ["numba", "intake", "dask", "redis", "streamz", "panel", "screen"])
def test_the_copy_itself_is_clean(copy: Path, door: str) -> None:
    assert _lint(copy, door).returncode == 0
