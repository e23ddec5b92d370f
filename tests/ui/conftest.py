"""A served workbench and a real browser for the tests of this folder.

Without a Chromium on the PATH they are skipped, and say so; in CI (``CI`` is set) that is a failure instead.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from workbench.config import child_environment
from workbench.doctor import BROWSERS, browser

ROOT = Path(__file__).parents[2]
#: Enough to fill a 1min chart; the whole 30 days take longer to write than the tests to run.
DEMO_DAYS = 3
START_TIMEOUT = 180.0
#: How long an answer may take, ms: a machine may be busy. What is there ends the wait at once.
PATIENCE = 90_000
expect.set_options(timeout=PATIENCE)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if browser() is not None:
        return
    reason = f"no browser: none of {', '.join(BROWSERS)} is on the PATH (Debian: apt install chromium)"
    if os.environ.get("CI"):
        pytest.exit(f"browser tests must run in CI, but there is {reason}", returncode=1)
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What the server said goes with a failure."""
    report = yield
    for name, served in getattr(item, "funcargs", {}).items():
        if report.failed and isinstance(served, Served):
            report.sections.append((f"end of the log of {name}", served.log.read_text("utf-8", "replace")[-4000:]))
    return report


@dataclass
class Served:
    """A running ``workbench serve``."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    def __str__(self) -> str:
        return self.url


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder: Path, *options: str) -> Served:
    """Start ``workbench serve`` with its data under ``folder``; wait until the home page answers."""
    port, log = free_port(), folder / "serve.log"
    environment = child_environment(WORKBENCH_DATA_DIR=str(folder / "data"), WORKBENCH_CATALOGS=str(ROOT / "catalogs"))
    environment.pop("WORKBENCH_REDIS_URL", None)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench", "serve", "--port", str(port), *options],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Served(f"http://127.0.0.1:{port}", folder / "data", process, log)
    deadline = time.monotonic() + START_TIMEOUT
    while f"{served.url} " not in log.read_text("utf-8", "replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(served)
            pytest.fail(f"workbench serve did not come up:\n{log.read_text('utf-8', 'replace')[-4000:]}")
        time.sleep(0.2)
    return served


def stop(served: Served) -> int:
    """Stop it as Ctrl-C does; its exit code."""
    if served.process.poll() is None:
        served.process.send_signal(signal.SIGINT)
        try:
            served.process.wait(30)
        except subprocess.TimeoutExpired:
            served.process.kill()
            served.process.wait()
    return served.process.returncode


@pytest.fixture
def kill_redis(served: Served) -> Callable[[], float]:
    """Call it to ``kill -9`` the private Redis; returns when, in seconds since 1970."""

    def kill() -> float:
        os.kill(_redis_of(served.process.pid), signal.SIGKILL)
        return time.time()

    return kill


def _redis_of(parent: int) -> int:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if name.startswith(("redis-server", "valkey-server")) and int(rest.split()[1]) == parent:
            return int(folder.name)
    pytest.skip("no Redis of our own under /proc to kill")


def status_of(url: str) -> int:
    """HTTP status of a page."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One workbench for all browser tests: demo data, private Redis, demo feed, all pages."""
    running = start(tmp_path_factory.mktemp("served"), "--demo-days", str(DEMO_DAYS))
    yield running
    stop(running)


@pytest.fixture(scope="session")
def base_url(served: Served) -> str:
    """So that ``page.goto("/chart")`` works."""
    return served.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    return {**browser_type_launch_args, "executable_path": browser(), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "viewport": {"width": 1400, "height": 900}, "timezone_id": "UTC"}


@pytest.fixture
def allow_console() -> list[str]:
    """Texts whose console errors a test expects (``allow_console.append("...")``), e.g. of a server it stops."""
    return []


@pytest.fixture
def page(context: BrowserContext, allow_console: list[str]) -> Iterator[Page]:
    """A page; the test fails if the browser reported an error that the test did not announce."""
    errors: list[str] = []
    context.set_default_timeout(PATIENCE)
    # Pages opened by the test are watched too.
    context.on("page", lambda opened: _watch(opened, errors.append))
    opened = context.new_page()
    yield opened
    left = [error for error in errors if not any(text in error for text in allow_console)]
    assert left == [], "the browser reported errors"


def _watch(page: Page, report: Callable[[str], None]) -> None:
    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location.get("url", "")
            report(f"console: {message.text} ({place})")

    page.on("console", console)
    page.on("pageerror", lambda error: report(f"page: {error}"))
