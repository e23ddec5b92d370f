"""Notebooks run on a small demo store of their own: real daily bars and one day of synthetic trades."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_store = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Write the store before the first notebook."""
    if item.path.suffix != ".ipynb" or _store in item.config.stash:
        return
    from workbench.catalog.demo import write_demo
    from workbench.services import open_catalog

    folder = tempfile.TemporaryDirectory(prefix="notebooks-")
    item.config.add_cleanup(folder.cleanup)
    item.config.stash[_store] = folder.name
    # The kernel is a child process and inherits these.
    os.environ["WORKBENCH_DATA_DIR"] = folder.name
    os.environ["WORKBENCH_CATALOGS"] = str(ROOT / "catalogs")
    write_demo(open_catalog(), time.time_ns(), days=1)
