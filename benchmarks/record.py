"""Runs that are kept: ``docs/performance/NAME.json``, each with its machine, and the page that is made of all of them.

``python -m benchmarks NAME --record`` writes both; ``python -m benchmarks.record`` the page alone, when only its words
have changed.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import workbench
from benchmarks.page import SECTIONS, page

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
FOLDER = PAGE.with_suffix("")
#: What every benchmark stands on; the peers of each come beside them.
_COMMON = ("numpy", "numba", "bokeh", "panel")


def machine(name: str) -> dict:
    """This machine as it is now, before the benchmark ``name``: nothing of it says whose it is.

    Returns
    -------
    dict
        ``processor``, ``cores`` (those this process may use), ``memory_mb`` (2**20 bytes), ``system``, ``python``,
        ``load`` (mean number of running processes over the last minute), ``versions`` (of Workbench, of what it stands
        on and of the peers that are installed).
    """
    versions = {one: found for one in (*_COMMON, *SECTIONS[name].peers) if (found := _version(one))}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mb": memory // 2**20,
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "versions": {"workbench": workbench.__version__, **versions},
    }


def write(name: str, of: dict, rows: Iterable[dict], *, folder: Path = FOLDER, to: Path = PAGE) -> Path:
    """Keep the rows of a run of ``name`` on the machine ``of``, dated today (UTC), and write the page."""
    head = json.dumps({"machine": of, "date": datetime.now(UTC).date().isoformat()}, indent=1)[:-2]
    lines = ",\n  ".join(json.dumps(row, allow_nan=False) for row in rows)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{name}.json"
    kept.write_text(f'{head},\n "rows": [\n  {lines}\n ]\n}}\n', "utf-8")
    to.write_text(page(read(folder)), "utf-8")
    return kept


def read(folder: Path = FOLDER) -> dict[str, dict]:
    """All runs that are kept: ``{name: {"machine", "date", "rows"}}``."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    told = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(told, "") or platform.processor() or platform.machine()


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    PAGE.write_text(page(read()), "utf-8")
