"""Work that takes a while, beside the page: started, looked at, cancelled. Threads never touch a screen.

A session looks at its job on its own clock; the job writes plain values, of which each is whole at any moment.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

#: Runs that go on side by side in one process, however many sessions ask; the others wait for their turn.
WORKERS = max(2, min(4, os.cpu_count() or 2))
#: Seconds after which a bar is shown.
PATIENCE = 0.3


class Cancelled(Exception):
    """Somebody pressed Cancel; raised where the work reports next."""


@dataclass(eq=False)
class Job:
    """One piece of work and how far it is.

    Attributes
    ----------
    state
        ``waiting``, ``working``, ``done``, ``failed`` or ``cancelled``.
    phase
        What it does now, in words.
    done, total
        How far that is; total 0 where nobody knows.
    result, error
        What came out.
    """

    state: str = "waiting"
    phase: str = ""
    done: int = 0
    total: int = 0
    result: Any = None
    error: BaseException | None = None
    began: float = field(default_factory=time.monotonic)
    took: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _future: Future | None = None

    @property
    def busy(self) -> bool:
        """Whether it has not come to an end."""
        return self.state in ("waiting", "working")

    @property
    def elapsed(self) -> float:
        """Seconds since it was asked for."""
        return self.took or time.monotonic() - self.began

    @property
    def share(self) -> float | None:
        """How much of the phase is done, 0 to 1; None where nobody knows."""
        return min(1.0, self.done / self.total) if self.total > 0 else None

    def cancel(self) -> None:
        """Ask it to stop; the job is over at once, the thread when it reports next."""
        self._stop.set()
        if self.busy:
            self._end("cancelled")
        if self._future is not None:
            self._future.cancel()

    def step(self, phase: str) -> None:
        """Called by the work: what comes now. Raises ``Cancelled`` when nobody wants it any more."""
        self.check()
        self.phase, self.done, self.total = phase, 0, 0

    def progress(self, done: int, total: int) -> None:
        """Called by the work: how far it is. Raises ``Cancelled`` when nobody wants it any more."""
        self.done, self.total = done, total
        self.check()

    def check(self) -> None:
        """Raise ``Cancelled`` when nobody wants it any more."""
        if self._stop.is_set():
            raise Cancelled

    def _end(self, state: str) -> None:
        self.took, self.state = time.monotonic() - self.began, state


class Runner:
    """Does one thing at a time for a session; what is asked for next takes the place of what goes on.

    Parameters
    ----------
    changed
        Called by ``poll`` with the job when it is further than it was, and once when it is over.
    executor
        Where the work is done; that of the process when left out.
    """

    def __init__(self, changed: Callable[[Job], object], executor: Executor | None = None) -> None:
        self._changed, self._executor = changed, executor
        self.job: Job | None = None
        self._seen: tuple[Any, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether something goes on that was not told of as over."""
        return self.job is not None

    def start(self, work: Callable[[Job], Any]) -> Job:
        """Do ``work`` in another thread; it is handed its job, to report and to be stopped by."""
        self.cancel()
        job = self.job = Job()
        self._seen = ()
        job._future = (self._executor or _executor()).submit(_carry_out, job, work)
        return job

    def cancel(self) -> None:
        """Stop what goes on; told by the next ``poll``."""
        if self.job is not None:
            self.job.cancel()

    def poll(self) -> bool:
        """Tell what has changed; whether something goes on still."""
        job = self.job
        if job is None:
            return False
        now = (job.state, job.phase, job.done, job.total, job.elapsed > PATIENCE)
        if not job.busy:
            self.job = None
        if now != self._seen:
            self._seen = now
            self._changed(job)
        return self.job is not None


def _carry_out(job: Job, work: Callable[[Job], Any]) -> None:
    try:
        job.check()
        job.state = "working"
        found = work(job)
    except Cancelled:
        return  # it is over already
    except BaseException as error:
        if job.busy:
            job.error = error
            job._end("failed")
    else:
        if job.busy and not job._stop.is_set():
            job.result = found
            job._end("done")


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="backtest")
