"""``workbench doctor``: look at the installation piece by piece and say what to do about what is wrong."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from packaging.markers import Marker
from packaging.version import Version

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.config import Settings

_PYTHON = (3, 11)
_PORT = 5006
_ROOT = Path(__file__).parents[1]
#: Names of the browsers that the tests can drive, on the PATH.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``ok``; ``hint``, something does not work but need not; or ``bad``, to be mended."""

    name: str
    state: Literal["ok", "hint", "bad"]
    detail: str
    way_out: str = ""


def examine() -> list[Finding]:
    """Look at everything. A check that itself fails is a finding, and the others are still made."""
    findings = [_guarded("python", check_python), _guarded("packages", check_packages)]
    try:
        from workbench.config import load_settings

        settings = load_settings()
    except WorkbenchError as error:
        return [*findings, Finding("settings", "bad", str(error), "set or mend what it names")]
    findings.append(Finding("settings", "ok", f"data in {settings.data_dir}, catalogs in {settings.catalogs}"))
    checks: dict[str, Callable[[Settings], Finding]] = {
        "redis": check_redis,
        "port": check_port,
        "data folder": check_data_folder,
        "manifests": check_manifests,
        "catalogs": check_catalogs,
        "plugins": check_plugins,
    }
    findings += [_guarded(name, check, settings) for name, check in checks.items()]
    return [*findings, _guarded("browser", check_browser)]


def _guarded(name: str, check: Callable[..., Finding], *args: object) -> Finding:
    try:
        return check(*args)
    except Exception as error:
        return Finding(name, "bad", f"{type(error).__name__}: {error}", "reinstall: make clean, then make setup")


def check_python() -> Finding:
    """Python is new enough."""
    text = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < _PYTHON:
        return Finding(
            "python", "bad", text, "Python 3.11 or newer is needed: make clean, make PYTHON=python3.12 setup"
        )
    return Finding("python", "ok", text)


def check_packages(lock: Path = _ROOT / "requirements.lock") -> Finding:
    """Every package of the lock that is for this machine is installed, in the version of the lock."""
    if not lock.exists():
        return Finding("packages", "ok", "no lock beside this installation; nothing to compare with")
    missing, other, count = [], [], 0
    for name, version in locked(lock):
        count += 1
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(f"{name} {version}")
            continue
        if Version(installed) != Version(version):
            other.append(f"{name} {installed} (lock: {version})")
    if missing:
        return Finding("packages", "bad", f"missing: {_some(missing)}", "make setup")
    if other:
        return Finding("packages", "hint", f"not as in the lock: {_some(other)}", "rm -r .venv, then make setup")
    return Finding("packages", "ok", f"{count} packages as in {lock.name}")


def locked(lock: Path) -> Iterator[tuple[str, str]]:
    """Name and version of each package in a lock file that applies to this machine."""
    for match in re.finditer(
        r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\\n]+))?", lock.read_text("utf-8"), re.MULTILINE
    ):
        if match["marker"] is None or Marker(match["marker"].strip()).evaluate():
            yield match["name"], match["version"]


def check_redis(settings: Settings) -> Finding:
    """The configured Redis answers, or there is a server program to start a private one."""
    if settings.redis_url:
        from workbench.live.bus import Bus

        try:
            Bus(settings.redis_url).ping()
        except WorkbenchError as error:
            return Finding(
                "redis", "bad", str(error), "start it, or unset WORKBENCH_REDIS_URL to have a private one started"
            )
        return Finding("redis", "ok", "the configured server answers")
    from workbench.live.embedded import server_program

    try:
        return Finding("redis", "ok", f"private, from {server_program()}")
    except WorkbenchError as error:
        return Finding("redis", "bad", str(error))


def check_port(settings: Settings) -> Finding:
    """The usual port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", _PORT))
        except OSError:
            return Finding(
                "port",
                "hint",
                f"{_PORT} is in use, perhaps by a workbench that runs",
                "choose another: make serve PORT=5007",
            )
    return Finding("port", "ok", f"{_PORT} is free")


def check_data_folder(settings: Settings) -> Finding:
    """The store can be written."""
    folder = settings.data_dir
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(
            "data folder",
            "bad",
            f"{folder} cannot be written: {error.strerror}",
            "mend its rights or set WORKBENCH_DATA_DIR",
        )
    free = shutil.disk_usage(there).free / 1e9
    if free < 1:
        return Finding("data folder", "hint", f"{folder}: {free:.1f} GB free", "make room or set WORKBENCH_DATA_DIR")
    return Finding("data folder", "ok", f"{folder}, {free:.0f} GB free")


def check_manifests(settings: Settings) -> Finding:
    """Every dataset is what its manifest says, to the byte; reads all of them (a second for each few hundred MB)."""
    from workbench.services import open_catalog

    store = open_catalog(settings.data_dir, settings.catalogs).store
    datasets = store.datasets()
    broken = [f"{path}: {reason}" for path, reason in store.damaged().items()]
    for dataset in datasets:
        try:
            store.verify(dataset.source, dataset.kind, dataset.symbol)
        except WorkbenchError as error:
            broken.append(str(error))
    if broken:
        return Finding(
            "manifests", "bad", _some(broken, 3), "bring the file back, or import its source again: --replace"
        )
    if not datasets:
        return Finding("manifests", "hint", "the store is empty", "demo data: workbench demo (make serve does it)")
    rows = sum(dataset.rows for dataset in datasets)
    return Finding("manifests", "ok", f"{len(datasets)} datasets, {rows:,} rows, all as their hashes say")


def check_catalogs(settings: Settings) -> Finding:
    """The Intake catalogs load."""
    from workbench.services import open_catalog

    if not settings.catalogs.is_dir():
        return Finding(
            "catalogs",
            "hint",
            f"no folder {settings.catalogs}",
            "run this in the project's folder, or set WORKBENCH_CATALOGS",
        )
    entries = open_catalog(settings.data_dir, settings.catalogs).datasets()
    return Finding("catalogs", "ok", f"{len(list(settings.catalogs.glob('*.y*ml')))} files, {len(entries)} entries")


def check_plugins(settings: Settings) -> Finding:
    """Every plugin of the user's could be loaded: files of the plugin folder, and installed packages."""
    from workbench.catalog.ingest.base import importers
    from workbench.indicators import indicators
    from workbench.live.feeds import feeds
    from workbench.market.specs import bar_kinds

    failed: dict[str, str] = {}
    count = 0
    for registry in (indicators, bar_kinds, importers, feeds):
        count += sum(not kind.__module__.startswith("workbench.") for _, kind in registry)
        failed |= registry.failed
    if failed:
        told = [f"{name}: {why}" for name, why in failed.items()]
        return Finding(
            "plugins", "bad", _some(told, 3), "mend or move away the file that it names, or uninstall the package"
        )
    return Finding("plugins", "ok", f"{count} of yours; files in {settings.plugins}, and installed packages")


def check_browser() -> Finding:
    """A browser for the tests; nothing else needs it."""
    found = browser()
    if found is None:
        return Finding(
            "browser",
            "hint",
            "no Chromium on the PATH: the browser tests will be skipped",
            "Debian: apt install chromium",
        )
    return Finding("browser", "ok", f"{found} (for the tests)")


def browser() -> str | None:
    """Path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _some(names: list[str], limit: int = 5) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
