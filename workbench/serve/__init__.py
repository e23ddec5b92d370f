"""``workbench serve``: private Redis, demo data, demo feed and the apps, started together and stopped together."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.config import Settings, child_environment
from workbench.errors import BusError, ConfigError, WorkbenchError
from workbench.serve.family import Family
from workbench.serve.signals import StopSignal

if TYPE_CHECKING:
    from workbench.live.embedded import EmbeddedRedis

_ANSWER_TIMEOUT = 120.0  # seconds; a cold start compiles nothing but imports a lot on a slow disk
_POLL = 0.25  # seconds between looks at the children
_RESTART_LIMIT = 30.0  # longest wait, seconds, before a feed that ended is started again

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to serve and where.

    ``feed`` None means: publish the demo feed if the Redis is our own, and leave a configured one alone.
    """

    port: int = 5006
    host: str = "127.0.0.1"
    demo: bool = True
    demo_days: int = 30
    feed: bool | None = None
    open_browser: bool = False
    origins: list[str] = field(default_factory=list)


def find_apps(folder: Path | None = None) -> list[Path]:
    """The app files: ``apps/*.py`` of the working directory, or of the checkout this package runs from.

    Raises
    ------
    ConfigError
        When there are none.
    """
    places = [folder] if folder else [Path.cwd() / "apps", Path(__file__).parents[2] / "apps"]
    for place in places:
        apps = sorted(path for path in place.glob("*.py") if not path.name.startswith("_"))
        if apps:
            return apps
    raise ConfigError(
        f"no apps found in {' or '.join(map(str, places))}: run this in the project's folder, "
        "or name the folder with --apps FOLDER"
    )


def check_port(host: str, port: int) -> int:
    """``port`` if it can be listened on, a free one if it is 0.

    Raises
    ------
    ConfigError
        When it is taken or not allowed; the message names one that is free.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError as error:
        raise ConfigError(f"cannot listen on host {host!r}: {error.strerror or error}; try --host 127.0.0.1") from None
    try:
        return _bind(family, host, port)
    except OSError as error:
        free = next((p for p in range(port + 1, min(port + 100, 65536)) if _is_free(family, host, p)), None)
        way_out = f"; {free} is free: --port {free} (or make serve PORT={free})" if free else "; choose another --port"
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}{way_out}") from None


def _bind(family: int, host: str, port: int) -> int:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As Tornado does: a port in TIME_WAIT after a restart is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return probe.getsockname()[1]


def _is_free(family: int, host: str, port: int) -> bool:
    try:
        return bool(_bind(family, host, port))
    except OSError:
        return False


def panel_command(apps: list[Path], plan: Plan) -> list[str]:
    """The ``panel serve`` call for these apps; ``home.py`` also answers at ``/``."""
    command = [sys.executable, "-m", "panel", "serve", *map(str, apps)]
    command += ["--address", plan.host, "--port", str(plan.port), "--log-level", "warning"]
    command += ["--plugins", "workbench.views.serving", "--plugins", "workbench.serve.push"]
    if any(app.stem == "home" for app in apps):
        command += ["--index", "home"]
    for origin in allowed_origins(plan):
        command += ["--allow-websocket-origin", origin]
    return command


def allowed_origins(plan: Plan) -> list[str]:
    """Addresses a browser may have in its bar; the server refuses pages asked for under another name."""
    names = {"localhost", "127.0.0.1", plan.host}
    if plan.host in ("0.0.0.0", "::"):
        names |= {socket.gethostname(), socket.getfqdn()} - {""}
        names -= {plan.host}
        with contextlib.suppress(OSError):
            names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    own = [f"[{name}]:{plan.port}" if ":" in name else f"{name}:{plan.port}" for name in sorted(names)]
    return [*own, *plan.origins]


def address(plan: Plan) -> str:
    """What to type in the browser of this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(plan.host, plan.host)
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{plan.port}"


def serve(plan: Plan, settings: Settings, *, apps: list[Path], say: Say, note: Say) -> int:
    """Start everything, say the address once it answers, and stay until a signal or a failure.

    Parameters
    ----------
    plan, settings
        What to serve; where data and bus are.
    apps
        The app files, see ``find_apps``.
    say, note
        Print the one line with the address; print a remark about what happens.

    Returns
    -------
    int
        0 after Ctrl-C or SIGTERM, 1 when the apps ended by themselves.
    """
    with StopSignal() as stop, Family() as family, contextlib.ExitStack() as stack:
        paths = {"WORKBENCH_DATA_DIR": str(settings.data_dir), "WORKBENCH_CATALOGS": str(settings.catalogs)}
        url, redis = settings.redis_url, None
        if url is None:
            redis = _Redis(settings.data_dir / "redis", family)
            stack.callback(redis.stop)
            url = redis.start()
        # Runs before the Redis is stopped: nothing of ours should meet a bus that is gone.
        stack.callback(family.stop_all)
        environment = child_environment(**paths, WORKBENCH_REDIS_URL=url)
        note("Starting the apps ...")
        family.start("apps", panel_command(apps, plan), environment)  # it loads while the demo data are written
        if plan.demo:
            _write_demo(plan, settings, family, stop)
        if stop.asked:
            return 0
        keep = _Keeper(family, note)
        if plan.feed or (plan.feed is None and redis is not None):
            keep.start("feed", [sys.executable, "-m", "workbench", "feed", "synthetic"], environment)
        status = _wait_for_answer(address(plan), family, stop)
        if stop.asked:
            return 0
        if status >= 500:
            note(f"The home page answers {status}: something in it failed, see above. The other pages may work.")
        say(f"Workbench is running at {address(plan)} - Ctrl-C stops it")
        _warm([f"{address(plan)}/{app.stem}" for app in apps])
        if plan.open_browser:
            webbrowser.open(address(plan))
        while (code := family.exit_code("apps")) is None:
            if stop.asked:
                return 0
            if redis is not None:
                redis.keep(note)
            keep.look()
            time.sleep(_POLL)
        note(f"The apps ended by themselves (exit code {code}); the reason is above.")
        return 1


def _write_demo(plan: Plan, settings: Settings, family: Family, stop: StopSignal) -> None:
    command = [sys.executable, "-m", "workbench", "demo", "--if-wanted", "--days", str(plan.demo_days)]
    family.start(
        "demo",
        command,
        child_environment(WORKBENCH_DATA_DIR=str(settings.data_dir), WORKBENCH_CATALOGS=str(settings.catalogs)),
    )
    while (code := family.exit_code("demo")) is None and not stop.asked:
        time.sleep(_POLL)
    family.stop("demo")
    if code:
        raise WorkbenchError(
            f"writing the demo data into {settings.data_dir} failed (exit code {code}, see above); "
            "mend it, or go without: --no-demo"
        )


def _wait_for_answer(url: str, family: Family, stop: StopSignal) -> int:
    """HTTP status of the page once it answers; 0 when asked to stop before."""
    answers: list[int] = []
    enough = threading.Event()
    # The first page is built while we wait, which takes seconds: in a thread, so that Ctrl-C need not wait too.
    threading.Thread(target=_ask, args=(url, answers, enough), name="first-page", daemon=True).start()
    deadline = time.monotonic() + _ANSWER_TIMEOUT
    try:
        while not answers and not stop.asked:
            if (code := family.exit_code("apps")) is not None:
                raise WorkbenchError(f"the apps could not be started (exit code {code}); the reason is above")
            if time.monotonic() > deadline:
                raise WorkbenchError(
                    f"the apps did not answer at {url} within {_ANSWER_TIMEOUT:.0f} s; see above, or try again"
                )
            time.sleep(_POLL)
    finally:
        enough.set()
    return answers[0] if answers else 0


def _warm(urls: list[str]) -> None:
    """Have every page made once, so that nobody who opens one waits for its modules."""

    def ask() -> None:
        for url in urls:
            _ask(url, [], threading.Event())

    threading.Thread(target=ask, name="warm-up", daemon=True).start()


def _ask(url: str, answers: list[int], enough: threading.Event) -> None:
    # Straight to our own port: a proxy from the environment knows nothing of it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while not enough.is_set():
        try:
            with opener.open(url, timeout=_ANSWER_TIMEOUT) as answer:
                answers.append(answer.status)
                return
        except urllib.error.HTTPError as error:
            answers.append(error.code)
            return
        except OSError:
            enough.wait(_POLL)


class _Redis:
    """Our private Redis: started, known to the guard, started again on its port if somebody ends it."""

    def __init__(self, folder: Path, family: Family) -> None:
        from workbench.live.embedded import EmbeddedRedis

        self._family = family
        self._server: EmbeddedRedis = EmbeddedRedis(folder)
        self._pid: int | None = None
        self._look_at = 0.0

    def start(self) -> str:
        """Start it unless it runs; the URL it answers at."""
        url = self._server.start()
        pid = self._server.pid
        if pid != self._pid:
            self._forget()
            if pid is not None:
                self._family.adopt(pid)
            self._pid = pid
        return url

    def keep(self, note: Say) -> None:
        """See to it that it runs; looks once a second."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + 1.0
        before = self._pid
        try:
            self.start()
        except BusError as error:
            self._look_at = now + _RESTART_LIMIT
            note(f"Redis ended and cannot be started again; next try in {_RESTART_LIMIT:.0f} s. {error}")
            return
        if self._pid != before:
            note("Redis ended; it was started again.")

    def stop(self) -> None:
        """Stop it; does nothing when it never ran."""
        self._server.stop()
        self._forget()

    def _forget(self) -> None:
        if self._pid is not None:
            self._family.disown(self._pid)
            self._pid = None


class _Keeper:
    """Starts a child again when it ends, waiting longer each time, and says so."""

    def __init__(self, family: Family, note: Say) -> None:
        self._family, self._note = family, note
        self._name: str | None = None
        self._command: list[str] = []
        self._environment: dict[str, str] = {}
        self._started = 0.0
        self._wait = 1.0
        self._again_at: float | None = None

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self._name, self._command, self._environment = name, command, environment
        self._started = time.monotonic()
        self._family.start(name, command, environment)

    def look(self) -> None:
        """One glance: note an end, or start again when its wait is over."""
        if self._name is None:
            return
        now = time.monotonic()
        if self._again_at is not None:
            if now >= self._again_at:
                self._again_at = None
                self.start(self._name, self._command, self._environment)
            return
        code = self._family.exit_code(self._name)
        if code is None:
            return
        self._family.stop(self._name)
        # One that ran well for a while failed for a new reason.
        self._wait = 1.0 if now - self._started > _RESTART_LIMIT else min(self._wait * 2, _RESTART_LIMIT)
        self._again_at = now + self._wait
        self._note(f"The {self._name} ended (exit code {code}); starting it again in {self._wait:.0f} s.")
