"""A Dask cluster as a researcher has it: a scheduler and workers in processes of their own, begun by their commands."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from distributed import Client


@contextmanager
def cluster_of(workers: int) -> Iterator[Client]:
    """A client of a ``dask scheduler`` with so many ``dask worker --nthreads 1``, all of which end with it."""
    with tempfile.TemporaryDirectory(prefix="dask-cluster-") as folder, ExitStack() as stack:
        place = Path(folder) / "scheduler.json"
        stack.enter_context(_begun("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                                   "--scheduler-file", place))  # fmt: skip
        for _ in range(workers):
            stack.enter_context(_begun("worker", "--nthreads", "1", "--no-dashboard", "--scheduler-file", place,
                                       "--local-directory", folder))  # fmt: skip
        with Client(scheduler_file=str(place), timeout="60s", set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
            yield client


@contextmanager
def _begun(*command: object) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
