"""Who runs the cells: threads of this process, processes of this machine, or the workers of a Dask cluster.

All of them call ``Bench.run`` on pieces of the space and give the same numbers: a cell knows nothing of its neighbours.
A piece whose worker has died is run again by another. This is the one module that knows Dask.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import DataError
from workbench.sweep.cells import Bench, Done
from workbench.sweep.parcel import Task, run_task, task_of
from workbench.sweep.space import Space

if TYPE_CHECKING:
    from distributed import Client

#: A piece of the space: its number among the pieces, and its cells.
Piece = tuple[int, Space]
#: Pieces in flight for each worker: one at work, one that waits.
_AHEAD = 2
#: How often in a row all workers may be lost without a piece being over meanwhile.
_LOST = 3
#: Seconds between looks at a cluster of which nothing comes, and for how long it may be without any worker.
_LOOK, _WITHOUT = 5.0, 120.0


def in_threads(bench: Bench, pieces: Iterable[Piece], workers: int) -> Iterator[tuple[int, Done]]:
    """Pieces as they are over, in whatever order; closing the generator stops after those in flight."""
    with ThreadPoolExecutor(workers, "sweep") as pool, _stopped(pool):
        yield from _flow(pool, bench.run, iter(pieces), {}, workers)


def in_processes(bench: Bench, pieces: Iterable[Piece], workers: int, folder: Path) -> Iterator[tuple[int, Done]]:
    """The same in processes of their own, for strategies that are not compiled into one loop.

    They read the bars from ``folder``. Where one of them is killed all are started anew, and what was in flight is run
    again; they end by themselves when this process is.

    Raises
    ------
    DataError
        They die again and again, or cannot load the strategy.
    """
    task, fresh = task_of(bench, folder, "executor='processes'"), multiprocessing.get_context("spawn")
    source, lost = iter(pieces), 0
    while True:
        flight: dict[Future[Done], Piece] = {}
        with ProcessPoolExecutor(workers, fresh, _begin, (task,)) as pool, _stopped(pool):
            try:
                for found in _flow(pool, _run_here, source, flight, workers):
                    lost = 0
                    yield found
                return
            except BrokenProcessPool as error:
                lost += 1
                if lost > _LOST:
                    raise DataError(
                        f"executor='processes': processes that run {task.what} have died {lost} times, without a piece "
                        "of the sweep being over meanwhile. Perhaps the memory is used up: take fewer workers. A "
                        "script has to sweep below if __name__ == '__main__':. Or run it with executor='threads'"
                    ) from error
        source = chain(flight.values(), source)


def on_dask(bench: Bench, pieces: Iterable[Piece], client: Client, folder: Path) -> Iterator[tuple[int, Done]]:
    """The same on the workers of a cluster.

    The bars are read by each worker from ``folder``; where some worker does not see that folder they are sent to all,
    once, and again when all that had them have died.

    Raises
    ------
    DataError
        There is no worker, the scheduler is gone, pieces kill their workers, or these cannot load the strategy.
    """
    from distributed import KilledWorker, as_completed

    address = client.scheduler.address if client.scheduler is not None else "?"
    task, source = task_of(bench, folder, f"the Dask cluster {address}"), iter(pieces)
    seen = client.run(_all_there, task.files)
    if not seen:
        raise DataError("the Dask cluster has no workers: start some, or leave client= away")
    frames = None if all(seen.values()) else _scattered(client, task)
    # Bars that were sent, and those of earlier times, which pieces in flight may have been given.
    turn, lost, flight = 0, 0, dict[str, tuple[Piece, int]]()
    waiting, watch = as_completed(loop=client.loop), _Watch(client, task.who)

    def submit(piece: Piece | None) -> None:
        if piece is not None:
            # What fails for want of its worker is tried elsewhere; what raises is not.
            future = client.submit(run_task, task, piece[1], frames, pure=False, retries=0)
            flight[future.key] = piece, turn
            waiting.add(future)

    try:
        for _ in range(_AHEAD * sum(client.nthreads().values())):
            submit(next(source, None))
        while waiting.count():
            while not waiting.has_ready():
                with waiting.thread_condition:
                    some = waiting.thread_condition.wait_for(waiting.has_ready, _LOOK)
                if not some:
                    watch.look()
            future = next(waiting)
            piece, given = flight.pop(future.key)
            try:
                done = watch.result(future)
            except KilledWorker as error:
                raise DataError(
                    f"{task.who}: a piece of {task.what} was at work on each of {error.allowed_failures + 1} workers "
                    "that died. Perhaps their memory is used up: give them more, or fewer threads each"
                ) from error
            except (CancelledError, FileNotFoundError) as error:
                if client.status != "running":
                    raise DataError(
                        f"{task.who} is gone: start it again, or another. A sweep with job= goes on where it was "
                        "with jobs.resume"
                    ) from error
                if given == turn:  # else its bars have been sent anew since
                    lost, turn = lost + 1, turn + 1
                    if lost > _LOST:
                        raise DataError(
                            f"{task.who}: all workers have died {lost} times, without a piece of {task.what} being "
                            "over meanwhile: look into their logs"
                        ) from error
                    frames = _scattered(client, task)
                submit(piece)
                continue
            lost = 0
            submit(next(source, None))
            yield piece[0], done
    finally:
        if client.status == "running":
            client.cancel(list(waiting.futures), force=True)


class _Watch:
    """Waits for what a cluster has computed, but not for ever for one that has no workers any more.

    Parameters
    ----------
    client, who
        Of the cluster, and its name for errors.
    """

    def __init__(self, client: Client, who: str) -> None:
        self.client, self.who, self._since = client, who, time.monotonic()

    def result(self, future: Any) -> Done:
        """What came out; where its worker died with it, it is computed anew."""
        while True:
            try:
                return future.result(timeout=_LOOK)
            except TimeoutError:
                self.look()

    def look(self) -> None:
        """Raise where there has been no worker for long."""
        try:
            alone = self.client.status == "running" and not self.client.nthreads()
        except OSError:  # the scheduler does not answer: pieces in flight will be given up
            alone = False
        if not alone:
            self._since = time.monotonic()
        elif time.monotonic() - self._since >= _WITHOUT:
            raise DataError(
                f"{self.who} has been without a worker for {_WITHOUT:.0f} seconds: start some. A sweep with job= goes "
                "on where it was with jobs.resume"
            )


def _scattered(client: Client, task: Task) -> Any:
    """The bars on all workers, by their paths."""
    frames = {path: pd.read_parquet(path) for path in task.files}
    try:
        return client.scatter(frames, broadcast=True, hash=False)
    except TimeoutError as error:
        raise DataError(f"{task.who} has lost all its workers: start some, and resume the sweep") from error


@contextmanager
def client_of(given: Client | str) -> Iterator[Client]:
    """A client, or the one of a scheduler's address, closed afterwards."""
    from distributed import Client

    if not isinstance(given, str):
        yield given
        return
    try:
        client = Client(given, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise DataError(f"no Dask scheduler at {given!r} ({error}): start one with 'dask scheduler'") from None
    with client:
        yield client


def _all_there(paths: list[str]) -> bool:
    return all(os.path.exists(path) for path in paths)


def _begin(task: Task) -> None:
    """What a process does first: keep what it is to run, and end when the one that began it is dead."""
    _given[:] = [task]
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="sweep-parent", daemon=True).start()


def _run_here(space: Space) -> Done:
    return run_task(_given[0], space)


_given: list[Task] = []


def _flow(
    pool: Executor,
    run: Callable[[Space], Done],
    source: Iterator[Piece],
    flight: dict[Future[Done], Piece],
    workers: int,
) -> Iterator[tuple[int, Done]]:
    """Results of pieces as they come, never more in flight than the workers need; ``flight`` has those not over."""
    while True:
        while len(flight) < _AHEAD * workers and (piece := next(source, None)) is not None:
            flight[_submitted(pool, run, piece[1])] = piece
        if not flight:
            return
        for future in wait(flight, return_when=FIRST_COMPLETED).done:
            done = future.result()
            yield flight.pop(future)[0], done


def _submitted(pool: Executor, run: Callable[[Space], Done], space: Space) -> Future[Done]:
    """A piece in flight, also where the pool turns out to be broken: nothing is lost on the way."""
    try:
        return pool.submit(run, space)
    except BrokenProcessPool as error:
        broken = Future[Done]()
        broken.set_exception(error)
        return broken


@contextmanager
def _stopped(pool: Executor) -> Iterator[None]:
    try:
        yield
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
