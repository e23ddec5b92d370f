"""Where a running sweep writes its pieces down, and hears that it is to stop."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.errors import DataError, WorkbenchError
from workbench.sweep import job_files as disk
from workbench.sweep.cells import Done

#: How often the lock is tried: whoever lists jobs holds it for a moment.
_TRIES, _WAIT = 50, 0.01


class SweepStopped(WorkbenchError):
    """A sweep that was paused, cancelled or interrupted before its end.

    Attributes
    ----------
    id, state
        Which one, and what became of it.
    done, cells
        Cells that are over, and in all.
    """

    def __init__(self, id: str, state: str, done: int, cells: int, why: str = "") -> None:
        self.id, self.state, self.done, self.cells, self.why = id, state, done, cells, why
        more = f" ({why})" if why else ""
        super().__init__(f"sweep {id} is {state}{more} after {done:,} of {cells:,} cells: resume it by its id")

    def __reduce__(self) -> tuple[type, tuple[str, str, int, int, str]]:
        return type(self), (self.id, self.state, self.done, self.cells, self.why)


class Checkpoint:
    """A job while it runs; a context that holds its lock and writes how it ended.

    Parameters
    ----------
    folder
        Of the job.
    head
        Its ``plan.json``.
    """

    def __init__(self, folder: Path, head: dict[str, Any]) -> None:
        self.folder, self.head, self.piece = folder, head, int(head["piece"])
        self.id, self.cells, self.done = str(head["id"]), int(head["cells"]), 0
        self._handle = -1
        self._state: dict[str, Any] = {}
        self._since = 0.0

    def __enter__(self) -> Checkpoint:
        self._handle = os.open(self.folder / disk.LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        for left in reversed(range(_TRIES)):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not left:
                    os.close(self._handle)
                    raise DataError(f"sweep {self.id} is running already: attach to it, or pause it first") from None
                time.sleep(_WAIT)
        (self.folder / disk.STOP).unlink(missing_ok=True)
        self._state = disk.read_state(self.folder) | {"error": "", "started": time.time_ns()}
        self._before, self._since = float(self._state.get("seconds", 0.0)), time.monotonic()
        self._write("running")
        return self

    def there(self, over: Done) -> set[int]:
        """Put the pieces that are there into ``over``; gives their first cells.

        A piece whose file is damaged, as after a crash of the machine, is removed and will be run again.
        """
        found = set()
        for first, count in disk.pieces_of(self.folder).items():
            try:
                part, said = disk.read_piece(self.folder, first, count)
            except DataError:
                (self.folder / disk.PIECES / disk.piece_name(first, count)).unlink(missing_ok=True)
                continue
            over.sums[first : first + count] = part
            over.failures.update(said)
            found.add(first)
            self.done += count
        return found

    def put(self, first: int, done: Done) -> None:
        """Write a piece down. Raises ``SweepStopped`` where word was left to stop."""
        disk.write_piece(self.folder, first, done)
        self.done += len(done.sums)
        self._write("running")
        if self.done < self.cells and (how := disk.asked_to_stop(self.folder)):
            raise SweepStopped(self.id, how, self.done, self.cells)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if error is None:
                self._write("finished")
            elif isinstance(error, SweepStopped):
                self._write(error.state)
            elif isinstance(error, KeyboardInterrupt | GeneratorExit):
                self._write("paused")
            else:
                self._write("failed", f"{type(error).__name__}: {error}"[:2_000])
        finally:
            os.close(self._handle)

    def _write(self, state: str, error: str = "") -> None:
        seconds = self._before + time.monotonic() - self._since
        self._state |= {"state": state, "error": error, "seconds": seconds, "heartbeat": time.time_ns()}
        disk.write_state(self.folder, self._state)
