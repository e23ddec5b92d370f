"""Processes that live and die with this one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from workbench.serve import guard

_GRACE = 8.0  # seconds a child gets after SIGTERM


class Family:
    """Children of this process; leaving the ``with`` block stops them, newest first, and nothing else.

    Every child leads a session of its own: Ctrl-C in the terminal reaches only us, and we take the others down in
    order. Should this process be killed outright, a guard process notices and does it.
    """

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(guard.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Family:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a child. What it writes to standard output is dropped; standard error is ours."""
        child = subprocess.Popen(
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._children[name] = child
        self.adopt(child.pid)
        return child

    def adopt(self, pid: int) -> None:
        """Have the guard end ``pid`` too if we are killed; stopping it otherwise stays the caller's work."""
        self._tell(f"+{pid}\n")

    def disown(self, pid: int) -> None:
        """The process ``pid`` has ended, or is no longer ours to end."""
        self._tell(f"-{pid}\n")

    def exit_code(self, name: str) -> int | None:
        """How the child ended; None while it runs."""
        return self._children[name].poll()

    def stop(self, name: str) -> None:
        """Stop one child: SIGTERM to its group, SIGKILL if it does not listen. Does nothing when it is not there."""
        child = self._children.pop(name, None)
        if child is None:
            return
        if child.poll() is None:
            guard.signal_process(child.pid, signal.SIGTERM)
            try:
                child.wait(_GRACE)
            except subprocess.TimeoutExpired:
                guard.signal_process(child.pid, signal.SIGKILL)
                child.wait()
        self.disown(child.pid)

    def stop_all(self) -> None:
        """Stop every child, newest first."""
        for name in reversed(list(self._children)):
            self.stop(name)

    def close(self) -> None:
        """Stop every child, newest first, then the guard."""
        self.stop_all()
        if self._guard.stdin is not None and not self._guard.stdin.closed:
            self._guard.stdin.close()
        self._guard.wait(_GRACE + guard.GRACE)

    def _tell(self, line: str) -> None:
        assert self._guard.stdin is not None
        try:
            self._guard.stdin.write(line.encode())
            self._guard.stdin.flush()
        except BrokenPipeError:
            # Somebody ended the guard; without it only kill -9 on us would leave children behind.
            pass
