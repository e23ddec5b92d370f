"""Who runs the cells: threads of this process, processes of this machine, or the workers of a Dask cluster.

All of them call ``Bench.run`` on pieces of the space and give the same numbers: a cell knows nothing of its neighbours.
This is the one module that knows Dask.
"""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import pandas as pd

from workbench.backtest import Settings
from workbench.backtest.market import Market
from workbench.errors import DataError
from workbench.strategies import Strategy
from workbench.sweep.cells import Bench, Done
from workbench.sweep.space import Space

if TYPE_CHECKING:
    from distributed import Client

#: A piece of the space: its number among the pieces, and its cells.
Piece = tuple[int, Space]
#: Pieces in flight for each worker: one at work, one that waits.
_AHEAD = 2


@dataclass(frozen=True)
class Task:
    """What a worker far away needs beside the cells: small, the bars are not in it.

    Attributes
    ----------
    strategy, settings
        As the bench has them, pickled by value where their code is of a notebook.
    paths
        Where the bars of each symbol lie, by name.
    inside
        The same of finer bars.
    """

    strategy: bytes
    settings: Settings
    paths: dict[str, str]
    inside: dict[str, str]


def in_threads(bench: Bench, pieces: Iterable[Piece], workers: int) -> Iterator[tuple[int, Done]]:
    """Pieces as they are over, in whatever order; closing the generator stops after those in flight."""
    with ThreadPoolExecutor(workers, "sweep") as pool, _stopped(pool):
        yield from _flow(pool, bench.run, pieces, workers)


def in_processes(bench: Bench, pieces: Iterable[Piece], workers: int) -> Iterator[tuple[int, Done]]:
    """The same in processes of their own, for strategies that are not compiled into one loop."""
    with tempfile.TemporaryDirectory(prefix="workbench-sweep-") as folder:
        task = task_of(bench, Path(folder))
        fresh = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, fresh) as pool, _stopped(pool):
            yield from _flow(pool, functools.partial(run_task, task), pieces, workers)


def on_dask(bench: Bench, pieces: Iterable[Piece], client: Client, folder: Path) -> Iterator[tuple[int, Done]]:
    """The same on the workers of a cluster.

    The bars are read by each worker from ``folder``; where some worker does not see that folder they are sent to all,
    once.
    """
    from distributed import as_completed

    task, numbers, source = task_of(bench, folder), {}, iter(pieces)
    paths = [*task.paths.values(), *task.inside.values()]
    seen = client.run(_all_there, paths)
    if not seen:
        raise DataError("the Dask cluster has no workers: start some, or leave client= away")
    frames = None
    if not all(seen.values()):
        frames = client.scatter({path: pd.read_parquet(path) for path in paths}, broadcast=True, hash=False)
    waiting = as_completed(loop=client.loop)

    def submit() -> None:
        for number, space in source:
            # What fails for want of its worker is tried elsewhere; what raises is not.
            future = client.submit(run_task, task, space, frames, pure=False, retries=0)
            numbers[future.key] = number
            waiting.add(future)
            return

    try:
        for _ in range(_AHEAD * sum(client.nthreads().values())):
            submit()
        for future in waiting:
            done = future.result()
            submit()
            yield numbers.pop(future.key), done
    finally:
        client.cancel(list(waiting.futures), force=True)


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


def task_of(bench: Bench, folder: Path) -> Task:
    """What workers are told of a bench; its bars are written to the folder."""
    paths = [{symbol: str(folder / file) for symbol, file in one.items()} for one in put_bars(folder, bench.market)]
    # By value: what was typed into a notebook is nowhere that a worker could import it from.
    return Task(cloudpickle.dumps(bench.strategy), bench.settings, *paths)


def put_bars(folder: Path, market: Market) -> tuple[dict[str, str], dict[str, str]]:
    """Write bars and finer bars into a folder, as far as they are not there yet; gives the file of each symbol."""
    found: tuple[dict[str, str], dict[str, str]] = {}, {}
    for kind, frames, files in zip(("bars", "inside"), (market.frames, market.inside), found, strict=True):
        for at, (symbol, frame) in enumerate(frames.items()):
            path = folder / f"{kind}-{at}.parquet"
            if not path.exists():
                plain = frame.copy(deep=False)
                plain.attrs = {}  # Parquet keeps them as JSON, which not everything is
                plain.to_parquet(path.with_suffix(".part"))
                os.replace(path.with_suffix(".part"), path)
            files[symbol] = path.name
    return found


def run_task(task: Task, space: Space, frames: dict[str, pd.DataFrame] | None = None) -> Done:
    """Run a piece in this process; the bench is kept for the next piece of the same task."""
    key = hashlib.sha256(cloudpickle.dumps(task)).hexdigest()
    bench = _benches.get(key)
    if bench is None:
        read = pd.read_parquet if frames is None else frames.__getitem__
        bars, inside = ({symbol: read(path) for symbol, path in one.items()} for one in (task.paths, task.inside))
        strategy: Strategy = cloudpickle.loads(task.strategy)
        bench = Bench(strategy, Market(bars, task.settings.session, inside or None), task.settings)
        _benches.clear()  # one sweep at a time: the bars of the last are not needed any more
        _benches[key] = bench
    return bench.run(space)


_benches: dict[str, Bench] = {}


def _all_there(paths: list[str]) -> bool:
    return all(os.path.exists(path) for path in paths)


def _flow(pool: Executor, run: Any, pieces: Iterable[Piece], workers: int) -> Iterator[tuple[int, Done]]:
    """Results of pieces as they come, never more in flight than the workers need."""
    running, source = {}, iter(pieces)
    while True:
        while len(running) < _AHEAD * workers and (piece := next(source, None)) is not None:
            running[pool.submit(run, piece[1])] = piece[0]
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


@contextmanager
def _stopped(pool: Executor) -> Iterator[None]:
    try:
        yield
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
