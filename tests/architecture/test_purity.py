"""The core never sees the screen, and importing the package costs next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture import tree

SCREEN = {"panel", "panel_material_ui", "bokeh", "holoviews", "hvplot", "matplotlib"}
CORE = (
    "errors",
    "config",
    "registry",
    "market",
    "kernels",
    "bars",
    "indicators",
    "analytics",
    "catalog",
    "live",
    "strategies",
    "trading",
    "backtest",
    "sweep",
    "services",
)


def _loaded(code: str) -> set[str]:
    """Top-level modules that a fresh Python has after running ``code``."""
    report = "sys.__stdout__.write(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    script = f"{code}\nimport json, sys\n{report}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tree.ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def _modules_of(part: str) -> list[str]:
    names = [tree.dotted(path) for path in tree.modules()]
    return [name for name in names if name == f"workbench.{part}" or name.startswith(f"workbench.{part}.")]


def test_the_core_loads_no_screen() -> None:
    names = [name for part in CORE for name in _modules_of(part)]
    assert len(names) > len(CORE)
    assert _loaded("\n".join(f"import {name}" for name in names)) & SCREEN == set()


def test_charts_load_no_panel() -> None:
    assert (
        _loaded("\n".join(f"import {name}" for name in _modules_of("charts"))) & {"panel", "panel_material_ui"} == set()
    )


def test_the_package_itself_loads_nothing_heavy() -> None:
    heavy = SCREEN | {"numba", "pandas", "numpy", "pyarrow", "intake", "dask", "distributed", "redis", "streamz"}
    assert _loaded("import workbench") & heavy == set()


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["ingest", "--help"]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"from workbench.cli import app\ntry:\n    app({arguments!r})\nexcept SystemExit:\n    pass"
    code = f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n{_indented(code)}"
    assert _loaded(code) & {"numba", "pandas", "panel", "bokeh", "redis", "intake"} == set()


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())
